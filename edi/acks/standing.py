"""What a transaction's faults reject: the transaction as a whole, or which of its claims.

A rejecting fault rejects what it stands in. In a claim, that is the claim; in the loops of a billing provider, a
subscriber or a patient, all claims under that HL; in the header or the envelope, the whole transaction. A transaction
none of whose claims is left is rejected as a whole too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from bitewing.edi.acks.model import ReceivedClaim, ReceivedTransaction
from bitewing.edi.conformance.fault import Fault, Scope

_LEVEL_LOOP = re.compile(r"20[01]0([ABC])")
"""2000A, 2010AA ...: the loops of an HL, whose letter says which."""
_CLAIM_LOOPS = ("23", "24")
"""The loops of a claim: also a claim without a number (CLM01) answers for itself. A missing CLM belongs to none."""


class Verdict(Enum):
    """What is said of a transaction; the value is IK501."""

    ACCEPTED = "A"
    WITH_ERRORS = "E"
    REJECTED = "R"


class _Placed(NamedTuple):
    """A fault and where it belongs: what is missing at the end of a claim or level is noticed where the next one begins
    (its CLM or HL), and belongs before that."""

    offset: int
    fault: Fault


class JudgedClaim(NamedTuple):
    """A claim and the faults that stand in it, or above it in its own HLs. rejected: whether it is not accepted."""

    claim: ReceivedClaim
    faults: list[Fault]
    rejected: bool


class Standing:
    """One transaction with its faults.

    refused: whether what it stands in is rejected. whole: whether it is rejected whatever its claims are: for that, for
    a fault outside of all claims, or, where ``strict``, for any rejecting fault that a 999 can tell.
    accepted, rejected: its claims, counted while ``judge`` hands them out.
    """

    def __init__(
        self, transaction: ReceivedTransaction, faults: Iterable[Fault], *, refused: bool = False, strict: bool = False
    ) -> None:
        self.transaction = transaction
        self.refused = refused
        self.faults = sorted(faults, key=_order)
        self.accepted = 0
        self.rejected = 0
        self._levels: dict[str, list[_Placed]] = {"A": [], "B": [], "C": []}
        self._passed = dict.fromkeys(self._levels, 0)
        self._in_claims: list[_Placed] = []
        self.outside: list[Fault] = []
        for fault in self.faults:
            self._sort(fault)
        for placed in (self._in_claims, *self._levels.values()):
            placed.sort(key=lambda one: one.offset)
        self.whole = refused or any(fault.rejects for fault in self.outside)
        if strict or not transaction.claims:
            self.whole = self.whole or any(fault.rejects and fault.code for fault in self.faults)

    def _sort(self, fault: Fault) -> None:
        where = fault.where
        level = _LEVEL_LOOP.match(where.loop)
        if not self.transaction.claims or fault.scope <= Scope.TRANSACTION:
            self.outside.append(fault)
        elif level is not None:
            self._levels[level[1]].append(_Placed(where.offset - (where.segment != "HL"), fault))
        elif where.claim or (where.loop.startswith(_CLAIM_LOOPS) and (where.segment != "CLM" or where.element)):
            self._in_claims.append(_Placed(where.offset - (where.segment != "CLM"), fault))
        else:
            self.outside.append(fault)

    def judge(self, claims: Iterable[ReceivedClaim]) -> Iterator[JudgedClaim]:
        """The claims with their faults, in order, while they are counted; to be walked once, to its end."""
        before: ReceivedClaim | None = None
        place = 0
        for claim in claims:
            if before is not None:
                place, found = self._taken(place, claim.offset)
                yield self._judged(before, found)
            before = claim
        if before is not None:
            _, found = self._taken(place, -1)
            yield self._judged(before, found)

    def _taken(self, place: int, stop: int) -> tuple[int, list[Fault]]:
        """The faults in claims from ``place`` on that stand before offset ``stop``, and the place behind them."""
        found = []
        while place < len(self._in_claims) and (stop < 0 or self._in_claims[place].offset < stop):
            found.append(self._in_claims[place].fault)
            place += 1
        return place, found

    def _judged(self, claim: ReceivedClaim, found: list[Fault]) -> JudgedClaim:
        starts = {"A": claim.billing, "B": claim.subscriber, "C": claim.patient_level}
        above = [fault for letter, start in starts.items() for fault in self._of_level(letter, start, claim.offset)]
        faults = above + found
        rejected = self.whole or any(fault.rejects for fault in faults)
        if rejected:
            self.rejected += 1
        else:
            self.accepted += 1
        return JudgedClaim(claim, faults, rejected)

    def _of_level(self, letter: str, start: int, stop: int) -> list[Fault]:
        """The faults of the level that begins at ``start``, up to the claim at ``stop``; earlier ones are passed."""
        waiting, place = self._levels[letter], self._passed[letter]
        if start < 0:
            return []
        while place and waiting[place - 1].offset >= start:
            place -= 1  # HL02 may name a level further up than the last one
        while place < len(waiting) and waiting[place].offset < start:
            place += 1
        self._passed[letter] = end = place
        while end < len(waiting) and waiting[end].offset <= stop:
            end += 1
        return [one.fault for one in waiting[place:end]]

    @property
    def verdict(self) -> Verdict:
        """What a 999 says of it; known when its claims have been walked.

        Only what a 999 can tell counts: claims rejected for what has no code there are the 277CA's matter.
        """
        told = [fault.rejects for fault in self.faults if fault.code and fault.scope >= Scope.TRANSACTION]
        if self.whole or (any(told) and not self.accepted):
            return Verdict.REJECTED
        return Verdict.WITH_ERRORS if told else Verdict.ACCEPTED


def _order(fault: Fault) -> tuple[object, ...]:
    where = fault.where
    return (where.position, where.offset, fault.scope, where.element, where.component, where.repetition, fault.code)
