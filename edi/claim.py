"""A dental claim: loop 2300, with the parties that its transaction and its HL give it."""

from __future__ import annotations

from decimal import Decimal

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.errors import BadValue, BrokenHierarchy, Spot
from bitewing.edi.guide import dental
from bitewing.edi.hierarchy import Located, Transaction
from bitewing.edi.levels import PATIENT, Level
from bitewing.edi.line import Line
from bitewing.edi.loops import Loop, Segment, read_loop
from bitewing.edi.parts import (
    Attachment,
    BillingProvider,
    Diagnosis,
    Itemized,
    Orthodontics,
    OtherSubscriber,
    Party,
    Patient,
    Subscriber,
    ToothStatus,
    parties,
    party,
)
from bitewing.edi.values import DateSpan
from bitewing.edi.view import amount, day, lazy, number_of, reference, span_of, text

MOST_LINES = 50
"""005010X224A2: loop 2400 repeats at most 50 times in a claim."""

_OF_LEVEL = ("billing_provider", "patient", "payer", "subscriber")
"""What a claim reads from its HL, and so does the same claim with other bytes."""


class Claim(Itemized):
    """One claim as it was sent, read on demand (005010X224A2, loop 2300).

    Nothing is taken apart before it is asked for. Reading an amount or a date that is none raises BadValue with its
    place; absent text is "", an absent amount, date or party None, an absent list ().
    """

    def __init__(self, found: Located) -> None:
        self.data = found.data
        self.offset = found.offset
        self.level: Level = found.level
        self.transaction: Transaction = found.transaction
        self.received: tuple[int, ...] | None = None
        self.origin: Claim | None = None

    def edited(self, data: bytes, received: tuple[int, ...]) -> Claim:
        """The same claim with other bytes. received: for each of its lines, the number people know it by."""
        claim = Claim(Located(data, self.offset, self.level, self.transaction))
        claim.received = received
        claim.origin = self
        for name in _OF_LEVEL:
            if name in self.__dict__:
                claim.__dict__[name] = self.__dict__[name]
        return claim

    @property
    def delimiters(self) -> Delimiters:
        """Those of its interchange."""
        return self.level.delimiters

    @lazy
    def loop(self) -> Loop:
        """Loop 2300 as a tree."""
        return read_loop(self.data, self.offset, dental().loops["2300"], self.delimiters)

    id = text("CLM", 1, doc="CLM01: the sender's number of the claim.")
    charge = amount("CLM", 2, doc="CLM02: the total charge in dollars.")
    place_of_service = text("CLM", 5, 1, doc="CLM05-1.")
    facility_qualifier = text("CLM", 5, 2, doc="CLM05-2.")
    frequency = text("CLM", 5, 3, doc="CLM05-3: 1 original, 7 replacement, 8 void.")
    provider_signature = text("CLM", 6, doc="CLM06.")
    assignment = text("CLM", 7, doc="CLM07.")
    benefits_assigned = text("CLM", 8, doc="CLM08.")
    release_of_information = text("CLM", 9, doc="CLM09.")
    accident_state = text("CLM", 11, 4, doc="CLM11-4.")
    accident_country = text("CLM", 11, 5, doc="CLM11-5.")
    special_program = text("CLM", 12, doc="CLM12.")
    submission_reason = text("CLM", 19, doc="CLM19: PB for a predetermination.")
    delay_reason = text("CLM", 20, doc="CLM20.")
    accident_date = day("439", doc="DTP*439.")
    appliance_placement_date = day("452", doc="DTP*452.")
    repricer_received_date = day("050", doc="DTP*050.")
    patient_paid = amount("AMT", 2, "F5", doc="AMT*F5.")
    predetermination_id = reference("G3", doc="REF*G3.")
    service_authorization_exception = reference("4N", doc="REF*4N.")
    original_reference = reference("F8", doc="REF*F8: the payer's number of the claim that this one replaces or voids.")
    referral = reference("9F", doc="REF*9F.")
    prior_authorization = reference("G1", doc="REF*G1.")
    clearinghouse_id = reference("D9", doc="REF*D9.")

    @property
    def predetermination(self) -> bool:
        """Whether nothing was done yet: CLM19 is PB."""
        return self.submission_reason == "PB"

    @lazy
    def related_causes(self) -> tuple[str, ...]:
        """CLM11-1 to CLM11-3, those that were sent."""
        segment = self.segment(b"CLM")
        return tuple(part for part in segment.components(11)[:3] if part) if segment else ()

    @lazy
    def service_date(self) -> DateSpan | None:
        """DTP*472 of the claim, a day or a range. Raises BadValue where it is not a date."""
        return span_of(self.segment(b"DTP", b"472"))

    @lazy
    def orthodontics(self) -> Orthodontics | None:
        """DN1. Raises BadValue where a count of months is none."""
        dn1 = self.segment(b"DN1")
        return Orthodontics(number_of(dn1, 1), number_of(dn1, 2), dn1.element(4)) if dn1 else None

    @lazy
    def tooth_statuses(self) -> tuple[ToothStatus, ...]:
        """Every DN2."""
        return tuple(ToothStatus(dn2.element(1), dn2.element(2)) for dn2 in self.segments(b"DN2"))

    @lazy
    def attachments(self) -> tuple[Attachment, ...]:
        """Every PWK."""
        return tuple(Attachment(pwk.element(1), pwk.element(2), pwk.element(6)) for pwk in self.segments(b"PWK"))

    @lazy
    def notes(self) -> tuple[str, ...]:
        """NTE02 of every NTE."""
        return tuple(nte.element(2) for nte in self.segments(b"NTE"))

    @lazy
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """HI01 to HI12, those that were sent."""
        hi = self.segment(b"HI")
        if hi is None:
            return ()
        said = (hi.components(at) for at in range(1, len(hi.elements)))
        return tuple(Diagnosis(parts[0], parts[1] if len(parts) > 1 else "") for parts in said if parts)

    @lazy
    def lines(self) -> tuple[Line, ...]:
        """Every service line, in order."""
        loops = (loop for loop in self.loop.children if loop.rule.id == "2400")
        return tuple(Line(loop, self, index) for index, loop in enumerate(loops))

    @lazy
    def codes(self) -> frozenset[str]:
        """The procedures of its lines."""
        return frozenset(line.code for line in self.lines)

    @lazy
    def other_subscribers(self) -> tuple[OtherSubscriber, ...]:
        """Every 2320."""
        return tuple(OtherSubscriber(loop) for loop in self.loop.loops("2320"))

    @lazy
    def referring_providers(self) -> tuple[Party, ...]:
        """Every 2310A."""
        return parties(self.loop, "2310A")

    @lazy
    def rendering_provider(self) -> Party | None:
        """2310B."""
        return party(self.loop, "2310B")

    @lazy
    def service_facility(self) -> Party | None:
        """2310C."""
        return party(self.loop, "2310C")

    @lazy
    def assistant_surgeon(self) -> Party | None:
        """2310D."""
        return party(self.loop, "2310D")

    @lazy
    def supervising_provider(self) -> Party | None:
        """2310E."""
        return party(self.loop, "2310E")

    @property
    def submitter(self) -> Party | None:
        """1000A."""
        return party(self.transaction.header, "1000A")

    @property
    def receiver(self) -> Party | None:
        """1000B."""
        return party(self.transaction.header, "1000B")

    @property
    def subscriber_level(self) -> Level:
        """The HL of its subscriber: its own, or the parent of its patient's."""
        level = self.level.parent if self.level.code == PATIENT else self.level
        assert level is not None  # the hierarchy hands out no claim without it
        return level

    @property
    def billing_level(self) -> Level:
        """The HL of its billing provider, named by the subscriber's HL02."""
        level = self.subscriber_level.parent
        assert level is not None
        return level

    @lazy
    def billing_provider(self) -> Party | None:
        """2010AA; its taxonomy is that of 2000A."""
        loop = self.billing_level.loop.loop("2010AA")
        return BillingProvider(loop, self.billing_level.loop) if loop is not None else None

    @lazy
    def pay_to_address(self) -> Party | None:
        """2010AB."""
        return party(self.billing_level.loop, "2010AB")

    @lazy
    def pay_to_plan(self) -> Party | None:
        """2010AC."""
        return party(self.billing_level.loop, "2010AC")

    @lazy
    def payer(self) -> Party | None:
        """2010BB."""
        return party(self.subscriber_level.loop, "2010BB")

    @lazy
    def subscriber(self) -> Subscriber:
        """2000B and 2010BA."""
        return Subscriber(self.subscriber_level.loop)

    @lazy
    def patient(self) -> Patient:
        """2000C and 2010CA where the claim stands under a patient, else the subscriber."""
        return Patient(self.subscriber, self.level.loop if self.level.code == PATIENT else None)

    @lazy
    def total_of_lines(self) -> Decimal:
        """The sum of SV302, absent charges counting nothing. Raises BadValue where one is not a number."""
        return sum((line.charge for line in self.lines if line.charge is not None), Decimal(0))

    def let_go(self) -> None:
        """Forget what was read. A claim and its lines hold each other; without this only the collector frees them."""
        for name in ("lines", "loop"):
            self.__dict__.pop(name, None)

    @property
    def spot(self) -> Spot:
        """Where the claim stands, for messages."""
        return Spot(self.offset, "CLM", self.id)

    def check_shape(self) -> None:
        """Raise BrokenHierarchy where the claim's lines cannot be told apart or are too many, BadValue where a charge,
        count or service date is none: nothing may then be said of the claim.
        """
        served = sum(line.service is not None for line in self.lines)
        if self.data.count(b"SV3") != served:
            self._check_services()
        if len(self.lines) > MOST_LINES:
            what = f"the claim has {len(self.lines)} service lines, more than {MOST_LINES}"
            raise BrokenHierarchy(what, self.spot, "send them as two claims")
        try:
            _ = self.charge, self.service_date, self.patient.birth_date
            for line in self.lines:
                _ = line.charge, line.quantity, line.own_service_date
        except BadValue as error:
            spot = error.spot or self.spot
            raise type(error)(error.what, Spot(spot.offset, spot.segment, self.id), error.mend) from None

    def _check_services(self) -> None:
        """Raise BrokenHierarchy where an SV3 stands in no line, or is the second of its line."""
        stray = self._stray_service()
        if stray is not None:
            what = "SV3 stands without LX before it"
            raise BrokenHierarchy(what, Spot(stray.offset, "SV3", self.id), "begin the line with LX")
        for loop in self.loop.loops("2400"):
            services = list(loop.all(b"SV3"))
            if len(services) > 1:
                spot = Spot(services[1].offset, "SV3", self.id)
                raise BrokenHierarchy("a second SV3 stands in one line", spot, "begin each line with LX")

    def _stray_service(self) -> Segment | None:
        """An SV3 that stands in no line."""
        for loop in (self.loop, *self.loop.children):
            if loop.rule.id != "2400":
                stray = next(loop.all(b"SV3"), None)
                if stray is not None:
                    return stray
        return None
