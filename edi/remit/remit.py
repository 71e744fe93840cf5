"""A claim payment: loop 2100 of a remittance, what became of one claim."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.errors import Spot
from bitewing.edi.loops import Loop, Stretch
from bitewing.edi.parts import Party
from bitewing.edi.remit.line import RemitLine
from bitewing.edi.remit.loops import NAME, claim_loop, starting
from bitewing.edi.remit.parts import Inpatient, Outpatient, Section
from bitewing.edi.remit.read import Contact, Detailed, contacts, day
from bitewing.edi.view import amount, lazy, reference, text

if TYPE_CHECKING:
    from bitewing.edi.remit.payment import Payment


class Remit(Detailed):
    """One CLP as it was sent, read on demand (005010X221A1, loop 2100).

    offset: of its CLP in the file. number: its place in its payment, from 1. payment: the 835 it is part of.
    section: the LX it stands under, None without. Reading an amount or a date that is none raises BadValue with its
    place; absent text is "", an absent amount, date or party None, an absent list (). ``adjustments``, ``dates``,
    ``amounts`` and the like are those of the claim itself; its lines have their own.
    """

    def __init__(self, data: bytes, offset: int, number: int, payment: Payment, section: Section | None) -> None:
        self.data = data
        self.offset = offset
        self.number = number
        self.payment = payment
        self.section = section

    @property
    def delimiters(self) -> Delimiters:
        """Those of its interchange."""
        return self.payment.envelope.delimiters

    @lazy
    def loop(self) -> Loop:
        """Loop 2100 with its 2110."""
        return claim_loop(Stretch(self.data, self.offset, self.delimiters))

    id = text("CLP", 1, doc="CLP01: CLM01 of the claim, as the payer gives it back.")
    status = text("CLP", 2, doc="CLP02: 1, 2, 3 first to third payer, 4 denied, 22 taken back, 25 predetermination.")
    charge = amount("CLP", 3, doc="CLP03: what was charged, in dollars.")
    paid = amount("CLP", 4, doc="CLP04: what the payer pays.")
    patient_share = amount("CLP", 5, doc="CLP05: what the patient is to pay.")
    filing = text("CLP", 6, doc="CLP06: the kind of plan.")
    payer_control_number = text("CLP", 7, doc="CLP07: the payer's number of the claim.")
    facility = text("CLP", 8, doc="CLP08: where it was done.")
    frequency = text("CLP", 9, doc="CLP09: 1 original, 7 replacement, 8 void.")
    patient_status = text("CLP", 10, doc="CLP10.")
    drg = text("CLP", 11, doc="CLP11.")
    drg_weight = amount("CLP", 12, doc="CLP12.")
    discharge_fraction = amount("CLP", 13, doc="CLP13.")
    condition = text("CLP", 14, doc="CLP14.")

    group_number = reference("1L", doc="REF*1L: group or policy.")
    member_number = reference("1W", doc="REF*1W.")
    contract_class = reference("CE", doc="REF*CE: the class of contract, such as the network.")
    medical_record = reference("EA", doc="REF*EA.")
    original_reference = reference("F8", doc="REF*F8: the payer's number of the claim that this one replaces.")
    predetermination_id = reference("G3", doc="REF*G3.")
    prior_authorization = reference("G1", doc="REF*G1.")
    statement_from = day("232", doc="DTM*232.")
    statement_to = day("233", doc="DTM*233.")
    coverage_expired = day("036", doc="DTM*036.")
    received = day("050", doc="DTM*050: when the payer received the claim.")
    coverage_amount = amount("AMT", 2, "AU", doc="AMT*AU.")
    patient_paid = amount("AMT", 2, "F5", doc="AMT*F5.")
    interest = amount("AMT", 2, "I", doc="AMT*I: interest, paid through PLB.")

    @property
    def version(self) -> str:
        """The guide it was written by, as the payment says."""
        return self.payment.version

    @property
    def reversal(self) -> bool:
        """Whether an earlier payment is taken back: CLP02 is 22."""
        return self.status == "22"

    @property
    def predetermination(self) -> bool:
        """Whether nothing was done yet and nothing is paid: CLP02 is 25."""
        return self.status == "25"

    @lazy
    def first_day(self) -> date | None:
        """DTM*232, else the first date of its lines. Raises BadValue."""
        return self.statement_from or min((line.first_day for line in self.lines if line.first_day), default=None)

    @lazy
    def last_day(self) -> date | None:
        """DTM*233, else the last date of its lines. Raises BadValue."""
        return self.statement_to or max((line.last_day for line in self.lines if line.last_day), default=None)

    @lazy
    def parties(self) -> tuple[Party, ...]:
        """Every NM1, wherever it stands: a line has none of its own."""
        stretch = self.loop.stretch
        return tuple(Party(Loop(NAME, stretch, index, index + 1)) for index in starting(stretch, b"NM1"))

    @property
    def patient(self) -> Party | None:
        """NM1*QC."""
        return self._party("QC")

    @property
    def insured(self) -> Party | None:
        """NM1*IL."""
        return self._party("IL")

    @property
    def corrected(self) -> Party | None:
        """NM1*74: the patient or insured as the payer knows them."""
        return self._party("74")

    @property
    def service_provider(self) -> Party | None:
        """NM1*82."""
        return self._party("82")

    @property
    def crossover_payer(self) -> Party | None:
        """NM1*TT: the payer to whom the claim was passed on."""
        return self._party("TT")

    @property
    def corrected_payer(self) -> Party | None:
        """NM1*PR: the payer that should come first."""
        return self._party("PR")

    @property
    def other_subscriber(self) -> Party | None:
        """NM1*GB."""
        return self._party("GB")

    @lazy
    def inpatient(self) -> Inpatient | None:
        """MIA."""
        return Inpatient(self.loop) if self.segment(b"MIA") is not None else None

    @lazy
    def outpatient(self) -> Outpatient | None:
        """MOA."""
        return Outpatient(self.loop) if self.segment(b"MOA") is not None else None

    @lazy
    def remarks(self) -> tuple[str, ...]:
        """The remark codes of MIA and MOA."""
        return tuple(code for part in (self.inpatient, self.outpatient) if part is not None for code in part.remarks)

    @lazy
    def contacts(self) -> tuple[Contact, ...]:
        """Every PER."""
        return contacts(self)

    @lazy
    def lines(self) -> tuple[RemitLine, ...]:
        """Every service line, in order."""
        return tuple(RemitLine(loop, number, self.id) for number, loop in enumerate(self.loop.children, start=1))

    @property
    def spot(self) -> Spot:
        """Where it stands, for messages."""
        return Spot(self.offset, "CLP", self.id)

    def _party(self, entity: str) -> Party | None:
        return next((one for one in self.parties if one.entity == entity), None)
