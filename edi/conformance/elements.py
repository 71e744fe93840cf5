"""What pyx12 has against one segment that has its place, element by element, told as ``Complaint``.

Nodes and segments are pyx12's, handed in by ``pyx12_walk``, which alone imports it and says what it has wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

_ANY_RANGE = "19000101-19000101"
"""Stands in for a range of dates that would end pyx12."""


class Complaint(NamedTuple):
    """What is wrong: the name of a rule, and the map's words for the place.

    segment: its identifier, "" where what stands there cannot be one. name: of the segment or element. low, high:
    allowed length, or high the most repeats. value: as sent. note: a relation such as ``P0809``. earlier: noticed at
    this segment, but about what should stand before it.
    """

    rule: str
    segment: str
    name: str
    loop: str = ""
    loop_name: str = ""
    element: int = 0
    component: int = 0
    data_element: str = ""
    low: int = 0
    high: int = 0
    value: str = ""
    note: str = ""
    earlier: bool = False


class Elements:
    """What is wrong inside of one segment that has its place."""

    def __init__(self, node: Any, segment: Any, component: str, repetition: str, holds: Callable[..., Any]) -> None:
        """holds: pyx12's check of one relation of elements."""
        self._holds = holds
        self._node = node
        self._segment = segment
        self._component = component
        self._repetition = repetition
        self._loop = names(node)
        self._texts = [[part.get_value() for part in one.elements] for one in segment.elements]

    def complaints(self) -> Iterator[Complaint]:
        """All of it, in the order of the elements as far as it belongs to one."""
        segment = self._segment
        yield from self._unknown_to_pyx12()
        if segment.get_value("02") == "RD8" and segment.get_seg_id() == "DTP" and len(segment) > 2:
            text = segment.get_value("03") or ""
            if text.count("-") > 1 and self._component not in text:
                yield self._about("not-a-date", self._node.children[2])
                segment.set("03", _ANY_RANGE)
        said: set[tuple[str, int, int]] = set()
        errors = self._node.is_valid_errors(segment)[1]
        for error in errors:
            for one in self._translated(error):
                if (one.rule, one.element, one.component) not in said:
                    said.add((one.rule, one.element, one.component))
                    yield one
        if any(error.map_node is None and error.err_cde in ("2", "10") for error in errors):
            for one in self._broken_notes():
                if ("element-missing", one.element, 0) not in said:
                    yield one

    def _unknown_to_pyx12(self) -> Iterator[Complaint]:
        for child, composite in zip(self._node.children, self._segment.elements, strict=False):
            if child.is_composite() and len(composite) > len(child) and child.usage != "N":
                yield self._about("too-many-components", child, high=len(child))
                del composite.elements[len(child) :]
            if _headless(child, composite):
                yield self._about("element-missing", child.children[0])
            for number, part in enumerate(composite.elements):
                place = child.children[number] if child.is_composite() and number < len(child) else child
                text = part.get_value()
                if self._repetition and self._repetition in text and place.usage != "N":
                    yield self._about("too-many-repetitions", place)
                elif text and not text.strip(" ") and place.usage != "N":
                    yield self._about("element-blank", place)

    def _translated(self, error: Any) -> Iterator[Complaint]:
        node, code = error.map_node, error.err_cde
        if node is None:
            if code == "3" and error.refdes.isdigit():
                yield Complaint(
                    "too-many-elements", self._node.id, self._node.name, *self._loop, int(error.refdes),
                    high=len(self._node), value=error.err_val or "",
                )  # fmt: skip
            elif code in ("1", "5"):
                child = next(child for child in self._node.children if child.id == error.refdes)
                yield self._about("element-missing" if code == "1" else "element-not-used", child)
            return
        if code in _RULES:
            yield self._about(_RULES[code], node)
        elif code == "7":
            yield self._about("not-a-date" if node.data_ele == "1251" else "code-not-in-guide", node)
        else:
            yield self._about(self._character(node), node)

    def _character(self, node: Any) -> str:
        """pyx12 has one code for all that is wrong with characters."""
        value = self._value(*_position(node))
        if self._component in value and not node.parent.is_composite():
            return "too-many-components"
        if (node.data_type or "")[:1] in ("N", "R") and value.isprintable():
            return "not-a-number"
        return "trailing-blanks" if value.endswith(" ") and value.strip(" ") else "invalid-character"

    def _broken_notes(self) -> Iterator[Complaint]:
        """Each relation of elements that does not hold, at the element that should be there or should not."""
        for note in self._node.syntax:
            if self._holds(self._segment, note)[0]:
                continue
            kind, places = note[0], [int(place) for place in note[1:]]
            sent = [place for place in places if self._segment.get_value(f"{place:02d}")]
            absent = [place for place in places if place not in sent]
            place = sent[-1] if kind == "E" else absent[0] if absent else places[0]
            rule = "elements-exclude-each-other" if kind == "E" else "element-missing-beside-another"
            text = kind + "".join(f"{place:02d}" for place in places)
            yield self._about(rule, self._node.children[place - 1], note=text)

    def _about(self, rule: str, node: Any, high: int = -1, note: str = "") -> Complaint:
        element, component = _position(node)
        low, most = (0, 0) if node.is_composite() else (node.min_len, node.max_len)
        number = "" if node.is_composite() else node.data_ele or ""
        return Complaint(
            rule, self._node.id, node.name or "", *self._loop, element, component, number,
            low, most if high < 0 else high, self._value(element, component), note,
        )  # fmt: skip

    def _value(self, element: int, component: int) -> str:
        parts = self._texts[element - 1] if element <= len(self._texts) else []
        return self._component.join(parts) if not component else parts[component - 1] if component <= len(parts) else ""


_RULES = {
    "1": "element-missing", "4": "element-too-short", "5": "element-too-long",
    "8": "not-a-date", "9": "not-a-time", "10": "element-not-used",
}  # fmt: skip
"""Of an element's own errors; code 10 is what pyx12 says of a relation, too, but then without an element."""


def _position(node: Any) -> tuple[int, int]:
    """Element and component, this one 0 for a whole element."""
    return (node.parent.seq, node.seq) if node.parent.is_composite() else (node.seq, 0)


def _headless(node: Any, composite: Any) -> bool:
    """Whether a situational composite is sent without the component that it begins with."""
    if not node.is_composite() or node.usage != "S" or composite.is_empty():
        return False
    return bool(node.children[0].usage == "R" and composite.elements[0].is_empty())


def loop_of(node: Any) -> str:
    name: str = node.parent.id
    return name if name[:1].isdigit() else ""


def names(node: Any) -> tuple[str, str]:
    loop = loop_of(node)
    return loop, node.parent.name if loop else ""
