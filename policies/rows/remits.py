"""Rows of what was paid: every 835 of an interchange, segment by segment, and the short way for plain claim payments.

The walk here is complete and says what each segment means; ``plain.py`` recognises the usual form of a whole claim
payment and writes the same lines for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.errors import BrokenHierarchy, Spot
from bitewing.edi.framing import Block
from bitewing.edi.loops import Stretch
from bitewing.policies.rows.keys import Keys
from bitewing.policies.rows.model import Interchange
from bitewing.policies.rows.payment import Payment
from bitewing.policies.rows.plain import Plain, usual
from bitewing.policies.rows.remit import OWN, ClaimPayment
from bitewing.policies.rows.text import Sheet


class RemitRows:
    """Writes the remittances of one interchange. count: how many CLP there were."""

    def __init__(self, sheet: Sheet, keys: Keys, interchange: Interchange, plain: bool) -> None:
        self._sheet, self._keys, self._interchange = sheet, keys, interchange
        self._plain = Plain(sheet, keys, interchange.offset) if plain else None
        self._sent = ""
        self._inside = False  # whether an 835 is open
        self._payments = 0
        self._payment: Payment | None = None
        self._claim: ClaimPayment | None = None
        self.count = 0
        self._walked = 0  # lines

    @property
    def lines(self) -> int:
        """How many SVC there were."""
        return self._walked + (self._plain.lines if self._plain is not None else 0)

    def block(self, block: Block) -> Iterator[None]:
        """The next block, in steps small enough that what was written can be taken away between them.

        Raises BrokenHierarchy where a claim payment stands outside of a transaction, or a line outside of one.
        """
        data, marks = block.data, block.marks
        if not self._inside and not any(tag in (b"ST", b"GS", b"CLP") for _, tag in marks):
            return
        said = usual(data, block.delimiters) if self._plain is not None else None
        first = marks[0][0] if marks else len(data)
        self._walk(data[:first], block.base, block.delimiters)
        index = 0
        while index < len(marks):
            start, tag = marks[index]
            if said is not None and tag == b"CLP" and self._inside:
                written = self._run(said, block, index)
                if written:
                    index += written
                    yield
                    continue
            stop = marks[index + 1][0] if index + 1 < len(marks) else len(data)
            if self._inside or (tag != b"HL" and tag != b"CLM"):
                self._walk(data[start:stop], block.base + start, block.delimiters)
            index += 1
            if not index & 0x3FF:
                yield
        yield

    def _run(self, said: bytes, block: Block, index: int) -> int:
        """Write plain claim payments from this mark on; how many."""
        self._close()
        plain, payment = self._plain, self._payment
        assert plain is not None
        assert payment is not None
        written = plain.run(said, block, index, self.count + 1, self._payments)
        plain.flush()
        self.count += written
        payment.claims += written
        return written

    def end(self) -> None:
        """The interchange is over, whether or not its transactions were closed."""
        self._finish()

    def _walk(self, data: bytes, offset: int, delimiters: Delimiters) -> None:
        stretch = Stretch(data, offset, delimiters)
        separator = delimiters.element.decode("latin-1")
        for index, piece in enumerate(stretch.pieces):
            if piece:
                elements = piece.decode("latin-1").split(separator)
                if self._claim is not None and elements[0] in OWN:
                    self._claim.segment(elements)
                else:
                    self._segment(elements, stretch, index, delimiters)

    def _segment(self, elements: list[str], stretch: Stretch, index: int, delimiters: Delimiters) -> None:
        tag = elements[0]
        if tag == "GS":
            self._finish()
            self._sent = elements[4] if len(elements) > 4 else ""
        elif tag in ("ST", "SE", "GE", "IEA"):
            self._finish()
            if tag == "ST" and elements[1:2] == ["835"]:
                self._payments += 1
                self._inside = True
                number = elements[2] if len(elements) > 2 else ""
                self._payment = Payment(self._sheet, self._payments, number, self._interchange.control, self._sent)
        elif tag == "CLP" and not self._inside:
            what = "a claim payment stands outside of an 835"
            raise BrokenHierarchy(what, Spot(stretch.place(index), "CLP"), "put it between ST and SE")
        elif self._payment is not None:
            self._content(tag, elements, stretch, index, delimiters)

    def _content(self, tag: str, elements: list[str], stretch: Stretch, index: int, delimiters: Delimiters) -> None:
        assert self._payment is not None
        if tag == "CLP":
            self._close()
            self.count += 1
            self._payment.claims += 1
            # What is walked mostly begins with its CLP; only elsewhere its place has to be looked for.
            begins = index == 0 and stretch.data.startswith(b"CLP")
            at = (stretch.offset if begins else stretch.place(index)) - self._interchange.offset
            component = delimiters.component.decode("latin-1")
            self._claim = ClaimPayment(self._sheet, self._keys, (self.count, self._payments, at), elements, component)
        elif tag in ("LX", "TS3", "TS2", "PLB"):
            self._close()
            if tag == "PLB":
                self._payment.adjust(elements, delimiters.component.decode("latin-1"))
        elif self._claim is not None:
            self._claim.segment(elements)
        elif tag == "SVC":
            what = "a service payment stands in no claim payment"
            raise BrokenHierarchy(what, Spot(stretch.place(index), "SVC"), "put it behind its CLP")
        else:
            self._payment.segment(elements)

    def _close(self) -> None:
        """The claim payment is over."""
        if self._claim is not None:
            self._walked += self._claim.end()
            self._claim = None

    def _finish(self) -> None:
        """The transaction is over."""
        self._close()
        if self._payment is not None:
            self._payment.end()
        self._payment, self._inside = None, False
