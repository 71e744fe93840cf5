"""What the guide makes of a file: which claims are refused, and the answers that say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import takewhile
from typing import NamedTuple

from bitewing.edi.acks.answer import answer
from bitewing.edi.acks.envelope import Envelope, Source
from bitewing.edi.acks.implementation_999 import rejects_group
from bitewing.edi.acks.interchange_ta1 import refused
from bitewing.edi.acks.model import (
    ReceivedClaim,
    ReceivedGroup,
    ReceivedInterchange,
    ReceivedTransaction,
    TransactionEnd,
)
from bitewing.edi.acks.received import received
from bitewing.edi.acks.spool import spool, spooled
from bitewing.edi.acks.standing import Standing
from bitewing.edi.acks.verdicts import Gathered
from bitewing.edi.conformance.external import NO_LISTS
from bitewing.edi.conformance.fault import Fault
from bitewing.edi.conformance.validate import validate
from bitewing.edi.document import Document

Tick = Callable[[], None]


class Refused(NamedTuple):
    """What of a file is not accepted, by the offsets of ISA, ST and CLM; each once, with the largest it is part of."""

    interchanges: frozenset[int]
    transactions: frozenset[int]
    claims: frozenset[int]

    def __bool__(self) -> bool:
        return bool(self.interchanges or self.transactions or self.claims)


def checked(document: Document, tick: Tick) -> Gathered:
    """What a file is refused for. Raises NotReadable, and what tick raises."""
    return Gathered(document, _refusing(document, tick))


def _refusing(document: Document, tick: Tick) -> Iterator[Fault]:
    for one in validate(document, lists=NO_LISTS, progress=lambda *_: tick()):
        tick()
        yield from (fault for fault in one.faults if fault.rejects)


def refusals(document: Document, found: Gathered, *, strict: bool) -> Refused:
    """Which claims a 277CA would reject, and of what they are part where all of that is rejected with them.

    A group that is refused takes its interchange with it: an envelope that is wrong cannot be cut.
    """
    interchanges, transactions, claims = set(), set(), set()
    interchange = -1
    events = received(document)
    for event in events:
        match event:
            case ReceivedInterchange():
                interchange = event.offset
                if refused(found.interchange(interchange)):
                    interchanges.add(interchange)
            case ReceivedGroup():
                if rejects_group(found.group(event.offset)):
                    interchanges.add(interchange)
            case ReceivedTransaction() if event.claims and interchange not in interchanges:
                standing = Standing(event, found.transaction(event.offset), strict=strict)
                rest = takewhile(lambda one: not isinstance(one, TransactionEnd), events)
                judged = list(standing.judge(one for one in rest if isinstance(one, ReceivedClaim)))
                if standing.whole or (judged and not standing.accepted):
                    transactions.add(event.offset)
                else:
                    claims |= {one.claim.offset for one in judged if one.rejected}
            case _:
                pass
    return Refused(frozenset(interchanges), frozenset(transactions), frozenset(claims))


def answers(
    document: Document,
    found: Gathered,
    wanted: tuple[str, ...],
    at: datetime,
    control: int,
    source: str,
    *,
    strict: bool,
) -> Mapping[str, bytes]:
    """The answers that have something to say, by name. control: ISA13 of the first. source: NAME:ID, or ""."""
    name, _, identifier = source.rpartition(":")
    envelope = Envelope(at, control, source=Source(name, identifier) if name else None)
    streams = {one: spool() for one in wanted}
    try:
        answer(document, found, envelope, streams, strict=strict)
        return {one: said for one, stream in streams.items() if (said := b"".join(spooled(stream)))}
    finally:
        for stream in streams.values():
            stream.close()
