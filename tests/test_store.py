"""A store holds each file once, takes it out again, and is whole whatever happens to those who write to it."""

import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import bitewing
from bitewing.edi.compose import compose
from bitewing.policies.history import FileHistory
from bitewing.policies.patient import identity
from bitewing.policies.store import Store, StoreError, StoreHistory, ingest

KILLS = int(os.environ.get("BITEWING_KILLS", "12"))


def claim(
    number: str = "C1", code: str = "D0220", day: str = "20260310", teeth: Sequence[str] = (), **more: Any
) -> dict[str, Any]:
    line = {
        "code": code,
        "charge": "32.00",
        "sv306": "",
        "teeth": list(teeth),
        "ref6r": "L1",
        "dos": day,
        "rend": "1999900024",
        "lx": 1,
    }
    return {
        "clm01": number, "clm02": "32.00", "payer": "TESTPAY1", "patient": "P1", "billing_npi": "1999900016",
        "pos": "11", "freq": "1", "predetermination": False, "lines": [line], **more,
    }  # fmt: skip


def rows_of(store: Path) -> list[tuple[str, str]]:
    """Every claim that the ledger stands for, by number and source."""
    import duckdb

    opened = Store.open(store)
    files = [str(file) for file in opened.tables()["claims"]]
    opened.close()
    if not files:
        return []
    return sorted(duckdb.sql(f"SELECT clm01, source FROM read_parquet({files!r})").fetchall())


def put(store: Path, data: bytes, name: str = "a.837") -> Any:
    opened = Store.create(store)
    try:
        return ingest(opened, bitewing.read(data), name)
    finally:
        opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


def test_the_same_file_twice_changes_nothing(folder: Path) -> None:
    first, again = put(folder, compose([claim()])), put(folder, compose([claim()]), "other name.837")

    assert (first.new, again.new) == (True, False)
    assert len(rows_of(folder)) == 1
    assert [one.name for one in Store.open(folder).files()] == ["a.837"]


def test_an_interchange_that_comes_in_two_files_is_kept_until_both_are_out(folder: Path) -> None:
    one, two = compose([claim("C1")], control=1), compose([claim("C2")], control=2)
    put(folder, one, "one.837")
    said = put(folder, one + two, "both.837")
    assert (said.known, len(said.interchanges), len(rows_of(folder))) == (1, 1, 2)

    Store.open(folder).remove("one.837")
    assert [number for number, _ in rows_of(folder)] == ["C1", "C2"]
    Store.open(folder).remove("both.837")
    assert rows_of(folder) == []
    assert list(folder.rglob("*.parquet")) == []


def test_an_interchange_twice_in_one_file_is_one(folder: Path) -> None:
    data = compose([claim()])
    put(folder, data + data)

    assert len(rows_of(folder)) == 1


def test_a_file_comes_out_by_hash_name_or_path(folder: Path, tmp_path: Path) -> None:
    for way in ("hash", "name", "path"):
        data = compose([claim()])
        said = put(folder, data)
        file = tmp_path / "elsewhere.837"
        file.write_bytes(data)
        Store.open(folder).remove({"hash": said.sha256[:10], "name": "a.837", "path": str(file)}[way])
        assert rows_of(folder) == []


def test_a_file_that_comes_back_while_it_is_taken_out_keeps_its_rows(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, compose([claim()]))
    writing, times = Store.writing, []

    def between(store: Store) -> Any:
        times.append(1)
        if len(times) == 2:  # what is taken out is out of the ledger, and its rows are still on the disk
            assert put(folder, compose([claim()])).new
        return writing(store)

    monkeypatch.setattr(Store, "writing", between)
    Store.open(folder).remove("a.837")

    assert len(times) > 2
    assert [number for number, _ in rows_of(folder)] == ["C1"]


def test_rows_that_are_gone_are_missed(folder: Path, bitewing_command: Callable[..., Any]) -> None:
    put(folder, compose([claim()], control=1), "a.837")
    put(folder, compose([claim("C2")], control=2), "b.837")
    next((folder / "claims").iterdir()).unlink()
    said = bitewing_command("reconcile", folder)

    assert (said.code, "are gone" in said.err, len(said.err.splitlines())) == (2, True, 1)
    for name in ("a.837", "b.837"):
        Store.open(folder).remove(name)
    assert bitewing_command("reconcile", folder).code == 0


def test_what_is_not_in_cannot_come_out(folder: Path) -> None:
    put(folder, compose([claim()]))

    for wrong in ("nothing.837", "ffffffffff", "abc"):
        with pytest.raises(StoreError, match="not in this store"):
            Store.open(folder).remove(wrong)


def test_a_file_that_cannot_be_read_leaves_nothing(folder: Path) -> None:
    good = compose([claim()], control=1)
    bad = compose([claim("C2")], control=2).replace(b"HL*2*1*22", b"HL*2*9*22")
    with pytest.raises(bitewing.EdiError):
        put(folder, good + bad)

    assert rows_of(folder) == []
    assert list(Store.open(folder).files()) == []


def test_the_store_keeps_no_name_member_or_birth_date(folder: Path) -> None:
    put(folder, compose([claim()]))

    for file in folder.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert not [
                word for word in (b"EXAMPLE", b"PAT", b"MEM000001", b"19800214") if word in data and word != b"PAT"
            ]
    assert stat.S_IMODE((folder / "secret").stat().st_mode) == 0o600


def test_a_folder_with_other_things_is_no_store(tmp_path: Path, bitewing_command: Callable[..., Any]) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    file = tmp_path / "a.837"
    file.write_bytes(compose([claim()]))

    said = bitewing_command("ingest", tmp_path, file)
    assert (said.code, "holds other things" in said.err) == (2, True)
    assert bitewing_command("reconcile", tmp_path).code == 2


def test_a_locked_store_is_told_to_try_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, compose([claim()]))
    monkeypatch.setattr("bitewing.policies.store.store.PATIENCE", 0.1)
    one, two = Store.open(folder), Store.open(folder)
    with one.writing(), pytest.raises(StoreError) as locked:
        ingest(two, bitewing.read(compose([claim("C2")], control=5)), "b.837")

    assert locked.value.retry


def test_an_unreadable_file_does_not_stop_the_others(
    folder: Path, tmp_path: Path, bitewing_command: Callable[..., Any]
) -> None:
    (tmp_path / "bad.837").write_bytes(b"nothing of the kind")
    (tmp_path / "good.837").write_bytes(compose([claim()]))

    said = bitewing_command("ingest", folder, tmp_path / "bad.837", tmp_path / "good.837", "--format", "json")
    records = [json.loads(line) for line in said.text.splitlines()]
    assert said.code == 3
    assert [(one["type"], one.get("claims")) for one in records] == [("error", None), ("ingest", 1)]


# ------------------------------------------------------------------------------------------------------------ histories


def test_history_of_a_store_is_that_of_its_files(folder: Path) -> None:
    files = [
        compose([claim("C1"), claim("C2", "D0210"), claim("C3", day="20260311", teeth=["A"])], control=1),
        compose([claim("C4", "D0230", predetermination=True), claim("C5", patient="TWIN-A")], control=2),
        compose([claim("C1", freq="8", ref_f8="ICN1")], control=3),
    ]
    for number, data in enumerate(files):
        put(folder, data, f"{number}.837")
    stored, read = StoreHistory(folder), FileHistory(map(bitewing.read, files))

    for data in files:
        for asked in bitewing.read(data).claims():
            for day in (date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 12)):
                who = identity(asked)
                assert sorted(stored.submitted(who, day)) == sorted(read.submitted(who, day))
            before = read.earlier(who, ("D0220", "D0210"), date(2026, 3, 20))
            assert list(stored.earlier(who, ("D0220", "D0210"), date(2026, 3, 20))) == sorted(
                before, key=lambda one: (one.day, one.code)
            )
    assert {one.tooth for one in before} == {"", "A"}


def test_a_void_counts_whichever_came_first(folder: Path) -> None:
    void, first = compose([claim("C1", freq="8")], control=1), compose([claim("C1")], control=2)
    put(folder, void, "void.837")
    put(folder, first, "first.837")

    asked = next(iter(bitewing.read(first).claims()))
    assert StoreHistory(folder).submitted(identity(asked), date(2026, 3, 10)) == []


def test_a_look_up_reads_an_index(folder: Path) -> None:
    from bitewing.policies.store.history import _OF_PATIENT

    put(folder, compose([claim()]))
    asked = {"patient": "x", "day": "y", "apart": "[]"}
    plan = Store.open(folder).ledger.execute(f"EXPLAIN QUERY PLAN {_OF_PATIENT}", asked).fetchall()

    assert [row[3] for row in plan if "submitted" in row[3] and "SEARCH" in row[3]]
    assert not [row[3] for row in plan if "SCAN submitted" in row[3]]


def test_check_looks_into_a_store(folder: Path, tmp_path: Path, bitewing_command: Callable[..., Any]) -> None:
    put(folder, compose([claim("C1")]))
    late = tmp_path / "late.837"
    late.write_bytes(compose([claim("C9", "D0230")], control=9))

    said = bitewing_command("check", late, "--store", folder, "--format", "json")
    assert [json.loads(line).get("name") for line in said.text.splitlines()][:1] == ["first-pa-in-history"]


def test_a_file_in_the_store_is_not_its_own_history(tmp_path: Path, bitewing_command: Callable[..., Any]) -> None:
    for file in sorted((Path(__file__).resolve().parents[1] / "fixtures" / "demo").glob("*.837")):
        alone = bitewing_command("check", file, "--format", "json").text
        put(tmp_path / file.stem, file.read_bytes(), file.name)
        assert bitewing_command("check", file, "--store", tmp_path / file.stem, "--format", "json").text == alone


# ----------------------------------------------------------------------------------------------- what befalls writers


def command(*words: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "bitewing", *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A folder of twelve files, two of them the same."""
    made = tmp_path / "in"
    made.mkdir()
    for number in range(11):
        claims = [claim(f"C{number}-{place}") for place in range(30)]
        (made / f"{number:02}.837").write_bytes(compose(claims, control=number + 1))
    (made / "11.837").write_bytes((made / "10.837").read_bytes())
    return made


def test_killed_anywhere_it_goes_on_as_if_never_begun(many: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    begun = time.monotonic()
    assert command("ingest", whole, many).wait() == 0
    took = time.monotonic() - begun
    dice = random.Random(7)

    for _ in range(KILLS):
        process = command("ingest", killed, many)
        time.sleep(dice.uniform(0.2, 1.0) * took)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if (killed / "ledger.sqlite").exists():
            try:
                there = rows_of(killed)
            except StoreError:  # killed before it was a store
                continue
            assert set(there) <= set(rows_of(whole))
            assert len(there) % 30 == 0
    last = command("ingest", killed, many)
    assert last.wait() == 0

    assert rows_of(killed) == rows_of(whole)
    assert not (killed / "staging").exists()
    assert {file.relative_to(killed) for file in killed.rglob("*.parquet")} == {
        file.relative_to(whole) for file in whole.rglob("*.parquet")
    }


def test_two_at_once_make_one_store(many: Path, folder: Path, tmp_path: Path) -> None:
    both = [command("ingest", folder, many) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    command("ingest", tmp_path / "alone", many).wait()

    assert rows_of(folder) == rows_of(tmp_path / "alone")
    assert len(list(Store.open(folder).files())) == 11
