"""The screen: plain claims on which no pass has anything to say need not be read in full."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bitewing.edi.claim import Claim
from bitewing.edi.native import GLANCE
from bitewing.edi.sketch import Sketch, sketch
from bitewing.transforms.facts import Facts
from bitewing.transforms.model import Pass

_MOST_KNOWN = 10_000
WORTHWHILE = 20_000
"""Bytes of a file from which it pays to compile the patterns of a sketch; of a smaller one all claims are judged."""


class Screen:
    """What the passes promise of plain claims, asked of every claim that shares its days with no other.

    size: of the file, in bytes.
    """

    def __init__(self, passes: Sequence[Pass], facts: Facts, size: int) -> None:
        active = [one for one in passes if one.unit in ("Claim", "Day") and facts.holds(one.needs)]
        # A visit counts only where the claim is an original of something done, which a glance does not see.
        self._counts = any(one.unit == "Practice" for one in passes)
        self._always = [one.silent for one in active if not one.looks_at]
        self._of: dict[str, list[Callable[[Sketch], bool] | None]] = {}
        for one in active:
            for code in one.looks_at:
                self._of.setdefault(code, []).append(one.silent)
        self._codes = frozenset(self._of)
        self._known: dict[frozenset[str], tuple[Callable[[Sketch], bool] | None, ...]] = {}
        # Earlier submissions may make any claim a second one; then every claim is read.
        self._off = None in self._always or facts.holds("history") or size < WORTHWHILE

    def nothing_to_say(self, claim: Claim) -> Sketch | None:
        """The sketch of a claim on which every pass promises to be silent, None for any other.

        Whether its patient was born on a day that can be read is for the caller to know.

        A glance will do where no pass wants to see every claim.
        """
        if self._off:
            return None
        if not self._always and not self._counts:
            glanced = GLANCE(claim.data, claim.delimiters)
            if glanced is not None and self._silent(glanced):
                return glanced
        found = sketch(claim.data, claim.delimiters)
        return found if found is not None and self._silent(found) else None

    def _silent(self, found: Sketch) -> bool:
        for silent in self._always:
            if silent is None or not silent(found):
                return False
        for silent in self._asked(self._codes.intersection(found.codes)):
            if silent is None or not silent(found):
                return False
        return True

    def _asked(self, codes: frozenset[str]) -> tuple[Callable[[Sketch], bool] | None, ...]:
        """The promises of the passes that look at any of these codes, each once."""
        known = self._known.get(codes)
        if known is None:
            known = tuple(dict.fromkeys(silent for code in sorted(codes) for silent in self._of[code]))
            if len(self._known) < _MOST_KNOWN:
                self._known[codes] = known
        return known
