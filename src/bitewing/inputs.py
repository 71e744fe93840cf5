"""Which files are meant: names, folders and patterns become a list of paths, and a path a document."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Set
from pathlib import Path

from bitewing.edi.document import Document
from bitewing.edi.source import FileSource, SpooledSource

SUFFIXES = {"", ".837", ".837d", ".edi", ".x12", ".txt", ".dat", ".clm"}
"""What is taken from a folder. A file that is named is taken whatever it is called."""


REMITTANCES = {".835", ".era"}
"""What is taken from a folder too where remittances are meant."""


class InputError(Exception):
    """A name that means no file."""


def opened(path: Path, name: str = "") -> Document:
    """The document at a path, ``-`` for standard input; name: what messages call it. Raises OSError."""
    source = SpooledSource(sys.stdin.buffer) if str(path) == "-" else FileSource(path)
    return Document(source, name or str(path))


def expand(names: Iterable[str], suffixes: Set[str] = SUFFIXES) -> list[Path]:
    """The files in order, each once: folders with what is in and below them, patterns that a shell did not expand.

    ``-`` stands for standard input and stays. Raises InputError where a name means nothing.
    """
    found: dict[Path, None] = {}
    for name in names:
        path = Path(name)
        if name == "-" or path.is_file():
            found[path] = None
        elif path.is_dir():
            files = sorted(one for one in path.rglob("*") if _taken(one, path, suffixes))
            if not files:
                raise InputError(
                    f"{name}: no interchange files in this folder (looked for {' '.join(sorted(suffixes))})"
                )
            found.update(dict.fromkeys(files))
        elif path.exists():
            raise InputError(f"{name}: this is neither a file nor a folder")
        elif matches := _matching(name):
            found.update(dict.fromkeys(matches))
        else:
            raise InputError(f"{name}: there is no such file")
    return list(found)


def _matching(pattern: str) -> list[Path]:
    import glob  # costs more than the rest of this file

    # PTH207: a pattern may be absolute, which Path.glob does not take.
    return [Path(one) for one in sorted(glob.glob(pattern, recursive=True)) if Path(one).is_file()]  # noqa: PTH207


def _taken(path: Path, folder: Path, suffixes: Set[str]) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.is_file() and not hidden and path.suffix.lower() in suffixes
