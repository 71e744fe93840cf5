"""A remittance (835) as an explanation of benefits: who pays whom, what became of every line, whether it adds up.

The text shows names: it is for whoever holds the file, and goes into no log. What cannot be read is shown as ``?``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from bitewing.console import printable
from bitewing.edi.errors import EdiError
from bitewing.edi.parts import Adjustment, Party
from bitewing.edi.remit.balance import Sum, allowed, claim_sums, payment_sum
from bitewing.edi.remit.line import RemitLine
from bitewing.edi.remit.parts import Organization
from bitewing.edi.remit.payment import Payment
from bitewing.edi.remit.remit import Remit
from bitewing.edi.values import money_text

T = TypeVar("T")

NARROWEST = 72
UNREADABLE = "?"
STATUSES = {"1": "as first payer", "2": "as second payer", "3": "as third payer", "4": "denied"}
STATUSES |= {"19": "as first payer, passed on", "20": "as second payer, passed on", "21": "as third payer, passed on"}
STATUSES |= {"22": "taken back", "23": "not their claim, passed on", "25": "predetermination: nothing is paid"}
GROUPS = {"CO": "contract", "PR": "patient", "OA": "other", "PI": "payer", "CR": "correction"}
METHODS = {"CHK": "cheque", "ACH": "transfer", "FWT": "wire", "BOP": "as the bank chooses", "NON": "no payment"}
SUMS = {
    "SVC03": "paid on the line, against its charge without its adjustments",
    "CLP04": "paid on the claim, against its charge without all adjustments",
    "CLP03": "charged on the claim, against the charges of its lines",
    "CLP05": "owed by the patient, against the adjustments of group PR",
    "BPR02": "paid in all, against the claims without the provider adjustments",
}
_LABEL, _INDENT = 10, 5
_HEADS = ("#", "Date", "Sent", "Paid as", "Qty", "Charge", "Allowed", "Patient", "Paid")
_LEFT = 4
"""How many of these columns hold words; the others stand to the right."""


def shown_remittances(found: Iterable[Remit | Payment], wanted: str | None, width: int = 100) -> Iterator[str]:
    """Each claim payment as text, the first of a payment below what is said of the payment, and its end last: the
    provider adjustments and whether all adds up. wanted: only claim payments with this number (CLP01)."""
    columns = max(width, NARROWEST)
    begun: Payment | None = None
    for one in found:
        payment = one if isinstance(one, Payment) else one.payment
        if wanted is not None and (isinstance(one, Payment) or one.id != wanted):
            continue
        if begun is not payment:
            begun = payment
            yield _text(_payment(payment), columns)
        yield _text(_end(one) if isinstance(one, Payment) else _claim(one), columns)


Row = tuple[str, str] | str
"""A word and what is said under it; or a line as it is."""


def _text(rows: Iterator[Row], columns: int) -> str:
    lines: list[str] = []
    for row in rows:
        if isinstance(row, str):
            lines.append(row.rstrip())
        elif row[1]:
            lead = row[0].ljust(_LABEL) if row[0].strip() else row[0]
            parts = textwrap.wrap(printable(row[1]), columns - len(lead), break_on_hyphens=False) or [""]
            lines += [(lead if at == 0 else " " * len(lead)) + part for at, part in enumerate(parts)]
    return "\n".join(lines) + "\n"


def _payment(payment: Payment) -> Iterator[Row]:
    how = METHODS.get(payment.method, payment.method or "payment")
    day = _read(lambda: payment.paid_on, date.isoformat)
    sign = "taken back" if payment.sign == "D" else ""
    number = f"{how} {payment.trace or 'without a number'}"
    yield "Payment", _joined(number, f"of {day}" if day else "", _money(lambda: payment.amount), payment.currency, sign)
    yield "Payer", _organization(payment.payer)
    for one in payment.payer.contacts if payment.payer else ():
        yield " " * _LABEL, _joined(one.name, *(f"{kind} {at}" for kind, at in one.numbers))
    yield "Payee", _organization(payment.payee)


def _claim(remit: Remit) -> Iterator[Row]:
    yield (
        "Claim",
        _joined(
            remit.id or "without a number",
            f"payer's number {remit.payer_control_number}" if remit.payer_control_number else "",
            STATUSES.get(remit.status, f"status {remit.status}"),
        ),
    )
    yield "Patient", _person(remit.patient or remit.insured) or "not named"
    if remit.corrected:
        yield "Corrected", _person(remit.corrected)
    yield "Provider", _person(remit.service_provider)
    yield (
        "Plan",
        _joined(
            f"group {remit.group_number}" if remit.group_number else "",
            f"class {remit.contract_class}" if remit.contract_class else "",
        ),
    )
    if remit.original_reference:
        yield "Replaces", remit.original_reference
    yield "Passed to", _person(remit.crossover_payer)
    yield from _table(remit)
    yield " " * _INDENT, _adjusted("on the claim: ", lambda: remit.adjustments)
    yield " " * _INDENT, f"remarks {', '.join(remit.remarks)}" if remit.remarks else ""
    yield "Charged", _money(lambda: remit.charge) or "not given"
    yield "Paid", _money(lambda: remit.paid) or "not given"
    yield "Patient owes".ljust(_LABEL + 3), _money(lambda: remit.patient_share) or "nothing said"
    yield from _problems(claim_sums(remit))


def _table(remit: Remit) -> Iterator[Row]:
    if not remit.lines:
        yield "", "no service lines"
        return
    rows = [_HEADS, *(_cells(line) for line in remit.lines)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEADS))]
    for line, row in zip((None, *remit.lines), rows, strict=True):
        cells = (
            cell.ljust(size) if at < _LEFT else cell.rjust(size)
            for at, (cell, size) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells)
        if line is not None:
            for text in _under(line):
                yield " " * _INDENT, text


def _cells(line: RemitLine) -> tuple[str, ...]:
    sent = line.sent_code or line.code
    paid_as = line.code if line.sent_code and line.sent_code != line.code else ""
    units, sent_units = _read(lambda: line.units, _count), _read(lambda: line.sent_units, _count)
    return tuple(
        printable(cell)
        for cell in (
            str(line.number),
            _read(lambda: line.first_day, date.isoformat) or "-",
            sent or "-",
            paid_as,
            units if units == sent_units else f"{units} of {sent_units}",
            _money(lambda: line.charge) or "-",
            _money(lambda: allowed(line)) or "-",
            _money(lambda: line.patient_adjusted),
            _money(lambda: line.paid) or "-",
        )
    )


def _under(line: RemitLine) -> Iterator[str]:
    """What a line says beside its columns."""
    yield _adjusted("", lambda: line.adjustments)
    said = _money(lambda: line.allowed_sent)
    if said and said != _money(lambda: allowed(line)):
        yield f"the payer says that it allowed {said}"
    if line.remarks:
        yield f"remarks {', '.join(remark.code for remark in line.remarks)}"


def _adjusted(lead: str, read: Callable[[], Sequence[Adjustment]]) -> str:
    """Adjustments by group, in the order in which the groups come first; "" where there are none."""
    if not _readable(read):
        return f"{lead}adjustments {UNREADABLE}"
    groups: dict[str, list[str]] = {}
    for one in read():
        amount = "no amount" if one.amount is None else money_text(one.amount, "0.00")
        times = f" x{_count(one.quantity)}" if one.quantity is not None else ""
        groups.setdefault(one.group, []).append(f"{one.group}-{one.reason or 'none'} {amount}{times}")
    said = "; ".join(f"{GROUPS.get(group, group)}: {', '.join(parts)}" for group, parts in groups.items())
    return lead + said if said else ""


def _end(payment: Payment) -> Iterator[Row]:
    """Behind the claims: PLB, and whether the payment adds up."""
    if not _readable(lambda: payment.provider_adjustments):
        yield "Provider adjustments cannot be read"
    else:
        for one in payment.provider_adjustments:
            amount = UNREADABLE if one.amount is None else money_text(abs(one.amount), "0.00")
            way = "added" if one.amount is not None and one.amount < 0 else "withheld"
            about = _joined(one.reason, one.reference, f"provider {one.provider}" if one.provider else "", mark=" ")
            yield "Provider adjustment  ", f"{amount} {way}: {about}"
    if not payment.closed:
        yield "The remittance ends without SE: claims may be missing."
    claims, withheld = _money(lambda: payment.claims_paid), _money(lambda: payment.withheld)
    yield "Sum", f"claims {claims or 'not known'} ({payment.claims}), provider adjustments {withheld}"
    whole = payment_sum(payment)
    if whole.agrees is None:
        yield "The payment cannot be checked: an amount is missing, cannot be read, or its sign is in doubt."
    elif whole.agrees:
        yield "The payment adds up."
    yield from _problems([whole])


def _problems(sums: Iterable[Sum]) -> Iterator[Row]:
    for one in sums:
        apart = one.difference
        if apart and one.said is not None and one.expected is not None:
            said, expected = money_text(one.said, "0.00"), money_text(one.expected, "0.00")
            more = f"{money_text(abs(apart), '0.00')} {'more' if apart > 0 else 'less'}"
            where = f"line {one.line}, " if one.line else ""
            word = "DOES NOT ADD UP" if one.firm else "NOTE"
            yield f"{word}  ", f"{where}{one.element} says {said}, expected {expected}, {more}: {SUMS[one.element]}"
        elif one.agrees is None and one.element == "SVC03":
            yield "NOTE  ", f"line {one.line}: whether it adds up is not known"


def _organization(one: Organization | None) -> str:
    if one is None:
        return "not named"
    kind = {"XX": "NPI", "FI": "tax number"}.get(one.id_qualifier, "id")
    return _joined(one.name, f"{kind} {one.id}" if one.id else "")


def _person(one: Party | None) -> str:
    if one is None:
        return ""
    kind = {"XX": "NPI", "MI": "member"}.get(one.id_qualifier, "id")
    name = _joined(one.first_name, one.middle_name, one.last_name, one.suffix, mark=" ")
    return _joined(name, f"{kind} {one.id}" if one.id else "")


def _readable(read: Callable[[], object]) -> bool:
    try:
        read()
    except EdiError:
        return False
    return True


def _read(read: Callable[[], T | None], form: Callable[[T], str]) -> str:
    """The value in words, "" where absent, ``?`` where it cannot be read."""
    try:
        value = read()
    except EdiError:
        return UNREADABLE
    return "" if value is None else form(value)


def _money(read: Callable[[], Decimal | None]) -> str:
    return _read(read, lambda value: money_text(value, "0.00"))


def _count(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _joined(*parts: str, mark: str = ", ") -> str:
    return mark.join(part for part in parts if part)
