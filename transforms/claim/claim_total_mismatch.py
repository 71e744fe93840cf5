"""T101: a claim whose total is not the sum of its lines."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.claim import Claim
from bitewing.edi.finding import Action
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check


@check(
    "T101",
    "claim-total-mismatch",
    snip=3,
    silent=lambda sketch: sketch.balanced,
    source="005010X224A2: CLM02 is the sum of SV302",
    examples=(
        Example("ten dollars too many", ("C1 total=68.00: D0220 32.00 | D0230 26.00",), ("flag",)),
        Example("written otherwise", ("C1 total=58: D0220 32.00 | D0230 26.00",)),
    ),
)
def claim_total_mismatch(claim: Claim) -> Iterator[Remark]:
    """The claim's total charge (CLM02) is not the sum of its lines' charges (SV302).

    Which of them is wrong cannot be known, so nothing is repaired on the claim.
    """
    total = claim.total_of_lines
    if claim.charge is None or claim.charge != total:
        said = f"{claim.charge:.2f}" if claim.charge is not None else "absent"
        message = (
            f"The total CLM02 is {said}, the lines come to {total:.2f}. Correct whichever is wrong and send again."
        )
        yield Remark(Action.FLAG, (), message, claim=claim)
