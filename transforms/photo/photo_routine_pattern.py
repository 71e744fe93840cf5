"""H103: a practice that reports photographs with most of its examinations."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import EVALUATIONS, PHOTO
from bitewing.edi.finding import Action
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check
from bitewing.transforms.practice import Practice

FEWEST_EXAMS = 30
_VISIT = "C1: D0120 58.00 | D0350 45.00"


@check(
    "H103",
    "photo-routine-pattern",
    looks_at=EVALUATIONS | {PHOTO},
    source="D0350 guide (rules S0-03, S0-06)",
    examples=(
        Example("thirty exams, all with photographs", (_VISIT,), ("flag",), repeat=30),
        Example("twenty-nine exams", (_VISIT,), repeat=29),
        Example("exams without photographs", ("C1: D0120 58.00",), repeat=40),
    ),
)
def photo_routine_pattern(practice: Practice) -> Iterator[Remark]:
    """A practice reports D0350 with half of its examinations or more.

    Photographs at every visit without a reason of their own are an audit risk. Nothing is said of a single claim.
    """
    if practice.exams >= FEWEST_EXAMS and practice.exams_with_photo * 2 >= practice.exams:
        yield Remark(
            Action.FLAG,
            (),
            f"Practice {practice.billing}: {practice.exams_with_photo} of {practice.exams} visits with an examination "
            "report D0350 too. Check that each photograph has its own reason in the chart.",
        )
