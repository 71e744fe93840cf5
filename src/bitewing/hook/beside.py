"""What was set aside still speaks: its films are the patient's, though its claims do not go on.

A claim that its guide refuses comes back corrected. Until then its D0220 stands beside the D0230 of a claim that goes
on, as it would had both gone on; nothing may be repaired as if it were not there.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Sequence
from datetime import date

from bitewing.edi.claim import Claim
from bitewing.edi.document import Document
from bitewing.edi.errors import EdiError
from bitewing.policies.history import VOID, Earlier, History, Submitted, days_of
from bitewing.policies.patient import Identity, identity, member_key
from bitewing.transforms.guard import READS


class Beside:
    """The history of a file whose claims were set aside in part: what is known besides, and what these say of films.

    aside: the interchanges that were set aside. A claim that cannot be read may carry its films on any day; one whose
    patient cannot be read may be of anybody with its member id. Raises NotReadable where one is no X12.
    """

    def __init__(self, further: History, aside: Iterable[bytes]) -> None:
        self._further = further
        self._lines: dict[tuple[object, date | None], list[Submitted]] = {}
        for data in aside:
            for claim in Document.of(data).claims():
                if not claim.predetermination and claim.frequency != VOID:
                    self._add(claim)

    def _add(self, claim: Claim) -> None:
        whose: object
        billing = payer = ""
        try:
            patient = identity(claim)
            whose, billing, payer = patient.wide, patient.billing, patient.payer
        except EdiError:
            whose = member_key(claim)
        try:
            claim.check_shape()
            said = [(line.code, int(line.quantity), line.service_date) for line in claim.lines]
        except EdiError:
            said = [(code, 1, None) for code in READS if code.encode() in claim.data.upper()]
        for code, units, span in said:
            for day in days_of(span) or (None,):
                known = self._lines.setdefault((whose, day), [])
                known.append(Submitted(code, units, claim.id, billing, payer))

    def submitted(self, patient: Identity, day: date) -> Sequence[Submitted]:
        """The lines of earlier files, and of the claims that were set aside."""
        found = [*self._further.submitted(patient, day)]
        for whose in (patient.wide, hash((patient.member, patient.wide[3]))):
            for when in (day, None):
                found += self._lines.get((whose, when), ())
        return found

    def earlier(self, patient: Identity, codes: Collection[str], before: date) -> Sequence[Earlier]:
        """Services of earlier files, as far as these go back."""
        ask = getattr(self._further, "earlier", None)
        return ask(patient, codes, before) if ask is not None else ()

    def without(self, document: Document) -> Beside:
        """The same where a store holds the document already."""
        less = getattr(self._further, "without", None)
        if less is None:
            return self
        made = copy.copy(self)
        made._further = less(document)
        return made
