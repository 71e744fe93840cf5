"""What accepted rules of a payer lead to expect on a day: the machinery of the passes in ``payer``.

A pass says what a payer is expected to do and what that rests on. It cannot change a claim, and it never says that one
should be changed: services are reported as they were done, whatever is paid for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from bitewing.edi.line import Line
from bitewing.policies.predict import Expectation, Service, expect, spent_before
from bitewing.policies.rule import Rule
from bitewing.policies.sentence import basis
from bitewing.transforms.day import Day
from bitewing.transforms.model import Forecast

AS_DONE = "Report what was done, as it was done."
PRIMARY = "P"


class Expected(NamedTuple):
    """An expectation with the lines it is about."""

    rule: Rule
    lines: tuple[Line, ...]
    found: Expectation


def expected(
    day: Day, *kinds: str, earlier: Sequence[tuple[str, date]] = (), teeth: Sequence[tuple[str, date, str]] = ()
) -> Iterator[Expected]:
    """What the payer's accepted rules of these kinds lead to expect, the surest first for each code.

    earlier: codes that were submitted before, with their dates; teeth: the same with their teeth. Only where this payer
    is the first to pay (SBR01 P), on a single date.
    """
    if day.span is None or not day.span.one_day:
        return
    rules = day.facts.policies.of(day.patient.payer, *kinds)
    if not rules:
        return
    lines = [line for line in day.lines if (line.claim.subscriber.payer_responsibility or PRIMARY) == PRIMARY]
    if not lines:
        return
    services = [Service(line.code, int(line.quantity), line.charge, _tooth(line)) for line in lines]
    group = lines[0].claim.subscriber.group_number
    if any(line.claim.subscriber.group_number != group for line in lines):
        return  # two plans of one patient on one date: nobody can say which of them pays what
    age = _age(lines[0], day.span.start)
    contract = day.facts.policies.contract(day.patient.payer, day.patient.billing)
    found = []
    for rule in rules:
        if rule.says != "applies":
            continue
        spent = spent_before(rule, group, day.span.start, teeth)
        one = expect(rule, services, group, day.span.start, earlier, age, contract, spent)
        if one is not None:
            found.append(Expected(rule, tuple(lines[at] for at in one.services), one))
    taken: set[tuple[int, int]] = set()
    for each in sorted(found, key=_surest_first):
        mine = {(line.claim.offset, line.received) for line in each.lines}
        if taken.isdisjoint(mine):
            taken |= mine
            yield each


def _surest_first(one: Expected) -> tuple[float, str]:  # not money: a probability
    return (-one.found.sure.low if one.found.sure else 0.0), one.rule.id


def _age(line: Line, on: date) -> int | None:
    born = line.claim.patient.birth_date
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day)) if born else None


def _tooth(line: Line) -> str:
    teeth = [tooth.number for tooth in line.teeth]
    return teeth[0] if len(teeth) == 1 else ",".join(teeth)


def forecast(one: Expected, what: str) -> Forecast:
    """The finding: what is expected, what it makes in money, what it rests on."""
    return Forecast(one.lines, f"{what}{money(one.found)} {basis(one.rule)} {AS_DONE}", one.rule.id)


def money(found: Expectation) -> str:
    """Expected allowed amount, and the difference to the services one by one where the plan's fees are known."""
    if found.allowed is None:
        return "."
    if found.as_sent is None:
        return f": expected allowed {found.allowed:.2f}."
    less = found.as_sent - found.allowed
    return f": expected allowed {found.allowed:.2f} instead of {found.as_sent:.2f}, {_difference(less)}."


def _difference(less: Decimal) -> str:
    return f"{less:.2f} less" if less > 0 else f"{-less:.2f} more" if less < 0 else "no difference"


def plainly(codes: Sequence[str]) -> str:
    """Codes of lines as a sentence says them, each once."""
    known = list(dict.fromkeys(codes))
    return known[0] if len(known) == 1 else f"{', '.join(known[:-1])} and {known[-1]}"
