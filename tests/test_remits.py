"""Every field of a remittance is what the naive reader finds; what has no place is refused; memory stays flat."""

import io
import tracemalloc
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import bitewing
from bitewing.edi.errors import BadValue, BrokenHierarchy

SAMPLES = sorted((Path(__file__).resolve().parents[2] / "shared" / "samples" / "835").glob("*"))
DELIMITERS = ("*:^~", "|>!\n", "\x1d\x1f\x1e\x1c", "\t,;'", "+>^\r")
LINE_ENDS = ("", "\n", "\r\n", "\n  ")
WORDS = {
    "affect-therapeutics_edi-835-parser__sample_835_with_interests.txt": 6,
    "zentist_TigerShark__sample_835.txt": 2,
    "HienTa2_Claims_Parsing__sample_835.txt": 1,
}
"""Amounts in them are words, or a date is none; how many claim payments they hold."""

HEADER = """
BPR*I*.5*C*ACH*CCP*01*999999992*DA*123456*1512345678*999999999*01*999988880*DA*98765*20260320
TRN*1*TRACE1*1512345678*SUPPL
CUR*PR*USD
REF*EV*RECEIVER
REF*F2*V1
N1*PR*TEST PAYER*XV*PLAN1
N3*1 EXAMPLE WAY*SUITE 2
N4*SAMPLETOWN*OH*44001*US***OH1
REF*2U*PAYER1
REF*NF*12345
PER*CX*CLAIMS DESK*TE*5555550100*EX*12*FX*5555550101
PER*BL*HELP*EM*help@example.invalid
PER*IC**UR*www.example.invalid
N1*PE*TEST DENTAL*XX*1999900016
DTM*405*20260319
N3*9 EXAMPLE RD
N4*SAMPLETOWN*OH*44001
REF*TJ*999999999
REF*PQ*P1
RDM*FT*TEST*www.example.invalid
LX*1
TS3*1999900016*11*20261231*2*400********10**20**30*40**50*60*70*1*80
TS2*1*2*3*4*5*6*7*8*9*10*11*12*13*14*15*16*17*18*19
"""
CLAIM = """
CLP*C1*1*150.00*-.5*20*12*ICN1*11*1**DRG*1.5*.75*Y
CAS*CO*45*10*1*253*-.5**97*3*2*A2*4**A3*5**A4*6*1
CAS*OA**1
CAS*PR*1*7.25
DTM*050*20260315
NM1*QC*1*SAMPLE*PAT*Q**JR*MI*MEM1
NM1*IL*1*SAMPLE*CHRIS****MI*MEM2
NM1*74*1*SAMPEL*PATRICIA****C*MEM3
NM1*82*1*DENTIST*DANA****XX*1999900024
NM1*TT*2*NEXT PAYER*****PI*NEXT1
NM1*PR*2*FIRST PAYER*****PI*FIRST1
NM1*GB*1*OTHER*SAM****MI*MEM4
MIA*1*2*3*4*M1*6*7*8*9*10*11*12*13*14*15*16*17*18*19*M20*M21*M22*M23*24
MOA*.8*2*M3*M4*M5*M6*M7*8*9
REF*1L*GROUP1
REF*1W*MEMBER
REF*CE*NETWORK
REF*EA*RECORD
REF*F8*ICN0
REF*G1*AUTH
REF*G3*PREDET
REF*0B*LICENCE
DTM*232*20260301
DTM*233*20260302
DTM*036*20261231
PER*CX*ASK*TE*5555550102
AMT*AU*150
AMT*F5*10
AMT*I*.25
QTY*CA*2
SVC*AD:d0230 :22:23:24:25:WORDS*100*60.00**3*AD:D0220:26:27:28:29:OTHER WORDS*4
DTM*472*20260301
CAS*CO*45*40*1
REF*6R*L1
REF*LU*11
AMT*B6*60
QTY*ZK*1
LQ*HE*N19
LQ*RX*70
SVC*HC:D0274*50*1*0450
DTM*151*20260303
DTM*150*20260302
SVC*AD:D0120*0*0
DTM*472*00000000
"""
PLAIN = "CLP*C2*22*-5*-5**12*ICN2\nSVC*AD:D0120*-5*-5\n"
BARE = "CLP*C3*4*0*0\n"
TAIL = """
PLB*1999900016*20261231*WO:C1*1*L6:ICN1*-2.5*FB*.25*72:X*4*CS:Y*5*AP:Z*6
PLB*1999900017*20261231*50*7
"""
BODY = HEADER + CLAIM + PLAIN + "LX*2\n" + BARE + TAIL


def written(*bodies: str, delimiters: str = "*:^~", line_end: str = "", version: str = "005010X221A1") -> bytes:
    element, component, repetition, end = delimiters
    lines = ["GS*HP*PAYER*CLINIC*20260320*1200*1*X*" + version]
    for number, body in enumerate(bodies, start=1):
        segments = body.strip().splitlines()
        lines += [f"ST*835*{number:04d}", *segments, f"SE*{len(segments) + 2}*{number:04d}"]
    lines += [f"GE*{len(bodies)}*1", "IEA*1*000000101"]
    isa = "ISA*00*          *00*          *ZZ*PAYER          *ZZ*CLINIC         *260320*1200*^*00501*000000101*0*T*:"
    table = str.maketrans({"*": element, ":": component, "^": repetition})
    return "".join(line.translate(table) + end + line_end for line in [isa, *lines]).encode("latin-1")


def differences(view: Any, expected: Any, where: str) -> Iterator[str]:
    if isinstance(expected, dict):
        if view is None:
            yield f"{where}: not there"
            return
        for name, value in expected.items():
            if name != "remits":
                yield from differences(getattr(view, name), value, f"{where}.{name}")
    elif isinstance(expected, tuple) and any(isinstance(one, dict) for one in expected):
        if len(view) != len(expected):
            yield f"{where}: {len(view)} of {len(expected)}"
        for number, (one, other) in enumerate(zip(view, expected, strict=False)):
            yield from differences(one, other, f"{where}[{number}]")
    elif view != expected or (type(view) is not type(expected) and not isinstance(expected, tuple)):
        yield f"{where}: {view!r} is not {expected!r}"


def compared(data: bytes, naive_remits: ModuleType) -> int:
    """Compare every field of everything; how many claim payments there were."""
    facts = naive_remits.read_payments(data)
    document = bitewing.read(data)
    payments, remits = list(document.payments()), list(document.remits())
    assert bytes(document) == data
    assert [one.claims for one in payments] == [len(one["remits"]) for one in facts]
    expected = [claim for one in facts for claim in one["remits"]]
    found = [text for one, other in zip(payments, facts, strict=True) for text in differences(one, other, "payment")]
    found += [text for one, other in zip(remits, expected, strict=True) for text in differences(one, other, "claim")]
    assert found == []
    return len(remits)


@pytest.mark.parametrize("line_end", LINE_ENDS, ids=repr)
@pytest.mark.parametrize("delimiters", DELIMITERS, ids=repr)
def test_every_field_of_every_view_is_what_the_naive_reader_finds(
    delimiters: str, line_end: str, naive_remits: ModuleType
) -> None:
    data = written(BODY, BODY.replace("C1", "D1"), delimiters=delimiters, line_end=line_end)

    assert compared(data, naive_remits) == 6


def test_generated_remittances_are_read_alike(generator: ModuleType, naive_remits: ModuleType) -> None:
    out = io.BytesIO()
    generator.generate(out, profile="remits", claims=300, seed=5, faults=0.3)

    assert compared(out.getvalue(), naive_remits) == 300


@pytest.mark.skipif(not SAMPLES, reason="the folder of samples is not beside the project")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_remittances_by_others_are_read_whole(path: Path, naive_remits: ModuleType) -> None:
    data = path.read_bytes()
    if path.name in WORDS:
        remits = list(bitewing.read(data).remits())
        assert len(remits) == WORDS[path.name]
        with pytest.raises(BadValue):
            _ = [(one.payment.amount, one.payment.paid_on, one.adjustments) for one in remits]
    else:
        assert compared(data, naive_remits) == sum(
            one.tag == "CLP" for one in bitewing.read(data).segments()
        )  # fmt: skip


def test_views_say_what_a_person_reads() -> None:
    first, second, third = bitewing.read(written(BODY)).remits()
    line = first.lines[0]

    assert (first.paid, first.patient and first.patient.id, first.section and first.section.number) == (
        Decimal("-0.5"),
        "MEM1",
        "1",
    )
    assert (line.code, line.modifiers, line.sent_code, line.units, line.sent_units) == (
        "D0230",
        ("22", "23", "24", "25"),
        "D0220",
        3,
        4,
    )
    assert [(one.units, one.sent_units) for one in first.lines[1:]] == [(1, 1), (1, 1)]
    assert [one.first_day for one in first.lines] == [date(2026, 3, 1), date(2026, 3, 2), None]
    assert len(first.adjustments) == 8
    assert first.adjustments[6] == ("OA", "", Decimal(1), None)
    assert (second.reversal, second.patient, second.first_day) == (True, None, None)
    assert (third.section and third.section.number, third.lines, third.filing) == ("2", (), "")


def test_offsets_lead_to_clp_and_svc() -> None:
    data = written(BODY, BODY, line_end="\r\n  ")
    for remit in bitewing.read(data).remits():
        assert data[remit.offset :].startswith(b"CLP*" + remit.id.encode())
        for line in remit.lines:
            assert data[line.offset :].startswith(b"SVC*")


@pytest.mark.parametrize("version", ["004010X091A1", "005010X221", "005010X221A1"])
def test_versions_are_told_apart(version: str) -> None:
    data = written(BODY, version=version)

    assert {one.version for one in bitewing.read(data).remits()} == {version}


def test_nothing_is_read_before_it_is_asked_for() -> None:
    bad = "CLP*C1*1*1O0*9O*2O*12\nCAS*CO*45*X\nDTM*232*20261399\nSVC*AD:D0120*a*b**c**d\nDTM*472*today\n"
    document = bitewing.read(written("BPR*I*x*C*CHK************y\n" + bad + "PLB*1*z*WO*w\n"))
    (remit,) = document.remits()
    (line,) = remit.lines
    (payment,) = document.payments()

    assert (remit.id, line.code, payment.method) == ("C1", "D0120", "CHK")
    asked: list[tuple[Any, str]] = [
        (remit, name) for name in ("charge", "paid", "patient_share", "adjustments", "statement_from")
    ]
    asked += [(line, name) for name in ("charge", "paid", "units", "sent_units", "service_date")]
    asked += [(payment, name) for name in ("amount", "paid_on", "claims_paid", "provider_adjustments", "withheld")]
    for view, name in asked:
        with pytest.raises(BadValue) as said:
            getattr(view, name)
        assert said.value.spot is not None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("LX*1\nSVC*AD:D0120*1*1", "a service payment stands in no claim payment"),
        ("SVC*AD:D0120*1*1", "a service payment stands in no claim payment"),
        (BARE + "PLB*1*20261231*WO*1\nSVC*AD:D0120*1*1", "a service payment stands in no claim payment"),
        (BARE + "HL*1**20*1", "HL stands in a remittance"),
        (BARE + "CLM*1*1", "CLM stands in a remittance"),
    ],
)
def test_what_has_no_certain_place_is_refused(body: str, said: str) -> None:
    with pytest.raises(BrokenHierarchy, match=said):
        list(bitewing.read(written(body)).remits())


def test_a_claim_payment_outside_of_a_remittance_is_refused() -> None:
    data = written(BARE).replace(b"ST*835*", b"ST*837*")

    with pytest.raises(BrokenHierarchy, match="outside of an 835"):
        list(bitewing.read(data).remits())


def test_a_payment_without_an_end_is_given_and_says_so() -> None:
    data = written(BODY)
    cut = data[: data.index(b"SE*")]
    (whole,), (open_,) = bitewing.read(data).payments(), bitewing.read(cut).payments()

    assert (whole.ended, whole.closed, open_.ended, open_.closed) == (True, True, True, False)
    assert open_.claims == whole.claims == 3


def test_a_payment_is_whole_when_it_has_ended() -> None:
    seen = []
    for one in bitewing.read(written(BODY, BODY)).remittances():
        payment = one.payment if isinstance(one, bitewing.Remit) else one
        seen.append((type(one).__name__, payment.number, payment.claims, payment.ended, payment.withheld))

    withheld = Decimal("20.75")
    assert [one[2:] for one in seen[:4]] == [(1, False, 0), (2, False, 0), (3, False, withheld), (3, True, withheld)]
    assert [one[0] for one in seen] == ["Remit", "Remit", "Remit", "Payment"] * 2
    assert [one[1] for one in seen] == [1, 1, 1, 1, 2, 2, 2, 2]


def test_memory_does_not_grow_with_the_file(generator: ModuleType, tmp_path: Path) -> None:
    peaks = []
    for count in (8_000, 24_000):
        path = tmp_path / f"{count}.835"
        with path.open("wb") as out:
            generator.generate(out, profile="remits", claims=count, seed=5)
        document = bitewing.Document.open(path)
        tracemalloc.start()
        total = sum((line.paid or 0 for remit in document.remits() for line in remit.lines), Decimal(0))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        document.close()
        assert total

    assert peaks[1] < peaks[0] * 1.25


def test_days_are_dates_not_times() -> None:
    (remit, *_) = bitewing.read(written(BODY)).remits()

    assert not isinstance(remit.first_day, datetime)
