"""Bytes that wait: in memory while they are few, then in a temporary file that no name leads to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

IN_MEMORY = 4 << 20
"""Bytes."""
_PIECE = 1 << 20


def spool() -> IO[bytes]:
    """An empty one, to be written, then read once with ``spooled`` and closed."""
    import tempfile  # only here: reading answers needs none

    return tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)


def spooled(stream: IO[bytes]) -> Iterator[bytes]:
    """What was written, from its start."""
    stream.seek(0)
    while piece := stream.read(_PIECE):
        yield piece
