"""Rules of payers in the notation of examples.

    TESTPAY1 per-date-cap: D0230 units=3
    TESTPAY1 same-day-exclusion: D0350 with D0150 D0180 seen=25/25 since=2026-01-05 last=2026-02-27
    TESTPAY1 count-to-series group=G1: D0220 D0230 as D0210 films=6-8 pays D0220=20.00 D0230=15.00 D0210=90.00

class= and network= (in, out) stand where group= does. seen= is positive trials of all; without it the rule is one from
a handbook.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from bitewing.policies.learn.bayes import interval, rate
from bitewing.policies.rule import ACCEPTED, ALLOWS, BUNDLES, Counts, Rule
from bitewing.policies.rules import Rules

_LAST = "2026-02-27"


def rules_of(notation: tuple[str, ...]) -> Rules:
    """The rules, accepted. Raises ValueError where the notation is not understood."""
    return Rules(_rule(text) for text in notation)


def _rule(text: str) -> Rule:
    head, _, body = text.partition(": ")
    payer, kind, *scope = head.split()
    said = dict(one.split("=", 1) for one in scope)
    lists: dict[str, list[str]] = {"": [], "with": [], "as": [], "pays": []}
    words: dict[str, str] = {}
    mode = ""
    for word in body.split():
        name, equals, value = word.partition("=")
        if word in lists:
            mode = word
        elif equals and mode != "pays":
            words[name] = value
        else:
            lists[mode].append(word)
    seen = words.pop("seen", "")
    since, until = words.pop("from", ""), words.pop("until", "")
    counts = _counts(seen, words.pop("last", _LAST)) if seen else Counts()
    return Rule(
        kind, payer, tuple(lists[""]), tuple(lists["with"]), _targets(lists["as"]),
        {name: value if name in ("treatment", "teeth") else _bracket(name, value) for name, value in words.items()},
        said.get("group"), said.get("class"), said.get("network"),
        effective_from=date.fromisoformat(since) if since else None,
        effective_to=date.fromisoformat(until) if until else None,
        says=BUNDLES if counts.positive or not seen else ALLOWS, status=ACCEPTED, counts=counts,
        allowed={("", one.partition("=")[0]): Decimal(one.partition("=")[2]) for one in lists["pays"]},
        source="" if seen else "a handbook",
    )  # fmt: skip


def _targets(words: list[str]) -> dict[str, str]:
    """``D0210`` for all codes, ``D2391:D2140`` for one."""
    pairs = (word.rpartition(":") for word in words)
    return {code or "*": target for code, _, target in pairs}


def _bracket(name: str, value: str) -> Any:
    low, _, high = value.partition("-")
    if name == "n":
        return int(low)
    return _number(low), _number(high or low)


def _number(text: str) -> int | Decimal:
    return int(text) if text.isdigit() else Decimal(text)


def _counts(seen: str, last: str) -> Counts:
    positive, total = (int(one) for one in seen.split("/"))
    low, high = interval(positive, total - positive)
    return Counts(
        positive, total - positive, 0, positive, rate(positive, total - positive), low, high,
        date(2025, 11, 3), date.fromisoformat(last),
    )  # fmt: skip
