"""The embedded engine: DuckDB over the Parquet files of a store, in bounded memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from bitewing.policies.tables import TABLES

_BATCH = 4096


class DuckEngine:
    """The tables of a store, each from its files, and whatever is made of them.

    tables: the Parquet files of each table; a table without files is empty. memory: the most that DuckDB holds; what is
    more goes to a temporary folder.
    """

    def __init__(self, tables: Mapping[str, Sequence[Path]], *, memory: str = "1200MB", threads: int = 2) -> None:
        self._spill = tempfile.TemporaryDirectory(prefix="bitewing-", ignore_cleanup_errors=True)
        self.connection = duckdb.connect(":memory:")
        for setting, value in (
            ("memory_limit", memory),
            ("threads", threads),
            ("temp_directory", self._spill.name),
            ("autoinstall_known_extensions", False),
            ("autoload_known_extensions", False),
            ("preserve_insertion_order", False),
        ):
            self.connection.execute(f"SET {setting} = '{value}'")
        held = {name: _listed(files) for name, files in tables.items() if files}
        # Every join goes by source, 64 characters long: as an enumeration in their order they are small numbers.
        known = " UNION ".join(f"SELECT source FROM read_parquet([{listed}])" for listed in held.values())
        if known:
            self.connection.execute(f"CREATE TYPE source_name AS ENUM (SELECT source FROM ({known}) ORDER BY source)")
        for name, columns in TABLES.items():
            if name in held:
                # Read once: matching looks at every table many times, and a store has many files.
                chosen = "* REPLACE (CAST(source AS source_name) AS source)"
                self.connection.execute(f"CREATE TABLE {name} AS SELECT {chosen} FROM read_parquet([{held[name]}])")
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


def _listed(files: Sequence[Path]) -> str:
    return ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
