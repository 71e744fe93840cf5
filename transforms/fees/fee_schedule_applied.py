"""U102: a recoded line takes the fee of its new code, because the operator asked for it."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.claim import Claim
from bitewing.edi.finding import Action
from bitewing.edi.line import Line
from bitewing.transforms.example import Example
from bitewing.transforms.facts import Facts
from bitewing.transforms.model import Remark, check
from bitewing.transforms.recode import reprice

SAFETY = "Only with --apply-fees, and only for lines that a repair gave another code; CLM02 follows."
_FEES = {"D0220": "32.00", "D0230": "26.00"}


@check(
    "U102",
    "fee-schedule-applied",
    repairs=True,
    needs="fees",
    source="the fee schedule handed in (--fees --apply-fees)",
    safety=SAFETY,
    examples=(
        Example(
            "a film recoded to D0220",
            ("C1: D0230 26.00",),
            ("info 1",),
            ("C1: D0220 32.00",),
            fees=_FEES,
            apply_fees=True,
        ),
        Example("a line no repair touched", ("C1: D0220 31.00",), fees=_FEES, apply_fees=True),
        Example("not asked for", ("C1: D0230 26.00",), fees=_FEES),
    ),
)
def fee_schedule_applied(claim: Claim, facts: Facts) -> Iterator[Remark]:
    """A line that a repair recoded takes the fee of its new code, and the claim's total follows.

    The charge belonged to the code that was wrong. Lines that no repair touched keep what was charged.
    """
    if not facts.apply_fees or claim.origin is None or claim.charge is None:
        return
    for line in claim.lines:
        fee = facts.fee(line)
        if fee is None or line.charge is None or line.charge == fee * line.quantity or not _recoded(line, claim.origin):
            continue
        charge = fee * line.quantity
        message = f"The charge for {line.code} is set from {line.charge:.2f} to {charge:.2f} by the fee schedule."
        yield Remark(Action.INFO, (line,), message, reprice("apply the fee schedule", SAFETY, line, charge))
        return  # the total changes with every line: the next one in the next round


def _recoded(line: Line, origin: Claim) -> bool:
    return line.index >= len(origin.lines) or origin.lines[line.index].code != line.code
