"""The drop folder: each file that comes in is processed once, whatever happens, and its outcome is whole or absent.

A file is taken by renaming it into the worker's own folder. Everything that comes of it is written beside its place and
brought to the disk. Then the ledger is told; that is the moment at which the file is done, for ever, by its content.
After it come only renames into place, which another worker can finish, and the removal of what came in.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from bitewing.hook.claimed import Berth
from bitewing.hook.disk import Disk, Stamp
from bitewing.hook.entry import entry_of
from bitewing.hook.files import STEM, digest
from bitewing.hook.inbox import Inbox
from bitewing.hook.ledger import Known, Ledger, LedgerError
from bitewing.hook.process import given_up, passed_on
from bitewing.hook.result import Processed
from bitewing.hook.says import alert_line
from bitewing.hook.staged import Stage, Staged
from bitewing.hook.suspects import Tried, trial
from bitewing.hook.timed import timed
from bitewing.hook.watching import Watching

PATIENCE = 5.0
"""Seconds that a trial has beyond the deadline of a file."""


class _Taken(NamedTuple):
    """A file that was taken. data: its beginning, all of it unless it is large. begun: when it was read."""

    path: Path
    stamp: Stamp
    data: bytes
    digits: str
    large: bool
    begun: float


class Worker:
    """One worker. Call ``sweep`` again and again, then ``close``. What raises OSError or LedgerError ends it."""

    def __init__(
        self,
        watching: Watching,
        *,
        clock: Callable[[], datetime],
        say: Callable[[str], None] = lambda _: None,
        stopping: Callable[[], bool] = lambda: False,
        disk: Disk | None = None,
        random: Callable[[int], bytes] = os.urandom,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """clock: for answers and the ledger only; waiting is measured with timer. say: takes a line for a person."""
        self._watching, self._clock, self._say, self._stopping, self._timer = watching, clock, say, stopping, timer
        self._disk = disk if disk is not None else Disk()
        self._ledger = Ledger(watching.ledger)
        self._inbox = Inbox(self._disk, watching, timer, say)
        self.waiting = 0
        try:
            self._berth = Berth(self._disk, watching.folders.inbox, watching.folders.places, random)
        except BaseException:
            self._ledger.close()
            raise
        self._stage = Stage(self._disk, self._berth)

    def sweep(self) -> int:
        """Finish what others left, then take and process what is ready. How many files were dealt with.

        Afterwards ``waiting`` is the number of files that were seen and not taken yet, or are to be tried again.
        """
        for token in self._berth.dead():
            self._take_over(token)
        done, suspects = 0, []
        for path in self._own():
            if Tried.of(path.name).suspect:
                suspects.append(path)
            else:
                done += self._deal(path)
        for name in self._inbox.ready():
            if self._stopping():
                break
            path = self._berth.next_name()
            try:
                self._disk.rename(self._watching.folders.inbox / name, path)
            except FileNotFoundError:
                continue  # another worker was quicker
            done += self._deal(path)
        for path in suspects:  # last: whatever they do, the others are through
            if self._stopping():
                break
            done += self._deal(path)
        self.waiting = self._inbox.waiting + len(self._disk.names(self._berth.taken))
        return done

    def close(self) -> None:
        """Leave. What is not finished is finished by others."""
        try:
            if not any(self._disk.names(folder) for folder in self._own_folders()):
                self._berth.forget(self._berth.token)
        finally:
            self._berth.close()
            self._ledger.close()

    def abandon(self) -> None:
        """Leave where the disk cannot be trusted: nothing is touched."""
        self._berth.close()
        self._ledger.close()

    def _own_folders(self) -> list[Path]:
        return [self._berth.taken, *map(self._berth.staging, self._berth.places)]

    def _own(self) -> Iterator[Path]:
        for name in self._disk.names(self._berth.taken):
            if self._stopping():
                return
            yield self._berth.taken / name

    def _deal(self, path: Path) -> int:
        """Process a file that this worker has taken. 1 where that is done, 0 where it changed or did not survive."""
        taken = self._read(path)
        if taken is None:
            return 0
        if self._ledger.owner(taken.digits) is None:
            done, path = self._outcome(path, taken.data)
            if done is None:
                return 0
            taken = taken._replace(path=path)
            try:
                staged, entry = self._written(done, taken)
            except (OSError, LedgerError):
                raise
            except Exception:  # a fault around the contract costs no file either, nor does it come back for ever
                self._stage.clear(taken.digits)
                done = passed_on(taken.data, self._watching.policy)
                staged, entry = self._written(done, taken)
            if self._disk.stamp(path) != taken.stamp:
                self._stage.discard(staged)
                return 0
            try:
                self._ledger.add(entry, token=self._berth.token)
            except Known:  # another worker had the same content at the same time
                self._stage.discard(staged)
            else:
                self._stage.publish(staged)
                if line := alert_line(done, taken.digits[:STEM]):
                    self._say(line)
        self._disk.remove(path)
        self._disk.settle(self._berth.taken)
        return 1

    def _read(self, path: Path) -> _Taken | None:
        begun, most = self._timer(), self._watching.policy.limits.most_bytes
        stamp = self._disk.stamp(path)
        if stamp is None:
            return None
        data = self._disk.read(path, most + 1)
        large = stamp.size > most
        if len(data) != min(stamp.size, most + 1):
            return None
        return _Taken(path, stamp, data, self._disk.digest(path) if large else digest(data), large, begun)

    def _written(self, done: Processed, taken: _Taken) -> tuple[Staged, dict[str, Any]]:
        """What came of a file, beside its places, and the line for the ledger."""
        staged = self._stage.write(done, taken.digits, taken.path if taken.large else None)
        return staged, entry_of(
            done,
            taken.data,
            self._watching.policy,
            door="folder",
            at=self._clock(),
            seconds=self._timer() - taken.begun,
            mode=self._watching.mode,
            sha256_in=taken.digits,
            bytes_in=taken.stamp.size if taken.large else -1,
        )

    def _outcome(self, path: Path, data: bytes) -> tuple[Processed | None, Path]:
        """What the contract makes of a file, and its name now; None where it was tried and ended the trial."""
        policy, tried = self._watching.policy, Tried.of(path.name)
        run = partial(timed, data, policy=policy, mode=self._watching.mode, clock=self._clock)
        ids = partial(self._ledger.reserve, first=self._watching.control)
        if not tried.suspect:
            return run(ids=ids), path
        if tried.hopeless:
            return given_up(data, policy, aside=self._watching.folders.quarantine is not None), path
        path = self._marked(path, tried._replace(at_hand=True))
        try:
            seconds = policy.limits.seconds + PATIENCE
            survived = trial(partial(run, ids=lambda _: 1), seconds, self._berth.lock, self._stopping)
            done = run(ids=ids) if survived else None
        except BaseException:
            with contextlib.suppress(OSError):
                self._marked(path, tried)
            raise
        return done, self._marked(path, tried._replace(trials=tried.trials + (survived is False)))

    def _marked(self, path: Path, tried: Tried) -> Path:
        """Write into the name of a file what is known of it."""
        target = path.with_name(tried.name(path.name.partition(".")[0]))
        self._disk.rename(path, target)
        self._disk.settle(self._berth.taken)
        return target

    def _take_over(self, token: str) -> None:
        """Finish what a dead worker began: publish what the ledger says is done, do the rest anew."""
        self._ledger.settle()
        for place, folder in self._berth.places.items():
            left = self._berth.staging(place).parent / token
            for name in self._disk.names(left):
                if self._ledger.owner(name[:STEM]) == token:
                    self._disk.rename(left / name, folder / name)
                    self._disk.settle(folder)
                else:
                    self._disk.remove(left / name)
        left = self._berth.taken.parent / token
        for name in self._disk.names(left):
            self._disk.rename(left / name, self._berth.next_name(Tried.of(name).left(name)))
        self._disk.settle(self._berth.taken)
        self._berth.forget(token)
