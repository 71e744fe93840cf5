"""The envelopes of a file as a tree of sections, for cutting. Only what is regular has one: all else is left whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.document import Document
from bitewing.edi.framing import Block
from bitewing.edi.scan import segments_in


class CannotCut(Exception):
    """A file whose envelopes or levels are not regular enough to take something out of it with certainty."""


@dataclass(slots=True)
class Section:
    """A structural segment with what follows it up to the next one: bytes [start, stop) of the file.

    data: those bytes. head: the segment itself with its terminator.
    """

    tag: bytes
    start: int
    data: bytes
    delimiters: Delimiters

    @property
    def stop(self) -> int:
        return self.start + len(self.data)

    @property
    def head(self) -> bytes:
        return self.data[: self.data.find(self.delimiters.segment) + 1]

    @property
    def elements(self) -> list[bytes]:
        """The identifier and the elements after it."""
        return self.head[:-1].split(self.delimiters.element)

    @property
    def segments(self) -> int:
        """How many segments it holds, empty ones left out."""
        return segments_in(self.data, self.delimiters)

    def element(self, position: int) -> bytes:
        """Element ``position``, b"" where it is absent."""
        elements = self.elements
        return elements[position] if position < len(elements) else b""

    def with_elements(self, changed: dict[int, bytes]) -> bytes:
        """Its head with other elements, by their positions."""
        elements = self.elements
        for position, value in changed.items():
            elements[position] = value
        return self.delimiters.element.join(elements) + self.delimiters.segment


@dataclass(slots=True)
class Level:
    """An HL, its claims, and the levels below it."""

    section: Section
    parent: Level | None
    claims: list[Section] = field(default_factory=list)
    children: list[Level] = field(default_factory=list)

    @property
    def chain(self) -> list[Level]:
        """From the billing provider down to this level."""
        return [*(self.parent.chain if self.parent is not None else ()), self]


@dataclass(slots=True)
class Transaction:
    """ST with its header, its levels in order, SE."""

    begin: Section
    end: Section
    levels: list[Level]


@dataclass(slots=True)
class Group:
    """GS, transactions, GE."""

    begin: Section
    end: Section
    transactions: list[Transaction]


@dataclass(slots=True)
class Interchange:
    """ISA, groups, IEA."""

    begin: Section
    end: Section
    groups: list[Group]


def sections(document: Document) -> Iterator[Section]:
    """Every section of a file in order. Raises NotReadable."""
    pending: Section | None = None
    for block in document.frames():
        if not isinstance(block, Block):
            continue
        starts = [start for start, _ in block.marks]
        lead = block.data[: starts[0]] if starts else block.data
        if pending is not None:
            pending.data += lead
        for (start, tag), stop in zip(block.marks, [*starts[1:], len(block.data)], strict=True):
            if pending is not None:
                yield pending
            pending = Section(tag, block.base + start, block.data[start:stop], block.delimiters)
        if block.last and pending is not None:
            yield pending
            pending = None
    if pending is not None:
        yield pending


def interchanges(document: Document) -> list[Interchange]:
    """The tree of a file. Raises CannotCut where anything stands where it should not, NotReadable."""
    reader = _Reader(list(sections(document)))
    found = []
    while reader.more:
        found.append(reader.interchange())
    return found


class _Reader:
    def __init__(self, found: list[Section]) -> None:
        self._found, self._at = found, 0

    @property
    def more(self) -> bool:
        return self._at < len(self._found)

    def _next(self, *tags: bytes) -> Section:
        one = self._found[self._at] if self.more else None
        if one is None or one.tag not in tags:
            raise CannotCut("its envelopes are not regular")
        self._at += 1
        return one

    def _is(self, *tags: bytes) -> bool:
        return self.more and self._found[self._at].tag in tags

    def interchange(self) -> Interchange:
        begin, groups = self._next(b"ISA"), []
        while self._is(b"GS"):
            groups.append(self._group())
        return Interchange(begin, self._next(b"IEA"), groups)

    def _group(self) -> Group:
        begin, found = self._next(b"GS"), []
        while self._is(b"ST"):
            found.append(self._transaction())
        return Group(begin, self._next(b"GE"), found)

    def _transaction(self) -> Transaction:
        begin = self._next(b"ST")
        levels: list[Level] = []
        known: dict[bytes, Level] = {}
        while self._is(b"HL", b"CLM", b"CLP"):
            one = self._next(b"HL", b"CLM", b"CLP")
            if one.tag == b"HL":
                level = _placed(one, known)
                levels.append(level)
            elif one.tag == b"CLM" and levels:
                levels[-1].claims.append(one)
            elif begin.element(1) == b"837":
                raise CannotCut("a claim stands under no level")
        return Transaction(begin, self._next(b"SE"), levels)


def _placed(section: Section, known: dict[bytes, Level]) -> Level:
    number, above = section.element(1), section.element(2)
    if number in known or (above and above not in known) or len(section.elements) < 4:
        raise CannotCut("its levels are not regular")
    parent = known[above] if above else None
    level = known[number] = Level(section, parent)
    if parent is not None:
        parent.children.append(level)
    return level
