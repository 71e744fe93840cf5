"""What cannot be read with certainty is said once, with its place and a way to mend it, and nothing is changed.

No message repeats what it complains about: a misplaced element may hold a name or a birth date.
"""

import time
from collections.abc import Callable
from typing import Any

import pytest

import bitewing
from bitewing.edi.compose import compose
from bitewing.edi.conformance.checks import checks
from bitewing.edi.delimiters import ISA_LENGTH
from bitewing.edi.errors import BadValue, BrokenHierarchy, EdiError
from bitewing.transforms.example import parse_claims

NAMES = ("EXAMPLE", "PAT", "SAMPLE", "SAM", "TWINNING", "ALEX", "BLAKE", "CHRIS", "TESTPAY", "TEST DENTAL", "DENTIST")
IDENTIFIERS = ("MEM0000", "19800214", "19910630", "20140905", "19850101", "1999900016", "1999900024")
ONE = ("C1: D0230 x3 78.00 #30 | D0140 85.00",)
TWO = (*ONE, "C2 patient=P2: D0230 26.00")
AMOUNTS = ("NaN", "1e9", "1,250.00", "--5", " 5", "1_000", "Infinity", "٣", "5.", "0x1F", "1.2.3", "+5", "12.5 ", "-")
NUMBERS_AFTER_ALL = ("5.",)
"""Type R allows a decimal point at the end."""


def interchange(*claims: str, **options: Any) -> bytes:
    return compose(parse_claims(claims or ONE), **options)


def changed(data: bytes, old: bytes, new: bytes) -> bytes:
    """data with one thing put in the place of another that stands in it once."""
    assert data.count(old) == 1, old
    return data.replace(old, new)


def counted(data: bytes) -> bytes:
    """The interchange of one transaction with SE01 put right."""
    segments = data.split(b"~")
    first, last = (next(at for at, one in enumerate(segments) if one.startswith(tag)) for tag in (b"ST*", b"SE*"))
    segments[last] = b"SE*%d*0001" % (last - first + 1)
    return b"~".join(segments)


def assert_clear(error: EdiError, data: bytes, offending: bytes = b"") -> None:
    """The error says where and what to do, and nothing of what stands there."""
    assert error.spot is not None
    assert 0 <= error.spot.offset <= len(data)
    assert error.what
    assert error.mend
    message = str(error)
    assert f"offset {error.spot.offset}" in message
    assert message.isascii()
    assert not any(word in message for word in (*NAMES, *IDENTIFIERS))
    if offending:
        text = offending.decode("latin-1")
        assert text not in message.replace(f"offset {error.spot.offset}", "")


def refused(data: bytes) -> bitewing.NotReadable:
    """The one refusal of a file, the same from every call."""
    with pytest.raises(bitewing.NotReadable) as first:
        [*bitewing.read(data).frames()]
    for call in (bitewing.check, bitewing.repair, lambda given: [*bitewing.read(given).claims()]):
        with pytest.raises(bitewing.NotReadable) as other:
            call(data)
        assert str(other.value) == str(first.value)
    assert bytes(bitewing.read(data)) == data
    assert_clear(first.value, data)
    return first.value


def fault(data: bytes, offending: bytes = b"") -> EdiError:
    """The one fault of a file that is otherwise read; the bytes come back as they were."""
    result = bitewing.repair(data)
    assert result.data == data
    assert [str(one) for one in result.summary.faults[1:]] == []
    assert len(result.summary.faults) == 1
    (error,) = result.summary.faults
    assert_clear(error, data, offending)
    assert [str(one) for one in bitewing.check(data).summary.faults] == [str(error)]
    for finding in result.findings:
        assert not any(name in finding.message for name in NAMES)
    return error


def seconds(call: Callable[[], object]) -> float:
    begun = time.process_time()
    call()
    return time.process_time() - begun


# -------------------------------------------------------------------------------------------------------- no X12 at all


NO_X12 = (
    b"", b"\n", b"I", b"IS", b"\0" * 200, b"UNA:+.? 'UNB+UNOC:3+A+B'", b"<?xml version='1.0'?><claim/>", b"PK\3\4" * 60,
    b"GS*HC*SENDER*RECEIVER*20260310*1200*1*X*005010X224A2~", b"%PDF-1.7\n" + bytes(range(256)) * 8, b"\xef\xbb\xbf",
)  # fmt: skip


@pytest.mark.parametrize("data", NO_X12, ids=lambda data: ascii(data[:12]))
def test_what_is_no_interchange_is_refused(data: bytes) -> None:
    error = refused(data)

    assert error.spot is not None
    assert error.spot.offset == 0
    assert ("empty" in error.what) is (data == b"")


@pytest.mark.parametrize("before", [b"", b"\r\n", b"some words first\n"])
def test_isa_cut_short_at_any_byte_is_refused(before: bytes) -> None:
    data = interchange()
    for length in range(ISA_LENGTH):
        error = refused(before + data[:length])
        assert error.spot is not None
        if length > 3:
            assert (error.what, error.spot.offset) == ("the ISA segment is cut short", len(before))


def test_isa_whose_elements_are_not_padded_is_refused() -> None:
    error = refused(changed(interchange(), b"*SENDER         *", b"*SENDER*"))

    assert "fixed width" in error.what


REMITTANCE = (
    b"ISA*00* *00* *ZZ*PAYER *ZZ*CLINIC*260320*1200*^*00501*101*0*T*:~"
    b"GS*HP*PAYER*CLINIC*20260320*1200*1*X*005010X221A1~"
    b"ST*835*0001~BPR*I*20*C*CHK************20260320~TRN*1*T1*1999999999~N1*PR*PAYER~N1*PE*CLINIC*XX*1999900016~LX*1~"
    b"CLP*C1*1*20*20**12*ICN1~SVC*AD:D0220*20*20**1~DTM*472*20260310~SE*10*0001~GE*1*1~IEA*1*101~"
)


def test_isa_of_remittances_is_read_though_it_is_not_padded() -> None:
    """All of it fits, and GS*HP stands behind it: where each delimiter is, is certain."""
    for data in (REMITTANCE, b"words\n" + REMITTANCE, REMITTANCE.replace(b"~", b"~\r\n"), REMITTANCE * 2):
        document = bitewing.read(data)
        assert [one.id for one in document.remits()] == ["C1"] * data.count(b"CLP*")
        assert bytes(document) == data
        assert bitewing.repair(data).data == data
        assert [fault.rule for fault in checks(document)].count("isa-not-padded") == data.count(b"ISA")


def test_claims_are_left_alone_where_isa_is_not_padded() -> None:
    """A group of claims behind one of remittances: nothing in it is repaired, as such an ISA is of no claims."""
    claims = interchange("C1: D0230 26.00")
    group = claims[ISA_LENGTH : claims.index(b"IEA*")]
    data = REMITTANCE.replace(b"IEA*1", group + b"IEA*2")
    result = bitewing.repair(data)
    assert result.data == data
    assert "missing-first-pa" in {one.name for one in bitewing.repair(claims).findings}
    assert "missing-first-pa" not in {one.name for one in result.findings}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"GS*HP", b"GS*HC"), (b"GS*HP", b"GS*H"), (b"GS*HP", b"GS|HP"), (b"*00501*", b"*0050*"), (b"*T*", b"*X*"),
        (b"*101*0", b"*1O1*0"), (b"*1200*^", b"*12*^"), (b"*^*", b"**"), (b"*:~", b"*A~"), (b"*:~", b"*:A"),
        (b"*CLINIC*26", b"*CLI*NIC*26"), (b"*CLINIC*26", b"*26"), (b"*:~GS", b"*:~ST*835*1~GS"), (b"*:~", b"*^~"),
        (b"PAYER *ZZ", b"PAYER" + b"X" * 40 + b"*ZZ"), (b"*:~GS", b"*~GS"), (b"ISA*", b"ISA "),
    ],
)  # fmt: skip
def test_isa_of_remittances_is_refused_where_anything_does_not_fit(before: bytes, after: bytes) -> None:
    with pytest.raises(bitewing.NotReadable):
        [*bitewing.read(changed(REMITTANCE, before, after)).frames()]


@pytest.mark.parametrize("place", [3, 82, 104, 105])
@pytest.mark.parametrize("mark", [b"*", b":", b"^", b"~", b"A", b"7", b" "])
def test_one_byte_for_two_purposes_is_refused_or_is_no_repetition_separator(place: int, mark: bytes) -> None:
    data = interchange()
    if data[place : place + 1] == mark:
        return
    if place == 3:
        data = data.replace(b"*", mark)
    data = data[:place] + mark + data[place + 1 :]
    if place == 82 and mark.isalnum():
        assert [claim.id for claim in bitewing.read(data).claims()] == ["C1"]
    else:
        refused(data)


@pytest.mark.parametrize("old", [b"SENDER         ", b"          *00*", b"*260310*"])
@pytest.mark.parametrize("delimiter", [b"~", b"*"])
def test_a_delimiter_inside_an_element_of_isa_is_refused(old: bytes, delimiter: bytes) -> None:
    """Where ISA's own elements cannot be told apart, neither can those of anything after it."""
    data = interchange()
    at = data.index(old) + 2
    error = refused(data[:at] + delimiter + data[at + 1 :])

    assert error.spot is not None
    assert (error.spot.offset, error.spot.segment) == (0, "ISA")


def test_a_second_interchange_that_is_cut_short_is_refused_with_its_place() -> None:
    data = interchange()
    error = refused(data + b"\r\n" + data[:60])

    assert error.spot is not None
    assert error.spot.offset == len(data) + 2


# --------------------------------------------------------------------------------------------------------- far too much


def test_a_segment_of_ten_megabytes_is_refused_at_once() -> None:
    data = changed(interchange(), b"NM1*85*2*TEST", b"NM1*85*2*" + b"PAT" * (10 << 20 >> 1) + b"TEST")
    begun = time.process_time()
    error = refused(data)

    assert error.spot is not None
    assert data[: error.spot.offset].endswith(b"~HL*1**20*1~")
    assert time.process_time() - begun < 5


def test_a_last_segment_without_end_is_refused() -> None:
    error = refused(interchange().removesuffix(b"~") + b" " * (2 << 20))

    assert error.spot is not None
    assert error.spot.segment == "IEA"


@pytest.mark.parametrize("line_end", [b"", b"\n", b"\r\n", b"\r"])
def test_a_hundred_thousand_empty_segments_are_refused(line_end: bytes) -> None:
    data = interchange()
    at = data.index(b"HL*1")
    begun = time.process_time()
    error = refused(data[:at] + (b"~" + line_end) * 100_000 + data[at:])

    assert error.spot is not None
    assert at - 1 <= error.spot.offset <= at + 3
    assert time.process_time() - begun < 5


def test_a_claim_without_end_is_refused() -> None:
    data = interchange()
    at = data.index(b"~REF*6R") + 1
    error = refused(data[:at] + b"NTE*ADD*AGAIN AND AGAIN~" * 800_000 + data[at:])

    assert error.spot is not None
    assert error.spot.segment == "CLM"


# --------------------------------------------------------------------------------------------------- parents and places


HIERARCHY: dict[str, tuple[tuple[str, ...], bytes, bytes]] = {
    "a subscriber whose parent is nowhere": (ONE, b"~HL*2*1*22*0~", b"~HL*2*9*22*0~"),
    "a subscriber without a parent": (ONE, b"~HL*2*1*22*0~", b"~HL*2**22*0~"),
    "a level that is its own parent": (ONE, b"~HL*2*1*22*0~", b"~HL*2*2*22*0~"),
    "a parent that comes later": (TWO, b"~HL*2*1*22*0~", b"~HL*2*3*22*0~"),
    "two levels of one number": (ONE, b"~HL*2*1*22*0~", b"~HL*1*1*22*0~"),
    "two levels of one number that stand apart": (TWO, b"~HL*3*1*22*0~", b"~HL*2*1*22*0~"),
    "a level of no kind": (ONE, b"~HL*2*1*22*0~", b"~HL*2*1*PAT*0~"),
    "a subscriber under a subscriber": (TWO, b"~HL*3*1*22*0~", b"~HL*3*2*22*0~"),
    "a patient under a practice": (("C1 patient=TWIN-A: D0230 26.00",), b"~HL*3*2*23*0~", b"~HL*3*1*23*0~"),
    "a patient of a subscriber whose parent is nowhere": (
        ("C1 patient=TWIN-A: D0230 26.00",), b"~HL*2*1*22*1~", b"~HL*2*9*22*1~",
    ),
    "a circle": (("C1 patient=TWIN-A: D0230 26.00",), b"~HL*2*1*22*1~", b"~HL*2*3*22*1~"),
    "a claim before any level": (ONE, b"~HL*1**20*1~", b"~CLM*C0*1***11:B:1~HL*1**20*1~"),
    "a claim under a practice": (ONE, b"~REF*EI*999999999~", b"~REF*EI*999999999~CLM*C0*1***11:B:1~"),
    "a claim outside of a transaction": (ONE, b"~GE*", b"~CLM*C0*1***11:B:1~GE*"),
    "a claim before the transaction": (ONE, b"~ST*", b"~CLM*C0*1***11:B:1~ST*"),
}  # fmt: skip


@pytest.mark.parametrize("name", HIERARCHY)
def test_what_stands_under_no_certain_parent_is_said_once(name: str) -> None:
    claims, old, new = HIERARCHY[name]
    data = changed(interchange(*claims), old, new)
    error = fault(data, b"PAT")

    assert isinstance(error, BrokenHierarchy)
    assert error.spot is not None
    assert data[error.spot.offset :].startswith(error.spot.segment.encode() + b"*")
    assert error.spot.segment == ("CLM" if name.startswith("a claim") else "HL")


def test_claims_whose_parents_are_certain_are_judged_all_the_same() -> None:
    data = changed(interchange(*TWO), b"~HL*2*1*22*0~", b"~HL*2*9*22*0~")

    result = bitewing.check(data)
    assert [(one.name, one.place.claim) for one in result.findings] == [("missing-first-pa", "C2")]
    assert result.summary.claims == 2


def test_patients_of_a_subscriber_who_says_that_he_has_none_are_all_treated_alike() -> None:
    data = interchange("C1 patient=TWIN-A: D0230 26.00", "C2 patient=TWIN-B: D0230 26.00")
    second, third = data.index(b"HL*4*1*22*1~"), data.index(b"HL*5*4*23*0~")
    siblings = changed(data[:second] + data[third:], b"HL*5*4*23*", b"HL*5*2*23*")
    assert [claim.id for claim in bitewing.read(siblings).claims()] == ["C1", "C2"]

    misled = changed(siblings, b"~HL*2*1*22*1~", b"~HL*2*1*22*0~")
    read = [claim.id for claim in bitewing.read(misled).claims()]
    assert (read, len(bitewing.read(misled).faults())) in ((["C1", "C2"], 0), ([], 1))


def test_a_service_without_its_line_is_said() -> None:
    data = changed(interchange(), b"~LX*1~", b"~")
    error = fault(data)

    assert isinstance(error, BrokenHierarchy)
    assert error.spot is not None
    assert data[error.spot.offset :].startswith(b"SV3*AD:D0230")
    assert error.spot.claim == "C1"


@pytest.mark.parametrize("second", [b"SV3*AD:D0220*0", b"SV3*AD:D0140*85.00"])
def test_two_services_on_one_line_are_said(second: bytes) -> None:
    """Whichever of them is taken, the other is lost: a D0220 that is not looked at makes a wrong repair."""
    error = fault(counted(changed(interchange("C1: D0230 26.00"), b"~DTP*472*", b"~" + second + b"~DTP*472*")))

    assert isinstance(error, BrokenHierarchy)
    assert error.spot is not None
    assert error.spot.claim == "C1"


SAID_TWICE = {
    "the date of a line": (b"~DTP*472*D8*20260310", b"~DTP*472*D8*20260310~DTP*472*D8*20260317"),
    "the date of a claim": (b"~NM1*82*", b"~DTP*472*D8*20260310~DTP*472*D8*20260317~NM1*82*"),
    "the subscriber": (b"~NM1*PR*2*", b"~NM1*IL*1*OTHER*PERSON****MI*1~DMG*D8*19990101*M~NM1*PR*2*"),
    "the birth date": (b"~DMG*", b"~DMG*D8*19990101*M~DMG*"),
    "the practice": (b"~N4*SAMPLETOWN*OH*440010000", b"~NM1*85*2*OTHER*****XX*1999900040~N4*SAMPLETOWN*OH*440010000"),
    "the payer": (b"~CLM*", b"~NM1*PR*2*OTHER*****PI*TESTPAY2~CLM*"),
    "the dentist of the claim": (b"~LX*1", b"~NM1*82*1*OTHER*****XX*1999900032~LX*1"),
    "the dentist of the line": (
        b"~REF*6R*L1", b"~REF*6R*L1~NM1*82*1*OTHER*****XX*1999900032~NM1*82*1*OTHER*****XX*1999900040",
    ),
    "the number of the line": (b"~REF*6R*L1", b"~REF*6R*L1~REF*6R*L2"),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID_TWICE)
def test_what_is_said_twice_and_differently_stops_a_repair(what: str) -> None:
    """The guide has each of them once. Which one holds is not known, and a repair rests on it."""
    claim = "C1: D0230 x3 78.00 #30" + (" @none" if what == "the date of a claim" else "")
    data = counted(changed(interchange(claim), *SAID_TWICE[what]))
    result = bitewing.repair(data)

    assert result.data == data
    assert result.summary.repaired == 0
    assert len(result.findings) + len(result.summary.faults) > 0


@pytest.mark.parametrize("count", [50, 51, 60])
def test_more_lines_than_a_claim_may_have_are_said(count: int) -> None:
    data = interchange("C1: D0230 26.00" + " | D0120 1.00" * (count - 1))
    if count == 50:
        assert bitewing.repair(data).summary.repaired == 1
        return
    error = fault(data)

    assert str(count) in error.what
    assert error.spot is not None
    assert (error.spot.segment, error.spot.claim) == ("CLM", "C1")


# --------------------------------------------------------------------------------------------------------------- values

FIELDS = {
    "CLM02": (b"*163***11:B:1", b"*%b***11:B:1", "CLM"),
    "SV302": (b"SV3*AD:D0140*85~", b"SV3*AD:D0140*%b~", "SV3"),
    "SV302 with more behind it": (b"SV3*AD:D0230*78****3~", b"SV3*AD:D0230*%b****3~", "SV3"),
    "SV306": (b"SV3*AD:D0230*78****3~", b"SV3*AD:D0230*78****%b~", "SV3"),
}
PLAIN = ("C1: D0230 x3 78 #30 | D0140 85",)


@pytest.mark.parametrize("said", [one for one in AMOUNTS if one not in NUMBERS_AFTER_ALL], ids=ascii)
@pytest.mark.parametrize("field", FIELDS)
def test_what_is_no_number_is_said_once_with_its_place(field: str, said: str) -> None:
    old, new, tag = FIELDS[field]
    value = said.encode("utf-8")
    data = changed(interchange(*PLAIN), old, new % value)
    error = fault(data, value if len(value) > 1 else b"")

    assert isinstance(error, BadValue)
    assert error.what.startswith(field[:5])
    assert error.spot is not None
    assert (error.spot.segment, error.spot.claim) == (tag, "C1")
    assert data[error.spot.offset :].startswith(tag.encode() + b"*")
    assert data.find(b"~", error.spot.offset) > data.index(new.partition(b"%b")[0] + value)


@pytest.mark.parametrize("said", NUMBERS_AFTER_ALL)
def test_a_number_may_end_in_its_point(said: str) -> None:
    data = changed(interchange(*PLAIN), b"SV3*AD:D0140*85~", b"SV3*AD:D0140*%b~" % said.encode())

    assert bitewing.check(data).summary.faults == []


DATES = {
    "a day that is none": b"D8*20260230",
    "hyphens": b"D8*2026-03-10",
    "a range where a day is promised": b"D8*20260301-20260305",
    "a day where a range is promised": b"RD8*20260310",
    "a range that ends before it begins": b"RD8*20260305-20260301",
    "a range of more than two days": b"RD8*20260301-20260302-20260303",
    "a month that is none": b"D8*20261301",
    "the year nought": b"D8*00000101",
    "six digits": b"D8*260310",
    "blanks for noughts": b"D8*2026 310",
    "a time too": b"DT*202603101200",
    "no format": b"*20260310",
    "words": b"D8*TOMORROW",
    "a name": b"D8*EXAMPLE",
    "digits of another script": b"D8*" + "٢٠٢٦٠٣١٠".encode(),
}


@pytest.mark.parametrize("where", ["line", "claim"])
@pytest.mark.parametrize("name", DATES)
def test_a_service_date_that_is_none_is_said_once_with_its_place(name: str, where: str) -> None:
    claim = "C1 range=20260301-20260305: D0230 26.00" if where == "claim" else "C1: D0230 26.00"
    old = b"DTP*472*RD8*20260301-20260305~" if where == "claim" else b"DTP*472*D8*20260310~"
    data = changed(interchange(claim), old, b"DTP*472*%b~" % DATES[name])
    error = fault(data, DATES[name].partition(b"*")[2])

    assert isinstance(error, BadValue)
    assert error.spot is not None
    assert (error.spot.offset, error.spot.segment, error.spot.claim) == (data.index(b"DTP*472"), "DTP", "C1")


@pytest.mark.parametrize("claim", ["C1: D0230 26.00", "C1: D0120 58.00 | D0274 68.00", "C1: D2740 900.00"])
def test_a_birth_date_that_is_none_is_said_once_whatever_was_done(claim: str) -> None:
    data = changed(interchange(claim), b"DMG*D8*19800214*", b"DMG*D8*19800231*")
    error = fault(data, b"19800231")

    assert isinstance(error, BadValue)
    assert error.spot is not None
    assert error.spot.offset == data.index(b"DMG*")


@pytest.mark.parametrize("number", ["0", "1.5", "-1"])
def test_a_quantity_that_is_no_count_stops_the_repair_only(number: str) -> None:
    data = changed(interchange("C1: D0230 x3 78.00"), b"****3~", b"****%b~" % number.encode())
    result = bitewing.repair(data)

    assert result.data == data
    assert result.summary.faults == []
    assert [(one.name, one.action.value) for one in result.findings] == [("missing-first-pa", "flag")]


# --------------------------------------------------------------------------------------------- one bad claim among good


@pytest.mark.parametrize("layout", [{}, {"per_transaction": 1}, {"line_end": b"\r\n"}])
def test_good_claims_are_judged_beside_a_bad_one_and_the_bytes_stay(layout: dict[str, Any]) -> None:
    data = changed(interchange(*TWO, **layout), b"*85.00~", b"*NaN~")
    result = bitewing.repair(data)

    assert result.data == data
    assert [one.spot and one.spot.claim for one in result.summary.faults] == ["C1"]
    assert [(one.name, one.place.claim) for one in result.findings] == [("missing-first-pa", "C2")]


def test_a_bad_claim_of_the_same_patient_and_date_is_said_once() -> None:
    data = changed(interchange(*ONE, "C2: D0230 26.00"), b"*85.00~", b"*NaN~")
    error = fault(data, b"NaN")

    assert error.spot is not None
    assert error.spot.claim == "C1"


def test_every_bad_claim_is_said() -> None:
    data = interchange(*ONE, "C2: D0230 26.00", "C3 patient=P2: D0230 26.00").replace(b"*78.00*", b"*1,000*")
    data = data.replace(b"*26.00~", b"*NaN~")
    faults = bitewing.repair(data).summary.faults

    assert sorted(one.spot.claim for one in faults if one.spot) == ["C1", "C2", "C3"]
