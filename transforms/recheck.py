"""A repaired copy, read again and held against the laws before it takes its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.edit import Edit
from bitewing.edi.errors import NotKept, OutputError, Spot
from bitewing.edi.framing import LONGEST_SEGMENT
from bitewing.edi.hierarchy import Transaction
from bitewing.edi.native import SCANNER
from bitewing.edi.output import differs
from bitewing.edi.scan import segments_in, settled_tally
from bitewing.edi.source import FileSource, Source
from bitewing.transforms.run import Run


def check_repair(run: Run, path: Path, *, made: bool = True) -> None:
    """Read a repaired copy again and hold it against the laws.

    Its bytes differ from the document's by exactly the declared edits (law 1). So everything outside of the stretches
    that hold an edit reads as it did; each of those, a claim or an SE, is read again in both files and counted in two
    ways: the same segments of structure, and as many segments as SE01 now says (law 2). Films and money of every
    repaired claim were held against the laws when it was judged, on the very bytes that are compared here. Raises
    NotKept where anything is otherwise, OutputError where the document itself changed meanwhile.
    """
    copy = FileSource(path)
    try:
        check_copy(run, copy, made=made)
    finally:
        copy.close()


def check_copy(run: Run, copy: Source, *, made: bool = True) -> None:
    """The same for a copy wherever it is kept."""
    source = run.document.source
    if not source.unchanged():
        raise OutputError("the file changed while it was read; nothing was written; run again", retry=True)
    edits = run.summary.changes if made else []
    at = differs(source, copy, edits)
    if at >= 0:
        raise NotKept(f"the repaired copy is not what was declared, from offset {at}", None, "nothing was written")
    if edits:
        _check_structure(run, source, copy, edits)


class _Stretch(NamedTuple):
    """Bytes in which edits are made: a claim, or an SE."""

    offset: int
    size: int
    transaction: Transaction

    @property
    def delimiters(self) -> Delimiters:
        return self.transaction.group.interchange.delimiters


def _check_structure(run: Run, source: Source, copy: Source, edits: list[Edit]) -> None:
    """Whether the stretches with edits hold the structure they held, and SE01 the number of segments."""
    grown: dict[int, int] = {}
    said: dict[int, bytes] = {}
    waiting = iter(edits)
    edit = next(waiting, None)
    shift = 0
    for stretch in _stretches(run, source):
        growth = 0
        while edit is not None and stretch.offset <= edit.offset and edit.end <= stretch.offset + stretch.size:
            growth += len(edit.after) - len(edit.before)
            edit = next(waiting, None)
        before = source.read(stretch.offset, stretch.size)
        after = copy.read(stretch.offset + shift, stretch.size + growth)
        shift += growth
        if _read(before, stretch.delimiters) != _read(after, stretch.delimiters):
            raise _otherwise(stretch.offset)
        number = stretch.transaction.number
        count = segments_in(after, stretch.delimiters) - segments_in(before, stretch.delimiters)
        grown[number] = grown.get(number, 0) + count
        if stretch.offset > stretch.transaction.offset and after.startswith(b"SE"):
            said[number] = after.partition(stretch.delimiters.segment)[0].split(stretch.delimiters.element)[1]
    if edit is not None:
        raise _otherwise(edit.offset)
    for number, growth in grown.items():
        transaction = run.index.transactions[number]
        if growth and said.get(number, b"").lstrip(b"0") != str(transaction.segments + growth).encode():
            raise _otherwise(transaction.count_at)


def _stretches(run: Run, source: Source) -> Iterator[_Stretch]:
    """The repaired claims and the SE that follow them, in order."""
    transactions = run.index.transactions
    found: list[_Stretch] = []
    number = 0
    for offset, size in sorted(run.mended):
        while number + 1 < len(transactions) and transactions[number + 1].offset < offset:
            number += 1
        found.append(_Stretch(offset, size, transactions[number]))
    counted = {edit.offset for edit in run.summary.counts}
    for transaction in transactions:
        if transaction.count_at in counted:
            start = transaction.count_at - len(b"SE") - 1
            delimiter = transaction.group.interchange.delimiters.segment
            trailer, end, _ = source.read(start, LONGEST_SEGMENT).partition(delimiter)
            found.append(_Stretch(start, len(trailer + end), transaction))
    yield from sorted(found, key=lambda stretch: stretch.offset)


def _read(data: bytes, delimiters: Delimiters) -> tuple[list[bytes], dict[bytes, int]]:
    """The structure of a stretch, found and counted independently."""
    return SCANNER.scan(data, delimiters).tags, settled_tally(data, delimiters)


def _otherwise(offset: int) -> NotKept:
    return NotKept("the repaired copy does not read as the file did", Spot(offset), "nothing was written")
