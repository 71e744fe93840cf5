"""Transactions as places in a file, and their bytes section by section: what several processes can share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bitewing.edi.conformance.context import Group
from bitewing.edi.delimiters import Delimiters, isa_length
from bitewing.edi.framing import BLOCK, Block
from bitewing.edi.hierarchy import DENTAL_VERSION
from bitewing.edi.scan import INNER, scan
from bitewing.edi.source import Source

MOST_HELD = 16 << 20
"""Bytes of one transaction that are kept in memory; a longer one is read again by place."""
_SECTIONS = INNER | {b"SE"}


class Span(NamedTuple):
    """One transaction: its bytes [start, stop) from ST to behind SE, or to what comes where SE is missing.

    kind, control, said: ST01, ST02, ST03; version: GS08, or ST03 where there is no group. interchange, number: ISA13
    and GS06.
    """

    start: int
    stop: int
    delimiters: Delimiters
    group: Group
    interchange: str
    number: str
    kind: str
    control: str
    said: str

    @property
    def version(self) -> str:
        """What it is checked as."""
        return self.group.version or self.said

    @property
    def dental(self) -> bool:
        """Whether these are dental claims under X224, A1, A2 or A3."""
        return self.kind == "837" and self.version.startswith(DENTAL_VERSION)


class Section(NamedTuple):
    """The header of a transaction, one HL, one claim (CLM or CLP), or its end. tag: ``ST``, ``HL``, ``CLM`` ..."""

    tag: bytes
    data: bytes
    offset: int


class Spans:
    """Follows the blocks of a file and hands out its transactions."""

    def __init__(self) -> None:
        self._interchange = ""
        self._number = ""
        self._group = Group()
        self._open: Span | None = None

    def block(self, block: Block) -> Iterator[Span]:
        """The transactions that end in the next block."""
        data, base, delimiters = block.data, block.base, block.delimiters
        for start, tag in block.marks:
            if tag in INNER:
                continue
            end = data.find(delimiters.segment, start)
            end = end if end >= 0 else len(data) - 1
            if tag == b"ISA" and not isa_length(data, start):
                continue  # an ordinary segment, at the wrong place
            if self._open is not None:
                yield self._open._replace(stop=base + (end + 1 if tag == b"SE" else start))
                self._open = None
            elements = data[start : end + 1].removesuffix(delimiters.segment).split(delimiters.element)
            said = [element.decode("latin-1") for element in elements] + [""] * 16
            if tag == b"ISA":
                self._interchange, self._group = said[13], Group()
            elif tag == b"GS":
                self._number, self._group = said[6], Group.of(said[1], said[4], said[8])
            elif tag == b"GE":
                self._number, self._group = "", Group()
            elif tag == b"ST":
                self._open = Span(
                    base + start, -1, delimiters, self._group, self._interchange, self._number, *said[1:4]
                )
        if block.last and self._open is not None:
            yield self._open._replace(stop=base + len(data))
            self._open = None

    @property
    def begun(self) -> int:
        """The offset of ST of a transaction that goes on in the next block, -1 where there is none."""
        return self._open.start if self._open is not None else -1


class Held:
    """The blocks of the transaction that is being walked over, as long as they are few: nothing is read again then."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._size = 0

    def add(self, block: Block) -> None:
        """The next block of the file."""
        self._blocks.append(block)
        self._size += len(block.data)
        if self._size > MOST_HELD:
            self.let_go(-1)

    def let_go(self, begun: int) -> None:
        """Only blocks from the one with this offset on are wanted any more; none where it is negative."""
        self._blocks = [one for one in self._blocks if 0 <= begun < one.base + len(one.data)]
        self._size = sum(len(one.data) for one in self._blocks)

    def sections(self, span: Span) -> Iterator[Section] | None:
        """The sections of a transaction, white space between blocks left out; None where not all of it is held."""
        if not self._blocks or self._blocks[0].base > span.start:
            return None
        return self._sections(span)

    def _sections(self, span: Span) -> Iterator[Section]:
        for block in self._blocks:
            starts = [
                (start, tag)
                for start, tag in block.marks
                if (tag in _SECTIONS or block.base + start == span.start)
                and span.start <= block.base + start < span.stop
            ]
            stops = [start for start, _ in starts[1:]]
            stops.append(min(len(block.data), span.stop - block.base))
            for (start, tag), stop in zip(starts, stops, strict=False):
                yield Section(tag, block.data[start:stop], block.base + start)


def sections(source: Source, span: Span) -> Iterator[Section]:
    """The sections of a transaction in order; their bytes joined are its bytes. One block is held at a time."""
    base, carry, tag = span.start, b"", b"ST"
    while True:
        size = min(BLOCK, span.stop - base - len(carry))
        data = carry + source.read(base + len(carry), size)
        at_end = base + len(data) >= span.stop
        starts = [(start, found) for start, found in scan(data, span.delimiters) if start and found in _SECTIONS]
        begin = 0
        for start, found in starts:
            # White space before a segment goes with the section before it.
            yield Section(tag, data[begin:start], base + begin)
            begin, tag = start, found
        carry, base = data[begin:], base + begin
        if at_end:
            yield Section(tag, carry, base)
            return
