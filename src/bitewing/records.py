"""Records: what the commands print with ``--format json``, one object a line. Keys stand in a promised order.

Bytes become text as latin-1, so that every byte of an edit is one character and can be got back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from bitewing.batch import Outcome
from bitewing.edi.edit import Edit
from bitewing.edi.errors import EdiError
from bitewing.edi.finding import Finding, Place

Record = dict[str, Any]
_ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def finding_record(finding: Finding, file: str, applied: bool) -> Record:
    """One finding. file: its name as given. applied: whether its edits were made.

    ``claim`` is None where the finding is about no claim; ``segment`` and ``element`` stand only where it names them.
    """
    place = finding.place
    record: Record = {
        "type": "finding",
        "code": finding.code,
        "name": finding.name,
        "action": finding.action.value,
        "applied": applied,
        "snip": finding.snip,
        "file": file,
        "interchange": place.interchange,
        "group": place.group,
        "transaction": place.transaction,
        "claim": _claim(place),
        "lines": list(place.lines),
        "message": finding.message,
        "edits": _edits(finding.edits),
        "policy": finding.policy,
        "source": finding.source,
    }
    if place.segment:
        record["segment"] = place.segment
    if place.element:
        record["element"] = place.element
    return record


def summary_record(outcome: Outcome) -> Record:
    """One file in numbers, when it was read. Sizes are bytes; ``counts`` are the edits of SE01 that repairs come to.

    Findings with a repair count as ``repaired`` where it was made, as ``proposed`` where it was only listed.
    """
    summary = outcome.summary
    return {
        "type": "summary",
        "file": outcome.name,
        "claims": summary.claims,
        "service_lines": summary.service_lines,
        "repaired": summary.repaired if outcome.applied else 0,
        "proposed": 0 if outcome.applied else summary.repaired,
        "flagged": summary.flagged,
        "bytes_in": outcome.bytes_in,
        "bytes_out": outcome.bytes_out,
        "unchanged": not (outcome.applied and summary.changes),
        "counts": _edits(summary.counts),
    }


def error_record(file: str, error: EdiError) -> Record:
    """What of a file could not be read, and how to mend it. Place keys are None where the error names no such place."""
    spot = error.spot
    return {
        "type": "error",
        "file": file,
        "offset": spot.offset if spot else None,
        "segment": (spot.segment or None) if spot else None,
        "claim": (spot.claim or None) if spot else None,
        "message": error.what,
        "mend": error.mend,
    }


def dumps(record: Mapping[str, Any]) -> str:
    """A record as one line of ASCII, without its line end. Raises TypeError or ValueError for what JSON cannot hold."""
    return _ENCODER.encode(record)


def _claim(place: Place) -> str | None:
    """CLM01: "" where the claim has none, None where no claim is meant."""
    return place.claim if place.claim or place.claim_at >= 0 else None


def _edits(edits: Iterable[Edit]) -> list[Record]:
    return [
        {"offset": edit.offset, "before": edit.before.decode("latin-1"), "after": edit.after.decode("latin-1")}
        for edit in edits
    ]
