"""Dental days: what is done together, and for what the patient comes again."""

from __future__ import annotations

from bitewing.policies.simulate.dice import Dice
from bitewing.policies.simulate.payers import PRIMARY
from bitewing.policies.simulate.visits import Day, Treatment

CHILD, SERIES, PANORAMIC = "child", "series", "panoramic"
"""Kinds of days after which patients come again."""
_SOON, _LATER = (4, 20), (21, 45)  # days until the patient comes again


def draw_day(dice: Dice) -> Day:
    """A day of a patient who does not come for what was done before."""
    kind = dice.below(122)
    if kind < 100:
        services = [Treatment(*one) for one in _usual(kind, dice)]
        panoramic = any(one.code == "D0330" for one in services)
        return Day(services, PANORAMIC if panoramic else "")
    if kind < 112:
        more = [Treatment("D1110")] if dice.chance(600) else []
        return Day([Treatment("D0150"), Treatment("D0210"), *more], SERIES)
    first = [Treatment("D0120"), *([Treatment("D1120")] if dice.chance(500) else [])]
    tooth = dice.one(PRIMARY)
    if dice.chance(250):
        return Day([*first, Treatment("D2930", tooth=tooth)])
    return Day([*first, _filling(tooth, dice)], CHILD)


def draw_return(day: Day, dice: Dice) -> tuple[int, Day] | None:
    """In how many days the patient comes again, and for what; None where not for this."""
    if not day.kind or not dice.chance(300 if day.kind == PANORAMIC else 850):
        return None
    wait = dice.between(*(_SOON if dice.chance(700) else _LATER))
    if day.kind == CHILD:
        tooth = day.services[-1].tooth
        return wait, Day([_filling(tooth, dice)], CHILD if dice.chance(300) else "")
    if day.kind == PANORAMIC:
        return wait, Day([Treatment("D0180"), Treatment(dice.one(("D0210", "D0210", "D0330")))])
    roll = dice.below(100)
    if roll < 35:
        return wait, Day([Treatment("D0140"), Treatment(dice.one(("D0330", "D0330", "D0210")))], SERIES)
    if roll < 70:
        return wait, Day([Treatment("D0120"), Treatment(dice.one(("D0274", "D0272")))], SERIES)
    return wait, Day([Treatment("D0140"), Treatment("D0220"), Treatment("D0230", dice.between(1, 2))], SERIES)


def _filling(tooth: str, dice: Dice) -> Treatment:
    return Treatment(dice.one(("D2391", "D2391", "D2392", "D2140", "D2150")), tooth=tooth)


def _usual(kind: int, dice: Dice) -> list[tuple[str, int]]:
    """Codes and units of the days that most claims are about."""
    if kind < 30:
        more = [("D1206", 1)] if dice.chance(400) else []
        return [("D0120", 1), (dice.one(("D0274", "D0274", "D0272")), 1), ("D1110", 1), *more]
    if kind < 45:
        pano = [("D0330", 1), ("D0274", 1)] if dice.chance(600) else [("D0274", 1), ("D0220", 1), ("D0230", 1)]
        photo = [("D0350", dice.one((1, 1, 2)))] if dice.chance(500) else []
        return [("D0150", 1), *pano, *photo, ("D1110", 1)]
    if kind < 57:
        films = dice.between(4, 13)
        more = [("D0274", 1)] if dice.chance(500) else []
        return [(dice.one(("D0150", "D0120")), 1), ("D0220", 1), ("D0230", films - 1), *more]
    if kind < 65:
        photo = [("D0350", 1)] if dice.chance(600) else []
        cleaning = [("D1110", 1)] if dice.chance(250) else []
        return [("D0180", 1), *photo, ("D4341", 1), ("D4341", 1), *cleaning]
    if kind < 68:
        return [("D4910", 1), *([("D1110", 1)] if dice.chance(400) else [])]
    if kind < 80:
        further = [("D0230", 1)] * dice.below(4)
        return [("D0140", 1), ("D0220", 1), *further, (dice.one(("D7140", "D2391", "D2140")), 1)]
    if kind < 95:
        fillings = [(dice.one(("D2391", "D2391", "D2392", "D2140")), 1) for _ in range(dice.between(1, 4))]
        crown = [("D2740", 1), *([("D2950", 1)] if dice.chance(600) else [])]
        return [*fillings, *crown] if dice.chance(200) else fillings
    return [("D0140", 1), ("D0707", dice.one((1, 2))), ("D0703", 1), ("D9996", 1)]
