"""A remittance that does not add up says where and by how much; reversals and bundles that do are silent."""

import pytest

from bitewing.edi.conformance.checks import checks
from bitewing.edi.conformance.fault import Fault
from bitewing.edi.document import Document

HEAD = [
    "ISA*00*          *00*          *ZZ*PAYER          *ZZ*PROVIDER       *260310*1200*^*00501*000000101*0*T*:",
    "GS*HP*PAYER*PROVIDER*20260310*1200*101*X*005010X221A1",
    "ST*835*0001",
]
PARTIES = ["N1*PR*PAYER", "N3*1 EXAMPLE WAY", "N4*SAMPLETOWN*OH*44001", "N1*PE*TEST DENTAL*XX*1999900016", "LX*1"]
PAID = ["CLP*C1*1*150*90*20*12*ICN1", "SVC*AD:D0220*50*30**1", "CAS*PR*2*20", "SVC*AD:D0274*100*60**1", "CAS*CO*45*40"]
BUNDLE = [
    "CLP*C2*1*256*90*0*12*ICN2",
    "SVC*AD:D0210*32*90**1*AD:D0220", "CAS*OA*94*-224", "CAS*CO*45*166",
    "SVC*AD:D0210*156*0**0*AD:D0230*6", "CAS*CO*97*156",
    "SVC*AD:D0210*68*0**0*AD:D0274*1", "CAS*CO*97*68",
]  # fmt: skip
REVERSAL = ["CLP*C1*22*-150*-90*-20*12*ICN1", "CAS*PR*2*-20", "CAS*CO*45*-40"]
PREDETERMINATION = ["CLP*C3*25*100*0*0*12*ICN3", "SVC*AD:D2750*100*0**1", "CAS*OA*101*90"]

Said = tuple[str, str, int, bool]


def faults(total: str, *claims: list[str], after: list[str] | None = None) -> list[Fault]:
    body = [f"BPR*I*{total}*C*CHK", "TRN*1*1*1", *PARTIES, *(one for claim in claims for one in claim), *(after or [])]
    whole = [*HEAD, *body, f"SE*{len(body) + 2}*0001", "GE*1*101", "IEA*1*000000101"]
    return list(checks(Document.of("".join(one + "~" for one in whole).encode())))


def said(found: list[Fault]) -> list[Said]:
    assert {one.snip for one in found} <= {3}
    return [(one.rule, one.where.reference, one.where.position, one.rejects) for one in found]


def changed(claim: list[str], place: int, new: str) -> list[str]:
    return [*claim[:place], new, *claim[place + 1 :]]


SILENT = {
    "paid": faults("90", PAID),
    "bundle": faults("180", PAID, BUNDLE),
    "reversal and correction": faults("90", REVERSAL, PAID, PAID),
    "reversal that leaves out what the patient owed": faults(
        "0", PAID, ["CLP*C1*22*-150*-90**12*ICN1", *REVERSAL[1:]]
    ),
    "provider adjustments": faults(
        "100.50", PAID, after=["PLB*1999900016*20261231*WO:A*10*L6:B*-20.5", "PLB*1*20261231*72*0.00"]
    ),
    "money withheld from nothing": faults("0", after=["PLB*1*20261231*FB:A*10*FB:B*-10"]),
    "no lines": faults("90", [PAID[0], "CAS*PR*2*20", "CAS*CO*45*40"]),
    "several triplets": faults("90", [PAID[0], "CAS*PR*2*15**1*5*1", "CAS*CO*45*40**"]),
    "claim and line adjustments": faults("70", ["CLP*C1*1*150*70*40*12*ICN1", "CAS*PR*1*20", *PAID[1:]]),
    "predetermination": faults("0", ["CLP*C3*25*100*0*10", *PREDETERMINATION[1:], "CAS*PR*1*10"]),
    "amounts that are none": faults("X", [PAID[0], "SVC*AD:D0220*5O*30", "CAS*CO*45*B", "PLB*1*20261231*WO:A*X"]),
}  # fmt: skip
SPOKEN: dict[str, tuple[list[Fault], list[Said], str]] = {
    "line": (
        faults("90", [*changed(PAID, 2, "CAS*PR*2*15"), "CAS*PR*3*5"]),
        [("service-not-balanced", "SVC03", 10, True), ("service-not-balanced", "SVC03", 12, True)],
        "5.00 less than",
    ),
    "claim": (
        faults("80", changed(PAID, 0, "CLP*C1*1*150*80*20*12*ICN1")),
        [("payment-not-balanced", "CLP04", 9, True)],
        "10.00 less than",
    ),
    "transaction": (faults("90.01", PAID), [("total-not-sum-of-payments", "BPR02", 2, True)], "0.01 more than"),
    "provider adjustment with the wrong sign": (
        faults("100", PAID, after=["PLB*1*20261231*WO:A*10"]),
        [("total-not-sum-of-payments", "BPR02", 2, True)],
        "20.00 more than",
    ),
    "a line is missing": (
        faults("90", [PAID[0], "CAS*PR*2*20", "SVC*AD:D0274*100*60**1", "CAS*CO*45*40"]),
        [("charge-not-sum-of-services", "CLP03", 9, False)],
        "50.00 more than",
    ),
    "patient": (
        faults("90", changed(PAID, 0, "CLP*C1*1*150*90*25*12*ICN1")),
        [("patient-share-not-sum", "CLP05", 9, False)],
        "5.00 more than",
    ),
    "predetermination": (
        faults("0", PREDETERMINATION),
        [("service-not-balanced", "SVC03", 10, False), ("payment-not-balanced", "CLP04", 9, False)],
        "10.00 less than",
    ),
    "reversal whose adjustments keep their sign": (
        faults("-90", ["CLP*C1*22*-150*-90*20*12*ICN1", "CAS*PR*2*20", "CAS*CO*45*40"]),
        [("payment-not-balanced", "CLP04", 9, True)],
        "120.00 more than",
    ),
}  # fmt: skip


@pytest.mark.parametrize("found", SILENT.values(), ids=SILENT)
def test_nothing_is_said_of_what_adds_up(found: list[Fault]) -> None:
    assert said(found) == []


@pytest.mark.parametrize(("found", "expected", "by"), SPOKEN.values(), ids=SPOKEN)
def test_what_does_not_add_up_is_said_with_its_difference(found: list[Fault], expected: list[Said], by: str) -> None:
    assert said(found) == expected
    assert by in found[0].message


def test_a_fault_names_its_claim_and_loop() -> None:
    (one,) = faults("80", changed(PAID, 0, "CLP*C1*1*150*80*20*12*ICN1"))

    assert (one.where.loop, one.where.claim, one.where.line, one.where.data_element) == ("2100", "C1", "", "782")


def test_the_submitted_code_of_a_line_may_be_wrong() -> None:
    right = faults("90", changed(PAID, 1, "SVC*AD:D0220*50*30**1*AD:X0220"))
    wrong = faults("90", changed(PAID, 1, "SVC*AD:X0220*50*30**1"))

    assert right == []
    assert [(one.rule, one.snip, one.rejects) for one in wrong] == [("procedure-code-shape", 5, False)]
