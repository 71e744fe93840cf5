"""What reading an interchange into rows hands out: chunks of row lines or columns, then what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # numpy is not loaded where nobody asks for columns
    from bitewing.policies.rows.columns.arrow import Batch

MOST_FAULTS = 1000
"""Faults told one by one for an interchange; beyond, they are counted only."""


class Interchange(NamedTuple):
    """One ISA to IEA. source: SHA-256 of its bytes, in hexadecimal. offset, size: in the file. control: ISA13."""

    source: str
    offset: int
    size: int
    control: str


class Rows(NamedTuple):
    """Row lines of one table (``policies/tables.py``, without the column ``source``), in order; some MiB at most."""

    source: str
    table: str
    text: bytes

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.text)


class Columns(NamedTuple):
    """Rows of one table as typed columns, without the column ``source``, in order; of one block of the file."""

    source: str
    table: str
    batch: Batch

    @property
    def size(self) -> int:
        """Bytes."""
        return self.batch.weight


class Fault(NamedTuple):
    """A value that is absent from a row because it cannot be read. row: the numbers that name the row in its table."""

    table: str
    row: tuple[int, ...]
    column: str


class Read(NamedTuple):
    """An interchange was read; it comes behind its rows.

    kind: ``837D``, ``835``, or what else it holds, by ST01 and version, which has no rows; several with + between.
    claims, lines: CLM and LX, or CLP and SVC. faulty: how many values cannot be read; faults: the first 1000 of them.
    """

    source: str
    kind: str
    control: str
    claims: int
    lines: int
    faulty: int
    faults: tuple[Fault, ...]
