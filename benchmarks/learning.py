"""What is learnt from simulated payers, held against their rules: precision, recall, dates of change, calibration.

    python benchmarks/learning.py [--seeds 20] [--payers 30] [--claims 40000] [--quiet-seeds 20] [--first 1]

A rule counts as found where kind, payer, group, codes, target and bracket are right. Codes are those that the month
shows. Recall asks for rules that decided at least 50 claims; precision for every rule that was proposed. Of the rules
to be found that begin or end, those are counted that were dated within 30 days. Beside it a baseline: pairs of codes of
one date, counted, with one threshold for all. The simulator shares no
code with the learner.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import bitewing
from bitewing.policies.book.backtest import services
from bitewing.policies.engine.duckdb import DuckEngine
from bitewing.policies.learn import gather, learn
from bitewing.policies.learn.row import CENSORED, POSITIVE, Evidence, Row
from bitewing.policies.match import match
from bitewing.policies.predict import expect
from bitewing.policies.rule import BUNDLES, Rule
from bitewing.policies.simulate.month import Settings, simulate
from bitewing.policies.store import Store, ingest

DAYS = 60
EXPOSURES = 50
WITHIN = 30  # days
BASELINE_SHARE, BASELINE_FEWEST = 0.8, 5


class True_(NamedTuple):  # noqa: N801
    """A rule of the simulator, with what the month shows of it."""

    rule: dict[str, Any]
    claims: int
    codes: frozenset[str]


def truths(folder: Path) -> list[True_]:
    """Every rule, with the claims that it decided and the codes on them."""
    sent: dict[tuple[str, int], dict[int, str]] = {}
    claims: Counter[str] = Counter()
    codes: dict[str, Counter[str]] = defaultdict(Counter)
    for text in (folder / "truth.jsonl").read_text().splitlines():
        record = json.loads(text)
        if record["type"] == "claim":
            sent[record["source"], record["claim_no"]] = {one["lx"]: one["code"] for one in record["lines"]}
        elif record["type"] == "remit" and record["claim"] and record["clp02"] in ("1", "19"):
            lines = sent.get((record["claim"]["source"], record["claim"]["claim_no"]), {})
            seen = {one["rule"] for one in record["lines"] if one["rule"]}
            claims.update(seen)
            for one in record["lines"]:
                if one["rule"] and one["lx"] in lines:
                    codes[one["rule"]][lines[one["lx"]]] += 1
    rules = json.loads((folder / "truth.json").read_text())["rules"]
    return [
        True_(
            rule,
            claims[rule["id"]],
            frozenset(code for code, n in codes[rule["id"]].items() if n >= 3) & frozenset(rule["codes"]),
        )
        for rule in rules
    ]


def right(rule: Rule, truth: True_, *, exactly: bool) -> bool:
    """Whether a learnt rule says what is true; exactly: of every code that the month shows."""
    said = truth.rule
    if (rule.kind, rule.payer) != (said["kind"], said["payer"]):
        return False
    # What was told of one group is true where the payer does it to all; but it is not all that there is to find.
    if rule.group != said["group"] and (exactly or said["group"] is not None):
        return False
    if rule.network != said["network"] and (exactly or said["network"] is not None):
        return False
    if not set(rule.codes) <= set(said["codes"]) or (exactly and not truth.codes <= set(rule.codes)):
        return False
    if not set(rule.with_codes) <= set(said["with"]) or bool(rule.with_codes) != bool(said["with"]):
        return False
    if said["targets"] and any(
        rule.targets.get(code, rule.targets.get("*")) != said["targets"].get(code, said["targets"].get("*"))
        for code in rule.codes
    ):
        return False
    for name, value in said["parameter"].items():
        ours = rule.parameter.get(name)
        if isinstance(ours, tuple):
            low, high = ours
            if (low is not None and value < low) or (high is not None and value > high):
                return False
        elif ours != value:
            return False
    return bool(rule.parameter.get("teeth") == said["parameter"].get("teeth"))


def dated(rule: Rule, truth: True_) -> bool:
    """Whether its dates are right."""
    said = truth.rule
    return _near(rule.effective_from, said["effective_from"]) and _near(rule.effective_to, said["effective_to"])


def _near(ours: date | None, true: str | None) -> bool:
    if ours is None or true is None:
        return ours is None and true is None
    return abs((ours - date.fromisoformat(true)).days) <= WITHIN


def store_of(folder: Path, where: Path) -> DuckEngine:
    """A matched engine over everything in a simulated month."""
    store = Store.create(where)
    for path in sorted(folder.glob("*.83[57]")):
        ingest(store, bitewing.read(path.read_bytes()), path.name)
    engine = DuckEngine(store.tables())
    store.close()
    match(engine)
    return engine


def baseline(rows: Iterable[Row]) -> set[tuple[str, str, str]]:
    """Pairs (payer, service, other) of one date in which the service was mostly included, from five times on."""
    counts: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        if row.kind == "same-day-exclusion" and row.outcome != CENSORED:
            for other in row.context.split():
                counts[row.payer, row.code, other][row.outcome != POSITIVE] += row.n
    return {
        key for key, (yes, no) in counts.items() if yes + no >= BASELINE_FEWEST and yes >= BASELINE_SHARE * (yes + no)
    }


def predictions(rules: Sequence[Rule], rows: Iterable[Row]) -> Iterator[tuple[float, bool, int]]:
    """(probability that was told, whether it came so, how often) for later trials."""
    by_kind: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    for rule in rules:
        if rule.says == BUNDLES:
            by_kind[rule.payer, rule.kind].append(rule)
    for row in rows:
        if row.outcome == CENSORED or row.kind == "period-cap":
            continue
        for rule in by_kind[row.payer, row.kind]:
            if row.code and row.code not in rule.codes:
                continue
            found = expect(rule, services(row), row.group, row.day, contract=row.contract)
            if found is not None and found.sure is not None:
                yield found.sure.rate, row.outcome == POSITIVE, row.n


def calibration(told: Iterable[tuple[float, bool, int]]) -> tuple[float, int]:
    """Expected calibration error over ten bins, and predictions."""
    bins: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for chance, came, n in told:
        one = bins[min(int(chance * 10), 9)]
        one[0] += n
        one[1] += chance * n
        one[2] += n * came
    total = sum(one[0] for one in bins.values())
    return (sum(abs(one[1] - one[2]) for one in bins.values()) / total if total else 0.0), int(total)


def main() -> int:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--seeds", type=int, default=20)
    arguments.add_argument("--quiet-seeds", type=int, default=20, help="seeds with payers that have no rules")
    arguments.add_argument("--payers", type=int, default=30)
    arguments.add_argument("--claims", type=int, default=40_000)
    arguments.add_argument("--first", type=int, default=1, help="the first seed")
    arguments.add_argument("--fewest", type=int, default=EXPOSURES, help="claims that a rule to be found decided")
    arguments.add_argument("-v", "--verbose", action="store_true", help="what was missed, and what was wrong")
    options = arguments.parse_args()
    totals: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    told: list[tuple[float, bool, int]] = []
    quiet_wrong = 0
    for seed in range(options.first, options.first + options.seeds + options.quiet_seeds):
        rules_there = seed < options.first + options.seeds
        claims = options.claims if rules_there else options.claims // 4
        work = Path(tempfile.mkdtemp(prefix="learning-"))
        try:
            settings = Settings(claims, seed, options.payers, date(2026, 3, 2), DAYS, 1, rules_there)
            simulate(work / "month", settings)
            engine = store_of(work / "month", work / "store")
            started = time.perf_counter()
            evidence, fees = gather(engine)
            rules = list(learn(evidence, fees))
            totals["seconds"] += round(time.perf_counter() - started)
            engine.close()
            if not rules_there:
                quiet_wrong += any(rule.says == BUNDLES for rule in rules)
                if options.verbose:
                    for rule in rules:
                        if rule.says == BUNDLES:
                            print("  no such rule", rule.record())
                continue
            known = truths(work / "month")
            score(known, rules, totals, kinds, options.fewest, options.verbose)
            pairs = baseline(evidence)
            true_pairs = {
                (one.rule["payer"], code, other)
                for one in known if one.rule["kind"] == "same-day-exclusion"
                for code in one.rule["codes"] for other in one.rule["with"]
            }  # fmt: skip
            totals["pairs"] += len(pairs)
            totals["pairs right"] += len(pairs & true_pairs)
            totals["pairs true"] += len(true_pairs)
            turn = settings.start + timedelta(days=DAYS * 3 // 4)
            rows = list(evidence)
            early = list(learn(Evidence([row for row in rows if row.day < turn]), fees))
            told += predictions(early, [row for row in rows if row.day >= turn])
        finally:
            shutil.rmtree(work, ignore_errors=True)
        print(f"seed {seed}: {dict(totals)}", flush=True)
    error, count = calibration(told)
    for name, some, all_, asked in (
        ("rules proposed", totals["proposed right"], totals["proposed"], "precision, asked: 0.98"),
        ("rules to be found", totals["found"], totals["true"], "recall, asked: 0.90"),
        ("changes in time", totals["changes right"], totals["changes"], f"dated within {WITHIN} days"),
        ("baseline: pairs", totals["pairs right"], totals["pairs"], "precision of counted pairs"),
        ("baseline: true pairs", totals["pairs right"], totals["pairs true"], "recall of counted pairs"),
        ("seeds without rules", quiet_wrong, options.quiet_seeds, "with a rule proposed, asked: at most 0.05"),
    ):
        print(f"{name:22} {some} of {all_}: {some / max(all_, 1):.4f} ({asked})")
    for kind, n in sorted(kinds.items()):
        print(f"  {kind:22} right {n['right']} of {n['proposed']} proposed, found {n['found']} of {n['true']}")
    print(f"{'calibration':22} error {error:.4f} over {count} predictions (asked: at most 0.03)")
    return 0


def score(
    known: Sequence[True_], rules: Sequence[Rule], totals: Counter[str], kinds: dict[str, Counter[str]],
    fewest: int, verbose: bool,
) -> None:  # fmt: skip
    """Count what was found, what was right, and what changed."""
    proposed = [rule for rule in rules if rule.says == BUNDLES]
    for rule in proposed:
        good = any(right(rule, one, exactly=False) for one in known)
        totals["proposed"] += 1
        totals["proposed right"] += good
        kinds[rule.kind].update(proposed=1, right=int(good))
        if verbose and not good:
            print("  wrong ", {key: one for key, one in rule.record().items() if key not in ("type", "id")})
    for one in known:
        if one.claims < fewest:
            continue
        fitting = [rule for rule in proposed if right(rule, one, exactly=True)]
        found = bool(fitting)
        totals["true"] += 1
        totals["found"] += found
        kinds[one.rule["kind"]].update(true=1, found=int(found))
        if one.rule["effective_from"] or one.rule["effective_to"]:
            totals["changes"] += 1
            totals["changes right"] += any(dated(rule, one) for rule in fitting)
        if verbose and not found:
            print("  missed", one.claims, sorted(one.codes), one.rule)


if __name__ == "__main__":
    raise SystemExit(main())
