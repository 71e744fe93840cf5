"""What a payer does is learnt however it is said: by another code, a line left out, money, months or years."""

import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bitewing.edi.compose import compose
from bitewing.policies.learn import learn
from bitewing.policies.learn.fees import Fees, UnitFee
from bitewing.policies.learn.row import NEGATIVE, POSITIVE, Evidence, Row
from bitewing.policies.rule import BUNDLES, Rule
from bitewing.policies.sentence import sentence

START = date(2026, 3, 2)
LAST = START + timedelta(days=60)


def rows(kind: str, n: int, outcome: int, start: date = START, **facts: Any) -> list[Row]:
    row = Row(kind, "TESTPAY1", "G1", "", "", "", "", "", "", outcome, 0, 0, start, None, 1, "")
    return [row._replace(day=start + timedelta(days=at), trial=f"{at:016x}", **facts) for at in range(n)]


def applying(found: Sequence[Row], **allowed: str) -> list[Rule]:
    fees = [UnitFee("TESTPAY1", "G1", code, Decimal(money), START, LAST, 9) for code, money in allowed.items()]
    return [rule for rule in learn(Evidence(found), Fees(fees)) if rule.says == BUNDLES]


# -- periods


def test_one_stray_denial_moves_no_period() -> None:
    denied = rows("period-cap", 20, POSITIVE, code="D4910", context="170")
    paid = rows("period-cap", 20, NEGATIVE, code="D4910", context="190")
    (rule,) = applying([*denied, *paid, *rows("period-cap", 1, POSITIVE, code="D4910", context="800")])

    assert rule.parameter == {"n": 1, "months": (6, 6)}


def test_a_payment_by_mistake_ends_no_period() -> None:
    denied = [
        one for gap in ("300", "700", "1000") for one in rows("period-cap", 10, POSITIVE, code="D0150", context=gap)
    ]
    (rule,) = applying([*denied, *rows("period-cap", 1, NEGATIVE, code="D0150", context="800")])

    assert rule.parameter == {"n": 1, "months": (33, None)}


def test_codes_that_are_counted_as_one_are_told_together() -> None:
    denied = rows("period-cap", 10, POSITIVE, code="D1206", members="100")
    denied += rows("period-cap", 10, POSITIVE, code="D1208", members="120", context="500")
    paid = rows("period-cap", 10, NEGATIVE, code="D1206", members="200")
    (rule,) = applying([*denied, *paid, *rows("period-cap", 10, NEGATIVE, code="D1208", context="210")])

    assert (rule.kind, rule.codes) == ("period-cap", ("D1206", "D1208"))
    assert rule.parameter == {"n": 1, "months": (4, 6), "counted": "together"}
    assert "counted together" in sentence(rule)


def test_a_calendar_year_is_told_from_the_last_twelve_months() -> None:
    found = []
    for year in (2025, 2026):
        found += rows("period-cap", 10, NEGATIVE, date(year, 2, 1), code="D0120", context="60 150")
        found += rows("period-cap", 10, POSITIVE, date(year, 9, 1), code="D0120", context="60 150")
    (rule,) = applying(found)

    assert (rule.parameter["n"], rule.parameter["period"]) == (1, "calendar-year")
    assert "calendar year" in sentence(rule)


def test_films_denied_after_a_series_only_have_no_period() -> None:
    denied = rows("period-cap", 20, POSITIVE, code="D0220", target="D0210")
    assert applying(denied) == []
    assert [rule.kind for rule in applying([one._replace(target="") for one in denied])] == ["period-cap"]


def test_films_after_a_series_are_not_told_as_included_in_what_was_done_beside() -> None:
    included = rows("same-day-exclusion", 20, POSITIVE, code="D0272", context="D0140", members="D0210")
    paid = rows("same-day-exclusion", 20, NEGATIVE, code="D0272", context="D0120")

    assert applying([*included, *paid]) == []
    assert len(applying([*(one._replace(members="") for one in included), *paid])) == 1


# -- money


def test_units_are_told_by_the_money_where_only_money_was_cut() -> None:
    capped = rows("per-date-cap", 12, POSITIVE, code="D4381", context="6/6", allowed=Decimal("240.00"))
    (rule,) = applying([*capped, *rows("per-date-cap", 9, NEGATIVE, code="D4381", context="4/4")], D4381="60.00")

    assert rule.parameter == {"units": (4, 4)}
    assert applying(capped, D4381="70.00") == []  # no whole number of units was paid: nobody can tell


def test_an_alternative_that_the_payer_does_not_name_is_known_by_its_allowance() -> None:
    paid_less = rows("downcode", 12, POSITIVE, code="D2391", context="molars", allowed=Decimal("90.00"))
    pooled = rows("downcode", 12, POSITIVE, context="molars", members="D2391")
    (rule,) = applying([*paid_less, *pooled], D2140="90.00", D2150="120.00")

    assert rule.targets == {"D2391": "D2140"}
    assert applying([*paid_less, *pooled], D2150="120.00") == []


# -- from files to rules: how one thing is said

Lines = Sequence[tuple[str, str, str]]
Said = Sequence[tuple[str, str, str, str, Sequence[Sequence[str]], str]]


@pytest.fixture
def stored(tmp_path: Path, bitewing_command: Callable[..., Any], remittances: ModuleType) -> Callable[..., Any]:
    """Ingests twenty visits with these lines, each answered so, and gives the rules that are learnt."""

    def run(lines: Lines, said: Said, beside: tuple[Lines, Said] = ((), ())) -> list[dict[str, Any]]:
        claims, remits = [], []
        for number in range(40 if beside[0] else 20):
            sent, answered = beside if number >= 20 else (lines, said)
            day = (START + timedelta(days=number)).strftime("%Y%m%d")
            total = str(sum(Decimal(charge) for _, _, charge in sent))
            claims.append({
                "clm01": f"CLM{number}", "clm02": total, "payer": "TESTPAY1", "patient": f"V{number}", "freq": "1",
                "billing_npi": "1999900016", "pos": "11", "predetermination": False,
                "lines": [
                    {"code": code, "charge": charge, "sv306": units, "teeth": [], "ref6r": f"L{at}", "dos": day,
                     "rend": "1999900024"} for at, (code, units, charge) in enumerate(sent, 1)
                ],
            })  # fmt: skip
            svc = [
                {"svc01": code, "svc06": own, "charge": charge, "paid": paid, "svc05": sent[at][1], "svc07": "",
                 "dos": day,
                 "cas": cas, "ref6r": ref, "amt_b6": "", "lq": []}
                for at, (code, own, charge, paid, cas, ref) in enumerate(answered)
            ]  # fmt: skip
            remits.append({
                "clp01": f"CLM{number}", "clp02": "1", "clp03": str(sum(Decimal(one["charge"]) for one in svc)),
                "clp04": str(sum(Decimal(one["paid"]) for one in svc)), "clp07": f"ICN{number}", "svc": svc,
                "group": "G1", "patient": (f"INVENTEDV{number}", "PERSON", f"MEMV{number}"),
            })  # fmt: skip
        files = [tmp_path / "1.837", tmp_path / "1.835"]
        files[0].write_bytes(compose(claims, control=1))
        files[1].write_bytes(remittances.remittance(remits, control=1, trace="T1", paid_on="20260601"))
        assert bitewing_command("ingest", tmp_path / "store", *files).code == 0
        told = bitewing_command("learn", tmp_path / "store", "--format", "json")
        assert told.code == 0, told.err
        return [one for one in map(json.loads, told.text.splitlines()) if one["type"] == "rule"]

    return run


PHOTO: Lines = (("D0150", "", "98.00"), ("D0350", "", "45.00"))
EXAM = ("D0150", "", "98.00", "60.00", [["CO", "45", "38.00"]], "L1")


@pytest.mark.parametrize(
    ("said", "inferred"),
    [
        ((EXAM, ("D0350", "", "45.00", "0", [["CO", "97", "45.00"]], "L2")), 0),
        ((EXAM, ("D0150", "D0350", "45.00", "0", [["CO", "97", "45.00"]], "L2")), 0),
        ((EXAM, ("D0350", "", "45.00", "0", [["PI", "234", "45.00"]], "")), 0),
        ((EXAM, ("D0350", "", "45.00", "0", [["CO", "59", "45.00"]], "L2")), 20),
        ((("D0150", "", "143.00", "60.00", [["CO", "45", "83.00"]], "L1"),), 20),
        ((("D0150", "", "143.00", "60.00", [["CO", "45", "83.00"]], ""),), 20),
    ],
    ids=["included", "named", "not numbered", "concurrent", "left out", "left out and not numbered"],
)
def test_a_photograph_included_in_an_evaluation_is_learnt_however_it_is_said(
    stored: Callable[..., Any], said: Said, inferred: int
) -> None:
    (rule,) = stored(PHOTO, said)

    assert (rule["kind"], rule["codes"], rule["with"]) == ("same-day-exclusion", ["D0350"], ["D0150"])
    assert (rule["n_pos"], rule["quality"]["inferred"]) == (20, inferred)


def test_a_line_that_is_left_out_with_its_money_is_included_in_nothing(stored: Callable[..., Any]) -> None:
    assert stored(PHOTO, (EXAM,)) == []


FILMS: Lines = (("D0220", "", "32.00"), ("D0230", "8", "208.00"))
FEW: tuple[Lines, Said] = (
    (("D0220", "", "32.00"), ("D0230", "2", "52.00")),
    (
        ("D0220", "", "32.00", "20.00", [["CO", "45", "12.00"]], "L1"),
        ("D0230", "", "52.00", "30.00", [["CO", "45", "22.00"]], "L2"),
    ),
)


@pytest.mark.parametrize(
    "said",
    [
        (
            ("D0210", "D0220", "32.00", "90.00", [["CO", "45", "-58.00"]], "L1"),
            ("D0230", "", "208.00", "0", [["CO", "97", "208.00"]], "L2"),
        ),
        (("D0210", "D0220", "240.00", "90.00", [["CO", "45", "150.00"]], "L1"),),
        (
            ("D0210", "D0210", "32.00", "90.00", [["OA", "94", "-208.00"], ["CO", "45", "150.00"]], ""),
            ("D0210", "D0210", "208.00", "0", [["CO", "97", "208.00"]], ""),
        ),
    ],
    ids=["members under their own code", "left out", "sent code not told"],
)
def test_films_paid_as_a_series_are_learnt_however_it_is_said(stored: Callable[..., Any], said: Said) -> None:
    (rule,) = stored(FILMS, said, FEW)

    assert (rule["kind"], rule["codes"], rule["target"]) == ("count-to-series", ["D0220", "D0230"], "D0210")
    assert rule["n_pos"] == 20
    assert rule["parameter"] == {"films": [4, 9]}


def test_a_pair_that_nobody_named_is_found_where_the_habit_began_late() -> None:
    before = rows("same-day-exclusion", 30, NEGATIVE, date(2026, 1, 1), code="D9910", context="D1110")
    after = rows("same-day-exclusion", 20, POSITIVE, date(2026, 3, 1), code="D9910", context="D1110")
    alone = rows("same-day-exclusion", 30, NEGATIVE, date(2026, 1, 1), code="D9910")
    (rule,) = applying([*before, *after, *alone])

    assert (rule.with_codes, rule.effective_from) == (("D1110",), date(2026, 3, 1))
