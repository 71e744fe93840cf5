"""Keyed hashes: patients are found again in a store that holds no name, member id or birth date.

Whoever lacks the secret cannot try names against a key. Two claims with one key carry the same text, folded as
``policies/patient.py`` folds it; that they are for one person follows for nobody who looks at names alone.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

_KEPT = 1 << 15
"""Keys remembered: patients come back within a file; memory must not grow with it."""
_BYTES = 16
"""128 bits of HMAC-SHA256; a key shows them in hexadecimal."""
RAW = _BYTES + 1
_KNOWN, _UNKNOWN = b"\1", bytes(RAW)
_PLACES = (0, RAW, 2 * RAW)
_BLOCK = 64
"""Bytes that SHA-256 takes at once."""


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

        def digest(said: bytes) -> bytes:
            inner, outer = inside(), outside()
            inner.update(said)
            outer.update(inner.digest())
            return outer.digest()[:_BYTES]

        @lru_cache(maxsize=_KEPT)
        def key(kind: str, *parts: str) -> str:
            folded = [" ".join(part.upper().split()) for part in parts]
            # Folding leaves no control character in a part, so that parts cannot run into one another.
            return digest("\x1f".join((kind, *folded)).encode()).hex() if "" not in folded else ""

        @lru_cache(maxsize=_KEPT)
        def raw(last: bytes, first: bytes, member: bytes) -> bytes:
            last, first, member = last.upper(), first.upper(), member.upper()
            if b" " in last or b" " in first or b" " in member:
                last, first, member = (b" ".join(part.split()) for part in (last, first, member))
            name = digest(b"name\x1f" + last + b"\x1f" + first) if last and first else b""
            of_last = digest(b"last\x1f" + last) if last else b""
            of_member = digest(b"member\x1f" + member) if member else b""
            if name and of_member:
                return b"".join((_KNOWN, name, _KNOWN, of_last, _KNOWN, of_member))
            return b"".join(_KNOWN + made if made else _UNKNOWN for made in (name, of_last, of_member))

        self._key = key
        self.raw = raw
        """Name, last name and member id in ASCII without control characters: the fields of ``name``, ``last`` and
        ``member``, each as ``RAW`` bytes: 1 and the key, or nothing but 0 where there is none."""

    def plain(self, last: bytes, first: bytes, member: bytes) -> bytes:
        """The same as fields, with \x1f between them."""
        made = self.raw(last, first, member)
        return b"\x1f".join([made[at + 1 : at + RAW].hex().encode() if made[at] else b"" for at in _PLACES])

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
