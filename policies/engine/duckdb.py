"""The embedded engine: DuckDB over the Parquet files of a store, in bounded memory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from bitewing.policies.tables import NUMBER, TABLES, TEXT, Column

_BATCH = 4096


_ENUMS = {
    "interchange_source": ("source",),
    "word": (
        "code", "sent_code", "teeth", "frequency", "payer_id", "payer_seq", "group_no", "clp02", "contract_class",
        "qualifier", "group_code", "reason", "remark",
    ),
}  # fmt: skip
"""Columns whose values come again and again are kept as numbers in the order of their text, columns of one kind in the
same numbers: joins and groups are by them, and tables of millions of lines are much smaller."""
_QUIET = "SET enable_progress_bar = false"


def roomy() -> str:
    """The memory that learning from all of a store may take: half of the machine's, from 1.2 to 3 GB.

    With less it is as right and slower: what does not fit goes to disk.
    """
    try:
        megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2_000_000
    except (AttributeError, ValueError, OSError):  # not said on this system
        megabytes = 0
    return f"{min(3000, max(1200, megabytes))}MB"


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
        for setting, value in (
            ("memory_limit", memory),
            ("threads", threads),
            ("temp_directory", self._spill.name),
            ("autoinstall_known_extensions", False),
            ("autoload_known_extensions", False),
            ("preserve_insertion_order", False),
            ("checkpoint_threshold", "1TB"),  # nothing is kept: tidying up tables that go soon takes time
        ):
            self.connection.execute(f"SET {setting} = '{value}'")
        listed = {name: _listed(tables.get(name, ())) for name in TABLES}
        enums = self._enums(listed)
        for name, known in TABLES.items():
            wanted = [column for column in known if columns is None or column.name in columns]
            types = {column.name: enums.get(column.name, _type(column)) for column in wanted}
            if listed[name]:
                # Read once: matching looks at every table many times, and a store has many files.
                fields = ", ".join(f"CAST({column} AS {kind}) AS {column}" for column, kind in types.items())
                said = f"CREATE TABLE {name} AS SELECT {fields} FROM read_parquet([{listed[name]}])"
            else:
                said = f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in types.items())})"
            self.connection.execute(said)

    def _enums(self, listed: Mapping[str, str]) -> dict[str, str]:
        """The type of each column that is kept as numbers; none where there are no files to know their values from."""
        made: dict[str, str] = {}
        for enum, names in _ENUMS.items():
            every = [
                f"SELECT {column.name} AS said FROM read_parquet([{listed[name]}])"
                for name, columns in TABLES.items() for column in columns
                if column.name in names and column.type == TEXT and listed[name]
            ]  # fmt: skip
            if every:
                values = f"SELECT DISTINCT said FROM ({' UNION '.join(every)}) WHERE said IS NOT NULL ORDER BY said"
                self.connection.execute(f"CREATE TYPE {enum} AS ENUM ({values})")
                made |= dict.fromkeys(names, enum)
        return made

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


def _type(column: Column) -> str:
    """The type of any other column: the places of claims and lines, which Python counted, are short numbers."""
    return "INTEGER" if column.type == NUMBER and column.name.endswith("_no") else column.type


def _listed(files: Sequence[Path]) -> str:
    return ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
