"""Rules that ask what a patient had before: periods, days after a complete series, what a tooth has cost so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from bitewing.policies.simulate.payers import PRIMARY, RESTORATIONS, Rule
from bitewing.policies.simulate.visits import Line, Patient

if TYPE_CHECKING:
    from bitewing.policies.simulate.decide import Decision, Service


def keep(patient: Patient, line: Line) -> None:
    """A service was paid: the payer knows of it from now on."""
    patient.had[line.code] = max(line.day, patient.had.get(line.code, line.day))


def tally(patient: Patient, made: Iterable[Service]) -> None:
    """What was allowed for the fillings of each primary tooth, in cents, whichever rule decided."""
    for one in made:
        if one.line is not None and one.line.code in RESTORATIONS and one.allowed and tooth_of(one.line) in PRIMARY:
            patient.teeth.append((tooth_of(one.line), one.line.day, one.allowed))


def tooth_of(line: Line) -> str:
    """TOO02 of its only tooth, "" where it is about none or several."""
    return line.teeth[0].partition("*")[0] if len(line.teeth) == 1 else ""


def months(earlier: date, later: date) -> int:
    """Whole months from one date to another."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month - (later.day < earlier.day)


def period(decision: Decision, rule: Rule, lines: Sequence[Line]) -> None:
    """Once in so many months; the others of its kind count by their own code."""
    had, long = decision.claim.patient.had, int(dict(rule.parameter)["months"])
    for line in lines:
        if line.code in rule.codes:
            if line.code in had and months(had[line.code], line.day) < long:
                decision.deny(line, "frequency", rule.liability, *rule.says, rule)
            else:
                keep(decision.claim.patient, line)


def shared(decision: Decision, rule: Rule, lines: Sequence[Line]) -> None:
    """One of them in so many months, whichever it was: a complete series and a panoramic image have one counter."""
    had, long = decision.claim.patient.had, int(dict(rule.parameter)["months"])
    earlier = [had[code] for code in rule.codes if code in had]
    for line in lines:
        if line.code in rule.codes and any(day < line.day and months(day, line.day) < long for day in earlier):
            decision.deny(line, "frequency", rule.liability, *rule.says, rule)


def after_series(decision: Decision, rule: Rule, lines: Sequence[Line]) -> None:
    """Films of the next so many days are part of the complete series, or refused as too soon after it."""
    series = decision.claim.patient.had.get(rule.with_codes[0])
    for line in lines:
        if series and line.code in rule.codes and 0 < (line.day - series).days <= dict(rule.parameter)["days"]:
            event = "bundled-into" if rule.says[0] == "97" else "frequency"
            decision.deny(line, event, rule.liability, *rule.says, rule)


def aggregate(decision: Decision, rule: Rule, lines: Sequence[Line]) -> None:
    """Fillings of one primary tooth in so many months are together paid up to what a stainless steel crown would be."""
    fees, long = decision.claim.plan.fees, int(dict(rule.parameter)["months"])
    for line in lines:
        tooth = tooth_of(line)
        if line.code not in rule.codes or tooth not in PRIMARY:
            continue
        before = sum(
            cents for known, day, cents in decision.claim.patient.teeth
            if known == tooth and day < line.day and months(day, line.day) < long
        )  # fmt: skip
        left = max(0, fees[dict(rule.target)["*"]] - before)
        own = min(line.charge, fees[line.code])
        if not before or own <= left:
            continue
        if not left:
            decision.deny(line, "frequency", rule.liability, *rule.says, rule)
            continue
        made = decision.service(line, "frequency", rule)
        made.cas.append((rule.liability, rule.says[0], own - left))
        made.remarks.append(rule.says[1])
        decision.benefit(made, left, off=own - left)
