"""C101: an image reported as captured only that, as attested, was read here."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import (
    CAPTURE_ONLY,
    CAPTURED_PERIAPICALS,
    FIRST_PA,
    FULL_CODES,
    FULL_SERIES,
    OTHER_PA,
    PERIAPICALS,
    READING,
    full_codes_of,
)
from bitewing.edi.line import Line
from bitewing.transforms.day import Day, rendering
from bitewing.transforms.example import Example
from bitewing.transforms.facts import CAPTURED_ONLY
from bitewing.transforms.guard import READS, obstacles, split_obstacles
from bitewing.transforms.model import Remark, check, flag, repair
from bitewing.transforms.recode import Recode, recode

SAFETY = "Only a signed attestation that names the line allows it; images, teeth, dates and charges stay."
_SIGNED = {"signed_by": "Dr. Example", "signed_at": "2026-03-11"}
_READ = ({"claim": "C1", "line": "L1", "interpreted_by": "1999900024"} | _SIGNED,)
_BOTH = (*_READ, {"claim": "C1", "line": "L2", "interpreted_by": "1999900024"} | _SIGNED)
_TWO = "C1: D0707 22.00 #3 | D0707 22.00 #4"


@check(
    "C101",
    "capture-only-interpreted",
    looks_at=CAPTURE_ONLY,
    reads=READS | FULL_CODES | {READING},
    repairs=True,
    needs="attestations",
    source="D0707 and D0702 guides (rules S3-01, S2-01), with an attestation only",
    safety=SAFETY,
    examples=(
        Example(
            "two films read here",
            (_TWO,),
            ("repair 1 2",),
            ("C1: D0220 22.00 #3 | D0230 22.00 #4",),
            attestations=_BOTH,
        ),
        Example("one of two attested", (_TWO,), ("flag 1",), attestations=_READ),
        Example("four bitewings", ("C1: D0708 x4 80.00",), ("flag 1",), attestations=_READ),
        Example("nothing attested", (_TWO,)),
    ),
)
def capture_only_interpreted(day: Day) -> Iterator[Remark]:
    """An image is reported as captured only, and a signed attestation says that it was read here.

    Whether an image was read is not in the claim, so only an attestation changes the code, and only where the reader is
    the line's rendering provider or the practice. A capture-only bitewing becomes D0270 where it is the only one; which
    set several make up is a person's choice.
    """
    for code in sorted(CAPTURE_ONLY & day.codes):
        lines = [line for line in day.of(code) if _read_here(day, line)]
        if lines:
            yield from _remarks(day, code, lines)


def _read_here(day: Day, line: Line) -> bool:
    said = day.facts.attested(line)
    if said is None or not said.interpreted_by or said.intent == CAPTURED_ONLY:
        return False
    return said.interpreted_by in (rendering(line), day.patient.billing)


def _remarks(day: Day, code: str, lines: list[Line]) -> Iterator[Remark]:
    periapical = full_codes_of(code) == PERIAPICALS
    recodes = _periapicals(day, lines) if periapical else [Recode(line, _single(code)) for line in lines]
    becomes = {change.code for change in recodes} | ({OTHER_PA} if periapical else set())
    # D0707 itself is what is being mended; other captured films, a series or the full code still stand against it.
    clash = (FULL_SERIES | CAPTURED_PERIAPICALS) - {code} if periapical else full_codes_of(code)
    why_not = obstacles(day, lines, becomes, clash=clash | {READING})
    why_not += [said for change in recodes if change.splits for said in split_obstacles(change.line)]
    if len(lines) < len(day.of(code)):
        why_not.append(f"not every {code} of the date is attested")
    if code == "D0708" and sum(line.quantity for line in lines) > 1:
        why_not.append("which set of bitewings they make up is not said")
    if not _single(code) and not periapical:
        why_not.append(f"{code} has no code for capture and reading")
    for claim in dict.fromkeys(line.claim for line in lines):
        mine = [change for change in recodes if change.line.claim is claim]
        touched = [change.line for change in mine]
        if why_not:
            yield flag(touched, f"{code} was read here, as attested. Not repaired: {'; '.join(why_not)}.")
        else:
            message = f"{code} was read here, as attested: it is reported as captured and read. Charges stay."
            yield repair(touched, message, recode("report capture and reading", SAFETY, mine))


def _periapicals(day: Day, lines: list[Line]) -> list[Recode]:
    """The first film of the date becomes D0220, where no D0220 is there yet; the others D0230."""
    if day.of(FIRST_PA):
        return [Recode(line, OTHER_PA) for line in lines]
    return [Recode(lines[0], FIRST_PA, OTHER_PA)] + [Recode(line, OTHER_PA) for line in lines[1:]]


def _single(code: str) -> str:
    """The one full code of a capture-only code: D0270 for a bitewing, "" where there is none or more than one."""
    found = full_codes_of(code)
    return "D0270" if code == "D0708" else next(iter(found)) if len(found) == 1 else ""
