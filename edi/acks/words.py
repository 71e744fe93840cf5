"""Our own few words for the codes of acknowledgements. A code without words is shown as it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def _words() -> dict[tuple[str, str], str]:
    text = (Path(__file__).parent / "words.tsv").read_text(encoding="utf-8")
    _, *rows = (line.split("\t") for line in text.splitlines())
    return {(codes, code): words for codes, code, words in rows}


def words(codes: str, code: str) -> str:
    """What a code says, "" where there are no words for it.

    codes: the element whose list it is of: TA105, AK905, IK502, IK304, IK403, STC01-1, STC01-2, STC01-3, GS01.
    """
    return _words().get((codes, code), "")
