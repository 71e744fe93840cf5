"""downcode: a service is paid as a less costly one, on some teeth or on all."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from bitewing.policies.learn.decide import Scope, decide, everything
from bitewing.policies.learn.fees import Fees
from bitewing.policies.learn.kinds.kind import Kind, listed, rules_of
from bitewing.policies.learn.row import CENSORED, NEGATIVE, POSITIVE, Row, trials
from bitewing.policies.rule import Rule

MOLARS = ("1", "2", "3", "14", "15", "16", "17", "18", "19", "30", "31", "32", "A", "B", "I", "J", "K", "L", "S", "T")
PREMOLARS = ("4", "5", "12", "13", "20", "21", "28", "29")
_AMALGAM = ("D2140", "D2150", "D2160", "D2161")
_BASE_METAL = ("D2721", "D2751", "D2791")
ALTERNATIVES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("D2391", "D2392", "D2393", "D2394"), _AMALGAM),
    **dict.fromkeys(("D2710", "D2720", "D2740", "D2750", "D2752", "D2790", "D2792"), _BASE_METAL),
}
"""Less costly services that plans are known to pay instead."""
_CLASS = f"""CASE WHEN teeth = '' THEN '' WHEN teeth IN ({listed(MOLARS)}) THEN 'molars'
  WHEN teeth IN ({listed(PREMOLARS)}) THEN 'premolars' WHEN teeth LIKE '%,%' THEN '' ELSE 'anteriors' END"""

_LINES = f"""
  SELECT f.payer, f.grp, f.class, f.network, f.patient, f.day, f.code, {_CLASS} AS context, f.patient_owes,
         CASE WHEN f.state = 'downcoded' AND f.target <> f.code THEN f.target ELSE '' END AS target,
         CASE WHEN f.state = 'downcoded' AND f.target IN ('', f.code) AND f.units = 1 THEN f.allowed END AS allowed,
         CASE WHEN f.state = 'downcoded' THEN 1 WHEN f.state = 'paid' THEN 0 ELSE -1 END AS outcome
  FROM final_lines f
  JOIN trial_claims t ON t.claim_source = f.claim_source AND t.claim_no = f.claim_no AND t.day = f.day
  JOIN (SELECT DISTINCT payer, code FROM final_lines WHERE state = 'downcoded') c
    ON c.payer = f.payer AND c.code = f.code
"""
# Teeth differ, so this is judged by line: a date is one trial for each code and class of tooth. And each date once.
SQL = """
SELECT payer, grp, MAX(class) AS class, MAX(network) AS network, code, context, '' AS members, MAX(target) AS target,
       CASE WHEN MIN(outcome) = MAX(outcome) AND MIN(target) = MAX(target) THEN MIN(outcome) ELSE -1 END AS outcome,
       0 AS inferred, MAX(patient_owes) AS patient_owes, day,
       CAST(CASE WHEN MIN(allowed) = MAX(allowed) THEN MIN(allowed) END AS DECIMAL(18,2)) AS allowed, patient AS trial
FROM downcode_lines GROUP BY payer, grp, patient, day, code, context
UNION ALL
SELECT payer, grp, MAX(class) AS class, MAX(network) AS network, '' AS code,
       TRIM(MAX(molars) || MAX(premolars) || MAX(anteriors)) AS context, STRING_AGG(code, ' ' ORDER BY code) AS members,
       '' AS target, CASE WHEN MIN(least) = MAX(most) THEN MIN(least) ELSE -1 END AS outcome, 0 AS inferred,
       MAX(patient_owes) AS patient_owes, day, CAST(NULL AS DECIMAL(18,2)) AS allowed, patient AS trial
FROM (
  SELECT payer, grp, MAX(class) AS class, MAX(network) AS network, patient, day, code,
         MIN(outcome) AS least, MAX(outcome) AS most,
         MAX(CASE WHEN context = 'molars' THEN 'molars ' ELSE '' END) AS molars,
         MAX(CASE WHEN context = 'premolars' THEN 'premolars ' ELSE '' END) AS premolars,
         MAX(CASE WHEN context = 'anteriors' THEN 'anteriors ' ELSE '' END) AS anteriors,
         MAX(patient_owes) AS patient_owes
  FROM downcode_lines GROUP BY payer, grp, patient, day, code
) d GROUP BY payer, grp, patient, day
"""


def judge(rows: Sequence[Row], fees: Fees) -> Iterator[Rule]:
    """Rules of one payer: codes with one habit (the same teeth, plans and times) are one rule, each with its target."""
    alike: dict[tuple[tuple[str, ...], Scope], list[tuple[str, str]]] = defaultdict(list)
    told: dict[str, list[Row]] = {}
    rows = [_named(row, fees) for row in rows]
    for code in sorted({row.code for row in rows if row.code}):
        paid_as = Counter[str]()
        for row in rows:
            if row.code == code and row.outcome == POSITIVE:
                paid_as[row.target] += row.n
        if not paid_as:
            continue
        target = max(paid_as, key=lambda one: (paid_as[one], one))
        told[code] = [
            row._replace(outcome=NEGATIVE) if row.outcome == POSITIVE and row.target != target else row
            for row in rows if row.code == code
        ]  # fmt: skip
        teeth = _teeth(told[code])
        where = () if teeth == frozenset(row.context for row in told[code]) else tuple(sorted(teeth - {""}))
        for one in decide([row for row in told[code] if not where or row.context in where], everything):
            if one.holds:
                alike[where, one.scope].append((code, target))
    for where, scope in sorted(alike, key=lambda one: (one[0], one[1].order)):
        members = sorted(set(alike[where, scope]))
        codes = {code for code, _ in members}
        pooled = [
            row for row in rows
            if not row.code and set(row.members.split()) <= codes
            and (not where or set(row.context.split()) <= set(where))
        ]  # fmt: skip
        found = [one for one in decide(pooled, everything) if one.scope == scope]
        yield from rules_of(
            "downcode", rows[0].payer, found, [code for code, _ in members], targets=dict(members), fees=fees,
            priced=[code for pair in members for code in pair], extra={"teeth": " ".join(where)} if where else {},
        )  # fmt: skip


def _named(row: Row, fees: Fees) -> Row:
    """A trial with the code that it was paid as, where the payer named none (169 alone).

    It is the alternative whose allowance in that plan it was; nobody can tell where none, or more than one, has it.
    """
    if row.outcome != POSITIVE or row.target or not row.code:
        return row
    known = fees.of(row.payer, row.group, row.day)
    paid_as = [code for code in ALTERNATIVES.get(row.code, ()) if row.allowed and known.get(code) == row.allowed]
    return row._replace(target=paid_as[0], allowed=None) if len(paid_as) == 1 else row._replace(outcome=CENSORED)


def _teeth(rows: Sequence[Row]) -> frozenset[str]:
    """The classes of teeth of which it was not seen that it does not happen there."""
    there = {one: [row for row in rows if row.context == one] for one in {row.context for row in rows}}
    happens = {one for one, part in there.items() if any(found.holds for found in decide(part, everything))}
    fails = {
        one for one, part in there.items()
        if one and one not in happens and sum(trials(part)) >= 3 and trials(part)[0] * 4 < trials(part)[1]
    }  # fmt: skip
    return frozenset(there) - fails if happens else frozenset(there)


KIND = Kind("downcode", "A service is paid as a less costly one.", SQL, judge, {"downcode_lines": _LINES})
