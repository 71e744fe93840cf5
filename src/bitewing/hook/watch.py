"""The drop folder: each file that comes in is processed once, whatever happens, and its outcome is whole or absent.

A file is taken by renaming it into the worker's own folder. Everything that comes of it is written beside its place and
brought to the disk. Then the ledger is told; that is the moment at which the file is done, for ever, by its content.
After it come only renames into place, which another worker can finish, and the removal of what came in.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from bitewing.hook.claimed import Berth
from bitewing.hook.disk import Disk, Stamp, is_partial_name, is_whole
from bitewing.hook.entry import entry_of
from bitewing.hook.files import STEM, ack_files, aside_files, digest, out_file, said_file
from bitewing.hook.ledger import Known, Ledger
from bitewing.hook.modes import Mode
from bitewing.hook.policy import Policy
from bitewing.hook.result import Processed
from bitewing.hook.says import alert_line, findings_lines
from bitewing.hook.timed import timed

_ENDS = 1024


class Folders(NamedTuple):
    """Where files come in and what becomes of them goes. What has no folder is not written."""

    inbox: Path
    outbox: Path
    quarantine: Path | None = None
    acks: Path | None = None
    findings: Path | None = None

    @property
    def places(self) -> dict[str, Path]:
        """The folders that are written to, by name."""
        found = {"out": self.outbox, "quarantine": self.quarantine, "acks": self.acks, "findings": self.findings}
        return {name: folder for name, folder in found.items() if folder is not None}


class Watching(NamedTuple):
    """How a folder is watched.

    mode: the ceiling. control: the first control number of all. settle: seconds for which a file must not change before
    it is taken. patience: the same for one that does not end as an interchange ends.
    """

    folders: Folders
    ledger: Path
    policy: Policy
    mode: Mode | None = None
    control: int = 1
    settle: float = 2.0
    patience: float = 60.0


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
        self._seen: dict[str, tuple[Stamp, float]] = {}
        self.waiting = 0
        try:
            self._berth = Berth(self._disk, watching.folders.inbox, watching.folders.places, random)
        except BaseException:
            self._ledger.close()
            raise

    def sweep(self) -> int:
        """Finish what others left, then take and process what is ready. How many files were dealt with.

        Afterwards ``waiting`` is the number of files that were seen and not taken yet.
        """
        for token in self._berth.dead():
            self._take_over(token)
        done = 0
        for path in self._own():
            done += self._deal(path)
        for name in self._ready():
            if self._stopping():
                break
            path = self._berth.next_name()
            try:
                self._disk.rename(self._watching.folders.inbox / name, path)
            except FileNotFoundError:
                continue  # another worker was quicker
            done += self._deal(path)
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

    def _ready(self) -> Iterator[str]:
        """The files in the inbox that nobody writes to any more."""
        inbox, now = self._watching.folders.inbox, self._timer()
        seen, self._seen, self.waiting = self._seen, {}, 0
        for name in self._disk.names(inbox):
            stamp = None if is_partial_name(name) else self._disk.stamp(inbox / name)
            if stamp is None:
                continue
            before, since = seen.get(name, (stamp, now))
            since = since if before == stamp else now
            quiet = now - since
            if quiet >= self._watching.settle and (quiet >= self._watching.patience or self._whole(inbox / name)):
                yield name
            else:
                self._seen[name] = (stamp, since)
                self.waiting += 1

    def _whole(self, path: Path) -> bool:
        try:
            return is_whole(*self._disk.ends(path, 106, _ENDS))
        except FileNotFoundError:
            return False

    def _deal(self, path: Path) -> int:
        """Process a file that this worker has taken. 1 where that is done, 0 where it changed meanwhile."""
        watching, begun = self._watching, self._timer()
        stamp = self._disk.stamp(path)
        if stamp is None:
            return 0
        most = watching.policy.limits.most_bytes
        data = self._disk.read(path, most + 1)
        large = stamp.size > most
        if len(data) != min(stamp.size, most + 1):
            return 0
        digits = self._disk.digest(path) if large else digest(data)
        if self._ledger.owner(digits) is None:
            done = timed(
                data,
                policy=watching.policy,
                mode=watching.mode,
                clock=self._clock,
                ids=lambda wanted: self._ledger.reserve(wanted, watching.control),
            )
            staged = list(self._stage(done, digits, path if large else None))
            if self._disk.stamp(path) != stamp:
                self._discard(staged)
                return 0
            entry = entry_of(
                done,
                data,
                watching.policy,
                door="folder",
                at=self._clock(),
                seconds=self._timer() - begun,
                mode=watching.mode,
                sha256_in=digits,
                bytes_in=stamp.size if large else -1,
            )
            try:
                self._ledger.add(entry, token=self._berth.token)
            except Known:  # another worker had the same content at the same time
                self._discard(staged)
            else:
                self._publish(staged)
                if line := alert_line(done, digits[:STEM]):
                    self._say(line)
        self._disk.remove(path)
        self._disk.settle(self._berth.taken)
        return 1

    def _stage(self, done: Processed, digits: str, large: Path | None) -> Iterator[tuple[str, str]]:
        """Write what came of a file beside its places, to the disk. large: a file too large to be processed, which goes
        on or is set aside as it is."""
        there = self._berth.places
        content: list[tuple[str, str, bytes]] = []
        content += [("quarantine", name, data) for name, data in aside_files(done, digits)]
        content += [("acks", name, data) for name, data in ack_files(done, digits)]
        if done.told:
            lines = "".join(findings_lines(done, digits[:STEM])).encode()
            content.append(("findings", said_file(digits), lines))
        if done.data or not done.quarantine:
            content.append(("out", out_file(digits), done.data))
        for place, name, data in content:
            if place in there:
                path = self._berth.staging(place) / name
                self._disk.remove(path)
                if large is not None and place in ("out", "quarantine"):
                    self._disk.copy(large, path)
                else:
                    self._disk.write(path, data)
                self._disk.settle(path)
                yield place, name
        for place in {place for place, _, _ in content} & set(there):
            self._disk.settle(self._berth.staging(place))

    def _discard(self, staged: list[tuple[str, str]]) -> None:
        for place, name in staged:
            self._disk.remove(self._berth.staging(place) / name)

    def _publish(self, staged: list[tuple[str, str]]) -> None:
        """Into place: answers and what is set aside first, what goes on last."""
        for place, name in staged:
            self._disk.rename(self._berth.staging(place) / name, self._berth.places[place] / name)
            self._disk.settle(self._berth.places[place])

    def _take_over(self, token: str) -> None:
        """Finish what a dead worker began: publish what the ledger says is done, do the rest anew."""
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
            self._disk.rename(left / name, self._berth.next_name())
        self._disk.settle(self._berth.taken)
        self._berth.forget(token)
