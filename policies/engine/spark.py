"""The same tables and the same SQL on Spark, for stores that outgrow one machine. Needs the extra ``spark`` and Java.

The SQL is in the dialect of DuckDB; sqlglot says it in that of Spark. A step is kept where it was made: what is used
several times is worked out once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bitewing.policies.tables import DAY, MONEY, NUMBER, TABLES, TEXT, YES_NO

_TYPES = {TEXT: "STRING", NUMBER: "BIGINT", MONEY: "DECIMAL(18,2)", DAY: "DATE", YES_NO: "BOOLEAN"}


class SparkEngine:
    """The tables of a store on a Spark session, which stays whose it is. Raises ImportError without pyspark."""

    def __init__(self, session: Any, tables: Mapping[str, Sequence[Path]]) -> None:
        self._session = session
        self._made: list[Any] = []
        for name, columns in TABLES.items():
            schema = ", ".join(f"{column.name} {_TYPES[column.type]}" for column in columns)
            files = [str(file) for file in tables.get(name, ())]
            frame = session.read.schema(schema).parquet(*files) if files else session.createDataFrame([], schema)
            frame.createOrReplaceTempView(name)

    def run(self, script: str) -> None:
        from sqlglot import exp, parse

        for statement in parse(script, read="duckdb"):
            if not isinstance(statement, exp.Create):
                continue
            # Worked out now: plans that hold the plans of all steps before them take minutes to be looked at.
            frame = self._session.sql(statement.expression.sql(dialect="spark")).localCheckpoint(eager=True)
            # And estimated anew: what is kept goes on with the estimated size of all that it was made from, multiplied
            # join by join, until Spark multiplies numbers of millions of digits and nothing else.
            made = frame._jdf
            anew = self._session._jsparkSession.createDataFrame(made.toJavaRDD(), made.schema())
            anew.createOrReplaceTempView(statement.this.name)
            self._made.append(frame)

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        from sqlglot import transpile

        (said,) = transpile(query, read="duckdb", write="spark")
        for row in self._session.sql(said).toLocalIterator():
            yield tuple(row)

    def write_parquet(self, query: str, path: Path) -> None:
        from sqlglot import transpile

        (said,) = transpile(query, read="duckdb", write="spark")
        self._session.sql(said).coalesce(1).write.mode("overwrite").parquet(str(path))

    def write_parts(self, query: str, folder: Path, by: tuple[str, ...]) -> None:
        from sqlglot import transpile

        (said,) = transpile(query, read="duckdb", write="spark")
        self._session.sql(said).write.partitionBy(*by).parquet(str(folder))

    def close(self) -> None:
        """Let go of what was made; the session stays open."""
        while self._made:
            self._made.pop().unpersist()
