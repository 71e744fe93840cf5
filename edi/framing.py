"""Framing: a file becomes blocks of whole segments, and filler; every byte belongs to one of them.

A block lies in one interchange and begins where a segment begins, so that no claim is cut in two. Memory holds one
block at a time, whatever the file: blocks end before a claim, an HL or a transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bitewing.edi.delimiters import LONGEST_ISA, Delimiters, find_isa, isa_length
from bitewing.edi.errors import NotReadable, Spot
from bitewing.edi.scan import COUNTED, IN_PYTHON, Marks, Scanner, agrees, settled_tally
from bitewing.edi.source import Source

BLOCK = 1 << 20
"""Bytes read at a time."""
_PROBES = (1 << 14, 1 << 16, 1 << 18)
"""Bytes read at first: a file may hold thousands of small interchanges, and of a block most would belong to others."""
LONGEST_SEGMENT = 1 << 20
LONGEST_STRETCH = 16 << 20
"""The most bytes between two structural segments (a claim, a header): beyond, the file is refused."""
MOST_EMPTY = 1000
"""The most empty segments in a row: beyond, the file is taken for damaged."""


class Block(NamedTuple):
    """Whole segments of one interchange. Offsets of marks count from the block's first byte, ``base`` from the file's.

    last: whether the interchange ends here. source: where its bytes come from, to be read again.
    """

    base: int
    data: bytes
    delimiters: Delimiters
    marks: Marks
    last: bool
    source: Source


class Filler(NamedTuple):
    """Bytes that belong to no interchange: a byte order mark, text before ISA, whatever follows IEA."""

    base: int
    data: bytes


def frames(source: Source, scanner: Scanner = IN_PYTHON) -> Iterator[Block | Filler]:
    """The blocks and fillers of a file, in order; their bytes joined are the file. scanner: finds the structure.

    Raises NotReadable where there is no interchange, where one cannot be read without guessing, or where the bytes or
    the independently counted segments do not add up to what was handed out.
    """
    accounts = _Accounts(source.size, scanner)
    place = 0
    while place < source.size:
        start = _next_isa(source, place)
        if start != place:
            filler = Filler(place, source.read(place, (start if start >= 0 else source.size) - place))
            accounts.filler(filler)
            yield filler
        if start < 0:
            break
        for block in _interchange(source, start, scanner):
            accounts.block(block)
            yield block
            place = block.base + len(block.data)
    accounts.close(source)


def _next_isa(source: Source, place: int) -> int:
    """The offset of the next ISA at or after place, or -1."""
    if find_isa(source.read(place, LONGEST_ISA)) == 0:  # as a rule one follows the other
        return place
    while place < source.size:
        window = source.read(place, BLOCK + LONGEST_ISA)
        at = find_isa(window)
        if at >= 0:
            return place + at
        place += BLOCK
    return -1


def _interchange(source: Source, start: int, scanner: Scanner) -> Iterator[Block]:
    """The blocks of the interchange whose ISA stands at start."""
    delimiters = Delimiters.from_isa(source.read(start, LONGEST_ISA), start)
    small = _small(source, start, delimiters, scanner)
    if small is not None:
        yield small
        return
    base, kept = start, 0  # what was read and belongs to the next block is read again: cheaper than joining it
    while True:
        data = source.read(base, kept + BLOCK)
        at_end = base + len(data) >= source.size
        marks = scanner.scan(data, delimiters)
        stop = _closing(marks, data, base == start, delimiters)
        if stop > len(data) and not at_end:  # the trailer's terminator is not read yet
            kept = len(data)
            continue
        if stop >= 0:
            yield _block(source, base, data, min(stop, len(data)), delimiters, marks, last=True)
            return
        if at_end:
            yield _block(source, base, data, len(data), delimiters, marks, last=True)
            return
        cut = _cut(data, marks, delimiters, base)
        if cut > 0:
            yield _block(source, base, data, cut, delimiters, marks, last=False)
        kept, base = len(data) - cut, base + cut


def _small(source: Source, start: int, delimiters: Delimiters, scanner: Scanner) -> Block | None:
    """An interchange that ends within the first few bytes, None where it goes on."""
    for size in _PROBES:
        if size >= min(BLOCK, source.size - start):
            break
        data = source.read(start, size)
        marks = scanner.scan(data, delimiters)
        stop = _closing(marks, data, True, delimiters)
        if 0 <= stop <= len(data):
            return _block(source, start, data, stop, delimiters, marks, last=True)
    return None


def _closing(marks: Marks, data: bytes, opening: bool, delimiters: Delimiters) -> int:
    """Where the interchange ends in data: behind IEA's terminator, or before another ISA; -1 where it goes on.

    Beyond the end of data where IEA has begun and its terminator is not there.
    """
    for index in marks.outer:
        offset, tag = marks.offsets[index], marks.tags[index]
        if tag == b"IEA":
            at = data.find(delimiters.segment, offset)
            return at + 1 if at >= 0 else len(data) + 1
        if tag == b"ISA" and not (opening and index == 0) and isa_length(data, offset):
            return offset
    return -1


def _cut(data: bytes, marks: Marks, delimiters: Delimiters, base: int) -> int:
    """Where to end a block: before its last structural segment, or, where it has none, behind its last segment."""
    if marks and marks.offsets[-1] > 0:
        # White space before the segment goes with it, so that a block begins right behind a terminator.
        before = data.rfind(delimiters.segment, 0, marks.offsets[-1])
        if before >= 0:
            return before + 1
    if len(data) > LONGEST_STRETCH:
        _refuse_long_segment(data, delimiters, base)
        if marks and marks.tags[0] == b"CLM":
            raise NotReadable(
                f"a claim is longer than {LONGEST_STRETCH >> 20} MiB",
                Spot(base + marks.offsets[0], "CLM"),
                "send the claim again with at most 50 service lines",
            )
        return data.rfind(delimiters.segment) + 1
    if len(data) > LONGEST_SEGMENT and delimiters.segment not in data[-LONGEST_SEGMENT:]:
        _refuse_long_segment(data, delimiters, base)
    return 0


def _block(
    source: Source, base: int, data: bytes, stop: int, delimiters: Delimiters, marks: Marks, *, last: bool
) -> Block:
    if marks.empties:
        _refuse_runs(data, delimiters, base)
    if last:
        _refuse_long_segment(data, delimiters, base)
    if stop < len(data):
        data = data[:stop]
        marks = marks.within(data)
    return Block(base, data, delimiters, marks, last, source)


def _refuse_long_segment(data: bytes, delimiters: Delimiters, base: int) -> None:
    if len(data) <= LONGEST_SEGMENT:
        return
    place = 0
    while len(data) - place > LONGEST_SEGMENT:
        end = data.rfind(delimiters.segment, place, place + LONGEST_SEGMENT)
        if end < 0:
            tag = data[place : place + 12].lstrip(delimiters.filler).partition(delimiters.element)[0]
            name = tag.decode("latin-1") if tag.isalnum() and len(tag) < 4 else ""
            raise NotReadable(
                f"a segment is longer than {LONGEST_SEGMENT >> 20} MiB",
                Spot(base + place, name),
                "its terminator is missing or is not the one that ISA declares at byte 106",
            )
        place = end + 1


def _refuse_runs(data: bytes, delimiters: Delimiters, base: int) -> None:
    at = data.find(delimiters.segment * MOST_EMPTY)
    if at < 0 and delimiters.filler:
        for line_end in (b"\n", b"\r\n", b"\r"):
            if at < 0 and delimiters.segment not in line_end:
                at = data.find((delimiters.segment + line_end) * MOST_EMPTY)
    if at >= 0:
        raise NotReadable(
            f"more than {MOST_EMPTY} empty segments follow one another",
            Spot(base + at),
            "the file is damaged; send it again",
        )


class _Accounts:
    """Law 2: bytes in equal bytes handed out, and what was found equals what is counted independently."""

    def __init__(self, size: int, scanner: Scanner) -> None:
        self._size = size
        self._scanner = scanner
        self._bytes = 0
        self._interchanges = 0
        self._first_filler = b""

    def filler(self, filler: Filler) -> None:
        self._bytes += len(filler.data)
        if not self._interchanges:
            self._first_filler += filler.data[:64]
        elif (at := filler.data.find(b"ISA")) >= 0 and not filler.data[at + 3 : at + 4].isalnum():
            Delimiters.from_isa(filler.data[at : at + LONGEST_ISA], filler.base + at)

    def block(self, block: Block) -> None:
        self._bytes += len(block.data)
        self._interchanges += 1
        found = block.marks.counts()
        if agrees(block.data, block.delimiters, found, self._scanner):
            return
        counted = settled_tally(block.data, block.delimiters)
        if counted != found:
            wrong = next(tag for tag in COUNTED if counted[tag] != found[tag]).decode()
            raise NotReadable(
                f"{wrong} segments counted twice do not agree ({found[wrong.encode()]} and {counted[wrong.encode()]})",
                Spot(block.base, wrong),
                "nothing was written; please report this file's shape",
            )

    def close(self, source: Source) -> None:
        if not self._interchanges:
            at = self._first_filler.find(b"ISA")
            if at >= 0:
                Delimiters.from_isa(source.read(at, LONGEST_ISA), at)
            what = "the file is empty" if not self._size else "this is not an X12 interchange: there is no ISA segment"
            raise NotReadable(what, Spot(0), "send the file that begins with ISA")
        if self._bytes != self._size:
            raise NotReadable(
                f"{self._bytes} of {self._size} bytes were accounted for", Spot(self._bytes), "nothing was written"
            )
