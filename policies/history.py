"""Submission history: what was claimed before, asked one patient and date at a time.

Passes know only the ``History`` interface. ``FileHistory`` answers it from earlier 837D files in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from bitewing.edi.claim import Claim
from bitewing.edi.document import Document
from bitewing.policies.patient import Identity, identity


class Submitted(NamedTuple):
    """A line that was submitted before: code, units, and the claim, practice (NPI) and payer it went with."""

    code: str
    units: int
    claim: str
    billing: str
    payer: str


class History(Protocol):
    """What was submitted for a patient on a date of service, in earlier files only."""

    def submitted(self, patient: Identity, day: date) -> Sequence[Submitted]:
        """The lines, voided claims left out; empty where nothing is known."""
        ...


class NoHistory:
    """Nothing is known of earlier submissions."""

    def submitted(self, patient: Identity, day: date) -> Sequence[Submitted]:
        return ()


class FileHistory:
    """History read from earlier 837D files, which are closed then."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._lines: dict[tuple[tuple[str, ...], date], list[Submitted]] = {}
        for document in documents:
            try:
                for claim in document.claims():
                    self._add(claim)
            finally:
                document.close()

    def _add(self, claim: Claim) -> None:
        """Remember a claim's dated lines. Raises EdiError where the claim cannot be read."""
        if claim.predetermination:
            return
        claim.check_shape()
        patient = identity(claim)
        for line in claim.lines:
            when = line.service_date
            if when is None or not when.one_day:
                continue
            key = (patient.wide, when.start)
            if claim.frequency == "8":
                self._lines[key] = [known for known in self._lines.get(key, []) if known.claim != claim.id]
            else:
                self._lines.setdefault(key, []).append(
                    Submitted(line.code, int(line.quantity), claim.id, patient.billing, patient.payer)
                )

    def submitted(self, patient: Identity, day: date) -> Sequence[Submitted]:
        return self._lines.get((patient.wide, day), ())
