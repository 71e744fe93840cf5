"""What plans allow for a unit of a code, from services that were paid as they were sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple


class UnitFee(NamedTuple):
    """So many days on which a plan allowed this for a unit of a code."""

    payer: str
    group: str
    code: str
    allowed: Decimal
    first_day: date
    last_day: date
    n: int


class Fees:
    """The usual allowed amount of each plan: the one seen most often; of several, the one seen last."""

    def __init__(self, seen: Iterable[UnitFee]) -> None:
        self.seen = list(seen)
        plans: dict[tuple[str, str], dict[str, list[UnitFee]]] = defaultdict(lambda: defaultdict(list))
        for one in self.seen:
            plans[one.payer, one.group][one.code].append(one)
        self._all = plans
        self._plans = {
            plan: {
                code: max(known, key=lambda one: (one.n, one.last_day, one.allowed)).allowed
                for code, known in codes.items()
            }
            for plan, codes in plans.items()
        }
        self._on: dict[tuple[str, str, date], dict[str, Decimal]] = {}

    def of(self, payer: str, group: str, day: date | None = None) -> dict[str, Decimal]:
        """Allowed amounts by code, {} for a plan of which nothing was paid. day: as they were about then."""
        if day is None:
            return self._plans.get((payer, group), {})
        key = (payer, group, day)
        if key not in self._on:
            self._on[key] = {
                code: max(known, key=lambda one: (-_away(one, day), one.n, one.last_day, one.allowed)).allowed
                for code, known in self._all.get((payer, group), {}).items()
            }
        return self._on[key]

    def groups(self, payer: str) -> list[str]:
        """The plans of a payer that are known."""
        return sorted(group for known, group in self._plans if known == payer)


def _away(fee: UnitFee, day: date) -> int:
    """Days between a date and the time in which an amount was seen."""
    return max((fee.first_day - day).days, (day - fee.last_day).days, 0)
