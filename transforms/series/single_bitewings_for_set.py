"""S104: bitewings reported one by one where a set has its own code."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, flag

SETS = {2: "D0272", 3: "D0273", 4: "D0274"}


@check(
    "S104",
    "single-bitewings-for-set",
    looks_at={"D0270"},
    silent=lambda sketch: sketch.units("D0270") <= 1,
    source="D0230 billing guide (rule S4-11): a set of four is D0274",
    examples=(
        Example("four lines", ("C1: D0270 30.00 | D0270 30.00 | D0270 30.00 | D0270 30.00",), ("flag 1 2 3 4",)),
        Example("two units", ("C1: D0270 x2 60.00",), ("flag 1",)),
        Example("one bitewing", ("C1: D0270 30.00",)),
        Example("captured only: image by image", ("C1: D0708 x4 80.00",)),
    ),
)
def single_bitewings_for_set(day: Day) -> Iterator[Remark]:
    """Several single bitewings (D0270) are reported on one date.

    Two, three and four bitewings have codes of their own. Merging lines changes what is charged, so a person does it.
    """
    lines = day.of("D0270")
    count = sum(line.quantity for line in lines)
    if count > 1:
        fits = SETS.get(int(count), "a set code")
        yield flag(lines, f"{count:f} single bitewings on {day}: {fits} reports them as a set. Check fee and chart.")
