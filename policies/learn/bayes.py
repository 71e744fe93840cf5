"""Statistics of small tables, without a library: beta-binomial rates with intervals, and evidence for a change.

Everything takes weighted counts: a bundle that was inferred counts half. Sources: Jeffreys, Beta(1/2, 1/2) as the prior
of a rate; Benjamini and Hochberg (1995) for what may be called found among many that were tried.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache

PRIOR = 0.5
"""Both parameters of the prior of a rate."""
STRENGTHS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)
"""How many trials the payer's rate may weigh, seen from one of its groups."""


def rate(positive: float, negative: float) -> float:
    """The expected rate after so many trials."""
    return (positive + PRIOR) / (positive + negative + 2 * PRIOR)


@lru_cache(maxsize=65_536)
def interval(positive: float, negative: float) -> tuple[float, float]:
    """Bounds of the rate: each is passed with 2.5 %. With no negative trial the upper one is 1, with no positive 0 the
    lower."""
    low = 0.0 if positive == 0 else quantile(0.025, positive + PRIOR, negative + PRIOR)
    high = 1.0 if negative == 0 else quantile(0.975, positive + PRIOR, negative + PRIOR)
    return low, high


def log_evidence(positive: float, negative: float) -> float:
    """The logarithm of the probability of these trials, in their order, under one unknown rate."""
    return log_beta(positive + PRIOR, negative + PRIOR) - log_beta(PRIOR, PRIOR)


def log_beta(a: float, b: float) -> float:
    """The logarithm of the beta function."""
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def quantile(share: float, a: float, b: float) -> float:
    """Where a beta distribution has ``share`` of its probability below, to 12 digits."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if below(middle, a, b) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def below(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function: how much of Beta(a, b) lies below x."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = math.exp(a * math.log(x) + b * math.log1p(-x) - log_beta(a, b))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, by the method of Lentz."""
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    found = d
    for m in range(1, 500):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + numerator * d
            d = 1 / (d if abs(d) > tiny else tiny)
            c = 1 + numerator / c
            c = c if abs(c) > tiny else tiny
            found *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return found


def shrunk(parts: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """What the parts of a payer (groups, classes) say about each other: (mean, strength).

    parts: positive and negative trials of each. A part with none of its own is expected at the mean, as uncertain as
    ``strength`` trials leave it: parts that differ have little to say about another. Strength is the most probable of
    STRENGTHS; one part alone says the least.
    """
    positive, negative = sum(one[0] for one in parts), sum(one[1] for one in parts)
    mean = rate(positive, negative)
    if len(parts) < 2:
        return mean, STRENGTHS[0]
    best = max(
        STRENGTHS,
        key=lambda m: sum(
            log_beta(one[0] + m * mean, one[1] + m * (1 - mean)) - log_beta(m * mean, m * (1 - mean)) for one in parts
        ),
    )
    return mean, best


def towards(positive: float, negative: float, mean: float, strength: float) -> tuple[float, float, float]:
    """Rate and bounds of a part with these trials of its own, drawn towards the mean of all."""
    a, b = positive + strength * mean, negative + strength * (1 - mean)
    return a / (a + b), quantile(0.025, a, b), quantile(0.975, a, b)


def more_often(with_it: tuple[int, int], without: tuple[int, int]) -> float:
    """Fisher's exact test, one-sided: (positive, negative) with something, and without it."""
    a, b = with_it
    c, d = without
    total, hits, row = a + b + c + d, a + c, a + b
    top = min(hits, row)
    logs = [_choose(hits, k) + _choose(total - hits, row - k) - _choose(total, row) for k in range(a, top + 1)]
    return min(1.0, sum(math.exp(one) for one in logs))


def _choose(n: int, k: int) -> float:
    if not 0 <= k <= n:
        return -math.inf
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def discoveries(chances: Iterable[float], tried: int, share: float) -> float:
    """The largest probability by chance that may still be called found, so that at most ``share`` of what is found is
    not so. tried: all that was tried, found or not."""
    limit = 0.0
    for place, chance in enumerate(sorted(chances), 1):
        if chance <= share * place / max(tried, 1):
            limit = chance
    return limit
