"""A pass's page: printed from the pass itself, so that words, examples and behaviour cannot part."""

from __future__ import annotations

import json
import textwrap

from bitewing.edi.compose import compose
from bitewing.edi.document import Document
from bitewing.edi.finding import Finding
from bitewing.edi.values import number
from bitewing.policies.history import FileHistory, History, NoHistory
from bitewing.transforms.example import Example, parse_claims
from bitewing.transforms.example_rules import rules_of
from bitewing.transforms.facts import Attestation, Facts, attestation_of
from bitewing.transforms.model import Pass
from bitewing.transforms.run import Run, repaired

FRAMEWORK = (
    ("x901", "pass-failed", "A pass stopped with an error of its own. The file went on without it; tell its author."),
    (
        "x902",
        "repair-not-settled",
        "Repairs did not come to rest, so none was made on these claims: passes disagree.",
    ),
    (
        "x903",
        "repair-withdrawn",
        "A repair broke a law or could not be made, and was taken back.",
    ),
    (
        "x904",
        "repair-not-kept",
        "The repaired copy did not hold when it was read again: the file was left as it was.",
    ),
    ("x905", "hook-failed", "A fault of the software: the original went on, or was set aside where it must not."),
    ("x906", "hook-out-of-time", "The deadline passed: the original went on, or was set aside where it must not."),
    ("x907", "hook-too-large", "More bytes than are taken: they went on, or were set aside where they must not."),
    ("x908", "not-readable", "No X12 that can be read with certainty: it was left as it was."),
    ("x909", "test-and-production-mixed", "ISA15 T and P in one file: neither is judged beside the other."),
    ("x910", "claim-set-aside", "Its guide refuses it: it was taken out, into an envelope of its own."),
    ("x911", "cannot-be-split", "The envelopes are not regular enough to take a claim out with certainty."),
    ("x912", "hook-killed", "In a drop folder: it ended whoever read it, again and again, and was given up."),
)
"""What the framework and the hook themselves may say: code, name, meaning."""


def framework_page(one: tuple[str, str, str], format_: str) -> str:
    """The page of a finding that no pass makes."""
    code, name, meaning = one[0].upper(), one[1], one[2]
    if format_ == "json":
        return json.dumps({"code": code, "name": name, "fault": meaning})
    return "\n".join([f"{code} {name}", "", *_wrapped(meaning)])


def run_example(example: Example, passes: list[Pass]) -> tuple[list[Finding], bytes, bytes]:
    """What passes say of an example: the findings, the interchange, and the interchange as repaired."""
    data = compose(parse_claims(example.claims, example.repeat))
    for before, after in example.damage:
        data = data.replace(before.encode(), after.encode())
    run = Run(Document.of(data), passes, facts_of(example))
    findings = list(run.findings())
    return findings, data, b"".join(repaired(run))


def facts_of(example: Example) -> Facts:
    """What an example says is known beside its claims."""
    attestations: dict[str, list[Attestation]] = {}
    for said in example.attestations:
        one = attestation_of(said, "example")
        attestations.setdefault(one.claim, []).append(one)
    history: History = NoHistory()
    if example.history:
        history = FileHistory([Document.of(compose(parse_claims(example.history)))])
    fees = {(code, ""): number(charge) for code, charge in example.fees.items()}
    return Facts(fees, example.apply_fees, attestations, history, rules_of(example.rules))


def page(one: Pass) -> str:
    """The page as text."""
    parts = [
        f"{one.code} {one.name}",
        "",
        *_wrapped(one.fault),
        "",
        *_wrapped(one.rationale),
        "",
        f"Group      {one.group}{'' if one.on else ' (off unless selected)'}",
        f"Looks at   {', '.join(sorted(one.looks_at)) or 'every claim'}, by {one.unit.lower()}",
        f"Source     {one.source}",
        f"Safety     {one.safety}",
        "",
        "Examples",
    ]
    for example in one.examples:
        parts += ["", f"  {example.title}{_known(example)}"]
        parts += [f"    {claim}" for claim in example.claims]
        if example.repeat > 1:
            parts.append(f"    ... for {example.repeat} patients")
        if not example.expect:
            parts.append("    -> nothing is said")
            continue
        mine = [finding for finding in run_example(example, _with(one))[0] if finding.name == one.name]
        for finding in mine:
            lines = f" {' '.join(str(number) for number in finding.place.lines)}" if finding.place.lines else ""
            parts += [f"    -> {finding.action.value}{lines}", *_wrapped(finding.message, "       ")]
        parts += [f"    => {claim}" for claim in example.after]
    return "\n".join(parts)


def as_json(one: Pass) -> str:
    """The same as one JSON object."""
    return json.dumps(
        {
            "code": one.code,
            "name": one.name,
            "group": one.group,
            "on": one.on,
            "fault": one.fault,
            "rationale": one.rationale,
            "looks_at": sorted(one.looks_at),
            "unit": one.unit,
            "repairs": one.repairs,
            "snip": one.snip,
            "source": one.source,
            "safety": one.safety,
            "examples": [
                {"title": e.title, "claims": list(e.claims), "expect": list(e.expect), "after": list(e.after)}
                for e in one.examples
            ],
        }
    )


def _with(one: Pass) -> list[Pass]:
    """The pass among the built-in ones: some speak only of what others did."""
    from bitewing.transforms.catalog import builtin_passes

    return [*(other for other in builtin_passes() if other.code != one.code), one]


def _known(example: Example) -> str:
    known = []
    if example.fees:
        known.append("a fee schedule" + (" to be applied" if example.apply_fees else ""))
    if example.attestations:
        known.append("an attestation")
    if example.history:
        known.append("submitted before: " + "; ".join(example.history))
    return f" ({', '.join(known)})" if known else ""


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, 96, initial_indent=indent, subsequent_indent=indent)
