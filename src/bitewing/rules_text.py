"""Rules and policy books as a person reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bitewing.console import many, printable
from bitewing.policies.book.backtest import Tested
from bitewing.policies.book.diff import Change
from bitewing.policies.rule import Rule
from bitewing.policies.sentence import sentence


def rule_text(rule: Rule) -> Iterator[str]:
    """Two lines: id and status; what the payer was seen to do."""
    yield f"{rule.id}  {rule.status}"
    yield f"    {printable(sentence(rule))}"
    for other in rule.alternatives:
        yield f"    The same days also fit: {printable(other)}."


def full_text(rule: Rule) -> Iterator[str]:
    """Everything that the book holds about a rule."""
    yield from rule_text(rule)
    counts = rule.counts
    if counts.positive or counts.negative:
        yield f"    happened {counts.positive}, did not {counts.negative}, cannot be told {counts.censored}"
        yield f"    the patient owes in {counts.patient_owes} of these, the provider writes off in the others"
    for group, (positive, negative) in sorted(rule.groups.items()):
        yield f"    group {printable(group) or 'not named'}: {positive:g} of {positive + negative:g}"
    for (group, code), amount in sorted(rule.allowed.items()):
        yield f"    {code} allowed {amount}{f' in group {printable(group)}' if group else ''}"
    for one in rule.decisions:
        yield f"    {one.action} by {printable(one.by)} at {one.at}: {printable(one.reason)}"


def change_text(change: Change) -> Iterator[str]:
    """A difference between two books."""
    if change.before is None and change.after is not None:
        yield f"+ {change.after.id}  {printable(sentence(change.after))}"
    elif change.after is None and change.before is not None:
        yield f"- {change.before.id}  {printable(sentence(change.before))}"
    elif change.after is not None:
        yield f"~ {change.after.id}"
        for name, before, after in change.what:
            yield f"    {name}: {printable(before)} -> {printable(after)}"


def tested_text(one: Tested) -> str:
    """A rule on days it was not learnt from, in a line."""
    if one.learnt is None:
        return f"{one.rule.id}  was not known before those days; {many(one.missed, 'day')} went this way"
    money = f", {one.money:.2f} less than one by one" if one.money is not None else ""
    return f"{one.rule.id}  predicted {one.right + one.wrong}, right {one.right}, missed {one.missed}{money}"


def tested_record(one: Tested) -> dict[str, Any]:
    """The same as a record."""
    return {
        "type": "backtest", "id": one.rule.id, "known": one.learnt is not None, "predicted": one.right + one.wrong,
        "right": one.right, "wrong": one.wrong, "missed": one.missed,
        "difference": f"{one.money:.2f}" if one.money is not None else None,
    }  # fmt: skip
