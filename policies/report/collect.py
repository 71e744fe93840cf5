"""What the report shows: outcomes by payer and code, sums by adjustment reason, rules with their trials over time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from bitewing.policies.book.backtest import services
from bitewing.policies.engine import Engine
from bitewing.policies.learn.row import CENSORED, POSITIVE, Evidence, Row, learnt_from
from bitewing.policies.predict import concerned
from bitewing.policies.rule import BUNDLES, Rule

OUTCOMES = ("paid", "included", "changed", "capped", "too often", "denied", "open")
_STATES = {
    "paid": "paid", "bundled": "included", "part-bundled": "included", "downcoded": "changed", "remapped": "changed",
    "units-capped": "capped", "frequency": "too often", "not-covered": "denied", "duplicate": "denied",
    "age": "denied",
}  # fmt: skip
_REASONS = {
    "94": "bundle carrier", "97": "included in another service", "231": "included, same day", "236": "included",
    "234": "not paid separately", "B10": "included", "59": "several procedures", "16": "information missing",
    "252": "attachment missing", "163": "attachment missing", "18": "duplicate", "B13": "paid before",
    "22": "other payer", "23": "other payer paid", "24": "capitated", "26": "before coverage", "27": "after coverage",
    "29": "filed late", "109": "wrong payer", "35": "lifetime maximum", "149": "lifetime maximum", "96": "not covered",
    "204": "not covered", "119": "period maximum", "151": "too often", "222": "too many units",
    "150": "less costly service", "169": "less costly service", "107": "other service missing",
    "B15": "other service missing", "6": "age", "50": "not necessary",
}  # fmt: skip
"""Own short words for adjustment reasons; others are shown by their code alone."""
_WEEKLY = 200  # days, up to which trials are counted by week
MOST_CODES, MOST_PAYERS = 26, 60


class Cell(NamedTuple):
    """What a payer did to a code: trials by outcome, in the order of OUTCOMES."""

    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


class Span(NamedTuple):
    """Trials of a rule in a week or month."""

    start: date
    positive: int
    negative: int


class Shown(NamedTuple):
    """A rule with its trials over time."""

    rule: Rule
    spans: tuple[Span, ...]


class Reason(NamedTuple):
    """Money that a payer took off, by group code and reason, beside its fee schedule."""

    group: str
    code: str
    words: str
    amount: Decimal
    lines: int


class Unknown(NamedTuple):
    """Something seen, and too little to tell."""

    payer: str
    kind: str
    codes: str
    positive: int
    negative: int


class Report(NamedTuple):
    """Everything on the page."""

    numbers: dict[str, Any]
    payers: tuple[str, ...]
    codes: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]
    rules: dict[str, list[Shown]]
    exceptions: dict[str, list[Rule]]
    changes: tuple[Rule, ...]
    reasons: dict[str, list[Reason]]
    unknown: tuple[Unknown, ...]


def collect(engine: Engine, evidence: Evidence, rules: Sequence[Rule]) -> Report:
    """Everything on the page, from an engine in which ``match`` and ``gather`` were run."""
    cells = _cells(engine)
    totals: Counter[str] = Counter()
    unusual: Counter[str] = Counter()
    by_payer: Counter[str] = Counter()
    for (payer, code), cell in cells.items():
        totals[code] += cell.total
        by_payer[payer] += cell.total
        unusual[code] += cell.total - cell.counts[0] - cell.counts[-1]
    codes = [code for code, n in unusual.items() if n * 100 >= totals[code] and n > 1]
    codes = sorted(sorted(codes, key=lambda code: -unusual[code])[:MOST_CODES])
    payers = sorted(payer for payer, _ in by_payer.most_common(MOST_PAYERS))
    rows = defaultdict[tuple[str, str], list[Row]](list)
    for row in evidence:
        rows[row.payer, learnt_from(row.kind)].append(row)
    applying = [rule for rule in rules if rule.says == BUNDLES]
    shown: dict[str, list[Shown]] = defaultdict(list)
    exceptions: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        if rule.says == BUNDLES:
            shown[rule.payer].append(Shown(rule, _spans(rule, rows[rule.payer, learnt_from(rule.kind)])))
        else:
            exceptions[rule.payer].append(rule)
    changes = [rule for rule in applying if rule.effective_from or rule.effective_to]
    return Report(
        _numbers(engine, rules), tuple(payers), tuple(codes), cells, dict(sorted(shown.items())),
        dict(sorted(exceptions.items())), tuple(sorted(changes, key=_turn)), _reasons(engine),
        tuple(_unknown(rows, applying)),
    )  # fmt: skip


def _turn(rule: Rule) -> tuple[date, str]:
    return rule.effective_from or rule.effective_to or date.min, rule.id


def _cells(engine: Engine) -> dict[tuple[str, str], Cell]:
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(OUTCOMES))
    for payer, code, state, n in engine.rows(
        "SELECT payer, code, state, COUNT(*) FROM day_codes GROUP BY payer, code, state ORDER BY payer, code, state"
    ):
        found[payer, code][OUTCOMES.index(_STATES.get(state, "open"))] += n
    return {key: Cell(tuple(counts)) for key, counts in found.items()}


def _numbers(engine: Engine, rules: Sequence[Rule]) -> dict[str, Any]:
    (claims,) = next(engine.rows("SELECT COUNT(*) FROM known_claims"))
    remits, matched = next(
        engine.rows("SELECT COUNT(*), SUM(CASE WHEN method IS NULL THEN 0 ELSE 1 END) FROM remit_matches")
    )
    lines, unbalanced = next(
        engine.rows("SELECT COUNT(*), SUM(CASE WHEN event = 'out-of-balance' THEN 1 ELSE 0 END) FROM line_events")
    )
    (ambiguous,) = next(engine.rows("SELECT COUNT(*) FROM line_matches WHERE method IS NULL OR method = 'ambiguous'"))
    first, last, trials, charge, allowed, bundled = next(
        engine.rows(
            "SELECT MIN(day), MAX(day),"
            " (SELECT COUNT(*) FROM (SELECT DISTINCT payer, grp, patient, day FROM day_codes) t), SUM(charge),"
            " SUM(allowed),"
            " SUM(CASE WHEN state = 'bundled' THEN charge ELSE 0 END) FROM day_codes"
        )
    )
    return {
        "claims": claims, "remits": remits, "matched": matched or 0, "lines": lines, "unbalanced": unbalanced or 0,
        "ambiguous": ambiguous, "first": first, "last": last, "trials": trials or 0, "charge": charge or Decimal(0),
        "allowed": allowed or Decimal(0), "bundled": bundled or Decimal(0),
        "rules": sum(rule.says == BUNDLES for rule in rules),
        "accepted": sum(rule.status == "accepted" for rule in rules),
    }  # fmt: skip


def _reasons(engine: Engine) -> dict[str, list[Reason]]:
    """What payers took off beside the fee schedule (45) and the patient's shares (1, 2, 3): each once, by payer."""
    found: dict[str, list[tuple[str, str, Decimal, int]]] = defaultdict(list)
    for payer, group, reason, amount, lines in engine.rows(
        "SELECT r.payer, a.group_code, a.reason, SUM(a.amount), COUNT(*) FROM remit_adjustments a"
        " JOIN final_remits r ON r.source = a.source AND r.remit_no = a.remit_no"
        " WHERE NOT (a.group_code = 'CO' AND a.reason = '45')"
        " AND NOT (a.group_code = 'PR' AND a.reason IN ('1', '2', '3'))"
        " AND a.amount > 0 GROUP BY r.payer, a.group_code, a.reason"
    ):
        found[payer].append((group, reason, amount, lines))
    made: dict[str, list[Reason]] = {}
    for payer, parts in sorted(found.items()):
        made[payer] = [
            Reason(group, reason, _REASONS.get(reason, ""), amount, lines)
            for group, reason, amount, lines in sorted(parts, key=lambda one: (-one[2], one[0], one[1]))
        ]
    return made


def trials_of(rule: Rule, rows: Sequence[Row]) -> Iterator[Row]:
    """The trials that a rule speaks of, whenever they were."""
    for row in rows:
        if row.outcome == CENSORED or not rule.of(row.group, row.contract):
            continue
        if row.code and row.code not in rule.codes:
            continue
        if row.kind in ("period-cap", "series-exclusion", "age-limit", "aggregate-cap") or concerned(
            rule, services(row), row.group, row.day
        ):
            yield row


def _spans(rule: Rule, rows: Sequence[Row]) -> tuple[Span, ...]:
    """Its trials by week, or by month where they are of many."""
    found = list(trials_of(rule, rows))
    if not found:
        return ()
    first, last = min(row.day for row in found), max(row.day for row in found)
    weekly = (last - first).days <= _WEEKLY
    counts: dict[date, list[int]] = {}
    day = _start(first, weekly)
    while day <= last:
        counts[day] = [0, 0]
        day = day + timedelta(days=7) if weekly else (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    for row in found:
        counts[_start(row.day, weekly)][row.outcome != POSITIVE] += row.n
    return tuple(Span(start, *one) for start, one in counts.items())


def _start(day: date, weekly: bool) -> date:
    return day - timedelta(days=day.weekday()) if weekly else day.replace(day=1)


def _unknown(rows: dict[tuple[str, str], list[Row]], rules: Sequence[Rule]) -> Iterator[Unknown]:
    """What happened and no rule speaks of: too seldom, or too seldom alike."""
    told = {(rule.payer, learnt_from(rule.kind), code) for rule in rules for code in rule.codes}
    for (payer, kind), part in sorted(rows.items()):
        tally: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for row in part:
            name = row.code or " ".join(one.split("x")[0] for one in (row.members or row.context).split())
            if row.outcome != CENSORED and not any((payer, kind, code) in told for code in name.split()):
                tally[name][row.outcome != POSITIVE] += row.n
        for name, (positive, negative) in sorted(tally.items()):
            if positive:
                yield Unknown(payer, kind, name, positive, negative)
