"""S107: a count of films that is not the count in the record."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bitewing.edi.codes import FIRST_PA, procedures
from bitewing.edi.line import Line
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.guard import READS, obstacles
from bitewing.transforms.model import Remark, check, flag, repair
from bitewing.transforms.recode import recount

SAFETY = (
    "Only where the charge on the line is the fee for the attested number of films: the charge stays, SV306 follows."
)
COUNTED = frozenset(code for code, procedure in procedures().items() if procedure.images == 1)
_THREE = ({"claim": "C1", "line": "L2", "images_taken": 3, "signed_by": "Dr. Example", "signed_at": "2026-03-11"},)
_PAIR = "C1: D0220 32.00 | D0230 x2 78.00"


@check(
    "S107",
    "count-differs-from-chart",
    looks_at=COUNTED,
    reads=READS,
    repairs=True,
    needs="attestations",
    source="D0230 billing guide (rule S4-16), with an attestation only",
    safety=SAFETY,
    examples=(
        Example("the charge is not known to fit", (_PAIR,), ("flag 2",), attestations=_THREE),
        Example(
            "the charge is for three films",
            (_PAIR,),
            ("repair 2",),
            ("C1: D0220 32.00 | D0230 x3 78.00",),
            attestations=_THREE,
            fees={"D0230": "26.00", "D0220": "32.00"},
        ),
        Example("the counts agree", ("C1: D0220 32.00 | D0230 x3 78.00",), attestations=_THREE),
        Example("nothing attested", (_PAIR,)),
    ),
)
def count_differs_from_chart(day: Day) -> Iterator[Remark]:
    """A signed attestation counts other films than the line does.

    Count and charge must both be those of the record. Where the fee schedule shows that the line is charged for the
    attested number, only the quantity is wrong and is set; otherwise a person corrects both.
    """
    for line in day.of(COUNTED & day.codes):
        said = day.facts.attested(line)
        if said is None or said.images is None or said.images in (line.quantity, _received(line)):
            continue
        why_not = _doubts(day, line, said.images)
        message = f"{line.code}: the line says {line.quantity:f}, the attested record {said.images}."
        if why_not:
            yield flag([line], f"{message} Not repaired: {'; '.join(why_not)}. Correct count and charge.")
        else:
            fix = recount("set the quantity to the record's", SAFETY, line, said.images)
            yield repair([line], f"{message} The charge is that of {said.images}, so SV306 follows.", fix)


def _received(line: Line) -> Decimal:
    """The quantity as received, where another repair has split the line since."""
    origin = line.claim.origin
    return origin.lines[line.index].quantity if origin is not None else line.quantity


def _doubts(day: Day, line: Line, images: int) -> list[str]:
    fee = day.facts.fee(line)
    why_not = [said for said in obstacles(day, [line], {line.code}, clash=frozenset()) if "attested" not in said]
    if images < 1 or fee is None or not fee or line.charge != fee * images:
        why_not.append("the charge is not known to be that of the record's count")
    if images > 1 and (len(line.teeth) > 1 or line.code == FIRST_PA):
        why_not.append("the line cannot carry several films")
    return why_not
