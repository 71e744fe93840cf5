"""T103: several teeth and several units on one line."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.claim import Claim
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, flag


@check(
    "T103",
    "too-with-multiple-units",
    silent=lambda sketch: not sketch.crowded,
    source="X12 RFI 1866: several teeth and several units are one line for each tooth",
    examples=(
        Example("three films, three teeth", ("C1: D0220 32.00 | D0230 x3 78.00 #3,14,30",), ("flag 2",)),
        Example("a denture over five teeth", ("C1: D5214 900.00 #18,19,21,30,31",)),
        Example("two films of one tooth", ("C1: D0220 32.00 | D0230 x2 52.00 #30",)),
    ),
)
def too_with_multiple_units(claim: Claim) -> Iterator[Remark]:
    """A line has several teeth (TOO) and a quantity above one (SV306).

    Which unit belongs to which tooth is not said. No tooth is dropped or guessed: send one line for each tooth.
    """
    lines = [line for line in claim.lines if line.quantity_sent and line.quantity > 1 and len(line.teeth) > 1]
    if lines:
        yield flag(lines, "Several teeth and several units on one line. Send one line for each tooth.")
