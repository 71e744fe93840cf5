"""Invented practices, patients and what was done on a day: the claims that will be sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from bitewing.policies.simulate.dice import Dice, npi
from bitewing.policies.simulate.payers import FEES, Payer, Plan

BACK = ("2", "3", "4", "5", "12", "13", "14", "15", "18", "19", "20", "21", "28", "29", "30", "31")
SURFACES = {"D2140": ("O", "B"), "D2391": ("O", "B"), "D2150": ("M:O", "D:O"), "D2392": ("M:O", "D:O")}


class Treatment(NamedTuple):
    """What was done on a day: a code, its units, and the primary tooth where it was done to one."""

    code: str
    units: int = 1
    tooth: str = ""


class Day(NamedTuple):
    """What was done; ``kind`` says for what the patient may come again, "" for nothing."""

    services: list[Treatment]
    kind: str = ""


class Return(NamedTuple):
    """A patient who will come again on this day or soon after, with what will be done."""

    day: date
    patient: Patient
    seen: Day


@dataclass(slots=True)
class Line:
    """A service line: ``charge`` in cents for all units, ``teeth`` as TOO segments, ``area`` SV304."""

    lx: int
    code: str
    charge: int
    units: int
    day: date
    ref6r: str = ""
    teeth: tuple[str, ...] = ()
    area: str = ""

    def look(self) -> tuple[object, ...]:
        """What an 835 without line numbers can say of it: lines that look alike cannot be told apart."""
        return (self.code, self.charge, self.units, self.day)


@dataclass(slots=True)
class Patient:
    """A patient with the state that payers keep; amounts in cents."""

    last: str
    first: str
    holder: str  # the subscriber's first name where the patient is a dependant
    birth: str
    gender: str
    member: str
    payer: Payer
    plan: Plan
    deductible: int
    left: int
    had: dict[str, date]  # when each service was last paid
    second: tuple[Payer, Plan] | None = None
    teeth: list[tuple[str, date, int]] = field(default_factory=list)  # fillings of primary teeth, what was allowed


@dataclass(slots=True)
class Practice:
    """A billing provider and its habits."""

    number: int
    npi: str
    doctor: str
    name: str
    tin: str
    fees: dict[str, int]
    ids: int  # how it writes CLM01
    sends_6r: bool
    dates_on_claim: bool
    patients: list[Patient] = field(default_factory=list)
    recent: list[Claim] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)


@dataclass(slots=True)
class Claim:
    """A claim as sent. ``key`` is the same for a claim and its resubmission; ``place`` is (interchange, claim_no)."""

    key: int
    clm01: str
    practice: Practice
    patient: Patient
    payer: Payer
    plan: Plan
    lines: list[Line]
    sent: date
    structure: str = ""
    traits: tuple[str, ...] = ()
    before: tuple[int, int, int] | None = None  # what the payer before paid, wrote off and left to the patient
    place: tuple[int, int] = (-1, -1)

    @property
    def charge(self) -> int:
        """CLM02 in cents."""
        return sum(line.charge for line in self.lines)

    @property
    def network(self) -> str:
        """Whether its practice has a contract with the payer: in or out, about one in six."""
        return "out" if (7 * self.practice.number + 3 * self.payer.number) % 6 == 0 else "in"

    @property
    def above(self) -> str:
        """Who bears what is charged above the payer's fee: a practice in the network, else the patient."""
        return "CO" if self.network == "in" else "PR"

    @property
    def predetermination(self) -> bool:
        """CLM19 is PB."""
        return self.structure == "predetermination"


def draw_practices(count: int, dice: Dice) -> list[Practice]:
    """So many billing providers."""
    return [_practice(number, dice) for number in range(1, count + 1)]


def _practice(number: int, dice: Dice) -> Practice:
    level = dice.between(80, 120)
    fees = {code: cents * level // 5000 * 50 for code, cents in FEES.items()}
    return Practice(
        number,
        npi(2 * number),
        npi(2 * number + 1),
        f"PRACTICE {number:05d}",
        f"00{2000000 + number:07d}",
        fees,
        ids=number % 4,
        sends_6r=number % 8 != 5,
        dates_on_claim=number % 3 == 0,
    )


def claim_number(practice: Practice, serial: int) -> str:
    """CLM01 in the way of the practice: short, with a stroke, long, or in small letters."""
    if practice.ids == 1:
        return f"{serial // 7 + 5000}/{serial}"
    if practice.ids == 2:
        # Now and then two claims share the first part, and what is cut off is all that tells them apart.
        shared = practice.recent and len(practice.patients) % 8 == 0
        first = practice.recent[-1].key if shared else serial
        return f"PT{first:09d}-CLM{serial:07d}-A"
    if practice.ids == 3:
        return f"c{practice.number:03d}v{serial:07d}x"
    return f"CLM{serial:07d}"


def draw_patient(practice: Practice, payers: list[Payer], dice: Dice, day: date, *, child: bool = False) -> Patient:
    """A new patient of the practice, with what the payer knows of the time before its first visit on a day."""
    payer = dice.one(payers)
    plan = dice.one(payer.plans)
    other = dice.one(payers)
    born = date(1940, 1, 1) + timedelta(days=dice.below(28_000))
    if child:
        born = day - timedelta(days=dice.between(1300, 3200))
    had = {code: day - timedelta(days=dice.between(20, 300)) for code in ("D0272", "D0274", "D0330") if dice.chance(80)}
    if dice.chance(60):
        had["D0210"] = day - timedelta(days=dice.between(20, 1000))
    left = dice.below(8000) if dice.chance(30) else plan.maximum - dice.below(plan.maximum // 3)
    patient = Patient(
        f"LAST{dice.below(100_000):05d}",
        f"FIRST{dice.below(1000):03d}",
        f"FIRST{dice.below(1000):03d}" if dice.chance(250) else "",
        born.strftime("%Y%m%d"),
        dice.one("FM"),
        f"MBR{dice.below(1_000_000_000):09d}",
        payer,
        plan,
        plan.deductible if dice.chance(400) else 0,
        left,
        had,
        (other, other.plans[0]) if other is not payer else None,
    )
    practice.patients.append(patient)
    return patient


def make_lines(practice: Practice, services: list[Treatment], day: date, serial: int, dice: Dice) -> list[Line]:
    """Service lines with charges, teeth and REF*6R; D0230 of several films is one line or one for each film."""
    spread: list[Treatment] = []
    for one in services:
        alone = one.code == "D0230" and one.units < 5 and dice.chance(400)
        spread += [Treatment(one.code)] * one.units if alone else [one]
    lines: list[Line] = []
    tooth = dice.below(len(BACK))
    for lx, (code, units, primary) in enumerate(spread, 1):
        line = Line(lx, code, practice.fees[code] * units, units, day)
        if code in SURFACES:
            line.teeth = (f"{primary or BACK[(tooth + lx) % 16]}*{dice.one(SURFACES[code])}",)
        elif primary:
            line.teeth = (primary,)
        elif code in ("D2740", "D2950", "D7140") or (code in ("D0220", "D0230") and units == 1):
            line.teeth = (BACK[(tooth + lx) % 16],)
        elif code == "D4341":
            line.area = ("10", "20", "30", "40")[(tooth + lx) % 4]
        if practice.sends_6r:
            line.ref6r = f"{serial}-{lx}" if practice.number % 2 else f"L{len(spread) + 1 - lx}"
        lines.append(line)
    return lines
