"""Each small change to a valid claim is told once, with SNIP type, place and the codes that a 999 answers it with.

The tables in ``fixtures/mutations`` say what is expected: ``by_guide.tsv`` from the guide's data, ``by_hand.tsv`` where
more than the guide decides. Neither was ever written from what the product says.
"""

import csv
import importlib
import io
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from bitewing.edi.acks.answer import answer
from bitewing.edi.acks.answers import TransactionAnswer
from bitewing.edi.acks.envelope import Envelope
from bitewing.edi.acks.read import answers
from bitewing.edi.acks.verdicts import Gathered
from bitewing.edi.conformance.fault import Fault
from bitewing.edi.conformance.validate import validate
from bitewing.edi.document import Document

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "fixtures" / "mutations"
HEAD = (
    "ISA*00*          *00*          *ZZ*SUBMITTER01    *ZZ*RECEIVER01     *260310*1200*^*00501*000000101*0*T*:~"
    "GS*HC*SUBMITTER01*RECEIVER01*20260310*1200*101*X*005010X224A2~"
)
AT = Envelope(datetime(2026, 3, 11, 8, 0))
Segments = list[list[str]]


class Case(NamedTuple):
    """A row of a table: see ``fixtures/README.md``."""

    mutation: str
    base: str
    at: int
    change: str
    expected: str


def table(name: str) -> list[Case]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Case(row["mutation"], row["base"], int(row["at"]), row["change"], row["expected"]) for row in rows]


BY_GUIDE, BY_HAND = table("by_guide.tsv"), table("by_hand.tsv")
CASES = BY_GUIDE + BY_HAND


# ------------------------------------------------------------------------------------------------------ what is changed


def base(mutate: ModuleType, name: str) -> Segments:
    return [text.split("*") for _, text in mutate.transaction(name)]


def changed(segments: Segments, case: Case) -> Segments:
    """The transaction after the change, with its segments counted anew."""
    found = [list(one) for one in segments]
    at = case.at - 1
    for step in case.change.split("; "):
        word, _, rest = step.partition(" ")
        if word == "delete":
            del found[at : at + int(rest)]
        elif word == "repeat":
            times, count = (int(number) for number in rest.split())
            found[at + count : at + count] = [list(one) for one in found[at : at + count]] * times
        elif word == "insert":
            found[at + 1 : at + 1] = [text.split("*") for text in rest.split("~")]
        elif word == "add":  # so many copies behind, # counts from a number
            times, first, text = rest.split(" ", 2)
            more = [text.replace("#", str(int(first) + n)) for n in range(int(times))]
            found[at + 1 : at + 1] = [one.split("*") for copy in more for one in copy.split("~")]
        else:
            _set(found[at], *rest.partition(" ")[::2])
    if found[-1][0] == "SE" and found[-1][1] == "0":
        found[-1][1] = str(sum(one != [""] for one in found))
    return found


def _set(segment: list[str], place: str, value: str) -> None:
    number, _, component = place.partition("-")
    segment += [""] * (int(number) + 1 - len(segment))
    parts = segment[int(number)].split(":")
    value = value.replace("\\x07", "\x07")
    if component:
        parts += [""] * (int(component) - len(parts))
        parts[int(component) - 1] = value
        value = ":".join(parts).rstrip(":")
    segment[int(number)] = value
    while not segment[-1]:
        del segment[-1]


def interchange(segments: Segments) -> bytes:
    body = "".join("*".join(one) + "~" for one in segments)
    return (HEAD + body + "GE*1*101~IEA*1*000000101~").encode("latin-1")


# --------------------------------------------------------------------------------------------------------- what is said


def said(found: list[Fault]) -> list[str]:
    rows = []
    for one in found:
        where = one.where
        place = (where.loop, where.reference or where.segment, where.position, where.data_element)
        rows.append(" ".join(str(word) if word != "" else "-" for word in (one.rule, one.snip, one.code, *place)))
    return sorted(rows)


def expected(case: Case) -> list[str]:
    return sorted(case.expected.split(" | ")) if case.expected else []


def faults(data: bytes) -> list[Fault]:
    return [fault for one in validate(Document.of(data)) for fault in one.faults]


class Told(NamedTuple):
    """What a 999 says: IK3 as (IK301, IK302, IK303, which holds four characters, IK304); IK4 with its segment as
    (IK301, IK302, element, component, IK402, IK403); IK502 to IK506."""

    segments: set[tuple[str, int, str, str]]
    elements: set[tuple[str, int, int, int, str, str]]
    codes: set[str]


OF_TRANSACTIONS = {
    "segment-count-untrue", "segment-empty", "transaction-trailer-missing", "transaction-numbers-differ",
}  # fmt: skip
ELEMENT = re.compile(r"([A-Z][A-Z0-9]{1,2})([0-9]{2})(?:-([0-9]+))?")


def expected_999(case: Case) -> Told:
    found = Told(set(), set(), set())
    for one in expected(case):
        rule, _, code, loop, place, position, number = one.split(" ")
        loop, number = loop.strip("-"), number.strip("-")
        element = ELEMENT.fullmatch(place)
        if code == "-":
            continue
        if rule in OF_TRANSACTIONS:
            found.codes.add(code)
        elif element is None:
            found.segments.add((place, int(position), loop[:4], code))
        else:
            tag, at, component = element[1], int(element[2]), int(element[3] or 0)
            found.segments.add((tag, int(position), loop[:4], "8"))
            found.elements.add((tag, int(position), at, component, number, code))
    if found.segments:
        found.codes.add("5")
    return found


def told(data: bytes, found: list[Fault]) -> Told:
    """What stands in the 999 that is written from these faults, read back."""
    document, out = Document.of(data), io.BytesIO()
    answer(document, Gathered(document, found), AT, {"999": out})
    (said,) = (one for one in answers(Document.of(out.getvalue())) if isinstance(one, TransactionAnswer))
    assert (said.verdict == "A") == (not said.segments and not said.codes)
    return Told(
        {(one.segment, one.position, one.loop, one.code) for one in said.segments},
        {
            (one.segment, one.position, below.element, below.component, below.data_element, below.code)
            for one in said.segments
            for below in one.elements
        },
        set(said.codes),
    )


@pytest.fixture(scope="module")
def mutate() -> Iterator[ModuleType]:
    """`fixtures/mutate.py`: writes the tables."""
    sys.path.insert(0, str(ROOT / "fixtures"))
    yield importlib.import_module("mutate")
    sys.path.remove(str(ROOT / "fixtures"))


@pytest.mark.parametrize("name", ["patient", "self"])
def test_nothing_is_said_of_the_transaction_that_is_changed(mutate: ModuleType, name: str) -> None:
    segments = changed(base(mutate, name), Case("", name, 1, "delete 0", ""))

    assert faults(interchange(segments)) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.base} {case.mutation}")
def test_a_change_is_told_as_expected(mutate: ModuleType, case: Case) -> None:
    data = interchange(changed(base(mutate, case.base), case))
    found = faults(data)

    assert said(found) == expected(case)
    if case.base != "patient ST_LOOP":  # a 999 repeats ST, which is changed there
        assert told(data, found) == expected_999(case)


# ------------------------------------------------------------------------------------------------------ what is covered


def test_the_table_is_the_one_that_the_guide_gives(mutate: ModuleType) -> None:
    others = {(case.mutation, case.base) for case in BY_HAND}
    rows = [Case(*row) for row in mutate.rows() if (row.mutation, row.base) not in others]

    assert rows == BY_GUIDE


def guide() -> Iterator[tuple[str, str, ElementTree.Element]]:
    """Loop, identifier and node of each segment between ST and SE, once for what hangs under two levels."""
    seen = set()
    root = ElementTree.parse(ROOT / "edi" / "guides" / "837D.5010.X224.A2.xml").getroot()
    for loop in root.iter("loop"):
        for number, segment in enumerate(loop.findall("segment")):
            name = loop.attrib["xid"]
            if name not in ("ISA_LOOP", "GS_LOOP") and (name, number) not in seen:
                seen.add((name, number))
                yield name if name[0].isdigit() else "header", segment.attrib["xid"], segment


def spelled(node: ElementTree.Element) -> bytes:
    """A node as text, however deep it stands."""
    return b"".join(ElementTree.tostring(node).split())


def test_every_segment_of_the_guide_is_sent_and_changed(mutate: ModuleType) -> None:
    nodes = [node for _, _, node in guide()]
    sent = {spelled(place.node) for place in mutate.places("patient")}

    assert len(nodes) == len(mutate.places("patient"))
    assert {spelled(node) for node in nodes} == sent
    for place in mutate.places("patient"):
        assert any(case.mutation.startswith(f"{place.name}: ") for case in CASES), place.name


def test_every_required_element_of_the_guide_is_left_blank() -> None:
    """In each segment, and each required component of what is required."""
    blank = {case.mutation for case in CASES if case.mutation.endswith(" blank")}
    wanted = []
    for loop, tag, segment in guide():
        for number, element in enumerate((one for one in segment if one.tag != "syntax"), start=1):
            if element.attrib["usage"] == "R":
                wanted.append((loop, tag, segment, f"{tag}{number:02} blank"))
                inner = enumerate(element.findall("element"), start=1)
                wanted += [
                    (loop, tag, segment, f"{tag}{number:02}-{at} blank") for at, one in inner if one.get("usage") == "R"
                ]
    counts = Counter((loop, tag, what) for loop, tag, _, what in wanted)

    assert len(wanted) > 300
    for (loop, tag, what), count in counts.items():
        found = [one for one in blank if one.startswith(f"{loop} {tag}") and one.endswith(f": {what}")]
        assert len(found) == count, (loop, tag, what)


def test_there_are_enough_of_each_kind() -> None:
    codes = Counter(code for case in CASES for code in {one.split(" ")[2] for one in expected(case)})

    assert len(CASES) > 1900
    assert {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "12", "13", "I10"} <= codes.keys()
