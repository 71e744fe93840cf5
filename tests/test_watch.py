"""Each file that is dropped comes out once, for ever, whole or not at all, whatever is killed and whatever fails."""

import errno
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import bitewing
from bitewing import Mode, Policy
from bitewing.edi.compose import compose
from bitewing.exits import Exit
from bitewing.hook import ledger as ledgers
from bitewing.hook import watch
from bitewing.hook.audit import audited
from bitewing.hook.claimed import Berth
from bitewing.hook.disk import Disk, is_whole
from bitewing.hook.files import digest
from bitewing.hook.ledger import Ledger, LedgerError
from bitewing.hook.timed import timed
from bitewing.hook.watch import Worker
from bitewing.hook.watching import Folders, Watching
from bitewing.hook.workers import Stop
from bitewing.transforms.example import parse_claims

KILLS = int(os.environ.get("BITEWING_KILLS", "100"))
FILES = int(os.environ.get("BITEWING_FILES", "60"))
PAUSE = 0.05
"""Seconds between two kills at most: as long as a few files take, so that they come anywhere in one."""
NOW = datetime(2026, 3, 2, 10, 0)
DAMAGED = compose(parse_claims(("C1: D0230 x3 78.00 #30",)))
PAIR = compose(parse_claims(("C1: D0230 26.00 #30", "C2: D0220 26.00 #3"))).replace(b"CLM*C2*26", b"CLM*C2*x")
POLICY = Policy(mode=Mode.APPLY, split=True)
Command = Callable[..., Any]


def numbered(number: int, data: bytes = DAMAGED) -> bytes:
    """A file of its own."""
    return data.replace(data[90:99], b"%09d" % (number + 1000)).replace(b"CLM*C1", b"CLM*C%d" % number)


@pytest.fixture
def watching(tmp_path: Path) -> Watching:
    folders = Folders(*(tmp_path / name for name in ("in", "out", "quarantine", "acks", "findings")))
    for folder in folders:
        folder.mkdir()
    return Watching(folders, tmp_path / "runs.sqlite", POLICY, settle=0, patience=0)


def worker(watching: Watching, **said: Any) -> Worker:
    return Worker(watching, clock=lambda: NOW, **said)


def sweep(watching: Watching, **said: Any) -> int:
    one = worker(watching, **said)
    try:
        return one.sweep()
    finally:
        one.close()


def put(watching: Watching, name: str, data: bytes) -> None:
    (watching.folders.inbox / f".{name}").write_bytes(data)
    (watching.folders.inbox / f".{name}").rename(watching.folders.inbox / name)


def visible(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if not path.name.startswith(".")]


def everything(watching: Watching) -> dict[str, dict[str, bytes]]:
    return {name: visible(folder) for name, folder in watching.folders.places.items()}


def left_over(watching: Watching) -> list[str]:
    """What is neither in its place nor away."""
    roots = [watching.folders.inbox, *watching.folders.places.values()]
    hidden = [str(path) for root in roots for path in (root / ".bitewing").rglob("*")]
    return hidden + names(watching.folders.inbox)


# -------------------------------------------------------------------------------------------------------- what becomes


def test_what_may_go_on_is_what_the_contract_says_and_what_came_is_gone(watching: Watching) -> None:
    put(watching, "a.837", DAMAGED)
    put(watching, "b.837", PAIR)

    assert sweep(watching) == 2
    found = everything(watching)
    assert set(found["out"].values()) == {
        bitewing.process(data, policy=POLICY, clock=lambda: NOW, ids=lambda _: 1).data for data in (DAMAGED, PAIR)
    }
    assert [claim.id for data in found["quarantine"].values() for claim in bitewing.read(data).claims()] == ["C2"]
    assert sorted(Path(name).suffix for name in found["acks"]) == [".277", ".277", ".999", ".999", ".ta1", ".ta1"]
    assert len(found["findings"]) == 2
    assert left_over(watching) == []
    assert audited(Ledger(watching.ledger)).runs == 2


def test_shadow_puts_out_what_came_in_and_nothing_else(watching: Watching) -> None:
    put(watching, "a.837", DAMAGED)
    sweep(watching._replace(policy=Policy()))

    assert everything(watching) | {"findings": {}} == {
        "out": {f"{digest(DAMAGED)[:32]}.837": DAMAGED},
        "quarantine": {},
        "acks": {},
        "findings": {},
    }


def test_the_same_content_comes_out_once_for_ever(watching: Watching) -> None:
    put(watching, "a.837", DAMAGED)
    put(watching, "b.837", DAMAGED)
    assert sweep(watching) == 2
    (out,) = visible(watching.folders.outbox)
    (watching.folders.outbox / out).unlink()  # somebody has collected it
    put(watching, "c.837", DAMAGED)
    assert sweep(watching) == 1

    assert visible(watching.folders.outbox) == {}
    assert audited(Ledger(watching.ledger)).runs == 1
    assert left_over(watching) == []


@pytest.mark.parametrize("mandatory", [False, True])
def test_a_file_too_large_to_process_goes_whole_one_way_or_the_other(watching: Watching, mandatory: bool) -> None:
    data = DAMAGED * 50
    put(watching, "a.837", data)
    policy = POLICY._replace(limits=bitewing.Limits(1000), mandatory=mandatory)

    assert sweep(watching._replace(policy=policy)) == 1
    found = everything(watching)
    assert list(found["quarantine" if mandatory else "out"].values()) == [data]
    assert found["out" if mandatory else "quarantine"] == {}
    (entry,) = Ledger(watching.ledger).entries()
    assert (entry.record["sha256_in"], entry.record["bytes_in"]) == (digest(data), len(data))
    assert left_over(watching) == []


def test_file_names_say_nothing(watching: Watching) -> None:
    put(watching, "DOE_JANE_19800101.837", DAMAGED)
    sweep(watching)

    assert [path for path in watching.ledger.parent.rglob("*") if "DOE" in path.name] == []
    assert b"DOE" not in watching.ledger.read_bytes()


@pytest.mark.parametrize("name", [".a.837", "a.837.part", "a.TMP", "a.filepart", "~a.837", "a.837~"])
def test_names_of_unfinished_files_are_left_alone(watching: Watching, name: str) -> None:
    (watching.folders.inbox / name).write_bytes(DAMAGED)
    (watching.folders.inbox / "folder").mkdir()

    assert sweep(watching) == 0
    assert (watching.folders.inbox / name).read_bytes() == DAMAGED


def test_a_file_that_grows_is_left_until_it_rests(watching: Watching) -> None:
    now = 0.0
    one = worker(watching._replace(settle=2, patience=60), timer=lambda: now)
    path = watching.folders.inbox / "a.837"
    for size in (100, 500, len(DAMAGED)):
        path.write_bytes(DAMAGED[:size])
        assert one.sweep() == 0
        now += 1.5
    assert one.sweep() == 0
    now += 0.6
    assert one.sweep() == 1
    path.write_bytes(DAMAGED[:500])  # never ends as an interchange ends
    for _ in range(10):
        assert one.sweep() == 0
        now += 5
    now += 20
    assert one.sweep() == 1
    one.close()


@pytest.mark.parametrize("tail", [b"", b"\n", b"\r\n", b"\x1a", b"\n\n "])
def test_the_end_of_an_interchange_is_seen(tail: bytes) -> None:
    assert is_whole(DAMAGED[:106], (DAMAGED + tail)[-1024:])
    assert not is_whole(DAMAGED[:106], (DAMAGED[:-1] + tail)[-1024:])
    assert not is_whole(DAMAGED[:106], DAMAGED[:-30])


# ---------------------------------------------------------------------------------------------------------- what fails


class Failing(Disk):
    """A disk on which the step with a number fails: before it, after it, or, where it writes, in the middle of it."""

    STEPS = ("names", "stamp", "ends", "read", "digest", "write", "copy", "settle", "rename", "remove", "make", "drop")

    def __init__(self, at: int, when: str, error: BaseException) -> None:
        self.steps, self._at, self._when, self._error = 0, at, when, error

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in Failing.STEPS:
            return found

        def step(*arguments: Any) -> Any:
            self.steps += 1
            if self.steps != self._at:
                return found(*arguments)
            if self._when == "in the middle" and name == "write":
                path, data = arguments
                found(path, data[: len(data) // 2])
            elif self._when == "after":
                found(*arguments)
            raise self._error

        return step


class Killed(BaseException):
    """The end of a process, as far as it can be had without one."""


FAULT, FULL = OSError(errno.EIO, "a fault of the disk"), OSError(errno.ENOSPC, "full")


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What passes and guide make of a file is worked out once, and no suspect dies; numbers are taken every time."""
    known: dict[bytes, bitewing.Processed] = {}

    def process(data: bytes, *, ids: Callable[[int], int], **said: Any) -> bitewing.Processed:
        ids(4)
        if data not in known:
            known[data] = timed(data, ids=ids, **said)
        return known[data]

    monkeypatch.setattr(watch, "timed", process)
    monkeypatch.setattr(watch, "trial", lambda *_: True)  # of a process of its own: in test_poison


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize(
    ("when", "error"),
    [("before", FAULT), ("after", FAULT), ("in the middle", FULL), ("after", Killed())],
    ids=["fails", "fails when done", "full", "killed when done"],
)
@pytest.mark.parametrize("left", [False, True], ids=["new", "left by the dead"])
def test_every_step_fails_once_and_all_is_whole_or_absent(
    watching: Watching, when: str, error: BaseException, memory: Path, left: bool
) -> None:
    def give(here: Watching) -> None:
        put(here, "a.837", DAMAGED)
        if left:  # a suspect: another worker died over it
            hidden = here.folders.inbox / ".bitewing"
            (hidden / "dead").mkdir(parents=True)
            (hidden / "dead.lock").touch()
            (hidden / "dead" / "00000001").write_bytes(PAIR)
        else:
            put(here, "b.837", PAIR)

    disk = Failing(-1, "never", OSError())
    give(watching)
    sweep(watching, disk=disk)
    assert disk.steps > 80
    whole = None
    for at in range(disk.steps + 1):
        here = memory / f"{at}"
        folders = Folders(*(here / name for name in ("in", "out", "quarantine", "acks", "findings")))
        here.mkdir()
        for folder in folders:
            folder.mkdir()
        one = watching._replace(folders=folders, ledger=here / "runs.sqlite")
        give(one)
        first = None
        try:
            first = worker(one, disk=Failing(at, when, error))
            first.sweep()
        except (OSError, Killed):
            pass
        if first is not None:
            first.abandon()
        if whole is not None:
            for place, files in everything(one).items():
                for name, data in files.items():
                    assert _alike(data, whole[place][name]), f"step {at}: a part of a file in {place}"
        sweep(one)
        found = everything(one)
        whole = whole if whole is not None else found
        assert {place: sorted(files) for place, files in found.items()} == {
            place: sorted(files) for place, files in whole.items()
        }, f"step {at}"
        assert found["out"] == whole["out"]
        assert audited(Ledger(one.ledger)).runs == 2
        assert left_over(one) == [], f"step {at}"


def _alike(data: bytes, whole: bytes) -> bool:
    """The same file but for control numbers, which may have been given anew."""
    return len(data) == len(whole) and data[:90] == whole[:90]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["add", "owner", "reserve"])
def test_a_ledger_that_fails_costs_nothing(
    watching: Watching, monkeypatch: pytest.MonkeyPatch, what: str, when: str
) -> None:
    put(watching, "a.837", DAMAGED)
    found = getattr(Ledger, what)

    def failing(*arguments: Any, **said: Any) -> None:
        if when == "after":
            found(*arguments, **said)
        raise LedgerError("locked", retry=True)

    monkeypatch.setattr(Ledger, what, failing)
    one = worker(watching)
    with pytest.raises(LedgerError):
        one.sweep()
    one.abandon()
    monkeypatch.setattr(Ledger, what, found)
    sweep(watching)

    assert list(visible(watching.folders.outbox).values()) == [bitewing.repair(DAMAGED).data]
    assert audited(Ledger(watching.ledger)).runs == 1
    assert left_over(watching) == []


def test_a_clock_that_jumps_changes_nothing(watching: Watching) -> None:
    jumps = iter([datetime(2038, 1, 19), datetime(1999, 12, 31), datetime(2026, 3, 2)] * 20)
    for number in range(4):
        put(watching, f"{number}.837", numbered(number))
        one = Worker(watching, clock=lambda: next(jumps))
        one.sweep()
        one.close()

    assert len(visible(watching.folders.outbox)) == 4
    assert audited(Ledger(watching.ledger)).wrong == ""


def arguments(watching: Watching, *more: object) -> list[object]:
    inbox, outbox, quarantine, acks, findings = watching.folders
    return [
        *("watch", inbox, outbox, "--quarantine", quarantine, "--acks", acks, "--findings", findings),
        *("--ledger", watching.ledger, "--mode", "apply", "--split", "--settle", 0, "--patience", 0, *more),
    ]


@pytest.fixture
def signals() -> Iterator[None]:
    """The command sets its own; a test process gets its back."""
    kept = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]
    yield
    for number, handler in kept:
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals")
def test_exit_75_and_no_loss_where_the_ledger_is_locked(
    watching: Watching, bitewing_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ledger(watching.ledger).close()
    put(watching, "a.837", DAMAGED)
    monkeypatch.setattr(ledgers, "PATIENCE", 0.05)
    holder = sqlite3.connect(watching.ledger, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    said = bitewing_command(*arguments(watching, "--once"))
    holder.close()

    assert (said.code, visible(watching.folders.outbox)) == (Exit.TEMPORARY, {})
    assert bitewing_command(*arguments(watching, "--once")).code == Exit.DONE
    assert list(visible(watching.folders.outbox).values()) == [bitewing.repair(DAMAGED).data]


@pytest.mark.usefixtures("signals")
def test_exit_75_and_no_loss_where_the_disk_is_full(
    watching: Watching, bitewing_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    put(watching, "a.837", DAMAGED)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        said = bitewing_command(*arguments(watching, "--once"))

    assert (said.code, visible(watching.folders.outbox)) == (Exit.TEMPORARY, {})
    assert bitewing_command(*arguments(watching, "--once")).code == Exit.DONE
    assert list(visible(watching.folders.outbox).values()) == [bitewing.repair(DAMAGED).data]


def test_exit_2_where_folders_are_missing_or_the_same(watching: Watching, bitewing_command: Command) -> None:
    inbox, outbox = watching.folders[:2]
    for given in ((inbox, inbox), (inbox, outbox / "none"), (inbox, outbox, "--split")):
        assert bitewing_command("watch", *given, "--ledger", watching.ledger).code == Exit.USAGE


# ------------------------------------------------------------------------------------------------------------- signals


def test_being_told_again_and_again_stops_nobody_for_ever() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    stop = Stop()
    timer = threading.Timer(0.05, lambda: [os.kill(os.getpid(), signal.SIGTERM) for _ in range(200)])
    try:
        timer.start()
        stop.wait(20)
        timer.join()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

    assert stop()


def test_it_stops_cleanly_when_it_is_told(watching: Watching) -> None:
    command = [sys.executable, "-m", "bitewing", *map(str, arguments(watching, "--workers", 3, "--poll", 0.05))]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        for number in range(10):
            put(watching, f"{number}.837", numbered(number))
        end = time.monotonic() + 15
        while len(names(watching.folders.outbox)) < 5 and time.monotonic() < end:
            time.sleep(0.01)
        process.terminate()
        assert process.wait(10) == Exit.DONE
        assert process.stderr is not None
        assert process.stderr.read() == b""
    taken = len(visible(watching.folders.outbox))

    assert taken >= 5
    assert len(left_over(watching)) - 10 + taken == sum("/.bitewing/" in path for path in left_over(watching)) == 0
    sweep(watching)
    assert len(visible(watching.folders.outbox)) == 10


def child(watching: Watching) -> int:
    """A worker in a process of its own, until it is killed."""
    above = os.getpid()
    process = os.fork()
    if process == 0:
        try:
            one = Worker(watching, clock=lambda: NOW)
            while os.getppid() == above:
                if not one.sweep():
                    time.sleep(0.002)
        finally:
            os._exit(9)
    return process


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_commit_that_nobody_saw_does_not_come_back_after_its_outcome_was_removed(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker dies between the write-ahead log and its index, a second takes over and dies, then the log is read anew.

    The ledger would then say of a file that it is done, whose outcome the second one had removed.
    """
    put(watching, "a.837", DAMAGED)
    sweep(watching)  # the ledger is made
    put(watching, "b.837", PAIR)
    holder = os.fork()
    if holder == 0:
        try:
            kept = Ledger(watching.ledger)  # whoever comes last to close one would read the log anew
            while kept.owner(digest(DAMAGED)):
                time.sleep(60)
        finally:
            os._exit(9)
    index, log = (watching.ledger.with_name(f"{watching.ledger.name}-{name}") for name in ("shm", "wal"))
    while not index.exists() or not index.stat().st_size:
        time.sleep(0.01)
    add = Ledger.add

    def dies_within(*arguments: Any, **said: Any) -> None:
        before, size = index.read_bytes(), log.stat().st_size
        add(*arguments, **said)
        assert log.stat().st_size > size
        with index.open("r+b") as stream:  # as it was: what is in the log is not in its index
            stream.write(before)
        os._exit(9)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "add", dies_within)
        assert os.waitpid(child(watching), 0)[1]
    (staged,) = (watching.folders.outbox / ".bitewing").rglob("*.837")
    with monkeypatch.context() as patch:
        patch.setattr(Berth, "forget", lambda *_: os._exit(9))
        assert os.waitpid(child(watching), 0)[1]
    assert not staged.exists(), "it was not taken over"
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    while sweep(watching):
        pass

    assert staged.name in visible(watching.folders.outbox)
    assert audited(Ledger(watching.ledger)).runs == 2
    assert left_over(watching) == []


class Crowd:
    """Three workers, somebody who drops files and somebody who collects what comes of them."""

    def __init__(self, watching: Watching) -> None:
        self.watching = watching
        self.fed: dict[str, bytes] = {}
        self.collected: dict[str, list[tuple[str, bytes]]] = {place: [] for place in watching.folders.places}
        self.workers = [child(watching) for _ in range(3)]

    def feed(self) -> None:
        """Keep some files waiting; now and then the same one twice."""
        while len(names(self.watching.folders.inbox)) < 6:
            number = len(self.fed)
            data = numbered(number, PAIR if number % 3 == 0 else DAMAGED)
            self.fed[digest(data)[:32]] = data
            put(self.watching, f"{number}.837", data)
            if number % 10 == 0:
                put(self.watching, f"{number}-again.837", data)

    def collect(self) -> None:
        for place, folder in self.watching.folders.places.items():
            for name, data in visible(folder).items():
                self.collected[place].append((name, data))
                (folder / name).unlink()

    def kill(self, at: int) -> None:
        os.kill(self.workers[at], signal.SIGKILL)
        _, status = os.waitpid(self.workers[at], 0)
        assert os.WIFSIGNALED(status), "a worker ended by itself"

    def end(self) -> None:
        """Let them come to an end of the work, then kill them all."""
        until = time.monotonic() + 60
        while names(self.watching.folders.inbox) and time.monotonic() < until:
            time.sleep(0.02)
        for at in range(3):
            self.kill(at)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_any_moment_nothing_is_lost_doubled_or_spoilt(watching: Watching) -> None:
    dice = random.Random(11)
    for data in (DAMAGED, PAIR):  # what is loaded once is loaded before workers are begun, not by each of them
        bitewing.process(data, policy=POLICY, clock=lambda: NOW, ids=lambda _: 1)
    crowd = Crowd(watching)
    kills = 0
    while kills < KILLS or len(crowd.fed) < FILES:
        crowd.feed()
        time.sleep(dice.uniform(0, PAUSE))
        if kills < KILLS and kills * FILES <= KILLS * len(crowd.fed):  # spread over all files
            first = dice.randrange(3)
            together = 3 if dice.random() < 0.1 else 1  # now and then nobody is left who has the ledger open
            killed = [(first + more) % 3 for more in range(together)]
            for at in killed:
                crowd.kill(at)
                kills += 1
            for at in killed:
                crowd.workers[at] = child(watching)
        if dice.random() < 0.3:
            crowd.collect()
    crowd.end()
    while sweep(watching):
        pass
    crowd.collect()
    _nothing_is_lost_doubled_or_spoilt(crowd.fed, crowd.collected)
    found = audited(Ledger(watching.ledger))
    assert (found.wrong, found.runs) == ("", len(crowd.fed))
    assert left_over(watching) == []


def _nothing_is_lost_doubled_or_spoilt(fed: dict[str, bytes], collected: dict[str, list[tuple[str, bytes]]]) -> None:
    out = Counter(name for name, _ in collected["out"])
    assert set(out) == {f"{stem}.837" for stem in fed}, "lost"
    assert set(out.values()) == {1}, "doubled"
    for name, data in collected["out"]:
        original = fed[name.removesuffix(".837")]
        done = bitewing.process(original, policy=POLICY, clock=lambda: NOW, ids=lambda _: 1)
        assert data == done.data, "spoilt"
    for place in ("quarantine", "acks", "findings"):
        assert set(Counter(name for name, _ in collected[place]).values()) == {1}, place
    assert len(collected["acks"]) == 3 * len(fed)
    assert len(collected["quarantine"]) == sum(b"CLM*C2*x" in data for data in fed.values())
    for _, data in collected["acks"]:
        assert data.startswith(b"ISA*")
        assert data.rstrip().split(b"~")[-2].startswith(b"IEA*")
    controls = Counter(data[90:99] for place in ("acks", "quarantine") for _, data in collected[place])
    assert set(controls.values()) == {1}, "a control number was given twice"
