"""Writing a file whole or not at all: temporary file beside it, fsync, rename, fsync of the folder."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bitewing.edi.edit import Edit
from bitewing.edi.errors import EditError, OutputError, Spot
from bitewing.edi.source import Source

_PIECE = 256 << 10
"""Bytes copied or compared at once: few enough to stay in the processor's cache."""
_RETRY = {errno.ENOSPC, errno.EDQUOT, errno.EAGAIN, errno.EIO, errno.ENFILE, errno.EMFILE, errno.ENOLCK}


def write_whole(path: Path, pieces: Iterable[bytes], check: Callable[[Path], None] | None = None) -> int:
    """Write the pieces as one file and return its length; whatever fails, path is as it was before.

    check: called with the path of the finished temporary file before it takes path's place; what it raises leaves
    path alone. The permissions of a file that is replaced are kept. Raises OutputError.
    """
    import tempfile  # a check writes nothing, and need not wait for this

    path = path.resolve()  # a link stays, and what it leads to is written
    if path.exists() and not path.is_file():
        raise OutputError(f"{path}: this is no ordinary file; write to one, or to standard output with -", retry=False)
    folder = path.parent
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:80]}.", suffix=".part", dir=folder)
    except OSError as error:
        raise _output_error(path, error) from None
    temporary = Path(name)
    try:
        length = 0
        with os.fdopen(handle, "wb") as stream:
            for piece in pieces:
                stream.write(piece)
                length += len(piece)
            stream.flush()
            with _synced_meanwhile(stream.fileno()):
                if check is not None:
                    check(temporary)
        temporary.chmod(_mode(path))
        temporary.replace(path)
    except OSError as error:
        raise _output_error(path, error) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    try:
        _sync_folder(folder)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise OutputError(
            f"{path}: written, but it may not outlast a power cut: {reason}; run again", retry=True
        ) from None
    return length


@contextlib.contextmanager
def _synced_meanwhile(handle: int) -> Iterator[None]:
    """Have the disk store a file while something else is done. Raises OSError at the end where it could not."""
    failed: list[BaseException] = []
    own = os.dup(handle)  # whatever interrupts this one, the other does not wait for a number that was given away

    def sync() -> None:
        try:
            _synced(own)
        except BaseException as error:
            failed.append(error)

    syncing = threading.Thread(target=sync)
    try:
        syncing.start()
    except RuntimeError:  # there cannot be one more
        sync()
    try:
        yield
    finally:
        if syncing.ident is not None:
            syncing.join()
    if failed:
        raise failed[0]


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    """Make the rename itself last. Folders cannot be opened on every system; there the rename is all there is."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    _synced(handle)


def to_disk(path: Path) -> None:
    """What was written in a file, or renamed in a folder, to the disk. Raises OSError."""
    _synced(os.open(path, os.O_RDONLY))


def _synced(handle: int) -> None:
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _output_error(path: Path, error: OSError) -> OutputError:
    reason = error.strerror or type(error).__name__
    retry = error.errno in _RETRY
    mend = "run again when there is room" if retry else "choose another place or mend its permissions"
    return OutputError(f"{path}: nothing was written: {reason}; {mend}", retry=retry)


def spliced(source: Source, edits: Iterable[Edit]) -> Iterator[bytes]:
    """The bytes of a source with edits made, piece by piece.

    Raises EditError where an edit does not find the bytes it was made for, or two of them overlap.
    """
    place = 0
    for edit in edits:
        if edit.offset < place:
            raise EditError("two edits overlap", Spot(edit.offset))
        yield from _copy(source, place, edit.offset)
        if source.read(edit.offset, len(edit.before)) != edit.before:
            raise EditError("an edit does not fit the file", Spot(edit.offset))
        yield edit.after
        place = edit.end
    yield from _copy(source, place, source.size)


def _copy(source: Source, start: int, stop: int) -> Iterator[bytes]:
    while start < stop:
        piece = source.read(start, min(_PIECE, stop - start))
        yield piece
        start += len(piece)


def differs(before: Source, after: Source, edits: Iterable[Edit]) -> int:
    """The offset in ``before`` at which ``after`` is not what the declared edits make of it, or -1 where it is that."""
    place, other = 0, 0
    for edit in (*edits, Edit(before.size, b"", b"\0")):
        step = edit.offset - place
        at = 0
        while at < step:
            size = min(_PIECE, step - at)
            if before.read(place + at, size) != after.read(other + at, size):
                return place + at
            at += size
        place, other = edit.offset, other + step
        if edit.offset == before.size and edit.after == b"\0":
            break
        if after.read(other, len(edit.after)) != edit.after:
            return place
        place, other = edit.end, other + len(edit.after)
    return -1 if other == after.size else place
