"""Fixes that recode lines: in place, or as two lines where one unit takes another code than the rest.

Films and money stay: the units of the two lines add up to those of the one, their charges to its charge, to the cent.
A new line is appended behind the claim's last one, so that no other line is renumbered.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from bitewing.edi.claim import Claim
from bitewing.edi.edit import Edit
from bitewing.edi.finding import Fix
from bitewing.edi.line import Line
from bitewing.edi.loops import Segment
from bitewing.edi.values import CENT, money_text

_CODE, _CHARGE, _QUANTITY = 1, 2, 6
_LONGEST_CONTROL_NUMBER = 30  # REF*6R: a receiver need keep no more (domain of 005010X224A2, 2400 REF02)


class Recode(NamedTuple):
    """What becomes of a line: ``code`` for its first unit, ``rest`` for the others ("" where all take ``code``)."""

    line: Line
    code: str
    rest: str = ""

    @property
    def splits(self) -> bool:
        """Whether the line becomes two."""
        return bool(self.rest) and self.rest != self.code and self.line.units > 1


def recode(title: str, safety: str, recodes: Sequence[Recode]) -> Fix:
    """The fix that recodes these lines."""
    edits: list[Edit] = []
    appended: dict[Claim, list[Recode]] = {}
    for change in recodes:
        if change.splits:
            appended.setdefault(change.line.claim, []).append(change)
        else:
            edits.append(_replaced(_service(change.line), code=change.code))
    splits: list[int] = []
    for claim, changes in appended.items():
        new = b""
        for number, change in enumerate(changes, start=len(claim.lines) + 1):
            first, text = _split(change, number, [c.line for c in changes[: number - len(claim.lines) - 1]])
            edits.append(first)
            new += text
            splits.append(claim.lines.index(change.line))
        edits.append(Edit(_end(claim.lines[-1]), b"", new))
    return Fix(title, safety, tuple(sorted(edits)), tuple(splits))


def reprice(title: str, safety: str, line: Line, charge: Decimal) -> Fix:
    """The fix that sets a line's charge and moves the claim's total by the difference. Only ever on request."""
    claim = line.claim
    clm = claim.segment(b"CLM")
    assert clm is not None
    assert claim.charge is not None
    assert line.charge is not None
    total = money_text(claim.charge - line.charge + charge, clm.element(2))
    edits = [_replaced(_service(line), charge=money_text(charge, _service(line).element(_CHARGE)))]
    edits.append(_edit(clm, _with(clm, {2: total})))
    return Fix(title, safety, tuple(sorted(edits)))


def recount(title: str, safety: str, line: Line, units: int) -> Fix:
    """The fix that sets a line's quantity (SV306)."""
    return Fix(title, safety, (_replaced(_service(line), quantity="" if units == 1 else str(units)),))


def _split(change: Recode, number: int, earlier: Sequence[Line]) -> tuple[Edit, bytes]:
    """The edit that leaves one unit on the line, and the text of the new line that carries the rest."""
    line = change.line
    service = _service(line)
    assert line.charge is not None
    said = service.element(_CHARGE)
    one = (line.charge / line.units).quantize(CENT, ROUND_HALF_UP)
    first = _replaced(service, code=change.code, charge=money_text(one, said), quantity="")
    left = line.units - 1
    quantity = str(left) if left > 1 else ""
    rest = _service_text(service, change.rest, money_text(line.charge - one, said), quantity)
    text = _raw(line)
    terminator = line.loop.delimiters.segment
    lx = line.loop.pieces[0]
    text = text.replace(lx + terminator, _lx(line, number) + terminator, 1)
    text = text.replace(service.data + terminator, rest + terminator, 1)
    control = line.segment(b"REF", b"6R")
    if control is not None and control.element(2):
        fresh = _with(control, {2: control_number(line, earlier)})
        text = text.replace(control.data + terminator, fresh + terminator, 1)
    return first, text


def control_number(line: Line, earlier: Sequence[Line] = ()) -> str:
    """A REF*6R for a line taken from this one: like it, and unlike any other of the claim in its first 30 characters.

    earlier: lines of the claim that were split before in the same fix.
    """
    claim = line.claim
    taken = {other.control_number[:_LONGEST_CONTROL_NUMBER].upper() for other in claim.lines}
    for other in earlier:
        if other.control_number:
            taken.add(control_number(other).upper())
    delimiters = claim.delimiters
    marks = (delimiters.element + delimiters.component + delimiters.repetition + delimiters.segment).decode("latin-1")
    hyphen = next((mark for mark in "-./" if mark not in marks), "")
    for count in range(1, 10_000):
        ending = hyphen + ("B" if count == 1 else f"B{count}")
        made = line.control_number[: _LONGEST_CONTROL_NUMBER - len(ending)] + ending
        if made.upper() not in taken:
            return made
    raise AssertionError("a claim has at most 50 lines")


def _service(line: Line) -> Segment:
    assert line.service is not None  # the guard has seen it
    return line.service


def _lx(line: Line, number: int) -> bytes:
    separator = line.loop.delimiters.element
    return b"LX" + separator + str(number).encode()


def _replaced(service: Segment, code: str = "", charge: str = "", quantity: str | None = None) -> Edit:
    said = service.element(_QUANTITY) if quantity is None else quantity
    return _edit(service, _service_text(service, code, charge or service.element(_CHARGE), said))


def _service_text(service: Segment, code: str, charge: str, quantity: str) -> bytes:
    """SV3 with another code, charge and quantity; every other element as it was."""
    changes = {_CHARGE: charge}
    if code:
        component = service.delimiters.component.decode("latin-1")
        parts = service.components(_CODE)
        parts[1] = code
        changes[_CODE] = component.join(parts)
    if quantity != service.element(_QUANTITY):
        changes[_QUANTITY] = quantity
    return _with(service, changes)


def _with(segment: Segment, changes: dict[int, str]) -> bytes:
    """The segment with some elements changed. Where the last one becomes empty, nothing trails behind it."""
    elements = list(segment.elements)
    trailing = len(elements)
    for position, value in changes.items():
        while len(elements) <= position:
            elements.append(b"")
        elements[position] = value.encode("latin-1")
    if trailing - 1 in changes and not elements[-1]:
        while elements and not elements[-1]:
            elements.pop()
    return segment.delimiters.element.join(elements)


def _edit(segment: Segment, after: bytes) -> Edit:
    terminator = segment.delimiters.segment
    return Edit(segment.offset, segment.data + terminator, after + terminator)


def _last(line: Line) -> Segment:
    return list(line.loop.walk())[-1]


def _end(line: Line) -> int:
    """Behind the terminator of the line's last segment."""
    return _last(line).end + 1


def _raw(line: Line) -> bytes:
    """The line's bytes as they stand, with what stands before LX (a line break, an indent)."""
    claim = line.claim
    start, stop = line.offset - claim.offset, _end(line) - claim.offset
    before = claim.data.rfind(claim.delimiters.segment, 0, start) + 1
    return claim.data[before:stop]
