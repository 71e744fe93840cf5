"""Whether the checks of this folder would say nothing of one claim that matches the narrowed guide (``plain_guide``).

What its segments say together: lines are numbered from 1, charges add up, what other payers paid and adjusted does too,
the days of service lie between birth and sending. Amounts are in cents, days CCYYMMDD as sent.

What is found in a segment may also be found in the middle of a text; where that could hide something, the terminator
before it is asked for too.
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
        self._lines = compiled(rb"LX_([0-9]++) SV3_[^_]++_([^_~]++)([^~]*+)").findall
        self._line = compiled(rb" LX_").split
        self._days = compiled(rb" (?:DTP_472_D8_([0-9]{8})|LX_1(?=~))").findall
        self._day = compiled(rb" DTP_472_D8_([0-9]{8})").search
        self._prior = compiled(rb" DTP_(?:441|139)_D8_([0-9]{8})").search
        self._controls = compiled(rb"REF_6R_([^~]*+)").findall
        self._teeth = compiled(rb"TOO_JP_([^~]*+)").findall
        self._npis = compiled(rb"NM1_(..)(?:_[^_~]*+){6}_XX_([0-9]{10})").findall
        self._diagnoses = compiled(rb" HI_([^~]*+)").search
        self._sbr = compiled(rb" SBR_([^_~]++)").search
        self._dmg = compiled(rb" DMG_D8_([0-9]{8})").search
        self._payments = compiled(rb" (SV3|SVD|CAS|SBR|AMT(?=_D_)|NM1(?=_PR_))_([^_~]*+)_?+([^~]*+)").findall
        self._other = b"SBR" + delimiters.element
        self._priors = tuple(b"DTP" + delimiters.element + code for code in (b"441", b"139"))
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
            and (not (any(more) or any(prior in data for prior in self._priors)) or self._explained(data, more))
            and (self._other not in data or self._paid(data, total, amounts, around.turn))
        )

    def npi(self, data: bytes) -> bytes | None:
        """The NPI of a level's provider, "" where it has none, None where it is none that can be."""
        found = next((npi for _, npi in self._npis(data)), b"")
        return None if found and not _possible(found) else found

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
        return all(_possible(npi) for _, npi in found) and (b"82", billing) not in found

    def _in_time(self, data: bytes, lines: int, around: Around) -> bool:
        """Every line is dated, or its claim is: from birth to sending."""
        days = self._days(data)
        before = days.index(b"")  # where the lines begin
        del days[before]
        if not before and len(days) < lines:
            return False
        return bool(around.born <= min(days) and max(days) <= around.sent)

    def _explained(self, data: bytes, more: tuple[bytes, ...]) -> bool:
        """What follows the charge in SV3 holds: a prosthesis that replaces another has the date of that one, which does
        not lie after its own; the claim has the diagnoses to which a line points."""
        head, *lines = self._line(data)
        of_claim, diagnoses = self._day(head), self._diagnoses(head)
        sent = sum(map(bool, diagnoses[1].split(self._separator))) if diagnoses is not None else 0
        for line, said in zip(lines, more, strict=True):
            elements = said.split(self._separator)
            prior, served = self._prior(line), self._day(line) or of_claim
            if prior is None and elements[3:4] == [b"R"]:
                return False
            if prior is not None and (served is None or prior[1] > served[1]):
                return False
            pointers = elements[9].split(self._component) if len(elements) > 9 else ()
            if any(int(one or b"1") > sent for one in pointers):
                return False
        return True

    def _paid(self, data: bytes, total: int, charges: list[int], turn: bytes) -> bool:
        """Other payers have turns and names of their own; what each paid and adjusted is the charge, of every line that
        it decided and, where it says what it paid, of the claim."""
        turns, payers = {turn}, dict[bytes, _Payer]()
        payer, line, deciding = _Payer(), 0, False
        for tag, first, rest in self._payments(data):
            if tag == b"SV3":
                line, deciding = line + 1, False
            elif tag == b"SVD":
                if first not in payers:
                    return False
                payer, deciding = payers[first], True
                payer.decide(line, cents(rest.partition(self._separator)[0]))
            elif tag == b"CAS":
                amount = sum(cents(one) for one in rest.split(self._separator)[1::3] if one)
                payer.adjusted += amount
                if deciding:
                    payer.decide(line, amount)
            elif tag == b"SBR":
                if first in turns:
                    return False
                turns.add(first)
                payer = _Payer()
            elif tag == b"AMT":
                payer.paid = cents(rest)
            else:
                payers[rest.split(self._separator)[7]] = payer
        return len(payers) == len(turns) - 1 and all(one.balanced(total, charges) for one in payers.values())


class _Payer:
    """Another payer of a claim: what it paid, None where it has not said so, and adjusted, and both by line."""

    __slots__ = ("adjusted", "lines", "paid")

    def __init__(self) -> None:
        self.paid: int | None = None
        self.adjusted = 0
        self.lines: dict[int, int] = {}

    def decide(self, line: int, amount: int) -> None:
        self.lines[line] = self.lines.get(line, 0) + amount

    def balanced(self, total: int, charges: list[int]) -> bool:
        return (self.paid is None or self.paid + self.adjusted == total) and all(
            amount == charges[line - 1] for line, amount in self.lines.items()
        )


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
