"""The implementation guide as data: which loop opens where, and which segments stand in it.

``guides/837d_x224a2.tsv`` describes 005010X224A2 (loops, segments, elements, codes). This file reads from it the loop
grammar of the claim views; validation reads the same data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

BY_QUALIFIER = frozenset({"NM1", "HL", "REF", "DTP", "AMT"})
"""Segments whose first code (HL: the third) says what they are, and so where they belong."""


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

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self.loops: dict[str, LoopRule] = {}
        by_path: dict[str, LoopRule] = {}
        for row in rows:
            if row["kind"] == "loop":
                path, _, name = row["loop"].rpartition("/")
                rule = LoopRule(name, row["name"], by_path.get(path))
                by_path[row["loop"]] = rule
                if name not in self.loops:
                    self.loops[name] = rule
                    if rule.parent is not None:
                        rule.parent.children.append(rule)
        self._read_segments(rows, by_path)
        for rule in self.loops.values():
            self._link(rule)
        self.identifiers = {tag.decode() for rule in self.loops.values() for tag in rule.segments}

    def _read_segments(self, rows: list[dict[str, str]], by_path: dict[str, LoopRule]) -> None:
        """Give every loop its segments; the first one opens it."""
        current: tuple[LoopRule, str] | None = None
        for row in rows:
            if row["kind"] == "segment":
                rule, tag = by_path[row["loop"]], row["seg"]
                current = (rule, tag)
                if not rule.opens[0]:
                    rule.opens = (tag, frozenset())
                rule.segments.setdefault(tag.encode(), frozenset())
            elif row["kind"] == "element" and current is not None:
                rule, tag = current
                position = "03" if tag == "HL" else "01"
                if tag in BY_QUALIFIER and row["ref"] == tag + position:
                    codes = frozenset(row["codes"].split())
                    rule.segments[tag.encode()] |= frozenset(code.encode() for code in codes)
                    if rule.opens[0] == tag and not rule.opens[1]:
                        rule.opens = (tag, codes)

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
    """The guide 005010X224A2. A0, A1 and A3 files are read by it too."""
    text = (Path(__file__).parent / "guides" / "837d_x224a2.tsv").read_text(encoding="ascii")
    heads, *lines = text.splitlines()
    keys = heads.split("\t")
    return Guide([dict(zip(keys, line.split("\t"), strict=False)) for line in lines if line])
