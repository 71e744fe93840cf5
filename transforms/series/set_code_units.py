"""S105: a set or series with a quantity, as if it were counted in films."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import procedures
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import DATED, PLANNED, RANGE, UNDATED, Remark, check, flag

SET_CODES = frozenset(code for code, procedure in procedures().items() if procedure.set_of_images)


@check(
    "S105",
    "set-code-units",
    looks_at=SET_CODES,
    alone=True,
    silent=lambda sketch: SET_CODES.isdisjoint(sketch.more),
    kinds={DATED, RANGE, UNDATED, PLANNED},
    source="one unit of a set code is the whole set",
    examples=(
        Example("four units of a set of four", ("C1: D0274 x4 68.00",), ("flag 1",)),
        Example("one set", ("C1: D0274 68.00",)),
        Example("four single films", ("C1: D0220 32.00 | D0230 x3 78.00",)),
    ),
)
def set_code_units(day: Day) -> Iterator[Remark]:
    """A code for a set or series of films has a quantity above one.

    Its unit is the set: D0274 four times is sixteen films. The quantity was probably meant as films.
    """
    for _, mine in day.by_claim(SET_CODES):
        lines = [line for line in mine if line.quantity > 1]
        if lines:
            code = lines[0].code
            yield flag(
                lines, f"{code} is reported {lines[0].quantity:f} times. One unit is the whole set; check SV306."
            )
