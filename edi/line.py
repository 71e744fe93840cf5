"""A service line: loop 2400 of a dental claim."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from bitewing.edi.errors import BadValue, Spot
from bitewing.edi.loops import Loop, Segment
from bitewing.edi.parts import Itemized, LineAdjudication, Party, Tooth, party
from bitewing.edi.values import ONE, DateSpan, number, span
from bitewing.edi.view import amount, components, day, lazy, number_of, reference, span_of

if TYPE_CHECKING:
    from bitewing.edi.claim import Claim


class Line(Itemized):
    """One service line as it was sent, read on demand (005010X224A2, loop 2400)."""

    loop: Loop

    def __init__(self, loop: Loop, claim: Claim, index: int) -> None:
        super().__init__(loop)
        self.claim = claim
        self.index = index

        self._fill(loop)

    def _fill(self, loop: Loop) -> None:
        """Read at once what every pass asks for. What cannot be read is left to raise when it is asked for."""
        known = self.__dict__
        delimiters = loop.stretch.delimiters
        separator = delimiters.element
        date, serving = b"DTP" + separator + b"472" + separator, b"SV3" + separator
        service = dated = None
        for index, piece in enumerate(loop.pieces, loop.start):
            if service is None and piece[:4] == serving:
                service = Segment(loop.stretch, index)
            elif dated is None and piece[:8] == date:
                dated = piece
            elif service is not None and dated is not None:
                break
        known["service"] = service
        if service is not None:
            elements = service.elements
            count = len(elements)
            parts = elements[1].split(delimiters.component)
            known["code"] = parts[1].decode("latin-1").strip().upper() if len(parts) > 1 else ""
            known["quantity_sent"] = sent = elements[6].decode("latin-1") if count > 6 else ""
            try:
                known["charge"] = number(elements[2].decode("latin-1")) if count > 2 and elements[2] else None
                known["quantity"] = number(sent) if sent else ONE
            except ValueError:
                pass
        if dated is not None:
            _, _, qualifier, value, *_ = (*dated.split(separator), b"", b"")
            try:  # noqa: SIM105 - as above
                known["own_service_date"] = (
                    span(qualifier.decode("latin-1"), value.decode("latin-1")) if value else None
                )
            except ValueError:
                pass
        else:
            known["own_service_date"] = None

    control_number = reference("6R", doc="REF*6R: the sender's own number of the line.")
    sales_tax = amount("AMT", 2, "T", doc="AMT*T.")
    appliance_placement_date = day("452", doc="DTP*452.")
    replacement_date = day("446", doc="DTP*446.")
    treatment_start_date = day("196", doc="DTP*196.")
    treatment_completion_date = day("198", doc="DTP*198.")

    @lazy
    def number(self) -> str:
        """LX01 as sent."""
        opening = self.loop.stretch.pieces[self.loop.start].split(self.loop.delimiters.element)
        return opening[1].decode("latin-1") if len(opening) > 1 else ""

    @lazy
    def service(self) -> Segment | None:
        """SV3 itself."""
        return self.segment(b"SV3")

    @lazy
    def qualifier(self) -> str:
        """SV301-1: AD for a dental procedure code."""
        return self.service.component(1, 1) if self.service else ""

    @lazy
    def code(self) -> str:
        """SV301-2: the procedure, in capitals and without blanks, however it was written."""
        return self.service.component(1, 2).strip().upper() if self.service else ""

    @lazy
    def modifiers(self) -> tuple[str, ...]:
        """SV301-3 to SV301-6, those that were sent."""
        return tuple(part for part in self.service.components(1)[2:6] if part) if self.service else ()

    @lazy
    def description(self) -> str:
        """SV301-7."""
        return self.service.component(1, 7) if self.service else ""

    @lazy
    def charge(self) -> Decimal | None:
        """SV302: the charge for the whole line, not per unit, in dollars. Raises BadValue where it is not a number."""
        return number_of(self.service, 2)

    @lazy
    def place_of_service(self) -> str:
        """SV303 as sent; where it is absent the claim's CLM05-1 holds."""
        return self.service.element(3) if self.service else ""

    @lazy
    def areas(self) -> tuple[str, ...]:
        """SV304: areas of the oral cavity."""
        return components(self.service, 4)

    @lazy
    def prosthesis(self) -> str:
        """SV305: I initial placement, R replacement."""
        return self.service.element(5) if self.service else ""

    @lazy
    def quantity_sent(self) -> str:
        """SV306 as sent."""
        return self.service.element(6) if self.service else ""

    @lazy
    def quantity(self) -> Decimal:
        """SV306: how many; absent is 1 (X12 RFI 1866). Raises BadValue where it is not a number."""
        found = number_of(self.service, 6)
        return ONE if found is None else found

    @lazy
    def diagnosis_pointers(self) -> tuple[str, ...]:
        """SV311."""
        return components(self.service, 11)

    @lazy
    def teeth(self) -> tuple[Tooth, ...]:
        """Every TOO: TOO02 and its surfaces TOO03."""
        return tuple(Tooth(too.element(2), components(too, 3)) for too in self.segments(b"TOO"))

    @lazy
    def own_service_date(self) -> DateSpan | None:
        """DTP*472 of this line. Raises BadValue where it is not a date."""
        return span_of(self.segment(b"DTP", b"472"))

    @lazy
    def service_date(self) -> DateSpan | None:
        """DTP*472 of this line, else of the claim. Raises BadValue where it is not a date."""
        return self.own_service_date or self.claim.service_date

    @lazy
    def prior_placement_date(self) -> date | None:
        """DTP*441, or DTP*139 where it is estimated. Raises BadValue where it is not a date."""
        found = span_of(self.segment(b"DTP", b"441") or self.segment(b"DTP", b"139"))
        return found.start if found else None

    @lazy
    def predetermination_ids(self) -> tuple[str, ...]:
        """Every REF*G3."""
        return self._numbers("G3")

    @lazy
    def prior_authorizations(self) -> tuple[str, ...]:
        """Every REF*G1."""
        return self._numbers("G1")

    @lazy
    def referrals(self) -> tuple[str, ...]:
        """Every REF*9F."""
        return self._numbers("9F")

    def _numbers(self, qualifier: str) -> tuple[str, ...]:
        return tuple(ref.value for ref in self.references if ref.qualifier == qualifier)

    @lazy
    def own_rendering_provider(self) -> Party | None:
        """2420A."""
        return party(self.loop, "2420A")

    @lazy
    def rendering_provider(self) -> Party | None:
        """2420A, else the claim's 2310B."""
        return self.own_rendering_provider or self.claim.rendering_provider

    @lazy
    def assistant_surgeon(self) -> Party | None:
        """2420B, else the claim's 2310D."""
        return party(self.loop, "2420B") or self.claim.assistant_surgeon

    @lazy
    def supervising_provider(self) -> Party | None:
        """2420C, else the claim's 2310E."""
        return party(self.loop, "2420C") or self.claim.supervising_provider

    @lazy
    def service_facility(self) -> Party | None:
        """2420D, else the claim's 2310C."""
        return party(self.loop, "2420D") or self.claim.service_facility

    @lazy
    def adjudications(self) -> tuple[LineAdjudication, ...]:
        """Every 2430."""
        return tuple(LineAdjudication(loop) for loop in self.loop.loops("2430"))

    @lazy
    def units(self) -> int:
        """SV306 as a count. Raises BadValue where it is not a whole number from 1."""
        if self.quantity != self.quantity.to_integral_value() or self.quantity < 1:
            raise BadValue("SV306 is not a whole number from 1", self.spot, "send the number of times it was done")
        return int(self.quantity)

    @property
    def received(self) -> int:
        """The number by which people know the line: LX01 as received, or its position where that is no number.

        For a line that a repair added: that of the line it was taken from.
        """
        if self.claim.received is not None:
            return self.claim.received[self.index]
        return (
            int(self.number)
            if self.number.isascii() and self.number.isdigit() and len(self.number) < 10
            else self.index + 1
        )

    @property
    def spot(self) -> Spot:
        """Where the line stands, for messages."""
        return Spot(self.offset, "SV3" if self.service else "LX", self.claim.id)

    @property
    def offset(self) -> int:
        """The offset of its first segment (LX) in the file."""
        return self.loop.stretch.place(self.loop.start)
