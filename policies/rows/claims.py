"""Rows of what was submitted: tables ``claims`` and ``claim_lines``, from the views."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from bitewing.edi.claim import Claim
from bitewing.edi.errors import BadValue
from bitewing.edi.hierarchy import Located, Transaction
from bitewing.edi.line import Line
from bitewing.edi.source import Source
from bitewing.edi.values import DateSpan
from bitewing.policies.patient import billing
from bitewing.policies.rows.keys import Keys
from bitewing.policies.rows.model import Interchange
from bitewing.policies.rows.plain_claims import PlainClaims
from bitewing.policies.rows.text import Sheet, Unreadable, age, day, days, exact, field, whole

T = TypeVar("T")


class ClaimRows:
    """Writes the claims of one interchange. count, lines: how many there were."""

    def __init__(self, sheet: Sheet, keys: Keys, interchange: Interchange, source: Source, plain: bool) -> None:
        self._plain = PlainClaims(keys, interchange.offset, interchange.control) if plain else None
        self._last_sent: tuple[Transaction | None, str] = (None, "")
        self._source = source
        self._group: tuple[int, str] = (-1, "")
        self._sheet = sheet
        self._keys = keys
        self._interchange = interchange
        self.count = 0
        self.lines = 0

    def add(self, located: Located) -> None:
        """One claim. Raises BrokenHierarchy where its lines cannot be told apart."""
        if self._plain is not None and self._add_plain(self._plain, located):
            return
        claim = Claim(located)
        with suppress(BadValue):  # told below, value by value
            claim.check_shape()
        self.count += 1
        row = (self.count,)
        dates = self._value("claims", row, None, "first_day", lambda: claim.service_date)
        spans = [self._line(claim, number, line, dates) for number, line in enumerate(claim.lines, 1)]
        spans.append(dates)
        known = [span for span in spans if span is not None]
        read = partial(self._value, "claims", row, "")
        patient, subscriber, keys = claim.patient, claim.subscriber, self._keys
        born = read("patient", lambda: days(patient.birth_date))
        # A person has a name of two parts; NM103 alone (NM102 is 2) is no patient, and has no key of a full name.
        last, first = patient.last_name, patient.first_name
        usage = claim.transaction.group.interchange.usage
        first_day = days(min((span.start for span in known), default=None))
        self._sheet.put(
            "claims",
            self.count,
            located.offset - self._interchange.offset,
            field(self._interchange.control),
            field(claim.transaction.control),
            read("sent", lambda: self._sent(claim)),
            field(claim.id),
            read("charge", lambda: exact(claim.charge)),
            field(claim.frequency),
            "true" if claim.predetermination else "false",
            field(billing(claim)),
            field(claim.payer.id if claim.payer else ""),
            field(subscriber.payer_responsibility),
            field(subscriber.group_number),
            field(claim.original_reference),
            keys.patient(last, first, born, usage),
            keys.name(last, first),
            keys.last(last),
            keys.member(subscriber.id),
            first_day,
            days(max((span.end for span in known), default=None)),
            len(claim.lines),
            age(born, first_day),
        )
        self.lines += len(claim.lines)
        claim.let_go()

    def _add_plain(self, plain: PlainClaims, located: Located) -> bool:
        """The short way; False where it cannot be gone."""
        transaction = located.transaction
        if self._last_sent[0] is not transaction:
            try:
                self._last_sent = transaction, self._sent(Claim(located))
            except ValueError:
                return False
        made = plain.claim(located, self.count + 1, self._last_sent[1])
        if made is None:
            return False
        self.count += 1
        self.lines += len(made[1])
        self._sheet.lines("claims", made[0].encode())
        if made[1]:
            self._sheet.lines("claim_lines", "".join(made[1]).encode())
        return True

    def _line(self, claim: Claim, number: int, line: Line, dates: DateSpan | None) -> DateSpan | None:
        row = (self.count, number)
        read = partial(self._value, "claim_lines", row, "")
        span = self._value("claim_lines", row, None, "first_day", lambda: line.own_service_date or dates)
        rendering = line.rendering_provider
        self._sheet.put(
            "claim_lines",
            self.count,
            number,
            read("lx", lambda: str(int(_digits(line.number))) if line.number else ""),
            field(line.code),
            read("charge", lambda: exact(line.charge)),
            read("units", lambda: whole(line.quantity)),
            field(line.control_number),
            days(span.start if span else None),
            days(span.end if span else None),
            field(",".join(tooth.number for tooth in line.teeth)),
            field(",".join(line.areas)),
            field(rendering.id if rendering else ""),
        )
        return span

    def _sent(self, claim: Claim) -> str:
        """BHT04, else the day of the group."""
        bht = claim.transaction.header.first(b"BHT")
        said = bht.element(4) if bht is not None else ""
        if not said:
            group = claim.transaction.group
            if self._group[0] != group.offset:  # GS is not kept by the hierarchy: read again, once
                head = self._source.read(group.offset, 256).partition(claim.delimiters.segment)[0]
                elements = head.decode("latin-1").split(claim.delimiters.element.decode("latin-1"))
                self._group = group.offset, elements[4] if elements[0] == "GS" and len(elements) > 4 else ""
            said = self._group[1]
        return day(said)

    def _value(self, table: str, row: tuple[int, ...], absent: T, column: str, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except (BadValue, Unreadable, ValueError):
            self._sheet.fault(table, row, column)
            return absent


def _digits(text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Unreadable
    return text
