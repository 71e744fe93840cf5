"""What is not looked at for speed would have said nothing: shortcuts change no finding, no fault and no edit."""

import io
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bitewing
from bitewing.edi.claim import Claim
from bitewing.edi.compose import STANDARD, compose
from bitewing.edi.delimiters import Delimiters
from bitewing.edi.document import Document
from bitewing.edi.errors import EdiError
from bitewing.edi.sketch import sketch
from bitewing.transforms import laws, screen
from bitewing.transforms.catalog import builtin_passes, chosen
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example, parse_claims
from bitewing.transforms.model import Pass, Remark, check
from bitewing.transforms.run import Run

USUAL = chosen(builtin_passes())
FILMS = chosen(builtin_passes(), ("missing-first-pa", "repeated-first-pa"))


@pytest.fixture(autouse=True, scope="module")
def _screened() -> Iterator[None]:
    """Files are small here, and screened all the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(screen, "WORTHWHILE", 0)
        yield


@check(
    "W101",
    "watchful",
    source="this test",
    examples=(Example("one claim", ("C1: D0120 58.00",)), Example("another", ("C1: D0140 85.00",))),
)
def watchful(claim: Claim) -> Iterator[Remark]:
    """A pass that promises nothing.

    It wants to see every claim whatever its codes, so with it none can be left unread.
    """
    yield from ()


@check(
    "W102",
    "watchful-of-days",
    source="this test",
    examples=(Example("one claim", ("C1: D0120 58.00",)), Example("another", ("C1: D0140 85.00",))),
)
def watchful_of_days(day: Day) -> Iterator[Remark]:
    """A pass over days that promises nothing.

    With it every claim is laid out with all that share its patient and dates, whatever they hold.
    """
    yield from ()


IN_FULL = (watchful, watchful_of_days)


def said(data: bytes, passes: list[Pass]) -> Any:
    """All that comes out of a file."""
    try:
        result = bitewing.repair(data, passes=passes)
    except bitewing.NotReadable as refusal:
        return str(refusal)
    summary = result.summary
    return (
        result.data,
        [(one.key, one.message, one.edits) for one in result.findings],
        sorted(str(fault) for fault in summary.faults),
        (summary.claims, summary.service_lines, summary.repaired, summary.flagged, summary.changes),
    )


PLAIN = (
    "C1: D0120 58.00 | D0274 68.00",
    "C2 patient=P2: D0220 32.00 #3 | D0230 26.00 #14",
    "C3 patient=TWIN-A note=SENSITIVE: D0350 45.00",
    "C4 patient=P3: D0330 125.00",
    "C5 patient=P4 range=20260310-20260310: D0140 85.00",
    "C6 patient=TWIN-B pwk=RB: D2740 1200.00 #19 ref=G1:AUTH",
)
WORDS = (
    b"", b"1", b"2", b"7", b"8", b"0", b"PB", b"NaN", b"-1", b"1.005", b"00", b"5.", b"D0220", b"D0230", b"D0210",
    b"D0707", b"AD:D0230", b"AD:D0230::::::CBCT", b"AD", b"HC:D0230", b"11:B:7", b"11:B:1:1", b"11:B", b"20260310",
    b"20260230", b"20260311", b"D8", b"RD8", b"20260310-20260311", b"472", b"82", b"QC", b"IL", b"G3", b"9A", b"XZ",
    b"CBCT",
)  # fmt: skip
SEGMENTS = (
    b"NTE*ADD*CBCT OF MANDIBLE", b"DTP*472*D8*20260312", b"DTP*472*D8*20260310", b"REF*XZ*1", b"K3*X", b"AMT*T*1",
    b"LX*9", b"SV3*AD:D0230*26.00", b"TOO*JP*8", b"NM1*82*1*OTHER*****XX*1999900032", b"SBR*S*18", b"CAS*CO*45*1",
    b"SVD*P*1*AD:D0230**1", b"AMT*D*5.00", b"PWK*RB*AA", b"CLM*C9*26***11:B:1*Y*A*Y*Y", b"DMG*D8*19990101*F", b"XYZ",
    b"HCP*01*1",
)  # fmt: skip


@st.composite
def nearly_plain(draw: st.DrawFn) -> bytes:
    """Claims of an ordinary kind in which an element or segment was changed, lost, doubled, moved or put in.

    SE01 is right for what then stands there, most of the time: where it is wrong nothing is repaired.
    """
    claims = draw(st.lists(st.sampled_from(PLAIN), min_size=1, max_size=3, unique=True))
    segments = compose(parse_claims(tuple(claims))).split(b"~")
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(8, len(segments) - 4))
        kind = draw(st.sampled_from(["element", "element", "element", "put in", "lose", "double", "swap"]))
        if kind == "element":
            elements = segments[at].split(b"*")
            place = draw(st.integers(1, len(elements)))
            elements[place : place + 1] = [draw(st.sampled_from(WORDS))]
            segments[at] = b"*".join(elements)
        elif kind == "put in":
            segments.insert(at, draw(st.sampled_from(SEGMENTS)))
        elif kind == "lose":
            del segments[at]
        elif kind == "double":
            segments.insert(at, segments[at])
        else:
            segments[at], segments[at + 1] = segments[at + 1], segments[at]
    end = [number for number, segment in enumerate(segments) if segment.startswith(b"SE*")]
    if end and draw(st.integers(0, 7)):
        segments[end[-1]] = b"SE*%d*0001" % (end[-1] - 1)
    return b"~".join(segments)


@given(nearly_plain())
def test_nearly_plain_claims_are_read_as_if_in_full(data: bytes) -> None:
    assert said(data, USUAL) == said(data, [*USUAL, *IN_FULL])


@given(nearly_plain(), st.sampled_from(builtin_passes()))
def test_a_pass_alone_misses_nothing(data: bytes, one: Pass) -> None:
    """Claims that a pass does not look at may hold what cannot be read; that is for passes that look at them."""
    whole = said(data, [one, *IN_FULL])

    assert said(data, [one]) == whole or (isinstance(whole, tuple) and whole[2])


@pytest.mark.parametrize("options", [{}, {"claims": 60, "profile": "every-loop"}], ids=["clinic", "every loop"])
@pytest.mark.parametrize("line_end", ["none", "crlf", "indent"])
@pytest.mark.parametrize("delimiters", ["*:^~", "|>!'"])
def test_generated_files_are_read_as_if_in_full(
    generator: ModuleType, delimiters: str, line_end: str, options: dict[str, Any]
) -> None:
    out = io.BytesIO()
    layout = generator.Layout(*delimiters, line_end)
    generator.generate(out, **{"claims": 200, "layout": layout, "faults": 0.3, "seed": 21, **options})
    data = out.getvalue()

    assert said(data, USUAL) == said(data, [*USUAL, *IN_FULL])


@pytest.mark.parametrize("one", builtin_passes(), ids=lambda one: one.name)
def test_the_examples_of_a_pass_are_read_as_if_in_full(one: Pass) -> None:
    for example in one.examples:
        data = compose(parse_claims(example.claims, example.repeat))

        assert said(data, [one]) == said(data, [one, *IN_FULL])


def test_most_claims_of_a_clinic_are_sketched(generator: ModuleType) -> None:
    """A pattern that refuses what it should know costs no finding, only time: nothing else would show it."""
    out = io.BytesIO()
    generator.generate(out, claims=400, seed=11)
    claims = list(bitewing.read(out.getvalue()).claims())

    assert sum(sketch(claim.data, claim.delimiters) is not None for claim in claims) >= 0.9 * len(claims)


def test_a_visit_on_two_claims_counts_once_for_its_practice() -> None:
    """A plain claim is counted when it comes by, and once more, with the other one, when its day is judged."""
    texts = [f"R{n} patient=R{n}: D0220 32.00 #3 | D0220 32.00 #14" for n in range(10)]
    for n in range(9):
        texts += [f"A{n} patient=A{n}: D0220 32.00 #3 | D0230 26.00 #14", f"B{n} patient=A{n}: D0140 85.00"]
    data = compose(parse_claims(tuple(texts)))

    assert said(data, USUAL) == said(data, [*USUAL, *IN_FULL])
    assert "systemic-repeated-first-pa" in {one.name for one in bitewing.repair(data, passes=USUAL).findings}


SIDE_BY_SIDE = (
    "D0120 58.00", "D0140 85.00", "D0150 98.00", "D0180 105.00", "D0350 45.00", "D0210 150.00", "D0220 32.00 #3",
    "D0220 32.00 #14", "D0230 26.00", "D0230 x2 52.00", "D0270 30.00", "D0274 68.00", "D0330 125.00", "D0391 40.00",
    "D0701 60.00", "D0702 55.00", "D0703 30.00", "D0707 22.00 #3", "D0708 20.00", "D0709 90.00", "D0340 110.00",
    "D0364 200.00", "D9310 75.00", "D1110 90.00", "D9995 5.00", "D0273 60.00",
)  # fmt: skip


@st.composite
def several_of_a_day(draw: st.DrawFn) -> bytes:
    """Plain claims of few patients, dates, practices and payers, so that most share a day with another."""
    texts = []
    for number in range(draw(st.integers(2, 6))):
        patient = draw(st.sampled_from(("P1", "P1", "P2", "TWIN-A", "TWIN-B")))
        other = draw(st.sampled_from(("",) * 6 + (" payer=TESTPAY2", " freq=8 f8=A1", " range=20260309-20260311")))
        lines = draw(st.lists(st.sampled_from(SIDE_BY_SIDE), min_size=1, max_size=3))
        when = draw(st.sampled_from(("", "", "", " @20260312")))
        texts.append(f"C{number} patient={patient}{other}: {' | '.join(line + when for line in lines)}")
    return compose(parse_claims(tuple(texts)), per_transaction=draw(st.sampled_from((0, 1))))


@given(several_of_a_day())
def test_claims_of_a_day_are_read_as_if_in_full(data: bytes) -> None:
    assert said(data, USUAL) == said(data, [*USUAL, *IN_FULL])


@given(several_of_a_day(), st.sampled_from(builtin_passes()))
def test_a_pass_alone_misses_nothing_on_a_day(data: bytes, one: Pass) -> None:
    assert said(data, [one]) == said(data, [one, *IN_FULL])


@given(several_of_a_day())
def test_visits_are_counted_as_if_every_claim_were_read_in_full(data: bytes) -> None:
    """A visit on several plain claims is one visit, whether a pass has to see them together or not."""

    def counted(passes: list[Pass]) -> list[tuple[Any, ...]]:
        run = Run(Document.of(data), passes)
        for _ in run.findings():
            pass
        assert run._practices is not None
        return [
            (one.billing, one.exams, one.exams_with_photo, one.film_visits, one.repeated_first)
            for one in run._practices
        ]

    full = counted([*USUAL, *IN_FULL])

    assert counted(USUAL) == full
    assert counted(chosen(builtin_passes(), ("photo-routine-pattern", "systemic-repeated-first-pa"))) == full


LAYOUTS = (
    (STANDARD, b""),
    (STANDARD, b"\r\n"),
    (Delimiters(b"|", b">", b"^", b"\n"), b""),
    (Delimiters(b"\x1d", b"\x1f", b"\x1e", b"\x1c"), b"\r"),
)
LINES = ("D0230 26.00", "D0220 32.00", "D0220 32.00 #3", "D0230 x2 52.00", "D0140 85.00", "D0230 26.00 @20260317")
ODD = (
    (b"AD:D0230", b"AD:d0230"), (b"AD:D0220", b"AD:d0220"), (b"AD:D0230", b"AD:D1110:D0230"),
    (b"AD:D0140", b"AD:D0140:D0220"), (b"AD:D0220", b"AD: D0220"), (b"AD:D0230", b"AD:D0230:::::D0220"),
    (b"AD:D0230", b"HC:D0230"), (b"~LX*2", b"~K3*X"), (b"~NM1*82*1", b"~SV3*AD:D0220*32.00~NM1*82*1"),
    (b"~LX*1", b"~NTE*ADD*D0220 D0230~LX*1"), (b"~DTP*472*D8*20260310", b""), (b"~LX*1", b"~LX*1~LX*1"),
    (b"~DTP*472", b"~NM1*IL*1*X~DTP*472"), (b"~DTP*472", b"~NM1*82*1*X~DTP*472"), (b"~DTP*472", b"~SBR*S~DTP*472"),
    (b"~LX*2", b"~SV3~LX*2"), (b"D0230*26.00", b"D0230*26.0"),
    (b"~DTP*472*D8*20260310", b"~DTP*472*RD8*20260310-20260311"),
)  # fmt: skip
"""What is put in the place of what: small letters, codes where no code belongs, services and dates in other places."""


@st.composite
def odd_films(draw: st.DrawFn) -> bytes:
    """Claims with films, some of one patient and day, in any order and transaction, in odd hands and any layout.

    SE01 is right for what then stands there: where it is wrong nothing is repaired.
    """
    texts = []
    for number in range(draw(st.integers(1, 5))):
        patient = draw(st.sampled_from(("P1", "P1", "P2", "P3", "TWIN-A", "TWIN-B")))
        kind = draw(st.sampled_from(("",) * 8 + (" freq=7", " predetermination", " payer=TESTPAY2")))
        lines = draw(st.lists(st.sampled_from(LINES), min_size=1, max_size=4))
        texts.append(f"C{number} patient={patient}{kind}: {' | '.join(lines)}")
    data = compose(parse_claims(tuple(texts)), per_transaction=draw(st.sampled_from((0, 1, 2))))
    for before, after in draw(st.lists(st.sampled_from(ODD), max_size=3)):
        at = data.find(before, draw(st.integers(0, len(data))))
        if at >= 0:
            data = data[:at] + after + data[at + len(before) :]
    return written(data, *draw(st.sampled_from(LAYOUTS)))


def written(data: bytes, delimiters: Delimiters, line_end: bytes) -> bytes:
    """A file in another layout, SE01 right for what stands there."""
    counted: list[bytes] = []
    begun = 0
    for segment in data.split(b"~"):
        begun = len(counted) if segment.startswith(b"ST*") else begun
        control = segment.rpartition(b"*")[2]
        counted.append(b"SE*%d*%s" % (len(counted) - begun + 1, control) if segment.startswith(b"SE*") else segment)
    marks = delimiters.element + delimiters.component + delimiters.repetition + delimiters.segment
    said = b"~".join(counted).translate(bytes.maketrans(b"*:^~", marks))
    return said.replace(delimiters.segment, delimiters.segment + line_end)


@pytest.mark.parametrize(("before", "after"), [(b"", b""), *ODD])
@pytest.mark.parametrize(
    "claims",
    [
        ("C1: D0230 26.00", "C2: D0220 32.00"),
        ("C1: D0220 32.00", "C2 patient=P2: D0140 85.00", "C3: D0140 85.00 | D0230 26.00"),
        ("C1: D0220 32.00 #3 | D0220 32.00 #14 | D0230 26.00 | D0140 85.00",),
        ("C1: D0140 85.00 | D0230 x3 78.00", "C2 payer=TESTPAY2: D0220 32.00"),
    ],
    ids=("siblings", "siblings apart", "twice", "another payer"),
)
@pytest.mark.parametrize("layout", LAYOUTS, ids=("usual", "crlf", "bars", "controls"))
@pytest.mark.parametrize("per_transaction", [0, 1])
def test_odd_films_hide_from_nobody(
    claims: tuple[str, ...], before: bytes, after: bytes, layout: tuple[Delimiters, bytes], per_transaction: int
) -> None:
    """Each oddity at each place where it fits, so that the claim beside it is as it was."""
    plain = compose(parse_claims(claims), per_transaction=per_transaction)
    parts = plain.split(before) if before else [plain]
    for at in range(1, max(2, len(parts))):
        data = written(before.join(parts[:at]) + after + before.join(parts[at:]), *layout)
        whole = said(data, [*FILMS, *IN_FULL])

        assert said(data, FILMS) == whole or (isinstance(whole, tuple) and whole[2])
        assert said(data, USUAL) == said(data, [*USUAL, *IN_FULL])


@given(odd_films())
def test_films_are_found_as_if_every_claim_were_read_in_full(data: bytes) -> None:
    """Claims without films may hold what cannot be read; that is for passes that look at them."""
    whole = said(data, [*FILMS, *IN_FULL])

    assert said(data, FILMS) == whole or (isinstance(whole, tuple) and whole[2])


@given(odd_films())
def test_odd_films_are_read_as_if_in_full_by_every_pass(data: bytes) -> None:
    assert said(data, USUAL) == said(data, [*USUAL, *IN_FULL])


@given(nearly_plain(), st.data())
def test_lines_left_as_they_were_need_not_be_weighed(data: bytes, drawn: st.DataObject) -> None:
    """Any change to a claim breaks the same laws whether all of its lines are compared or those that differ."""
    try:
        before = next(bitewing.read(data).claims(), None)
        if before is None:
            return
        before.check_shape()
        pieces = before.data.split(b"~")
        for _ in range(drawn.draw(st.integers(1, 3))):
            at = drawn.draw(st.integers(0, len(pieces) - 1))
            kind = drawn.draw(st.sampled_from(("element", "element", "put in", "lose", "double")))
            elements = pieces[at].split(b"*")
            elements[drawn.draw(st.integers(0, len(elements) - 1))] = drawn.draw(st.sampled_from(WORDS))
            put = {"element": [b"*".join(elements)], "lose": [], "double": [pieces[at]] * 2}
            pieces[at : at + 1] = put.get(kind) or [drawn.draw(st.sampled_from(SEGMENTS)), pieces[at]]
        changed = b"~".join(pieces)
        received = [line.received for line in before.lines] + [1] * changed.count(b"LX*")
        after = before.edited(changed, tuple(received))
        after.check_shape()
    except (EdiError, StopIteration):
        return
    quick = laws.broken(before, after)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(laws, "_differing", lambda before, after: (before.lines, after.lines))
        assert quick == laws.broken(before, after)
