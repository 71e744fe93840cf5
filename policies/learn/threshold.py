"""Thresholds: from which size on something happens, as a bracket of what was seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from bitewing.policies.learn.bayes import log_evidence, rate
from bitewing.policies.learn.changes import changes
from bitewing.policies.learn.decide import Fit, Fitted
from bitewing.policies.learn.row import CENSORED, POSITIVE, Row, trials

_CLOSEST = 8
"""So many of the likeliest thresholds are weighed in time, too."""
_AS_LIKELY = 4.0
"""By so much, in the logarithm of a probability, a threshold may explain the trials less well and still be it."""


def likely(values: Mapping[int, float], chosen: int, exposed: Sequence[Row], others: Sequence[Row]) -> tuple[int, int]:
    """The first and the last threshold that may be it, by how well each explains the trials; chosen: the best.

    Trials out of line (an exposed one that was paid, another that was not) move a threshold. Where there are some, what
    explains all nearly as well may be it, too; where there are none, the best is.
    """
    if not trials(exposed)[1] and not trials(others)[0]:
        return chosen, chosen
    near = [at for at, value in values.items() if value > values[chosen] - _AS_LIKELY]
    return min(near), max(near)


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
        best, chosen, found = changes(rows)[0], 0, None
        weighed: dict[int, float] = {}
        for _, place in sorted(gains, reverse=True)[:_CLOSEST]:  # of the likeliest, the one that fits best in time
            exposed = [row for value, row in sized if value >= values[place]]
            others = [row for value, row in sized if value < values[place]]
            gain = changes(exposed)[0] + log_evidence(*trials(others)) - cost
            weighed[place] = gain
            if gain > best:
                best, chosen, found = gain, place, Fitted(exposed, others, {name: (None, values[place])}, cost)
        if found is not None:
            first, last = likely(weighed, chosen, found.exposed, found.others)
            low = values[first - 1] + step if first else floor
            found = found._replace(parameter={name: (low, values[last])})
        if found is None and total[0] > total[1]:
            return Fitted(rows, (), {name: (floor, values[0])})
        return found

    return fit
