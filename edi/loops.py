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
    """One loop as it was sent: its own segments, then the loops inside it, both in order.

    pieces: the bytes of its own segments and their places in the file.
    """

    __slots__ = ("_known", "children", "delimiters", "pieces", "rule")

    def __init__(self, rule: LoopRule, delimiters: Delimiters) -> None:
        self.rule = rule
        self.delimiters = delimiters
        self.pieces: list[tuple[bytes, int]] = []
        self.children: list[Loop] = []
        self._known: dict[tuple[bytes, bytes | None], Segment | None] | None = None

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
        known = self._known
        if known is None:
            known = self._known = {}
        key = (tag, qualifier)
        if key not in known:
            known[key] = next(self.all(tag, qualifier), None)
        return known[key]

    def all(self, tag: bytes, qualifier: bytes | None = None) -> Iterator[Segment]:
        """The segments of this loop itself with this identifier (and first element), in order."""
        separator = self.delimiters.element
        head = tag + separator if qualifier is None else tag + separator + qualifier
        size = len(head)
        for piece, place in self.pieces:
            if piece[:size] == head:
                # A qualifier ends with a separator or with its segment, or it is only the beginning of another.
                if qualifier is None or piece[size : size + 1] in (separator, b""):
                    yield Segment(piece, place, self.delimiters)
            elif qualifier is None and piece == tag:
                yield Segment(piece, place, self.delimiters)

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
        plain = self.rule.plain(self.delimiters.element)
        for piece, place in self.pieces:
            if piece[:3] not in plain and not self._allows(piece):
                yield self, Segment(piece, place, self.delimiters)
        for child in self.children:
            yield from child.misplaced()

    def _allows(self, piece: bytes) -> bool:
        elements = piece.split(self.delimiters.element, 4)
        allowed = self.rule.segments.get(elements[0])
        if not allowed:
            return allowed is not None
        at = 3 if elements[0] == b"HL" else 1
        return len(elements) > at and elements[at] in allowed


def read_loop(data: bytes, offset: int, rule: LoopRule, delimiters: Delimiters) -> Loop:
    """The tree of a stretch of whole segments whose first one opens ``rule``; offset is the stretch's in the file."""
    filler = delimiters.filler
    separator = delimiters.element
    openers = _openers(separator)
    root = Loop(rule, delimiters)
    above = [root]
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
        head = piece[:3]
        if head in openers and pieces:
            table = opened.get(openers[head])
            if table is not None:
                opening = table.get(b"") or table.get(piece[4:].partition(separator)[0])
                if opening is not None:
                    loop = Loop(opening, delimiters)
                    wanted = opening.parent
                    while len(above) > 1 and above[-1].rule is not wanted:
                        above.pop()
                    above[-1].children.append(loop)
                    above.append(loop)
                    opened = opening.opened
                    pieces = loop.pieces
        pieces.append((piece, place))
    return root


_BLANK = frozenset({b"\r", b"\n", b"\t", b" "})


@lru_cache(maxsize=64)
def _openers(separator: bytes) -> dict[bytes, bytes]:
    """The first three bytes of the segments that may open a loop inside a claim, an HL or the header."""
    return {b"NM1": b"NM1", b"SBR": b"SBR", b"SVD": b"SVD", b"LX" + separator: b"LX"}
