"""The envelope: ISA to IEA, GS to GE, ST to SE. Control numbers agree and are unique, counts are true (SNIP type 1).

Works on blocks and their marks and holds one block at a time, whatever the file; of what has passed it keeps the
control numbers that must not come again. What ISA must be for the file to be read at all, ``framing`` has decided:
where that fails, NotReadable is raised by ``Document.frames`` and there is no fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bitewing.edi.conformance import envelope_rules as say
from bitewing.edi.conformance.fault import Fault, Where
from bitewing.edi.conformance.rule import Facts, Rule, data_element
from bitewing.edi.delimiters import ISA_LENGTH, Delimiters, isa_length
from bitewing.edi.document import Document
from bitewing.edi.framing import Block, Filler
from bitewing.edi.hierarchy import same_count
from bitewing.edi.scan import INNER

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def envelope_faults(document: Document) -> Iterator[Fault]:
    """What is wrong with the envelopes of a file, in the order in which it is noticed. Raises NotReadable."""
    envelope = Envelope()
    before: list[Filler] = []  # whether the file has an interchange at all is known with the first block
    for frame in document.frames():
        if isinstance(frame, Block):
            for filler in before:
                yield from envelope.filler(filler)
            before = []
            yield from envelope.block(frame)
        else:
            before.append(frame)
    for filler in before:
        yield from envelope.filler(filler)


class EnvelopeSegment:
    """A segment of the envelope: its elements as text, and its place."""

    __slots__ = ("elements", "offset", "tag")

    def __init__(self, tag: str, text: bytes, offset: int, delimiters: Delimiters) -> None:
        self.tag = tag
        self.offset = offset
        self.elements = text.decode("latin-1").split(delimiters.element.decode("latin-1"))

    def __getitem__(self, position: int) -> str:
        return self.elements[position] if position < len(self.elements) else ""

    def where(self, element: int = 0, position: int = 0) -> Where:
        """The place of one of its elements, or of the segment."""
        number = data_element(self.tag, element) if element else ""
        return Where(self.offset, self.tag, "", position, element, data_element=number)

    def fault(self, rule: Rule, element: int = 0, position: int = 0, facts: Facts | None = None) -> Fault:
        """A rule that does not hold for one of its elements, or for the segment."""
        value = self[element].encode("latin-1") if element else b""
        return rule.at(self.where(element, position), value, facts=facts)


@dataclass(slots=True)
class _Transaction:
    st: EnvelopeSegment
    segments: int = 0


@dataclass(slots=True)
class _Group:
    gs: EnvelopeSegment
    transactions: int = 0
    numbers: set[str] = field(default_factory=set)


class Envelope:
    """Follows the blocks of a file. Feed it every frame in order; it says what is wrong as soon as that is certain."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, ...]] = set()
        self._isa: EnvelopeSegment | None = None
        self._groups = 0
        self._group_numbers: set[str] = set()
        self._others = 0
        self._group: _Group | None = None
        self._transaction: _Transaction | None = None

    def filler(self, filler: Filler) -> Iterator[Fault]:
        """Bytes that belong to no interchange; white space and a byte order mark are not worth a word."""
        data = filler.data
        left = data.removeprefix(_BYTE_ORDER_MARK).strip(b" \t\r\n\x00\x1a")
        if left:
            place = filler.base + data.find(left)
            yield say.OUTSIDE.at(Where(place, ""), facts={"count": len(left)})

    def block(self, block: Block) -> Iterator[Fault]:
        """The next block of whole segments."""
        data, delimiters = block.data, block.delimiters
        end = delimiters.segment
        # Between two marks stand ordinary segments: counted inside of a transaction, out of place elsewhere.
        before = 0
        for start, mark in block.marks:
            if mark in INNER:
                continue
            yield from self._between(block, before, start)
            close = data.find(end, start)
            close = close if close >= 0 else len(data)
            segment = EnvelopeSegment(mark.decode(), data[start:close], block.base + start, delimiters)
            yield from self._mark(segment, isa_length(data, start) if mark == b"ISA" else 0)
            before = close + 1
        yield from self._between(block, before, len(data))
        if block.last:
            yield from self._no_more(block.base + len(data))

    def _mark(self, segment: EnvelopeSegment, width: int) -> Iterator[Fault]:
        """width: of an ISA that begins an interchange."""
        if segment.tag == "ISA":
            if self._isa is not None or not width:
                yield segment.fault(say.INSIDE)
                return
            if width != ISA_LENGTH:
                yield segment.fault(say.NOT_PADDED)
            yield from self._begin(segment)
        elif segment.tag == "GS":
            yield from self._begin_group(segment)
        elif segment.tag == "ST":
            yield from self._begin_transaction(segment)
        elif segment.tag == "SE":
            yield from self._end_transaction(segment)
        elif segment.tag == "GE":
            yield from self._end_group(segment)
        elif segment.tag == "IEA":
            yield from self._end(segment)

    def _between(self, block: Block, start: int, stop: int) -> Iterator[Fault]:
        """Ordinary segments: counted where a transaction is open, faults where none is (TA1 before any group apart)."""
        if start >= stop:
            return
        data, delimiters = block.data, block.delimiters
        if self._transaction is not None:
            self._transaction.segments += count(data[start:stop], delimiters, empties=block.marks.empties)
            return
        place = block.base + start
        for piece in data[start:stop].split(delimiters.segment):
            bare = piece.lstrip(delimiters.filler)
            if bare:
                tag = bare.partition(delimiters.element)[0].decode("latin-1")
                if tag == "TA1" and self._group is None and not self._groups:
                    self._others += 1
                else:
                    rule = say.OUTSIDE_GROUP if self._group is None else say.OUTSIDE_TRANSACTION
                    name = tag if tag.isalnum() and len(tag) <= 3 else ""
                    yield rule.at(Where(place + len(piece) - len(bare), name))
            place += len(piece) + 1

    def _begin(self, isa: EnvelopeSegment) -> Iterator[Fault]:
        self._isa, self._groups, self._group_numbers, self._others = isa, 0, set(), 0
        for element, holds, rule in say.ISA:
            if not holds(isa[element]):
                yield isa.fault(rule, element)
        if isa[11].isalnum() and isa[12] > "00401":
            yield isa.fault(say.OLD_REPETITION if isa[11] == "U" else say.REPETITION, 11)
        key = (isa[5], isa[6], isa[7], isa[8], isa[13])
        if key in self._seen:
            yield isa.fault(say.ISA_REPEATED, 13)
        self._seen.add(key)

    def _end(self, iea: EnvelopeSegment) -> Iterator[Fault]:
        yield from self._close_group(iea)
        isa = self._isa
        if isa is None:
            return
        if not same_count(iea[1], self._groups):
            yield iea.fault(say.GROUP_COUNT, 1, facts={"count": self._groups})
        if iea[2] != isa[13]:
            yield iea.fault(say.ISA_NUMBER, 2)
        if not self._groups and not self._others:
            yield isa.fault(say.NOTHING)
        self._isa = None

    def _no_more(self, offset: int) -> Iterator[Fault]:
        """The interchange ends here, with its trailer or without."""
        if self._isa is None:
            return
        here = EnvelopeSegment("IEA", b"IEA", offset, Delimiters(b"*", b":", b"^", b"~"))
        yield from self._close_group(here)
        yield say.NO_IEA.at(Where(offset, "IEA"))
        self._isa = None

    def _begin_group(self, gs: EnvelopeSegment) -> Iterator[Fault]:
        yield from self._close_group(gs)
        self._groups += 1
        self._group = _Group(gs)
        for element, holds, rule in say.GS:
            if not holds(gs[element]):
                yield gs.fault(rule, element)
        if gs[6] in self._group_numbers:
            yield gs.fault(say.GROUP_REPEATED, 6)
        self._group_numbers.add(gs[6])

    def _end_group(self, ge: EnvelopeSegment) -> Iterator[Fault]:
        yield from self._close_transaction(ge)
        group = self._group
        if group is None:
            yield ge.fault(say.GE_ALONE)
            return
        if not same_count(ge[1], group.transactions):
            yield ge.fault(say.TRANSACTION_COUNT, 1, facts={"count": group.transactions})
        if not same_number(ge[2], group.gs[6]):
            yield ge.fault(say.GROUP_NUMBER, 2)
        self._group = None

    def _close_group(self, here: EnvelopeSegment) -> Iterator[Fault]:
        """A group that is still open ends where ``here`` stands."""
        yield from self._close_transaction(here)
        if self._group is not None:
            yield say.NO_GE.at(Where(here.offset, "GE"))
            self._group = None

    def _begin_transaction(self, st: EnvelopeSegment) -> Iterator[Fault]:
        yield from self._close_transaction(st)
        self._transaction = _Transaction(st, 1)
        group = self._group
        if not 4 <= len(st[2]) <= 9 or not st[2].strip():
            yield st.fault(say.ST_NUMBER_SHAPE, 2, 1)
        if group is None:
            self._others += 1
            yield st.fault(say.ST_OUTSIDE, 0, 1)
            return
        group.transactions += 1
        if st[1] not in say.KINDS.get(group.gs[1], {st[1]} if st[1] else set()):
            yield st.fault(say.KIND, 1, 1)
        if st[3] and st[3] != group.gs[8]:
            yield st.fault(say.VERSION, 3, 1)
        if st[2] in group.numbers:
            yield st.fault(say.ST_REPEATED, 2, 1)
        group.numbers.add(st[2])

    def _end_transaction(self, se: EnvelopeSegment) -> Iterator[Fault]:
        open_one = self._transaction
        if open_one is None:
            yield se.fault(say.SE_ALONE)
            return
        found = open_one.segments + 1
        if not same_count(se[1], found):
            yield se.fault(say.SEGMENT_COUNT, 1, found, facts={"count": found})
        if se[2] != open_one.st[2]:
            yield se.fault(say.ST_NUMBER, 2, found)
        self._transaction = None

    def _close_transaction(self, here: EnvelopeSegment) -> Iterator[Fault]:
        """A transaction that is still open ends where ``here`` stands."""
        if self._transaction is not None:
            yield say.NO_SE.at(Where(here.offset, "SE", "", self._transaction.segments + 1))
            self._transaction = None


def count(data: bytes, delimiters: Delimiters, *, empties: bool) -> int:
    """How many segments stand in data; empty ones, where there are any, are none; an unfinished last one is one."""
    end, filler = delimiters.segment, delimiters.filler
    if empties:
        return sum(1 for piece in data.split(end) if piece.strip(filler))
    return data.count(end) + bool(data[data.rfind(end) + 1 :].strip(filler))


def same_number(one: str, other: str) -> bool:
    """Whether two control numbers of type N0 are the same; leading zeros do not matter."""
    return one == other or (
        one.isascii() and one.isdigit() and other.isascii() and other.isdigit() and one.lstrip("0") == other.lstrip("0")
    )
