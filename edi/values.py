"""Element values as Python values, exactly: amounts and counts as Decimal, dates as date. Never float.

Types of X12.6: R (decimal number), D8/RD8 (dates).
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

_NUMBER = re.compile(r"-?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})", re.ASCII)
CENT = Decimal("0.01")
ONE = Decimal(1)


class DateSpan(NamedTuple):
    """The days from start to end, both included; start == end for one day."""

    start: date
    end: date

    @property
    def one_day(self) -> bool:
        return self.start == self.end

    def __str__(self) -> str:
        return self.start.isoformat() if self.one_day else f"{self.start.isoformat()} to {self.end.isoformat()}"


@lru_cache(maxsize=4096)
def number(text: str) -> Decimal:
    """A number of type R: digits, at most one point, an optional leading minus.

    Raises ValueError for anything else Python's own parser would take (``NaN``, ``1e9``, ``1_000``, blanks).
    """
    if _NUMBER.fullmatch(text) is None:
        raise ValueError("not a number")
    return Decimal(text)


@lru_cache(maxsize=4096)
def day(text: str) -> date:
    """A date CCYYMMDD (format D8). Raises ValueError where there is no such day."""
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        raise ValueError("not a date")
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


@lru_cache(maxsize=65536)
def is_day(text: bytes) -> bool:
    """Whether bytes are a date CCYYMMDD."""
    try:
        day(text.decode("latin-1"))
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4096)
def span(qualifier: str, text: str) -> DateSpan:
    """A date (D8) or range of dates (RD8, CCYYMMDD-CCYYMMDD). Raises ValueError where it is neither."""
    if qualifier == "RD8":
        first, dash, last = text.partition("-")
        found = DateSpan(day(first), day(last))
        if not dash or found.end < found.start:
            raise ValueError("not a range of dates")
        return found
    if qualifier != "D8":
        raise ValueError("not a date format that is known")
    only = day(text)
    return DateSpan(only, only)


def money_text(amount: Decimal, like: str) -> str:
    """An amount as text in the manner of another: as many decimals as ``like`` shows, more where cents need them."""
    shown = len(like.partition(".")[2])
    exact = amount.normalize()
    needed = max(0, -int(exact.as_tuple().exponent))
    return f"{amount:.{max(shown, needed)}f}"
