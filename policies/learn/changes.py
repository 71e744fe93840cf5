"""Changes in time: where the habit of a payer turns, by the probability of the trials before and after."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from bitewing.policies.learn.bayes import log_evidence
from bitewing.policies.learn.row import NEGATIVE, POSITIVE, Row

_CHANGES = math.log(200)  # how much less probable a change is than none, before anything was seen
_MOST_CHANGES = 4


def changes(rows: Sequence[Row]) -> tuple[float, list[date]]:
    """The value of the trials in time, and the first day of each new habit.

    A change is dated to the first of January or July, or of a month, where one of them lies between what was last seen
    of the old and first of the new; else to the first day of the new.
    """
    days: dict[date, list[float]] = {}
    for row in rows:
        if row.outcome == POSITIVE:
            days.setdefault(row.day, [0.0, 0.0])[0] += row.weight
        elif row.outcome == NEGATIVE:
            days.setdefault(row.day, [0.0, 0.0])[1] += row.n
    ordered = sorted((day, one[0], one[1]) for day, one in days.items())
    value, turns = _split(ordered, _MOST_CHANGES)
    return value, [_turn(ordered, at) for at in turns]


Day = tuple[date, float, float]


def _split(days: Sequence[Day], most: int) -> tuple[float, list[int]]:
    """The best value, and the places at which something new begins."""
    total = (sum(day[1] for day in days), sum(day[2] for day in days))
    whole = log_evidence(*total)
    if len(days) < 2 or most < 1 or not all(total):
        return whole, []
    best, where = -math.inf, 0
    positive = negative = 0.0
    for place, (_, a, b) in enumerate(days[:-1], 1):
        positive, negative = positive + a, negative + b
        value = log_evidence(positive, negative) + log_evidence(total[0] - positive, total[1] - negative)
        if value > best:
            best, where = value, place
    cost = _CHANGES + math.log(len(days) - 1)
    if best - cost <= whole:
        return whole, []
    first, early = _split(days[:where], most - 1)
    second, late = _split(days[where:], most - 1 - len(early))
    return first + second - cost, [*early, where, *(where + one for one in late)]


def _turn(days: Sequence[Day], at: int) -> date:
    before, after = days[at - 1][0], days[at][0]
    for months in ((1, 7), tuple(range(1, 13))):
        firsts = [date(year, month, 1) for year in range(before.year, after.year + 1) for month in months]
        between = [day for day in firsts if before < day <= after]
        if len(between) == 1:
            return between[0]
    return after
