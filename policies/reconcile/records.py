"""Reconciliation as records, one a payment and one a claim payment, in an order that no arrival changes.

They are read from the tables of the store and those that ``policies/match`` made of them. Rows of one remittance are
brought together from sorted streams, so memory does not grow with the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

Row = tuple[Any, ...]
Record = dict[str, Any]

_IN_ORDER = "p.paid_on NULLS LAST, p.trace, r.source, r.remit_no"
"""Payments by date and number; then their claims as they stand in the file."""


class Rows(Protocol):
    """What answers SQL; several streams are read side by side."""

    def rows(self, query: str) -> Iterator[Row]:
        """The rows of a query, in batches behind the scenes."""
        ...


class Joined(NamedTuple):
    """The rows of one claim payment: itself, its lines, its bundles, its findings, its bundles with other payments."""

    head: Row
    lines: list[Row]
    bundles: list[Row]
    findings: list[Row]
    across: list[Row]


_HEADS = f"""
SELECT r.source, r.remit_no, r.clp01, r.clp02, r.clp07,
       COALESCE(c.payer_id, NULLIF(p.payer_id, ''), p.payer_name), c.clm01, m.method,
       r.charge, r.paid, COALESCE(r.patient_share, a.patient), a.allowed,
       m.role, m.confidence, m.reason, m.claim_source, m.claim_no, m.duplicate_source, m.duplicate_remit_no,
       p.payment_no, p.trace, p.paid_on, r.group_no, r.first_day, s.by_source, s.by_remit_no
FROM remits r
JOIN payments p ON p.source = r.source AND p.payment_no = r.payment_no
LEFT JOIN remit_matches m ON m.source = r.source AND m.remit_no = r.remit_no
LEFT JOIN claims c ON c.source = m.claim_source AND c.claim_no = m.claim_no
LEFT JOIN remit_sums a ON a.source = r.source AND a.remit_no = r.remit_no
LEFT JOIN corrections s ON s.source = r.source AND s.remit_no = r.remit_no
ORDER BY {_IN_ORDER}
"""
_OF_REMITS = """
JOIN remits r ON r.source = x.source AND r.remit_no = x.remit_no
JOIN payments p ON p.source = r.source AND p.payment_no = r.payment_no
"""
_LINES = f"""
SELECT x.source, x.remit_no, x.svc_no, m.lx, m.method,
       COALESCE(m.submitted_code, NULLIF(x.sent_code, ''), x.code), x.code,
       x.sent_units, x.units, x.charge, x.paid, e.allowed, e.patient_share, e.event, e.target, m.line_no
FROM remit_lines x {_OF_REMITS}
LEFT JOIN line_matches m ON m.source = x.source AND m.remit_no = x.remit_no AND m.svc_no = x.svc_no
LEFT JOIN line_events e ON e.source = x.source AND e.remit_no = x.remit_no AND e.svc_no = x.svc_no
ORDER BY {_IN_ORDER}, x.svc_no
"""
_BUNDLES = f"""
SELECT x.source, x.remit_no, x.members, x.target, x.quality
FROM bundles x {_OF_REMITS}
ORDER BY {_IN_ORDER}, x.members
"""
_FINDINGS = f"""
SELECT x.source, x.remit_no, x.svc_no, x.name, x.amount
FROM remit_findings x {_OF_REMITS}
ORDER BY {_IN_ORDER}, x.name, x.svc_no, x.amount
"""
_ACROSS = f"""
SELECT x.source, x.remit_no, c.target, c.quality, l.source, l.remit_no, o.clp01, l.svc_no,
       c.carrier_source, c.carrier_remit_no, c.carrier_svc_no
FROM (
  SELECT source, remit_no, carrier_source, carrier_remit_no, carrier_svc_no FROM across_lines
  UNION
  SELECT carrier_source, carrier_remit_no, carrier_source, carrier_remit_no, carrier_svc_no FROM across_bundles
) x
JOIN across_bundles c ON c.carrier_source = x.carrier_source AND c.carrier_remit_no = x.carrier_remit_no
 AND c.carrier_svc_no = x.carrier_svc_no
JOIN across_lines l ON l.carrier_source = c.carrier_source AND l.carrier_remit_no = c.carrier_remit_no
 AND l.carrier_svc_no = c.carrier_svc_no
JOIN remits o ON o.source = l.source AND o.remit_no = l.remit_no
{_OF_REMITS.lstrip()}
ORDER BY {_IN_ORDER}, c.carrier_source, c.carrier_remit_no, c.carrier_svc_no, l.source, l.remit_no, l.svc_no
"""
_PAYMENTS = """
SELECT p.source, p.payment_no, p.trace, p.method, p.paid_on, COALESCE(NULLIF(p.payer_id, ''), p.payer_name),
       p.payee_npi, p.amount, b.claims_paid, b.adjusted, b.difference, p.claims, p.sign
FROM payments p
LEFT JOIN payments_balance b ON b.source = p.source AND b.payment_no = p.payment_no
ORDER BY p.paid_on NULLS LAST, p.trace, p.source, p.payment_no
"""
_PROVIDER_ADJUSTMENTS = """
SELECT x.source, x.payment_no, x.reason, x.reference, x.amount
FROM provider_adjustments x
JOIN payments p ON p.source = x.source AND p.payment_no = x.payment_no
ORDER BY p.paid_on NULLS LAST, p.trace, p.source, p.payment_no, x.adjustment_no
"""
_NEAR = """
SELECT n.source, n.remit_no, c.clm01, n.reason, n.claim_source, n.claim_no
FROM near_candidates n JOIN claims c ON c.source = n.claim_source AND c.claim_no = n.claim_no
ORDER BY n.source, n.remit_no, c.clm01, n.claim_source, n.claim_no
"""
UNBALANCED = frozenset({"remit-line-out-of-balance", "remit-claim-out-of-balance"})
UNREADABLE = "remit-amount-unreadable"


def remit_records(engine: Rows) -> Iterator[Record]:
    """One record for every CLP: matched with what, what each line was paid and why: ``docs/remittances.md``."""
    near: dict[tuple[str, int], list[Record]] = {}
    for source, number, clm01, reason, claim_source, claim_no in engine.rows(_NEAR):
        said = {"clm01": clm01, "why_not": reason, "claim_source": claim_source, "claim_no": claim_no}
        near.setdefault((source, number), []).append(said)
    for joined in _joined(engine):
        yield _remit(joined, near.get((joined.head[0], joined.head[1]), []))


def payment_records(engine: Rows) -> Iterator[Record]:
    """One record for every payment (ST to SE): BPR02 beside its claims and provider adjustments, to the cent."""
    merge = _Merge(engine.rows(_PROVIDER_ADJUSTMENTS))
    for row in engine.rows(_PAYMENTS):
        adjustments = [
            {"reason": reason, "reference": reference, "amount": text(amount)}
            for _, _, reason, reference, amount in merge.of(row[:2])
        ]
        yield {
            "type": "payment",
            "source": row[0],
            "payment_no": row[1],
            "trace": row[2],
            "method": row[3],
            "paid_on": day(row[4]),
            "payer": row[5],
            "payee": row[6],
            "amount": text(row[7]),
            "claims_paid": text(row[8]),
            "adjusted": text(row[9]),
            "difference": text(row[10]),
            "balanced": row[10] == 0 if row[10] is not None else None,
            "claims": row[11],
            "provider_adjustments": adjustments,
        }


def _joined(engine: Rows) -> Iterator[Joined]:
    queries = (_LINES, _BUNDLES, _FINDINGS, _ACROSS)
    lines, bundles, findings, across = (_Merge(engine.rows(query)) for query in queries)
    for head in engine.rows(_HEADS):
        key = head[:2]
        yield Joined(head, *(list(one.of(key)) for one in (lines, bundles, findings, across)))


class _Merge:
    """A stream in the order of the heads, handed out head by head."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = iter(rows)
        self._next: Row | None = next(self._rows, None)

    def of(self, key: Row) -> Iterator[Row]:
        """The next rows whose first two columns are the key."""
        while self._next is not None and self._next[:2] == key:
            row, self._next = self._next, next(self._rows, None)
            yield row


def _remit(joined: Joined, near: list[Record]) -> Record:
    head = joined.head
    names = sorted({row[3] for row in joined.findings})
    return {
        "type": "remit",
        "clp01": head[2],
        "clp02": head[3],
        "clp07": head[4],
        "payer": head[5],
        "clm01": head[6],
        "method": head[7],
        "charge": text(head[8]),
        "paid": text(head[9]),
        "allowed": text(head[11]),
        "patient": text(head[10]),
        "balanced": False if UNBALANCED.intersection(names) else None if UNREADABLE in names else True,
        "lines": [_line(row) for row in joined.lines],
        "bundles": [{"members": _numbers(row[2]), "target": row[3], "quality": row[4]} for row in joined.bundles],
        "across": _across(joined.across),
        "findings": names,
        "amounts": [
            {"name": name, "svc": svc or None, "amount": text(amount)}
            for _, _, svc, name, amount in joined.findings
            if amount is not None
        ],
        "role": head[12],
        "confidence": text(head[13]),
        "reason": head[14],
        "near": near,
        "duplicate_of": [head[17], head[18]] if head[17] else None,
        "superseded_by": [head[24], head[25]] if head[24] else None,
        "source": head[0],
        "remit_no": head[1],
        "payment_no": head[19],
        "trace": head[20],
        "paid_on": day(head[21]),
        "claim_source": head[15],
        "claim_no": head[16],
    }


def _line(row: Row) -> Record:
    return {
        "svc": row[2],
        "lx": row[3],
        "method": row[4],
        "submitted": row[5],
        "adjudicated": row[6],
        "units": row[7],
        "units_paid": row[8],
        "charge": text(row[9]),
        "paid": text(row[10]),
        "allowed": text(row[11]),
        "patient": text(row[12]),
        "event": row[13],
        "target": row[14] or None,
    }


def _across(rows: list[Row]) -> list[Record]:
    """Bundles that go beyond this claim payment, each with all its members, and the line that carries it."""
    found: dict[Row, Record] = {}
    for _, _, target, quality, source, number, clp01, svc, *carrier in rows:
        said = found.setdefault(
            tuple(carrier), {"target": target, "quality": quality, "carrier": list(carrier), "members": []}
        )
        said["members"].append({"clp01": clp01, "source": source, "remit_no": number, "svc": svc})
    return list(found.values())


def _numbers(members: Any) -> list[int]:
    """The members of a bundle: an array, or numbers with commas."""
    if isinstance(members, str):
        return [int(one) for one in members.split(",") if one]
    return [int(one) for one in members or ()]


def text(amount: Decimal | None) -> str | None:
    """An amount with its cents, None where it is not known."""
    return None if amount is None else f"{amount:.2f}"


def day(value: date | None) -> str | None:
    """A date as YYYY-MM-DD."""
    return None if value is None else value.isoformat()
