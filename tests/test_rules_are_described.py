"""Every rule of conformance stands in the page about it, with its SNIP type, and whether it refuses; none besides."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

from bitewing.edi import conformance
from bitewing.edi.conformance.external import NAMES
from bitewing.edi.conformance.fault import Scope
from bitewing.edi.conformance.rule import Rule

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "conformance.md").read_text(encoding="utf-8")
LISTS = dict(zip(Scope, ("TA1", "AK905", "IK502", "IK304", "IK403"), strict=True))


def inside(value: object) -> Iterator[Rule]:
    if isinstance(value, Rule):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from inside(one)


def rules() -> dict[str, Rule]:
    found = {}
    for module in pkgutil.iter_modules(conformance.__path__):
        for value in vars(importlib.import_module(f"{conformance.__name__}.{module.name}")).values():
            for rule in inside(value):
                assert found.setdefault(rule.name, rule) == rule, "two rules of one name"
    return found


def described() -> dict[str, tuple[set[int], str, str]]:
    """rule: the SNIP types of its section or its row, the row's answer, refuses or tells."""
    found = {}
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        types = {int(digit) for digit in re.findall(r"\btype (\d)", section.partition("\n")[0], re.IGNORECASE)}
        for row in re.findall(r"^\| (`.*) \|$", section, re.MULTILINE):
            cells = row.split(" | ")
            if len(cells) == 6:
                own = {int(digit) for digit in re.findall(r"\(type (\d)\)", cells[1])}
                names = re.findall(r"`([\w-]+)`", cells[0])
                found.update(dict.fromkeys(names, (own or types, cells[3], cells[4])))
    return found


def test_every_rule_is_described_and_no_other() -> None:
    assert set(described()) == set(rules())


def test_type_answer_and_consequence_are_what_the_rule_says() -> None:
    wrong = []
    for name, (types, answer, consequence) in described().items():
        rule = rules()[name]
        code = f"{LISTS[rule.scope]} " in answer and rule.code in answer.split(" ", 1)[1].split(", ")
        right = code if rule.code else answer == "-"
        if rule.snip not in types or not right or consequence != ("refuses" if rule.rejects else "tells"):
            wrong.append((name, rule.snip, rule.scope.name, rule.code, rule.rejects))

    assert wrong == []


def test_every_list_is_described() -> None:
    assert [name for name in NAMES if f"`{name}`" not in PAGE] == []


def test_names_are_kebab_case_and_words_are_one_line() -> None:
    for rule in rules().values():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.name)
        assert 1 <= rule.snip <= 7
        assert not re.search(r"\n|[^.]\.$", rule.message + "\0" + rule.remedy)
        assert rule.remedy
