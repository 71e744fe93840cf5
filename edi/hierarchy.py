"""From blocks to transactions and claims: envelopes, HL parents, and where each claim's bytes lie.

One pass forward. A claim belongs to the HL before it; that HL's parent is the one whose HL01 its HL02 names, never
simply the nearest. What cannot be placed with certainty becomes a fault, and the claim is not handed out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from bitewing.edi.delimiters import ISA_LENGTH, Delimiters, isa_length
from bitewing.edi.errors import BrokenHierarchy, EdiError, Spot
from bitewing.edi.framing import Block
from bitewing.edi.guide import dental
from bitewing.edi.loops import Loop, read_loop
from bitewing.edi.scan import segments_in

BILLING, SUBSCRIBER, PATIENT = b"20", b"22", b"23"
_RULES = {BILLING: "2000A", SUBSCRIBER: "2000B", PATIENT: "2000C"}
_KNOWN = {code: code for code in _RULES}
_PARENTS = {SUBSCRIBER: BILLING, PATIENT: SUBSCRIBER}
DENTAL_VERSION = "005010X224"
NO_CLAIM = re.compile(b"(?!)")
"""The pattern that no claim carries."""


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


@dataclass(slots=True, eq=False, repr=False)
class Level:
    """One HL: its own bytes up to the first claim or the next HL, and its parent.

    memo: for who reads it often. number: its place among ``Places``, -1 where it stands in none.
    """

    id: bytes
    code: bytes
    parent: Level | None
    data: bytes
    offset: int
    delimiters: Delimiters
    fault: EdiError | None = None
    memo: object = None
    number: int = -1
    _loop: Loop | None = None

    @classmethod
    def read(cls, data: bytes, offset: int, delimiters: Delimiters, parent: Level | None) -> Level:
        """An HL from its bytes, under a parent that is known."""
        _, identifier, _, code, *_ = (*data[: data.find(delimiters.segment)].split(delimiters.element), b"", b"", b"")
        return cls(identifier, code, parent, data, offset, delimiters)

    @property
    def loop(self) -> Loop:
        """2000A, 2000B or 2000C without its claims."""
        if self._loop is None:
            rule = dental().loops[_RULES.get(self.code, "2000A")]
            self._loop = read_loop(self.data, self.offset, rule, self.delimiters)
        return self._loop

    def let_go(self) -> None:
        """Forget what was taken apart; it is taken apart again when it is asked for."""
        self._loop = None


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

    def claims(self, block: Block, carrying: re.Pattern[bytes] | None = None) -> Iterator[Located]:
        """The claims that lie in the next block, only those that carry the pattern where one is given."""
        data, base, delimiters = block.data, block.base, block.delimiters
        stops = [offset for offset, _ in block.marks[1:]]
        stops.append(len(data))
        carried = self._open
        carried_from = 0
        hits = _hits(carrying, data, delimiters)
        hit = next(hits, -1)
        for (start, tag), stop in zip(block.marks, stops, strict=False):
            if tag == b"CLM":
                if carried is not None:
                    carried.claims += 1
                if carried is None or not self._sound:
                    self._refuse(base + start)
                    continue
                while 0 <= hit < start:
                    hit = next(hits, -1)
                if start <= hit < stop or carrying is None:
                    assert self._level is not None
                    yield Located(data[start:stop], base + start, self._level, carried)
            elif tag == b"HL":
                if carried is not None and carried.dental:
                    self._hl(data[start:stop], base + start, delimiters, carried.levels)
            elif tag != b"CLP":
                if carried is not None:  # SE, or where SE is missing what comes after it
                    carried.segments += self._count(block, carried_from, start) + (tag == b"SE")
                    self._end(block, carried, start if tag == b"SE" else -1)
                self._outside(block, start, stop, tag)
                carried, carried_from = self._open, start
        if carried is not None:
            carried.segments += self._count(block, carried_from, len(data))

    def _count(self, block: Block, start: int, stop: int) -> int:
        return _count(block, start, stop) if self._counting else 0

    def _outside(self, block: Block, start: int, stop: int, tag: bytes) -> None:
        """A segment that stands in no transaction, or begins or ends one."""
        if tag == b"ST":
            self._begin(block, start, stop)
        elif tag != b"SE":
            self._envelope(block, start, tag)

    def _refuse(self, offset: int) -> None:
        """Say why a claim is not handed out: where it belongs is not certain."""
        transaction, level = self._open, self._level
        if transaction is not None and not transaction.dental:
            return
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
        if parent is None or parent.code != _PARENTS.get(code) or parent.fault is not None or identifier in levels:
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
        self._level, self._sound = None, False

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
        self._open, self._level, self._subscriber, self._sound = None, None, None, False

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
    wanted = _PARENTS.get(level.code)
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


def _hits(carrying: re.Pattern[bytes] | None, data: bytes, delimiters: Delimiters) -> Iterator[int]:
    """Where a pattern stands in the data, codes in small letters too; nowhere for NO_CLAIM, which is not looked for."""
    if carrying is None or carrying is NO_CLAIM:
        return iter(())
    if delimiters.component + b"d" in data:
        carrying = re.compile(carrying.pattern, re.IGNORECASE)
    return (match.start() for match in carrying.finditer(data))


def _count(block: Block, start: int, stop: int) -> int:
    """How many segments end in block.data[start:stop]; empty ones are none."""
    data, delimiters = block.data, block.delimiters
    if not block.empties:
        return data.count(delimiters.segment, start, stop)
    return segments_in(data[start:stop], delimiters)
