"""Yes or no, fast: whether one dental transaction keeps to its guide. What is refused is explained by ``by_guide``.

The guide is compiled to a handful of regular expressions: the header, each kind of level, a claim with all its lines,
the end. A yes means that ``by_guide.faults`` finds nothing. A no means nothing but that it has to be asked: loops
in a rare order, amounts with four decimals and the like are refused here and right all the same.

Not looked at, here nor there: HL01 and HL02, the counts and numbers of ST and SE, LX01, sums, lists of codes that
others own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from bitewing.edi.conformance.grammar import Loop, dental_grammar
from bitewing.edi.conformance.patterns import Patterns
from bitewing.edi.delimiters import Delimiters


@lru_cache(maxsize=16)
def quick(delimiters: Delimiters) -> _Check:
    """The check for these delimiters; compiling it takes about as long as pyx12 needs for fifteen claims.

    ``quick(delimiters)(data, start, end)`` says whether the transaction from ST at ``start`` to behind SE before
    ``end`` is right; ``Following`` says so piece by piece.
    """
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
        compiled(patterns.loop(without(billing, "2000B"))),
        compiled(patterns.loop(without(subscriber, "2300", "2000C"))),
        compiled(patterns.loop(without(patient, "2300"))),
    ]
    most = subscriber.loops["2300"].most
    return _Check(header, levels, claim, trailer, most, delimiters)


class Following:
    """Follows one transaction piece by piece; each piece ends where a section ends: the header, one HL, one claim.

    before, claims: the section behind which it begins, which was right, and the claims up to there under one HL.
    crowded: whether more claims came under one HL than the guide allows.
    """

    __slots__ = ("_check", "_claims", "_next", "crowded")

    def __init__(self, check: _Check, before: bytes = b"", claims: int = 0) -> None:
        self._check = check
        self._next = check.behind(before) if before else check.begin
        self._claims = claims
        self.crowded = False

    def feed(self, data: bytes, start: int, end: int) -> bool:
        """Whether all of the piece is right, up to ``end``. Once it is not, nothing more may be fed."""
        at, claim = start, self._check.claim
        while at < end and not self.crowded:
            for match, behind in self._next:
                found = match(data, at, end)
                if found is not None:
                    self._count(claim=match is claim)
                    self._next = behind()
                    at = found.end()
                    break
            else:
                return False
        return at == end and not self.crowded

    def section(self, data: bytes) -> bool:
        """Whether the next section is right. Where it is not, the next one is judged as if it had been."""
        if self.feed(data, 0, len(data)):
            return True
        self._count(claim=data.startswith(b"CLM"))
        self._next = self._check.behind(data)
        return False

    def _count(self, *, claim: bool) -> None:
        self._claims = self._claims + 1 if claim else 0
        self.crowded = self.crowded or self._claims > self._check.most

    @property
    def ended(self) -> bool:
        """Whether SE has come."""
        return not self._next


_Match = Callable[[bytes, int, int], "re.Match[bytes] | None"]
_Steps = tuple[tuple[_Match, Callable[[], "_Steps"]], ...]


class _Check:
    """The patterns in the guide's order: HL 20, under it 22 with its claims, then 23 with claims of its own.

    begin: what may come first, and behind it what may come next, and so on.
    """

    def __init__(
        self,
        header: re.Pattern[bytes],
        levels: list[re.Pattern[bytes]],
        claim: re.Pattern[bytes],
        trailer: re.Pattern[bytes],
        most: int,
        delimiters: Delimiters,
    ) -> None:
        billing, subscriber, patient = (level.match for level in levels)
        self.claim = claim.match
        self.most = most
        above: _Steps = ((billing, lambda: first), (trailer.match, lambda: ()))
        first: _Steps = ((subscriber, lambda: below),)
        below: _Steps = ((self.claim, lambda: below), (patient, lambda: own), (subscriber, lambda: below), *above)
        own: _Steps = ((self.claim, lambda: below),)
        self.begin: _Steps = ((header.match, lambda: above[:1]),)
        self._delimiters = delimiters
        self._behind = {b"ST": above[:1], b"20": first, b"22": below, b"23": own, b"SE": ()}
        self._below = below

    def __call__(self, data: bytes, start: int = 0, end: int = -1) -> bool:
        following = Following(self)
        return following.feed(data, start, len(data) if end < 0 else end) and following.ended

    def behind(self, section: bytes) -> _Steps:
        """What may come behind a section that is not right."""
        elements = section.partition(self._delimiters.segment)[0].split(self._delimiters.element)
        name = elements[3] if elements[0] == b"HL" and len(elements) > 3 else elements[0]
        return self._behind.get(name, self._below)


def without(loop: Loop, *inner: str) -> Loop:
    """A loop without these loops inside it."""
    return loop._replace(
        children=tuple(child for child in loop.children if not isinstance(child, Loop) or child.id not in inner)
    )
