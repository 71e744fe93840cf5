"""Rows of what was paid: every 835 of an interchange, segment by segment, and the short ways for plain claim payments.

The walk here is complete and says what each segment means; ``plain.py`` recognises the usual form of a whole claim
payment and writes the same lines for it, ``columns`` all of a block at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.errors import BrokenHierarchy, Spot
from bitewing.edi.framing import Block
from bitewing.edi.loops import Stretch
from bitewing.policies.rows.keys import Keys
from bitewing.policies.rows.model import Columns, Interchange
from bitewing.policies.rows.payment import Payment
from bitewing.policies.rows.plain import Plain, usual
from bitewing.policies.rows.remit import OWN, ClaimPayment
from bitewing.policies.rows.text import Sheet

if TYPE_CHECKING:
    from bitewing.policies.rows.columns.block import PlainBlock


_FEW = 32
"""Claim payments of a block that are walked, where the others became columns: more are first tried the short way."""


class RemitRows:
    """Writes the remittances of one interchange. count: how many CLP there were."""

    def __init__(self, sheet: Sheet, keys: Keys, interchange: Interchange, plain: bool, wide: bool) -> None:
        self._sheet, self._keys, self._interchange = sheet, keys, interchange
        self._wide = wide  # whether columns may be made
        self._plain = Plain(sheet, keys, interchange.offset) if plain else None
        self._sent = ""
        self._inside = False  # whether an 835 is open
        self._payments = 0
        self._payment: Payment | None = None
        self._claim: ClaimPayment | None = None
        self.count = 0
        self._walked = 0  # lines, and those of columns

    @property
    def lines(self) -> int:
        """How many SVC there were."""
        return self._walked + (self._plain.lines if self._plain is not None else 0)

    def block(self, block: Block) -> Iterator[Sequence[Columns]]:
        """The next block, in steps small enough that what was written can be taken away between them.

        Raises BrokenHierarchy where a claim payment stands outside of a transaction, or a line outside of one.
        """
        data, marks = block.data, list(block.marks)
        if not self._inside and {b"ST", b"GS", b"CLP"}.isdisjoint(block.marks.tags):
            return
        short = _ShortWays(block, self._wide, self._plain is not None)
        first = marks[0][0] if marks else len(data)
        self._walk(data[:first], block.base, block.delimiters)
        index = 0
        while index < len(marks):
            start, tag = marks[index]
            if tag == b"CLP" and self._inside:
                written = self._columns(short, index) or (self._run(short.said, block, index) if short.said else 0)
                if written:
                    index += written
                    yield ()
                    continue
            stop = marks[index + 1][0] if index + 1 < len(marks) else len(data)
            if self._inside or (tag != b"HL" and tag != b"CLM"):
                self._walk(data[start:stop], block.base + start, block.delimiters)
            index += 1
            if not index & 0x3FF:
                yield ()
        yield self._made(short, block)

    def _columns(self, short: _ShortWays, index: int) -> int:
        """Leave to columns what stands plain from this mark on; how many."""
        run = short.run(index)
        if run:
            self._close()
            assert self._payment is not None
            short.taken.append((index, run, self.count + 1, self._payments))
            self.count += run
            self._payment.claims += run
        return run

    def _made(self, short: _ShortWays, block: Block) -> list[Columns]:
        if short.wide is None or not short.taken:
            return []
        from bitewing.policies.rows.columns.batches import batches, taken

        ordinals = short.wide.ordinals
        found = taken([(int(ordinals[index]), run, number, paid) for index, run, number, paid in short.taken])
        made = batches(short.wide, found, self._keys, block.base - self._interchange.offset)
        self._walked += sum(batch.size for table, batch in made if table == "remit_lines")
        return [Columns(self._interchange.source, table, batch) for table, batch in made]

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


class _ShortWays:
    """What a block offers to the short ways. wide: its claim payments taken apart at once. said: the block for
    ``plain.py``. taken: runs that columns are made of: index of the first mark, how many, numbers of claim and payment.
    """

    def __init__(self, block: Block, wide: bool, plain: bool) -> None:
        self.wide: PlainBlock | None = None
        self.taken: list[tuple[int, int, int, int]] = []
        # Arrays have zeros around a block, which are then no delimiters.
        own = block.delimiters.element + block.delimiters.segment
        if wide and b"\0" not in own and b"CLP" in block.marks.tags:
            from bitewing.policies.rows.columns.block import PlainBlock

            self.wide = PlainBlock(block)
        many = self.wide is None or len(self.wide.places) - self.wide.plain.count(1) > _FEW
        self.said = usual(block.data, block.delimiters) if plain and many else None

    def run(self, index: int) -> int:
        """How many plain claim payments follow one another from this mark on."""
        if self.wide is None:
            return 0
        plain = self.wide.plain
        stop = plain.find(0, index)
        return (stop if stop >= 0 else len(plain)) - index
