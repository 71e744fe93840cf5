"""A policy book at rest: reading it, with every fault named by line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

from bitewing.edi.xml import parsed
from bitewing.policies.book.schema import schema
from bitewing.policies.learn.bayes import interval, rate
from bitewing.policies.rule import ACCEPTED, BUNDLES, PROPOSED, Bracket, Counts, Decision, Rule

NAMESPACE = "urn:bitewing:policies:1"
_NS = f"{{{NAMESPACE}}}"
_NEEDS = {
    "count-to-series": "films", "fee-sum-to-series": "ratio", "per-date-cap": "units", "period-cap": "months",
    "shared-series-window": "months", "series-exclusion": "days",
}  # fmt: skip
_WITH = ("same-day-exclusion", "pano-counts-as-series", "series-exclusion")


class BookError(Exception):
    """A policy book that cannot be used. The message says file, line, what, and how to mend it."""


class Book(NamedTuple):
    """Rules, each about something else."""

    rules: tuple[Rule, ...] = ()

    def usable(self, *, proposed: bool = False) -> tuple[Rule, ...]:
        """The accepted rules; with ``proposed`` those nobody has decided on as well."""
        return tuple(rule for rule in self.rules if rule.status == ACCEPTED or (proposed and rule.status == PROPOSED))

    def rule(self, name: str) -> Rule | None:
        """A rule by its id or by a beginning of it that no other has."""
        found = [rule for rule in self.rules if rule.id == name] or [r for r in self.rules if r.id.startswith(name)]
        return found[0] if len(found) == 1 else None


def read_books(paths: Iterable[Path]) -> Book:
    """Several books as one; of a folder every ``.xml`` file. Raises BookError."""
    rules: dict[str, Rule] = {}
    for path in paths:
        files = sorted(path.glob("*.xml")) if path.is_dir() else [path]
        if not files:
            raise BookError(f"{path}: no policy book is in this folder; name a .xml file")
        for file in files:
            for rule in read_book(file).rules:
                if rule.id in rules:
                    raise BookError(f"{file}: rule {rule.id} is in another of the books too; keep one")
                rules[rule.id] = rule
    return Book(tuple(rules[key] for key in sorted(rules)))


def read_book(path: Path) -> Book:
    """A book from a file. Raises BookError for the first fault."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BookError(f"{path}: it cannot be read: {error.strerror}; check the name") from None
    rules, faults = book_of(data, str(path))
    if faults:
        raise BookError(faults[0])
    return Book(tuple(rules))


def book_of(data: bytes, name: str) -> tuple[list[Rule], list[str]]:
    """The rules of a book, and everything that is wrong with it: ``file:line: what; how to mend it``."""
    try:
        root = parsed(data)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        return [], [f"{name}:{line}: this is not well-formed XML ({error.msg}); mend or restore the file"]
    except ValueError as error:
        return [], [f"{name}:1: {error}; take it out"]
    found: Any = schema()
    if not found.validate(root):
        return [], [f"{name}:{one.line}: {_plain(one.message)}" for one in found.error_log]
    rules, faults, seen = [], [], dict[str, int]()
    for element in root:
        line = element.sourceline or 0
        rule = _rule(element)
        faults += [f"{name}:{line}: {fault}" for fault in _faults(element, rule)]
        if rule.id in seen:
            faults.append(f"{name}:{line}: this says the same as the rule of line {seen[rule.id]}; keep one of them")
        seen.setdefault(rule.id, line)
        rules.append(rule)
    return rules, faults


def _plain(message: str) -> str:
    """A fault of the schema without its namespaces, and what to do."""
    said = message.replace(_NS, "").rstrip(".")
    said = re.sub(r"^Element '([^']*)', attribute '([^']*)': ", r"\2 of <\1>: ", said)
    said = re.sub(r"^Element '([^']*)': ", r"<\1>: ", said)
    return f"{said}; write it as the schema policy.xsd asks"


def _faults(element: Any, rule: Rule) -> Iterator[str]:
    """What the schema cannot say."""
    said = element.get("id")
    if said is not None and said != rule.id:
        yield f"id {said} does not belong to what the rule says; leave id out, or write {rule.id}"
    if not rule.codes:
        yield "codes is empty; name at least one"
    if rule.effective_from and rule.effective_to and rule.effective_from > rule.effective_to:
        yield "to is before from; exchange or mend the dates"
    yield from _missing(rule)
    for name, value in rule.parameter.items():
        if isinstance(value, tuple) and None not in value and value[0] > value[1]:
            yield f"threshold {name} has its low above its high; exchange or mend them"
    if rule.status != PROPOSED and not rule.decisions:
        yield f"nobody is named who made it {rule.status}; use 'bitewing policies', or add <decision>"
    if element.find(f"{_NS}evidence") is not None:
        counts = rule.counts
        wanted = (rate(counts.weight, counts.negative), *interval(counts.weight, counts.negative))
        if any(abs(a - b) > 0.005 for a, b in zip(wanted, (counts.rate, counts.low, counts.high), strict=True)):
            yield "rate, low or high does not follow from the counts; learn it again, or mend them"
    elif not rule.source:
        yield "it has neither evidence nor source; say where it is from in <source>"


def _missing(rule: Rule) -> Iterator[str]:
    """What its kind needs and it has not."""
    needs = _NEEDS.get(rule.kind)
    if needs and rule.says == BUNDLES and needs not in rule.parameter:
        yield f'{rule.kind} needs <threshold name="{needs}" low="..." high="..."/>; add it'
    if rule.kind == "age-limit" and not {"age", "under"} & set(rule.parameter):
        yield 'age-limit needs <threshold name="age" .../> or <threshold name="under" .../>; add one'
    if rule.kind in _WITH and not rule.with_codes:
        yield f"{rule.kind} needs <with>: the services beside which it happens; add them"
    if rule.kind == "downcode" and any(code not in rule.targets for code in rule.codes) and "*" not in rule.targets:
        yield "every code that is paid as another needs <paid-as>; add it"


def _rule(element: Any) -> Rule:
    def words(tag: str) -> tuple[str, ...]:
        return tuple((element.findtext(f"{_NS}{tag}") or "").split())

    parameter: dict[str, Bracket | int | str] = {}
    for one in element.iterfind(f"{_NS}threshold"):
        low, high = _number(one.get("low")), _number(one.get("high"))
        name = one.get("name") or ""
        parameter[name] = int(high or low or 1) if name == "n" else (low, high)
    for one in element.iterfind(f"{_NS}word"):
        parameter[one.get("name") or ""] = one.get("is") or ""
    evidence = element.find(f"{_NS}evidence")
    return Rule(
        kind=element.get("kind") or "",
        payer=element.get("payer") or "",
        codes=words("codes"),
        with_codes=words("with"),
        targets={one.get("for") or "*": one.get("code") or "" for one in element.iterfind(f"{_NS}paid-as")},
        parameter=parameter,
        group=element.get("group"),
        klass=element.get("class"),
        network=element.get("network"),
        effective_from=_day(element.get("from")),
        effective_to=_day(element.get("to")),
        says=element.get("says") or BUNDLES,
        status=element.get("status") or PROPOSED,
        counts=_counts(evidence) if evidence is not None else Counts(),
        groups={
            one.get("id") or "": (float(one.get("positive") or 0), float(one.get("negative") or 0))
            for one in (evidence.iterfind(f"{_NS}group") if evidence is not None else ())
        },
        allowed={
            (one.get("group") or "", one.get("code") or ""): Decimal(one.get("amount") or "0")
            for one in element.iterfind(f"{_NS}allowed")
        },
        evidence=tuple(
            (one.text or "").strip() for one in (evidence.iterfind(f"{_NS}trial") if evidence is not None else ())
        ),
        alternatives=tuple((one.text or "").strip() for one in element.iterfind(f"{_NS}alternative")),
        source=(element.findtext(f"{_NS}source") or "").strip(),
        decisions=tuple(
            Decision(one.get("action") or "", one.get("by") or "", one.get("at") or "", one.get("reason") or "")
            for one in element.iterfind(f"{_NS}decision")
        ),
    )


def _counts(element: Any) -> Counts:
    def whole(name: str) -> int:
        return int(element.get(name) or 0)

    return Counts(
        positive=whole("positive"), negative=whole("negative"), censored=whole("censored"),
        weight=whole("positive") - 0.5 * whole("inferred"), rate=float(element.get("rate") or 0),
        low=float(element.get("low") or 0), high=float(element.get("high") or 1), first_seen=_day(element.get("first")),
        last_seen=_day(element.get("last")), inferred=whole("inferred"), patient_owes=whole("patient-owes"),
    )  # fmt: skip


def _number(text: str | None) -> int | float | None:
    if text is None:
        return None
    value = float(text)
    return int(value) if value.is_integer() else value


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
