"""What a payer is expected to do is told with counts and money, never as an edit, never as advice to dodge it."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import bitewing
from bitewing.edi.compose import compose
from bitewing.edi.finding import Action
from bitewing.explain import page, run_example
from bitewing.policies.history import FileHistory
from bitewing.policies.predict import Service, expect, seen_not_to, sureness
from bitewing.policies.rule import Contract
from bitewing.policies.rules import Rules
from bitewing.policies.sentence import sentence
from bitewing.transforms.catalog import builtin_passes
from bitewing.transforms.example import parse_claims
from bitewing.transforms.example_rules import rules_of
from bitewing.transforms.facts import Facts
from bitewing.transforms.model import Forecast, Pass

PASSES = builtin_passes()
ROOT = Path(__file__).resolve().parents[1]
FORECASTING = [one for one in PASSES if one.needs == "policies" or one.name == "photo-with-evaluation"]
FEES = "pays D0220=20.00 D0230=15.00 D0210=90.00"
FILMS = f"TESTPAY1 count-to-series group=GROUP1: D0220 D0230 as D0210 films=6-8 seen=30/30 {FEES}"
DAY = date(2026, 3, 10)

ADVICE = re.compile(
    r"\b(?:split|spread|separate|divide|move|postpone|delay|reschedule|another day|different day|next day|"
    r"other date|different date|different provider|other provider|second claim|report instead|bill instead|"
    r"drop|omit|leave out|remove|delete|recode|re-code|use code|change the code|"
    r"(?:lower|raise|reduce|increase|change) the charge|"
    r"to get paid|to avoid|so that it is paid|maximi[sz]e|upgrade)\b",
    re.IGNORECASE,
)
REFUSED = ("never advice", "none advises", "it never advises", "never to split", "what is never said", "never repeats")


def findings(claims: tuple[str, ...], *rules: str, history: tuple[str, ...] = ()) -> list[bitewing.Finding]:
    return list(bitewing.check(compose(parse_claims(claims)), facts=Facts(policies=rules_of(rules))).findings)


def test_the_type_that_knows_payers_has_no_place_for_an_edit() -> None:
    assert set(Forecast._fields) == {"lines", "message", "policy"}
    assert Forecast((), "", "").fix is None


@pytest.mark.parametrize("one", FORECASTING, ids=lambda one: one.name)
def test_no_prediction_changes_a_byte_or_says_more_than_it_knows(one: Pass) -> None:
    predicted = 0
    for example in one.examples:
        said, before, after = run_example(example, PASSES)
        for finding in said:
            if finding.action is Action.PREDICT:
                predicted += 1
                assert finding.policy
                assert finding.fix is None
                assert finding.edits == ()
                assert "Observed" in finding.message or "handbook" in finding.message
                assert "always" not in finding.message
                assert "will be denied" not in finding.message
        if all(finding.action is not Action.REPAIR for finding in said):
            assert before == after
    assert predicted > 0


@pytest.mark.parametrize("one", PASSES, ids=lambda one: one.name)
def test_no_pass_advises_to_report_something_else_for_payment(one: Pass) -> None:
    for example in one.examples:
        for finding in run_example(example, PASSES)[0]:
            if finding.action is Action.PREDICT:
                assert ADVICE.findall(finding.message) == []
    if one.needs == "policies":
        assert ADVICE.findall(page(one).replace("not a choice of code", "")) == []


def test_no_page_advises_to_dodge_a_rule() -> None:
    pages = [
        ROOT / "docs" / "policies.md",
        ROOT / "transforms" / "payer" / "README.md",
        ROOT / "policies" / "book" / "README.md",
    ]
    for path in pages:
        for paragraph in path.read_text(encoding="utf-8").split("\n\n"):
            if not any(word in paragraph.lower() for word in REFUSED):
                assert ADVICE.findall(paragraph) == [], f"{path.name}: {paragraph}"


def test_the_words_that_are_looked_for_would_be_found() -> None:
    assert ADVICE.search("Split the films over two dates.")
    assert ADVICE.search("Report D0210 and drop the rest to get paid.")


def test_money_is_told_to_the_cent() -> None:
    (said,) = [one for one in findings(("C1: D0220 32.00 | D0230 x7 182.00",), FILMS) if one.action is Action.PREDICT]

    assert "expected allowed 90.00 instead of 125.00, 35.00 less" in said.message
    assert "Observed 30 of 30" in said.message
    assert said.place.lines == (1, 2)


@pytest.mark.parametrize(
    ("before", "claim", "said"),
    [
        ("D2391 180.00 #A @20260108", "D2392 180.00 #A", "expected allowed 120.00 instead of 180.00, 60.00 less"),
        (
            "D2391 180.00 #A @20260108 | D2391 180.00 #A @20260208",
            "D2391 180.00 #A",
            "expected allowed 0.00 instead of 140",
        ),
        ("D2391 180.00 #A @20260108", "D2391 180.00 #A", "allowed 120.00 instead of 140.00"),
        ("D2391 180.00 #A @20260108", "D2391 180.00 #A | D2391 180.00 #A", "allowed 120.00 instead of 280.00"),
        ("D2391 180.00 #A @20250801", "D2392 180.00 #A", ""),
        ("D2393 180.00 #A @20260108", "D2392 180.00 #A", ""),
        ("D2391 180.00 #A @20260108", "D2392 180.00", ""),
    ],
)
def test_restorations_of_a_tooth_are_expected_up_to_a_crown(before: str, claim: str, said: str) -> None:
    rule = (
        "TESTPAY1 aggregate-cap: D2391 D2392 as D2930 months=6 seen=30/30 pays D2391=140.00 D2392=180.00 D2930=260.00"
    )
    files = [bitewing.read(compose(parse_claims((f"C0: {before}",))))]
    facts = Facts(policies=rules_of((rule,)), history=FileHistory(files))
    found = bitewing.check(compose(parse_claims((f"C1: {claim}",))), facts=facts).findings
    told = [one.message for one in found if one.action is Action.PREDICT]

    assert [said in message for message in told] == ([True] if said else [])


@pytest.mark.parametrize(("units", "predicted"), [(4, False), (5, False), (6, False), (7, True), (13, True)])
def test_nothing_is_predicted_inside_a_gap(units: int, predicted: bool) -> None:
    found = findings((f"C1: D0220 32.00 | D0230 x{units} {26 * units}.00",), FILMS)

    assert any(one.action is Action.PREDICT for one in found) is predicted


def test_a_group_rule_is_for_its_group_only() -> None:
    other = FILMS.replace("GROUP1", "GROUP2")

    assert [
        one for one in findings(("C1: D0220 32.00 | D0230 x7 182.00",), other) if one.action is Action.PREDICT
    ] == []


@pytest.mark.parametrize(
    ("scope", "contract", "predicted"),
    [
        ("network=in", Contract(network="in"), True),
        ("network=in", Contract(network="out"), False),
        ("network=in", Contract(), False),
        ("class=PPO", Contract("PPO"), True),
        ("class=PPO", Contract("DHMO", "in"), False),
        ("class=PPO", Contract(), False),
        ("group=GROUP1", Contract(), True),
    ],
)
@pytest.mark.parametrize("billing", ["1999900016", ""])
def test_a_rule_of_one_contract_is_for_practices_of_which_it_is_known(
    scope: str, contract: Contract, predicted: bool, billing: str
) -> None:
    rules = rules_of((FILMS.replace("group=GROUP1", scope),))
    facts = Facts(policies=Rules(rules.all, {("TESTPAY1", billing): contract}))
    found = bitewing.check(compose(parse_claims(("C1: D0220 32.00 | D0230 x7 182.00",))), facts=facts).findings

    assert any(one.action is Action.PREDICT for one in found) is predicted


def test_the_films_of_a_day_count_over_all_its_claims() -> None:
    two = ("C1: D0220 32.00 | D0230 x3 78.00", "C2: D0230 x4 104.00")
    said = [one for one in findings(two, FILMS) if one.action is Action.PREDICT]

    assert sorted(one.place.claim for one in said) == ["C1", "C2"]


def test_rules_on_two_claims_of_a_day_are_both_told() -> None:
    caps = ("TESTPAY1 per-date-cap: D0230 units=2", "TESTPAY1 per-date-cap: D0350 units=1")
    said = findings(("C1: D0230 x3 78.00 | D0220 32.00", "C2: D0350 x2 90.00"), *caps)

    assert sorted(one.place.claim for one in said if one.action is Action.PREDICT) == ["C1", "C2"]


def test_a_secondary_claim_is_not_predicted() -> None:
    claims = ("C1 prior=yes: D0220 32.00 | D0230 x7 182.00",)

    assert [one for one in findings(claims, FILMS) if one.action is Action.PREDICT] == []


def test_a_rule_ages_until_it_says_nothing() -> None:
    (rule,) = rules_of(("TESTPAY1 same-day-exclusion: D0350 with D0150 seen=8/8 last=2026-02-27",)).all
    services = [Service("D0150", 1), Service("D0350", 1)]
    young, old = sureness(rule, "", DAY), expect(rule, services, "", date(2028, 6, 1))

    assert young is not None
    assert young.low == pytest.approx(0.73, abs=0.02)
    assert expect(rule, services, "", DAY) is not None
    assert old is None


def test_a_group_nobody_saw_is_predicted_only_where_groups_agree() -> None:
    (rule,) = rules_of(("TESTPAY1 same-day-exclusion: D0350 with D0150 seen=60/60",)).all
    agree = replace(rule, groups={"G1": (20.0, 0.0), "G2": (20.0, 0.0), "G3": (20.0, 0.0)})
    differ = replace(rule, groups={"G1": (30.0, 0.0), "G2": (0.0, 12.0)})

    assert sureness(agree, "NEW", DAY) is not None
    assert sureness(differ, "NEW", DAY) is None
    assert sureness(differ, "G2", DAY) is None


def test_an_exception_needs_enough_trials() -> None:
    few, many = rules_of((
        "TESTPAY1 same-day-exclusion: D0350 with D0180 seen=0/4",
        "TESTPAY1 same-day-exclusion: D0350 with D0150 seen=0/25",
    )).all  # fmt: skip

    assert not seen_not_to(few, "", DAY)
    assert seen_not_to(many, "", DAY)
    assert not seen_not_to(many, "", date(2031, 1, 1))


def test_fees_that_are_not_known_give_no_money() -> None:
    (rule,) = rules_of(("TESTPAY1 pano-counts-as-series: D0330 with D0274 as D0210 seen=9/9",)).all
    found = expect(rule, [Service("D0330", 1, Decimal("125.00")), Service("D0274", 1)], "", DAY)

    assert found is not None
    assert (found.as_sent, found.allowed) == (None, None)


def test_rules_of_other_payers_are_not_asked() -> None:
    found = Rules(rules_of((FILMS,)).all)

    assert found.of("TESTPAY1", "count-to-series") == list(found.all)
    assert found.of("TESTPAY2") == []
    assert sentence(found.all[0]).startswith("D0220 and D0230 of one date are paid as D0210 from 8 films on")
