"""A claim as a biller reads it in a terminal: plain text, the findings under the lines they speak of.

The text shows names, birth dates and notes: it is for whoever holds the file, and goes into no log.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from bitewing.console import printable
from bitewing.edi.claim import Claim
from bitewing.edi.codes import procedures
from bitewing.edi.edit import Edit
from bitewing.edi.errors import EdiError
from bitewing.edi.finding import Finding
from bitewing.edi.levels import PATIENT
from bitewing.edi.line import Line
from bitewing.edi.parts import LineAdjudication, OtherSubscriber, Party
from bitewing.edi.values import money_text

T = TypeVar("T")

NARROWEST = 72
"""Columns: below this the table cannot be read, and a narrower terminal has to fold it."""

UNREADABLE = "?"
FREQUENCIES = {"1": "original", "7": "replacement", "8": "void"}
RELATIONS = {"01": "spouse", "18": "self", "19": "child", "20": "employee", "21": "relation not known"}
RELATIONS |= {"39": "organ donor", "40": "cadaver donor", "53": "life partner", "G8": "other relation"}
RANKS = {"P": "primary", "S": "secondary", "T": "tertiary", "U": "rank not known"}
PLACES = {
    "02": "telehealth, not at home",
    "03": "school",
    "10": "telehealth, at home",
    "11": "office",
    "12": "home",
    "13": "assisted living",
    "15": "mobile unit",
    "19": "outpatient, off campus",
    "21": "inpatient",
    "22": "outpatient, on campus",
    "23": "emergency room",
    "24": "ambulatory surgery",
    "31": "skilled nursing",
    "32": "nursing facility",
    "49": "independent clinic",
    "50": "community health center",
    "71": "public health clinic",
    "72": "rural health clinic",
}
_LABEL, _INDENT, _MARK, _GAP = 13, 5, 9, 2
_LX, _DATE, _CODE, _TOOTH, _NARROWEST_SERVICE = 3, 10, 5, 10, 12


def render_claim(claim: Claim, findings: Sequence[Finding], width: int = 100) -> str:
    """The claim and what was found on it, in lines of at most ``width`` columns (72 or more), without a last line end.

    Findings on other claims are left out. What cannot be read is shown as ``?``, with the reason at the end; control
    characters are shown as escapes. Raises nothing on the content of a claim.
    """
    reading = _Reading()
    columns = max(width, NARROWEST)
    remarks = _Remarks([finding for finding in findings if _speaks_of(finding, claim)], claim, columns)
    text = [*_head(claim, reading, columns), "", *_Table(claim, reading, columns).text(remarks)]
    about = list(remarks.about_claim())
    if about:
        text += ["", "About the claim", *about]
    if reading.reasons:
        text += ["", "Cannot be read"]
        text += [part for reason in reading.reasons for part in _hanging(f"{UNREADABLE}  ", reason, _INDENT, columns)]
    return "\n".join(part.rstrip() for part in text)


class _Reading:
    """Reads values to be shown. What cannot be read is ``?``; reasons holds why, each once, in order."""

    def __init__(self) -> None:
        self.reasons: dict[str, None] = {}

    def text(self, read: Callable[[], T | None], form: Callable[[T], str] = str) -> str:
        """The value in words, "" where it is absent."""
        try:
            value = read()
        except EdiError as error:
            self.reasons[str(error)] = None
            return UNREADABLE
        return "" if value is None else form(value)

    def money(self, read: Callable[[], Decimal | None]) -> str:
        return self.text(read, _money)


def _head(claim: Claim, reading: _Reading, columns: int) -> Iterator[str]:
    for label, value in _facts(claim, reading):
        yield from _hanging(label.ljust(_LABEL), value, 0, columns)


def _facts(claim: Claim, reading: _Reading) -> Iterator[tuple[str, str]]:
    """What is known of the claim before its lines, as a word and a value."""
    yield "Claim", claim.id or "without a number"
    yield "Total", reading.money(lambda: claim.charge) or "not given"
    yield "Frequency", _frequency(claim)
    if claim.predetermination:
        yield "Status", "predetermination: nothing was done yet"
    yield "Place", _coded(PLACES, claim.place_of_service) or "not given"
    yield "Date", _dates(claim, reading)
    yield "Practice", _party(claim.billing_provider)
    own = claim.rendering_provider
    yield "Rendering", _party(own) if own else "the practice"
    if claim.service_facility:
        yield "Facility", _party(claim.service_facility)
    yield "Payer", _joined(_payer(claim.payer), RANKS.get(claim.subscriber.payer_responsibility, ""))
    yield from _people(claim, reading)
    others = [_other_cover(other, reading) for other in claim.other_subscribers]
    yield from _each("Other cover", others)
    paid = reading.money(lambda: claim.patient_paid)
    if paid:
        yield "Patient paid", paid
    yield "Attachments", _counted([_joined(one.report_type, one.control_number, mark=" ") for one in claim.attachments])
    yield from _each("Notes", [f"{at}. {note}" for at, note in enumerate(claim.notes, start=1)])


def _each(label: str, values: Sequence[str]) -> Iterator[tuple[str, str]]:
    """A row for each value, the word at the first; one that says so where there is none."""
    for at, value in enumerate(values or ["none"]):
        yield ("" if at else label), value


def _frequency(claim: Claim) -> str:
    said = _coded(FREQUENCIES, claim.frequency) or "not given"
    return f"{said} of {claim.original_reference}" if claim.original_reference else said


def _dates(claim: Claim, reading: _Reading) -> str:
    """The claim's date, or those of its lines."""
    own = reading.text(lambda: claim.service_date)
    dates = [own] if own else [_date(line, reading) for line in claim.lines]
    return _joined(*dict.fromkeys(dates)) or "not given"


def _date(line: Line, reading: _Reading) -> str:
    return reading.text(lambda: line.service_date)


def _people(claim: Claim, reading: _Reading) -> Iterator[tuple[str, str]]:
    patient, subscriber = claim.patient, claim.subscriber
    born = reading.text(lambda: patient.birth_date, date.isoformat)
    relation = _coded(RELATIONS, patient.relationship)
    yield "Patient", _joined(_name(patient), f"born {born}" if born else "no birth date", relation)
    name = _name(subscriber) if claim.level.code == PATIENT else "the patient"
    member = f"member {subscriber.id}" if subscriber.id else "no member id"
    yield "Subscriber", _joined(name, member, f"group {subscriber.group_number}" if subscriber.group_number else "")


def _other_cover(other: OtherSubscriber, reading: _Reading) -> str:
    """Another payer: who, in which order, and what it paid."""
    paid = reading.money(lambda: other.payer_paid)
    on = reading.text(lambda: other.paid_date, date.isoformat)
    if paid:
        said = f"paid {paid}"
    else:
        said = "no amount paid on the claim" if other.adjudicated else "nothing decided on the claim"
    rank = RANKS.get(other.payer_responsibility, "")
    return _joined(_payer(other.payer), rank, said + (f" on {on}" if on else ""))


@dataclass(frozen=True, slots=True)
class _Row:
    """One service line in words."""

    line: Line
    number: str
    date: str
    service: str
    tooth: str
    quantity: str
    charge: str


class _Table:
    """The service lines in columns. Columns of amounts are as wide as their longest value: no amount is ever folded."""

    def __init__(self, claim: Claim, reading: _Reading, columns: int) -> None:
        self.reading = reading
        self.columns = columns
        self.rows = [_row(line, reading) for line in claim.lines]
        total = reading.money(lambda: claim.total_of_lines)
        said = reading.money(lambda: claim.charge)
        self.totals = [("Total of the lines", total)]
        if said != total:
            self.totals.append(("Total of the claim", said or "-"))
        amounts = [value for _, value in self.totals] + [row.charge for row in self.rows]
        charge = max(map(len, ["Charge", *amounts]))
        quantity = max(map(len, ["Qty", *(row.quantity for row in self.rows)]))
        fixed = _LX + _DATE + _CODE + _TOOTH + quantity + charge + 6 * _GAP
        service = max(_NARROWEST_SERVICE, columns - fixed)
        self.widths = (_LX, _DATE, _CODE, service, _TOOTH, quantity, charge)

    def text(self, remarks: _Remarks) -> Iterator[str]:
        yield from self._cells("LX", "Date", "Code", "Service", "Tooth/area", "Qty", "Charge")
        for row in self.rows:
            line = row.line
            yield from self._cells(row.number, row.date, line.code, row.service, row.tooth, row.quantity, row.charge)
            yield from self._under(line)
            yield from remarks.under(line)
        if not self.rows:
            yield "no service lines"
        width = sum(self.widths) + 6 * _GAP
        for label, value in self.totals:
            yield f"{label}{' ' * _GAP}{value.rjust(self.widths[-1])}".rjust(width)

    def _cells(self, *cells: str) -> Iterator[str]:
        """One row, folded over as many lines as its longest cell needs."""
        folded = [_wrapped(cell, width) for cell, width in zip(cells, self.widths, strict=True)]
        for at in range(max(len(cell) for cell in folded)):
            parts = []
            for column, (cell, width) in enumerate(zip(folded, self.widths, strict=True)):
                part = cell[at] if at < len(cell) else ""
                parts.append(part.rjust(width) if column in (0, 5, 6) else part.ljust(width))
            yield (" " * _GAP).join(parts)

    def _under(self, line: Line) -> Iterator[str]:
        """What a line says beside its columns."""
        if line.own_rendering_provider:
            yield from _hanging("", f"rendered by {_party(line.own_rendering_provider)}", _INDENT, self.columns)
        for one in line.adjudications:
            yield from _hanging("", _adjudicated(one, self.reading), _INDENT, self.columns)


def _row(line: Line, reading: _Reading) -> _Row:
    known = procedures().get(line.code)
    teeth = [_joined(f"#{tooth.number}", "".join(tooth.surfaces), mark=" ") for tooth in line.teeth]
    areas = [f"area {area}" for area in line.areas]
    return _Row(
        line,
        line.number or str(line.index + 1),
        _date(line, reading) or "-",
        known.label if known else line.description,
        _joined(*teeth, *areas),
        reading.text(lambda: line.quantity, _count),
        reading.money(lambda: line.charge) or "-",
    )


def _adjudicated(one: LineAdjudication, reading: _Reading) -> str:
    """What another payer did to a line."""
    paid = reading.money(lambda: one.paid) or "nothing said"
    units = reading.text(lambda: one.quantity, _count)
    code = f"as {one.code}" + (f" x{units}" if units else "") if one.code else ""
    bundled = f"into line {one.bundled_line}" if one.bundled_line else ""
    on = reading.text(lambda: one.paid_date, date.isoformat)
    return _joined(f"payer {one.payer_id} paid {paid}", code, bundled, f"on {on}" if on else "", mark=" ")


class _Remarks:
    """Findings in words. Each is said in full once, at the first line it speaks of, and referred to at the others."""

    def __init__(self, findings: Sequence[Finding], claim: Claim, columns: int) -> None:
        self.findings = findings
        self.columns = columns
        self.terminator = claim.delimiters.segment
        self._said_at: dict[int, str] = {}

    def under(self, line: Line) -> Iterator[str]:
        """Those that speak of a line, in the order given."""
        for at, finding in enumerate(self.findings):
            if line.received not in finding.place.lines:
                continue
            if at in self._said_at:
                yield from self._lines(finding, f"see line {self._said_at[at]}")
            else:
                self._said_at[at] = line.number or str(line.index + 1)
                yield from self._full(finding)

    def about_claim(self) -> Iterator[str]:
        """Those that no line took."""
        for at, finding in enumerate(self.findings):
            if at not in self._said_at:
                yield from self._full(finding)

    def _full(self, finding: Finding) -> Iterator[str]:
        message = " ".join(finding.message.split())
        yield from self._lines(finding, f"{message} (rule {finding.policy})" if finding.policy else message)
        for edit in sorted(finding.edits):
            for lead, said in self._edit(edit):
                yield from _hanging(lead, said, _INDENT + _MARK, self.columns)

    def _lines(self, finding: Finding, said: str) -> list[str]:
        mark = finding.action.value.upper().ljust(_MARK)
        return _hanging(mark, f"{finding.name} ({finding.code}): {said}", _INDENT, self.columns)

    def _edit(self, edit: Edit) -> Iterator[tuple[str, str]]:
        """An edit in lines: one where a segment replaces a segment, else a line for each; + marks what is inserted."""
        before, after = self._segments(edit.before), self._segments(edit.after)
        if len(before) == len(after) == 1:
            yield "", f"{before[0]} -> {after[0]}"
            return
        for lead, segments in (("", before), ("-> " if before else "+ ", after)):
            for segment in segments:
                yield lead, segment
        if not after:
            yield "-> ", "removed"

    def _segments(self, data: bytes) -> list[str]:
        """Each with its terminator; line ends between them are not shown."""
        parts = data.decode("latin-1").split(mark := self.terminator.decode("latin-1"))
        ended = [part.strip("\r\n") + mark for part in parts[:-1]]
        return ended + [part for part in parts[-1:] if part.strip("\r\n")]


def _speaks_of(finding: Finding, claim: Claim) -> bool:
    """Whether it is about this claim, or about no claim in particular."""
    place = finding.place
    return place.claim_at == claim.offset if place.claim_at >= 0 else place.claim in ("", claim.id)


def _name(party: Party) -> str:
    return _joined(party.first_name, party.middle_name, party.last_name, party.suffix, mark=" ") or "no name"


def _party(party: Party | None) -> str:
    """Who, and the NPI."""
    if party is None:
        return "not given"
    kind = "NPI" if party.id_qualifier == "XX" else _joined("id", party.id_qualifier, mark=" ")
    return _joined(_name(party), f"{kind} {party.id}" if party.id else "no NPI")


def _payer(payer: Party | None) -> str:
    return _joined(_name(payer), f"id {payer.id}" if payer.id else "no id") if payer else "payer not given"


def _coded(words: dict[str, str], code: str) -> str:
    """A code with its word, where it has one."""
    return f"{words[code]} ({code})" if code in words else code


def _counted(values: Sequence[str]) -> str:
    return f"{len(values)}: {_joined(*values)}" if values else "none"


def _joined(*parts: str, mark: str = ", ") -> str:
    return mark.join(part for part in parts if part)


def _money(value: Decimal) -> str:
    return money_text(value, "0.00")


def _count(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _hanging(lead: str, text: str, indent: int, columns: int) -> list[str]:
    """The text behind its lead, folded so that every further line stands under the first word."""
    start = " " * indent + lead
    parts = _wrapped(text, columns - len(start))
    return [start + parts[0], *(" " * len(start) + part for part in parts[1:])]


def _wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most so many columns. Everything that is shown passes here, and is made harmless here."""
    return textwrap.wrap(printable(text), width, break_on_hyphens=False) or [""]
