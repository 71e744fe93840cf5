"""Reconciliation as a biller reads it: what was paid, what the patient owes, what was denied, bundled or changed.

Paid as expected is one line a claim; whatever needs a look shows its lines. Nothing here names a patient.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from bitewing.console import many, printable

Record = dict[str, Any]

_EVENTS = {
    "out-of-balance": "does not add up: not used as evidence",
    "reversed": "taken back",
    "predetermination": "estimate only",
    "cob": "after another payer",
    "bundle-target": "carries the bundle",
    "bundled-into": "bundled",
    "missing-qualifier": "denied: a service it depends on is missing",
    "duplicate": "denied: duplicate",
    "eligibility-admin": "denied: coverage or filing",
    "not-covered": "not covered",
    "frequency": "denied: too often in the period",
    "units-capped": "fewer units paid than sent",
    "downcoded": "paid as another service",
    "remapped": "changed to another code",
    "info-request": "denied: information is missing",
    "max-reached": "benefit maximum reached",
    "paid-reduced": "paid",
    "paid": "paid",
    "added-by-payer": "added by the payer",
    "not-classified": "not clear",
}
_AS_EXPECTED = {"paid", "paid-reduced"}
_STATUS = {"2": "as secondary", "3": "as tertiary", "4": "denied", "22": "taken back", "25": "estimate, no payment"}
_FINDINGS = {
    "remit-unmatched": "no submitted claim fits",
    "remit-missing-svc06": "the submitted code was not sent back",
    "remit-line-out-of-balance": "a line does not add up",
    "remit-claim-out-of-balance": "the claim does not add up",
    "remit-charge-differs": "the charge is not the one submitted",
    "remit-lines-charge-differs": "the lines' charges are not the claim's",
    "remit-patient-share-differs": "what the patient owes does not agree with its parts",
    "remit-line-added": "a line was added by the payer",
    "remit-line-missing": "a submitted line is not answered",
    "remit-distrusted-6r": "line numbers are not reliable",
    "remit-duplicate": "sent before",
    "remit-allowed-differs": "the allowed amount does not agree with the payment",
    "remit-payment-out-of-balance": "the payment does not add up",
    "remit-amount-unreadable": "an amount is missing or cannot be read: not used as evidence",
    "remit-payment-unreadable": "an amount of the payment is missing or cannot be read",
}


class Totals:
    """What a whole reconciliation comes to."""

    def __init__(self) -> None:
        self.remits = self.matched = self.look = 0
        self.methods: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.paid = self.patient = Decimal(0)
        self.payments = self.unbalanced = 0

    def payment(self, record: Record) -> None:
        """Count a payment."""
        self.payments += 1
        self.unbalanced += record["balanced"] is False

    def remit(self, record: Record) -> None:
        """Count a claim payment; what was sent twice is money once."""
        self.remits += 1
        self.matched += record["method"] is not None
        self.methods[record["method"] or "unmatched"] += 1
        self.events.update(line["event"] or "not-classified" for line in record["lines"])
        self.look += needs_look(record)
        if not record["duplicate_of"]:
            self.paid += Decimal(record["paid"] or 0)
            self.patient += Decimal(record["patient"] or 0)

    def record(self) -> Record:
        """The same as a record."""
        return {
            "type": "summary",
            "payments": self.payments,
            "payments_unbalanced": self.unbalanced,
            "remits": self.remits,
            "matched": self.matched,
            "methods": dict(sorted(self.methods.items())),
            "events": dict(sorted(self.events.items())),
            "paid": f"{self.paid:.2f}",
            "patient": f"{self.patient:.2f}",
        }


def needs_look(record: Record) -> bool:
    """Whether a person has something to see here: not simply paid."""
    return (
        record["method"] is None
        or bool(record["findings"])
        or record["clp02"] not in ("1", "19")
        or any(line["event"] not in _AS_EXPECTED for line in record["lines"])
    )


def payment_text(record: Record) -> Iterator[str]:
    """A payment and whether it adds up, to the cent."""
    number = printable(record["trace"]) or "without number"
    head = f"Payment {number} of {record['paid_on'] or 'no date'}, {printable(record['payer'] or 'payer not named')}"
    if record["difference"] is None:
        said = "its sums cannot be known"
    elif record["balanced"]:
        said = "adds up"
    else:
        said = f"does NOT add up, by {record['difference']}"
    yield f"{head}: {record['amount'] or '?'}; claims {record['claims_paid'] or '?'}, {said}."
    for one in record["provider_adjustments"]:
        word = "withheld" if not (one["amount"] or "").startswith("-") else "added"
        why = f"{printable(one['reason'])} {printable(one['reference'])}".strip()
        yield f"    {word} {(one['amount'] or '?').lstrip('-')} ({why})"


def remit_text(record: Record) -> Iterator[str]:
    """A claim payment: one line, and its lines where there is something to see."""
    name = printable(record["clm01"] or record["clp01"])
    status = f", {_STATUS[record['clp02']]}" if record["clp02"] in _STATUS else ""
    found = (
        "" if record["method"] in (None, "exact") else f" (found by {record['method']}: {printable(record['clp01'])})"
    )
    owes = f", patient owes {record['patient']}" if record["patient"] not in (None, "0.00") else ""
    yield f"  Claim {name}{found}{status}: paid {record['paid'] or '?'} of {record['charge'] or '?'}{owes}"
    if not needs_look(record):
        return
    for line in record["lines"]:
        yield "      " + _line(line)
    for bundle in record["bundles"]:
        members = ", ".join(map(str, bundle["members"]))
        sure = "" if bundle["quality"] == "exact" else " (inferred)"
        yield f"      lines {members} were paid together as {bundle['target']}{sure}"
    for bundle in record["across"]:
        members = "; ".join(f"claim {printable(one['clp01'])} line {one['svc']}" for one in bundle["members"])
        sure = "" if bundle["quality"] == "exact" else " (inferred)"
        yield f"      paid as {bundle['target']} with other claims: {members}{sure}"
    if record["superseded_by"]:
        yield "      replaced by another payment of the claim"
    for name in record["findings"]:
        amounts = [one["amount"] for one in record["amounts"] if one["name"] == name]
        by = f" by {', '.join(amounts)}" if amounts else ""
        yield f"      ! {_FINDINGS.get(name, name)}{by} ({name})"
    if record["method"] is None and record["reason"]:
        yield f"      why: {printable(record['reason'])}"
    for one in record["near"]:
        yield f"      nearest: claim {printable(one['clm01'])}, but {printable(one['why_not'])}"


def _line(line: Record) -> str:
    what = _EVENTS[line["event"] or "not-classified"]
    if line["event"] in ("bundled-into", "downcoded", "remapped") and line["target"]:
        what += f": {printable(line['target'])}"
    where = f"line {line['lx']}" if line["lx"] is not None else "line ?"
    code = printable(line["submitted"])
    units = f" x{line['units']}" if line["units"] not in (None, 1) else ""
    return (
        f"{where:8} {code + units:10} charged {line['charge'] or '?':>9}  allowed {line['allowed'] or '?':>9}"
        f"  paid {line['paid'] or '?':>9}  {what}"
    )


def totals_text(totals: Totals) -> Iterator[str]:
    """The last lines: how much, how many, what is open."""
    said = "all add up" if not totals.unbalanced else f"{totals.unbalanced} do not add up"
    head = f"{many(totals.payments, 'payment')} ({said}), {many(totals.remits, 'claim payment')}"
    yield f"{head}: {totals.matched} matched, {totals.remits - totals.matched} not; {totals.look} to look at."
    yield f"Paid {totals.paid:,.2f}; patients owe {totals.patient:,.2f}."
