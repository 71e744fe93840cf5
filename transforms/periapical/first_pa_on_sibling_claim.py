"""P104: the D0220 that a D0230 follows stands on another claim of the file."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import FIRST_PA, OTHER_PA
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, info


@check(
    "P104",
    "first-pa-on-sibling-claim",
    looks_at={OTHER_PA},
    silent=lambda sketch: True,
    reads={FIRST_PA},
    source="rule S4-01: the pairing is by patient and date, not by claim",
    examples=(
        Example("on a sibling claim", ("C1: D0140 85.00 | D0220 32.00", "C2: D0230 26.00"), ("info 1",)),
        Example("on the claim itself", ("C1: D0220 32.00 | D0230 26.00",)),
        Example("nowhere", ("C1: D0230 26.00",)),
    ),
)
def first_pa_on_sibling_claim(day: Day) -> Iterator[Remark]:
    """The first periapical of the date stands on another claim of the same patient, practice and payer.

    The pair is complete, only on two claims. Recoding the second claim would report two first films for one date.
    """
    paired = {line.claim for line in day.of(FIRST_PA)}
    if not paired:
        return
    for claim, further in day.by_claim(OTHER_PA):
        if claim not in paired:
            sibling = min(other.id for other in paired)
            yield info(further, f"The D0220 of {day} is on claim {sibling}; this claim is right as it is.")
