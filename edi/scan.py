"""The scanner: where the segments stand that give a file its structure. One narrow interface, ``scan``.

Everything above asks only for marks, so another scanner may stand behind this function, proved equal to it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bitewing.edi.delimiters import Delimiters

TAGS = (b"ISA", b"IEA", b"GS", b"GE", b"ST", b"SE", b"HL", b"CLM", b"CLP")
"""Envelope segments, hierarchy, claims of an 837 and of an 835."""

COUNTED = (b"ISA", b"GS", b"ST", b"CLM", b"CLP")
"""What is counted a second time, by another method, on every run."""


Mark = tuple[int, bytes]
"""A structural segment: the offset of its identifier, and the identifier."""

_IDENTIFIERS = rb"(HL|CL[MP]|S[TE]|G[SE]|I(?:SA|EA))"


@lru_cache(maxsize=64)
def _patterns(delimiters: Delimiters) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """For a first segment, and for those behind it."""
    # White space must be matched possessively: giving one byte back would let a longer identifier pass for a short one.
    blank = b"[" + re.escape(delimiters.filler) + b"]*+" if delimiters.filler else b""
    segment = blank + _IDENTIFIERS + re.escape(delimiters.element)
    return re.compile(segment), re.compile(re.escape(delimiters.segment) + segment)


def scan(data: bytes, delimiters: Delimiters) -> list[Mark]:
    """The marks in data, in order. data begins where a segment begins (white space before it allowed)."""
    opening, others = _patterns(delimiters)
    first = opening.match(data)
    found = [(first.start(1), first[1])] if first is not None else []
    found += [(match.start(1), match[1]) for match in others.finditer(data)]
    return found


def tally(data: bytes, delimiters: Delimiters) -> dict[bytes, int]:
    """An independent count of the segments of COUNTED in data, without the scanner's patterns.

    The cheap way counts identifiers behind the byte that ends the line before them. It may count too few (mixed white
    space) or too many (a longer identifier): what does not agree is settled by taking the segments apart.
    """
    end = data[:4096].rfind(delimiters.segment)
    before = data[end + 1 : end + 3].lstrip(b" \t") if end >= 0 else b""
    line_end = b"\n" if b"\n" in before and b"\n" in delimiters.filler else b""
    lead = line_end or delimiters.segment
    return {tag: data.count(lead + tag) + data.startswith(tag) for tag in COUNTED}


def settled_tally(data: bytes, delimiters: Delimiters) -> dict[bytes, int]:
    """The same count, slowly and exactly: every segment taken apart."""
    counts = dict.fromkeys(COUNTED, 0)
    for piece in data.split(delimiters.segment):
        tag, separator, _ = piece.lstrip(delimiters.filler).partition(delimiters.element)
        if separator and tag in counts:
            counts[tag] += 1
    return counts
