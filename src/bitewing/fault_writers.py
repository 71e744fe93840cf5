"""Faults as text for people, as JSON lines and as SARIF, while they come."""

from __future__ import annotations

import textwrap
from typing import IO, Any

from bitewing.conformance import Validated, Verdict
from bitewing.console import many, printable
from bitewing.edi.conformance.fault import Fault, Scope
from bitewing.edi.conformance.spans import Span
from bitewing.edi.errors import EdiError
from bitewing.edi.finding import Action, Finding, Place
from bitewing.records import Record, dumps, error_record, finding_record
from bitewing.writers import SarifWriter

_CODES = {
    Scope.INTERCHANGE: "ta105",
    Scope.GROUP: "ak905",
    Scope.TRANSACTION: "ik502",
    Scope.SEGMENT: "ik304",
    Scope.ELEMENT: "ik403",
}
_HAS_ELEMENT_ERRORS = "8"
"""IK304 of a segment in which an element is wrong."""


class TextFaults:
    """One block a fault, grouped by claim, and a verdict on every file."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._file = ""
        self._head: tuple[str, str] | None = None

    def fault(self, name: str, fault: Fault, span: Span | None) -> None:
        """One fault."""
        self._begin(name)
        head = (span.control if span else "", fault.where.claim)
        if head != self._head:
            self._head = head
            said = f"Transaction {head[0]}" if head[0] else "Envelope"
            self._say("  " + printable(f"{said}, claim {head[1]}" if head[1] else said))
        where = fault.where
        place = [where.reference or where.segment, f"segment {where.position}" if where.position else ""]
        place += [f"loop {where.loop}" if where.loop else "", f"line {where.line}" if where.line else ""]
        kind = "wrong" if fault.rejects else "note"
        words = ", ".join(word for word in (*place, f"offset {where.offset}") if word)
        self._say("    " + printable(f"{kind}, SNIP {fault.snip}: {words}: {fault.rule}"))
        said = fault.message + (f"; {fault.remedy}" if fault.remedy else "")
        for line in textwrap.wrap(printable(said), 96):
            self._say(f"      {line}")

    def outcome(self, outcome: Validated) -> None:
        """The verdict. An error is for standard error."""
        if outcome.error is not None:
            return
        self._begin(outcome.name)
        found = f"{many(outcome.claims, 'claim')} in {many(outcome.transactions, 'transaction')}"
        if outcome.verdict is Verdict.VALID:
            said = f"valid: {found}"
        else:
            kinds = ", ".join(f"{count} of type {snip}" for snip, count in sorted(outcome.by_snip.items()))
            said = f"invalid: {found}; {outcome.refusing} wrong ({kinds})"
        self._say(f"  {said}" + (f"; {many(outcome.telling, 'note')}." if outcome.telling else "."))

    def _begin(self, name: str) -> None:
        if name != self._file:
            self._file, self._head = name, None
            self._say(printable(name))

    def _say(self, line: str) -> None:
        self._stream.write(line + "\n")


class JsonFaults:
    """One JSON object a line: faults, then a summary of each file."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def fault(self, name: str, fault: Fault, span: Span | None) -> None:
        """One fault."""
        self._stream.write(dumps(fault_record(name, fault, span)) + "\n")

    def outcome(self, outcome: Validated) -> None:
        """The end of a file."""
        error = outcome.error
        if error is not None:
            known = error if isinstance(error, EdiError) else EdiError(error.strerror or type(error).__name__)
            self._stream.write(dumps(error_record(outcome.name, known)) + "\n")
        self._stream.write(dumps(verdict_record(outcome)) + "\n")


class SarifFaults:
    """Gathers the faults of all files and writes one log at the end."""

    def __init__(self) -> None:
        self._log = SarifWriter(())

    def fault(self, name: str, fault: Fault, span: Span | None) -> None:
        """One fault."""
        self._log.finding(name, as_finding(fault, span), False)

    def outcome(self, outcome: Validated) -> None:
        """Errors go to standard error, not into the log."""

    def close(self, stream: IO[str]) -> None:
        """Write the log."""
        self._log.close(stream)


def as_finding(fault: Fault, span: Span | None) -> Finding:
    """A fault as any other finding. Its code is its SNIP type and its rule: ``V2-element-missing``."""
    where = fault.where
    place = Place(
        span.interchange if span else "",
        span.number if span else "",
        span.control if span else "",
        where.claim,
        (int(where.line),) if where.line.isascii() and where.line.isdigit() and len(where.line) < 7 else (),
        where.offset,
        where.segment,
        where.reference,
    )
    action = Action.FLAG if fault.rejects else Action.INFO
    said = fault.message + (f"; {fault.remedy}" if fault.remedy else "")
    return Finding(f"V{fault.snip}-{fault.rule}", fault.rule, action, said, place, fault.snip)


def fault_record(name: str, fault: Fault, span: Span | None) -> Record:
    """A fault as the record of a finding, with its place in the transaction and the codes that answer it.

    ``codes`` has those of TA1 (ta105) and 999 (ak905, ik502, ik304, ik403) that there are. What was sent is not in it.
    """
    where = fault.where
    finding = as_finding(fault, span)
    if not where.claim:
        finding = finding._replace(place=finding.place._replace(claim_at=-1))
    record = finding_record(finding, name, False)
    codes: dict[str, Any] = {}
    if fault.scope is Scope.ELEMENT:
        codes["ik304"] = _HAS_ELEMENT_ERRORS
    if fault.code:
        codes[_CODES[fault.scope]] = fault.code
    record |= {
        "offset": where.offset,
        "loop": where.loop or None,
        "position": where.position or None,
        "repetition": where.repetition or None,
        "data_element": where.data_element or None,
        "rejects": fault.rejects,
        "codes": codes,
        "remedy": fault.remedy,
    }
    return record


def verdict_record(outcome: Validated) -> Record:
    """One file: its verdict, and how many faults refuse it, by SNIP type."""
    return {
        "type": "summary",
        "file": outcome.name,
        "verdict": outcome.verdict.value,
        "transactions": outcome.transactions,
        "claims": outcome.claims,
        "wrong": outcome.refusing,
        "noted": outcome.telling,
        "by_snip": {str(snip): count for snip, count in sorted(outcome.by_snip.items())},
    }
