"""What was submitted before, answered from a store: one look-up in an index, well under a millisecond."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bitewing.edi.document import Document
from bitewing.edi.errors import EdiError
from bitewing.policies.history import VOID, Earlier, Submitted
from bitewing.policies.patient import Identity
from bitewing.policies.rows import interchanges
from bitewing.policies.rows.keys import Keys
from bitewing.policies.store.store import Store

_OF_PATIENT = """
SELECT code, units, claim, billing, payer, frequency, sent, tooth FROM submitted
WHERE patient = :patient AND (first_day IS NULL OR first_day = :day OR (first_day < :day AND last_day >= :day))
  AND source NOT IN (SELECT value FROM json_each(:apart))
"""
_EARLIER = """
SELECT code, first_day, claim, billing, payer, frequency, sent, tooth FROM submitted
WHERE patient = :patient AND first_day < :day AND source NOT IN (SELECT value FROM json_each(:apart))
ORDER BY first_day, code, claim
"""


class StoreHistory:
    """The ``History`` of a store. It can be handed to another process, which opens the store for itself.

    A line whose date is a range counts on each of its days, one without a date on every day. A void (CLM05-3 8) takes
    out what was submitted under its number until then, whichever of the two was ingested first.
    apart: interchanges that are not earlier ones, because they are looked at now.
    """

    def __init__(self, path: Path, apart: Iterable[str] = ()) -> None:
        self._path = path
        self._apart = json.dumps(sorted(apart))
        self._ledger: sqlite3.Connection | None = None
        self._keys: Keys | None = None
        self._open()

    def _open(self) -> tuple[sqlite3.Connection, Keys]:
        """Raises StoreError."""
        if self._ledger is None or self._keys is None:
            store = Store.open(self._path)
            self._ledger, self._keys = store.ledger, store.keys
        return self._ledger, self._keys

    def submitted(self, patient: Identity, day: date) -> Sequence[Submitted]:
        rows = self._standing(_OF_PATIENT, patient, day)
        return [Submitted(*row[:5])._replace(tooth=row[7]) for row in rows]

    def earlier(self, patient: Identity, codes: Collection[str], before: date) -> Sequence[Earlier]:
        """Services with these codes that were submitted for earlier dates; voided claims left out."""
        rows = self._standing(_EARLIER, patient, before)
        return [Earlier(row[0], date.fromisoformat(row[1]), row[4], row[7]) for row in rows if row[0] in codes]

    def _standing(self, query: str, patient: Identity, day: date) -> list[tuple[Any, ...]]:
        """What a query finds for a patient and was not voided. Its columns from the third on: claim, billing, payer,
        CLM05-3 and sent."""
        ledger, keys = self._open()
        last, first, born, usage = patient.wide
        key = keys.patient(last, first, born.replace("-", ""), usage)
        if not key:
            return []
        rows = ledger.execute(query, {"patient": key, "day": day.isoformat(), "apart": self._apart}).fetchall()
        voids = {(row[2:5], row[6]) for row in rows if row[5] == VOID}
        return [
            row for row in rows if row[5] != VOID and not any(of == row[2:5] and sent >= row[6] for of, sent in voids)
        ]

    def without(self, document: Document) -> StoreHistory:
        """The same without the document's own interchanges: a file that is in the store is not its own history."""
        try:
            return StoreHistory(self._path, {one.source for one in interchanges(document)})
        except EdiError:
            return self  # whoever reads the document says what is wrong with it

    def __getstate__(self) -> tuple[Path, str]:
        return self._path, self._apart

    def __setstate__(self, state: tuple[Path, str]) -> None:
        (self._path, self._apart), self._ledger, self._keys = state, None, None
