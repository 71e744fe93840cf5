"""A claim reads like a claim: what a biller asks for, findings under their lines, nothing a terminal would obey."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitewing.edi.claim import Claim
from bitewing.edi.compose import compose
from bitewing.edi.document import Document
from bitewing.edi.edit import Edit
from bitewing.edi.errors import EdiError
from bitewing.edi.finding import Action, Finding, Place
from bitewing.transforms.example import parse_claims
from bitewing.transforms.facts import Facts
from bitewing.transforms.judge import Judge
from bitewing.transforms.periapical.missing_first_pa import missing_first_pa
from bitewing.view import render_claim

WHOLE = """\
Claim        C1
Total        223.00
Frequency    replacement (7) of ICN1
Place        office (11)
Date         2026-03-10
Practice     TEST DENTAL 0016, NPI 1999900016
Rendering    TEST DENTIST0024, NPI 1999900024
Payer        PAYER TESTPAY1, id TESTPAY1, secondary
Patient      ALEX TWINNING, born 2014-09-05, child (19)
Subscriber   CHRIS TWINNING, member MEM000003, group GROUP1
Other cover  PRIOR PAYER, id PRIMARY, primary, paid 40.00
Attachments  2: RB, EB
Notes        1. broken tooth, films show it

 LX  Date        Code   Service                                              Tooth/area  Qty  Charge
  1  2026-03-10  D0230  periapical, each further image same date             #30           3   78.00
     payer PRIMARY paid 40.00 as D0230 x3 on 2026-03-01
     REPAIR   missing-first-pa (P101): The first film of a date is D0220.
              SV3*AD:D0230*78.00****3~ -> SV3*AD:D0220*26.00~
              + LX*4~
              + SV3*AD:D0230*52.00****2~
     PREDICT  same-day-exclusion (R101): The payer is likely to bundle this with the evaluation.
              (rule r-17)
  2  2026-03-10  D0120  periodic exam, established patient                                 1   85.00
     rendered by TEST DENTIST0032, NPI 1999900032
     PREDICT  same-day-exclusion (R101): see line 1
  3  2026-03-10  D9999  work not listed elsewhere                            area 10       1   60.00
                                                                          Total of the lines  223.00

About the claim
     INFO     segment-not-in-guide (T105): Kept as it is."""


def interchange(*claims: str, **options: Any) -> bytes:
    return compose(parse_claims(claims), **options)


def claims_of(data: bytes) -> list[Claim]:
    return list(Document.of(data).claims())


def one_claim(*notation: str, damage: Sequence[tuple[bytes, bytes]] = ()) -> Claim:
    data = interchange(*notation)
    for old, new in damage:
        assert data.count(old) == 1
        data = data.replace(old, new)
    (claim,) = claims_of(data)
    return claim


def finding(action: Action, code: str, name: str, message: str, claim: Claim, *lines: int, **more: Any) -> Finding:
    return Finding(code, name, action, message, Place(claim=claim.id, lines=lines, claim_at=claim.offset), **more)


def row(text: str, label: str) -> str:
    """What the head says behind a word."""
    return next(line.removeprefix(label).strip() for line in text.splitlines() if line.startswith(label))


def test_a_whole_claim_reads_like_this() -> None:
    claim = one_claim(
        'C1 patient=TWIN-A freq=7 f8=ICN1 pwk=RB,EB paid=40.00 note="broken tooth, films show it": '
        "D0230 x3 78.00 #30 svd=PRIMARY*40.00*AD:D0230**3 | D0120 85.00 by=1999900032 | "
        'D9999 60.00 area=10 text="work not listed elsewhere"'
    )
    at = claim.lines[0].offset
    edits = (
        Edit(at, b"SV3*AD:D0230*78.00****3~", b"SV3*AD:D0220*26.00~"),
        Edit(at + 99, b"", b"LX*4~\r\nSV3*AD:D0230*52.00****2~\r\n"),
    )
    likely = "The payer is likely to bundle this with the evaluation."
    findings = [
        finding(Action.REPAIR, "P101", "missing-first-pa", "The first film of a date is D0220.", claim, 1, edits=edits),
        finding(Action.PREDICT, "R101", "same-day-exclusion", likely, claim, 1, 2, policy="r-17"),
        finding(Action.INFO, "T105", "segment-not-in-guide", "Kept as it is.", claim),
    ]

    assert render_claim(claim, findings) == WHOLE


def test_what_the_judge_repairs_stands_under_its_line() -> None:
    claim = one_claim("C1: D0120 58.00 | D0230 26.00 #30")
    lines = render_claim(claim, Judge([missing_first_pa], Facts()).judge([claim]).findings).splitlines()
    (at,) = (number for number, line in enumerate(lines) if "D0230  periapical" in line)

    assert lines[at + 1].startswith("     REPAIR   missing-first-pa (P101): D0230 without D0220 on 2026-03-10")
    assert "              SV3*AD:D0230*26.00~ -> SV3*AD:D0220*26.00~" in lines[at + 2 :]


def test_escape_characters_are_shown_and_never_sent() -> None:
    claim = one_claim(
        'C1 note="red \x1b]0;owned\x07 \x9b31m end": D0120 58.00',
        damage=[(b"EXAMPLE*PAT", b"EX\x1b[31mAMPLE*P\xc4T\x7f"), (b"MEM000001", b"MEM\r\n1")],
    )
    message = "line one\n\tline two \x1b[2J \u202e backwards"
    text = render_claim(claim, [finding(Action.FLAG, "T1", "fault", message, claim, 1)])

    assert row(text, "Patient") == "P\xc4T\\x7f EX\\x1b[31mAMPLE, born 1980-02-14, self (18)"
    assert row(text, "Subscriber") == "the patient, member MEM\\r\\n1, group GROUP1"
    assert row(text, "Notes") == "1. red \\x1b]0;owned\\x07 \\x9b31m end"
    assert "fault (T1): line one line two \\x1b[2J \\u202e backwards" in text
    assert text.replace("\n", "").isprintable()


def test_an_amount_that_is_none_is_a_question_mark_with_its_reason() -> None:
    claim = one_claim("C1 total=58.00: D0120 1e3 | D0220 32.00")
    text = render_claim(claim, [])
    at = claim.lines[0].spot.offset + len("LX*1~")

    assert "  1  2026-03-10  D0120  periodic exam, established patient" in text
    assert [line.split()[-1] for line in text.splitlines() if "periodic exam" in line] == ["?"]
    assert [line.split()[-1] for line in text.splitlines() if "Total of the" in line] == ["?", "58.00"]
    assert text.split("Cannot be read\n")[1] == (
        f"     ?  offset {at}, segment SV3: SV302 is not a number; send digits, with a point before the cents\n"
        "        and nothing else, such as 125.00"
    )


def test_dates_that_are_none_are_question_marks_each_with_its_reason() -> None:
    claim = one_claim(
        "C1: D0120 58.00", damage=[(b"D8*19800214", b"D8*19801314"), (b"472*D8*20260310", b"472*D8*2026031")]
    )
    text = render_claim(claim, [])

    assert row(text, "Patient") == "PAT EXAMPLE, born ?, self (18)"
    assert row(text, "Date") == "?"
    assert [part.split(":")[0].split()[-1] for part in text.split("Cannot be read")[1].split("     ?  ")[1:]] == [
        "DTP",
        "DMG",
    ]


@pytest.mark.parametrize(
    ("charge", "said"),
    [
        ("9.5", "9.50"),
        ("14.125", "14.125"),
        ("-3.00", "-3.00"),
        ("1234567890123.05", "1234567890123.05"),
        ("0.1", "0.10"),
    ],
)
def test_money_is_exact_and_never_folded(charge: str, said: str) -> None:
    claim = one_claim("C1 total=1.00: D0120 77.00", damage=[(b"*77.00", b"*" + charge.encode())])
    text = render_claim(claim, [], width=72)

    assert [line.split()[-1] for line in text.splitlines() if "D0120" in line] == [said]
    assert [line.split()[-1] for line in text.splitlines() if "Total of the" in line] == [said, "1.00"]


def test_a_total_that_is_right_is_said_once() -> None:
    text = render_claim(one_claim("C1 total=58: D0120 58.00"), [])

    assert [line.split()[-1] for line in text.splitlines() if "Total of the" in line] == ["58.00"]


def test_what_is_absent_is_said_to_be_absent() -> None:
    claim = one_claim(
        "C1: D0120 58.00 by=NONE @none",
        damage=[(b"*11:B:1*", b"**"), (b"~NM1*PR*2*PAYER TESTPAY1*****PI*TESTPAY1", b""), (b"~DMG*D8*19800214*F", b"")],
    )
    text = render_claim(claim, [])

    assert row(text, "Frequency") == "not given"
    assert row(text, "Place") == "not given"
    assert row(text, "Date") == "not given"
    assert row(text, "Rendering") == "the practice"
    assert row(text, "Payer") == "payer not given, primary"
    assert row(text, "Patient") == "PAT EXAMPLE, no birth date, self (18)"
    assert (row(text, "Other cover"), row(text, "Attachments"), row(text, "Notes")) == ("none", "none", "none")


def test_a_predetermination_says_that_nothing_was_done() -> None:
    text = render_claim(one_claim("C1 predetermination: D0120 58.00"), [])

    assert row(text, "Status") == "predetermination: nothing was done yet"


def test_another_payer_that_has_not_decided_is_no_payment_of_nothing() -> None:
    said = render_claim(one_claim("C1 prior: D0120 58.00"), [])
    zero = render_claim(one_claim("C1 prior paid=0: D0120 58.00"), [])

    assert row(said, "Other cover") == "PRIOR PAYER, id PRIMARY, primary, nothing decided on the claim"
    assert row(zero, "Other cover") == "PRIOR PAYER, id PRIMARY, primary, paid 0.00"


def test_surfaces_stand_with_their_tooth() -> None:
    claim = one_claim("C1: D2392 120.00 #3,14", damage=[(b"JP*3~", b"JP*3*M:O~")])

    assert "#3 MO, #14" in " ".join(render_claim(claim, []).split())


def test_findings_of_other_claims_are_left_out_and_none_of_its_own_is() -> None:
    first, second = claims_of(interchange("C1: D0120 58.00", "C1: D0120 58.00"))
    own = finding(Action.FLAG, "T1", "own", "Said.", first, 1)
    other = finding(Action.FLAG, "T2", "other", "Said.", second, 1)
    stray = finding(Action.FLAG, "T3", "stray", "Of a line that is not there.", first, 9)
    envelope = Finding("E102", "envelope", Action.FLAG, "Of the transaction.", Place(transaction="0001"))
    text = render_claim(first, [own, other, stray, envelope])

    assert [name for name in ("own", "other", "stray", "envelope") if f"  {name} (" in text] == [
        "own",
        "stray",
        "envelope",
    ]
    assert text.index("About the claim") < text.index("stray (T3)") < text.index("envelope (E102)")


def test_lines_with_one_number_show_a_finding_in_full_once() -> None:
    claim = one_claim("C1: D0120 58.00 | D0220 32.00", damage=[(b"LX*2~", b"LX*1~")])
    text = render_claim(claim, [finding(Action.FLAG, "T1", "fault", "In full.", claim, 1)])

    assert text.count("fault (T1): In full.") == 1
    assert text.count("fault (T1): see line 1") == 1


def test_no_line_is_longer_than_the_width() -> None:
    claim = one_claim('C1 note="' + "word " * 60 + '": D0230 26.00 #1,2,3,4,5,6,7,8 | D0999 1.00 text=' + "x" * 200)
    findings = Judge([missing_first_pa], Facts()).judge([claim]).findings

    for width in (72, 80, 100, 160):
        assert max(map(len, render_claim(claim, findings, width).splitlines())) <= width
    assert render_claim(claim, findings, 10) == render_claim(claim, findings, 72)


@given(st.data())
def test_no_damage_to_a_file_makes_the_view_fail_or_unprintable(data: st.DataObject) -> None:
    damaged = bytearray(
        interchange("C1 patient=TWIN-A prior paid=4.00 pwk=RB note=why: D0230 x2 52.00 #3", line_end=b"\n")
    )
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(106, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    document = Document.of(bytes(damaged))
    try:
        claims = list(document.claims())
    except EdiError:
        return
    for claim in claims:
        text = render_claim(claim, [finding(Action.FLAG, "T1", "fault", "Said.", claim, 1)])
        assert text.replace("\n", "").isprintable()
        assert "fault (T1): Said." in text
