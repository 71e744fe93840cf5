"""Dates of a claim beside each other, and procedure codes beside the dates of the user's list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bitewing.edi.conformance.context import Group, span_of
from bitewing.edi.conformance.external import CodeLists
from bitewing.edi.conformance.fault import Fault, Scope
from bitewing.edi.conformance.rule import TELLS, Rule
from bitewing.edi.conformance.sections import Part, Placed
from bitewing.edi.values import DateSpan

BEFORE_BIRTH = Rule(
    "service-before-birth",
    4,
    Scope.ELEMENT,
    "8",
    "the date of service lies before the patient's birth date",
    "correct the date of service or the birth date",
)
AFTER_SENT = Rule(
    "service-after-sending",
    4,
    Scope.ELEMENT,
    "8",
    "the date of service lies after the day the group was made (GS04)",
    "send what was done; for what is planned send a predetermination",
    TELLS,
)
ACCIDENT_AFTER = Rule(
    "accident-after-service",
    4,
    Scope.ELEMENT,
    "8",
    "the accident lies after the date of service",
    "correct the date of the accident or of the service",
    TELLS,
)
PLACEMENT_AFTER = Rule(
    "prior-placement-after-service",
    4,
    Scope.ELEMENT,
    "8",
    "the prior placement lies after the date of service",
    "send the date of the placement that is replaced",
    TELLS,
)
NOT_VALID = Rule(
    "code-not-valid-on-date",
    5,
    Scope.ELEMENT,
    "7",
    "the list procedure that was supplied does not have the code for the date of service",
    "send the code that was valid on that day",
)


def date_faults(claim: Part, born: date | None, group: Group, lists: CodeLists) -> Iterator[Fault]:
    """What the dates of one claim say against each other. born: the patient."""
    own = claim.first(b"DTP", "472")
    of_claim = span_of(own)
    dated: list[tuple[Placed, DateSpan]] = [(own, of_claim)] if own is not None and of_claim is not None else []
    procedures = lists.get("procedure")
    for line in claim.parts("2400"):
        placed = line.first(b"DTP", "472")
        found = span_of(placed)
        if placed is not None and found is not None:
            dated.append((placed, found))
        served = found or of_claim
        if served is None:
            continue
        prior = line.first(b"DTP", "441") or line.first(b"DTP", "139")
        placed_before = span_of(prior)
        if prior is not None and placed_before is not None and placed_before.start > served.end:
            yield prior.fault(PLACEMENT_AFTER, 3)
        service = line.first(b"SV3")
        if procedures is not None and service is not None and service.component(1, 1) == "AD":
            code = service.component(1, 2)
            if code in procedures and not (procedures.valid(code, served.start) or procedures.valid(code, served.end)):
                yield service.fault(NOT_VALID, 1, 2)
    for placed, served in dated:
        if born is not None and served.start < born:
            yield placed.fault(BEFORE_BIRTH, 3)
        if group.sent is not None and served.end > group.sent:
            yield placed.fault(AFTER_SENT, 3)
    accident = claim.first(b"DTP", "439")
    happened = span_of(accident)
    if accident is not None and happened is not None and dated and happened.start > max(one.end for _, one in dated):
        yield accident.fault(ACCIDENT_AFTER, 3)
