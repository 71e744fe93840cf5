"""capture-only: images reported as captured only are denied, or paid as the code with the reading."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from bitewing.edi.codes import codes
from bitewing.policies.learn.decide import decide, everything
from bitewing.policies.learn.fees import Fees
from bitewing.policies.learn.kinds.kind import Kind, listed, rules_of
from bitewing.policies.learn.row import NEGATIVE, POSITIVE, Row
from bitewing.policies.rule import Rule

CAPTURE_ONLY = codes(kind="capture")
DENIED, REMAPPED = "deny", "remap"

SQL = f"""
SELECT payer, grp, class, code, CASE WHEN state = 'remapped' THEN '{REMAPPED}'
         WHEN state IN ('not-covered', 'bundled') AND allowed = 0 THEN '{DENIED}' ELSE state END AS context,
       '' AS members, CASE WHEN state = 'remapped' THEN target ELSE '' END AS target,
       CASE WHEN state = 'remapped' OR (state IN ('not-covered', 'bundled') AND allowed = 0) THEN 1
            WHEN state = 'paid' THEN 0 ELSE -1 END AS outcome,
       inferred, patient_owes, day, CAST(NULL AS DECIMAL(18,2)) AS allowed, trial
FROM day_codes WHERE code IN ({listed(CAPTURE_ONLY)})
"""


def judge(rows: Sequence[Row], fees: Fees) -> Iterator[Rule]:
    """Rules of one payer: codes that are treated alike, for the same plans and times, are one rule."""
    alike: dict[tuple[str, str | None, str | None], list[tuple[str, str, Sequence[Row]]]] = defaultdict(list)
    for code in sorted({row.code for row in rows}):
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
                alike[treatment, one.group, one.klass].append((code, target, told))
    for treatment, group, klass in sorted(alike, key=str):
        members = alike[treatment, group, klass]
        together = [row for _, _, told in members for row in told]
        found = [one for one in decide(together, everything) if (one.group, one.klass) == (group, klass)]
        yield from rules_of(
            "capture-only", rows[0].payer, found, sorted({code for code, _, _ in members}),
            targets={code: target for code, target, _ in members if target}, fees=fees,
            priced=[target for _, target, _ in members if target], extra={"treatment": treatment},
        )  # fmt: skip


KIND = Kind("capture-only", "Images that were captured only are denied, or paid as the full code.", SQL, judge)
