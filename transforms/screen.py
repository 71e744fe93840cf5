"""The screen: plain claims on which no pass has anything to say need not be read in full."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bitewing.edi.claim import Claim
from bitewing.edi.sketch import Sketch, sketch
from bitewing.policies.patient import born_on_a_day
from bitewing.transforms.facts import Facts
from bitewing.transforms.model import Pass


class Screen:
    """What the passes promise of plain claims, asked of every claim that shares its days with no other."""

    def __init__(self, passes: Sequence[Pass], facts: Facts) -> None:
        active = [one for one in passes if one.unit in ("Claim", "Day") and facts.holds(one.needs)]
        self._always = [one.silent for one in active if not one.looks_at]
        self._of: dict[str, list[Callable[[Sketch], bool] | None]] = {}
        for one in active:
            for code in one.looks_at:
                self._of.setdefault(code, []).append(one.silent)
        self._codes = frozenset(self._of)
        # Earlier submissions may make any claim a second one; then every claim is read.
        self._off = None in self._always or facts.holds("history")

    def nothing_to_say(self, claim: Claim) -> Sketch | None:
        """The sketch of a claim on which every pass promises to be silent, None for any other."""
        if self._off:
            return None
        found = sketch(claim.data, claim.delimiters)
        if found is None or not born_on_a_day(claim):
            return None
        for silent in self._always:
            if silent is None or not silent(found):
                return None
        for code in self._codes.intersection(found.codes):
            for silent in self._of[code]:
                if silent is None or not silent(found):
                    return None
        return found
