"""Procedure codes that the passes reason about: kind, family, films a unit stands for, and the years they are valid.

Codes and relations only, with short words of our own; CDT's descriptors are the ADA's. Years: a code is valid for dates
of service from January 1 of its first year to December 31 before its deletion year.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Procedure(NamedTuple):
    """One code.

    kind: full (capture and reading), capture (capture only), reading, post, scan, evaluation, consultation, screening,
    teledentistry, other. images: films a unit stands for, None for a series, study or volume. capture_only: the code
    that reports the same image as captured only. photo_included: some payers hold photographs to be part of it.
    """

    code: str
    label: str
    kind: str
    family: str = ""
    images: int | None = None
    first_year: int | None = None
    deleted_year: int | None = None
    capture_only: str = ""
    photo_included: bool = False
    set_of_images: bool = False

    def valid_on(self, day: date) -> bool:
        """Whether the code may be used for this date of service."""
        return not (
            (self.first_year is not None and day.year < self.first_year)
            or (self.deleted_year is not None and day.year >= self.deleted_year)
        )


def _rows(name: str) -> list[dict[str, str]]:
    text = (Path(__file__).parent / name).read_text(encoding="ascii")
    heads, *lines = text.splitlines()
    return [dict(zip(heads.split("\t"), line.split("\t"), strict=True)) for line in lines]


def _year(text: str) -> int | None:
    return int(text) if text else None


@cache
def procedures() -> dict[str, Procedure]:
    """Every code in the tables, by code."""
    found = {}
    for row in _rows("imaging.tsv"):
        images = row["images"]
        found[row["code"]] = Procedure(
            row["code"],
            row["label"],
            row["kind"],
            row["family"],
            int(images) if images.isdigit() else None,
            _year(row["first_year"]),
            _year(row["deleted_year"]),
            row["capture_only"],
            set_of_images=images in ("2", "3", "4", "7-8", "series"),
        )
    for row in _rows("evaluation.tsv"):
        found[row["code"]] = Procedure(
            row["code"],
            row["label"],
            row["kind"],
            first_year=_year(row["first_year"]),
            photo_included=row["photo_included"] == "yes",
        )
    for row in _rows("other.tsv"):
        found[row["code"]] = Procedure(row["code"], row["label"], "other", deleted_year=_year(row["deleted_year"]))
    return found


def codes(*, kind: str = "", family: str = "") -> frozenset[str]:
    """The codes of a kind, a family, or both."""
    return frozenset(
        procedure.code
        for procedure in procedures().values()
        if (not kind or procedure.kind == kind) and (not family or procedure.family == family)
    )


FIRST_PA = "D0220"
OTHER_PA = "D0230"
PERIAPICALS = frozenset({FIRST_PA, OTHER_PA})
PHOTO = "D0350"
READING = "D0391"
CAPTURED_SERIES = frozenset({"D0709", "D0387"})
FULL_SERIES = frozenset({"D0210", "D0372"}) | CAPTURED_SERIES
CAPTURED_PERIAPICALS = frozenset({"D0707", "D0374", "D0389"})
EVALUATIONS = codes(kind="evaluation") | codes(kind="consultation")
TELEDENTISTRY = codes(kind="teledentistry")
CAPTURE_ONLY = codes(kind="capture")


def captured_as(code: str) -> str:
    """The code that reports the same image as captured only, "" where there is none."""
    known = procedures().get(code)
    return known.capture_only if known is not None and known.kind == "full" else ""


@cache
def full_codes_of(capture: str) -> frozenset[str]:
    """The codes that report the image of a capture-only code as captured and read (D0707: D0220 and D0230)."""
    return frozenset(code for code in procedures() if captured_as(code) == capture)


FULL_CODES = frozenset(code for code in procedures() if captured_as(code))
"""Codes for capture and reading whose image has a capture-only code too."""
