"""The embedded engine: DuckDB over the Parquet files of a store, in bounded memory."""

from __future__ import annotations

import tempfile
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from bitewing.policies.tables import NUMBER, TABLES, Column

_BATCH = 4096


_SOURCE = "interchange_source"
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
    more goes to a temporary folder. columns: the names of those that will be asked for, where others need not be read.
    """

    def __init__(
        self,
        tables: Mapping[str, Sequence[Path]],
        *,
        memory: str = "1200MB",
        threads: int = 2,
        columns: Container[str] | None = None,
    ) -> None:
        self._spill = tempfile.TemporaryDirectory(prefix="bitewing-", ignore_cleanup_errors=True)
        self.connection = quiet()
        self._sources = False  # whether their type is there
        for setting, value in (
            ("memory_limit", memory),
            ("threads", threads),
            ("temp_directory", self._spill.name),
            ("autoinstall_known_extensions", False),
            ("autoload_known_extensions", False),
            ("preserve_insertion_order", False),
        ):
            self.connection.execute(f"SET {setting} = '{value}'")
        listed = {name: _listed(tables.get(name, ())) for name in TABLES}
        for name, known in TABLES.items():
            wanted = [column for column in known if columns is None or column.name in columns]
            types = {column.name: self._type(column, listed) for column in wanted}
            if listed[name]:
                # Read once: matching looks at every table many times, and a store has many files.
                fields = ", ".join(f"CAST({column} AS {kind}) AS {column}" for column, kind in types.items())
                said = f"CREATE TABLE {name} AS SELECT {fields} FROM read_parquet([{listed[name]}])"
            else:
                said = f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in types.items())})"
            self.connection.execute(said)

    def _type(self, column: Column, listed: Mapping[str, str]) -> str:
        """The type of a column. Sources are kept as numbers in the order of their text: most joins are by them; and the
        places of claims and lines, which Python counted, as short ones.
        """
        if column.name != "source":
            return "INTEGER" if column.type == NUMBER and column.name.endswith("_no") else column.type
        if not self._sources:
            every = " UNION ".join(f"SELECT source FROM read_parquet([{one}])" for one in listed.values() if one)
            if not every:
                return column.type
            self.connection.execute(f"CREATE TYPE {_SOURCE} AS ENUM (SELECT DISTINCT source FROM ({every}) ORDER BY 1)")
            self._sources = True
        return _SOURCE

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

    def write_parts(self, query: str, folder: Path, by: tuple[str, ...]) -> None:
        place = str(folder).replace("'", "''")
        self.connection.execute(f"COPY ({query}) TO '{place}' (FORMAT parquet, PARTITION_BY ({', '.join(by)}))")

    def close(self) -> None:
        self.connection.close()
        self._spill.cleanup()


def _listed(files: Sequence[Path]) -> str:
    return ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
