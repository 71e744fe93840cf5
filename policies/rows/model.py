"""What reading an interchange into rows hands out: chunks of row lines, then what was read."""

from __future__ import annotations

from typing import NamedTuple

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
