"""How views of a remittance read dates, lists and adjustments: leniently where payers differ, never wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from bitewing.edi import values
from bitewing.edi.errors import BadValue, Spot
from bitewing.edi.loops import Segment
from bitewing.edi.parts import Adjustment, Reference, references
from bitewing.edi.view import View, lazy, number_of

NO_DAY = "00000000"
"""What some payers send for a date that there is not."""


class Contact(NamedTuple):
    """PER: whom to ask."""

    function: str  # PER01: CX claims, BL technical, IC website
    name: str  # PER02
    numbers: tuple[tuple[str, str], ...]  # PER03/04, PER05/06, PER07/08 with a number


class Amount(NamedTuple):
    """AMT."""

    qualifier: str  # AMT01
    amount: Decimal | None  # AMT02


class Quantity(NamedTuple):
    """QTY."""

    qualifier: str  # QTY01
    quantity: Decimal | None  # QTY02


class Day(NamedTuple):
    """DTM."""

    qualifier: str  # DTM01
    day: date | None  # DTM02


class Remark(NamedTuple):
    """LQ."""

    qualifier: str  # LQ01: HE a remark code, RX a pharmacy reject code
    code: str  # LQ02


class Detailed(View):
    """What a claim payment and a service line have in common: CAS, REF, DTM, AMT, QTY of their own loop."""

    @lazy
    def adjustments(self) -> tuple[Adjustment, ...]:
        """Every CAS triplet in which anything was sent. Raises BadValue where an amount or quantity is none."""
        return tuple(one for cas in self.segments(b"CAS") for one in _triplets(cas))

    @lazy
    def references(self) -> tuple[Reference, ...]:
        """Every REF."""
        return references(self)

    @lazy
    def dates(self) -> tuple[Day, ...]:
        """Every DTM. Raises BadValue where one is no date."""
        return tuple(Day(dtm.element(1), day_of(dtm, 2)) for dtm in self.segments(b"DTM"))

    @lazy
    def amounts(self) -> tuple[Amount, ...]:
        """Every AMT. Raises BadValue where one is not a number."""
        return tuple(Amount(amt.element(1), number_of(amt, 2)) for amt in self.segments(b"AMT"))

    @lazy
    def quantities(self) -> tuple[Quantity, ...]:
        """Every QTY. Raises BadValue where one is not a number."""
        return tuple(Quantity(qty.element(1), number_of(qty, 2)) for qty in self.segments(b"QTY"))

    def referred(self, qualifier: str) -> str:
        """REF02 of the first REF with this qualifier, "" where absent."""
        segment = self.segment(b"REF", qualifier.encode())
        return segment.element(2) if segment is not None else ""

    @property
    def adjusted(self) -> Decimal:
        """The sum of its own adjustments. Raises BadValue where one is not a number."""
        return total(self.adjustments)

    @property
    def patient_adjusted(self) -> Decimal:
        """Of these, group PR: what the patient is to pay."""
        return total(one for one in self.adjustments if one.group == "PR")


def total(adjustments: Iterator[Adjustment] | tuple[Adjustment, ...]) -> Decimal:
    """The sum of adjustments; an absent amount counts nothing."""
    return sum((one.amount for one in adjustments if one.amount is not None), Decimal(0))


def day(qualifier: str, *, doc: str) -> lazy[date | None]:
    """DTM02 of the loop's first DTM with this qualifier; None where absent. Raises BadValue where it is no date."""
    wanted = qualifier.encode()

    def read(view: View) -> date | None:
        return day_of(view.segment(b"DTM", wanted), 2)

    read.__doc__ = doc
    return lazy(read)


def day_of(segment: Segment | None, position: int) -> date | None:
    """Element ``position`` as a date CCYYMMDD, None where absent or 00000000. Raises BadValue where it is none."""
    if segment is None or (said := segment.element(position).strip()) in ("", NO_DAY):
        return None
    try:
        return values.day(said)
    except ValueError:
        raise BadValue(
            f"{segment.tag}{position:02d} is not a date", Spot(segment.offset, segment.tag), "send CCYYMMDD"
        ) from None


def contacts(view: View) -> tuple[Contact, ...]:
    """Every PER of the view's own loop."""
    found = []
    for per in view.segments(b"PER"):
        pairs = ((per.element(at), per.element(at + 1)) for at in (3, 5, 7))
        found.append(Contact(per.element(1), per.element(2), tuple(pair for pair in pairs if pair[1])))
    return tuple(found)


def _triplets(cas: Segment) -> Iterator[Adjustment]:
    """An amount whose reason was left out is an adjustment, too: it takes part in the sums."""
    for at in range(2, len(cas.elements), 3):
        if cas.element(at) or cas.element(at + 1) or cas.element(at + 2):
            yield Adjustment(cas.element(1), cas.element(at), number_of(cas, at + 1), number_of(cas, at + 2))
