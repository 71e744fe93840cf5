"""Every field of every view is what the naive reader finds in the file: equal bytes do not prove a reader."""

import io
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import bitewing
from bitewing.edi.compose import compose
from bitewing.edi.values import DateSpan
from bitewing.transforms.example import parse_claims

Cases = dict[str, tuple[bytes, int]]

LINE_ENDS = ("none", "lf", "crlf", "cr", "indent")
DELIMITERS = ("*:^~", "|>!\n", "\x1d\x1f\x1e\x1c", "\t,;'", "$&%!")
CLAIMS = 28
"""In each of the fifty files that hold every loop."""


def differences(view: Any, expected: Any, where: str) -> Iterator[str]:
    """Where a view says something else than the naive reader's facts, which say what there is to compare."""
    if isinstance(expected, dict):
        if view is None:
            yield f"{where}: not there"
            return
        for name, value in expected.items():
            yield from differences(getattr(view, name), value, f"{where}.{name}")
    elif isinstance(view, DateSpan):
        if (view.start, view.end) != expected:
            yield f"{where}: {view!r} is not {expected!r}"
    elif isinstance(expected, tuple) and isinstance(view, tuple) and any(isinstance(one, dict) for one in expected):
        if len(view) != len(expected):
            yield f"{where}: {len(view)} of {len(expected)}"
        for number, (one, other) in enumerate(zip(view, expected, strict=False)):
            yield from differences(one, other, f"{where}[{number}]")
    elif (type(view), view) != (type(expected), expected):
        yield f"{where}: {view!r} is not {expected!r}"


def compared(data: bytes, naive: ModuleType) -> int:
    """Compare every field of every claim; how many claims there were."""
    claims = [*bitewing.read(data).claims()]
    facts = naive.read_claims(data)
    assert [claim.id for claim in claims] == [one["id"] for one in facts]
    pairs = zip(claims, facts, strict=True)
    assert [text for claim, one in pairs for text in differences(claim, one, f"claim {claim.id}")] == []
    return len(claims)


def written(generator: ModuleType, delimiters: str = "*:^~", line_end: str = "none", **options: Any) -> bytes:
    if line_end != "none" and "\n" in delimiters:
        delimiters = "|>!~"
    out = io.BytesIO()
    generator.generate(out, layout=generator.Layout(*delimiters, line_end), **options)
    return out.getvalue()


@pytest.mark.parametrize("siblings", ["guide", "any"])
@pytest.mark.parametrize("line_end", LINE_ENDS)
@pytest.mark.parametrize("delimiters", DELIMITERS, ids=ascii)
def test_every_field_of_every_loop_is_read(
    generator: ModuleType, naive: ModuleType, delimiters: str, line_end: str, siblings: str
) -> None:
    seed = 100 * DELIMITERS.index(delimiters) + 10 * LINE_ENDS.index(line_end)
    freedom = generator.Freedom(levels="any", siblings=siblings, text="basic" if siblings == "guide" else "latin")
    data = written(
        generator, delimiters, line_end, claims=CLAIMS, seed=seed, profile="every-loop", freedom=freedom,
        claims_per_transaction=12, lines_per_claim=3,
    )  # fmt: skip

    assert compared(data, naive) == CLAIMS


@pytest.mark.parametrize("levels", ["guide", "any"])
@pytest.mark.parametrize("sloppy", [0.0, 0.5])
def test_needless_separators_and_any_order_of_levels_do_not_matter(
    generator: ModuleType, naive: ModuleType, levels: str, sloppy: float
) -> None:
    freedom = generator.Freedom(levels=levels, siblings="any", sloppy=sloppy)
    data = written(generator, claims=40, seed=7, profile="every-loop", freedom=freedom, lines_per_claim=2)

    assert compared(data, naive) == 40


def test_claims_of_many_lines_are_read(generator: ModuleType, naive: ModuleType) -> None:
    data = written(generator, claims=10, profile="every-loop", lines_per_claim=25)

    assert compared(data, naive) == 10


@pytest.mark.parametrize("line_end", ["none", "crlf", "indent"])
def test_every_field_of_ordinary_claims_is_read(generator: ModuleType, naive: ModuleType, line_end: str) -> None:
    data = written(generator, "|>!~", line_end, claims=300, groups=2, interchanges=2, claims_per_transaction=40)

    assert compared(data, naive) == 300


def test_the_fields_are_those_of_the_claim_asked_for_in_any_order(generator: ModuleType, naive: ModuleType) -> None:
    data = written(generator, claims=60, seed=3, profile="every-loop")
    claims = [*bitewing.read(data).claims()]
    facts = naive.read_claims(data)
    backwards = zip(reversed(claims), reversed(facts), strict=True)

    assert [text for claim, one in backwards for text in differences(claim, one, claim.id)] == []


def test_a_repaired_file_is_read_as_the_naive_reader_reads_it(generator: ModuleType, naive: ModuleType) -> None:
    data = written(generator, claims=300, faults=1.0, seed=5)
    result = bitewing.repair(data)

    assert result.summary.repaired > 20
    assert compared(result.data, naive) == 300


def test_a_provider_of_the_line_goes_before_the_claims(naive: ModuleType) -> None:
    twin = "C2 patient=TWIN-B paid=10.00: D0230 26.00 svd=PRIMARY*1*AD:D0230"
    data = compose(parse_claims(("C1: D0120 58.00 | D0140 85.00 by=1999900032", twin)))

    assert compared(data, naive) == 2
    first, _ = bitewing.read(data).claims()
    dentists = [line.rendering_provider for line in first.lines]
    assert [dentist and dentist.id for dentist in dentists] == ["1999900024", "1999900032"]


def test_a_comparison_that_fails_says_where(naive: ModuleType) -> None:
    data = compose(parse_claims(("C1: D0120 58.00 #3",)))
    (claim,), (facts,) = bitewing.read(data).claims(), naive.read_claims(data)
    facts["lines"][0]["teeth"] = ({"number": "4", "surfaces": ()},)
    facts["subscriber"]["last_name"] = "OTHER"

    assert [*differences(claim, facts, "claim")] == [
        "claim.lines[0].teeth[0].number: '3' is not '4'",
        "claim.subscriber.last_name: 'EXAMPLE' is not 'OTHER'",
    ]
