"""What is read for several checks: the group a transaction stands in, and dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bitewing.edi.conformance.sections import Placed
from bitewing.edi.values import DateSpan, day, span


@dataclass(frozen=True, slots=True)
class Group:
    """Of GS: kind GS01, version GS08, and GS04, None where it is no date."""

    kind: str = ""
    version: str = ""
    sent: date | None = None

    @classmethod
    def of(cls, kind: str, sent: str, version: str) -> Group:
        """From GS01, GS04 and GS08 as sent."""
        try:
            return cls(kind, version, day(sent))
        except ValueError:
            return cls(kind, version)


def span_of(placed: Placed | None, qualifier_at: int = 2) -> DateSpan | None:
    """The date or period in DTP02/03 or DMG01/02, None where there is none or it is no date (a fault of its own)."""
    if placed is None:
        return None
    try:
        return span(placed.element(qualifier_at), placed.element(qualifier_at + 1))
    except ValueError:
        return None
