"""The fast check never accepts what the slow one refuses, and accepts nearly all that is right."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from bitewing.edi.compose import STANDARD, compose
from bitewing.edi.conformance.by_guide import faults
from bitewing.edi.conformance.grammar import Loop, Segment, dental_grammar
from bitewing.edi.conformance.patterns import Patterns
from bitewing.edi.conformance.quick import quick
from bitewing.edi.delimiters import Delimiters

ROOT = Path(__file__).resolve().parents[1]
DENTAL = "005010X224A2"
CASES = [json.loads(line) for line in (ROOT / "fixtures" / "golden" / "cases.jsonl").read_text().splitlines()]
CLAIMS = [case for case in CASES if case["kind"] == "837"]
GOLDEN = [(case["id"], case[side]) for case in CLAIMS for side in ("before", "after") if case.get(side)]
DEMO = sorted((ROOT / "fixtures" / "demo").glob("*.837"))
SAMPLES = sorted((ROOT.parent / "shared" / "samples" / "837d").glob("*"))
USUAL = Delimiters(b"*", b":", b"^", b"~")
ODD = Delimiters(b"|", b">", b"!", b"\x1d")
ODDER = Delimiters(b"]", b"[", b"\\", b"-")


def accepts(data: bytes, delimiters: Delimiters = USUAL) -> bool:
    return quick(delimiters)(data, 0, len(data))


def transactions(file: bytes, delimiters: Delimiters = USUAL) -> Iterator[bytes]:
    element, end = re.escape(delimiters.element), re.escape(delimiters.segment)
    for match in re.finditer(
        rb"(?s)(?<=" + end + rb")\s*(ST" + element + rb".*?" + end + rb"\s*SE" + element + rb".*?" + end + rb")", file
    ):
        yield match[1]


def every_loop(generator: ModuleType, **options: object) -> bytes:
    out = io.BytesIO()
    settings = {"levels": "guide", "share": options.pop("share", 0.5)}
    options = {"lines_per_claim": 2, "claims": 2, "seed": 1, **options}
    generator.generate(out, profile="every-loop", freedom=generator.Freedom(**settings), **options)
    return out.getvalue()


# -- what is right is accepted


def test_clean_files_are_accepted(generator: ModuleType) -> None:
    out = io.BytesIO()
    generator.generate(out, claims=500, claims_per_transaction=50, seed=2)
    found = list(transactions(out.getvalue()))

    assert len(found) == 10
    assert all(map(accepts, found))


@pytest.mark.parametrize("path", DEMO, ids=lambda path: path.name)
def test_demonstrations_are_accepted(path: Path) -> None:
    assert [accepts(data) for data in transactions(path.read_bytes())] == [True]


@pytest.mark.parametrize(("name", "claims"), GOLDEN, ids=[name for name, _ in GOLDEN])
def test_worked_cases_are_accepted(name: str, claims: list[dict[str, object]]) -> None:
    assert [accepts(data, STANDARD) for data in transactions(compose(claims), STANDARD)] == [True]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_samples_are_accepted_but_the_one_with_faults(path: Path) -> None:
    assert [accepts(data) for data in transactions(path.read_bytes())] == ["cosyte" not in path.name]


@pytest.mark.parametrize("line_end", ["none", "lf", "crlf", "indent"])
@pytest.mark.parametrize("delimiters", [USUAL, ODD], ids=["usual", "odd"])
def test_all_that_the_guide_allows_in_its_order_is_accepted(
    generator: ModuleType, delimiters: Delimiters, line_end: str
) -> None:
    marks = (delimiters.element, delimiters.component, delimiters.repetition, delimiters.segment)
    layout = generator.Layout(*(mark.decode("latin-1") for mark in marks), line_end)
    data = every_loop(generator, layout=layout, claims=60, claims_per_transaction=5, seed=7)
    verdicts = [accepts(one, delimiters) for one in transactions(data, delimiters)]

    assert verdicts == [True] * 12


def test_segments_of_one_position_may_come_in_any_order() -> None:
    data = next(transactions(DEMO[0].read_bytes()))
    given = b"REF*6R*L1~"
    either = [b"REF*9F*R~" + given + b"REF*G1*P~", b"REF*G1*P~REF*9F*R~REF*G1*Q~" + given]

    assert given in data.replace(b"\n", b"")
    assert all(accepts(data.replace(b"\n", b"").replace(given, other)) for other in either)
    assert not accepts(data.replace(b"\n", b"").replace(given, given + b"REF*G1*P~" + given))


@pytest.mark.parametrize("count", [100, 101])
def test_a_patient_has_a_hundred_claims_at_most(count: int) -> None:
    data = next(transactions(DEMO[0].read_bytes()))
    at, end = data.index(b"CLM*"), data.rindex(b"SE*")
    many = data[:at] + data[at:end] * count + data[end:]

    assert accepts(many) == (count == 100)


def test_only_the_asked_part_of_a_file_is_looked_at() -> None:
    data = next(transactions(DEMO[0].read_bytes()))
    check = quick(USUAL)

    assert check(b"junk~" + data + b"GE*1*1~", 5, 5 + len(data))
    assert not check(b"junk~" + data + b"GE*1*1~", 5, 6 + len(data))
    assert not check(b"junk~" + data + b"GE*1*1~", 5, 4 + len(data))


# -- what is refused by the slow check is refused


def held(mutations: ModuleType, data: bytes, seed: int, count: int, delimiters: Delimiters, line_end: str) -> int:
    """How many of the spoilt copies the fast check accepted; none of those may have a fault."""
    element, end = delimiters.element.decode("latin-1"), delimiters.segment.decode("latin-1")
    component = delimiters.component.decode("latin-1")
    (segments,) = mutations.split(data)
    accepted = 0
    for name, at, spoilt in mutations.spoilt(segments, seed, count):
        # Values that hold a delimiter of this set are as good a way to spoil a file as any.
        copy = mutations.join(
            [[text.replace(":", component) for text in one] for one in spoilt], element, end, line_end
        )
        if accepts(copy, delimiters):
            accepted += 1
            assert [one.rule for one in faults(copy, 0, delimiters, DENTAL)] == [], (name, at, spoilt[at])
    return accepted


@pytest.mark.parametrize("path", DEMO, ids=lambda path: path.name)
@pytest.mark.parametrize(
    ("delimiters", "line_end"),
    [(USUAL, ""), (USUAL, "\r\n"), (ODD, "\n"), (ODDER, "")],
    ids=["usual", "crlf", "odd", "odder"],
)
def test_no_spoilt_demonstration_is_accepted_with_a_fault(
    mutations: ModuleType, path: Path, delimiters: Delimiters, line_end: str
) -> None:
    held(mutations, path.read_bytes(), 1, 80, delimiters, line_end)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_no_spoilt_sample_is_accepted_with_a_fault(mutations: ModuleType, path: Path) -> None:
    held(mutations, path.read_bytes(), 2, 150, USUAL, "")


@pytest.mark.parametrize("seed", range(4))
def test_no_spoilt_file_with_every_loop_is_accepted_with_a_fault(
    generator: ModuleType, mutations: ModuleType, seed: int
) -> None:
    data = every_loop(generator, seed=seed, lines_per_claim=1, claims=1, share=0.5 + 0.1 * seed)

    assert 0 < held(mutations, data, seed, 60, USUAL, "") < 60


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_no_file_without_one_of_its_segments_is_accepted_with_a_fault(
    generator: ModuleType, mutations: ModuleType, share: float
) -> None:
    data = every_loop(generator, share=share, lines_per_claim=1, claims=1, seed=2)
    (segments,) = mutations.split(data)
    for at in range(1, len(segments) - 1):
        copy = mutations.join(segments[:at] + segments[at + 1 :])
        if accepts(copy) and segments[at][0] not in ("REF", "DTP", "PWK", "K3", "NTE", "TOO", "DN2", "CAS", "AMT"):
            assert list(faults(copy, 0, USUAL, DENTAL)) == [], segments[at]


def test_every_required_element_is_required_by_its_pattern() -> None:
    """Of every segment of the guide: right with all required elements alone, not without one."""
    patterns = Patterns(USUAL)
    for loop, segment in _segments(dental_grammar()):
        compiled = re.compile(patterns.segment(segment).encode("latin-1"))
        values = [_example(one) if one.usage == "R" else "" for one in segment.elements]
        if all(note[0] != "R" for note in segment.notes) and any(values):
            assert compiled.fullmatch(_written(segment, values)), (loop.id, segment.tag, values)
        for at, value in enumerate(values):
            if value:
                spoilt = [*values[:at], "", *values[at + 1 :]]
                assert not compiled.fullmatch(_written(segment, spoilt)), (loop.id, segment.tag, at + 1)


@pytest.mark.parametrize(
    ("delimiters", "right", "wrong"),
    [
        (Delimiters(b".", b":", b"^", b"~"), b"AMT.F5.10~", b"AMT.F5.10.50~"),
        (Delimiters(b"*", b":", b"^", b"-"), b"AMT*F5*5-", b"AMT*F5*-5-"),
    ],
)
def test_a_point_or_sign_that_is_a_delimiter_is_no_part_of_a_number(
    delimiters: Delimiters, right: bytes, wrong: bytes
) -> None:
    amount = next(one for loop, one in _segments(dental_grammar()) if loop.id == "2300" and one.tag == "AMT")
    compiled = re.compile(Patterns(delimiters).segment(amount).encode("latin-1"))

    assert compiled.fullmatch(right)
    assert not compiled.fullmatch(wrong)


def _segments(loop: Loop) -> Iterator[tuple[Loop, Segment]]:
    for segment in loop.segments:
        yield loop, segment
    for inner in loop.loops.values():
        yield from _segments(inner)


def _example(one: object) -> str:
    element = one  # an Element; composites give their required components
    parts = getattr(element, "components", ())
    if parts:
        return ":".join(_example(part) if part.usage == "R" else "" for part in parts).rstrip(":")
    codes, number, type_ = element.codes, element.number, element.type  # type: ignore[attr-defined]
    if codes:
        return str(codes[0])
    if number == "1251" or type_ == "DT":
        return "20260310"
    return "1200" if type_ == "TM" else "1" * max(element.low, 1)  # type: ignore[attr-defined]


def _written(segment: Segment, values: list[str]) -> bytes:
    return ("*".join([segment.tag, *values]).rstrip("*") + "~").encode()
