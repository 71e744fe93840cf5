"""A transaction in sections: its header, each HL, each claim, its end; every segment with its position and its loop.

One section is held at a time, so that a transaction may hold any number of claims. Loops are found by what opens them,
as ``loops.read_loop`` finds them; nothing is asked of HL02 here, so that a broken hierarchy hides no other fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bitewing.edi.conformance.fault import Fault, Where
from bitewing.edi.conformance.rule import Facts, Rule, data_element
from bitewing.edi.guide import LoopRule, dental
from bitewing.edi.loops import Segment

_OPENERS = frozenset({b"NM1", b"SBR", b"LX", b"SVD"})
"""What may open a loop inside a section."""
LEVELS = {b"20": "2000A", b"22": "2000B", b"23": "2000C"}


class Placed:
    """A segment with its position in its transaction (ST is 1) and the loop it stands in."""

    __slots__ = ("loop", "position", "segment", "tag")

    def __init__(self, segment: Segment, tag: bytes, position: int, loop: Part) -> None:
        self.segment = segment
        self.tag = tag
        self.position = position
        self.loop = loop

    def element(self, number: int) -> str:
        """Element ``number`` from 1, "" where it is absent."""
        elements = self.segment.elements
        return elements[number].decode("latin-1") if number < len(elements) else ""

    def components(self, number: int) -> list[str]:
        """The components of element ``number``, as many as were sent."""
        return self.segment.components(number)

    def component(self, number: int, component: int) -> str:
        """One component, "" where it is absent."""
        return self.segment.component(number, component)

    def where(self, element: int = 0, component: int = 0) -> Where:
        """Its place, or that of one of its elements."""
        tag, loop = self.tag.decode("latin-1"), self.loop
        number = data_element(tag, element, component) if element else ""
        return Where(
            self.segment.offset, tag, loop.id, self.position, element, component, 0, number, loop.claim, loop.line
        )

    def fault(
        self,
        rule: Rule,
        element: int = 0,
        component: int = 0,
        *,
        rejects: bool | None = None,
        facts: Facts | None = None,
    ) -> Fault:
        """A rule that does not hold for one of its elements, or for the segment."""
        said = self.component(element, component) if component else self.element(element) if element else ""
        return rule.at(self.where(element, component), said.encode("latin-1"), rejects=rejects, facts=facts)

    def missing(self, rule: Rule, tag: str, loop: str = "") -> Fault:
        """A segment that should stand in this one's loop (or in ``loop``) and does not; it is said here."""
        where = self.where()._replace(segment=tag, loop=loop or self.loop.id)
        return rule.at(where)


class Part:
    """One loop as sent: its own segments, then the loops inside it. claim: CLM01; line: LX01 as received."""

    __slots__ = ("children", "claim", "id", "line", "segments")

    def __init__(self, identifier: str, claim: str = "", line: str = "") -> None:
        self.id = identifier
        self.claim = claim
        self.line = line
        self.segments: list[Placed] = []
        self.children: list[Part] = []

    def first(self, tag: bytes, qualifier: str | None = None) -> Placed | None:
        """The first segment of this loop itself with this identifier (and first element)."""
        return next(self.all(tag, qualifier), None)

    def all(self, tag: bytes, qualifier: str | None = None) -> Iterator[Placed]:
        """All of them, in order."""
        for placed in self.segments:
            if placed.tag == tag and (qualifier is None or placed.element(1) == qualifier):
                yield placed

    def parts(self, identifier: str) -> Iterator[Part]:
        """The loops directly inside this one with this identifier, in order."""
        return (child for child in self.children if child.id == identifier)

    def part(self, identifier: str) -> Part | None:
        """The first of them."""
        return next(self.parts(identifier), None)

    def walk(self) -> Iterator[Placed]:
        """Every segment of this loop and of those inside it."""
        yield from self.segments
        for child in self.children:
            yield from child.walk()


def sections(segments: Iterable[Segment]) -> Iterator[Part]:
    """The sections of a dental transaction, ST to SE: ids HEADER, 2000A, 2000B, 2000C, 2300, and "" for the end and for
    an HL of no known level. ST stands in HEADER, SE in the end."""
    rules = dental().loops
    rule: LoopRule | None = rules["HEADER"]
    root = current = Part("HEADER")
    above: list[tuple[Part, LoopRule | None]] = [(root, rule)]
    separator = b""
    for position, segment in enumerate(segments, start=1):
        data = segment.data
        separator = separator or segment.delimiters.element
        tag = data[:3]
        if separator in tag:
            tag = tag.partition(separator)[0]
        if tag in (b"HL", b"CLM", b"SE"):
            yield root
            name = _name(tag, segment)
            claim = segment.element(1) if tag == b"CLM" else ""
            root = current = Part(name, claim)
            rule = rules.get(name)
            above = [(root, rule)]
        elif tag in _OPENERS and rule is not None and (table := rule.opened.get(tag)) is not None:
            opening = table.get(b"") or table.get(segment.element(1).encode("latin-1"))
            if opening is not None:
                while len(above) > 1 and above[-1][1] is not opening.parent:
                    above.pop()
                outer = above[-1][0]
                line = segment.element(1) if opening.id == "2400" else outer.line
                current = Part(opening.id, root.claim, line)
                outer.children.append(current)
                above.append((current, opening))
                rule = opening
        current.segments.append(Placed(segment, tag, position, current))
    yield root


def _name(tag: bytes, segment: Segment) -> str:
    if tag == b"CLM":
        return "2300"
    return LEVELS.get(segment.element(3).encode("latin-1"), "") if tag == b"HL" else ""
