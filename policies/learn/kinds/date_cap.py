"""per-date-cap: no more than so many units of a service on one date are paid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from bitewing.policies.learn.decide import Fitted, decide
from bitewing.policies.learn.fees import Fees
from bitewing.policies.learn.kinds.kind import Kind, rules_of
from bitewing.policies.learn.row import NEGATIVE, POSITIVE, Row
from bitewing.policies.rule import Rule

SQL = """
SELECT d.payer, d.grp, d.class, d.code, CAST(d.units AS VARCHAR) || '/' || CAST(d.paid_units AS VARCHAR) AS context,
       '' AS members, '' AS target,
       CASE d.state WHEN 'units-capped' THEN 1 WHEN 'paid' THEN 0 ELSE -1 END AS outcome,
       0 AS inferred, d.patient_owes, d.day, CAST(NULL AS DECIMAL(18,2)) AS allowed, d.patient AS trial
FROM day_codes d
JOIN (SELECT DISTINCT payer, code FROM day_codes WHERE state = 'units-capped') c
  ON c.payer = d.payer AND c.code = d.code
WHERE d.state IN ('units-capped', 'paid')
"""


def judge(rows: Sequence[Row], fees: Fees) -> Iterator[Rule]:
    """Rules of one payer, one for each code. The cap is what was paid of more."""
    for code in sorted({row.code for row in rows}):
        yield from rules_of(
            "per-date-cap", rows[0].payer, decide([row for row in rows if row.code == code], _fit), (code,), fees=fees,
            priced=[code],
        )  # fmt: skip


def _fit(rows: Sequence[Row]) -> Fitted | None:
    kept = Counter[int]()
    for row in rows:
        if row.outcome == POSITIVE:
            kept[_units(row)[1]] += row.n
    if not kept:
        return None
    cap = max(kept, key=lambda one: (kept[one], one))
    exposed, others = [], []
    for row in rows:
        sent, paid = _units(row)
        if sent <= cap:
            others.append(row)
        elif row.outcome == POSITIVE and paid != cap:  # capped, but not at this number
            exposed.append(row._replace(outcome=NEGATIVE))
        else:
            exposed.append(row)
    return Fitted(exposed, others, {"units": (cap, cap)})


def _units(row: Row) -> tuple[int, int]:
    sent, _, paid = row.context.partition("/")
    return int(sent), int(paid)


KIND = Kind("per-date-cap", "No more than so many units of a service are paid for one date.", SQL, judge)
