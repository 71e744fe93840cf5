"""277CA (005010X214): each claim of a received transaction, accepted or rejected, and why.

One ST*277 answers one ST*837 that holds a claim; of any other it could say nothing that the 999 does not. The claims
pass once; what stands before them in the answer (totals, verdicts) is known only behind them, so the body waits in a
spool, which goes to disk where it grows. Where the guide requires a value that was not sent, ``UNKNOWN`` stands for a
name or number, and the date of the batch for a claim without a date of service.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import IO

from bitewing.edi.acks.envelope import Envelope, Source
from bitewing.edi.acks.model import Name, ReceivedClaim, ReceivedInterchange, ReceivedLine
from bitewing.edi.acks.spool import spool, spooled
from bitewing.edi.acks.standing import JudgedClaim, Standing, Verdict
from bitewing.edi.acks.status import (
    ACCEPTED,
    ACKNOWLEDGED,
    FOR_PROCESSING,
    INCOMPLETE,
    OF_LINES,
    RECEIVED,
    UNPROCESSABLE,
    Status,
    statuses,
)
from bitewing.edi.acks.text import charge, composite, money, safe, segment
from bitewing.edi.conformance.fault import Fault
from bitewing.edi.values import is_day, span

VERSION = b"005010X214"
UNKNOWN = b"UNKNOWN"
MOST_STATUSES = 3
"""Statuses in one STC: STC01, STC10, STC11. A claim has as many STC as it needs, a line only one."""
_ONLY_FIRST = frozenset({"41", "AY", "PR"})
"""Entities that pyx12's list for STC10 and STC11 is too old to have: such a status begins an STC."""
_OF_BATCH = frozenset({"", "36", "40", "41", "AY", "PR"})
"""STC01-3 in 2200B."""
_QUALIFIERS = frozenset({"AD", "ER", "HC", "HP", "IV", "NU", "WK"})
"""SVC01-1."""
REJECTED_UNNAMED = Status(UNPROCESSABLE, INCOMPLETE)


class _Totals:
    """Claims and charges, accepted and rejected, for QTY and AMT."""

    def __init__(self) -> None:
        self.accepted = self.rejected = 0
        self.accepted_charge = self.rejected_charge = Decimal(0)

    def add(self, amount: Decimal, *, rejected: bool) -> None:
        if rejected:
            self.rejected += 1
            self.rejected_charge += amount
        else:
            self.accepted += 1
            self.accepted_charge += amount

    @property
    def charge(self) -> Decimal:
        return self.accepted_charge + self.rejected_charge

    def segments(self, accepted: bytes, rejected: bytes) -> Iterator[bytes]:
        """QTY with these qualifiers, then AMT, only for what there is and an amount can hold."""
        if self.accepted:
            yield segment(b"QTY", accepted, b"%d" % self.accepted)
        if self.rejected:
            yield segment(b"QTY", rejected, b"%d" % self.rejected)
        if self.accepted and (amount := money(self.accepted_charge)):
            yield segment(b"AMT", b"YU", amount)
        if self.rejected and (amount := money(self.rejected_charge)):
            yield segment(b"AMT", b"YY", amount)


class _Counted:
    """A spool of segments and how many they are."""

    def __init__(self) -> None:
        self.stream: IO[bytes] = spool()
        self.segments = 0

    def write(self, segments: Iterable[bytes]) -> None:
        for one in segments:
            self.stream.write(one)
            self.segments += 1

    def append(self, other: _Counted) -> None:
        for piece in spooled(other.stream):
            self.stream.write(piece)
        self.segments += other.segments
        other.stream.close()


def transaction_answered(
    standing: Standing,
    claims: Iterable[ReceivedClaim],
    interchange: ReceivedInterchange,
    envelope: Envelope,
    control: bytes,
    reference: bytes,
    untold: Counter[str],
) -> Iterator[bytes]:
    """ST to SE in pieces of whole segments. control: ST02 of the answer; reference: BHT03, our own of the batch.

    The claims are walked before the first piece comes; ``standing.verdict`` is known then.
    """
    answer = _Answer(standing, envelope, untold)
    answer.take(claims)
    head = list(answer.head(interchange, control, reference))
    yield b"".join(head)
    yield from spooled(answer.body.stream)
    answer.body.stream.close()
    yield segment(b"SE", b"%d" % (len(head) + answer.body.segments + 1), control)


class _Answer:
    def __init__(self, standing: Standing, envelope: Envelope, untold: Counter[str]) -> None:
        self.standing = standing
        self.envelope = envelope
        self.untold = untold
        self.totals = _Totals()
        self.body = _Counted()
        self.source = envelope.source or Source(standing.transaction.receiver.last, standing.transaction.receiver.id)
        self.received = Status(RECEIVED, ACKNOWLEDGED, self.source.kind)
        self.whole = statuses(standing.outside) or [REJECTED_UNNAMED]
        self.levels = 2  # HL 1 is who answers, HL 2 who is answered

    def take(self, claims: Iterable[ReceivedClaim]) -> None:
        """Walk the claims: providers and patients as they follow one another, and the totals of all."""
        provider: ReceivedClaim | None = None
        part, totals, number, patient = _Counted(), _Totals(), 0, -2
        for judged in self.standing.judge(claims):
            claim = judged.claim
            if provider is None or (claim.billing, claim.provider) != (provider.billing, provider.provider):
                if provider is not None:
                    self._provider(provider, number, totals, part)
                    part, totals = _Counted(), _Totals()
                provider, patient = claim, -2
                self.levels += 1
                number = self.levels
            if claim.level != patient or claim.level < 0:
                patient = claim.level
                self.levels += 1
                part.write(self._patient(claim.patient, self.levels, number))
            amount = charge(claim.charge)
            totals.add(amount, rejected=judged.rejected)
            self.totals.add(amount, rejected=judged.rejected)
            part.write(self._claim(judged, amount))
        if provider is not None:
            self._provider(provider, number, totals, part)

    def _provider(self, claim: ReceivedClaim, number: int, totals: _Totals, part: _Counted) -> None:
        """2000C with its 2100C and 2200C, then what was gathered under it."""
        name = claim.provider
        if name.qualifier in ("XX", "FI", "SV") and (known := safe(name.id, 80, 2)):
            identifier = (name.qualifier.encode(), known)
        else:
            identifier = (b"FI", safe(claim.tax_id, 80, 2) or UNKNOWN)
        status = self.received if totals.accepted else _of_batch(self._rejection()[0])
        self.body.write(
            (
                segment(b"HL", b"%d" % number, b"2", b"19", b"1"),
                _nm1(b"85", name, b"1" if name.kind == "1" else b"2", *identifier),
                segment(b"TRN", b"1", b"0"),
                self._stc([status], totals.charge, accepted=bool(totals.accepted), dated=False),
                *totals.segments(b"QA", b"QC"),
            )
        )
        self.body.append(part)

    def _patient(self, patient: Name, number: int, parent: int) -> Iterator[bytes]:
        """2000D and 2100D."""
        yield segment(b"HL", b"%d" % number, b"%d" % parent, b"PT")
        qualifier = patient.qualifier.encode() if patient.qualifier in ("MI", "II") else b"MI"
        yield _nm1(b"QC", patient, b"1", qualifier, safe(patient.id, 80, 2) or UNKNOWN)

    def _claim(self, judged: JudgedClaim, amount: Decimal) -> Iterator[bytes]:
        """2200D, and 2220D for each line with a fault that rejects the claim."""
        claim = judged.claim
        yield segment(b"TRN", b"2", safe(claim.id, 50) or UNKNOWN)
        by_line: dict[ReceivedLine, list[Fault]] = {}
        if judged.rejected:
            own, by_line = _by_line(judged)
            of_claim = statuses(own)
            if by_line:
                first = statuses(next(iter(by_line.values())))[0]
                of_claim.append(Status(first.category, OF_LINES))
            for group in _threes(of_claim or self._rejection()):
                yield self._stc(group, amount, accepted=False)
        else:
            yield self._stc([Status(FOR_PROCESSING, ACCEPTED)], amount, accepted=True)
        if number := safe(claim.clearinghouse, 50):
            yield segment(b"REF", b"D9", number)
        yield segment(b"DTP", b"472", *self._service(claim))
        for line, faults in by_line.items():
            yield from self._line(line, faults)

    def _line(self, line: ReceivedLine, faults: Sequence[Fault]) -> Iterator[bytes]:
        """2220D."""
        found, *more = _threes(statuses(faults))
        if more:
            self.untold["more than three statuses of one service line"] += sum(map(len, more))
        qualifier = line.qualifier.encode() if line.qualifier in _QUALIFIERS else b"AD"
        modifiers = (said for one in line.modifiers if (said := safe(one, 2, 2)))
        procedure = composite(qualifier, safe(line.code, 48) or UNKNOWN, *modifiers)
        yield segment(b"SVC", procedure, money(charge(line.charge)))
        yield segment(b"STC", *_composites(found)[:1], self.envelope.day, b"U", *_more(found))
        if number := safe(line.control or line.number, 50):
            yield segment(b"REF", b"FJ", number)
        if dates := _dates(*line.dates):
            yield segment(b"DTP", b"472", *dates)

    def head(self, interchange: ReceivedInterchange, control: bytes, reference: bytes) -> Iterator[bytes]:
        """ST, BHT, who answers (HL 1) and who is answered (HL 2)."""
        received, day = self.standing.transaction, self.envelope.day
        yield segment(b"ST", b"277", control, VERSION)
        yield segment(b"BHT", b"0085", b"08", reference, day, self.envelope.minute, b"TH")
        source = self.source
        yield segment(b"HL", b"1", b"", b"20", b"1")
        receiver = Name("2", source.name, id=source.id)
        own = safe(source.id, 80, 2) or safe(interchange.receiver, 80, 2) or UNKNOWN
        yield _nm1(source.kind.encode(), receiver, b"2", source.qualifier.encode(), own)
        yield segment(b"TRN", b"1", reference)
        yield segment(b"DTP", b"050", b"D8", day)
        yield segment(b"DTP", b"009", b"D8", day)
        submitter = received.submitter
        sender = safe(submitter.id, 80, 2) or safe(interchange.sender, 80, 2) or UNKNOWN
        yield segment(b"HL", b"2", b"1", b"21", b"1")
        yield _nm1(b"41", submitter, b"1" if submitter.kind == "1" else b"2", b"46", sender)
        yield segment(b"TRN", b"2", safe(received.reference, 50) or safe(received.control, 50) or UNKNOWN)
        if self.standing.verdict is Verdict.REJECTED:
            for group in _threes(dict.fromkeys(map(_of_batch, self._rejection()))):
                yield self._stc(group, self.totals.charge, accepted=False)
        else:
            yield self._stc([self.received], self.totals.charge, accepted=True)
        yield from self.totals.segments(b"90", b"AA")

    def _rejection(self) -> list[Status]:
        """Why something is rejected that has no fault of its own."""
        return self.whole if self.standing.whole else [REJECTED_UNNAMED]

    def _stc(self, found: Sequence[Status], amount: Decimal, *, accepted: bool, dated: bool = True) -> bytes:
        action = b"WQ" if accepted else b"U"
        first, day = _composites(found)[0], self.envelope.day if dated else b""
        said = money(amount)
        if not said:
            self.untold["a total of charges that has more than 18 digits, told as 0"] += 1
        return segment(b"STC", first, day, action, said or b"0", *_more(found, 5))

    def _service(self, claim: ReceivedClaim) -> tuple[bytes, bytes]:
        """DTP02 and DTP03 of the claim: its own date, or the days of its lines, or the day of the batch."""
        if own := _dates(*claim.dates):
            return own
        lines = [dates for line in claim.lines if (dates := _dates(*line.dates))]
        if lines:
            first = min(days[:8] for _, days in lines)
            last = max(days[-8:] for _, days in lines)
            return (b"D8", first) if first == last else (b"RD8", first + b"-" + last)
        batch = safe(self.standing.transaction.date, 8, 8)
        return b"D8", batch if is_day(batch) else self.envelope.day


def _nm1(entity: bytes, name: Name, kind: bytes, qualifier: bytes, identifier: bytes) -> bytes:
    """NM1; an organisation has one name only."""
    given = (b"", b"", b"", b"")
    if kind == b"1":
        given = (safe(name.first, 35), safe(name.middle, 25), b"", safe(name.suffix, 10))
    return segment(b"NM1", entity, kind, safe(name.last, 60) or UNKNOWN, *given, qualifier, identifier)


def _composites(found: Sequence[Status]) -> list[bytes]:
    return [composite(*(part.encode() for part in status)) for status in found]


def _more(found: Sequence[Status], between: int = 6) -> Iterator[bytes]:
    """STC10 and STC11 behind so many empty elements; nothing where there is one status."""
    if len(found) > 1:
        yield from (b"",) * between
        yield from _composites(found[1:MOST_STATUSES])


def _threes(found: Iterable[Status]) -> Iterator[Sequence[Status]]:
    """Statuses as STC segments hold them."""
    group: list[Status] = []
    for status in found:
        if group and (len(group) == MOST_STATUSES or status.entity in _ONLY_FIRST):
            yield group
            group = []
        group.append(status)
    if group:
        yield group


def _of_batch(status: Status) -> Status:
    """A status as 2200B can tell it, which knows few entities."""
    return status if status.entity in _OF_BATCH else Status(status.category, INCOMPLETE)


def _by_line(judged: JudgedClaim) -> tuple[list[Fault], dict[ReceivedLine, list[Fault]]]:
    """The rejecting faults of the claim itself, and those of its lines by line, in the order of the lines."""
    lines = judged.claim.lines
    times = Counter(line.number for line in lines)
    by_number = {line.number: line for line in lines}
    own: list[Fault] = []
    found: dict[ReceivedLine, list[Fault]] = {}
    for fault in judged.faults:
        if not fault.rejects:
            continue
        line = None
        if number := fault.where.line:
            line = by_number.get(number) if times[number] == 1 else _before(fault.where.offset, lines)
        if line is None:
            own.append(fault)
        else:
            found.setdefault(line, []).append(fault)
    return own, dict(sorted(found.items()))


def _before(offset: int, lines: Sequence[ReceivedLine]) -> ReceivedLine | None:
    """The last line that begins at or before an offset: where lines share a number, only their place tells."""
    found = None
    for line in lines:
        if line.offset <= offset:
            found = line
    return found


def _dates(qualifier: str, value: str) -> tuple[bytes, bytes] | None:
    """DTP02 and DTP03 as sent, None where they are no date."""
    try:
        span(qualifier, value)
    except ValueError:
        return None
    return qualifier.encode(), value.encode()
