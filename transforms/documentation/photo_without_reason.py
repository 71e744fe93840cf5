"""D103: photographs with nothing that says why."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import PHOTO
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, info


@check(
    "D103",
    "photo-without-reason",
    looks_at={PHOTO},
    on=False,
    source="D0350 guide (rule S0-08)",
    examples=(
        Example("nothing", ("C1: D0350 45.00",), ("info 1",)),
        Example("a note", ('C1 "note=RECESSION UPPER LEFT": D0350 45.00',)),
    ),
)
def photo_without_reason(day: Day) -> Iterator[Remark]:
    """A photograph is reported without a note (NTE) or attachment (PWK) that says what it shows.

    Payers that cover photographs expect a reason for each.
    """
    for claim in day.claims:
        lines = [line for line in day.of(PHOTO) if line.claim is claim]
        if lines and not (claim.notes or claim.attachments):
            yield info(lines, "Nothing on the claim says what the photographs show. Add a note or an attachment.")
