"""A file is written whole or not at all: whatever stops it, there is the old file or the new one, never a part."""

import errno
import os
import random
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bitewing.edi.errors import EdiError, OutputError
from bitewing.edi.output import write_whole
from bitewing.inputs import expand

OLD = b"ISA*old~" * 1000
NEW = [b"ISA*new~" * 500] * 4
KILLS = 20
PIECE, PIECES = 1 << 16, 64


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is there already, alone in its folder."""
    (tmp_path / "out.837").write_bytes(OLD)
    return tmp_path / "out.837"


def only_the_old_one(path: Path) -> bool:
    return path.read_bytes() == OLD and [one.name for one in path.parent.iterdir()] == [path.name]


def fails(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def stopping(error: BaseException) -> Iterator[bytes]:
    """Pieces that end in the middle."""
    yield NEW[0]
    raise error


def test_the_new_file_is_the_pieces_and_nothing_else(path: Path) -> None:
    assert write_whole(path, NEW) == len(b"".join(NEW))
    assert path.read_bytes() == b"".join(NEW)
    assert list(path.parent.iterdir()) == [path]


def test_a_file_without_pieces_is_empty(tmp_path: Path) -> None:
    assert write_whole(tmp_path / "new.837", []) == 0
    assert (tmp_path / "new.837").read_bytes() == b""


@pytest.mark.parametrize("error", [EdiError("a fault"), RuntimeError(), KeyboardInterrupt(), MemoryError()], ids=repr)
def test_an_error_while_the_pieces_are_made_leaves_the_old_file(path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)):
        write_whole(path, stopping(error))

    assert only_the_old_one(path)


@pytest.mark.parametrize("error", [EdiError("it does not hold"), KeyboardInterrupt()], ids=repr)
def test_a_check_that_refuses_leaves_the_old_file(path: Path, error: BaseException) -> None:
    seen = []

    def check(finished: Path) -> None:
        seen.append(finished.read_bytes())
        raise error

    with pytest.raises(type(error)):
        write_whole(path, NEW, check)

    assert seen == [b"".join(NEW)]
    assert only_the_old_one(path)


@pytest.mark.parametrize("call", ["fsync", "replace", "chmod"])
def test_a_disk_that_fails_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def failing(*_: object, **__: object) -> None:
        raise fails(errno.ENOSPC)

    monkeypatch.setattr(os, call, failing)

    with pytest.raises(OutputError, match="nothing was written") as caught:
        write_whole(path, NEW)

    assert caught.value.retry
    assert only_the_old_one(path)


def test_what_can_never_succeed_is_told_from_what_can_later(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        write_whole(tmp_path / "nowhere" / "out.837", NEW)

    assert not caught.value.retry
    assert "choose another place" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_file_then_rename_then_folder_reach_the_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = []
    fsync, replace = os.fsync, os.replace

    def syncing(handle: int) -> None:
        folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        events.append("folder" if folder else f"file of {os.fstat(handle).st_size} bytes")
        fsync(handle)

    def replacing(source: Path, target: Path) -> None:
        events.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(os, "replace", replacing)

    write_whole(path, NEW)

    assert events == [f"file of {len(b''.join(NEW))} bytes", "rename", "folder"]


def test_it_never_says_that_nothing_was_written_when_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems cannot sync a folder; the rename has happened by then."""
    fsync = os.fsync

    def syncing(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise fails(errno.EINVAL)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", syncing)
    said = ""
    try:
        write_whole(path, NEW)
    except OutputError as error:
        said = str(error)

    assert path.read_bytes() == b"".join(NEW)
    assert "nothing was written" not in said


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_permissions_of_a_replaced_file_stay(path: Path, mode: int) -> None:
    path.chmod(mode)

    write_whole(path, NEW)

    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()

    write_whole(tmp_path / "out.837", NEW)

    assert (tmp_path / "out.837").stat().st_mode == (tmp_path / "usual").stat().st_mode


def pieces(mark: bytes) -> Iterator[bytes]:
    for _ in range(PIECES):
        yield mark * PIECE


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_process_killed_at_any_moment_leaves_a_whole_file(path: Path) -> None:
    whole = {mark: mark * PIECE * PIECES for mark in (b"a", b"b")}
    path.write_bytes(whole[b"b"])
    moments = random.Random(1)
    left = 0
    for turn in range(KILLS):
        child = os.fork()
        if child == 0:  # writes one file over the other until it is killed
            try:
                while True:
                    write_whole(path, pieces(b"a"))
                    write_whole(path, pieces(b"b"))
            finally:
                os._exit(1)
        time.sleep(moments.uniform(0.0, 0.08))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        found = path.read_bytes()

        assert os.WTERMSIG(status) == signal.SIGKILL
        assert found == whole[found[:1]], f"turn {turn}: a part of a file"

        left += len(list(path.parent.iterdir())) - 1

    assert left, "no process was killed while it wrote"
    assert expand([str(path.parent)]) == [path]  # what a killed process leaves behind is never taken for an input
    write_whole(path, NEW)
    assert path.read_bytes() == b"".join(NEW)
