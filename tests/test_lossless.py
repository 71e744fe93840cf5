"""What is read can be written: every byte of a file belongs to a segment or to filler, in its place and once."""

import io
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import bitewing
from bitewing.edi import framing
from bitewing.edi.compose import compose
from bitewing.edi.delimiters import Delimiters
from bitewing.edi.framing import Block
from bitewing.edi.hierarchy import Hierarchy
from bitewing.edi.source import FileSource, SpooledSource
from bitewing.transforms.example import parse_claims

DELIMITERS = ("*:^~", "|>^~", "\x1d\x1f\x1e\x1c", "\t,;'", "$&%!")
LINE_ENDS = ("none", "lf", "crlf", "cr", "indent")
PROFILES = ("clinic", "every-loop")
BREAKS_AS_DELIMITERS = ("*:^\n", "|>~\r", "\n:^~", "*\n^~", "\r\n\t!")

BEFORE = {
    "byte order mark": b"\xef\xbb\xbf",
    "line ends": b"\r\n\r\n",
    "a letter": b"Content-Type: text/plain\r\n\r\nDear payer, the ISA segment follows.\r\n",
    "UTF-16 dust": b"\xff\xfe\0\0",
    "longer than a segment": b"-" * 3000,
}
AFTER = {
    "line end": b"\r\n",
    "end of a DOS file": b"\x1a",
    "blanks of a mainframe": b" " * 80 + b"\0" * 400,
    "a signature": b"\n-- \nsent by nobody\n",
    "a segment without an interchange": b"\nGS*HC*~ST*837*1~CLM*X*1~",
}
SMALL = ("C1 patient=TWIN-A: D0230 x3 78.00 | D0140 85.00", "C2 patient=P2 note=ISA: D0220 32.00 #3 #14")


def interchange(*claims: str, **options: Any) -> bytes:
    return compose(parse_claims(claims or SMALL), **options)


def written(generator: ModuleType, delimiters: str = "*:^~", line_end: str = "none", **options: Any) -> bytes:
    out = io.BytesIO()
    generator.generate(out, layout=generator.Layout(*delimiters, line_end), **{"claims": 12, **options})
    return out.getvalue()


def joined(data: bytes) -> bytes:
    return b"".join(frame.data for frame in bitewing.read(data).frames())


def assert_whole(data: bytes) -> None:
    """Law 1 and law 2 for a file that can be read: its bytes come back, and what is handed out lies where it says."""
    document = bitewing.read(data)
    place = 0
    for frame in document.frames():
        assert (frame.base, data[place : place + len(frame.data)]) == (place, frame.data)
        place += len(frame.data)
    assert place == len(data)
    assert bytes(document) == data
    for segment in document.segments():
        assert data[segment.offset : segment.offset + len(segment.data)] == segment.data
        assert data[segment.end : segment.end + 1] in (segment.delimiters.segment, b"")
    for claim in document.claims():
        assert data[claim.offset : claim.offset + len(claim.data)] == claim.data
        for segment in claim.loop.walk():
            assert data[segment.offset : segment.offset + len(segment.data)] == segment.data


def said(data: bytes) -> Any:
    """All that a file is taken for, with places counted from the first ISA, so that bytes around it do not matter."""
    walk = Hierarchy()
    first = data.index(b"ISA*") if b"ISA*" in data else 0
    claims = [(claim.offset - first, claim.data) for claim in bitewing.read(data).claims(hierarchy=walk)]
    return claims, [(one.offset - first, one.kind, one.claims, one.segments, one.claimed) for one in walk.transactions]


# -------------------------------------------------------------------------------------------------------------- layouts


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("line_end", LINE_ENDS)
@pytest.mark.parametrize("delimiters", DELIMITERS, ids=ascii)
def test_every_layout_comes_back(
    generator: ModuleType, naive: ModuleType, delimiters: str, line_end: str, profile: str
) -> None:
    data = written(generator, delimiters, line_end, profile=profile)

    assert_whole(data)
    expected = [segment.elements for segment in naive.split(data)]
    found = [[part.decode("latin-1") for part in segment.elements] for segment in bitewing.read(data).segments()]
    assert found == expected


@pytest.mark.parametrize("delimiters", BREAKS_AS_DELIMITERS, ids=ascii)
def test_a_line_break_can_be_a_delimiter(generator: ModuleType, naive: ModuleType, delimiters: str) -> None:
    data = written(generator, delimiters)

    assert_whole(data)
    assert [claim.id for claim in bitewing.read(data).claims()] == [one["id"] for one in naive.read_claims(data)]


def test_bytes_that_are_not_utf_8_and_needless_separators_come_back(generator: ModuleType) -> None:
    freedom = generator.Freedom(text="latin", levels="any", siblings="any", sloppy=0.5)
    data = written(generator, profile="every-loop", freedom=freedom, claims=40)

    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")
    assert b"*~" in data
    assert_whole(data)


def test_many_transactions_groups_and_interchanges_come_back(generator: ModuleType) -> None:
    data = written(generator, claims=60, claims_per_transaction=4, groups=3, interchanges=3, line_end="crlf")

    assert_whole(data)
    transactions = bitewing.read(data).transactions()
    assert (len(transactions), len({id(one.group) for one in transactions})) == (data.count(b"~\r\nST*"), 9)
    assert all(one.counted for one in transactions)


def test_every_interchange_of_a_file_has_its_own_delimiters(generator: ModuleType, naive: ModuleType) -> None:
    parts = [
        written(generator, delimiters, line_end, profile=profile, seed=number)
        for number, (delimiters, line_end, profile) in enumerate(
            (d, e, p) for d, e in zip(DELIMITERS, LINE_ENDS, strict=True) for p in PROFILES
        )
    ]
    for between in (b"", b"\r\n", b"\n--- next ---\n"):
        data = between.join(parts)

        assert_whole(data)
        ids = [claim.id for claim in bitewing.read(data).claims()]
        assert ids == [one["id"] for part in parts for one in naive.read_claims(part)]


def test_a_file_on_disk_and_a_stream_are_read_as_bytes_are(tmp_path: Path) -> None:
    data = BEFORE["a letter"] + interchange(line_end=b"\n") + AFTER["a signature"]
    path = tmp_path / "claims.837"
    path.write_bytes(data)

    for source in (FileSource(path), SpooledSource(io.BytesIO(data))):
        document = bitewing.Document(source)
        assert bytes(document) == data
        assert b"".join(frame.data for frame in document.frames()) == data
        assert [(one.offset, one.data) for one in document.claims()] == [
            (one.offset, one.data) for one in bitewing.read(data).claims()
        ]
        document.close()


# ------------------------------------------------------------------------------------------------ what stands around it


@pytest.mark.parametrize("after", ["", *AFTER])
@pytest.mark.parametrize("before", ["", *BEFORE])
def test_bytes_around_an_interchange_are_kept_and_change_nothing(before: str, after: str) -> None:
    data = interchange()
    around = BEFORE.get(before, b"") + data + AFTER.get(after, b"")

    assert_whole(around)
    assert said(around) == said(data)


def test_a_repair_leaves_the_bytes_around_an_interchange() -> None:
    data = interchange()
    before, after = BEFORE["a letter"], AFTER["blanks of a mainframe"]
    repaired = bitewing.repair(data).data

    assert repaired != data
    assert bitewing.repair(before + data + after).data == before + repaired + after


# ----------------------------------------------------------------------------------------------------- odd but readable

ODD = {
    "empty segments": (b"~SV3", b"~~~SV3"),
    "an empty segment with a line end": (b"~SV3", b"~\r\n~SV3"),
    "trailing empty elements": (b"*Y*A*Y*Y~", b"*Y*A*Y*Y***********~"),
    "a line break in front of a terminator": (b"~HL*", b"\n~HL*"),
    "bytes that are not UTF-8": (b"EXAMPLE", b"EX\xff\xc3\x28\x00\x80"),
    "bytes that look like a claim": (b"EXAMPLE WAY", b"CLM SE ST"),
    "a segment identifier of nobody": (b"~DMG", b"~XYZW*1~~Z~DMG"),
    "a claim with nothing in it": (b"~CLM*C2", b"~CLM*C0*~CLM*C2"),
    "a lone segment identifier": (b"~DMG", b"~CLMX~SV3~DMG"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_segments_are_kept_as_they_are(name: str) -> None:
    old, new = ODD[name]
    data = interchange()
    odd = data.replace(old, new)

    assert odd != data
    assert_whole(odd)


@pytest.mark.parametrize("name", ["empty segments", "an empty segment with a line end", "trailing empty elements"])
def test_empty_segments_and_elements_do_not_change_what_is_read(naive: ModuleType, name: str) -> None:
    data = interchange()
    odd = data.replace(*ODD[name])

    assert naive.read_claims(odd) == naive.read_claims(data)
    for one, other in zip(bitewing.read(odd).claims(), bitewing.read(data).claims(), strict=True):
        assert (one.id, one.charge, one.frequency) == (other.id, other.charge, other.frequency)
        assert [(line.code, line.quantity, line.teeth) for line in one.lines] == [
            (line.code, line.quantity, line.teeth) for line in other.lines
        ]
    assert [one.segments for one in bitewing.read(odd).transactions()] == [
        one.segments for one in bitewing.read(data).transactions()
    ]


@pytest.mark.parametrize("lacking", ["IEA", "GE IEA", "SE GE IEA", "SE", "GS GE", "GE"])
def test_envelope_ends_that_lack_lose_nothing(lacking: str) -> None:
    segments = interchange().split(b"~")
    data = b"~".join(one for one in segments if one.partition(b"*")[0] not in lacking.encode().split())

    for whole in (data, data + data, data + b"\r\n" + data):
        assert_whole(whole)
        assert len([*bitewing.read(whole).claims()]) == whole.count(b"~CLM*")


@pytest.mark.parametrize("last", [b"IEA", b"GE", b"SE", b"SV3", b"CLM", b"HL", b"ST", b"GS", b"ISA"])
def test_a_file_that_ends_before_a_terminator_loses_nothing(last: bytes) -> None:
    data = interchange()
    at = data.rfind(last + b"*")
    end = data.index(b"~", at)

    assert_whole(data[: end + 1])
    if last == b"ISA":
        with pytest.raises(bitewing.NotReadable):
            joined(data[:end])
        return
    for cut in (end, end - 1, at + len(last) + 1, at + len(last), at + 1):
        assert_whole(data[:cut])


# ------------------------------------------------------------------------------------------------------------ mutations

ONE = ("C1: D0230 26.00",)
SEEDS = (
    interchange(),
    interchange(line_end=b"\r\n", per_transaction=1),
    interchange(delimiters=Delimiters(b"|", b">", b"^", b"\n")),
    interchange(*ONE) + b"\r\n" + interchange(*ONE, delimiters=Delimiters(b"+", b"<", b"!", b"'")),
)
PUT_IN = (
    b"~", b"*", b":", b"\n", b"~~", b"ISA*", b"IEA*1*1~", b"CLM*X*1~", b"~SE*3*1~", b"~ST*837*9~", b"HL*9*9*22*0~",
    b"GS*", b"GE*", b"LX*1~", b"~SV3*AD:D0230*NaN~", b"~DTP*472*D8*20269999~", b"\xef\xbb\xbf", b"\0", b"CLP*",
)  # fmt: skip
PIECES = st.one_of(st.binary(max_size=4), st.sampled_from(PUT_IN))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An interchange in which bytes were lost, doubled, moved or put in."""
    data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 40))
        kind = draw(st.sampled_from(["put in", "put in the place of", "lose", "double", "cut off"]))
        if kind == "put in":
            data = data[:at] + draw(PIECES) + data[at:]
        elif kind == "put in the place of":
            data = data[:at] + draw(PIECES) + data[at + length :]
        elif kind == "lose":
            data = data[:at] + data[at + length :]
        elif kind == "double":
            data = data[: at + length] + data[at:]
        else:
            data = data[:at]
    return data


@given(damaged())
@example(b"")
@example(b"\0")
@example(b"ISA")
@example(interchange()[:105])
def test_damaged_bytes_are_whole_or_not_readable(data: bytes) -> None:
    assert bytes(bitewing.read(data)) == data
    try:
        whole = joined(data)
    except bitewing.NotReadable:
        with pytest.raises(bitewing.NotReadable):
            bitewing.repair(data)
        return
    assert whole == data
    assert_whole(data)


@given(damaged())
def test_damaged_bytes_are_repaired_by_declared_edits_or_not_at_all(data: bytes) -> None:
    try:
        result = bitewing.repair(data)
    except bitewing.NotReadable:
        return
    if result.summary.faults:
        assert result.data == data
    expected, place = b"", 0
    for edit in result.summary.changes if not result.summary.faults else ():
        assert data[edit.offset : edit.offset + len(edit.before)] == edit.before
        expected += data[place : edit.offset] + edit.after
        place = edit.offset + len(edit.before)
    assert result.data == expected + data[place:]


@given(st.binary(max_size=300))
def test_any_bytes_are_whole_or_not_readable(data: bytes) -> None:
    assert bytes(bitewing.read(data)) == data
    with pytest.raises(bitewing.NotReadable):
        joined(data)


# --------------------------------------------------------------------------------------------------------------- blocks


def observed(data: bytes) -> Any:
    """Marks, claims, transactions and faults with their places in the file.

    White space behind the last segment of a stretch belongs to no segment: a block may end before it.
    """
    document = bitewing.read(data)
    marks = [(f.base + at, tag) for f in document.frames() if isinstance(f, Block) for at, tag in f.marks]
    walk = Hierarchy()
    claims = [
        (claim.offset, claim.data.rstrip(), claim.level.offset, claim.level.data.rstrip(), claim.transaction.offset)
        for claim in document.claims(hierarchy=walk)
    ]
    transactions = [
        (one.offset, one.segments, one.claims, one.claimed, one.count_at, one.header_data.rstrip(), one.group.offset)
        for one in walk.transactions
    ]
    fillers = [(f.base, f.data) for f in document.frames() if not isinstance(f, Block)]
    return marks, claims, transactions, [str(fault) for fault in walk.faults], merged(fillers)


def merged(fillers: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Fillers that touch each other count as one."""
    found: list[tuple[int, bytes]] = []
    for base, data in fillers:
        if found and found[-1][0] + len(found[-1][1]) == base:
            found[-1] = (found[-1][0], found[-1][1] + data)
        else:
            found.append((base, data))
    return found


@pytest.fixture(scope="module")
def files(generator: ModuleType) -> dict[str, bytes]:
    freedom = generator.Freedom(text="latin", siblings="any", sloppy=0.3)
    small = interchange(*SMALL * 8)
    clinic = written(generator, claims=20, claims_per_transaction=3, groups=2, interchanges=2)
    return {
        "clinic": clinic,
        "clinic with line ends": written(generator, "|>^~", "crlf", claims_per_transaction=5),
        "every loop": written(generator, "\x1d\x1f\x1e\x1c", "indent", profile="every-loop", freedom=freedom),
        "around and between": BEFORE["longer than a segment"] + clinic + b"\r\n" * 300 + small + AFTER["line end"],
        "not closed": clinic.replace(b"~SE*", b"~ZZ*").replace(b"~IEA*", b"~ZZ*"),
        "parents amiss": small.replace(b"*1*22*", b"*7*22*"),
        "empty segments": small.replace(b"~", b"~~\r\n~"),
        "no last terminator": small[:-1],
    }


FILES = (
    "clinic", "clinic with line ends", "every loop", "around and between", "not closed", "parents amiss",
    "empty segments", "no last terminator",
)  # fmt: skip


@pytest.mark.parametrize("size", [200, 257, 1000, 5000])
@pytest.mark.parametrize("name", FILES)
def test_the_size_of_blocks_changes_nothing(
    files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, name: str, size: int
) -> None:
    data = files[name]
    expected = observed(data)
    findings = [(one.key, one.edits) for one in bitewing.check(data).findings]
    monkeypatch.setattr(framing, "BLOCK", size)

    assert len([*bitewing.read(data).frames()]) > 1
    assert observed(data) == expected
    assert [(one.key, one.edits) for one in bitewing.check(data).findings] == findings
    assert_whole(data)


def test_segments_are_counted_to_the_end_of_a_transaction_that_is_not_closed() -> None:
    data = interchange(per_transaction=1)
    open_ended = b"~".join(one for one in data.split(b"~") if not one.startswith(b"SE"))
    counts = [one.segments for one in bitewing.read(data).transactions()]

    assert [one.segments for one in bitewing.read(open_ended).transactions()] == [count - 1 for count in counts]


def test_a_second_walk_over_a_document_says_the_same(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> None:
    monkeypatch.setattr(framing, "BLOCK", 1000)
    document = bitewing.read(files["around and between"])
    walks = [
        [(frame.base, frame.data, list(map(tuple, getattr(frame, "marks", ())))) for frame in document.frames()]
        for _ in range(3)
    ]

    assert walks[0] == walks[1] == walks[2]
