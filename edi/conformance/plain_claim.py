"""Whether the checks of this folder would say nothing of one claim that matches the narrowed guide (``plain_guide``).

What its segments say together: lines are numbered from 1, charges add up, what other payers paid and adjusted does too,
the days of service lie between birth and sending. Amounts are in cents, days CCYYMMDD as sent.

Most is searched for without the terminator before it, for speed: what is found in the middle of a text then makes a
claim less plain, never more. In no segment of the narrowed guide can four elements look like the end of a DTP.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import NamedTuple

from bitewing.edi.conformance.formats import npi_checks
from bitewing.edi.conformance.teeth import SURFACES, front
from bitewing.edi.delimiters import Delimiters

_NUMBERS = tuple(b"%d" % number for number in range(1, 51))


class Around(NamedTuple):
    """What is asked of what stands around a claim. sent: GS04, 99999999 where unknown; billing: the NPI of 2010AA;
    turn: SBR01; born: the patient's birth date, "" where unknown."""

    sent: bytes
    billing: bytes = b""
    turn: bytes = b""
    born: bytes = b""


class Looks:
    """Looks at claims, and at the levels they stand in, with these delimiters."""

    def __init__(self, delimiters: Delimiters) -> None:
        separator, end = re.escape(delimiters.element), re.escape(delimiters.segment)
        blank = b"[" + re.escape(delimiters.filler) + b"]*+" if delimiters.filler else b""
        marks = {b"~": end, b"_": separator, b" ": end + blank}

        def compiled(pattern: bytes) -> re.Pattern[bytes]:
            """With ~ for a terminator, a blank for one and what stands behind it, _ for a separator."""
            return re.compile(re.sub(rb"[~_ ]", lambda found: marks[found[0]], pattern))

        self._separator, self._component = delimiters.element, delimiters.component
        self._lines = compiled(rb"LX_([^_~]++) SV3_[^_]++_([^_~]++)([^~]*+)").findall
        self._line = compiled(rb" LX_").split
        self._days = compiled(rb"DTP_472_D8_([0-9]{8})").findall
        self._first_line = compiled(rb"LX_1~").search
        self._day = compiled(rb"DTP_472_D8_([0-9]{8})").search
        self._prior = compiled(rb"DTP_(?:441|139)_D8_([0-9]{8})").search
        self._controls = compiled(rb"REF_6R_([^~]*+)").findall
        self._teeth = compiled(rb"TOO_JP_([^~]*+)").findall
        self._npis = compiled(rb"_XX_([0-9]{10})").findall
        self._treats = compiled(rb" NM1_82(?:_[^_~]*+){6}_XX_([0-9]{10})").findall
        self._bills = compiled(rb" NM1_85(?:_[^_~]*+){6}_XX_([0-9]{10})").search
        self._diagnoses = compiled(rb" HI_([^~]*+)").search
        self._sbr = compiled(rb" SBR_([^_~]++)").search
        self._dmg = compiled(rb" DMG_D8_([0-9]{8})").search
        self._payers = compiled(rb" (SBR|CAS|AMT(?=_D_)|NM1(?=_PR_))_([^_~]*+)_([^~]*+)").findall
        self._decisions = compiled(rb" SVD_([^_]++)_([^_]++)_[^~]*+((?: CAS_[^~]*+)*+)").findall
        self._adjustments = compiled(rb" CAS_[^_]*+_([^~]*+)").findall
        self._other = b"SBR" + delimiters.element
        self._tooth = lru_cache(maxsize=16384)(partial(_tooth_is_plain, delimiters))

    def plain(self, data: bytes, around: Around) -> bool:
        """Whether nothing would be said of a claim that matches the narrowed guide."""
        numbers, charges, more = zip(*self._lines(data), strict=True)
        amounts = list(map(cents, charges))
        total = cents(data.split(self._separator, 3)[2])
        controls = self._controls(data)
        return (
            sum(amounts) == total
            and numbers == _NUMBERS[: len(numbers)]
            and len(set(controls)) == len(controls)
            and self._in_time(data, len(numbers), around)
            and self._provided(data, around.billing)
            and all(map(self._tooth, self._teeth(data)))
            and self._told(data, more)
            and (self._other not in data or self._paid(data, total, amounts, around.turn))
        )

    def npi(self, data: bytes) -> bytes | None:
        """The NPI of the billing provider, "" where it has none, None where it is none that can be."""
        found = self._bills(data)
        npi = found[1] if found is not None else b""
        return npi if not npi or _possible(npi) else None

    def turn(self, data: bytes) -> bytes:
        """SBR01 of a level."""
        found = self._sbr(data)
        return found[1] if found is not None else b""

    def born(self, data: bytes) -> bytes:
        """DMG02 of a level, "" where it is absent."""
        found = self._dmg(data)
        return found[1] if found is not None else b""

    def _provided(self, data: bytes, billing: bytes) -> bool:
        """Every NPI can be one, and who treats is not who bills."""
        found = self._npis(data)
        return all(map(_possible, found)) and (billing not in found or billing not in self._treats(data))

    def _in_time(self, data: bytes, lines: int, around: Around) -> bool:
        """Every line is dated, or its claim is: from birth to sending."""
        days = self._days(data)
        if len(days) < lines and not self._dated(data):
            return False
        return bool(around.born <= min(days) and max(days) <= around.sent)

    def _dated(self, data: bytes) -> bool:
        """Whether the claim has a day of service, before its lines."""
        day, line = self._day(data), self._first_line(data)
        return day is not None and line is not None and day.start() < line.start()

    def _told(self, data: bytes, more: tuple[bytes, ...]) -> bool:
        """What follows the charges of the lines holds: a prosthesis that replaces another has the date of that one, and
        lines point to diagnoses that the claim has."""
        placed = self._prior(data) is not None
        for said in filter(None, more):
            elements = said.split(self._separator)
            placed = placed or elements[3:4] == [b"R"]
            if len(elements) > 9:
                found = self._diagnoses(data)
                sent = sum(map(bool, found[1].split(self._separator))) if found is not None else 0
                if any(int(one or b"1") > sent for one in elements[9].split(self._component)):
                    return False
        return not placed or self._placed_before(data, more)

    def _placed_before(self, data: bytes, more: tuple[bytes, ...]) -> bool:
        """The prior placement that a line replaces lies not after the line's day."""
        head, *lines = self._line(data)
        of_claim = self._day(head)
        for line, said in zip(lines, more, strict=True):
            prior = self._prior(line)
            if prior is None:
                if said and said.split(self._separator)[3:4] == [b"R"]:
                    return False
            elif (served := self._day(line) or of_claim) is None or prior[1] > served[1]:
                return False
        return True

    def _paid(self, data: bytes, total: int, charges: list[int], turn: bytes) -> bool:
        """Other payers have turns and names of their own; what each paid and adjusted is the charge, of every line that
        it decided and, where it says what it paid, of the claim."""
        head, *lines = self._line(data)
        turns, payers, payer = {turn}, dict[bytes, _Payer](), _Payer()
        for tag, first, rest in self._payers(head):
            if tag == b"SBR":
                if first in turns:
                    return False
                turns.add(first)
                payer = _Payer()
            elif tag == b"AMT":
                payer.paid = cents(rest)
            elif tag == b"CAS":
                payer.adjusted += self._adjusted(rest)
            else:
                payers[rest.split(self._separator)[7]] = payer
        for line, charge in zip(lines, charges, strict=True):
            decided: dict[bytes, int] = {}
            for name, paid, adjustments in self._decisions(line):
                if name not in payers:
                    return False
                adjusted = sum(map(self._adjusted, self._adjustments(adjustments))) if adjustments else 0
                payers[name].adjusted += adjusted
                decided[name] = decided.get(name, 0) + cents(paid) + adjusted
            if any(amount != charge for amount in decided.values()):
                return False
        return len(payers) == len(turns) - 1 and all(
            one.paid is None or one.paid + one.adjusted == total for one in payers.values()
        )

    def _adjusted(self, said: bytes) -> int:
        """The amounts of a CAS together, from CAS02 on."""
        return sum(map(cents, filter(None, said.split(self._separator)[1::3])))


class _Payer:
    """Another payer of a claim: what it paid, None where it has not said so, and adjusted."""

    __slots__ = ("adjusted", "paid")

    def __init__(self) -> None:
        self.paid: int | None = None
        self.adjusted = 0


@lru_cache(maxsize=16384)
def cents(amount: bytes) -> int:
    """An amount with at most two decimals in cents."""
    whole, _, part = amount.partition(b".")
    return int(whole) * 100 + int(part.ljust(2, b"0"))


@lru_cache(maxsize=16384)
def _possible(npi: bytes) -> bool:
    return npi_checks(npi.decode("ascii"))


def _tooth_is_plain(delimiters: Delimiters, said: bytes) -> bool:
    """Whether nothing would be said of a tooth and its surfaces, from TOO02 on."""
    tooth, _, surfaces = said.partition(delimiters.element)
    at_front = front(tooth.decode("latin-1"))
    found = surfaces.decode("latin-1").split(delimiters.component.decode("latin-1")) if surfaces else []
    wrong = "OB" if at_front else "IF"
    return (
        at_front is not None
        and len(set(found)) == len(found)
        and SURFACES.issuperset(found)
        and not any(surface in wrong for surface in found)
    )


@lru_cache(maxsize=16)
def looks(delimiters: Delimiters) -> Looks:
    """Made once for every set of delimiters."""
    return Looks(delimiters)
