"""The survey: one walk over a file, which finds the claims that have to be judged, and those to be judged together.

Most claims are plain and alone, and nothing is kept of them. Of the others only the places are kept.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from functools import lru_cache

from bitewing.edi.claim import Claim
from bitewing.edi.delimiters import Delimiters
from bitewing.edi.errors import EdiError
from bitewing.edi.hierarchy import NO_CLAIM
from bitewing.edi.places import Places
from bitewing.edi.sketch import Sketch
from bitewing.edi.values import DateSpan, span
from bitewing.policies.history import days_of
from bitewing.policies.patient import keys, member_key
from bitewing.transforms.clusters import Clusters
from bitewing.transforms.model import Pass
from bitewing.transforms.practice import Practices
from bitewing.transforms.screen import Screen


class Survey:
    """What a walk over the claims of a file comes to.

    together: for claims that may share a patient and a date with others, the claims they are judged with, by number.
    """

    def __init__(self, places: Places, passes: Sequence[Pass], screen: Screen, practices: Practices | None) -> None:
        self.places = places
        self.together: dict[int, set[int]] = {}
        days = [one for one in passes if one.unit == "Day"]
        self._codes = frozenset().union(*(one.reads for one in days)) if all(one.looks_at for one in days) else None
        self._pattern = carrying(days)
        self._screen = screen
        self._practices = practices
        self._due = array("I")
        self._first: dict[int, int] = {}
        self._shared: dict[int, array[int]] = {}

    def add(self, claim: Claim) -> None:
        """The next claim of the file."""
        number = self.places.add(claim)
        try:
            known = keys(claim)
        except EdiError:
            self._due.append(number)  # there the error is said
            if self._wanted_on_a_day(claim, None):
                self._share(member_key(claim), number)
            return
        plain = self._screen.nothing_to_say(claim)
        if plain is None:
            self._due.append(number)
        elif self._practices is not None:
            self._practices.count_sketch(claim, plain)
        if self._wanted_on_a_day(claim, plain):
            for key in known:
                self._share(key, number)

    def _share(self, key: int, number: int) -> None:
        """Keep that a claim has this key, and with which others; 0 is none."""
        if key and (other := self._first.setdefault(key, number)) != number:
            self._shared.setdefault(key, array("I", (other,))).append(number)

    def _wanted_on_a_day(self, claim: Claim, plain: Sketch | None) -> bool:
        """Whether it matters to passes over days what the claim holds."""
        if self._codes is None:
            return True
        if plain is not None:
            return not self._codes.isdisjoint(plain.codes)
        return self._carries(claim)

    def _carries(self, claim: Claim) -> bool:
        if self._pattern is None:
            return True
        small = claim.delimiters.component + b"d" in claim.data
        pattern = re.compile(self._pattern.pattern, re.IGNORECASE) if small else self._pattern
        return pattern.search(claim.data) is not None

    def close(self) -> list[int]:
        """The walk is over: the numbers of the claims to be judged, in order. ``together`` is complete then."""
        self._first = {}
        clusters = Clusters()
        known: dict[int, frozenset[object] | None] = {}
        for members in self._shared.values():
            self._join(members, known, clusters)
        self._shared = {}
        self.together = clusters.members()
        due = set(self._due)
        if self._practices is not None:
            for number in self.together.keys() - due:
                self._uncount(number, self._practices)
        return sorted(due | self.together.keys())

    def _join(self, members: array[int], known: dict[int, frozenset[object] | None], clusters: Clusters) -> None:
        """Join those of a patient's claims that have a day in common: all of them where one has a line without date."""
        first: dict[object, int] = {}
        for number in members:
            if number not in known:
                known[number] = _days(self.places.claim(number))
        undated = any(known[number] is None for number in members)
        for number in members:
            for day in ("",) if undated else known[number] or ():
                other = first.setdefault(day, number)
                if other != number:
                    clusters.join(other, number)

    def _uncount(self, number: int, practices: Practices) -> None:
        """A plain claim that is judged after all is counted then, with the claims of its day."""
        claim = self.places.claim(number)
        plain = self._screen.nothing_to_say(claim)
        assert plain is not None
        practices.count_sketch(claim, plain, -1)


def carrying(passes: Sequence[Pass]) -> re.Pattern[bytes] | None:
    """What the bytes of a claim must hold for any of the passes to have something to say, None for every claim."""
    if not passes:
        return NO_CLAIM
    if not all(one.looks_at for one in passes):
        return None
    codes = sorted(set().union(*(one.reads for one in passes)))
    return re.compile(_alternatives(codes).encode())


def _alternatives(words: Sequence[str]) -> str:
    """A pattern for words that shares what they begin with: D02(?:20|30) is found faster than D0220|D0230."""
    rest: dict[str, list[str]] = {}
    for word in words:
        rest.setdefault(word[:1], []).append(word[1:])
    parts = [
        re.escape(letter) + (_alternatives(sorted(set(ends))) if any(ends) else "") for letter, ends in rest.items()
    ]
    return parts[0] if len(parts) == 1 else "(?:" + "|".join(parts) + ")"


@lru_cache(maxsize=64)
def _dates(delimiters: Delimiters) -> re.Pattern[bytes]:
    e, t = re.escape(delimiters.element), re.escape(delimiters.segment)
    return re.compile(b"DTP" + e + b"472" + e + b"([^" + e + b"]*)" + e + b"([^" + t + e + b"]*)")


def _days(claim: Claim) -> frozenset[object] | None:
    """Every day that a service date of the claim falls on, None where a line may have none or what is no date.

    Raises nothing: what is no date is said elsewhere. A predetermination has no dates by its nature; it may be of any
    day, too.
    """
    found: frozenset[object] = frozenset()
    for said in set(_dates(claim.delimiters).findall(claim.data)):
        meant = _meant_days(*said)
        if not meant:
            return None
        found |= meant
    return found if found and not _undated(claim) else None


@lru_cache(maxsize=4096)
def _meant_days(qualifier: bytes, value: bytes) -> frozenset[object]:
    """The days of one DTP03, and the range itself where it is one."""
    try:
        said: DateSpan = span(qualifier.decode("latin-1"), value.decode("latin-1"))
    except ValueError:
        return frozenset()
    return frozenset(days_of(said)) if said.one_day else frozenset({*days_of(said), said})


def _undated(claim: Claim) -> bool:
    """Whether a line of the claim may have no date of service; a predetermination has none by its nature."""
    delimiters = claim.delimiters
    date = b"DTP" + delimiters.element + b"472"
    head, *lines = claim.data.split(b"LX" + delimiters.element)
    if head.partition(delimiters.segment)[0].split(delimiters.element)[19:20] == [b"PB"]:
        return False
    return date not in head and not all(date in line for line in lines)
