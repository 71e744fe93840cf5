"""Speed and memory of matching: so many lines that were submitted, joined to as many that were paid.

    python benchmarks/joining.py [--lines 1000000] [--memory 1200MB] [--steps]

The tables of a store are made by SQL, invented and right: claims of five lines; of their payments some are split, some
taken back and paid anew, some bundled, with shortened numbers, numbers in capitals, or without REF*6R. A process of its
own reads them and matches, on two cores. Goals: under 30 s and 2 GiB for a million lines. Nothing here passes or fails
a test; a match with another claim ends it with code 1.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from bitewing.policies.tables import DAY, MONEY, NUMBER, TABLES, YES_NO

PER_CLAIM, PER_FILE, CORES = 5, 500, 2
ABSENT = {DAY: "NULL", MONEY: "NULL", NUMBER: "0", YES_NO: "FALSE"}
VISITS = """
CREATE TABLE visits AS
SELECT i, md5('c' || (i // {per_file})) || md5('d' || (i // {per_file})) AS claim_source,
       md5('r' || (i // {per_file})) || md5('s' || (i // {per_file})) AS remit_source,
       1 + i % {per_file} AS number, 'Pt' || lpad(i::VARCHAR, 9, '0') || '-Clm' || lpad(i::VARCHAR, 9, '0') AS clm01,
       md5('n' || i * 3 // 5) AS name_key, md5('l' || i * 3 // 5) AS last_key, md5('m' || i * 3 // 10) AS member_key,
       DATE '2026-01-01' + (i % 90)::INTEGER AS day, 'PAYER' || (i // {per_file}) % 7 AS payer
FROM range({claims}) t(i);
CREATE TABLE services AS
SELECT v.*, l, ['D0120', 'D0150', 'D0220', 'D0230', 'D0274', 'D0330', 'D1110', 'D2391', 'D2740', 'D4341', 'D0350',
                'D7140'][1 + (i * 7 + l * 3) % 12] AS code,
       (20 + (i * 31 + l * 17) % 300)::DECIMAL(18,2) AS charge,
       CASE WHEN i % 5 = 0 THEN '' ELSE clm01 || '-' || l END AS ref6r
FROM visits v, range(1, {per_claim} + 1) t(l);
CREATE TABLE totals AS SELECT i, SUM(charge) AS charge FROM services GROUP BY i;
-- Every claim payment: k 1 the first, 2 another part or a correction, 3 what takes the first back.
CREATE TABLE answers AS
SELECT i, k FROM visits, range(1, 4) t(k)
WHERE k = 1 OR (k = 2 AND (i % 20 = 1 OR i % 33 = 2)) OR (k = 3 AND i % 33 = 2);
CREATE TABLE paid AS
SELECT s.*, a.k, CASE WHEN a.k = 3 THEN -1 ELSE 1 END AS sign,
       CASE WHEN i % 10 = 3 AND l > 2 THEN 0 ELSE floor(s.charge * 7 / 10) END::DECIMAL(18,2) AS pays
FROM services s JOIN answers a USING (i)
WHERE i % 20 <> 1 OR (a.k = 1 AND l <= 3) OR (a.k = 2 AND l > 3);
"""
CLAIM = "claim_source AS source, number AS claim_no"
REMIT = "remit_source AS source, 3 * number + k - 3 AS remit_no"
PLACE = "CASE WHEN i % 20 = 1 AND k = 2 THEN l - 3 ELSE l END AS svc_no"
DAYS = "day AS first_day, day AS last_day"
PATIENT = "name_key, last_key, member_key"
ROWS = {
    "claims": f"""SELECT {CLAIM}, clm01, charge, '1' AS frequency, payer AS payer_id, 'P' AS payer_seq, {PATIENT},
        name_key AS patient, {DAYS}, day AS sent, {PER_CLAIM} AS lines, '1999900016' AS billing_npi
        FROM visits JOIN totals USING (i)""",
    "claim_lines": f"""SELECT {CLAIM}, l AS line_no, l AS lx, code, charge, 1 AS units, ref6r, {DAYS} FROM services""",
    "payments": """SELECT remit_source AS source, 1 AS payment_no, ANY_VALUE(payer) AS payer_id, 'TIN' AS payer_tin,
        remit_source AS trace, DATE '2026-05-01' AS paid_on, '1999900016' AS payee_npi
        FROM visits GROUP BY remit_source""",
    "remits": f"""SELECT {REMIT}, 1 AS payment_no, {PATIENT}, {DAYS}, COUNT(*) AS lines,
        CASE WHEN i % 25 = 4 THEN clm01[:17] WHEN i % 4 = 1 THEN upper(clm01) ELSE clm01 END AS clp01,
        CASE WHEN k = 3 THEN '22' ELSE '1' END AS clp02, SUM(sign * charge) AS charge, SUM(sign * pays) AS paid,
        '12' AS filing, 'ICN' || i || '-' || k AS clp07 FROM paid GROUP BY ALL""",
    "remit_lines": f"""SELECT {REMIT}, {PLACE}, 'AD' AS qualifier, code, code AS sent_code, sign * charge AS charge,
        sign * pays AS paid, 1 AS units, 1 AS sent_units, ref6r, {DAYS} FROM paid""",
    "remit_adjustments": f"""SELECT {REMIT}, {PLACE}, l AS adjustment_no, 'CO' AS group_code,
        CASE WHEN pays = 0 THEN '97' ELSE '45' END AS reason, sign * (charge - pays) AS amount FROM paid""",
    "remit_remarks": f"""SELECT {REMIT}, {PLACE}, 'N19' AS remark FROM paid WHERE pays = 0""",
}
MATCHED = """
import json, os, sys, time
from pathlib import Path
from bitewing.policies.engine.duckdb import DuckEngine
from bitewing.policies import match
tables = {path.stem: [path] for path in Path(sys.argv[1]).glob("*.parquet")}
begun = time.perf_counter()
engine = DuckEngine(tables, memory=sys.argv[2], threads=2)
steps = {"tables": time.perf_counter() - begun}
run = engine.run
def timed(script):
    at = time.perf_counter()
    run(script)
    steps[f"step {len(steps)}"] = time.perf_counter() - at
engine.run = timed
match.match(engine)
seconds = time.perf_counter() - begun
worked = sum(os.times()[:2])
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
def one(query):
    return next(engine.rows(query))
wrong = "upper(clm01)[:17] <> upper(clp01)[:17]"
remits, matched, wrong = one(f"SELECT count(*), count(clm01), count(*) FILTER ({wrong}) FROM remits r"
                             " JOIN remit_matches m USING (source, remit_no)"
                             " LEFT JOIN claims c ON c.source = m.claim_source AND c.claim_no = m.claim_no")
lines, answered = one("SELECT count(*), count(*) FILTER (l.method <> 'ambiguous') FROM remit_lines x"
                      " LEFT JOIN line_matches l USING (source, remit_no, svc_no)")
print(json.dumps({"seconds": seconds, "worked": worked, "mib": int(peak) / 1024, "remits": remits, "matched": matched,
                  "wrong": wrong, "lines": lines, "answered": answered, "steps": steps}))
"""


def made(folder: Path, lines: int) -> None:
    """The tables of a store as Parquet files."""
    settings = {"memory_limit": "1GB", "temp_directory": str(folder)}
    base = duckdb.connect(config=settings)
    base.execute("SET enable_progress_bar = false")
    numbers = {"claims": lines // PER_CLAIM, "per_claim": PER_CLAIM, "per_file": PER_FILE}
    base.execute(VISITS.format(**numbers))
    for name, columns in TABLES.items():
        if name not in ROWS:
            continue
        base.execute(f"CREATE OR REPLACE VIEW here AS {ROWS[name]}")
        known = {row[0] for row in base.execute("DESCRIBE here").fetchall()}
        fields = (
            f"CAST({one.name if one.name in known else ABSENT.get(one.type, repr(''))} AS {one.type}) AS {one.name}"
            for one in columns
        )
        place = folder / f"{name}.parquet"
        base.execute(f"COPY (SELECT {', '.join(fields)} FROM here) TO '{place}' (FORMAT parquet, COMPRESSION zstd)")
    base.close()


def main() -> int:
    """Make, match, tell."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--lines", type=int, default=1_000_000)
    options.add_argument("--memory", default="1200MB", help="the most that DuckDB may hold")
    options.add_argument("--steps", action="store_true", help="seconds of each step")
    said = options.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[-CORES:]))
    with tempfile.TemporaryDirectory() as scratch:
        made(Path(scratch), said.lines)
        command = [sys.executable, "-c", MATCHED, scratch, said.memory]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(ended.stderr[-2000:])
    told = json.loads(ended.stdout)
    print(f"{said.lines} lines submitted, {told['lines']} paid, two cores")
    print(f"{'seconds, from files to events':40}{told['seconds']:9.1f}   under 30")
    print(f"{'of work, on both cores together':40}{told['worked']:9.1f}")
    print(f"{'most memory, MiB':40}{told['mib']:9.0f}   under 2048")
    print(f"{'claim payments, matched, wrong':40}{told['remits']:9}{told['matched']:9}{told['wrong']:9}")
    print(f"{'lines that answer one line':40}{told['answered']:9}")
    if said.steps:
        for name, seconds in told["steps"].items():
            print(f"  {name:38}{seconds:9.1f}")
    return 1 if told["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
