"""TA1, 999, 997 and 277CA read back into small records, leniently: what is there is told, what is not stays empty.

A 997 has AK2 to AK5 where a 999 has AK2 to IK5, and is read as the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bitewing.edi.acks.answers import (
    Answer,
    BatchAnswer,
    ClaimAnswer,
    ElementAnswer,
    GroupAnswer,
    GroupBegun,
    InterchangeAnswer,
    LineAnswer,
    ProviderAnswer,
    SegmentAnswer,
    StatusAnswer,
    TransactionAnswer,
)
from bitewing.edi.acks.status import Status
from bitewing.edi.document import Document
from bitewing.edi.loops import Segment


def answers(document: Document) -> Iterator[Answer]:
    """The answers in a file, in order; segments that are none of theirs are passed over. Raises NotReadable.

    A claim or transaction is handed out when the next begins or its transaction ends, so one is held at a time.
    """
    reader = _Reader()
    for segment in document.segments():
        yield from reader.take(segment)
    yield from reader.close()


def holds_answers(document: Document) -> bool:
    """Whether a file is an acknowledgement: its first group is one (GS01 FA, HN), or it has a TA1 and no group.

    Raises NotReadable.
    """
    found = False
    for segment in document.segments():
        if segment.tag == "GS":
            return segment.element(1) in ("FA", "HN")
        found = found or segment.tag == "TA1"
    return found


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
        verdict, included, received, accepted = (ak9.element(at) for at in range(1, 5))
        yield GroupAnswer(self._group, verdict, included, received, accepted, _codes(ak9, 5))


class _Transaction:
    """AK2 while what follows comes."""

    def __init__(self, ak2: Segment) -> None:
        self._answer = TransactionAnswer(ak2.element(1), ak2.element(2), ak2.element(3), [], "", [])

    def take(self, segment: Segment) -> None:
        tag, element, segments = segment.tag, segment.element, self._answer.segments
        if tag in ("IK3", "AK3"):
            place = (element(1), _number(element(2)), element(3), element(4))
            segments.append(SegmentAnswer(*place, ("", ""), [], []))
        elif tag in ("IK5", "AK5"):
            self._answer = self._answer._replace(verdict=element(1), codes=_codes(segment, 2))
        elif segments and tag in ("IK4", "AK4"):
            at, component, repetition = (_number(part) for part in (*segment.components(1), "", "", "")[:3])
            found = ElementAnswer(at, component, repetition, element(2), element(3), element(4))
            segments[-1].elements.append(found)
        elif segments and tag == "CTX":
            segments[-1] = _context(segments[-1], segment)

    def found(self) -> TransactionAnswer:
        return self._answer


def _context(answer: SegmentAnswer, ctx: Segment) -> SegmentAnswer:
    name, value = (*ctx.components(1), "", "")[:2]
    if value and answer.unit == ("", ""):
        return answer._replace(unit=(name, value))
    if ctx.element(2):
        answer.triggers.append((ctx.element(2), _number(ctx.element(3))))
    return answer


class _Status:
    """One ST*277 while its segments come. Levels by HL03: 20 source, 21 receiver, 19 provider, else a patient."""

    def __init__(self) -> None:
        self._level = ""
        self._names: dict[str, tuple[str, str, str]] = {}
        self._batch: BatchAnswer | None = BatchAnswer("", "", "", [], {})
        self._provider: ProviderAnswer | None = None
        self._claim: ClaimAnswer | None = None

    def take(self, segment: Segment) -> Iterator[Answer]:
        tag = segment.tag
        if tag == "HL":
            yield from self._level_begins(segment.element(3))
        elif tag == "NM1":
            self._names[self._level] = (segment.element(3), segment.element(4), segment.element(9))
        elif self._level == "21" and self._batch is not None:
            self._batch = _of_batch(self._batch, tag, segment)
        elif self._level == "19":
            if tag == "STC":
                self._of_provider().statuses.append(_stc(segment))
        elif self._level not in ("", "20"):
            yield from self._of_patient(tag, segment)

    def _level_begins(self, code: str) -> Iterator[Answer]:
        yield from self._close_claim()
        if code not in ("20", "21"):
            yield from self._close_batch()
        self._level = code
        self._names.pop(code, None)

    def _of_provider(self) -> ProviderAnswer:
        if self._provider is None:
            provider, _, identifier = self._names.get("19", ("", "", ""))
            self._provider = ProviderAnswer(provider, identifier, [])
        return self._provider

    def _of_patient(self, tag: str, segment: Segment) -> Iterator[Answer]:
        if tag == "TRN":
            yield from self._close_claim()
            provider, _, provider_id = self._names.get("19", ("", "", ""))
            person = self._names.get(self._level, ("", "", ""))
            self._claim = ClaimAnswer(segment.element(2), provider, provider_id, *person, [], "", "", "", [])
        elif self._claim is not None:
            self._claim = _of_claim(self._claim, tag, segment)

    def _close_claim(self) -> Iterator[Answer]:
        if self._provider is not None:
            yield self._provider
            self._provider = None
        if self._claim is not None:
            yield self._claim
            self._claim = None

    def _close_batch(self) -> Iterator[Answer]:
        if self._batch is not None:
            source, receiver = (self._names.get(level, ("",))[0] for level in ("20", "21"))
            yield self._batch._replace(source=source, receiver=receiver)
            self._batch = None

    def close(self) -> Iterator[Answer]:
        yield from self._close_claim()
        yield from self._close_batch()


def _of_batch(batch: BatchAnswer, tag: str, segment: Segment) -> BatchAnswer:
    if tag == "STC":
        batch.statuses.append(_stc(segment))
    elif tag in ("QTY", "AMT"):
        batch.totals[segment.element(1)] = segment.element(2)
    elif tag == "TRN":
        return batch._replace(reference=segment.element(2))
    return batch


def _of_claim(claim: ClaimAnswer, tag: str, segment: Segment) -> ClaimAnswer:
    qualifier = segment.element(1)
    if tag == "SVC":
        claim.lines.append(LineAnswer(":".join(segment.components(1)), segment.element(2), "", "", []))
    elif claim.lines:
        claim.lines[-1] = _of_line(claim.lines[-1], tag, segment)
    elif tag == "STC":
        claim.statuses.append(_stc(segment))
    elif tag == "REF" and qualifier == "1K":
        return claim._replace(payer_number=segment.element(2))
    elif tag == "REF" and qualifier == "D9":
        return claim._replace(clearinghouse=segment.element(2))
    elif tag == "DTP" and qualifier == "472":
        return claim._replace(date=segment.element(3))
    return claim


def _of_line(line: LineAnswer, tag: str, segment: Segment) -> LineAnswer:
    if tag == "STC":
        line.statuses.append(_stc(segment))
    elif tag == "REF" and segment.element(1) == "FJ":
        return line._replace(number=segment.element(2))
    elif tag == "DTP" and segment.element(1) == "472":
        return line._replace(date=segment.element(3))
    return line


def _stc(stc: Segment) -> StatusAnswer:
    found = (stc.components(at) for at in (1, 10, 11))
    statuses = [Status(*(*parts, "", "", "")[:3]) for parts in found if parts]
    return StatusAnswer(statuses, stc.element(2), stc.element(3), stc.element(4), stc.element(12))


def _codes(segment: Segment, first: int) -> list[str]:
    return [code for at in range(first, len(segment.elements)) if (code := segment.element(at))]


def _number(text: str) -> int:
    """A place, 0 where it is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
