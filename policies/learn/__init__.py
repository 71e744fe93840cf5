"""What payers do, learnt from what they did: evidence from matched remittances, and rules that a person may accept."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from bitewing.policies.engine import Engine
from bitewing.policies.learn.fees import Fees, UnitFee
from bitewing.policies.learn.kinds import (
    age_limit,
    aggregate_cap,
    capture_only,
    count_to_series,
    date_cap,
    downcode,
    pano_as_series,
    period_cap,
    same_day,
    series_window,
)
from bitewing.policies.learn.kinds.kind import Kind
from bitewing.policies.learn.row import Evidence, Row
from bitewing.policies.match import HERE as MATCHING
from bitewing.policies.rule import OBSERVED, Rule

STEPS = Path(__file__).parent / "evidence"
KINDS: tuple[Kind, ...] = (
    same_day.KIND, count_to_series.KIND, pano_as_series.KIND, date_cap.KIND, capture_only.KIND, downcode.KIND,
    period_cap.KIND, series_window.KIND, age_limit.KIND,
    aggregate_cap.KIND,
)  # fmt: skip


def columns() -> frozenset[str]:
    """Every word of the SQL of matching and learning: a column of a store that is none of them need not be read."""
    scripts = (step.read_text(encoding="utf-8") for folder in (MATCHING, STEPS) for step in folder.glob("*.sql"))
    said = (re.sub(r"--[^\n]*", "", script) for script in scripts)
    kinds = (query for kind in KINDS for query in (kind.counted, *kind.reads.values()))
    return frozenset(re.findall(r"[a-z]\w*", " ".join((*said, *kinds))))


def gather(engine: Engine) -> tuple[Evidence, Fees]:
    """The trials of every kind, and what plans allow, from an engine in which ``match`` was run."""
    for step in sorted(STEPS.glob("*.sql")):
        engine.run(step.read_text(encoding="utf-8"))
    for name, query in {name: query for kind in KINDS for name, query in kind.reads.items()}.items():
        engine.run(f"CREATE OR REPLACE TABLE {name} AS {query}")
    rows = [Row(kind.name, *row) for kind in KINDS for row in engine.rows(kind.counted)]
    fees = engine.rows("SELECT payer, grp, code, allowed, first_day, last_day, seen FROM unit_fees")
    return Evidence(rows), Fees(UnitFee(*row) for row in fees)


def statistics() -> str:
    """A query for all trials counted by day, from an engine in which ``gather`` was run: a Row each, with its month."""
    parts = " UNION ALL ".join(f"SELECT '{kind.name}' AS kind, k.* FROM ({kind.counted}) k" for kind in KINDS)
    return f"SELECT s.*, SUBSTRING(CAST(s.day AS VARCHAR), 1, 7) AS month FROM ({parts}) s"


def learn(evidence: Evidence, fees: Fees, *, seen: bool = False) -> Iterator[Rule]:
    """Rules that the trials bear out, proposed, by payer and kind; with ``seen`` also what was seen too seldom."""
    of_kind: dict[tuple[str, str], list[Row]] = defaultdict(list)
    sides: dict[str, set[str]] = defaultdict(set)
    for row in evidence:
        of_kind[row.payer, row.kind].append(row)
        sides[row.payer].add(row.network)
    for (payer, _), rows in of_kind.items():
        if not {"in", "out"} <= sides[payer]:  # all on one side: nothing is known of a difference
            rows[:] = [row._replace(network="") for row in rows]
    judges = {kind.name: kind.judge for kind in KINDS}
    for (_, kind), rows in sorted(of_kind.items()):
        yield from (rule for rule in judges[kind](rows, fees) if seen or rule.status != OBSERVED)
