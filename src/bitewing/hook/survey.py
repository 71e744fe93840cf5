"""A file before anything is done with it: its interchanges, whether they are tests, and between whom they travel."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from bitewing.edi.document import Document
from bitewing.edi.framing import Block
from bitewing.edi.hierarchy import NO_CLAIM, Group, Hierarchy
from bitewing.hook.policy import Address

_LONGEST_GS = 512


class Surveyed(NamedTuple):
    """The envelopes of a file.

    envelopes: its interchanges and transactions. addresses: of each transaction, by its number. senders: of each
    interchange. stretches: [start, stop) of each interchange.
    """

    envelopes: Hierarchy
    addresses: tuple[Address, ...]
    senders: tuple[Address, ...]
    stretches: tuple[tuple[int, int], ...]

    def transaction(self, offset: int) -> int:
        """The number of the transaction in which an offset lies; 0 for what lies before the first."""
        starts = [one.offset for one in self.envelopes.transactions]
        return max(bisect_right(starts, offset) - 1, 0)

    @property
    def usages(self) -> set[str]:
        """ISA15 of every interchange: P for production, T for a test."""
        return {one.usage for one in self.envelopes.interchanges}


def surveyed(document: Document) -> Surveyed:
    """Walk over the envelopes of a file. Raises NotReadable."""
    index = Hierarchy()
    stretches: list[tuple[int, int]] = []
    start = -1
    for frame in document.frames():
        if not isinstance(frame, Block):
            continue
        start = frame.base if start < 0 else start
        for _ in index.claims(frame, NO_CLAIM):
            pass
        if frame.last:
            stretches.append((start, frame.base + len(frame.data)))
            start = -1
    known: dict[int, Address] = {}
    addresses = []
    for transaction in index.transactions:
        group = transaction.group
        if group.offset not in known:
            known[group.offset] = _address(document, group)
        addresses.append(known[group.offset])
    by_interchange = {
        id(one.group.interchange): address for one, address in zip(index.transactions, addresses, strict=True)
    }
    senders = tuple(by_interchange.get(id(one), Address(one.sender, one.receiver)) for one in index.interchanges)
    return Surveyed(index, tuple(addresses), senders, tuple(stretches))


def _address(document: Document, group: Group) -> Address:
    """ISA06, ISA08, GS02 and GS03 of a group; of a transaction outside of any, the first two."""
    interchange = group.interchange
    delimiters = interchange.delimiters
    elements = (
        document.source.read(group.offset, _LONGEST_GS).partition(delimiters.segment)[0].split(delimiters.element)
    )
    if elements[0] != b"GS" or len(elements) < 4:
        return Address(interchange.sender, interchange.receiver)
    return Address(interchange.sender, interchange.receiver, *(one.decode("latin-1").strip() for one in elements[2:4]))
