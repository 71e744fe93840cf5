"""Clock, control numbers and addresses of an answer, all passed in: the same input gives the same bytes."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from bitewing.edi.acks.model import ReceivedGroup, ReceivedInterchange
from bitewing.edi.acks.text import COMPONENT, REPETITION, safe, segment
from bitewing.edi.conformance.envelope_rules import PARTIES

LAST_CONTROL = 999_999_999
ANSWERS = ("ta1", "999", "277ca")
"""What one interchange can be answered with; each takes its own control number, in this order."""


class Source(NamedTuple):
    """Who answers, for 2100A of a 277CA. kind: AY a clearinghouse, PR a payer. qualifier: 46, FI, PI or XV."""

    name: str
    id: str
    kind: str = "AY"
    qualifier: str = "46"


class Envelope(NamedTuple):
    """How answers are sent.

    at: the clock. control: ISA13 of the first answer, 1 to 999999999. line_end: what follows each terminator. source:
    who answers; where it is None, the receiver that a transaction names.
    """

    at: datetime
    control: int = 1
    line_end: bytes = b""
    source: Source | None = None

    @property
    def day(self) -> bytes:
        """CCYYMMDD."""
        return b"%04d%02d%02d" % (self.at.year, self.at.month, self.at.day)

    @property
    def minute(self) -> bytes:
        """HHMM."""
        return b"%02d%02d" % (self.at.hour, self.at.minute)

    def number(self, interchange: int, answer: str) -> int:
        """ISA13 of an answer to the interchange with this number in its file, from 0: three numbers each, whichever
        of the answers are written."""
        step = interchange * len(ANSWERS) + ANSWERS.index(answer)
        return (self.control - 1 + step) % LAST_CONTROL + 1


def interchange_header(received: ReceivedInterchange, envelope: Envelope, number: int) -> bytes:
    """ISA of an answer: back to the sender, a test stays a test, and nobody acknowledges an acknowledgement."""
    usage = received.usage if received.usage in ("P", "T", "I") else "P"
    return segment(
        b"ISA",
        *(b"00", b" " * 10) * 2,
        *_party(received.receiver_qualifier, received.receiver),
        *_party(received.sender_qualifier, received.sender),
        envelope.day[2:],
        envelope.minute,
        REPETITION,
        b"00501",
        b"%09d" % number,
        b"0",
        usage.encode(),
        COMPONENT,
    )


def interchange_trailer(groups: int, number: int) -> bytes:
    """IEA."""
    return segment(b"IEA", b"%d" % groups, b"%09d" % number)


def group_header(
    kind: bytes,
    version: bytes,
    number: int,
    received: ReceivedGroup,
    interchange: ReceivedInterchange,
    envelope: Envelope,
) -> bytes:
    """GS of an answer: the addresses of the received group, the other way round."""
    return segment(
        b"GS",
        kind,
        _code(received.receiver, interchange.receiver),
        _code(received.sender, interchange.sender),
        envelope.day,
        envelope.minute,
        b"%d" % number,
        b"X",
        version,
    )


def group_trailer(transactions: int, number: int) -> bytes:
    """GE."""
    return segment(b"GE", b"%d" % transactions, b"%d" % number)


def _party(qualifier: str, identifier: str) -> tuple[bytes, bytes]:
    """What is no qualifier in use cannot be repeated: ZZ stands for it."""
    return qualifier.encode() if qualifier in PARTIES else b"ZZ", safe(identifier, 15).ljust(15)


def _code(code: str, instead: str) -> bytes:
    """GS02 or GS03, two to fifteen characters."""
    return safe(code, 15, 2) or safe(instead, 15, 2) or b"ZZ"
