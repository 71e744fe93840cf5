"""The rows of one interchange on their way into DuckDB: lines wait in files, columns in memory until they are many."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from bitewing.policies.rows import Columns, Rows
from bitewing.policies.rows.load import select, select_columns

if TYPE_CHECKING:
    from bitewing.policies.rows.columns.arrow import Batch, Stream

MOST = 1 << 18
"""Rows kept as columns; more go into tables of the engine, which spill to disk where memory is short."""


class Staging:
    """What was read of an interchange so far. folder: for lines, one file for each table. Methods raise duckdb.Error
    and OSError where memory or disk are full.
    """

    def __init__(self, engine: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._lines: set[str] = set()
        self._moved: set[str] = set()
        self._batches: dict[str, list[Batch]] = {}
        self._kept = 0
        self._streams: dict[str, Stream] = {}

    @property
    def tables(self) -> list[str]:
        """Those that have rows."""
        return sorted(self._lines | self._moved | self._batches.keys())

    def add(self, part: Rows | Columns) -> None:
        """The next rows of the interchange."""
        if isinstance(part, Rows):
            with (self._folder / part.table).open("ab") as stream:
                stream.write(part.text)
            self._lines.add(part.table)
            return
        self._batches.setdefault(part.table, []).append(part.batch)
        self._kept += part.batch.size
        if self._kept > MOST:
            self._move()

    def select(self, table: str, source: str) -> str:
        """SQL for all rows of a table, with their source, typed; it holds until ``clear``."""
        parts = []
        if table in self._moved:
            parts.append(select_columns(table, f"moved_{table}", source))
        if table in self._batches:
            parts.append(select_columns(table, self._view(table), source))
        if table in self._lines:
            parts.append(select(table, str(self._folder / table), source))
        return " UNION ALL ".join(parts)

    def clear(self) -> None:
        """Forget this interchange, for the next one."""
        for table in self._lines:
            (self._folder / table).unlink(missing_ok=True)
        for table in self._moved:
            self._engine.execute(f"DROP TABLE moved_{table}")
        self._let_go()
        self._lines.clear()
        self._moved.clear()

    def _view(self, table: str) -> str:
        """The columns that are kept, under a name that the engine knows."""
        from bitewing.policies.rows.columns.arrow import Stream  # it is loaded: there are columns

        name = f"kept_{table}"
        if name not in self._streams:
            self._streams[name] = Stream(self._batches[table])
            self._engine.register(name, self._streams[name])
        return name

    def _move(self) -> None:
        for table in self._batches:
            said = f"SELECT * FROM {self._view(table)}"
            into = f"INSERT INTO moved_{table}" if table in self._moved else f"CREATE TABLE moved_{table} AS"
            self._engine.execute(f"{into} {said}")
            self._moved.add(table)
        self._let_go()

    def _let_go(self) -> None:
        for name, stream in self._streams.items():
            self._engine.unregister(name)
            stream.let_go()
        self._streams.clear()
        self._batches.clear()
        self._kept = 0
