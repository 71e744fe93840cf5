"""All answers to a document in one walk: a TA1 for each interchange, a 999 for each group, a 277CA for each ST*837.

An interchange that is refused gets its TA1 and nothing else. A group of acknowledgements (FA) is never acknowledged. A
group that a 999 cannot name is told by the TA1 (024) instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, takewhile
from typing import IO

from bitewing.edi.acks import claim_277ca, implementation_999, interchange_ta1
from bitewing.edi.acks.envelope import (
    ANSWERS,
    Envelope,
    group_header,
    group_trailer,
    interchange_header,
    interchange_trailer,
)
from bitewing.edi.acks.implementation_999 import GroupTotals, rejects_group
from bitewing.edi.acks.model import (
    Event,
    GroupEnd,
    ReceivedClaim,
    ReceivedGroup,
    ReceivedInterchange,
    ReceivedTransaction,
    TransactionEnd,
)
from bitewing.edi.acks.received import received
from bitewing.edi.acks.standing import Standing, Verdict
from bitewing.edi.acks.text import TERMINATOR, segment
from bitewing.edi.acks.verdicts import Verdicts
from bitewing.edi.conformance.fault import Fault, Scope, Where
from bitewing.edi.document import Document

ACKNOWLEDGEMENTS = "FA"
"""GS01 of what is itself an acknowledgement."""


@dataclass
class Acknowledged:
    """What was answered: interchanges, transactions and claims received, and how many of each are rejected.

    untold: what the answers have no room for, in words, with how often. next_control: the first ISA13 that is free.
    """

    interchanges: int = 0
    interchanges_rejected: int = 0
    transactions: int = 0
    transactions_rejected: int = 0
    claims: int = 0
    claims_rejected: int = 0
    next_control: int = 1
    untold: Counter[str] = field(default_factory=Counter)


def answer(
    document: Document,
    verdicts: Verdicts,
    envelope: Envelope,
    streams: Mapping[str, IO[bytes]],
    *,
    strict: bool = False,
) -> Acknowledged:
    """Write the answers to streams, by name: ``ta1``, ``999``, ``277ca``, those that are wanted.

    strict: a fault that a 999 can tell rejects its whole transaction, not only its claim. A stream stays empty where
    there is nothing to answer. Raises NotReadable, and ValueError for another name; streams then hold a part.
    """
    if unknown := set(streams) - set(ANSWERS):
        raise ValueError(f"no such acknowledgement: {', '.join(sorted(unknown))}")
    writer = _Writer(verdicts, envelope, streams, strict)
    events = received(document)
    for event in events:
        writer.take(event, events)
    writer.close_interchange()
    writer.done.next_control = envelope.number(writer.done.interchanges, ANSWERS[0])
    return writer.done


class _Channel:
    """One stream, within one answering interchange, which begins with its first group."""

    def __init__(
        self,
        stream: IO[bytes],
        kind: bytes,
        version: bytes,
        received: ReceivedInterchange,
        envelope: Envelope,
        number: int,
    ) -> None:
        self._stream = stream
        self._kind, self._version = kind, version
        self._received, self._envelope = received, envelope
        self.number = number
        self.groups = 0
        self.group: ReceivedGroup | None = None
        self.transactions = 0

    def write(self, segments: Iterable[bytes]) -> int:
        """Write segments, or pieces of many, and say how many pieces they were."""
        return put(self._stream, segments, self._envelope.line_end)

    def begin(self, group: ReceivedGroup) -> None:
        """A group of the answer, and the interchange before the first."""
        if not self.groups:
            self.write([interchange_header(self._received, self._envelope, self.number)])
        self.groups += 1
        self.group, self.transactions = group, 0
        header = group_header(self._kind, self._version, self.groups, group, self._received, self._envelope)
        self.write([header])

    def control(self) -> bytes:
        """ST02 of the next transaction."""
        self.transactions += 1
        return b"%04d" % self.transactions

    def end(self) -> None:
        """The group ends, where it has begun."""
        if self.group is not None:
            self.write([group_trailer(self.transactions, self.groups)])
            self.group = None

    def close(self) -> None:
        """The interchange ends, where it has begun."""
        self.end()
        if self.groups:
            self.write([interchange_trailer(self.groups, self.number)])


class _Writer:
    """Takes the events of a document and writes what is to be said."""

    def __init__(self, verdicts: Verdicts, envelope: Envelope, streams: Mapping[str, IO[bytes]], strict: bool) -> None:
        self.verdicts, self.envelope, self.streams, self.strict = verdicts, envelope, streams, strict
        self.done = Acknowledged()
        self._interchange: ReceivedInterchange | None = None
        self._faults: list[Fault] = []
        self._refused = False
        self._group: ReceivedGroup | None = None
        self._group_faults: Sequence[Fault] = ()
        self._totals = GroupTotals()
        self._told = self._claims = None  # type: _Channel | None
        self._segments = 0
        self._control = b""

    def take(self, event: Event, events: Iterator[Event]) -> None:
        """The next event; the claims of a transaction are taken from the events that follow it."""
        match event:
            case ReceivedInterchange():
                self.close_interchange()
                self._begin_interchange(event)
            case ReceivedGroup():
                self._begin_group(event)
            case ReceivedTransaction():
                rest = takewhile(lambda one: not isinstance(one, TransactionEnd), events)
                self._transaction(event, (one for one in rest if isinstance(one, ReceivedClaim)))
            case GroupEnd():
                self._end_group(event)
            case _:
                pass

    def _begin_interchange(self, found: ReceivedInterchange) -> None:
        self._interchange = found
        self._faults = list(self.verdicts.interchange(found.offset))
        self._refused = interchange_ta1.refused(self._faults)
        self._told = self._channel("999", b"FA", implementation_999.VERSION, found)
        self._claims = self._channel("277ca", b"HN", claim_277ca.VERSION, found)

    def _channel(self, name: str, kind: bytes, version: bytes, found: ReceivedInterchange) -> _Channel | None:
        if name not in self.streams or self._refused:
            return None
        number = self.envelope.number(self.done.interchanges, name)
        return _Channel(self.streams[name], kind, version, found, self.envelope, number)

    def close_interchange(self) -> None:
        """The interchange is over: its answers end, and its TA1 is written."""
        if self._interchange is None:
            return
        for channel in (self._told, self._claims):
            if channel is not None:
                channel.close()
        if "ta1" in self.streams:
            number = self.envelope.number(self.done.interchanges, "ta1")
            found = interchange_ta1.answer(self._interchange, self._faults, self.envelope, number, self.done.untold)
            put(self.streams["ta1"], found, self.envelope.line_end)
        self.done.interchanges += 1
        self.done.interchanges_rejected += self._refused
        self._interchange = None

    def _begin_group(self, group: ReceivedGroup) -> None:
        self._group, self._totals = group, GroupTotals()
        self._group_faults = self.verdicts.group(group.offset)
        if group.kind == ACKNOWLEDGEMENTS or self._refused:
            return
        if not implementation_999.can_name(group):
            self._faults.append(_not_nameable(group))
        elif self._told is not None:
            self._told.begin(group)
            self._control = self._told.control()
            self._segments = self._told.write(implementation_999.group_begins(group, self._control))

    def _end_group(self, end: GroupEnd) -> None:
        if (told := self._told) is not None and told.group is not None:
            last = implementation_999.group_ends(end, self._totals, self._group_faults, self.done.untold)
            self._segments += told.write(last)
            told.write([segment(b"SE", b"%d" % (self._segments + 1), self._control)])
            told.end()
        if self._claims is not None:
            self._claims.end()
        self._group, self._group_faults = None, ()

    def _transaction(self, found: ReceivedTransaction, claims: Iterator[ReceivedClaim]) -> None:
        group, refused = self._group, self._refused or rejects_group(self._group_faults)
        faults = self.verdicts.transaction(found.offset)
        standing = Standing(found, faults, refused=refused, strict=self.strict)
        if (channel := self._claims) is not None and group is not None and (first := next(claims, None)) is not None:
            if channel.group is None:
                channel.begin(group)
            self._answer_claims(channel, standing, chain((first,), claims))
        for _ in standing.judge(claims):
            pass
        if (told := self._told) is not None and told.group is not None:
            said = implementation_999.transaction_answered(standing, self.done.untold)
            self._segments += told.write(said)
        self._totals.add(standing.verdict)
        self.done.transactions += 1
        self.done.transactions_rejected += standing.verdict is Verdict.REJECTED
        self.done.claims += standing.accepted + standing.rejected
        self.done.claims_rejected += standing.rejected

    def _answer_claims(self, channel: _Channel, standing: Standing, claims: Iterator[ReceivedClaim]) -> None:
        assert self._interchange is not None  # no channel without it
        control = channel.control()
        reference = b"%09d" % channel.number + b"%03d" % channel.groups + control
        channel.write(
            claim_277ca.transaction_answered(
                standing, claims, self._interchange, self.envelope, control, reference, self.done.untold
            )
        )


def put(stream: IO[bytes], segments: Iterable[bytes], line_end: bytes) -> int:
    """Write segments with their line ends, and say how many pieces they came in."""
    count = 0
    for one in segments:
        # No value can hold the terminator (see text.safe), so this is safe within a piece of many segments.
        stream.write(one.replace(TERMINATOR, TERMINATOR + line_end) if line_end else one)
        count += 1
    return count


def _not_nameable(group: ReceivedGroup) -> Fault:
    """What the TA1 says where a 999 cannot."""
    return Fault(
        "group-cannot-be-answered",
        1,
        Scope.INTERCHANGE,
        Where(group.offset, "GS"),
        "the kind, the number or the version of a group is not one that a 999 can repeat",
        "correct GS01, GS06 and GS08",
        interchange_ta1.INVALID_CONTENT,
        rejects=False,
    )
