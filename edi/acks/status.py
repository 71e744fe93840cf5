"""Which status a 277CA gives for a fault: a category (A3 to A8), a status code, and whom it is about.

The codes are those of the public lists for STC01; ``status.tsv`` says which one stands for which place in a claim.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bitewing.edi.conformance.fault import Fault, Scope

RECEIVED = "A1"
"""The batch has arrived."""
FOR_PROCESSING = "A2"
UNPROCESSABLE = "A3"
MISSING, INVALID, RELATED = "A6", "A7", "A8"
ACKNOWLEDGED, ACCEPTED, INCOMPLETE, FORMAT, OF_LINES = "19", "20", "21", "481", "247"
OUT_OF_BALANCE, ANY_NUMBER = "400", "153"
_ABSENT = {Scope.SEGMENT: {"3", "I6", "I7", "I8"}, Scope.ELEMENT: {"1", "2", "I9", "I11"}}
_MALFORMED = {"4", "5", "6", "7", "8", "9", "I6", "I12"}
_ENTITIES = {
    "1000A": "41",
    "1000B": "40",
    "2000A": "85",
    "2010AA": "85",
    "2010AB": "87",
    "2010AC": "87",
    "2000B": "IL",
    "2010BA": "IL",
    "2010BB": "PR",
    "2000C": "QC",
    "2010CA": "QC",
    "2310A": "DN",
    "2310B": "82",
    "2310C": "77",
    "2310E": "DQ",
    "2330A": "GB",
    "2330B": "PR",
    "2420A": "82",
    "2420C": "DQ",
    "2420D": "77",
}
"""STC01-3 by loop: whom the name, number or address belongs to. A loop without one gives the general status."""


class Status(NamedTuple):
    """C043: category, status, entity ("" where the code needs none)."""

    category: str
    code: str
    entity: str = ""


class _Row(NamedTuple):
    loop: str
    place: str
    code: str
    entity: bool

    def fits(self, loop: str, reference: str) -> bool:
        return (self.loop == "*" or loop.startswith(self.loop)) and (
            self.place == "*" or reference.startswith(self.place)
        )


@cache
def _rows() -> tuple[_Row, ...]:
    text = (Path(__file__).parent / "status.tsv").read_text(encoding="utf-8")
    _, *rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return tuple(_Row(loop, place, code, entity == "yes") for loop, place, code, entity in rows)


def status_of(fault: Fault) -> Status:
    """The status for one fault.

    The category says how it is wrong: what is missing A6, what is malformed or not in its list A7, what does not agree
    with something else (SNIP 3 and 4) A8, all else A3. The code says where; 21 where no narrower one is known.
    """
    if fault.scope <= Scope.TRANSACTION:
        return Status(UNPROCESSABLE, FORMAT)
    category = _category(fault)
    if fault.snip == 3:
        return Status(category, OUT_OF_BALANCE)
    where = fault.where
    return Status(category, *_place(where.loop, where.reference or where.segment))


def _category(fault: Fault) -> str:
    if fault.snip in (3, 4):
        return RELATED
    if fault.code in _ABSENT[fault.scope]:
        return MISSING
    malformed = fault.scope is Scope.ELEMENT and fault.code in _MALFORMED
    return INVALID if malformed or fault.snip in (5, 6) else UNPROCESSABLE


def place_of(loop: str, reference: str) -> str:
    """The status code (STC01-2) of a place: what it holds, so to say. 21 where no narrower one is known."""
    return next((row.code for row in _rows() if row.fits(loop, reference)), INCOMPLETE)


@cache
def _place(loop: str, reference: str) -> tuple[str, str]:
    entity = _ENTITIES.get(loop, "")
    for row in _rows():
        if row.fits(loop, reference):
            if not row.entity:
                return row.code, ""
            if entity:
                return row.code, entity
    return INCOMPLETE, ""


def statuses(faults: Iterable[Fault]) -> list[Status]:
    """Those of the rejecting faults, each once, in order."""
    return list(dict.fromkeys(status_of(fault) for fault in faults if fault.rejects))
