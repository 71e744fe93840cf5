"""A payment is matched with the one claim it pays, or with none; its lines are told for what they are."""

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bitewing.policies.engine.duckdb import DuckEngine
from bitewing.policies.match import match
from bitewing.policies.tables import DAY, MONEY, NUMBER, TABLES, YES_NO

CASES = Path(__file__).parents[1] / "fixtures" / "golden" / "cases.jsonl"
Row = dict[str, Any]
OPEN: list[DuckEngine] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def day(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"


def claim_rows(made: dict[str, list[Row]], said: Row, number: int = 1, source: str = "c", **other: Any) -> None:
    dos = day(said["lines"][0]["dos"])
    row = {"source": source, "claim_no": number, "clm01": said["clm01"], "charge": said["clm02"], "frequency": "1"}
    row |= {"name_key": "n1", "member_key": "m1", "payer_id": said["payer"], "first_day": dos, "last_day": dos}
    made["claims"].append(row | {"sent": "2026-03-11", "lines": len(said["lines"])} | other)
    for place, line in enumerate(said["lines"], 1):
        row = {"source": source, "claim_no": number, "line_no": place, "lx": str(line["lx"]), "code": line["code"]}
        row |= {"charge": line["charge"], "units": line["sv306"] or 1, "ref6r": line["ref6r"]}
        made["claim_lines"].append(row | {"first_day": dos, "last_day": dos})


def remit_rows(made: dict[str, list[Row]], remits: Sequence[Row], source: str = "r", **other: Any) -> None:
    row = {"source": source, "payment_no": 1, "paid_on": "2026-03-20", "trace": "T1", "payer_id": "TESTPAY1"}
    made["payments"].append(row | {"amount": str(sum(Decimal(said["clp04"]) for said in remits))})
    for number, said in enumerate(remits, 1):
        dates = {"first_day": "2026-03-10", "last_day": "2026-03-10"}
        row = {"source": source, "payment_no": 1, "remit_no": number, "clp01": said["clp01"], "clp02": said["clp02"]}
        row |= {"charge": said["clp03"], "paid": said["clp04"], "patient_share": said["clp05"] or None}
        row |= {"clp07": said.get("clp07", ""), "name_key": "n1", "member_key": "m1", "lines": len(said["svc"])}
        made["remits"].append(row | dates | other)
        here = {"source": source, "remit_no": number}
        for place, (svc, cas) in enumerate([(0, c) for c in said["cas"]], 1):
            cell = {"svc_no": svc, "adjustment_no": place, "group_code": cas[0], "reason": cas[1], "amount": cas[2]}
            made["remit_adjustments"].append(here | cell)
        for svc, line in enumerate(said["svc"], 1):
            row = here | {"svc_no": svc, "code": line["svc01"], "sent_code": line["svc06"], "charge": line["charge"]}
            units = line["svc05"] or 1
            row |= {"paid": line["paid"], "units": units, "sent_units": line["svc07"] or units, "ref6r": line["ref6r"]}
            made["remit_lines"].append(row | dates | {"allowed_sent": line["amt_b6"] or None})
            for place, cas in enumerate(line["cas"], 1):
                cell = {"svc_no": svc, "adjustment_no": place, "group_code": cas[0], "reason": cas[1], "amount": cas[2]}
                made["remit_adjustments"].append(here | cell)
            made["remit_remarks"].extend(here | {"svc_no": svc, "remark": remark} for remark in line["lq"])


def run(made: dict[str, list[Row]]) -> DuckEngine:
    engine = DuckEngine({})
    OPEN.append(engine)
    for name, columns in TABLES.items():
        absent = {c.name: None if c.type in (DAY, MONEY) else 0 if c.type in (NUMBER, YES_NO) else "" for c in columns}
        for row in made[name]:
            values = list((absent | row).values())
            engine.connection.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", values)
    match(engine)
    return engine


def empty() -> dict[str, list[Row]]:
    return {name: [] for name in TABLES}


def case(name: str) -> Row:
    lines = CASES.read_text("utf-8").splitlines()
    found: Row = next(row for row in map(json.loads, lines) if row["id"] == name)
    return found


def told(name: str) -> DuckEngine:
    made = empty()
    claim_rows(made, case(name)["submitted"])
    remit_rows(made, case(name)["remit"])
    return run(made)


EVENTS = {
    "F01": ["bundle-target", "bundled-into", "bundled-into"],
    "F03": ["downcoded"],
    "F04": ["reversed", "reversed", "paid-reduced", "bundled-into"],
    "F07": ["paid-reduced"],
    "F09": ["paid-reduced", "paid-reduced", "paid-reduced"],
    "F11": ["paid-reduced", "units-capped"],
    "F13": [],
    "F14": ["out-of-balance"],
    "F16": ["paid-reduced", "paid-reduced"],
    "F17": ["bundle-target", "bundled-into"],
}


@pytest.mark.parametrize("name", EVENTS)
def test_each_line_of_a_worked_case_is_told_for_what_it_is(name: str) -> None:
    engine = told(name)

    assert [r[0] for r in engine.rows("SELECT event FROM line_events ORDER BY remit_no, svc_no")] == EVENTS[name]
    methods = {r[0] for r in engine.rows("SELECT method FROM remit_matches")}
    assert methods == {"prefix" if name == "F07" else "exact"}
    assert {r[0] for r in engine.rows("SELECT method FROM line_matches")} <= {"6r"}


@pytest.mark.parametrize(("name", "members"), [("F01", "1,2,3"), ("F17", "1,2")])
def test_a_bundle_names_its_target(name: str, members: str) -> None:
    assert list(told(name).rows("SELECT target, members, quality FROM bundles")) == [("D0210", members, "exact")]


def test_a_line_that_does_not_balance_says_by_how_much() -> None:
    query = "SELECT amount FROM remit_findings WHERE name = 'remit-line-out-of-balance'"
    assert [str(row[0]) for row in told("F14").rows(query)] == ["2.00"]


@pytest.mark.parametrize("name", ["F01", "F07"])
def test_two_claims_that_fit_are_no_match(name: str) -> None:
    made = empty()
    claim_rows(made, case(name)["submitted"])
    claim_rows(made, case(name)["submitted"], 2, original_ref="other", clm01=case(name)["submitted"]["clm01"])
    remit_rows(made, case(name)["remit"])
    engine = run(made)

    assert list(engine.rows("SELECT method, reason FROM remit_matches")) == [(None, "several claims fit")]
    assert len(list(engine.rows("SELECT * FROM near_candidates"))) == 2


def test_another_patient_under_a_shortened_id_is_no_match() -> None:
    made = empty()
    claim_rows(made, case("F07")["submitted"], name_key="n2", member_key="m2")
    remit_rows(made, case("F07")["remit"])

    assert list(run(made).rows("SELECT method FROM remit_matches")) == [(None,)]


def test_the_same_claim_sent_twice_is_one_and_the_same_payment_twice_counts_once() -> None:
    made = empty()
    claim_rows(made, case("F01")["submitted"])
    claim_rows(made, case("F01")["submitted"], source="d")
    remit_rows(made, case("F01")["remit"])
    remit_rows(made, case("F01")["remit"], source="s")

    found = list(
        run(made).rows(
            "SELECT source, claim_source, duplicate_source, duplicate_remit_no FROM remit_matches ORDER BY source"
        )
    )
    assert found == [("r", "c", None, None), ("s", "c", "r", 1)]


def test_a_line_that_the_payer_added_is_told_and_its_bundle_is_inferred() -> None:
    made = empty()
    claim_rows(made, case("F01")["submitted"])
    said = json.loads(json.dumps(case("F01")["remit"][0]))
    for line in said["svc"]:
        line |= {"svc01": line["svc06"], "svc06": "", "paid": "0", "cas": [["CO", "97", line["charge"]]]}
    said["svc"].append(said["svc"][0] | {"svc01": "D0210", "charge": "90.00", "paid": "90.00", "cas": [], "ref6r": ""})
    remit_rows(made, [said | {"clp03": "346.00"}])
    engine = run(made)

    events = [row[0] for row in engine.rows("SELECT event FROM line_events ORDER BY svc_no")]
    assert events == ["bundled-into"] * 3 + ["bundle-target"]
    assert list(engine.rows("SELECT target, members, quality FROM bundles")) == [("D0210", "1,2,3", "inferred")]
    names = {row[0] for row in engine.rows("SELECT name FROM remit_findings")}
    assert names == {"remit-line-added", "remit-charge-differs"}


def test_one_control_number_on_different_codes_is_not_believed() -> None:
    made = empty()
    claim_rows(made, case("F01")["submitted"])
    said = json.loads(json.dumps(case("F01")["remit"][0]))
    for line in said["svc"]:
        line["ref6r"] = "A1"
    remit_rows(made, [said])

    found = list(run(made).rows("SELECT method, line_no FROM line_matches ORDER BY svc_no"))
    assert found == [("assigned", 1), ("assigned", 2), ("assigned", 3)]


def test_a_line_the_payment_leaves_out_is_missing() -> None:
    made = empty()
    claim_rows(made, case("F11")["submitted"])
    said = case("F11")["remit"][0]
    remit_rows(made, [said | {"svc": said["svc"][:1], "clp03": "32.00", "clp04": "20.00"}])

    query = "SELECT name, amount FROM remit_findings"
    found = sorted((name, str(amount)) for name, amount in run(made).rows(query))
    assert found == [("remit-charge-differs", "-130.00"), ("remit-line-missing", "130.00")]


@pytest.mark.parametrize("table", ["remit_matches", "line_matches", "line_events", "remit_findings"])
def test_the_order_of_arrival_changes_nothing(table: str) -> None:
    made = empty()
    for place, name in enumerate(("F01", "F04", "F09", "F11", "F17")):
        claim_rows(made, case(name)["submitted"], source=f"c{place}")
        remit_rows(made, case(name)["remit"], source=f"r{place}")
    turned = {name: rows[::-1] for name, rows in made.items()}

    query = f"SELECT * FROM {table} ORDER BY ALL"
    assert list(run(made).rows(query)) == list(run(turned).rows(query)) != []


def test_one_number_on_two_visits_is_told_apart_by_date_and_charge() -> None:
    made = empty()
    claim_rows(made, case("F11")["submitted"])
    other = case("F03")["submitted"] | {"clm01": "CLM707"}
    claim_rows(made, other, 2, first_day="2026-05-01", last_day="2026-05-01")
    remit_rows(made, case("F11")["remit"])

    assert list(run(made).rows("SELECT claim_no, method FROM remit_matches")) == [(1, "exact")]


def test_a_payment_is_not_for_the_predetermination_that_came_before() -> None:
    made = empty()
    claim_rows(made, case("F11")["submitted"])
    claim_rows(made, case("F11")["submitted"], 2, predetermination=True)
    remit_rows(made, [case("F11")["remit"][0], case("F11")["remit"][0] | {"clp02": "25", "clp07": "P"}])

    found = list(run(made).rows("SELECT claim_no, role FROM remit_matches ORDER BY remit_no"))
    assert found == [(1, "primary"), (2, "predetermination")]


@pytest.mark.parametrize(
    ("said", "others", "expected"),
    [
        ("7", {}, ("exact", 2)),
        ("1", {}, (None, None)),  # many payers say so of everything
        ("", {}, (None, None)),
        ("7", {"frequency": "7", "original_ref": "ICN1"}, (None, None)),
        ("8", {"frequency": "8"}, (None, None)),  # a void is not paid
    ],
)
def test_of_a_claim_and_its_replacement_the_one_is_paid_that_the_payer_names(
    said: str, others: Row, expected: tuple[str | None, int | None]
) -> None:
    made = empty()
    claim_rows(made, case("F11")["submitted"])
    claim_rows(made, case("F11")["submitted"], 2, frequency="7", original_ref="ICN9")
    claim_rows(made, case("F11")["submitted"], 3, **(others or {"clm01": "ANOTHER"}))
    paid = case("F11")["remit"][0]
    remit_rows(made, [paid, paid | {"clp02": "22", "clp07": "BACK"}], frequency=said)

    found = list(run(made).rows("SELECT method, claim_no FROM remit_matches ORDER BY remit_no"))
    assert found == [expected, (None, None)]  # what is taken back was paid for the one or for the other


@pytest.mark.parametrize("clp01", ["PT000012345-CLM00009", "0"])
def test_another_name_under_the_family_s_member_id_is_no_match(clp01: str) -> None:
    made = empty()
    claim_rows(made, case("F07")["submitted"], name_key="sibling")
    remit_rows(made, [case("F07")["remit"][0] | {"clp01": clp01}])

    assert list(run(made).rows("SELECT method FROM remit_matches")) == [(None,)]


VISIT = {
    "host": {"code": "D0220", "charge": "32.00", "sv306": "", "ref6r": "A1", "dos": "20260310", "lx": 1},
    "member": {"code": "D0274", "charge": "68.00", "sv306": "", "ref6r": "B1", "dos": "20260310", "lx": 1},
}


def service(code: str, sent: str, charge: str, paid: str, *cas: list[str], ref: str = "") -> Row:
    row = {"svc01": code, "svc06": sent, "charge": charge, "paid": paid, "svc05": "", "svc07": "", "cas": list(cas)}
    return row | {"ref6r": ref, "lq": [], "amt_b6": ""}


def payment(number: str, *services: Row) -> Row:
    sums = [str(sum(Decimal(one[key]) for one in services)) for key in ("charge", "paid")]
    return {
        "clp01": number,
        "clp02": "1",
        "clp03": sums[0],
        "clp04": sums[1],
        "clp05": "",
        "cas": [],
        "svc": list(services),
    }


def two_claims(made: dict[str, list[Row]]) -> None:
    for number, name in enumerate(("host", "member"), 1):
        line = VISIT[name]
        claim_rows(made, {"clm01": f"C{number}", "clm02": line["charge"], "payer": "TESTPAY1", "lines": [line]}, number)


RAISED = service("D0210", "D0220", "32.00", "90.00", ["OA", "94", "-68.00"], ["CO", "45", "10.00"], ref="A1")
MEMBER = service("D0210", "D0274", "68.00", "0", ["CO", "97", "68.00"], ref="B1")
ACROSS = "SELECT source, remit_no, svc_no, carrier_source, carrier_remit_no, carrier FROM across_lines ORDER BY ALL"


def paid_apart(carrier: Row, member: Row, **other: Any) -> DuckEngine:
    """Two claims of one visit, paid in two files; other: what is different about the second."""
    made = empty()
    two_claims(made)
    remit_rows(made, [payment("C1", carrier)], source="r1")
    remit_rows(made, [payment("C2", member)], source="r2", **other)
    for row in made["payments"]:
        row["payee_npi"] = "1999900016"
    for row in made["remit_lines"][1:]:
        row |= {key: value for key, value in other.items() if key.endswith("_day")}
    return run(made)


@pytest.mark.parametrize(("raised", "quality"), [("-68.00", "exact"), ("-60.00", "inferred")])
def test_a_bundle_over_two_claims_has_its_members_target_and_quality(raised: str, quality: str) -> None:
    carrier = RAISED | {"cas": [["OA", "94", raised], ["CO", "45", str(Decimal("-58") - Decimal(raised))]]}
    engine = paid_apart(carrier, MEMBER)

    assert list(engine.rows("SELECT target, quality FROM across_bundles")) == [("D0210", quality)]
    assert list(engine.rows(ACROSS)) == [("r1", 1, 1, "r1", 1, True), ("r2", 1, 1, "r1", 1, False)]
    events = [("bundle-target", "D0210"), ("bundled-into", "D0210")]
    assert list(engine.rows("SELECT event, target FROM line_events ORDER BY source")) == events


@pytest.mark.parametrize(
    "other",
    [
        {"name_key": "sibling"},
        {"member_key": "another"},
        {"name_key": ""},
        {"first_day": "2026-03-11", "last_day": "2026-03-11"},
        {"clp02": "2"},
    ],
    ids=str,
)
def test_another_patient_day_or_payer_s_turn_is_no_bundle_over_claims(other: Row) -> None:
    engine = paid_apart(RAISED, MEMBER, **other)

    assert list(engine.rows("SELECT * FROM across_lines")) == []


def test_a_line_included_in_a_service_of_another_claim_finds_it_where_one_alone_is_known_to_include_it() -> None:
    exam = service("D0150", "", "98.00", "65.00", ["CO", "45", "33.00"])
    filling = service("D2391", "", "150.00", "100.00", ["CO", "45", "50.00"])
    photo = service("D0350", "", "45.00", "0", ["CO", "97", "45.00"])
    told = {}
    for name, carriers in {"one": [exam, filling], "several": [exam, exam], "none": [filling]}.items():
        made = empty()
        remit_rows(made, [payment("C1", *carriers), payment("C2", photo)])
        made["payments"][0]["payee_npi"] = "1999900016"
        engine = run(made)
        query = "SELECT e.target, b.quality FROM line_events e LEFT JOIN across_bundles b ON TRUE WHERE e.remit_no = 2"
        told[name] = list(engine.rows(query))

    assert told == {"one": [("D0150", "inferred")], "several": [("", None)], "none": [("", None)]}


@pytest.mark.parametrize(
    ("paid", "target"),
    [
        (["D0150", "D1110"], "D0150"),
        (["D0180", "D0120", "D2391"], "D0180"),
        (["D0150", "D0180"], ""),
        (["D0120", "D1110"], ""),
        (["D0120"], "D0120"),
    ],
)
def test_of_several_services_the_one_that_is_known_to_include_it_is_the_target(paid: list[str], target: str) -> None:
    made = empty()
    services = [service(code, "", "90.00", "90.00") for code in paid]
    remit_rows(made, [payment("C1", *services, service("D0350", "", "45.00", "0", ["CO", "97", "45.00"]))])

    query = f"SELECT event, target FROM line_events WHERE svc_no = {len(paid) + 1}"
    assert list(run(made).rows(query)) == [("bundled-into", target)]


def corrected(*later: tuple[str, str, str]) -> list[tuple[Any, ...]]:
    """A claim that is paid, then taken back; later: source, CLP02 and day of what follows."""
    made = empty()
    claim_rows(made, case("F04")["submitted"])
    back, new = case("F04")["remit"]
    first = json.loads(json.dumps(back).replace('"-', '"')) | {"clp02": "1"}
    remit_rows(made, [first], source="a")
    for source, status, day in later:
        remit_rows(made, [back if status == "22" else new], source=source)
        made["payments"][-1]["paid_on"] = day
    query = "SELECT source, remit_no, by_source, by_remit_no FROM corrections ORDER BY ALL"
    return list(run(made).rows(query))


def test_a_payment_that_was_taken_back_and_paid_anew_is_superseded() -> None:
    assert corrected(("b", "22", "2026-04-01"), ("c", "1", "2026-04-01")) == [("a", 1, "c", 1)]
    assert corrected(("b", "22", "2026-04-01"), ("c", "1", "2026-05-01")) == [("a", 1, "c", 1)]
    assert corrected(("b", "22", "2026-04-01")) == []
    assert corrected(("b", "22", "2026-04-01"), ("c", "1", "2026-03-25")) == []


FULL = service("D0150", "", "98.00", "60.00", ["CO", "45", "38.00"], ref="A1")
AT_ITS_END = service("D0274", "", "68.00", "0", ["PR", "119", "68.00"], ref="B1")
PARTLY = service("D0274", "", "68.00", "20.00", ["PR", "119", "48.00"], ref="B1")


@pytest.mark.parametrize(
    ("payments", "event"),
    [
        ([payment("C1", FULL, AT_ITS_END)], "frequency"),
        ([payment("C1", FULL), payment("C1", AT_ITS_END)], "frequency"),
        ([payment("C1", FULL, PARTLY)], "frequency"),
        ([payment("C1", AT_ITS_END)], "max-reached"),
        ([payment("C1", PARTLY)], "max-reached"),
        ([payment("C1", PARTLY), payment("C1", PARTLY)], "max-reached"),
    ],
)
def test_a_maximum_is_one_of_frequency_where_another_line_of_the_claim_was_paid(
    payments: list[Row], event: str
) -> None:
    made = empty()
    lines = [VISIT["host"] | {"code": "D0150", "charge": "98.00"}, VISIT["member"] | {"lx": 2}]
    claim_rows(made, {"clm01": "C1", "clm02": "166.00", "payer": "TESTPAY1", "lines": lines})
    remit_rows(made, [one | {"clp07": f"I{number}"} for number, one in enumerate(payments)])

    found = [row[0] for row in run(made).rows("SELECT event FROM line_events WHERE code = 'D0274'")]
    assert found == [event] * len(found) != []


def visits(*claims: tuple[str, str, str]) -> dict[str, list[Row]]:
    """Claims of one patient and date: number, code, charge."""
    made = empty()
    for at, (number, code, charge) in enumerate(claims, 1):
        line = VISIT["host"] | {"code": code, "charge": charge, "ref6r": ""}
        claim_rows(made, {"clm01": number, "clm02": charge, "payer": "TESTPAY1", "lines": [line]}, at)
    return made


CUT = "PT000012345-CLM00009"


@pytest.mark.parametrize(
    ("first", "second", "sent_back", "expected"),
    [
        (CUT, f"{CUT}-2", CUT, ("prefix", 2)),
        ("abc-1", "ABC-1", "ABC-1", ("exact", 2)),
        ("ABC-1", "abc-1", "ABC-1", ("folded", 2)),
        ("C1", "C2", "C1", (None, None)),
    ],
)
def test_a_number_alone_is_not_believed_where_all_else_is_another_claims(
    first: str, second: str, sent_back: str, expected: tuple[str | None, int | None]
) -> None:
    """The payer cut a number, or changed its case, and it became another's; or it sent back the wrong one."""
    made = visits((first, "D0120", "58.00"), (second, "D0150", "98.00"))
    remit_rows(made, [payment(sent_back, service("D0150", "", "98.00", "60.00", ["CO", "45", "38.00"]))])

    assert list(run(made).rows("SELECT method, claim_no FROM remit_matches")) == [expected]


@pytest.mark.parametrize(
    ("others", "status", "expected"),
    [
        ({"payer_seq": "S"}, "1", ("prefix", 1)),
        ({"payer_seq": "S"}, "2", ("prefix", 2)),
        ({"payer_seq": "S"}, "22", (None, None)),  # what is taken back says nothing of the turn
        ({"payer_seq": ""}, "1", (None, None)),
        ({"predetermination": True}, "1", ("prefix", 1)),
        ({"predetermination": True}, "25", ("prefix", 2)),
        ({"frequency": "7"}, "1", (None, None)),
    ],
)
def test_of_two_claims_that_a_cut_number_means_the_one_in_its_turn_was_paid(
    others: Row, status: str, expected: tuple[str | None, int | None]
) -> None:
    made = empty()
    for number, more in ((1, {"payer_seq": "P"}), (2, {"payer_seq": "P"} | others)):
        line = VISIT["host"] | {"ref6r": ""}
        said = {"clm01": f"{CUT}-{number}", "clm02": "32.00", "payer": "TESTPAY1", "lines": [line]}
        claim_rows(made, said, number, **more)
    paid = payment(CUT, service("D0220", "", "32.00", "20.00", ["CO", "45", "12.00"]))
    remit_rows(made, [paid | {"clp02": status}], frequency="1")

    assert list(run(made).rows("SELECT method, claim_no FROM remit_matches")) == [expected]


def test_a_number_is_believed_where_no_claim_fits_better() -> None:
    made = visits(("C1", "D0120", "58.00"), ("C2", "D0150", "98.00"))
    remit_rows(made, [payment("C1", service("D0140", "", "60.00", "40.00", ["CO", "45", "20.00"]))])

    assert list(run(made).rows("SELECT method, claim_no FROM remit_matches")) == [("exact", 1)]


@pytest.mark.parametrize(
    ("payer", "name", "sent_back", "method"),
    [
        ("TESTPAY1", "", "0", "attributes"),
        ("", "", "0", "attributes"),
        ("ELSE9", "", "0", None),
        ("ELSE9", "", CUT, None),
        ("ELSE9", "TestPay1", CUT, "prefix"),
        ("ELSE9", "", f"{CUT}-2", "exact"),
    ],
)
def test_without_the_number_the_payer_has_to_be_the_claims(
    payer: str, name: str, sent_back: str, method: str | None
) -> None:
    made = visits((f"{CUT}-2", "D0120", "58.00"))
    remit_rows(made, [payment(sent_back, service("D0120", "", "58.00", "40.00", ["CO", "45", "18.00"]))])
    for row in made["payments"]:
        row |= {"payer_id": payer, "payer_name": name}

    assert list(run(made).rows("SELECT method FROM remit_matches")) == [(method,)]


def test_a_payer_is_known_by_the_numbers_it_gave_back() -> None:
    made = visits((f"{CUT}-2", "D0120", "58.00"), ("C7", "D0150", "98.00"))
    remit_rows(made, [payment(CUT, service("D0120", "", "58.00", "40.00", ["CO", "45", "18.00"]))], source="r1")
    remit_rows(made, [payment("C7", service("D0150", "", "98.00", "60.00", ["CO", "45", "38.00"]))], source="r2")
    for row in made["payments"]:
        row["payer_id"] = "ELSE9"

    found = list(run(made).rows("SELECT method FROM remit_matches ORDER BY source"))
    assert found == [("prefix",), ("exact",)]


@pytest.mark.parametrize(
    ("carried", "member", "bundles"),
    [
        ("-68.00", ("D0150", "D0274"), [("D0150", "1,2", "exact")]),
        ("-68.00", ("D0274", ""), [("D0150", "1,2", "inferred")]),
        ("-60.00", ("D0274", ""), []),
        ("0", ("D0150", "D0274"), []),
    ],
)
def test_a_bundle_may_be_paid_on_a_line_that_keeps_its_code(
    carried: str, member: tuple[str, str], bundles: list[tuple[str, str, str]]
) -> None:
    made = empty()
    lines = [VISIT["host"] | {"code": "D0150", "charge": "98.00"}, VISIT["member"] | {"lx": 2}]
    claim_rows(made, {"clm01": "C1", "clm02": "166.00", "payer": "TESTPAY1", "lines": lines})
    raised = [["OA", "94", carried]] * (carried != "0")
    host = service("D0150", "", "98.00", "60.00", *raised, ["CO", "45", str(38 - Decimal(carried))], ref="A1")
    remit_rows(made, [payment("C1", host, service(*member, "68.00", "0", ["CO", "97", "68.00"], ref="B1"))])
    engine = run(made)

    assert list(engine.rows("SELECT target, members, quality FROM bundles")) == bundles
    events = [row[0] for row in engine.rows("SELECT event FROM line_events ORDER BY svc_no")]
    assert events == ["bundle-target" if bundles else "paid-reduced", "bundled-into"]


@pytest.mark.parametrize(
    ("carried", "panoramic", "bundles"),
    [
        (True, False, [("D0150", "1,2", "inferred")]),
        (False, True, [("D0210", "2,3", "inferred")]),
        (True, True, []),
    ],
)
def test_a_line_that_two_bundles_may_have_is_in_neither(
    carried: bool, panoramic: bool, bundles: list[tuple[str, str, str]]
) -> None:
    """A film may be in the examination that was raised by its charge, or in the series a panoramic was paid as."""
    made = empty()
    sent = [("A1", "D0150", "98.00"), ("B1", "D0220", "32.00"), ("D1", "D0330", "125.00")]
    lines = [
        VISIT["host"] | {"lx": lx, "ref6r": ref, "code": code, "charge": charge}
        for lx, (ref, code, charge) in enumerate(sent, start=1)
    ]
    claim_rows(made, {"clm01": "C1", "clm02": "255.00", "payer": "TESTPAY1", "lines": lines})
    raised = [["OA", "94", "-32.00"], ["CO", "45", "70.00"]] if carried else [["CO", "45", "38.00"]]
    wide = ["D0210", "D0330"] if panoramic else ["D0330", ""]
    remit_rows(
        made,
        [
            payment(
                "C1",
                service("D0150", "", "98.00", "60.00", *raised, ref="A1"),
                service("D0220", "", "32.00", "0", ["CO", "97", "32.00"], ref="B1"),
                service(*wide, "125.00", "100.00", ["CO", "45", "25.00"], ref="D1"),
            )
        ],
    )
    engine = run(made)

    assert list(engine.rows("SELECT target, members, quality FROM bundles")) == bundles
    assert list(engine.rows("SELECT svc_no FROM line_events ORDER BY svc_no")) == [(1,), (2,), (3,)]
