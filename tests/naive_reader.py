"""A slow reader of dental claims that is simple enough to be seen to be right. It shares nothing with the product.

`read_claims(data)` gives every claim of a file, in file order, as a dict with the names of the claim views. The
product's views must say the same of every file: see the tests that compare the two.

Absent text is "", an absent amount, date or part is None, absent lists are (). Every list is a tuple. Text is latin-1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

Facts = dict[str, Any]


# ------------------------------------------------------------------------------------------------ segments of the file


@dataclass
class Segment:
    """A segment as texts; the component separator is kept because each interchange may have its own."""

    elements: list[str]
    component: str

    @property
    def name(self) -> str:
        return self.elements[0]

    def text(self, position: int) -> str:
        """The element at an X12 position, counted from 1."""
        return self.elements[position] if position < len(self.elements) else ""

    def parts(self, position: int) -> list[str]:
        """The components of an element."""
        return self.text(position).split(self.component)

    def part(self, position: int, number: int) -> str:
        """One component of an element, counted from 1."""
        parts = self.parts(position)
        return parts[number - 1] if number <= len(parts) else ""


def split(data: bytes) -> Iterator[Segment]:
    """The segments of every interchange, each cut with the delimiters that its own ISA declares."""
    text = data.decode("latin-1")
    start = text.find("ISA")
    while start >= 0:
        element = text[start + 3]
        component = text[start + 104]
        terminator = text[start + 105]
        place = start
        start = -1
        while place < len(text):
            end = text.find(terminator, place)
            if end < 0:
                end = len(text)
            raw = text[place:end].lstrip("\r\n\t ")
            place = end + 1
            if raw == "":
                continue
            segment = Segment(raw.split(element), component)
            yield segment
            if segment.name == "IEA":
                start = text.find("ISA", place)
                break


# ---------------------------------------------------------------------------------------------- segments of their loops


@dataclass
class Part:
    """A loop that opens with NM1: its name and its segments."""

    loop: str
    segments: list[Segment]


@dataclass
class Level:
    """What hangs under one HL: loop 2000A, 2000B or 2000C without its claims."""

    id: str
    parent: str
    code: str
    segments: list[Segment]
    parts: list[Part] = field(default_factory=list)


@dataclass
class Adjudication:
    """Loop 2430."""

    segments: list[Segment]


@dataclass
class ServiceLine:
    """Loop 2400."""

    segments: list[Segment]
    parts: list[Part] = field(default_factory=list)
    adjudications: list[Adjudication] = field(default_factory=list)


@dataclass
class Other:
    """Loop 2320."""

    segments: list[Segment]
    parts: list[Part] = field(default_factory=list)


@dataclass
class RawClaim:
    """Loop 2300 with the levels of its transaction, in which its patient, subscriber and biller are looked up."""

    level: Level | None
    levels: dict[str, Level]
    header: list[Part]
    segments: list[Segment]
    parts: list[Part] = field(default_factory=list)
    others: list[Other] = field(default_factory=list)
    lines: list[ServiceLine] = field(default_factory=list)


class Walk:
    """Goes through the file once and puts each segment into the list of the loop it stands in."""

    def __init__(self) -> None:
        self.claims: list[RawClaim] = []
        self.begin_transaction()

    def begin_transaction(self) -> None:
        self.levels: dict[str, Level] = {}
        self.header: list[Part] = []
        self.level: Level | None = None
        self.claim: RawClaim | None = None
        self.other: Other | None = None
        self.line: ServiceLine | None = None
        # The list that a segment belongs to when it opens nothing itself.
        self.current: list[Segment] = []

    def take(self, segment: Segment) -> None:
        name = segment.name
        if name == "ST" or name == "SE":
            self.begin_transaction()
        elif name == "HL":
            self.begin_level(segment)
        elif name == "CLM":
            self.begin_claim(segment)
        elif name == "SBR" and self.claim is not None:
            self.current = [segment]
            self.other = Other(self.current)
            self.line = None
            self.claim.others.append(self.other)
        elif name == "LX" and self.claim is not None:
            self.current = [segment]
            self.line = ServiceLine(self.current)
            self.other = None
            self.claim.lines.append(self.line)
        elif name == "SVD" and self.line is not None:
            self.current = [segment]
            self.line.adjudications.append(Adjudication(self.current))
        elif name == "NM1":
            self.begin_part(segment)
        else:
            self.current.append(segment)

    def begin_level(self, segment: Segment) -> None:
        self.current = [segment]
        self.level = Level(segment.text(1), segment.text(2), segment.text(3), self.current)
        self.levels[self.level.id] = self.level
        self.claim = None
        self.other = None
        self.line = None

    def begin_claim(self, segment: Segment) -> None:
        self.current = [segment]
        self.claim = RawClaim(self.level, self.levels, self.header, self.current)
        self.other = None
        self.line = None
        self.claims.append(self.claim)

    def begin_part(self, segment: Segment) -> None:
        """An NM1 opens a loop of the line, else of the other subscriber, the claim, the level or the header."""
        self.current = [segment]
        entity = segment.text(1)
        if self.line is not None:
            self.line.parts.append(Part(line_loop(entity), self.current))
        elif self.other is not None:
            self.other.parts.append(Part(other_loop(entity), self.current))
        elif self.claim is not None:
            self.claim.parts.append(Part(claim_loop(entity), self.current))
        elif self.level is not None:
            self.level.parts.append(Part(level_loop(self.level.code, entity), self.current))
        else:
            self.header.append(Part(header_loop(entity), self.current))


def header_loop(entity: str) -> str:
    if entity == "41":
        return "1000A"
    if entity == "40":
        return "1000B"
    return ""


def level_loop(code: str, entity: str) -> str:
    if code == "20" and entity == "85":
        return "2010AA"
    if code == "20" and entity == "87":
        return "2010AB"
    if code == "20" and entity == "PE":
        return "2010AC"
    if code == "22" and entity == "IL":
        return "2010BA"
    if code == "22" and entity == "PR":
        return "2010BB"
    if code == "23" and entity == "QC":
        return "2010CA"
    return ""


def claim_loop(entity: str) -> str:
    if entity == "DN" or entity == "P3":
        return "2310A"
    if entity == "82":
        return "2310B"
    if entity == "77":
        return "2310C"
    if entity == "DD":
        return "2310D"
    if entity == "DQ":
        return "2310E"
    return ""


def other_loop(entity: str) -> str:
    if entity == "IL":
        return "2330A"
    if entity == "PR":
        return "2330B"
    if entity == "DN" or entity == "P3":
        return "2330C"
    if entity == "82":
        return "2330D"
    if entity == "DQ":
        return "2330E"
    if entity == "85":
        return "2330F"
    if entity == "77":
        return "2330G"
    if entity == "DD":
        return "2330H"
    return ""


def line_loop(entity: str) -> str:
    if entity == "82":
        return "2420A"
    if entity == "DD":
        return "2420B"
    if entity == "DQ":
        return "2420C"
    if entity == "77":
        return "2420D"
    return ""


# --------------------------------------------------------------------------------------------------------------- values


def amount(text: str) -> Decimal | None:
    # Decimal() would also take NaN, spaces and 1_000.
    if text == "" or any(character not in "0123456789.-+E" for character in text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def day(text: str) -> date | None:
    """A date written as CCYYMMDD."""
    if len(text) != 8 or any(character not in "0123456789" for character in text):
        return None
    try:
        return date(int(text[0:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None


def span(format_code: str, text: str) -> tuple[date, date] | None:
    """A period: its first and its last day, the same one for a single date."""
    if format_code == "D8":
        first = last = day(text)
    elif format_code == "RD8" and text.count("-") == 1:
        first, last = day(text.split("-")[0]), day(text.split("-")[1])
    else:
        return None
    if first is None or last is None:
        return None
    return (first, last)


def present(texts: list[str]) -> tuple[str, ...]:
    return tuple(text for text in texts if text != "")


def named(segments: list[Segment], name: str) -> list[Segment]:
    return [segment for segment in segments if segment.name == name]


def first(segments: list[Segment], name: str, qualifier: str | None = None) -> Segment:
    """The first segment of that name, and with that first element if one is given; an empty one if there is none."""
    for segment in segments:
        if segment.name == name and (qualifier is None or segment.text(1) == qualifier):
            return segment
    return Segment([name], ":")


def date_of(segments: list[Segment], qualifier: str) -> date | None:
    dtp = first(segments, "DTP", qualifier)
    return day(dtp.text(3)) if dtp.text(2) == "D8" else None


def span_of(segments: list[Segment], qualifier: str) -> tuple[date, date] | None:
    dtp = first(segments, "DTP", qualifier)
    return span(dtp.text(2), dtp.text(3))


def amount_of(segments: list[Segment], qualifier: str) -> Decimal | None:
    return amount(first(segments, "AMT", qualifier).text(2))


def reference_of(segments: list[Segment], qualifier: str) -> str:
    return first(segments, "REF", qualifier).text(2)


def references_of(segments: list[Segment], qualifier: str) -> tuple[str, ...]:
    return tuple(ref.text(2) for ref in named(segments, "REF") if ref.text(1) == qualifier)


def references(segments: list[Segment]) -> tuple[Facts, ...]:
    return tuple({"qualifier": ref.text(1), "value": ref.text(2)} for ref in named(segments, "REF"))


def fixed_formats(segments: list[Segment]) -> tuple[str, ...]:
    return tuple(k3.text(1) for k3 in named(segments, "K3"))


# -------------------------------------------------------------------------------------------------------------- parties


def party(parts: list[Part], loop: str) -> Facts | None:
    """The first loop of that name, or None."""
    for part in parts:
        if part.loop == loop:
            return one_party(part.segments)
    return None


def parties(parts: list[Part], loop: str) -> tuple[Facts, ...]:
    return tuple(one_party(part.segments) for part in parts if part.loop == loop)


def one_party(segments: list[Segment]) -> Facts:
    nm1 = first(segments, "NM1")
    n3 = first(segments, "N3")
    n4 = first(segments, "N4")
    dmg = first(segments, "DMG")
    return {
        "entity": nm1.text(1),
        "kind": nm1.text(2),
        "last_name": nm1.text(3),
        "first_name": nm1.text(4),
        "middle_name": nm1.text(5),
        "suffix": nm1.text(7),
        "id_qualifier": nm1.text(8),
        "id": nm1.text(9),
        "address": present([n3.text(1), n3.text(2)]),
        "city": n4.text(1),
        "state": n4.text(2),
        "zip": n4.text(3),
        "country": n4.text(4),
        "subdivision": n4.text(7),
        "birth_date": day(dmg.text(2)),
        "gender": dmg.text(3),
        "taxonomy": first(segments, "PRV").text(3),
        "references": references(segments),
        "contacts": tuple(contact(per) for per in named(segments, "PER")),
    }


def contact(per: Segment) -> Facts:
    pairs = [(per.text(3), per.text(4)), (per.text(5), per.text(6)), (per.text(7), per.text(8))]
    return {"name": per.text(2), "numbers": tuple(pair for pair in pairs if pair != ("", ""))}


def billing_provider(level: Level | None) -> Facts | None:
    """The billing provider; its taxonomy stands beside its loop, in 2000A."""
    if level is None:
        return None
    facts = party(level.parts, "2010AA")
    if facts is not None:
        facts["taxonomy"] = first(level.segments, "PRV", "BI").text(3)
    return facts


def subscriber(level: Level | None) -> Facts | None:
    if level is None:
        return None
    facts = party(level.parts, "2010BA")
    if facts is not None:
        sbr = first(level.segments, "SBR")
        facts["payer_responsibility"] = sbr.text(1)
        facts["relationship"] = sbr.text(2)
        facts["group_number"] = sbr.text(3)
        facts["group_name"] = sbr.text(4)
        facts["insurance_type"] = sbr.text(5)
        facts["filing_indicator"] = sbr.text(9)
    return facts


def patient(patient_level: Level | None, subscriber_level: Level | None) -> Facts | None:
    """The person of 2010CA for a claim under an HL 23, else the subscriber's own."""
    insured = party(subscriber_level.parts, "2010BA") if subscriber_level is not None else None
    if patient_level is not None:
        facts = party(patient_level.parts, "2010CA")
        relationship = first(patient_level.segments, "PAT").text(1)
    else:
        facts = party(subscriber_level.parts, "2010BA") if subscriber_level is not None else None
        relationship = first(subscriber_level.segments, "SBR").text(2) if subscriber_level is not None else ""
    if facts is not None:
        facts["relationship"] = relationship
        facts["member_id"] = insured["id"] if insured is not None else ""
    return facts


# --------------------------------------------------------------------------------------------------------------- claims


def read_claims(data: bytes) -> list[Facts]:
    """Every claim of every transaction, in file order."""
    walk = Walk()
    for segment in split(data):
        walk.take(segment)
    return [claim_facts(claim) for claim in walk.claims]


def claim_facts(claim: RawClaim) -> Facts:
    patient_level: Level | None = None
    subscriber_level: Level | None = None
    billing_level: Level | None = None
    # The claim belongs to the HL before it, and every HL names its parent.
    if claim.level is not None and claim.level.code == "23":
        patient_level = claim.level
        subscriber_level = claim.levels.get(patient_level.parent)
    elif claim.level is not None and claim.level.code == "22":
        subscriber_level = claim.level
    if subscriber_level is not None:
        billing_level = claim.levels.get(subscriber_level.parent)
    facts = claim_elements(claim.segments)
    facts.update(claim_segments(claim.segments))
    facts["referring_providers"] = parties(claim.parts, "2310A")
    facts["rendering_provider"] = party(claim.parts, "2310B")
    facts["service_facility"] = party(claim.parts, "2310C")
    facts["assistant_surgeon"] = party(claim.parts, "2310D")
    facts["supervising_provider"] = party(claim.parts, "2310E")
    facts["other_subscribers"] = tuple(other_facts(other) for other in claim.others)
    facts["lines"] = tuple(line_facts(line, facts) for line in claim.lines)
    facts["submitter"] = party(claim.header, "1000A")
    facts["receiver"] = party(claim.header, "1000B")
    facts["billing_provider"] = billing_provider(billing_level)
    facts["pay_to_address"] = party(billing_level.parts, "2010AB") if billing_level is not None else None
    facts["pay_to_plan"] = party(billing_level.parts, "2010AC") if billing_level is not None else None
    facts["payer"] = party(subscriber_level.parts, "2010BB") if subscriber_level is not None else None
    facts["subscriber"] = subscriber(subscriber_level)
    facts["patient"] = patient(patient_level, subscriber_level)
    return facts


def claim_elements(segments: list[Segment]) -> Facts:
    """What stands in the CLM segment."""
    clm = first(segments, "CLM")
    return {
        "id": clm.text(1),
        "charge": amount(clm.text(2)),
        "place_of_service": clm.part(5, 1),
        "facility_qualifier": clm.part(5, 2),
        "frequency": clm.part(5, 3),
        "provider_signature": clm.text(6),
        "assignment": clm.text(7),
        "benefits_assigned": clm.text(8),
        "release_of_information": clm.text(9),
        "related_causes": present([clm.part(11, 1), clm.part(11, 2), clm.part(11, 3)]),
        "accident_state": clm.part(11, 4),
        "accident_country": clm.part(11, 5),
        "special_program": clm.text(12),
        "submission_reason": clm.text(19),
        "predetermination": clm.text(19) == "PB",
        "delay_reason": clm.text(20),
    }


def claim_segments(segments: list[Segment]) -> Facts:
    """What stands in the other segments of loop 2300 itself."""
    return {
        "accident_date": date_of(segments, "439"),
        "appliance_placement_date": date_of(segments, "452"),
        "service_date": span_of(segments, "472"),
        "repricer_received_date": date_of(segments, "050"),
        "orthodontics": orthodontics(segments),
        "tooth_statuses": tuple({"tooth": dn2.text(1), "status": dn2.text(2)} for dn2 in named(segments, "DN2")),
        "attachments": tuple(
            {"report_type": pwk.text(1), "transmission": pwk.text(2), "control_number": pwk.text(6)}
            for pwk in named(segments, "PWK")
        ),
        "contract": contract(segments),
        "patient_paid": amount_of(segments, "F5"),
        "references": references(segments),
        "predetermination_id": reference_of(segments, "G3"),
        "service_authorization_exception": reference_of(segments, "4N"),
        "original_reference": reference_of(segments, "F8"),
        "referral": reference_of(segments, "9F"),
        "prior_authorization": reference_of(segments, "G1"),
        "repriced_id": reference_of(segments, "9A"),
        "adjusted_repriced_id": reference_of(segments, "9C"),
        "clearinghouse_id": reference_of(segments, "D9"),
        "fixed_formats": fixed_formats(segments),
        "notes": tuple(nte.text(2) for nte in named(segments, "NTE")),
        "diagnoses": diagnoses(segments),
        "pricing": pricing(segments),
    }


def orthodontics(segments: list[Segment]) -> Facts | None:
    for dn1 in named(segments, "DN1"):
        return {
            "total_months": amount(dn1.text(1)),
            "months_remaining": amount(dn1.text(2)),
            "description": dn1.text(4),
        }
    return None


def contract(segments: list[Segment]) -> Facts | None:
    for cn1 in named(segments, "CN1"):
        return {
            "type": cn1.text(1),
            "amount": amount(cn1.text(2)),
            "percent": amount(cn1.text(3)),
            "code": cn1.text(4),
            "discount_percent": amount(cn1.text(5)),
            "version": cn1.text(6),
        }
    return None


def diagnoses(segments: list[Segment]) -> tuple[Facts, ...]:
    hi = first(segments, "HI")
    positions = [position for position in range(1, 13) if hi.text(position) != ""]
    return tuple({"qualifier": hi.part(position, 1), "code": hi.part(position, 2)} for position in positions)


def pricing(segments: list[Segment]) -> Facts | None:
    for hcp in named(segments, "HCP"):
        return {
            "method": hcp.text(1),
            "allowed": amount(hcp.text(2)),
            "savings": amount(hcp.text(3)),
            "organization": hcp.text(4),
            "rate": amount(hcp.text(5)),
            "reject_reason": hcp.text(13),
            "compliance": hcp.text(14),
            "exception": hcp.text(15),
        }
    return None


def adjustments(segments: list[Segment]) -> tuple[Facts, ...]:
    """Every triplet of reason, amount and quantity in every CAS of the loop; a triplet of nothing is none."""
    found = []
    for cas in named(segments, "CAS"):
        for position in (2, 5, 8, 11, 14, 17):
            if cas.text(position) == "" and cas.text(position + 1) == "" and cas.text(position + 2) == "":
                continue
            found.append(
                {
                    "group": cas.text(1),
                    "reason": cas.text(position),
                    "amount": amount(cas.text(position + 1)),
                    "quantity": amount(cas.text(position + 2)),
                }
            )
    return tuple(found)


def other_facts(other: Other) -> Facts:
    sbr = first(other.segments, "SBR")
    oi = first(other.segments, "OI")
    payer_segments: list[Segment] = []
    for part in other.parts:
        if part.loop == "2330B":
            payer_segments = part.segments
            break
    return {
        "payer_responsibility": sbr.text(1),
        "relationship": sbr.text(2),
        "group_number": sbr.text(3),
        "group_name": sbr.text(4),
        "insurance_type": sbr.text(5),
        "filing_indicator": sbr.text(9),
        "adjustments": adjustments(other.segments),
        "payer_paid": amount_of(other.segments, "D"),
        "remaining_liability": amount_of(other.segments, "EAF"),
        "non_covered": amount_of(other.segments, "A8"),
        "benefits_assigned": oi.text(3),
        "release_of_information": oi.text(6),
        "person": party(other.parts, "2330A"),
        "payer": party(other.parts, "2330B"),
        "paid_date": date_of(payer_segments, "573"),
        "referring_providers": parties(other.parts, "2330C"),
        "rendering_provider": party(other.parts, "2330D"),
        "supervising_provider": party(other.parts, "2330E"),
        "billing_provider": party(other.parts, "2330F"),
        "service_facility": party(other.parts, "2330G"),
        "assistant_surgeon": party(other.parts, "2330H"),
    }


# ---------------------------------------------------------------------------------------------------------------- lines


def line_facts(line: ServiceLine, claim: Facts) -> Facts:
    """A line; where it names no date or provider of its own, the claim's holds."""
    segments = line.segments
    own_date = span_of(segments, "472")
    own_renderer = party(line.parts, "2420A")
    own_assistant = party(line.parts, "2420B")
    own_supervisor = party(line.parts, "2420C")
    own_facility = party(line.parts, "2420D")
    facts = line_service(segments)
    facts.update(line_segments(segments))
    facts["service_date"] = own_date if own_date is not None else claim["service_date"]
    facts["own_service_date"] = own_date
    facts["own_rendering_provider"] = own_renderer
    facts["rendering_provider"] = own_renderer if own_renderer is not None else claim["rendering_provider"]
    facts["assistant_surgeon"] = own_assistant if own_assistant is not None else claim["assistant_surgeon"]
    facts["supervising_provider"] = own_supervisor if own_supervisor is not None else claim["supervising_provider"]
    facts["service_facility"] = own_facility if own_facility is not None else claim["service_facility"]
    facts["adjudications"] = tuple(adjudication_facts(one.segments) for one in line.adjudications)
    return facts


def line_service(segments: list[Segment]) -> Facts:
    """What stands in LX, SV3 and TOO."""
    sv3 = first(segments, "SV3")
    return {
        "number": first(segments, "LX").text(1),
        "qualifier": sv3.part(1, 1),
        "code": sv3.part(1, 2),
        "modifiers": present([sv3.part(1, 3), sv3.part(1, 4), sv3.part(1, 5), sv3.part(1, 6)]),
        "description": sv3.part(1, 7),
        "charge": amount(sv3.text(2)),
        "place_of_service": sv3.text(3),
        "areas": present(sv3.parts(4)),
        "prosthesis": sv3.text(5),
        "quantity": Decimal(1) if sv3.text(6) == "" else amount(sv3.text(6)),
        "quantity_sent": sv3.text(6),
        "diagnosis_pointers": present(sv3.parts(11)),
        "teeth": tuple({"number": too.text(2), "surfaces": present(too.parts(3))} for too in named(segments, "TOO")),
    }


def line_segments(segments: list[Segment]) -> Facts:
    """What stands in the other segments of loop 2400 itself."""
    prior = date_of(segments, "441")
    if prior is None:
        prior = date_of(segments, "139")
    return {
        "prior_placement_date": prior,
        "appliance_placement_date": date_of(segments, "452"),
        "replacement_date": date_of(segments, "446"),
        "treatment_start_date": date_of(segments, "196"),
        "treatment_completion_date": date_of(segments, "198"),
        "contract": contract(segments),
        "references": references(segments),
        "control_number": reference_of(segments, "6R"),
        "predetermination_ids": references_of(segments, "G3"),
        "prior_authorizations": references_of(segments, "G1"),
        "referrals": references_of(segments, "9F"),
        "repriced_id": reference_of(segments, "9A"),
        "adjusted_repriced_id": reference_of(segments, "9C"),
        "sales_tax": amount_of(segments, "T"),
        "fixed_formats": fixed_formats(segments),
        "pricing": pricing(segments),
    }


def adjudication_facts(segments: list[Segment]) -> Facts:
    svd = first(segments, "SVD")
    return {
        "payer_id": svd.text(1),
        "paid": amount(svd.text(2)),
        "qualifier": svd.part(3, 1),
        "code": svd.part(3, 2),
        "quantity": amount(svd.text(5)),
        "bundled_line": svd.text(6),
        "adjustments": adjustments(segments),
        "paid_date": date_of(segments, "573"),
        "remaining_liability": amount_of(segments, "EAF"),
    }
