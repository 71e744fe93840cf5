"""Edits: what replaces what, where. They are checked against the bytes they were made for and spliced in one go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bitewing.edi.errors import EditError, Spot


class _Replacement(NamedTuple):
    offset: int
    before: bytes
    after: bytes


class Edit(_Replacement):
    """The bytes ``before`` at ``offset`` (from the start of the file) become ``after``.

    An insertion has an empty ``before``, a removal an empty ``after``. Whole segments with their terminators.
    """

    __slots__ = ()

    def __new__(cls, offset: int, before: bytes, after: bytes) -> Edit:
        """Raises EditError where nothing would change."""
        if before == after:
            raise EditError("an edit changes nothing", Spot(offset))
        return super().__new__(cls, offset, before, after)

    @property
    def end(self) -> int:
        """Behind the last byte that is replaced."""
        return self.offset + len(self.before)

    @property
    def growth(self) -> int:
        """How many bytes longer the file becomes."""
        return len(self.after) - len(self.before)


def overlap(one: Edit, other: Edit) -> bool:
    """Whether two edits cannot both be made: they touch the same bytes, or insert at the same place."""
    if one.offset == other.offset:
        return True
    first, second = (one, other) if one.offset < other.offset else (other, one)
    return second.offset < first.end


def splice(data: bytes, base: int, edits: Iterable[Edit]) -> bytes:
    """data, whose first byte stands at ``base`` in the file, with the edits made.

    Raises EditError where an edit does not find the bytes it expects, or two of them overlap.
    """
    parts: list[bytes] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.offset, edit.end)):
        start, end = edit.offset - base, edit.end - base
        if start < at or end > len(data) or data[start:end] != edit.before:
            raise EditError("an edit does not fit the file", Spot(edit.offset), "nothing was written")
        parts += data[at:start], edit.after
        at = end
    parts.append(data[at:])
    return b"".join(parts)


def original_offset(made: Sequence[Edit], offset: int) -> int:
    """Where a place in the edited bytes stood before the edits; for a place inside new bytes, where those were put."""
    shift = 0
    for edit in sorted(made):
        start = edit.offset + shift
        if offset < start:
            break
        if offset < start + len(edit.after):
            return edit.offset
        shift += edit.growth
    return offset - shift


def compose(made: Sequence[Edit], more: Sequence[Edit]) -> list[Edit]:
    """One list of edits that does what ``made`` and then ``more`` (placed in the edited bytes) do.

    Raises EditError where one of ``more`` lies partly inside and partly outside of bytes that ``made`` wrote.
    """
    result = sorted(made)
    starts = []
    shift = 0
    for edit in result:
        starts.append(edit.offset + shift)
        shift += edit.growth
    placed: list[Edit] = []
    inner: dict[int, list[Edit]] = {}
    for edit in more:
        for index, (first, start) in enumerate(zip(result, starts, strict=True)):
            if start <= edit.offset and edit.end <= start + len(first.after) and edit.offset < start + len(first.after):
                inner.setdefault(index, []).append(Edit(edit.offset - start, edit.before, edit.after))
                break
            if edit.offset < start + len(first.after) and edit.end > start:
                raise EditError("an edit lies across an earlier one", Spot(edit.offset))
        else:
            placed.append(Edit(original_offset(result, edit.offset), edit.before, edit.after))
    for index, edits in inner.items():
        first = result[index]
        after = splice(first.after, 0, edits)
        if after != first.before:
            placed.append(Edit(first.offset, first.before, after))
    return sorted(placed + [edit for index, edit in enumerate(result) if index not in inner])
