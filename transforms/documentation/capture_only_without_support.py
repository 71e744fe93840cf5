"""D104: a capture-only image with nothing that says who reads it."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.claim import Claim
from bitewing.edi.codes import CAPTURE_ONLY
from bitewing.policies.history import VOID
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, info

TELEHEALTH = ("02", "10")


@check(
    "D104",
    "capture-only-without-support",
    looks_at=CAPTURE_ONLY,
    on=False,
    source="D0702 and D0707 guides (rules S2-04, S2-05, S3-04)",
    examples=(
        Example("in the office, nothing said", ("C1: D0707 22.00 #3",), ("info 1",)),
        Example("by telehealth", ("C1 pos=02: D0707 22.00 #3",)),
        Example("a note", ('C1 "note=SENT TO ENDODONTIST": D0707 22.00 #3',)),
    ),
)
def capture_only_without_support(claim: Claim) -> Iterator[Remark]:
    """A capture-only image of an office visit has no note (NTE), attachment (PWK) or referring provider (2310A).

    Who reads the image, and that it was not read here, should be told with the claim.
    """
    if claim.frequency == VOID or claim.place_of_service in TELEHEALTH:
        return
    if not (claim.notes or claim.attachments or claim.referring_providers):
        lines = [line for line in claim.lines if line.code in CAPTURE_ONLY]
        yield info(lines, "Nothing on the claim says who reads the image. Add a note, an attachment or the referral.")
