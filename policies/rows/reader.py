"""A document becomes rows, one interchange after another, in memory that does not grow with the file."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Collection, Iterable, Iterator

from bitewing.edi.delimiters import LONGEST_ISA
from bitewing.edi.document import Document
from bitewing.edi.framing import Block, Filler
from bitewing.edi.hierarchy import Hierarchy
from bitewing.policies.rows.claims import ClaimRows
from bitewing.policies.rows.keys import Keys
from bitewing.policies.rows.model import Columns, Interchange, Read, Rows
from bitewing.policies.rows.remits import RemitRows
from bitewing.policies.rows.text import Sheet

KEPT = 16 << 20
"""Bytes up to which a file is kept in blocks between its two passes: it is then framed once."""
LARGE = 4 << 20
"""Bytes of an interchange from which on it is worth loading numpy: a tenth of a second."""


def interchanges(document: Document) -> list[Interchange]:
    """Its interchanges with their hashes: one pass over the file, without reading what is in them.

    Raises NotReadable as ``Document.frames`` does.
    """
    return _hashed(document.frames())


def _hashed(frames: Iterable[Block | Filler]) -> list[Interchange]:
    found: list[Interchange] = []
    digest = hashlib.sha256()
    offset, size, control = 0, 0, ""
    for frame in frames:
        if isinstance(frame, Block):
            if not size:
                digest, offset = hashlib.sha256(), frame.base
                control = (
                    frame.data[:LONGEST_ISA].decode("latin-1").split(frame.delimiters.element.decode("latin-1"))[13]
                )
            digest.update(frame.data)
            size += len(frame.data)
            if frame.last:
                found.append(Interchange(digest.hexdigest(), offset, size, control))
                size = 0
    return found


def rows(
    document: Document, keys: Keys, skip: Collection[str] = (), *, plain: bool = True, columns: bool = False
) -> Iterator[Rows | Columns | Read]:
    """The rows of its interchanges: chunks of lines (``Rows``), and behind those of each interchange one ``Read``.

    The hashes come from a first pass over the file, so that whoever has an interchange already leaves it out by
    ``skip``, a collection of sources: it is then not read and not told. plain: whether claims and claim payments of
    usual form take the short way, which says the same and is there for speed. columns: whether the caller takes plain
    claim payments of large interchanges as ``Columns`` too, which come faster and stand for lines of no other form.

    Raises NotReadable where the file is not X12, BrokenHierarchy where a claim, a line or a claim payment stands where
    nobody can say what it belongs to. Rows that came before are then not to be kept.
    """
    size = document.source.size
    kept = deque(document.frames()) if size <= KEPT else None
    known = iter(_hashed(document.frames() if kept is None else kept))
    reading: _Reading | None = None
    begun = False
    for frame in document.frames() if kept is None else _let_go(kept):
        if not isinstance(frame, Block):
            continue
        if not begun:
            found = next(known)
            begun = True
            wide = columns and found.size >= LARGE
            reading = _Reading(found, keys, document, plain, wide) if found.source not in skip else None
        if reading is not None:
            yield from reading.block(frame)
        if frame.last:
            begun = False
            if reading is not None:
                yield from reading.end()


def _let_go(kept: deque[Block | Filler]) -> Iterator[Block | Filler]:
    """One after the other, none of them kept longer than it is read."""
    while kept:
        yield kept.popleft()


class _Reading:
    """One interchange on its way into rows."""

    def __init__(self, found: Interchange, keys: Keys, document: Document, plain: bool, wide: bool) -> None:
        self._found = found
        self._sheet = Sheet(found.source)
        self._hierarchy = Hierarchy(counting=False)
        self._claims = ClaimRows(self._sheet, keys, found, document.source, plain)
        self._remits = RemitRows(self._sheet, keys, found, plain, wide)

    def block(self, block: Block) -> Iterator[Rows | Columns]:
        for located in self._hierarchy.claims(block):
            self._claims.add(located)
            yield from self._sheet.full()
        if self._hierarchy.faults:
            raise self._hierarchy.faults[0]
        for made in self._remits.block(block):
            yield from made
            yield from self._sheet.full()

    def end(self) -> Iterator[Rows | Read]:
        self._remits.end()
        yield from self._sheet.full(1)
        kinds = {_kind(each.kind, each.version, each.dental) for each in self._hierarchy.transactions}
        claims, lines = self._claims.count + self._remits.count, self._claims.lines + self._remits.lines
        sheet, found = self._sheet, self._found
        kind = "+".join(sorted(kinds))
        yield Read(found.source, kind, found.control, claims, lines, sheet.faulty, tuple(sheet.faults))


def _kind(kind: str, version: str, dental: bool) -> str:
    """What a transaction is, in short."""
    if dental:
        return "837D"
    guides = {"005010X222": "837P", "005010X223": "837I"}
    return guides.get(version[:10], kind) if kind == "837" else kind
