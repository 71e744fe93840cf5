"""What does not add up in a remittance is told by how much, and nothing else is; views and segments agree."""

import csv
import json
import re
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import bitewing
from bitewing.edi.conformance.checks import checks
from bitewing.edi.remit.balance import Sum, allowed, claim_sums, payment_sum

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT.parent / "shared" / "samples"
FILES = sorted((SAMPLES / "835").glob("*"))
CASES = [json.loads(line) for line in (ROOT / "fixtures" / "golden" / "cases.jsonl").read_text().splitlines()]
REMITS = {case["id"]: case for case in CASES if case["kind"] == "835"}
RULES = {
    "service-not-balanced": "SVC03",
    "payment-not-balanced": "CLP04",
    "charge-not-sum-of-services": "CLP03",
    "patient-share-not-sum": "CLP05",
    "total-not-sum-of-payments": "BPR02",
}
FIRM = {"SVC unbalanced": "SVC03", "CLP unbalanced": "CLP04", "BPR02!=CLP04-PLB": "BPR02"}
HEAD = "BPR*I*{}*C*CHK\nTRN*1*1*1\nLX*1\n"
CLAIM = "CLP*C1*1*150*90*20*12*ICN1\nSVC*AD:D0220*50*30**1\nCAS*PR*2*20\nSVC*AD:D0274*100*60**1\nCAS*CO*45*40\n"


def written(body: str) -> bytes:
    segments = body.strip().splitlines()
    isa = "ISA*00*          *00*          *ZZ*PAYER          *ZZ*CLINIC         *260320*1200*^*00501*000000101*0*T*:"
    envelope = [isa, "GS*HP*PAYER*CLINIC*20260320*1200*1*X*005010X221A1", "ST*835*0001", *segments]
    envelope += [f"SE*{len(segments) + 2}*0001", "GE*1*1", "IEA*1*000000101"]
    return "".join(one + "~" for one in envelope).encode()


def sums(data: bytes) -> list[Sum]:
    found: list[Sum] = []
    for one in bitewing.read(data).remittances():
        found += claim_sums(one) if isinstance(one, bitewing.Remit) else [payment_sum(one)]
    return found


def apart(data: bytes) -> list[tuple[str, int, Decimal | None, bool]]:
    return [(one.element, one.line, one.difference, one.firm) for one in sums(data) if one.agrees is False]


def agree(data: bytes) -> None:
    """The views and the segments, each by its own walk, find the same sums wrong."""
    told = {(one.where.offset, RULES[one.rule]) for one in checks(bitewing.read(data)) if one.rule in RULES}
    found = {(one.offset, one.element) for one in sums(data) if one.agrees is False and one.element != "BPR02"}
    total = [one for one in sums(data) if one.agrees is False and one.element == "BPR02"]
    assert {one for one in told if one[1] != "BPR02"} == found
    assert len([one for one in told if one[1] == "BPR02"]) == len(total)


D = Decimal
TOLD: dict[str, tuple[str, list[tuple[str, int, Decimal | None, bool]]]] = {
    "all adds up": (HEAD.format("90") + CLAIM, []),
    "a line": (
        HEAD.format("90") + CLAIM.replace("50*30", "50*30.01"),
        [("SVC03", 1, D("0.01"), True)],
    ),
    "a claim": (
        HEAD.format("91") + CLAIM.replace("150*90", "150*91"),
        [("CLP04", 0, D(1), True)],
    ),
    "a line left out": (
        HEAD.format("90") + CLAIM.replace("CLP*C1*1*150", "CLP*C1*1*170"),
        [("CLP04", 0, D(-20), True), ("CLP03", 0, D(20), False)],
    ),
    "the patient's share": (HEAD.format("90") + CLAIM.replace("90*20", "90*19.5"), [("CLP05", 0, D("-0.5"), False)]),
    "the payment": (HEAD.format("90.5") + CLAIM, [("BPR02", 0, D("0.5"), True)]),
    "provider adjustments": (HEAD.format("100.5") + CLAIM + "PLB*1*20261231*WO:A*10*L6:B*-20.5", []),
    "money taken back, with a sign in doubt": (HEAD.format("5").replace("*C*", "*D*") + CLAIM, []),
    "a predetermination": (
        HEAD.format("0") + "CLP*C3*25*100*0*0*12*I\nSVC*AD:D2750*100*0**1\nCAS*OA*101*90",
        [("SVC03", 1, D(-10), False), ("CLP04", 0, D(-10), False)],
    ),
    "a reversal that leaves out the share": (
        HEAD.format("0") + CLAIM + "CLP*C1*22*-150*-90**12*I\nCAS*PR*2*-20\nCAS*CO*45*-40",
        [],
    ),
    "an adjustment without a reason": (HEAD.format("90") + CLAIM.replace("CO*45*40", "CO**40"), []),
    "amounts that cannot be read": (
        HEAD.format("X") + "CLP*C1*1*150*9O*20\nSVC*AD:D1*5O*30\nCAS*CO*45*B\nPLB*1*20261231*WO*X",
        [],
    ),
    "a charge that cannot be read": (HEAD.format("90") + CLAIM.replace("D0220*50", "D0220*5O"), []),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_what_does_not_add_up_is_told_exactly(name: str) -> None:
    body, expected = TOLD[name]
    data = written(body)

    assert apart(data) == expected
    agree(data)


def test_what_is_not_known_is_no_agreement() -> None:
    data = written(TOLD["amounts that cannot be read"][0])

    assert [(one.element, one.agrees) for one in sums(data)] == [
        ("SVC03", None),
        ("CLP04", None),
        ("CLP03", None),
        ("CLP05", None),
        ("BPR02", None),
    ]


def test_a_payment_is_not_judged_before_it_ends() -> None:
    remit = next(bitewing.read(written(HEAD.format("1") + CLAIM)).remits())

    assert payment_sum(remit.payment).agrees is None


@pytest.mark.parametrize("identifier", sorted(REMITS))
def test_the_worked_cases_are_read_and_judged_alike(identifier: str, remittances: ModuleType) -> None:
    case = REMITS[identifier]
    data = remittances.remittance(case["remit"])
    said = [
        (one.id, *(str(line.code) for line in one.lines)) for one in bitewing.read(data).remits()
    ]  # fmt: skip

    assert said == [(one["clp01"], *(svc["svc01"] for svc in one["svc"])) for one in case["remit"]]
    agree(data)


@pytest.mark.parametrize(
    ("adjustments", "expected"),
    [
        ("CAS*CO*45*40", "60"),
        ("CAS*CO*45*20\nCAS*PR*2*15*1*1*5", "80"),
        ("CAS*PR*169*30", "60"),
        ("CAS*PR*27*10**66*7**119*3", "67"),
        ("CAS*PR*96*30**204*5**3*5", "65"),
        ("CAS*OA*94*-224", "60"),
    ],
)
def test_allowed_is_paid_and_the_share_of_the_patient_in_it(adjustments: str, expected: str) -> None:
    data = written(HEAD.format("60") + f"CLP*C*1*100*60*0\nSVC*AD:D0274*100*60\n{adjustments}")
    (remit,) = bitewing.read(data).remits()

    assert [allowed(line) for line in remit.lines] == [Decimal(expected)]


@pytest.mark.skipif(not FILES, reason="the folder of samples is not beside the project")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_is_wrong_with_remittances_by_others_is_found_and_nothing_else(path: Path) -> None:
    """As the list beside them says, which was made by another reader."""
    rows: list[Any] = list(csv.DictReader((SAMPLES / "INDEX.tsv").read_text().splitlines(), delimiter="\t"))
    notes = next(row["quality_notes"] for row in rows if row["folder"] == "835" and row["file"] == path.name)
    data = path.read_bytes()
    found = [one.element for one in sums(data) if one.agrees is False]
    expected = {name: int((re.search(rf"{re.escape(note)} x(\d+)", notes) or [0, 0])[1]) for note, name in FIRM.items()}

    assert {name: found.count(name) for name in expected} == expected
    agree(data)
