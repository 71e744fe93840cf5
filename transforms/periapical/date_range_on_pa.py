"""P106: a periapical whose date of service is a range."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import PERIAPICALS
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import RANGE, Remark, check, flag


@check(
    "P106",
    "date-range-on-pa",
    looks_at=PERIAPICALS,
    alone=True,
    silent=lambda sketch: True,
    kinds={RANGE},
    source="rule S4-01: first and further films are counted by date; 2300 DTP*472 RD8",
    examples=(
        Example("a claim over five days", ("C1 range=20260301-20260305: D0220 32.00 | D0230 26.00",), ("flag 1 2",)),
        Example("a range of one day", ("C1 range=20260310-20260310: D0220 32.00 | D0230 26.00",)),
        Example("one date", ("C1: D0220 32.00 | D0230 26.00",)),
    ),
)
def date_range_on_pa(day: Day) -> Iterator[Remark]:
    """A periapical film has a range of dates, not a date of service.

    Which film is the first of a date cannot be said for a range, so nothing about the pair can be checked or repaired.
    """
    for _, films in day.by_claim(PERIAPICALS):
        if films:
            yield flag(films, f"Periapical films are dated {day}. Give every line its own date of service.")
