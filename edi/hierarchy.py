"""From blocks to transactions and claims: envelopes, HL parents, and where each claim's bytes lie.

One pass forward. A claim belongs to the HL before it; that HL's parent is the one whose HL01 its HL02 names, never
simply the nearest. What cannot be placed with certainty becomes a fault, and the claim is not handed out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from bitewing.edi.delimiters import ISA_LENGTH, Delimiters, isa_length
from bitewing.edi.errors import BrokenHierarchy, EdiError, Spot
from bitewing.edi.framing import Block
from bitewing.edi.guide import dental
from bitewing.edi.levels import BILLING, PARENTS, PATIENT, SUBSCRIBER, Level, Numbered, NumberedStretch
from bitewing.edi.loops import Loop, read_loop

_KNOWN = {code: code for code in (BILLING, *PARENTS)}
DENTAL_VERSION = "005010X224"
_FEW = 32
"""Marks of a transaction."""
NO_CLAIM: frozenset[str] = frozenset()
"""The codes that no claim has: a walk with them hands out none."""


@dataclass(slots=True, eq=False, repr=False)
class Interchange:
    """ISA to IEA. control: ISA13; sender ISA06; receiver ISA08; usage ISA15 (P or T). width: of ISA, in bytes."""

    offset: int
    delimiters: Delimiters
    control: str
    sender: str
    receiver: str
    usage: str
    width: int = ISA_LENGTH
    groups: int = 0
    claimed: str = ""

    @property
    def whole(self) -> bool:
        """Whether IEA is there and IEA01 is the number of groups found; known when the end has been reached."""
        return same_count(self.claimed, self.groups)


@dataclass(slots=True, eq=False, repr=False)
class Group:
    """GS to GE. kind GS01 (HC for claims), control GS06, version GS08."""

    offset: int
    interchange: Interchange
    kind: str
    control: str
    version: str
    transactions: int = 0
    claimed: str = ""

    @property
    def whole(self) -> bool:
        """Whether GE is there and GE01 is the number of transactions found; known when the end has been reached."""
        return same_count(self.claimed, self.transactions)


@dataclass(slots=True, eq=False, repr=False)
class Transaction:
    """ST to SE. kind ST01 (837), control ST02, version ST03 or, where that is absent, GS08.

    dental: whether this is a dental claim transaction, 837 under 005010X224, A1, A2 or A3.
    segments: counted from ST to SE, both included. claimed: SE01 as sent, "" where SE is missing. closed: SE02.
    count_at: the offset of SE01's first byte, or -1.
    """

    number: int
    offset: int
    group: Group
    kind: str
    control: str
    version: str
    segments: int = 0
    claims: int = 0
    claimed: str = ""
    closed: str = ""
    count_at: int = -1
    header_data: bytes = b""
    header_offset: int = 0
    dental: bool = False
    levels: dict[bytes, Level | bytes] = field(default_factory=dict)
    _header: Loop | None = None

    @property
    def counted(self) -> bool:
        """Whether SE is there and SE01 is the number of segments found; known when the end has been reached."""
        return same_count(self.claimed, self.segments)

    @property
    def enveloped(self) -> bool:
        """Whether its group and interchange are closed with the right counts; known when their ends are reached."""
        return self.group.whole and self.group.interchange.whole

    @property
    def header(self) -> Loop:
        """BHT, 1000A and 1000B."""
        if self._header is None:
            delimiters = self.group.interchange.delimiters
            self._header = read_loop(self.header_data, self.header_offset, dental().loops["HEADER"], delimiters)
        return self._header


class Located(NamedTuple):
    """A claim found: its bytes, CLM up to the next claim, HL or SE, under its HL, in its transaction."""

    data: bytes
    offset: int
    level: Level
    transaction: Transaction


class Hierarchy:
    """Follows the blocks of a file and hands out its dental claims.

    faults: what is structurally wrong, as errors with their places; the claims concerned are not handed out.
    transactions: every ST met, in order. counting: whether the segments of transactions are counted.
    """

    def __init__(self, *, counting: bool = True) -> None:
        self._counting = counting
        self.interchanges: list[Interchange] = []
        self.transactions: list[Transaction] = []
        self.faults: list[EdiError] = []
        self._group: Group | None = None
        self._open: Transaction | None = None
        self._level: Level | None = None
        self._sound = False  # whether a claim may stand under the present HL
        self._subscriber: Level | None = None
        self._numbered: Numbered | None = None  # the HLs of the open transaction, while they are as most are

    def claims(self, block: Block, codes: frozenset[str] | None = None) -> Iterator[Located]:
        """The claims that lie in the next block, where codes are given only those that may have a service with one."""
        marks = block.marks
        bounds = [*marks.offsets, len(block.data)]
        carriers = None if codes is None else marks.carriers(codes)
        begun = -1
        for index in (*marks.outer, len(marks)):
            if begun + 1 < index:
                yield from self._inside(block, bounds, range(begun + 1, index), carriers)
            carried = self._open
            tag = marks.tags[index] if index < len(marks) else b""
            if carried is not None:
                if self._counting:
                    carried.segments += marks.segments(begun, index) + (tag == b"SE")
                if tag:  # SE, or where SE is missing what comes after it
                    self._end(block, carried, bounds[index] if tag == b"SE" else -1)
            if tag:
                self._outside(block, bounds[index], bounds[index + 1], tag)
            begun = index

    def _inside(self, block: Block, bounds: list[int], marks: range, carriers: list[int] | None) -> Iterator[Located]:
        """The claims among some marks, which all stand in one transaction, or in none.

        bounds: where every mark of the block begins, and where the block ends.
        """
        carried, numbered = self._open, self._numbered
        tags = block.marks.tags[marks.start : marks.stop]
        if carried is None:
            for index, tag in zip(marks, tags, strict=True):
                if tag == b"CLM":
                    self._refuse(block.base + bounds[index])
            return
        carried.claims += tags.count(b"CLM")
        if not carried.dental:
            return
        if carriers is None:
            claims = [index for index, tag in zip(marks, tags, strict=True) if tag == b"CLM"]
        else:
            claims = carriers[bisect_left(carriers, marks.start) : bisect_left(carriers, marks.stop)]
        if numbered is not None:
            # Where the transaction ends soon, its HLs are sooner read than asked for.
            few = len(marks) < _FEW and marks.stop < len(block.marks)
            levels = None if few else block.marks.levels(marks.start, marks.stop, numbered.before(self._sound))
            if levels is not None:
                yield from self._in_order(block, bounds, NumberedStretch(block, bounds, numbered, levels), claims)
                return
            carried.levels = numbered.settled(block.source, block.delimiters)
            self._numbered = None
        yield from self._one_by_one(block, bounds, marks, claims)

    def _in_order(
        self, block: Block, bounds: list[int], stretch: NumberedStretch, claims: list[int]
    ) -> Iterator[Located]:
        """The claims with these marks, under HLs in order. Only what is asked for is made."""
        transaction, numbered, levels = self._open, self._numbered, stretch.levels
        assert transaction is not None
        assert numbered is not None
        last = len(levels.marks)
        place, level = -1, self._level
        for index in claims:
            if place + 1 < last and levels.marks[place + 1] < index:
                place = bisect_left(levels.marks, index, place + 1) - 1
                level = stretch.level(place)
            assert level is not None  # ``Marks.levels`` has seen that no claim stands where none may
            start = bounds[index]
            yield Located(block.data[start : bounds[index + 1]], block.base + start, level, transaction)
        if last:
            self._level = stretch.level(last - 1)
            self._sound = self._level.code != BILLING
            numbered.add(stretch)
            self._subscriber = numbered.latest.get(SUBSCRIBER)

    def _one_by_one(self, block: Block, bounds: list[int], marks: range, claims: list[int]) -> Iterator[Located]:
        """The claims with these marks, after a look at every HL among ``marks``."""
        transaction, tags = self._open, block.marks.tags
        assert transaction is not None
        wanted = set(claims)
        for index in marks:
            tag, start, stop = tags[index], bounds[index], bounds[index + 1]
            if tag == b"HL":
                self._hl(block.data[start:stop], block.base + start, block.delimiters, transaction.levels)
            elif tag == b"CLM":
                if not self._sound:
                    self._refuse(block.base + start)
                elif index in wanted:
                    assert self._level is not None
                    yield Located(block.data[start:stop], block.base + start, self._level, transaction)

    def _outside(self, block: Block, start: int, stop: int, tag: bytes) -> None:
        """A segment that stands in no transaction, or begins or ends one."""
        if tag == b"ST":
            self._begin(block, start, stop)
        elif tag != b"SE":
            self._envelope(block, start, tag)

    def _refuse(self, offset: int) -> None:
        """Say why a claim is not handed out: where it belongs is not certain."""
        transaction, level = self._open, self._level
        fault = level.fault if level is not None else None
        if transaction is None:
            fault = BrokenHierarchy(
                "a claim stands outside of any transaction", Spot(offset, "CLM"), "put it between ST and SE"
            )
        elif level is None:
            fault = BrokenHierarchy(
                "a claim stands before any HL", Spot(offset, "CLM"), "put it under its subscriber or patient"
            )
        elif fault is None:
            fault = BrokenHierarchy(
                "a claim stands under a billing provider, not under a subscriber or patient",
                Spot(offset, "CLM"),
                "add the subscriber's HL",
            )
        if fault not in self.faults:
            self.faults.append(fault)

    def _hl(self, data: bytes, offset: int, delimiters: Delimiters, levels: dict[bytes, Level | bytes]) -> None:
        elements = data[: data.find(delimiters.segment)].split(delimiters.element)
        if len(elements) != 5:
            elements = (elements + [b""] * 5)[:5]
        _, identifier, above, code, children = elements
        known = levels.get(above)
        if known.__class__ is bytes and self._subscriber is not None and self._subscriber.id == above:
            known = self._subscriber
        parent = known if isinstance(known, Level) else None
        level = Level(identifier, code, parent, data, offset, delimiters)
        if parent is None or parent.code != PARENTS.get(code) or parent.fault is not None or identifier in levels:
            level.fault = _fault(level, above, levels)
            if level.fault is not None and level.fault not in self.faults:
                self.faults.append(level.fault)
        # Where nothing stands below it, its place in the tree is kept, its bytes need not be.
        levels[identifier] = level if code != PATIENT and children != b"0" else _KNOWN.get(code, code)
        if code == SUBSCRIBER:
            # Thousands of subscribers may have dependants in one transaction: only the latest stays taken apart.
            if self._subscriber is not None:
                self._subscriber.let_go()
            self._subscriber = level
        self._level = level
        self._sound = level.fault is None and code != BILLING

    def _begin(self, block: Block, start: int, stop: int) -> None:
        data, delimiters = block.data, block.delimiters
        end = data.find(delimiters.segment, start)
        elements = (
            data[start : end if end >= 0 else len(data)].decode("latin-1").split(delimiters.element.decode("latin-1"))
        )
        elements += [""] * 4
        group = self._group or self._no_group(block, start)
        version = elements[3] or group.version
        transaction = Transaction(len(self.transactions), block.base + start, group, elements[1], elements[2], version)
        # In an interchange whose ISA is not as it must be, claims are left alone.
        transaction.dental = (
            transaction.kind == "837" and version.startswith(DENTAL_VERSION) and group.interchange.width == ISA_LENGTH
        )
        transaction.header_data = data[end + 1 : stop]
        transaction.header_offset = block.base + end + 1
        self.transactions.append(transaction)
        group.transactions += 1
        self._open = transaction
        self._level, self._sound, self._numbered = None, False, Numbered()

    def _no_group(self, block: Block, start: int) -> Group:
        self.faults.append(
            BrokenHierarchy(
                "a transaction stands outside of any group", Spot(block.base + start, "ST"), "add GS and GE"
            )
        )
        return Group(block.base + start, self.interchanges[-1], "", "", "")

    def _end(self, block: Block, transaction: Transaction, start: int) -> None:
        """Close a transaction with the SE at start, or with none where start is negative."""
        data, delimiters = block.data, block.delimiters
        if start >= 0:
            end = data.find(delimiters.segment, start)
            elements = data[start : end if end >= 0 else len(data)].split(delimiters.element)
            if len(elements) > 1:
                transaction.claimed = elements[1].decode("latin-1")
                transaction.closed = elements[2].decode("latin-1") if len(elements) > 2 else ""
                transaction.count_at = block.base + start + len(b"SE") + 1
        # What only its claims needed is let go: the table of transactions stays, and there may be many.
        transaction.levels = {}
        self._open, self._level, self._subscriber, self._sound, self._numbered = None, None, None, False, None

    def _envelope(self, block: Block, start: int, tag: bytes) -> None:
        delimiters = block.delimiters
        end = block.data.find(delimiters.segment, start)
        text = block.data[start : end if end >= 0 else len(block.data)].decode("latin-1")
        elements = text.split(delimiters.element.decode("latin-1")) + [""] * 9
        if tag == b"ISA":
            width = isa_length(block.data, start)
            if not width:
                # ISA inside an interchange that is not of fixed width: an ordinary segment, reported by the validator.
                return
            usage = elements[15]
            self.interchanges.append(
                Interchange(
                    block.base + start, delimiters, elements[13], elements[6].strip(), elements[8].strip(), usage, width
                )
            )
            self._group = None
        elif tag == b"GS":
            self._group = Group(block.base + start, self.interchanges[-1], elements[1], elements[6], elements[8])
            self.interchanges[-1].groups += 1
        elif tag == b"GE":
            if self._group is not None:
                self._group.claimed = elements[1]
            self._group = None
        elif tag == b"IEA":
            self.interchanges[-1].claimed = elements[1]


def same_count(count: str, found: int) -> bool:
    """Whether a count as sent is the number found; leading zeros do not matter."""
    return count.isascii() and count.isdigit() and len(count) < 10 and int(count) == found


def _fault(level: Level, above: bytes, levels: dict[bytes, Level | bytes]) -> EdiError | None:
    """What is wrong with an HL's own place in the tree."""
    spot = Spot(level.offset, "HL")
    if level.id in levels:
        return BrokenHierarchy("two HL of one transaction have the same HL01", spot, "number them 1, 2, 3 ...")
    wanted = PARENTS.get(level.code)
    if wanted is None:
        if level.code != BILLING:
            return BrokenHierarchy("HL03 is none of 20, 22 and 23", spot, "name the level: 20, 22 or 23")
        return None
    if level.parent is not None:
        code, fault = level.parent.code, level.parent.fault
    elif above in levels:
        code, fault = b"", None  # of a level that has no bytes to give any more
        if levels[above] == wanted:
            what = "HL02 names a parent whose HL04 says that nothing stands below it"
            return BrokenHierarchy(what, spot, "set the parent's HL04 to 1")
    else:
        said = "names a parent that does not come before it" if above else "names no parent"
        return BrokenHierarchy(f"HL02 {said}", spot, "set HL02 to the HL01 of its billing provider or subscriber")
    if code != wanted:
        what = f"HL02 names a parent of another level than {wanted.decode()}"
        return BrokenHierarchy(what, spot, f"a level {level.code.decode()} belongs under a level {wanted.decode()}")
    return fault
