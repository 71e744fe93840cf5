"""A document: one file of X12 interchanges, kept as its bytes and read by place.

``Document(source)`` never raises on content; walking over it does, where the bytes are not X12 that can be read
without guessing. Joined, the blocks and fillers are the file again, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bitewing.edi.claim import Claim
from bitewing.edi.delimiters import Delimiters
from bitewing.edi.errors import EdiError
from bitewing.edi.framing import Block, Filler, frames
from bitewing.edi.hierarchy import Hierarchy, Transaction
from bitewing.edi.loops import Segment, Stretch
from bitewing.edi.native import SCANNER
from bitewing.edi.remit.payment import Payment
from bitewing.edi.remit.remit import Remit
from bitewing.edi.remit.walk import remittances
from bitewing.edi.source import BytesSource, FileSource, Source


class Document:
    """A file of interchanges. ``name`` is what messages call it."""

    def __init__(self, source: Source, name: str = "") -> None:
        self.source = source
        self.name = name

    @classmethod
    def of(cls, data: bytes, name: str = "") -> Document:
        """A document of bytes in memory."""
        return cls(BytesSource(data), name)

    @classmethod
    def open(cls, path: Path) -> Document:
        """A document of a file, which stays on disk. Raises OSError where it cannot be read."""
        return cls(FileSource(path), str(path))

    def __bytes__(self) -> bytes:
        return self.source.read(0, self.source.size)

    def frames(self) -> Iterator[Block | Filler]:
        """Its blocks and fillers in order. Raises NotReadable, see ``framing.frames``."""
        return frames(self.source, SCANNER)

    def segments(self) -> Iterator[Segment]:
        """Every segment that is not empty, in order, with its place."""
        for frame in self.frames():
            if isinstance(frame, Block):
                yield from segments_of(frame.data, frame.base, frame.delimiters)

    def claims(self, codes: frozenset[str] | None = None, hierarchy: Hierarchy | None = None) -> Iterator[Claim]:
        """Its dental claims in order, where codes are given only those that may have a service with one of them.

        hierarchy: gathers envelopes, transactions and faults on the way; pass one to look at them afterwards.
        """
        walk = hierarchy if hierarchy is not None else Hierarchy()
        for frame in self.frames():
            if isinstance(frame, Block):
                for found in walk.claims(frame, codes):
                    yield Claim(found)

    def remittances(self) -> Iterator[Remit | Payment]:
        """Its claim payments (835) in order, and behind those of a payment the payment, whose sums are then whole.

        Raises NotReadable; BrokenHierarchy where a claim payment or a line of one has no certain place.
        """
        return remittances(self.frames())

    def remits(self) -> Iterator[Remit]:
        """Its claim payments in order; each knows its payment. Raises as ``remittances``."""
        return (one for one in self.remittances() if isinstance(one, Remit))

    def payments(self) -> Iterator[Payment]:
        """Its payments, each when it has ended. Raises as ``remittances``."""
        return (one for one in self.remittances() if isinstance(one, Payment))

    def transactions(self) -> list[Transaction]:
        """Every ST to SE, of whatever kind."""
        walk = Hierarchy()
        for _ in self.claims(hierarchy=walk):
            pass
        return walk.transactions

    def faults(self) -> list[EdiError]:
        """What is structurally wrong with its dental transactions."""
        walk = Hierarchy()
        for _ in self.claims(hierarchy=walk):
            pass
        return walk.faults

    def close(self) -> None:
        """Let go of the file."""
        self.source.close()


def segments_of(data: bytes, offset: int, delimiters: Delimiters) -> Iterator[Segment]:
    """Every segment in data that is not empty. offset: of data in the file."""
    stretch = Stretch(data, offset, delimiters)
    for index, piece in enumerate(stretch.pieces):
        if piece:
            yield Segment(stretch, index)
