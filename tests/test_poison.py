"""A file that kills whoever reads it is given up after a while; one whose reader was killed by somebody never is."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import bitewing
from bitewing import Mode, Policy, Processed
from bitewing.edi.compose import compose
from bitewing.hook import watch
from bitewing.hook.disk import Disk
from bitewing.hook.ledger import Ledger, LedgerError
from bitewing.hook.suspects import Tried
from bitewing.hook.timed import timed
from bitewing.hook.watch import Worker
from bitewing.hook.watching import Folders, Watching
from bitewing.transforms.example import parse_claims

NOW = datetime(2026, 3, 2, 10, 0)
DAMAGED = compose(parse_claims(("C1: D0230 x3 78.00 #30",)))
POISON = DAMAGED.replace(b"CLM*C1*", b"CLM*POISON*")
POLICY = Policy(mode=Mode.APPLY)


@pytest.fixture
def watching(tmp_path: Path) -> Watching:
    folders = Folders(*(tmp_path / name for name in ("in", "out", "quarantine", "acks", "findings")))
    for folder in folders:
        folder.mkdir()
    return Watching(folders, tmp_path / "runs.sqlite", POLICY, settle=0, patience=0)


def put(watching: Watching, **files: bytes) -> None:
    for name, data in files.items():
        (watching.folders.inbox / f".{name}").write_bytes(data)
        (watching.folders.inbox / f".{name}").rename(watching.folders.inbox / name)


def left_by_the_dead(watching: Watching, name: str, data: bytes) -> None:
    """A file as a worker that is no more left it, under the name that says what is known of it."""
    hidden = watching.folders.inbox / ".bitewing"
    (hidden / "dead").mkdir(parents=True)
    (hidden / "dead.lock").touch()
    (hidden / "dead" / name).write_bytes(data)


def found(folder: Path | None) -> list[bytes]:
    assert folder is not None
    return [path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")]


def taken(watching: Watching) -> list[str]:
    """The names of files that workers have taken."""
    return [path.name for path in (watching.folders.inbox / ".bitewing").glob("*/*")]


def sweeps(watching: Watching, times: int = 5, **said: Any) -> list[str]:
    """Look a few times; what was said."""
    lines: list[str] = []
    one = Worker(watching, clock=lambda: NOW, say=lines.append, **said)
    for _ in range(times):
        one.sweep()
    one.close()
    return lines


def worker(watching: Watching) -> int:
    """A worker in a process of its own."""
    above, process = os.getpid(), os.fork()
    if process == 0:
        try:
            one = Worker(watching, clock=lambda: NOW)
            while os.getppid() == above:
                one.sweep()
                time.sleep(0.005)
        finally:
            os._exit(9)
    return process


def until(told: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not told():
        assert time.monotonic() < end
        time.sleep(0.005)


def reading(monkeypatch: pytest.MonkeyPatch, what: Callable[[], None]) -> None:
    """Let something happen to whoever reads the poison."""

    def process(data: bytes, **said: Any) -> Processed:
        if b"CLM*POISON" in data:
            what()
        return timed(data, **said)

    monkeypatch.setattr(watch, "timed", process)


@pytest.fixture
def killing(monkeypatch: pytest.MonkeyPatch) -> None:
    reading(monkeypatch, lambda: os.kill(os.getpid(), signal.SIGKILL))


@pytest.fixture
def first(watching: Watching) -> Iterator[int]:
    """A worker that is killed in the end, if it still lives."""
    put(watching, poison=POISON, zz=DAMAGED)
    process = worker(watching)
    yield process
    try:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    except (ProcessLookupError, ChildProcessError):
        pass


@pytest.mark.usefixtures("killing")
def test_a_file_that_kills_is_set_aside_once_and_the_others_are_processed(watching: Watching, first: int) -> None:
    until(lambda: not (watching.folders.inbox / "poison").exists() and os.waitpid(first, os.WNOHANG)[0])
    lines = sweeps(watching)

    assert found(watching.folders.quarantine) == [POISON]
    assert found(watching.folders.outbox) == [bitewing.repair(DAMAGED).data]
    assert taken(watching) == []
    assert [line.partition(": ")[2] for line in lines] == ["quarantined: hook-killed"]
    records = [json.loads(line) for data in found(watching.folders.findings) for line in data.decode().splitlines()]
    assert {one["name"] for one in records if one["type"] == "finding"} == {"hook-killed", "missing-first-pa"}
    assert {entry.record["verdict"] for entry in Ledger(watching.ledger).entries()} == {"changed", "quarantined"}
    put(watching, again=POISON)  # once, for ever
    assert sweeps(watching) == []
    assert len(found(watching.folders.quarantine)) == 1


@pytest.mark.usefixtures("killing")
def test_trials_are_counted_over_workers(watching: Watching) -> None:
    left_by_the_dead(watching, "00000001", POISON)
    for number in (1, 2, 3):
        sweeps(watching, times=1)
        assert [name.partition(".")[2] for name in taken(watching)] == [f"1.{number}"]
    sweeps(watching, times=1)

    assert found(watching.folders.quarantine) == [POISON]


@pytest.mark.usefixtures("killing")
def test_without_a_quarantine_it_goes_on_as_it_came(watching: Watching) -> None:
    left_by_the_dead(watching, "00000001", POISON)
    lines = sweeps(watching._replace(folders=watching.folders._replace(quarantine=None)))

    assert found(watching.folders.outbox) == [POISON]
    assert [line.partition(": ")[2] for line in lines] == ["passed: hook-killed"]


def test_a_trial_that_never_ends_is_ended(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    def for_ever() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
        time.sleep(60)

    reading(monkeypatch, for_ever)
    monkeypatch.setattr(watch, "PATIENCE", 0.0)
    left_by_the_dead(watching, "00000001", POISON)
    sweeps(watching._replace(policy=POLICY._replace(limits=bitewing.Limits(seconds=0.05))))

    assert found(watching.folders.quarantine) == [POISON]


def test_whoever_is_killed_over_a_file_by_somebody_else_does_not_make_it_a_poison(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading(monkeypatch, lambda: time.sleep(0.2))
    put(watching, poison=POISON)
    for killed in range(6):
        process = worker(watching)
        mark = f".{killed}.0.now" if killed else "00000001"
        until(lambda mark=mark: any(name.endswith(mark) for name in taken(watching)))  # type: ignore[misc]
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    sweeps(watching, times=1)

    assert found(watching.folders.quarantine) == []
    assert len(found(watching.folders.outbox)) == 1
    assert taken(watching) == []


def test_a_file_that_takes_everything_down_with_it_does_not_come_back_for_ever(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "timed", lambda *_, **__: pytest.fail("it was tried again"))
    left_by_the_dead(watching, "00000001.99.0.now", POISON)
    sweeps(watching)

    assert found(watching.folders.quarantine) == [POISON]


@pytest.mark.parametrize("error", [LedgerError("locked", retry=True), OSError(28, "full")])
def test_a_ledger_or_a_disk_that_fails_is_not_the_fault_of_the_file(
    watching: Watching, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def failing(*_: object, **__: object) -> int:
        raise error

    left_by_the_dead(watching, "00000001", POISON)
    for _ in range(15):
        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "reserve" if isinstance(error, LedgerError) else "add", failing)
            one = Worker(watching, clock=lambda: NOW)
            with pytest.raises(type(error)):
                one.sweep()
            one.abandon()
    sweeps(watching)

    assert found(watching.folders.quarantine) == []
    assert len(found(watching.folders.outbox)) == 1


def test_a_fault_around_the_contract_costs_no_file(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(done: Processed, *given: Any, **said: Any) -> dict[str, Any]:
        if any(one.applied for one in done.told):
            raise RuntimeError("DOE JANE")
        return known(done, *given, **said)

    known = watch.entry_of
    monkeypatch.setattr(watch, "entry_of", failing)
    put(watching, a=DAMAGED)
    lines = sweeps(watching)

    assert found(watching.folders.outbox) == [DAMAGED]
    assert [line.partition(": ")[2] for line in lines] == ["passed: hook-failed"]
    sweeps(watching)  # nor is anything left of what failed, which another worker would publish
    assert found(watching.folders.acks) == []
    assert list(watching.ledger.parent.rglob(".bitewing/*")) == []


def test_a_file_that_may_not_be_read_stops_nothing_but_itself(watching: Watching) -> None:
    class Closed(Disk):
        def ends(self, path: Path, head: int, tail: int) -> tuple[bytes, bytes]:
            if path.name == "closed":
                raise PermissionError(13, "denied", str(path))
            return super().ends(path, head, tail)

    put(watching, closed=POISON, open=DAMAGED)
    lines = sweeps(watching, disk=Closed())

    assert found(watching.folders.outbox) == [bitewing.repair(DAMAGED).data]
    assert found(watching.folders.inbox) == [POISON]
    assert lines == ["a file in IN may not be read by this user; it is left where it is"]


def test_what_is_known_of_a_file_stands_in_its_name() -> None:
    for tried in (Tried(), Tried(1), Tried(2, 1), Tried(2, 1, at_hand=True), Tried(0, 3)):
        assert Tried.of(tried.name("00000001")) == tried
    assert Tried.of("00000001").left("00000001") == Tried(1)
    assert Tried(2, 1, at_hand=True).left("00000001.2.1.now") == Tried(3, 1)
    assert Tried(2, 1).left("00000001.2.1") == Tried(2, 1)
