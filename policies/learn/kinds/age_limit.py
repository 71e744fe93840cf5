"""age-limit: a service is not paid from some age on, or below one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bitewing.policies.learn.decide import Found, decide, value
from bitewing.policies.learn.fees import Fees
from bitewing.policies.learn.kinds.kind import Kind, rules_of
from bitewing.policies.learn.row import Row
from bitewing.policies.learn.threshold import threshold
from bitewing.policies.rule import Rule

SQL = """
SELECT d.payer, d.grp, d.class, d.network, d.code, CAST(d.age AS VARCHAR) AS context, '' AS members, '' AS target,
       CASE d.state WHEN 'age' THEN 1 WHEN 'paid' THEN 0 ELSE -1 END AS outcome,
       0 AS inferred, d.patient_owes, d.day, CAST(NULL AS DECIMAL(18,2)) AS allowed, d.patient AS trial
FROM day_codes d
JOIN (SELECT DISTINCT payer, code FROM day_codes WHERE state = 'age') c ON c.payer = d.payer AND c.code = d.code
WHERE d.age IS NOT NULL AND d.state IN ('age', 'paid')
"""
FROM, BELOW = "age", "under"
"""Names of the thresholds: not paid from this age on; not paid under it."""


def judge(rows: Sequence[Row], fees: Fees) -> Iterator[Rule]:
    """Rules of one payer, one for each code, for the side of the age that tells the trials apart better."""
    for code in sorted({row.code for row in rows}):
        there = [row for row in rows if row.code == code]
        older = threshold(lambda row: int(row.context), FROM, floor=0)
        younger = threshold(lambda row: -int(row.context), BELOW)
        if value(there, older(there)) >= value(there, younger(there)):
            found = decide(there, older)
        else:
            found = [_turned(one) for one in decide(there, younger)]
        yield from rules_of("age-limit", rows[0].payer, found, (code,), fees=fees, priced=[code])


def _turned(found: Found) -> Found:
    """A threshold on ages below zero as one on ages: denied at the oldest of them, paid from the youngest on."""
    low, high = found.fitted.parameter[BELOW]
    bracket = (1 - high, None if low is None else 1 - low)
    return replace(found, fitted=found.fitted._replace(parameter={BELOW: bracket}))


KIND = Kind("age-limit", "A service is not paid from some age on, or under one.", SQL, judge)
