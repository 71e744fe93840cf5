"""Where relational work is done: one SQL text, in DuckDB's dialect, on whichever engine holds the tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol


class Engine(Protocol):
    """Tables that answer SQL."""

    def run(self, script: str) -> None:
        """Statements with ``;`` at the ends of lines, in order."""
        ...

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a query; several streams may be read side by side."""
        ...

    def write_parquet(self, query: str, path: Path) -> None:
        """What a query gives, as one Parquet file."""
        ...

    def write_parts(self, query: str, folder: Path, by: tuple[str, ...]) -> None:
        """What a query gives, as Parquet files in folders named ``COLUMN=VALUE`` after these columns."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...
