"""Learning from a store: matched, gathered, judged; and the policy book that comes of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bitewing.policies.book import Book, book_bytes, read_book
from bitewing.policies.book.backtest import Tested, backtest
from bitewing.policies.book.merge import merged
from bitewing.policies.engine import Engine
from bitewing.policies.learn import columns, gather, learn, statistics
from bitewing.policies.learn.fees import Fees
from bitewing.policies.learn.row import Evidence
from bitewing.policies.match import match
from bitewing.policies.rule import REJECTED, RETIRED, Rule
from bitewing.policies.store import Store

ENGINES = ("duckdb", "spark")


class EngineError(Exception):
    """An engine that is not there; the message says how to get it."""


def gathered(store: Path, engine: str = "duckdb", statistics_to: Path | None = None) -> tuple[Evidence, Fees]:
    """The evidence in a store. Raises StoreError, EngineError, OSError.

    statistics_to: a folder that is not there yet, for the trials counted by day, in Parquet by payer and month.
    """
    opened = Store.open(store)
    try:
        made = _engine(engine, opened)
    finally:
        opened.close()
    try:
        match(made)
        found = gather(made)
        if statistics_to is not None:
            _write_statistics(made, statistics_to)
        return found
    finally:
        made.close()


def _write_statistics(engine: Engine, folder: Path) -> None:
    """Whole or not at all: beside it first."""
    if folder.exists():
        raise FileExistsError(17, "there is something already; name a folder that is not there", str(folder))
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.absolute().parent))
    try:
        engine.write_parts(statistics(), scratch / "made", ("payer", "month"))
        (scratch / "made").rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _engine(name: str, store: Store) -> Engine:
    if name == "duckdb":
        from bitewing.policies.engine.duckdb import DuckEngine, roomy

        return DuckEngine(store.tables(), memory=roomy(), columns=columns())
    try:
        from pyspark.sql import SparkSession  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise EngineError("Spark is not installed; pip install 'bitewing[spark]', or use --engine duckdb") from None
    from bitewing.policies.engine.spark import SparkEngine

    session = SparkSession.builder.config("spark.ui.enabled", "false").getOrCreate()
    return SparkEngine(session, store.tables())


def learnt(store: Path, engine: str = "duckdb", statistics_to: Path | None = None, *, seen: bool = False) -> list[Rule]:
    """Rules that the remittances of a store bear out; with ``seen`` also what was seen too seldom.

    Raises StoreError, EngineError, OSError.
    """
    evidence, fees = gathered(store, engine, statistics_to)
    return list(learn(evidence, fees, seen=seen))


def write_book(path: Path, rules: Sequence[Rule]) -> Book:
    """Put what was learnt into a book, and keep what a person decided in it. Raises BookError, OutputError."""
    book = merged(read_book(path) if path.exists() else Book(), rules)
    save(path, book)
    return book


def save(path: Path, book: Book) -> None:
    """Write a book whole or not at all. Raises OutputError."""
    from bitewing.edi.output import write_whole

    write_whole(path, [book_bytes(book)])


def backtested(book: Book, store: Path, days: int, wanted: str | None = None) -> Iterator[Tested]:
    """What rules of a book would have predicted in the last days of a store's evidence. Raises StoreError."""
    evidence, fees = gathered(store)
    rules = [rule for rule in book.rules if wanted is None or rule.id.startswith(wanted)]
    yield from backtest(rules, evidence, fees, days)


def reported(store: Path, book: Book | None, *, title: str, made_on: str) -> str:
    """The page on a store, with what was decided in a book. Raises StoreError."""
    from bitewing.policies.report.collect import collect
    from bitewing.policies.report.render import page

    opened = Store.open(store)
    try:
        engine = _engine("duckdb", opened)
    finally:
        opened.close()
    try:
        match(engine)
        evidence, fees = gather(engine)
        rules = list(learn(evidence, fees))
        if book is not None:
            rules = [rule for rule in merged(book, rules).rules if rule.status not in (RETIRED, REJECTED)]
        return page(collect(engine, evidence, rules), title=title, made_on=made_on)
    finally:
        engine.close()
