"""Levels: the HLs of a transaction, each with its parent and its own bytes; and many at once where all are in order."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from operator import sub

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.errors import EdiError
from bitewing.edi.framing import Block
from bitewing.edi.guide import dental
from bitewing.edi.loops import Loop, read_loop
from bitewing.edi.scan import Before, Levels
from bitewing.edi.source import Source

BILLING, SUBSCRIBER, PATIENT = b"20", b"22", b"23"
PARENTS = {SUBSCRIBER: BILLING, PATIENT: SUBSCRIBER}
"""HL03 of a level, and of the level that it stands below."""
_RULES = {BILLING: "2000A", SUBSCRIBER: "2000B", PATIENT: "2000C"}


@dataclass(slots=True, eq=False, repr=False)
class Level:
    """One HL: its own bytes up to the first claim or the next HL, and its parent.

    memo: for who reads it often. number: its place among ``Places``, -1 where it stands in none.
    """

    id: bytes
    code: bytes
    parent: Level | None
    data: bytes
    offset: int
    delimiters: Delimiters
    fault: EdiError | None = None
    memo: object = None
    number: int = -1
    _loop: Loop | None = None

    @classmethod
    def read(cls, data: bytes, offset: int, delimiters: Delimiters, parent: Level | None) -> Level:
        """An HL from its bytes, under a parent that is known."""
        _, identifier, _, code, *_ = (*data[: data.find(delimiters.segment)].split(delimiters.element), b"", b"", b"")
        return cls(identifier, code, parent, data, offset, delimiters)

    @property
    def loop(self) -> Loop:
        """2000A, 2000B or 2000C without its claims."""
        if self._loop is None:
            rule = dental().loops[_RULES.get(self.code, "2000A")]
            self._loop = read_loop(self.data, self.offset, rule, self.delimiters)
        return self._loop

    def let_go(self) -> None:
        """Forget what was taken apart; it is taken apart again when it is asked for."""
        self._loop = None


class Numbered:
    """The HLs of a transaction so far, where each is numbered behind the one before it and stands below the latest of
    the level above. latest: the latest billing provider and subscriber.

    Of those on which another HL may still be placed it is kept where they lie, of the others HL03 only.
    """

    def __init__(self) -> None:
        self.latest: dict[bytes, Level] = {}
        self._first = 0
        self._codes: list[bytes] = []
        self._parents, self._offsets, self._sizes = array("I"), array("Q"), array("I")

    def before(self, sound: bool) -> Before:
        """What the next stretch follows. sound: whether a claim may stand right behind it."""
        billing, subscriber = (self.latest[code].id if code in self.latest else b"0" for code in (BILLING, SUBSCRIBER))
        following = self._first + len(self._codes) if self._codes else 0
        return Before(following, int(billing), int(subscriber), sound)

    def add(self, stretch: NumberedStretch) -> None:
        """The transaction goes on with a stretch."""
        levels = stretch.levels
        if not self._codes:
            self._first = levels.number
        starts, following = stretch.places_of(levels.parents)
        self._offsets.extend(starts)
        self._sizes.extend(map(sub, following, starts))
        self._parents.extend([len(self._codes) + place for place in levels.parents])
        self._codes += levels.codes
        places = {code: place for place, code in enumerate(levels.codes) if code != PATIENT}
        # All are made before any of them takes the place of one that it stands below.
        self.latest |= {code: stretch.level(place) for code, place in places.items()}

    def settled(self, source: Source, delimiters: Delimiters) -> dict[bytes, Level | bytes]:
        """The same as ``Transaction.levels``, to go on one by one. source: their bytes are read again from there."""
        levels: dict[bytes, Level | bytes] = {
            b"%d" % number: code for number, code in enumerate(self._codes, self._first)
        }
        latest = {level.id: level for level in self.latest.values()}
        billing: Level | None = None
        for place, offset, size in zip(self._parents, self._offsets, self._sizes, strict=True):
            identifier, code = b"%d" % (self._first + place), self._codes[place]
            above = None if code == BILLING else billing
            made = latest.get(identifier) or Level(
                identifier, code, above, source.read(offset, size), offset, delimiters
            )
            levels[identifier] = made
            if code == BILLING:
                billing = made
        return levels


class NumberedStretch:
    """Levels of one stretch of a transaction, made when they are asked for. bounds: where every mark of the block
    begins, and where the block ends."""

    def __init__(self, block: Block, bounds: list[int], numbered: Numbered, levels: Levels) -> None:
        self.levels = levels
        self._block = block
        self._bounds = bounds
        self._numbered = numbered
        self._made: dict[int, Level] = {}

    def bytes_of(self, place: int) -> tuple[bytes, int]:
        """The bytes of the level at a place among those of the stretch, and where they begin in the file."""
        mark = self.levels.marks[place]
        start = self._bounds[mark]
        return self._block.data[start : self._bounds[mark + 1]], self._block.base + start

    def places_of(self, places: list[int]) -> tuple[list[int], list[int]]:
        """Where the levels at some places begin in the file, and where the next mark behind each of them does."""
        base, bounds, marks = self._block.base, self._bounds, self.levels.marks
        return [base + bounds[marks[at]] for at in places], [base + bounds[marks[at] + 1] for at in places]

    def level(self, place: int) -> Level:
        """The level at a place among those of the stretch."""
        found = self._made.get(place)
        if found is None:
            code, above = self.levels.codes[place], self.levels.above[place]
            parent = None
            if code != BILLING:
                parent = self.level(above) if above >= 0 else self._numbered.latest[PARENTS[code]]
            data, offset = self.bytes_of(place)
            number = b"%d" % (self.levels.number + place)
            found = self._made[place] = Level(number, code, parent, data, offset, self._block.delimiters)
        return found
