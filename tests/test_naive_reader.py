"""The naive reader says what a person reads in the file. Everything that is compared with it rests on that."""

import io
from datetime import date
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

# Two billing providers first; each subscriber names its own, so the nearest one above is the wrong one for the first.
FILE = """
ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260310*0800*^*00501*000000001*0*T*:~
GS*HC*SENDER*RECEIVER*20260310*0800*1*X*005010X224A2~
ST*837*0001*005010X224A2~
BHT*0019*00*1*20260310*0800*CH~
NM1*41*2*SUBMITTER*****46*SUB1~
PER*IC*DESK*TE*5555550100*EX*12~
NM1*40*2*RECEIVER*****46*REC1~
HL*10**20*1~
PRV*BI*PXC*1223G0001X~
NM1*85*2*PRACTICE ONE*****XX*1990000014~
N3*1 EXAMPLE ST*SUITE 2~
N4*SAMPLETON*OH*999990001~
REF*EI*000000001~
HL*20**20*1~
NM1*85*2*PRACTICE TWO*****XX*1990000022~
HL*31*10*22*0~
SBR*P*18*GROUP1*EMPLOYER*****CI~
NM1*IL*1*LAST00001*FIRST001*M***MI*MEMBER1~
DMG*D8*19800229*F~
NM1*PR*2*PAYER*****PI*TP1~
REF*2U*X~
CLM*C1*112.5***11:B:1*Y*A*Y*Y**AA:OA::OH*01*******PB*7~
DTP*472*RD8*20260301-20260305~
DTP*439*D8*20260131~
DN1*36**Y~
DN2*8*M****JP~
PWK*RB*EL***AC*ATT1~
CN1*02*10.25~
AMT*F5*.5~
REF*G1*AUTH1~
REF*G1*AUTH2~
NTE*ADD*CLM~
HI*ABK:K0262*ABF:K0510~
HCP*01*50****************~
NM1*DN*1*REFERRER1~
NM1*P3*1*REFERRER2~
NM1*82*1*DOCTOR*A***JR*XX*1990000030~
PRV*PE*PXC*1223G0001X~
REF*0B*LIC1~
SBR*S*19*****C*~
CAS*PR*1*5*1**********3*2.5~
AMT*D*12~
OI***Y***I~
NM1*IL*1*OTHER~
NM1*PR*2*OTHER PAYER*****PI*OP1~
DTP*573*D8*20260310~
REF*F8*CTRL1~
NM1*82*1*~
REF*G2*G2ID~
LX*1~
SV3*AD:D2392:AA::BB*100**10:20*I*2*****1:3:~
TOO*JP*3*M:O~
TOO*JP*4~
DTP*472*D8*20260304~
DTP*139*D8*20140602~
REF*6R*L1~
REF*G3*P1**2U:OP1~
REF*G3*P2~
NM1*82*1*HELPER~
SVD*OP1*70*AD:D2392**2*1~
CAS*CO*45*30~
DTP*573*D8*20260311~
AMT*EAF*0~
SVD*OP2*1*AD:D2391**1~
LX*2~
SV3*AD:D0230*12.50****4~
HL*40*20*22*1~
SBR*T~
NM1*IL*1*LAST00002*****MI*MEMBER2~
NM1*PR*2*PAYER*****PI*TP2~
HL*41*40*23*0~
PAT*19~
NM1*QC*1*LAST00002*FIRST003~
DMG*D8*20150230*M~
CLM*C2*0***11:B:7*Y*A*Y*Y~
LX*1~
SV3*AD:D0120*0~
SE*76*0001~
GE*1*1~
IEA*1*000000001~
"""


@pytest.fixture(scope="module")
def claims(naive: ModuleType) -> list[dict[str, Any]]:
    claims: list[dict[str, Any]] = naive.read_claims(FILE.strip().encode())
    return claims


def test_parents_are_the_named_ones_not_the_nearest(claims: list[dict[str, Any]]) -> None:
    first, second = claims

    assert [claim["billing_provider"]["id"] for claim in claims] == ["1990000014", "1990000022"]
    assert [claim["billing_provider"]["taxonomy"] for claim in claims] == ["1223G0001X", ""]
    assert (first["payer"]["id"], second["payer"]["id"]) == ("TP1", "TP2")
    assert (first["submitter"]["id"], first["receiver"]["id"]) == ("SUB1", "REC1")
    assert first["submitter"]["contacts"] == ({"name": "DESK", "numbers": (("TE", "5555550100"), ("EX", "12"))},)


def test_the_patient_is_the_dependant_or_the_subscriber(claims: list[dict[str, Any]]) -> None:
    own, dependant = claims[0]["patient"], claims[1]["patient"]

    assert (own["last_name"], own["relationship"], own["member_id"]) == ("LAST00001", "18", "MEMBER1")
    assert (own["birth_date"], own["gender"], own["middle_name"]) == (date(1980, 2, 29), "F", "M")
    assert (dependant["first_name"], dependant["relationship"]) == ("FIRST003", "19")
    assert dependant["member_id"] == "MEMBER2"
    # The thirtieth of February is no date.
    assert dependant["birth_date"] is None
    assert claims[0]["subscriber"]["group_name"] == "EMPLOYER"


def test_elements_of_the_claim_are_at_their_places(claims: list[dict[str, Any]]) -> None:
    first, second = claims

    assert (first["id"], first["charge"], first["frequency"]) == ("C1", Decimal("112.5"), "1")
    assert (first["related_causes"], first["accident_state"]) == (("AA", "OA"), "OH")
    assert (first["special_program"], first["submission_reason"], first["delay_reason"]) == ("01", "PB", "7")
    assert (first["predetermination"], second["predetermination"]) == (True, False)
    assert first["service_date"] == (date(2026, 3, 1), date(2026, 3, 5))
    assert first["accident_date"] == date(2026, 1, 31)
    assert first["orthodontics"] == {"total_months": Decimal(36), "months_remaining": None, "description": ""}
    assert first["tooth_statuses"] == ({"tooth": "8", "status": "M"},)
    assert first["attachments"] == ({"report_type": "RB", "transmission": "EL", "control_number": "ATT1"},)
    assert (first["contract"]["amount"], first["patient_paid"]) == (Decimal("10.25"), Decimal("0.5"))
    assert (first["prior_authorization"], len(first["references"])) == ("AUTH1", 2)
    assert first["notes"] == ("CLM",)
    assert [code["code"] for code in first["diagnoses"]] == ["K0262", "K0510"]
    assert (first["pricing"]["method"], second["pricing"]) == ("01", None)


def test_providers_belong_to_the_loop_they_stand_in(claims: list[dict[str, Any]]) -> None:
    first = claims[0]
    other = first["other_subscribers"][0]

    assert [party["last_name"] for party in first["referring_providers"]] == ["REFERRER1", "REFERRER2"]
    assert (first["rendering_provider"]["suffix"], first["rendering_provider"]["id"]) == ("JR", "1990000030")
    assert first["rendering_provider"]["references"] == ({"qualifier": "0B", "value": "LIC1"},)
    assert first["supervising_provider"] is None
    assert other["rendering_provider"]["references"] == ({"qualifier": "G2", "value": "G2ID"},)
    assert (other["person"]["last_name"], other["payer"]["id"]) == ("OTHER", "OP1")
    assert (other["paid_date"], other["payer_paid"]) == (date(2026, 3, 10), Decimal(12))
    assert (other["benefits_assigned"], other["release_of_information"]) == ("Y", "I")
    assert [(one["reason"], one["amount"], one["quantity"]) for one in other["adjustments"]] == [
        ("1", Decimal(5), Decimal(1)),
        ("3", Decimal("2.5"), None),
    ]


def test_lines_have_their_own_facts_or_the_claims(claims: list[dict[str, Any]]) -> None:
    first, second = claims[0]["lines"]

    assert (first["code"], first["modifiers"], first["charge"]) == ("D2392", ("AA", "BB"), Decimal(100))
    assert (first["areas"], first["prosthesis"], first["quantity"]) == (("10", "20"), "I", Decimal(2))
    assert first["diagnosis_pointers"] == ("1", "3")
    assert first["teeth"] == ({"number": "3", "surfaces": ("M", "O")}, {"number": "4", "surfaces": ()})
    assert (second["quantity"], second["quantity_sent"]) == (Decimal(4), "4")
    assert claims[1]["lines"][0]["quantity"] == Decimal(1)
    assert first["own_service_date"] == first["service_date"] == (date(2026, 3, 4), date(2026, 3, 4))
    assert (second["own_service_date"], second["service_date"]) == (None, claims[0]["service_date"])
    assert claims[1]["lines"][0]["service_date"] is None
    assert first["prior_placement_date"] == date(2014, 6, 2)
    assert (first["control_number"], first["predetermination_ids"]) == ("L1", ("P1", "P2"))
    assert first["own_rendering_provider"] == first["rendering_provider"]
    assert first["rendering_provider"]["last_name"] == "HELPER"
    assert second["own_rendering_provider"] is None
    assert second["rendering_provider"]["last_name"] == "DOCTOR"


def test_decisions_of_other_payers_belong_to_their_line(claims: list[dict[str, Any]]) -> None:
    first, second = claims[0]["lines"]
    decision = first["adjudications"][0]

    assert [one["payer_id"] for one in first["adjudications"]] == ["OP1", "OP2"]
    assert second["adjudications"] == ()
    assert (decision["code"], decision["quantity"], decision["bundled_line"]) == ("D2392", Decimal(2), "1")
    assert (decision["paid_date"], decision["remaining_liability"]) == (date(2026, 3, 11), Decimal(0))
    assert decision["adjustments"] == ({"group": "CO", "reason": "45", "amount": Decimal(30), "quantity": None},)


def test_each_interchange_is_read_with_its_own_delimiters(naive: ModuleType, generator: ModuleType) -> None:
    parts = []
    for layout in (generator.Layout(), generator.Layout("|", ">", "<", "!", "crlf")):
        out = io.BytesIO()
        generator.generate(out, claims=5, layout=layout)
        parts.append(out.getvalue())

    once = naive.read_claims(parts[0])
    assert naive.read_claims(b"\r\n" + parts[0] + b"\n junk \n" + parts[1]) == once + once
