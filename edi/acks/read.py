"""TA1, 999, 997 and 277CA read back into small records, leniently: what is there is told, what is not stays empty.

A 997 has AK2 to AK5 where a 999 has AK2 to IK5, and is read as the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from bitewing.edi.acks.status import Status
from bitewing.edi.document import Document
from bitewing.edi.loops import Segment


class InterchangeAnswer(NamedTuple):
    """TA1. control, date and time are those of the interchange that is answered; verdict TA104, note TA105."""

    control: str
    date: str
    time: str
    verdict: str
    note: str


class ElementAnswer(NamedTuple):
    """IK4 or AK4. element, component, repetition: its place, 0 where not given. value: as the sender sent it."""

    element: int
    component: int
    repetition: int
    data_element: str
    code: str
    value: str


class SegmentAnswer(NamedTuple):
    """IK3 or AK3 with its CTX and IK4. unit: what CTX names, as (``CLM01``, number), ("", "") without one.

    triggers: the other CTX, as the segment and its position.
    """

    segment: str
    position: int
    loop: str
    code: str
    unit: tuple[str, str]
    triggers: tuple[tuple[str, int], ...]
    elements: tuple[ElementAnswer, ...]


class TransactionAnswer(NamedTuple):
    """AK2 to IK5 (AK5). verdict IK501, "" where it is missing; codes IK502 to IK506."""

    kind: str
    control: str
    version: str
    segments: tuple[SegmentAnswer, ...]
    verdict: str
    codes: tuple[str, ...]


class GroupBegun(NamedTuple):
    """AK1: the group that is answered, before its transactions."""

    kind: str
    control: str
    version: str


class GroupAnswer(NamedTuple):
    """AK9. included, received and accepted: transactions, as sent; codes AK905 to AK909."""

    group: GroupBegun
    verdict: str
    included: str
    received: str
    accepted: str
    codes: tuple[str, ...]


class BatchAnswer(NamedTuple):
    """2200B of a 277CA: the batch that is answered. source 2100A, receiver 2100B; reference TRN02, the sender's own.

    totals: QTY and AMT by qualifier.
    """

    source: str
    receiver: str
    reference: str
    statuses: tuple[StatusAnswer, ...]
    totals: dict[str, str]


class StatusAnswer(NamedTuple):
    """STC. action STC03 (WQ accepted, U rejected), charge STC04, message STC12."""

    statuses: tuple[Status, ...]
    date: str
    action: str
    charge: str
    message: str


class LineAnswer(NamedTuple):
    """2220D. procedure: SVC01 as sent, charge SVC02, number REF*FJ."""

    procedure: str
    charge: str
    number: str
    date: str
    statuses: tuple[StatusAnswer, ...]


class ClaimAnswer(NamedTuple):
    """2200D. id: TRN02, the sender's CLM01. payer_number REF*1K, clearinghouse REF*D9, date DTP*472."""

    id: str
    provider: str
    provider_id: str
    last: str
    first: str
    member: str
    statuses: tuple[StatusAnswer, ...]
    payer_number: str
    clearinghouse: str
    date: str
    lines: tuple[LineAnswer, ...]

    @property
    def accepted(self) -> bool:
        """Whether no status rejects it: STC03 is U, or a category is one of A3 to A8."""
        return not any(rejects(one) for one in self.statuses)


Answer = InterchangeAnswer | GroupBegun | TransactionAnswer | GroupAnswer | BatchAnswer | ClaimAnswer


def rejects(answer: StatusAnswer) -> bool:
    """Whether a status says that something was not accepted."""
    return answer.action == "U" or any(one.category in ("A3", "A4", "A6", "A7", "A8") for one in answer.statuses)


def answers(document: Document) -> Iterator[Answer]:
    """The answers in a file, in order; segments that are none of theirs are passed over. Raises NotReadable.

    A claim or transaction is handed out when the next begins or its transaction ends, so one is held at a time.
    """
    reader = _Reader()
    for segment in document.segments():
        yield from reader.take(segment)
    yield from reader.close()


class _Reader:
    def __init__(self) -> None:
        self._group = GroupBegun("", "", "")
        self._transaction: _Transaction | None = None
        self._status: _Status | None = None
        self._takers: dict[str, Callable[[Segment], Iterator[Answer]]] = {
            "TA1": self._ta1,
            "ST": self._st,
            "AK1": self._ak1,
            "AK2": self._ak2,
            "AK9": self._ak9,
            "SE": lambda _: self.close(),
            "GE": lambda _: self.close(),
            "ISA": lambda _: self.close(),
        }

    def take(self, segment: Segment) -> Iterator[Answer]:
        """The next segment, and what is known with it."""
        taker = self._takers.get(segment.tag)
        if taker is not None:
            yield from taker(segment)
        elif self._transaction is not None:
            self._transaction.take(segment)
        elif self._status is not None:
            yield from self._status.take(segment)

    def close(self) -> Iterator[Answer]:
        """What is still open ends."""
        if self._transaction is not None:
            yield self._transaction.found()
            self._transaction = None
        if self._status is not None:
            yield from self._status.close()
            self._status = None

    def _ta1(self, ta1: Segment) -> Iterator[Answer]:
        yield InterchangeAnswer(*(ta1.element(at) for at in range(1, 6)))

    def _st(self, st: Segment) -> Iterator[Answer]:
        yield from self.close()
        self._group = GroupBegun("", "", "")
        if st.element(1) == "277":
            self._status = _Status()

    def _ak1(self, ak1: Segment) -> Iterator[Answer]:
        yield from self.close()
        self._group = GroupBegun(*(ak1.element(at) for at in (1, 2, 3)))
        yield self._group

    def _ak2(self, ak2: Segment) -> Iterator[Answer]:
        yield from self.close()
        self._transaction = _Transaction(ak2)

    def _ak9(self, ak9: Segment) -> Iterator[Answer]:
        yield from self.close()
        said = (ak9.element(at) for at in range(1, 5))
        yield GroupAnswer(self._group, *said, _codes(ak9, 5))


class _Transaction:
    """AK2 while what follows comes."""

    def __init__(self, ak2: Segment) -> None:
        self._named = tuple(ak2.element(at) for at in (1, 2, 3))
        self._segments: list[SegmentAnswer] = []
        self._verdict = ""
        self._said: tuple[str, ...] = ()

    def take(self, segment: Segment) -> None:
        tag, element = segment.tag, segment.element
        if tag in ("IK3", "AK3"):
            place = (element(1), _number(element(2)), element(3), element(4))
            self._segments.append(SegmentAnswer(*place, ("", ""), (), ()))
        elif tag in ("IK5", "AK5"):
            self._verdict, self._said = element(1), _codes(segment, 2)
        elif self._segments:
            last = self._segments[-1]
            if tag in ("IK4", "AK4"):
                element_place = [_number(part) for part in (*segment.components(1), "", "", "")[:3]]
                found = ElementAnswer(*element_place, element(2), element(3), element(4))
                self._segments[-1] = last._replace(elements=(*last.elements, found))
            elif tag == "CTX":
                self._segments[-1] = _context(last, segment)

    def found(self) -> TransactionAnswer:
        kind, control, version = self._named
        return TransactionAnswer(kind, control, version, tuple(self._segments), self._verdict, self._said)


def _context(answer: SegmentAnswer, ctx: Segment) -> SegmentAnswer:
    name, value = (*ctx.components(1), "", "")[:2]
    if value and answer.unit == ("", ""):
        return answer._replace(unit=(name, value))
    if ctx.element(2):
        return answer._replace(triggers=(*answer.triggers, (ctx.element(2), _number(ctx.element(3)))))
    return answer


class _Status:
    """One ST*277 while its segments come. Levels by HL03: 20 source, 21 receiver, 19 provider, else a patient."""

    def __init__(self) -> None:
        self._level = ""
        self._names: dict[str, tuple[str, str, str]] = {}
        self._batch = BatchAnswer("", "", "", (), {})
        self._batch_said = False
        self._claim: ClaimAnswer | None = None
        self._line: LineAnswer | None = None

    def take(self, segment: Segment) -> Iterator[Answer]:
        tag = segment.tag
        if tag == "HL":
            yield from self._level_begins(segment.element(3))
        elif tag == "NM1":
            self._names[self._level] = (segment.element(3), segment.element(4), segment.element(9))
        elif self._level == "21":
            self._of_batch(tag, segment)
        elif self._level not in ("", "20", "19"):
            yield from self._of_claim(tag, segment)

    def _level_begins(self, code: str) -> Iterator[Answer]:
        yield from self._close_claim()
        if code not in ("20", "21"):
            yield from self._close_batch()
        self._level = code
        self._names.pop(code, None)

    def _of_batch(self, tag: str, segment: Segment) -> None:
        if tag == "TRN":
            self._batch = self._batch._replace(reference=segment.element(2))
        elif tag == "STC":
            self._batch = self._batch._replace(statuses=(*self._batch.statuses, _stc(segment)))
        elif tag in ("QTY", "AMT"):
            self._batch.totals[segment.element(1)] = segment.element(2)

    def _of_claim(self, tag: str, segment: Segment) -> Iterator[Answer]:
        if tag == "TRN":
            yield from self._close_claim()
            provider, _, provider_id = self._names.get("19", ("", "", ""))
            person = self._names.get(self._level, ("", "", ""))
            self._claim = ClaimAnswer(segment.element(2), provider, provider_id, *person, (), "", "", "", ())
        elif self._claim is None:
            return
        elif tag == "SVC":
            self._close_line()
            self._line = LineAnswer(":".join(segment.components(1)), segment.element(2), "", "", ())
        elif self._line is not None:
            self._line = _of_line(self._line, tag, segment)
        elif tag == "STC":
            self._claim = self._claim._replace(statuses=(*self._claim.statuses, _stc(segment)))
        elif tag == "REF" and segment.element(1) == "1K":
            self._claim = self._claim._replace(payer_number=segment.element(2))
        elif tag == "REF" and segment.element(1) == "D9":
            self._claim = self._claim._replace(clearinghouse=segment.element(2))
        elif tag == "DTP" and segment.element(1) == "472":
            self._claim = self._claim._replace(date=segment.element(3))

    def _close_line(self) -> None:
        if self._line is not None and self._claim is not None:
            self._claim = self._claim._replace(lines=(*self._claim.lines, self._line))
        self._line = None

    def _close_claim(self) -> Iterator[Answer]:
        self._close_line()
        if self._claim is not None:
            yield self._claim
            self._claim = None

    def _close_batch(self) -> Iterator[Answer]:
        if not self._batch_said:
            self._batch_said = True
            source, receiver = (self._names.get(level, ("",))[0] for level in ("20", "21"))
            yield self._batch._replace(source=source, receiver=receiver)

    def close(self) -> Iterator[Answer]:
        yield from self._close_claim()
        yield from self._close_batch()


def _of_line(line: LineAnswer, tag: str, segment: Segment) -> LineAnswer:
    if tag == "STC":
        return line._replace(statuses=(*line.statuses, _stc(segment)))
    if tag == "REF" and segment.element(1) == "FJ":
        return line._replace(number=segment.element(2))
    if tag == "DTP" and segment.element(1) == "472":
        return line._replace(date=segment.element(3))
    return line


def _stc(stc: Segment) -> StatusAnswer:
    found = (stc.components(at) for at in (1, 10, 11))
    statuses = tuple(Status(*(*parts, "", "", "")[:3]) for parts in found if parts)
    return StatusAnswer(statuses, stc.element(2), stc.element(3), stc.element(4), stc.element(12))


def _codes(segment: Segment, first: int) -> tuple[str, ...]:
    return tuple(code for at in range(first, len(segment.elements)) if (code := segment.element(at)))


def _number(text: str) -> int:
    """A place, 0 where it is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
