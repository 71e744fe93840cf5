"""What a TA1, 999 or 277CA says is shown in words, whatever is in it; and the command writes them as it was told."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from bitewing.ackview import shown_answers
from bitewing.cli.conformance import ack_command
from bitewing.edi.acks.interchange_ta1 import NOTES
from bitewing.edi.acks.read import answers
from bitewing.edi.acks.status import MISSING, Status, place_of, status_of
from bitewing.edi.acks.words import words
from bitewing.edi.compose import compose
from bitewing.edi.conformance.fault import Fault, Scope, Where
from bitewing.edi.document import Document
from bitewing.exits import Exit
from bitewing.transforms.example import parse_claims

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples" / "acks"
ISA = f"ISA*00*{'':10}*00*{'':10}*ZZ*{'PAYER':15}*ZZ*{'SENDER':15}*261121*1000*^*00501*000000001*0*T*:~".encode()

TA1 = b"TA1*000000101*260310*1200*R*021~"
NINES = (
    b"GS*FA*PAYER*SENDER*20261121*1000*1*X*005010X231A1~ST*999*0001*005010X231A1~AK1*HC*101*005010X224A2~"
    b"AK2*837*0001*005010X224A2~IK5*A~AK2*837*0002*005010X224A2~IK3*SV3*22*2400*8~CTX*CLM01:C1~IK4*1:2*234*7*D0999~"
    b"IK3*REF*57**3~CTX*SITUATIONAL TRIGGER*CLM*43**5:3~CTX*CLM01:C2~IK3*NM1*13*2010*8~IK4*9*67*ZZ~IK5*R*5*4~"
    b"AK9*P*3*2*1*5~SE*16*0001~GE*1*1~"
)
CLAIMS = (
    b"GS*HN*PAYER*SENDER*20261121*1000*1*X*005010X214~ST*277*0001*005010X214~BHT*0085*08*1*20261121*1000*TH~"
    b"HL*1**20*1~NM1*PR*2*TEST PAYER*****PI*1~TRN*1*1~HL*2*1*21*1~NM1*41*2*TEST SENDER*****46*2~TRN*2*BATCH1~"
    b"STC*A1:19:PR*20261121*WQ*106~QTY*90*1~QTY*AA*1~AMT*YU*26~AMT*YY*80~HL*3*2*19*1~"
    b"NM1*85*2*TEST DENTAL*****XX*1999900016~TRN*1*0~STC*A1:19:PR**WQ*106~HL*4*3*PT~NM1*QC*1*EXAMPLE*PAT****MI*MEM1~"
    b"TRN*2*C1~STC*A7:247*20261121*U*80~"
    b"STC*A6:164:IL*20261121*U*80******X9:999~REF*1K*PCN1~REF*D9*CH1~DTP*472*D8*20260310~SVC*AD:D0120*50~"
    b"STC*A7:454*20261121*U~REF*FJ*L1~TRN*2*C2~STC*A2:20*20261121*WQ*26~DTP*472*RD8*20260301-20260302~SE*30*0001~GE*1*1~"
)
IEA = b"IEA*1*000000001~"


def test_a_ta1_in_words() -> None:
    assert shown(TA1) == "TA1: interchange 000000101 of 2026-03-10 rejected: the number of groups does not agree (021)"


def test_a_999_in_words() -> None:
    assert shown(NINES).splitlines() == [
        "999: group 101, claims (HC, 005010X224A2)",
        "  Transaction 0001 (837): accepted",
        "  Transaction 0002 (837): rejected",
        "    segments are wrong, see there (5)",
        "    the number of segments does not agree with SE01 (4)",
        "    Segment 22, SV3 in loop 2400, claim C1: elements are wrong (8)",
        "      SV301-2 (the procedure code): not an allowed code (7); sent: D0999",
        "    Segment 57, REF, claim C2: a segment is missing that is required (3)",
        "      because of CLM at segment 43",
        "    Segment 13, NM1 in loop 2010: elements are wrong (8)",
        "      NM109 (the identification number): code ZZ",
        "  Group 101: accepted in part; 1 of 2 transactions accepted, 3 announced",
        "    the number of transactions does not agree (5)",
    ]


def test_a_277ca_in_words() -> None:
    assert shown(CLAIMS).splitlines() == [
        "277CA: batch BATCH1 from TEST PAYER for TEST SENDER: received",
        "  accepted 1, charges 26.00",
        "  rejected 1, charges 80.00",
        "  Provider TEST DENTAL, 1999900016: received",
        "  Claim C1, PAT EXAMPLE, 2026-03-10, 80.00: rejected",
        "    the payer's number is PCN1",
        "    the clearinghouse's number is CH1",
        "    rejected: something is not valid: in a service line, see there (A7:247)",
        "    rejected: something is missing: the member number, of the subscriber (A6:164:IL)",
        "    category X9: status 999 (X9:999)",
        "    Line D0120, 50.00, number L1",
        "      rejected: something is not valid: the procedure code (A7:454)",
        "  Claim C2, PAT EXAMPLE, 2026-03-01 to 2026-03-02, 26.00: accepted",
    ]


def shown(body: bytes, width: int = 100) -> str:
    return "\n".join(shown_answers(answers(Document.of(ISA + body + IEA)), width))


def test_view_takes_an_answer_for_what_it_is(tmp_path: Path, bitewing_command: Callable[..., Any]) -> None:
    path = tmp_path / "answer.edi"
    for body in (TA1, NINES, CLAIMS):
        path.write_bytes(ISA + body + IEA)
        said = bitewing_command("view", path)
        assert (said.code, said.text) == (Exit.DONE, shown(body) + "\n")


def test_view_shows_one_claim_of_an_answer(tmp_path: Path, bitewing_command: Callable[..., Any]) -> None:
    path = tmp_path / "answer.edi"
    path.write_bytes(ISA + CLAIMS + IEA)
    assert bitewing_command("view", path, "--claim", "C2").text.startswith("  Claim C2, ")
    path.write_bytes(ISA + NINES + IEA)
    lines = bitewing_command("view", path, "--claim", "C2").text.splitlines()
    assert [line for line in lines if "Segment" in line] == [
        "    Segment 57, REF, claim C2: a segment is missing that is required (3)"
    ]
    said = bitewing_command("view", path, "--claim", "C9")
    assert (said.code, "no dental claim C9 in this file" in said.err) == (Exit.USAGE, True)


def test_claims_are_still_shown_as_claims(tmp_path: Path, bitewing_command: Callable[..., Any]) -> None:
    path = tmp_path / "a.837"
    path.write_bytes(compose(parse_claims(("C1: D0120 50.00",))))

    assert bitewing_command("view", path).text.startswith("Claim        C1\n")


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 999), st.binary(max_size=4)), max_size=8), st.sampled_from([TA1, NINES, CLAIMS])
)
def test_whatever_an_answer_holds_it_is_shown(damage: Sequence[tuple[int, bytes]], body: bytes) -> None:
    for at, data in damage:
        body = body[: at % len(body)] + data + body[at % len(body) + len(data) :]
    if b"ISA" in body:
        return
    for line in shown(body).splitlines():
        assert line.isprintable()


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of samples is not beside the project")
def test_answers_by_others_are_shown_or_refused(bitewing_command: Callable[..., Any]) -> None:
    codes = {path.name: bitewing_command("view", path).code for path in sorted(SAMPLES.iterdir())}

    assert [name for name, code in codes.items() if code == Exit.UNREADABLE] == [
        "UHIN_x12-parser-library__TA1.edi",
        "kputnam_stupidedi__1.edi",
    ]
    assert [name for name, code in codes.items() if code == Exit.USAGE] == ["xlate_staedi__empty997.edi"]
    assert set(codes.values()) == {Exit.DONE, Exit.USAGE, Exit.UNREADABLE}


# ------------------------------------------------------------------------------------------------------------- codes


def test_every_code_that_is_written_has_words() -> None:
    written = {
        place_of(loop, place + part)
        for loop in ("1000A", "2000B", "2010AA", "2010BA", "2010BB", "2010CA", "2300", "2310B", "2330B", "2400", "2430")
        for place in (
            "NM1",
            "N3",
            "N4",
            "REF",
            "CLM",
            "DTP",
            "SV3",
            "TOO",
            "DMG",
            "SBR",
            "DN1",
            "DN2",
            "PWK",
            "HI",
            "CAS",
        )
        for part in ("", *(f"{at:02}" for at in range(1, 21)), "01-2", "01-3", "05-1", "05-3")
    }

    assert [code for code in sorted({*written, "20", "247", "400", "481"}) if not words("STC01-2", code)] == []
    assert [note for note in sorted(NOTES) if not words("TA105", note)] == []


@pytest.mark.parametrize(
    ("loop", "segment", "element", "component", "code", "status"),
    [
        ("2010BA", "NM1", 9, 0, "1", Status("A6", "164", "IL")),
        ("2010AA", "NM1", 9, 0, "7", Status("A7", "562", "85")),
        ("2310B", "NM1", 9, 0, "7", Status("A7", "562", "82")),
        ("2010BB", "NM1", 3, 0, "1", Status("A6", "125", "PR")),
        ("2010CA", "NM1", 3, 0, "5", Status("A7", "504", "QC")),
        ("2010CA", "DMG", 2, 0, "8", Status("A7", "158", "QC")),
        ("2010AA", "N4", 3, 0, "4", Status("A7", "500", "85")),
        ("2300", "CLM", 2, 0, "6", Status("A7", "178")),
        ("2300", "CLM", 5, 3, "7", Status("A7", "535")),
        ("2300", "CLM", 8, 0, "7", Status("A7", "21")),
        ("2400", "SV3", 1, 2, "7", Status("A7", "454")),
        ("2400", "TOO", 2, 0, "7", Status("A7", "244")),
        ("2400", "TOO", 3, 1, "7", Status("A7", "240")),
        ("2400", "SV3", 4, 1, "I10", Status("A3", "245")),
    ],
)
def test_a_status_says_what_is_wrong_where(
    loop: str, segment: str, element: int, component: int, code: str, status: Status
) -> None:
    where = Where(0, segment, loop, 9, element, component)

    assert status_of(Fault("any", 2, Scope.ELEMENT, where, "", code=code)) == status


def test_a_missing_segment_and_a_wrong_sum_have_their_status() -> None:
    missing = Fault("any", 2, Scope.SEGMENT, Where(0, "DTP", "2300", 9), "", code="3")
    unbalanced = Fault("any", 3, Scope.ELEMENT, Where(0, "CLM", "2300", 9, 2), "")

    assert status_of(missing) == Status(MISSING, "187")
    assert status_of(unbalanced) == Status("A8", "400")


# ------------------------------------------------------------------------------------------------------------ command


@pytest.fixture
def ack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command beside a file of one claim with a wrong SE01."""
    monkeypatch.chdir(tmp_path)
    data = compose(parse_claims(("C1: D0120 50.00",)))
    Path("a.837").write_bytes(re.sub(rb"SE\*\d+", b"SE*99", data))
    return lambda *arguments: CliRunner().invoke(ack_command, arguments, standalone_mode=False)


CLOCK = ("--at", "2026-11-21T10:00", "--control", "7")


def test_the_command_writes_what_is_asked_for(ack: Callable[..., Any]) -> None:
    outputs = ("--999", "a.999", "--277ca", "a.277")
    said = ack("a.837", *outputs, "--line-end", "lf", "--source", "TEST CLEARING:9999", *CLOCK)

    assert said.return_value == Exit.DONE
    assert said.output.splitlines() == [
        "a.837: 1 claim, 1 rejected; 1 transaction, 1 rejected; next control number 10",
        "  999 written to a.999",
        "  277ca written to a.277",
    ]
    assert b"\nIK5*R*4~\n" in Path("a.999").read_bytes()
    assert b"*20261121*1000*" in Path("a.999").read_bytes()
    assert b"\nNM1*AY*2*TEST CLEARING*****46*9999~\n" in Path("a.277").read_bytes()
    assert sorted(path.name for path in Path().iterdir()) == ["a.277", "a.837", "a.999"]


def test_the_command_writes_to_standard_output(ack: Callable[..., Any]) -> None:
    said = ack("a.837", "--ta1", "-", *CLOCK)

    assert said.stdout_bytes.endswith(b"~TA1*000000101*260310*1200*A*000~IEA*0*000000007~")
    assert said.stderr.startswith("a.837: 1 claim, 1 rejected;")


def test_without_a_clock_the_answer_has_the_time_of_the_file(ack: Callable[..., Any]) -> None:
    first, second = ack("a.837", "--ta1", "-"), ack("a.837", "--ta1", "-")

    assert first.stdout_bytes == second.stdout_bytes
    assert b"*260310*1200*^*00501*000000001*" in first.stdout_bytes


def test_without_a_clock_a_file_without_a_time_is_refused(ack: Callable[..., Any]) -> None:
    Path("b.837").write_bytes(Path("a.837").read_bytes().replace(b"*260310*1200*", b"*260399*1200*", 1))
    result = ack("b.837", "--ta1", "x")

    assert isinstance(result.exception, click.ClickException)
    assert "--at" in str(result.exception)
    assert not Path("x").exists()


def test_what_is_only_told_refuses_nothing_and_is_not_answered(ack: Callable[..., Any]) -> None:
    """Five digits of a ZIP code where nine are wanted: told by ``validate``, accepted all the same."""
    data = compose(parse_claims(("C1: D0120 50.00",)))
    short = re.sub(rb"(NM1\*85[^~]*~N3[^~]*~N4\*[^~]*?\*)(\d{5})\d{4}~", rb"\1\2~", data)
    Path("c.837").write_bytes(short)
    said = ack("c.837", "--999", "-")

    assert short != data
    assert b"~IK5*A~AK9*A*1*1*1~" in said.stdout_bytes
    assert b"IK3" not in said.stdout_bytes


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.837"], "say what to write"),
        (["a.837", "--ta1", "a.837"], "cannot take the place"),
        (["a.837", "--ta1", "x", "--999", "x"], "give each its own"),
        (["a.837", "--ta1", "x", "--source", "name"], "--source"),
        (["b.837", "--ta1", "x"], "check the name"),
    ],
)
def test_the_command_refuses_what_is_not_clear(ack: Callable[..., Any], arguments: list[str], said: str) -> None:
    result = ack(*arguments)

    assert isinstance(result.exception, click.ClickException)
    assert (result.exception.exit_code, said in str(result.exception)) == (Exit.USAGE, True)
    assert [path.name for path in Path().iterdir()] == ["a.837"]


def test_the_command_answers_nothing_that_cannot_be_read(ack: Callable[..., Any]) -> None:
    Path("b.837").write_bytes(b"no X12")
    result = ack("b.837", "--ta1", "x")

    assert result.return_value == Exit.UNREADABLE
    assert not Path("x").exists()
