"""What does not keep to its guide is said once, at its place, in plain words, with its SNIP type and codes."""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from bitewing.edi.conformance.by_guide import CHECKED, faults
from bitewing.edi.conformance.fault import Fault, Scope
from bitewing.edi.conformance.guide_rules import RULES
from bitewing.edi.delimiters import Delimiters, find_isa

USUAL = Delimiters(b"*", b":", b"^", b"~")
DENTAL = "005010X224A2"
SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"
WRONG_DENTAL = {
    "cosyte_x12__837d-canonical.edi": [("element-missing", "SV302"), ("code-not-in-guide", "SV305")],
}

CLAIM = """ST*837*0001*005010X224A2~BHT*0019*00*B1*20260310*1200*CH~
NM1*41*2*SUBMITTER*****46*S1~PER*IC*DESK*TE*5555550100~
NM1*40*2*RECEIVER*****46*R1~HL*1**20*1~NM1*85*2*DENTAL*****XX*1999900016~N3*1 WAY~N4*TOWN*OH*440010000~
REF*EI*001234567~HL*2*1*22*0~SBR*P*18*GROUP1******CI~NM1*IL*1*LAST*FIRST****MI*M1~DMG*D8*19800214*F~
NM1*PR*2*PAYER*****PI*P1~CLM*C1*78***11:B:1*Y*A*Y*Y~DTP*472*D8*20260310~REF*G1*A1~NM1*82*1*LAST*FIRST****XX*1999900024~
PRV*PE*PXC*1223G0001X~LX*1~SV3*AD:D0220*26~TOO*JP*30~LX*2~SV3*AD:D0230*52****2~REF*6R*L2~SE*27*0001~"""


def say(data: bytes | str, version: str = DENTAL, delimiters: Delimiters = USUAL) -> list[Fault]:
    return list(faults(data.encode() if isinstance(data, str) else data, 0, delimiters, version))


def short(found: list[Fault]) -> list[tuple[str, int, str, str, str, int]]:
    """(rule, SNIP, code, loop, segment or element, position) of each."""
    places = [(one.where.reference or one.where.segment) for one in found]
    return [
        (one.rule, one.snip, one.code, one.where.loop, place, one.where.position)
        for one, place in zip(found, places, strict=True)
    ]


# -- what is right


def test_a_plain_claim_is_right() -> None:
    assert say(CLAIM) == []


@pytest.mark.parametrize("version", ["005010X224", "005010X224A1", "005010X224A2", "005010X224A3"])
def test_every_errata_of_the_guide_is_held_to_the_same_map(version: str) -> None:
    assert say(CLAIM.replace("*005010X224A2~", f"*{version}~"), version) == []


@pytest.mark.parametrize("siblings", ["guide", "any"])
@pytest.mark.parametrize("layout", [("*", ":", "^", "~", "crlf"), ("|", ">", "!", "\x1d", "indent")], ids=str)
def test_whatever_the_guide_allows_is_right(generator: ModuleType, siblings: str, layout: tuple[str, ...]) -> None:
    out = io.BytesIO()
    freedom = generator.Freedom(levels="guide", siblings=siblings)
    generator.generate(
        out,
        claims=8,
        seed=4,
        profile="every-loop",
        freedom=freedom,
        lines_per_claim=2,
        layout=generator.Layout(*layout),
    )

    for data, offset, delimiters in transactions(out.getvalue()):
        assert list(faults(data, offset, delimiters, DENTAL)) == []


@pytest.mark.skipif(not SAMPLES.exists(), reason="the folder of samples is not beside the project")
@pytest.mark.parametrize("path", sorted((SAMPLES / "837d").glob("*")), ids=lambda path: path.name)
def test_a_dental_sample_is_right_but_for_what_is_known_of_it(path: Path) -> None:
    found = [one for data, at, marks in transactions(path.read_bytes()) for one in faults(data, at, marks, DENTAL)]

    assert [(one.rule, one.where.reference) for one in found] == WRONG_DENTAL.get(path.name, [])


def transactions(file: bytes) -> Iterator[tuple[bytes, int, Delimiters]]:
    at = find_isa(file)
    delimiters = Delimiters.from_isa(file[at : at + 106])
    element, end = re.escape(delimiters.element), re.escape(delimiters.segment)
    begin = rb"(?<=" + end + rb")\s*(ST" + element
    for match in re.finditer(rb"(?s)" + begin + rb".*?" + end + rb"\s*SE" + element + rb".*?" + end + rb")", file):
        yield match[1], match.start(1), delimiters


# -- what is wrong


def without(text: str, count: int = 1) -> Callable[[str], str]:
    return lambda claim: claim.replace(text, "", count)


def instead(old: str, new: str) -> Callable[[str], str]:
    return lambda claim: claim.replace(old, new, 1)


CASES: list[tuple[str, Callable[[str], str], list[tuple[str, int, str, str, str, int]]]] = [
    ("no BHT", without("BHT*0019*00*B1*20260310*1200*CH~"), [("segment-missing", 2, "3", "", "BHT", 2)]),
    ("no contact", without("PER*IC*DESK*TE*5555550100~\n"), [("segment-missing", 2, "3", "1000A", "PER", 4)]),
    ("no receiver", without("NM1*40*2*RECEIVER*****46*R1~"), [("loop-missing", 2, "3", "1000B", "NM1", 5)]),
    ("no first segment of a loop", without("NM1*85*2*DENTAL*****XX*1999900016~"), [
        ("segment-missing", 2, "3", "2010AA", "NM1", 7)]),
    ("no LX", without("LX*2~"), [("segment-missing", 2, "3", "2400", "LX", 24)]),
    ("no line", without("LX*1~SV3*AD:D0220*26~TOO*JP*30~LX*2~SV3*AD:D0230*52****2~REF*6R*L2~"), [
        ("loop-missing", 2, "3", "2400", "LX", 21)]),
    ("LX twice", instead("LX*2~", "LX*2~LX*2~"), [("segment-missing", 2, "3", "2400", "SV3", 25)]),
    ("no payer", without("NM1*PR*2*PAYER*****PI*P1~"), [("loop-missing", 2, "3", "2010BB", "NM1", 15)]),
    ("payer before subscriber", lambda claim: claim.replace("NM1*PR*2*PAYER*****PI*P1~", "").replace(
        "NM1*IL", "NM1*PR*2*PAYER*****PI*P1~NM1*IL"), []),
    ("order", instead("N3*1 WAY~N4*TOWN*OH*440010000~", "N4*TOWN*OH*440010000~N3*1 WAY~"), [
        ("segment-missing", 2, "3", "2010AA", "N3", 8), ("segment-out-of-order", 1, "7", "2010AA", "N3", 9)]),
    ("twice", instead("TOO*JP*30~", "TOO*JP*30~DTP*472*D8*20260310~DTP*472*D8*20260310~"), [
        ("segment-repeated-too-often", 2, "5", "2400", "DTP", 25)]),
    ("loop too often", instead("NM1*82", "NM1*82*1*LAST~NM1*82"), [
        ("loop-repeated-too-often", 2, "4", "2310B", "NM1", 20)]),
    ("unknown segment", instead("TOO*", "ZZZ*1~TOO*"), [("segment-unknown", 1, "1", "2400", "ZZZ", 23)]),
    ("no identifier", instead("TOO*", "LAST FIRST*1~TOO*"), [("segment-unknown", 1, "1", "2400", "", 23)]),
    ("segment of elsewhere", instead("TOO*", "DMG*D8*19800214*F~TOO*"), [
        ("segment-unexpected", 1, "2", "2400", "DMG", 23)]),
    ("wrong qualifier", instead("REF*6R", "REF*ZZ"), [("qualifier-not-in-guide", 2, "2", "2400", "REF", 26)]),
    ("wrong qualifier of a loop", instead("NM1*82", "NM1*ZZ"), [("qualifier-not-in-guide", 2, "2", "2300", "NM1", 19)]),
    ("wrong level code", instead("*1*22*0", "*1*99*0"), [("qualifier-not-in-guide", 2, "2", "2010AA", "HL", 11)]),
    ("no subscriber", without("NM1*IL*1*LAST*FIRST****MI*M1~DMG*D8*19800214*F~\n"), [
        ("loop-missing", 2, "3", "2010BA", "NM1", 14)]),
    ("claim without a line", instead("CLM*", "CLM*C0*78***11:B:1*Y*A*Y*Y~CLM*"), [
        ("loop-missing", 2, "3", "2400", "LX", 17)]),
    ("wrong code of a first element", instead("PRV*PE", "PRV*XX"), [
        ("code-not-in-guide", 2, "7", "2310B", "PRV01", 20)]),
    ("wrong code of a first component", instead("AD:D0220", "HC:D0220"), [
        ("code-not-in-guide", 2, "7", "2400", "SV301-1", 22)]),
    ("wrong code", instead("11:B:1", "11:A:1"), [("code-not-in-guide", 2, "7", "2300", "CLM05-2", 16)]),
    ("no element", instead("CLM*C1*78", "CLM*C1*"), [("element-missing", 2, "1", "2300", "CLM02", 16)]),
    ("no composite", instead("11:B:1", ""), [("element-missing", 2, "1", "2300", "CLM05", 16)]),
    ("no component", instead("11:B:1", "11::1"), [("element-missing", 2, "1", "2300", "CLM05-2", 16)]),
    ("no first component", instead("REF*6R*L2", "REF*G1*A1**:1"), [("element-missing", 2, "1", "2400", "REF04-1", 26)]),
    ("not used", instead("CLM*C1*78*", "CLM*C1*78*X"), [("element-not-used", 2, "I10", "2300", "CLM03", 16)]),
    ("component not used", instead("19800214*F", "19800214*F**A:B"), [
        ("element-not-used", 2, "I10", "2010BA", "DMG05", 14)]),
    ("too short", instead("D0220*26", "*26"), [("element-missing", 2, "1", "2400", "SV301-2", 22)]),
    ("SE too short", instead("SE*27*0001", "SE*27*1"), [("element-too-short", 1, "4", "", "SE02", 27)]),
    ("too long", instead("GROUP1", "G" * 51), [("element-too-long", 1, "5", "2000B", "SBR03", 12)]),
    ("control character", instead("GROUP1", "G\x07"), [("invalid-character", 1, "6", "2000B", "SBR03", 12)]),
    ("not ASCII", instead("GROUP1", "\N{LATIN SMALL LETTER E WITH ACUTE}"), [
        ("invalid-character", 1, "6", "2000B", "SBR03", 12)]),
    ("blanks at the end", instead("GROUP1", "G "), [("trailing-blanks", 1, "6", "2000B", "SBR03", 12)]),
    ("blanks only", instead("GROUP1", "  "), [("element-blank", 1, "6", "2000B", "SBR03", 12)]),
    ("no number", instead("C1*78", "C1*7,8"), [("not-a-number", 1, "6", "2300", "CLM02", 16)]),
    ("no day", instead("472*D8*20260310", "472*D8*20260230"), [("not-a-date", 1, "8", "2300", "DTP03", 17)]),
    ("no birthday", instead("19800214", "19810229"), [("not-a-date", 1, "8", "2010BA", "DMG02", 14)]),
    ("no date in BHT", instead("B1*20260310", "B1*20261310"), [("not-a-date", 1, "8", "", "BHT04", 2)]),
    ("no time", instead("*1200*", "*2460*"), [("not-a-time", 1, "9", "", "BHT05", 2)]),
    ("range of three days", instead("472*D8*20260310", "472*RD8*20260310-20260311-20260312"), [
        ("not-a-date", 1, "8", "2300", "DTP03", 17)]),
    ("one of a pair", instead("46*S1", "46"), [("element-missing", 2, "1", "1000A", "NM109", 3)]),
    ("one of a situational pair", instead("****MI*M1", "****MI"), [
        ("element-missing-beside-another", 1, "2", "2010BA", "NM109", 13)]),
    ("one too many", instead("N4*TOWN*OH*440010000", "N4*TOWN*OH*440010000****ON"), [
        ("elements-exclude-each-other", 1, "10", "2010AA", "N407", 9),
        ("element-missing-beside-another", 1, "2", "2010AA", "N404", 9)]),
    ("too many elements", instead("LX*1", "LX*1*1"), [("too-many-elements", 1, "3", "2400", "LX02", 21)]),
    ("too many components", instead("AD:D0220", "AD:D0220:::::::::::"), [
        ("too-many-components", 1, "13", "2400", "SV301", 22)]),
    ("components of a simple element", instead("C1*78", "C1*7:8"), [
        ("too-many-components", 1, "13", "2300", "CLM02", 16)]),
    ("repeated element", instead("GROUP1", "G^H"), [("too-many-repetitions", 1, "12", "2000B", "SBR03", 12)]),
    ("empty segment", instead("LX*2~", "~LX*2~"), [("segment-empty", 1, "5", "", "", 23)]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_one_thing_wrong_is_said_once_at_its_place(
    change: Callable[[str], str], expected: list[tuple[str, int, str, str, str, int]]
) -> None:
    changed = change(CLAIM)

    assert changed != CLAIM
    assert short(say(changed.encode("latin-1"))) == expected


def test_a_fault_carries_offset_claim_line_and_value_but_tells_no_value() -> None:
    data = CLAIM.replace("AD:D0230*52", "AD:D0230*Kowalski").encode()
    (found,) = faults(data, 1000, USUAL, DENTAL)

    assert found.where.offset == 1000 + data.index(b"SV3*AD:D0230")
    assert (found.where.claim, found.where.line, found.where.data_element) == ("C1", "2", "782")
    assert found.value == b"Kowalski"
    assert found.message == "SV302 (Line charge) is not a number"
    assert "Kowalski" not in found.message + found.remedy


def test_what_is_missing_belongs_to_the_claim_before() -> None:
    data = CLAIM.replace("SE*27", "CLM*C2*1***11:B:1*Y*A*Y*Y~LX*1~SV3*AD:D0120*1~SE*30").replace(
        "LX*2~SV3*AD:D0230*52****2~", "LX*2~"
    )
    first = say(data)[0]

    assert (first.rule, first.where.claim, first.where.line) == ("segment-missing", "C1", "2")


def test_a_version_without_a_map_is_told_and_refuses_nothing() -> None:
    (found,) = say(CLAIM, "005010X222A1")

    assert (found.rule, found.rejects, found.scope) == ("transaction-not-checked", False, Scope.TRANSACTION)
    assert "005010X221A1" in CHECKED


@pytest.mark.parametrize("version", ["005010X231", "005010X231A1"])
def test_a_999_of_each_errata_is_held_to_the_same_map(version: str) -> None:
    said = f"ST*999*0001*{version}~AK1*HC*1*005010X224A2~AK2*837*0001*005010X224A2~IK5*A~AK9*A*1*1*1~SE*6*0001~"

    assert say(said, version) == []


@pytest.mark.parametrize("seed", range(40))
def test_nothing_raises_whatever_the_bytes(mutations: ModuleType, seed: int) -> None:
    (segments,) = mutations.split(CLAIM.encode())
    for _, _, spoilt in mutations.spoilt(segments, seed, 3):
        for _, _, worse in mutations.spoilt(spoilt, seed, 2):
            found = say(mutations.join(worse))
            assert all(one.rule in RULES and one.rule != "not-checked" for one in found)
    for version in sorted(CHECKED):
        say(CLAIM.encode()[seed * 7 :: 1 + seed % 3], version)


def test_every_rule_is_shown_above_or_has_its_own_test() -> None:
    shown = {one[0] for _, _, expected in CASES for one in expected}

    assert set(RULES) - shown == {"segment-not-used", "not-checked", "transaction-not-checked"}
