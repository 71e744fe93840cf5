"""What a pass shows on its page is what it does: every example of every pass, and what its page must say."""

import json
from collections import Counter
from typing import Any

import pytest

import bitewing
from bitewing.edi.compose import compose
from bitewing.edi.finding import Action
from bitewing.explain import as_json, page, run_example
from bitewing.transforms.catalog import builtin_passes, chosen
from bitewing.transforms.example import Example, parse_claims
from bitewing.transforms.model import Pass

PASSES = builtin_passes()
EXAMPLES = [pytest.param(one, example, id=f"{one.name}: {example.title}") for one in PASSES for example in one.examples]
OF_ALL = [*PASSES]


def alone(one: Pass) -> list[Pass]:
    """The pass with those that run unless asked otherwise: what an operator has who selected it."""
    return [other for other in PASSES if other.on or other is one]


def expected(example: Example) -> Counter[tuple[str, tuple[int, ...]]]:
    """`repair 1 2` as an action and line numbers."""
    words = [text.split() for text in example.expect]
    return Counter((action, tuple(map(int, lines))) for action, *lines in words)


def said(one: Pass, findings: list[bitewing.Finding]) -> Counter[tuple[str, tuple[int, ...]]]:
    return Counter((found.action.value, found.place.lines) for found in findings if found.code == one.code)


def read_off(data: bytes) -> list[tuple[Any, ...]]:
    """Claims as far as the notation of examples can say them."""
    return [
        (
            claim.id,
            claim.charge,
            claim.frequency,
            [
                (line.code, line.charge, line.quantity, [tooth.number for tooth in line.teeth], str(line.service_date))
                for line in claim.lines
            ],
        )
        for claim in bitewing.read(data).claims()
    ]


@pytest.mark.parametrize("passes", [OF_ALL, None], ids=["all passes", "the usual ones"])
@pytest.mark.parametrize(("one", "example"), EXAMPLES)
def test_an_example_holds(one: Pass, example: Example, passes: list[Pass] | None) -> None:
    findings, _, _ = run_example(example, alone(one) if passes is None else passes)

    assert said(one, findings) == expected(example)
    assert all(finding.name == one.name for finding in findings if finding.code == one.code)


@pytest.mark.parametrize(("one", "example"), EXAMPLES)
def test_an_example_is_repaired_as_shown_or_not_changed(one: Pass, example: Example) -> None:
    findings, before, after = run_example(example, OF_ALL)

    if example.after:
        assert read_off(after) == read_off(compose(parse_claims(example.after)))
    if not any(finding.edits for finding in findings):
        assert after == before
    assert all(finding.edits for finding in findings if finding.action is Action.REPAIR)
    assert [claim.id for claim in bitewing.read(after).claims()] == [one.id for one in bitewing.read(before).claims()]


@pytest.mark.parametrize("one", PASSES, ids=lambda one: one.name)
def test_a_pass_shows_all_that_it_says(one: Pass) -> None:
    """It speaks in one example and is silent in another; one that can repair shows what becomes of the claim."""
    actions = {text.split()[0] for example in one.examples for text in example.expect}

    assert actions <= {action.value for action in Action}
    assert any(example.expect for example in one.examples)
    assert any(not example.expect for example in one.examples)
    assert any(example.after for example in one.examples) is one.repairs
    assert len({example.title for example in one.examples}) == len(one.examples)


@pytest.mark.parametrize("one", PASSES, ids=lambda one: one.name)
def test_a_pass_has_a_page(one: Pass) -> None:
    text = page(one)
    running = " ".join(text.split())

    assert text.splitlines()[0] == f"{one.code} {one.name}"
    for part in (one.fault, one.rationale, one.source, one.safety, *(example.title for example in one.examples)):
        assert " ".join(part.split()) in running
    for word in ("Source", "Safety", "Looks at", "Group", "Examples"):
        assert f"\n{word}" in text
    assert all(claim in text for example in one.examples for claim in (*example.claims, *example.after))
    assert text.count("-> nothing is said") == sum(not example.expect for example in one.examples)
    assert text.count("    -> ") == sum(max(1, len(example.expect)) for example in one.examples)
    assert "None" not in text
    assert text.isascii()


@pytest.mark.parametrize("one", PASSES, ids=lambda one: one.name)
def test_a_page_as_json_says_the_same(one: Pass) -> None:
    told = json.loads(as_json(one))

    assert (told["code"], told["name"], told["group"], told["on"]) == (one.code, one.name, one.group, one.on)
    assert (told["source"], told["safety"], told["fault"]) == (one.source, one.safety, one.fault)
    assert [example["expect"] for example in told["examples"]] == [list(example.expect) for example in one.examples]


def test_codes_names_and_groups_choose_passes() -> None:
    assert len({one.code for one in PASSES}) == len({one.name for one in PASSES}) == len(PASSES)
    for one in PASSES:
        assert one in chosen(PASSES, [one.code])
        assert chosen(PASSES, [one.name]) == [one]
        assert one not in chosen(PASSES, ["all"], [one.name])
        assert {other.group for other in chosen(PASSES, [one.group])} == {one.group}
        assert (one in chosen(PASSES)) is one.on


def test_documentation_is_off_unless_selected() -> None:
    assert {one.group for one in PASSES if not one.on} == {"documentation"}
    assert {one.on for one in PASSES if one.group == "documentation"} == {False}


def test_a_pass_may_stand_in_a_module_of_its_own() -> None:
    """A plugin need not be a package."""
    source = """
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import check

@check("Z101", "own-pass", source="a test", examples=(Example("a", ("C1: D0120 58.00",)), Example("b", ())))
def own_pass(day: Day):
    '''Nothing is wrong.

    Nothing matters.
    '''
    yield from ()
"""
    names: dict[str, Any] = {"__name__": "own_passes"}
    exec(source, names)

    assert names["own_pass"].code == "Z101"
