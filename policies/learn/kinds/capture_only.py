"""capture-only: images reported as captured only are denied, or paid as the code with the reading."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from bitewing.edi.codes import codes
from bitewing.policies.learn.decide import Scope, decide, everything
from bitewing.policies.learn.fees import Fees
from bitewing.policies.learn.kinds.kind import Kind, listed, rules_of
from bitewing.policies.learn.row import NEGATIVE, POSITIVE, Row
from bitewing.policies.rule import Rule

CAPTURE_ONLY = codes(kind="capture")
DENIED, REMAPPED = "deny", "remap"

_OUTCOMES = f"""
SELECT payer, grp, class, network, patient, code, CASE WHEN state = 'remapped' THEN '{REMAPPED}'
         WHEN state IN ('not-covered', 'bundled') AND allowed = 0 THEN '{DENIED}' ELSE state END AS context,
       CASE WHEN state = 'remapped' THEN target ELSE '' END AS target,
       CASE WHEN state = 'remapped' OR (state IN ('not-covered', 'bundled') AND allowed = 0) THEN 1
            WHEN state = 'paid' THEN 0 ELSE -1 END AS outcome,
       inferred, patient_owes, day
FROM day_codes WHERE code IN ({listed(CAPTURE_ONLY)})
"""
# Code by code; and each date once, whatever codes were on it.
SQL = f"""
SELECT payer, grp, class, network, code, context, '' AS members, target, outcome, inferred, patient_owes, day,
       CAST(NULL AS DECIMAL(18,2)) AS allowed, patient AS trial FROM ({_OUTCOMES}) o
UNION ALL
SELECT payer, grp, MAX(class) AS class, MAX(network) AS network, '' AS code,
       CASE WHEN MIN(context) = MAX(context) THEN MIN(context) ELSE '' END
         AS context, STRING_AGG(code, ' ' ORDER BY code) AS members, '' AS target,
       CASE WHEN MIN(outcome) = MAX(outcome) THEN MIN(outcome) ELSE -1 END AS outcome, MAX(inferred) AS inferred,
       MAX(patient_owes) AS patient_owes, day, CAST(NULL AS DECIMAL(18,2)) AS allowed, patient AS trial
FROM ({_OUTCOMES}) o GROUP BY payer, grp, patient, day
"""


def judge(rows: Sequence[Row], fees: Fees) -> Iterator[Rule]:
    """Rules of one payer: codes that are treated alike, for the same plans and times, are one rule."""
    alike: dict[tuple[str, Scope], list[tuple[str, str, Sequence[Row]]]] = defaultdict(list)
    for code in sorted({row.code for row in rows if row.code}):
        of_code = [row for row in rows if row.code == code]
        done = Counter[tuple[str, str]]()
        for row in of_code:
            if row.outcome == POSITIVE:
                done[row.context, row.target] += row.n
        if not done:
            continue
        treatment, target = max(done, key=lambda one: (done[one], one))
        told = [
            row if row.outcome != POSITIVE or (row.context, row.target) == (treatment, target)
            else row._replace(outcome=NEGATIVE) for row in of_code
        ]  # fmt: skip
        for one in decide(told, everything):
            if one.holds:
                alike[treatment, one.scope].append((code, target, told))
    for treatment, scope in sorted(alike, key=str):
        members = {code: target for code, target, _ in alike[treatment, scope]}
        together = [
            row if row.outcome != POSITIVE or row.context == treatment else row._replace(outcome=NEGATIVE)
            for row in rows if not row.code and set(row.members.split()) <= set(members)
        ]  # fmt: skip
        found = [one for one in decide(together, everything) if one.scope == scope]
        yield from rules_of(
            "capture-only", rows[0].payer, found, sorted(members),
            targets={code: target for code, target in members.items() if target}, fees=fees,
            priced=[target for target in members.values() if target], extra={"treatment": treatment},
        )  # fmt: skip


KIND = Kind("capture-only", "Images that were captured only are denied, or paid as the full code.", SQL, judge)
