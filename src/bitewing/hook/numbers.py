"""Control numbers that count on from one that is given."""

from __future__ import annotations

LAST = 999_999_999


class NotNow(Exception):
    """Raised by whoever hands out control numbers: there are none to be had. ``process`` lets it pass."""


class Numbers:
    """Hands out control numbers (ISA13), several in a row where that is asked for. first: the first of them."""

    def __init__(self, first: int) -> None:
        self.next = first

    def __call__(self, wanted: int) -> int:
        """The first of so many."""
        found = self.next
        self.next = (found - 1 + wanted) % LAST + 1
        return found
