"""P104: the D0220 that a D0230 follows stands on another claim of the file."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import FIRST_PA, OTHER_PA
from bitewing.edi.line import Line
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
        Example("what a repair made of a surplus D0220 is none", ("C1: D0220 32.00 #3", "C2: D0220 x3 96.00 #4")),
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
    for claim, lines in day.by_claim(OTHER_PA):
        further = [line for line in lines if _as_sent(line)]
        if further and claim not in paired:
            sibling = min(other.id for other in paired)
            yield info(further, f"The D0220 of {day} is on claim {sibling}; this claim is right as it is.")


def _as_sent(line: Line) -> bool:
    """Whether the line came as a further film: of one that a repair has just made so, that repair speaks."""
    origin = line.claim.origin
    return origin is None or any(one.received == line.received and one.code == OTHER_PA for one in origin.lines)
