"""TA1: whether an interchange was accepted, by its envelope alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from bitewing.edi.acks.envelope import Envelope, interchange_header, interchange_trailer
from bitewing.edi.acks.model import ReceivedInterchange
from bitewing.edi.acks.text import segment
from bitewing.edi.conformance.fault import Fault
from bitewing.edi.values import is_day

NOTES = frozenset(f"{code:03}" for code in range(32))
"""TA105."""
NO_ERROR, INVALID_CONTENT = "000", "024"


def refused(faults: Sequence[Fault]) -> bool:
    """Whether an interchange with these faults is not accepted; nothing in it is then looked at."""
    return any(fault.rejects for fault in faults)


def answer(
    received: ReceivedInterchange, faults: Sequence[Fault], envelope: Envelope, number: int, untold: Counter[str]
) -> Iterator[bytes]:
    """The segments of an interchange that holds one TA1.

    TA104 is R for a rejecting fault, E where faults only are told, A without any. TA105 holds one code: that of the
    first rejecting fault, else of the first. Other faults are counted in ``untold``. What is no number, date or time
    in the received ISA cannot be repeated: zeros and the clock of the answer stand for it.
    """
    ranked = sorted(faults, key=lambda fault: not fault.rejects)
    code = NO_ERROR
    if ranked:
        code = ranked[0].code if ranked[0].code in NOTES - {NO_ERROR} else INVALID_CONTENT
        if len(ranked) > 1:
            untold["a TA1 tells one fault of an interchange"] += len(ranked) - 1
    verdict = b"R" if refused(faults) else b"E" if faults else b"A"
    yield interchange_header(received, envelope, number)
    yield segment(
        b"TA1",
        _digits(received.control, 9) or b"0" * 9,
        _date(received.date) or envelope.day[2:],
        _time(received.time) or envelope.minute,
        verdict,
        code.encode(),
    )
    yield interchange_trailer(0, number)


def _digits(text: str, length: int) -> bytes:
    return text.encode() if len(text) == length and text.isascii() and text.isdigit() else b""


def _date(text: str) -> bytes:
    said = _digits(text, 6)
    return said if is_day(b"20" + said) else b""


def _time(text: str) -> bytes:
    said = _digits(text, 4)
    return said if said[:2] < b"24" and said[2:] < b"60" else b""
