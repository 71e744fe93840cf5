"""Yes or no, fast: whether one dental transaction keeps to its guide. What is refused is explained by ``by_guide``.

The guide is compiled to a handful of regular expressions: the header, each kind of level, a claim with all its lines,
the end. A yes means that ``by_guide.faults`` finds nothing. A no means nothing but that it has to be asked: loops
in a rare order, amounts with four decimals and the like are refused here and right all the same.

Not looked at, here nor there: HL01 and HL02, the counts and numbers of ST and SE, LX01, sums, lists of codes that
others own.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bitewing.edi.conformance.grammar import Loop, dental_grammar
from bitewing.edi.conformance.patterns import Patterns
from bitewing.edi.delimiters import Delimiters


@lru_cache(maxsize=16)
def quick(delimiters: Delimiters) -> Quick:
    """The check for these delimiters. Compiling takes about as long as pyx12 needs for fifteen claims."""
    grammar = dental_grammar()
    patterns = Patterns(delimiters)
    detail = grammar.loops["DETAIL"].loops
    billing = detail["2000A"]
    subscriber = billing.loops["2000B"]
    patient = subscriber.loops["2000C"]

    def compiled(pattern: str) -> re.Pattern[bytes]:
        return re.compile(pattern.encode("latin-1"))

    start, end = grammar.segments
    header = compiled(patterns.segment(start) + patterns.loop(grammar.loops["HEADER"]))
    trailer = compiled(patterns.segment(end))
    claim = compiled(patterns.loop(subscriber.loops["2300"]))
    levels = [
        compiled(patterns.loop(_without(billing, "2000B"))),
        compiled(patterns.loop(_without(subscriber, "2300", "2000C"))),
        compiled(patterns.loop(_without(patient, "2300"))),
    ]
    most = subscriber.loops["2300"].most
    return Quick(header, levels, claim, trailer, most)


class Quick:
    """The patterns in the guide's order: HL 20, under it 22 with its claims, then 23 with claims of its own.

    ``check(data, start, end)``: whether the transaction from ST at ``start`` to behind SE, before ``end``, is right.
    """

    def __init__(
        self,
        header: re.Pattern[bytes],
        levels: list[re.Pattern[bytes]],
        claim: re.Pattern[bytes],
        trailer: re.Pattern[bytes],
        most: int,
    ) -> None:
        self._header = header.match
        self._billing, self._subscriber, self._patient = (level.match for level in levels)
        self._claim = claim.match
        self._trailer = trailer.match
        self._most = most

    def __call__(self, data: bytes, start: int = 0, end: int = -1) -> bool:
        end = len(data) if end < 0 else end
        header = self._header(data, start, end)
        billing = None if header is None else self._billing(data, header.end(), end)
        while billing is not None:
            at, subscriber = 0, self._subscriber(data, billing.end(), end)
            while subscriber is not None:
                at = self._patients(data, subscriber.end(), end)
                subscriber = self._subscriber(data, at, end) if at else None
            if not at:
                return False
            billing = self._billing(data, at, end)
            if billing is None:
                trailer = self._trailer(data, at, end)
                return trailer is not None and trailer.end() == end
        return False

    def header(self, data: bytes, at: int, end: int) -> int:
        """Behind ST, BHT, 1000A and 1000B from here; 0 where they are not right."""
        found = self._header(data, at, end)
        return found.end() if found is not None else 0

    def billing(self, data: bytes, at: int, end: int) -> int:
        """Behind the 2000A from here, without the subscribers under it; 0 where it is not right."""
        found = self._billing(data, at, end)
        return found.end() if found is not None else 0

    def subscriber(self, data: bytes, at: int, end: int) -> int:
        """Behind the 2000B from here with all claims and patients under it; 0 where it is not right."""
        found = self._subscriber(data, at, end)
        return self._patients(data, found.end(), end) if found is not None else 0

    def _patients(self, data: bytes, at: int, end: int) -> int:
        """Behind the claims of a subscriber and those of dependants; 0 where there are too many or too few."""
        at, count = self._claims(data, at, end)
        patient = self._patient(data, at, end)
        while patient is not None and count <= self._most:
            at, count = self._claims(data, patient.end(), end)
            if not count:
                return 0
            patient = self._patient(data, at, end)
        return at if count <= self._most else 0

    def _claims(self, data: bytes, at: int, end: int) -> tuple[int, int]:
        """Behind the claims from here on, and how many they are."""
        count = 0
        found = self._claim(data, at, end)
        while found is not None:
            count += 1
            at = found.end()
            found = self._claim(data, at, end)
        return at, count


def _without(loop: Loop, *inner: str) -> Loop:
    """A loop without these loops inside it."""
    return loop._replace(
        children=tuple(child for child in loop.children if not isinstance(child, Loop) or child.id not in inner)
    )
