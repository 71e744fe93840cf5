"""The ledger says what was done to every file, cannot be changed unseen, and gives every original back."""

import io
import json
import random
import re
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import bitewing
from bitewing import Mode, Policy
from bitewing.edi.compose import compose
from bitewing.edi.document import Document
from bitewing.exits import Exit
from bitewing.hook import ledger as ledgers
from bitewing.hook.audit import audited
from bitewing.hook.entry import entry_of, inverse, policy_digest, taken_back
from bitewing.hook.ledger import Known, Ledger, LedgerError
from bitewing.hook.numbers import Numbers
from bitewing.transforms.example import parse_claims

DAMAGED = compose(parse_claims(("C1: D0230 x3 78.00 #30",)))
NOW = datetime(2026, 3, 2, 10, 0)
Command = Callable[..., Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite"


@pytest.fixture
def filled(path: Path, bitewing_command: Command) -> Path:
    """A ledger of five runs, two of the same file."""
    for claim in ("C1", "C2", "C3", "C4", "C1"):
        data = DAMAGED.replace(b"CLM*C1", b"CLM*" + claim.encode())
        assert bitewing_command("hook", "--mode", "apply", "--ledger", path, stdin=data).code == Exit.DONE
    return path


def runs(command: Command, path: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line) for line in command("audit", "list", "--ledger", path, "--format", "json").text.splitlines()
    ]


def test_a_run_is_written_down_with_what_it_did(path: Path, bitewing_command: Command) -> None:
    said = bitewing_command("hook", "--mode", "apply", "--ledger", path, "--at", "2026-03-02T10:00", stdin=DAMAGED)
    (run,) = runs(bitewing_command, path)

    assert (run["bytes_in"], run["bytes_out"], run["verdict"]) == (len(DAMAGED), len(said.out), "changed")
    assert run["sha256_in"] != run["sha256_out"]
    assert (run["version"], run["door"]) == (bitewing.__version__, "filter")
    assert run["found"] == {"apply/missing-first-pa": 1}
    assert (run["at"], len(run["changes"]) > 0, run["microseconds"] > 0) == ("2026-03-02T10:00:00", True, True)


def test_shadow_is_written_down_though_nothing_is_said(path: Path, bitewing_command: Command) -> None:
    bitewing_command("hook", "--ledger", path, stdin=DAMAGED)
    (run,) = runs(bitewing_command, path)

    assert (run["found"], run["changes"], run["acks"]) == ({"shadow/missing-first-pa": 1}, [], {})


def test_a_whole_ledger_is_found_whole(filled: Path, bitewing_command: Command) -> None:
    said = bitewing_command("audit", "verify", "--ledger", filled)

    assert said.code == Exit.DONE
    assert said.text.startswith(f"{filled}: whole, 5 runs; head ")
    assert bitewing_command("audit", "verify", "--ledger", filled, "--head", said.text.split()[-1]).code == Exit.DONE


CHANGES = {
    "an entry changed": "UPDATE runs SET entry = replace(entry, 'changed', 'unchanged') WHERE number = 3",
    "an entry dropped": "DELETE FROM runs WHERE number = 3",
    "the first dropped": "DELETE FROM runs WHERE number = 1",
    "two swapped": "UPDATE runs SET entry = (SELECT entry FROM runs r WHERE r.number = 5 - runs.number)"
    " WHERE number IN (2, 3)",
    "one put in": "INSERT INTO runs SELECT 6, 'x', hash, entry FROM runs WHERE number = 5",
    "a hash changed": "UPDATE runs SET hash = 'f' || hash WHERE number = 2",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(filled: Path, bitewing_command: Command, change: str) -> None:
    with sqlite3.connect(filled) as base:
        assert base.execute(CHANGES[change]).rowcount
    base.close()
    said = bitewing_command("audit", "verify", "--ledger", filled)

    assert said.code == Exit.FINDINGS
    assert "not whole" in said.text


def test_an_end_that_was_cut_off_is_seen_against_a_head_noted_before(filled: Path, bitewing_command: Command) -> None:
    head = bitewing_command("audit", "verify", "--ledger", filled).text.split()[-1]
    with sqlite3.connect(filled) as base:
        base.execute("DELETE FROM runs WHERE number = 5")
    base.close()

    assert bitewing_command("audit", "verify", "--ledger", filled).code == Exit.DONE
    assert bitewing_command("audit", "verify", "--ledger", filled, "--head", head).code == Exit.FINDINGS


def test_undo_gives_the_original_back(filled: Path, bitewing_command: Command, tmp_path: Path) -> None:
    went_on = bitewing_command("hook", "--mode", "apply", stdin=DAMAGED).out
    (tmp_path / "out.837").write_bytes(went_on)
    run = runs(bitewing_command, filled)[0]["run"]

    said = bitewing_command("undo", run, tmp_path / "out.837", "--ledger", filled, "-o", tmp_path / "back.837")

    assert said.code == Exit.DONE
    assert (tmp_path / "back.837").read_bytes() == DAMAGED != went_on


def test_undo_refuses_what_is_not_the_runs(filled: Path, bitewing_command: Command, tmp_path: Path) -> None:
    (tmp_path / "other.837").write_bytes(DAMAGED)
    run = runs(bitewing_command, filled)[0]["run"]
    for name, file in ((run, "other.837"), ("0" * 16, "other.837"), (run[:4], "other.837"), (run, "none.837")):
        said = bitewing_command("undo", name, tmp_path / file, "--ledger", filled, "-o", tmp_path / "back.837")

        assert (said.code, (tmp_path / "back.837").exists()) == (Exit.USAGE, False)


@pytest.mark.parametrize("seed", range(8))
def test_what_was_split_is_put_together_again(
    generator: ModuleType, path: Path, bitewing_command: Command, tmp_path: Path, seed: int
) -> None:
    out = io.BytesIO()
    generator.generate(out, claims=30, seed=seed, faults=1.0, groups=2, claims_per_transaction=5)
    data = out.getvalue()
    dice = random.Random(seed)
    for claim in list(Document.of(data).claims()):
        if dice.random() < (0.2, 0.5, 0.9, 1.0)[seed % 4]:
            head = claim.data.partition(b"~")[0]
            data = data.replace(head, b"*".join([*head.split(b"*")[:2], b"x", *head.split(b"*")[3:]]))
    aside = tmp_path / "aside"
    aside.mkdir()
    said = bitewing_command(
        *("hook", "--mode", "apply", "--split", "--quarantine", aside, "--ledger", path), stdin=data
    )
    (run,) = runs(bitewing_command, path)
    (tmp_path / "out.837").write_bytes(said.out)

    assert said.code == Exit.PARTIAL
    undo = ("undo", run["run"], tmp_path / "out.837", "--ledger", path, "-o", tmp_path / "back.837")
    assert bitewing_command(*undo).code == Exit.USAGE, "what was set aside is needed"
    assert bitewing_command(*undo, "--quarantine", aside).code == Exit.DONE
    assert (tmp_path / "back.837").read_bytes() == data
    names = set(re.findall(rb"LAST\d+", data))
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("runs.sqlite*"))
    assert names
    assert not names & set(re.findall(rb"LAST\d+", kept))


def test_inverses_hold_for_every_shipped_file(demo: Path) -> None:
    for file in demo.glob("*.837"):
        data = file.read_bytes()
        done = bitewing.process(data, policy=Policy(mode=Mode.APPLY), clock=lambda: NOW, ids=Numbers(1))
        changes = inverse(done)

        assert changes is not None
        assert taken_back(done.data, json.loads(json.dumps(changes)), []) == data


def test_a_content_is_taken_once(path: Path) -> None:
    done = bitewing.process(DAMAGED, policy=Policy(), clock=lambda: NOW, ids=Numbers(1))
    entry = entry_of(done, DAMAGED, Policy(), door="folder", at=NOW, seconds=0)
    ledger = Ledger(path)
    ledger.add(entry, token="one")

    with pytest.raises(Known):
        ledger.add(entry, token="two")
    assert ledger.owner(entry["sha256_in"]) == "one"
    assert audited(ledger).runs == 1


def test_numbers_are_never_given_twice(path: Path) -> None:
    given: list[int] = []

    def take() -> None:
        ledger = Ledger(path)
        given.extend(ledger.reserve(3, 100) for _ in range(20))
        ledger.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(given) == list(range(100, 100 + 3 * 80, 3))


def test_a_locked_ledger_is_told_and_nothing_goes_on(
    path: Path, bitewing_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ledger(path).close()
    monkeypatch.setattr(ledgers, "PATIENCE", 0.05)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    said = bitewing_command("hook", "--mode", "apply", "--ledger", path, stdin=DAMAGED)
    holder.close()

    assert (said.code, said.out) == (Exit.TEMPORARY, b"")
    assert bitewing_command("hook", "--mode", "apply", "--ledger", path, stdin=DAMAGED).code == Exit.DONE


def test_a_ledger_that_locks_while_numbers_are_taken_is_no_fault_of_the_software(path: Path) -> None:
    def locked(_: int) -> int:
        raise LedgerError("locked", retry=True)

    with pytest.raises(LedgerError):
        bitewing.process(DAMAGED, policy=Policy(mode=Mode.APPLY), clock=lambda: NOW, ids=locked)


def test_what_is_no_ledger_is_refused(tmp_path: Path, bitewing_command: Command) -> None:
    (tmp_path / "text").write_text("no ledger " * 1000)

    assert bitewing_command("audit", "verify", "--ledger", tmp_path / "text").code == Exit.USAGE
    assert bitewing_command("audit", "verify", "--ledger", tmp_path / "none").code == Exit.USAGE
    assert not (tmp_path / "none").exists()


def test_a_ledger_is_for_its_owner_only(filled: Path) -> None:
    assert filled.stat().st_mode & 0o077 == 0


def test_a_policy_is_told_from_another() -> None:
    policies = [Policy(), Policy(mode=Mode.APPLY), Policy(split=True), Policy(pass_modes={"a": Mode.APPLY})]

    assert len({policy_digest(one) for one in policies}) == len(policies)
    assert policy_digest(Policy()) == policy_digest(Policy())


def test_a_file_too_large_to_process_is_written_down_whole(
    path: Path, bitewing_command: Command, tmp_path: Path
) -> None:
    import hashlib

    (tmp_path / "b.toml").write_text("[hook.limits]\nmost_bytes = 100\n")
    said = bitewing_command("hook", "--config", tmp_path / "b.toml", "--ledger", path, stdin=DAMAGED)
    (run,) = runs(bitewing_command, path)

    assert said.out == DAMAGED
    assert run["sha256_in"] == run["sha256_out"] == hashlib.sha256(DAMAGED).hexdigest()
    assert run["bytes_in"] == run["bytes_out"] == len(DAMAGED)


def test_what_a_dead_writer_left_unseen_in_the_log_is_written_over(tmp_path: Path) -> None:
    """Settling writes, though nothing changes: the log goes on from what everybody sees."""
    ledger = Ledger(tmp_path / "runs.sqlite")
    log = tmp_path / "runs.sqlite-wal"
    before = log.read_bytes() if log.exists() else b""
    ledger.settle()
    after = log.read_bytes()
    ledger.settle()

    assert len(before) < len(after) < len(log.read_bytes())
    ledger.close()
