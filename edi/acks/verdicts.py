"""What a check found in a document, as the acknowledgements ask for it: by interchange, group and transaction."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Protocol

from bitewing.edi.acks.received import is_stray
from bitewing.edi.conformance.fault import Fault, Scope
from bitewing.edi.document import Document

_TAGS = {Scope.INTERCHANGE: "ISA", Scope.GROUP: "GS"}


class Verdicts(Protocol):
    """Faults by place. Asked in the order of the file, each place once; ``offset`` is that of ISA, GS or ST."""

    def interchange(self, offset: int) -> Sequence[Fault]:
        """Those with Scope.INTERCHANGE."""

    def group(self, offset: int) -> Sequence[Fault]:
        """Those with Scope.GROUP, and what stands in the group outside of its transactions."""

    def transaction(self, offset: int) -> Iterable[Fault]:
        """All others, in any order."""


class Gathered:
    """Verdicts from faults in any order, all held: each belongs to the last ISA, GS or ST at or before its offset. What
    is missing at the end of one is noticed where the next begins, and belongs before that.

    What stands in no transaction (position 0) belongs to the group, which it rejects where it rejects. Raises
    NotReadable.
    """

    def __init__(self, document: Document, faults: Iterable[Fault]) -> None:
        starts: dict[str, list[int]] = {"ISA": [], "GS": [], "ST": []}
        for segment in document.segments():
            places = starts.get(segment.tag)
            if places is not None and not is_stray(segment):
                places.append(segment.offset)
        self._found: dict[tuple[str, int], list[Fault]] = {}
        for fault in faults:
            tag = _TAGS.get(fault.scope, "ST")
            if fault.scope > Scope.TRANSACTION and not fault.where.position:
                tag = "GS"
            find = bisect_right if fault.where.segment in ("", tag) else bisect_left
            at = find(starts[tag], fault.where.offset) - 1
            start = starts[tag][max(at, 0)] if starts[tag] else -1
            self._found.setdefault((tag, start), []).append(fault)

    def interchange(self, offset: int) -> Sequence[Fault]:
        """Those with Scope.INTERCHANGE."""
        return self._found.get(("ISA", offset), ())

    def group(self, offset: int) -> Sequence[Fault]:
        """Those with Scope.GROUP, and what stands in the group outside of its transactions."""
        return self._found.get(("GS", offset), ())

    def transaction(self, offset: int) -> Sequence[Fault]:
        """All others."""
        return self._found.get(("ST", offset), ())
