"""A rule in a biller's words: what the payer was seen to do, how often, for whom and since when. Never "always"."""

from __future__ import annotations

from collections.abc import Sequence

from bitewing.policies.rule import BUNDLES, Bracket, Rule


def sentence(rule: Rule) -> str:
    """What the rule says, and what it rests on."""
    what = _WHAT[rule.kind](rule)
    if rule.says != BUNDLES:
        what = f"Seen not to happen: {what}"
    return f"{what} {basis(rule)}"


def basis(rule: Rule) -> str:
    """The counts with their interval, scope and dates; or the source of a rule from a handbook."""
    scope = f"group {rule.group}" if rule.group else f"class {rule.klass}" if rule.klass else "all groups seen"
    scope += {"in": ", in-network", "out": ", out of network"}.get(rule.network or "", "")
    if not rule.counts.positive and not rule.counts.negative:
        return f"From {rule.source or 'a handbook'}, not from remittances; {scope}{_dates(rule)}."
    counts = rule.counts
    total = counts.positive + counts.negative
    seen = f"Observed {counts.positive} of {total}"
    bound = f"95 % >= {counts.low:.2f}" if rule.says == BUNDLES else f"95 % <= {counts.high:.2f}"
    when = f" from {counts.first_seen} to {counts.last_seen}" if counts.first_seen else ""
    inferred = f", {counts.inferred} of them inferred" if counts.inferred else ""
    return f"{seen}{when} ({bound}{inferred}), {scope}{_dates(rule)}."


def _dates(rule: Rule) -> str:
    if rule.effective_from and rule.effective_to:
        return f", in force {rule.effective_from} to {rule.effective_to}"
    if rule.effective_from:
        return f", in force since {rule.effective_from}"
    return f", in force until {rule.effective_to}" if rule.effective_to else ""


def joined(codes: Sequence[str], last: str = "and") -> str:
    """Codes as a sentence says them."""
    return codes[0] if len(codes) == 1 else f"{', '.join(codes[:-1])} {last} {codes[-1]}" if codes else ""


def bracket(value: Bracket, unit: str) -> str:
    """A threshold with what is not known about it."""
    low, high = value
    if low == high or low is None:
        return f"from {high} {unit} on" if high is not None else f"from some number of {unit} on"
    if high is None:
        return f"from more than {low} {unit} on"
    return f"from {high} {unit} on (where between {low} and {high} it begins was not seen)"


def _target(rule: Rule) -> str:
    return rule.target or "a complete series"


def _same_day(rule: Rule) -> str:
    return f"{joined(rule.codes)} is included in {joined(rule.with_codes, 'or')} of the same date."


def _films(rule: Rule) -> str:
    return f"{joined(rule.codes)} of one date are paid as {_target(rule)} {bracket(rule.bracket('films'), 'films')}."


def _fees(rule: Rule) -> str:
    low, high = rule.bracket("ratio")
    between = f" (seen between {low} and {high} of it)" if low != high and low is not None else ""
    return f"{joined(rule.codes)} of one date are paid as {_target(rule)} once their fees reach its fee{between}."


def _panoramic(rule: Rule) -> str:
    return f"{joined(rule.codes)} with {joined(rule.with_codes, 'or')} of the same date is paid as {_target(rule)}."


def _units(rule: Rule) -> str:
    return f"No more than {rule.bracket('units')[1]} of {joined(rule.codes)} are paid for one date."


def _period(rule: Rule) -> str:
    n = rule.parameter.get("n", 1)
    low, high = rule.bracket("months")
    span = f"{low} to {high} months" if high not in (None, low) else f"{low} months{'' if high else ' or more'}"
    if rule.parameter.get("period") == "calendar-year":
        span = "a calendar year"
    together = rule.kind == "shared-series-window" or rule.parameter.get("counted") == "together"
    counted = "counted together" if together else "each counted by its own code"
    return f"{joined(rule.codes)}: no more than {n} in {span}{', ' + counted if len(rule.codes) > 1 else ''}."


def _after(rule: Rule) -> str:
    low, high = rule.bracket("days")
    if not low and not high:
        return f"{joined(rule.codes)} is not paid on the date of {joined(rule.with_codes)}."
    known = f"{low} to {high} days" if high not in (None, low) else f"{low} days{'' if high else ' or more'}"
    return f"{joined(rule.codes)} is not paid within {known} after {joined(rule.with_codes)}."


def _capture(rule: Rule) -> str:
    if rule.parameter.get("treatment") != "remap":
        return f"{joined(rule.codes)} (captured only) is denied."
    return f"Images captured only are paid as the full code: {_pairs(rule)}."


def _downcode(rule: Rule) -> str:
    teeth = f" on {joined(str(rule.parameter['teeth']).split())}" if rule.parameter.get("teeth") else ""
    return f"Paid as a less costly service{teeth}: {_pairs(rule)}."


def _pairs(rule: Rule) -> str:
    return ", ".join(f"{code} as {rule.targets.get(code, rule.targets.get('*', '?'))}" for code in rule.codes)


def _cap(rule: Rule) -> str:
    within = f" in {rule.bracket('months')[0]} months" if "months" in rule.parameter else ""
    return f"{joined(rule.codes)} of one tooth{within} are paid up to the allowance of {rule.target or 'a crown'}."


def _age(rule: Rule) -> str:
    low, high = rule.bracket("under")
    if (low, high) != (None, None):
        between = f" (where between {low} and {high} it ends was not seen)" if high not in (None, low) else ""
        return f"{joined(rule.codes)} is not paid under {low} years of age{between}."
    return f"{joined(rule.codes)} is not paid {bracket(rule.bracket('age'), 'years of age')}."


_WHAT = {
    "same-day-exclusion": _same_day,
    "count-to-series": _films,
    "fee-sum-to-series": _fees,
    "pano-counts-as-series": _panoramic,
    "per-date-cap": _units,
    "period-cap": _period,
    "shared-series-window": _period,
    "series-exclusion": _after,
    "capture-only": _capture,
    "downcode": _downcode,
    "aggregate-cap": _cap,
    "age-limit": _age,
}
