"""P105: the D0220 that a D0230 follows was submitted before."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import FIRST_PA, OTHER_PA
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, info


@check(
    "P105",
    "first-pa-in-history",
    looks_at={OTHER_PA},
    reads={FIRST_PA},
    needs="history",
    source="rule S4-01: a late claim for further films of the same date",
    examples=(
        Example("a late claim", ("C9: D0230 26.00",), ("info 1",), history=("C1: D0220 32.00",)),
        Example("nothing was submitted before", ("C9: D0230 26.00",)),
        Example("another payer's", ("C9: D0230 26.00",), history=("C1 payer=TESTPAY2: D0220 32.00",)),
    ),
)
def first_pa_in_history(day: Day) -> Iterator[Remark]:
    """The first periapical of the date was submitted before, on an earlier claim to the same payer.

    The pair is complete. Recoding this claim would report two first films for one date.
    """
    further = day.of(OTHER_PA)
    if not further or day.of(FIRST_PA):
        return
    for known in day.history:
        if known.code == FIRST_PA and (known.billing, known.payer) == (day.patient.billing, day.patient.payer):
            yield info(further, f"The D0220 of {day} was submitted before on claim {known.claim}; nothing is changed.")
            return
