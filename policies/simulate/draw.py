"""The claims of a month, day by day: who was seen, what is odd about each claim, what is sent again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from bitewing.policies.simulate.days import CHILD, draw_day, draw_return
from bitewing.policies.simulate.dice import Dice
from bitewing.policies.simulate.payers import Payer
from bitewing.policies.simulate.visits import (
    Claim,
    Day,
    Patient,
    Practice,
    Return,
    claim_number,
    draw_patient,
    draw_practices,
    make_lines,
)

STRUCTURES = (
    ("split", 58), ("reversal", 30), ("predetermination", 10), ("denied", 20), ("claim-level", 10), ("lost-id", 5),
    ("unanswered", 20), ("resubmitted", 12), ("secondary", 20),
)  # fmt: skip
"""What is odd about a claim as a whole, of a thousand. Some splits turn out impossible, so more are drawn."""
REUSED = 10  # of a thousand claims bear the CLM01 of an earlier one
CLAIMS_A_PRACTICE = 400


class Seen(NamedTuple):
    """A visit to come: its day from the start, and what will be odd."""

    day: int
    structure: str


class Month:
    """Hands out claims by the day on which they are sent."""

    def __init__(self, claims: int, payers: list[Payer], dice: Dice, start: date, days: int) -> None:
        self._dice, self._payers, self._start = dice, payers, start
        self._practices = draw_practices(min(4999, max(4, claims // CLAIMS_A_PRACTICE)), dice)
        self._visits = self._draw(claims, days)
        self._next = self._serial = 0
        self._sends: dict[date, list[Claim]] = defaultdict(list)

    def _draw(self, claims: int, days: int) -> list[Seen]:
        dice, seen, made = self._dice, list[Seen](), 0
        while made < claims:
            roll, structure = dice.below(1000), ""
            for name, share in STRUCTURES:
                if roll < share:
                    structure = name
                    break
                roll -= share
            if structure in ("resubmitted", "secondary") and made + 2 > claims:
                structure = ""
            made += 2 if structure in ("resubmitted", "secondary") else 1
            seen.append(Seen(dice.below(days), structure))
        return sorted(seen)

    @property
    def done(self) -> bool:
        """Whether every claim was handed out."""
        return self._next == len(self._visits) and not self._sends

    def sent(self, day: date) -> list[Claim]:
        """The claims of a day, by practice. Days are asked one after another from the start."""
        while self._next < len(self._visits) and self._start + timedelta(days=self._visits[self._next].day) <= day:
            self._visit(self._visits[self._next])
            self._next += 1
        return sorted(self._sends.pop(day, []), key=lambda claim: claim.practice.number)

    def later(self, claim: Claim) -> None:
        """Will be sent on its day, which is to come."""
        self._sends[claim.sent].append(claim)

    def stranger(self, day: date) -> Claim:
        """A claim that is never sent, though a payer answers it."""
        return self._made(self._dice.one(self._practices), day, "foreign")

    def second(self, claim: Claim, paid: int, left: int, wait: int) -> Claim | None:
        """The same claim for the patient's other payer, after the first one decided; None where that makes no sense."""
        off = claim.charge - paid - left
        if claim.patient.second is None or min(paid, off, left) < 0:
            return None
        payer, plan = claim.patient.second
        self._serial += 1
        return replace(
            claim, key=self._serial, payer=payer, plan=plan, before=(paid, off, left), place=(-1, -1),
            sent=claim.sent + timedelta(days=wait + self._dice.between(1, 10)), structure="second",
        )  # fmt: skip

    def _visit(self, seen: Seen) -> None:
        dice = self._dice
        practice = dice.one(self._practices)
        day = self._start + timedelta(days=seen.day)
        claim = self._made(practice, day, seen.structure)
        if practice.recent and not claim.structure and dice.chance(REUSED * 13 // 10):
            self._reuse(claim)
        practice.recent = [*practice.recent[-19:], claim]
        if claim.structure == "resubmitted":
            copy = replace(claim, sent=claim.sent + timedelta(days=dice.between(5, 12)), traits=claim.traits)
            copy.structure = "duplicate"
            if dice.chance(500):
                claim.structure, copy.structure = "unanswered", "resubmitted"
            self.later(copy)
        self.later(claim)

    def _made(self, practice: Practice, day: date, structure: str) -> Claim:
        dice = self._dice
        self._serial += 1
        serial = self._serial
        patient, seen = self._seen(practice, day, structure)
        lines = make_lines(practice, seen.services, day, serial, dice)
        sent = day + timedelta(days=dice.between(0, 3))
        return Claim(
            serial,
            claim_number(practice, serial),
            practice,
            patient,
            patient.payer,
            patient.plan,
            lines,
            sent,
            structure,
        )

    def _seen(self, practice: Practice, day: date, structure: str) -> tuple[Patient, Day]:
        """Who was seen, and for what: a patient who was to come again, another one of the practice, or a new one."""
        dice = self._dice
        due = next((one for one in practice.returns if one.day <= day), None) if not structure else None
        if due is not None:
            practice.returns.remove(due)
            seen, patient = due.seen, due.patient
        else:
            seen = draw_day(dice)
            while structure == "split" and len(seen.services) < 2:
                seen = draw_day(dice)
            known = practice.patients and dice.chance(150) and seen.kind != CHILD
            patient = (
                dice.one(practice.patients)
                if known
                else draw_patient(practice, self._payers, dice, day, child=seen.kind == CHILD)
            )
            if structure == "secondary" and patient.second is None:
                patient = self._with_second(practice, day)
        again = draw_return(seen, dice)
        if again is not None and structure != "foreign":
            practice.returns.append(Return(day + timedelta(days=again[0]), patient, again[1]))
        return patient, seen

    def _with_second(self, practice: Practice, day: date) -> Patient:
        patient = draw_patient(practice, self._payers, self._dice, day)
        if patient.second is None:
            other = next((one for one in self._payers if one is not patient.payer), patient.payer)
            patient.second = (other, other.plans[0])
        return patient

    def _reuse(self, claim: Claim) -> None:
        """The number of an earlier claim, now and then of the same patient; the date of service is another one."""
        earlier = [one for one in claim.practice.recent if one.lines[0].day != claim.lines[0].day and not one.structure]
        if not earlier:
            return
        old = self._dice.one(earlier)
        if self._dice.chance(500):
            claim.patient, claim.payer, claim.plan = old.patient, old.payer, old.plan
        claim.clm01 = old.clm01
        claim.traits = ("reused-id",)
