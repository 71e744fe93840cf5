"""Days: the lines of one patient on one date, gathered from whatever claims they stand in.

A ``Visit`` is everything on the date, whoever billed it; a ``Day`` is the part of it that one practice bills to one
payer, and the unit of most dental rules. Claims are put in an order of their own (CLM01, then content), so that what
is said of a day does not depend on the order of the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import cached_property

from bitewing.edi.claim import Claim
from bitewing.edi.errors import EdiError
from bitewing.edi.line import Line
from bitewing.edi.values import DateSpan
from bitewing.policies.history import VOID, Earlier, Submitted
from bitewing.policies.patient import Identity, identity
from bitewing.transforms.facts import Facts
from bitewing.transforms.model import DATED, PLANNED, RANGE, UNDATED


class Visit:
    """All performed lines of one patient on one date: every practice, every payer.

    near: lines that may be of this date: their date is a range that holds it, or missing. voided: lines of claims that
    void another. kin: visits of the date whose patient may be this one under another name. unread: claims that may be
    this patient's and cannot be read, so that nobody knows what they say of the date.
    """

    def __init__(self, patient: Identity, day: date | None, facts: Facts) -> None:
        self.patient = patient
        self.day = day
        self.facts = facts
        self.days: dict[tuple[str, ...], Day] = {}
        self.near: list[Line] = []
        self.kin: list[Visit] = []
        self.voided: list[Line] = []
        self.unread: list[Claim] = []

    @property
    def lines(self) -> list[Line]:
        """Every line of every Day of the visit."""
        return [line for day in self.days.values() for line in day.lines]


class Day:
    """All lines of one patient, date, practice (billing NPI) and payer, in an order that the file's cannot change.

    kind: DATED, RANGE, UNDATED or PLANNED. span: the date or dates, None where there is none.
    """

    def __init__(self, visit: Visit, patient: Identity, kind: str, span: DateSpan | None) -> None:
        self.visit = visit
        self.patient = patient
        self.kind = kind
        self.span = span
        self.lines: list[Line] = []
        self.codes: set[str] = set()

    def of(self, codes: Collection[str] | str) -> list[Line]:
        """Its lines with one of these codes."""
        wanted = (codes,) if isinstance(codes, str) else codes
        return [line for line in self.lines if line.code in wanted]

    def by_claim(self, codes: Collection[str] | str) -> list[tuple[Claim, list[Line]]]:
        """Its lines with one of these codes, claim by claim; claims without such a line are left out."""
        found: dict[Claim, list[Line]] = {}
        for line in self.of(codes):
            found.setdefault(line.claim, []).append(line)
        return list(found.items())

    def practice(self, codes: Collection[str]) -> list[Line]:
        """The lines with these codes that this practice reports for the patient and date, to whichever payer."""
        if len(self.visit.days) == 1:
            return self.of(codes)
        days = (day for day in self.visit.days.values() if day.patient.billing == self.patient.billing)
        return [line for day in days for line in day.of(codes)]

    def elsewhere(self, codes: Collection[str]) -> list[Line]:
        """Lines with these codes that may be the same patient's on the same date but do not belong to this Day.

        Another practice, payer or member id; another spelling of the name; a date range that holds the date, or no
        date; a voided claim.
        """
        found = self.beside(codes)
        for visit in (self.visit, *self.visit.kin):
            found += [line for line in (*visit.near, *visit.voided) if line.code in codes]
        return found

    def beside(self, codes: Collection[str]) -> list[Line]:
        """Lines with these codes that are certainly of the same date and are another practice's or payer's, or stand
        under another spelling of the patient; voids left out."""
        others = [day for visit in (self.visit, *self.visit.kin) for day in visit.days.values() if day is not self]
        return [line for day in others for line in day.of(codes)]

    def possible(self, codes: Collection[str]) -> list[Line]:
        """Its lines with these codes, and those of the same patient, practice and payer that may be of this date:
        theirs is a range that holds it, or missing; voids left out."""
        near = [line for line in self._near(codes) if identity(line.claim).narrow == self.patient.narrow]
        return [*self.of(codes), *near]

    def near_elsewhere(self, codes: Collection[str]) -> list[Line]:
        """Lines with these codes that may be of this date in the same way, of another practice or payer, or under
        another spelling of the patient."""
        return [line for line in self._near(codes) if identity(line.claim).narrow != self.patient.narrow]

    def _near(self, codes: Collection[str]) -> list[Line]:
        visits = (self.visit, *self.visit.kin)
        lines = [line for visit in visits for line in visit.near if line.code in codes]
        return [line for line in lines if line.claim.frequency != VOID]

    @cached_property
    def history(self) -> Sequence[Submitted]:
        """What was submitted for the patient and date in earlier files."""
        facts = self.visit.facts
        return facts.history.submitted(self.patient, self.span.start) if self.span and self.span.one_day else ()

    def earlier(self, codes: Sequence[str]) -> list[tuple[str, date]]:
        """Services with these codes that were submitted for the patient to the same payer before this date, in earlier
        files, with their dates; none where the history does not go back."""
        return [(one.code, one.day) for one in self.before(codes)]

    def before(self, codes: Sequence[str]) -> list[Earlier]:
        """The same with their teeth."""
        ask = getattr(self.visit.facts.history, "earlier", None)
        if ask is None or not codes or self.span is None or not self.span.one_day:
            return []
        found: Sequence[Earlier] = ask(self.patient, codes, self.span.start)
        return [one for one in found if one.payer == self.patient.payer]

    @property
    def facts(self) -> Facts:
        """Fees, attestations and history."""
        return self.visit.facts

    @cached_property
    def claims(self) -> list[Claim]:
        """The claims its lines stand in, in the Day's order."""
        return list(dict.fromkeys(line.claim for line in self.lines))

    def __str__(self) -> str:
        return str(self.span) if self.span else "an unknown date"


class Board:
    """Claims laid out by visit and day. unread: claims that belong with them and cannot be read."""

    def __init__(self, claims: Iterable[Claim], facts: Facts, unread: Sequence[Claim] = ()) -> None:
        self.claims = sorted(claims, key=_own_order)
        self.facts = facts
        self.unread = list(unread)
        self._visits: dict[tuple[int, date | None, str], Visit] = {}
        near: list[tuple[Identity, Line]] = []
        for claim in self.claims:
            self._lay(claim, near)
        for patient, line in near:
            self._lay_near(patient, line)
        if len(self.claims) > 1:
            self._find_kin()
        for claim in self.unread:
            for visit in self._visits.values():
                if _may_be_of(claim, visit.patient):
                    visit.unread.append(claim)
        self.days: list[Day] = [day for visit in self._visits.values() for day in visit.days.values()]

    @classmethod
    def bare(cls, claims: list[Claim], facts: Facts) -> Board:
        """Claims that are not laid out: a board without days."""
        board = cls((), facts)
        board.claims = claims
        return board

    def let_go(self) -> None:
        """Part visits from their days; nothing is asked of the board any more."""
        for visit in self._visits.values():
            visit.days, visit.kin = {}, []

    def _lay(self, claim: Claim, near: list[tuple[Identity, Line]]) -> None:
        patient = identity(claim)
        planned, void = claim.predetermination, claim.frequency == VOID
        for line in claim.lines:
            span = line.service_date
            if planned:
                kind, when, apart = PLANNED, None, str(claim.offset)
            elif span is None:
                kind, when, apart = UNDATED, None, str(claim.offset)
            elif not span.one_day:
                kind, when, apart = RANGE, None, str(span)
            else:
                kind, when, apart = DATED, span.start, ""
            key = (patient.key, when, apart)
            visit = self._visits.get(key)
            if visit is None:
                visit = self._visits[key] = Visit(patient, when, self.facts)
            if kind in (RANGE, UNDATED):
                near.append((patient, line))
            if void:
                visit.voided.append(line)
                continue
            day = visit.days.get(patient.narrow)
            if day is None:
                day = visit.days[patient.narrow] = Day(visit, patient, kind, span)
            day.lines.append(line)
            day.codes.add(line.code)

    def _lay_near(self, patient: Identity, line: Line) -> None:
        span = line.service_date
        for (_, day, apart), visit in self._visits.items():
            same = visit.patient.key == patient.key or visit.patient.may_be(patient)
            if same and not apart and (span is None or day is None or span.start <= day <= span.end):
                visit.near.append(line)

    def _find_kin(self) -> None:
        """Let visits of one date know of each other where their patients may be one."""
        by_member: dict[tuple[str, date | None], list[Visit]] = {}
        for (_, day, apart), visit in self._visits.items():
            if not apart and visit.patient.member:
                by_member.setdefault((visit.patient.member, day), []).append(visit)
        for visits in by_member.values():
            for visit in visits if len(visits) > 1 else ():
                visit.kin = [one for one in visits if one is not visit and one.patient.may_be(visit.patient)]


def _may_be_of(claim: Claim, patient: Identity) -> bool:
    """Whether a claim that cannot be read may be for this patient: it is, where its own patient cannot be read."""
    try:
        other = identity(claim)
    except EdiError:
        return True
    return other.key == patient.key or other.may_be(patient)


def by_number(lines: Sequence[Line]) -> list[Line]:
    """The lines of a Day, those of a claim in the order of their numbers (LX01) and not of their places."""
    if len(lines) < 2:
        return list(lines)
    claims = list(dict.fromkeys(line.claim for line in lines))
    return sorted(lines, key=lambda line: (claims.index(line.claim), _number(line)))


def _number(line: Line) -> int:
    return int(line.number) if line.number.isascii() and line.number.isdigit() else line.index + 1


def rendering(line: Line) -> str:
    """The NPI, or else the name, of who rendered a line: 2420A, else 2310B, else the billing provider."""
    provider = line.rendering_provider or line.claim.billing_provider
    if provider is None:
        return ""
    return provider.id or f"{provider.last_name} {provider.first_name}".strip().upper()


def _own_order(claim: Claim) -> tuple[str, bytes]:
    return claim.id, claim.data
