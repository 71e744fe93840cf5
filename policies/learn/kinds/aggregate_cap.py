"""aggregate-cap: restorations of one primary tooth are together paid up to what a crown would be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from bitewing.policies.learn.decide import decide, everything
from bitewing.policies.learn.fees import Fees
from bitewing.policies.learn.kinds.kind import Kind, listed, rules_of
from bitewing.policies.learn.kinds.same_day import FILLINGS
from bitewing.policies.learn.row import CENSORED, NEGATIVE, POSITIVE, Row
from bitewing.policies.rule import Rule

CROWN = "D2930"
MONTHS, _DAYS = 6, 183
_NEAR = Decimal("0.05")
PRIMARY = "ABCDEFGHIJKLMNOPQRST"

# What was allowed for the tooth before stands in the context; whether the crown's allowance was reached is judged with
# the plan's fees.
SQL = f"""
SELECT payer, grp, MAX(class) AS class, MAX(network) AS network, code,
       CAST(MAX(before) AS VARCHAR) AS context, '' AS members, '' AS target,
       0 AS outcome, 0 AS inferred, MAX(patient_owes) AS patient_owes, day, MAX(allowed) AS allowed, patient AS trial
FROM (
  SELECT f.payer, f.grp, f.class, f.network, f.code, f.patient, f.day, f.claim_source, f.claim_no, f.line_no,
         f.patient_owes, f.allowed, SUM(b.allowed) AS before
  FROM final_lines f
  JOIN trial_claims t ON t.claim_source = f.claim_source AND t.claim_no = f.claim_no AND t.day = f.day
  JOIN final_lines b ON b.payer = f.payer AND b.patient = f.patient AND b.teeth = f.teeth AND b.day < f.day
  WHERE f.code IN ({listed(FILLINGS)}) AND b.code IN ({listed(FILLINGS)}) AND f.teeth IN ({listed(PRIMARY)})
    AND f.state IN ('paid', 'frequency', 'units-capped') AND f.units = 1 AND b.allowed > 0
    AND DATE_DIFF('day', b.day, f.day) <= {_DAYS}
  GROUP BY f.payer, f.grp, f.class, f.network, f.code, f.patient, f.day, f.claim_source, f.claim_no, f.line_no,
           f.patient_owes, f.allowed
) l GROUP BY payer, grp, code, patient, day HAVING COUNT(*) = 1
"""


def judge(rows: Sequence[Row], fees: Fees) -> Iterator[Rule]:
    """Rules of one payer, of plans whose crown has a known allowance."""
    judged = [one for one in (_judged(row, fees.of(row.payer, row.group, row.day)) for row in rows) if one is not None]
    codes = sorted({row.code for row in judged if row.outcome == POSITIVE})
    if codes:
        yield from rules_of(
            "aggregate-cap", rows[0].payer, decide([row for row in judged if row.code in codes], everything), codes,
            targets={"*": CROWN}, fees=fees, priced=[*codes, CROWN], extra={"months": (MONTHS, MONTHS)},
        )  # fmt: skip


def _judged(row: Row, known: dict[str, Decimal]) -> Row | None:
    """The trial with its outcome; None where the crown's allowance was not clearly reached, or fees are not known.

    Fees are known from other days, and are raised: what comes near counts.
    """
    own, cap = known.get(row.code), known.get(CROWN)
    if cap is None or row.allowed is None:
        return None
    left = max(cap - Decimal(row.context), Decimal(0))
    near = cap * _NEAR
    if own is None:  # never paid as it was sent: that just the rest of the crown's allowance was allowed is no chance
        return row._replace(outcome=POSITIVE) if left and abs(row.allowed - left) <= near else None
    if own <= left + near:
        return None
    if row.allowed <= left + near:
        return row._replace(outcome=POSITIVE)
    return row._replace(outcome=NEGATIVE if row.allowed >= own - near else CENSORED)


KIND = Kind("aggregate-cap", "Restorations of a primary tooth are paid up to the allowance of a crown.", SQL, judge)
