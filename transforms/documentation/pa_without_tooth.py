"""D101: a periapical that names no tooth."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import PERIAPICALS
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, info


@check(
    "D101",
    "pa-without-tooth",
    looks_at=PERIAPICALS,
    on=False,
    source="D0230 billing guide (rules S4-05, S4-14)",
    examples=(
        Example("no tooth", ("C1: D0220 32.00",), ("info 1",)),
        Example("a tooth", ("C1: D0220 32.00 #30",)),
    ),
)
def pa_without_tooth(day: Day) -> Iterator[Remark]:
    """A periapical names neither a tooth (TOO) nor an area of the mouth (SV304).

    The teeth support the number of films when a payer reviews the claim. No tooth is invented.
    """
    for _, mine in day.by_claim(PERIAPICALS):
        lines = [line for line in mine if not line.teeth and not line.areas]
        if lines:
            yield info(lines, "The periapicals name no tooth. Add the teeth from the chart where you can.")
