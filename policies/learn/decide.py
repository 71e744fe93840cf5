"""From trials to what may be said: for whom it holds, since when, and how sure that is.

One hypothesis is fitted to all plans of a payer, to each group, to each contract class, and to practices in the network
and outside, of all groups or of each; what explains the trials best is kept, by the probability of what was seen under
each (beta-binomial, so that more rates cost more). The same weighs a change in time against none. Nothing is averaged
over plans or times that differ.
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
from bitewing.policies.learn.changes import changes
from bitewing.policies.learn.row import CENSORED, NEGATIVE, POSITIVE, Row, trials
from bitewing.policies.rule import Counts

FEWEST, SUREST = 5.0, 0.6
"""A rule is proposed from so many trials on, where the lower bound of its rate is so high."""
SHOWN = 3.0
"""What was seen so often is shown, if too seldom to be proposed."""
_PARTS = math.log(10)  # how much less probable plans that differ are than one habit of the payer


class Scope(NamedTuple):
    """For whom: a group, a contract class, practices in the network (``in``) or outside (``out``); None for all."""

    group: str | None = None
    klass: str | None = None
    network: str | None = None

    def holds(self, row: Row) -> bool:
        """Whether a trial lies in it."""
        return (
            self.group in (None, row.group) and self.klass in (None, row.klass) and self.network in (None, row.network)
        )

    @property
    def order(self) -> tuple[str, str, str]:
        """To sort by."""
        return (self.group or "", self.klass or "", self.network or "")


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

    scope: Scope
    since: date | None
    until: date | None
    fitted: Fitted
    counts: Counts
    groups: dict[str, tuple[float, float]]

    def covers(self, row: Row) -> bool:
        """Whether a trial lies in its scope and time."""
        return (
            self.scope.holds(row)
            and (self.since is None or self.since <= row.day)
            and (self.until is None or row.day <= self.until)
        )

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


def decide(rows: Sequence[Row], fit: Fit) -> list[Found]:
    """What holds or does not hold, for all plans or some, in the order of groups and time."""
    best, parts = -math.inf, None
    for split in (_whole, _by_group, _by_class, _by_network, _by_group_and_network):
        pieces = split(rows)
        if pieces is None:
            continue
        fits = [(scope, part, fit(part)) for scope, part in pieces]
        total = sum(value(part, fitted) for _, part, fitted in fits) - (_PARTS if split is not _whole else 0)
        if total > best + 1e-9:
            best, parts = total, fits
    found: list[Found] = []
    for scope, part, fitted in parts or ():
        if fitted is not None and scope is not None:
            scope, part, fitted = _narrowed(scope, part, fitted, fit)
            if fitted is not None:
                found += _in_time(scope, part, fitted, fit)
    return sorted(found, key=lambda one: (*one.scope.order, one.since or date.min))


Part = tuple[Scope | None, Sequence[Row]]
"""Some trials and for whom they speak; None for nobody that could be named."""


def _whole(rows: Sequence[Row]) -> list[Part]:
    return [(Scope(), rows)]


def _narrowed(
    scope: Scope, rows: Sequence[Row], fitted: Fitted, fit: Fit
) -> tuple[Scope, Sequence[Row], Fitted | None]:
    """A habit of the payer, or of the one group in which it was seen: one group is no evidence for the others."""
    if scope.group is not None:
        return scope, rows, fitted
    seen = sorted(by_group(fitted.exposed))
    if len(seen) > 1:
        return scope, rows, fitted
    only = seen[0] if seen else ""
    own = [row for row in rows if row.group == only]
    return scope._replace(group=only or None), own, fit(own) if len(own) < len(rows) else fitted


def _by_group(rows: Sequence[Row]) -> list[Part] | None:
    return _parts(rows, lambda row: Scope(row.group or None))


def _by_class(rows: Sequence[Row]) -> list[Part] | None:
    return _parts(rows, lambda row: Scope(klass=row.klass or None))


def _by_network(rows: Sequence[Row]) -> list[Part] | None:
    if not _both(rows):
        return None
    return _parts(rows, lambda row: Scope(network=row.network) if row.network else None)


def _by_group_and_network(rows: Sequence[Row]) -> list[Part] | None:
    if not _both(rows) or len({row.group for row in rows}) < 2:
        return None
    return _parts(rows, lambda row: Scope(row.group or None, network=row.network) if row.network else None)


def _both(rows: Sequence[Row]) -> bool:
    """Whether practices in the network and outside are seen: without the others, one side says nothing of them."""
    return {"in", "out"} <= {row.network for row in rows if row.outcome != CENSORED}


def _parts(rows: Sequence[Row], scope_of: Callable[[Row], Scope | None]) -> list[Part] | None:
    """Trials by their scopes, those without one last; None where there is only one."""
    parts: dict[Scope | None, list[Row]] = defaultdict(list)
    for row in rows:
        parts[scope_of(row)].append(row)
    if len(parts) < 2:
        return None
    return sorted(parts.items(), key=lambda one: (one[0] is None, one[0].order if one[0] else ()))


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
        yield Found(scope, since, until, again, counted(again.exposed), by_group(again.exposed))


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
