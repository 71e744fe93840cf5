"""Learning at scale: so many claim lines and remit lines matched, gathered and learnt from; time and memory.

    python benchmarks/scale.py [--lines 10000000] [--claims 20000] [--memory 3GB] [--keep FOLDER]

A simulated month is copied in the tables, each copy with patients, claim numbers and payments of its own. What is
measured begins with the tables, which ingesting has made: matching, evidence, rules. Asked: 10 million lines in under
3 minutes and 4 GiB on two cores.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import tempfile
import time
from pathlib import Path

import duckdb

import bitewing
from bitewing.policies.engine.duckdb import DuckEngine
from bitewing.policies.learn import columns, gather, learn
from bitewing.policies.match import match
from bitewing.policies.simulate.month import Settings, simulate
from bitewing.policies.store import Store, ingest
from bitewing.policies.tables import TABLES

OWN = {
    "source": "MD5({0} || n)", "clm01": "LPAD(n, 4, '0') || {0}", "clp01": "LPAD(n, 4, '0') || {0}",
    "clp07": "{0} || n",
    "trace": "n || {0}", "original_ref": "CASE WHEN {0} = '' THEN '' ELSE {0} || n END",
    **dict.fromkeys(
        ("patient", "name_key", "last_key", "member_key", "corrected_key", "corrected_name_key"),
        "CASE WHEN {0} = '' THEN '' ELSE {0} || n END",
    ),
}  # fmt: skip
"""Columns that make a copy another month, with how."""


def tables(folder: Path, claims: int, lines: int) -> dict[str, list[Path]]:
    """Parquet files of so many lines, one for each table and copy."""
    simulate(folder / "month", Settings(claims, 5, 20))
    store = Store.create(folder / "store")
    for path in sorted((folder / "month").glob("*.83[57]")):
        ingest(store, bitewing.read(path.read_bytes()), path.name)
    files = store.tables()
    store.close()
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    made: dict[str, list[Path]] = {}
    (base,) = connection.execute(_from("COUNT(*)", files["claim_lines"])).fetchone() or (1,)
    copies = -(-lines // int(base))
    for table, known in TABLES.items():
        place = folder / f"{table}.parquet"
        chosen = ", ".join(f"{OWN.get(one.name, '{0}').format(one.name)} AS {one.name}" for one in known)
        source = (
            f"({_from('*', files[table])}) t CROSS JOIN (SELECT CAST(range AS VARCHAR) AS n FROM range({copies})) c"
        )
        connection.execute(f"COPY (SELECT {chosen} FROM {source}) TO '{place}' (FORMAT parquet)")
        made[table] = [place]
    connection.close()
    return made


def _from(what: str, files: list[Path]) -> str:
    listed = ", ".join(f"'{file}'" for file in files)
    return f"SELECT {what} FROM read_parquet([{listed}])"


def main() -> int:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--lines", type=int, default=10_000_000)
    arguments.add_argument("--claims", type=int, default=20_000)
    arguments.add_argument("--memory", default="3GB", help="the most that DuckDB holds")
    arguments.add_argument("--keep", type=Path, help="where the tables are kept for the next run")
    options = arguments.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="scale-"))
    kept = {table: [folder / f"{table}.parquet"] for table in TABLES}
    try:
        if not all(one[0].exists() for one in kept.values()):
            folder.mkdir(parents=True, exist_ok=True)
            kept = tables(folder, options.claims, options.lines)
        started, begun = time.perf_counter(), sum(os.times()[:2])
        engine = DuckEngine(kept, memory=options.memory, columns=columns())
        marks = [("tables opened", time.perf_counter())]
        (sent,), (paid,) = (
            next(engine.rows(f"SELECT COUNT(*) FROM {name}")) for name in ("claim_lines", "remit_lines")
        )
        match(engine)
        marks.append(("matched", time.perf_counter()))
        evidence, fees = gather(engine)
        marks.append(("evidence gathered", time.perf_counter()))
        rules = list(learn(evidence, fees))
        marks.append((f"{len(rules)} rules learnt", time.perf_counter()))
        engine.close()
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{sent:,} claim lines, {paid:,} remit lines")
    before = started
    for name, at in marks:
        print(f"{name:24} {at - before:7.1f} s")
        before = at
    used = resource.getrusage(resource.RUSAGE_SELF)
    worked, peak = used.ru_utime + used.ru_stime - begun, used.ru_maxrss / 1024**2
    print(f"{'all':24} {before - started:7.1f} s (asked: 180), {peak:.2f} GiB at most (asked: 4)")
    print(f"{'work of the processor':24} {worked:7.1f} s, which a busy machine changes less")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
