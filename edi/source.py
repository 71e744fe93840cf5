"""Where the bytes of a file are kept while they are read: in memory, in a file, or spooled from a stream."""

from __future__ import annotations

import os
from io import FileIO
from pathlib import Path
from typing import IO, Protocol

from bitewing.edi.errors import NotReadable

_SPOOL_IN_MEMORY = 8 << 20


class Source(Protocol):
    """Bytes that can be read again from any place."""

    size: int

    def read(self, offset: int, length: int) -> bytes:
        """The bytes [offset, offset + length), fewer at the end."""
        ...

    def unchanged(self) -> bool:
        """Whether the bytes are still those that were there when the source was opened."""
        ...

    def close(self) -> None: ...


class BytesSource:
    """Bytes already in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read(self, offset: int, length: int) -> bytes:
        if offset == 0 and length >= self.size:
            return self._data
        return self._data[offset : offset + length]

    def unchanged(self) -> bool:
        return True

    def close(self) -> None:
        pass


class FileSource:
    """A file on disk, read by place; memory does not grow with it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Without a buffer: blocks are larger than one, and a claim read again needs no more than its own bytes.
        self._file: FileIO = path.open("rb", buffering=0)
        self._stamp = _stamp(os.fstat(self._file.fileno()))
        self.size = self._stamp[0]

    def read(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        data = self._file.read(length) or b""
        while len(data) < min(length, self.size - offset) and (more := self._file.read(length - len(data))):
            data += more
        if len(data) < min(length, self.size - offset):
            raise NotReadable("the file became shorter while it was read", None, "run again when it is whole")
        return data

    def unchanged(self) -> bool:
        try:
            return _stamp(os.fstat(self._file.fileno())) == _stamp(self._path.stat()) == self._stamp
        except OSError:
            return False

    def close(self) -> None:
        self._file.close()


def _stamp(state: os.stat_result) -> tuple[int, int, int, int]:
    """What tells a file from another, and from itself when it was written to."""
    return state.st_size, state.st_mtime_ns, state.st_ino, state.st_dev


class SpooledSource:
    """A stream that can be read once (standard input), kept in memory while small and on disk after that."""

    def __init__(self, stream: IO[bytes]) -> None:
        import tempfile  # most runs read files and never come here

        self._spool = tempfile.SpooledTemporaryFile(max_size=_SPOOL_IN_MEMORY)  # noqa: SIM115 - closed by close()
        while chunk := stream.read(1 << 20):
            self._spool.write(chunk)
        self.size = self._spool.tell()

    def read(self, offset: int, length: int) -> bytes:
        self._spool.seek(offset)
        return self._spool.read(length)

    def unchanged(self) -> bool:
        return True

    def close(self) -> None:
        self._spool.close()
