"""S103: bitewings beside a full series."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import FULL_SERIES, codes
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, flag

BITEWINGS = codes(family="BW") | {"D0373", "D0388"}


@check(
    "S103",
    "bitewings-with-full-series",
    looks_at=FULL_SERIES,
    silent=lambda sketch: BITEWINGS.isdisjoint(sketch.codes),
    reads=BITEWINGS,
    source="general practice: a full series includes posterior bitewings",
    examples=(
        Example("a series and a set", ("C1: D0210 150.00 | D0274 68.00",), ("flag 1 2",)),
        Example("a panoramic image and a set", ("C1: D0330 125.00 | D0274 68.00",)),
        Example("another date", ("C1: D0210 150.00 | D0274 68.00 @20260317",)),
    ),
)
def bitewings_with_full_series(day: Day) -> Iterator[Remark]:
    """Bitewings are reported on the date of a full series.

    A full series normally includes them, and both together may be read as one service reported twice.
    """
    bitewings = day.of(BITEWINGS)
    if bitewings:
        series = day.of(FULL_SERIES)
        yield flag(
            [*series, *bitewings],
            f"{series[0].code} and {bitewings[0].code} on {day}. Check that the bitewings are not part of the series.",
        )
