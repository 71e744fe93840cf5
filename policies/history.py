"""Submission history: what was claimed before, asked one patient and date at a time.

Passes know only the ``History`` interface. ``FileHistory`` answers it from earlier 837D files in memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple, Protocol

from bitewing.edi.claim import Claim
from bitewing.edi.document import Document
from bitewing.edi.hierarchy import Hierarchy
from bitewing.edi.values import DateSpan
from bitewing.policies.patient import Identity, identity

VOID = "8"
"""CLM05-3 of a claim that voids an earlier one."""
LONGEST_RANGE = 366
"""Days: a service date that spans more is one nobody can look up."""


class Submitted(NamedTuple):
    """A line that was submitted before: code, units, and the claim, practice (NPI) and payer it went with.

    tooth: TOO02, "" where there is none, or several.
    """

    code: str
    units: int
    claim: str
    billing: str
    payer: str
    tooth: str = ""


class Earlier(NamedTuple):
    """A service that was submitted before, with its date of service, the payer it went to, and its tooth, if one."""

    code: str
    day: date
    payer: str
    tooth: str = ""


class History(Protocol):
    """What was submitted for a patient on a date of service, in earlier files only.

    One that also has ``earlier(patient, codes, before)`` tells services of earlier dates, as ``FileHistory`` does.
    """

    def submitted(self, patient: Identity, day: date) -> Sequence[Submitted]:
        """The lines, voided claims left out; empty where nothing is known."""
        ...


class NoHistory:
    """Nothing is known of earlier submissions."""

    def submitted(self, patient: Identity, day: date) -> Sequence[Submitted]:
        return ()


class FileHistory:
    """History read from earlier 837D files, which are closed then.

    A line whose date is a range counts on each of its days, one without a date on every day: either may be the film
    that is looked for. Raises EdiError where a file, or a claim in it, cannot be read: half a history is none.
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        self._lines: dict[tuple[tuple[str, ...], date | None], list[Submitted]] = {}
        self._days: dict[tuple[str, ...], set[date]] = {}
        for document in documents:
            try:
                walk = Hierarchy()
                for claim in document.claims(hierarchy=walk):
                    self._add(claim)
                if walk.faults:
                    raise walk.faults[0]
            finally:
                document.close()

    def _add(self, claim: Claim) -> None:
        if claim.predetermination:
            return
        claim.check_shape()
        patient = identity(claim)
        for line in claim.lines:
            tooth = line.teeth[0].number if len(line.teeth) == 1 else ""
            said = Submitted(line.code, int(line.quantity), claim.id, patient.billing, patient.payer, tooth)
            days: Sequence[date | None] = days_of(line.service_date) or (None,)
            for day in days:
                known = self._lines.setdefault((patient.wide, day), [])
                if day is not None:
                    self._days.setdefault(patient.wide, set()).add(day)
                if claim.frequency != VOID:
                    known.append(said)
                else:
                    known[:] = [one for one in known if one[2:5] != said[2:5]]

    def submitted(self, patient: Identity, day: date) -> Sequence[Submitted]:
        return [*self._lines.get((patient.wide, day), ()), *self._lines.get((patient.wide, None), ())]

    def earlier(self, patient: Identity, codes: Collection[str], before: date) -> Sequence[Earlier]:
        """Services with these codes that were submitted for earlier dates; voided claims left out."""
        return [
            Earlier(one.code, day, one.payer, one.tooth)
            for day in sorted(self._days.get(patient.wide, ()))
            if day < before
            for one in self._lines[patient.wide, day]
            if one.code in codes
        ]


def days_of(span: DateSpan | None) -> list[date]:
    """The days of a span, none where it is absent or too long to mean anything."""
    if span is None:
        return []
    count = (span.end - span.start).days + 1
    return [span.start + timedelta(days=after) for after in range(count)] if count <= LONGEST_RANGE else []
