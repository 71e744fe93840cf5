"""A document as it is to be answered: envelopes, transactions and every claim, also where the file is broken.

An answer has to name each claim that was sent, so nothing here depends on a sound hierarchy: a claim belongs to the HL
before it, a patient to the subscriber that its HL02 names, and what cannot be known stays empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from bitewing.edi.acks.model import (
    Event,
    GroupEnd,
    Name,
    ReceivedClaim,
    ReceivedGroup,
    ReceivedInterchange,
    ReceivedLine,
    ReceivedTransaction,
    TransactionEnd,
)
from bitewing.edi.delimiters import begins_interchange
from bitewing.edi.document import Document
from bitewing.edi.loops import Segment

BILLING, SUBSCRIBER, PATIENT = "20", "22", "23"
_ENVELOPE = frozenset({"GS", "ST", "SE", "GE", "IEA"})


def received(document: Document) -> Iterator[Event]:
    """The document in order: each interchange, group and transaction, its claims, and the ends of groups and
    transactions, also where their trailers are missing. One claim is held at a time. Raises NotReadable.
    """
    walk = _Walk()
    for segment in document.segments():
        yield from walk.take(segment)
    yield from walk.end()


def is_stray(segment: Segment) -> bool:
    """Whether a segment of the envelope is none: its bare identifier, or an ISA that begins no interchange."""
    if segment.tag == "ISA":
        return not begins_interchange(segment.data, segment.delimiters.segment)
    return segment.tag in _ENVELOPE and len(segment.elements) < 2


class _Level:
    """HL. number HL01, parent HL02, code HL03."""

    def __init__(self, segment: Segment) -> None:
        self.offset = segment.offset
        self.number = segment.element(1)
        self.parent = segment.element(2)
        self.code = segment.element(3)
        self.name = Name()
        self.tax_id = ""


class _Walk:
    def __init__(self) -> None:
        self._in_group = False
        self._transactions = 0
        self._opened: ReceivedTransaction | None = None
        self._begun = False
        self._claim: _Claim | None = None
        self._level: _Level | None = None
        self._subscriber: _Level | None = None
        self._billing: dict[str, _Level] = {}
        self._last_billing: _Level | None = None
        self._takers: dict[str, Callable[[Segment], Iterator[Event]]] = {
            "ISA": self._isa,
            "GS": self._gs,
            "ST": self._st,
            "HL": self._hl,
            "CLM": self._clm,
            "SE": lambda _: self._close_transaction(),
            "GE": lambda ge: self._close_group(ge.element(1)),
            "IEA": lambda _: self.end(),
        }

    def take(self, segment: Segment) -> Iterator[Event]:
        """The next segment, and what is known with it."""
        taker = self._takers.get(segment.tag)
        if taker is not None and not is_stray(segment):
            return taker(segment)
        if self._claim is not None:
            self._claim.take(segment)
        elif self._level is not None:
            _name(self._level, segment)
        elif self._opened is not None:
            self._opened = _header(self._opened, segment)
        return iter(())

    def end(self) -> Iterator[Event]:
        """What is still open ends."""
        return self._close_group("")

    def _isa(self, isa: Segment) -> Iterator[Event]:
        element = isa.element
        found = ReceivedInterchange(isa.offset, *(element(at) for at in (5, 6, 7, 8, 9, 10, 13, 15)))
        return chain(self.end(), (found,))

    def _gs(self, gs: Segment) -> Iterator[Event]:
        yield from self._close_group("")
        self._in_group = True
        self._transactions = 0
        yield ReceivedGroup(gs.offset, *(gs.element(at) for at in (1, 2, 3, 6, 8)))

    def _close_group(self, claimed: str) -> Iterator[Event]:
        yield from self._close_transaction()
        if self._in_group:
            self._in_group = False
            yield GroupEnd(claimed, self._transactions)

    def _st(self, st: Segment) -> Iterator[Event]:
        yield from self._close_transaction()
        self._transactions += 1
        self._opened = ReceivedTransaction(st.offset, st.element(1), st.element(2), st.element(3))
        self._begun = False
        self._level = self._subscriber = self._last_billing = None
        self._billing = {}

    def _begin(self) -> Iterator[Event]:
        """The header is over: hand the transaction out."""
        if self._opened is not None and not self._begun:
            self._begun = True
            yield self._opened

    def _close_transaction(self) -> Iterator[Event]:
        yield from self._begin()
        yield from self._close_claim()
        if self._opened is not None:
            self._opened = None
            self._level = None
            yield TransactionEnd()

    def _hl(self, hl: Segment) -> Iterator[Event]:
        yield from self._begin()
        yield from self._close_claim()
        level = self._level = _Level(hl)
        if level.code == BILLING:
            self._billing[level.number] = self._last_billing = level
            self._subscriber = None
        elif level.code == SUBSCRIBER:
            self._subscriber = level

    def _clm(self, clm: Segment) -> Iterator[Event]:
        yield from self._begin()
        yield from self._close_claim()
        if self._opened is None or not self._opened.claims:
            return
        patient = self._level if self._level is not None and self._level.code == PATIENT else None
        subscriber = self._subscriber if patient is None or self._names(patient, self._subscriber) else None
        above = subscriber.parent if subscriber is not None else ""
        billing = self._billing.get(above) or self._last_billing
        self._claim = _Claim(clm, billing, subscriber, patient)

    @staticmethod
    def _names(level: _Level, parent: _Level | None) -> bool:
        return parent is not None and level.parent == parent.number

    def _close_claim(self) -> Iterator[Event]:
        if self._claim is not None:
            claim, self._claim = self._claim, None
            yield claim.found()


class _Claim:
    """A claim while its segments come."""

    def __init__(self, clm: Segment, billing: _Level | None, subscriber: _Level | None, patient: _Level | None) -> None:
        person = patient or subscriber
        name = person.name if person is not None else Name()
        if patient is not None and subscriber is not None:
            name = name._replace(qualifier=subscriber.name.qualifier, id=subscriber.name.id)
        self._claim = ReceivedClaim(
            clm.offset,
            clm.element(1),
            clm.element(2),
            billing.offset if billing is not None else -1,
            subscriber.offset if subscriber is not None else -1,
            patient.offset if patient is not None else -1,
            billing.name if billing is not None else Name(),
            billing.tax_id if billing is not None else "",
            name,
        )
        self._lines: list[ReceivedLine] = []

    def take(self, segment: Segment) -> None:
        tag = segment.tag
        if tag == "LX":
            self._lines.append(ReceivedLine(segment.offset, segment.element(1)))
        elif self._lines:
            self._take_of_line(tag, segment)
        elif tag == "DTP" and segment.element(1) == "472":
            self._claim = self._claim._replace(dates=(segment.element(2), segment.element(3)))
        elif tag == "REF" and segment.element(1) == "D9":
            self._claim = self._claim._replace(clearinghouse=segment.element(2))

    def _take_of_line(self, tag: str, segment: Segment) -> None:
        line = self._lines[-1]
        if tag in ("SV3", "SV1") and not line.code:
            qualifier, code, *modifiers = (*segment.components(1), "", "")
            line = line._replace(
                qualifier=qualifier,
                code=code,
                modifiers=tuple(one for one in modifiers[:4] if one),
                charge=segment.element(2),
                quantity=segment.element(6 if tag == "SV3" else 4),
            )
        elif tag == "DTP" and segment.element(1) == "472":
            line = line._replace(dates=(segment.element(2), segment.element(3)))
        elif tag == "REF" and segment.element(1) == "6R":
            line = line._replace(control=segment.element(2))
        self._lines[-1] = line

    def found(self) -> ReceivedClaim:
        return self._claim._replace(lines=tuple(self._lines))


def _nm1(segment: Segment) -> Name:
    return Name(*(segment.element(at) for at in (2, 3, 4, 5, 7, 8, 9)))


def _name(level: _Level, segment: Segment) -> None:
    """What a level's own segments say of its party."""
    entity = segment.element(1)
    if segment.tag == "NM1" and (level.code, entity) in ((BILLING, "85"), (SUBSCRIBER, "IL"), (PATIENT, "QC")):
        level.name = _nm1(segment)
    elif segment.tag == "REF" and level.code == BILLING and entity in ("EI", "SY") and not level.tax_id:
        level.tax_id = segment.element(2)


def _header(transaction: ReceivedTransaction, segment: Segment) -> ReceivedTransaction:
    tag, first = segment.tag, segment.element(1)
    if tag == "BHT":
        return transaction._replace(reference=segment.element(3), date=segment.element(4))
    if tag == "TRN" and not transaction.claims and not transaction.reference:
        return transaction._replace(reference=segment.element(2))
    if tag == "NM1" and first == "41":
        return transaction._replace(submitter=_nm1(segment))
    if tag == "NM1" and first == "40":
        return transaction._replace(receiver=_nm1(segment))
    return transaction
