"""Practices: what one billing provider does over many visits, counted while the visits go by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bitewing.edi.codes import EVALUATIONS, FIRST_PA, PERIAPICALS, PHOTO
from bitewing.transforms.day import Board, Day
from bitewing.transforms.model import DATED


@dataclass(slots=True)
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
            if day.kind == DATED and day.patient.billing:
                self._count(day)

    def _count(self, day: Day) -> None:
        codes = day.codes
        exam = not EVALUATIONS.isdisjoint(codes)
        films = not PERIAPICALS.isdisjoint(codes)
        if not exam and not films:
            return
        practice = self._by_npi.get(day.patient.billing)
        if practice is None:
            practice = self._by_npi[day.patient.billing] = Practice(day.patient.billing)
        if exam:
            practice.exams += 1
            practice.exams_with_photo += PHOTO in codes
        if films and sum(line.quantity for line in day.of(PERIAPICALS)) > 1:
            practice.film_visits += 1
            practice.repeated_first += sum(line.quantity for line in day.of(FIRST_PA)) > 1

    def __iter__(self) -> Iterator[Practice]:
        return iter(sorted(self._by_npi.values(), key=lambda practice: practice.billing))
