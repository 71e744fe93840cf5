"""period-cap and shared-series-window: so many of a service in so many months, by its own count or with another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from bitewing.policies.learn.decide import Fit, Fitted, Found, decide
from bitewing.policies.learn.fees import Fees
from bitewing.policies.learn.kinds.images import PANORAMIC, SERIES
from bitewing.policies.learn.kinds.kind import Kind, listed, rules_of
from bitewing.policies.learn.row import NEGATIVE, POSITIVE, Row, trials
from bitewing.policies.rule import Rule

SHARED = (SERIES, PANORAMIC)
_SHORTEST, _LONGEST = 150, 3700  # days
_DAYS_A_MONTH = 365.25 / 12

_LIMITED = "SELECT DISTINCT payer, code FROM day_codes WHERE state = 'frequency'"
# What was paid earlier for the same patient is known only as far as the store goes back. A denial for frequency says
# that there was something; a payment says so only where the store knows of it.
SQL = f"""
SELECT d.payer, d.grp, d.class, d.code, COALESCE(g.gaps, '') AS context, COALESCE(g.shared, '') AS members,
       '' AS target,
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
    FROM ({_LIMITED}) c
    JOIN day_codes a ON a.payer = c.payer AND a.code = c.code
    JOIN day_codes b ON b.payer = a.payer AND b.patient = a.patient AND b.day < a.day AND b.allowed > 0
     AND (b.code = a.code OR (a.code IN ({listed(SHARED)}) AND b.code IN ({listed(SHARED)})))
    WHERE DATE_DIFF('day', b.day, a.day) <= {_LONGEST}
  ) p GROUP BY payer, patient, day, code
) g ON g.payer = d.payer AND g.patient = d.patient AND g.day = d.day AND g.code = d.code
WHERE d.state = 'frequency' OR (d.state = 'paid' AND (g.gaps <> '' OR g.shared <> ''))
"""


def judge(rows: Sequence[Row], fees: Fees) -> Iterator[Rule]:
    """Rules of one payer: codes with one habit are one rule. A series and a panoramic image may be counted together."""
    together = _counted_together([row for row in rows if row.code in SHARED])
    yield from rules_of("shared-series-window", rows[0].payer, together, SHARED, fees=fees)
    left = [row for row in rows if not together or row.code not in SHARED]
    own = [row for row in left if row.outcome == POSITIVE or row.context]
    codes = [code for code in sorted({row.code for row in own}) if trials([r for r in own if r.code == code])[0] >= 2]
    for one, members in _together(own, codes):
        yield from rules_of("period-cap", rows[0].payer, [one], members, fees=fees, priced=members)


def _counted_together(rows: Sequence[Row]) -> list[Found]:
    """What holds for both codes counted as one, where one was seen to be denied after the other, and not to be paid."""
    after_other = [row for row in rows if row.members and not row.context]
    longest = max((_gaps(row.members)[0] for row in after_other if row.outcome == POSITIVE), default=0)
    positive, negative = trials([row for row in after_other if _gaps(row.members)[0] <= longest])
    if positive < 2 or positive < 4 * negative:
        return []
    merged = [
        row._replace(context=" ".join(str(gap) for gap in sorted((*_gaps(row.context), *_gaps(row.members)))))
        for row in rows
    ]
    return [one for one in _counted_in_order(merged) if one.holds]


def _together(rows: Sequence[Row], codes: Sequence[str]) -> Iterator[tuple[Found, list[str]]]:
    """What holds for the codes together, with those of them for which nothing speaks against it."""
    left = list(codes)
    while left:
        pooled = _counted_in_order([row for row in rows if row.code in left])
        held = [one for one in pooled if one.holds]
        if not held:
            return
        agreeing: set[str] = set()
        for one in held:
            members = [code for code in left if _agrees(one, code)]
            agreeing.update(members)
            if members:
                yield one, members
        rest = [code for code in left if code not in agreeing]
        if len(rest) == len(left):
            return
        left = rest


def _agrees(found: Found, code: str) -> bool:
    positive, negative = trials([row for row in found.fitted.exposed if row.code == code])
    return positive >= 2 and positive > negative


def _counted_in_order(rows: Sequence[Row]) -> list[Found]:
    """With the smallest number in the period that what was paid does not speak against, for some plan and time."""
    total = trials(rows)[0]
    for n in (1, 2, 3, 4):
        found = decide(rows, _fit_for(n))
        if sum(trials(one.fitted.exposed)[0] for one in found if one.holds) >= 0.8 * total:
            return found
    return []


@lru_cache(maxsize=65_536)
def _gaps(context: str) -> tuple[int, ...]:
    return tuple(int(one) for one in context.split())


def _fit_for(n: int) -> Fit:
    def fit(rows: Sequence[Row]) -> Fitted | None:
        """The n-th earlier one decides: denied at most so long after it, paid only longer after it."""
        if all(row.outcome != POSITIVE for row in rows):
            return None
        after = [(_gaps(row.context)[n - 1], row) for row in rows if len(_gaps(row.context)) >= n]
        longest = max((gap for gap, row in after if row.outcome == POSITIVE), default=1)
        # No plan's period is shorter than half a year: what was paid sooner than that speaks against any.
        within = max(_SHORTEST, longest)
        shortest = min((gap for gap, row in after if row.outcome == NEGATIVE and gap > within), default=None)
        against = {row for gap, row in after if row.outcome == NEGATIVE and gap <= within}
        exposed = [row for row in rows if row.outcome != NEGATIVE or row in against]
        others = [row for row in rows if row.outcome == NEGATIVE and row not in against]
        months = (_months(longest), _months(shortest, up=False))
        return Fitted(exposed, others, {"n": n, "months": months})

    return fit


def _months(days: int | None, *, up: bool = True) -> int | None:
    """Whole months that a gap of days lies within, or that it is beyond."""
    if days is None:
        return None
    return int(-(-days // _DAYS_A_MONTH)) if up else int(days // _DAYS_A_MONTH)


KIND = Kind("period-cap", "So many of a service are paid in so many months.", SQL, judge)
