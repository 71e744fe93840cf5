"""From a file to the rows of a store: ``rows(document, keys)``. See README.md."""

from __future__ import annotations

from bitewing.policies.rows.keys import Keys
from bitewing.policies.rows.model import Columns, Fault, Interchange, Read, Rows
from bitewing.policies.rows.reader import interchanges, rows

__all__ = ["Columns", "Fault", "Interchange", "Keys", "Read", "Rows", "interchanges", "rows"]
