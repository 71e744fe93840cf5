"""P102: D0220 more than once on a date."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.claim import Claim
from bitewing.edi.codes import FIRST_PA, OTHER_PA
from bitewing.edi.line import Line
from bitewing.transforms.day import Day, by_number
from bitewing.transforms.example import Example
from bitewing.transforms.guard import READS, obstacles, split_obstacles
from bitewing.transforms.model import DATED, PLANNED, RANGE, UNDATED, Remark, check, flag, info, repair
from bitewing.transforms.periapical.possible_duplicate_line import duplicates
from bitewing.transforms.recode import Recode, recode

SAFETY = "The first film keeps D0220, the others take D0230; films, teeth, dates and the total charge stay."


@check(
    "P102",
    "repeated-first-pa",
    looks_at={FIRST_PA},
    reads=READS,
    kinds={DATED, RANGE, UNDATED, PLANNED},
    repairs=True,
    silent=lambda sketch: sketch.units(FIRST_PA) <= 1,
    source="D0230 billing guide (rule S4-03)",
    safety=SAFETY,
    examples=(
        Example(
            "two teeth",
            ("C1: D0220 32.00 #3 | D0220 32.00 #14",),
            ("repair 2",),
            ("C1: D0220 32.00 #3 | D0230 32.00 #14",),
        ),
        Example("four units", ("C1: D0220 x4 128.00",), ("repair 1",), ("C1: D0220 32.00 | D0230 x3 96.00",)),
        Example("a predetermination", ("C1 predetermination: D0220 x4 128.00",), ("info 1",)),
        Example("the same line twice: another pass asks", ("C1: D0220 32.00 #19 | D0220 32.00 #19",)),
        Example("a pair", ("C1: D0220 32.00 | D0230 26.00",)),
        Example("on a date with a full series", ("C1: D0210 150.00 | D0220 32.00 #3 | D0220 32.00 #14",), ("flag 3",)),
    ),
)
def repeated_first_pa(day: Day) -> Iterator[Remark]:
    """The first periapical (D0220) is reported more than once on a date.

    D0220 is reported once a date and practice; repeats are a common reject. One film keeps it, and every other film of
    the date is D0230. Two lines that are alike in tooth and charge may be one film entered twice: then nothing is
    recoded, and ``possible-duplicate-line`` asks.
    """
    first = by_number(day.of(FIRST_PA))
    if sum(line.quantity for line in first) <= 1 or (duplicates(first) and day.kind != PLANNED):
        earlier = _submitted_before(day, first)
        if earlier:
            yield flag(first, f"D0220 was submitted before for {day}, on claim {earlier[0]}. Check for a repeat.")
        return
    kept, *others = first
    recodes = [Recode(kept, FIRST_PA, OTHER_PA)] if kept.quantity > 1 else []
    recodes += [Recode(line, OTHER_PA) for line in others]
    touched = [change.line for change in recodes]
    if day.kind == PLANNED:
        yield info(touched, "D0220 is planned more than once. Nothing was done yet, so nothing is changed.")
        return
    why_not = obstacles(day, touched, {FIRST_PA, OTHER_PA})
    if not why_not and kept.quantity > 1:
        why_not = split_obstacles(kept)
    if why_not:
        yield flag(touched, f"D0220 more than once on {day}. Not repaired: {'; '.join(why_not)}. Check the chart.")
        return
    by_claim: dict[Claim, list[Recode]] = {}
    for change in recodes:
        by_claim.setdefault(change.line.claim, []).append(change)
    for changes in by_claim.values():
        yield repair(
            [change.line for change in changes],
            f"D0220 more than once on {day}: every film after the first is D0230. Films and charge stay.",
            recode("report the further films as D0230", SAFETY, changes),
        )


def _submitted_before(day: Day, first: list[Line]) -> list[str]:
    """The earlier claims by which this practice reported D0220 to this payer for the date.

    Not a claim of the same number, which is the same one sent again; and a claim that replaces another repeats it.
    """
    ids = {line.claim.id for line in first}
    if any(line.claim.frequency != "1" for line in first):
        return []
    parties = (day.patient.billing, day.patient.payer)
    return [
        known.claim
        for known in (day.history if first else ())
        if known.code == FIRST_PA and (known.billing, known.payer) == parties and known.claim not in ids
    ]
