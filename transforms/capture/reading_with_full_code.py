"""C107: a reading reported beside an image that one practice captured and read itself."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import READING, codes
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, flag

RADIOGRAPHS = codes(kind="full") - codes(family="PHOTO") - codes(family="PHOTO3D")


@check(
    "C107",
    "reading-with-full-code",
    looks_at={READING},
    reads=RADIOGRAPHS,
    source="Wisconsin ForwardHealth: a reading alone is not reported with codes that include it",
    examples=(
        Example("a reading of one's own image", ("C1: D0330 125.00 | D0391 60.00",), ("flag 1 2",)),
        Example("a reading alone", ("C1: D0391 60.00",)),
        Example("with a photograph", ("C1: D0350 45.00 | D0391 60.00",)),
    ),
)
def reading_with_full_code(day: Day) -> Iterator[Remark]:
    """A reading (D0391) is reported with an image whose code includes its reading, on one date by one practice.

    The reading may be of somebody else's image; if it is of this one, it is reported twice.
    """
    full = day.practice(RADIOGRAPHS)
    if full:
        others = " and ".join(sorted({line.code for line in full}))
        yield flag(
            [*full, *day.of(READING)],
            f"{READING} stands with {others} on {day}, and {others} includes the reading. Check which image was read.",
        )
