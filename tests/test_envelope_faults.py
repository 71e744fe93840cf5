"""Every count and control number of an envelope that is untrue is named once, with its place and its code."""

import re

import pytest

from bitewing.edi.conformance.envelope import Envelope, count, envelope_faults
from bitewing.edi.conformance.fault import Fault, Scope
from bitewing.edi.delimiters import Delimiters
from bitewing.edi.document import Document
from bitewing.edi.errors import NotReadable
from bitewing.edi.framing import Block
from bitewing.edi.scan import scan

ISA = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260310*1200*^*00501*000000101*0*T*:"
WHOLE = [
    ISA,
    "GS*HC*SENDER*RECEIVER*20260310*1200*101*X*005010X224A2",
    "ST*837*0001*005010X224A2",
    "BHT*0019*00*B1*20260310*1200*CH",
    "SE*3*0001",
    "ST*837*0002*005010X224A2",
    "SE*2*0002",
    "GE*2*101",
    "IEA*1*000000101",
]
TA1 = Scope.INTERCHANGE
Said = tuple[str, Scope, str, str, int]


def faults(segments: list[str], end: str = "~") -> list[Fault]:
    return list(envelope_faults(Document.of("".join(segment + end for segment in segments).encode())))


def said(segments: list[str]) -> list[Said]:
    return [
        (one.rule, one.scope, one.code, one.where.reference or one.where.segment, one.where.position)
        for one in faults(segments)
    ]


def changed(place: int, old: str, new: str) -> list[str]:
    assert old in WHOLE[place]
    return [*WHOLE[:place], WHOLE[place].replace(old, new, 1), *WHOLE[place + 1 :]]


def without(place: int) -> list[str]:
    return [*WHOLE[:place], *WHOLE[place + 1 :]]


def with_more(place: int, *segments: str) -> list[str]:
    return [*WHOLE[:place], *segments, *WHOLE[place:]]


SILENT = {
    "whole": WHOLE,
    "several interchanges": [*WHOLE, *(one.replace("000000101", "000000102") for one in WHOLE)],
    "the same number from another sender": [*WHOLE, ISA.replace("SENDER  ", "SENDER B"), *WHOLE[1:]],
    "acknowledgement before the group": with_more(1, "TA1*000000007*260309*1200*A*000"),
    "acknowledgement alone": [ISA, "TA1*000000007*260309*1200*A*000", "IEA*0*000000101"],
    "leading zeros in counts": changed(4, "SE*3", "SE*003"),
    "leading zeros in group numbers": changed(7, "*101", "*000101"),
    "no version in ST": changed(2, "*005010X224A2", ""),
    "empty segments are not counted": with_more(4, "", ""),
}
SPOKEN: dict[str, tuple[list[str], Said]] = {
    "ISA01": (changed(0, "ISA*00", "ISA*99"), ("authorization-qualifier", Scope.INTERCHANGE, "010", "ISA01", 0)),
    "ISA03": (changed(0, "*00*          *ZZ", "*02*          *ZZ"), ("security-qualifier", TA1, "012", "ISA03", 0)),
    "ISA05": (changed(0, "ZZ*SENDER", "XX*SENDER"), ("sender-qualifier", Scope.INTERCHANGE, "005", "ISA05", 0)),
    "ISA06": (changed(0, "SENDER", "      "), ("sender-missing", Scope.INTERCHANGE, "006", "ISA06", 0)),
    "ISA07": (changed(0, "ZZ*RECEIVER", "XX*RECEIVER"), ("receiver-qualifier", Scope.INTERCHANGE, "007", "ISA07", 0)),
    "ISA08": (changed(0, "RECEIVER", "        "), ("receiver-missing", Scope.INTERCHANGE, "008", "ISA08", 0)),
    "ISA09": (changed(0, "*260310", "*261310"), ("interchange-date", Scope.INTERCHANGE, "014", "ISA09", 0)),
    "ISA10": (changed(0, "*1200", "*2400"), ("interchange-time", Scope.INTERCHANGE, "015", "ISA10", 0)),
    "ISA11 a letter": (changed(0, "*^*", "*A*"), ("repetition-separator-letter", TA1, "016", "ISA11", 0)),
    "ISA11 as of old": (changed(0, "*^*", "*U*"), ("repetition-separator-old", Scope.INTERCHANGE, "", "ISA11", 0)),
    "ISA12 another": (changed(0, "00501", "00401"), ("controls-version-unsupported", TA1, "003", "ISA12", 0)),
    "ISA12 none": (changed(0, "00501", "0050A"), ("controls-version-invalid", Scope.INTERCHANGE, "017", "ISA12", 0)),
    "ISA14": (changed(0, "*0*T", "*2*T"), ("acknowledgment-request", Scope.INTERCHANGE, "019", "ISA14", 0)),
    "ISA15": (changed(0, "*0*T", "*0*I"), ("usage-indicator", Scope.INTERCHANGE, "020", "ISA15", 0)),
    "IEA01": (changed(8, "*1*", "*2*"), ("group-count-untrue", Scope.INTERCHANGE, "021", "IEA01", 0)),
    "IEA01 no number": (changed(8, "*1*", "*A*"), ("group-count-untrue", Scope.INTERCHANGE, "021", "IEA01", 0)),
    "IEA02": (changed(8, "101", "102"), ("interchange-numbers-differ", Scope.INTERCHANGE, "001", "IEA02", 0)),
    "no IEA": (without(8), ("interchange-trailer-missing", Scope.INTERCHANGE, "023", "IEA", 0)),
    "no IEA before another ISA": (
        [*without(8), *(one.replace("000000101", "000000102") for one in WHOLE)],
        ("interchange-trailer-missing", Scope.INTERCHANGE, "023", "IEA", 0),
    ),
    "ISA13 again": ([*WHOLE, *WHOLE], ("interchange-number-repeated", Scope.INTERCHANGE, "025", "ISA13", 0)),
    "ISA inside": (with_more(1, "ISA*00*1"), ("isa-inside-interchange", Scope.INTERCHANGE, "022", "ISA", 0)),
    "empty": ([ISA, "IEA*0*000000101"], ("interchange-empty", Scope.INTERCHANGE, "", "ISA", 0)),
    "segment before GS": (with_more(1, "REF*A*B"), ("segment-outside-group", Scope.INTERCHANGE, "022", "REF", 0)),
    "segment behind GE": (with_more(8, "REF*A*B"), ("segment-outside-group", Scope.INTERCHANGE, "022", "REF", 0)),
    "TA1 behind GE": (with_more(8, "TA1*1"), ("segment-outside-group", Scope.INTERCHANGE, "022", "TA1", 0)),
    "segment before ST": (with_more(2, "REF*A*B"), ("segment-outside-transaction", Scope.INTERCHANGE, "024", "REF", 0)),
    "claim behind SE": (with_more(5, "CLM*A*1"), ("segment-outside-transaction", Scope.INTERCHANGE, "024", "CLM", 0)),
    "GE alone": (with_more(8, "GE*1*1"), ("group-trailer-alone", Scope.INTERCHANGE, "022", "GE", 0)),
    "SE alone": (with_more(7, "SE*1*1"), ("transaction-trailer-alone", Scope.INTERCHANGE, "024", "SE", 0)),
    "GS02": (changed(1, "HC*SENDER", "HC*S"), ("group-sender", Scope.INTERCHANGE, "024", "GS02", 0)),
    "GS03": (changed(1, "RECEIVER", "R" * 16), ("group-receiver", Scope.INTERCHANGE, "024", "GS03", 0)),
    "GS04": (changed(1, "20260310", "20260230"), ("group-date", Scope.INTERCHANGE, "024", "GS04", 0)),
    "GS05": (changed(1, "1200", "12"), ("group-time", Scope.INTERCHANGE, "024", "GS05", 0)),
    "GS07": (changed(1, "*X*", "*T*"), ("group-agency", Scope.INTERCHANGE, "024", "GS07", 0)),
    "GS01": (changed(1, "GS*HC", "GS*HPO"), ("group-kind-unknown", Scope.GROUP, "1", "GS01", 0)),
    "GE01": (changed(7, "GE*2", "GE*3"), ("transaction-count-untrue", Scope.GROUP, "5", "GE01", 0)),
    "GE02": (changed(7, "*101", "*102"), ("group-numbers-differ", Scope.GROUP, "4", "GE02", 0)),
    "no GE": (without(7), ("group-trailer-missing", Scope.GROUP, "3", "GE", 0)),
    "GS06 again": (
        [*WHOLE[:8], *WHOLE[1:8], "IEA*2*000000101"],
        ("group-number-repeated", Scope.GROUP, "19", "GS06", 0),
    ),
    "SE01": (changed(4, "SE*3", "SE*4"), ("segment-count-untrue", Scope.TRANSACTION, "4", "SE01", 3)),
    "SE01 absent": (changed(4, "SE*3", "SE*"), ("segment-count-untrue", Scope.TRANSACTION, "4", "SE01", 3)),
    "SE02": (changed(4, "0001", "0003"), ("transaction-numbers-differ", Scope.TRANSACTION, "3", "SE02", 3)),
    "no SE": (without(4), ("transaction-trailer-missing", Scope.TRANSACTION, "2", "SE", 3)),
    "ST01": (changed(2, "ST*837", "ST*835"), ("transaction-of-another-kind", Scope.TRANSACTION, "6", "ST01", 1)),
    "ST03": (changed(2, "X224A2", "X224A1"), ("transaction-version-differs", Scope.TRANSACTION, "I6", "ST03", 1)),
}  # fmt: skip
SEVERAL: dict[str, tuple[list[str], list[str]]] = {
    "ISA13 no number": (
        [one.replace("000000101", "00000010A") for one in WHOLE],
        ["interchange-number-shape"],
    ),
    "GS06 no number": (
        [WHOLE[0], WHOLE[1].replace("*101*", "*1A1*"), *WHOLE[2:7], "GE*2*1A1", WHOLE[8]],
        ["group-number-shape"],
    ),
    "ST02 too short, in both": (
        [*WHOLE[:2], "ST*837*1*005010X224A2", WHOLE[3], "SE*3*1", *WHOLE[5:]],
        ["transaction-number-shape"],
    ),
    "ST02 again": ([*WHOLE[:5], WHOLE[2], "SE*2*0001", *WHOLE[7:]], ["transaction-number-repeated"]),
    "GS08 missing": (
        [WHOLE[0], WHOLE[1].replace("005010X224A2", ""), *(one.replace("*005010X224A2", "") for one in WHOLE[2:])],
        ["group-version-missing"],
    ),
    "no GS": (
        without(1),
        ["transaction-outside-group", "transaction-outside-group", "group-trailer-alone", "group-count-untrue"],
    ),
    "no ST": (
        without(5),
        ["transaction-trailer-alone", "transaction-count-untrue"],
    ),
    "cut off in the first transaction": (
        WHOLE[:4],
        ["transaction-trailer-missing", "group-trailer-missing", "interchange-trailer-missing"],
    ),
}


@pytest.mark.parametrize("segments", SILENT.values(), ids=SILENT)
def test_nothing_is_said_of_a_true_envelope(segments: list[str]) -> None:
    assert said(segments) == []


@pytest.mark.parametrize(("segments", "expected"), SPOKEN.values(), ids=SPOKEN)
def test_a_single_fault_is_said_once_with_its_place_and_code(segments: list[str], expected: Said) -> None:
    assert said(segments) == [expected]
    assert {one.snip for one in faults(segments)} == {1}


@pytest.mark.parametrize(("segments", "expected"), SEVERAL.values(), ids=SEVERAL)
def test_what_follows_from_a_fault_is_said_too(segments: list[str], expected: list[str]) -> None:
    assert [one.rule for one in faults(segments)] == expected


def test_only_what_is_told_does_not_reject() -> None:
    told = {one.rule for segments, _ in SPOKEN.values() for one in faults(segments) if not one.rejects}

    assert told == {"repetition-separator-old", "interchange-empty"}


def test_bytes_around_interchanges_are_told_with_their_place() -> None:
    data = b"\xef\xbb\xbf a letter\r\n" + "".join(one + "~\r\n" for one in WHOLE).encode() + b"\x1a\n"
    found = list(envelope_faults(Document.of(data)))

    assert [(one.rule, one.where.offset, one.rejects) for one in found] == [("bytes-outside-interchanges", 4, False)]
    assert "8 bytes" in found[0].message


def test_a_file_without_an_interchange_is_refused_and_nothing_is_said_of_it() -> None:
    document = Document.of(b"no interchange at all")

    with pytest.raises(NotReadable):
        list(envelope_faults(document))


@pytest.mark.parametrize("end", ["~\n", "~\r\n", "~\n\n", "~  "])
def test_line_ends_change_nothing(end: str) -> None:
    one = changed(4, "SE*3", "SE*4")

    assert [(x.rule, x.where.position) for x in faults(one, end)] == [("segment-count-untrue", 3)]
    assert faults(WHOLE, end) == []


@pytest.mark.parametrize("size", [1, 2, 3])
def test_blocks_may_end_anywhere_between_segments(size: int) -> None:
    """As a long file comes: the same is said whatever the blocks."""
    segments = changed(4, "SE*3", "SE*9")
    data = "".join(one + "~" for one in segments).encode()
    block = next(frame for frame in Document.of(data).frames() if isinstance(frame, Block))
    stops = [match.end() for match in re.finditer(b"~", data)][size - 1 :: size]
    envelope, found, start = Envelope(), [], 0
    for stop in dict.fromkeys([*stops, len(data)]):
        marks = scan(data[start:stop], block.delimiters)
        last = stop == len(data)
        found += envelope.block(Block(start, data[start:stop], block.delimiters, marks, last, block.source))
        start = stop

    assert [(one.rule, one.where.offset) for one in found] == [("segment-count-untrue", data.index(b"SE*9"))]


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"", 0), (b"A~", 1), (b"A~B", 2), (b"A~~B~", 2), (b"A~\r\nB~\r\n", 2), (b"~A~", 1), (b"A~ ~B~", 2), (b" \n", 0)],
)
def test_empty_segments_are_not_counted(data: bytes, expected: int) -> None:
    delimiters = Delimiters(b"*", b":", b"^", b"~")

    assert count(data, delimiters, empties=scan(data, delimiters).empties) == expected


def test_no_message_repeats_what_was_sent() -> None:
    (one,) = faults(changed(1, "SENDER", "SMITHJOHN19700101X"))

    assert one.value == b"SMITHJOHN19700101X"
    assert "SMITH" not in one.message + one.remedy
