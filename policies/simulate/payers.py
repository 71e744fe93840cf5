"""Invented payers: how they write, what their plans allow and pay, and the rules by which they bundle."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from bitewing.policies.simulate.dice import Dice

FEES = {
    "D0120": 5800, "D0140": 8500, "D0150": 9800, "D0180": 10400, "D0210": 14500, "D0220": 3200, "D0230": 2600,
    "D0270": 3100, "D0272": 4800, "D0274": 6800, "D0330": 12200, "D0350": 4500, "D0701": 10900, "D0703": 4100,
    "D0707": 2900, "D0708": 2800, "D1110": 9600, "D1120": 7400, "D1206": 4200, "D2140": 15500, "D2150": 18900,
    "D2391": 18000, "D2392": 22900, "D2740": 128500, "D2930": 26500, "D2950": 27500, "D4341": 26500, "D4910": 14500,
    "D7140": 19800, "D9996": 2500,
}  # fmt: skip
"""What a dental office charges for one unit, in cents, before its own level."""
BASIC = frozenset(("D2140", "D2150", "D2391", "D2392", "D2930", "D4341", "D4910", "D7140"))
MAJOR = frozenset(("D2740", "D2950"))
PRIMARY = ("A", "B", "I", "J", "K", "L", "S", "T")
"""Primary molars."""
MOLARS = frozenset(("2", "3", "14", "15", "18", "19", "30", "31", *PRIMARY))
RESTORATIONS = ("D2140", "D2150", "D2391", "D2392")
EITHER = frozenset(("same-day-exclusion", "period-cap", "shared-series-window", "series-exclusion"))
"""Kinds of rules of which the provider bears the cost with one payer (CO), the patient with another (PR)."""
IMAGES = {"D0220": 1, "D0230": 1, "D0270": 1, "D0272": 2, "D0274": 4, "D0330": 1, "D0210": 1}
"""Films that one unit stands for, in what a payer counts."""
DRAFTS = {
    "count-to-series": "count-to-series", "fee-sum-to-series": "fee-sum-to-series",
    "pano-counts-as-series": "pano-counts-as-series", "same-day-exclusion": "same-day-exclusion",
    "cleaning-exclusion": "same-day-exclusion", "buildup-exclusion": "same-day-exclusion",
    "per-date-cap": "per-date-cap", "capture-only": "capture-only", "aggregate-cap": "aggregate-cap",
    "downcode": "downcode", "shared-series-window": "shared-series-window", "series-exclusion": "series-exclusion",
    "period-cap": "period-cap", "age-limit": "age-limit",
}  # fmt: skip
"""What a payer may have, by name, in the order in which it asks them: the kind of each."""
INCLUDED, FREQUENCY = ("97", "N19"), ("119", "N640")
OFTEN = ("151", "M86")
"""How a payer says that it refuses: CARC and RARC."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a payer does, with the words of a learnt rule; ``group`` None is every plan, ``network`` None every
    practice, a date None no end."""

    id: str
    kind: str
    codes: tuple[str, ...]
    with_codes: tuple[str, ...] = ()
    target: tuple[tuple[str, str], ...] = ()
    parameter: tuple[tuple[str, Any], ...] = ()
    group: str | None = None
    network: str | None = None
    since: date | None = None
    until: date | None = None
    liability: str = "CO"
    says: tuple[str, str] = FREQUENCY

    def holds(self, group: str, network: str, day: date) -> bool:
        """Whether it decides for a plan and a practice on a date of service."""
        if self.group not in (None, group) or self.network not in (None, network):
            return False
        return not ((self.since and day < self.since) or (self.until and day > self.until))

    def record(self, payer: str) -> dict[str, Any]:
        """As it stands in the truth."""
        targets = dict(self.target)
        return {
            "id": self.id, "kind": self.kind, "payer": payer, "group": self.group, "network": self.network,
            "codes": list(self.codes),
            "with": list(self.with_codes), "target": targets.get("*"), "targets": targets or None,
            "parameter": dict(self.parameter), "liability": self.liability,
            "effective_from": self.since.isoformat() if self.since else None,
            "effective_to": self.until.isoformat() if self.until else None,
        }  # fmt: skip


@dataclass(slots=True)
class Plan:
    """A group of a payer; shares are in per cent of what is allowed, amounts in cents."""

    group: str
    fees: dict[str, int]
    basic: int
    major: int
    deductible: int
    everywhere: bool  # the deductible counts for preventive care, too
    maximum: int

    def patient_percent(self, code: str) -> int:
        """What the patient pays of the allowed amount."""
        return 100 - self.basic if code in BASIC else 100 - self.major if code in MAJOR else 0


@dataclass(slots=True)
class Payer:
    """A payer and its habits in an 835."""

    number: int
    id: str
    name: str
    tin: str
    says_id: str  # "2U" in REF, "XV" in N1, "" only the name
    sends_6r: bool
    sends_b6: bool
    line_dates: bool
    cuts_to: int  # characters of CLP01 that it keeps, 0 all
    folds: bool  # capital letters and "-" for "/"
    plans: list[Plan] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)


def draw_payers(count: int, dice: Dice, start: date, days: int) -> list[Payer]:
    """So many payers. The first has a rule of every kind, so that a small run shows all of them."""
    return [_payer(number, dice, start, days) for number in range(1, count + 1)]


def _payer(number: int, dice: Dice, start: date, days: int) -> Payer:
    payer = Payer(
        number,
        f"TP{number:05d}",
        f"INVENTED DENTAL PAYER {number:03d}",
        f"00{1000000 + number:07d}",
        {0: "", 5: "XV"}.get(number % 6, "2U"),
        sends_6r=number % 7 != 3,
        sends_b6=number % 2 == 0,
        line_dates=number % 5 != 4,
        cuts_to={1: 20, 3: 17}.get(number % 4, 0),
        folds=number % 4 == 2,
    )
    level = dice.between(55, 85)
    allowed = {code: cents * (level + dice.between(-8, 8)) // 100 for code, cents in FEES.items()}
    for part in range(dice.between(2, 3)):
        share = 100 - 6 * part
        fees = {code: cents * share // 100 for code, cents in allowed.items()}
        # Plans value a series differently beside single films: a count and a sum of fees are not the same then.
        fees["D0210"] = fees["D0210"] * dice.between(70, 130) // 100
        payer.plans.append(
            Plan(
                f"GRP{number:03d}{part + 1:02d}",
                fees,
                dice.one((70, 80, 80, 90)),
                dice.one((40, 50, 50, 60)),
                dice.one((0, 2500, 5000, 5000)),
                dice.chance(200),
                dice.one((100_000, 150_000, 200_000)),
            )
        )
    for name in DRAFTS:
        other = "fee-sum-to-series" if number % 3 else "count-to-series"
        if name != other and (number == 1 or dice.chance(550)):
            payer.rules.append(_rule(name, payer, dice, start, days))
    return payer


def _rule(name: str, payer: Payer, dice: Dice, start: date, days: int) -> Rule:
    id_, kind = f"{payer.id}-{name}", DRAFTS[name]
    group = payer.plans[0].group if payer.number > 1 and dice.chance(200) else None
    network = ("in" if dice.chance(700) else "out") if payer.number > 1 and dice.chance(80) else None
    since = until = None
    if payer.number > 1 and dice.chance(200):
        turn = start + timedelta(days=max(1, days // 2))
        since, until = (turn, None) if dice.chance(500) else (None, turn)
    films = dice.between(6, 12)
    cap = dice.between(3, 5)
    series = (("*", "D0210"),)
    bitewings = ("D0272", "D0274") if dice.chance(500) else ()
    liability = "PR" if dice.chance(250) else "CO"
    molars = (("teeth", "molars"),) if dice.chance(300) else ()
    denied = dice.chance(300)
    says = dice.one((FREQUENCY, OFTEN))
    films_after = ("D0220", "D0230", "D0272", "D0274") if dice.chance(500) else ("D0272", "D0274")
    # What one counter holds is not counted by another.
    panoramic = () if any(one.kind == "shared-series-window" for one in payer.rules) else ("D0330",)
    shapes: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, str], ...], tuple[tuple[str, Any], ...]]]
    shapes = {
        "count-to-series": (("D0220", "D0230", *bitewings), (), series, (("films", films),)),
        "pano-counts-as-series": (("D0330",), ("D0272", "D0274"), series, ()),
        "fee-sum-to-series": (("D0220", "D0230", *bitewings), (), series, (("ratio", 1),)),
        "same-day-exclusion": (("D0350",), ("D0150", "D0180"), (), ()),
        "cleaning-exclusion": (("D1110",), ("D4341", "D4910"), (), ()),
        "buildup-exclusion": (("D2950",), ("D2740",), (), ()),
        "per-date-cap": (("D0230",), (), (), (("units", cap),)),
        "capture-only": (
            ("D0701", "D0703", "D0707", "D0708"),
            (),
            (("D0701", "D0330"), ("D0703", "D0350"), ("D0707", "D0220"), ("D0708", "D0270")),
            (("treatment", "remap"),),
        ),
        "downcode": (("D2391", "D2392"), (), (("D2391", "D2140"), ("D2392", "D2150")), molars),
        "age-limit": (("D1206",), (), (), (("age", dice.between(14, 40)),)),
        "aggregate-cap": (RESTORATIONS, (), (("*", "D2930"),), (("months", 6),)),
        "shared-series-window": (("D0210", "D0330"), (), (), (("n", 1), ("months", dice.one((36, 48, 60, 84))))),
        "series-exclusion": (films_after, ("D0210",), (), (("days", dice.one((21, 30, 90, 180))),)),
        "period-cap": (("D0272", "D0274", *panoramic), (), (), (("n", 1), ("months", 12))),
    }
    codes, with_codes, target, parameter = shapes[name]
    if kind == "capture-only" and denied:
        target, parameter = (), (("treatment", "deny"),)
    if kind == "series-exclusion" and denied:
        says = INCLUDED
    who = liability if kind in EITHER else "PR" if kind == "downcode" else "CO"
    return Rule(
        id_, kind, codes, with_codes, target, parameter, group, network, since, until, who,
        FREQUENCY if kind == "period-cap" else says,
    )  # fmt: skip
