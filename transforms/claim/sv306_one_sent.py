"""T102: a quantity of one that was sent although it is meant by sending none."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.claim import Claim
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, info


@check(
    "T102",
    "sv306-one-sent",
    snip=2,
    silent=lambda sketch: 1 not in sketch.counts,
    source="X12 RFI 1866",
    examples=(
        Example("a quantity of one", ("C1: D0120 x1 58.00",), ("info 1",)),
        Example("none sent", ("C1: D0120 58.00",)),
        Example("two", ("C1: D0220 32.00 | D0230 x2 52.00",)),
    ),
)
def sv306_one_sent(claim: Claim) -> Iterator[Remark]:
    """A line sends the quantity 1 (SV306), which the guide says is left out.

    Most payers take it, and some ask for it, so it is left as it is.
    """
    lines = [line for line in claim.lines if line.quantity_sent and line.quantity == 1]
    if lines:
        yield info(lines, "SV306 says 1, which the guide leaves out. Left as it is.")
