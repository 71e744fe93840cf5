"""The parts of a remittance but payment, claim payment and line: parties, provider adjustments, MIA, MOA."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from bitewing.edi.loops import Loop, Segment
from bitewing.edi.parts import Reference, references
from bitewing.edi.remit.read import Contact, contacts, day_of
from bitewing.edi.view import View, amount, lazy, number_of, text


class ProviderAdjustment(NamedTuple):
    """PLB: money that moves apart from claims. A positive amount reduces the payment, a negative one adds to it."""

    provider: str  # PLB01
    period_end: date | None  # PLB02
    reason: str  # PLB03-1: WO an overpayment taken back, L6 interest, FB a balance carried forward ...
    reference: str  # PLB03-2
    amount: Decimal | None  # PLB04


class Delivery(NamedTuple):
    """RDM: how the remittance reaches the payee."""

    transmission: str  # RDM01
    name: str  # RDM02
    number: str  # RDM03


class Organization(View):
    """Payer (1000A) or payee (1000B): N1 with its address, identifiers and contacts."""

    entity = text("N1", 1, doc="N101: PR payer, PE payee.")
    name = text("N1", 2, doc="N102.")
    id_qualifier = text("N1", 3, doc="N103: XV a plan, XX an NPI, FI a tax number.")
    id = text("N1", 4, doc="N104.")
    city = text("N4", 1, doc="N401.")
    state = text("N4", 2, doc="N402.")
    zip = text("N4", 3, doc="N403.")
    country = text("N4", 4, doc="N404.")
    subdivision = text("N4", 7, doc="N407.")

    @lazy
    def address(self) -> tuple[str, ...]:
        """N301 and N302, those that were sent."""
        n3 = self.segment(b"N3")
        return tuple(line for line in (n3.element(1), n3.element(2)) if line) if n3 else ()

    @lazy
    def references(self) -> tuple[Reference, ...]:
        """Every REF of this loop."""
        return references(self)

    @lazy
    def contacts(self) -> tuple[Contact, ...]:
        """Every PER of this loop."""
        return contacts(self)

    @lazy
    def delivery(self) -> Delivery | None:
        """RDM."""
        rdm = self.segment(b"RDM")
        return Delivery(rdm.element(1), rdm.element(2), rdm.element(3)) if rdm else None

    def referred(self, qualifier: str) -> str:
        """REF02 of the first REF with this qualifier, "" where absent."""
        ref = self.segment(b"REF", qualifier.encode())
        return ref.element(2) if ref is not None else ""


class Section(View):
    """LX with TS3 and TS2: claim payments that the payer grouped, by provider and year."""

    number = text("LX", 1, doc="LX01.")
    provider = text("TS3", 1, doc="TS301.")
    facility = text("TS3", 2, doc="TS302.")
    claims = amount("TS3", 4, doc="TS304: how many claims there are, as the payer counts.")
    charge = amount("TS3", 5, doc="TS305: their charges.")

    @lazy
    def period_end(self) -> date | None:
        """TS303. Raises BadValue where it is not a date."""
        return day_of(self.segment(b"TS3"), 3)

    @lazy
    def provider_amounts(self) -> tuple[Decimal | None, ...]:
        """TS306 to TS324, None where absent, () without TS3."""
        return _numbers(self.segment(b"TS3"), 6, 24)

    @lazy
    def supplemental_amounts(self) -> tuple[Decimal | None, ...]:
        """TS201 to TS219, None where absent, () without TS2."""
        return _numbers(self.segment(b"TS2"), 1, 19)


class Inpatient(View):
    """MIA: how an inpatient claim was decided."""

    covered_days = amount("MIA", 1, doc="MIA01.")
    operating_outlier = amount("MIA", 2, doc="MIA02.")
    psychiatric_days = amount("MIA", 3, doc="MIA03.")
    drg_amount = amount("MIA", 4, doc="MIA04.")
    disproportionate_share = amount("MIA", 6, doc="MIA06.")
    secondary_pass_through = amount("MIA", 7, doc="MIA07.")
    capital = amount("MIA", 8, doc="MIA08.")
    capital_federal_drg = amount("MIA", 9, doc="MIA09.")
    capital_hospital_drg = amount("MIA", 10, doc="MIA10.")
    capital_disproportionate_drg = amount("MIA", 11, doc="MIA11.")
    old_capital = amount("MIA", 12, doc="MIA12.")
    capital_medical_education = amount("MIA", 13, doc="MIA13.")
    operating_hospital_drg = amount("MIA", 14, doc="MIA14.")
    cost_report_days = amount("MIA", 15, doc="MIA15.")
    operating_federal_drg = amount("MIA", 16, doc="MIA16.")
    capital_outlier = amount("MIA", 17, doc="MIA17.")
    indirect_teaching = amount("MIA", 18, doc="MIA18.")
    professional_not_payable = amount("MIA", 19, doc="MIA19.")
    capital_exception = amount("MIA", 24, doc="MIA24.")

    @lazy
    def remarks(self) -> tuple[str, ...]:
        """MIA05 and MIA20 to MIA23, those that were sent."""
        return _codes(self.segment(b"MIA"), (5, 20, 21, 22, 23))


class Outpatient(View):
    """MOA: how any other claim was decided."""

    reimbursement_rate = amount("MOA", 1, doc="MOA01.")
    procedures_payable = amount("MOA", 2, doc="MOA02.")
    renal_paid = amount("MOA", 8, doc="MOA08.")
    professional_not_payable = amount("MOA", 9, doc="MOA09.")

    @lazy
    def remarks(self) -> tuple[str, ...]:
        """MOA03 to MOA07, those that were sent."""
        return _codes(self.segment(b"MOA"), (3, 4, 5, 6, 7))


def provider_adjustments(loop: Loop) -> Iterator[ProviderAdjustment]:
    """Each pair of reason and amount of every PLB, up to six a segment. Raises BadValue."""
    for plb in loop.all(b"PLB"):
        for at in range(3, len(plb.elements), 2):
            if plb.element(at) or plb.element(at + 1):
                reason, reference = plb.component(at, 1), plb.component(at, 2)
                yield ProviderAdjustment(
                    plb.element(1), day_of(plb, 2), reason, reference, number_of(plb, at + 1)
                )  # fmt: skip


def _codes(segment: Segment | None, places: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(code for at in places if (code := segment.element(at))) if segment is not None else ()


def _numbers(segment: Segment | None, first: int, last: int) -> tuple[Decimal | None, ...]:
    return tuple(number_of(segment, at) for at in range(first, last + 1)) if segment is not None else ()
