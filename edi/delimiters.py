"""The four delimiters of an interchange, read from their places in the ISA segment."""

from __future__ import annotations

import re
from functools import lru_cache

from bitewing.edi.errors import NotReadable, Spot

ISA_LENGTH = 106
"""ISA is the one segment of fixed width: sixteen elements, 106 bytes with its terminator (X12.5)."""

_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
_ISA = re.compile(
    rb"ISA(?P<e>[^A-Za-z0-9 ])"
    + b"(?P=e)".join(b".{%d}" % width for width in _WIDTHS[:-1])
    + rb"(?P=e)(?P<c>.)(?P<t>.)",
    re.DOTALL,
)


LONGEST_ISA = 1024
"""Bytes to look at, so that an ISA of any width is among them and the GS behind it."""

# Payers send remittances whose ISA is not padded. Where each delimiter is then is certain only because all of it fits:
# sixteen elements of a likely kind, and behind the terminator the GS of a group of remittances with the same separator.
_TEXT = rb"(?:(?!(?P=e))[ -~]){0,35}+"
_LIKELY = {10: rb"\d{4}", 11: rb"(?P<r>[!-~])", 12: rb"\d{5}", 13: rb"\d{1,9}", 14: rb"[01]", 15: rb"[PT]"}
_UNPADDED = re.compile(
    rb"ISA(?P<e>[^A-Za-z0-9 \r\n])"
    + b"".join(_LIKELY.get(place, _TEXT) + rb"(?P=e)" for place in range(1, 16))
    + rb"(?P<c>[!-/:-@\[-`{-~])(?P<t>[^A-Za-z0-9 ])[\r\n\t ]{0,4}GS(?P=e)HP(?P=e)",
    re.DOTALL,
)


@lru_cache(maxsize=64)
def _spaced(segment: bytes, filler: bytes) -> re.Pattern[bytes]:
    return re.compile(re.escape(segment) + b"[" + re.escape(filler) + b"]" if filler else b"(?!)")


class Delimiters:
    """One byte each. ``repetition`` is empty where ISA11 holds a letter (before version 00402).

    filler: the white space that may stand before a segment and belongs to none: what is not itself a delimiter. spaced:
    finds a terminator with white space behind it.
    """

    __slots__ = ("_hash", "component", "element", "filler", "repetition", "segment", "spaced")

    def __init__(self, element: bytes, component: bytes, repetition: bytes, segment: bytes) -> None:
        self.element = element
        self.component = component
        self.repetition = repetition
        self.segment = segment
        taken = (element, component, repetition, segment)
        self._hash = hash(taken)
        self.filler = bytes(b for b in b"\r\n\t " if bytes([b]) not in taken)
        self.spaced = _spaced(segment, self.filler)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Delimiters) and self._all == other._all

    @property
    def _all(self) -> tuple[bytes, ...]:
        return self.element, self.component, self.repetition, self.segment

    def __hash__(self) -> int:
        return self._hash  # worked out once: patterns are looked up by delimiters for every claim

    @classmethod
    def from_isa(cls, isa: bytes, offset: int = 0) -> Delimiters:
        """Read the delimiters from the 106 bytes of an ISA segment; that of remittances may have another width.

        Element separator: byte 4; repetition: ISA11; component: ISA16; segment terminator: the byte after it. isa:
        LONGEST_ISA bytes, where there are as many.

        Raises NotReadable where the segment is cut short, not of fixed width, or uses one byte for two purposes.
        """
        match = _ISA.match(isa)
        if match is None:
            unpadded = _UNPADDED.match(isa)
            if unpadded is not None:
                repetition = unpadded["r"]
                found = cls(unpadded["e"], unpadded["c"], b"" if repetition.isalnum() else repetition, unpadded["t"])
                found._check(offset)
                return found
            if len(isa) < ISA_LENGTH:
                what, mend = "the ISA segment is cut short", f"ISA needs {ISA_LENGTH} bytes; send the whole file again"
            else:
                what = "the ISA segment does not have its fixed width"
                mend = "pad its elements with blanks so that ISA is 106 bytes with its terminator"
            raise NotReadable(what, Spot(offset, "ISA"), mend)
        repetition = isa[82:83]
        found = cls(match["e"], match["c"], b"" if repetition.isalnum() else repetition, match["t"])
        found._check(offset)
        if isa.count(found.element, 0, ISA_LENGTH) != len(_WIDTHS) or isa.index(found.segment) != ISA_LENGTH - 1:
            raise NotReadable(
                "an element of the ISA segment holds a delimiter",
                Spot(offset, "ISA"),
                "take it out of the names and numbers in ISA, or use another delimiter",
            )
        return found

    def _check(self, offset: int) -> None:
        used = [mark for mark in (self.element, self.component, self.repetition, self.segment) if mark]
        if len(set(used)) != len(used) or any(mark.isalnum() or mark == b" " for mark in used):
            raise NotReadable(
                "two delimiters of the ISA segment are the same byte, or one is a letter, digit or blank",
                Spot(offset, "ISA"),
                "use four different punctuation characters at bytes 4, 83, 105 and 106 of ISA",
            )


def begins_interchange(segment: bytes, terminator: bytes) -> bool:
    """Whether an ISA is one of fixed width. Any other stands inside of an interchange and begins none."""
    return find_isa(segment[:ISA_LENGTH] + terminator) == 0 and len(segment) == ISA_LENGTH - 1


def isa_length(data: bytes, at: int) -> int:
    """How long the ISA is that begins an interchange at a place in data, with its terminator; 0 where none does.

    ISA_LENGTH, but for one of remittances that is not padded. data goes on behind it, unless the file does not.
    """
    if _ISA.match(data, at):
        return ISA_LENGTH
    match = _UNPADDED.match(data, at)
    return match.end("t") - at if match else 0


def find_isa(data: bytes, start: int = 0) -> int:
    """The place of the next ISA segment that begins an interchange in data, or -1."""
    found = [match.start() for pattern in (_ISA, _UNPADDED) if (match := pattern.search(data, start))]
    return min(found, default=-1)
