"""From blocks to payments and claim payments, in one pass forward; memory holds one block and one payment's header.

What belongs to no certain place is refused, never left out: a claim payment outside of an 835, a line outside of a
claim payment, parts of an 837 inside of an 835.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from bitewing.edi.delimiters import Delimiters, isa_length
from bitewing.edi.errors import BrokenHierarchy, NotReadable, Spot
from bitewing.edi.framing import Block, Filler
from bitewing.edi.loops import Stretch
from bitewing.edi.remit.loops import SECTION, flat_loop, starting
from bitewing.edi.remit.parts import Section
from bitewing.edi.remit.payment import Envelope, Payment
from bitewing.edi.remit.remit import Remit


def remittances(frames: Iterable[Block | Filler]) -> Iterator[Remit | Payment]:
    """Every claim payment in the order of the file; behind the last one of a payment, the payment, which has ended.

    Raises NotReadable and BrokenHierarchy, each with its place.
    """
    walk = _Walk()
    for frame in frames:
        if isinstance(frame, Block):
            yield from walk.block(frame)
    yield from walk.end(closed=False)


class _Walk:
    def __init__(self) -> None:
        self._envelope: Envelope | None = None
        self._payment: Payment | None = None
        self._section: Section | None = None
        self._in_tail = False  # whether PLB was met
        self._number = 0

    def block(self, block: Block) -> Iterator[Remit | Payment]:
        """The next block."""
        data, base, marks = block.data, block.base, block.marks
        first = marks.offsets[0] if marks else len(data)
        if first and self._payment is not None:
            self._more(data[:first], base, block.delimiters)
        stops = [*marks.offsets[1:], len(data)]
        for (start, tag), stop in zip(marks, stops, strict=False):
            if tag == b"CLP":
                yield self._claim(data[start:stop], base + start, block.delimiters)
            elif tag == b"HL" or tag == b"CLM":
                if self._payment is not None:
                    what = f"{tag.decode()} stands in a remittance"
                    raise BrokenHierarchy(what, Spot(base + start, tag.decode()), "send claims and remittances apart")
            else:
                yield from self.end(closed=tag == b"SE")
                if tag == b"ISA" and not isa_length(data, start):
                    continue  # an ordinary segment, reported by the validator
                self._open(data[start:stop], base + start, tag, block.delimiters)
        if block.last:
            yield from self.end(closed=False)

    def end(self, *, closed: bool) -> Iterator[Payment]:
        """The payment is over, where one is open."""
        payment, self._payment = self._payment, None
        self._section, self._in_tail = None, False
        if payment is not None:
            payment.ended, payment.closed = True, closed
            yield payment

    def _open(self, data: bytes, offset: int, tag: bytes, delimiters: Delimiters) -> None:
        """ST of an 835 begins a payment, ISA and GS what stands around it."""
        if tag not in (b"ST", b"ISA", b"GS"):
            return
        head = data.partition(delimiters.segment)[0]
        elements = head.decode("latin-1").split(delimiters.element.decode("latin-1")) + [""] * 9
        if tag == b"ISA":
            control, sender, receiver = elements[13], elements[6].strip(), elements[8].strip()
            self._envelope = Envelope(delimiters, control, offset, sender, receiver, elements[15])
        elif self._envelope is None:
            raise BrokenHierarchy(f"{tag.decode()} stands before ISA", Spot(offset, tag.decode()), "begin with ISA")
        elif tag == b"GS":
            self._envelope = self._envelope._replace(group=elements[6], sent=elements[4], version=elements[8])
        elif elements[1] == "835":
            self._number += 1
            cuts = _cuts(data, delimiters)
            self._payment = Payment(data[: cuts[0][0]] if cuts else data, offset, self._number, self._envelope)
            self._refuse_stray(self._payment.loop.stretch)
            self._rest(data, cuts, offset, delimiters)

    def _claim(self, data: bytes, offset: int, delimiters: Delimiters) -> Remit:
        payment = self._payment
        if payment is None:
            what = "a claim payment stands outside of an 835"
            raise BrokenHierarchy(what, Spot(offset, "CLP"), "put it between ST and SE")
        payment.count(data[: data.find(delimiters.segment)] if delimiters.segment in data else data, offset)
        cuts = _cuts(data, delimiters)
        remit = Remit(data[: cuts[0][0]] if cuts else data, offset, payment.claims, payment, self._section)
        self._in_tail = False
        self._rest(data, cuts, offset, delimiters)
        return remit

    def _rest(self, data: bytes, cuts: list[tuple[int, bytes]], offset: int, delimiters: Delimiters) -> None:
        """LX with TS3 and TS2, and PLB: behind a header, or behind a claim payment."""
        for index, (begin, tag) in enumerate(cuts):
            stop = cuts[index + 1][0] if index + 1 < len(cuts) else len(data)
            self._piece(data[begin:stop], offset + begin, tag, delimiters)

    def _piece(self, data: bytes, offset: int, tag: bytes, delimiters: Delimiters) -> None:
        assert self._payment is not None
        loop = flat_loop(SECTION, data, offset, delimiters)
        self._refuse_stray(loop.stretch)
        if tag == b"PLB":
            self._payment.adjust(data, offset)
            self._in_tail = True
        else:
            self._section, self._in_tail = Section(loop), False

    def _more(self, data: bytes, offset: int, delimiters: Delimiters) -> None:
        """What goes on from the block before, which was too long for one: only PLB may."""
        assert self._payment is not None
        if not data.strip(delimiters.filler + delimiters.segment):
            return
        if not self._in_tail:
            what = "a claim payment or a header is longer than a block may be"
            raise NotReadable(what, Spot(offset), "send its claims apart")
        self._refuse_stray(Stretch(data, offset, delimiters))
        self._payment.adjust(data, offset)

    def _refuse_stray(self, stretch: Stretch) -> None:
        for index in starting(stretch, b"SVC")[:1]:
            what = "a service payment stands in no claim payment"
            raise BrokenHierarchy(what, Spot(stretch.place(index), "SVC"), "put it behind its CLP")


_SUMS = (b"TS3", b"TS2")


def _cuts(data: bytes, delimiters: Delimiters) -> list[tuple[int, bytes]]:
    """Where a header or a claim payment ends in data, and what begins there and after it: LX, TS3, TS2 or PLB. TS3 and
    TS2 behind an LX are part of it."""
    cuts: list[tuple[int, bytes]] = []
    for match in _pattern(delimiters).finditer(data):
        if match[1] not in _SUMS or not cuts or cuts[-1][1] == b"PLB":
            cuts.append((match.start(1), match[1]))
    return cuts


@lru_cache(maxsize=64)
def _pattern(delimiters: Delimiters) -> re.Pattern[bytes]:
    """A terminator and LX, TS3, TS2 or PLB behind it. White space is matched possessively, as in ``scan.py``."""
    blank = b"[" + re.escape(delimiters.filler) + b"]*+" if delimiters.filler else b""
    end, separator = re.escape(delimiters.segment), re.escape(delimiters.element)
    return re.compile(end + blank + b"(LX|TS3|TS2|PLB)(?=" + separator + b"|" + end + b")")
