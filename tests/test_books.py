"""A policy book is read whole or refused by line; what a person decides stays; what is written reads back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitewing.policies.book import Book, BookError, book_bytes, read_book
from bitewing.policies.book.book import book_of
from bitewing.policies.book.decide import decided
from bitewing.policies.book.diff import changes
from bitewing.policies.book.merge import merged
from bitewing.policies.learn.bayes import interval, rate
from bitewing.policies.rule import ALLOWS, BUNDLES, KINDS, Counts, Decision, Rule
from bitewing.policies.sentence import sentence

HANDBOOK = """<policies xmlns="urn:bitewing:policies:1">
  <rule kind="per-date-cap" payer="TESTPAY1" says="applies" status="proposed">
    <codes>D0230</codes>
    <threshold name="units" low="3" high="3"/>
    <source>handbook 2026</source>
  </rule>
</policies>
"""
CAP = '<threshold name="units" low="3" high="3"/>'
SIGNED = Decision("accept", "A. Example", "2026-03-11T09:30:00Z", "as in the handbook")

CODE = st.sampled_from(["D0150", "D0180", "D0220", "D0230", "D0274", "D0330", "D0350", "D2391"])
BRACKETS = {
    "count-to-series": "films", "fee-sum-to-series": "ratio", "per-date-cap": "units", "period-cap": "months",
    "shared-series-window": "months", "series-exclusion": "days", "age-limit": "under",
}  # fmt: skip
BESIDE = ("same-day-exclusion", "pano-counts-as-series", "series-exclusion")


def counts(positive: int, negative: int, censored: int) -> Counts:
    low, high = interval(positive, negative)
    return Counts(
        positive, negative, censored, float(positive), round(rate(positive, negative), 4), round(low, 4),
        round(high, 4), date(2026, 1, 5), date(2026, 3, 10), 0, min(positive, 3),
    )  # fmt: skip


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    kind = draw(st.sampled_from(KINDS))
    codes = tuple(sorted(draw(st.sets(CODE, min_size=1, max_size=4))))
    low = draw(st.integers(1, 9))
    parameter: dict[str, Any] = {BRACKETS[kind]: (low, low + draw(st.integers(0, 4)))} if kind in BRACKETS else {}
    if kind == "capture-only":
        parameter["treatment"] = draw(st.sampled_from(["deny", "remap"]))
    group = draw(st.sampled_from([None, "G1"]))
    network = draw(st.sampled_from([None, "in", "out"]))
    return Rule(
        kind, draw(st.sampled_from(["TESTPAY1", "TESTPAY2"])), codes,
        with_codes=tuple(sorted(draw(st.sets(CODE, min_size=1)))) if kind in BESIDE else (),
        targets={"*": "D0210"} if kind in ("count-to-series", "downcode") else {}, parameter=parameter,
        group=group, network=network,
        effective_to=draw(st.sampled_from([None, date(2026, 6, 30)])),
        says=draw(st.sampled_from([BUNDLES, ALLOWS])),
        counts=counts(draw(st.integers(1, 60)), draw(st.integers(0, 9)), draw(st.integers(0, 9))),
        groups={"G1": (5.0, 0.5)}, allowed={("G1", "D0230"): Decimal("15.00")}, evidence=("0123456789abcdef",),
        alternatives=draw(st.sampled_from([(), ("fee-sum-to-series",)])),
    )  # fmt: skip


@given(st.lists(rules(), max_size=5, unique_by=lambda rule: rule.id))
def test_a_book_reads_back_as_it_was_written(found: list[Rule]) -> None:
    read, faults = book_of(book_bytes(Book(tuple(found))), "book.xml")

    assert faults == []
    assert sorted(read, key=lambda rule: rule.id) == sorted(found, key=lambda rule: rule.id)
    assert book_bytes(Book(tuple(read))) == book_bytes(Book(tuple(reversed(found))))


@given(rules())
def test_every_rule_has_a_sentence_with_its_counts(rule: Rule) -> None:
    said = sentence(rule)

    assert f"Observed {rule.counts.positive} of {rule.counts.positive + rule.counts.negative}" in said
    assert "None" not in said
    assert "always" not in said.lower()


BAD = {
    "no XML": ("not XML", "book.xml:1: this is not well-formed XML"),
    "a DTD": (f'<!DOCTYPE policies [<!ENTITY x "y">]>{HANDBOOK}', "book.xml:1: it has a DOCTYPE"),
    "an unknown kind": (HANDBOOK.replace("per-date-cap", "cap"), "book.xml:2: kind of <rule>:"),
    "an unknown fact": (HANDBOOK.replace("<source>", "<colour>red</colour><source>"), "book.xml:5:"),
    "no threshold": (HANDBOOK.replace(CAP, ""), "book.xml:2: per-date-cap needs"),
    "a threshold upside down": (HANDBOOK.replace('low="3"', 'low="4"'), "book.xml:2: threshold units has"),
    "no source": (HANDBOOK.replace("<source>handbook 2026</source>", ""), "book.xml:2: it has neither evidence nor"),
    "nobody accepted it": (HANDBOOK.replace("proposed", "accepted"), "book.xml:2: nobody is named who"),
    "a strange id": (HANDBOOK.replace("<rule ", '<rule id="TESTPAY1.x" '), "book.xml:2: id TESTPAY1.x does not belong"),
    "dates upside down": (
        HANDBOOK.replace("<rule ", '<rule from="2026-02-01" to="2026-01-01" '), "book.xml:2: to is before from",
    ),
    "an amount that is none": (
        HANDBOOK.replace("<source>", '<allowed code="D0230" amount="NaN"/><source>'), "book.xml:5: amount of",
    ),
    "the same twice": (HANDBOOK.replace("</policies>", HANDBOOK.split("\n", 1)[1]), "book.xml:7: this says the same"),
    "counts that do not give the rate": (
        HANDBOOK.replace(
            "<source>handbook 2026</source>",
            '<evidence positive="8" negative="8" censored="0" rate="0.94" low="0.74" high="1"/>',
        ),
        "book.xml:2: rate, low or high does not follow",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_book_is_refused_with_line_reason_and_remedy(
    name: str, tmp_path: Path, bitewing_command: Callable[..., Any]
) -> None:
    text, expected = BAD[name]
    path = tmp_path / "book.xml"
    path.write_text(text)
    _, faults = book_of(text.encode(), "book.xml")

    assert faults[0].startswith(expected)
    assert ";" in faults[0]
    said = bitewing_command("policies", "check", path)
    assert said.code == 2
    assert "Traceback" not in said.err
    with pytest.raises(BookError):
        read_book(path)


def test_entities_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("private")
    text = f'<!DOCTYPE p [<!ENTITY x SYSTEM "{secret}">]>' + HANDBOOK.replace("handbook 2026", "&x;")
    found, faults = book_of(text.encode(), "book.xml")

    assert found == []
    assert "private" not in faults[0]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.xml"
    path.write_text(HANDBOOK)
    return path


def test_a_decision_needs_a_name_and_a_reason_and_stays(book: Path, bitewing_command: Callable[..., Any]) -> None:
    rule = read_book(book).rules[0].id
    assert bitewing_command("policies", "accept", book, rule, "--by", "A. Example").code == 2
    assert bitewing_command("policies", "accept", book, rule, "--by", " ", "--reason", "x").code == 2
    said = bitewing_command(
        "policies", "accept", book, rule[:20], "--by", "A. Example", "--reason", "agrees", "--at", "2026-03-11T09:30:00"
    )
    (kept,) = read_book(book).rules

    assert (said.code, kept.status) == (0, "accepted")
    assert kept.decisions == (Decision("accept", "A. Example", "2026-03-11T09:30:00Z", "agrees"),)
    assert bitewing_command("policies", "reject", book, rule, "--by", "B", "--reason", "no").code == 2
    assert bitewing_command("policies", "retire", book, rule, "--by", "B", "--reason", "policy ended").code == 0
    assert [one.action for one in read_book(book).rules[0].decisions] == ["accept", "retire"]


def test_learning_again_keeps_what_was_decided() -> None:
    learnt = Rule("same-day-exclusion", "TESTPAY1", ("D0350",), ("D0150",), counts=counts(8, 0, 0))
    gone = replace(learnt, codes=("D1206",))
    byhand = Rule("per-date-cap", "TESTPAY1", ("D0230",), parameter={"units": (3, 3)}, source="handbook")
    before = decided(Book((learnt, gone, byhand)), learnt.id, SIGNED)
    after = merged(before, [replace(learnt, counts=counts(20, 1, 0))])

    by_codes = sorted(after.rules, key=lambda one: one.codes)
    assert [(rule.codes, rule.status, rule.counts.positive) for rule in by_codes] == [
        (("D0230",), "proposed", 0), (("D0350",), "accepted", 20),
    ]  # fmt: skip
    assert merged(before, []).rule(learnt.id) == before.rule(learnt.id)


def test_a_difference_names_what_changed(book: Path, tmp_path: Path, bitewing_command: Callable[..., Any]) -> None:
    one = Rule("same-day-exclusion", "TESTPAY1", ("D0350",), ("D0150",), counts=counts(8, 0, 0))
    (change,) = changes(Book((one,)), Book((replace(one, counts=counts(9, 0, 0)),)))
    other = tmp_path / "other.xml"
    other.write_text(HANDBOOK.replace("TESTPAY1", "TESTPAY2"))
    said = bitewing_command("policies", "diff", book, other)

    assert {name for name, _, _ in change.what} >= {"n_pos"}
    assert said.code == 1
    assert [line[:2] for line in said.text.splitlines()] == ["- ", "+ "]
    assert bitewing_command("policies", "diff", book, book).code == 0


def test_a_proposed_rule_is_used_only_where_somebody_asked_for_it(
    book: Path, tmp_path: Path, bitewing_command: Callable[..., Any]
) -> None:
    from bitewing.edi.compose import compose
    from bitewing.transforms.example import parse_claims

    claim = tmp_path / "a.837"
    claim.write_bytes(compose(parse_claims(("C1: D0220 32.00 | D0230 x5 130.00",))))

    assert "R101" not in bitewing_command("check", claim, "--policies", book).text
    assert "R101" in bitewing_command("check", claim, "--policies", book, "--with-proposed").text
    assert bitewing_command("check", claim, "--with-proposed").code == 2
