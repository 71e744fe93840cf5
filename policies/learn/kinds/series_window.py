"""series-exclusion: films are not paid for some time after a complete series."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from bitewing.policies.learn.bayes import log_evidence
from bitewing.policies.learn.decide import Fitted, Found, decide
from bitewing.policies.learn.fees import Fees
from bitewing.policies.learn.kinds.images import AFTER_SERIES, FILMS, SERIES
from bitewing.policies.learn.kinds.kind import Kind, listed, rules_of
from bitewing.policies.learn.kinds.same_day import ROOT_CANALS
from bitewing.policies.learn.row import CENSORED, Row, trials
from bitewing.policies.learn.threshold import likely
from bitewing.policies.rule import Rule

_ALIKE = 3.0
"""So many denials, and so many a payment, make a film like the others."""
_ELSE = 1.0
"""So many denials a payment there may be after the end: what else a payer counts goes on."""

# Denials for frequency without a series before stand there, too: where they are most, the payer counts something else.

SQL = f"""
SELECT d.payer, d.grp, d.class, d.network, d.code,
       COALESCE(CAST(MIN(DATE_DIFF('day', s.day, d.day)) AS VARCHAR), '') AS context,
       '' AS members,
       '' AS target, CASE WHEN d.state IN ('bundled', 'frequency') AND d.allowed = 0
              AND d.renamed = 0 AND d.target NOT IN ({listed(ROOT_CANALS)}) THEN 1
            WHEN d.state = 'paid' THEN 0 ELSE -1 END AS outcome,
       d.inferred, d.patient_owes, d.day, CAST(NULL AS DECIMAL(18,2)) AS allowed, d.patient AS trial
FROM day_codes d
LEFT JOIN day_codes s
  ON s.payer = d.payer AND s.patient = d.patient AND s.code = '{SERIES}' AND s.allowed > 0 AND s.day < d.day
 AND DATE_DIFF('day', s.day, d.day) <= {AFTER_SERIES}
WHERE d.code IN ({listed(FILMS)}) AND (s.patient IS NOT NULL OR (d.state = 'frequency' AND d.allowed = 0))
GROUP BY d.payer, d.grp, d.class, d.network, d.code, d.state, d.allowed, d.target, d.renamed, d.inferred,
         d.patient_owes, d.day, d.patient
"""


def judge(rows: Sequence[Row], fees: Fees) -> Iterator[Rule]:
    """Rules of one payer, for the films to which it happens."""
    without = [row for row in rows if not row.context]
    rows = [row for row in rows if row.context]
    denied = {
        code for code in {row.code for row in rows}
        if _times(rows, code) >= 2 and _times(rows, code) >= _times(without, code)
    }  # fmt: skip
    for one in decide([row for row in rows if row.code in denied], _fit) if denied else ():
        denied &= {code for code in denied if not one.holds or _agrees(one, code)}
    if denied:
        denied |= {code for code in {row.code for row in rows} - denied if _follows(rows, code, denied)}
        there = [row for row in rows if row.code in denied]
        yield from rules_of(
            "series-exclusion", rows[0].payer, decide(there, _fit), sorted(denied), with_codes=(SERIES,), fees=fees,
            priced=sorted(denied),
        )  # fmt: skip


def _follows(rows: Sequence[Row], code: str, denied: set[str]) -> bool:
    """Whether a film goes the way of those that are denied after a series, though it is denied without one more often.

    A payer that counts it in a period, too, denies it for that; alone it says nothing about the series.
    """
    for one in decide([row for row in rows if row.code in denied], _fit):
        longest = one.fitted.parameter["days"][0]
        inside = [row for row in rows if row.code == code and int(row.context) <= longest and one.covers(row)]
        positive, negative = trials(inside)
        if one.holds and positive >= _ALIKE and positive >= _ALIKE * negative:
            return True
    return False


def _times(rows: Sequence[Row], code: str) -> float:
    return trials([row for row in rows if row.code == code])[0]


def _agrees(found: Found, code: str) -> bool:
    positive, negative = trials([row for row in found.fitted.exposed if row.code == code])
    return positive > negative


def _fit(rows: Sequence[Row]) -> Fitted | None:
    """The longest time after the series within which films are not paid."""
    decided = sorted((int(row.context), row.outcome, row.weight) for row in rows if row.outcome != CENSORED)
    gaps = sorted({gap for gap, _, _ in decided})
    best, edge = log_evidence(*trials(rows)), None
    values: dict[int, float] = {}
    for gap in gaps:
        inside = [row for row in rows if int(row.context) <= gap]
        outside = [row for row in rows if int(row.context) > gap]
        positive, negative = trials(inside)
        denied, paid = trials(outside)
        if positive <= negative or denied > paid * _ELSE:
            continue
        values[gap] = log_evidence(positive, negative) + log_evidence(denied, paid)
        if values[gap] > best or (edge is None and gap == gaps[-1]):
            best, edge = values[gap], gap
    if edge is None:
        return None
    exposed = [row for row in rows if int(row.context) <= edge]
    others = [row for row in rows if int(row.context) > edge]
    first, last = likely(values, edge, exposed, others)
    beyond = [gap for gap in gaps if gap > last]
    days = (first, beyond[0] - 1 if beyond else None)
    return Fitted(exposed, others, {"days": days}, math.log(len(gaps)))


KIND = Kind("series-exclusion", "Films are not paid for some time after a complete series.", SQL, judge)
