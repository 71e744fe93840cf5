"""U101: a charge that is not the practice's fee."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.claim import Claim
from bitewing.policies.history import VOID
from bitewing.transforms.example import Example
from bitewing.transforms.facts import Facts
from bitewing.transforms.model import Remark, check, info

_FEES = {"D0220": "32.00", "D0230": "26.00"}


@check(
    "U101",
    "fee-mismatch",
    needs="fees",
    source="the fee schedule handed in (--fees)",
    examples=(
        Example("a recoded film keeps its charge", ("C1: D0230 26.00",), ("info 1",), fees=_FEES),
        Example("charged by the schedule", ("C1: D0220 32.00 | D0230 x2 52.00",), fees=_FEES),
        Example("no schedule", ("C1: D0220 31.00",)),
    ),
)
def fee_mismatch(claim: Claim, facts: Facts) -> Iterator[Remark]:
    """A line's charge is not the practice's fee for its code.

    What was charged is never changed unless the operator asks for it with --apply-fees.
    """
    if claim.frequency == VOID or not facts.fees:
        return
    wrong = []
    for line in claim.lines:
        fee = facts.fee(line)
        if fee is not None and line.charge is not None and line.charge != fee * line.quantity:
            wrong.append(line)
    if wrong:
        codes = " and ".join(sorted({line.code for line in wrong}))
        yield info(wrong, f"The charge for {codes} is not the fee in the schedule. Left as it was charged.")
