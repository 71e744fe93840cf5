"""S101: many periapicals on one date."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import PERIAPICALS
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, info

FEWEST_FILMS = 8


@check(
    "S101",
    "pa-stack",
    looks_at=PERIAPICALS,
    silent=lambda sketch: sum(map(sketch.units, PERIAPICALS)) < FEWEST_FILMS,
    source="D0230 billing guide (rules S4-07, S4-08)",
    examples=(
        Example("fourteen films", ("C1: D0220 32.00 | D0230 x13 338.00",), ("info 1 2",)),
        Example("seven films", ("C1: D0220 32.00 | D0230 x6 156.00",)),
        Example("a flag speaks of them already", ("C1: D0210 150.00 | D0220 32.00 | D0230 x13 338.00",)),
    ),
)
def pa_stack(day: Day) -> Iterator[Remark]:
    """Eight periapicals or more are reported on one date.

    Some payers pay such a stack as a full series. What was done is reported as it was done: no count makes a D0210.
    """
    films = day.of(PERIAPICALS)
    count = sum(line.quantity for line in films)
    if count >= FEWEST_FILMS:
        yield info(
            films, f"{count:f} periapicals on {day}: some payers pay so many as a full series. Nothing is changed."
        )
