"""Rows of evidence: counted trials, and nothing that leads back to a patient.

They add up: the rows of two stores that share no patient's date of service, put together, are the rows of one store
that holds both, and taking rows away gives back what was before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from bitewing.policies.rule import Contract

POSITIVE, NEGATIVE, CENSORED = 1, 0, -1


def learnt_from(kind: str) -> str:
    """The kind whose trials a kind is learnt from: its own, but for two that share those of another."""
    return {"fee-sum-to-series": "count-to-series", "shared-series-window": "period-cap"}.get(kind, kind)


class Row(NamedTuple):
    """So many trials that look the same.

    network: in or out, whether the practice is in the payer's network; "" where nobody can tell. code: the service it
    is about, "" where it is about several. context: what else counts, in the words of the kind.
    members: services that went the same way. target: the code they were paid as. outcome: POSITIVE, NEGATIVE, CENSORED.
    inferred: the payer did not say it in so many words. allowed: for all of it, where it matters. trial: the hash of
    one of them.
    """

    kind: str
    payer: str
    group: str
    klass: str
    network: str
    code: str
    context: str
    members: str
    target: str
    outcome: int
    inferred: int
    patient_owes: int
    day: date
    allowed: Decimal | None
    n: int
    trial: str

    @property
    def contract(self) -> Contract:
        """What its practice has agreed with the payer, as far as the payment shows it."""
        return Contract(self.klass, self.network)

    @property
    def weight(self) -> float:
        """What its trials weigh: an inferred one half."""
        return self.n * (0.5 if self.inferred else 1.0)


def trials(rows: Sequence[Row]) -> tuple[float, float]:
    """Weighted positive and negative trials."""
    positive = negative = 0.0
    for row in rows:
        if row.outcome == POSITIVE:
            positive += row.weight
        elif row.outcome == NEGATIVE:
            negative += row.n
    return positive, negative


class Evidence:
    """Counts of rows, which can be added and taken away exactly."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._counts: Counter[Row] = Counter()
        for row in rows:
            self._counts[row._replace(n=0, trial="")] += row.n
        self._trials: dict[Row, str] = {}
        for row in rows if isinstance(rows, (list, tuple)) else ():
            key = row._replace(n=0, trial="")
            self._trials[key] = min(self._trials.get(key, row.trial), row.trial)

    def __add__(self, other: Evidence) -> Evidence:
        made = Evidence()
        made._counts = Counter(self._counts)
        made._counts.update(other._counts)
        made._trials = dict(self._trials)
        for key, trial in other._trials.items():
            made._trials[key] = min(made._trials.get(key, trial), trial)
        return made

    def __sub__(self, other: Evidence) -> Evidence:
        """Without the trials of another. Raises ValueError where they are not in it."""
        made = Evidence()
        made._counts = Counter(self._counts)
        made._counts.subtract(other._counts)
        if any(n < 0 for n in made._counts.values()):
            raise ValueError("what is taken away is not in this evidence")
        made._counts = +made._counts
        made._trials = {key: trial for key, trial in self._trials.items() if key in made._counts}
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Evidence) and self._counts == other._counts

    __hash__ = None  # type: ignore[assignment]

    def __iter__(self) -> Iterator[Row]:
        """The rows in an order of their own."""
        for key in sorted(self._counts, key=_order):
            yield key._replace(n=self._counts[key], trial=self._trials.get(key, ""))


def _order(row: Row) -> tuple[object, ...]:
    return (*row[:10], row.inferred, row.patient_owes, row.day, row.allowed is None, row.allowed or 0)
