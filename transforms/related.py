"""Which claims of one day the passes must be shown together: those that hold codes one pass reads side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from bitewing.transforms.facts import Facts
from bitewing.transforms.model import EVERY_CODE, Pass
from bitewing.transforms.practice import COUNTED_TOGETHER

ANYTHING = 0
NOTHING = 1
"""Numbers of two holdings: of a claim that may hold anything, and of one that no pass over days reads."""
_ALL = -1


class Related:
    """What claims hold for the passes over days, as a small number for each claim.

    A pass that is silent on each of some claims alone says something of them together only if it reads codes on two
    of them, and looks at one of these codes. That is what passes promise with ``looks_at`` and ``reads``; one that
    looks at each claim ``alone`` has nothing more to say at all. practices: whether visits are counted, of which a
    day on two claims is but one. everything: whether some pass over days reads every code.
    """

    def __init__(self, passes: Sequence[Pass], facts: Facts, *, practices: bool) -> None:
        days = [one for one in passes if one.unit == "Day" and facts.holds(one.needs)]
        self.everything = not all(one.looks_at or one.alone for one in days)
        counted = [(codes, codes) for codes in COUNTED_TOGETHER] if practices else []
        wanted = [*counted, *((one.looks_at, one.reads if not one.alone else EVERY_CODE) for one in days)]
        self._counted = (1 << len(counted)) - 1
        self._looks: dict[str, int] = {}
        self._reads: dict[str, int] = {}
        for number, (looks_at, reads) in enumerate(wanted):
            _set(self._looks, looks_at, 1 << number)
            _set(self._reads, reads, 1 << number)
        self.codes = frozenset(self._reads)
        self._numbers: dict[frozenset[str], int] = {frozenset(): ANYTHING if self.everything else NOTHING}
        self._held = [(_ALL, _ALL), (0, 0)]
        self._number_of = {held: number for number, held in enumerate(self._held)}

    def holding(self, codes: Iterable[str]) -> int:
        """The number of what a claim with these codes, and no others, holds."""
        known = self.codes.intersection(codes)
        number = self._numbers.get(known)
        if number is None:
            number = self._numbers[known] = self._number(known)
        return number

    def _number(self, codes: Set[str]) -> int:
        if self.everything:
            return ANYTHING
        looks = reads = 0
        for code in codes:
            looks |= self._looks.get(code, 0)
            reads |= self._reads[code]
        number = self._number_of.setdefault((looks, reads), len(self._held))
        if number == len(self._held):
            self._held.append((looks, reads))
        return number

    def together(self, holdings: Iterable[int]) -> tuple[bool, bool]:
        """Of claims of one day with these holdings: whether a pass may have something to say on them that it has not on
        each alone, and whether they may count for a practice otherwise than each alone.
        """
        looks = once = twice = 0
        for number in holdings:
            sees, reads = self._held[number]
            looks |= sees
            twice |= once & reads
            once |= reads
        found = looks & twice
        return found & ~self._counted != 0, found & self._counted != 0


def _set(masks: dict[str, int], codes: Iterable[str], bit: int) -> None:
    for code in codes:
        masks[code] = masks.get(code, 0) | bit
