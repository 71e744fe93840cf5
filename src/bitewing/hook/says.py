"""What is said of a file: its findings as records, and one line where somebody has to look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from bitewing.edi.finding import Action
from bitewing.hook.result import Processed
from bitewing.records import dumps, finding_record

Record = dict[str, Any]


def finding_records(done: Processed, file: str) -> Iterator[Record]:
    """Every finding, with the mode in which it was found; what is only measured is here too."""
    for one in done.told:
        yield finding_record(one.finding, file, one.applied) | {"mode": one.mode.value}


def outcome_record(done: Processed, file: str) -> Record:
    """The file in numbers."""
    applied = sum(one.applied for one in done.told)
    return {
        "type": "summary",
        "file": file,
        "verdict": done.verdict.value,
        "alert": done.alert,
        "claims": done.claims,
        "service_lines": done.service_lines,
        "repaired": applied,
        "proposed": sum(one.finding.action is Action.REPAIR for one in done.told) - applied,
        "flagged": sum(one.finding.action is Action.FLAG for one in done.told),
        "quarantined": len(done.quarantine),
        "acks": sorted(done.acks),
        "bytes_in": done.bytes_in,
        "bytes_out": len(done.data),
        "unchanged": not done.edits,
    }


def findings_lines(done: Processed, file: str) -> Iterator[str]:
    """The records as lines, the outcome last."""
    for record in finding_records(done, file):
        yield dumps(record) + "\n"
    yield dumps(outcome_record(done, file)) + "\n"


def counts(done: Processed) -> dict[str, int]:
    """How often each pass spoke, by mode, as ``mode/name``."""
    return dict(sorted(Counter(f"{one.mode.value}/{one.finding.name}" for one in done.told).items()))


def alert_line(done: Processed, file: str) -> str:
    """What a person has to know now, "" for nothing."""
    if not done.alert:
        return ""
    names = sorted({one.finding.name for one in done.told if one.finding.code.startswith("X9")})
    return f"{file}: {done.verdict.value}: {', '.join(names)}"
