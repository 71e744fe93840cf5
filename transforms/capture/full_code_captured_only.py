"""C102: an image reported as captured and read that, as attested, was only captured here."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import FULL_CODES, PERIAPICALS, READING, captured_as, procedures
from bitewing.edi.line import Line
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.facts import CAPTURED_ONLY
from bitewing.transforms.guard import READS, obstacles
from bitewing.transforms.model import Remark, check, flag, repair
from bitewing.transforms.recode import Recode, recode

SAFETY = "Only a signed attestation that names the line allows it; images, teeth, dates and charges stay."
_SIGNED = {"signed_by": "Dr. Example", "signed_at": "2026-03-11", "intent": CAPTURED_ONLY}


@check(
    "C102",
    "full-code-captured-only",
    looks_at=FULL_CODES,
    reads=READS | {READING},
    repairs=True,
    needs="attestations",
    source="D0702 and D0707 guides (rules S2-01, S3-01), with an attestation only",
    safety=SAFETY,
    examples=(
        Example(
            "a cephalogram read elsewhere",
            ("C1: D0340 140.00",),
            ("repair 1",),
            ("C1: D0702 140.00",),
            attestations=({"claim": "C1", "line": "L1"} | _SIGNED,),
        ),
        Example(
            "one film of two",
            ("C1: D0220 32.00 | D0230 26.00",),
            ("flag 1",),
            attestations=({"claim": "C1", "line": "L1"} | _SIGNED,),
        ),
        Example("nothing attested", ("C1: D0340 140.00",)),
    ),
)
def full_code_captured_only(day: Day) -> Iterator[Remark]:
    """An image is reported as captured and read, and a signed attestation says that it was only captured here.

    The full code includes the reading, which somebody else did and will report. Sets of bitewings are left to a person,
    and so are periapicals of which only some are attested.
    """
    for line in day.of(FULL_CODES & day.codes):
        said = day.facts.attested(line)
        if said is None or said.intent != CAPTURED_ONLY:
            continue
        becomes = captured_as(line.code)
        why_not = obstacles(day, [line], {becomes}, clash=frozenset({READING}))
        if said.interpreted_by:
            why_not.append("the attestation also names a reader")
        if procedures()[line.code].family == "BW" and line.code != "D0270":
            why_not.append("a set of bitewings is captured image by image (D0708)")
        if line.code in PERIAPICALS and not all(_captured(day, other) for other in day.of(PERIAPICALS)):
            why_not.append("not every periapical of the date is attested")
        if why_not:
            yield flag([line], f"{line.code} was only captured here, as attested. Not repaired: {'; '.join(why_not)}.")
        else:
            message = f"{line.code} was only captured here, as attested: it is reported as {becomes}. The charge stays."
            yield repair([line], message, recode("report the capture only", SAFETY, [Recode(line, becomes)]))


def _captured(day: Day, line: Line) -> bool:
    said = day.facts.attested(line)
    return said is not None and said.intent == CAPTURED_ONLY
