"""What one segment of a dental claim asks of another (SNIP type 4): few relations, each certain or only told."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.conformance import situation_rules as say
from bitewing.edi.conformance.fault import Fault
from bitewing.edi.conformance.levels import Levels
from bitewing.edi.conformance.rule import Rule
from bitewing.edi.conformance.sections import Part, Placed


def level_faults(level: Part) -> Iterator[Fault]:
    """Of an HL: a subscriber has a member id, and one who is the patient an address, a birth date and a gender."""
    sbr = level.first(b"SBR") if level.id == "2000B" else None
    name = level.part("2010BA")
    if sbr is None or name is None:
        return
    person = name.segments[0]
    if person.element(2) == "1" and not person.element(9):
        yield person.fault(say.SUBSCRIBER_NUMBER, 9)
    if sbr.element(2) != "18":
        return
    for tag in (b"N3", b"N4", b"DMG"):
        if name.first(tag) is None:
            yield name.segments[0].missing(say.DEMOGRAPHICS, tag.decode())


def claim_faults(claim: Part, levels: Levels) -> Iterator[Fault]:
    """Of a claim."""
    clm = claim.segments[0]
    yield from _identity(claim, clm)
    yield from _accident(claim, clm)
    yield from _attachments(claim)
    yield from _diagnoses(claim)
    yield from _providers(claim, levels)
    yield from _payers(claim, levels)
    yield from _lines(claim, clm)


def _identity(claim: Part, clm: Placed) -> Iterator[Fault]:
    if clm.component(5, 3) in ("7", "8") and claim.first(b"REF", "F8") is None:
        yield clm.missing(say.ORIGINAL, "REF")


def _accident(claim: Part, clm: Placed) -> Iterator[Fault]:
    causes = clm.components(11)
    if "AA" in causes[:3] and (*causes, "", "", "", "", "")[4] in ("", "US", "CA") and not clm.component(11, 4):
        yield clm.fault(say.ACCIDENT_STATE, 11, 4)
    if {"AA", "OA"} & set(causes[:3]) and claim.first(b"DTP", "439") is None:
        yield clm.missing(say.ACCIDENT_DATE, "DTP")


def _attachments(claim: Part) -> Iterator[Fault]:
    for pwk in claim.all(b"PWK"):
        if pwk.element(2) not in ("", "AA"):
            for element in (5, 6):
                if not pwk.element(element):
                    yield pwk.fault(say.ATTACHMENT, element)


def _diagnoses(claim: Part) -> Iterator[Fault]:
    """One version of ICD in a claim, and no pointer to what is not there."""
    hi = claim.first(b"HI")
    sent = [(at, hi.component(at, 1)) for at in range(1, len(hi.segment.elements)) if hi.element(at)] if hi else []
    if hi is not None and sent:
        versions = {"ABK": 10, "ABF": 10, "BK": 9, "BF": 9}
        first = versions.get(sent[0][1])
        for at, qualifier in sent[1:]:
            if first is not None and versions.get(qualifier, first) != first:
                yield hi.fault(say.VERSIONS, at, 1)
    for line in claim.parts("2400"):
        service = line.first(b"SV3")
        for number, pointer in enumerate(service.components(11) if service else (), start=1):
            if service is not None and pointer and pointer not in tuple("1234"[: len(sent)]):
                yield service.fault(say.POINTER, 11, number)


def _providers(claim: Part, levels: Levels) -> Iterator[Fault]:
    rendering = claim.part("2310B")
    if rendering is None:
        return
    name = rendering.segments[0]
    if rendering.first(b"PRV") is None:
        yield name.missing(say.RENDERING_SPECIALTY, "PRV")
    billing = levels.billing
    if billing is not None and billing.npi and name.element(8) == "XX" and name.element(9) == billing.npi:
        yield name.fault(say.RENDERING_IS_BILLING, 9)


def _payers(claim: Part, levels: Levels) -> Iterator[Fault]:
    """Every payer has its own turn (SBR01), U for unknown apart; a decision on a line names a payer of the claim."""
    subscriber = levels.subscriber
    turns = {subscriber.turn} if subscriber is not None else set()
    payers = set()
    for other in claim.parts("2320"):
        sbr = other.segments[0]
        if sbr.element(1) in turns - {"", "U"}:
            yield sbr.fault(say.TURN, 1)
        turns.add(sbr.element(1))
        payer = other.part("2330B")
        payers.add(payer.segments[0].element(9) if payer is not None else "")
    for line in claim.parts("2400"):
        for decision in line.parts("2430"):
            svd = decision.segments[0]
            if svd.element(1) and svd.element(1) not in payers:
                yield svd.fault(say.DECIDING_PAYER, 1)


def _lines(claim: Part, clm: Placed) -> Iterator[Fault]:
    planned = clm.element(19) == "PB"
    of_claim = claim.first(b"DTP", "472")
    if planned and of_claim is not None:
        yield of_claim.fault(say.PLANNED_DATE)
    numbers: set[str] = set()
    for line in claim.parts("2400"):
        service = line.first(b"SV3")
        dated = line.first(b"DTP", "472")
        if planned and dated is not None:
            yield dated.fault(say.PLANNED_DATE)
        if service is None:
            continue
        if not planned and dated is None and of_claim is None:
            yield service.missing(say.DATE, "DTP")
        if service.element(5) == "R" and line.first(b"DTP", "441") is None and line.first(b"DTP", "139") is None:
            yield service.missing(say.PLACEMENT, "DTP")
        yield from _teeth(line, service)
        number = line.first(b"REF", "6R")
        if number is not None:
            yield from _once(number, numbers)


def _teeth(line: Part, service: Placed) -> Iterator[Fault]:
    teeth = list(line.all(b"TOO"))
    if len(teeth) > 1 and service.element(6) not in ("", "1"):
        yield service.fault(say.UNITS_OF_TEETH, 6)
    seen: set[str] = set()
    for too in teeth:
        if too.element(2) in seen:
            yield too.fault(say.TOOTH_AGAIN, 2)
        seen.add(too.element(2))


def _once(number: Placed, numbers: set[str], rule: Rule = say.LINE_ID_AGAIN) -> Iterator[Fault]:
    if number.element(2) in numbers:
        yield number.fault(rule, 2)
    numbers.add(number.element(2))
