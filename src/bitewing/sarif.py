"""Findings as SARIF 2.1.0 (OASIS, with errata 01), for viewers and gates that read it.

A claim file is bytes without lines, so every region is a byte region; what a fix inserts is given as bytes (base64),
which is what is inserted, and as latin-1 text, which is for reading.
"""

from __future__ import annotations

import hashlib
import json
import os
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote_from_bytes

from bitewing.edi.edit import Edit, overlap
from bitewing.edi.finding import Action, Finding, Place
from bitewing.transforms.model import Pass

Json = dict[str, Any]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Action.REPAIR: "warning", Action.FLAG: "warning", Action.PREDICT: "note", Action.INFO: "note"}
_CLAIM_TAG = len(b"CLM")


def sarif_log(results: Iterable[tuple[str, Finding]], passes: Iterable[Pass], version: str) -> Json:
    """The log of one run. results: file names as given, each with a finding. version: that of bitewing.

    Relative file names stay relative, absolute ones become file URIs; nothing else of the machine comes in.
    """
    log = _Log(passes)
    found = [log.result(file, finding) for file, finding in results]
    run: Json = {
        "tool": {"driver": {"name": "bitewing", "version": version, "rules": log.rules}},
        "defaultEncoding": "ISO-8859-1",
        "logicalLocations": log.places,
        "results": found,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


class _Log:
    """What results share: rules and logical locations, which they name by index, and what was said before them."""

    def __init__(self, passes: Iterable[Pass]) -> None:
        self.rules: list[Json] = []
        self.places: list[Json] = []
        self._rule_at: dict[str, int] = {}
        self._place_at: dict[tuple[str, ...], int] = {}
        self._said: Counter[tuple[str, str]] = Counter()
        self._edited: dict[tuple[str, int], list[Edit]] = {}
        for one in passes:
            self._rule(one.code, _rule(one))

    def _rule(self, code: str, rule: Json) -> int:
        if code not in self._rule_at:
            self._rule_at[code] = len(self.rules)
            self.rules.append(rule)
        return self._rule_at[code]

    def result(self, file: str, finding: Finding) -> Json:
        # A finding of the framework itself comes from no pass: its rule has a name and nothing more.
        index = self._rule(finding.code, {"id": finding.code, "name": finding.name})
        properties: Json = {"action": finding.action.value, "snip": finding.snip}
        for key, value in (("policy", finding.policy), ("source", finding.source)):
            if value:
                properties[key] = value
        result: Json = {
            "ruleId": finding.code,
            "ruleIndex": index,
            "level": LEVELS[finding.action],
            "message": _message(finding.message),
            "locations": [self._location(file, finding)],
            "partialFingerprints": {"findingPlace/v1": self._fingerprint(file, finding)},
            "properties": properties,
        }
        if finding.edits and self._independent(file, finding):
            result["fixes"] = [_fix(file, finding)]
        elif finding.edits:
            properties["buildsOnAnotherRepair"] = True
        return result

    def _independent(self, file: str, finding: Finding) -> bool:
        """Whether its edits fit the file as received.

        Those that touch what an earlier repair of the claim wrote do not, and SARIF has no fix that needs another.
        """
        taken = self._edited.setdefault((file, finding.place.claim_at), [])
        fits = not any(overlap(edit, other) for edit in finding.edits for other in taken)
        taken.extend(finding.edits)
        return fits

    def _location(self, file: str, finding: Finding) -> Json:
        physical: Json = {"artifactLocation": _artifact(file)}
        region = _region_of(finding)
        if region:
            physical["region"] = region
        location: Json = {"physicalLocation": physical}
        logical = [self.places[index] | {"index": index} for index in self._logical(finding.place)]
        if logical:
            location["logicalLocations"] = logical
        return location

    def _logical(self, place: Place) -> list[int]:
        """The innermost places: its lines, else its claim, else the envelope; none where it names nothing."""
        levels = (("interchange", place.interchange), ("group", place.group), ("transaction", place.transaction))
        path: tuple[str, ...] = ()
        at = -1
        for kind, name in (*levels, ("claim", place.claim)):
            if name:
                at = self._place(path, kind, name, at)
                path += (kind, name)
        lines = dict.fromkeys(place.lines)
        return [self._place(path, "line", str(line), at) for line in lines] or ([at] if at >= 0 else [])

    def _place(self, path: tuple[str, ...], kind: str, name: str, parent: int) -> int:
        key = (*path, kind, name)
        if key not in self._place_at:
            self._place_at[key] = len(self.places)
            made: Json = {"name": name, "fullyQualifiedName": "/".join(key[1::2]), "kind": kind}
            if parent >= 0:
                made["parentIndex"] = parent
            self.places.append(made)
        return self._place_at[key]

    def _fingerprint(self, file: str, finding: Finding) -> str:
        """The same for the same statement in every run: no offsets, no file name, no order of other findings.

        What is said again of one place is told apart by a number.
        """
        place = finding.place
        envelope = (place.interchange, place.group, place.transaction)
        what = [finding.code, *envelope, place.claim, list(place.lines), place.segment, place.element]
        digest = hashlib.sha256(json.dumps(what).encode("ascii")).hexdigest()[:32]
        self._said[file, digest] += 1
        return f"{digest}:{self._said[file, digest]}"


def _rule(one: Pass) -> Json:
    return {
        "id": one.code,
        "name": one.name,
        "shortDescription": {"text": one.fault},
        "fullDescription": {"text": one.rationale},
        "help": {"text": f"{one.rationale}\n\nRepair: {one.safety}\n\nSource: {one.source}"},
        "defaultConfiguration": {"enabled": one.on},
        "properties": {"tags": [one.group], "snip": one.snip, "repairs": one.repairs},
    }


def _message(text: str) -> Json:
    """A message that says what it says: braces would be placeholders, and ``[claim](id)`` a link."""
    return {"text": text.replace("{", "{{").replace("}", "}}").replace("](", "] (")}


def _artifact(file: str) -> Json:
    path = PurePath(file)
    return {"uri": path.as_uri() if path.is_absolute() else quote_from_bytes(os.fsencode(path.as_posix()))}


def _region_of(finding: Finding) -> Json | None:
    """What its first edit replaces, else the CLM of its claim, else nothing: it is then about the file."""
    if finding.edits:
        return _region(min(finding.edits))
    at = finding.place.claim_at
    return {"byteOffset": at, "byteLength": _CLAIM_TAG} if at >= 0 else None


def _region(edit: Edit) -> Json:
    return {"byteOffset": edit.offset, "byteLength": len(edit.before)}


def _fix(file: str, finding: Finding) -> Json:
    change = {"artifactLocation": _artifact(file), "replacements": _replacements(finding.edits)}
    made: Json = {"artifactChanges": [change]}
    if finding.fix is not None:
        said = f"{finding.fix.title}. {finding.fix.safety}"
        # SE01 belongs to no single finding; 'bitewing repair' corrects it, a viewer that makes the fix does not.
        made["description"] = _message(said + (" SE01 has to follow." if finding.fix.splits else ""))
    return made


def _replacements(edits: Sequence[Edit]) -> list[Json]:
    made = []
    for edit in sorted(edits):
        replacement: Json = {"deletedRegion": _region(edit)}
        if edit.after:
            content = {"text": edit.after.decode("latin-1"), "binary": b64encode(edit.after).decode("ascii")}
            replacement["insertedContent"] = content
        made.append(replacement)
    return made
