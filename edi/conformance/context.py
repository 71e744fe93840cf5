"""What a claim inherits: the HL in force above it, and its group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bitewing.edi.conformance.sections import Part, Placed
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


class Above:
    """The latest HL of each level, as sent; a claim belongs to the lowest of them."""

    def __init__(self) -> None:
        self.billing: Part | None = None
        self.subscriber: Part | None = None
        self.patient: Part | None = None

    def level(self, level: Part) -> None:
        """The next HL."""
        if level.id == "2000A":
            self.billing, self.subscriber, self.patient = level, None, None
        elif level.id == "2000B":
            self.subscriber, self.patient = level, None
        elif level.id == "2000C":
            self.patient = level

    @property
    def born(self) -> date | None:
        """The patient's birth date: DMG02 of 2010CA, else of 2010BA."""
        level, name = (self.patient, "2010CA") if self.patient is not None else (self.subscriber, "2010BA")
        party = level.part(name) if level is not None else None
        found = span_of(party.first(b"DMG"), 1) if party is not None else None
        return found.start if found else None


def span_of(placed: Placed | None, qualifier_at: int = 2) -> DateSpan | None:
    """The date or period in DTP02/03 or DMG01/02, None where there is none or it is no date (a fault of its own)."""
    if placed is None:
        return None
    try:
        return span(placed.element(qualifier_at), placed.element(qualifier_at + 1))
    except ValueError:
        return None
