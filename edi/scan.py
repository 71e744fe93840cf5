"""The scanner: where the segments stand that give a file its structure. One narrow interface, ``scan``.

Everything above asks only for marks, so another scanner may stand behind this function, proved equal to it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from bitewing.edi.delimiters import Delimiters

TAGS = (b"ISA", b"IEA", b"GS", b"GE", b"ST", b"SE", b"HL", b"CLM", b"CLP")
"""Envelope segments, hierarchy, claims of an 837 and of an 835."""

COUNTED = (b"ISA", b"GS", b"ST", b"CLM", b"CLP")
"""What is counted a second time, by another method, on every run."""


class Mark(NamedTuple):
    """A structural segment: the offset of its identifier, and the identifier."""

    offset: int
    tag: bytes


@lru_cache(maxsize=64)
def _pattern(delimiters: Delimiters) -> re.Pattern[bytes]:
    # The filler must be matched possessively: giving one byte back would let a longer identifier pass for a short one.
    filler = b"[" + re.escape(delimiters.filler) + b"]*+" if delimiters.filler else b""
    tags = b"|".join(TAGS)
    return re.compile(re.escape(delimiters.segment) + filler + b"(" + tags + b")" + re.escape(delimiters.element))


@lru_cache(maxsize=64)
def _first(delimiters: Delimiters) -> re.Pattern[bytes]:
    filler = b"[" + re.escape(delimiters.filler) + b"]*+" if delimiters.filler else b""
    return re.compile(filler + b"(" + b"|".join(TAGS) + b")" + re.escape(delimiters.element))


def scan(data: bytes, delimiters: Delimiters) -> list[Mark]:
    """The marks in data, in order. data begins where a segment begins (white space before it allowed)."""
    found = []
    first = _first(delimiters).match(data)
    if first is not None:
        found.append(Mark(first.start(1), first[1]))
    found += [Mark(match.start(1), match[1]) for match in _pattern(delimiters).finditer(data)]
    return found


def tally(data: bytes, delimiters: Delimiters) -> dict[bytes, int]:
    """An independent count of the segments of COUNTED in data, without the scanner's pattern.

    The cheap way counts identifier plus separator wherever they stand. Data may hold the same bytes (a street that
    ends in ST), so a count is settled by taking the segments apart one by one when the caller finds it does not agree.
    """
    return {tag: data.count(tag + delimiters.element) for tag in COUNTED}


def settled_tally(data: bytes, delimiters: Delimiters) -> dict[bytes, int]:
    """The same count, slowly and exactly: every segment taken apart."""
    counts = dict.fromkeys(COUNTED, 0)
    for piece in data.split(delimiters.segment):
        tag, separator, _ = piece.lstrip(delimiters.filler).partition(delimiters.element)
        if separator and tag in counts:
            counts[tag] += 1
    return counts
