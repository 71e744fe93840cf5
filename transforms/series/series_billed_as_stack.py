"""S106: a survey of the whole mouth that, as attested, is reported film by film."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import FULL_SERIES, PERIAPICALS
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.facts import WHOLE_MOUTH
from bitewing.transforms.model import Remark, check, flag

_SURVEY = {"claim": "C1", "line": "L1", "intent": WHOLE_MOUTH, "signed_by": "Dr. Example", "signed_at": "2026-03-11"}
_STACK = "C1: D0220 32.00 | D0230 x13 338.00"


@check(
    "S106",
    "series-billed-as-stack",
    looks_at=PERIAPICALS,
    reads=FULL_SERIES,
    needs="attestations",
    source="D0230 billing guide (rule S4-08), with an attestation only",
    examples=(
        Example("attested as a survey", (_STACK,), ("flag 1 2",), attestations=(_SURVEY,)),
        Example("nothing attested", (_STACK,)),
        Example("attested as something else", (_STACK,), attestations=({**_SURVEY, "intent": "endodontic follow-up"},)),
    ),
)
def series_billed_as_stack(day: Day) -> Iterator[Remark]:
    """A signed attestation says that the whole mouth was surveyed, and the films are reported one by one.

    A survey is D0210, whose charge is not the sum of the films, so a person corrects the claim.
    """
    films = day.of(PERIAPICALS)
    intents = {said.intent for line in films if (said := day.facts.attested(line)) is not None}
    if WHOLE_MOUTH in intents and FULL_SERIES.isdisjoint(day.codes):
        yield flag(
            films, f"A survey of the whole mouth is attested for {day}. Report D0210 with its own charge instead."
        )
