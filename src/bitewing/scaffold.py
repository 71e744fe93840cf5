"""A new pass to begin with: a file that already runs, with examples that already hold."""

from __future__ import annotations

import re
from pathlib import Path

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_CODE = re.compile(r"[A-Z]\d{3}")

_TEMPLATE = '''"""{code}: say in one line what is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, flag


@check(
    "{code}",
    "{name}",
    looks_at={{"D0999"}},
    source="where the rule comes from",
    examples=(
        Example("a case that it finds", ("C1: D0999 50.00",), ("flag 1",)),
        Example("a case on which it is silent", ("C1: D0120 58.00",)),
    ),
)
def {function}(day: Day) -> Iterator[Remark]:
    """One sentence that names the fault.

    Why it matters, what is left alone and for what reason: this is the pass's page in ``bitewing explain``.
    """
    lines = day.of("D0999")
    if lines:
        yield flag(lines, "What is wrong, and what the person should do.")
'''


class ScaffoldError(Exception):
    """A name, code or folder that a new pass cannot have."""


def scaffold(name: str, code: str, folder: Path) -> Path:
    """Write a new pass and return its file. Raises ScaffoldError; nothing is written over."""
    if _NAME.fullmatch(name) is None:
        raise ScaffoldError(
            f"{name!r} is no name for a pass: name the fault in lower case with hyphens, film-without-date"
        )
    if _CODE.fullmatch(code) is None:
        raise ScaffoldError(f"{code!r} is no code for a pass: a capital letter and three digits, Z101")
    path = folder / f"{name.replace('-', '_')}.py"
    text = _TEMPLATE.format(code=code, name=name, function=name.replace("-", "_"))
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise ScaffoldError(f"{path}: this file is there already; choose another name") from None
    except OSError as error:
        raise ScaffoldError(f"{path}: it cannot be written: {error.strerror}; choose another folder") from None
    return path
