"""Practices: what one billing provider does over many visits, counted while the visits go by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bitewing.edi.claim import Claim
from bitewing.edi.codes import EVALUATIONS, FIRST_PA, PERIAPICALS, PHOTO
from bitewing.edi.line import Line
from bitewing.edi.sketch import Sketch
from bitewing.edi.values import DateSpan
from bitewing.policies.history import VOID
from bitewing.policies.patient import billing
from bitewing.transforms.day import Board
from bitewing.transforms.model import DATED

COUNTED = EVALUATIONS | PERIAPICALS
COUNTED_TOGETHER = (EVALUATIONS | {PHOTO}, PERIAPICALS)
"""Codes that make one visit of a day, whatever claims they stand on."""


@dataclass(slots=True, eq=False, repr=False)
class Practice:
    """One billing provider (NPI) in one file: counts of its visits, as they were received.

    exams: visits with an evaluation; exams_with_photo: those with D0350 too. film_visits: visits with two or more
    periapicals; repeated_first: those in which D0220 stands more than once.
    """

    billing: str
    exams: int = 0
    exams_with_photo: int = 0
    film_visits: int = 0
    repeated_first: int = 0


class Practices:
    """Every practice met in a file."""

    def __init__(self) -> None:
        self._by_npi: dict[str, Practice] = {}

    def count(self, board: Board) -> None:
        """Add the visits of a board. Every visit must be shown once."""
        for day in board.days:
            if day.kind == DATED:
                self._count(day.patient.billing, day.lines)

    def count_sketch(self, claim: Claim, sketch: Sketch, times: int = 1) -> None:
        """Add the one visit of a plain claim; with -1 for ``times``, take it back."""
        if not COUNTED.isdisjoint(sketch.codes):
            films = sum(map(sketch.units, PERIAPICALS)) if not PERIAPICALS.isdisjoint(sketch.codes) else 0
            self._add(
                billing(claim),
                exam=not EVALUATIONS.isdisjoint(sketch.codes),
                photo=PHOTO in sketch.codes,
                films=films,
                first=sketch.units(FIRST_PA) if films else 0,
                times=times,
            )

    def count_as_one(self, claim: Claim, sketches: Sequence[Sketch]) -> None:
        """Add plain claims that were counted as visits of their own, and are one visit."""
        for one in sketches:
            self.count_sketch(claim, one, -1)
        codes = [code for one in sketches for code in one.codes]
        more: Counter[str] = sum((Counter(one.more) for one in sketches), Counter())
        self.count_sketch(claim, Sketch(tuple(codes), more=more))

    def count_alone(self, claim: Claim) -> None:
        """Add the visits of a claim that has its dates to itself."""
        if claim.predetermination or claim.frequency == VOID or COUNTED.isdisjoint(claim.codes):
            return
        visits: dict[DateSpan, list[Line]] = {}
        for line in claim.lines:
            if line.service_date is not None and line.service_date.one_day:
                visits.setdefault(line.service_date, []).append(line)
        for lines in visits.values():
            self._count(billing(claim), lines)

    def _count(self, npi: str, lines: list[Line]) -> None:
        exam = photo = False
        films = first = 0
        for line in lines:
            code = line.code
            exam = exam or code in EVALUATIONS
            photo = photo or code == PHOTO
            if code in PERIAPICALS:
                films += int(line.quantity)
                first += int(line.quantity) if code == FIRST_PA else 0
        self._add(npi, exam=exam, photo=photo, films=films, first=first)

    def _add(self, npi: str, *, exam: bool, photo: bool, films: int, first: int, times: int = 1) -> None:
        if not npi or not (exam or films):
            return
        practice = self._by_npi.get(npi)
        if practice is None:
            practice = self._by_npi[npi] = Practice(npi)
        practice.exams += times * exam
        practice.exams_with_photo += times * (exam and photo)
        practice.film_visits += times * (films > 1)
        practice.repeated_first += times * (films > 1 and first > 1)

    def __iter__(self) -> Iterator[Practice]:
        return iter(sorted(self._by_npi.values(), key=lambda practice: practice.billing))
