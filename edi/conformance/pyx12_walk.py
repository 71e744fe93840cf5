"""pyx12 behind a narrow door: it walks one transaction segment by segment and says what it has against each.

The only file that imports pyx12. Its readers, error handler and writer of acknowledgements are not used: they end at
an empty segment, look into the home folder and at the clock, and stop with an IndexError. Used are its maps, the walk
over them and its checks of a segment. What it has wrong is put right here, each with a test in
``tests/test_pyx12_workarounds.py`` that fails when a later pyx12 no longer needs it:

- it reads maps from one folder only: ours is handed to it as a parsed tree;
- more components than the map has, and a range of dates with two hyphens, end in exceptions: both are found before;
- of loops at one position that may come in any order, it asks for the first at once: it is asked again later;
- it does not miss what a loop requires where the loop's first segment stands twice in a row (LX, LX);
- it counts a loop again for each repeat of a first segment that may repeat (PLB), and the header for a second BHT;
- it calls all segments of a loop unexpected whose first one has a wrong code, and then misses the loop, too;
- its own maps let a wrong code of SVC, CAS and others read as an unexpected segment: such codes become patterns;
- it does not ask for the first component of a situational composite (REF04-1);
- it knows no repetition separator, and has nothing against an element of blanks only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyx12
import pyx12.params
from pyx12.map_if import map_if
from pyx12.map_walker import walk_tree
from pyx12.nodeCounter import NodeCounter
from pyx12.path import X12Path
from pyx12.segment import Segment
from pyx12.syntax import is_syntax_valid

from bitewing.edi.conformance.elements import Complaint, Elements, loop_of, names
from bitewing.edi.delimiters import Delimiters
from bitewing.edi.guide import DENTAL

_PYX12_MAPS = Path(pyx12.__file__).parent / "map"
_GS = "/ISA_LOOP/GS_LOOP/GS"
_IDENTIFIER = re.compile("[A-Z][A-Z0-9]{1,2}")
_OPENERS = frozenset({"NM1", "HL"})
"""What begins a loop by its code."""
_ENVELOPE = frozenset({"ISA", "GS", "ST", "GE", "IEA", "TA1"})
"""What pyx12 would leave the transaction for."""
_REMEMBERED = 10_000
"""How many segments that were right are known again."""


class Walk:
    """A walk over the map of one version (GS08), from ST to SE. Raises KeyError for a version without a map."""

    def __init__(self, version: str, delimiters: Delimiters) -> None:
        self._map, self._identifiers = _load(_map_file(version))
        self._segment_end, self._separator = delimiters.segment.decode("latin-1"), delimiters.element.decode("latin-1")
        self._component = delimiters.component.decode("latin-1")
        self._repetition = delimiters.repetition.decode("latin-1")
        self._walker = walk_tree()
        self._walker.counter = _Counts()
        self._right: set[tuple[int, str]] = set()
        self._walker.forceWalkCounterToLoopStart("/ISA_LOOP", "/ISA_LOOP/ISA")
        self._walker.forceWalkCounterToLoopStart("/ISA_LOOP/GS_LOOP", _GS)
        self._node: Any = self._map.getnodebypath(_GS)
        self._segments = 0
        self._stray = ""
        """The identifier of the segment before, where it found no place."""
        self._followers: set[str] = set()
        """Those of the segments behind a first one of a loop that found no place: nothing is said of them."""

    @property
    def loop(self) -> str:
        """The loop of the segment last taken, "" outside of the numbered loops."""
        return loop_of(self._node)

    def take(self, data: bytes) -> Iterator[Complaint]:
        """The next segment, without its terminator: what is wrong with it or missing before it."""
        self._segments += 1
        text = data.decode("latin-1")
        segment = self._segment(text)
        tag = segment.get_seg_id() or ""
        if (self._segments > 1 and tag in _ENVELOPE) or (tag == "SE" and len(segment) == 0):
            yield Complaint("segment-unexpected", tag, "", *names(self._node))
        else:
            yield from self._taken(segment, text)

    def _taken(self, segment: Segment, text: str) -> Iterator[Complaint]:
        try:
            node, missing = self._walk(segment)
            yield from missing
            if node is None:
                yield from self._strayed(self._unplaced(segment), segment.get_seg_id() or "")
            else:
                if node.is_first_seg_in_loop():
                    self._stray = ""
                    self._followers.clear()
                self._node = node
                yield from self._elements(node, segment, text)
        except Exception:  # whatever ends pyx12 must not end the check of a file
            yield Complaint("not-checked", "", "", *names(self._node), value=segment.get_seg_id() or "")

    def _strayed(self, said: Complaint, tag: str) -> Iterator[Complaint]:
        """A segment found no place. Behind NM1 with a wrong qualifier it belongs to a loop that is not recognised."""
        if self._stray in _OPENERS and tag not in _OPENERS and said.rule != "segment-unknown":
            self._followers.add(tag)
            return
        self._stray = tag
        self._followers.clear()
        yield said

    def _elements(self, node: Any, segment: Segment, text: str) -> Iterator[Complaint]:
        """What is wrong inside a segment. Addresses and dates come again and again: once right, they stay so."""
        key = (id(node), text)
        if key in self._right:
            return
        right = True
        for one in Elements(node, segment, self._component, self._repetition, is_syntax_valid).complaints():
            right = False
            yield one
        if right:
            if len(self._right) >= _REMEMBERED:
                self._right.clear()
            self._right.add(key)

    def end(self) -> Iterator[Complaint]:
        """Behind the last segment: what is still missing but SE, which is the envelope's matter."""
        behind = self._separator.join(("GE", "1", "1"))
        for one in self._taken(self._segment(behind), behind):
            if one.earlier and one.segment != "SE":
                yield one

    def _segment(self, text: str) -> Segment:
        return Segment(text, self._segment_end, self._separator, self._component)

    def _walk(self, segment: Segment) -> tuple[Any, list[Complaint]]:
        """The node of a segment, and what the walk has to say; for what a missing first segment hides, see below."""
        found, _, entered, errors = self._walker.walk_errors(self._node, segment, self._segments, 0, None)
        said = [one for error in errors for one in self._translated(error, found, entered)]
        if found is self._node and found.get_max_repeat() == 1 and entered and loop_of(found):
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
            yield Complaint(rule, node.id, node.name, *names(node), earlier=True)
        elif error.err_cde == "4" and not loop_of(found) and found.get_max_repeat() == 1:
            yield Complaint("segment-repeated-too-often", found.id, found.name, high=found.get_max_repeat())
        elif error.err_cde == "4" and found.get_max_repeat() == 1:
            yield Complaint("loop-repeated-too-often", found.id, found.name, *names(found), high=node.get_max_repeat())
        elif error.err_cde == "5":
            most = node.get_max_repeat()
            yield Complaint("segment-repeated-too-often", node.id, node.name, *names(node), high=most)
        elif error.err_cde == "2":
            yield Complaint("segment-not-used", found.id, found.name, *names(found))

    def _left_out(self, opener: Any) -> Iterator[Complaint]:
        """What a loop requires, where it holds its first segment only."""
        for child in list(opener.parent.childIterator())[1:]:
            if child.usage == "R":
                node = child if child.is_segment() else child.get_first_seg()
                rule = "segment-missing" if child.is_segment() else "loop-missing"
                yield Complaint(rule, node.id, node.name, *names(node), earlier=True)

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
        if opener.id != self._stray:  # it was sent, with a wrong code, and that has been said
            said.append(Complaint("segment-missing", opener.id, opener.name, *names(opener), earlier=True))
        self._node = opener
        found, _, entered, errors = self._walker.walk_errors(opener, segment, self._segments, 0, None)
        said += [one for error in errors for one in self._translated(error, found, entered)]
        return found, [one for one in said if not one.earlier or one.segment not in self._followers]

    def _unplaced(self, segment: Segment) -> Complaint:
        """A segment that fits nowhere from here on: not of this guide, too late in its loop, or simply not expected."""
        tag = segment.get_seg_id() or ""
        if tag not in self._identifiers:
            known = tag if _IDENTIFIER.fullmatch(tag) else ""
            return Complaint("segment-unknown", known, "", *names(self._node), value=tag)
        above = self._node.parent
        same = False
        while above is not None and not above.is_map_root():
            near = same
            for node in [*above.childIterator(), *_numbered(above)]:
                first = node if node.is_segment() else node.get_first_seg()
                if first is not None and first.is_match(segment) and (not near or _told_apart(first)):
                    return Complaint("segment-out-of-order", tag, first.name, *names(self._node))
                same = same or (first is not None and first.id == tag)
            above = above.parent
        return Complaint("qualifier-not-in-guide" if same else "segment-unexpected", tag, "", *names(self._node))


class _Counts(NodeCounter):
    """pyx12's counter of loops and segments, which takes each path apart each time, with plain text for keys."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[str, int] = {}
        self._texts: dict[int, tuple[X12Path, str]] = {}

    def _text(self, path: str | X12Path) -> str:
        if isinstance(path, str):
            return path
        known = self._texts.get(id(path))
        if known is None:
            # The path is kept with its text, so that no other can come by its id.
            known = self._texts[id(path)] = (path, path.format())
        return known[1]

    def get_count(self, xpath: str | X12Path) -> int:
        return self._counts.get(self._text(xpath), 0)

    def increment(self, xpath: str | X12Path) -> None:
        text = self._text(xpath)
        self._counts[text] = self._counts.get(text, 0) + 1

    def reset_to_node(self, xpath: str | X12Path) -> None:
        below = self._text(xpath) + "/"
        for text in [text for text in self._counts if text.startswith(below)]:
            del self._counts[text]


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
    """Codes of a first element that choose between no segments become a pattern, as in the map of our own.

    ST03 has no codes: each map lists one errata only, and whether it agrees with GS08 is the envelope's matter.
    """
    for version in root.iter("element"):
        codes = version.find("valid_codes")
        if version.get("xid") == "ST03" and codes is not None:
            version.remove(codes)
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


def _told_apart(node: Any) -> bool:
    """Whether a segment is known by a code, not by its identifier only."""
    first = node.children[0]
    return not first.is_composite() and bool(first.valid_codes)


def _fits(node: Any, segment: Segment) -> bool:
    return node is not None and node.is_match(segment) and bool(node.is_valid_errors(segment)[0])


def _holds(loop: Any, segment: Segment) -> bool:
    """Whether a segment may stand in a loop or open a loop inside it."""
    for child in list(loop.childIterator())[1:]:
        node = child if child.is_segment() else child.get_first_seg()
        if _fits(node, segment):
            return True
    return False
