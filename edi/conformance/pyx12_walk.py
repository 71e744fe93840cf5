"""pyx12 behind a narrow door: it walks one transaction segment by segment and says what it has against each.

The only file that imports pyx12. Its readers, error handler and writer of acknowledgements are not used: they end at
an empty segment, look into the home folder and at the clock, and stop with an IndexError. Used are its maps, the walk
over them and its checks of a segment. What it has wrong is put right here, each with a test in
``tests/test_pyx12_workarounds.py`` that fails when a later pyx12 no longer needs it:

- it reads maps from one folder only: ours is handed to it as a parsed tree;
- more components than the map has, and a range of dates with two hyphens, end in exceptions: both are found before;
- of loops at one position that may come in any order, it asks for the first at once: it is asked again later;
- it does not miss what a loop requires where the loop's first segment stands twice in a row (LX, LX);
- it counts a loop again for each repeat of a first segment that may repeat (PLB);
- its own maps let a wrong code of SVC, CAS and others read as an unexpected segment: such codes become patterns;
- it does not ask for the first component of a situational composite (REF04-1);
- it knows no repetition separator, and has nothing against an element of blanks only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pyx12
import pyx12.params
import pyx12.syntax
from pyx12.map_if import map_if
from pyx12.map_walker import walk_tree
from pyx12.segment import Segment

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.guide import DENTAL

_PYX12_MAPS = Path(pyx12.__file__).parent / "map"
_GS = "/ISA_LOOP/GS_LOOP/GS"
_IDENTIFIER = re.compile("[A-Z][A-Z0-9]{1,2}")
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


class Walk:
    """A walk over the map of one version (GS08), from ST to SE. Raises KeyError for a version without a map."""

    def __init__(self, version: str, delimiters: Delimiters) -> None:
        self._map, self._identifiers = _load(_map_file(version))
        self._segment_end, self._separator = delimiters.segment.decode("latin-1"), delimiters.element.decode("latin-1")
        self._component = delimiters.component.decode("latin-1")
        self._repetition = delimiters.repetition.decode("latin-1")
        self._walker = walk_tree()
        self._walker.forceWalkCounterToLoopStart("/ISA_LOOP", "/ISA_LOOP/ISA")
        self._walker.forceWalkCounterToLoopStart("/ISA_LOOP/GS_LOOP", _GS)
        self._node: Any = self._map.getnodebypath(_GS)
        self._segments = 0

    @property
    def loop(self) -> str:
        """The loop of the segment last taken, "" outside of the numbered loops."""
        return _loop(self._node)

    def take(self, data: bytes) -> Iterator[Complaint]:
        """The next segment, without its terminator: what is wrong with it or missing before it."""
        self._segments += 1
        segment = self._segment(data.decode("latin-1"))
        try:
            yield from self._take(segment)
        except Exception:  # whatever ends pyx12 must not end the check of a file
            yield Complaint("not-checked", "", "", *_names(self._node), value=segment.get_seg_id() or "")

    def _take(self, segment: Segment) -> Iterator[Complaint]:
        node, missing = self._walk(segment)
        yield from missing
        if node is None:
            yield self._unplaced(segment)
        else:
            self._node = node
            yield from _Elements(node, segment, self._component, self._repetition).complaints()

    def end(self) -> Iterator[Complaint]:
        """Behind the last segment: what is still missing but SE, which is the envelope's matter."""
        for one in self.take(self._separator.join(("GE", "1", "1")).encode("latin-1")):
            if one.earlier and one.segment != "SE":
                yield one

    def _segment(self, text: str) -> Segment:
        return Segment(text, self._segment_end, self._separator, self._component)

    def _walk(self, segment: Segment) -> tuple[Any, list[Complaint]]:
        """The node of a segment, and what the walk has to say; for what a missing first segment hides, see below."""
        found, _, entered, errors = self._walker.walk_errors(self._node, segment, self._segments, 0, None)
        said = [one for error in errors for one in self._translated(error, found, entered)]
        if found is self._node and found.get_max_repeat() == 1 and entered:
            said = [*self._left_out(found), *said]
        if found is None or any(one.rule == "segment-repeated-too-often" for one in said):
            opener = self._hidden_opener(segment, found)
            if opener is not None:
                return self._open(opener, segment, [one for one in said if one.earlier])
        return found, said

    def _translated(self, error: Any, found: Any, entered: list[Any]) -> Iterator[Complaint]:
        node = error.map_node
        if error.err_cde == "3":
            opens = node.is_first_seg_in_loop()
            if opens and entered and node.parent.parent is entered[0].parent and node.parent.pos == entered[0].pos:
                return  # at one position any order is right: pyx12 asks once more when that position is passed
            rule = "loop-missing" if opens and node.parent.id not in ("HEADER", "ST_LOOP") else "segment-missing"
            yield Complaint(rule, node.id, node.name, *_names(node), earlier=True)
        elif error.err_cde == "4" and found.get_max_repeat() == 1:
            yield Complaint("loop-repeated-too-often", found.id, found.name, *_names(found), high=node.get_max_repeat())
        elif error.err_cde == "5":
            most = node.get_max_repeat()
            yield Complaint("segment-repeated-too-often", node.id, node.name, *_names(node), high=most)
        elif error.err_cde == "2":
            yield Complaint("segment-not-used", found.id, found.name, *_names(found))

    def _left_out(self, opener: Any) -> Iterator[Complaint]:
        """What a loop requires, where it holds its first segment only."""
        for child in list(opener.parent.childIterator())[1:]:
            if child.usage == "R":
                node = child if child.is_segment() else child.get_first_seg()
                rule = "segment-missing" if child.is_segment() else "loop-missing"
                yield Complaint(rule, node.id, node.name, *_names(node), earlier=True)

    def _hidden_opener(self, segment: Segment, found: Any) -> Any:
        """The first segment of the loop that a segment belongs to, where that first one was most likely left out.

        Known where the loop has to come, where only one loop has such a segment, and where the segment is the one that
        has to follow the first of a loop that repeats (SV3 after LX).
        Without this every segment of the loop would be called unexpected.
        """
        if found is not None:
            loop, others = found.parent, self._node is not found
            return loop.get_first_seg() if others and loop.get_max_repeat() > 1 and _follower(loop) is found else None
        above, position = self._node.parent, self._node.pos
        likely = []
        while above is not None and above.id not in ("GS_LOOP", None):
            if above.get_max_repeat() > 1 and _fits(_follower(above), segment):
                return above.get_first_seg()
            for loop in _numbered(above, position):
                if _fits(_follower(loop), segment) or _holds(loop, segment):
                    if loop.usage == "R" and not self._walker.counter.get_count(loop.x12path):
                        return loop.get_first_seg()
                    likely.append(loop.get_first_seg())
            above, position = above.parent, above.pos
        return likely[0] if len(likely) == 1 else None

    def _open(self, opener: Any, segment: Segment, said: list[Complaint]) -> tuple[Any, list[Complaint]]:
        """Go on as if the missing first segment of a loop had been sent."""
        loop = opener.parent
        self._walker.forceWalkCounterToLoopStart(loop.x12path, opener.x12path)
        said.append(Complaint("segment-missing", opener.id, opener.name, *_names(opener), earlier=True))
        self._node = opener
        found, _, entered, errors = self._walker.walk_errors(opener, segment, self._segments, 0, None)
        return found, said + [one for error in errors for one in self._translated(error, found, entered)]

    def _unplaced(self, segment: Segment) -> Complaint:
        """A segment that fits nowhere from here on: not of this guide, too late in its loop, or simply not expected."""
        tag = segment.get_seg_id() or ""
        if tag not in self._identifiers:
            known = tag if _IDENTIFIER.fullmatch(tag) else ""
            return Complaint("segment-unknown", known, "", *_names(self._node), value=tag)
        above = self._node.parent
        same = False
        while above is not None and not above.is_map_root():
            for node in above.childIterator():
                first = node if node.is_segment() else node.get_first_seg()
                if first is not None and first.is_match(segment):
                    return Complaint("segment-out-of-order", tag, first.name, *_names(self._node))
                same = same or (node.is_segment() and node.id == tag)
            above = above.parent
        return Complaint("qualifier-not-in-guide" if same else "segment-unexpected", tag, "", *_names(self._node))


class _Elements:
    """What is wrong inside of one segment that has its place."""

    def __init__(self, node: Any, segment: Segment, component: str, repetition: str) -> None:
        self._node = node
        self._segment = segment
        self._component = component
        self._repetition = repetition
        self._loop = _names(node)
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
        for error in self._node.is_valid_errors(segment)[1]:
            for one in self._translated(error):
                if (one.rule, one.element, one.component) not in said:
                    said.add((one.rule, one.element, one.component))
                    yield one
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
            if pyx12.syntax.is_syntax_valid(self._segment, note)[0]:
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


def _map_file(version: str) -> Path:
    if version.startswith("005010X224"):
        return DENTAL
    return (
        _PYX12_MAPS
        / {
            "005010X221": "835.5010.X221.A1.xml",
            "005010X221A1": "835.5010.X221.A1.xml",
            "005010X231": "999.5010X231.A1.xml",
            "005010X231A1": "999.5010X231.A1.xml",
            "005010X214": "277.5010.X214.xml",
        }[version]
    )


@lru_cache(maxsize=4)
def _load(path: Path) -> tuple[map_if, frozenset[str]]:
    """A map as pyx12 holds it, and the identifiers of its segments. pyx12's lists of codes are years old: not used."""
    root = ElementTree.parse(path).getroot()
    if path != DENTAL:
        _loosen(root)
    settings = pyx12.params.ParamsBase()
    settings.set("exclude_external_codes", ",".join({one.get("external", "") for one in root.iter("valid_codes")}))
    identifiers = frozenset(one.get("xid", "") for one in root.iter("segment"))
    return map_if(root, settings), identifiers


def _loosen(root: ElementTree.Element) -> None:
    """Codes of a first element that choose between no segments become a pattern, as in the map of our own."""
    openers = {"NM1", "N1", "HL", "CTX", "STC"}
    for loop in root.iter("loop"):
        tags = [segment.get("xid") for segment in loop.findall("segment")]
        for segment in loop.findall("segment"):
            tag = segment.get("xid")
            first = next((one for one in segment if one.tag in ("element", "composite")), None)
            if first is not None and first.tag == "composite":
                first = first.find("element")
            if first is None or tag in openers or tags.count(tag) > 1 or _number(first) == "1250":
                continue
            codes = first.find("valid_codes")
            if codes is not None and len(codes):
                texts = "|".join(re.escape(code.text or "") for code in codes)
                first.remove(codes)
                ElementTree.SubElement(first, "regex").text = f"^(?:{texts})$"


def _number(element: ElementTree.Element) -> str | None:
    return element.get("data_ele") or element.findtext("data_ele")


def _position(node: Any) -> tuple[int, int]:
    """Element and component, this one 0 for a whole element."""
    return (node.parent.seq, node.seq) if node.parent.is_composite() else (node.seq, 0)


def _headless(node: Any, composite: Any) -> bool:
    """Whether a situational composite is sent without the component that it begins with."""
    if not node.is_composite() or node.usage != "S" or composite.is_empty():
        return False
    return bool(node.children[0].usage == "R" and composite.elements[0].is_empty())


def _loop(node: Any) -> str:
    name: str = node.parent.id
    return name if name[:1].isdigit() else ""


def _names(node: Any) -> tuple[str, str]:
    loop = _loop(node)
    return loop, node.parent.name if loop else ""


def _numbered(loop: Any, position: int = 0) -> Iterator[Any]:
    """The loops directly inside a loop from a position on; of a wrapper without segments (DETAIL), those inside it."""
    for child in loop.childIterator():
        if child.is_loop() and child.pos >= position:
            if child.get_first_seg() is None:
                yield from _numbered(child)
            else:
                yield child


def _follower(loop: Any) -> Any:
    """The required segment that stands right behind the first one of a loop, as SV3 behind LX, or None."""
    children = list(loop.childIterator())[1:2]
    return children[0] if children and children[0].is_segment() and children[0].usage == "R" else None


def _fits(node: Any, segment: Segment) -> bool:
    return node is not None and node.is_match(segment) and bool(node.is_valid_errors(segment)[0])


def _holds(loop: Any, segment: Segment) -> bool:
    """Whether a segment may stand in a loop or open a loop inside it."""
    for child in list(loop.childIterator())[1:]:
        node = child if child.is_segment() else child.get_first_seg()
        if _fits(node, segment):
            return True
    return False
