"""A policy book as a file: sorted, one fact a line, so that a difference is readable."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from lxml import etree

from bitewing.policies.book.book import NAMESPACE, Book
from bitewing.policies.rule import Counts, Rule

_NS = f"{{{NAMESPACE}}}"
_MAP: Any = {None: NAMESPACE}


def book_bytes(book: Book) -> bytes:
    """A book as a file: rules by payer, kind and id, one fact a line."""
    root: Any = etree.Element(f"{_NS}policies", nsmap=_MAP)
    for rule in sorted(book.rules, key=lambda one: (one.payer, one.kind, one.group or "", one.id)):
        root.append(_element(rule))
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def _element(rule: Rule) -> Any:
    element = _made(
        "rule", id=rule.id, kind=rule.kind, payer=rule.payer, group=rule.group,
        network=rule.network, status=rule.status, says=rule.says,
        **{"class": rule.klass, "from": _iso(rule.effective_from), "to": _iso(rule.effective_to)},
    )  # fmt: skip
    _text(element, "codes", " ".join(rule.codes))
    if rule.with_codes:
        _text(element, "with", " ".join(rule.with_codes))
    for code, target in sorted(rule.targets.items()):
        element.append(_made("paid-as", **{"for": None if code == "*" else code, "code": target}))
    element.extend(_parameters(rule))
    for (group, code), amount in sorted(rule.allowed.items()):
        element.append(_made("allowed", group=group or None, code=code, amount=f"{amount:.2f}"))
    if rule.counts != Counts():
        element.append(_evidence(rule))
    for other in rule.alternatives:
        _text(element, "alternative", other)
    if rule.source:
        _text(element, "source", rule.source)
    for one in rule.decisions:
        element.append(_made("decision", action=one.action, by=one.by, at=one.at, reason=one.reason))
    return element


def _parameters(rule: Rule) -> Iterator[Any]:
    """Thresholds, then words: the order that the schema asks for."""
    for name, value in sorted(rule.parameter.items()):
        if isinstance(value, tuple):
            yield _made("threshold", name=name, low=_shown(value[0]), high=_shown(value[1]))
        elif isinstance(value, int):
            yield _made("threshold", name=name, low=str(value), high=str(value))
    for name, value in sorted(rule.parameter.items()):
        if isinstance(value, str):
            yield _made("word", name=name, **{"is": value})


def _evidence(rule: Rule) -> Any:
    counts = rule.counts
    element = _made(
        "evidence", positive=str(counts.positive), negative=str(counts.negative), censored=str(counts.censored),
        inferred=str(counts.inferred) if counts.inferred else None, rate=f"{counts.rate:.4f}",
        low=f"{counts.low:.4f}", high=f"{counts.high:.4f}", first=_iso(counts.first_seen), last=_iso(counts.last_seen),
        **{"patient-owes": str(counts.patient_owes) if counts.patient_owes else None},
    )  # fmt: skip
    for group, (positive, negative) in sorted(rule.groups.items()):
        if group:
            element.append(_made("group", id=group, positive=_shown(positive), negative=_shown(negative)))
    for trial in rule.evidence:
        _text(element, "trial", trial)
    return element


def _made(tag: str, **attributes: str | None) -> Any:
    return etree.Element(f"{_NS}{tag}", {name: value for name, value in attributes.items() if value is not None})


def _text(element: Any, tag: str, text: str) -> None:
    child = etree.SubElement(element, f"{_NS}{tag}")
    child.text = text


def _shown(value: float | None) -> str | None:
    return None if value is None else f"{value:g}"


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
