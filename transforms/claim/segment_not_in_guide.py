"""T105: a segment where the guide has none."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.claim import Claim
from bitewing.edi.finding import Action
from bitewing.edi.guide import dental
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check


@check(
    "T105",
    "segment-not-in-guide",
    snip=2,
    silent=lambda sketch: sketch.whole,
    source="005010X224A2, loops 2300 to 2430",
    examples=(
        Example("an identifier that lines do not have", ("C1: D0120 58.00 ref=XZ:123",), ("info",)),
        Example("one that they have", ("C1: D0120 58.00 ref=9F:123",)),
    ),
)
def segment_not_in_guide(claim: Claim) -> Iterator[Remark]:
    """A segment stands in a loop in which the guide does not have it.

    It is kept as it is and read by nobody here. An identifier that no segment has may be a piece of a note and is not
    repeated. ``bitewing validate`` says what the guide allows.
    """
    known = dental().identifiers
    strays = [
        f"{segment.tag if segment.tag in known else 'an unknown segment'} in {loop.id}"
        for loop, segment in claim.loop.misplaced()
    ]
    if strays:
        said = ", ".join(dict.fromkeys(strays))
        yield Remark(Action.INFO, (), f"The guide does not have: {said}. Kept as it is.", claim=claim)
