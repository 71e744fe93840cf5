"""The survey: one walk over a file, which finds the claims that have to be judged, and those to be judged together.

Most claims are plain and alone, and nothing is kept of them. Of the others only the places are kept.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from bitewing.edi.claim import Claim
from bitewing.edi.delimiters import Delimiters
from bitewing.edi.errors import EdiError
from bitewing.edi.places import Places
from bitewing.edi.scan import any_of
from bitewing.edi.sketch import Sketch
from bitewing.edi.values import DateSpan, span
from bitewing.policies.history import days_of
from bitewing.policies.patient import identity, keys, member_key
from bitewing.transforms.clusters import Clusters
from bitewing.transforms.facts import Facts
from bitewing.transforms.model import Pass
from bitewing.transforms.practice import Practices
from bitewing.transforms.related import ANYTHING, NOTHING, Related
from bitewing.transforms.screen import Screen


class Survey:
    """What a walk over the claims of a file comes to.

    together: for claims that may share a patient and a date with others, the claims they are judged with, by number.
    """

    def __init__(
        self, places: Places, passes: Sequence[Pass], screen: Screen, facts: Facts, practices: Practices | None
    ) -> None:
        self.places = places
        self.together: dict[int, set[int]] = {}
        self._related = Related(passes, facts, practices=practices is not None)
        codes = self._related.codes
        self._pattern = re.compile(any_of(codes) if codes else b"(?!)")
        self._screen = screen
        self._practices = practices
        self._due = array("I")
        self._first: dict[int, int] = {}
        self._shared: dict[int, array[int]] = {}
        # Of every claim: its one date of service as the number CCYYMMDD where it is plain, or 0, and what it holds.
        self._days = array("I")
        self._held = array("I")

    def add(self, claim: Claim) -> None:
        """The next claim of the file."""
        number = self.places.add(claim)
        try:
            known = keys(claim)
        except EdiError:
            self._due.append(number)  # there the error is said
            holding = ANYTHING if self._carries(claim) else NOTHING
            self._remember(0, holding)
            if holding != NOTHING:  # it may be of any patient with its member id
                self._share(member_key(claim), number)
            return
        plain = self._screen.nothing_to_say(claim)
        if plain is None:
            self._due.append(number)
            holding = ANYTHING if self._carries(claim) else NOTHING
            self._remember(0, holding)
        else:
            if self._practices is not None:
                self._practices.count_sketch(claim, plain)
            holding = self._related.holding(plain.codes)
            self._days.append(int(plain.day))
            self._held.append(holding)
        if holding != NOTHING:
            first = self._first
            for key in known:  # as in _share: this is done for every claim
                if key and first.setdefault(key, number) != number:
                    self._share(key, number)

    def _share(self, key: int, number: int) -> None:
        """Keep that a claim has this key, and with which others; 0 is none."""
        if key and (other := self._first.setdefault(key, number)) != number:
            self._shared.setdefault(key, array("I", (other,))).append(number)

    def _remember(self, day: int, holding: int) -> None:
        self._days.append(day)
        self._held.append(holding)

    def _carries(self, claim: Claim) -> bool:
        if self._related.everything:
            return True
        small = claim.delimiters.component + b"d" in claim.data
        pattern = re.compile(self._pattern.pattern, re.IGNORECASE) if small else self._pattern
        return pattern.search(claim.data) is not None

    def close(self) -> list[int]:
        """The walk is over: the numbers of the claims to be judged, in order. ``together`` is complete then."""
        self._first = {}
        clusters = Clusters()
        known: dict[int, frozenset[object] | None] = {}
        visits = [visit for members in self._shared.values() for visit in self._join(members, known, clusters)]
        self._shared = {}
        self.together = clusters.members()
        met = -1
        while met != len(visits):
            met = len(visits)
            visits = [visit for visit in visits if not self._joined(visit, clusters)]
        due = set(self._due)
        if self._practices is not None:
            for number in self.together.keys() - due:  # counted again when it is judged
                self._practices.count_sketch(*self._plain(number), -1)
            self._count_once(visits, self._practices)
        return sorted(due | self.together.keys())

    def _join(
        self, members: array[int], known: dict[int, frozenset[object] | None], clusters: Clusters
    ) -> Iterator[list[int]]:
        """Join those of a patient's claims that have a day in common: all of them where one has a line without date.

        Plain claims of a day that only count together are not joined; they are yielded.
        """
        days: dict[object, list[int]] = {}
        undated = False
        for number in members:
            if number not in known:
                known[number] = self._days_of(number)
            undated = undated or known[number] is None
        for number in members:
            for day in ("",) if undated else known[number] or ():
                days.setdefault(day, []).append(number)
        for visit in days.values():
            if len(visit) > 1:
                held = [self._held[number] for number in visit]
                speaks, counts = self._related.together(held)
                # What is repaired on one claim may matter to any other of the day: all are joined, or none.
                if speaks or (counts and ANYTHING in held):
                    _join_all(visit, clusters)
                elif counts:
                    yield visit

    def _joined(self, visit: list[int], clusters: Clusters) -> bool:
        """Whether a claim of a visit is judged with others, and so all of them have to be; they are joined then."""
        if self.together.keys().isdisjoint(visit):
            return False
        _join_all(visit, clusters)
        return True

    def _count_once(self, visits: Iterable[list[int]], practices: Practices) -> None:
        """Plain claims of one day were counted each; those of one patient, practice and payer are one visit."""
        days: dict[object, set[int]] = {}
        for number in {number for visit in visits for number in visit}:
            patient = identity(self.places.claim(number))
            days.setdefault((patient.narrow, self._days[number]), set()).add(number)
        for numbers in days.values():
            if len(numbers) > 1:
                claims, sketches = zip(*map(self._plain, numbers), strict=True)
                practices.count_as_one(claims[0], sketches)

    def _days_of(self, number: int) -> frozenset[object] | None:
        day = self._days[number]
        return _meant_days(b"D8", b"%08d" % day) if day else _days(self.places.claim(number))

    def _plain(self, number: int) -> tuple[Claim, Sketch]:
        claim = self.places.claim(number)
        plain = self._screen.nothing_to_say(claim)
        assert plain is not None
        return claim, plain


def _join_all(numbers: Sequence[int], clusters: Clusters) -> None:
    for number in numbers[1:]:
        clusters.join(number, numbers[0])


def codes_read(passes: Sequence[Pass]) -> frozenset[str] | None:
    """The codes without which none of the passes has anything to say of a claim, None where one reads every claim."""
    if not all(one.looks_at for one in passes):
        return None
    return frozenset().union(*(one.reads for one in passes))


@lru_cache(maxsize=64)
def _dates(delimiters: Delimiters) -> re.Pattern[bytes]:
    e, t = re.escape(delimiters.element), re.escape(delimiters.segment)
    return re.compile(b"DTP" + e + b"472" + e + b"([^" + e + b"]*)" + e + b"([^" + t + e + b"]*)")


def _days(claim: Claim) -> frozenset[object] | None:
    """Every day that a service date of the claim falls on, None where a line may have none, or one that is
    no date or a range of more than a year.

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
    """The days of one DTP03, and the range itself where it is one; none for no date or a range too long to list."""
    try:
        said: DateSpan = span(qualifier.decode("latin-1"), value.decode("latin-1"))
    except ValueError:
        return frozenset()
    days = days_of(said)
    return frozenset(days) if said.one_day or not days else frozenset({*days, said})


def _undated(claim: Claim) -> bool:
    """Whether a line of the claim may have no date of service; a predetermination has none by its nature."""
    delimiters = claim.delimiters
    date = b"DTP" + delimiters.element + b"472"
    head, *lines = claim.data.split(b"LX" + delimiters.element)
    if head.partition(delimiters.segment)[0].split(delimiters.element)[19:20] == [b"PB"]:
        return False
    return date not in head and not all(date in line for line in lines)
