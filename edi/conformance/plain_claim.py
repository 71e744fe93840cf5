"""Whether the checks of this folder would say nothing of one claim that matches the narrowed guide (``plain_guide``).

What its segments say together: lines are numbered from 1, charges add up, what other payers paid and adjusted does too,
the days of service lie between birth and sending. Amounts are in cents, days CCYYMMDD as sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bitewing.edi.conformance.plain_values import Fact, cents, npi_of, tooth_is_plain
from bitewing.edi.delimiters import Delimiters


class Around(NamedTuple):
    """What is asked of what stands around a claim. sent: GS04, 99999999 where unknown; billing: the NPI of 2010AA;
    turn: SBR01; born: the patient's birth date, "" where unknown."""

    delimiters: Delimiters
    sent: bytes
    billing: bytes = b""
    turn: bytes = b""
    born: bytes = b""


def claim_is_plain(data: bytes, facts: Iterable[Fact], around: Around) -> bool:
    """Whether nothing would be said of a claim: its bytes, and its facts (``plain_values.facts``)."""
    claim = _Claim(around)
    steps = _STEPS
    for tag, first, rest in facts:
        if not steps[tag](claim, first, rest):
            return False
    return claim.adds_up(cents(data.split(around.delimiters.element, 3)[2]))


class _Claim:
    """What was seen of a claim so far. Each step takes an element and what follows it, and says whether it is plain.

    charges: of the lines so far. served, prior: the days of service and of prior placements by line, 0 for the claim.
    decided: what a payer paid and adjusted on a line. payers: by NM109; other: the last of them.
    """

    __slots__ = (
        "_around", "_charges", "_decided", "_deciding", "_diagnoses", "_ids", "_other", "_payers", "_prior",
        "_replaced", "_separator", "_served", "_turns",
    )  # fmt: skip

    def __init__(self, around: Around) -> None:
        self._around = around
        self._separator = around.delimiters.element
        self._charges: list[int] = []
        self._served: dict[int, bytes] = {}
        self._prior: dict[int, bytes] = {}
        self._replaced: set[int] = set()
        self._ids: set[bytes] = set()
        self._diagnoses = 0
        self._turns = {around.turn}
        self._other: _Payer | None = None
        self._payers: dict[bytes, _Payer] = {}
        self._decided: dict[tuple[bytes, int], int] = {}
        self._deciding = b""

    def adds_up(self, total: int) -> bool:
        """Whether the whole claim does, with CLM02 in cents."""
        charges, served, prior = self._charges, self._served, self._prior
        return (
            sum(charges) == total
            and (0 in served or len(served) == len(charges))
            and self._replaced.issubset(prior)
            and all(day <= served.get(line, served.get(0, b"")) for line, day in prior.items())
            and all(amount == charges[line - 1] for (_, line), amount in self._decided.items())
            and all(one.paid is None or one.paid + one.adjusted == total for one in self._payers.values())
        )

    def line(self, first: bytes, rest: bytes) -> bool:
        """LX: numbered 1, 2, 3 ..."""
        self._deciding = b""
        return first == b"%d" % (len(self._charges) + 1)

    def service(self, first: bytes, rest: bytes) -> bool:
        """SV3: its charge, whether it replaces, and diagnoses that the claim has."""
        amount, _, more = rest.partition(self._separator)
        self._charges.append(cents(amount))
        if not more:
            return True
        elements = more.split(self._separator)
        if elements[2:3] == [b"R"]:
            self._replaced.add(len(self._charges))
        if len(elements) <= 8:
            return True
        return all(int(one or b"1") <= self._diagnoses for one in elements[8].split(self._around.delimiters.component))

    def date(self, first: bytes, rest: bytes) -> bool:
        """DTP 472, 441 or 139: of the claim, or of the last line."""
        day, line = rest[-8:], len(self._charges)
        if first == b"472":
            self._served[line] = day
            return self._around.born <= day <= self._around.sent
        self._prior[line] = day
        return True

    def control_number(self, first: bytes, rest: bytes) -> bool:
        """REF*6R: every line another."""
        known = rest in self._ids
        self._ids.add(rest)
        return not known

    def tooth(self, first: bytes, rest: bytes) -> bool:
        """TOO: a tooth and its surfaces."""
        tooth, _, surfaces = rest.partition(self._separator)
        return tooth_is_plain(tooth, surfaces, self._around.delimiters.component)

    def tooth_status(self, first: bytes, rest: bytes) -> bool:
        """DN2: a tooth."""
        return tooth_is_plain(first, b"", b"")

    def diagnoses(self, first: bytes, rest: bytes) -> bool:
        """HI: how many there are."""
        self._diagnoses = 1 + sum(map(bool, rest.split(self._separator)))
        return True

    def name(self, first: bytes, rest: bytes) -> bool:
        """NM1: an NPI that can be one; who treats is not who bills; another payer is named once."""
        if first == b"PR":
            identifier = rest.split(self._separator)[7]
            known = identifier in self._payers
            assert self._other is not None  # 2330B stands in 2320
            self._payers[identifier] = self._other
            return not known
        npi = npi_of(rest, self._separator)
        return npi is None or (npi != b"" and (first != b"82" or npi != self._around.billing))

    def other(self, first: bytes, rest: bytes) -> bool:
        """SBR: another payer, with a turn of its own."""
        known = first in self._turns
        self._turns.add(first)
        self._other = _Payer()
        return not known

    def paid(self, first: bytes, rest: bytes) -> bool:
        """AMT*D: what another payer paid."""
        assert self._other is not None  # it stands in 2320
        self._other.paid = cents(rest)
        return True

    def decision(self, first: bytes, rest: bytes) -> bool:
        """SVD: what a payer of the claim paid of the line."""
        self._deciding = first
        self._decide(cents(rest.partition(self._separator)[0]))
        return first in self._payers

    def adjustment(self, first: bytes, rest: bytes) -> bool:
        """CAS: of the line's last decision, or of the last other payer."""
        payer = self._payers[self._deciding] if self._deciding else self._other
        assert payer is not None  # it stands in 2320
        amount = sum(cents(said) for said in rest.split(self._separator)[1::3] if said)
        payer.adjusted += amount
        if self._deciding:
            self._decide(amount)
        return True

    def _decide(self, amount: int) -> None:
        key = self._deciding, len(self._charges)
        self._decided[key] = self._decided.get(key, 0) + amount


class _Payer:
    """Another payer of a claim: what it paid and adjusted; None where it has not decided."""

    __slots__ = ("adjusted", "paid")

    def __init__(self) -> None:
        self.paid: int | None = None
        self.adjusted = 0


_STEPS = {
    b"AMT": _Claim.paid, b"CAS": _Claim.adjustment, b"DN2": _Claim.tooth_status, b"DTP": _Claim.date,
    b"HI": _Claim.diagnoses, b"LX": _Claim.line, b"NM1": _Claim.name, b"REF": _Claim.control_number,
    b"SBR": _Claim.other, b"SV3": _Claim.service, b"SVD": _Claim.decision, b"TOO": _Claim.tooth,
}  # fmt: skip
"""For every fact of a claim."""
