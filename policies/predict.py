"""What a rule leads to expect for services of one date. An expectation, with the counts behind it; never an edit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from bitewing.edi.codes import procedures
from bitewing.policies.learn.bayes import PRIOR, quantile, shrunk, towards
from bitewing.policies.learn.decide import FEWEST, SUREST
from bitewing.policies.learn.kinds.downcode import MOLARS, PREMOLARS
from bitewing.policies.learn.kinds.images import PANORAMIC, SERIES
from bitewing.policies.rule import UNKNOWN_CONTRACT, Contract, Rule

YEAR = 365
NOTHING_SPENT: Mapping[str, Decimal] = MappingProxyType({})
_DAYS_A_MONTH = 365.25 / 12
_MOLARS = frozenset(MOLARS)
_PREMOLARS = frozenset(PREMOLARS)


class Service(NamedTuple):
    """A service of a date: SV301-2, SV306, SV302, TOO02. charge None: not known."""

    code: str
    units: int
    charge: Decimal | None = None
    tooth: str = ""


class Sureness(NamedTuple):
    """How often it happened where it could: rate, 95 % bounds, and trials as they weigh on the day in question."""

    rate: float
    low: float
    high: float
    trials: float


class Expectation(NamedTuple):
    """What is expected. services: places of those it is about. as_sent: what the plan would allow for them one by
    one; allowed: what is expected; None where its fees are not known. sure: None for a rule from a handbook."""

    rule: Rule
    services: tuple[int, ...]
    as_sent: Decimal | None
    allowed: Decimal | None
    sure: Sureness | None


def sureness(rule: Rule, group: str, day: date) -> Sureness | None:
    """How sure a rule is for a plan on a date; None where it says too little.

    Trials lose half their weight in a year. A group of which there are trials is drawn towards the payer; of one that
    was never seen the payer's groups say the more, the more they agree. Nothing is said from fewer trials, or a lower
    bound, than a rule is proposed from.
    """
    counts = rule.counts
    own = (counts.weight, float(counts.negative))
    mean, strength = 0.5, 2 * PRIOR
    if rule.group is None and len(rule.groups) > 1:
        mean, strength = shrunk(list(rule.groups.values()))
        own = rule.groups.get(group, (0.0, 0.0))
    kept = _kept(rule, day)
    found = Sureness(
        *towards(own[0] * kept, own[1] * kept, mean, strength * kept), (counts.weight + counts.negative) * kept
    )
    return found if found.trials >= FEWEST * 0.999 and found.low >= SUREST else None


def _kept(rule: Rule, day: date) -> float:
    """What a trial still weighs on a day."""
    last = rule.counts.last_seen
    return float(0.5 ** (max((day - last).days, 0) / YEAR)) if last else 1.0


def expect(
    rule: Rule,
    services: Sequence[Service],
    group: str,
    day: date,
    earlier: Iterable[tuple[str, date]] = (),
    age: int | None = None,
    contract: Contract = UNKNOWN_CONTRACT,
    spent: Mapping[str, Decimal] = NOTHING_SPENT,
) -> Expectation | None:
    """What a rule leads to expect, None where it has nothing to say or is not sure.

    group: SBR03. earlier: codes of the same patient that were submitted before, with their dates. age: the patient's,
    in whole years. contract: the practice's with the payer. spent: what was allowed for a tooth before, in the time of
    the rule.
    """
    if not rule.holds_for(group, day, contract):
        return None
    sure = None
    if rule.counts.positive or rule.counts.negative:
        sure = sureness(rule, group, day)
        if sure is None:
            return None
    if rule.kind == "age-limit":
        about = _age(rule, services, age)
    elif rule.kind == "aggregate-cap":
        about = _aggregate(rule, services, group, spent)
    else:
        about = _ABOUT[rule.kind](rule, services, group, day, list(earlier)) if rule.kind in _ABOUT else None
    if about is None:
        return None
    places, allowed = about
    as_sent = _total(_fee(rule, group, services[at].code, services[at].units) for at in places)
    return Expectation(rule, tuple(places), as_sent, allowed, sure)


def concerned(rule: Rule, services: Sequence[Service], group: str, day: date) -> bool:
    """Whether a rule, however sure and whenever it holds, speaks of some of these services."""
    return rule.kind in _ABOUT and _ABOUT[rule.kind](rule, services, group, day, []) is not None


def seen_not_to(rule: Rule, group: str, day: date, contract: Contract = UNKNOWN_CONTRACT) -> bool:
    """Whether what a rule says was seen not to happen, often and lately enough for a plan and a date."""
    counts = rule.counts
    kept = _kept(rule, day)
    high = quantile(0.975, (counts.weight + 0.5) * kept, (counts.negative + 0.5) * kept)
    trials = (counts.weight + counts.negative) * kept
    return rule.holds_for(group, day, contract) and trials >= FEWEST * 0.999 and high <= 1 - SUREST


About = tuple[list[int], Decimal | None] | None
Earlier = list[tuple[str, date]]


def _fee(rule: Rule, group: str, code: str, units: int = 1) -> Decimal | None:
    known = rule.allowed.get((group, code), rule.allowed.get(("", code)))
    return None if known is None else known * units


def _total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    total = Decimal(0)
    for one in amounts:
        if one is None:
            return None
        total += one
    return total


def _places(services: Sequence[Service], codes: Iterable[str]) -> list[int]:
    wanted = set(codes)
    return [at for at, one in enumerate(services) if one.code in wanted]


def _same_day(rule: Rule, services: Sequence[Service], group: str, day: date, earlier: Earlier) -> About:
    mine = _places(services, rule.codes)
    return (mine, Decimal(0)) if mine and _places(services, rule.with_codes) else None


def _series(rule: Rule, services: Sequence[Service], group: str, day: date, earlier: Earlier) -> About:
    mine = _places(services, rule.codes)
    if not mine or _places(services, (SERIES, PANORAMIC)):
        return None
    if rule.kind == "count-to-series":
        images = procedures()
        low = rule.bracket("films")[1]
        size = sum(services[at].units * (images[services[at].code].images or 0) for at in mine)
        if low is None or size < low:
            return None
    else:
        edge, series = rule.bracket("ratio")[1], _fee(rule, group, SERIES)
        total = _total(_fee(rule, group, services[at].code, services[at].units) for at in mine)
        if edge is None or series is None or total is None or total < series * Decimal(str(edge)):
            return None
    return mine, _fee(rule, group, rule.target or SERIES)


def _panoramic(rule: Rule, services: Sequence[Service], group: str, day: date, earlier: Earlier) -> About:
    mine, beside = _places(services, rule.codes), _places(services, rule.with_codes)
    if not mine or not beside or _places(services, (SERIES,)):
        return None
    return sorted(mine + beside), _fee(rule, group, rule.target or SERIES)


def _date_cap(rule: Rule, services: Sequence[Service], group: str, day: date, earlier: Earlier) -> About:
    mine = _places(services, rule.codes)
    cap = rule.bracket("units")[1]
    if cap is None or sum(services[at].units for at in mine) <= cap:
        return None
    return mine, _fee(rule, group, services[mine[0]].code, int(cap))


def _capture(rule: Rule, services: Sequence[Service], group: str, day: date, earlier: Earlier) -> About:
    mine = _places(services, rule.codes)
    if not mine:
        return None
    if rule.parameter.get("treatment") != "remap":
        return mine, Decimal(0)
    return mine, _total(
        _fee(rule, group, rule.targets.get(services[at].code, rule.targets.get("*", "")), services[at].units)
        for at in mine
    )


def _downcode(rule: Rule, services: Sequence[Service], group: str, day: date, earlier: Earlier) -> About:
    teeth = str(rule.parameter.get("teeth", "")).split()
    mine = [at for at in _places(services, rule.codes) if not teeth or tooth_class(services[at].tooth) in teeth]
    if not mine:
        return None
    return mine, _total(
        _fee(rule, group, rule.targets.get(services[at].code, rule.targets.get("*", "")), services[at].units)
        for at in mine
    )


def _period(rule: Rule, services: Sequence[Service], group: str, day: date, earlier: Earlier) -> About:
    months, n = rule.bracket("months")[0], int(rule.parameter.get("n", 1))
    mine = []
    for at in _places(services, rule.codes):
        together = rule.kind == "shared-series-window" or rule.parameter.get("counted") == "together"
        counted = rule.codes if together else (services[at].code,)
        if rule.parameter.get("period") == "calendar-year":
            if sum(code in counted and when < day and when.year == day.year for code, when in earlier) >= n:
                mine.append(at)
            continue
        gaps = sorted((day - when).days for code, when in earlier if code in counted and when < day)
        if months is not None and len(gaps) >= n and gaps[n - 1] <= months * _DAYS_A_MONTH:
            mine.append(at)
    return (mine, Decimal(0)) if mine else None


def _after_series(rule: Rule, services: Sequence[Service], group: str, day: date, earlier: Earlier) -> About:
    mine = _places(services, rule.codes)
    within = rule.bracket("days")[0]
    gaps = [(day - when).days for code, when in earlier if code in rule.with_codes and when < day]
    if _places(services, rule.with_codes):
        gaps.append(0)
    return (mine, Decimal(0)) if mine and within is not None and any(gap <= within for gap in gaps) else None


def _age(rule: Rule, services: Sequence[Service], age: int | None) -> About:
    mine = _places(services, rule.codes)
    if not mine or age is None:
        return None
    from_, under = rule.bracket("age")[1], rule.bracket("under")[0]
    too_old, too_young = from_ is not None and age >= from_, under is not None and age < under
    return (mine, Decimal(0)) if too_old or too_young else None


def _aggregate(rule: Rule, services: Sequence[Service], group: str, spent: Mapping[str, Decimal]) -> About:
    """Services on a tooth for which so much was allowed before that the allowance of the target does not hold them."""
    cap = _fee(rule, group, rule.target or "")
    if cap is None:
        return None
    mine, allowed, used = [], Decimal(0), dict(spent)
    for at in _places(services, rule.codes):
        one = services[at]
        own = _fee(rule, group, one.code)
        if one.tooth not in used or own is None or one.units != 1:
            continue
        left = max(cap - used[one.tooth], Decimal(0))
        used[one.tooth] += min(own, left)
        if own > left:
            mine.append(at)
            allowed += left
    return (mine, allowed) if mine else None


def spent_before(rule: Rule, group: str, day: date, earlier: Iterable[tuple[str, date, str]]) -> dict[str, Decimal]:
    """What the plan would have allowed for each tooth before a date, in the time of the rule, from what was submitted:
    code, date and tooth. A tooth with a service whose fee is not known is left out."""
    months = rule.bracket("months")[0] or 0
    found: dict[str, Decimal | None] = {}
    for code, when, tooth in earlier:
        if tooth and code in rule.codes and 0 < (day - when).days <= months * _DAYS_A_MONTH:
            fee, known = _fee(rule, group, code), found.get(tooth, Decimal(0))
            found[tooth] = None if fee is None or known is None else known + fee
    return {tooth: amount for tooth, amount in found.items() if amount is not None}


_ABOUT: dict[str, Callable[[Rule, Sequence[Service], str, date, Earlier], About]] = {
    "same-day-exclusion": _same_day,
    "count-to-series": _series,
    "fee-sum-to-series": _series,
    "pano-counts-as-series": _panoramic,
    "per-date-cap": _date_cap,
    "capture-only": _capture,
    "downcode": _downcode,
    "period-cap": _period,
    "shared-series-window": _period,
    "series-exclusion": _after_series,
}


def tooth_class(tooth: str) -> str:
    """molars, premolars or anteriors; "" where no tooth is named."""
    if not tooth or "," in tooth:
        return ""
    return "molars" if tooth in _MOLARS else "premolars" if tooth in _PREMOLARS else "anteriors"
