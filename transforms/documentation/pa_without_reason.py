"""D102: periapicals with nothing that says why."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import PERIAPICALS
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, info


@check(
    "D102",
    "pa-without-reason",
    looks_at=PERIAPICALS,
    on=False,
    source="D0230 billing guide (rule S4-15)",
    examples=(
        Example("nothing", ("C1: D0220 32.00 #30",), ("info 1",)),
        Example("a note", ('C1 "note=PAIN UPPER LEFT": D0220 32.00 #30',)),
    ),
)
def pa_without_reason(day: Day) -> Iterator[Remark]:
    """Periapicals are reported without a note (NTE), an attachment (PWK) or a diagnosis (HI).

    The reason may be in the chart; a payer that reviews the claim will ask for it.
    """
    for claim in day.claims:
        lines = [line for line in day.of(PERIAPICALS) if line.claim is claim]
        if lines and not (claim.notes or claim.attachments or claim.diagnoses):
            yield info(lines, "Nothing on the claim says why the periapicals were taken. Have the reason in the chart.")
