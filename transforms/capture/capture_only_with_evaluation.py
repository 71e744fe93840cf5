"""C104: a capture-only image on the date on which its own provider examined the patient."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import CAPTURE_ONLY, EVALUATIONS
from bitewing.transforms.day import Day, rendering
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, flag

CAPTURED = frozenset(code for code in CAPTURE_ONLY if code.startswith("D07"))


@check(
    "C104",
    "capture-only-with-evaluation",
    looks_at=CAPTURED,
    reads=EVALUATIONS,
    source="D0707 guide (rule S3-01)",
    examples=(
        Example("an exam by the same dentist", ("C1: D0140 85.00 | D0707 22.00 #3",), ("flag 2",)),
        Example("an exam by another dentist", ("C1: D0707 22.00 #3 | D0140 85.00 by=1999900032",)),
        Example("a screening", ("C1: D0190 30.00 | D0707 22.00 #3",)),
    ),
)
def capture_only_with_evaluation(day: Day) -> Iterator[Remark]:
    """A capture-only image is reported by the provider who examined the patient on the same date.

    An examination suggests that the image was read, and then the full code is right. It is no proof, so nothing is
    changed without an attestation.
    """
    examined = {rendering(line) for line in day.visit.lines if line.code in EVALUATIONS}
    for _, mine in day.by_claim(CAPTURED):
        lines = [line for line in mine if rendering(line) in examined]
        if lines:
            codes = " and ".join(sorted({line.code for line in lines}))
            yield flag(
                lines,
                f"{codes} says captured only, but the same provider examined the patient on {day}. "
                "If the image was read here, report the full code and attest it.",
            )
