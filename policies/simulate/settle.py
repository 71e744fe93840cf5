"""Payments: what is due on a day becomes 835 files, with balances carried forward, and the truth about each CLP."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from bitewing.policies.simulate.dice import Dice
from bitewing.policies.simulate.envelopes import REMITS, Enveloper
from bitewing.policies.simulate.folder import Folder, Written
from bitewing.policies.simulate.payers import Payer
from bitewing.policies.simulate.remits import OFF_BY, Payment
from bitewing.policies.simulate.visits import Claim, Practice
from bitewing.policies.simulate.write_835 import Transfer, line_number, payment_body

CHEQUES_AN_INTERCHANGE = 40
COPIED = 30  # of a thousand remittance files come twice


class Due(NamedTuple):
    """A CLP that is ready: its text, CLP04 in cents, and what is true of it."""

    payer: Payer
    practice: Practice
    text: str
    paid: int
    record: dict[str, Any]


class Cheque(NamedTuple):
    """A transaction of an 835: its body, what is due in it, and its transfers; BPR02 in cents."""

    body: str
    due: Sequence[Due]
    transfers: Sequence[Transfer]
    amount: int


def record_of(claim: Claim, made: Payment, interchanges: Sequence[Written]) -> dict[str, Any]:
    """What is true of a CLP, apart from where it stands."""
    number, place = claim.place
    where = None
    if number >= 0:
        written = interchanges[number]
        where = {"file": written.file, "source": written.source, "claim_no": place, "clm01": claim.clm01}
    looks: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for sent in claim.lines:
        looks[sent.look()].append(sent.lx)
    lines = []
    split = "split" in made.traits
    for svc, one in enumerate(made.services, 1):
        line = one.line if where else None
        lines.append(
            {
                "svc": svc, "lx": line.lx if line is not None else None, "event": one.event, "rule": one.rule or None,
                "6r": line_number(one, claim.payer, split=split), "cents": one.charge, "paid": one.paid,
                "alike": looks[line.look()] if line is not None else [], "unbalanced": OFF_BY if one.unbalanced else 0,
            }
        )  # fmt: skip
    if any(not one["6r"] for one in lines):
        made.traits.add("no-6r")
    return {
        "clp01": made.clp01, "clp02": made.status, "clp07": made.icn, "payer": claim.payer.id,
        "key": claim.key if where else None, "claim": where, "traits": sorted(made.traits),
        "cents": made.charge, "paid": made.paid, "patient": made.patient, "lines": lines,
    }  # fmt: skip


class Settlement:
    """Pays: one transaction for a payer and a practice, several in an interchange, several of these in a file."""

    def __init__(self, folder: Folder, enveloper: Enveloper, dice: Dice) -> None:
        self._folder, self._enveloper, self._dice = folder, enveloper, dice
        self._owed: dict[tuple[int, int], int] = defaultdict(int)  # what a practice owes a payer, in cents
        self._trace = 0

    def pay(self, due: Sequence[Due], day: date) -> None:
        """Writes the files of a day."""
        by_payer: dict[int, dict[int, list[Due]]] = defaultdict(lambda: defaultdict(list))
        for one in due:
            by_payer[one.payer.number][one.practice.number].append(one)
        ready: list[tuple[Payer, list[list[Cheque]]]] = []
        for _, practices in sorted(by_payer.items()):
            cheques = [cheque for _, part in sorted(practices.items()) for cheque in self._cheques(part, day)]
            for start in range(0, len(cheques), CHEQUES_AN_INTERCHANGE):
                part = cheques[start : start + CHEQUES_AN_INTERCHANGE]
                half = len(part) // 2
                groups = [part[:half], part[half:]] if half and self._dice.chance(200) else [part]
                ready.append((part[0].due[0].payer, groups))
        while ready:
            count = 1 if self._dice.chance(600) else self._dice.between(2, 4)
            self._file(ready[:count], day)
            ready = ready[count:]

    def _cheques(self, due: list[Due], day: date) -> list[Cheque]:
        """Mostly one; what pays nothing is sometimes told in one of its own."""
        nothing = [one for one in due if not one.paid]
        if nothing and len(nothing) < len(due) and self._dice.chance(400):
            return [self._cheque(nothing, day), self._cheque([one for one in due if one.paid], day)]
        return [self._cheque(due, day)]

    def _cheque(self, due: Sequence[Due], day: date) -> Cheque:
        self._trace += 1
        trace = f"TRACE{self._trace:08d}"
        payer, practice = due[0].payer, due[0].practice
        paid = sum(one.paid for one in due)
        transfers = self._transfers(due, paid, trace)
        body = payment_body(payer, practice, [one.text for one in due], paid, transfers, day, trace)
        return Cheque(body, due, transfers, paid - sum(cents for _, _, cents in transfers))

    def _transfers(self, due: Sequence[Due], paid: int, trace: str) -> list[Transfer]:
        """A payment is never below zero: what is missing is carried forward and taken from the next."""
        who, dice = (due[0].payer.number, due[0].practice.number), self._dice
        if paid < 0:
            self._owed[who] -= paid
            return [("FB", trace, paid)]
        moved: list[Transfer] = []
        back = min(paid, self._owed[who])
        if back:
            self._owed[who] -= back
            paid -= back
            moved.append(("FB", trace, back))
        if paid and dice.chance(25):
            moved.append(("WO", due[0].record["clp07"], dice.between(1, paid)))
        elif dice.chance(15):
            moved.append(("L6", due[0].record["clp07"], -dice.between(1, 500)))
        elif dice.chance(10):
            returned = dice.between(1000, 20_000)
            moved += [("72", trace, -returned), ("WO", trace, returned)]
        return moved

    def _file(self, parts: Sequence[tuple[Payer, list[list[Cheque]]]], day: date) -> None:
        made = [
            self._enveloper.interchange(
                REMITS, [[cheque.body for cheque in group] for group in groups], day, payer.id, self._dice
            )
            for payer, groups in parts
        ]
        numbers = self._folder.file(day, "remits", made)
        for number, (_, groups) in zip(numbers, parts, strict=True):
            self._tell(self._folder.interchanges[number], groups)
        if self._dice.chance(COPIED):
            name = self._folder.interchanges[numbers[0]].file
            self._folder.copy(day + timedelta(days=self._dice.between(0, 9)), name)

    def _tell(self, written: Written, groups: list[list[Cheque]]) -> None:
        remit_no = payment_no = 0
        for group_no, group in enumerate(groups, 1):
            for place, cheque in enumerate(group, 1):
                payment_no += 1
                head = {"file": written.file, "source": written.source, "isa13": written.isa13, "group": group_no}
                head |= {"st": f"{place:04d}", "payment_no": payment_no}
                plb = [list(one) for one in cheque.transfers]
                self._folder.tell(
                    {"type": "payment", **head, "cents": cheque.amount, "claims": len(cheque.due), "plb": plb}
                )
                for index, due in enumerate(cheque.due, 1):
                    remit_no += 1
                    record = {"type": "remit", **head, "index": index, "remit_no": remit_no, **due.record}
                    if record["claim"] and record["file"] < record["claim"]["file"]:
                        record["traits"] = sorted({*record["traits"], "before-claim"})
                    self._folder.tell(record)
                    self._note(record)

    def _note(self, record: dict[str, Any]) -> None:
        self._folder.unbalanced.extend(
            {"source": record["source"], "remit_no": record["remit_no"], "svc": one["svc"], "cents": one["unbalanced"]}
            for one in record["lines"]
            if one["unbalanced"]
        )
