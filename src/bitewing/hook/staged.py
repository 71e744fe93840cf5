"""What came of a file, written beside its places and brought to the disk, and then put there by renaming."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bitewing.hook.claimed import Berth
from bitewing.hook.disk import Disk
from bitewing.hook.files import STEM, ack_files, aside_files, out_file, said_file
from bitewing.hook.result import Processed
from bitewing.hook.says import findings_lines

Staged = list[tuple[str, str]]
"""Place and file name of each."""


class Stage:
    """The folders of one worker beside the places."""

    def __init__(self, disk: Disk, berth: Berth) -> None:
        self._disk, self._berth = disk, berth

    def write(self, done: Processed, digits: str, large: Path | None) -> Staged:
        """Write what came of a file. digits: SHA-256 of the input. large: a file too large to be processed, which goes
        on or is set aside as it is. Raises OSError."""
        return list(self._written(done, digits, large))

    def _written(self, done: Processed, digits: str, large: Path | None) -> Iterator[tuple[str, str]]:
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

    def discard(self, staged: Staged) -> None:
        """Away with it. Raises OSError."""
        for place, name in staged:
            self._disk.remove(self._berth.staging(place) / name)

    def clear(self, digits: str) -> None:
        """Away with whatever was written for a file. Raises OSError."""
        for place in self._berth.places:
            names = self._disk.names(self._berth.staging(place))
            self.discard([(place, name) for name in names if name.startswith(digits[:STEM])])

    def publish(self, staged: Staged) -> None:
        """Into place: answers and what is set aside first, what goes on last. Raises OSError."""
        for place, name in staged:
            self._disk.rename(self._berth.staging(place) / name, self._berth.places[place] / name)
            self._disk.settle(self._berth.places[place])
