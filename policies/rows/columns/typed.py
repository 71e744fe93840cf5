"""Values of many elements at once: exact amounts in cents, counts, days. What is not of the usual form is told so,
never guessed at: whoever asked then reads it in the long way.

Eight digits are read as one number of 64 bits: pairs of digits first, then pairs of pairs.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import NamedTuple

import numpy as np

from bitewing.policies.rows.columns.segments import WORD, Flags, Numbers, Segments, Spans, Words

_ZEROS, _OVER, _HIGH = np.uint64(0x3030303030303030), np.uint64(0x7676767676767676), np.uint64(0x8080808080808080)
_MINUS = ord("-")
_POINTS = [(np.uint64(0xFF << shift), np.uint64((ord(".") ^ ord("0")) << shift)) for shift in (40, 48, 56)]
"""The third last, second last and last byte, and a point there, once ``_right`` has seen to it."""
_LAST_TWO, _BEFORE_TWO = np.uint64(0xFFFF << 48), np.uint64((1 << 40) - 1)
_LAST_FOUR = np.uint64(0xFFFFFFFF << 32)
_LAST, _BEFORE_ONE = np.uint64(0xFF << 56), np.uint64((1 << 48) - 1)
_BYTE, _TEN, _HUNDRED, _MYRIAD = np.uint64(8), np.uint64(10), np.uint64(100), np.uint64(10000)
_PAIR, _FOUR, _ALL = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF), np.uint64(0xFFFFFFFF)
_AT_ONCE = 1 << 13
"""Values taken at once: what is made of them on the way then stays in the processor's cache."""
_YEARS = range(1900, 2100)
_MONTHS = [(year, month) for year in _YEARS for month in range(1, 13)]
_BEGINS = np.array([date(*each, 1).toordinal() - date(1970, 1, 1).toordinal() for each in _MONTHS], np.int64)
_LENGTHS = np.array([monthrange(*each)[1] for each in _MONTHS], np.int64)
_LEADING = np.zeros(256, np.bool_)
_LEADING[list(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] = True


class Typed(NamedTuple):
    """Values, which of them are there, and which elements are of the usual form: absent ones are."""

    values: Numbers
    there: Flags
    usual: Flags


def _right(word: Words, length: Numbers) -> Words:
    """The last bytes of a word, each less what it takes to make a digit its number; 0 in front of them."""
    blank = ((WORD - length) << 3).view(np.uint64)  # nothing is left of a shift by more than there is
    return ((word ^ _ZEROS) >> blank) << blank


def _digits(word: Words) -> tuple[Numbers, Flags]:
    """Numbers of 8 digits, and whether they are."""
    fits = (((word + _OVER) | word) & _HIGH) == 0
    word = (word * _TEN + (word >> _BYTE)) & _PAIR
    word = (word * _HUNDRED + (word >> np.uint64(16))) & _FOUR
    word = (word * _MYRIAD + (word >> np.uint64(32))) & _ALL
    return word.view(np.int64), fits


def _whole(block: Segments, said: Spans) -> tuple[Numbers, Flags]:
    """Numbers of 1 to 8 digits, and whether they are."""
    start, length = said
    value, fits = _digits(_right(block.words(start + (length - WORD)), length))
    return value, fits & ((length - 1).view(np.uint64) < WORD)


def amounts(block: Segments, said: Spans) -> Typed:
    """Amounts in cents. Usual: at most 8 bytes: digits, a point with at most 2 digits behind it; a minus in front."""
    size = len(said.start)
    made = Typed(np.empty(size, np.int64), said.length > 0, np.empty(size, np.bool_))
    for at in range(0, size, _AT_ONCE):
        part = slice(at, at + _AT_ONCE)
        made.values[part], made.usual[part] = _cents(block, said.start[part], said.length[part])
    np.logical_or(made.usual, ~made.there, out=made.usual)
    return made


def _cents(block: Segments, start: Numbers, length: Numbers) -> tuple[Numbers, Flags]:
    minus = block.bytes[start] == _MINUS
    size = length - minus
    word = _right(block.words(start + (length - WORD)), size)
    # Where the point stands, and the digits without it. A second point is no digit.
    two, one, none = ((word & mask) == point for mask, point in _POINTS)
    scale = np.where(two, 1, np.where(one, 10, 100))
    word = np.where(two, (word & _LAST_TWO) | ((word & _BEFORE_TWO) << _BYTE), word)
    if one.any():
        word = np.where(one & ~two, (word & _LAST) | ((word & _BEFORE_ONE) << _BYTE), word)
    if none.any():
        word = np.where(none & ~one & ~two, word << _BYTE, word)
    value, usual = _digits(word)
    usual &= (size <= WORD) & (size > (two | one | none))
    value *= scale
    return np.where(minus, -value, value) if minus.any() else value, usual


def counts(block: Segments, said: Spans) -> Typed:
    """Whole numbers. Usual: at most 8 digits."""
    value, usual = _whole(block, said)
    there = said.length > 0
    return Typed(value, there, usual | ~there)


def days(block: Segments, said: Spans) -> Typed:
    """Days since 1970. Usual: CCYYMMDD, a day that there is, from 1900 to 2099."""
    value, usual = _whole(block, said)
    there = said.length > 0
    rest = value // 100
    year = rest // 100
    month, day = rest - year * 100, value - rest * 100
    usual &= (said.length == 8) & (year >= _YEARS.start) & (year < _YEARS.stop) & (month >= 1) & (month <= 12)
    at = np.where(usual, (year - _YEARS.start) * 12 + month - 1, 0)
    usual &= (day >= 1) & (day <= _LENGTHS[at])
    return Typed(_BEGINS[at] + day - 1, there, usual | ~there)


class Procedure(NamedTuple):
    """Qualifier and code of a composite of procedure codes, and which are of the usual form; absent ones are."""

    qualifier: Spans
    code: Spans
    usual: Flags


def procedures(block: Segments, said: Spans, component: int) -> Procedure:
    """SVC01, SVC06. Usual: a qualifier of two bytes and a code of five, a capital or a digit and four digits."""
    start, length = said
    there = length > 0
    if not there.any():
        return Procedure(said, said, ~there)
    head, code = block.bytes, start + 3
    usual = (length == 8) | ((length > 8) & (head[start + 8] == component))
    usual &= (head[start + 2] == component) & (head[start] != component) & (head[start + 1] != component)
    usual &= _LEADING[head[code]] & _digits((block.words(start) ^ _ZEROS) & _LAST_FOUR)[1]
    return Procedure(Spans(start, there * np.int64(2)), Spans(code, there * np.int64(5)), usual | ~there)
