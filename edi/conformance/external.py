"""Code lists that others own and the user supplies: ``NAME=FILE``, one code a line, with the days it is valid if known.

Where no list is supplied only the shape of a code is looked at. None is shipped: CDT, taxonomy, CARC, RARC and ICD are
licensed or change often.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from bitewing.edi.values import day

NAMES = {
    "procedure": "SV301-2 and SVD03-2 under qualifier AD",
    "diagnosis": "HI, without the decimal point",
    "taxonomy": "PRV03",
    "place-of-service": "CLM05-1 and SV303",
    "filing-indicator": "SBR09",
    "state": "N402 of addresses in the United States and Canada",
    "country": "N404",
    "adjustment-reason": "CAS02, 05, 08 ... (CARC)",
    "remark": "LQ02 under HE (RARC)",
}
"""The lists that are asked for, and what they hold for."""


class CodeListError(ValueError):
    """A code list that cannot be read: what, in which line, and how to mend it."""


class CodeList:
    """One list: codes with the days from and to which they are valid, both included, None where that is open."""

    def __init__(self, name: str, codes: Mapping[str, tuple[tuple[date | None, date | None], ...]]) -> None:
        self.name = name
        self._codes = dict(codes)

    def __len__(self) -> int:
        return len(self._codes)

    def __contains__(self, code: str) -> bool:
        return code in self._codes

    def valid(self, code: str, on: date) -> bool:
        """Whether the list has the code for that day."""
        periods = self._codes.get(code, ())
        return any((not start or start <= on) and (not end or on <= end) for start, end in periods)


CodeLists = Mapping[str, CodeList]
NO_LISTS: CodeLists = {}


def read_code_list(name: str, lines: Iterable[str]) -> CodeList:
    """A list from text: ``CODE``, or ``CODE,FROM,TO`` (tabs too) with CCYYMMDD or CCYY-MM-DD, either left empty.

    Empty lines and what follows ``#`` do not count; a code may have several lines. Raises CodeListError.
    """
    if name not in NAMES:
        raise CodeListError(f"there is no code list {name!r}; there are {', '.join(NAMES)}")
    codes: dict[str, list[tuple[date | None, date | None]]] = {}
    for number, line in enumerate(lines, start=1):
        said = line.partition("#")[0].strip().lstrip("\ufeff")
        if not said:
            continue
        code, *days = (field.strip() for field in re.split(r"[,\t]", said))
        try:
            start, end = (*(_day(one) for one in days), None, None)[:2]
        except ValueError:
            raise CodeListError(f"line {number}: not a date; write CODE,CCYYMMDD,CCYYMMDD") from None
        if not code or len(days) > 2 or (start and end and end < start):
            raise CodeListError(f"line {number}: write CODE, or CODE,FROM,TO with FROM not after TO")
        codes.setdefault(code, []).append((start, end))
    if not codes:
        raise CodeListError(f"the code list {name} holds no code; write one code a line")
    return CodeList(name, {code: tuple(periods) for code, periods in codes.items()})


def load_code_lists(said: Iterable[str]) -> dict[str, CodeList]:
    """Lists from ``NAME=FILE`` words. Raises CodeListError, and OSError where a file cannot be read."""
    found = {}
    for word in said:
        name, equals, file = word.partition("=")
        if not equals or not file:
            raise CodeListError("write NAME=FILE, such as procedure=cdt.txt")
        try:
            text = Path(file).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise CodeListError(f"the code list {name} is not text in UTF-8") from None
        try:
            found[name] = read_code_list(name, text.splitlines())
        except CodeListError as error:
            raise CodeListError(f"{file}: {error}") from None
    return found


def _day(text: str) -> date | None:
    return day(text.replace("-", "")) if text else None
