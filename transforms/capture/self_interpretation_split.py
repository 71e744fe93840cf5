"""C105: capture and reading of an image reported apart by one provider or practice."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import CAPTURE_ONLY, READING
from bitewing.edi.line import Line
from bitewing.transforms.day import Day, rendering
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, flag


@check(
    "C105",
    "self-interpretation-split",
    looks_at=CAPTURE_ONLY,
    reads={READING},
    source="D0702 guide (rule S2-01); D0391 is for a reader not tied to the capture",
    examples=(
        Example("one office does both", ("C1: D0702 95.00 | D0391 60.00",), ("flag 1 2",)),
        Example("two dentists of one practice", ("C1: D0702 95.00 | D0391 60.00 by=1999900032",), ("flag 1 2",)),
        Example("read in another practice", ("C1: D0702 95.00", "C2 billing=1999900040: D0391 60.00 by=1999900032")),
    ),
)
def self_interpretation_split(day: Day) -> Iterator[Remark]:
    """A capture-only image and its reading (D0391) are reported by one provider or practice.

    D0391 is for a reader who had no part in the capture. Capture and reading in one office are the full code.
    """
    captured = day.of(CAPTURE_ONLY)
    read = [line for line in day.visit.lines if line.code == READING and _tied(line, captured, day)]
    if read:
        codes = " and ".join(sorted({line.code for line in captured}))
        yield flag(
            [*captured, *read],
            f"{codes} and {READING} of {day} come from one provider or practice. Both together are the full code.",
        )


def _tied(reading: Line, captured: list[Line], day: Day) -> bool:
    provider = reading.claim.billing_provider
    if provider is not None and provider.id and provider.id == day.patient.billing:
        return True
    return rendering(reading) in {rendering(line) for line in captured} - {""}
