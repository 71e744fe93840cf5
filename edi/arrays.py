"""A large block as arrays: where the segments stand that give it its structure, as ``scan.py`` says it, and its HLs.

Says the same as the other scanner, and knows in passing what else would have to be counted and read: together in a
third of the time. It is loaded for large files only, as numpy takes a tenth of a second. A block with empty segments,
or with more white space between segments than a line end, is left to the other one.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.scan import TAGS, Before, Levels, Marks
from bitewing.edi.scan import scan as slowly

Numbers = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]

_ROOM = b"\0" * 16
"""Behind a block, so that some bytes from any place in it on can be taken."""
_MOST_BLANKS = 2
"""White space before a segment, CR LF; of a block with more the other scanner knows."""
_MOST_DIGITS = 9
"""Of HL01 and HL02; larger numbers are read one by one."""
_LIKELY, _BLANK, _EMPTY = 1, 2, 3
_THREE = 0xFFFFFF
_CODE = len("D0220")
_BILLING, _SUBSCRIBER, _PATIENT = 20, 22, 23
"""HL03 as a number."""
_NAMES = {code: b"%d" % code for code in (_BILLING, _SUBSCRIBER, _PATIENT)}


class _Segments(NamedTuple):
    """data: the block, with room behind it. ends: the places of terminators. Of the segments that may be structure or
    a service: which they are, where they begin, and the four bytes that stand there (heads).
    """

    data: Bytes
    ends: Numbers
    which: Numbers
    starts: Numbers
    heads: Numbers


def scan(data: bytes, delimiters: Delimiters) -> Marks:
    """The marks in data: as ``bitewing.edi.scan.scan``."""
    kinds, end = _kinds(delimiters), delimiters.segment[0]
    if not end or delimiters.element == b"\0":  # zeros stand behind the block
        return slowly(data, delimiters)
    room = np.frombuffer(data + _ROOM, np.uint8)
    ends = np.flatnonzero(room[: len(data)] == end)
    starts = np.empty(len(ends) + 1, np.int64)
    starts[0] = 0
    np.add(ends, 1, out=starts[1:])
    first = kinds[room[starts]]
    for _ in range(_MOST_BLANKS):
        blank = first == _BLANK
        if not blank.any():
            break
        starts += blank
        first = kinds[room[starts]]
    if first.max() > _LIKELY:  # still white space, or an empty segment
        return slowly(data, delimiters)
    which = np.flatnonzero(first)
    starts = starts[which]
    heads = _number(room, starts, 4)
    names = {_head(tag, delimiters): tag for tag in TAGS}
    short = heads & _THREE
    some = np.zeros(len(heads), np.bool_)
    for said, tag in names.items():
        some |= (heads if len(tag) == len(b"CLM") else short) == said
    found = np.flatnonzero(some)
    longs, shorts = heads[found].tolist(), short[found].tolist()
    tags = [names.get(long) or names[three] for long, three in zip(longs, shorts, strict=True)]
    return ArrayMarks(data, delimiters, tags, _Segments(room, ends, which, starts, heads), found)


def _number(data: Bytes, places: Numbers, size: int) -> Numbers:
    """The bytes at each place as a number whose lowest byte is the first."""
    found = data[places].astype(np.int64)
    for at in range(1, size):
        found |= data[places + at].astype(np.int64) << 8 * at
    return found


@lru_cache(maxsize=64)
def _kinds(delimiters: Delimiters) -> Bytes:
    """Of each byte, what a segment that begins with it may be."""
    kinds = np.zeros(256, np.uint8)
    kinds[list({tag[0] for tag in (*TAGS, b"SV3")})] = _LIKELY
    kinds[list(delimiters.filler)] = _BLANK
    kinds[delimiters.segment[0]] = _EMPTY
    return kinds


class ArrayMarks(Marks):
    """Marks that know how many segments stand between them, and what the HLs among them say.

    found: which of the likely segments the marks are.
    """

    __slots__ = ("_found", "_levels", "_ordinals", "_own", "_segments")

    def __init__(
        self, data: bytes, delimiters: Delimiters, tags: list[bytes], segments: _Segments, found: Numbers
    ) -> None:
        super().__init__(data, delimiters, segments.starts[found].tolist(), tags, empties=False)
        self._segments = segments
        self._found = found
        self._own = slice(int(np.searchsorted(segments.starts, len(data))))
        ended = int(np.searchsorted(segments.ends, len(data)))
        self._ordinals: list[int] = [*segments.which[found].tolist(), ended]
        self._levels: _Levels | None = None

    def within(self, data: bytes) -> Marks:
        """Those of the first part of the bytes."""
        count = bisect_left(self.offsets, len(data))
        return ArrayMarks(data, self._delimiters, self.tags[:count], self._segments, self._found[:count])

    def segments(self, first: int, last: int) -> int:
        """How many segments end between two marks, by their numbers."""
        return self._ordinals[last] - (self._ordinals[first] if first >= 0 else 0)

    def services(self) -> int:
        """How many segments are services of a dental claim (SV3)."""
        return int(np.count_nonzero(self._segments.heads[self._own] == _head(b"SV3", self._delimiters)))

    def carriers(self, codes: frozenset[str]) -> list[int]:
        """The marks of claims that may have a service with one of these codes, see ``Marks.carriers``."""
        if not codes:
            return []
        delimiters = self._delimiters
        room, own = self._segments.data, self._own
        services = self._segments.starts[own][self._segments.heads[own] == _head(b"SV3", delimiters)]
        code = services + len(b"SV3*AD:")
        usual = _number(room, services + len(b"SV3*"), 3) == int.from_bytes(b"AD" + delimiters.component, "little")
        usual &= room[code] - np.uint8(ord("A")) <= ord("Z") - ord("A")
        for at in range(1, _CODE):
            usual &= room[code + at] - np.uint8(ord("0")) < 10
        usual &= np.isin(room[code + _CODE], list(delimiters.element + delimiters.component + delimiters.segment))
        known = [int.from_bytes(one, "little") for one in map(str.encode, codes) if len(one) == _CODE]
        hits = services[~usual | np.isin(_number(room, code, _CODE), known)]
        marks = np.unique(np.searchsorted(self._segments.starts[self._found], hits) - 1)
        return [index for index in marks.tolist() if index >= 0 and self.tags[index] == b"CLM"]

    def levels(self, first: int, last: int, before: Before) -> Levels | None:
        """The HL among the marks [first, last) of one transaction, see ``Marks.levels``."""
        if self._levels is None:
            self._levels = _Levels(self._segments, self._found, self._delimiters)
        return self._levels.stretch(first, last, before)


class _Levels:
    """The HLs of a block, taken apart all at once. exact: those written in the usual way, HL*2*1*22*0 and no more."""

    def __init__(self, segments: _Segments, found: Numbers, delimiters: Delimiters) -> None:
        data, separator = segments.data, delimiters.element[0]
        heads = segments.heads[found]
        claims, others = heads == _head(b"CLM", delimiters), heads == _head(b"CLP", delimiters)
        self.marks = np.flatnonzero(heads & _THREE == _head(b"HL", delimiters))
        self._claims, self._others = np.flatnonzero(claims), np.flatnonzero(others)
        found = found[self.marks]
        which = segments.which[found]
        there = which < len(segments.ends)
        ends = np.append(segments.ends, 0)[which]
        start = segments.starts[found] + len(b"HL*")
        self.numbers, close, numbered = _digits(data, start)
        self.above, stop, named = _digits(data, close + 1)
        tens, ones, child = data[ends - 4] - ord("0"), data[ends - 3] - ord("0"), data[ends - 1] - ord("0")
        self.codes = tens.astype(np.int64) * 10 + ones
        self.parents = child == 1
        known = (self.codes == _BILLING) | (self.codes == _SUBSCRIBER) | (self.codes == _PATIENT)
        separated = (data[close] == separator) & (data[ends - 2] == separator) & (stop == ends - 5)
        separated &= data[ends - 5] == separator
        top = (self.codes == _BILLING) & (stop == close + 1)
        self.exact = there & known & separated & numbered & (named | top) & (child <= 1)
        # A claim right behind a billing provider stands where none may.
        following = np.append(claims[1:], False)[self.marks]
        self.exact &= ~((self.codes == _BILLING) & (following | ~self.parents))

    def stretch(self, first: int, last: int, before: Before) -> Levels | None:
        """The HL among the marks [first, last), where they are as ``Levels`` says."""
        begin, end = np.searchsorted(self.marks, (first, last)).tolist()
        if _any_between(self._others, first, last):
            return None
        if not before.sound and _any_between(self._claims, first, int(self.marks[begin]) if begin < end else last):
            return None
        if begin == end:
            return Levels(before.number, [], [], [], [])
        numbers, codes = self.numbers[begin:end], self.codes[begin:end]
        number = before.number or int(numbers[0])
        if not self.exact[begin:end].all() or (numbers != np.arange(number, number + end - begin)).any():
            return None
        billing = _latest(numbers, codes == _BILLING, before.billing)
        subscriber = _latest(numbers, codes == _SUBSCRIBER, before.subscriber)
        wanted = np.where(codes == _SUBSCRIBER, billing, np.where(codes == _PATIENT, subscriber, 0))
        if (self.above[begin:end] != wanted).any():  # of a billing provider it is 0, of no other
            return None
        above = np.where(wanted >= number, wanted - number, -1)
        parents = np.flatnonzero((codes != _PATIENT) & self.parents[begin:end])
        return Levels(
            number,
            self.marks[begin:end].tolist(),
            [_NAMES[code] for code in codes.tolist()],
            above.tolist(),
            parents.tolist(),
        )


def _any_between(places: Numbers, first: int, last: int) -> bool:
    begin, end = np.searchsorted(places, (first, last)).tolist()
    return bool(begin < end)


def _head(tag: bytes, delimiters: Delimiters) -> int:
    """An identifier and its separator, as they stand in ``heads``; those of two letters in its lower three bytes."""
    return int.from_bytes(tag + delimiters.element, "little")


def _latest(numbers: Numbers, flags: Flags, before: int) -> Numbers:
    """For each place the number of the latest that is flagged; ``before`` where none is."""
    found: Numbers = np.maximum.accumulate(np.where(flags, numbers, before))
    return found


def _digits(data: Bytes, start: Numbers) -> tuple[Numbers, Numbers, Flags]:
    """The number that begins at each place, where it ends, and whether it is one without a zero before it."""
    value = np.zeros(len(start), np.int64)
    place = start.copy()
    more = np.ones(len(start), np.bool_)
    for _ in range(_MOST_DIGITS):
        digit = data[place] - np.uint8(ord("0"))
        more &= digit < 10
        if not more.any():
            break
        value = np.where(more, value * 10 + digit, value)
        place += more
    return value, place, (place > start) & (data[start] != ord("0"))
