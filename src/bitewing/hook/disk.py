"""The disk, as the folder uses it: few plain steps, in one place, so that each can be made to fail."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from pathlib import Path
from typing import NamedTuple

_PIECE = 1 << 20


class Stamp(NamedTuple):
    """What tells a file from itself after it was written to."""

    size: int
    changed: int
    inode: int


class Disk:
    """Each method is one step; all raise OSError."""

    def names(self, folder: Path) -> list[str]:
        """What is in a folder, in order; nothing where there is no folder."""
        try:
            return sorted(os.listdir(folder))  # noqa: PTH208 - names, without a Path for each
        except FileNotFoundError:
            return []

    def stamp(self, path: Path) -> Stamp | None:
        """The stamp of an ordinary file, None for what is none or is gone."""
        try:
            found = path.lstat()
        except FileNotFoundError:
            return None
        return Stamp(found.st_size, found.st_mtime_ns, found.st_ino) if stat.S_ISREG(found.st_mode) else None

    def ends(self, path: Path, head: int, tail: int) -> tuple[bytes, bytes]:
        """The first and the last bytes of a file."""
        with path.open("rb") as stream:
            first = stream.read(head)
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - tail))
            return first, stream.read(tail)

    def read(self, path: Path, most: int) -> bytes:
        """A file, at most so many bytes of it."""
        with path.open("rb") as stream:
            return stream.read(most)

    def write(self, path: Path, data: bytes) -> None:
        """A new file, in the memory of the machine."""
        with path.open("xb") as stream:
            stream.write(data)

    def copy(self, path: Path, target: Path) -> None:
        """A new file with the bytes of another, piece by piece."""
        with path.open("rb") as stream, target.open("xb") as out:
            shutil.copyfileobj(stream, out, _PIECE)

    def digest(self, path: Path) -> str:
        """SHA-256 of a file, read piece by piece."""
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def settle(self, path: Path) -> None:
        """What was written, to the disk."""
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def rename(self, path: Path, target: Path) -> None:
        """Another name, at once."""
        path.rename(target)

    def remove(self, path: Path) -> None:
        """Away; nothing where it is gone already."""
        path.unlink(missing_ok=True)

    def make(self, folder: Path) -> None:
        """A folder, for its owner only."""
        folder.mkdir(mode=0o700, exist_ok=True)

    def drop(self, folder: Path) -> None:
        """An empty folder, away."""
        try:
            folder.rmdir()
        except FileNotFoundError:
            return


def is_partial_name(name: str) -> bool:
    """Whether a name says that somebody is still writing, or that it is nobody's business."""
    return name.startswith((".", "~", "#")) or name.lower().endswith(_UNFINISHED)


_UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", ".writing", ".lock", ".swp", "~")


def is_whole(head: bytes, tail: bytes) -> bool:
    """Whether a file begins with ISA and ends with IEA and its terminator, as far as its ends show."""
    if len(head) < 106 or not head.startswith(b"ISA"):
        return False
    element, terminator = head[3:4], head[105:106]
    last = tail.rstrip(b"\r\n\t \x1a").rstrip(terminator)
    ended = terminator in tail[len(last) :] or terminator in b"\r\n\t "
    return ended and last.rpartition(terminator)[2].lstrip(b"\r\n\t ").startswith(b"IEA" + element)
