"""The same SQL says the same on every engine. Spark is there where pyspark and Java are."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import bitewing
from bitewing.edi.compose import compose
from bitewing.policies.engine.duckdb import DuckEngine
from bitewing.policies.learn import gather, learn
from bitewing.policies.match import match
from bitewing.policies.simulate.month import Settings, simulate
from bitewing.policies.store import Store, ingest

MADE = (
    "remit_matches", "near_candidates", "reversals", "line_matches", "line_events", "bundles", "payments_balance",
    "remit_findings", "corrections", "line_hosts", "across_bundles", "across_lines",
)  # fmt: skip
APART = [
    {"clp01": "X1", "clp02": "1", "clp03": "32.00", "clp04": "90.00", "cas": [], "svc": [
        {"svc01": "D0210", "svc06": "D0220", "charge": "32.00", "paid": "90.00", "cas": [["OA", "94", "-68.00"],
         ["CO", "45", "10.00"]]}]},
    {"clp01": "X2", "clp02": "1", "clp03": "68.00", "clp04": "0", "cas": [], "svc": [
        {"svc01": "D0210", "svc06": "D0274", "charge": "68.00", "paid": "0", "cas": [["CO", "97", "68.00"]]}]},
]  # fmt: skip
"""A bundle over two claims."""
CASES = Path(__file__).resolve().parents[1] / "fixtures" / "golden" / "cases.jsonl"


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql", reason="the extra spark is not installed")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    made = builder.config("spark.sql.shuffle.partitions", "2").config("spark.driver.memory", "2g").getOrCreate()
    yield made
    made.stop()


@pytest.fixture
def tables(tmp_path: Path, remittances: ModuleType) -> dict[str, list[Path]]:
    """A store with every worked case of a remittance, one of them without its claim, one twice."""
    cases = [case for case in map(json.loads, CASES.read_text(encoding="utf-8").splitlines()) if case["kind"] == "835"]
    store = Store.create(tmp_path / "store")
    files = [compose([case["submitted"] for case in cases[1:]], control=7)]
    files += [remittances.remittance(case["remit"], control=100 + at, trace=f"T{at}") for at, case in enumerate(cases)]
    files.append(remittances.remittance(cases[3]["remit"], control=900, trace="T3"))
    missing = {"svc05": "", "svc07": "", "ref6r": "", "lq": [], "amt_b6": "", "dos": "20260310"}
    apart = [
        one | {"patient": ("OTHER", "PAT", "MEM000002"), "svc": [missing | svc for svc in one["svc"]]} for one in APART
    ]
    files += [remittances.remittance([one], control=910 + at, trace=f"X{at}") for at, one in enumerate(apart)]
    for number, data in enumerate(files):
        ingest(store, bitewing.read(data), f"{number}")
    found = store.tables()
    store.close()
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning")
def test_matching_says_the_same_on_spark(session: Any, tables: dict[str, list[Path]]) -> None:
    from bitewing.policies.engine.spark import SparkEngine

    one, other = DuckEngine(tables), SparkEngine(session, tables)
    for engine in (one, other):
        match(engine)
    for table in MADE:
        said = [sorted(map(repr, engine.rows(f"SELECT * FROM {table}"))) for engine in (one, other)]
        assert said[0] == said[1], table
    assert len(list(one.rows("SELECT * FROM remit_matches WHERE method IS NOT NULL"))) > 8
    assert list(one.rows("SELECT target, quality FROM across_bundles")) == [("D0210", "exact")]
    one.close()
    other.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning")
def test_learning_says_the_same_on_spark(session: Any, tmp_path: Path) -> None:
    from bitewing.policies.engine.spark import SparkEngine

    simulate(tmp_path / "month", Settings(400, 5, 2))
    store = Store.create(tmp_path / "store")
    for path in sorted((tmp_path / "month").glob("*.83[57]")):
        ingest(store, bitewing.read(path.read_bytes()), path.name)
    files = store.tables()
    store.close()
    learnt = []
    for engine in (DuckEngine(files), SparkEngine(session, files)):
        match(engine)
        evidence, fees = gather(engine)
        learnt.append((evidence, sorted(fees.seen), list(learn(evidence, fees))))
        engine.close()

    assert len(list(learnt[0][0])) > 50
    assert learnt[0][2]
    assert learnt[0] == learnt[1]
