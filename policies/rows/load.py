"""Row lines become typed tables: the SELECT by which DuckDB reads them. The store and the measurements use this one."""

from __future__ import annotations

from bitewing.policies.tables import DELIMITER, QUOTE, TABLES, TEXT


def select(table: str, file: str, source: str) -> str:
    """SQL that reads a file of row lines of one table, with its ``source`` in front, typed as ``TABLES`` says.

    Text is "" where nothing was sent, anything else NULL. What does not fit its type is an error of the engine, never
    a NULL. Raises KeyError for a table that there is not.
    """
    columns = TABLES[table][1:]
    types = ", ".join(f"{_literal(column.name)}: {_literal(column.type)}" for column in columns)
    texts = ", ".join(_literal(column.name) for column in columns if column.type == TEXT)
    names = ", ".join(f'"{column.name}"' for column in columns)
    options = [
        "auto_detect = false",
        "header = false",
        f"delim = {_literal(DELIMITER)}",
        f"quote = {_literal(QUOTE)}",
        f"escape = {_literal(QUOTE)}",
        "new_line = '\\n'",
        "nullstr = ''",
        "dateformat = '%Y%m%d'",
        "strict_mode = true",
        "max_line_size = 4194304",
        f"columns = {{{types}}}",
        *([f"force_not_null = [{texts}]"] if texts else []),
    ]
    return f"SELECT {_literal(source)} AS source, {names} FROM read_csv({_literal(file)}, {', '.join(options)})"


def select_columns(table: str, view: str, source: str) -> str:
    """The same of ``Columns`` that the engine knows under a name: they are typed already. Raises KeyError likewise."""
    names = ", ".join(f'"{column.name}"' for column in TABLES[table][1:])
    return f"SELECT {_literal(source)} AS source, {names} FROM {view}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
