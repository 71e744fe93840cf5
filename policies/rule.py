"""A rule of a payer: what it does to which services, for whom, since when, and what that was seen in.

Learnt from remittances or written by hand from a payer's handbook; either way a person accepts it before anything uses
it. It holds counts and codes, no patient and no edit of a claim. Its form at rest is a policy book.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

PROPOSED, ACCEPTED, RETIRED, REJECTED = "proposed", "accepted", "retired", "rejected"
STATUSES = (PROPOSED, ACCEPTED, RETIRED, REJECTED)
OBSERVED = "observed"
"""Of what was seen, and too seldom to be proposed: shown, and in no book."""
BUNDLES, ALLOWS = "applies", "does-not-apply"
"""What a rule says: that the payer does this; or that it was seen not to, which silences a general warning."""
KINDS = (
    "same-day-exclusion", "count-to-series", "fee-sum-to-series", "pano-counts-as-series", "per-date-cap", "period-cap",
    "shared-series-window", "series-exclusion", "capture-only", "downcode", "aggregate-cap", "age-limit",
)  # fmt: skip

Bracket = tuple[int | float | None, int | float | None]
"""A threshold that lies between two values, both of them possible; None where nothing was seen on that side."""


@dataclass(frozen=True)
class Counts:
    """What was seen. positive: the payer did it; negative: it did not; censored: nobody can tell. Trials are patients'
    dates of service; weight is what the positive ones weigh, an inferred one half."""

    positive: int = 0
    negative: int = 0
    censored: int = 0
    weight: float = 0.0
    rate: float = 0.0
    low: float = 0.0
    high: float = 1.0
    first_seen: date | None = None
    last_seen: date | None = None
    inferred: int = 0
    patient_owes: int = 0


@dataclass(frozen=True)
class Decision:
    """What a person did with a rule, and why. at: a date and time, passed in."""

    action: str
    by: str
    at: str
    reason: str


class Contract(NamedTuple):
    """What is between a practice and a payer: its class (REF*CE), and whether it is in the network (``in``, ``out``).

    "" where nobody says; a rule of one class, or of one side, then says nothing.
    """

    klass: str = ""
    network: str = ""


UNKNOWN_CONTRACT = Contract()


@dataclass(frozen=True)
class Rule:
    """A rule of a payer.

    payer: 2010BB NM109. group: 2000B SBR03 or 2100 REF*1L, None for all. klass: 2100 REF*CE, None for all. network:
    ``in`` or ``out``, of practices in the payer's network or outside, None for all. codes:
    what it happens to; with_codes: beside what. targets: the code it is paid as, by code, "*" for all of them.
    parameter: brackets and words by name. groups: positive and negative trials by group. allowed: what the plan pays
    for a unit, by group ("" for all) and code. evidence: hashes of some trials. alternatives: other rules that the same
    trials fit.
    """

    kind: str
    payer: str
    codes: tuple[str, ...]
    with_codes: tuple[str, ...] = ()
    targets: Mapping[str, str] = field(default_factory=dict)
    parameter: Mapping[str, Any] = field(default_factory=dict)
    group: str | None = None
    klass: str | None = None
    network: str | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    says: str = BUNDLES
    status: str = PROPOSED
    counts: Counts = Counts()
    groups: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    allowed: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    source: str = ""
    decisions: tuple[Decision, ...] = ()

    @property
    def id(self) -> str:
        """A name that stays while the rule says the same: counts, status and thresholds may change, what it is about
        may not."""
        about = (
            self.kind, self.payer, self.group or "", self.klass or "", " ".join(sorted(self.codes)),
            " ".join(sorted(self.with_codes)), " ".join(f"{a}={b}" for a, b in sorted(self.targets.items())), self.says,
            self.effective_from.isoformat() if self.effective_from else "", *([self.network] if self.network else []),
        )  # fmt: skip
        return f"{self.payer}.{self.kind}.{hashlib.sha256('|'.join(about).encode()).hexdigest()[:8]}"

    @property
    def target(self) -> str | None:
        """The one code it is paid as, None where there is none or it depends on the code."""
        known = set(self.targets.values())
        return known.pop() if len(known) == 1 else None

    def of(self, group: str, contract: Contract) -> bool:
        """Whether it is about a plan (SBR03) and a practice with this contract, whenever that was."""
        return (
            self.group in (None, group)
            and self.klass in (None, contract.klass)
            and self.network in (None, contract.network)
        )

    def holds_for(self, group: str, day: date, contract: Contract = UNKNOWN_CONTRACT) -> bool:
        """Whether it is about a plan (SBR03), a date of service and a practice's contract with the payer."""
        if not self.of(group, contract):
            return False
        return not (
            (self.effective_from is not None and day < self.effective_from)
            or (self.effective_to is not None and day > self.effective_to)
        )

    def bracket(self, name: str) -> Bracket:
        """A threshold by name; (None, None) where it has none."""
        low, high = self.parameter.get(name, (None, None))
        return low, high

    def record(self) -> dict[str, Any]:
        """As ``learn --format json`` says it."""
        counts = self.counts
        return {
            "type": "observation" if self.status == OBSERVED else "rule" if self.says == BUNDLES else "exception",
            "id": self.id, "kind": self.kind, "payer": self.payer, "group": self.group, "class": self.klass,
            "network": self.network,
            "codes": list(self.codes), "with": list(self.with_codes), "target": self.target,
            "targets": dict(self.targets) if self.targets and "*" not in self.targets else None,
            "parameter": {name: list(one) if isinstance(one, tuple) else one for name, one in self.parameter.items()},
            "n_pos": counts.positive, "n_neg": counts.negative, "n_cens": counts.censored,
            "rate": round(counts.rate, 2), "low": round(counts.low, 2), "high": round(counts.high, 2),
            "first_seen": _iso(counts.first_seen),
            "last_seen": _iso(counts.last_seen), "effective_from": _iso(self.effective_from),
            "effective_to": _iso(self.effective_to), "status": self.status,
            "quality": {"exact": counts.positive - counts.inferred, "inferred": counts.inferred},
            "liability": {"CO": counts.positive - counts.patient_owes, "PR": counts.patient_owes},
            "alternatives": list(self.alternatives),
        }  # fmt: skip

    def decided(self, status: str, decision: Decision) -> Rule:
        """The same with another status, and who gave it."""
        return replace(self, status=status, decisions=(*self.decisions, decision))


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
