"""P101: D0230 on a date that has no D0220."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import FIRST_PA, OTHER_PA
from bitewing.edi.line import Line
from bitewing.transforms.day import Day, by_number
from bitewing.transforms.example import Example
from bitewing.transforms.guard import READS, obstacles, split_obstacles
from bitewing.transforms.model import DATED, PLANNED, RANGE, UNDATED, Remark, check, flag, info, repair
from bitewing.transforms.recode import Recode, recode

SAFETY = "One film takes the other code; films, teeth, dates and the total charge stay as they were."


@check(
    "P101",
    "missing-first-pa",
    looks_at={OTHER_PA},
    reads=READS,
    kinds={DATED, RANGE, UNDATED, PLANNED},
    repairs=True,
    silent=lambda sketch: FIRST_PA in sketch.codes,
    source="D0230 billing guide (rules S4-01, S4-02); X12 RFI 1866 for SV306",
    safety=SAFETY,
    examples=(
        Example("one film, coded as a further one", ("C1: D0230 26.00 #30",), ("repair 1",), ("C1: D0220 26.00 #30",)),
        Example(
            "three films on one line", ("C1: D0230 x3 78.00",), ("repair 1",), ("C1: D0220 26.00 | D0230 x2 52.00",)
        ),
        Example("a replacement claim", ("C1 freq=7 f8=ICN123: D0230 26.00",), ("flag 1",)),
        Example("a predetermination", ("C1 predetermination: D0230 x2 52.00",), ("info 1",)),
        Example("the further film stands first", ("C1: D0230 26.00 | D0220 32.00",)),
        Example("the first film is on another claim", ("C1: D0140 85.00 | D0220 32.00", "C2: D0230 26.00")),
        Example(
            "two payers, none of them has a first film",
            ("C1: D0230 26.00", "C2 payer=TESTPAY2: D0230 26.00"),
            ("flag 1", "flag 1"),
        ),
        Example("captured only: no first and further", ("C1 pos=02: D0707 22.00 #3 | D0707 22.00 #4",)),
    ),
)
def missing_first_pa(day: Day) -> Iterator[Remark]:
    """A further periapical (D0230) is reported on a date without a first one (D0220).

    Payers reject or pend such a line, because there is no first film for it to follow. Where nothing else explains the
    gap, the first film was given the wrong code: it becomes D0220, the others stay. A D0220 on a sibling claim or in
    earlier files explains it, and nothing is changed. Where it may stand under another payer or practice, or any
    condition of the guard fails, a person decides. The assumption made is that the code was wrong, not that a line was
    lost: compare the chart where films are missing.
    """
    further = by_number(day.of(OTHER_PA))
    if not further or day.of(FIRST_PA):
        return
    first = further[0]
    if day.kind == PLANNED:
        yield info([first], "D0230 is planned without D0220. Nothing was done yet, so nothing is changed.")
        return
    if any(known.code == FIRST_PA and _same_parties(known.billing, known.payer, day) for known in day.history):
        return
    why_not = obstacles(day, [first], {FIRST_PA, OTHER_PA})
    # Each would become the first film, and the date would have two.
    if day.beside({OTHER_PA}) or day.near_elsewhere({OTHER_PA}):
        why_not.append(
            "another practice or payer has D0230 of this patient and date, too, and which film is the first is not said"
        )
    if not why_not and _splits(first):
        why_not = split_obstacles(first)
    if why_not:
        yield flag([first], f"D0230 without D0220 on {day}. Not repaired: {'; '.join(why_not)}. Check the chart.")
        return
    rest = OTHER_PA if _splits(first) else ""
    yield repair(
        [first],
        f"D0230 without D0220 on {day}: the first film of a date is D0220. Films and charge stay.",
        recode("report the first film as D0220", SAFETY, [Recode(first, FIRST_PA, rest)]),
    )


def _splits(line: Line) -> bool:
    return line.quantity > 1


def _same_parties(billing: str, payer: str, day: Day) -> bool:
    return (billing, payer) == (day.patient.billing, day.patient.payer)
