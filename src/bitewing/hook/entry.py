"""What the ledger says of a run: hashes, counts, and how each change is taken back. No patient is in it.

A change that only a quarantine can take back, because what went out of the file is a claim, says where in which
quarantined file those bytes lie.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.edit import Edit
from bitewing.edi.errors import NotReadable
from bitewing.hook.files import digest
from bitewing.hook.modes import Mode
from bitewing.hook.policy import Policy
from bitewing.hook.result import Processed
from bitewing.hook.says import counts
from bitewing.version import __version__

Part = str | list[int]
_HARMLESS = (b"ISA", b"GS", b"ST", b"HL", b"SE", b"GE", b"IEA")
"""Segments that say nothing of a patient."""


def entry_of(
    done: Processed,
    data: bytes,
    policy: Policy,
    *,
    door: str,
    at: datetime,
    seconds: float,
    mode: Mode | None = None,
    sha256_in: str = "",
    bytes_in: int = -1,
) -> dict[str, Any]:
    """The entry of a run. door: which way the file came in. sha256_in, bytes_in: where data is only its beginning."""
    partial = bytes_in >= 0
    changes = None if partial and done.edits else inverse(done)
    return {
        "at": at.isoformat(timespec="seconds"),
        "door": door,
        "version": __version__,
        "policy": policy_digest(policy, mode),
        "sha256_in": sha256_in or digest(data),
        "bytes_in": bytes_in if partial else len(data),
        "sha256_out": (sha256_in or digest(data)) if partial and done.data else digest(done.data),
        "bytes_out": bytes_in if partial and done.data else len(done.data),
        "verdict": done.verdict.value,
        "alert": done.alert,
        "claims": done.claims,
        "found": counts(done),
        "changes": changes,
        "quarantine": [digest(one.data) for one in done.quarantine] if not partial else [],
        "acks": {name: digest(said) for name, said in sorted(done.acks.items())},
        "microseconds": round(seconds * 1_000_000),
    }


def policy_digest(policy: Policy, mode: Mode | None = None) -> str:
    """What was decided, as a hash: the same where the same passes may do the same with the same facts."""
    facts = policy.facts
    said = {
        "mode": [policy.mode, mode],
        "passes": [one.name for one in policy.passes] if policy.passes is not None else None,
        "pass_modes": sorted(policy.pass_modes.items()),
        "partners": [[*one.address, one.mode, one.mandatory, sorted(one.passes.items())] for one in policy.partners],
        "flags": [policy.mandatory, policy.split, policy.strict, policy.acks, policy.source, policy.limits],
        "fees": [*sorted((*key, str(fee)) for key, fee in facts.fees.items()), facts.apply_fees],
        "attestations": sorted(map(repr, facts.attestations.items())),
        "history": facts.holds("history"),
        "policies": sorted(rule.id for rule in facts.policies.all),
        "contracts": sorted([*key, *contract] for key, contract in facts.policies.contracts.items()),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def inverse(done: Processed) -> list[list[Any]] | None:
    """For each change [offset in the output, bytes to take out there, what to put in]; None where it cannot be said."""
    pieces = _Pieces([one.data for one in done.quarantine])
    found, shift = [], 0
    for edit in sorted(done.edits):
        before = pieces.parts(edit)
        if before is None:
            return None
        found.append([edit.offset + shift, len(edit.after), before])
        shift += edit.growth
    return found


def taken_back(data: bytes, changes: Sequence[Sequence[Any]], quarantine: Sequence[bytes]) -> bytes:
    """The original, from what went on and what was set aside. Raises IndexError where a part of that is not there."""
    parts, place = [], 0
    for offset, length, before in changes:
        parts.append(data[place:offset])
        for part in before:
            if isinstance(part, str):
                parts.append(part.encode("latin-1"))
            else:
                number, start, size = part
                parts.append(quarantine[number][start : start + size])
        place = offset + length
    parts.append(data[place:])
    return b"".join(parts)


class _Pieces:
    """Finds bytes that went out of a file in what was set aside."""

    def __init__(self, quarantine: list[bytes]) -> None:
        self._quarantine = quarantine
        self._last = 0

    def parts(self, edit: Edit) -> list[Part] | None:
        """Bytes as they are where a repair changed them, places in the quarantine where they were taken out."""
        if edit.after or not self._quarantine:
            return [edit.before.decode("latin-1")] if edit.before else []
        if edit.before in self._quarantine:
            return [[self._quarantine.index(edit.before), 0, len(edit.before)]]
        terminator = self._terminator()
        found: list[Part] = []
        rest = edit.before
        while rest:
            end = rest.find(terminator) + 1
            if not terminator or not end:
                end = len(rest)
            place = self._longest(rest, end, terminator)
            if place is not None:
                found.append(place)
                rest = rest[place[2] :]
            elif rest.startswith(_HARMLESS) or not rest[:end].strip():
                found.append(rest[:end].decode("latin-1"))
                rest = rest[end:]
            else:
                return None
        return found

    def _terminator(self) -> bytes:
        try:
            return Delimiters.from_isa(self._quarantine[0][:106]).segment
        except NotReadable:
            return b""

    def _longest(self, rest: bytes, end: int, terminator: bytes) -> list[int] | None:
        """Where the next segment, and as many as follow it, lie in what was set aside: whole segments."""
        count = len(self._quarantine)
        for number in (at % count for at in range(self._last, self._last + count)):
            data = self._quarantine[number]
            start = data.find(rest[:end])
            if start >= 0:
                self._last = number
                size = _common(data, start, rest)
                return [number, start, size if size == len(rest) else max(rest.rfind(terminator, 0, size) + 1, end)]
        return None


def _common(data: bytes, start: int, rest: bytes) -> int:
    """How many bytes of ``rest`` stand in data from ``start``; the two agree on the first ones."""
    low, high = 0, min(len(data) - start, len(rest))
    while low < high:
        middle = (low + high + 1) // 2
        if data[start : start + middle] == rest[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
