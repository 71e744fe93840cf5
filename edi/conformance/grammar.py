"""The dental guide in full: loops, segments, elements, with types and lengths, as ``quick`` compiles them.

The same file from which ``edi/guide.py`` takes what the views need. ``guides/data_elements.tsv`` adds type and length.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple
from xml.etree import ElementTree

from bitewing.edi.guide import DENTAL

UNLIMITED = 0
WRITTEN = "written"
"""The type of an element whose pattern is its own, not the guide's."""


class Element(NamedTuple):
    """An element, a component, or a composite when it has components.

    ref: ``CLM05-01``. number, type, low, high: of the data element. usage: R, S or N. pattern: that it must match, ""
    where it has codes or none.
    """

    ref: str
    number: str
    usage: str
    type: str
    low: int
    high: int
    codes: tuple[str, ...]
    pattern: str
    components: tuple[Element, ...]


class Segment(NamedTuple):
    """A segment in its loop. most: how often, UNLIMITED for any number. notes: relations of elements, ``P0809``."""

    tag: str
    name: str
    usage: str
    position: int
    most: int
    notes: tuple[str, ...]
    elements: tuple[Element, ...]


class Loop(NamedTuple):
    """A loop and what stands in it, by position."""

    id: str
    name: str
    usage: str
    position: int
    most: int
    children: tuple[Segment | Loop, ...]

    @property
    def segments(self) -> list[Segment]:
        """Its own segments."""
        return [child for child in self.children if isinstance(child, Segment)]

    @property
    def loops(self) -> dict[str, Loop]:
        """The loops directly inside it, by identifier."""
        return {child.id: child for child in self.children if isinstance(child, Loop)}


@cache
def dental_grammar() -> Loop:
    """ST_LOOP of 005010X224A2."""
    root = ElementTree.parse(DENTAL).find("loop/loop/loop")
    assert root is not None, "the guide has no ST_LOOP"
    return _loop(root)


@cache
def data_elements() -> dict[str, tuple[str, int, int]]:
    """Type, smallest and largest length of a data element by its number."""
    lines = DENTAL.with_name("data_elements.tsv").read_text(encoding="ascii").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    return {number: (type_, int(low), int(high)) for number, type_, low, high in rows}


def _loop(node: ElementTree.Element) -> Loop:
    said = node.attrib
    children = [_loop(child) if child.tag == "loop" else _segment(child) for child in node]
    children.sort(key=lambda child: child.position)
    position, most = int(said["pos"]), _most(said["repeat"])
    return Loop(said["xid"], said["name"], said["usage"], position, most, tuple(children))


def _segment(node: ElementTree.Element) -> Segment:
    said = node.attrib
    notes = tuple(note.text or "" for note in node.findall("syntax"))
    elements = tuple(_element(child) for child in node if child.tag != "syntax")
    position, most = int(said["pos"]), _most(said["max_use"])
    return Segment(said["xid"], said["name"], said["usage"], position, most, notes, elements)


def _element(node: ElementTree.Element) -> Element:
    said = node.attrib
    type_, low, high = data_elements().get(said["data_ele"], ("", 0, 0))
    codes = [code.text or "" for code in node.findall("valid_codes/code")]
    pattern = node.findtext("regex", "")
    if pattern.startswith("^(") and not pattern.startswith("^(?"):
        codes, pattern = pattern[2:-2].split("|"), ""
    components = tuple(_element(child) for child in node.findall("element"))
    return Element(
        said["xid"], said["data_ele"], said["usage"], type_, low, high, tuple(codes), pattern, components
    )  # fmt: skip


def _most(text: str) -> int:
    return UNLIMITED if text == ">1" else int(text)
