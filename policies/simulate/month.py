"""A simulated month from the first claim to the last payment."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from bitewing.policies.simulate.dice import Dice
from bitewing.policies.simulate.draw import Month
from bitewing.policies.simulate.envelopes import CLAIMS, Enveloper
from bitewing.policies.simulate.folder import Folder
from bitewing.policies.simulate.payers import draw_payers
from bitewing.policies.simulate.remits import Answers, Payment
from bitewing.policies.simulate.settle import Due, Settlement, record_of
from bitewing.policies.simulate.visits import Claim
from bitewing.policies.simulate.write_835 import payment_text
from bitewing.policies.simulate.write_837 import claims_body

T = TypeVar("T")
Progress = Callable[[int, int], None]

CLAIMS_A_FILE = 400
HELD_BACK = 25  # of so many claim files one arrives weeks after it was sent, often behind its remittances
HELD_DAYS = 25
FOREIGN = 5  # of a thousand claims, and as many payments are for claims that are in no file


class Settings(NamedTuple):
    """What decides a simulated month: the same settings give the same bytes."""

    claims: int
    seed: int
    payers: int = 8
    start: date = date(2026, 3, 2)
    days: int = 30
    control: int = 1
    rules: bool = True


def simulate(target: Path, settings: Settings, progress: Progress | None = None) -> dict[str, Any]:
    """Writes a month into a folder that is empty or not there, whole or not at all; says what truth.json holds.

    Raises FileExistsError where there is something in it, OSError where it cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FileExistsError(str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        scratch.chmod(0o755)
        summary = _Run(scratch, settings, progress).all()
        scratch.replace(target)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return summary


class _Run:
    def __init__(self, path: Path, settings: Settings, progress: Progress | None) -> None:
        self._settings, self._progress = settings, progress
        self._dice = Dice(settings.seed)
        self._payers = draw_payers(settings.payers, self._dice, settings.start, settings.days)
        if not settings.rules:
            for payer in self._payers:
                payer.rules.clear()
        self._month = Month(settings.claims, self._payers, self._dice, settings.start, settings.days)
        self._answers = Answers(self._dice, settings.control)
        self._enveloper = Enveloper(settings.control)
        self._folder = Folder(path)
        self._settlement = Settlement(self._folder, self._enveloper, self._dice)
        self._due: dict[date, list[Due]] = defaultdict(list)
        self._batch = self._claims = self._sent_files = 0

    def all(self) -> dict[str, Any]:
        """Day by day: claims are sent and decided, then what is due is paid."""
        try:
            self._days()
            summary = self._folder.close(self._about())
        finally:
            self._folder.abandon()
        if self._progress:
            self._progress(1, 1)
        return summary

    def _days(self) -> None:
        day = self._settings.start
        while not self._month.done or self._due:
            sent = self._month.sent(day)
            for start in range(0, len(sent), CLAIMS_A_FILE):
                self._send(sent[start : start + CLAIMS_A_FILE], day)
            due = self._due.pop(day, [])
            if due:
                self._settlement.pay(due, day)
            if self._progress:
                self._progress(self._claims, self._settings.claims + 1)
            day += timedelta(days=1)

    def _send(self, claims: list[Claim], day: date) -> None:
        """One file of claims; then each is decided."""
        dice = self._dice
        made, order = [], []
        for part in deal(claims, dice, 3):
            groups = [deal(group, dice, 3) for group in deal(part, dice, 2)]
            bodies = [[self._body(one, day) for one in group] for group in groups]
            made.append(self._enveloper.interchange(CLAIMS, bodies, day, "SENDER00001", dice))
            order.append(part)
        self._sent_files += 1
        held = HELD_DAYS if self._sent_files % HELD_BACK == HELD_BACK // 3 else 0
        numbers = self._folder.file(day + timedelta(days=held), "claims", made)
        for number, part in zip(numbers, order, strict=True):
            for place, claim in enumerate(part, 1):
                claim.place = (number, place)
                self._claims += 1
                self._folder.tell(self._record(claim))
                self._decide(claim)

    def _body(self, claims: list[Claim], day: date) -> str:
        self._batch += 1
        return claims_body(claims, self._batch, day)

    def _decide(self, claim: Claim) -> None:
        payments = self._answers.for_claim(claim)
        for payment in payments:
            self._owe(claim, payment)
        if claim.structure == "secondary":
            first = payments[0]
            second = self._month.second(claim, first.paid, first.patient, first.wait)
            if second is not None:
                self._month.later(second)
        if self._dice.chance(FOREIGN):
            stranger = self._month.stranger(claim.sent)
            self._owe(stranger, self._answers.foreign(stranger))

    def _owe(self, claim: Claim, payment: Payment) -> None:
        """A payer pays on one day of the week."""
        ready = claim.sent + timedelta(days=payment.wait)
        day = ready + timedelta(days=(claim.payer.number % 5 - ready.weekday()) % 7)
        record = record_of(claim, payment, self._folder.interchanges)
        self._due[day].append(Due(claim.payer, claim.practice, payment_text(claim, payment), payment.paid, record))

    def _record(self, claim: Claim) -> dict[str, Any]:
        written = self._folder.interchanges[claim.place[0]]
        return {
            "type": "claim", "key": claim.key, "file": written.file, "source": written.source, "isa13": written.isa13,
            "claim_no": claim.place[1], "clm01": claim.clm01, "payer": claim.payer.id, "group": claim.plan.group,
            "cents": claim.charge, "structure": claim.structure,
            "lines": [
                {"lx": line.lx, "code": line.code, "cents": line.charge, "units": line.units} for line in claim.lines
            ],
        }  # fmt: skip

    def _about(self) -> dict[str, Any]:
        settings = self._settings
        return {
            "seed": settings.seed,
            "claims": settings.claims,
            "from": settings.start.isoformat(),
            "days": settings.days,
            "payers": [
                {
                    "id": payer.id, "name": payer.name, "says_id": payer.says_id, "sends_6r": payer.sends_6r,
                    "cuts_to": payer.cuts_to, "folds": payer.folds,
                    "plans": [
                        {
                            "group": plan.group, "basic": plan.basic, "major": plan.major, "maximum": plan.maximum,
                            "deductible": plan.deductible, "deductible_for_all": plan.everywhere, "fees": plan.fees,
                        }
                        for plan in payer.plans
                    ],
                }
                for payer in self._payers
            ],
            "rules": [rule.record(payer.id) for payer in self._payers for rule in payer.rules],
        }  # fmt: skip


def deal(things: list[T], dice: Dice, most: int) -> list[list[T]]:
    """Divides a list into up to so many parts in order, none of them empty; mostly it stays one."""
    parts = 1 if dice.chance(600) else min(len(things), dice.between(1, most))
    cuts = [len(things) * place // parts for place in range(parts + 1)]
    return [things[start:end] for start, end in itertools.pairwise(cuts)]
