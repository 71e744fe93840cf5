"""pano-counts-as-series: a panoramic image with bitewings, or with films, is paid as a complete series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bitewing.policies.learn.decide import decide, everything
from bitewing.policies.learn.fees import Fees
from bitewing.policies.learn.kinds.images import BITEWINGS, FILMS, PANORAMIC, READS, SERIES, composition
from bitewing.policies.learn.kinds.kind import Kind, rules_of
from bitewing.policies.learn.row import NEGATIVE, POSITIVE, Row
from bitewing.policies.rule import Rule

SQL = f"""
SELECT payer, grp, class, network, '{PANORAMIC}' AS code, context, members, '{SERIES}' AS target,
       CASE WHEN panoramic_state = 'bundled{SERIES}' THEN 1
            WHEN panoramic_state = 'paid' AND films_paid = films THEN 0 ELSE -1 END AS outcome,
       inferred, patient_owes, day, CASE WHEN panoramic_state = 'bundled{SERIES}' THEN allowed END AS allowed,
       patient AS trial
FROM image_days WHERE panoramic = 1 AND series = 0 AND films > 0
"""


def judge(rows: Sequence[Row], fees: Fees) -> Iterator[Rule]:
    """Rules of one payer: with bitewings first; where there are none of them, with any films."""
    for family in (BITEWINGS, tuple(code for code in FILMS if code not in BITEWINGS)):
        there = [row for row in rows if any(code in row.context for code in family)]
        if family is not BITEWINGS:
            there = [row for row in there if not any(code in row.context for code in BITEWINGS)]
        bundled = [row for row in there if row.outcome == POSITIVE]
        beside = sorted(
            code for code in family
            if sum(row.n for row in bundled if code in row.context) >= 2 or (bundled and _never_alone(code, bundled))
        )  # fmt: skip
        if not beside:
            continue
        exposed = [row for row in there if any(code in beside for code, _ in composition(row.context))]
        yield from rules_of(
            "pano-counts-as-series", rows[0].payer, decide(exposed, everything), (PANORAMIC,), with_codes=beside,
            targets={"*": SERIES}, fees=fees, priced=[PANORAMIC, SERIES, *beside],
        )  # fmt: skip


def _never_alone(code: str, rows: Sequence[Row]) -> bool:
    return all(code in row.context for row in rows if row.outcome != NEGATIVE)


KIND = Kind("pano-counts-as-series", "A panoramic image with films is paid as a complete series.", SQL, judge, READS)
