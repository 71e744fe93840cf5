"""age-limit: a service is not paid from some age on, or below one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bitewing.policies.learn.decide import Found, decide, threshold
from bitewing.policies.learn.fees import Fees
from bitewing.policies.learn.kinds.kind import Kind, rules_of
from bitewing.policies.learn.row import CENSORED, NEGATIVE, POSITIVE, Row
from bitewing.policies.rule import Rule

SQL = """
SELECT d.payer, d.grp, d.class, d.code, CAST(d.age AS VARCHAR) AS context, '' AS members, '' AS target,
       CASE d.state WHEN 'age' THEN 1 WHEN 'paid' THEN 0 ELSE -1 END AS outcome,
       0 AS inferred, d.patient_owes, d.day, CAST(NULL AS DECIMAL(18,2)) AS allowed, d.trial
FROM day_codes d
JOIN (SELECT DISTINCT payer, code FROM day_codes WHERE state = 'age') c ON c.payer = d.payer AND c.code = d.code
WHERE d.age IS NOT NULL AND d.state IN ('age', 'paid')
"""
FROM, BELOW = "age", "under"
"""Names of the thresholds: not paid from this age on; not paid under it."""


def judge(rows: Sequence[Row], fees: Fees) -> Iterator[Rule]:
    """Rules of one payer, one for each code: the side on which it is not paid is the one where it was denied."""
    for code in sorted({row.code for row in rows}):
        there = [row for row in rows if row.code == code]
        denied = _mean([row for row in there if row.outcome == POSITIVE])
        paid = _mean([row for row in there if row.outcome == NEGATIVE])
        if paid is None or denied is None or denied >= paid:
            found = decide(there, threshold(lambda row: int(row.context), FROM, floor=0))
        else:
            found = [_turned(one) for one in decide(there, threshold(lambda row: -int(row.context), BELOW))]
        yield from rules_of("age-limit", rows[0].payer, found, (code,), fees=fees, priced=[code])


def _mean(rows: Sequence[Row]) -> float | None:
    total = sum(row.n for row in rows if row.outcome != CENSORED)
    return sum(int(row.context) * row.n for row in rows) / total if total else None


def _turned(found: Found) -> Found:
    """A threshold on ages below zero as one on ages: denied at the oldest of them, paid from the youngest on."""
    low, high = found.fitted.parameter[BELOW]
    bracket = (1 - high, None if low is None else 1 - low)
    return replace(found, fitted=found.fitted._replace(parameter={BELOW: bracket}))


KIND = Kind("age-limit", "A service is not paid from some age on, or under one.", SQL, judge)
