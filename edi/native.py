"""The scanner in C, where it was built: the marks of ``scan.py``, several times faster, and claims told at first sight.

Whoever installs without a compiler gets neither, and the same results. ``native.c`` says what it does; here its answers
become the objects that the rest of the package knows.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cache

from bitewing.edi import sketch
from bitewing.edi.delimiters import Delimiters
from bitewing.edi.guide import dental
from bitewing.edi.scan import CODE, IN_PYTHON, OUTER, TAGS, Before, Levels, Marks, Scanner, segments_in
from bitewing.edi.sketch import NO_MORE, Named, Sketch
from bitewing.edi.values import is_day

_FORM = 2
"""Of the module in C that this file knows; another one was left behind by an older or newer checkout."""

try:
    from bitewing.edi import _native
except ImportError:
    BUILT = False
else:
    BUILT = getattr(_native, "FORM", 0) == _FORM

_SERVICE = b"SV3"
_HL03 = (b"20", b"22", b"23")
_PAIR = 2
"""Numbers that are kept of a service."""
_QUALIFIER = 2
"""Bytes of NM101."""


class NativeMarks(Marks):
    """Marks that know how many segments end before each of them, and where the services are.

    ended: as many as there are marks, and one for the end of the bytes. services: pairs of numbers, where a service
    begins and which mark is before it.
    """

    __slots__ = ("_ended", "_services")

    def __init__(self, marks: Marks, ended: list[int], services: bytes) -> None:
        super().__init__(marks._data, marks._delimiters, marks.offsets, marks.tags, marks.outer, empties=marks.empties)
        self._ended = ended
        self._services = services

    def within(self, data: bytes) -> Marks:
        """Those of the first part of the bytes."""
        marks = super().within(data)
        count = len(marks)
        place, before = (self.offsets[count - 1], self._ended[count - 1]) if count else (0, 0)
        ended = [*self._ended[:count], before + segments_in(data[place:], self._delimiters)]
        return NativeMarks(marks, ended, self._services)

    def segments(self, first: int, last: int) -> int:
        """How many segments end between two marks, see ``Marks.segments``."""
        return self._ended[last] - (self._ended[first] if first >= 0 else 0)

    def services(self) -> int:
        """How many segments are services of a dental claim (SV3)."""
        places = memoryview(self._services).cast("q")
        return bisect_left(range(len(places) // _PAIR), len(self._data), key=lambda at: places[at * _PAIR])

    def carriers(self, codes: frozenset[str]) -> list[int]:
        """The marks of claims that may have a service with one of these codes, see ``Marks.carriers``."""
        d, wanted = self._delimiters, [code.encode() for code in codes]
        if not wanted or any(len(code) != CODE for code in wanted):
            return super().carriers(codes)
        found = _native.carriers(self._data, d.segment, d.element, d.component, self._services, b"".join(wanted))
        return [mark for mark in found if self.tags[mark] == b"CLM"]

    def levels(self, first: int, last: int, before: Before) -> Levels | None:
        """The HL among the marks [first, last) of one transaction, see ``Marks.levels``."""
        d = self._delimiters
        said = _native.levels(self._data, d.segment, d.element, self.offsets, self.tags, first, last, before, _HL03)
        return None if said is None else Levels(*said)


def scan(data: bytes, delimiters: Delimiters) -> Marks:
    """The marks in data: as ``bitewing.edi.scan.scan``."""
    d = delimiters
    said = _native.scan(data, d.segment, d.element, d.filler, TAGS, len(OUTER), _SERVICE)
    offsets, tags, outer, ended, services, empties = said
    return NativeMarks(Marks(data, d, offsets, tags, outer, empties=empties), ended, services)


def tally(data: bytes, lead: bytes) -> tuple[int, ...]:
    """How often ISA, GS, ST and CL stand right behind a byte: as ``bitewing.edi.scan.tally``."""
    return _native.tally(data, lead)


def glance(data: bytes, delimiters: Delimiters) -> Sketch | None:
    """The services of a claim without the rest of it, None where they cannot be told at first sight.

    For passes that look at some codes only. It is taken from what the reader of claims would find, too, and in which it
    would find no fault; what else stands in the claim is not looked at.
    """
    d = delimiters
    said = _native.services(data, d.segment, d.element, d.component, d.filler, *_people())
    if said is None:
        return None
    codes, counts, extra, toothed, day = said
    if not is_day(day):
        return None
    if not extra:
        return Sketch(codes, counts, NO_MORE, False, False, False, day)
    more: dict[str, int] = {}
    for code, units in extra:
        more[code] = more.get(code, 0) + units
    return Sketch(codes, counts, more, toothed, False, False, day)


def no_glance(data: bytes, delimiters: Delimiters) -> Sketch | None:
    """Where nothing is built, nothing is told at first sight; claims are sketched or read in full."""
    return None


@cache
def _people() -> tuple[bytes, bytes]:
    """NM101 of those who stand in a claim or line, and of those in 2320 only: any other opens a loop outside of it."""
    loops = dental().loops
    inside = [loops["2300"]]
    for rule in inside:
        inside += rule.children

    def opening(name: str) -> set[bytes]:
        return {code for code, rule in loops[name].opened[b"NM1"].items() if rule in inside and len(code) == _QUALIFIER}

    within = opening("2300") & opening("2320") & opening("2400")
    return b"".join(sorted(within)), b"".join(sorted(opening("2320") - within))


def named(data: bytes, delimiters: Delimiters) -> Named | None:
    """The subscriber or patient of an HL: as ``bitewing.edi.sketch.named``, but for what is odd."""
    return _native.named(data, delimiters.segment, delimiters.element, delimiters.filler)


SCANNER = Scanner(scan, tally) if BUILT else IN_PYTHON
GLANCE = glance if BUILT else no_glance
NAMED = named if BUILT else sketch.named
