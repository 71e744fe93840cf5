"""A payment: one 835, ST to SE: money from one payer to one payee, with what it is for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.errors import BadValue, Spot
from bitewing.edi.loops import Loop, Segment, Stretch
from bitewing.edi.parts import Reference
from bitewing.edi.remit.loops import HEADER, PROVIDER, flat_loop, header_loop
from bitewing.edi.remit.parts import Organization, ProviderAdjustment, provider_adjustments
from bitewing.edi.remit.read import day, day_of
from bitewing.edi.values import number
from bitewing.edi.view import View, amount, lazy, reference, text

_ANYWHERE = frozenset({b"ST", b"BPR", b"TRN", b"CUR", b"DTM"})
"""Segments of the header that are found behind the parties, too."""


class Envelope(NamedTuple):
    """ISA and GS around a payment."""

    delimiters: Delimiters
    interchange: str  # ISA13
    interchange_offset: int
    sender: str  # ISA06
    receiver: str  # ISA08
    usage: str  # ISA15: P or T
    group: str = ""  # GS06
    sent: str = ""  # GS04
    version: str = ""  # GS08


class Payment(View):
    """What an 835 says of itself, read on demand (005010X221A1).

    number: its place in the file, from 1. offset: of its ST. claims: how many CLP were read so far; all of them once
    ``ended``. ended: whether its end was reached; closed: whether that was SE. What stands behind the claims
    (``provider_adjustments``) and the sums are whole once it has ended.
    """

    loop: Loop

    def __init__(self, data: bytes, offset: int, number: int, envelope: Envelope) -> None:
        super().__init__(header_loop(Stretch(data, offset, envelope.delimiters)))
        self.offset = offset
        self.number = number
        self.envelope = envelope
        self.claims = 0
        self.ended = False
        self.closed = False
        self._whole = Loop(HEADER, self.loop.stretch, 0, len(self.loop.stretch.pieces))
        self._tail: list[tuple[bytes, int]] = []
        self._paid: Decimal | None = Decimal(0)
        self._unread: BadValue | None = None

    control = text("ST", 2, doc="ST02.")
    handling = text("BPR", 1, doc="BPR01: I with money, H for information only ...")
    amount = amount("BPR", 2, doc="BPR02: what is paid, in dollars.")
    sign = text("BPR", 3, doc="BPR03: C a credit, D money taken back.")
    method = text("BPR", 4, doc="BPR04: ACH, CHK a cheque, NON no payment ...")
    format = text("BPR", 5, doc="BPR05.")
    sender_bank_qualifier = text("BPR", 6, doc="BPR06.")
    sender_bank = text("BPR", 7, doc="BPR07.")
    sender_account_qualifier = text("BPR", 8, doc="BPR08.")
    sender_account = text("BPR", 9, doc="BPR09.")
    originator = text("BPR", 10, doc="BPR10.")
    originator_supplement = text("BPR", 11, doc="BPR11.")
    receiver_bank_qualifier = text("BPR", 12, doc="BPR12.")
    receiver_bank = text("BPR", 13, doc="BPR13.")
    receiver_account_qualifier = text("BPR", 14, doc="BPR14.")
    receiver_account = text("BPR", 15, doc="BPR15.")
    trace_type = text("TRN", 1, doc="TRN01.")
    trace = text("TRN", 2, doc="TRN02: the number of the cheque or transfer.")
    trace_originator = text("TRN", 3, doc="TRN03: 1 and the payer's tax number.")
    trace_supplement = text("TRN", 4, doc="TRN04.")
    currency_entity = text("CUR", 1, doc="CUR01.")
    currency = text("CUR", 2, doc="CUR02.")
    receiver_id = reference("EV", doc="REF*EV.")
    system_version = reference("F2", doc="REF*F2.")
    produced_on = day("405", doc="DTM*405: until when claims were decided that are in it.")

    def segment(self, tag: bytes, qualifier: bytes | None = None) -> Segment | None:
        """The header's first segment with this identifier (and first element); dates behind the parties count."""
        return (self._whole if tag in _ANYWHERE else self.loop).first(tag, qualifier)

    @property
    def version(self) -> str:
        """ST03, or GS08 where that is absent: 005010X221A1; 004010X091A1 is an older form."""
        st = self.segment(b"ST")
        return (st.element(3) if st is not None else "") or self.envelope.version

    @lazy
    def paid_on(self) -> date | None:
        """BPR16: the day of the cheque or transfer. Raises BadValue where it is not a date."""
        return day_of(self.segment(b"BPR"), 16)

    @property
    def payer_tin(self) -> str:
        """TRN03 without the 1 that stands before a tax number."""
        said = self.trace_originator
        return said[1:] if len(said) == 10 and said[0] == "1" else said

    @lazy
    def references(self) -> tuple[Reference, ...]:
        """Every REF before the parties."""
        return tuple(Reference(ref.element(1), ref.element(2)) for ref in self.segments(b"REF"))

    @lazy
    def payer(self) -> Organization | None:
        """1000A."""
        return self._organization("1000A")

    @lazy
    def payee(self) -> Organization | None:
        """1000B."""
        return self._organization("1000B")

    @property
    def provider_adjustments(self) -> tuple[ProviderAdjustment, ...]:
        """Every pair of PLB. Raises BadValue where an amount or date is none."""
        loops = (flat_loop(PROVIDER, data, offset, self.envelope.delimiters) for data, offset in self._tail)
        return tuple(one for loop in loops for one in provider_adjustments(loop))

    @property
    def withheld(self) -> Decimal:
        """The sum of PLB: what the payment is less (or, below zero, more) than its claims. Raises BadValue."""
        return sum((one.amount for one in self.provider_adjustments if one.amount is not None), Decimal(0))

    @property
    def claims_paid(self) -> Decimal | None:
        """The sum of CLP04, None where one was not sent. Raises BadValue where one is not a number."""
        if self._unread is not None:
            raise self._unread
        return self._paid

    def count(self, clp: bytes, offset: int) -> None:
        """Another claim payment, from the bytes of its CLP; for who walks over the file."""
        self.claims += 1
        elements = clp.split(self.envelope.delimiters.element, 5)
        said = elements[4].decode("latin-1") if len(elements) > 4 else ""
        if not said:
            self._paid = None
        elif self._paid is not None:
            try:
                self._paid += number(said)
            except ValueError:
                mend = "send digits, with a point before the cents and nothing else, such as 125.00"
                self._unread = self._unread or BadValue("CLP04 is not a number", Spot(offset, "CLP"), mend)

    def adjust(self, data: bytes, offset: int) -> None:
        """PLB segments; for who walks over the file."""
        self._tail.append((data, offset))

    def _organization(self, identifier: str) -> Organization | None:
        found = self.loop.loop(identifier)
        return Organization(found) if found is not None else None
