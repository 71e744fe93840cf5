"""per-date-cap: no more than so many units of a service on one date are paid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from bitewing.policies.learn.decide import Fitted, decide
from bitewing.policies.learn.fees import Fees
from bitewing.policies.learn.kinds.images import SERIES_CODES
from bitewing.policies.learn.kinds.kind import Kind, listed, rules_of
from bitewing.policies.learn.row import CENSORED, NEGATIVE, POSITIVE, Row
from bitewing.policies.rule import Rule

# Of several lines or units of a code some were included and the others paid: that is a cap, too. Where all units came
# back and part of the money, the money tells how many were paid.
SQL = f"""
SELECT d.payer, d.grp, d.class, d.network, d.code,
       CAST(d.units AS VARCHAR) || '/' || CAST(d.paid_units AS VARCHAR) AS context,
       '' AS members, '' AS target,
       CASE WHEN d.state = 'paid' THEN 0
            WHEN d.renamed = 1 OR d.target IN ({listed(SERIES_CODES)}) THEN -1 ELSE 1 END AS outcome,
       0 AS inferred, d.patient_owes, d.day,
       CASE WHEN d.state <> 'paid' AND d.paid_units = d.units THEN CAST(d.allowed AS DECIMAL(18,2)) END AS allowed,
       d.patient AS trial
FROM day_codes d
JOIN (SELECT DISTINCT payer, code FROM day_codes WHERE state IN ('units-capped', 'part-bundled')) c
  ON c.payer = d.payer AND c.code = d.code
WHERE d.state IN ('units-capped', 'part-bundled', 'paid')
"""


def judge(rows: Sequence[Row], fees: Fees) -> Iterator[Rule]:
    """Rules of one payer, one for each code. The cap is what was paid of more."""
    rows = [_counted(row, fees) for row in rows]
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


def _counted(row: Row, fees: Fees) -> Row:
    """A trial with the units that its money pays for, where the payer said only that they were cut."""
    if row.outcome != POSITIVE or row.allowed is None:
        return row
    unit = fees.of(row.payer, row.group, row.day).get(row.code)
    if not unit or row.allowed % unit or row.allowed >= unit * _units(row)[0]:
        return row._replace(outcome=CENSORED)
    return row._replace(context=f"{_units(row)[0]}/{row.allowed // unit}")


def _units(row: Row) -> tuple[int, int]:
    sent, _, paid = row.context.partition("/")
    return int(sent), int(paid)


KIND = Kind("per-date-cap", "No more than so many units of a service are paid for one date.", SQL, judge)
