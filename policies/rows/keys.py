"""Keyed hashes: patients are found again in a store that holds no name, member id or birth date.

Whoever lacks the secret cannot try names against a key. Two claims with one key carry the same text, folded as
``policies/patient.py`` folds it; that they are for one person follows for nobody who looks at names alone.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

_KEPT = 1 << 15
"""Keys remembered: patients come back within a file; memory must not grow with it."""
_HEX = 32
"""128 bits of HMAC-SHA256, in hexadecimal."""
_BLOCK = 64
"""Bytes that SHA-256 takes at once."""
_APART = b"\x1f"


class Keys:
    """The keys of one store. Every part is folded first: capitals, single blanks, none around; "" has the key "".

    Raises ValueError where the secret is shorter than 16 bytes.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the secret of a store is at least 16 bytes")

        # HMAC (RFC 2104) from two digests that have read the padded secret: copies of them are faster than the module.
        padded = (hashlib.sha256(secret).digest() if len(secret) > _BLOCK else secret).ljust(_BLOCK, b"\0")
        inside, outside = (hashlib.sha256(bytes(byte ^ pad for byte in padded)).copy for pad in (0x36, 0x5C))

        def digest(said: bytes) -> str:
            inner, outer = inside(), outside()
            inner.update(said)
            outer.update(inner.digest())
            return outer.hexdigest()[:_HEX]

        @lru_cache(maxsize=_KEPT)
        def key(kind: str, *parts: str) -> str:
            folded = [" ".join(part.upper().split()) for part in parts]
            # Folding leaves no control character in a part, so that parts cannot run into one another.
            return digest("\x1f".join((kind, *folded)).encode()) if "" not in folded else ""

        @lru_cache(maxsize=_KEPT)
        def plain(last: bytes, first: bytes, member: bytes) -> bytes:
            last, first = b" ".join(last.upper().split()), b" ".join(first.upper().split())
            member = b" ".join(member.upper().split())
            name = digest(b"name\x1f" + last + b"\x1f" + first) if last and first else ""
            of_last = digest(b"last\x1f" + last) if last else ""
            return f"{name}\x1f{of_last}\x1f{digest(b'member' + _APART + member) if member else ''}".encode()

        self._key = key
        self.plain = plain
        """Name, last name and member id in ASCII without control characters: the fields of ``name``, ``last`` and
        ``member``, with \\x1f between them."""

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
