"""Levels: the HLs of a transaction, each with its parent and its own bytes; and many at once where all are in order."""

from __future__ import annotations

from dataclasses import dataclass

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.errors import EdiError
from bitewing.edi.framing import Block
from bitewing.edi.guide import dental
from bitewing.edi.loops import Loop, read_loop
from bitewing.edi.scan import Before, Levels

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
    the level above. latest: of each level that others may stand below.

    Of those on which another HL may still be placed the bytes are kept, of the others the level only.
    """

    def __init__(self) -> None:
        self.first = 0
        self.codes: list[bytes] = []
        self.kept: dict[int, tuple[bytes, int, int]] = {}
        self.latest: dict[bytes, Level] = {}

    def before(self, sound: bool) -> Before:
        """What the next stretch follows. sound: whether a claim may stand right behind it."""
        billing, subscriber = (self.latest[code].id if code in self.latest else b"0" for code in (BILLING, SUBSCRIBER))
        following = self.first + len(self.codes) if self.codes else 0
        return Before(following, int(billing), int(subscriber), sound)

    def settled(self, delimiters: Delimiters) -> dict[bytes, Level | bytes]:
        """The same as ``Transaction.levels``, to go on one by one."""
        levels: dict[bytes, Level | bytes] = {}
        for number, code in enumerate(self.codes, self.first):
            identifier = b"%d" % number
            levels[identifier] = code
            if number in self.kept:
                data, offset, above = self.kept[number]
                parent = levels.get(b"%d" % above)
                above_it = parent if isinstance(parent, Level) else None
                levels[identifier] = Level(identifier, code, above_it, data, offset, delimiters)
        return levels


class NumberedStretch:
    """Levels of one stretch of a transaction, made when they are asked for. offsets: of every mark, and of the end."""

    def __init__(self, block: Block, numbered: Numbered, levels: Levels) -> None:
        self.offsets = [*block.marks.offsets, len(block.data)]
        self._block = block
        self._numbered = numbered
        self._levels = levels
        self._made: dict[int, Level] = {}

    def level(self, place: int) -> Level:
        """The level at a place among those of the stretch."""
        found = self._made.get(place)
        if found is None:
            levels, mark = self._levels, self._levels.marks[place]
            code, above = levels.codes[place], levels.above[place]
            parent = None if code == BILLING else self.level(above) if above >= 0 else self._before(code)
            start = self.offsets[mark]
            data = self._block.data[start : self.offsets[mark + 1]]
            number = b"%d" % (levels.number + place)
            found = Level(number, code, parent, data, self._block.base + start, self._block.delimiters)
            self._made[place] = found
        return found

    def _before(self, code: bytes) -> Level:
        return self._numbered.latest[PARENTS[code]]

    def close(self) -> None:
        """Add the stretch to what is known of the transaction."""
        numbered, levels = self._numbered, self._levels
        if not numbered.codes:
            numbered.first = levels.number
        for place in levels.parents:
            mark, above = levels.marks[place], levels.above[place]
            start = self.offsets[mark]
            data = self._block.data[start : self.offsets[mark + 1]]
            parent = levels.number + above if above >= 0 else 0
            if not parent and levels.codes[place] == SUBSCRIBER:
                parent = int(self._before(SUBSCRIBER).id)
            numbered.kept[levels.number + place] = data, self._block.base + start, parent
        numbered.codes += levels.codes
        latest = {code: place for place, code in enumerate(levels.codes)}
        # The parent is made before the latest of its kind takes its place.
        made = {code: self.level(place) for code, place in latest.items() if code != PATIENT}
        numbered.latest.update(made)
