"""S102: periapicals beside a full series."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import FULL_SERIES, PERIAPICALS
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, flag


@check(
    "S102",
    "pa-with-full-series",
    looks_at=FULL_SERIES,
    silent=lambda sketch: PERIAPICALS.isdisjoint(sketch.codes),
    reads=PERIAPICALS,
    source="D0230 billing guide (rule S4-08): the series is not the films that make it up",
    examples=(
        Example("a series and a film", ("C1: D0210 150.00 | D0220 32.00",), ("flag 1 2",)),
        Example("another date", ("C1: D0210 150.00 | D0220 32.00 @20260317",)),
        Example("a panoramic image", ("C1: D0330 125.00 | D0220 32.00",)),
    ),
)
def pa_with_full_series(day: Day) -> Iterator[Remark]:
    """Periapicals are reported on the date of a full series.

    A full series contains the periapicals of the whole mouth. Further ones of the same date are rare; the chart says.
    """
    films = day.of(PERIAPICALS)
    if films:
        series = day.of(FULL_SERIES)
        yield flag(
            [*series, *films],
            f"{series[0].code} and single periapicals on {day}. Check that the films are not part of the series.",
        )
