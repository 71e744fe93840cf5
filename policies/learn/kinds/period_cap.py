"""period-cap and shared-series-window: so many of a service in so many months, by its own count or with others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bitewing.policies.learn.decide import Found
from bitewing.policies.learn.fees import Fees
from bitewing.policies.learn.kinds.images import AFTER_SERIES, BITEWINGS, FILMS, PANORAMIC, PERIAPICALS, SERIES
from bitewing.policies.learn.kinds.kind import Kind, listed, rules_of
from bitewing.policies.learn.kinds.periods import Habit, gaps, habit, known
from bitewing.policies.learn.row import POSITIVE, Row, trials
from bitewing.policies.rule import Rule

SHARED = (SERIES, PANORAMIC)
FAMILIES = (SHARED, BITEWINGS, PERIAPICALS, ("D1206", "D1208"), ("D1110", "D1120", "D4910"))
"""Codes that a plan may count as one."""
TOGETHER = {"counted": "together"}
_LONGEST = 3700  # days
_FAMILY = " ".join(f"WHEN code IN ({listed(family)}) THEN '{family[0]}'" for family in FAMILIES)

_LIMITED = "SELECT DISTINCT payer, code FROM day_codes WHERE state = 'frequency'"
_PAIRS = f"""
SELECT a.payer, a.code, b.code AS earlier
FROM (SELECT payer, code, CASE {_FAMILY} ELSE code END AS family FROM ({_LIMITED}) c) a
JOIN (SELECT payer, code, CASE {_FAMILY} ELSE code END AS family FROM (SELECT DISTINCT payer, code FROM day_codes) d) b
  ON b.payer = a.payer AND b.family = a.family
"""
# What was paid earlier for the same patient is known only as far as the store goes back. A denial for frequency says
# that there was something; a payment says so only where the store knows of it. What is done to one tooth is counted by
# tooth, and left out. Films soon after a complete series are marked: they may be denied for that.
SQL = f"""
SELECT d.payer, d.grp, d.class, d.network, d.code, COALESCE(g.gaps, '') AS context, COALESCE(g.shared, '') AS members,
       CASE WHEN s.patient IS NULL THEN '' ELSE '{SERIES}' END AS target,
       CASE WHEN d.state = 'frequency' AND d.allowed = 0 THEN 1 WHEN d.state = 'paid' THEN 0 ELSE -1 END AS outcome,
       0 AS inferred, d.patient_owes, d.day, CAST(NULL AS DECIMAL(18,2)) AS allowed, d.patient AS trial
FROM day_codes d
JOIN ({_LIMITED}) c ON c.payer = d.payer AND c.code = d.code
LEFT JOIN (
  SELECT payer, patient, day, code,
         COALESCE(STRING_AGG(CASE WHEN earlier = code THEN CAST(gap AS VARCHAR) END, ' ' ORDER BY gap), '') AS gaps,
         COALESCE(STRING_AGG(CASE WHEN earlier <> code THEN CAST(gap AS VARCHAR) END, ' ' ORDER BY gap), '') AS shared
  FROM (
    SELECT DISTINCT a.payer, a.patient, a.day, a.code, b.code AS earlier, DATE_DIFF('day', b.day, a.day) AS gap
    FROM ({_PAIRS}) f
    JOIN day_codes a ON a.payer = f.payer AND a.code = f.code
    JOIN day_codes b ON b.payer = a.payer AND b.patient = a.patient AND b.code = f.earlier AND b.day < a.day
     AND b.allowed > 0
    WHERE DATE_DIFF('day', b.day, a.day) <= {_LONGEST}
  ) p GROUP BY payer, patient, day, code
) g ON g.payer = d.payer AND g.patient = d.patient AND g.day = d.day AND g.code = d.code
LEFT JOIN (
  SELECT DISTINCT a.payer, a.patient, a.day FROM day_codes a
  JOIN day_codes b
    ON b.payer = a.payer AND b.patient = a.patient AND b.code = '{SERIES}' AND b.allowed > 0 AND b.day < a.day
  WHERE a.code IN ({listed(FILMS)}) AND DATE_DIFF('day', b.day, a.day) <= {AFTER_SERIES}
) s ON s.payer = d.payer AND s.patient = d.patient AND s.day = d.day AND d.code IN ({listed(FILMS)})
WHERE (d.state = 'frequency' OR (d.state = 'paid' AND (g.gaps <> '' OR g.shared <> '')))
  AND (d.teeth = '' OR d.code LIKE 'D0%')
"""


def judge(rows: Sequence[Row], fees: Fees) -> Iterator[Rule]:
    """Rules of one payer: codes with one habit are one rule, whether each is counted by itself or all are together."""
    aside = _after_a_series(rows)
    # Of a film soon after a complete series nobody can tell which of the two it was denied for.
    left = [row for row in rows if row.code not in aside and row.target != SERIES]
    for family in FAMILIES:
        there = [row for row in left if row.code in family]
        together = _counted_together(there)
        if together is None:
            continue
        shared = family is SHARED
        members = [code for code in family if shared or any(_agrees(one, code) for one in together)]
        yield from rules_of(
            "shared-series-window" if shared else "period-cap", rows[0].payer, together, members, fees=fees,
            priced=() if shared else members, extra={} if shared or len(members) < 2 else dict(TOGETHER),
        )  # fmt: skip
        left = [row for row in left if row.code not in family]
    own = [row for row in left if row.outcome == POSITIVE or row.context]
    codes = [code for code in sorted({row.code for row in own}) if trials([r for r in own if r.code == code])[0] >= 2]
    for one, members in _together(own, codes):
        yield from rules_of("period-cap", rows[0].payer, [one], members, fees=fees, priced=members)


def _after_a_series(rows: Sequence[Row]) -> set[str]:
    """Films that were denied after a complete series only, while others were paid: that is another rule."""
    found = set()
    for code in {row.code for row in rows} & set(FILMS):
        denied = [row for row in rows if row.code == code and row.outcome == POSITIVE]
        after = [row for row in denied if row.target == SERIES]
        if trials(after)[0] >= 0.75 * trials(denied)[0] > 0:
            found.add(code)
    return found


def _counted_together(rows: Sequence[Row]) -> list[Found] | None:
    """What holds for the codes counted as one.

    None unless some were denied after the others only, and counting each by itself explains less.
    """
    after_other = [row for row in rows if row.members and not row.context]
    longest = max((gaps(row.members)[0] for row in after_other if row.outcome == POSITIVE), default=0)
    if trials([row for row in after_other if gaps(row.members)[0] <= longest])[0] < 2:
        return None
    merged = [
        row._replace(context=" ".join(str(gap) for gap in sorted((*gaps(row.context), *gaps(row.members)))))
        for row in rows
    ]
    as_one = habit(merged)
    if as_one is None:
        return None
    held = [one for one in as_one.found if one.holds]
    # What other plans paid, or this one before it began, does not speak against it.
    denied, paid = trials([
        row for row in after_other
        if gaps(row.members)[0] <= longest and any(one.covers(row) for one in held)
    ])  # fmt: skip
    if as_one.n == 1 and denied < 2 * paid:
        return None
    by_itself = habit(rows)
    better: Habit = as_one if by_itself is None or as_one.value > by_itself.value else by_itself
    return held if better is as_one else None


def _together(rows: Sequence[Row], codes: Sequence[str]) -> Iterator[tuple[Found, list[str]]]:
    """What holds for the codes together, with those of them for which nothing speaks against it."""
    left = list(codes)
    while left:
        pooled = habit([row for row in rows if row.code in left])
        held = [one for one in pooled.found if one.holds] if pooled is not None else []
        if not held:
            return
        agreeing: set[str] = set()
        for one in held:
            members = [code for code in left if _agrees(one, code) and _seen(one, code, pooled.n if pooled else 1)]
            agreeing.update(members)
            if members:
                yield one, members
        rest = [code for code in left if code not in agreeing]
        if len(rest) == len(left):
            return
        left = rest


def _seen(found: Found, code: str, n: int) -> bool:
    """Whether the store knows of an earlier one of this code, where it knows of most that were before the denials."""
    of_code = found.fitted._replace(exposed=[row for row in found.fitted.exposed if row.code == code])
    all_known = known(found, n, yearly=False)
    return all_known * 2 < trials(found.fitted.exposed)[0] or known(replace(found, fitted=of_code), n, yearly=False) > 0


def _agrees(found: Found, code: str) -> bool:
    positive, negative = trials([row for row in found.fitted.exposed if row.code == code])
    return positive >= 2 and positive > negative


KIND = Kind("period-cap", "So many of a service are paid in so many months.", SQL, judge)
