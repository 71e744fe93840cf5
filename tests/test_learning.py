"""Rules come from trials and nothing else: each patient's date once, for whom it was seen, since when, how surely."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitewing.edi.compose import compose
from bitewing.policies.engine.duckdb import DuckEngine
from bitewing.policies.learn import KINDS, columns, gather, learn
from bitewing.policies.learn.bayes import below, discoveries, interval, more_often, quantile, rate, shrunk, towards
from bitewing.policies.learn.changes import changes
from bitewing.policies.learn.fees import Fees, UnitFee
from bitewing.policies.learn.row import CENSORED, NEGATIVE, POSITIVE, Evidence, Row
from bitewing.policies.match import match
from bitewing.policies.rule import ALLOWS, BUNDLES, Rule
from bitewing.policies.store import Store

START = date(2026, 1, 5)
PHOTO = {"kind": "same-day-exclusion", "code": "D0350", "context": "D0150"}


def rows(n: int, outcome: int = POSITIVE, *, group: str = "G1", start: date = START, **facts: Any) -> list[Row]:
    """So many trials, one a day."""
    row = Row(
        "same-day-exclusion", "TESTPAY1", group, "", "", "D0350", "D0150", "", "", outcome, 0, 0, start, None, 1, ""
    )
    return [
        row._replace(day=start + timedelta(days=at), trial=f"{at:016x}", **facts) for at in range(n)
    ]  # fmt: skip


def films(count: int, outcome: int, **facts: Any) -> Row:
    target = {"target": "D0210", "members": "D0220 D0230"} if outcome == POSITIVE else {}
    (row,) = rows(1, outcome, kind="count-to-series", code="", context=f"D0220x1 D0230x{count - 1}", **target, **facts)
    return row


def learnt(found: Sequence[Row], fees: Sequence[UnitFee] = ()) -> list[Rule]:
    return list(learn(Evidence(found), Fees(fees)))


def applying(found: Sequence[Row], fees: Sequence[UnitFee] = ()) -> list[Rule]:
    return [rule for rule in learnt(found, fees) if rule.says == BUNDLES]


# -- statistics


@pytest.mark.parametrize(("n", "low"), [(3, 0.46), (5, 0.62), (8, 0.74), (20, 0.88), (30, 0.92)])
def test_so_many_of_so_many_has_the_published_lower_bound(n: int, low: float) -> None:
    assert round(interval(n, 0)[0], 2) == low
    assert interval(n, 0)[1] == 1.0
    assert interval(0, n) == (0.0, pytest.approx(1 - interval(n, 0)[0]))


@given(st.floats(0.5, 60), st.floats(0.5, 60), st.floats(0.01, 0.99))
def test_a_quantile_has_its_share_below_it(a: float, b: float, share: float) -> None:
    assert below(quantile(share, a, b), a, b) == pytest.approx(share, abs=1e-6)


def test_the_beta_distribution_agrees_with_sums_done_by_hand() -> None:
    # Beta(a, b) of whole numbers: P(X < x) is the chance of a hits or more among a + b - 1.
    assert below(0.3, 2, 3) == pytest.approx(sum(c * 0.3**k * 0.7 ** (4 - k) for k, c in ((2, 6), (3, 4), (4, 1))))
    assert more_often((5, 0), (0, 5)) == pytest.approx(1 / 252)
    assert more_often((3, 1), (1, 3)) == pytest.approx(17 / 70)


def test_few_are_found_among_many_that_were_tried() -> None:
    assert discoveries([0.001, 0.02, 0.5], 3, 0.05) == 0.02
    assert discoveries([0.001, 0.02, 0.5], 1000, 0.05) == 0.0


def test_groups_that_differ_say_little_of_another_group() -> None:
    mean, strength = shrunk([(20, 0), (0, 20)])
    share, low, high = towards(0, 0, mean, strength)

    assert share == pytest.approx(0.5, abs=0.01)
    assert low < 0.1
    assert high > 0.9


def test_groups_that_agree_say_much_of_another_group() -> None:
    mean, strength = shrunk([(20, 0), (25, 0), (18, 0)])

    assert towards(0, 0, mean, strength)[1] > 0.6


# -- what is said


def test_eight_of_eight_is_told_with_its_interval() -> None:
    (rule,) = applying(rows(8))
    said = rule.record()

    assert (said["kind"], said["codes"], said["with"], said["group"]) == (
        "same-day-exclusion", ["D0350"], ["D0150"], "G1",
    )  # fmt: skip
    assert (said["n_pos"], said["n_neg"], said["rate"], said["low"], said["high"]) == (8, 0, 0.94, 0.74, 1.0)
    assert (said["first_seen"], said["last_seen"], said["status"]) == ("2026-01-05", "2026-01-12", "proposed")


@pytest.mark.parametrize(
    "found", [rows(4), rows(5) + rows(4, NEGATIVE), rows(40, CENSORED)], ids=["4", "5 of 9", "none"]
)
def test_too_little_is_no_rule(found: list[Row]) -> None:
    assert applying(found) == []


def test_what_was_inferred_counts_half() -> None:
    assert applying(rows(8, inferred=1)) == []
    (rule,) = applying(rows(10, inferred=1))
    assert rule.counts.low == pytest.approx(interval(5, 0)[0])
    assert rule.record()["quality"] == {"exact": 0, "inferred": 10}


def test_groups_that_differ_have_rules_of_their_own() -> None:
    found = learnt(rows(20) + rows(20, NEGATIVE, group="G2"))

    assert [(rule.group, rule.says) for rule in found] == [("G1", BUNDLES), ("G2", ALLOWS)]


def test_groups_that_agree_make_a_rule_of_the_payer() -> None:
    (rule,) = applying(rows(12) + rows(9, group="G2"))

    assert rule.group is None
    assert dict(rule.groups) == {"G1": (12.0, 0.0), "G2": (9.0, 0.0)}


def test_what_is_done_in_the_network_only_is_told_of_the_network() -> None:
    inside, outside = rows(12, network="in"), rows(9, NEGATIVE, network="out")
    unknown = rows(6, network="") + rows(4, NEGATIVE, network="")
    (rule,) = applying(inside + outside + unknown)
    (whole,) = applying(inside + rows(9, network="out") + unknown[:6])
    (alone,) = applying(inside + unknown[:6])

    assert (rule.network, rule.group, rule.counts.positive) == ("in", "G1", 12)
    assert (whole.network, alone.network) == (None, None)


def test_one_group_may_do_it_in_the_network_only() -> None:
    found = rows(12, network="in") + rows(12, NEGATIVE, network="out")
    found += rows(12, NEGATIVE, group="G2", network="in") + rows(12, NEGATIVE, group="G2", network="out")

    assert [(rule.group, rule.network) for rule in applying(found)] == [("G1", "in")]


def test_one_group_is_no_evidence_for_the_payer() -> None:
    (rule,) = applying(rows(20))

    assert rule.group == "G1"


def test_a_change_closes_a_rule_and_is_never_averaged() -> None:
    before = rows(30, start=date(2023, 11, 20), kind="pano-counts-as-series", code="D0330", context="D0274x1 D0330x1")
    after = rows(
        20, NEGATIVE, start=date(2024, 1, 8), kind="pano-counts-as-series", code="D0330", context="D0274x1 D0330x1"
    )
    ended, now = learnt(before + after)

    assert (ended.says, ended.counts.positive, ended.counts.negative) == (BUNDLES, 30, 0)
    assert (ended.effective_from, ended.effective_to) == (None, date(2023, 12, 31))
    assert ended.counts.last_seen == date(2023, 12, 19)
    assert (now.says, now.effective_from, now.counts.negative) == (ALLOWS, date(2024, 1, 1), 20)


@given(st.integers(30, 60), st.integers(30, 60), st.booleans())
def test_a_change_is_dated_within_thirty_days(before: int, after: int, begins: bool) -> None:
    first, then = (NEGATIVE, POSITIVE) if begins else (POSITIVE, NEGATIVE)
    turn = START + timedelta(days=before)
    (found,) = changes(rows(before, first) + rows(after, then, start=turn))[1]

    assert abs((found - turn).days) <= 30


def test_a_threshold_is_a_bracket_with_its_gap() -> None:
    seen = [films(count, POSITIVE) for count in (8, 9, 10, 14)] * 3
    seen += [films(count, NEGATIVE) for count in (1, 2, 3, 4, 5)] * 3
    (rule,) = applying(seen)

    assert (rule.kind, rule.parameter) == ("count-to-series", {"films": (6, 8)})
    assert (rule.counts.positive, rule.counts.negative) == (12, 0)


def test_one_trial_out_of_line_widens_a_bracket_and_does_not_move_it() -> None:
    seen = [films(count, POSITIVE) for count in (8, 10, 11, 14)] * 4 + [
        films(count, NEGATIVE) for count in (5, 6, 7)
    ] * 4
    (clear,) = applying([*seen, films(6, POSITIVE)])
    (unsure,) = applying([*seen[3:], films(9, NEGATIVE)] + [films(12, POSITIVE)] * 3)
    low, high = unsure.parameter["films"]

    assert clear.parameter == {"films": (8, 8)}
    assert low <= 8 < 10 <= high


def test_a_count_and_a_sum_of_fees_that_fit_alike_are_both_told() -> None:
    fees = [
        UnitFee("TESTPAY1", "G1", code, Decimal(amount), START, START, 9)
        for code, amount in (("D0220", "20.00"), ("D0230", "15.00"), ("D0210", "90.00"))
    ]
    seen = [films(count, POSITIVE) for count in (8, 9, 10)] * 4 + [films(count, NEGATIVE) for count in (2, 3, 4)] * 4
    (rule,) = applying(seen, fees)

    assert (rule.kind, rule.alternatives) == ("count-to-series", ("fee-sum-to-series ratio 0.722 to 1.389",))


def test_fees_tell_where_plans_pay_differently() -> None:
    plans = {"G1": ("20.00", "15.00", "90.00"), "G2": ("20.00", "15.00", "150.00"), "G3": ("30.00", "25.00", "90.00")}
    fees = [
        UnitFee("TESTPAY1", group, code, Decimal(amount), START, START, 9)
        for group, amounts in plans.items() for code, amount in zip(("D0220", "D0230", "D0210"), amounts, strict=True)
    ]  # fmt: skip
    seen = []
    for group, (first, more, series) in plans.items():
        for count in range(2, 15):
            total = Decimal(first) + Decimal(more) * (count - 1)
            seen += [films(count, POSITIVE if total >= Decimal(series) else NEGATIVE, group=group)] * 3
    (rule,) = applying(seen, fees)
    low, high = rule.bracket("ratio")

    assert (rule.kind, rule.group) == ("fee-sum-to-series", None)
    assert low is not None
    assert high is not None
    assert low < 1 <= high


def test_a_pair_that_nobody_named_is_found_and_chance_is_not() -> None:
    pair = {"kind": "same-day-exclusion", "code": "D1206"}
    noise = rows(3, context="D0120 D1110", **pair) + rows(60, NEGATIVE, context="D0120 D1110", **pair)
    (rule,) = applying(rows(12, context="D0120 D4999", **pair) + noise)

    assert (rule.codes, rule.with_codes) == (("D1206",), ("D4999",))
    assert applying(noise) == []


def test_what_cannot_be_told_apart_is_told_as_alternatives() -> None:
    pair = {"kind": "same-day-exclusion", "code": "D1206"}
    (rule,) = applying(rows(12, context="D4998 D4999", **pair) + rows(60, NEGATIVE, context="D0120", **pair))

    assert {*rule.with_codes, *(one.rpartition(" ")[2] for one in rule.alternatives)} == {"D4998", "D4999"}


# -- the other kinds


def of_kind(kind: str, n: int, outcome: int, **facts: Any) -> list[Row]:
    """Trials of another kind, spread over two groups."""
    half = n // 2
    return rows(half, outcome, kind=kind, **facts) + rows(n - half, outcome, kind=kind, group="G2", **facts)


def test_a_cap_is_what_was_paid_of_more() -> None:
    capped = of_kind("per-date-cap", 8, POSITIVE, code="D0230", context="5/3")
    capped += of_kind("per-date-cap", 4, POSITIVE, code="D0230", context="9/3")
    (rule,) = applying(capped + of_kind("per-date-cap", 9, NEGATIVE, code="D0230", context="3/3"))

    assert (rule.codes, rule.parameter, rule.group) == (("D0230",), {"units": (3, 3)}, None)
    assert (rule.counts.positive, rule.counts.negative) == (12, 0)


def test_units_that_were_paid_in_full_speak_against_a_cap() -> None:
    capped = of_kind("per-date-cap", 6, POSITIVE, code="D0230", context="5/3")

    assert applying(capped + of_kind("per-date-cap", 8, NEGATIVE, code="D0230", context="5/5")) == []


def capture(n: int, outcome: int, treatment: str, target: str = "", code: str = "D0707") -> list[Row]:
    each = of_kind("capture-only", n, outcome, code=code, context=treatment, target=target)
    return each + of_kind("capture-only", n, outcome, code="", context=treatment, members=code)


@pytest.mark.parametrize(("treatment", "target"), [("deny", ""), ("remap", "D0220")])
def test_what_becomes_of_captured_images_is_told(treatment: str, target: str) -> None:
    (rule,) = applying(capture(10, POSITIVE, treatment, target))

    assert (rule.kind, rule.codes, rule.parameter) == ("capture-only", ("D0707",), {"treatment": treatment})
    assert rule.targets == ({"D0707": target} if target else {})
    assert rule.counts.positive == 10


def filling(n: int, outcome: int, teeth: str, code: str = "D2391") -> list[Row]:
    target = "D2140" if outcome == POSITIVE else ""
    each = of_kind("downcode", n, outcome, code=code, context=teeth, target=target)
    return each + of_kind("downcode", n, outcome, code="", context=teeth, members=code)


def test_a_downcode_names_its_teeth_only_where_they_differ() -> None:
    (everywhere,) = applying(filling(10, POSITIVE, "molars") + filling(10, POSITIVE, "premolars"))
    (molars,) = applying(filling(10, POSITIVE, "molars") + filling(10, NEGATIVE, "premolars"))

    assert (everywhere.targets, everywhere.parameter) == ({"D2391": "D2140"}, {})
    assert (molars.parameter, molars.counts.positive, molars.counts.negative) == ({"teeth": "molars"}, 10, 0)


def test_a_period_lies_between_the_longest_denied_and_the_shortest_paid() -> None:
    denied = of_kind("period-cap", 8, POSITIVE, code="D0274", context="180")
    denied += of_kind("period-cap", 4, POSITIVE, code="D0274", context="330")
    (rule,) = applying(denied + of_kind("period-cap", 6, NEGATIVE, code="D0274", context="400"))

    assert (rule.kind, rule.codes, rule.parameter) == ("period-cap", ("D0274",), {"n": 1, "months": (11, 13)})


def test_two_in_a_year_are_told_where_one_was_not_enough_to_be_denied() -> None:
    denied = of_kind("period-cap", 8, POSITIVE, code="D0274", context="100 200")
    (rule,) = applying(denied + of_kind("period-cap", 12, NEGATIVE, code="D0274", context="110"))

    assert rule.parameter["n"] == 2


def test_a_series_and_a_panoramic_image_may_count_together() -> None:
    denied = of_kind("period-cap", 6, POSITIVE, code="D0210", context="", members="700")
    denied += of_kind("period-cap", 6, POSITIVE, code="D0330", context="", members="900")
    (rule,) = applying(denied + of_kind("period-cap", 6, NEGATIVE, code="D0210", context="", members="1200"))

    assert (rule.kind, rule.codes) == ("shared-series-window", ("D0210", "D0330"))
    assert rule.parameter == {"n": 1, "months": (30, 39)}


def test_films_after_a_series_are_told_with_the_days() -> None:
    after = of_kind("series-exclusion", 8, POSITIVE, code="D0220", context="30")
    after += of_kind("series-exclusion", 4, POSITIVE, code="D0230", context="170")
    (rule,) = applying(after + of_kind("series-exclusion", 8, NEGATIVE, code="D0220", context="200"))

    assert (rule.kind, rule.codes, rule.with_codes) == ("series-exclusion", ("D0220", "D0230"), ("D0210",))
    assert rule.parameter == {"days": (170, 199)}


def test_denials_for_another_reason_do_not_lengthen_the_time_after_a_series() -> None:
    after = of_kind("series-exclusion", 20, POSITIVE, code="D0272", context="29")
    after += of_kind("series-exclusion", 2, POSITIVE, code="D0272", context="43")
    paid = [of_kind("series-exclusion", 1, NEGATIVE, code="D0272", context=str(days))[0] for days in (31, 40, 44, 50)]
    (rule,) = applying(after + paid)
    shortest, longest = rule.parameter["days"]

    assert shortest <= 30 <= longest


def test_a_film_denied_soon_after_a_series_is_no_evidence_of_a_period() -> None:
    facts: dict[str, Any] = {"kind": "period-cap", "code": "D0274"}
    denied = rows(8, context="180", **facts)
    (rule,) = applying(denied + rows(6, group="G2", context="", target="D0210", **facts))

    assert (rule.codes, rule.group, rule.counts.positive) == (("D0274",), "G1", 8)


def test_a_film_that_is_also_counted_in_a_period_follows_the_others_after_a_series() -> None:
    after = of_kind("series-exclusion", 8, POSITIVE, code="D0272", context="30")
    after += of_kind("series-exclusion", 6, POSITIVE, code="D0274", context="25")
    without = of_kind("series-exclusion", 9, POSITIVE, code="D0274", context="")
    paid = of_kind("series-exclusion", 5, NEGATIVE, code="D0274", context="25")
    (rule,) = applying(after + without)
    (cautious,) = applying(after + without + paid)

    assert (rule.codes, cautious.codes) == (("D0272", "D0274"), ("D0272",))
    assert applying([one for one in after + without if one.code == "D0274"]) == []


def test_a_window_of_one_group_is_shared_whatever_other_groups_pay() -> None:
    facts: dict[str, Any] = {"kind": "period-cap", "context": ""}
    found = rows(9, POSITIVE, code="D0330", members="20", group="G1", **facts)
    found += rows(6, POSITIVE, code="D0210", members="25", group="G1", **facts)
    found += rows(30, NEGATIVE, code="D0330", members="20", group="G2", **facts)
    (rule,) = applying(found)

    assert (rule.kind, rule.codes, rule.group) == ("shared-series-window", ("D0210", "D0330"), "G1")


@pytest.mark.parametrize(("denied", "paid", "expected"), [(20, 12, {"age": (13, 20)}), (5, 9, {"under": (6, 9)})])
def test_an_age_limit_is_told_for_its_side(denied: int, paid: int, expected: dict[str, Any]) -> None:
    found = of_kind("age-limit", 12, POSITIVE, code="D1206", context=str(denied))
    (rule,) = applying(found + of_kind("age-limit", 12, NEGATIVE, code="D1206", context=str(paid)))

    assert (rule.kind, rule.codes, rule.parameter) == ("age-limit", ("D1206",), expected)


def test_restorations_up_to_a_crown_are_told_by_the_plans_fees() -> None:
    fees = [
        UnitFee("TESTPAY1", group, code, Decimal(amount), START, START, 9)
        for group in ("G1", "G2") for code, amount in (("D2391", "80.00"), ("D2930", "100.00"))
    ]  # fmt: skip
    facts: dict[str, Any] = {"code": "D2391", "context": "60.00"}
    capped = of_kind("aggregate-cap", 10, NEGATIVE, allowed=Decimal("40.00"), **facts)
    (rule,) = applying(capped, fees)

    assert (rule.kind, rule.codes, rule.target) == ("aggregate-cap", ("D2391",), "D2930")
    assert (rule.parameter, rule.counts.positive) == ({"months": (6, 6)}, 10)
    assert applying(of_kind("aggregate-cap", 10, NEGATIVE, allowed=Decimal("80.00"), **facts), fees) == []
    assert applying(capped) == []
    # What is always paid as another has no fee of its own: it is paid to the rest of the crown's, or says nothing.
    other = of_kind("aggregate-cap", 10, NEGATIVE, code="D2392", context="60.00", allowed=Decimal("40.00"))
    assert applying(capped + other, fees)[0].codes == ("D2391", "D2392")
    assert applying([one._replace(allowed=Decimal("70.00")) for one in other], fees) == []


def test_films_included_beside_a_series_of_the_date_are_told_as_its_exclusion() -> None:
    pair = {"kind": "same-day-exclusion", "code": "D0220"}
    (rule,) = applying(rows(12, context="D0210", **pair) + rows(30, NEGATIVE, context="D0140", **pair))

    assert (rule.kind, rule.with_codes, rule.parameter) == ("series-exclusion", ("D0210",), {"days": (0, None)})


# -- evidence adds up

SOME = st.lists(
    st.builds(
        lambda at, outcome, n: rows(1, outcome, start=START + timedelta(days=at))[0]._replace(n=n),
        st.integers(0, 5), st.sampled_from([POSITIVE, NEGATIVE, CENSORED]), st.integers(1, 9),
    ),
    max_size=12,
)  # fmt: skip


@given(SOME, SOME)
def test_evidence_adds_up_in_any_order_and_comes_back(one: list[Row], other: list[Row]) -> None:
    a, b = Evidence(one), Evidence(other)

    assert a + b == Evidence(one + other) == b + a
    assert (a + b) - b == a
    assert list(learn(a + b, Fees([]))) == list(learn(Evidence(other + one), Fees([])))


def test_what_is_not_there_cannot_be_taken_away() -> None:
    with pytest.raises(ValueError, match="not in this evidence"):
        Evidence(rows(1)) - Evidence(rows(2))


def test_every_kind_has_a_name_of_its_own_and_says_what_it_is_about() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert all(kind.about.endswith(".") for kind in KINDS)


# -- from files to rules

Learn = Callable[..., list[dict[str, Any]]]


def visit(number: int, *, freq: str = "1", name: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """A claim with an evaluation and a photograph, and its payment, which includes the photograph."""
    clm01 = f"CLM{number}{name}"
    day = (START + timedelta(days=number)).strftime("%Y%m%d")
    lines = [
        {"code": code, "charge": charge, "sv306": "", "teeth": [], "ref6r": f"L{at}", "dos": day, "rend": "1999900024"}
        for at, (code, charge) in enumerate((("D0150", "98.00"), ("D0350", "45.00")), 1)
    ]
    claim = {
        "clm01": clm01,
        "clm02": "143.00",
        "payer": "TESTPAY1",
        "patient": f"V{number}",
        "freq": freq,
        "lines": lines,
    }
    claim |= {"billing_npi": "1999900016", "pos": "11", "predetermination": False}
    svc = [
        {"svc01": "D0150", "charge": "98.00", "paid": "60.00", "svc05": "1", "svc06": "", "svc07": "", "dos": day,
         "cas": [["CO", "45", "38.00"]], "ref6r": "L1", "amt_b6": "", "lq": []},
        {"svc01": "D0350", "charge": "45.00", "paid": "0", "svc05": "1", "svc06": "", "svc07": "", "dos": day,
         "cas": [["CO", "97", "45.00"]], "ref6r": "L2", "amt_b6": "", "lq": ["N19"]},
    ]  # fmt: skip
    remit = {
        "clp01": clm01,
        "clp02": "1",
        "clp03": "143.00",
        "clp04": "60.00",
        "clp07": f"ICN{number}{name}",
        "svc": svc,
    }
    return claim, remit | {"group": "G1", "patient": (f"INVENTEDV{number}", "PERSON", f"MEMV{number}")}


@pytest.fixture
def stored(tmp_path: Path, bitewing_command: Callable[..., Any], remittances: ModuleType) -> Iterator[Learn]:
    """Ingests visits, learns, and gives the records; called again it adds to the same store."""
    turn = iter(range(1, 100))

    def run(visits: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[dict[str, Any]]:
        number = next(turn)
        files = [tmp_path / f"{number}.837", tmp_path / f"{number}.835"]
        files[0].write_bytes(compose([claim for claim, _ in visits], control=number))
        files[1].write_bytes(remittances.remittance([remit for _, remit in visits], control=number, trace=f"T{number}"))
        assert bitewing_command("ingest", tmp_path / "store", *files).code == 0
        said = bitewing_command("learn", tmp_path / "store", "--format", "json")
        assert said.code == 0, said.err
        return [json.loads(line) for line in said.text.splitlines()]

    return run


def test_eight_visits_make_a_rule_end_to_end(stored: Learn) -> None:
    (rule,) = stored([visit(number) for number in range(8)])

    assert (rule["payer"], rule["kind"], rule["codes"], rule["with"]) == (
        "TESTPAY1", "same-day-exclusion", ["D0350"], ["D0150"],
    )  # fmt: skip
    assert (rule["n_pos"], rule["n_neg"], rule["n_cens"], rule["low"]) == (8, 0, 0, 0.74)
    assert rule["liability"] == {"CO": 8, "PR": 0}


def test_who_bears_what_is_above_the_fee_says_whether_a_practice_is_in_the_network(stored: Learn) -> None:
    """Eight visits to a practice in the network, and eight to one outside, where the photograph is paid."""
    outside = []
    for number in range(20, 28):
        claim, remit = visit(number)
        exam, photo = remit["svc"]
        exam |= {"cas": [["PR", "45", "38.00"]]}
        photo |= {"paid": "20.00", "cas": [["PR", "45", "25.00"]], "lq": []}
        outside.append((claim, remit | {"clp04": "80.00"}))
    stored([visit(number) for number in range(8)])
    records = stored(outside)
    rules = [one for one in records if one["type"] == "rule"]

    assert [(one["network"], one["n_pos"], one["n_neg"]) for one in rules] == [("in", 8, 0)]


def test_three_of_three_are_shown_and_not_proposed(stored: Learn) -> None:
    (seen,) = stored([visit(number) for number in range(3)])

    assert (seen["type"], seen["status"], seen["n_pos"], seen["low"]) == ("observation", "observed", 3, 0.46)


def test_a_claim_sent_three_times_is_one_trial(stored: Learn) -> None:
    again = [visit(1), visit(1, name="B"), visit(1, freq="7")]
    (rule,) = stored([*(visit(number) for number in range(2, 9)), *again])

    assert rule["n_pos"] == 8


@pytest.mark.parametrize(("raised", "rest"), [("-45.00", "83.00"), ("", "38.00")], ids=["raised", "not raised"])
def test_a_photograph_answered_as_the_evaluation_is_included_in_it(stored: Learn, raised: str, rest: str) -> None:
    """As the guide asks: SVC01 names the evaluation, SVC06 the photograph."""
    visits = [visit(number) for number in range(8)]
    for _, remit in visits:
        evaluation, photo = remit["svc"]
        photo |= {"svc01": "D0150", "svc06": "D0350", "svc05": "0", "svc07": "1"}
        evaluation["cas"] = [["OA", "94", raised]] * bool(raised) + [["CO", "45", rest]]
    (rule,) = stored(visits)

    assert (rule["codes"], rule["with"], rule["n_pos"], rule["n_neg"], rule["low"]) == (
        ["D0350"],
        ["D0150"],
        8,
        0,
        0.74,
    )


def test_removing_a_file_takes_its_evidence_back(
    stored: Learn, tmp_path: Path, bitewing_command: Callable[..., Any]
) -> None:
    before = stored([visit(number) for number in range(8)])
    assert stored([visit(number) for number in range(20, 30)])[0]["n_pos"] == 18
    assert bitewing_command("store", "remove", tmp_path / "store", "2.835").code == 0
    said = bitewing_command("learn", tmp_path / "store", "--format", "json")

    assert [json.loads(line) for line in said.text.splitlines()] == before


def test_secondary_denied_and_reversed_payments_are_no_evidence(stored: Learn) -> None:
    visits = [visit(number) for number in range(8)]
    assert stored(visits) != []
    others = [visit(number, name="X") for number in range(40, 48)]
    for (_, remit), status in zip(others, ("2", "3", "4", "20", "21", "25", "2", "4"), strict=True):
        remit["clp02"] = status
    (rule,) = stored(others)

    assert (rule["n_pos"], rule["n_neg"]) == (8, 0)


def test_a_rate_is_never_told_without_its_counts(
    stored: Learn, tmp_path: Path, bitewing_command: Callable[..., Any]
) -> None:
    stored([visit(number) for number in range(8)])
    said = bitewing_command("learn", tmp_path / "store").text

    assert "Observed 8 of 8 from 2026-01-05 to 2026-01-12 (95 % >= 0.74), group G1." in said
    assert "always" not in said.lower()
    assert rate(8, 0) > 0.9


def test_daily_statistics_are_written_by_payer_and_month(
    stored: Learn, tmp_path: Path, bitewing_command: Callable[..., Any]
) -> None:
    stored([visit(number) for number in range(20, 32)])
    folder = tmp_path / "statistics"
    assert bitewing_command("learn", tmp_path / "store", "--statistics", folder).code == 0
    counted = duckdb.sql(
        f"SELECT payer, month, outcome, SUM(n) FROM read_parquet('{folder}/*/*/*.parquet', hive_partitioning = true)"
        " WHERE kind = 'same-day-exclusion' GROUP BY ALL ORDER BY ALL"
    ).fetchall()

    assert counted == [("TESTPAY1", "2026-01", 1, 7), ("TESTPAY1", "2026-02", 1, 5)]
    assert bitewing_command("learn", tmp_path / "store", "--statistics", folder).code == 2
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_learning_reads_only_the_columns_that_it_names(stored: Learn, tmp_path: Path) -> None:
    stored([visit(number) for number in range(8)])
    store = Store.open(tmp_path / "store")
    tables = store.tables()
    store.close()
    found = []
    for wanted in (None, columns()):
        engine = DuckEngine(tables, columns=wanted)
        match(engine)
        evidence, fees = gather(engine)
        found.append((list(evidence), sorted(fees.seen)))
        held = {name for (name,) in engine.rows("SELECT column_name FROM duckdb_columns()")}
        engine.close()

    assert found[0] == found[1]
    assert sum(row.n for row in found[0][0]) >= 8
    assert {"code", "patient", "reason"} <= held
    assert held.isdisjoint({"area", "starts_at", "rendering_npi"})
