"""Speed and memory of remittances: an 835 becomes typed, balanced lines, in one run beside other readers of 835; and
of claims on their way into a store.

    python benchmarks/remits.py [--claims 20000] [--runs 3] [--keep FOLDER]

The others come from ``make peers`` into .venv-peers; those that are not there are left out. Whole processes on one
core, each timing its own work without its start, in seconds of the processor, which a busy machine does not change.
Nothing here passes or fails a test.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

from run import HERE, environment, generated, measure

FEW = 500
"""Claims for readers that take a second for some hundreds."""
PEERS = HERE.parent / ".venv-peers" / "bin" / "python"
BALANCED = """
import csv, io, sys, tempfile, time
from decimal import Decimal
from pathlib import Path
import duckdb, numpy
import bitewing.policies.rows.columns.batches, bitewing.policies.rows.columns.block
from bitewing.edi.document import Document
from bitewing.policies.rows import Columns, Keys, Read, rows
from bitewing.policies.store import staging
from bitewing.policies.store.staging import Staging
from bitewing.policies.tables import TABLES
how = sys.argv[2]
begun = time.process_time()
parts, read, source = [], 0, ""
for each in rows(Document.open(Path(sys.argv[1])), Keys(b"a key of a measurement"), columns=True):
    if isinstance(each, Read):
        read, source = each.claims, each.source
    elif how != "read":
        parts.append(each)
reading = time.process_time() - begun
# What reading held, before anything is done with it.
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
found = [read, 0]
if how == "balanced":
    # What is left of every claim and of every line, once what was paid and taken off is taken off: nothing.
    charged, paid, taken, places = {}, {}, {}, {}
    for table in ("remits", "remit_lines", "remit_adjustments"):
        names = [column.name for column in TABLES[table]][1:]
        columns = [[] for _ in range(4)]
        for part in parts:
            if part.table == table and isinstance(part, Columns):
                column = {each.name: each.buffers[1] for each in part.batch.columns}
                line = column.get("svc_no", numpy.zeros(part.batch.size, numpy.int64))
                money = [column[name][:, 0] for name in ("charge", "paid", "amount") if name in column]
                for kept, made in zip(columns, (column["remit_no"], line, money[0], money[-1])):
                    kept.append(made)
            elif part.table == table:
                for row in csv.DictReader(io.StringIO(part.text.decode()), names, delimiter="\\x1f"):
                    money = [int(Decimal(row[name] or 0) * 100) for name in ("charge", "paid", "amount") if name in row]
                    numbers = int(row["remit_no"]), int(row.get("svc_no", 0)), money[0], money[-1]
                    for kept, made in zip(columns, numbers):
                        kept.append(numpy.array([made]))
        places[table] = [numpy.concatenate(column) for column in columns]
    claim, line, charge, paid = places["remits"]
    due = numpy.zeros(read + 1, numpy.int64)
    due[claim] = charge - paid
    owner, number, amount, _ = places["remit_adjustments"]
    numpy.subtract.at(due, owner, amount)
    found = [len(claim), numpy.count_nonzero(due)]
    # Lines are told apart by the number of their claim and their own.
    claim, line, charge, paid = places["remit_lines"]
    key = claim << 20 | line
    order = numpy.argsort(key, kind="stable")  # they mostly are in order
    key, due = key[order], (charge - paid)[order]
    own = number > 0
    wanted = owner[own] << 20 | number[own]
    place = numpy.searchsorted(key, wanted)
    numpy.subtract.at(due, place, amount[own])
    found[1] += numpy.count_nonzero(due) + numpy.count_nonzero(key[place] != wanted)
elif how == "stored":
    staging.MOST = 1 << 30  # a table in one statement
    with tempfile.TemporaryDirectory() as scratch:
        base = duckdb.connect(config={"threads": 1})
        staged = Staging(base, Path(scratch))
        for part in parts:
            staged.add(part)
        for table in staged.tables:
            base.execute(f"CREATE TABLE {table} AS {staged.select(table, source)}")
        base.execute("CREATE TABLE sums AS SELECT remit_no, svc_no, sum(amount) AS taken FROM remit_adjustments"
                     " GROUP BY ALL")
        lines = base.execute("SELECT count(*) FILTER (l.charge - coalesce(s.taken, 0) <> l.paid)"
                             " FROM remit_lines l LEFT JOIN sums s USING (remit_no, svc_no)").fetchone()
        found = base.execute("SELECT count(*), count(*) FILTER (r.charge - coalesce(s.taken, 0) <> r.paid)"
                             " FROM remits r LEFT JOIN (SELECT remit_no, sum(taken) AS taken FROM sums GROUP BY ALL) s"
                             " USING (remit_no)").fetchone()
        found = [found[0], found[1] + lines[0]]
if found != [read, 0]:
    sys.exit("a line or a claim does not balance, or is missing")
print(time.process_time() - begun, reading, read, int(peak) / 1024)
"""
OTHERS = {
    "oxedi, tables": """
import oxedi
begun = time.process_time()
result = oxedi.parse_file(name)
claims = result.count_claims()
""",
    "x12sdk, models": """
from x12sdk.io import X12ModelReader
begun, claims = time.process_time(), 0
with X12ModelReader(name) as reader:
    for model in reader.models():
        claims += sum(1 for _ in model.claims())
""",
    "edi-835-parser": """
from edi_835_parser import parse
begun = time.process_time()
claims = sum(len(each.claims) for each in parse(name, debug=True))
""",
    "pyx12, X12ContextReader": """
import logging
logging.disable(logging.CRITICAL)
import pyx12.error_handler, pyx12.params, pyx12.x12context
begun, claims = time.process_time(), 0
with open(name) as stream:
    reader = pyx12.x12context.X12ContextReader(pyx12.params.params(), pyx12.error_handler.errh_null(), stream)
    for node in reader.iter_segments("2100"):
        claims += node.id == "2100"
""",
}
FASTEST = "oxedi, tables"
FEW_FOR = {"x12sdk, models", "edi-835-parser", "pyx12, X12ContextReader"}


def _said(python: str, script: str, *arguments: str) -> list[str] | None:
    """The figures a process prints, None where it fails. Compiled before, as pip compiles what it installs."""
    command = [python, "-c", script, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    if ended.returncode:
        sys.stderr.write((ended.stderr.splitlines() or ["no reason given"])[-1] + "\n")
        return None
    return ended.stdout.split()


def _peer(script: str, path: Path, runs: int) -> tuple[float, float] | None:
    """Median seconds of another reader, and the claims it counts; None where it is not there."""
    timed = f"import sys, time\nname = sys.argv[1]\n{script}print(time.process_time() - begun, claims)"
    said = [_said(str(PEERS), timed, str(path)) for _ in range(runs)] if PEERS.exists() else [None]
    rows = [[float(figure) for figure in each] for each in said if each]
    return (statistics.median(row[0] for row in rows), rows[0][1]) if rows else None


def _ours(path: Path, how: str, runs: int) -> tuple[float, float, int, float]:
    """Medians of seconds in all and of reading, claims, and the most memory reading held (MiB)."""
    said = [_said(sys.executable, BALANCED, str(path), how) for _ in range(runs)]
    rows = [[float(figure) for figure in each] for each in said if each]
    if len(rows) != runs:
        sys.exit("the measurement failed")
    middle = [statistics.median(column) for column in zip(*rows, strict=True)]
    return middle[0], middle[1], int(middle[2]), middle[3]


def _row(name: str, seconds: float, path: Path, claims: float) -> float:
    speed = path.stat().st_size / 1e6 / seconds
    print(f"{name:36}{seconds:9.2f}{speed:9.2f}{claims / seconds:11.0f}")
    return speed


def _measure(folder: Path, scratch: Path, claims: int, runs: int) -> None:
    def made(count: int, few: str) -> Path:
        return generated(folder, f"{count}{few}.835", "--claims", str(count), "--profile", "remits", "--seed", "2",
                         "--faults", "0" if few else "0.05")  # fmt: skip

    path, few, more = made(claims, ""), made(FEW, ".plain"), made(claims * 10, "")
    print(f"{claims} claims, {path.stat().st_size / 1e6:.1f} MB, one core, medians of {runs}\n")
    print(f"{'':36}{'seconds':>9}{'MB/s':>9}{'claims/s':>11}")
    least = _ours(path, "read", 1)[3]  # and compiles
    # One after the other, so that a machine that is busy for a while is busy for both.
    speeds, ours, fast = {}, [], []
    for _ in range(runs):
        ours.append(_ours(path, "balanced", 1))
        fast.append(_peer(OTHERS[FASTEST], path, 1))
    seconds, reading, count, _ = (statistics.median(column) for column in zip(*ours, strict=True))
    _row("835 to typed columns", reading, path, count)
    balanced = _row("835 to balanced, typed lines", seconds, path, count)
    _row("835 to balanced tables of DuckDB", _ours(path, "stored", runs)[0], path, count)
    sent = generated(folder, f"{claims // 2}.837", "--claims", str(claims // 2), "--seed", "2")
    _row("837 to rows", _ours(sent, "read", runs)[1], sent, claims // 2)
    for name, script in OTHERS.items():
        taken = few if name in FEW_FOR else path
        found = [each for each in fast if each] if name == FASTEST else [_peer(script, taken, 1)]
        if found and found[0]:
            middle = statistics.median(each[0] for each in found if each)
            speeds[name] = _row(f"{name} ({found[0][1]:.0f} claims)", middle, taken, found[0][1])
        else:
            print(f"{name:36}  not measured: see above, or make peers")
    most = _ours(more, "read", 1)[3]
    print()
    for name, speed in speeds.items():
        print(f"{'balanced lines : ' + name + ', MB/s':52}{balanced / speed:8.2f}")
    print(f"{f'memory of reading, {claims} and {claims * 10} claims, MiB':52}{least:8.0f}{most:8.0f}")


if __name__ == "__main__":
    measure(__doc__ or "", 20_000, _measure)
