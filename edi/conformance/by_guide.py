"""One transaction against its guide: every fault of structure and elements, in plain words, with its place.

``faults`` explains and is slow (pyx12 takes every segment apart); ``quick.py`` says yes or no, fast.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from bitewing.edi.conformance.fault import Fault, Where
from bitewing.edi.conformance.guide_rules import RULES
from bitewing.edi.delimiters import Delimiters

if TYPE_CHECKING:
    from bitewing.edi.conformance.elements import Complaint

CHECKED = frozenset(
    {"005010X224", "005010X224A1", "005010X224A2", "005010X224A3", "005010X221", "005010X221A1", "005010X231"}
    | {"005010X231A1", "005010X214"}
)
"""The versions (GS08) that there is a map for: dental claims, remittances, 999 and 277CA."""


class Part(NamedTuple):
    """Whole segments of a transaction. right: whether they are a header, HL or claim that is known to be as the guide
    wants it, and to stand where it may: then it is taken apart only where what follows needs it."""

    data: bytes
    offset: int
    right: bool = False
    level: bytes = b""
    """HL03 of an HL, b"" of anything else."""


def faults(data: bytes, offset: int, delimiters: Delimiters, version: str) -> Iterator[Fault]:
    """What one transaction has against its guide: ``explained`` for a transaction in one piece."""
    return explained((Part(data, offset),), delimiters, version)


def explained(parts: Iterable[Part], delimiters: Delimiters, version: str) -> Iterator[Fault]:
    """What one transaction has against its guide, in the order of its segments.

    parts: joined they are the transaction, from ST to SE and its terminator, white space between segments allowed;
    version: GS08. Lists of codes that others own are not looked at, nor the counts and numbers of ST and SE. A version
    without a map gives one fault that rejects nothing. Raises nothing on any data.
    """
    if version not in CHECKED:
        where = Where(next(iter(parts)).offset, "ST", position=1)
        yield _fault("transaction-not-checked", where, "")
        return
    walk = _Explanation(delimiters, version)
    for part in parts:
        yield from walk.take(part)
    yield from walk.end()


class _Explanation:
    """Walks over the parts. Of those that are right only what leads to a part to explain is gone through, and the part
    behind it: what is missing at the end of one is noticed in the next."""

    def __init__(self, delimiters: Delimiters, version: str) -> None:
        # pyx12 takes a tenth of a second to load, and a clean file never needs it.
        from bitewing.edi.conformance.pyx12_walk import Walk

        self._walk = Walk(version, delimiters)
        self._delimiters = delimiters
        self._place = _Place(delimiters, remittance=version.startswith("005010X221"))
        self._context: list[Part] = []
        self._wary = False
        self._end = 0

    def take(self, part: Part) -> Iterator[Fault]:
        """The next part."""
        self._end = part.offset + len(part.data)
        if part.right and not self._wary:
            self._skip(part)
            return
        yield from self._catch_up()
        yield from self._go_through(part)
        # An HL asks for what stands below it, so that the first claim under it is gone through, too.
        self._wary = not part.right or bool(part.level)

    def end(self) -> Iterator[Fault]:
        """Behind the last part: what is still missing."""
        end = self._place.here(self._end)
        for one in self._walk.end() if self._wary else ():
            yield _told(one, end._replace(position=self._place.position + 1))

    def _skip(self, part: Part) -> None:
        for piece, _ in _segments(part.data, part.offset, self._delimiters):
            if piece:
                self._place.enter(piece)
        # What leads here: the header, the HL above, the last claim. HL beside this one do not matter any more.
        context = [one for one in self._context if one.level or one.data.startswith(b"ST")]
        self._context = [one for one in context if not part.level or one.level < part.level]
        self._context.append(part)

    def _catch_up(self) -> Iterator[Fault]:
        """Go through what stands above, without moving: nothing is wrong with it."""
        context, self._context = self._context, []
        for part in context:
            for piece, at in _segments(part.data, part.offset, self._delimiters):
                for one in self._walk.take(piece) if piece else ():
                    yield _told(one, self._place.here(at))

    def _go_through(self, part: Part) -> Iterator[Fault]:
        place = self._place
        for piece, at in _segments(part.data, part.offset, self._delimiters):
            before = place.here(at)
            if not piece:
                yield _fault("segment-empty", before._replace(segment=""), "")
                continue
            place.enter(piece)
            for one in self._walk.take(piece):
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
    return _fault(
        one.rule,
        where,
        one.value,
        place=place,
        loop=loop,
        low=one.low,
        high=one.high,
        size=_size(one.low, one.high),
        note=one.note,
    )


def _size(low: int, high: int) -> str:
    if low == high:
        return "one character" if low == 1 else f"{low} characters"
    return f"{low} to {high} characters"


def _fault(rule: str, where: Where, value: str, **facts: object) -> Fault:
    said = RULES[rule]
    message, remedy = said.message.format(**facts), said.remedy.format(**facts)
    return Fault(rule, said.snip, said.scope, where, message, remedy, said.code, value.encode("latin-1"), said.rejects)
