"""C103: one image reported as captured only and as captured and read."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import CAPTURE_ONLY, FULL_CODES, full_codes_of
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, flag


@check(
    "C103",
    "capture-only-mixed-with-full",
    looks_at=CAPTURE_ONLY,
    reads=FULL_CODES,
    source="D0702 guide (rules S2-01, S2-02)",
    examples=(
        Example("a cephalogram twice", ("C1: D0702 95.00 | D0340 140.00",), ("flag 1 2",)),
        Example("captured and read in another practice", ("C1: D0702 95.00", "C2 billing=1999900040: D0340 140.00")),
        Example("another kind of image", ("C1: D0702 95.00 | D0330 125.00",)),
    ),
)
def capture_only_mixed_with_full(day: Day) -> Iterator[Remark]:
    """An image is reported as captured only and as captured and read, on one date by one practice.

    The full code includes the capture, so both for one image report it twice. They may be two images; the chart says.
    """
    for code in sorted(CAPTURE_ONLY & day.codes):
        full = day.practice(full_codes_of(code))
        if full:
            others = " and ".join(sorted({line.code for line in full}))
            yield flag(
                [*day.of(code), *full],
                f"{code} and {others} of {day} both report an image of one kind. Keep what was done for each image.",
            )
