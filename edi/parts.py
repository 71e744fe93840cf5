"""The parts of a claim that are not the claim or a line: parties, attachments, contracts, other coverage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from bitewing.edi.loops import Loop, Segment
from bitewing.edi.view import View, amount, day, lazy, number_of, reference, span_of, text


class Reference(NamedTuple):
    """REF: an identification and what it is."""

    qualifier: str  # REF01
    value: str  # REF02


class Contact(NamedTuple):
    """PER: a name and its numbers, each with its kind (TE, EM, FX ...)."""

    name: str  # PER02
    numbers: tuple[tuple[str, str], ...]  # PER03/04, PER05/06, PER07/08


class Attachment(NamedTuple):
    """PWK: a paper or image that goes with the claim."""

    report_type: str  # PWK01
    transmission: str  # PWK02
    control_number: str  # PWK06


class ToothStatus(NamedTuple):
    """DN2: a tooth that is missing or to be extracted."""

    tooth: str  # DN201
    status: str  # DN202


class Diagnosis(NamedTuple):
    """One composite of HI."""

    qualifier: str  # HI0n-1
    code: str  # HI0n-2


class Adjustment(NamedTuple):
    """One triplet of a CAS segment."""

    group: str  # CAS01
    reason: str
    amount: Decimal | None
    quantity: Decimal | None


class Tooth(NamedTuple):
    """TOO: a tooth and its surfaces."""

    number: str  # TOO02
    surfaces: tuple[str, ...]  # TOO03


class Orthodontics(NamedTuple):
    """DN1."""

    total_months: Decimal | None  # DN101
    months_remaining: Decimal | None  # DN102
    description: str  # DN104


class Contract(NamedTuple):
    """CN1."""

    type: str  # CN101
    amount: Decimal | None  # CN102
    percent: Decimal | None  # CN103
    code: str  # CN104
    discount_percent: Decimal | None  # CN105
    version: str  # CN106


class Pricing(NamedTuple):
    """HCP: what a repricer said."""

    method: str  # HCP01
    allowed: Decimal | None  # HCP02
    savings: Decimal | None  # HCP03
    organization: str  # HCP04
    rate: Decimal | None  # HCP05
    reject_reason: str  # HCP13
    compliance: str  # HCP14
    exception: str  # HCP15


class Party(View):
    """A person or organisation: an NM1 loop with its address, identifiers and contacts."""

    entity = text("NM1", 1, doc="NM101: who this is in the claim (82 rendering provider, IL subscriber ...).")
    kind = text("NM1", 2, doc="NM102: 1 person, 2 organisation.")
    last_name = text("NM1", 3, doc="NM103: last name, or the organisation's name.")
    first_name = text("NM1", 4, doc="NM104.")
    middle_name = text("NM1", 5, doc="NM105.")
    suffix = text("NM1", 7, doc="NM107.")
    id_qualifier = text("NM1", 8, doc="NM108: XX for an NPI, MI for a member, PI for a payer.")
    id = text("NM1", 9, doc="NM109.")
    city = text("N4", 1, doc="N401.")
    state = text("N4", 2, doc="N402.")
    zip = text("N4", 3, doc="N403.")
    country = text("N4", 4, doc="N404.")
    subdivision = text("N4", 7, doc="N407.")
    gender = text("DMG", 3, doc="DMG03.")

    @lazy
    def address(self) -> tuple[str, ...]:
        """N301 and N302, those that were sent."""
        segment = self.segment(b"N3")
        return tuple(line for line in (segment.element(1), segment.element(2)) if line) if segment else ()

    @lazy
    def birth_date(self) -> date | None:
        """DMG02. Raises BadValue where it is not a date."""
        found = span_of(self.segment(b"DMG"), 1, 2)
        return found.start if found else None

    @lazy
    def taxonomy(self) -> str:
        """PRV03 of this loop."""
        segment = self.segment(b"PRV")
        return segment.element(3) if segment else ""

    @lazy
    def references(self) -> tuple[Reference, ...]:
        """Every REF of this loop."""
        return references(self)

    @lazy
    def contacts(self) -> tuple[Contact, ...]:
        """Every PER of this loop."""
        found = []
        for segment in self.segments(b"PER"):
            pairs = ((segment.element(at), segment.element(at + 1)) for at in (3, 5, 7))
            found.append(Contact(segment.element(2), tuple(pair for pair in pairs if pair[1])))
        return tuple(found)


class BillingProvider(Party):
    """2010AA, with the taxonomy that 2000A carries for it."""

    def __init__(self, loop: Loop, level: Loop) -> None:
        super().__init__(loop)
        self._level = level

    @lazy
    def taxonomy(self) -> str:
        """PRV03 of 2000A (PRV*BI)."""
        segment = self._level.first(b"PRV")
        return segment.element(3) if segment else ""


class Coverage(View):
    """SBR, in 2000B and in 2320."""

    payer_responsibility = text("SBR", 1, doc="SBR01: P primary, S secondary, T tertiary ...")
    relationship = text("SBR", 2, doc="SBR02: 18 where the subscriber is the patient.")
    group_number = text("SBR", 3, doc="SBR03.")
    group_name = text("SBR", 4, doc="SBR04.")
    insurance_type = text("SBR", 5, doc="SBR05.")
    filing_indicator = text("SBR", 9, doc="SBR09.")


class Subscriber(Party):
    """2010BA as a person, with the coverage of 2000B."""

    def __init__(self, level: Loop) -> None:
        super().__init__(level.loop("2010BA"))
        self.coverage = Coverage(level)

    @property
    def payer_responsibility(self) -> str:
        """SBR01."""
        return self.coverage.payer_responsibility

    @property
    def relationship(self) -> str:
        """SBR02."""
        return self.coverage.relationship

    @property
    def group_number(self) -> str:
        """SBR03."""
        return self.coverage.group_number

    @property
    def group_name(self) -> str:
        """SBR04."""
        return self.coverage.group_name

    @property
    def insurance_type(self) -> str:
        """SBR05."""
        return self.coverage.insurance_type

    @property
    def filing_indicator(self) -> str:
        """SBR09."""
        return self.coverage.filing_indicator


class Patient(Party):
    """The patient: 2010CA, or the subscriber (2010BA) where the claim stands under the subscriber.

    relationship: PAT01 of 2000C, or SBR02. member_id: the subscriber's NM109.
    """

    def __init__(self, subscriber: Subscriber, level: Loop | None) -> None:
        super().__init__(level.loop("2010CA") if level is not None else subscriber.loop)
        self._subscriber = subscriber
        self._level = level

    @property
    def member_id(self) -> str:
        """NM109 of 2010BA."""
        return self._subscriber.id

    @property
    def relationship(self) -> str:
        """PAT01, or SBR02 where the subscriber is the patient."""
        if self._level is None:
            return self._subscriber.relationship
        segment = self._level.first(b"PAT")
        return segment.element(1) if segment is not None else ""


class LineAdjudication(View):
    """2430: what another payer did to a line."""

    payer_id = text("SVD", 1, doc="SVD01.")
    paid = amount("SVD", 2, doc="SVD02.")
    qualifier = text("SVD", 3, 1, doc="SVD03-1.")
    code = text("SVD", 3, 2, doc="SVD03-2: the procedure as adjudicated.")
    quantity = amount("SVD", 5, doc="SVD05.")
    bundled_line = text("SVD", 6, doc="SVD06: LX01 of the line into which this one was bundled.")
    paid_date = day("573", doc="DTP*573.")
    remaining_liability = amount("AMT", 2, "EAF", doc="AMT*EAF.")

    @lazy
    def adjustments(self) -> tuple[Adjustment, ...]:
        """Every CAS triplet of this loop."""
        return tuple(adjustments(self))


class OtherSubscriber(Coverage):
    """2320: coverage by another payer, and what that payer decided."""

    payer_paid = amount("AMT", 2, "D", doc="AMT*D.")
    remaining_liability = amount("AMT", 2, "EAF", doc="AMT*EAF.")
    non_covered = amount("AMT", 2, "A8", doc="AMT*A8.")
    benefits_assigned = text("OI", 3, doc="OI03.")
    release_of_information = text("OI", 6, doc="OI06.")

    @lazy
    def adjustments(self) -> tuple[Adjustment, ...]:
        """Every CAS triplet of 2320."""
        return tuple(adjustments(self))

    @property
    def adjudicated(self) -> bool:
        """Whether that payer has decided: 2320 carries AMT*D, AMT*EAF, CAS or MOA, or 2330B a date of payment."""
        decided = ((b"AMT", b"D"), (b"AMT", b"EAF"), (b"CAS", None), (b"MOA", None))
        if any(self.segment(tag, qualifier) is not None for tag, qualifier in decided):
            return True
        return self.payer is not None and self.payer.segment(b"DTP", b"573") is not None

    @lazy
    def person(self) -> Party | None:
        """2330A."""
        return party(self.loop, "2330A")

    @lazy
    def payer(self) -> Party | None:
        """2330B."""
        return party(self.loop, "2330B")

    @lazy
    def paid_date(self) -> date | None:
        """DTP*573 of 2330B. Raises BadValue where it is not a date."""
        payer = self.payer
        found = span_of(payer.segment(b"DTP", b"573")) if payer else None
        return found.start if found else None

    @lazy
    def referring_providers(self) -> tuple[Party, ...]:
        """2330C."""
        return parties(self.loop, "2330C")

    @lazy
    def rendering_provider(self) -> Party | None:
        """2330D."""
        return party(self.loop, "2330D")

    @lazy
    def supervising_provider(self) -> Party | None:
        """2330E."""
        return party(self.loop, "2330E")

    @lazy
    def billing_provider(self) -> Party | None:
        """2330F."""
        return party(self.loop, "2330F")

    @lazy
    def service_facility(self) -> Party | None:
        """2330G."""
        return party(self.loop, "2330G")

    @lazy
    def assistant_surgeon(self) -> Party | None:
        """2330H."""
        return party(self.loop, "2330H")


class Itemized(View):
    """What a claim (2300) and a line (2400) have alike: REF, K3, CN1, HCP."""

    repriced_id = reference("9A", doc="REF*9A.")
    adjusted_repriced_id = reference("9C", doc="REF*9C.")

    @lazy
    def references(self) -> tuple[Reference, ...]:
        """Every REF of the loop itself, not of the parties in it."""
        return references(self)

    @lazy
    def fixed_formats(self) -> tuple[str, ...]:
        """K301 of every K3."""
        return tuple(segment.element(1) for segment in self.segments(b"K3"))

    @lazy
    def contract(self) -> Contract | None:
        """CN1. Raises BadValue where an amount or percentage is none."""
        cn1 = self.segment(b"CN1")
        if cn1 is None:
            return None
        return Contract(
            cn1.element(1), number_of(cn1, 2), number_of(cn1, 3), cn1.element(4), number_of(cn1, 5), cn1.element(6)
        )

    @lazy
    def pricing(self) -> Pricing | None:
        """HCP. Raises BadValue where an amount or rate is none."""
        hcp = self.segment(b"HCP")
        if hcp is None:
            return None
        return Pricing(
            hcp.element(1),
            number_of(hcp, 2),
            number_of(hcp, 3),
            hcp.element(4),
            number_of(hcp, 5),
            hcp.element(13),
            hcp.element(14),
            hcp.element(15),
        )


def party(loop: Loop | None, identifier: str) -> Party | None:
    """The first loop of this identifier inside ``loop``, as a party."""
    found = loop.loop(identifier) if loop is not None else None
    return Party(found) if found is not None else None


def parties(loop: Loop | None, identifier: str) -> tuple[Party, ...]:
    """All of them, in order."""
    return tuple(Party(found) for found in loop.loops(identifier)) if loop is not None else ()


def references(view: View) -> tuple[Reference, ...]:
    """Every REF of the view's own loop."""
    return tuple(Reference(segment.element(1), segment.element(2)) for segment in view.segments(b"REF"))


def adjustments(view: View) -> Iterator[Adjustment]:
    """The triplets of every CAS of the view's own loop. Raises BadValue where an amount or quantity is none."""
    for segment in view.segments(b"CAS"):
        yield from _triplets(segment)


def _triplets(cas: Segment) -> Iterator[Adjustment]:
    for at in range(2, len(cas.elements), 3):
        if cas.element(at):
            yield Adjustment(cas.element(1), cas.element(at), number_of(cas, at + 1), number_of(cas, at + 2))
