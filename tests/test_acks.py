"""Every acknowledgement is valid, says of each claim and fault what was found, and reads back as it was meant."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyx12 import map_if
from pyx12.params import params
from pyx12.x12n_document import x12n_document

from bitewing.acknowledge import acknowledge
from bitewing.edi.acks.answer import Acknowledged, answer
from bitewing.edi.acks.answers import (
    BatchAnswer,
    ClaimAnswer,
    GroupAnswer,
    InterchangeAnswer,
    ProviderAnswer,
    TransactionAnswer,
)
from bitewing.edi.acks.envelope import ANSWERS, Envelope, Source
from bitewing.edi.acks.implementation_999 import ELEMENT_CODES, GROUP_CODES, SEGMENT_CODES, TRANSACTION_CODES
from bitewing.edi.acks.interchange_ta1 import NOTES
from bitewing.edi.acks.read import answers
from bitewing.edi.acks.text import safe
from bitewing.edi.acks.verdicts import Gathered
from bitewing.edi.compose import compose
from bitewing.edi.conformance.fault import Fault, Scope, Where
from bitewing.edi.delimiters import Delimiters
from bitewing.edi.document import Document
from bitewing.edi.errors import NotReadable, OutputError
from bitewing.transforms.example import parse_claims

AT = datetime(2026, 11, 21, 10, 5)
PLAIN = Envelope(AT)
SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples" / "acks"


@pytest.fixture(scope="module", autouse=True)
def maps_are_read_once() -> Iterator[None]:
    """pyx12 reads its maps again for every file, which is most of its time."""
    with pytest.MonkeyPatch.context() as patch:
        load, known = map_if.load_map_file, dict[str, Any]()
        patch.setattr(
            map_if, "load_map_file", lambda name, *more: known.get(name) or known.setdefault(name, load(name, *more))
        )
        yield


# ------------------------------------------------------------------------------------------------------- what was sent


def sent(*claims: str, **how: Any) -> bytes:
    """An interchange with claims in the notation of examples."""
    return compose(parse_claims(claims), **how)


TWO = sent("C1: D0120 50.00 | D0220 30.00", "C2: D0230 26.00")


class Spots:
    """Where the segments of a file stand, so that a fault can be put there."""

    def __init__(self, data: bytes) -> None:
        self.found: list[tuple[str, Where]] = []
        position, claim, line = 0, "", ""
        for segment in Document.of(data).segments():
            tag = segment.tag
            if tag in ("ISA", "GS", "GE", "IEA"):
                position = 0
            else:
                position = 1 if tag == "ST" else position + 1
            if tag in ("HL", "SE", "ST", "GE", "CLM"):
                claim, line = "", ""
            if tag == "CLM":
                claim = segment.element(1)
            if tag == "LX":
                line = segment.element(1)
            loop = "2400" if line else "2300" if claim else ""
            where = Where(segment.offset, tag, loop, position, claim=claim, line=line)
            self.found.append((segment.data.decode("latin-1"), where))

    def at(self, beginning: str, number: int = 1) -> Where:
        """The place of the segment that begins so, the first of them unless another is asked for."""
        places = [where for text, where in self.found if text.startswith(beginning)]
        return places[number - 1]


def element_fault(
    where: Where, element: int, component: int = 0, code: str = "7", value: bytes = b"X", **more: Any
) -> Fault:
    place = where._replace(element=element, component=component, data_element="1321")
    return Fault("element-bad", 2, Scope.ELEMENT, place, "said", "mend", code, value, **more)


def segment_fault(where: Where, code: str = "3", **more: Any) -> Fault:
    return Fault("segment-bad", 2, Scope.SEGMENT, where, "said", "mend", code, **more)


def fault(scope: Scope, where: Where, code: str, **more: Any) -> Fault:
    return Fault("envelope-bad", 1, scope, where, "said", "mend", code, **more)


# --------------------------------------------------------------------------------------------------- what is answered


class Answered(NamedTuple):
    done: Acknowledged
    streams: Mapping[str, bytes]

    def read(self, name: str) -> list[Any]:
        return list(answers(Document.of(self.streams[name]))) if self.streams[name] else []

    def of(self, name: str, kind: type) -> list[Any]:
        return [one for one in self.read(name) if isinstance(one, kind)]

    @property
    def claims(self) -> list[tuple[str, bool]]:
        return [(one.id, one.accepted) for one in self.of("277ca", ClaimAnswer)]

    @property
    def verdicts(self) -> list[tuple[str, list[str]]]:
        return [(one.verdict, one.codes) for one in self.of("999", TransactionAnswer)]

    def segments(self, name: str, *tags: str) -> list[str]:
        lines = self.streams[name].decode("ascii").split("~")
        return [line for line in lines if line.partition("*")[0] in tags]


def answered(data: bytes, *faults: Fault, envelope: Envelope = PLAIN, strict: bool = False) -> Answered:
    document = Document.of(data)
    streams = {name: io.BytesIO() for name in ANSWERS}
    done = answer(document, Gathered(document, faults), envelope, streams, strict=strict)
    found = Answered(done, {name: stream.getvalue() for name, stream in streams.items()})
    for name, data in found.streams.items():
        assert_valid(name, data)
    return found


def assert_valid(name: str, data: bytes) -> None:
    """By the maps that pyx12 ships: 277.5010.X214.xml and 999.5010X231.A1.xml."""
    if not data:
        return
    text, report = data.decode("ascii"), io.StringIO()
    ok = x12n_document(params(), io.StringIO(text), None, None, fd_json=report)
    assert ok, f"{name}\n{text.replace('~', '~' + chr(10))}\n{report.getvalue()}"


def test_all_accepted() -> None:
    found = answered(TWO)

    assert found.segments("ta1", "TA1") == ["TA1*000000101*260310*1200*A*000"]
    assert found.segments("999", "AK1", "AK2", "IK3", "IK5", "AK9") == [
        "AK1*HC*101*005010X224A2",
        "AK2*837*0001*005010X224A2",
        "IK5*A",
        "AK9*A*1*1*1",
    ]
    assert found.claims == [("C1", True), ("C2", True)]
    assert found.segments("277ca", "BHT", "STC", "QTY", "AMT") == [
        "BHT*0085*08*0000000030010001*20261121*1005*TH",
        "STC*A1:19:AY*20261121*WQ*106",
        "QTY*90*2",
        "AMT*YU*106",
        "STC*A1:19:AY**WQ*106",
        "QTY*QA*2",
        "AMT*YU*106",
        "STC*A2:20*20261121*WQ*80",
        "STC*A2:20*20261121*WQ*26",
    ]
    assert (found.done.claims, found.done.claims_rejected, found.done.untold) == (2, 0, {})


def test_answers_go_back_with_their_own_numbers_and_clock() -> None:
    found = answered(TWO, envelope=Envelope(AT, control=41, line_end=b"\r\n"))

    head = f"ISA*00*{'':10}*00*{'':10}*ZZ*RECEIVER       *ZZ*SENDER         *261121*1005*^*00501*"
    for number, name in enumerate(ANSWERS, start=41):
        assert found.streams[name].decode().startswith(f"{head}{number:09d}*0*T*:~\r\n")
        assert found.streams[name].endswith(f"{number:09d}~\r\n".encode())
    assert found.done.next_control == 44


def test_control_numbers_go_round_before_they_grow_too_long() -> None:
    found = answered(TWO, envelope=Envelope(AT, control=999_999_999))

    assert [stream.split(b"~IEA*")[1][2:11] for stream in found.streams.values()] == [
        b"999999999",
        b"000000001",
        b"000000002",
    ]


# -------------------------------------------------------------------------------------------------- faults and verdicts


def test_one_element_rejects_its_claim_only() -> None:
    where = Spots(TWO).at("SV3*AD:D0120")
    found = answered(TWO, element_fault(where, 1, 2, value=b"D0999"))

    assert found.segments("999", "IK3", "CTX", "IK4", "IK5", "AK9") == [
        f"IK3*SV3*{where.position}*2400*8",
        "CTX*CLM01:C1",
        "IK4*1:2*1321*7*D0999",
        "IK5*E*5",
        "AK9*E*1*1*1",
    ]
    assert found.claims == [("C1", False), ("C2", True)]
    (line,) = found.of("277ca", ClaimAnswer)[0].lines
    assert (line.procedure, line.charge, line.number, line.date) == ("AD:D0120", "50", "L1", "20260310")
    assert found.segments("277ca", "QTY", "AMT") == [
        *("QTY*90*1", "QTY*AA*1", "AMT*YU*26", "AMT*YY*80"),
        *("QTY*QA*1", "QTY*QC*1", "AMT*YU*26", "AMT*YY*80"),
    ]
    assert found.segments("277ca", "STC")[2:] == [
        "STC*A7:247*20261121*U*80",
        "STC*A7:454*20261121*U",
        "STC*A2:20*20261121*WQ*26",
    ]


def test_where_asked_one_element_rejects_the_whole_transaction() -> None:
    found = answered(TWO, element_fault(Spots(TWO).at("SV3*AD:D0120"), 1, 2), strict=True)

    assert found.verdicts == [("R", ["5"])]
    assert found.claims == [("C1", False), ("C2", False)]
    assert found.segments("277ca", "STC")[0] == "STC*A3:21*20261121*U*106"


def test_a_transaction_without_an_accepted_claim_is_rejected() -> None:
    spots = Spots(TWO)
    found = answered(TWO, element_fault(spots.at("CLM*C1"), 5, 1), segment_fault(spots.at("CLM*C2")))

    assert found.verdicts == [("R", ["5"])]
    assert found.segments("999", "AK9") == ["AK9*R*1*1*0"]
    assert found.segments("277ca", "STC")[0] == "STC*A3:21*20261121*U*106"


def test_a_fault_that_does_not_reject_is_told_and_nothing_is_rejected() -> None:
    found = answered(TWO, element_fault(Spots(TWO).at("CLM*C1"), 5, 1, rejects=False))

    assert found.verdicts == [("E", ["5"])]
    assert found.segments("999", "AK9") == ["AK9*E*1*1*1"]
    assert found.claims == [("C1", True), ("C2", True)]


def test_a_fault_without_a_code_of_the_999_is_for_the_277ca_alone() -> None:
    where = Spots(TWO).at("CLM*C1")
    found = answered(TWO, element_fault(where, 2, code="")._replace(snip=3, rule="charge-not-sum-of-lines"))

    assert found.verdicts == [("A", [])]
    assert found.claims == [("C1", False), ("C2", True)]
    assert "STC*A8:400*20261121*U*80" in found.segments("277ca", "STC")


def test_a_missing_segment_is_told_where_it_was_noticed() -> None:
    where = Spots(TWO).at("SV3*AD:D0120")._replace(segment="DTP")
    found = answered(TWO, segment_fault(where))

    assert found.segments("999", "IK3", "CTX") == [f"IK3*DTP*{where.position}*2400*3", "CTX*CLM01:C1"]


@pytest.mark.parametrize(("beginning", "claim"), [("CLM*C2", "C1"), ("HL*3", "C1"), ("SE", "C2")])
def test_what_is_missing_at_the_end_of_a_claim_rejects_that_claim(beginning: str, claim: str) -> None:
    where = Spots(TWO).at(beginning)._replace(segment="LX", loop="2400", claim=claim)
    found = answered(TWO, segment_fault(where))

    assert [name for name, accepted in found.claims if not accepted] == [claim]


@pytest.mark.parametrize(
    ("beginning", "number", "loop", "rejected"),
    [
        ("NM1*85", 1, "2010AA", ["C1", "C2", "C3"]),
        ("NM1*IL", 1, "2010BA", ["C1"]),
        ("NM1*IL", 2, "2010BA", ["C2"]),
        ("NM1*QC", 1, "2010CA", ["C2"]),
        ("NM1*PR", 3, "2010BB", ["C3"]),
        ("CLM", 2, "2010CA", ["C2"]),
        ("HL*4", 1, "2010BB", ["C2"]),
        ("HL*3", 1, "2010BB", []),
        ("NM1*41", 1, "1000A", ["C1", "C2", "C3", "C4"]),
        ("NM1*85", 2, "2010AA", ["C4"]),
    ],
)
def test_a_fault_above_claims_rejects_those_below_it(
    beginning: str, number: int, loop: str, rejected: list[str]
) -> None:
    data = sent(
        "C1: D0120 50.00", "C2 patient=TWIN-A: D0120 50.00", "C3: D0120 50.00", "C4 billing=1999900032: D0120 50.00"
    )
    where = Spots(data).at(beginning, number)._replace(loop=loop, claim="", segment="NM1")
    found = answered(data, element_fault(where, 3, code="1", value=b""))

    assert [name for name, accepted in found.claims if not accepted] == rejected
    assert found.verdicts == [("R" if len(rejected) == 4 else "E", ["5"])]


def test_a_wrong_count_of_segments_rejects_the_transaction_and_every_claim() -> None:
    found = answered(TWO, fault(Scope.TRANSACTION, Spots(TWO).at("SE"), "4"))

    assert found.segments("999", "IK5", "AK9") == ["IK5*R*4", "AK9*R*1*1*0"]
    assert found.segments("277ca", "STC") == [
        "STC*A3:481*20261121*U*106",
        "STC*A3:481**U*106",
        "STC*A3:481*20261121*U*80",
        "STC*A3:481*20261121*U*26",
    ]


def test_a_rejected_group_rejects_all_that_is_in_it() -> None:
    spots = Spots(TWO)
    found = answered(TWO, fault(Scope.GROUP, spots.at("GS"), "2"), element_fault(spots.at("CLM*C1"), 5, 1))

    assert found.segments("999", "IK5", "AK9") == ["IK5*R*5", "AK9*R*1*1*0*2"]
    assert found.claims == [("C1", False), ("C2", False)]
    clean = answered(TWO, fault(Scope.GROUP, spots.at("GS"), "2"))
    assert clean.segments("999", "AK2", "IK5", "AK9") == ["AK9*R*1*1*0*2"]


def test_a_stray_segment_between_transactions_rejects_the_group_without_a_code_of_its_own() -> None:
    stray = segment_fault(Where(TWO.index(b"ST*837") - 1, "REF"), "2")
    found = answered(TWO, stray)

    assert found.segments("999", "AK9") == ["AK9*R*1*1*0"]
    assert sum(found.done.untold.values()) == 1


def test_a_rejecting_fault_in_a_transaction_that_holds_no_claim_rejects_it() -> None:
    data = compose([])
    where = Spots(data).at("NM1*40")._replace(loop="2010AA")

    assert answered(data, element_fault(where, 3)).verdicts == [("R", ["5"])]


def test_one_of_two_transactions_rejected_is_a_partly_accepted_group() -> None:
    data = sent("C1: D0120 50.00", "C2: D0120 40.00", per_transaction=1)
    found = answered(data, fault(Scope.TRANSACTION, Spots(data).at("SE", 2), "4"))

    assert found.verdicts == [("A", []), ("R", ["4"])]
    assert found.segments("999", "AK9") == ["AK9*P*2*2*1"]
    assert found.claims == [("C1", True), ("C2", False)]
    assert [one.reference for one in found.of("277ca", BatchAnswer)] == ["BATCH1", "BATCH2"]
    assert found.streams["277ca"].count(b"~GS*") == 1


@pytest.mark.parametrize("code", sorted(NOTES - {"000"}))
@pytest.mark.parametrize("rejects", [True, False])
def test_every_note_of_a_ta1(code: str, rejects: bool) -> None:
    found = answered(TWO, fault(Scope.INTERCHANGE, Spots(TWO).at("ISA"), code, rejects=rejects))

    (said,) = found.of("ta1", InterchangeAnswer)
    assert (said.verdict, said.note) == ("R" if rejects else "E", code)
    assert bool(found.streams["999"]) is bool(found.streams["277ca"]) is not rejects
    assert found.done.claims_rejected == (2 if rejects else 0)


def test_a_ta1_tells_a_rejecting_fault_first_and_counts_the_others() -> None:
    where = Spots(TWO).at("ISA")
    said = [("021", False), ("001", True), ("", True)]
    found = answered(TWO, *(fault(Scope.INTERCHANGE, where, code, rejects=rejects) for code, rejects in said))

    assert found.segments("ta1", "TA1") == ["TA1*000000101*260310*1200*R*001"]
    assert sum(found.done.untold.values()) == 2


def test_what_a_ta1_cannot_repeat_is_replaced() -> None:
    data = TWO.replace(b"*260310*1200*", b"*261399*2561*", 1).replace(b"000000101", b"00000A101")
    found = answered(data, fault(Scope.INTERCHANGE, Spots(data).at("ISA"), "018"))

    assert found.segments("ta1", "TA1") == ["TA1*000000000*261121*1005*R*018"]


# -------------------------------------------------------------------------------------------------- values and limits


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"A*B:C^D~E", b"A?B?C?D?E"),
        (b"M\xfcller", b"M?ller"),
        ("Müller".encode(), b"M??ller"),
        (b"\x00\r\n\t", b"????"),
        (b"y" * 500, b"y" * 99),
        (b"z" * 98 + b"  ", b"z" * 98),
        (b" " * 200, b""),
        (b"  x", b"  x"),
    ],
)
def test_bad_values_are_made_harmless(value: bytes, said: bytes) -> None:
    found = answered(TWO, element_fault(Spots(TWO).at("CLM*C1"), 1, value=value))

    ((element,),) = [one.elements for one in found.of("999", TransactionAnswer)[0].segments]
    assert element.value.encode() == said


def test_foreign_delimiters_in_what_is_echoed_break_nothing() -> None:
    marks = Delimiters(b"|", b">", b"!", b"\x1c")
    data = sent("C*1: D0120 50.00", delimiters=marks).replace(b"EXAMPLE", b"EX~AM*PL:E^").replace(b"BATCH1", b"B*1~2")
    found = answered(data, element_fault(Spots(data).at("SV3"), 2))

    assert found.claims == [("C?1", False)]
    assert found.of("277ca", ClaimAnswer)[0].last == "EX?AM?PL?E?"
    assert found.of("277ca", BatchAnswer)[0].reference == "B?1?2"
    assert "CTX*CLM01:C?1" in found.segments("999", "CTX")


def test_long_texts_are_cut_to_their_elements() -> None:
    data = sent(f"{'C' * 80}: D0120 50.00").replace(b"EXAMPLE*PAT", b"E" * 90 + b"*" + b"P" * 90)
    data = data.replace(b"BATCH1", b"B" * 90).replace(b"MEM000001", b"M" * 90).replace(b"L1~", b"L" * 90 + b"~")
    where = Spots(data).at("SV3")
    found = answered(data, element_fault(where, 1, 2), segment_fault(where._replace(segment="LONG", loop="2010AA")))

    (claim,) = found.of("277ca", ClaimAnswer)
    assert (len(claim.id), len(claim.last), len(claim.first), len(claim.member)) == (50, 60, 35, 80)
    assert found.segments("999", "IK3", "CTX")[:2] == [f"IK3*LON*{where.position}*2010*3", f"CTX*CLM01:{'C' * 35}"]


def test_claims_without_names_numbers_or_dates_are_answered() -> None:
    data = sent("C1: D0120 50.00", "C2 patient=TWIN-A: D0120 40.00")
    for taken in (b"NM1*IL*1*EXAMPLE*PAT****MI*MEM000001~", b"NM1*85*2*TEST DENTAL 0016*****XX*1999900016~"):
        data = data.replace(taken, b"")
    for taken in (b"REF*EI*999999999~", b"DTP*472*D8*20260310~", b"NM1*41*2*TEST SUBMITTER*****46*SUB001~"):
        data = data.replace(taken, b"")
    data = data.replace(b"NM1*40*2*TEST RECEIVER*****46*REC001~", b"").replace(b"CLM*C1*50.00", b"CLM**fifty")
    found = answered(data)

    first, second = found.of("277ca", ClaimAnswer)
    assert (first.id, first.provider, first.provider_id, first.last, first.member) == ("UNKNOWN",) * 5
    assert (second.last, second.first, second.member) == ("TWINNING", "ALEX", "MEM000003")
    assert (first.date, first.statuses[0].charge) == ("20260310", "0")


def test_a_claim_is_dated_by_itself_then_by_its_lines() -> None:
    lines = "C1: D0120 50.00 @20260314 | D0220 30.00 @20260310"
    own = sent("C1 range=20260301-20260305: D0120 50.00")

    assert [one.date for one in answered(sent(lines)).of("277ca", ClaimAnswer)] == ["20260310-20260314"]
    assert [one.date for one in answered(own).of("277ca", ClaimAnswer)] == ["20260301-20260305"]


def test_claims_that_share_a_number_keep_their_own_faults() -> None:
    data = sent("C1: D0120 50.00", "C1: D0120 40.00", "C1: D0120 30.00")
    found = answered(data, element_fault(Spots(data).at("CLM*C1", 2), 5, 1))

    assert found.claims == [("C1", True), ("C1", False), ("C1", True)]


def test_a_claim_with_sixty_faults() -> None:
    spots = Spots(TWO)
    line, claim = spots.at("SV3*AD:D0120"), spots.at("CLM*C1")
    faults = [element_fault(line, at, code=code) for at in range(1, 11) for code in ("1", "4", "6")]
    faults += [element_fault(claim, at, code=code) for at in range(1, 11) for code in ("1", "4", "6")]
    found = answered(TWO, *faults)

    told = found.of("999", TransactionAnswer)[0].segments
    assert [(one.segment, len(one.elements)) for one in told] == [("CLM", 30), ("SV3", 30)]
    (rejected, _) = found.of("277ca", ClaimAnswer)
    assert len({status for one in rejected.statuses for status in one.statuses}) > 6
    assert len(rejected.lines[0].statuses[0].statuses) == 3
    assert found.done.untold["more than three statuses of one service line"] > 0


def test_statuses_of_submitter_and_payer_begin_an_stc_of_their_own() -> None:
    """pyx12's list for the second and third status is too old to know these two entities."""
    spots = Spots(TWO)
    header = [spots.at(tag)._replace(loop=loop) for tag, loop in (("NM1*41", "1000A"), ("NM1*40", "1000B"))]
    payer = spots.at("NM1*PR")._replace(loop="2010BB")
    found = answered(TWO, *(element_fault(where, at) for where in (*header, payer, payer) for at in (3, 9)))

    said = [line.split("*") for line in found.segments("277ca", "STC")]
    assert {line[at].split(":")[-1] for line in said for at in (10, 11) if at < len(line)} <= {"40", "85"}
    assert [line[1] for line in said if line[1].endswith(":PR")] == ["A7:125:PR", "A7:153:PR"]


def test_a_fault_of_a_billing_provider_reaches_a_subscriber_who_comes_late() -> None:
    """HL02 names a provider before the last one: that is told, and its faults reject the claim all the same."""
    data = sent("C1: D0120 1.00", "C2 billing=1999900032: D0120 2.00", "C3 billing=1999900032: D0120 3.00")
    data = data.replace(b"HL*5*3*22*0", b"HL*5*1*22*0")
    place = Spots(data).at("NM1*85")._replace(loop="2010AA")

    assert answered(data).claims == [("C1", True), ("C2", True), ("C3", True)]
    assert answered(data, element_fault(place, 9)).claims == [("C1", False), ("C2", True), ("C3", False)]


def test_a_claim_without_a_number_is_rejected_alone() -> None:
    data = TWO.replace(b"CLM*C1*", b"CLM**")
    spots = Spots(data)
    place = spots.at("CLM")._replace(loop="2300", claim="")
    found = answered(data, element_fault(place, 1, code="1", value=b""))

    assert found.claims == [("UNKNOWN", False), ("C2", True)]
    assert found.verdicts == [("E", ["5"])]


def test_a_subscriber_without_a_claim_rejects_the_transaction() -> None:
    place = Spots(TWO).at("HL*2")._replace(segment="CLM", loop="2300")

    assert answered(TWO, segment_fault(place)).claims == [("C1", False), ("C2", False)]


def test_a_qualifier_that_nobody_uses_does_not_come_back() -> None:
    data = TWO.replace(b"*ZZ*", b"*Zz*", 1)
    found = answered(data, fault(Scope.INTERCHANGE, Spots(data).at("ISA"), "005"))

    assert found.segments("ta1", "ISA")[0].split("*")[7] == "ZZ"


def test_a_transaction_without_claims_gets_a_999_only() -> None:
    found = answered(compose([]))

    assert found.streams["277ca"] == b""
    assert found.verdicts == [("A", [])]


def test_clearinghouse_number_comes_back() -> None:
    data = TWO.replace(b"LX*1~SV3*AD:D0120", b"REF*D9*CH-77~LX*1~SV3*AD:D0120")

    assert [one.clearinghouse for one in answered(data).of("277ca", ClaimAnswer)] == ["CH-77", ""]


def test_who_answers_can_be_said() -> None:
    envelope = Envelope(AT, source=Source("TEST PAYER", "12345", "PR", "PI"))

    assert answered(TWO, envelope=envelope).segments("277ca", "NM1", "STC")[0] == "NM1*PR*2*TEST PAYER*****PI*12345"


@pytest.mark.parametrize(
    "amount", [b"9" * 18, b"9" * 19, b"-5.50", b".5", b"1.2E9", b"0.000000000000000001", b"5" * 5000]
)
def test_charges_of_any_size_give_valid_totals(amount: bytes) -> None:
    data = sent("C1: D0120 50.00", "C2: D0120 50.00").replace(b"*50.00", b"*" + amount)
    data = data.replace(b"~GE*1*", b"~GE*" + b"1" * 5000 + b"*")
    found = answered(data, element_fault(Spots(data).at("SV3"), 2))

    assert found.claims == [("C1", False), ("C2", True)]
    assert found.segments("999", "AK9") == ["AK9*E*1*1*1"]


@pytest.mark.parametrize("profile", ["every-loop"])
def test_claims_with_every_loop_of_the_guide_are_answered(
    generator: ModuleType, naive: ModuleType, profile: str
) -> None:
    stream = io.BytesIO()
    generator.generate(stream, claims=60, profile=profile)
    data = stream.getvalue()
    found = answered(data)

    expected = [(claim["id"], str(claim["charge"].normalize())) for claim in naive.read_claims(data)]
    said = [(one.id, one.statuses[0].charge) for one in found.of("277ca", ClaimAnswer)]
    assert [(name, str(Decimal(charge).normalize())) for name, charge in said] == expected


@pytest.mark.parametrize("damage", [(b"~GE*1*101", b""), (b"~SE*44*0001", b""), (b"~IEA*1*000000101", b"")])
def test_files_without_their_trailers_are_answered(damage: tuple[bytes, bytes]) -> None:
    found = answered(TWO.replace(*damage))

    assert found.claims == [("C1", True), ("C2", True)]
    assert len(found.of("999", GroupAnswer)) == 1


# -------------------------------------------------------------------------------------------- other files, and many


REMITTANCE = (
    TWO[:106]
    + b"GS*HP*SENDER*RECEIVER*20260310*1200*7*X*005010X221A1~ST*835*1001~BPR*I*0*C*NON~TRN*1*TRACE77*1999999999~"
    b"LX*1~CLP*C1*1*50*50~SE*6*1001~GE*1*7~IEA*1*000000101~"
)


def test_a_remittance_gets_a_999_and_no_277ca() -> None:
    where = Spots(REMITTANCE).at("CLP")._replace(claim="C1")
    found = answered(REMITTANCE, element_fault(where, 2))

    assert found.streams["277ca"] == b""
    assert found.segments("999", "AK1", "AK2", "CTX", "IK5", "AK9") == [
        "AK1*HP*7*005010X221A1",
        "AK2*835*1001",
        "CTX*TRN02:TRACE77",
        "IK5*R*5",
        "AK9*R*1*1*0",
    ]


def test_nobody_acknowledges_an_acknowledgement() -> None:
    found = answered(answered(TWO).streams["999"])

    assert (found.streams["999"], found.streams["277ca"]) == (b"", b"")
    assert len(found.of("ta1", InterchangeAnswer)) == 1


def test_several_groups_and_interchanges_each_get_their_answer() -> None:
    one = sent("A1: D0120 50.00", "A2: D0120 50.00", per_transaction=1)
    group = one[one.index(b"GS*") : one.index(b"IEA")]
    one = one.replace(b"IEA*1", group.replace(b"*101", b"*102").replace(b"*A", b"*B") + b"IEA*2")
    data = one + b"\r\n" + sent("C1: D0120 50.00", control=103)
    found = answered(data, element_fault(Spots(data).at("CLM*B2"), 2))

    assert [said.control for said in found.of("ta1", InterchangeAnswer)] == ["000000101", "000000103"]
    assert [said.group.control for said in found.of("999", GroupAnswer)] == ["101", "102", "103"]
    assert [said.verdict for said in found.of("999", GroupAnswer)] == ["A", "P", "A"]
    assert found.claims == [("A1", True), ("A2", True), ("B1", True), ("B2", False), ("C1", True)]
    assert found.streams["999"].count(b"ISA*") == found.streams["277ca"].count(b"ISA*") == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"GS*HC*", b"GS*XX*"), (b"*101*X*", b"*A101*X*"), (b"X*005010X224A2~ST", b"X*~ST")],
)
def test_a_group_that_no_999_can_name_is_told_by_the_ta1(before: bytes, after: bytes) -> None:
    found = answered(TWO.replace(before, after))

    assert found.streams["999"] == b""
    assert found.segments("ta1", "TA1") == ["TA1*000000101*260310*1200*E*024"]


@pytest.mark.parametrize("control", [b"1", b"0123456789", b"00~1", b"00\xff1"])
def test_a_transaction_that_no_999_can_name_is_counted(control: bytes) -> None:
    data = TWO.replace(b"ST*837*0001*", b"ST*837*" + control + b"*").replace(b"~1*005010X224A2", b"1*005010X224A2")
    found = answered(data, fault(Scope.TRANSACTION, Spots(data).at("ST"), "7"))

    named = found.of("999", TransactionAnswer)
    assert [one.control for one in named] == []
    assert found.segments("999", "AK9") == ["AK9*R*1*1*0"]
    assert sum(found.done.untold.values()) == 1


def test_more_codes_than_a_999_can_hold_are_counted() -> None:
    where = Spots(TWO).at("SE")
    found = answered(TWO, *(fault(Scope.TRANSACTION, where, code) for code in ("4", "3", "6", "7", "9", "10", "ZZ")))

    (verdict,) = found.verdicts
    assert (verdict[0], len(verdict[1])) == ("R", 5)
    assert dict(found.done.untold) == {
        "a code that a 999 does not have": 1,
        "more than five codes of one transaction or group": 1,
    }


def test_same_input_same_bytes() -> None:
    spots = Spots(TWO)
    faults = [element_fault(spots.at("CLM*C1"), at) for at in range(1, 9)] + [segment_fault(spots.at("LX"))]

    assert answered(TWO, *faults).streams == answered(TWO, *reversed(faults)).streams


# --------------------------------------------------------------------------------------------------------- properties


def some_faults(data: bytes) -> st.SearchStrategy[list[Fault]]:
    """Faults anywhere in a file, with any code."""
    spots = [where for _, where in Spots(data).found]
    values = st.binary(max_size=120)

    def one(scope: Scope, codes: frozenset[str]) -> st.SearchStrategy[Fault]:
        return st.builds(
            lambda where, code, element, component, repetition, value, rejects, snip: Fault(
                "any",
                snip,
                scope,
                where._replace(element=element, component=component, repetition=repetition, data_element="66")
                if scope is Scope.ELEMENT
                else where,
                "said",
                "mend",
                code,
                value if scope is Scope.ELEMENT else b"",
                rejects,
            ),
            st.sampled_from(spots),
            st.sampled_from(sorted(codes)),
            st.integers(1, 20),
            st.integers(0, 7),
            st.integers(0, 3),
            values,
            st.booleans(),
            st.integers(1, 7),
        )

    return st.lists(
        st.one_of(
            one(Scope.GROUP, GROUP_CODES),
            one(Scope.TRANSACTION, TRANSACTION_CODES),
            one(Scope.SEGMENT, SEGMENT_CODES - {"8"}),
            one(Scope.ELEMENT, ELEMENT_CODES),
        ),
        max_size=40,
    )


FAMILY = sent(
    *("C1: D0120 50.00", "C2 patient=TWIN-A: D0120 50.00 | D0220 1.00", "C3: D0120 50.00"),
    *("C4 patient=TWIN-B billing=1999900032: D0120 50.00", "C5 billing=1999900032: D0120 5.00", "C6: D0120 50.00"),
)


def owners(data: bytes) -> list[tuple[Where, set[str]]]:
    """Each segment of a transaction with its loop, and the claims that it speaks for: worked out plainly."""
    parents: dict[str, str] = {}
    levels = {"20": "2010AA", "22": "2010BA", "23": "2010CA"}
    found: list[tuple[Where, str]] = []
    under: dict[str, set[str]] = {"": set()}
    level = claim = loop = ""
    for text, where in Spots(data).found:
        elements = text.split("*")
        if elements[0] == "HL":
            level, claim, loop = elements[1], "", levels[elements[3]]
            parents[level] = elements[2]
        elif elements[0] == "CLM":
            claim, loop = elements[1], "2300"
            above = level
            while above:
                under.setdefault(above, set()).add(claim)
                above = parents[above]
            under[""].add(claim)
            under["claim " + claim] = {claim}
        elif elements[0] == "SE":
            level = claim = loop = ""
        if where.position:
            place = where._replace(loop=where.loop or loop, claim=claim)
            found.append((place, f"claim {claim}" if claim else level))
    return [(where, under[owner]) for where, owner in found]


@settings(max_examples=60)
@given(st.lists(st.sampled_from(owners(FAMILY)), max_size=5))
def test_a_rejecting_fault_rejects_the_claims_it_speaks_for_and_no_others(places: list[tuple[Where, set[str]]]) -> None:
    found = answered(FAMILY, *(element_fault(where, 1) for where, _ in places))

    assert {name for name, accepted in found.claims if not accepted} == set().union(*(owned for _, owned in places))
    assert [name for name, _ in found.claims] == ["C1", "C2", "C3", "C4", "C5", "C6"]


MANY = sent("C1: D0120 50.00", "C2: D0120 40.00 | D0220 9.99", "C1 patient=TWIN-B: D0120 1.00", per_transaction=2)


@settings(max_examples=60)
@given(some_faults(MANY))
def test_any_faults_give_valid_answers_that_read_back(faults: list[Fault]) -> None:
    found = answered(MANY, *faults)

    transactions = found.of("999", TransactionAnswer)
    starts = [where.offset for _, where in Spots(MANY).found if where.segment == "ST"]
    refused = any(one.rejects for one in faults if one.scope is Scope.GROUP or not one.where.position)
    inside = [one for one in faults if one.where.position and one.scope >= Scope.SEGMENT]
    in_transaction = [one for one in faults if one.scope is Scope.TRANSACTION or one in inside]
    of_each = [
        [one for one in in_transaction if start <= one.where.offset and (one.where.offset < next_ or next_ < 0)]
        for start, next_ in zip(starts, [*starts[1:], -1], strict=True)
    ]
    expected = [told for told in of_each if told or not refused]
    first = [told for told in of_each if told] if refused else expected
    assert len(transactions) == len(first)
    for said, told in zip(transactions, first, strict=True):
        segments = {(one.where.position, one.code) for one in told if one.scope is Scope.SEGMENT}
        elements = {
            (one.where.position, *one.where[4:7], one.code, safe(one.value, 99).decode())
            for one in told
            if one.scope is Scope.ELEMENT
        }
        assert {(one.position, one.code) for one in said.segments if one.code != "8"} == segments
        assert {
            (one.position, part.element, part.component, part.repetition, part.code, part.value)
            for one in said.segments
            for part in one.elements
        } == elements
        assert [one.position for one in said.segments] == sorted(one.position for one in said.segments)
    claims = found.of("277ca", ClaimAnswer)
    assert [one.id for one in claims] == ["C1", "C2", "C1"]
    assert sum(not one.accepted for one in claims) == found.done.claims_rejected
    if refused:
        assert not any(one.accepted for one in claims)


@settings(max_examples=60)
@given(st.binary(max_size=30), st.sampled_from([b"EXAMPLE", b"MEM000001", b"C1", b"BATCH1", b"1999900016", b"50.00"]))
def test_whatever_stands_in_an_element_the_answers_are_valid(value: bytes, element: bytes) -> None:
    data = sent("C1: D0120 50.00").replace(element, value.replace(b"~", b"").replace(b"*", b""))
    try:
        answered(data)
    except NotReadable:
        assert b"ISA" in value


# ------------------------------------------------------------------------------------------------------------ writing


MEASURED = """
import sys
from datetime import datetime
from pathlib import Path
from bitewing.acknowledge import acknowledge
from bitewing.edi.acks.envelope import ANSWERS, Envelope
from bitewing.edi.acks.verdicts import Gathered
from bitewing.edi.conformance.fault import Fault, Scope, Where
from bitewing.edi.document import Document

document = Document.open(Path(sys.argv[1]))
faults, position, claim = [], 0, ""
for segment in document.segments():
    position = 1 if segment.tag == "ST" else position + 1
    if segment.tag == "CLM":
        claim = segment.element(1)
    if segment.tag == "SV3":
        where = Where(segment.offset, "SV3", "2400", position, 1, 2, 0, "234", claim, "1")
        faults.append(Fault("code-unknown", 5, Scope.ELEMENT, where, "said", "mend", "7", b"D0120"))
outputs = {name: Path(sys.argv[2]) / name for name in ANSWERS}
done, _ = acknowledge(document, Gathered(document, faults), Envelope(datetime(2026, 11, 21)), outputs)
status = Path("/proc/self/status").read_text()  # of this process alone: ru_maxrss counts the one it was forked from
print(done.claims, done.claims_rejected, status.partition("VmHWM:")[2].split()[0])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_five_thousand_rejected_claims_are_answered_in_under_a_hundred_mebibytes(tmp_path: Path) -> None:
    (tmp_path / "in.837").write_bytes(compose(parse_claims(("C: D0120 50.00",), repeat=5000)))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", MEASURED, str(tmp_path / "in.837"), str(tmp_path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    claims, rejected, kibibytes = map(int, said.split())

    assert (claims, rejected) == (5000, 5000)
    assert kibibytes < 100 << 10
    assert (tmp_path / "999").read_bytes().count(b"~IK4*") == 5000
    assert (tmp_path / "277ca").read_bytes().count(b"~TRN*2*") == 5001


def test_nothing_is_written_for_a_file_that_cannot_be_read_to_its_end(tmp_path: Path) -> None:
    document = Document.of(TWO + b"ISA*00*broken" + b"~" * 2000)
    outputs = {name: tmp_path / name for name in ANSWERS}
    with pytest.raises(NotReadable):
        acknowledge(document, Gathered(Document.of(TWO), ()), Envelope(AT), outputs)

    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_written_leaves_nothing_of_itself(tmp_path: Path) -> None:
    (tmp_path / "999").mkdir()
    document = Document.of(TWO)
    with pytest.raises(OutputError):
        acknowledge(document, Gathered(document, ()), Envelope(AT), {"999": tmp_path / "999"})

    assert [one.name for one in tmp_path.iterdir()] == ["999"]


# ----------------------------------------------------------------------------------------------------------- samples


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of samples is not beside the project")
def test_samples_by_others_are_read_or_refused_by_name() -> None:
    found: dict[str, list[Any]] = {}
    refused = []
    for path in sorted(SAMPLES.iterdir()):
        try:
            found[path.name] = list(answers(Document.of(path.read_bytes())))
        except NotReadable as error:
            refused.append((path.name, str(error).partition(":")[0]))

    place = "offset 0, segment ISA"
    assert refused == [("UHIN_x12-parser-library__TA1.edi", place), ("kputnam_stupidedi__1.edi", place)]
    assert [name for name, said in found.items() if not said] == ["xlate_staedi__empty997.edi"]
    assert found["cosyte_x12__ta1-reject-control-mismatch.edi"] == [
        InterchangeAnswer("000000019", "250101", "1200", "R", "001")
    ]
    orphan = found["cosyte_x12__277ca-hl-orphan.edi"][-1]
    assert (orphan.id, orphan.accepted) == ("ORPHAN-CLAIM-001", False)
    partly = found["kputnam_stupidedi__response-to-functional-group-containing-3-837s.edi"]
    assert [one.verdict for one in partly if isinstance(one, TransactionAnswer)] == ["A", "R", "R"]
    providers = [one for one in found["cosyte_x12__277ca.edi"] if isinstance(one, ProviderAnswer)]
    assert [one.statuses[0].statuses[0].code for one in providers] == ["20"]


def test_stray_and_broken_segments_of_answers_are_passed_over() -> None:
    head = TWO[:106]
    for body in (
        b"IK4*1~IK5*A~AK9~",
        b"ST*277~HL~TRN~STC~SVC~HL*x**PT~TRN*2~STC*:::~SVC~STC~",
        b"TA1~",
        b"AK2~IK3~IK4~CTX~",
    ):
        list(answers(Document.of(head + body + b"IEA*0*000000101~")))
