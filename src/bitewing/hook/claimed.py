"""Who works on what: each worker has a folder of its own and a lock on it, which dies with it.

What a dead worker left is taken over: what the ledger knows is put in its place, what it does not know is done again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from bitewing.hook.disk import Disk
from bitewing.hook.suspects import Tried

HIDDEN = ".bitewing"
"""In each of the folders: what is not finished. A name with a dot is taken by nobody."""
FRESH = Tried()


class Berth:
    """A worker's own place: its token, its lock, and its folder in each of the folders.

    inbox: where files come in; its folder holds what this worker has taken.
    """

    def __init__(self, disk: Disk, inbox: Path, places: dict[str, Path], random: Callable[[int], bytes]) -> None:
        """Raises OSError."""
        self._disk, self.inbox, self.places = disk, inbox, places
        for folder in {inbox, *places.values()}:
            disk.make(folder / HIDDEN)
        self.token, self._lock = self._begin(random)
        self._count = 0
        try:
            for folder in {inbox, *places.values()}:
                disk.make(folder / HIDDEN / self.token)
        except BaseException:
            self.close()
            raise

    def _begin(self, random: Callable[[int], bytes]) -> tuple[str, int]:
        while True:
            token = random(8).hex()
            path = self._lock_of(token)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            if _locked(handle) and path.exists() and path.stat().st_ino == os.fstat(handle).st_ino:
                return token, handle
            os.close(handle)  # another worker took it for one that a dead worker left

    def _lock_of(self, token: str) -> Path:
        return self.inbox / HIDDEN / f"{token}.lock"

    @property
    def taken(self) -> Path:
        """Where the files lie that this worker has taken."""
        return self.inbox / HIDDEN / self.token

    def staging(self, place: str) -> Path:
        """Where what goes to a place lies until the ledger knows it."""
        return self.places[place] / HIDDEN / self.token

    @property
    def lock(self) -> int:
        """The handle of the lock."""
        return self._lock

    def next_name(self, tried: Tried = FRESH) -> Path:
        """A new name in ``taken``. The name under which it came is not kept: it may say who it is about."""
        self._count += 1
        return self.taken / tried.name(f"{self._count:08}")

    def dead(self) -> Iterator[str]:
        """Tokens of workers that are no more. While one is handed out nobody else can take it over."""
        for name in self._disk.names(self.inbox / HIDDEN):
            token = name.removesuffix(".lock")
            if name.endswith(".lock") and token != self.token:
                with contextlib.suppress(FileNotFoundError):
                    handle = os.open(self._lock_of(token), os.O_RDWR)
                    try:
                        if _locked(handle):
                            yield token
                    finally:
                        os.close(handle)

    def forget(self, token: str) -> None:
        """Remove the empty folders of a worker, and its lock last."""
        for folder in {self.inbox, *self.places.values()}:
            self._disk.drop(folder / HIDDEN / token)
        self._disk.remove(self._lock_of(token))

    def close(self) -> None:
        """Let go of the lock: whatever is left, others take over."""
        os.close(self._lock)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
