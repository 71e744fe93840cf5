"""What is worked around in pyx12 is still wrong in it. A test that fails here says that a workaround can go.

Each shows pyx12's own behaviour; that ours is right is said in ``test_by_guide.py``.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import pyx12.map_if
import pyx12.map_index
import pyx12.map_walker
import pyx12.params
import pyx12.segment
import pyx12.x12file

from bitewing.edi.guide import DENTAL

BILLING = ["HL*1**20*1", "NM1*85*2*D*****XX*1999900016", "N3*1 WAY", "N4*TOWN*OH*440010000", "REF*EI*001234567"]
HEADER = [
    *("ST*837*0001*005010X224A2", "BHT*0019*00*B1*20260310*1200*CH", "NM1*41*2*S*****46*S1"),
    *("PER*IC*D*TE*5555550100", "NM1*40*2*R*****46*R1", *BILLING, "HL*2*1*22*0", "SBR*P*18*******CI"),
]
SUBSCRIBER, PAYER = "NM1*IL*1*LAST*FIRST****MI*M1", "NM1*PR*2*PAYER*****PI*P1"
CLAIM = "CLM*C1*78***11:B:1*Y*A*Y*Y"
REMITTANCE = ["ST*835*0001", "BPR*I*1*C*CHK************20260310", "TRN*1*1*1999999999", "N1*PR*PAYER", "N3*1 WAY",
              "N4*TOWN*OH*44001", "PER*BL*DESK", "N1*PE*DENTAL*XX*1999900016"]  # fmt: skip


def our_map() -> Any:
    settings = pyx12.params.ParamsBase()
    return pyx12.map_if.map_if(ElementTree.parse(DENTAL).getroot(), settings)


def their_map(name: str) -> Any:
    return pyx12.map_if.load_map_file(name, pyx12.params.ParamsBase())


def segment(text: str) -> Any:
    return pyx12.segment.Segment(text, "~", "*", ":")


def walked(texts: list[str], guide: Any) -> tuple[list[tuple[int, str, str]], Any]:
    """(position, IK304, segment or loop) of everything that the walk finds, and the node it ends at."""
    walker = pyx12.map_walker.walk_tree()
    walker.forceWalkCounterToLoopStart("/ISA_LOOP", "/ISA_LOOP/ISA")
    walker.forceWalkCounterToLoopStart("/ISA_LOOP/GS_LOOP", "/ISA_LOOP/GS_LOOP/GS")
    node = guide.getnodebypath("/ISA_LOOP/GS_LOOP/GS")
    said = []
    for position, text in enumerate(texts, 1):
        found, _, _, errors = walker.walk_errors(node, segment(text), position, 0, None)
        said += [(position, error.err_cde, error.map_node.id) for error in errors]
        node = found or node
    return said, node


def test_it_has_no_map_of_the_5010_dental_claim() -> None:
    index = pyx12.map_index.map_index()

    assert [index.get_filename("00501", f"005010X224{errata}", "HC") for errata in ("", "A1", "A2", "A3")] == [None] * 4


def test_it_takes_maps_from_one_folder_only(tmp_path: Path) -> None:
    (tmp_path / DENTAL.name).write_bytes(DENTAL.read_bytes())

    with pytest.raises(OSError, match=r"codes\.xml"):
        pyx12.map_if.load_map_file(DENTAL.name, pyx12.params.ParamsBase(), str(tmp_path))


def test_its_reader_ends_at_an_empty_segment() -> None:
    isa = "ISA*00*          *00*          *ZZ*S              *ZZ*R              *260310*1200*^*00501*000000001*0*T*:~"
    read = [one.get_seg_id() for one in pyx12.x12file.X12Reader(io.StringIO(isa + "GS*HC*S*R~~ST*837*0001~"))]

    assert read == ["ISA", "GS"]


@pytest.mark.parametrize(
    ("text", "error"),
    [("CLM*C1*78***11:B:1:2:3:4*Y*A*Y*Y", IndexError), ("DTP*472*RD8*20260310-20260311-20260312", ValueError)],
)
def test_an_exception_ends_it(text: str, error: type[Exception]) -> None:
    guide = our_map()
    _, node = walked([*HEADER, SUBSCRIBER, PAYER, CLAIM, *([] if text.startswith("CLM") else [text])], guide)

    with pytest.raises(error):
        node.is_valid_errors(segment(text))


def test_it_misses_a_loop_that_comes_behind_another_of_its_position() -> None:
    said, _ = walked([*HEADER, PAYER, SUBSCRIBER, CLAIM], our_map())

    assert said == [(13, "3", "NM1")]


def test_it_does_not_miss_what_a_loop_requires_whose_first_segment_stands_twice() -> None:
    said, _ = walked([*HEADER, SUBSCRIBER, PAYER, CLAIM, "LX*1", "LX*2", "SV3*AD:D0120*78"], our_map())

    assert said == []


def test_it_counts_a_loop_for_each_repeat_of_its_first_segment() -> None:
    plb = "PLB*1999900016*20261231*WO*1"
    said, _ = walked([*REMITTANCE, plb, plb], their_map("835.5010.X221.A1.xml"))

    assert said == [(10, "4", "FOOTER")]


def test_it_counts_the_header_for_a_segment_of_it_that_stands_twice() -> None:
    said, _ = walked([HEADER[0], HEADER[1], *HEADER[1:]], our_map())

    assert said == [(3, "4", "HEADER")]


def test_one_wrong_qualifier_faults_what_stands_behind_it() -> None:
    wrong = ["NM1*XX*1*LAST*FIRST****MI*M1", "N3*1 WAY", "N4*TOWN*OH*440010000", "DMG*D8*20000101*F"]
    said, _ = walked([*HEADER, *wrong, PAYER], our_map())

    assert [(position, code) for position, code, _ in said] == [(13, "1"), (14, "1"), (15, "1"), (16, "1"), (17, "3")]


def test_a_wrong_code_of_svc_is_an_unexpected_segment_in_its_map() -> None:
    before = ["LX*1", "CLP*C1*1*1*1**12*ICN", "NM1*QC*1*LAST"]
    said, _ = walked([*REMITTANCE, *before, "SVC*XX:D0120*1*1"], their_map("835.5010.X221.A1.xml"))

    assert said == [(12, "1", "NM1")]


@pytest.mark.parametrize(
    ("position", "text"),
    [
        ("repetition", "SBR*P*18*A^B******CI"),
        ("blanks", "SBR*P*18* ******CI"),
    ],
)
def test_it_has_nothing_against_repetitions_and_blanks(position: str, text: str) -> None:
    _, node = walked(HEADER, our_map())

    assert node.is_valid_errors(segment(text)) == (True, [])


def test_it_does_not_ask_for_the_first_component_of_a_situational_composite() -> None:
    lines = ["LX*1", "SV3*AD:D0120*78", "REF*G1*A**2U:1"]
    _, node = walked([*HEADER, SUBSCRIBER, PAYER, CLAIM, *lines], our_map())

    assert node.is_valid_errors(segment("REF*G1*A**:1")) == (True, [])


@pytest.mark.parametrize(
    ("text", "code"),
    [("CLM*C1*78*X**11:B:1*Y*A*Y*Y", "10"), ("CLM*C1*7:8***11:B:1*Y*A*Y*Y", "6"), ("CLM*C1*7,8***11:B:1*Y*A*Y*Y", "6")],
    ids=["not used", "components of a simple element", "no number"],
)
def test_its_codes_for_elements_are_coarser_than_those_of_a_999(text: str, code: str) -> None:
    _, node = walked([*HEADER, SUBSCRIBER, PAYER, CLAIM], our_map())
    found: Callable[[str], list[str]] = lambda said: [one.err_cde for one in node.is_valid_errors(segment(said))[1]]  # noqa: E731

    assert found(text) == [code]


def test_its_lists_of_codes_are_years_old() -> None:
    lists = our_map().ext_codes

    assert not lists.isValid("states", "NL")
    assert not lists.isValid("currency", "MXN")
    assert not lists.isValid("remark_code", "N800")
