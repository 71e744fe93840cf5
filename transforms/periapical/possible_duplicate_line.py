"""P103: two D0220 lines that may be one film entered twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from bitewing.edi.codes import FIRST_PA
from bitewing.edi.line import Line
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import DATED, RANGE, UNDATED, Remark, check, flag


@check(
    "P103",
    "possible-duplicate-line",
    looks_at={FIRST_PA},
    kinds={DATED, RANGE, UNDATED},
    silent=lambda sketch: sketch.units(FIRST_PA) <= 1,
    source="rule S4-03, exception",
    examples=(
        Example("the same tooth and charge", ("C1: D0220 32.00 #19 | D0220 32.00 #19",), ("flag 1 2",)),
        Example("a tooth written with a zero", ("C1: D0220 32.00 #3 | D0220 32.00 #03",), ("flag 1 2",)),
        Example("no tooth on either", ("C1: D0220 32.00 | D0220 32.00",), ("flag 1 2",)),
        Example("two teeth", ("C1: D0220 32.00 #3 | D0220 32.00 #14",)),
    ),
)
def possible_duplicate_line(day: Day) -> Iterator[Remark]:
    """Two D0220 lines of a date are alike in tooth and charge, or neither names a tooth.

    They are one film entered twice, or films before and after a treatment. Recoding would bless a double entry,
    deleting could lose a film, so nothing is changed.
    """
    alike = duplicates(day.of(FIRST_PA))
    if alike:
        yield flag(
            alike, f"D0220 lines of {day} look like one film entered twice. Check the chart: remove one, or use D0230."
        )


def duplicates(lines: Sequence[Line]) -> list[Line]:
    """The lines that have a like among the others: same tooth and charge, or both without a tooth."""
    alike: dict[tuple[frozenset[str], Decimal | None], list[Line]] = {}
    for line in lines:
        teeth = frozenset(tooth.number.lstrip("0").upper() for tooth in line.teeth)
        alike.setdefault((teeth, line.charge if teeth else None), []).append(line)
    twice = {id(line) for group in alike.values() if len(group) > 1 for line in group}
    return [line for line in lines if id(line) in twice]
