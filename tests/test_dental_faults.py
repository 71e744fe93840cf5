"""What a dental claim says against itself is named once: rule, SNIP type, place, code; a claim that is right is not."""

from pathlib import Path

import pytest

from bitewing.edi.conformance.checks import checks, transaction_faults, transactions
from bitewing.edi.conformance.external import CodeListError, CodeLists, load_code_lists, read_code_list
from bitewing.edi.conformance.formats import npi_checks
from bitewing.edi.conformance.teeth import front
from bitewing.edi.document import Document

HEAD = [
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260310*1200*^*00501*000000101*0*T*:",
    "GS*HC*SENDER*RECEIVER*20260310*1200*101*X*005010X224A2",
]
BODY = {
    1: "ST*837*0001*005010X224A2",
    2: "BHT*0019*00*B1*20260310*1200*CH",
    3: "NM1*41*2*SUBMITTER*****46*SUB1",
    4: "PER*IC*DESK*TE*5555550100",
    5: "NM1*40*2*RECEIVER*****46*REC1",
    6: "HL*1**20*1",
    7: "NM1*85*2*TEST DENTAL*****XX*1999900016",
    8: "N3*1 EXAMPLE WAY",
    9: "N4*SAMPLETOWN*OH*440010000",
    10: "REF*EI*999999999",
    11: "HL*2*1*22*0",
    12: "SBR*P*18*GROUP1******CI",
    13: "NM1*IL*1*EXAMPLE*PAT****MI*MEM1",
    14: "N3*2 EXAMPLE WAY",
    15: "N4*SAMPLETOWN*OH*44001",
    16: "DMG*D8*19800214*F",
    17: "NM1*PR*2*PAYER*****PI*PAY1",
    18: "CLM*C1*150.00***11:B:1*Y*A*Y*Y",
    19: "DTP*472*D8*20260301",
    20: "HI*ABK:K029",
    21: "LX*1",
    22: "SV3*AD:D2391*100.00****1*****1",
    23: "TOO*JP*14*M:O",
    24: "REF*6R*L1",
    25: "LX*2",
    26: "SV3*AD:D0220*50.00",
    27: "REF*6R*L2",
}
SELF_WITH_DEPENDANT = [
    "HL*3*2*23*0", "PAT*19", "NM1*QC*1*EXAMPLE*KID", "N3*2 EXAMPLE WAY", "N4*SAMPLETOWN*OH*44001", "DMG*D8*20150101*M",
    "CLM*C2*10***11:B:1*Y*A*Y*Y", "DTP*472*D8*20260301", "LX*1", "SV3*AD:D0120*10",
]  # fmt: skip
OTHER_PAYER = [
    "SBR*S*18*******CI", "AMT*D*90", "OI***Y***Y", "NM1*IL*1*EXAMPLE*PAT****MI*M2", "NM1*PR*2*OTHER*****PI*PAY2",
]  # fmt: skip
DECIDED = ["SVD*PAY2*70*AD:D2391**1", "CAS*CO*45*30", "DTP*573*D8*20260305"]
DECIDED_TOO = ["SVD*PAY2*20*AD:D0220**1", "CAS*PR*2*30", "DTP*573*D8*20260305"]

Changes = dict[int, str | list[str]]
Said = tuple[str, int, str, str, int, bool]


def file(changes: Changes) -> Document:
    """The claim with segments replaced (several for one: put in instead; [] leaves it out); counts are set right."""
    body: list[str] = []
    for position, segment in BODY.items():
        new = changes.get(position, segment)
        body += [new] if isinstance(new, str) else new
    whole = [*HEAD, *body, f"SE*{len(body) + 1}*0001", "GE*1*101", "IEA*1*000000101"]
    return Document.of("".join(segment + "~" for segment in whole).encode())


def said(changes: Changes, lists: CodeLists | None = None) -> list[Said]:
    """rule, SNIP, code, element or segment, position, whether it rejects."""
    return [
        (one.rule, one.snip, one.code, one.where.reference or one.where.segment, one.where.position, one.rejects)
        for one in checks(file(changes), lists or {})
    ]


def with_more(position: int, *segments: str) -> Changes:
    """Segments put in behind one."""
    return {position: [BODY[position], *segments]}


def other_payer(*, total: str = "AMT*D*90", first: list[str] = DECIDED, second: list[str] = DECIDED_TOO) -> Changes:
    coverage = [OTHER_PAYER[0], total, *OTHER_PAYER[2:]]
    return {20: [BODY[20], *coverage], 24: [BODY[24], *first], 27: [BODY[27], *second]}


ELSEWHERE = {6: "HL*1**20*1", 12: "SBR*P**GROUP1******CI", 11: "HL*2*1*22*1"}
DEPENDANT: Changes = {
    **ELSEWHERE,
    14: [],
    15: [],
    16: [],
    17: [BODY[17], *SELF_WITH_DEPENDANT[:6]],
}

SILENT: dict[str, Changes] = {
    "as it is": {},
    "a dependant": DEPENDANT,
    "a subscriber with a claim, and one for a dependant without": {
        11: "HL*2*1*22*0",
        27: [BODY[27], "HL*3*1*22*0", *[BODY[at] for at in range(12, 18)], *SELF_WITH_DEPENDANT[6:]],
    },
    "another payer, balanced by line": other_payer(),
    "another payer, balanced by claim": {20: [BODY[20], *OTHER_PAYER[:1], "CAS*CO*45*60", *OTHER_PAYER[1:]]},
    "another payer, who has not decided": {20: [BODY[20], OTHER_PAYER[0], *OTHER_PAYER[2:]]},
    "another payer, who split a line": other_payer(
        total="AMT*D*95", first=[*DECIDED, "SVD*PAY2*5*AD:D2391**1", "CAS*CO*45*-5"]
    ),
    "amounts without point or cents": {22: "SV3*AD:D2391*100****1", 26: "SV3*AD:D0220*50."},
    "an amount that is none": {22: "SV3*AD:D2391*1OO****1"},
    "the place of the accident abroad": {
        18: "CLM*C1*150***11:B:1*Y*A*Y*Y**AA::::MX", 19: [BODY[19], "DTP*439*D8*20260228"],
    },
    "replacement with its original": {18: "CLM*C1*150***11:B:7*Y*A*Y*Y", 20: ["REF*F8*ICN1", BODY[20]]},
    "predetermination": {18: "CLM*C1*150***11:B:1*Y*A*Y*Y**********PB", 19: []},
    "date on every line": {19: [], 23: [BODY[23], "DTP*472*D8*20260301"], 26: [BODY[26], "DTP*472*D8*20260302"]},
    "canine with its edge, molar with its face": {
        22: "SV3*AD:D2391*100", 23: ["TOO*JP*6*I:F", "TOO*JP*C*I", "TOO*JP*19*O:B", "TOO*JP*A*O"],
    },
    "supernumerary teeth": {23: ["TOO*JP*51*O", "TOO*JP*82", "TOO*JP*AS*O", "TOO*JP*TS"], 22: "SV3*AD:D2391*100****1"},
    "areas": {26: "SV3*AD:D0220*50**00:01:02:10:20"},
    "replacement of a prosthesis": {26: [BODY[26].replace("50.00", "50***R"), "DTP*441*D8*20200101"]},
    "hyphen in an EIN": {10: "REF*EI*99-9999999"},
    "an address in Canada": {15: "N4*SAMPLETOWN*ON*K1A0B1*CA"},
    "an address elsewhere": {15: "N4*SAMPLETOWN**SW1A 1AA*GB"},
    "attachment by letter": {19: [BODY[19], "PWK*RB*BM***AC*A1", "PWK*RB*AA"]},
    "a zero before the number of a line": {21: "LX*01", 25: "LX*02"},
    "a line for nothing": {18: "CLM*C1*100***11:B:1*Y*A*Y*Y", 26: "SV3*AD:D0220*0"},
    "diagnoses of one version": {20: "HI*ABK:K029*ABF:K0251", 22: "SV3*AD:D2391*100*********1:2"},
}  # fmt: skip
SPOKEN: dict[str, tuple[Changes, list[Said]]] = {
    "HL01": ({11: "HL*3*1*22*0"}, [("hl-number-out-of-order", 1, "7", "HL01", 11, True)]),
    "HL01 does not begin with 1": (
        {6: "HL*7**20*1", 11: "HL*8*7*22*0"}, [("hl-number-out-of-order", 1, "7", "HL01", 6, True)]
    ),
    "HL02 of nobody": ({11: "HL*2*9*22*0"}, [("hl-parent-untrue", 1, "7", "HL02", 11, True)]),
    "HL02 of itself": ({11: "HL*2*2*22*0"}, [("hl-parent-untrue", 1, "7", "HL02", 11, True)]),
    "HL02 of the wrong level": (
        {**DEPENDANT, 17: [BODY[17], "HL*3*1*23*0", *SELF_WITH_DEPENDANT[1:6]]},
        [("hl-parent-untrue", 1, "7", "HL02", 15, True)],
    ),
    "HL02 of an earlier provider": (
        {6: ["HL*1**20*0", *[BODY[at] for at in range(7, 11)], "HL*2**20*1"], 11: "HL*3*1*22*0"},
        [
            ("hl-parent-not-nearest", 1, "", "HL02", 16, False),
            ("hl-children-untrue", 1, "7", "HL04", 6, True),
            ("hl-children-untrue", 1, "7", "HL04", 11, True),
        ],
    ),
    "HL04 promises": ({11: "HL*2*1*22*1"}, [("hl-children-untrue", 1, "7", "HL04", 11, True)]),
    "HL04 conceals": ({**DEPENDANT, 11: "HL*2*1*22*0"}, [
        ("subscriber-without-claim", 4, "I6", "CLM", 11, True), ("hl-children-untrue", 1, "7", "HL04", 11, True)]),
    "no claim": ({at: [] for at in range(18, 28)}, [("subscriber-without-claim", 4, "I6", "CLM", 11, True)]),
    "SBR02 18 and a patient": (
        {**DEPENDANT, 12: BODY[12], 14: BODY[14], 15: BODY[15], 16: BODY[16]},
        [("self-with-patient-below", 4, "I13", "SBR02", 12, True)],
    ),
    "SBR02 18, a claim and a patient": (
        {11: "HL*2*1*22*1", 27: [BODY[27], *SELF_WITH_DEPENDANT]},
        [("self-with-patient-below", 4, "I13", "SBR02", 12, False)],
    ),
    "SBR02 absent": (
        {12: "SBR*P**GROUP1******CI"}, [("subscriber-claim-without-self", 4, "I9", "SBR02", 12, True)]
    ),
    "LX01": ({25: "LX*3"}, [("line-number-out-of-order", 2, "7", "LX01", 25, True)]),
    "LX01 again": ({25: "LX*1"}, [("line-number-out-of-order", 2, "7", "LX01", 25, True)]),
    "CLM02": ({18: "CLM*C1*149.99***11:B:1*Y*A*Y*Y"}, [("charge-not-sum-of-lines", 3, "", "CLM02", 18, True)]),
    "SV302 absent": ({26: "SV3*AD:D0220"}, [("charge-not-sum-of-lines", 3, "", "CLM02", 18, True)]),
    "line of another payer": (
        other_payer(first=["SVD*PAY2*71*AD:D2391**1", *DECIDED[1:]]),
        [("line-not-balanced-with-payer", 3, "", "SVD02", 30, True)],
    ),
    "total of another payer": (
        other_payer(total="AMT*D*91"), [("claim-not-balanced-with-payer", 3, "", "AMT02", 22, True)]
    ),
    "another payer without adjustments": (
        {20: [BODY[20], *OTHER_PAYER]}, [("claim-not-balanced-with-payer", 3, "", "AMT02", 22, False)]
    ),
    "procedure": ({26: "SV3*AD:99213*50"}, [("procedure-code-shape", 5, "7", "SV301-2", 26, True)]),
    "procedure small": ({26: "SV3*AD:d0220*50"}, [("procedure-code-in-small-letters", 5, "", "SV301-2", 26, False)]),
    "NPI of nine": ({7: BODY[7][:-1]}, [("npi-shape", 5, "I12", "NM109", 7, True)]),
    "NPI digit": ({7: BODY[7][:-1] + "7"}, [("npi-check-digit", 5, "7", "NM109", 7, False)]),
    "taxonomy": ({6: [BODY[6], "PRV*BI*PXC*1223G00"]}, [("taxonomy-shape", 5, "I12", "PRV03", 7, True)]),
    "ZIP": ({15: "N4*SAMPLETOWN*OH*44001-0000"}, [("zip-shape", 5, "I12", "N403", 15, True)]),
    "ZIP of a provider": ({9: "N4*SAMPLETOWN*OH*44001"}, [("zip-extension-missing", 5, "I12", "N403", 9, False)]),
    "state": ({15: "N4*SAMPLETOWN*XX*44001"}, [("state-unknown", 5, "7", "N402", 15, True)]),
    "country": ({15: "N4*SAMPLETOWN**44001*1"}, [("country-shape", 5, "7", "N404", 15, True)]),
    "EIN": ({10: "REF*EI*99999999"}, [("employer-number-shape", 5, "I12", "REF02", 10, True)]),
    "SSN": ({16: [BODY[16], "REF*SY*12345678"]},
            [("social-security-number-shape", 5, "I12", "REF02", 17, True)]),
    "place of service": ({18: "CLM*C1*150***A:B:1*Y*A*Y*Y"}, [("place-of-service-shape", 5, "7", "CLM05-1", 18, True)]),
    "place of service unknown": (
        {26: "SV3*AD:D0220*50*30"}, [("place-of-service-unknown", 5, "7", "SV303", 26, False)]
    ),
    "decimal point": ({20: "HI*ABK:K02.9"}, [("diagnosis-with-decimal-point", 5, "I12", "HI01-2", 20, False)]),
    "diagnosis": ({20: "HI*ABK:52100"}, [("diagnosis-shape", 5, "I12", "HI01-2", 20, False)]),
    "no such day": ({19: "DTP*472*D8*20260230"}, [("date-not-real", 5, "8", "DTP03", 19, True),
        ]),
    "tooth": ({23: "TOO*JP*33"}, [("tooth-unknown", 5, "7", "TOO02", 23, True)]),
    "tooth U": ({23: "TOO*JP*U"}, [("tooth-unknown", 5, "7", "TOO02", 23, True)]),
    "tooth 0": ({23: "TOO*JP*0"}, [("tooth-unknown", 5, "7", "TOO02", 23, True)]),
    "tooth 83": ({23: "TOO*JP*83"}, [("tooth-unknown", 5, "7", "TOO02", 23, True)]),
    "tooth 09": ({23: "TOO*JP*09*I"}, [("tooth-with-leading-zero", 5, "", "TOO02", 23, False)]),
    "missing tooth that is none": ({19: [BODY[19], "DN2*40*M****JP"]}, [("tooth-unknown", 5, "7", "DN201", 20, True)]),
    "surface unknown": ({23: "TOO*JP*14*M:P"}, [("surface-unknown", 5, "7", "TOO03-2", 23, True)]),
    "surface again": ({23: "TOO*JP*14*M:O:M"}, [("surface-repeated", 7, "", "TOO03-3", 23, False)]),
    "surface of a molar": ({23: "TOO*JP*8*O"}, [("surface-not-on-front-tooth", 7, "", "TOO03-1", 23, False)]),
    "surface of an incisor": ({23: "TOO*JP*K*D:I"}, [("surface-not-on-back-tooth", 7, "", "TOO03-2", 23, False)]),
    "area": ({26: "SV3*AD:D0220*50**10:50"}, [("area-unknown", 5, "", "SV304-2", 26, False)]),
    "before birth": ({16: "DMG*D8*20260302*F"}, [("service-before-birth", 4, "8", "DTP03", 19, True)]),
    "a dependant's birth": (
        {**DEPENDANT, 17: [BODY[17], *SELF_WITH_DEPENDANT[:5], "DMG*D8*20260302*M"]},
        [("service-before-birth", 4, "8", "DTP03", 22, True)],
    ),
    "after sending": ({19: "DTP*472*D8*20260311"}, [("service-after-sending", 4, "8", "DTP03", 19, False)]),
    "accident later": (
        {18: "CLM*C1*150***11:B:1*Y*A*Y*Y**OA", 19: ["DTP*439*D8*20260302", BODY[19]]},
        [("accident-after-service", 4, "8", "DTP03", 19, False)],
    ),
    "placement later": (
        {26: ["SV3*AD:D0220*50***R", "DTP*441*D8*20260302"]},
        [("prior-placement-after-service", 4, "8", "DTP03", 27, False)],
    ),
    "subscriber without a member id": (
        {13: "NM1*IL*1*EXAMPLE*PAT"}, [("subscriber-number-missing", 4, "I9", "NM109", 13, False)]
    ),
    "patient without birth date": ({16: []}, [("patient-details-missing", 4, "I6", "DMG", 13, True)]),
    "replacement of nothing": (
        {18: "CLM*C1*150***11:B:7*Y*A*Y*Y"}, [("original-claim-number-missing", 4, "I6", "REF", 18, True)]
    ),
    "void of nothing": (
        {18: "CLM*C1*150***11:B:8*Y*A*Y*Y", 20: [BODY[20], "REF*G1*X"]},
        [("original-claim-number-missing", 4, "I6", "REF", 18, True)],
    ),
    "automobile": (
        {18: "CLM*C1*150***11:B:1*Y*A*Y*Y**AA"},
        [("accident-state-missing", 4, "I9", "CLM11-4", 18, True), ("accident-date-missing", 4, "I6", "DTP", 18, True)],
    ),
    "attachment": (
        {19: [BODY[19], "PWK*RB*EL***AC"]}, [("attachment-number-missing", 4, "I9", "PWK06", 20, True)]
    ),
    "two versions of ICD": (
        {20: "HI*ABK:K029*BF:5210"}, [("diagnosis-versions-mixed", 4, "7", "HI02-1", 20, True)]
    ),
    "pointer": (
        {22: BODY[22] + ":2"}, [("diagnosis-pointer-untrue", 4, "7", "SV311-2", 22, True)]
    ),
    "pointer to nothing": ({20: []}, [("diagnosis-pointer-untrue", 4, "7", "SV311-1", 21, True)]),
    "rendering without specialty": (
        with_more(20, "NM1*82*1*DOE*JO****XX*1999900024"),
        [("rendering-specialty-missing", 4, "I6", "PRV", 21, False)],
    ),
    "rendering is billing": (
        with_more(20, "NM1*82*1*DOE*JO****XX*1999900016", "PRV*PE*PXC*1223G0001X"),
        [("rendering-same-as-billing", 4, "", "NM109", 21, False)],
    ),
    "turn": (
        {20: [BODY[20], OTHER_PAYER[0].replace("*S*", "*P*"), *OTHER_PAYER[2:]]},
        [("payer-turn-repeated", 4, "7", "SBR01", 21, True)],
    ),
    "decided by nobody": (with_more(24, *DECIDED), [("deciding-payer-unknown", 4, "7", "SVD01", 25, True)]),
    "planned and done": (
        {18: "CLM*C1*150***11:B:1*Y*A*Y*Y**********PB"},
        [("predetermination-with-service-date", 4, "I9", "DTP", 19, True)],
    ),
    "no date": ({19: [], 23: [BODY[23], "DTP*472*D8*20260301"]}, [("service-date-missing", 4, "I6", "DTP", 26, False)]),
    "placement": ({26: "SV3*AD:D0220*50***R"}, [("prior-placement-missing", 4, "I6", "DTP", 26, True)]),
    "units of teeth": (
        {22: "SV3*AD:D2391*100****2", 23: ["TOO*JP*14", "TOO*JP*15"]},
        [("units-of-several-teeth", 4, "I13", "SV306", 22, True)],
    ),
    "tooth again": ({23: ["TOO*JP*14", "TOO*JP*14"]}, [("tooth-repeated", 4, "", "TOO02", 24, False)]),
    "a charge below zero": (
        {18: "CLM*C1*-150***11:B:1*Y*A*Y*Y", 22: "SV3*AD:D2391*-100****1", 26: "SV3*AD:D0220*-50"},
        [("charge-below-zero", 2, "I12", "CLM02", 18, True)],
    ),
    "line id again": ({27: "REF*6R*L1"}, [("line-id-repeated", 4, "", "REF02", 27, False)]),
}  # fmt: skip


@pytest.mark.parametrize("changes", SILENT.values(), ids=SILENT)
def test_nothing_is_said_of_a_claim_that_is_right(changes: Changes) -> None:
    assert said(changes) == []


@pytest.mark.parametrize(("changes", "expected"), SPOKEN.values(), ids=SPOKEN)
def test_a_fault_is_said_with_its_place_and_code(changes: Changes, expected: list[Said]) -> None:
    assert sorted(said(changes)) == sorted(expected)


def test_a_difference_is_said_as_an_amount() -> None:
    (more,) = checks(file({18: "CLM*C1*1000.005***11:B:1*Y*A*Y*Y"}))
    (less,) = checks(file({18: "CLM*C1*.1***11:B:1*Y*A*Y*Y"}))

    assert "850.005 more than" in more.message
    assert "149.90 less than" in less.message


def test_a_fault_names_claim_line_and_loop_as_they_were_sent() -> None:
    one = next(checks(file({25: "LX*02", 27: ["NM1*82*1*DOE*JO****XX*199990001", "PRV*PE*PXC*1223G0001X"]})))
    other = next(checks(file({21: "LX*01", 22: "SV3*AD:D239*100****1"})))

    assert (one.where.loop, one.where.claim, one.where.line, one.where.data_element) == ("2420A", "C1", "02", "67")
    assert (other.where.loop, other.where.line, other.where.data_element) == ("2400", "01", "234")


def test_the_qualifier_of_a_diagnosis_has_its_own_data_element() -> None:
    (one,) = checks(file({20: "HI*ABK:K029*BF:5210"}))

    assert (one.where.reference, one.where.data_element) == ("HI02-1", "1270")


def test_the_offset_is_that_of_the_segment() -> None:
    data = bytes(file({23: "TOO*JP*99"})).replace(b"~", b"~\r\n")
    (one,) = checks(Document.of(data))

    assert data[one.where.offset :].startswith(b"TOO*JP*99~")
    assert one.where.position == 23


def test_empty_segments_have_no_position() -> None:
    data = bytes(file({23: "TOO*JP*99"})).replace(b"~HL", b"~~\n~HL").replace(b"~LX", b"~~LX")

    assert [one.where.position for one in checks(Document.of(data))] == [23]


def test_nothing_private_is_said() -> None:
    private = "Q7Z"
    changes: Changes = {
        7: f"NM1*85*2*TEST*****XX*{private}", 9: f"N4*{private}*{private}*{private}", 10: f"REF*EI*{private}",
        11: f"HL*{private}*{private}*22*0", 15: f"N4*{private}*{private}*{private}*{private}9",
        16: ["DMG*D8*20270101*F", f"REF*SY*{private}"], 18: f"CLM*{private}*1***{private}:B:7*Y*A*Y*Y**AA:OA",
        19: f"DTP*472*D8*{private}", 20: f"HI*ABK:{private}*BK:{private}", 21: f"LX*{private}",
        22: f"SV3*AD:{private}*100*{private}*{private}", 23: f"TOO*JP*{private}*{private}",
    }  # fmt: skip
    found = list(checks(file(changes)))

    assert len(found) > 15
    assert [one.rule for one in found if private in one.message + one.remedy] == []
    assert [one.value for one in found if one.rule == "social-security-number-shape"] == [b""]
    assert [one.rule for one in found if "\n" in one.message + one.remedy or "{" in one.message + one.remedy] == []


def test_a_list_that_was_supplied_is_asked() -> None:
    lists = {
        "procedure": read_code_list("procedure", ["# ours", "D2391, 2025-01-01,", "D0220,,20260228", "D0220,20270101"]),
        "diagnosis": read_code_list("diagnosis", ["K021"]),
        "filing-indicator": read_code_list("filing-indicator", ["CI", ""]),
        "place-of-service": read_code_list("place-of-service", ["12"]),
    }

    assert sorted(said({}, lists)) == [
        ("code-not-in-list", 5, "7", "CLM05-1", 18, True),
        ("code-not-in-list", 5, "7", "HI01-2", 20, True),
        ("code-not-valid-on-date", 5, "7", "SV301-2", 26, True),
    ]
    assert said({19: "DTP*472*D8*20260228"}, {"procedure": lists["procedure"]}) == []


@pytest.mark.parametrize(
    ("name", "lines", "expected"),
    [
        ("cdt", ["D0120"], "there is no code list"),
        ("procedure", ["D0120,soon"], "line 1: not a date"),
        ("procedure", ["", "D0120,20260101,20250101"], "line 2: write CODE"),
        ("procedure", [",20260101"], "line 1: write CODE"),
        ("procedure", ["# nothing"], "holds no code"),
    ],
)
def test_a_list_that_cannot_be_read_says_where(name: str, lines: list[str], expected: str) -> None:
    with pytest.raises(CodeListError, match=expected):
        read_code_list(name, lines)


def test_lists_are_loaded_from_files(tmp_path: Path) -> None:
    path = tmp_path / "cdt.txt"
    path.write_text("D0120\nD0220\t20200101\n", encoding="utf-8")
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe")

    assert "D0220" in load_code_lists([f"procedure={path}"])["procedure"]
    for wrong in ("procedure", f"procedure={tmp_path / 'bad.txt'}", f"nothing={path}"):
        with pytest.raises(CodeListError):
            load_code_lists([wrong])


def test_a_transaction_is_checked_by_itself() -> None:
    two = bytes(file({18: "CLM*C1*1***11:B:1*Y*A*Y*Y"}))
    start, stop = two.index(b"ST*"), two.index(b"GE*")
    data = two[:stop] + two[start:stop].replace(b"SE*28*0001", b"") + two[start:]
    found = [
        [one.rule for one in transaction_faults(segments, group)] for group, segments in transactions(Document.of(data))
    ]

    assert found == [["charge-not-sum-of-lines"]] * 3


def test_a_transaction_of_another_kind_is_left_alone() -> None:
    data = bytes(file({18: "CLM*C1*1***11:B:1*Y*A*Y*Y"})).replace(b"005010X224A2", b"005010X222A1")

    assert list(checks(Document.of(data))) == []


@pytest.mark.parametrize(
    ("npi", "expected"),
    [("1999900016", True), ("1999900017", False), ("1234567893", True), ("2999900015", False), ("4567890123", False)],
)
def test_the_check_digit_of_an_npi(npi: str, expected: bool) -> None:
    assert npi_checks(npi) is expected


def test_every_tooth_there_is() -> None:
    teeth = [str(n) for n in range(1, 33)] + [str(n) for n in range(51, 83)]
    teeth += list("ABCDEFGHIJKLMNOPQRST") + [one + "S" for one in "ABCDEFGHIJKLMNOPQRST"]
    at_front = {one for one in teeth if front(one)}

    assert [one for one in teeth if front(one) is None] == []
    assert {one for one in at_front if one.isdigit() and int(one) < 50} == {
        *map(str, range(6, 12)),
        *map(str, range(22, 28)),
    }
    assert {one for one in at_front if one.isalpha() and len(one) == 1} == set("CDEFGHMNOPQR")
    assert {str(int(one) - 50) for one in at_front if one.isdigit() and int(one) > 50} == {
        one for one in at_front if one.isdigit() and int(one) < 50
    }
    assert [
        one for one in ("0", "00", "33", "50", "83", "U", "US", "SS1", "a", "1S", "") if front(one) is not None
    ] == []
