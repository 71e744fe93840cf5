"""A file into a store: rows to Parquet files under their final names, then one transaction of the ledger.

The same file, or an interchange that came in another file, changes nothing. What dies on the way leaves Parquet files
that the ledger does not name; they count for nothing and are written over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import duckdb

from bitewing.edi.document import Document
from bitewing.edi.output import to_disk
from bitewing.policies.engine.duckdb import quiet
from bitewing.policies.rows import Fault, Read, interchanges, rows
from bitewing.policies.store.errors import StoreError
from bitewing.policies.store.staging import Staging
from bitewing.policies.store.store import Store

_PIECE = 4 << 20
_SUBMITTED = """
SELECT c.patient, CAST(l.first_day AS VARCHAR), CAST(l.last_day AS VARCHAR), l.code,
       CAST(COALESCE(l.units, 1) AS BIGINT), c.clm01, c.billing_npi, c.payer_id, c.frequency,
       COALESCE(CAST(c.sent AS VARCHAR), ''), l.source, CASE WHEN l.teeth LIKE '%,%' THEN '' ELSE l.teeth END
FROM read_parquet('{lines}') l JOIN read_parquet('{claims}') c ON c.claim_no = l.claim_no
WHERE c.patient <> '' AND NOT c.predetermination
"""


class Ingested(NamedTuple):
    """What became of a file. new: whether it was not in before. interchanges: what was read of it, known ones left out.

    known: its interchanges that were in already, from other files.
    """

    name: str
    sha256: str
    new: bool
    interchanges: tuple[Read, ...] = ()
    known: int = 0

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Values that could not be read and are absent."""
        return tuple(fault for one in self.interchanges for fault in one.faults)


def ingest(store: Store, document: Document, name: str, progress: Callable[[int], None] | None = None) -> Ingested:
    """Put a file into the store. name: what it is called there, without its folders. progress: told bytes of rows.

    Raises EdiError where it cannot be read, StoreError where the store cannot be written; then nothing is in.
    """
    sha256, size = _hash(document)
    if _known(store, sha256):
        return Ingested(name, sha256, new=False)
    with store.writing() as staging:
        if _known(store, sha256):  # another process was faster
            return Ingested(name, sha256, new=False)
        sources = [one.source for one in interchanges(document)]
        before = store.sources()
        found = _rows(store, document, before, staging, progress)
        ledger = store.ledger
        ledger.execute("INSERT INTO files VALUES (?, ?, ?)", (sha256, name, size))
        for one in found:
            values = (one.source, one.kind, one.control, one.claims, one.lines, one.faulty)
            ledger.execute("INSERT OR IGNORE INTO interchanges VALUES (?, ?, ?, ?, ?, ?)", values)
        for source in sources:
            ledger.execute("INSERT OR IGNORE INTO file_interchanges VALUES (?, ?)", (sha256, source))
    return Ingested(name, sha256, True, tuple(found), sum(source in before for source in set(sources)))


def _rows(
    store: Store, document: Document, before: set[str], staging: Path, progress: Callable[[int], None] | None
) -> list[Read]:
    """Read every interchange that is not in, and leave its rows where they belong."""
    done: dict[str, Read] = {}
    total = 0
    engine = quiet()
    try:
        engine.execute(f"SET temp_directory = '{_quoted(staging)}'")
        engine.execute("SET memory_limit = '512MB'")
        staged = Staging(engine, staging)
        for part in rows(document, store.keys, before, columns=True):
            if isinstance(part, Read):
                if part.source not in done:  # an interchange may stand twice in one file
                    _settle(store, engine, staging, part.source, staged)
                    done[part.source] = part
                staged.clear()
            else:
                staged.add(part)
                total += part.size
                if progress is not None:
                    progress(total)
    except duckdb.Error as error:
        raise _of_duckdb(store, error) from None
    finally:
        engine.close()
    return list(done.values())


def _settle(store: Store, engine: duckdb.DuckDBPyConnection, staging: Path, source: str, staged: Staging) -> None:
    """Rows become Parquet files under their final names, on the disk before anybody is told of them."""
    tables = staged.tables
    for table in tables:
        made = staging / f"{table}.parquet"
        engine.execute(f"COPY ({staged.select(table, source)}) TO '{_quoted(made)}' (COMPRESSION zstd)")
        to_disk(made)
        place = store.place(table, source)
        place.parent.mkdir(exist_ok=True)
        made.replace(place)
        to_disk(place.parent)
    if "claim_lines" in tables:
        question = _SUBMITTED.format(
            lines=_quoted(store.place("claim_lines", source)), claims=_quoted(store.place("claims", source))
        )
        answer = engine.execute(question)
        while batch := answer.fetchmany(10_000):
            store.ledger.executemany("INSERT INTO submitted VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", batch)


def _known(store: Store, sha256: str) -> bool:
    return store.ledger.execute("SELECT 1 FROM files WHERE sha256 = ?", (sha256,)).fetchone() is not None


def _hash(document: Document) -> tuple[str, int]:
    digest = hashlib.sha256()
    size = document.source.size
    for place in range(0, size, _PIECE):
        digest.update(document.source.read(place, min(_PIECE, size - place)))
    return digest.hexdigest(), size


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _of_duckdb(store: Store, error: duckdb.Error) -> StoreError:
    if isinstance(error, (duckdb.IOException, duckdb.OutOfMemoryException)):
        return StoreError(f"{store.path}: the disk or the memory is full; make room and run again", retry=True)
    return StoreError(f"{store.path}: the rows could not be written ({type(error).__name__}); please report it")
