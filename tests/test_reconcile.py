"""What became of each claim is told exactly: paid, owed, denied, bundled, changed or unmatched; and the cheque."""

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any

import openpyxl
import pytest

from bitewing.edi.compose import compose
from bitewing.policies.engine.duckdb import DuckEngine

Case = Mapping[str, Any]
ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "fixtures" / "golden" / "cases.jsonl"
CASES: dict[str, Case] = {
    case["id"]: case for case in map(json.loads, FILE.read_text(encoding="utf-8").splitlines()) if case["kind"] == "835"
}


@pytest.fixture
def reconciled(
    tmp_path: Path, bitewing_command: Callable[..., Any], remittances: ModuleType
) -> Callable[..., list[dict[str, Any]]]:
    """Ingests claims and claim payments and gives the records of `reconcile`."""

    def run(claims: list[Any], remits: list[Any], *more: object, order: int = 1, **options: Any) -> list[Any]:
        files = [tmp_path / "claims.837", tmp_path / "paid.835"]
        files[0].write_bytes(compose(claims))
        files[1].write_bytes(remittances.remittance(remits, **options))
        for file in files[::order]:
            assert bitewing_command("ingest", tmp_path / "store", file).code == 0
        said = bitewing_command("reconcile", tmp_path / "store", "--format", "json", *more)
        assert said.code == 0, said.err
        return [json.loads(line) for line in said.text.splitlines()]

    return run


def case_records(reconciled: Callable[..., list[Any]], name: str, **options: Any) -> list[dict[str, Any]]:
    case = CASES[name]
    return [one for one in reconciled([case["submitted"]], case["remit"], **options) if one["type"] == "remit"]


def events(record: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return [(line["lx"], line["submitted"], line["adjudicated"], line["event"]) for line in record["lines"]]


@pytest.mark.parametrize("order", [1, -1], ids=["claims first", "remits first"])
def test_a_conformant_bundle_is_one_bundle(reconciled: Callable[..., list[Any]], order: int) -> None:
    (said,) = case_records(reconciled, "F01", order=order)

    assert (said["clm01"], said["method"], said["allowed"], said["paid"], said["patient"], said["balanced"]) == (
        "CLM700", "exact", "90.00", "90.00", "0.00", True,
    )  # fmt: skip
    assert said["bundles"] == [{"members": [1, 2, 3], "target": "D0210", "quality": "exact"}]
    assert events(said) == [
        (1, "D0220", "D0210", "bundle-target"),
        (2, "D0230", "D0210", "bundled-into"),
        (3, "D0274", "D0210", "bundled-into"),
    ]
    assert said["findings"] == []


def test_a_downcode_is_no_bundle(reconciled: Callable[..., list[Any]]) -> None:
    (said,) = case_records(reconciled, "F03")

    assert events(said) == [(1, "D2391", "D2140", "downcoded")]
    assert (said["allowed"], said["patient"], said["bundles"]) == ("90.00", "73.00", [])


def test_a_reversal_withdraws_and_a_correction_stays(reconciled: Callable[..., list[Any]]) -> None:
    taken_back, corrected = case_records(reconciled, "F04")

    assert {line["event"] for line in taken_back["lines"]} == {"reversed"}
    assert [line["event"] for line in corrected["lines"]] == ["paid-reduced", "bundled-into"]
    assert corrected["lines"][1]["target"] == "D0150"
    assert {taken_back["method"], corrected["method"]} == {"exact"}


def test_a_cut_number_matches_where_one_claim_fits(reconciled: Callable[..., list[Any]]) -> None:
    (said,) = case_records(reconciled, "F07")

    assert (said["clm01"], said["method"]) == ("PT000012345-CLM0000987-A", "prefix")
    assert said["lines"][0]["lx"] == 1


def test_a_cut_number_does_not_match_where_two_claims_fit(reconciled: Callable[..., list[Any]]) -> None:
    case = CASES["F07"]
    twin = deepcopy(case["submitted"])
    twin["clm01"] = "PT000012345-CLM0000988-B"
    said = next(one for one in reconciled([case["submitted"], twin], case["remit"]) if one["type"] == "remit")

    assert (said["clm01"], said["method"]) == (None, None)
    assert {one["clm01"] for one in said["near"]} == {case["submitted"]["clm01"], twin["clm01"]}
    assert "remit-unmatched" in said["findings"]


def test_a_split_claim_is_one_claim(reconciled: Callable[..., list[Any]]) -> None:
    said = case_records(reconciled, "F09")

    assert [one["clm01"] for one in said] == ["5320/465"] * 3
    assert [one["lines"][0]["lx"] for one in said] == [1, 2, 3]
    assert {one["role"] for one in said} == {"primary"}
    assert [one["findings"] for one in said] == [[], [], []]


def test_units_cut_are_told_as_such(reconciled: Callable[..., list[Any]]) -> None:
    (said,) = case_records(reconciled, "F11")

    assert events(said)[1] == (2, "D0230", "D0230", "units-capped")
    assert (said["lines"][1]["units"], said["lines"][1]["units_paid"], said["bundles"]) == (5, 3, [])


def test_a_claim_without_lines_says_nothing_of_lines(reconciled: Callable[..., list[Any]]) -> None:
    (said,) = case_records(reconciled, "F13")

    assert (said["clm01"], said["lines"], said["paid"], said["balanced"]) == ("CLM708", [], "60.00", True)


def test_a_line_out_of_balance_is_told_with_its_amount(reconciled: Callable[..., list[Any]]) -> None:
    (said,) = case_records(reconciled, "F14")

    assert said["lines"][0]["event"] == "out-of-balance"
    assert {"name": "remit-line-out-of-balance", "svc": 1, "amount": "2.00"} in said["amounts"]
    assert said["balanced"] is False


@pytest.mark.parametrize(("place", "value"), [("cas", "5x"), ("cas", ""), ("charge", "1O"), ("paid", "")])
def test_an_amount_that_cannot_be_read_is_no_difference(
    reconciled: Callable[..., list[Any]], tmp_path: Path, bitewing_command: Callable[..., Any], place: str, value: str
) -> None:
    case = deepcopy(dict(CASES["F16"]))
    line = case["remit"][0]["svc"][0]
    line |= {"cas": [["CO", "45", value]]} if place == "cas" else {place: value}
    (said,) = [one for one in reconciled([case["submitted"]], case["remit"]) if one["type"] == "remit"]

    assert (said["balanced"], said["lines"][0]["event"]) == (None, "not-classified")
    assert "remit-amount-unreadable" in said["findings"]
    assert "remit-line-out-of-balance" not in said["findings"]
    assert not [one for one in said["amounts"] if "balance" in one["name"]]
    shown = bitewing_command("reconcile", tmp_path / "store")
    assert (shown.code, "remit-amount-unreadable" in shown.text) == (0, True)


def test_a_deductible_is_no_denial(reconciled: Callable[..., list[Any]]) -> None:
    (said,) = case_records(reconciled, "F16")

    assert [line["event"] for line in said["lines"]] == ["paid-reduced", "paid-reduced"]
    assert (said["lines"][1]["allowed"], said["allowed"]) == ("40.00", "100.00")


def test_a_bundle_without_submitted_codes_is_read_by_its_line_numbers(reconciled: Callable[..., list[Any]]) -> None:
    (said,) = case_records(reconciled, "F17")

    assert [(line["lx"], line["submitted"]) for line in said["lines"]] == [(1, "D0220"), (2, "D0230")]
    assert "remit-missing-svc06" in said["findings"]
    assert [(one["members"], one["target"]) for one in said["bundles"]] == [([1, 2], "D0210")]


def test_the_cheque_adds_up_to_the_cent(reconciled: Callable[..., list[Any]]) -> None:
    case = CASES["F01"]
    plb = [("WO", "OLD1", "40.00"), ("L6", "", "-1.25")]
    paid, *_ = reconciled([case["submitted"]], case["remit"], plb=plb)

    assert (paid["type"], paid["amount"], paid["claims_paid"], paid["difference"], paid["balanced"]) == (
        "payment", "51.25", "90.00", "0.00", True,
    )  # fmt: skip
    assert paid["provider_adjustments"][0] == {"reason": "WO", "reference": "OLD1", "amount": "40.00"}


def test_a_cheque_that_does_not_add_up_is_told(reconciled: Callable[..., list[Any]]) -> None:
    case = CASES["F01"]
    paid, *_ = reconciled([case["submitted"]], case["remit"], total="90.01")

    assert (paid["difference"], paid["balanced"]) == ("0.01", False)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_lines_are_exported_and_no_formula_runs(
    reconciled: Callable[..., list[Any]], tmp_path: Path, kind: str
) -> None:
    case = deepcopy(dict(CASES["F01"]))
    case["submitted"]["clm01"] = case["remit"][0]["clp01"] = "=1+1"
    out = tmp_path / f"lines.{kind}"
    reconciled([case["submitted"]], case["remit"], "--export", str(out))

    if kind == "csv":
        rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
        got = [(row["clp01"], row["lx"], row["charge"], row["event"]) for row in rows]
        assert got[1] == ("=1+1", "2", "156.00", "bundled-into")
    elif kind == "xlsx":
        sheet = openpyxl.load_workbook(out).active
        assert sheet is not None
        assert (sheet["D2"].value, sheet["D2"].data_type) == ("=1+1", "s")
        assert sheet.max_row == 4
    else:
        import duckdb

        found = duckdb.sql(f"SELECT clp01, lx, charge::VARCHAR, event FROM '{out}' ORDER BY svc").fetchall()
        assert found[1] == ("=1+1", 2, "156.00", "bundled-into")


def test_why_tells_the_life_of_a_claim(
    reconciled: Callable[..., list[Any]], bitewing_command: Callable[..., Any], tmp_path: Path
) -> None:
    case = CASES["F04"]
    reconciled([case["submitted"]], case["remit"])
    said = bitewing_command("why", "CLM703", "--store", tmp_path / "store")

    assert said.code == 0
    lines = said.text.splitlines()
    told = [
        next((n for n, line in enumerate(lines) if word in line), -1) for word in ("submitted", "taken back", "65.00")
    ]
    assert -1 not in told
    assert told == sorted(told)
    assert "EXAMPLE" not in said.text
    assert "MEM000001" not in said.text


def test_why_of_an_unknown_claim_is_a_usage_error(
    reconciled: Callable[..., list[Any]], bitewing_command: Callable[..., Any], tmp_path: Path
) -> None:
    case = CASES["F04"]
    reconciled([case["submitted"]], case["remit"])

    assert bitewing_command("why", "NONE", "--store", tmp_path / "store").code == 2


def test_text_says_what_a_biller_asks(
    reconciled: Callable[..., list[Any]], bitewing_command: Callable[..., Any], tmp_path: Path
) -> None:
    case = CASES["F01"]
    reconciled([case["submitted"]], case["remit"])
    said = bitewing_command("reconcile", tmp_path / "store").text

    assert "Payment CHK100 of 2026-03-20, TESTPAY1: 90.00; claims 90.00, adds up." in said
    assert "Claim CLM700: paid 90.00 of 256.00" in said
    assert "lines 1, 2, 3 were paid together as D0210" in said


def test_no_engine_draws_a_bar_of_progress_among_the_records() -> None:
    """DuckDB draws one on standard output where a statement takes two seconds: each connection is told not to."""
    engine = DuckEngine({})
    setting = "SELECT current_setting('enable_progress_bar')"

    assert list(engine.rows(setting)) == engine.connection.execute(setting).fetchall() == [(False,)]
    engine.close()
    doors = [
        path for path in (ROOT / "policies").rglob("*.py") if "duckdb.connect(" in path.read_text(encoding="utf-8")
    ]
    assert [path.name for path in doors] == ["duckdb.py"]


SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"
OF_OTHERS = sorted((SAMPLES / "835").glob("*"))
NOTES = {"SVC unbalanced": "remit-line-out-of-balance", "CLP unbalanced": "remit-claim-out-of-balance"}


@pytest.mark.skipif(not OF_OTHERS, reason="the folder of samples is not beside the project")
def test_what_does_not_add_up_in_remittances_by_others_is_found_and_nothing_else(
    tmp_path: Path, bitewing_command: Callable[..., Any]
) -> None:
    """As the list beside them says; a sum of amounts that cannot be read is no number, and has no difference."""
    listed = list(csv.DictReader((SAMPLES / "INDEX.tsv").read_text(encoding="utf-8").splitlines(), delimiter="\t"))
    notes = {row["file"]: row["quality_notes"] for row in listed if row["folder"] == "835"}
    for file in OF_OTHERS:
        store = tmp_path / file.name
        code = bitewing_command("ingest", store, file).code
        assert code == 0, file.name
        records = [
            json.loads(line) for line in bitewing_command("reconcile", store, "--format", "json").text.splitlines()
        ]
        found = [one["name"] for record in records if record["type"] == "remit" for one in record["amounts"]]
        payments = [one for one in records if one["type"] == "payment" and one["difference"] is not None]
        counts = {note: found.count(name) for note, name in NOTES.items()}
        counts["BPR02!=CLP04-PLB"] = sum(not one["balanced"] for one in payments)
        expected = {note: int((re.search(rf"{note} x(\d+)", notes[file.name]) or [0, 0])[1]) for note in counts}
        assert counts == expected, file.name
