"""Loops: a stretch of segments becomes the tree that the guide describes. What fits nowhere is kept and reported.

The tree is found by what opens a loop (LX opens 2400, NM1*82 inside it opens 2420A); order and repeats are the
validator's matter. Segments are kept as bytes with their places; elements are taken apart when asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.guide import LoopRule


class Segment:
    """One segment: its bytes without terminator and white space before it, and its place in the file."""

    __slots__ = ("_elements", "data", "delimiters", "offset")

    def __init__(self, data: bytes, offset: int, delimiters: Delimiters) -> None:
        self.data = data
        self.offset = offset
        self.delimiters = delimiters
        self._elements: list[bytes] | None = None

    @property
    def elements(self) -> list[bytes]:
        """The identifier and the elements after it, as they stand."""
        if self._elements is None:
            self._elements = self.data.split(self.delimiters.element)
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

    @property
    def end(self) -> int:
        """The offset of the terminator, counted from the start of the file."""
        return self.offset + len(self.data)


class Loop:
    """One loop as it was sent: its own segments, then the loops inside it, both in order."""

    __slots__ = ("children", "delimiters", "parent", "pieces", "rule")

    def __init__(self, rule: LoopRule, parent: Loop | None, delimiters: Delimiters) -> None:
        self.rule = rule
        self.parent = parent
        self.delimiters = delimiters
        self.pieces: list[tuple[bytes, int]] = []
        self.children: list[Loop] = []

    @property
    def id(self) -> str:
        """The loop's identifier in the guide, ``2310B``."""
        return self.rule.id

    @property
    def segments(self) -> list[Segment]:
        """The segments of this loop itself, in order."""
        return [Segment(piece, place, self.delimiters) for piece, place in self.pieces]

    def first(self, tag: bytes, qualifier: bytes | None = None) -> Segment | None:
        """The first segment of this loop itself with this identifier (and first element)."""
        return next(self.all(tag, qualifier), None)

    def all(self, tag: bytes, qualifier: bytes | None = None) -> Iterator[Segment]:
        """The segments of this loop itself with this identifier (and first element), in order."""
        for piece, place in self.pieces:
            if piece.startswith(tag):
                segment = Segment(piece, place, self.delimiters)
                elements = segment.elements
                if elements[0] == tag and (qualifier is None or (len(elements) > 1 and elements[1] == qualifier)):
                    yield segment

    def loops(self, identifier: str) -> Iterator[Loop]:
        """The loops directly inside this one with this identifier, in order."""
        for child in self.children:
            if child.rule.id == identifier:
                yield child

    def loop(self, identifier: str) -> Loop | None:
        """The first loop directly inside this one with this identifier."""
        return next(self.loops(identifier), None)

    def walk(self) -> Iterator[Segment]:
        """Every segment of this loop and of those inside it, in order."""
        yield from self.segments
        for child in self.children:
            yield from child.walk()

    def misplaced(self) -> Iterator[tuple[Loop, Segment]]:
        """Segments that the guide does not have in the loop in which they stand."""
        allowed_here = self.rule.segments
        separator = self.delimiters.element
        for piece, place in self.pieces:
            tag, _, rest = piece.partition(separator)
            allowed = allowed_here.get(tag)
            if allowed is None:
                yield self, Segment(piece, place, self.delimiters)
            elif allowed:
                said = rest.split(separator, 3)[2:3] if tag == b"HL" else [rest.partition(separator)[0]]
                if not said or said[0] not in allowed:
                    yield self, Segment(piece, place, self.delimiters)
        for child in self.children:
            yield from child.misplaced()


def read_loop(data: bytes, offset: int, rule: LoopRule, delimiters: Delimiters) -> Loop:
    """The tree of a stretch of whole segments whose first one opens ``rule``; offset is the stretch's in the file."""
    filler = delimiters.filler
    separator = delimiters.element
    openers = _openers(separator)
    root = current = Loop(rule, None, delimiters)
    opened = rule.opened
    pieces = root.pieces
    for piece in data.split(delimiters.segment):
        place = offset
        offset += len(piece) + 1
        if piece[:1] in _BLANK:
            kept = piece.lstrip(filler)
            place += len(piece) - len(kept)
            piece = kept
        if not piece:
            continue
        tag = openers.get(piece[:3])
        if tag is not None and pieces:
            table = opened.get(tag)
            if table is not None:
                opening = table.get(b"") or table.get(piece[4:].partition(separator)[0])
                if opening is not None:
                    current = _enter(current, opening)
                    opened = opening.opened
                    pieces = current.pieces
        pieces.append((piece, place))
    return root


_BLANK = frozenset({b"\r", b"\n", b"\t", b" "})


@lru_cache(maxsize=64)
def _openers(separator: bytes) -> dict[bytes, bytes]:
    """The first three bytes of the segments that may open a loop inside a claim, an HL or the header."""
    return {b"NM1": b"NM1", b"SBR": b"SBR", b"SVD": b"SVD", b"LX" + separator: b"LX"}


def _enter(current: Loop, opening: LoopRule) -> Loop:
    """A new loop under the nearest open loop that may hold it."""
    wanted = opening.parent.id if opening.parent is not None else ""
    above: Loop | None = current
    while above is not None and above.rule.id != wanted:
        above = above.parent
    parent = above if above is not None else current
    loop = Loop(opening, parent, current.delimiters)
    parent.children.append(loop)
    return loop
