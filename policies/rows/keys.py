"""Keyed hashes: patients are found again in a store that holds no name, member id or birth date.

Whoever lacks the secret cannot try names against a key. Two claims with one key carry the same text, folded as
``policies/patient.py`` folds it; that they are for one person follows for nobody who looks at names alone.
"""

from __future__ import annotations

import hmac
from functools import lru_cache

_KEPT = 1 << 15
"""Keys remembered: patients come back within a file; memory must not grow with it."""
_HEX = 32
"""128 bits of HMAC-SHA256, in hexadecimal."""


class Keys:
    """The keys of one store. Every part is folded first: capitals, single blanks, none around; "" has the key "".

    Raises ValueError where the secret is shorter than 16 bytes.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the secret of a store is at least 16 bytes")

        begun = hmac.new(secret, digestmod="sha256")  # copied for each key: faster than to begin with the secret

        @lru_cache(maxsize=_KEPT)
        def key(kind: str, *parts: str) -> str:
            folded = [" ".join(part.upper().split()) for part in parts]
            if "" in folded:
                return ""
            # Folding leaves no control character in a part, so that parts cannot run into one another.
            said = "\x1f".join((kind, *folded)).encode()
            digest = begun.copy()
            digest.update(said)
            return digest.hexdigest()[:_HEX]

        self._key = key

    def patient(self, last: str, first: str, born: str, usage: str) -> str:
        """Of the wide identity: last and first name, birth date (CCYYMMDD), ISA15; "" where one is not known."""
        return self._key("patient", last, first, born, usage)

    def name(self, last: str, first: str) -> str:
        """Of last and first name. "" where one of them is not known: half a name is nobody's."""
        return self._key("name", last, first)

    def last(self, last: str) -> str:
        """Of the last name."""
        return self._key("last", last)

    def member(self, member: str) -> str:
        """Of a member id."""
        return self._key("member", member)
