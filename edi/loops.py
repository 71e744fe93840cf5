"""Loops: a stretch of segments becomes the tree that the guide describes. What fits nowhere is kept and reported.

The tree is found by what opens a loop (LX opens 2400, NM1*82 inside it opens 2420A); order and repeats are the
validator's matter. A loop is a range of the stretch's segments, which stay bytes; their elements and their places are
worked out when asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.guide import LoopRule


class Stretch:
    """Segments one after another: their bytes without terminators and white space before them, empty ones as b"".

    offset: of the first byte, in the file.
    """

    __slots__ = ("_places", "data", "delimiters", "offset", "pieces")

    def __init__(self, data: bytes, offset: int, delimiters: Delimiters) -> None:
        self.data = data
        self.offset = offset
        self.delimiters = delimiters
        self.pieces = data.split(delimiters.segment)
        if delimiters.spaced.search(data) is not None:
            filler = delimiters.filler
            self.pieces = [piece.lstrip(filler) for piece in self.pieces]
        self._places: list[int] | None = None

    def place(self, index: int) -> int:
        """The offset in the file of the segment with this number."""
        if self._places is None:
            self._places = []
            at = self.offset
            filler = self.delimiters.filler
            for piece in self.data.split(self.delimiters.segment):
                self._places.append(at + len(piece) - len(piece.lstrip(filler)))
                at += len(piece) + 1
        return self._places[index]


class Segment:
    """One segment: its bytes without terminator and white space before it, and its place in the file."""

    __slots__ = ("_elements", "_index", "_stretch", "data")

    def __init__(self, stretch: Stretch, index: int) -> None:
        self.data = stretch.pieces[index]
        self._stretch = stretch
        self._index = index
        self._elements: list[bytes] | None = None

    @property
    def delimiters(self) -> Delimiters:
        """Those of its interchange."""
        return self._stretch.delimiters

    @property
    def offset(self) -> int:
        """The offset of its first byte in the file."""
        return self._stretch.place(self._index)

    @property
    def end(self) -> int:
        """The offset of its terminator in the file."""
        return self.offset + len(self.data)

    @property
    def elements(self) -> list[bytes]:
        """The identifier and the elements after it, as they stand."""
        if self._elements is None:
            self._elements = self.data.split(self._stretch.delimiters.element)
        return self._elements

    @property
    def tag(self) -> str:
        """The segment identifier, ``CLM``."""
        return self.data.partition(self.delimiters.element)[0].decode("latin-1")

    def element(self, position: int) -> str:
        """Element ``position`` (1 is the first after the identifier), "" where it is absent."""
        elements = self.elements
        return elements[position].decode("latin-1") if position < len(elements) else ""

    def components(self, position: int) -> list[str]:
        """The components of a composite element, as many as were sent."""
        elements = self.elements
        if position >= len(elements) or not elements[position]:
            return []
        return elements[position].decode("latin-1").split(self.delimiters.component.decode("latin-1"))

    def component(self, position: int, number: int) -> str:
        """Component ``number`` of element ``position`` (both from 1), "" where it is absent."""
        found = self.components(position)
        return found[number - 1] if number <= len(found) else ""


class Loop:
    """One loop as it was sent: its own segments [start, stop) of a stretch, then the loops inside it, both in order."""

    __slots__ = ("_heads", "_known", "children", "rule", "start", "stop", "stretch")

    def __init__(self, rule: LoopRule, stretch: Stretch, start: int, stop: int) -> None:
        self.rule = rule
        self.stretch = stretch
        self.start = start
        self.stop = stop
        self.children: list[Loop] = []
        self._known: dict[tuple[bytes, bytes | None], Segment | None] | None = None
        self._heads: dict[bytes, list[int]] | None = None

    @property
    def id(self) -> str:
        """The loop's identifier in the guide, ``2310B``."""
        return self.rule.id

    @property
    def delimiters(self) -> Delimiters:
        """Those of its interchange."""
        return self.stretch.delimiters

    @property
    def pieces(self) -> list[bytes]:
        """The bytes of its own segments, empty ones as b""."""
        return self.stretch.pieces[self.start : self.stop]

    @property
    def whole(self) -> list[bytes]:
        """The same with those of the loops inside it, which follow its own."""
        last = self
        while last.children:
            last = last.children[-1]
        return self.stretch.pieces[self.start : last.stop]

    @property
    def segments(self) -> list[Segment]:
        """The segments of this loop itself, in order."""
        pieces = self.stretch.pieces
        return [Segment(self.stretch, index) for index in range(self.start, self.stop) if pieces[index]]

    def first(self, tag: bytes, qualifier: bytes | None = None) -> Segment | None:
        """The first segment of this loop itself with this identifier (and first element)."""
        heads = self._heads
        if heads is None:
            heads = self._laid_out()
        if len(tag) == 3 and tag not in heads:  # most of what is asked for was not sent
            return None
        known = self._known
        if known is None:
            known = self._known = {}
        key = (tag, qualifier)
        if key not in known:
            places = self._places(tag, qualifier)
            known[key] = Segment(self.stretch, places[0]) if places else None
        return known[key]

    def all(self, tag: bytes, qualifier: bytes | None = None) -> Iterator[Segment]:
        """The segments of this loop itself with this identifier (and first element), in order."""
        return (Segment(self.stretch, index) for index in self._places(tag, qualifier))

    def count(self, tag: bytes, qualifier: bytes | None = None) -> int:
        """How many there are of these."""
        return len(self._places(tag, qualifier))

    def repeats(self, tag: bytes, qualifier: bytes | None = None) -> bool:
        """Whether there are several of these. tag: of three letters."""
        heads = self._heads
        if heads is None:
            heads = self._laid_out()
        return len(heads.get(tag, ())) > 1 and len(self._places(tag, qualifier)) > 1

    def _places(self, tag: bytes, qualifier: bytes | None) -> list[int]:
        """The numbers of its own segments with this identifier (and first element)."""
        heads = self._heads
        if heads is None:
            heads = self._laid_out()
        separator = self.stretch.delimiters.element
        head = tag + separator if qualifier is None else tag + separator + qualifier
        begun = heads.get(head[:3])
        bare = heads.get(tag) if len(tag) < 3 else None  # HI without any element
        if bare:
            begun = sorted([*begun, *bare]) if begun else bare
        if not begun:
            return []
        size = len(head)
        pieces = self.stretch.pieces
        found = []
        for index in begun:
            piece = pieces[index]
            if piece[:size] == head:
                # A qualifier ends with a separator or with its segment, or it is only the beginning of another.
                if qualifier is None or piece[size : size + 1] in (separator, b""):
                    found.append(index)
            elif qualifier is None and piece == tag:
                found.append(index)
        return found

    def _laid_out(self) -> dict[bytes, list[int]]:
        """The numbers of its own segments by their first three bytes; made once, as views ask many times."""
        heads = self._heads = {}
        pieces = self.stretch.pieces
        for index in range(self.start, self.stop):
            head = pieces[index][:3]
            if head in heads:
                heads[head].append(index)
            else:
                heads[head] = [index]
        return heads

    def loops(self, identifier: str) -> Iterator[Loop]:
        """The loops directly inside this one with this identifier, in order."""
        for child in self.children:
            if child.rule.id == identifier:
                yield child

    def times(self, identifier: str) -> int:
        """How many loops directly inside this one have this identifier."""
        return [child.rule.id for child in self.children].count(identifier) if self.children else 0

    def loop(self, identifier: str) -> Loop | None:
        """The first loop directly inside this one with this identifier."""
        for child in self.children:
            if child.rule.id == identifier:
                return child
        return None

    def walk(self) -> Iterator[Segment]:
        """Every segment of this loop and of those inside it, in order."""
        yield from self.segments
        for child in self.children:
            yield from child.walk()

    def misplaced(self) -> list[tuple[Loop, Segment]]:
        """Segments that the guide does not have in the loop in which they stand, in this loop and those inside it."""
        found: list[tuple[Loop, Segment]] = []
        pieces = self.stretch.pieces
        separator = self.stretch.delimiters.element
        waiting = [self]
        while waiting:
            loop = waiting.pop()
            plain, seen = loop.rule.known(separator)
            for index in range(loop.start, loop.stop):
                piece = pieces[index]
                if piece[:3] in plain or piece[:7] in seen or not piece:
                    continue
                if loop.rule.allows(piece, separator):
                    seen.add(piece[:7])
                else:
                    found.append((loop, Segment(self.stretch, index)))
            waiting += loop.children
        return found


def read_loop(data: bytes, offset: int, rule: LoopRule, delimiters: Delimiters) -> Loop:
    """The tree of a stretch of whole segments whose first one opens ``rule``; offset is the stretch's in the file."""
    stretch = Stretch(data, offset, delimiters)
    separator = delimiters.element
    openers = _openers(separator)
    root = current = Loop(rule, stretch, 0, len(stretch.pieces))
    above = [root]
    opened = rule.opened
    begun = False
    pieces = stretch.pieces
    for index in [index for index, piece in enumerate(pieces) if piece[:3] in openers]:
        piece = pieces[index]
        tag = openers[piece[:3]]
        if len(tag) == 3 and piece[3:4] not in (separator, b""):  # a longer identifier
            continue
        table = opened.get(tag)
        if table is None or not (begun or any(pieces[:index])):
            continue
        begun = True
        opening = table.get(b"") or table.get(piece[4:].partition(separator)[0])
        if opening is not None:
            current.stop = index
            current = Loop(opening, stretch, index, index)
            wanted = opening.parent
            while len(above) > 1 and above[-1].rule is not wanted:
                above.pop()
            above[-1].children.append(current)
            above.append(current)
            opened = opening.opened
    if current is not root:
        current.stop = len(pieces)
    return root


@lru_cache(maxsize=64)
def _openers(separator: bytes) -> dict[bytes, bytes]:
    """The first three bytes of the segments that may open a loop inside a claim, an HL or the header."""
    return {b"NM1": b"NM1", b"SBR": b"SBR", b"SVD": b"SVD", b"LX" + separator: b"LX"}
