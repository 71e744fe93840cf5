"""Draws that are the same for a seed on every machine and Python: only ``random()`` is promised to stay."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """What chance decides. Never money: amounts are whole cents."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def below(self, end: int) -> int:
        """A whole number from 0, less than ``end``."""
        return int(self._random() * end)

    def between(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both possible."""
        return low + int(self._random() * (high - low + 1))

    def chance(self, per_thousand: int) -> bool:
        """True so many times in a thousand."""
        return self._random() * 1000 < per_thousand

    def one(self, things: Sequence[T]) -> T:
        """One of them."""
        return things[int(self._random() * len(things))]


def npi(number: int) -> str:
    """An invented provider number, 19900 and four digits and the check digit that belongs to them."""
    digits = f"19900{number % 10_000:04d}"
    total = 24  # what the prefix 80840 adds
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return f"{digits}{-total % 10}"


def money(cents: int) -> str:
    """An amount as X12 writes it: 5750 is ``57.5``, without needless zeros."""
    sign, whole = ("-" if cents < 0 else ""), abs(cents)
    units, rest = divmod(whole, 100)
    return f"{sign}{units}" if not rest else f"{sign}{units}.{rest:02d}".rstrip("0")
