"""A service line of a remittance: loop 2110, what became of one procedure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bitewing.edi.loops import Loop
from bitewing.edi.remit.read import Detailed, Remark, day
from bitewing.edi.values import ONE
from bitewing.edi.view import amount, lazy, number_of, reference, text


class RemitLine(Detailed):
    """One SVC as it was sent, read on demand. number: its place in its claim payment, from 1. claim: CLP01.

    Reading an amount, a count or a date that is none raises BadValue with its place; what is absent is "", None or ().
    """

    loop: Loop

    def __init__(self, loop: Loop, number: int, claim: str) -> None:
        super().__init__(loop)
        self.number = number
        self.claim = claim

    qualifier = text("SVC", 1, 1, doc="SVC01-1: AD for a dental procedure code.")
    description = text("SVC", 1, 7, doc="SVC01-7.")
    charge = amount("SVC", 2, doc="SVC02: what was charged, in dollars.")
    paid = amount("SVC", 3, doc="SVC03: what the payer pays.")
    revenue_code = text("SVC", 4, doc="SVC04.")
    sent_qualifier = text("SVC", 6, 1, doc="SVC06-1, as SVC01-1.")
    sent_description = text("SVC", 6, 7, doc="SVC06-7.")
    service_date = day("472", doc="DTM*472.")
    first_service_date = day("150", doc="DTM*150.")
    last_service_date = day("151", doc="DTM*151.")
    control_number = reference("6R", doc="REF*6R: the provider's number of the line, as on the claim.")
    allowed_sent = amount("AMT", 2, "B6", doc="AMT*B6: what the payer says it allowed.")

    @property
    def offset(self) -> int:
        """The offset of its SVC in the file."""
        return self.loop.stretch.place(self.loop.start)

    @lazy
    def code(self) -> str:
        """SVC01-2: the procedure as decided, in capitals and without blanks, however it was written."""
        return self._procedure(1)

    @lazy
    def sent_code(self) -> str:
        """SVC06-2: the procedure as it was on the claim, where the payer changed it; "" where absent."""
        return self._procedure(6)

    @lazy
    def modifiers(self) -> tuple[str, ...]:
        """SVC01-3 to SVC01-6, those that were sent."""
        return self._modifiers(1)

    @lazy
    def sent_modifiers(self) -> tuple[str, ...]:
        """SVC06-3 to SVC06-6, those that were sent."""
        return self._modifiers(6)

    @lazy
    def units(self) -> Decimal:
        """SVC05: units paid for, 1 where absent. Raises BadValue where it is not a number."""
        said = number_of(self.segment(b"SVC"), 5)
        return ONE if said is None else said

    @lazy
    def sent_units(self) -> Decimal:
        """SVC07: units as they were on the claim, those of SVC05 where absent. Raises BadValue."""
        said = number_of(self.segment(b"SVC"), 7)
        return self.units if said is None else said

    @lazy
    def first_day(self) -> date | None:
        """DTM*472, else DTM*150."""
        return self.service_date or self.first_service_date

    @lazy
    def last_day(self) -> date | None:
        """DTM*472, else DTM*151."""
        return self.service_date or self.last_service_date

    @lazy
    def remarks(self) -> tuple[Remark, ...]:
        """Every LQ."""
        return tuple(Remark(lq.element(1), lq.element(2)) for lq in self.segments(b"LQ"))

    def _procedure(self, position: int) -> str:
        svc = self.segment(b"SVC")
        return svc.component(position, 2).strip().upper() if svc is not None else ""

    def _modifiers(self, position: int) -> tuple[str, ...]:
        svc = self.segment(b"SVC")
        return tuple(part for part in svc.components(position)[2:6] if part) if svc is not None else ()
