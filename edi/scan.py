"""The scanner: where the segments stand that give a file its structure. One narrow interface, ``scan``.

Everything above asks only for marks, so another scanner may stand behind this function, proved equal to it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from bitewing.edi.delimiters import Delimiters

TAGS = (b"ISA", b"IEA", b"GS", b"GE", b"ST", b"SE", b"HL", b"CLM", b"CLP")
"""Envelope segments, hierarchy, claims of an 837 and of an 835."""

OUTER = TAGS[: TAGS.index(b"HL")]
INNER = frozenset(TAGS) - frozenset(OUTER)
"""Of TAGS, those that begin and end envelopes, and those that stand inside of a transaction."""

COUNTED = (b"ISA", b"GS", b"ST", b"CLM", b"CLP")
"""What is counted a second time, by another method, on every run."""

_BEGINNINGS = (b"ISA", b"GS", b"ST", b"CL")
"""Of COUNTED, those of claims together."""

CODE = len("D0220")
"""Bytes of a procedure code."""


Mark = tuple[int, bytes]
"""A structural segment: the offset of its identifier, and the identifier."""


class Levels(NamedTuple):
    """The HL of one stretch of a transaction, where they are as most files have them: numbered one after another, each
    below the latest of the level above it.

    number: HL01 of the first. marks: which marks they are. codes: HL03. above: for each its parent's place among them,
    -1 where that stands before the stretch. parents: the places of those below which another may stand (HL04).
    """

    number: int
    marks: list[int]
    codes: list[bytes]
    above: list[int]
    parents: list[int]


class Before(NamedTuple):
    """What stands before a stretch: the next HL01 (0 where there was none), and HL01 of the latest billing provider
    and subscriber (0 for none). sound: whether a claim may stand right behind it.
    """

    number: int = 0
    billing: int = 0
    subscriber: int = 0
    sound: bool = False


class Marks:
    """The structural segments of some bytes, in order: where their identifiers begin, and which they are.

    outer: the numbers of those that stand in no transaction, or begin or end one. empties: whether there are empty
    segments among all.
    """

    __slots__ = ("_data", "_delimiters", "empties", "offsets", "outer", "tags")

    def __init__(
        self,
        data: bytes,
        delimiters: Delimiters,
        offsets: list[int],
        tags: list[bytes],
        outer: list[int],
        *,
        empties: bool,
    ) -> None:
        self._data = data
        self._delimiters = delimiters
        self.offsets = offsets
        self.tags = tags
        self.outer = outer
        self.empties = empties

    def __len__(self) -> int:
        return len(self.offsets)

    def __iter__(self) -> Iterator[Mark]:
        return zip(self.offsets, self.tags, strict=True)

    def within(self, data: bytes) -> Marks:
        """Those of the first part of the bytes."""
        count = bisect_left(self.offsets, len(data))
        outer = self.outer[: bisect_left(self.outer, count)]
        return Marks(data, self._delimiters, self.offsets[:count], self.tags[:count], outer, empties=self.empties)

    def counts(self) -> dict[bytes, int]:
        """How many there are of each of COUNTED."""
        outer = [self.tags[index] for index in self.outer]
        return {tag: (self.tags if tag in INNER else outer).count(tag) for tag in COUNTED}

    def segments(self, first: int, last: int) -> int:
        """How many segments, empty ones not counted, end between two marks.

        first, last: their numbers; -1 stands for the beginning of the bytes, the number of marks for their end.
        """
        start = self.offsets[first] if first >= 0 else 0
        stop = self.offsets[last] if last < len(self.offsets) else len(self._data)
        if not self.empties:
            return self._data.count(self._delimiters.segment, start, stop)
        return segments_in(self._data[start:stop], self._delimiters)

    def services(self) -> int:
        """How many segments are services of a dental claim (SV3)."""
        end, tag = self._delimiters.segment, b"SV3" + self._delimiters.element
        first = self._data.lstrip(self._delimiters.filler).startswith(tag)
        if self._delimiters.spaced.search(self._data) is None:
            return self._data.count(end + tag) + first
        blank = b"[" + re.escape(self._delimiters.filler) + b"]*+"
        return len(re.findall(re.escape(end) + blank + re.escape(tag), self._data)) + first

    def carriers(self, codes: frozenset[str]) -> list[int]:
        """The marks of claims that may have a service (SV3) with one of these codes: of those that have, and of those
        with a service whose code is not written as codes are.
        """
        found: list[int] = []
        index = 0
        for match in _serving(self._delimiters, codes).finditer(self._data) if codes else ():
            index = bisect_left(self.offsets, match.end(), index) - 1
            if index >= 0 and self.tags[index] == b"CLM" and found[-1:] != [index]:
                found.append(index)
            index = max(index, 0)
        return found

    def levels(self, first: int, last: int, before: Before) -> Levels | None:
        """The HL among the marks [first, last) of one transaction, None where they are not as ``Levels`` says, or a
        claim stands among them where none may. Said by scanners that have the numbers at hand.
        """
        return None


@lru_cache(maxsize=64)
def _serving(delimiters: Delimiters, codes: frozenset[str]) -> re.Pattern[bytes]:
    """A service with one of some codes, or with one that is not a capital and four digits."""
    e, c, t = (re.escape(one) for one in (delimiters.element, delimiters.component, delimiters.segment))
    blank = b"[" + re.escape(delimiters.filler) + b"]*+" if delimiters.filler else b""
    usual = b"AD" + c + rb"[A-Z]\d{4}[" + e + c + t + b"]"
    return re.compile(t + blank + b"SV3" + e + b"(?:AD" + c + any_of(codes) + b"|(?!" + usual + b"))")


def any_of(words: Iterable[str]) -> bytes:
    """A pattern for words that shares what they begin with: D02(?:20|30) is found faster than D0220|D0230."""
    rest: dict[str, set[str]] = {}
    for word in words:
        rest.setdefault(word[:1], set()).add(word[1:])
    parts = [re.escape(letter).encode() + (any_of(ends) if any(ends) else b"") for letter, ends in sorted(rest.items())]
    return parts[0] if len(parts) == 1 else b"(?:" + b"|".join(parts) + b")"


_IDENTIFIERS = (rb"CLM", rb"HL", rb"S[TE]", rb"G[SE]", rb"I(?:SA|EA)", rb"CLP")
_FIRST_LETTERS = bytes({tag[0] for tag in TAGS})
_USUAL_LENGTH = 16


class _Heads(dict[bytes, tuple[int, bytes]]):
    """What the pattern matched, taken apart: how far behind the terminator the identifier begins, and which it is."""

    def __init__(self, delimiters: Delimiters) -> None:
        super().__init__()
        self._delimiters = delimiters

    def __missing__(self, matched: bytes) -> tuple[int, bytes]:
        tag = matched[1:].lstrip(self._delimiters.filler)
        said = len(matched) - len(tag), tag.removesuffix(self._delimiters.element)
        if len(matched) < _USUAL_LENGTH:
            self[matched] = said
        return said


@lru_cache(maxsize=64)
def _patterns(delimiters: Delimiters) -> tuple[re.Pattern[bytes], re.Pattern[bytes], _Heads]:
    """For a first segment, for a terminator and the segment behind it (or the next terminator), and what they match.

    Nothing is captured, and every identifier is spelt with its separator: either would cost half as much again.
    """
    # White space must be matched possessively: giving one byte back would let a longer identifier pass for a short one.
    blank = b"[" + re.escape(delimiters.filler) + b"]*+" if delimiters.filler else b""
    end, separator = re.escape(delimiters.segment), re.escape(delimiters.element)
    segment = b"|".join(identifier + separator for identifier in _IDENTIFIERS)
    opening = blank + b"(?:" + segment + b")"
    # Most segments are none of these: one look at their first byte is cheaper than trying every identifier.
    likely = b"(?=[" + _FIRST_LETTERS + end + b"])"
    others = end + blank + likely + b"(?:" + segment + b"|(?=" + end + b"))"
    return re.compile(opening), re.compile(others), _Heads(delimiters)


def scan(data: bytes, delimiters: Delimiters) -> Marks:
    """The marks in data.

    data begins where a segment begins (white space before it allowed).
    """
    opening, others, heads = _patterns(delimiters)
    offsets: list[int] = []
    tags: list[bytes] = []
    first = opening.match(data)
    if first is not None:
        lead, tag = heads[delimiters.segment + first[0]]
        offsets.append(lead - 1)
        tags.append(tag)
    empties = data.lstrip(delimiters.filler).startswith(delimiters.segment)
    for match in others.finditer(data):
        lead, tag = heads[match[0]]
        if tag:
            offsets.append(match.start() + lead)
            tags.append(tag)
        else:
            empties = True
    outer = [index for index, tag in enumerate(tags) if tag not in INNER]
    return Marks(data, delimiters, offsets, tags, outer, empties=empties)


@lru_cache(maxsize=64)
def _counting(lead: bytes) -> re.Pattern[bytes]:
    """The beginnings of COUNTED behind one byte, found in one walk over the data."""
    return re.compile(re.escape(lead) + b"(?:" + b"|".join(_BEGINNINGS) + b")")


def tally(data: bytes, lead: bytes) -> tuple[int, ...]:
    """How often ISA, GS, ST and CL (CLM, CLP) stand right behind a byte."""
    counted = Counter(_counting(lead).findall(data))
    return tuple(counted[lead + tag] for tag in _BEGINNINGS)


class Scanner(NamedTuple):
    """Two ways to find structure that share nothing: ``scan`` and ``tally``, or others that say the same."""

    scan: Callable[[bytes, Delimiters], Marks]
    tally: Callable[[bytes, bytes], tuple[int, ...]]


IN_PYTHON = Scanner(scan, tally)


def agrees(data: bytes, delimiters: Delimiters, found: dict[bytes, int], scanner: Scanner = IN_PYTHON) -> bool:
    """Whether an independent count of the segments of COUNTED in data, by ``scanner.tally``, is ``found``.

    It counts identifiers behind the byte that ends the line before them, those of claims (CLM, CLP) together. That may
    be too few (mixed white space) or too many (a longer identifier): what does not agree is settled by taking the
    segments apart.
    """
    end = data[:4096].rfind(delimiters.segment)
    before = data[end + 1 : end + 3].lstrip(b" \t") if end >= 0 else b""
    line_end = b"\n" if b"\n" in before and b"\n" in delimiters.filler else b""
    lead = line_end or delimiters.segment
    wanted = found[b"ISA"], found[b"GS"], found[b"ST"], found[b"CLM"] + found[b"CLP"]
    counted = zip(_BEGINNINGS, scanner.tally(data, lead), strict=True)
    return wanted == tuple(times + data.startswith(tag) for tag, times in counted)


def settled_tally(data: bytes, delimiters: Delimiters) -> dict[bytes, int]:
    """The same count, slowly and exactly: every segment taken apart."""
    counts = dict.fromkeys(COUNTED, 0)
    for piece in data.split(delimiters.segment):
        tag, separator, _ = piece.lstrip(delimiters.filler).partition(delimiters.element)
        if separator and tag in counts:
            counts[tag] += 1
    return counts


def segments_in(data: bytes, delimiters: Delimiters) -> int:
    """How many segments end in data; empty ones are none."""
    return sum(1 for piece in data.split(delimiters.segment)[:-1] if piece.strip(delimiters.filler))
