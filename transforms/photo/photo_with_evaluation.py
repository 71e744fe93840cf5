"""H101: a photograph on the date of an evaluation that may include it."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import PHOTO, procedures
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, flag

INCLUDING = frozenset(code for code, procedure in procedures().items() if procedure.photo_included)


@check(
    "H101",
    "photo-with-evaluation",
    looks_at={PHOTO},
    silent=lambda sketch: INCLUDING.isdisjoint(sketch.codes),
    reads=INCLUDING,
    source="D0350 guide (rule S0-07)",
    examples=(
        Example("with a comprehensive evaluation", ("C1: D0150 98.00 | D0350 45.00",), ("flag 2",)),
        Example("two days later", ("C1: D0150 98.00 | D0350 45.00 @20260312",)),
        Example("with a periodic evaluation", ("C1: D0120 58.00 | D0350 45.00",)),
    ),
)
def photo_with_evaluation(day: Day) -> Iterator[Remark]:
    """A photograph (D0350) is reported on the date of D0150, D0180 or a consultation.

    Some payers hold the photograph to be part of the evaluation and deny it. It is never dropped, moved or set to zero:
    what was done is reported, and the note says why it was needed.
    """
    evaluations = sorted(INCLUDING & day.codes)
    if not evaluations:
        return
    for _, photos in day.by_claim(PHOTO):
        if photos:
            yield flag(
                photos,
                f"Some payers include D0350 in {' and '.join(evaluations)} of the same date. "
                "Leave it as it is, and have the reason for the photographs in the chart.",
            )
