"""One transaction against its guide: every fault of structure and elements, in plain words, with its place.

``faults`` explains and is slow (pyx12 takes every segment apart); ``quick.py`` says yes or no, fast.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bitewing.edi.conformance import narrow
from bitewing.edi.conformance.fault import Fault, Where
from bitewing.edi.conformance.guide_rules import RULES
from bitewing.edi.delimiters import Delimiters

if TYPE_CHECKING:
    from bitewing.edi.conformance.elements import Complaint
    from bitewing.edi.conformance.pyx12_walk import Walk

DENTAL_VERSION = "005010X224"
CHECKED = frozenset(
    {"005010X224", "005010X224A1", "005010X224A2", "005010X224A3", "005010X221", "005010X221A1", "005010X231"}
    | {"005010X231A1", "005010X214"}
)
"""The versions (GS08) that there is a map for: dental claims, remittances, 999 and 277CA."""


def faults(
    data: bytes, offset: int, delimiters: Delimiters, version: str, *, thorough: bool = False
) -> Iterator[Fault]:
    """What one transaction has against its guide, in the order of its segments.

    data: from ST to SE and its terminator, white space between segments allowed; offset: of its first byte in the
    file; version: GS08. Lists of codes that others own are not looked at, nor the counts and numbers of ST and SE. A
    version without a map gives one fault that rejects nothing. Raises nothing on any data.

    thorough: walk over everything. Otherwise the parts of a long dental transaction that the fast check accepts are
    passed over; what is found is the same.
    """
    if version not in CHECKED:
        where = Where(offset, "ST", position=1)
        yield _fault("transaction-not-checked", where, "")
        return
    # pyx12 takes a tenth of a second to load, and a clean file never needs it.
    from bitewing.edi.conformance.pyx12_walk import Walk

    walk = Walk(version, delimiters)
    place = _Place(delimiters, remittance=version.startswith("005010X221"))
    behind = 0
    for start, stop in _parts(data, delimiters, version, thorough=thorough):
        place.position += data.count(delimiters.segment, behind, start)
        yield from _walked(walk, place, data[start:stop], offset + start, delimiters)
        behind = stop
    end = place.here(offset + len(data))
    for one in walk.end():
        yield _told(one, end._replace(position=place.position + 1))


def _parts(data: bytes, delimiters: Delimiters, version: str, *, thorough: bool) -> Iterator[tuple[int, int]]:
    if thorough or len(data) < narrow.WORTHWHILE or not version.startswith(DENTAL_VERSION):
        return iter([(0, len(data))])
    return narrow.doubtful(data, delimiters)


def _walked(walk: Walk, place: _Place, data: bytes, offset: int, delimiters: Delimiters) -> Iterator[Fault]:
    """The faults of one part of a transaction."""
    for piece, at in _segments(data, offset, delimiters):
        before = place.here(at)
        if not piece:
            yield _fault("segment-empty", before._replace(segment=""), "")
            continue
        place.enter(piece)
        for one in walk.take(piece):
            yield _told(one, before._replace(position=place.position) if one.earlier else place.here(at))


class _Place:
    """Where the walk is: position in the transaction, claim, line."""

    def __init__(self, delimiters: Delimiters, *, remittance: bool) -> None:
        self._delimiters = delimiters
        self._remittance = remittance
        self.position = 0
        self._segment = self._claim = self._line = ""

    def enter(self, piece: bytes) -> None:
        """The next segment begins."""
        self.position += 1
        tag, *rest = piece.split(self._delimiters.element, 2)
        self._segment = tag.decode("latin-1")
        first = rest[0].decode("latin-1") if rest else ""
        if tag in (b"CLM", b"CLP"):
            self._claim, self._line = first, ""
        elif tag in (b"HL", b"SE", b"PLB") or (tag == b"LX" and self._remittance):
            self._claim = self._line = ""
        elif tag == b"LX" and self._claim:
            self._line = first

    def here(self, offset: int) -> Where:
        """The segment last entered, at this offset."""
        return Where(offset, self._segment, position=self.position, claim=self._claim, line=self._line)


def _segments(data: bytes, offset: int, delimiters: Delimiters) -> Iterator[tuple[bytes, int]]:
    """The segments and their offsets, empty ones too, without the white space before them."""
    filler, begin = delimiters.filler, 0
    while begin < len(data):
        end = data.find(delimiters.segment, begin)
        end = len(data) if end < 0 else end
        piece = data[begin:end].lstrip(filler)
        if piece or end < len(data):
            yield piece, offset + end - len(piece)
        begin = end + 1


def _told(one: Complaint, where: Where) -> Fault:
    where = where._replace(
        segment=one.segment, loop=one.loop, element=one.element, component=one.component,
        repetition=2 if one.rule == "too-many-repetitions" else 0, data_element=one.data_element,
    )  # fmt: skip
    place = where.reference if one.element and one.rule != "too-many-elements" else one.segment
    place = (place or "what stands there") + (f" ({one.name})" if one.name else "")
    loop = f"loop {one.loop} ({one.loop_name})" if one.loop else "the transaction"
    return _fault(one.rule, where, one.value, place=place, loop=loop, low=one.low, high=one.high, note=one.note)


def _fault(rule: str, where: Where, value: str, **facts: object) -> Fault:
    said = RULES[rule]
    message, remedy = said.message.format(**facts), said.remedy.format(**facts)
    return Fault(rule, said.snip, said.scope, where, message, remedy, said.code, value.encode("latin-1"), said.rejects)
