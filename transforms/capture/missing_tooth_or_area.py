"""C106: a captured periapical that does not say what it shows."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import DATED, PLANNED, RANGE, UNDATED, Remark, check, flag


@check(
    "C106",
    "missing-tooth-or-area",
    looks_at={"D0707"},
    kinds={DATED, RANGE, UNDATED, PLANNED},
    alone=True,
    source="D0707 guide (rule S3-02)",
    examples=(
        Example("no tooth", ("C1: D0707 22.00",), ("flag 1",)),
        Example("no tooth and no one date", ("C1 range=20260301-20260305: D0707 22.00",), ("flag 1",)),
        Example("a tooth", ("C1: D0707 22.00 #3",)),
        Example("an area of the mouth", ("C1: D0707 22.00 area=10",)),
    ),
)
def missing_tooth_or_area(day: Day) -> Iterator[Remark]:
    """A capture-only periapical (D0707) names neither a tooth (TOO) nor an area of the mouth (SV304).

    The reader elsewhere and the payer cannot tell which image it is. No tooth is ever invented.
    """
    for _, mine in day.by_claim("D0707"):
        lines = [line for line in mine if not line.teeth and not line.areas]
        if lines:
            yield flag(lines, "D0707 names no tooth and no area of the mouth. Add it from the chart.")
