"""same-day-exclusion: a service is included in another one of its date. Pairs that are known, then pairs nobody named.

A payer seldom says in what it included a service. Known pairs (a photograph with an examination) are asked first; only
days that none of them explains are searched for others, and of these only what chance does not explain among all pairs
that were tried (Benjamini and Hochberg). Services that were always there together cannot be told apart, and are told as
alternatives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from bitewing.edi.codes import codes
from bitewing.policies.learn.bayes import discoveries, more_often
from bitewing.policies.learn.decide import decide, everything
from bitewing.policies.learn.fees import Fees
from bitewing.policies.learn.kinds.images import AFTER_SERIES, FILMS, PANORAMIC, SERIES, SERIES_CODES
from bitewing.policies.learn.kinds.kind import Kind, listed, rules_of
from bitewing.policies.learn.row import CENSORED, POSITIVE, Row, trials
from bitewing.policies.rule import Rule

PHOTO = "D0350"
EVALUATIONS = ("D0150", "D0180", "D9310", "D0120", "D0140", "D0160")
PERIODONTAL = ("D4341", "D4342", "D4346", "D4355", "D4910", "D4210", "D4211", "D4240", "D4241", "D4260", "D4261")
ROOT_CANALS = ("D3310", "D3320", "D3330")
CROWNS = ("D2710", "D2720", "D2740", "D2750", "D2751", "D2752", "D2790", "D2791", "D2792")
FILLINGS = (
    "D2140", "D2150", "D2160", "D2161", "D2330", "D2331", "D2332", "D2335", "D2391", "D2392", "D2393", "D2394",
)  # fmt: skip
EXTRACTIONS = ("D7140", "D7210", "D7220", "D7230", "D7240")
READ = tuple(sorted(codes(kind="full")))
KNOWN: dict[str, tuple[str, ...]] = {
    PHOTO: EVALUATIONS,
    "D1110": PERIODONTAL, "D1120": PERIODONTAL,
    "D2950": CROWNS, "D2949": CROWNS, "D3120": (*CROWNS, *FILLINGS), "D2940": (*FILLINGS, *CROWNS),
    "D9215": (*FILLINGS, *CROWNS, *EXTRACTIONS), "D9210": (*FILLINGS, *CROWNS, *EXTRACTIONS),
    "D0220": ROOT_CANALS, "D0230": ROOT_CANALS,
    "D0391": READ, "D0180": ("D0150",), "D0140": ("D9110",), "D9110": ("D0140",),
}  # fmt: skip
"""Services that payers are known to include, with those they include them in, the likeliest first."""

SERVICES = """
SELECT payer, grp, patient, day, ARRAY_TO_STRING(LIST_SORT(LIST(CAST(code AS VARCHAR))), ' ') AS services
FROM day_codes WHERE allowed > 0 OR state = 'bundled' GROUP BY payer, grp, patient, day
"""
"""Services of a date that were paid or included."""
SQL = f"""
SELECT d.payer, d.grp, d.class, d.network, d.code, d.others AS context,
       CASE WHEN s.patient IS NOT NULL AND d.renamed = 0 THEN '{SERIES}' ELSE '' END AS members, d.target,
       CASE WHEN d.state = 'paid' THEN 0 WHEN d.state <> 'bundled' OR d.allowed <> 0 THEN -1
            WHEN (d.renamed = 0 AND d.target NOT IN ({listed(SERIES_CODES)}))
              OR ' ' || d.others || ' ' LIKE '% ' || d.target || ' %' THEN 1
            ELSE -1 END AS outcome,
       d.inferred, d.patient_owes, d.day, CAST(NULL AS DECIMAL(18,2)) AS allowed, d.patient AS trial
FROM (
  SELECT d.*, COALESCE(TRIM(REPLACE(' ' || o.services || ' ', ' ' || d.code || ' ', ' ')), '') AS others
  FROM day_codes d
  JOIN (
    SELECT DISTINCT payer, code FROM day_codes
    WHERE code = '{PHOTO}'
       OR (state = 'bundled' AND allowed = 0 AND (renamed = 0 OR target NOT IN ({listed(SERIES_CODES)})))
  ) c ON c.payer = d.payer AND c.code = d.code
  LEFT JOIN ({SERVICES}) o ON o.payer = d.payer AND o.grp = d.grp AND o.patient = d.patient AND o.day = d.day
  WHERE d.code NOT IN ({listed(codes(kind="capture"))})
) d
LEFT JOIN (
  SELECT DISTINCT a.payer, a.patient, a.day FROM day_codes a
  JOIN day_codes b
    ON b.payer = a.payer AND b.patient = a.patient AND b.code = '{SERIES}' AND b.allowed > 0 AND b.day < a.day
  WHERE a.state = 'bundled' AND a.code IN ({listed(FILMS)}) AND DATE_DIFF('day', b.day, a.day) <= {AFTER_SERIES}
) s ON s.payer = d.payer AND s.patient = d.patient AND s.day = d.day AND d.state = 'bundled'
 AND d.code IN ({listed(FILMS)})
"""
_ERROR_SHARE = 0.05
_FEWEST = 3
_BEGUN = 4  # times as often as it was included a pair may have been paid: a habit may have begun, or ended
Tried = tuple[float, str, str, Sequence[Row], tuple[str, ...]]
"""Probability by chance, code, partner, rows with it, partners that cannot be told from it."""


def judge(rows: Sequence[Row], fees: Fees) -> Iterator[Rule]:
    """Rules of one payer, code by code."""
    tried: list[Tried] = []
    pairs = 0
    for code in sorted({row.code for row in rows}):
        of_code = [row for row in rows if row.code == code]
        known = _known(code, of_code)
        if known:
            there = [row for row in of_code if not _others(row).isdisjoint(known)]
            yield from _rules(code, known, there, fees, exceptions=code == PHOTO)
        rest = _before_a_series([row for row in of_code if _others(row).isdisjoint(known)])
        found, count = _searched(code, rest)
        pairs += count
        tried += found
    limit = discoveries([one[0] for one in tried], pairs, _ERROR_SHARE)
    for chance, named, other, met, alike in tried:
        if chance <= limit:
            yield from _rules(
                named, (other,), met, fees, alternatives=[f"same-day-exclusion with {one}" for one in alike]
            )


def _before_a_series(rows: Sequence[Row]) -> Sequence[Row]:
    """Without films soon after a complete series, where most that were included were such: that is another rule."""
    after = trials([row for row in rows if row.members])[0]
    return [row for row in rows if not row.members] if after >= 0.75 * trials(rows)[0] > 0 else rows


@lru_cache(maxsize=65_536)
def _split(context: str) -> frozenset[str]:
    return frozenset(context.split())


def _others(row: Row) -> frozenset[str]:
    return _split(row.context)


def _rules(
    code: str,
    beside: Sequence[str],
    there: Sequence[Row],
    fees: Fees,
    *,
    exceptions: bool = False,
    alternatives: Sequence[str] = (),
) -> Iterator[Rule]:
    kind, extra = "same-day-exclusion", {}
    if set(beside) <= set(SERIES_CODES) and code in (*FILMS, PANORAMIC):
        kind, extra = "series-exclusion", {"days": (0, None)}
    if not there:
        return
    yield from rules_of(
        kind, there[0].payer, decide(there, everything), (code,), with_codes=beside, fees=fees, priced=[code],
        exceptions=exceptions, alternatives=alternatives, extra=dict(extra),
    )  # fmt: skip


def _known(code: str, rows: Sequence[Row]) -> list[str]:
    """The known partners that explain what was included; where nothing was, those that were there."""
    partners = KNOWN.get(code, ())
    taken: list[str] = []
    shares: list[float] = []
    # The usual suspects in the order in which they explain most; each is asked on days without those before it.
    left: Sequence[Row] = [row for row in rows if row.outcome != CENSORED]
    while True:
        best, chosen = (0.0, 0.0), ""
        for partner in partners:
            if partner in taken:
                continue
            positive, negative = trials([row for row in left if partner in _others(row)])
            share = positive / (positive + negative) if positive else 0.0
            likely = positive >= 2 and share > 0.05 and (not shares or share >= 0.5 * max(shares))
            if likely and (positive, share) > best:
                best, chosen = (positive, share), partner
        if not chosen:
            break
        taken.append(chosen)
        shares.append(best[1])
        left = [row for row in left if chosen not in _others(row)]
    if not taken and code == PHOTO:
        met = {partner for row in rows for partner in _others(row) & set(EVALUATIONS[:3])}
        taken = [partner for partner in partners if partner in met]
    return taken


def _searched(code: str, rows: Sequence[Row]) -> tuple[list[Tried], int]:
    """Partners that nobody named, each with the probability that chance made it; and how many pairs were tried."""
    decided = [row for row in rows if row.outcome != CENSORED]
    censored = [row for row in rows if row.outcome == CENSORED]
    total = trials(decided)
    if total[0] < _FEWEST:
        return [], 0
    met = Counter[str]()
    for row in decided:
        for other in _others(row):
            met[other] += row.n
    found: list[Tried] = []
    left = list(decided)
    while True:
        best: tuple[float, float, str] | None = None
        for other in sorted(met):
            with_it = trials([row for row in left if other in _others(row)])
            if with_it[0] < _FEWEST or with_it[0] * _BEGUN < with_it[1]:
                continue
            without = trials([row for row in left if other not in _others(row)])
            chance = more_often((int(with_it[0]), int(with_it[1])), (int(without[0]), int(without[1])))
            named = sum(row.n for row in left if row.outcome == POSITIVE and row.target == other)
            if best is None or (chance, -named) < best[:2]:
                best = (chance, -float(named), other)
        if best is None:
            break
        other = best[2]
        there = [row for row in (*left, *censored) if other in _others(row)]
        same = frozenset(row for row in left if other in _others(row))
        alike = tuple(
            one for one in sorted(met)
            if one != other and frozenset(row for row in left if one in _others(row)) == same
            and not any(row.target == other for row in same)
        )  # fmt: skip
        found.append((best[0], code, other, there, alike))
        left = [row for row in left if other not in _others(row)]
    return found, len(met)


KIND = Kind("same-day-exclusion", "A service is included in another one of the same date.", SQL, judge)
