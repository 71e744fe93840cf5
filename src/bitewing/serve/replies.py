"""Answers to requests: EDI as it goes on, or JSON with all that came of it. What shadow measures is not in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from typing import Any

from bitewing.conformance import validated
from bitewing.edi.conformance.external import NO_LISTS
from bitewing.edi.document import Document
from bitewing.edi.errors import EdiError
from bitewing.fault_writers import JsonFaults
from bitewing.hook.modes import Mode
from bitewing.hook.result import Processed
from bitewing.hook.says import finding_records, outcome_record
from bitewing.serve.work import Done

EDI = "application/edi-x12"
JSON = "application/json"
FILE = "body"
"""What a file without a name is called in records."""
Record = dict[str, Any]


def headers_of(done: Done) -> dict[str, str]:
    """What an answer says beside its body."""
    found = {
        "Bitewing-Verdict": done.outcome.verdict.value,
        "Bitewing-Exit": str(int(done.outcome.exit())),
        "Bitewing-Alert": str(done.outcome.alert).lower(),
        "Bitewing-Run": done.run,
    }
    return found | ({"Idempotency-Replayed": "true"} if done.again else {})


def outcome_json(outcome: Processed, run: str = "") -> Record:
    """An outcome. Bytes are Latin-1, a character a byte."""
    said = replace(outcome, told=tuple(one for one in outcome.told if one.mode is not Mode.SHADOW))
    return {
        "verdict": outcome.verdict.value,
        "exit": int(outcome.exit()),
        "alert": outcome.alert,
        "run": run or None,
        "edi": outcome.data.decode("latin-1"),
        "findings": list(finding_records(said, FILE)),
        "acks": {name: data.decode("latin-1") for name, data in outcome.acks.items()},
        "quarantine": [
            {"claim": one.place.claim or None, "edi": one.data.decode("latin-1")} for one in outcome.quarantine
        ],
        "summary": outcome_record(said, FILE),
    }


def verdict_lines(data: bytes) -> str:
    """What ``bitewing validate --format json`` prints of a file."""
    stream = StringIO()
    document = Document.of(data)
    validated(document, FILE, JsonFaults(stream), NO_LISTS)
    return stream.getvalue()


def claims_json(before: bytes, after: bytes) -> list[Record]:
    """The claims of a file as a page shows them: lines before and after. No person is in it."""
    changed = {claim.id: [*_lines(claim)] for claim in _claims(after)}
    return [
        {"claim": claim.id, "before": (lines := [*_lines(claim)]), "after": changed.get(claim.id, lines)}
        for claim in _claims(before)
    ]


def _claims(data: bytes) -> Iterator[Any]:
    try:
        yield from Document.of(data).claims()
    except EdiError:
        return


def _lines(claim: Any) -> Iterator[Record]:
    for line in claim.lines:
        try:
            yield {
                "lx": line.number,
                "code": line.code,
                "units": f"{line.quantity:f}",
                "charge": f"{line.charge:.2f}" if line.charge is not None else "",
                "teeth": [tooth.number for tooth in line.teeth],
            }
        except EdiError:
            yield {"lx": line.number, "code": line.code, "units": "?", "charge": "?", "teeth": []}
