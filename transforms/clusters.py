"""Sets of claims that are judged together, joined pair by pair."""

from __future__ import annotations


class Clusters:
    """Sets of numbers joined pair by pair, the smaller into the larger."""

    def __init__(self) -> None:
        self._of: dict[int, set[int]] = {}

    def join(self, one: int, other: int) -> None:
        """From now on both are in one set."""
        a, b = self._of.setdefault(one, {one}), self._of.setdefault(other, {other})
        if a is b:
            return
        small, large = sorted((a, b), key=len)
        large |= small
        for member in small:
            self._of[member] = large

    def members(self) -> dict[int, set[int]]:
        """For everything that was joined, the set it is in."""
        return self._of
