"""Findings in the order of the file, though some are known later than what comes behind them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from bitewing.edi.finding import Finding

MOST_WAITING = 10_000
"""Claims whose findings are held back for one that is not judged yet; beyond, theirs come first."""


class Slot:
    """The place of a claim's findings in the order of the file; None until it is judged."""

    __slots__ = ("findings",)

    def __init__(self, findings: list[Finding] | None) -> None:
        self.findings = findings


class InOrder:
    """Findings in the order of the file, some of which are not there yet."""

    def __init__(self) -> None:
        self._slots: deque[Slot] = deque()
        self._held = 0

    def add(self, findings: list[Finding] | None) -> Slot:
        """The next place, with its findings or None where they come later."""
        slot = Slot(findings)
        self._slots.append(slot)
        self._held += findings is not None
        return slot

    def ready(self) -> Iterator[Finding]:
        """The findings that wait for nothing, or all that are there once too many are held back."""
        if self._held > MOST_WAITING:
            yield from self.rest()
        while self._slots and self._slots[0].findings is not None:
            yield from self._slots.popleft().findings or ()
        if not self._slots:
            self._held = 0

    def rest(self) -> Iterator[Finding]:
        """All that are there; places that are still waited for stay."""
        there = [slot for slot in self._slots if slot.findings is not None]
        self._slots = deque(slot for slot in self._slots if slot.findings is None)
        self._held = 0
        for slot in there:
            yield from slot.findings or ()
