"""Whether a remittance adds up, exactly: each line, each claim payment, the payment as a whole. Nothing is forced.

Three sums hold for any 835 (005010X221A1, 1.10.2.1). The views are judged by them here;
``conformance/remittance.py`` judges segments by the same three.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import NamedTuple, TypeVar

from bitewing.edi.errors import BadValue
from bitewing.edi.remit.line import RemitLine
from bitewing.edi.remit.payment import Payment
from bitewing.edi.remit.read import total
from bitewing.edi.remit.remit import Remit

T = TypeVar("T")

ZERO = Decimal(0)
PREDETERMINATION, REVERSAL = "25", "22"
"""CLP02. Of a predetermination no money moves, and payers differ in how they state it: its sums are told, not held
against it. A reversal has all its signs turned, and need not say what the patient owed."""
TAKEN_BACK = "D"
"""BPR03: money taken back. Which sign the total then has, senders do not agree on: nothing is said of it."""
ALLOWED_SHARE = ("1", "2", "3", "66")
"""Reasons for which the patient owes a part of what was allowed: deductible (1, 66), coinsurance (2), copay (3). What
is owed for any other (not covered, the difference to a cheaper service, no coverage) was not allowed. The SQL of
``policies/match`` is given the same list."""


def expected_paid(charge: Decimal, adjusted: Decimal) -> Decimal:
    """SVC03 of a line, CLP04 of a claim with all its lines: the charge without the adjustments."""
    return charge - adjusted


def expected_share(status: str, said: str, patient: Decimal) -> Decimal | None:
    """CLP05: the adjustments of group PR together. None where nothing is expected: a reversal that leaves it out."""
    return None if status == REVERSAL and not said else patient


def expected_total(sign: str, claims: Decimal, withheld: Decimal) -> Decimal | None:
    """BPR02: the payments of the claims (CLP04) without the provider adjustments (PLB). None where its sign is in
    doubt."""
    return None if sign == TAKEN_BACK else claims - withheld


class Sum(NamedTuple):
    """One sum that must agree.

    element: the element that says it (SVC03, CLP03, CLP04, CLP05, BPR02); offset: of its segment; line: the number of
    the line, 0 for none. said: what it says. expected: what the rest adds up to. Either is None where it was not sent,
    cannot be read, or is in doubt: then nothing is known. firm: whether a difference is a fault, not a note.
    """

    element: str
    offset: int
    line: int
    said: Decimal | None
    expected: Decimal | None
    firm: bool = True

    @property
    def difference(self) -> Decimal | None:
        """By how much it says more (or, below zero, less) than the rest; None where that is not known."""
        return None if self.said is None or self.expected is None else self.said - self.expected

    @property
    def agrees(self) -> bool | None:
        """Whether it does; None where that is not known."""
        apart = self.difference
        return None if apart is None else not apart


def line_sum(line: RemitLine, firm: bool = True) -> Sum:
    """SVC03 = SVC02 - CAS of the line."""
    expected = _known(lambda: None if line.charge is None else expected_paid(line.charge, line.adjusted))
    return Sum("SVC03", line.offset, line.number, _known(lambda: line.paid), expected, firm)


def claim_sums(remit: Remit) -> Iterator[Sum]:
    """Its lines; CLP04 = CLP03 - all CAS; CLP03 = the lines' SVC02, where there are any; CLP05 = all of group PR."""
    firm = remit.status != PREDETERMINATION
    for line in remit.lines:
        yield line_sum(line, firm)
    charge, at = _known(lambda: remit.charge), remit.offset
    adjusted = _known(lambda: remit.adjusted + sum((line.adjusted for line in remit.lines), ZERO))
    paid = None if charge is None or adjusted is None else expected_paid(charge, adjusted)
    yield Sum("CLP04", at, 0, _known(lambda: remit.paid), paid, firm)
    if remit.lines:
        yield Sum("CLP03", at, 0, charge, _charges(remit), firm=False)
    clp = remit.segment(b"CLP")
    patient = _known(lambda: patient_owes(remit))
    share = None if patient is None else expected_share(remit.status, clp.element(5) if clp else "", patient)
    yield Sum("CLP05", at, 0, _known(lambda: remit.patient_share or ZERO), share, firm=False)


def payment_sum(payment: Payment) -> Sum:
    """BPR02 = the sum of CLP04 - the sum of PLB. The payment must have ended."""
    claims = _known(lambda: payment.claims_paid)
    withheld = _known(lambda: payment.withheld)
    expected = None if claims is None or withheld is None else expected_total(payment.sign, claims, withheld)
    said = _known(lambda: payment.amount)
    return Sum("BPR02", payment.offset, 0, said, expected if payment.ended else None)


def patient_owes(remit: Remit) -> Decimal:
    """The adjustments of group PR, the claim's and its lines'. Raises BadValue where one is not a number."""
    return remit.patient_adjusted + sum((line.patient_adjusted for line in remit.lines), ZERO)


def allowed(line: RemitLine) -> Decimal | None:
    """What the payer took as its base: SVC03 and the patient's share of it (PR, ALLOWED_SHARE); None without SVC03.

    Raises BadValue where an amount is not a number.
    """
    if line.paid is None:
        return None
    return line.paid + total(one for one in line.adjustments if one.group == "PR" and one.reason in ALLOWED_SHARE)


def _charges(remit: Remit) -> Decimal | None:
    found = _known(lambda: tuple(line.charge for line in remit.lines))
    charges = [charge for charge in found or () if charge is not None]
    return sum(charges, ZERO) if found is not None and len(charges) == len(found) else None


def _known(read: Callable[[], T]) -> T | None:
    """A value, None where it cannot be read: that is a fault of its own, and nothing is said of its sums."""
    try:
        return read()
    except BadValue:
        return None
