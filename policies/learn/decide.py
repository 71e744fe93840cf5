"""From trials to what may be said: for whom it holds, since when, and how sure that is.

One hypothesis is fitted to all plans of a payer, to each group, and to each contract class; what explains the trials
best is kept, by the probability of what was seen under each (beta-binomial, so that more rates cost more). The same
weighs a change in time against none. Nothing is averaged over plans or times that differ.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from bitewing.policies.learn.bayes import interval, log_evidence, rate
from bitewing.policies.learn.row import CENSORED, NEGATIVE, POSITIVE, Row
from bitewing.policies.rule import Counts

FEWEST, SUREST = 5.0, 0.6
"""A rule is proposed from so many trials on, where the lower bound of its rate is so high."""
SHOWN = 3.0
"""What was seen so often is shown, if too seldom to be proposed."""
_CHANGES = math.log(200)  # how much less probable a change is than none, before anything was seen
_PARTS = math.log(10)  # how much less probable plans that differ are than one habit of the payer
_MOST_CHANGES = 4
_CLOSEST = 8


class Fitted(NamedTuple):
    """A hypothesis on some rows: those it speaks of, those it does not, and its thresholds."""

    exposed: Sequence[Row]
    others: Sequence[Row]
    parameter: dict[str, Any]
    cost: float = 0.0  # of having chosen the thresholds


Fit = Callable[[Sequence[Row]], Fitted | None]


@dataclass(frozen=True)
class Found:
    """What was found for a scope and a time. since and until are dates of service, None where there is no bound."""

    group: str | None
    klass: str | None
    since: date | None
    until: date | None
    fitted: Fitted
    counts: Counts
    groups: dict[str, tuple[float, float]]

    @property
    def holds(self) -> bool:
        """Whether the payer can be said to do it."""
        return sum(trials(self.fitted.exposed)) >= FEWEST and self.counts.low >= SUREST

    @property
    def seen(self) -> bool:
        """Whether it is worth showing, though too little to be proposed."""
        positive, negative = trials(self.fitted.exposed)
        return not self.holds and positive + negative >= SHOWN and positive > negative

    @property
    def fails(self) -> bool:
        """Whether the payer can be said not to do it."""
        return sum(trials(self.fitted.exposed)) >= FEWEST and self.counts.high <= 1 - SUREST


def everything(rows: Sequence[Row]) -> Fitted:
    """The fit of a hypothesis without thresholds: it speaks of all rows."""
    return Fitted(rows, (), {})


def trials(rows: Sequence[Row]) -> tuple[float, float]:
    """Weighted positive and negative trials."""
    positive = negative = 0.0
    for row in rows:
        if row.outcome == POSITIVE:
            positive += row.weight
        elif row.outcome == NEGATIVE:
            negative += row.n
    return positive, negative


def decide(rows: Sequence[Row], fit: Fit) -> list[Found]:
    """What holds or does not hold, for all plans or some, in the order of groups and time."""
    best, parts = -math.inf, None
    for split in (_whole, _by_group, _by_class):
        pieces = split(rows)
        if pieces is None:
            continue
        fits = [(scope, part, fit(part)) for scope, part in pieces]
        total = sum(value(part, fitted) for _, part, fitted in fits) - (_PARTS if split is not _whole else 0)
        if total > best + 1e-9:
            best, parts = total, fits
    found: list[Found] = []
    for scope, part, fitted in parts or ():
        if fitted is not None:
            scope, part, fitted = _narrowed(scope, part, fitted, fit)
            if fitted is not None:
                found += _in_time(scope, part, fitted, fit)
    return sorted(found, key=lambda one: (one.group or "", one.klass or "", one.since or date.min))


Scope = tuple[str | None, str | None]


def _whole(rows: Sequence[Row]) -> list[tuple[Scope, Sequence[Row]]]:
    return [((None, None), rows)]


def _narrowed(
    scope: Scope, rows: Sequence[Row], fitted: Fitted, fit: Fit
) -> tuple[Scope, Sequence[Row], Fitted | None]:
    """A habit of the payer, or of the one group in which it was seen: one group is no evidence for the others."""
    if scope != (None, None):
        return scope, rows, fitted
    seen = sorted(by_group(fitted.exposed))
    if len(seen) > 1:
        return scope, rows, fitted
    only = seen[0] if seen else ""
    own = [row for row in rows if row.group == only]
    return (only or None, None), own, fit(own) if len(own) < len(rows) else fitted


def _by_group(rows: Sequence[Row]) -> list[tuple[Scope, Sequence[Row]]] | None:
    parts: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        parts[row.group].append(row)
    return [((group or None, None), part) for group, part in sorted(parts.items())] if len(parts) > 1 else None


def _by_class(rows: Sequence[Row]) -> list[tuple[Scope, Sequence[Row]]] | None:
    parts: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        parts[row.klass].append(row)
    return [((None, klass or None), part) for klass, part in sorted(parts.items())] if len(parts) > 1 else None


def value(rows: Sequence[Row], fitted: Fitted | None) -> float:
    """The logarithm of the probability of all trials under a hypothesis, with the best change in time."""
    if fitted is None:
        return log_evidence(*trials(rows))
    return changes(fitted.exposed)[0] + log_evidence(*trials(fitted.others)) - fitted.cost


def _in_time(scope: Scope, rows: Sequence[Row], fitted: Fitted, fit: Fit) -> Iterator[Found]:
    turns = changes(fitted.exposed)[1]
    bounds = [None, *turns, None]
    for since, end in itertools.pairwise(bounds):
        part = [row for row in rows if (since is None or row.day >= since) and (end is None or row.day < end)]
        again = fit(part) if turns else fitted
        if again is None:  # nothing to tell apart within this time: what was exposed before is still
            chosen = set(fitted.exposed)
            again = Fitted([row for row in part if row in chosen], (), fitted.parameter)
        until = end - timedelta(days=1) if end is not None else None
        yield Found(*scope, since, until, again, counted(again.exposed), by_group(again.exposed))


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


def counted(rows: Sequence[Row]) -> Counts:
    """The counts of rows with their rate and interval."""
    positive, negative = trials(rows)
    decided = [row for row in rows if row.outcome != CENSORED]
    ours = [row for row in decided if row.outcome == POSITIVE]
    seen = ours if positive > negative else decided  # what mostly did not happen was seen whenever it was asked
    low, high = interval(positive, negative)
    return Counts(
        positive=sum(row.n for row in ours),
        negative=sum(row.n for row in decided if row.outcome == NEGATIVE),
        censored=sum(row.n for row in rows if row.outcome == CENSORED),
        weight=positive,
        rate=rate(positive, negative),
        low=low,
        high=high,
        first_seen=min((row.day for row in seen), default=None),
        last_seen=max((row.day for row in seen), default=None),
        inferred=sum(row.n for row in ours if row.inferred),
        patient_owes=sum(row.n for row in ours if row.patient_owes),
    )


def by_group(rows: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """Weighted positive and negative trials of each group."""
    parts: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.outcome != CENSORED:
            parts[row.group].append(row)
    return {group: trials(part) for group, part in sorted(parts.items())}


def threshold(size: Callable[[Row], float], name: str, *, step: float = 1, floor: float | None = None) -> Fit:
    """A fit that finds from which size on it happens: (the largest at which it does not + step, the smallest at which
    it does). Sizes in between were not seen, and nothing is said of them. floor: below it there is nothing."""

    def fit(rows: Sequence[Row]) -> Fitted | None:
        sized = [(size(row), row) for row in rows]
        tally: dict[float, list[float]] = {}
        for value, row in sized:
            if row.outcome != CENSORED:
                one = tally.setdefault(value, [0.0, 0.0])
                if row.outcome == POSITIVE:
                    one[0] += row.weight
                else:
                    one[1] += row.n
        values = sorted(tally)
        total = (sum(one[0] for one in tally.values()), sum(one[1] for one in tally.values()))
        cost = math.log(max(len(values), 1))
        gains = []
        positive = negative = 0.0
        for place, value in enumerate(values):
            more = (total[0] - positive, total[1] - negative)
            if rate(*more) > rate(positive, negative) and (place or total[0] > total[1]):
                gains.append((log_evidence(positive, negative) + log_evidence(*more), place))
            positive, negative = positive + tally[value][0], negative + tally[value][1]
        best, found = changes(rows)[0], None
        for _, place in sorted(gains, reverse=True)[:_CLOSEST]:  # of the likeliest, the one that fits best in time
            exposed = [row for value, row in sized if value >= values[place]]
            others = [row for value, row in sized if value < values[place]]
            gain = changes(exposed)[0] + log_evidence(*trials(others)) - cost
            if gain > best:
                low = values[place - 1] + step if place else floor
                best, found = gain, Fitted(exposed, others, {name: (low, values[place])}, cost)
        if found is None and total[0] > total[1]:
            return Fitted(rows, (), {name: (floor, values[0])})
        return found

    return fit
