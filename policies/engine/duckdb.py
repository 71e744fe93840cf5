"""The embedded engine: DuckDB over the Parquet files of a store, in bounded memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from bitewing.policies.tables import TABLES

_BATCH = 4096


_QUIET = "SET enable_progress_bar = false"


def quiet() -> duckdb.DuckDBPyConnection:
    """A database in memory that writes nothing of its own to standard output, where records go: DuckDB draws a bar of
    progress there when a statement takes two seconds.
    """
    connection = duckdb.connect(":memory:")
    connection.execute(_QUIET)
    return connection


class DuckEngine:
    """The tables of a store, each from its files, and whatever is made of them.

    tables: the Parquet files of each table; a table without files is empty. memory: the most that DuckDB holds; what is
    more goes to a temporary folder.
    """

    def __init__(self, tables: Mapping[str, Sequence[Path]], *, memory: str = "1200MB", threads: int = 2) -> None:
        self._spill = tempfile.TemporaryDirectory(prefix="bitewing-", ignore_cleanup_errors=True)
        self.connection = quiet()
        for setting, value in (
            ("memory_limit", memory),
            ("threads", threads),
            ("temp_directory", self._spill.name),
            ("autoinstall_known_extensions", False),
            ("autoload_known_extensions", False),
            ("preserve_insertion_order", False),
        ):
            self.connection.execute(f"SET {setting} = '{value}'")
        for name, columns in TABLES.items():
            files = [str(file) for file in tables.get(name, ())]
            if files:
                listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
                # Read once: matching looks at every table many times, and a store has many files.
                self.connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet([{listed}])")
            else:
                described = ", ".join(f"{column.name} {column.type}" for column in columns)
                self.connection.execute(f"CREATE TABLE {name} ({described})")

    def run(self, script: str) -> None:
        for statement in script.split(";\n"):
            if statement.strip():
                self.connection.execute(statement)

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        cursor = self.connection.cursor()
        try:
            cursor.execute(_QUIET)  # a setting of each connection
            cursor.execute(query)
            while batch := cursor.fetchmany(_BATCH):
                yield from batch
        finally:
            cursor.close()

    def write_parquet(self, query: str, path: Path) -> None:
        place = str(path).replace("'", "''")
        self.connection.execute(f"COPY ({query}) TO '{place}' (FORMAT parquet, COMPRESSION zstd)")

    def close(self) -> None:
        self.connection.close()
        self._spill.cleanup()
