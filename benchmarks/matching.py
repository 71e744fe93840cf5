"""How well remittances are matched with claims: ingest and reconcile a simulated month, compare with its truth.

    python benchmarks/matching.py FOLDER [--orders arrival,reverse,shuffled] [--seed 1] [--wrong 20] [--json FILE]

FOLDER comes from ``bitewing simulate``. Precision is the share of the matches that are right, recall the share of what
could be matched that is matched rightly; both are given for claims and lines, in all and for each trait. Lines that
look alike (same code, charge, units and day) and came back without REF*6R count as right with either, and as missed
where the match is a tie, as it is to be; the third table leaves them out. Exit code 1 where a claim or a line is
matched wrongly, or where the order of files changes what is said. Nothing here passes or fails a test.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

BITEWING = [sys.executable, "-m", "bitewing"]
AT_ONCE = 400  # files of one ingest
LISTED = 20
Record = dict[str, Any]
Place = tuple[str, int]


class Truth:
    """What is true of each claim payment, by the place that names it for ever."""

    def __init__(self, folder: Path) -> None:
        summary = json.loads((folder / "truth.json").read_text(encoding="ascii"))
        self.files = [folder / one["file"] for one in summary["files"]]
        self.remits: dict[Place, Record] = {}
        self.keys: dict[Place, int] = {}
        with (folder / "truth.jsonl").open(encoding="ascii") as stream:
            for record in map(json.loads, stream):
                if record["type"] == "remit":
                    self.remits[record["source"], record["remit_no"]] = record
                elif record["type"] == "claim":
                    self.keys[record["source"], record["claim_no"]] = record["key"]


class Tally:
    """Right, wrong and missed; ``possible`` is what could be matched."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, traits: list[str], outcome: str, possible: bool) -> None:
        for trait in ("all", *(traits or ["plain"])):
            self.counts[trait][outcome] += 1
            self.counts[trait]["possible"] += possible

    def rows(self) -> list[tuple[str, int, int, int, int, str, str]]:
        """trait, possible, right, wrong, missed, precision, recall."""
        made = []
        for trait, counts in sorted(self.counts.items(), key=lambda one: (one[0] != "all", one[0])):
            right, wrong, possible = counts["right"], counts["wrong"], counts["possible"]
            precision = _share(right, right + wrong)
            made.append((trait, possible, right, wrong, counts["missed"], precision, _share(right, possible)))
        return made


def _share(part: int, whole: int) -> str:
    return "-" if not whole else f"{100 * part / whole:.3f}"


def source_of(record: Record) -> str:
    """The interchange of a claim payment, under either name."""
    return str(record.get("source") or record.get("file_sha256") or "")


def reconciled(files: list[Path], scratch: Path) -> tuple[list[Record], dict[str, float]]:
    """What reconcile says of files that are ingested in this order, and how long each step took."""
    store = scratch / "store"
    begun = time.perf_counter()
    for start in range(0, len(files), AT_ONCE):
        _run("ingest", str(store), *map(str, files[start : start + AT_ONCE]))
    ingested = time.perf_counter()
    out = scratch / "reconciled.jsonl"
    with out.open("wb") as stream:
        _run("reconcile", str(store), "--format", "json", stream=stream)
    times = {"ingest": ingested - begun, "reconcile": time.perf_counter() - ingested}
    with out.open(encoding="utf-8") as text:
        return [one for one in map(json.loads, text) if one.get("type") == "remit"], times


def _run(*words: str, stream: Any = subprocess.DEVNULL) -> None:
    ended = subprocess.run([*BITEWING, *words], stdout=stream, stderr=subprocess.PIPE, check=False)
    if ended.returncode not in (0, 1):  # 1 says that there are findings
        sys.exit(f"bitewing {words[0]} ended with {ended.returncode}: {ended.stderr.decode(errors='replace')[-2000:]}")


class Compared:
    """Records of reconcile beside the truth."""

    def __init__(self, truth: Truth, records: list[Record]) -> None:
        self.claims, self.lines, self.differing = Tally(), Tally(), Tally()
        self.events = Counter[tuple[str, str]]()
        self.methods: Counter[tuple[str, str]] = Counter()
        self.wrong: list[Record] = []
        self.unknown, self._seen = 0, set[Place]()
        for record in records:
            place = (source_of(record), int(record.get("remit_no") or 0))
            true = truth.remits.get(place)
            if true is None or place in self._seen:
                self.unknown += 1
                continue
            self._seen.add(place)
            self._compare(truth, true, record)
        for place, true in truth.remits.items():
            if place not in self._seen:
                self._compare(truth, true, {"lines": []})
        self.unsaid = len(truth.remits) - len(self._seen)

    def _compare(self, truth: Truth, true: Record, record: Record) -> None:
        said = record.get("claim_source")
        key = None if said is None else truth.keys.get((said, int(record.get("claim_no") or 0)), -1)
        if said is None and record.get("clm01") and record.get("method"):
            key = true["key"] if true["claim"] and record["clm01"] == true["claim"]["clm01"] else -1
        outcome = _outcome(key, true["key"])
        method = str(record.get("method"))
        self.claims.add(true["traits"], outcome, true["key"] is not None)
        self.methods[method, outcome] += 1
        if outcome == "wrong":
            self._list(true, record, "claim", None)
        lines = {int(one["svc"]): one for one in record.get("lines", ())}
        for line in true["lines"]:
            self._line(true, record, line, lines.get(line["svc"], {}), outcome)

    def _line(self, true: Record, record: Record, line: Record, said: Record, claim: str) -> None:
        lx = said.get("lx")
        right = [line["lx"]] if line["6r"] else line["alike"] or [line["lx"]]
        outcome = _outcome(lx if lx not in right else line["lx"], line["lx"])
        if claim == "wrong" and lx is not None:
            outcome = "wrong"
        self.lines.add(true["traits"], outcome, line["lx"] is not None)
        if line["6r"] or len(line["alike"]) < 2:
            self.differing.add(true["traits"], outcome, line["lx"] is not None)
        if outcome == "wrong":
            self._list(true, record, "line", line["svc"])
        if said.get("event") is not None:
            self.events[line["event"], said["event"]] += 1

    def _list(self, true: Record, record: Record, what: str, svc: int | None) -> None:
        kept = {key: true[key] for key in ("source", "remit_no", "file", "clp01", "clp02", "clp07", "traits")}
        said = {key: record.get(key) for key in ("clm01", "method", "claim_source", "claim_no")}
        self.wrong.append({"what": what, "svc": svc, "truth": true["claim"], **kept, "said": said})


def _outcome(said: object, true: object) -> str:
    """right, wrong, missed, or silent where there was nothing to find."""
    if said is None:
        return "silent" if true is None else "missed"
    return "right" if said == true else "wrong"


def same(one: list[Record], other: list[Record]) -> list[Place]:
    """Claim payments of which two runs say different things."""
    by_place = [{(source_of(r), int(r.get("remit_no") or 0)): r for r in records} for records in (one, other)]
    places = sorted({*by_place[0], *by_place[1]})
    return [place for place in places if by_place[0].get(place) != by_place[1].get(place)]


def show(compared: Compared, listed: int) -> None:
    """Tables for people."""
    tables = (("claim payments", compared.claims), ("lines", compared.lines), ("lines not alike", compared.differing))
    for name, tally in tables:
        print(f"\n{name:20}{'possible':>10}{'right':>10}{'wrong':>8}{'missed':>8}{'precision':>11}{'recall':>9}")
        for trait, possible, right, wrong, missed, precision, recall in tally.rows():
            print(f"{trait:20}{possible:10}{right:10}{wrong:8}{missed:8}{precision:>11}{recall:>9}")
    print("\nmethods")
    for (method, outcome), count in sorted(compared.methods.items()):
        print(f"{method:20}{outcome:10}{count:10}")
    confused = {pair: count for pair, count in compared.events.items() if pair[0] != pair[1]}
    told = sum(compared.events.values())
    print(f"\nevents told {told}, other than true {sum(confused.values())}")
    for (true, said), count in sorted(confused.items(), key=lambda one: -one[1])[:listed]:
        print(f"{true:20}said {said:20}{count:10}")
    print(f"\nnot said {compared.unsaid}, said of what is not there {compared.unknown}, wrong {len(compared.wrong)}")
    for one in compared.wrong[:listed]:
        print(json.dumps(one))


def main() -> int:
    """Runs every order; says how it went."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--orders", default="arrival,reverse,shuffled")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--wrong", type=int, default=LISTED, help="how many wrong matches are listed")
    options.add_argument("--json", type=Path, help="where to write every wrong match, one a line")
    said = options.parse_args()
    truth = Truth(said.folder)
    shuffled = list(truth.files)
    random.Random(said.seed).shuffle(shuffled)
    orders = {"arrival": truth.files, "reverse": truth.files[::-1], "shuffled": shuffled}
    first: list[Record] = []
    bad = False
    for number, name in enumerate(said.orders.split(",")):
        with tempfile.TemporaryDirectory() as scratch:
            records, times = reconciled(orders[name], Path(scratch))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        steps = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in times.items())
        print(f"{name}: {len(orders[name])} files, {len(records)} claim payments, {steps}, at most {peak} MiB")
        if number == 0:
            first = records
            compared = Compared(truth, records)
            show(compared, said.wrong)
            bad = bool(compared.wrong)
            if said.json:
                said.json.write_text("".join(json.dumps(one) + "\n" for one in compared.wrong), encoding="ascii")
        else:
            different = same(first, records)
            print(f"{name}: {len(different)} claim payments are told otherwise than in the first order")
            bad |= bool(different)
            for place in different[: said.wrong]:
                print(f"  {place[0]} {place[1]}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
