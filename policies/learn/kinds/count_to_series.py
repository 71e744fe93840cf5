"""count-to-series and fee-sum-to-series: so many films of a date, or films worth so much, are paid as a series."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from bitewing.policies.learn.bayes import log_evidence
from bitewing.policies.learn.changes import changes
from bitewing.policies.learn.decide import Fit, Fitted, by_group, decide
from bitewing.policies.learn.fees import Fees
from bitewing.policies.learn.kinds.images import (
    BITEWINGS,
    OCCLUSAL,
    PERIAPICALS,
    READS,
    SERIES,
    composition,
    films,
)
from bitewing.policies.learn.kinds.kind import Kind, rules_of
from bitewing.policies.learn.row import POSITIVE, Row, trials
from bitewing.policies.learn.threshold import threshold
from bitewing.policies.rule import Rule

# Films that were capped were not paid as a series either: they speak against it.
# Films of one date on several claims: some payers count them together and some claim by claim, so nobody can tell.
SQL = f"""
SELECT payer, grp, class, network, '' AS code, context, members,
       CASE WHEN members <> '' THEN '{SERIES}' ELSE '' END AS target,
       CASE WHEN NOT one_claim THEN -1
            WHEN periapicals_bundled = periapicals THEN 1
            WHEN periapicals_paid = periapicals THEN 0 ELSE -1 END AS outcome,
       inferred, patient_owes, day, CASE WHEN periapicals_bundled = periapicals THEN allowed END AS allowed,
       patient AS trial
FROM image_days WHERE panoramic = 0 AND series = 0 AND periapicals > 0
"""
_SOME = 2
_COUNTS, _RATIOS, _UNLIKELY = 4.0, 1.2, 12.0
"""Payers that count are taken to be so many times as frequent as payers that add up fees; a count begins anywhere in so
wide a range of ratios, a sum of fees at 1 (or a little less). Another ratio needs more than two stray trials."""


def judge(rows: Sequence[Row], fees: Fees) -> Iterator[Rule]:
    """Rules of one payer: by count, or by the plan's own fees where they tell the days apart better."""
    bundled = [row for row in rows if row.outcome == POSITIVE]
    if not bundled:
        return
    family = _family(bundled)
    payer = rows[0].payer
    by_count = threshold(lambda row: films(row.context, family), "films", floor=1)
    prices = _Prices(rows, fees, family)
    known = [row for row in rows if prices.ratio(row) is not None]
    by_fee = threshold(lambda row: prices.ratio(row) or 0.0, "ratio", step=0)
    priced = [*sorted(family), SERIES]
    # Plans are weighed where they do it at all: that one plan does and another does not is no matter of fees.
    doing = {group for group, (done, _) in by_group(known).items() if done >= _SOME}
    compared = [row for row in known if row.group in doing]
    count_value, fee_value = _value(compared, by_count), _value(compared, by_fee)
    # Where nothing was ever bundled, nobody knows what the plan allows for a series: those plans compare nothing.
    comparable = trials(known)[0] > 0.9 * trials(rows)[0]
    better = fee_value - count_value if comparable else -math.inf
    if better > _needed(by_fee(compared)):
        kind, fit, rows, other = "fee-sum-to-series", by_fee, known, _told("count-to-series", by_count(known))
    else:
        kind, fit, other = "count-to-series", by_count, _told("fee-sum-to-series", by_fee(known))
    others = [other] if abs(better) <= _UNLIKELY else []
    for rule in rules_of(
        kind,
        payer,
        decide(rows, fit),
        sorted(family),
        targets={"*": SERIES},
        fees=fees,
        priced=priced,
        alternatives=others,
    ):
        yield prices.completed(rule)


def _family(bundled: Sequence[Row]) -> frozenset[str]:
    """The films that count: those that mostly went into the series when they were there."""
    family = set()
    for code in (*PERIAPICALS, OCCLUSAL, *BITEWINGS):
        there = sum(row.n for row in bundled if code in row.context)
        inside = sum(row.n for row in bundled if code in row.members)
        if there and inside * 2 > there:
            family.add(code)
    return frozenset(family)


def _needed(fitted: Fitted | None) -> float:
    """How much better fees must explain to be told."""
    low, high = fitted.parameter["ratio"] if fitted is not None else (None, None)
    if high is None:
        return math.inf
    low = low or 0.0
    if low <= 1 <= high:  # the narrower the bracket around 1, the less it is there by chance
        return math.log(_COUNTS) - math.log(_RATIOS / max(high - low, 0.02))
    return 3.0 if low <= 1 and high >= 0.9 else _UNLIKELY


def _told(kind: str, fitted: Fitted | None) -> str:
    """The other hypothesis with its bracket."""
    ((name, (low, high)),) = fitted.parameter.items() if fitted is not None else (("", (None, None)),)
    return f"{kind} {name} {low:g} to {high:g}" if high is not None else kind


def _value(rows: Sequence[Row], fit: Fit) -> float:
    fitted = fit(rows)
    if fitted is None:
        return log_evidence(*trials(rows))
    return changes(fitted.exposed)[0] + log_evidence(*trials(fitted.others))


class _Prices:
    """What films would be allowed one by one, beside what the series is allowed, by plan."""

    def __init__(self, rows: Sequence[Row], fees: Fees, family: frozenset[str]) -> None:
        self._fees, self._family = fees, family
        self._series: dict[str, Decimal] = {}
        for group in {row.group for row in rows}:
            seen: dict[Decimal, int] = {}
            for row in rows:
                if row.group == group and row.outcome == POSITIVE and row.allowed:
                    seen[row.allowed] = seen.get(row.allowed, 0) + row.n
            own = fees.of(rows[0].payer, group).get(SERIES)
            if own is not None or seen:
                self._series[group] = own if own is not None else max(seen, key=lambda one: (seen[one], one))

    def ratio(self, row: Row) -> float | None:
        """The films' allowed amounts by that of the series, None where one of them is not known."""
        known = self._fees.of(row.payer, row.group, row.day)
        series = known.get(SERIES, self._series.get(row.group))
        if not series:
            return None
        total = Decimal(0)
        for code, units in composition(row.context):
            if code in self._family:
                if code not in known:
                    return None
                total += known[code] * units
        return round(float(total / series), 3)

    def completed(self, rule: Rule) -> Rule:
        """A rule with what its plans allow for a series, which was seen in the bundles only."""
        groups = [rule.group] if rule.group else sorted(self._series)
        more = {(group, SERIES): self._series[group] for group in groups if group in self._series}
        return replace(rule, allowed={**more, **rule.allowed})


KIND = Kind("count-to-series", "Films of one date are paid as a complete series from some count on.", SQL, judge, READS)
