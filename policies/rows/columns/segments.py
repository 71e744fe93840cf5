"""A block as arrays: where its segments and elements stand. Nothing here says what they mean."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bitewing.edi.delimiters import Delimiters

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Which = Numbers | Flags | slice
"""Some of many: their places, a flag for each, or all of them."""

WORD = 8
"""Bytes that are taken at once, as a number whose lowest byte is the first."""
_BEFORE, _BEHIND = b"\0" * WORD, b"\0" * 3 * WORD
"""Room around a block, so that the word before and the two words from any place in it on can be taken."""

_BLANK, _TILDE = ord(" "), ord("~")
"""The first and the last byte that are printable."""


class Spans(NamedTuple):
    """Pieces of a block: where each begins and how long it is; of length 0 where there is none."""

    start: Numbers
    length: Numbers

    def of(self, which: Which) -> Spans:
        """Some of them."""
        return Spans(self.start[which], self.length[which])

    def spread(self, places: Numbers, size: int) -> Spans:
        """The same at other places among ``size``; the others are of length 0."""
        if is_all(places, size):
            return self
        start, length = np.zeros((2, size), np.int64)
        start[places], length[places] = self
        return Spans(start, length)


def is_all(places: Numbers, size: int) -> bool:
    """Whether these are 0, 1, 2 and so on to ``size``."""
    return len(places) == size and bool((places == np.arange(size)).all())


def joined(parts: list[Spans]) -> Spans:
    """Several after one another."""
    return Spans(np.concatenate([part.start for part in parts]), np.concatenate([part.length for part in parts]))


class Segments:
    """The segments of a block that are not empty. count: how many; elements: how many each of them has; heads: the
    first word of each. What stands behind the last terminator is left out.
    """

    def __init__(self, data: bytes, delimiters: Delimiters) -> None:
        self._delimiters = delimiters
        self._read(data)
        first = self.heads.astype(np.uint8)
        if any((first == byte).any() for byte in delimiters.filler):
            end = delimiters.segment
            self._read(end.join([piece.lstrip(delimiters.filler) for piece in data.split(end)]))

    def _read(self, data: bytes) -> None:
        separator, terminator = self._delimiters.element[0], self._delimiters.segment[0]
        self.data = b"".join((_BEFORE, data, _BEHIND))
        self.bytes: Bytes = np.frombuffer(self.data, np.uint8)
        self._words = words(self.bytes)
        self.marks: Numbers = np.flatnonzero((self.bytes == separator) | (self.bytes == terminator))
        """Where every element ends."""
        ends: Numbers = np.flatnonzero(self.bytes[self.marks] == terminator)
        places = self.marks[ends]
        first, starts = np.empty_like(ends), np.empty_like(ends)
        first[:1], first[1:] = 0, ends[:-1] + 1
        starts[:1], starts[1:] = len(_BEFORE), places[:-1] + 1
        some = places > starts
        if not some.all():
            ends, starts, first = ends[some], starts[some], first[some]
        self.first = first
        """Which of the marks ends the identifier of each segment."""
        self.starts = starts
        self.elements: Numbers = ends - first
        self.heads = self.words(starts)
        self.count = len(starts)

    def words(self, places: Numbers) -> Words:
        """The word at each place."""
        return self._words[places]

    def odd(self) -> Numbers:
        """Segments that hold anything but printable ASCII."""
        said = self.bytes[len(_BEFORE) : -len(_BEHIND)]
        if not len(said) or (said.min() >= _BLANK and said.max() <= _TILDE):
            return np.zeros(0, np.int64)
        at: Numbers = np.flatnonzero((said - np.uint8(_BLANK)) > _TILDE - _BLANK) + len(_BEFORE)
        own = self._delimiters.element + self._delimiters.segment
        at = at[~np.isin(self.bytes[at], np.frombuffer(own, np.uint8))]
        return np.searchsorted(self.starts, at, "right") - 1


def words(data: Bytes) -> Words:
    """The word at every place of a buffer, without a copy."""
    return np.ndarray((len(data) - WORD + 1,), "<u8", data, 0, (1,))


class Group:
    """Some segments of a block, to be taken apart. which: their places among all."""

    def __init__(self, block: Segments, which: Numbers) -> None:
        self.which = which
        self.elements = block.elements[which]
        self._marks = block.marks
        self._first = block.first[which]
        self._least = int(self.elements.min(initial=1 << 30))
        self._ends: dict[int, Numbers] = {}

    def __len__(self) -> int:
        return len(self.which)

    def of(self, some: Flags, block: Segments) -> Group:
        """Some of these."""
        return self if some.all() else Group(block, self.which[some])

    def element(self, number: int) -> Spans:
        """An element by its number, from 1; of length 0 where a segment does not have it."""
        start = self._end(number - 1) + 1
        length = self._end(number) - start
        if number > self._least:
            there = self.elements >= number
            start, length = start * there, length * there
        return Spans(start, length)

    def _end(self, number: int) -> Numbers:
        found = self._ends.get(number)
        if found is None:
            at = self._first + number
            if number > self._least:
                np.minimum(at, len(self._marks) - 1, out=at)
            found = self._ends[number] = self._marks[at]
        return found
