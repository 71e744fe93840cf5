"""Names and places of what belongs to a file: by its content, so that they tell nothing and are the same every time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from bitewing.edi.output import write_whole
from bitewing.hook.result import Processed

STEM = 32
"""Characters of the SHA-256 that name a file."""
ENDINGS = {"ta1": "ta1", "999": "999", "277ca": "277"}


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def ack_files(done: Processed, digits: str) -> Iterator[tuple[str, bytes]]:
    """The answers with their file names. digits: SHA-256 of the input."""
    for name, said in done.acks.items():
        yield f"{digits[:STEM]}.{ENDINGS[name]}", said


def aside_files(done: Processed, digits: str) -> Iterator[tuple[str, bytes]]:
    """What is set aside, with file names."""
    for number, one in enumerate(done.quarantine, 1):
        yield f"{digits[:STEM]}-{number}.837", one.data


def out_file(digits: str) -> str:
    """The name of what goes on."""
    return f"{digits[:STEM]}.837"


def said_file(digits: str) -> str:
    """The name of what is said of it."""
    return f"{digits[:STEM]}.jsonl"


def write_folder(
    done: Processed, data: bytes, acks: Path | None, quarantine: Path | None, rest: Iterable[bytes] = ()
) -> None:
    """Write answers and what is set aside, each whole or not at all. Raises OutputError.

    rest: of an input that is too long to be processed; it is set aside with its beginning.
    """
    digits = digest(data)
    if quarantine is not None:
        for name, content in aside_files(done, digits):
            write_whole(quarantine / name, chain([content], rest if done.quarantine[0].data is data else ()))
    if acks is not None:
        for name, content in ack_files(done, digits):
            write_whole(acks / name, [content])
