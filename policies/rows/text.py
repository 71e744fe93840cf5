"""Values as fields of row lines, and the lines of one interchange gathered into chunks.

What cannot be read is absent and told as a fault; nothing is guessed and nothing rounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache

from bitewing.edi import values
from bitewing.policies.rows.model import MOST_FAULTS, Fault, Rows
from bitewing.policies.tables import DELIMITER, QUOTE, TABLES

CHUNK = 2 << 20
"""Bytes of a table's lines that make a chunk."""
NO_DAY = "00000000"
"""Sent by payers where there is no date."""

_PLAIN_AMOUNT = re.compile(r"-?\d{1,16}(?:\.\d{0,2})?", re.ASCII)
_QUOTED = re.compile("[" + DELIMITER + QUOTE + "\r\n]")
_LARGEST = Decimal(10) ** 16
_MOST_UNITS = 10**15


class Unreadable(ValueError):
    """A value that is not of its column's type."""


def field(text: str) -> str:
    """Text as a field: in quotes where it needs them."""
    if _QUOTED.search(text) is None:
        return text
    return QUOTE + text.replace(QUOTE, QUOTE * 2) + QUOTE


@lru_cache(maxsize=4096)
def money(text: str) -> str:
    """An amount as a field: as sent where it is plain. Raises Unreadable where it is none, or not whole cents."""
    if not text or _PLAIN_AMOUNT.fullmatch(text):
        return text
    try:
        return exact(values.number(text))
    except ValueError:
        raise Unreadable from None


def exact(amount: Decimal | None) -> str:
    """An amount in whole cents. Raises Unreadable where it has parts of a cent, or more digits than the column."""
    if amount is None:
        return ""
    if abs(amount) >= _LARGEST:
        raise Unreadable
    cents = amount.scaleb(2)
    if cents != cents.to_integral_value():
        raise Unreadable
    return f"{amount:.2f}"


@lru_cache(maxsize=4096)
def units(text: str) -> str:
    """A count as a field. Raises Unreadable where it is not a whole number."""
    return whole(values.number(text)) if text else ""


def whole(count: Decimal) -> str:
    """The same, of a number."""
    if count != count.to_integral_value() or abs(count) >= _MOST_UNITS:
        raise Unreadable
    return str(int(count))


@lru_cache(maxsize=4096)
def day(text: str) -> str:
    """A date CCYYMMDD as a field; eight zeros are none. Raises ValueError where there is no such day."""
    said = text.strip()
    if not said or said == NO_DAY:
        return ""
    values.day(said)
    return said


def days(value: date | None) -> str:
    """A date as a field."""
    return f"{value.year:04d}{value.month:02d}{value.day:02d}" if value is not None else ""


class Sheet:
    """The row lines of one interchange, by table, until a chunk is full; and its faults."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._parts: dict[str, list[bytes]] = {table: [] for table in TABLES}
        self._sizes = dict.fromkeys(TABLES, 0)
        self.faults: list[Fault] = []
        self.faulty = 0

    def put(self, table: str, *fields: object) -> None:
        """One row: fields that are text already in quotes where they need them."""
        self.lines(table, (DELIMITER.join(map(str, fields)) + "\n").encode())

    def lines(self, table: str, text: bytes) -> None:
        """Whole lines, ready."""
        self._parts[table].append(text)
        self._sizes[table] += len(text)

    def fault(self, table: str, row: tuple[int, ...], column: str) -> None:
        """Tell a value that cannot be read."""
        self.faulty += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(table, row, column))

    def full(self, least: int = CHUNK) -> Iterator[Rows]:
        """Chunks of tables that have reached this size, in the order of tables."""
        for table, size in self._sizes.items():
            if size >= least:
                text = b"".join(self._parts[table])
                self._parts[table], self._sizes[table] = [], 0
                yield Rows(self._source, table, text)


def age(born: str, day: str) -> str:
    """Whole years between two days as YYYYMMDD, "" where one is absent or they are the wrong way round; 90 for more."""
    if len(born) != 8 or len(day) != 8 or day < born:
        return ""
    years = int(day[:4]) - int(born[:4]) - (day[4:] < born[4:])
    return str(min(years, 90))
