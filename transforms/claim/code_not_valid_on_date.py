"""T104: a code before its first year or after its last."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import procedures
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import DATED, RANGE, Remark, check, flag

LIMITED = frozenset(code for code, known in procedures().items() if known.first_year or known.deleted_year)


@check(
    "T104",
    "code-not-valid-on-date",
    looks_at=LIMITED,
    alone=True,
    silent=lambda sketch: all(procedures()[code].valid_on(sketch.date) for code in LIMITED.intersection(sketch.codes)),
    kinds={DATED, RANGE},
    snip=5,
    source="CDT years (rule S1-02); validity goes by date of service",
    examples=(
        Example("before its first day", ("C1: D0707 22.00 #3 @20201230",), ("flag 1",)),
        Example("on its last day", ("C1: D0351 60.00 @20221231",)),
        Example("no image, and ended with 2025", ("C1: D1352 80.00 @20260105",), ("flag 1",)),
        Example("after it", ("C1: D0351 60.00 @20230101",), ("flag 1",)),
    ),
)
def code_not_valid_on_date(day: Day) -> Iterator[Remark]:
    """A code was not yet, or is no longer, valid on the date of service.

    Codes come and go on January 1. The date of service decides, not the date of the claim. Successors are not always
    one to one, so none is put in its place.
    """
    assert day.span is not None
    for _, lines in day.by_claim(LIMITED):
        wrong = [
            line
            for line in lines
            if not procedures()[line.code].valid_on(day.span.start)
            and not procedures()[line.code].valid_on(day.span.end)
        ]
        if wrong:
            codes = " and ".join(sorted({line.code for line in wrong}))
            yield flag(wrong, f"{codes} is not valid on {day}. Use the code that was in force on the date of service.")
