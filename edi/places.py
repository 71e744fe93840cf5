"""Where claims lie, without their bytes: some 40 bytes for a claim and its HL, from which it is read again."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from bitewing.edi.claim import Claim
from bitewing.edi.delimiters import Delimiters
from bitewing.edi.hierarchy import Located, Transaction
from bitewing.edi.levels import Level
from bitewing.edi.source import Source

_MOST_LEVELS = 64


class Places:
    """Claims met on a walk over a source, numbered from 0 in the order of the file.

    transactions: the table of the hierarchy that found them.
    """

    def __init__(self, source: Source, transactions: Sequence[Transaction]) -> None:
        self._source = source
        self._transactions = transactions
        self._offsets = array("Q")
        self._sizes = array("I")
        self._levels = array("I")
        # Of the levels: where they lie, which one is above (-1 for none), and their transaction.
        self._level_offsets = array("Q")
        self._level_sizes = array("I")
        self._above = array("q")
        self._of_transaction = array("I")
        self._at_hand: dict[int, Level] = {}

    def __len__(self) -> int:
        return len(self._offsets)

    def add(self, claim: Claim) -> int:
        """Remember a claim; its number."""
        level = claim.level
        if level.number < 0:
            self._add_level(level, claim.transaction)
        self._offsets.append(claim.offset)
        self._sizes.append(len(claim.data))
        self._levels.append(level.number)
        return len(self._offsets) - 1

    def _add_level(self, level: Level, transaction: Transaction) -> None:
        parent = level.parent
        if parent is not None and parent.number < 0:
            self._add_level(parent, transaction)
        level.number = len(self._above)
        self._level_offsets.append(level.offset)
        self._level_sizes.append(len(level.data))
        self._above.append(parent.number if parent is not None else -1)
        self._of_transaction.append(transaction.number)

    def claim(self, number: int) -> Claim:
        """The claim with this number, its bytes read again."""
        at = self._levels[number]
        transaction = self._transactions[self._of_transaction[at]]
        level = self._level(at, transaction.group.interchange.delimiters)
        data = self._source.read(self._offsets[number], self._sizes[number])
        return Claim(Located(data, self._offsets[number], level, transaction))

    def _level(self, number: int, delimiters: Delimiters) -> Level:
        """The HL with this number. Those read last are kept: claims of one practice follow one another."""
        known = self._at_hand.get(number)
        if known is not None:
            return known
        above = self._above[number]
        parent = self._level(above, delimiters) if above >= 0 else None
        data = self._source.read(self._level_offsets[number], self._level_sizes[number])
        level = Level.read(data, self._level_offsets[number], delimiters, parent)
        if len(self._at_hand) >= _MOST_LEVELS:
            self._at_hand.clear()
        self._at_hand[number] = level
        return level
