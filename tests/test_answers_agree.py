"""What is validated and what is answered agree: each fault is answered where it belongs, however a file is broken."""

import io
from datetime import datetime
from typing import Any, NamedTuple

import pytest

from bitewing.conformance import verdicts
from bitewing.edi.acks.answer import answer
from bitewing.edi.acks.answers import ClaimAnswer, GroupAnswer, InterchangeAnswer, TransactionAnswer
from bitewing.edi.acks.envelope import ANSWERS, Envelope
from bitewing.edi.acks.read import answers
from bitewing.edi.compose import compose
from bitewing.edi.conformance.fault import Fault
from bitewing.edi.conformance.validate import validate
from bitewing.edi.document import Document
from bitewing.transforms.example import parse_claims

CLEAN = compose(parse_claims(("C1: D0120 50.00 | D0220 30.00",))).decode()
ISA, REST = CLEAN[:106], CLEAN[106:]
GS, _, REST = REST.partition("~")
GS += "~"
TRANSACTION, _, REST = REST.partition("GE*")
GE = "GE*" + REST.partition("~")[0] + "~"
IEA = REST.partition("~")[2].strip()
SE = "SE*" + TRANSACTION.rpartition("SE*")[2]
OPEN = TRANSACTION.removesuffix(SE)
SECOND = TRANSACTION.replace("*0001", "*0002").replace("*C1*", "*C2*")
NEXT = CLEAN.replace(ISA[90:99], "000000777").replace("*C1*", "*C2*")
TWO = GE.replace("GE*1*", "GE*2*")


class Told(NamedTuple):
    """TA1 (verdict and code), AK9, IK5 with their codes, and the claims."""

    interchanges: list[str]
    groups: list[str]
    transactions: list[str]
    claims: list[str]


def told(data: str) -> Told:
    document = Document.of(data.encode("latin-1"))
    streams = {name: io.BytesIO() for name in ANSWERS}
    answer(document, verdicts(document, {}), Envelope(datetime(2026, 11, 21)), streams)
    said: list[Any] = []
    for stream in streams.values():
        said += answers(Document.of(stream.getvalue())) if stream.getvalue() else []
    return Told(
        [f"{one.verdict} {one.note}" for one in said if isinstance(one, InterchangeAnswer)],
        [" ".join((one.verdict, *one.codes)) for one in said if isinstance(one, GroupAnswer)],
        [" ".join((one.verdict, *one.codes)) for one in said if isinstance(one, TransactionAnswer)],
        [f"{one.id} {'A' if one.accepted else 'R'}" for one in said if isinstance(one, ClaimAnswer)],
    )


def rules(data: str) -> list[str]:
    return [fault.rule for fault in faults(data)]


def faults(data: str) -> list[Fault]:
    return [fault for one in validate(Document.of(data.encode("latin-1"))) for fault in one.faults]


FILES = {
    "clean": (CLEAN, Told(["A 000"], ["A"], ["A"], ["C1 A"])),
    "two interchanges": (CLEAN + NEXT, Told(["A 000", "A 000"], ["A", "A"], ["A", "A"], ["C1 A", "C2 A"])),
    "the first without IEA": (
        CLEAN.replace(IEA, "") + NEXT,
        Told(["R 023", "A 000"], ["A"], ["A"], ["C2 A"]),
    ),
    "the first cut off in its claim": (
        CLEAN[: CLEAN.index("SV3*")] + NEXT,
        Told(["R 023", "A 000"], ["A"], ["A"], ["C2 A"]),
    ),
    "the first transaction without SE": (
        ISA + GS + OPEN + SECOND + TWO + IEA,
        Told(["A 000"], ["P"], ["R 2", "A"], ["C1 R", "C2 A"]),
    ),
    "the second transaction without SE": (
        ISA + GS + TRANSACTION + SECOND.replace(SE.replace("*0001", "*0002"), "") + TWO + IEA,
        Told(["A 000"], ["P"], ["A", "R 2"], ["C1 A", "C2 R"]),
    ),
    "the first group without GE": (
        ISA + GS + TRANSACTION + GS.replace("*101*", "*102*") + SECOND + GE.replace("*101", "*102")
        + IEA.replace("IEA*1", "IEA*2"),
        Told(["A 000"], ["R 3", "A"], ["A"], ["C1 R", "C2 A"]),
    ),
    "an ISA that is none": (
        CLEAN.replace("LX*1~", "ISA*00*~LX*1~"),
        Told(["R 022"], [], [], []),
    ),
    "an IEA without elements": (
        CLEAN.replace("LX*1~", "IEA~LX*1~").replace(SE, f"SE*{int(SE.split('*')[1]) + 1}*0001~"),
        Told(["A 000"], ["R"], ["R 5"], ["C1 R"]),
    ),
    "an SE without elements": (
        CLEAN.replace("LX*1~", "SE~LX*1~").replace(SE, f"SE*{int(SE.split('*')[1]) + 1}*0001~"),
        Told(["A 000"], ["R"], ["R 5"], ["C1 R"]),
    ),
    "a transaction without a number": (
        CLEAN.replace("ST*837*0001", "ST*837*").replace("*0001~GE", "*~GE"),
        Told(["A 000"], ["R"], [], ["C1 R"]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_each_fault_is_answered_where_it_belongs(name: str) -> None:
    data, expected = FILES[name]

    assert told(data) == expected


@pytest.mark.parametrize("stray", ["IEA", "GE*1*101", "ISA*00", "GS*HC", "TA1*1", "IEA*", "SE", "ST"])
def test_a_segment_of_the_envelope_stops_no_check(stray: str) -> None:
    """pyx12 would leave the transaction, and say nothing sensible of what follows."""
    assert "not-checked" not in rules(CLEAN.replace("LX*1~", f"{stray}~LX*1~"))


def test_a_transaction_without_se_is_told_under_its_own_number() -> None:
    document = Document.of((ISA + GS + OPEN + SECOND + TWO + IEA).encode())

    found = [(one.span.control if one.span else "", [fault.rule for fault in one.faults]) for one in validate(document)]
    assert found == [("0001", ["transaction-trailer-missing"]), ("0002", [])]
