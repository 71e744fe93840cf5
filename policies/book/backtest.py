"""What a rule would have predicted: learnt without the last days, held against what happened in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from bitewing.policies.learn import learn
from bitewing.policies.learn.fees import Fees
from bitewing.policies.learn.kinds.images import composition
from bitewing.policies.learn.row import CENSORED, POSITIVE, Evidence, Row, learnt_from
from bitewing.policies.predict import Service, expect
from bitewing.policies.rule import BUNDLES, Contract, Rule


class Tested(NamedTuple):
    """A rule on days it was not learnt from.

    learnt: as it stood before those days, None where it was not known by then. right, wrong: predictions that came
    true, or did not. missed: trials that went this way without a prediction. money: by how much less was allowed on the
    days of right predictions than for the services one by one, None where fees are not known.
    """

    rule: Rule
    learnt: Rule | None
    right: int
    wrong: int
    missed: int
    money: Decimal | None


def backtest(rules: Sequence[Rule], evidence: Evidence, fees: Fees, days: int) -> Iterator[Tested]:
    """Each rule, learnt again without the last ``days`` days of the evidence and tried on them.

    A rule from a handbook was learnt from nothing, and is tried as it is.
    """
    rows = list(evidence)
    last = max((row.day for row in rows), default=None)
    if last is None:
        return
    turn = last - timedelta(days=days - 1)
    before: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    for one in learn(Evidence([row for row in rows if row.day < turn]), fees):
        before[one.payer, one.kind].append(one)
    later: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.day >= turn and row.outcome != CENSORED:
            later[row.payer, learnt_from(row.kind)].append(row)
    for rule in rules:
        if rule.says == BUNDLES:
            known = (
                rule
                if not (rule.counts.positive or rule.counts.negative)
                else _same(rule, before[rule.payer, rule.kind])
            )
            yield _tested(rule, known, later[rule.payer, learnt_from(rule.kind)])


def _same(rule: Rule, learnt: Sequence[Rule]) -> Rule | None:
    """What was known of the same thing: the same codes, or most of them, for the same plan."""
    contract = Contract(rule.klass or "", rule.network or "")
    fits = [
        one for one in learnt
        if one.says == BUNDLES and one.of(rule.group or "", contract) and set(one.codes) & set(rule.codes)
    ]  # fmt: skip
    return max(fits, key=lambda one: (one.id == rule.id, one.group == rule.group, len(one.codes)), default=None)


def _tested(rule: Rule, known: Rule | None, rows: Sequence[Row]) -> Tested:
    right = wrong = missed = 0
    money: Decimal | None = Decimal(0)
    for row in rows:
        if not rule.of(row.group, row.contract) or not _about(rule, row):
            continue
        found = None
        if known is not None:
            found = expect(known, services(row), row.group, row.day, contract=row.contract)
        if found is None:
            missed += row.n if row.outcome == POSITIVE and rule.holds_for(row.group, row.day, row.contract) else 0
        elif row.outcome == POSITIVE:
            right += row.n
            if money is not None and found.as_sent is not None and found.allowed is not None:
                money += (found.as_sent - found.allowed) * row.n
            else:
                money = None
        else:
            wrong += row.n
    return Tested(rule, known, right, wrong, missed, money if right else None)


def _about(rule: Rule, row: Row) -> bool:
    return row.code in rule.codes or rule.kind in ("count-to-series", "fee-sum-to-series", "pano-counts-as-series")


def services(row: Row) -> list[Service]:
    """The services of a trial, as far as its kind needs them."""
    if row.kind in ("count-to-series", "pano-counts-as-series"):
        return [Service(code, units) for code, units in composition(row.context)]
    if row.kind == "per-date-cap":
        return [Service(row.code, int(row.context.partition("/")[0]))]
    if row.kind == "same-day-exclusion":
        return [Service(row.code, 1), *(Service(code, 1) for code in row.context.split())]
    tooth = {"molars": "30", "premolars": "4", "anteriors": "8"}.get(row.context, "") if row.kind == "downcode" else ""
    return [Service(row.code, 1, tooth=tooth)]
