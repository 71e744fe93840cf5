"""Sums of a remittance (835, SNIP type 3), exact: each line, each claim, and the payment as a whole.

Read segment by segment; of a transaction nothing is kept but sums. An amount that is no number is a fault of its own,
found by the guide: nothing is said of the sums it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from bitewing.edi.conformance.balance import ZERO, NotNumber, amount, difference
from bitewing.edi.conformance.fault import Fault, Scope
from bitewing.edi.conformance.rule import TELLS, Rule
from bitewing.edi.conformance.sections import Part, Placed
from bitewing.edi.loops import Segment
from bitewing.edi.remit.balance import PREDETERMINATION, expected_paid, expected_share, expected_total

LINE = Rule(
    "service-not-balanced",
    3,
    Scope.ELEMENT,
    "",
    "SVC03 is {difference} {more} than the line's charge without its adjustments (SVC02 - CAS)",
    "the payer has to send the adjustments of this line that are missing or wrong",
)
CLAIM = Rule(
    "payment-not-balanced",
    3,
    Scope.ELEMENT,
    "",
    "CLP04 is {difference} {more} than the claim's charge without all its adjustments (CLP03 - CAS)",
    "the payer has to send the adjustments of this claim that are missing or wrong",
)
TRANSACTION = Rule(
    "total-not-sum-of-payments",
    3,
    Scope.ELEMENT,
    "",
    "BPR02 is {difference} {more} than the payments of the claims without the provider adjustments (CLP04 - PLB)",
    "the payer has to say what the rest of the money is for",
)
LINES = Rule(
    "charge-not-sum-of-services",
    3,
    Scope.ELEMENT,
    "",
    "CLP03 is {difference} {more} than the charges of the claim's lines together (SVC02)",
    "look whether the payer left out a line or added one",
    TELLS,
)
PATIENT = Rule(
    "patient-share-not-sum",
    3,
    Scope.ELEMENT,
    "",
    "CLP05 is {difference} {more} than the adjustments of group PR together",
    "what the patient owes is not certain: ask the payer",
    TELLS,
)


@dataclass(slots=True)
class _Sum:
    """A charge, a payment and what was adjusted between them. sure: whether every amount was a number."""

    head: Placed
    charge: Decimal | None = None
    paid: Decimal | None = None
    adjusted: Decimal = ZERO
    patient: Decimal = ZERO
    sure: bool = True


class Remittance:
    """Follows the segments of one 835."""

    def __init__(self) -> None:
        self._bpr: Placed | None = None
        self._paid = ZERO
        self._withheld = ZERO
        self._sure = True
        self._claim: _Sum | None = None
        self._line: _Sum | None = None
        self._services: Decimal | None = None
        self._charged = True  # whether every line so far says its charge

    def faults(self, segments: Iterable[Segment]) -> Iterator[Fault]:
        """All segments, ST to SE."""
        for placed in placed_segments(segments):
            yield from self.segment(placed)
        yield from self.end()

    def segment(self, placed: Placed) -> Iterator[Fault]:
        """The next segment."""
        tag = placed.tag
        if tag == b"CLP":
            yield from self._end_claim()
            self._claim = _sum(placed, 3, 4)
        elif tag == b"SVC":
            yield from self._end_line()
            self._line = _sum(placed, 2, 3)
        elif tag == b"CAS":
            self._adjust(placed)
        elif tag == b"BPR":
            self._bpr = placed
        elif tag == b"PLB":
            yield from self._end_claim()
            self._withhold(placed)
        elif tag == b"LX":
            yield from self._end_claim()

    def end(self) -> Iterator[Fault]:
        """The transaction ends: BPR02 = the payments without the provider adjustments."""
        yield from self._end_claim()
        try:
            said = amount(self._bpr, 2)
        except NotNumber:
            return
        if self._bpr is None or said is None or not self._sure:
            return
        expected = expected_total(self._bpr.element(3), self._paid, self._withheld)
        if expected is not None and said != expected:
            yield self._bpr.fault(TRANSACTION, 2, facts=difference(said, expected))

    def _adjust(self, cas: Placed) -> None:
        """CAS belongs to the line before it, else to the claim; the claim counts both."""
        here = [one for one in (self._claim, self._line) if one is not None]
        for element in range(3, len(cas.segment.elements), 3):
            try:
                said = amount(cas, element) or ZERO
            except NotNumber:
                for one in here:
                    one.sure = False
                return
            for one in here:
                one.adjusted += said
                if cas.element(1) == "PR":
                    one.patient += said

    def _withhold(self, plb: Placed) -> None:
        for element in range(4, len(plb.segment.elements), 2):
            try:
                self._withheld += amount(plb, element) or ZERO
            except NotNumber:
                self._sure = False

    def _end_line(self) -> Iterator[Fault]:
        line, self._line = self._line, None
        if line is None:
            return
        if line.charge is not None:
            self._services = (self._services or ZERO) + line.charge
        else:
            self._charged = False
        if line.sure and line.charge is not None and line.paid is not None:
            expected = expected_paid(line.charge, line.adjusted)
            if line.paid != expected:
                yield line.head.fault(LINE, 3, rejects=self._final(), facts=difference(line.paid, expected))

    def _end_claim(self) -> Iterator[Fault]:
        yield from self._end_line()
        final, claim, services = self._final(), self._claim, self._services if self._charged else None
        self._claim, self._services, self._charged = None, None, True
        if claim is None:
            return
        if claim.paid is None:
            self._sure = False
        else:
            self._paid += claim.paid
        if not claim.sure or claim.charge is None or claim.paid is None:
            return
        expected = expected_paid(claim.charge, claim.adjusted)
        if claim.paid != expected:
            yield claim.head.fault(CLAIM, 4, rejects=final, facts=difference(claim.paid, expected))
        if services is not None and services != claim.charge:
            yield claim.head.fault(LINES, 3, facts=difference(claim.charge, services))
        try:
            share = amount(claim.head, 5) or ZERO
        except NotNumber:
            return
        owed = expected_share(claim.head.element(2), claim.head.element(5), claim.patient)
        if owed is not None and share != owed:
            yield claim.head.fault(PATIENT, 5, facts=difference(share, owed))

    def _final(self) -> bool:
        return self._claim is None or self._claim.head.element(2) != PREDETERMINATION


def _sum(head: Placed, charge: int, paid: int) -> _Sum:
    found = _Sum(head)
    try:
        found.charge, found.paid = amount(head, charge), amount(head, paid)
    except NotNumber:
        found.sure = False
    return found


_LOOPS = {b"CLP": "2100", b"SVC": "2110", b"PLB": "", b"LX": "2000", b"BPR": "", b"SE": "", b"ST": ""}
_PAYER_AND_PAYEE = {"PR": "1000A", "PE": "1000B"}


def placed_segments(segments: Iterable[Segment]) -> Iterator[Placed]:
    """The segments of an 835 with their positions, loops and claims (CLP01); an 835 has no number of a line."""
    loop = Part("")
    for position, segment in enumerate(segments, start=1):
        tag = segment.tag.encode("latin-1")
        if tag == b"N1" and segment.element(1) in _PAYER_AND_PAYEE:
            loop = Part(_PAYER_AND_PAYEE[segment.element(1)])
        elif tag in _LOOPS:
            claim = segment.element(1) if tag == b"CLP" else loop.claim if tag == b"SVC" else ""
            loop = Part(_LOOPS[tag], claim)
        yield Placed(segment, tag, position, loop)
