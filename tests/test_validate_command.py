"""``bitewing validate``: a verdict on every file, exit codes, formats; nothing private is said."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bitewing.edi.compose import compose
from bitewing.exits import Exit
from bitewing.transforms.example import parse_claims

Command = Callable[..., Any]

GOOD = compose(parse_claims(("C1: D0120 58.00", "C2: D0220 32.00")))
BAD = GOOD.replace(b"AD:D0120*58.00", b"AD:D0120*Kowalski", 1)
TOLD = compose(parse_claims(("C1: D0120 58.00 @none",)))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("good.837").write_bytes(GOOD)
    Path("bad.837").write_bytes(BAD)
    return tmp_path


def records(said: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.text.splitlines()]


@pytest.mark.usefixtures("folder")
def test_a_valid_file(bitewing_command: Command) -> None:
    said = bitewing_command("validate", "good.837")

    assert (said.code, said.text) == (Exit.DONE, "good.837\n  valid: 2 claims in 1 transaction.\n")


@pytest.mark.usefixtures("folder")
def test_an_invalid_file_says_what_where_and_how_to_mend_it(bitewing_command: Command) -> None:
    said = bitewing_command("validate", "bad.837")

    assert said.code == Exit.FINDINGS
    assert "wrong, SNIP 1: SV302, segment 22, loop 2400, line 1, offset" in said.text
    assert "invalid: 2 claims in 1 transaction; " in said.text
    assert "Kowalski" not in said.text


@pytest.mark.usefixtures("folder")
def test_records_have_the_place_and_the_codes(bitewing_command: Command) -> None:
    *found, summary = records(bitewing_command("validate", "bad.837", "--format", "json"))
    one = next(record for record in found if record["name"] == "not-a-number")

    assert one == {
        "type": "finding",
        "code": "V1-not-a-number",
        "name": "not-a-number",
        "action": "flag",
        "applied": False,
        "snip": 1,
        "file": "bad.837",
        "interchange": "000000101",
        "group": "101",
        "transaction": "0001",
        "claim": "C1",
        "lines": [1],
        "message": one["message"],
        "edits": [],
        "policy": None,
        "source": "",
        "segment": "SV3",
        "element": "SV302",
        "offset": BAD.index(b"SV3*AD:D0120"),
        "loop": "2400",
        "position": 22,
        "repetition": None,
        "data_element": "782",
        "rejects": True,
        "codes": {"ik304": "8", "ik403": "6"},
        "remedy": one["remedy"],
    }
    assert (summary["verdict"], summary["claims"], summary["transactions"]) == ("invalid", 2, 1)
    assert sum(summary["by_snip"].values()) == summary["wrong"] == sum(record["rejects"] for record in found)


@pytest.mark.usefixtures("folder")
def test_a_note_refuses_nothing(bitewing_command: Command) -> None:
    Path("told.837").write_bytes(TOLD)
    said = bitewing_command("validate", "told.837", "--format", "json")
    note, summary = records(said)

    assert (said.code, summary["verdict"], summary["noted"]) == (Exit.DONE, "valid", 1)
    assert (note["name"], note["action"], note["rejects"]) == ("service-date-missing", "info", False)


@pytest.mark.usefixtures("folder")
def test_what_cannot_be_read_ends_with_three_and_the_others_are_done(bitewing_command: Command) -> None:
    Path("none.837").write_bytes(b"no X12")
    said = bitewing_command("validate", "none.837", "good.837", "missing-is-said.837")
    assert said.code == Exit.USAGE  # a name that means nothing is no file

    said = bitewing_command("validate", "none.837", "good.837", "--format", "json")
    error, first, second = records(said)

    assert said.code == Exit.UNREADABLE
    assert (error["type"], first["verdict"], second["verdict"]) == ("error", "unreadable", "valid")
    assert "none.837" in said.err


@pytest.mark.usefixtures("folder")
def test_processes_change_nothing(bitewing_command: Command) -> None:
    one, two = (bitewing_command("validate", ".", "--format", "json", "--jobs", jobs) for jobs in ("1", "2"))

    assert (one.code, one.text) == (two.code, two.text)
    assert len(records(one)) > 2


@pytest.mark.usefixtures("folder")
def test_sarif_names_the_rules_and_places(bitewing_command: Command) -> None:
    (run,) = json.loads(bitewing_command("validate", "bad.837", "--format", "sarif").text)["runs"]
    result = next(one for one in run["results"] if one["ruleId"] == "V1-not-a-number")
    region = result["locations"][0]["physicalLocation"]["region"]

    assert region["byteOffset"] == BAD.index(b"SV3*AD:D0120")
    assert "V1-not-a-number" in {rule["id"] for rule in run["tool"]["driver"]["rules"]}


@pytest.mark.usefixtures("folder")
def test_code_lists_are_asked(bitewing_command: Command) -> None:
    Path("cdt.txt").write_text("D0120\n# a remark\nD0140,20200101,20251231\n")
    said = bitewing_command("validate", "good.837", "--code-list", "procedure=cdt.txt", "--format", "json")

    assert said.code == Exit.FINDINGS
    assert [(one["name"], one["claim"]) for one in records(said)[:-1]] == [("code-not-in-list", "C2")]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("word", ["procedure", "procedure=", "nonsense=cdt.txt", "procedure=missing.txt"])
def test_a_code_list_that_is_none_is_refused(bitewing_command: Command, word: str) -> None:
    Path("cdt.txt").write_text("D0120\n")
    said = bitewing_command("validate", "good.837", "--code-list", word)

    assert said.code == Exit.USAGE
    assert "--code-list" in said.err
    assert len(said.err.splitlines()) == 1


@pytest.mark.usefixtures("folder")
def test_other_transactions_are_told_not_to_be_checked(bitewing_command: Command) -> None:
    Path("p.837").write_bytes(GOOD.replace(b"005010X224A2", b"005010X222A1"))
    said = bitewing_command("validate", "p.837", "--format", "json")

    assert said.code == Exit.DONE
    assert [one["name"] for one in records(said)[:-1]] == ["transaction-not-checked"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("version", ["005010X224", "005010X224A1", "005010X224A2", "005010X224A3"])
def test_every_edition_of_the_guide_is_accepted(bitewing_command: Command, version: str) -> None:
    Path("v.837").write_bytes(GOOD.replace(b"005010X224A2", version.encode()))

    assert bitewing_command("validate", "v.837", "--thorough").code == Exit.DONE


@pytest.mark.usefixtures("folder")
def test_an_answer_to_what_was_not_checked_says_so(bitewing_command: Command) -> None:
    Path("p.837").write_bytes(Path("good.837").read_bytes().replace(b"005010X224A2", b"005010X222A1"))

    said = bitewing_command("ack", "p.837", "--ta1", "ta1")
    assert "  not checked, there is no guide for them here: 1 transaction; only their envelope was\n" in said.text
    assert "not checked" not in bitewing_command("ack", "good.837", "--ta1", "ta1").text


@pytest.mark.usefixtures("folder")
def test_one_is_said_as_one(bitewing_command: Command) -> None:
    data = Path("good.837").read_bytes()
    Path("long.837").write_bytes(data.replace(b":1*Y*A*Y*Y", b":11*Y*A*Y*Y", 1))

    said = bitewing_command("validate", "long.837").text
    assert "CLM05-3 (Frequency code) is too long; send one character" in " ".join(said.split())


@pytest.mark.parametrize("name", ["/dev/null", "*.none"])
@pytest.mark.usefixtures("folder")
def test_a_name_that_means_no_file_is_not_passed_over(bitewing_command: Command, name: str) -> None:
    Path("folder.none").mkdir()

    said = bitewing_command("validate", name)
    assert said.code == Exit.USAGE
    assert name in said.err
