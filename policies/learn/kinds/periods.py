"""How a payer may count services in a period: the last so many months, or the calendar year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from bitewing.policies.learn.bayes import log_evidence
from bitewing.policies.learn.decide import Fit, Fitted, Found, decide
from bitewing.policies.learn.row import NEGATIVE, POSITIVE, Row, trials

PERIOD, CALENDAR = "period", "calendar-year"
"""The word of a rule that counts by calendar year."""
_SHORTEST = 150  # days: no plan's period is shorter; what was paid sooner than that speaks against any
_BEYOND = 0.25
"""So many denials a payment there may be after the end of a period: it is no end where there are more."""
_DAYS_A_MONTH = 365.25 / 12
_SLACK = 3  # days by which months differ
_MOST = 4
_UNKNOWN, _MORE, _YEARLY, _AGAINST = 1.0, 1.0, 3.0, 2.0
"""What it costs, in the logarithm of a probability: an earlier service that the store does not know of; one more that
is paid in the period; a calendar year, which is rarer than the last twelve months; a denial in a year in which nothing
was paid, while something was before."""


class Habit(NamedTuple):
    """The likeliest way of counting, and how well it explains the trials."""

    found: list[Found]
    value: float
    n: int


def habit(rows: Sequence[Row]) -> Habit | None:
    """How rows are counted, None where no way of counting explains most of the denials."""
    total = trials(rows)[0]
    best: Habit | None = None
    for yearly in (False, True):
        for n in range(1, _MOST + 1):
            found = decide(rows, by_year(n) if yearly else by_months(n))
            held = [one for one in found if one.holds]
            if sum(trials(one.fitted.exposed)[0] for one in held) < 0.8 * total:
                continue
            if (yearly or n > 1) and sum(known(one, n, yearly=yearly) for one in held) < 2:
                continue  # nobody saw that many before a denial
            value = sum(
                log_evidence(*trials(one.fitted.exposed)) + log_evidence(*trials(one.fitted.others)) for one in found
            )
            unknown = sum(trials(one.fitted.exposed)[0] - known(one, n, yearly=yearly) for one in found)
            value -= _UNKNOWN * unknown + _MORE * n
            if yearly:
                value -= _YEARLY + _AGAINST * sum(_against(one, n) for one in found)
            if best is None or value > best.value:
                best = Habit(found, value, n)
    return best


def known(found: Found, n: int, *, yearly: bool) -> float:
    """Denials before which the store knows of so many."""
    return trials([row for row in found.fitted.exposed if row.outcome == POSITIVE and _reached(row, n, yearly=yearly)])[
        0
    ]


def _against(found: Found, n: int) -> float:
    """Denials before which so many were paid, and not in the calendar year."""
    rows = [row for row in found.fitted.exposed if row.outcome == POSITIVE and len(gaps(row.context)) >= n]
    return trials([row for row in rows if not _reached(row, n, yearly=True)])[0]


def _reached(row: Row, n: int, *, yearly: bool) -> bool:
    return len(this_year(row) if yearly else gaps(row.context)) >= n


@lru_cache(maxsize=65_536)
def gaps(context: str) -> tuple[int, ...]:
    """Days since each earlier service, the latest first."""
    return tuple(int(one) for one in context.split())


def this_year(row: Row) -> list[int]:
    """Of them, those in the calendar year of the trial."""
    return [gap for gap in gaps(row.context) if (row.day - timedelta(days=gap)).year == row.day.year]


def by_year(n: int) -> Fit:
    """Denied where so many were paid in the same calendar year."""

    def fit(rows: Sequence[Row]) -> Fitted | None:
        if all(row.outcome != POSITIVE for row in rows):
            return None
        exposed = [row for row in rows if row.outcome != NEGATIVE or _reached(row, n, yearly=True)]
        others = [row for row in rows if row.outcome == NEGATIVE and not _reached(row, n, yearly=True)]
        return Fitted(exposed, others, {"n": n, "months": (12, 12), PERIOD: CALENDAR})

    return fit


def by_months(n: int) -> Fit:
    """The n-th earlier one decides: denied at most so long after it, paid only longer after it."""

    def fit(rows: Sequence[Row]) -> Fitted | None:
        if all(row.outcome != POSITIVE for row in rows):
            return None
        after = sorted(
            ((gaps(row.context)[n - 1], row) for row in rows if len(gaps(row.context)) >= n), key=lambda one: one[0]
        )
        edge = _edge(after, trials([row for row in rows if len(gaps(row.context)) < n])[0])
        within = max(_SHORTEST, edge or 0)
        beyond = {row for gap, row in after if gap > within}
        others = [row for row in rows if row in beyond or (row.outcome == NEGATIVE and len(gaps(row.context)) < n)]
        aside = set(others)
        exposed = [row for row in rows if row not in aside]
        # Where a payer errs at times, one payment does not end a period.
        errs = any(row.outcome == NEGATIVE for gap, row in after if gap <= within)
        paid = [gap for gap, row in after if gap > within and row.outcome == NEGATIVE for _ in range(min(row.n, 2))]
        shortest = paid[int(errs)] if len(paid) > 1 else None
        low = max(1, _months(edge, up=True)) if edge is not None else 1
        high = None if shortest is None else max(low, _months(shortest, up=False))
        return Fitted(exposed, others, {"n": n, "months": (low, high)})

    return fit


def _edge(after: Sequence[tuple[int, Row]], unknown: float) -> int | None:
    """The longest time after which it was denied, as far as the trials bear out; None where no such time is known.

    One denial long after, among many payments, has another reason. unknown: denials after what nobody knows.
    """
    days: dict[int, list[float]] = {}
    for gap, row in after:
        one = days.setdefault(gap, [0.0, 0.0])
        if row.outcome == POSITIVE:
            one[0] += row.weight
        elif row.outcome == NEGATIVE:
            one[1] += row.n
    total = [sum(one[at] for one in days.values()) for at in (0, 1)]
    best, edge = None, None
    inside = [unknown, 0.0]
    for gap, one in sorted(days.items()):
        inside = [inside[0] + one[0], inside[1] + one[1]]
        denied, paid = total[0] + unknown - inside[0], total[1] - inside[1]
        if not one[0] or denied > paid * _BEYOND:
            continue
        value = log_evidence(*inside) + log_evidence(denied, paid)
        if best is None or value >= best:
            best, edge = value, gap
    return edge


def _months(days: int, *, up: bool) -> int:
    """Whole months that a gap of days lies within, or that it is beyond."""
    return int(-(-(days - _SLACK) // _DAYS_A_MONTH)) if up else int((days + _SLACK) // _DAYS_A_MONTH)
