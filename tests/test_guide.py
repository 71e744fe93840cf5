"""The guide is one map: valid, complete in itself, and read alike by pyx12, the claim views and the fast check."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
import pyx12
from lxml import etree

from bitewing.edi.conformance.grammar import data_elements, dental_grammar
from bitewing.edi.guide import BY_QUALIFIER, DENTAL, dental

MAPS = Path(pyx12.__file__).parent / "map"
ROOT = ElementTree.parse(DENTAL).getroot()
LOOPS = list(ROOT.iter("loop"))
SEGMENTS = [(loop, segment) for loop in LOOPS for segment in loop.findall("segment")]


def codes_of(element: ElementTree.Element) -> set[str]:
    listed = {code.text or "" for code in element.findall("valid_codes/code")}
    pattern = element.findtext("regex", "")
    return listed | (set(pattern[2:-2].split("|")) if pattern.startswith("^(") and "?" not in pattern else set())


# -- the map


def test_the_map_is_valid_in_the_format_of_pyx12() -> None:
    schema = etree.XMLSchema(etree.parse(MAPS / "map.v2.xsd"))

    schema.assertValid(etree.parse(DENTAL))


def test_the_map_has_every_loop_segment_and_element() -> None:
    elements = [one for _, segment in SEGMENTS for one in segment.findall(".//element")]
    composites = [one for _, segment in SEGMENTS for one in segment.findall("composite")]

    assert (len(LOOPS), len(SEGMENTS), len(composites), len(elements)) == (58, 258, 139, 1723)
    assert len({loop.attrib["xid"] for loop in LOOPS}) == 37


def test_positions_of_elements_have_no_gaps() -> None:
    for _, segment in SEGMENTS:
        for holder in [segment, *segment.findall("composite")]:
            parts = [one for one in holder if one.tag in ("element", "composite")]
            assert [int(one.attrib["seq"]) for one in parts] == list(range(1, len(parts) + 1)), segment.attrib


def test_a_situational_loop_starts_with_a_required_segment() -> None:
    for loop in LOOPS:
        first = min(loop, key=lambda child: int(child.attrib["pos"]))
        if loop.attrib["usage"] == "S":
            assert (first.tag, first.attrib["usage"]) == ("segment", "R"), loop.attrib["xid"]


def test_codes_of_a_first_element_are_listed_only_where_they_tell_segments_apart() -> None:
    for loop, segment in SEGMENTS:
        tag = segment.attrib["xid"]
        holder = next(one for one in segment if one.tag in ("element", "composite"))
        first = holder.find("element") if holder.tag == "composite" else holder
        assert first is not None
        others = [one for one in loop.findall("segment") if one.attrib["xid"] == tag and one is not segment]
        needed = bool(others) or tag in ("NM1", "HL")
        assert needed or first.find("valid_codes/code") is None, (loop.attrib["xid"], tag)
        for other in others:
            assert codes_of(first).isdisjoint(codes_of(other[0] if other[0].tag == "element" else other[1]))


def test_every_version_of_the_guide_is_accepted_in_gs08_and_any_in_st03() -> None:
    elements = {one.attrib["xid"]: one for one in ROOT.iter("element")}

    assert codes_of(elements["GS08"]) == {f"005010X224{errata}" for errata in ("", "A1", "A2", "A3")}
    assert len(elements["ST03"]) == 0


def test_what_hangs_under_subscribers_and_patients_is_the_same() -> None:
    first, second = (ElementTree.tostring(loop).split() for loop in LOOPS if loop.attrib["xid"] == "2300")

    assert [word for word in first if not word.startswith(b"usage=")] == [
        word for word in second if not word.startswith(b"usage=")
    ]
    assert sum(one != other for one, other in zip(first, second, strict=True)) == 1


# -- its readers


def test_the_data_elements_are_those_of_pyx12() -> None:
    theirs = {
        one.attrib["ele_num"]: (one.attrib["data_type"], int(one.attrib["min_len"]), int(one.attrib["max_len"]))
        for one in ElementTree.parse(MAPS / "dataele.xml").iter("data_ele")
    }
    used = {one.attrib["data_ele"] for one in ROOT.iter("element")}

    assert data_elements() == {number: theirs[number] for number in used}


@pytest.mark.parametrize("identifier", sorted({loop.attrib["xid"] for loop in LOOPS}))
def test_the_views_read_what_an_xml_parser_reads(identifier: str) -> None:
    rule = dental().loops[identifier]
    loop = next(loop for loop in LOOPS if loop.attrib["xid"] == identifier)
    parents = [parent.attrib["xid"] for parent in LOOPS if loop in list(parent)]
    expected: dict[bytes, set[bytes]] = {}
    opens: tuple[str, set[str]] = ("", set())
    for segment in loop.findall("segment"):
        tag = segment.attrib["xid"]
        found = segment.find(f"element[@xid='{tag}{'03' if tag == 'HL' else '01'}']")
        codes = codes_of(found) if found is not None and tag in BY_QUALIFIER else set()
        expected.setdefault(tag.encode(), set()).update(code.encode() for code in codes)
        opens = opens if opens[0] else (tag, codes)

    assert (rule.id, rule.name) == (identifier, loop.attrib["name"])
    assert ([rule.parent.id] if rule.parent else []) == parents
    assert rule.segments == expected
    assert rule.opens == opens


def test_the_fast_check_reads_every_loop_and_segment() -> None:
    waiting, segments, loops = [dental_grammar()], [], []
    while waiting:
        loop = waiting.pop()
        loops.append(loop.id)
        segments += [(loop.id, segment.tag, segment.usage, len(segment.elements)) for segment in loop.segments]
        waiting += loop.loops.values()
    envelope = ("ISA_LOOP", "GS_LOOP")
    expected = [
        (loop.attrib["xid"], one.attrib["xid"], one.attrib["usage"], sum(part.tag != "syntax" for part in one))
        for loop, one in SEGMENTS
        if loop.attrib["xid"] not in envelope
    ]

    assert sorted(segments) == sorted(expected)
    assert sorted(loops) == sorted(loop.attrib["xid"] for loop in LOOPS if loop.attrib["xid"] not in envelope)
