"""The implementation guide as data: which loop opens where, and which segments stand in it.

``guides/837D.5010.X224.A2.xml`` describes 005010X224A2 (loops, segments, elements, codes). This file reads from it the
loop grammar of the claim views; ``conformance/`` reads the same file. Every command that looks at a claim waits for
this, so no XML parser is loaded: the few tags that matter are picked out of the text, each on a line of its own.
``tests/test_guide.py`` holds the result to what a parser reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

DENTAL = Path(__file__).parent / "guides" / "837D.5010.X224.A2.xml"

BY_QUALIFIER = frozenset({"NM1", "HL", "REF", "DTP", "AMT"})
"""Segments whose first code (HL: the third) says what they are, and so where they belong."""

_TAG = re.compile(
    rb'<(?:loop xid="(?P<loop>[^"]+)"[^>]* name="(?P<name>[^"]+)"'
    rb"|(?P<end>/loop>)"
    rb'|segment xid="(?P<segment>[^"]+)"'
    # The codes of a qualifier stand in a list or, where they tell no segments apart, in a pattern: ^(A|B)$.
    rb'|element xid="(?:(?:NM1|REF|DTP|AMT)01|HL03)"[^>]*>\s*<(?:valid_codes|regex)(?P<codes>.*))'
)
_CODE = re.compile(rb"(?<=[>|(])[0-9A-Z]+(?=[<|)])")


@dataclass(slots=True, eq=False, repr=False)
class LoopRule:
    """One loop of the guide.

    opens: (segment identifier, qualifier or "") that begins it. segments: identifier -> allowed qualifiers, empty
    where any will do. opened: what opens which loop from inside this one (its own children, then its parents').
    """

    id: str
    name: str
    parent: LoopRule | None
    opens: tuple[str, frozenset[str]] = ("", frozenset())
    segments: dict[bytes, frozenset[bytes]] = field(default_factory=dict)
    children: list[LoopRule] = field(default_factory=list)
    opened: dict[bytes, dict[bytes, LoopRule]] = field(default_factory=dict)
    _known: dict[bytes, tuple[frozenset[bytes], set[bytes]]] = field(default_factory=dict)

    def known(self, separator: bytes) -> tuple[frozenset[bytes], set[bytes]]:
        """For speed: the first three bytes of segments that may stand here whatever they say, and a set in which the
        caller keeps the first seven of those that ``allows`` let through."""
        known = self._known.get(separator)
        if known is None:
            tags = (tag for tag, qualifiers in self.segments.items() if not qualifiers)
            known = self._known[separator] = (frozenset((tag + separator)[:3] for tag in tags), set())
        return known

    def allows(self, piece: bytes, separator: bytes) -> bool:
        """Whether a segment may stand in this loop, by its identifier and, where that matters, its qualifier."""
        elements = piece.split(separator, 4)
        allowed = self.segments.get(elements[0])
        if not allowed:
            return allowed is not None
        at = 3 if elements[0] == b"HL" else 1
        return len(elements) > at and elements[at] in allowed


class Guide:
    """The loops of a guide by their identifier (``2010AA``)."""

    def __init__(self, xml: bytes) -> None:
        self.loops: dict[str, LoopRule] = {}
        self._read(xml)
        for rule in self.loops.values():
            self._link(rule)
        self.identifiers = {tag.decode() for rule in self.loops.values() for tag in rule.segments}

    def _read(self, xml: bytes) -> None:
        """Give every loop its parent and its segments, the first of which opens it. What hangs under two parents (2300)
        is read twice and kept once."""
        above: list[LoopRule] = []
        tag = ""
        for match in _TAG.finditer(xml):
            kind = match.lastgroup
            if kind == "segment":
                tag, rule = match["segment"].decode(), above[-1]
                if not rule.opens[0]:
                    rule.opens = (tag, frozenset())
                rule.segments.setdefault(match["segment"], frozenset())
            elif kind == "codes":
                codes, rule = frozenset(_CODE.findall(match["codes"])), above[-1]
                rule.segments[tag.encode()] |= codes
                if rule.opens[0] == tag and not rule.opens[1]:
                    rule.opens = (tag, frozenset(code.decode() for code in codes))
            elif kind == "end":
                above.pop()
            else:
                above.append(self._loop(match, above[-1] if above else None))

    def _loop(self, match: re.Match[bytes], parent: LoopRule | None) -> LoopRule:
        rule = LoopRule(match["loop"].decode(), match["name"].decode().replace("&amp;", "&"), parent)
        if rule.id not in self.loops:
            self.loops[rule.id] = rule
            if parent is not None:
                parent.children.append(rule)
        return rule

    def _link(self, rule: LoopRule) -> None:
        """What a segment opens from inside this loop: the nearest loop up the tree that has such a child."""
        above: LoopRule | None = rule
        while above is not None:
            for child in above.children:
                tag, codes = child.opens
                table = rule.opened.setdefault(tag.encode(), {})
                for code in codes or {""}:
                    table.setdefault(code.encode(), child)
            above = above.parent


@cache
def dental() -> Guide:
    """The guide 005010X224A2. X224, A1 and A3 files are read by it too."""
    return Guide(DENTAL.read_bytes())
