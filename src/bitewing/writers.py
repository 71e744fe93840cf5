"""Findings as JSON lines and as SARIF, while they come."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import IO

from bitewing.batch import Outcome
from bitewing.edi.errors import EdiError, OutputError
from bitewing.edi.finding import Finding
from bitewing.records import dumps, error_record, finding_record, summary_record
from bitewing.transforms.model import Pass
from bitewing.version import __version__


class JsonWriter:
    """One JSON object a line: findings, then a summary or the errors of each file."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def finding(self, name: str, finding: Finding, applied: bool) -> None:
        """One finding."""
        self._stream.write(dumps(finding_record(finding, name, applied)) + "\n")

    def outcome(self, outcome: Outcome) -> None:
        """The end of a file."""
        for error in outcome.errors:
            self._stream.write(dumps(error_record(outcome.name, as_edi(error))) + "\n")
        if not outcome.errors:
            self._stream.write(dumps(summary_record(outcome)) + "\n")


class SarifWriter:
    """Gathers the findings of all files and writes one log at the end, as SARIF wants it."""

    def __init__(self, passes: Sequence[Pass]) -> None:
        self._passes = passes
        self._results: list[tuple[str, Finding]] = []

    def over(self, stream: IO[str]) -> SarifWriter:
        """The writer itself; nothing is written before the end."""
        return self

    def finding(self, name: str, finding: Finding, applied: bool) -> None:
        """One finding."""
        self._results.append((name, finding))

    def outcome(self, outcome: Outcome) -> None:
        """Errors go to standard error, not into the log."""

    def close(self, stream: IO[str]) -> None:
        """Write the log."""
        from bitewing.sarif import sarif_log  # only here: most runs write text or JSON lines

        json.dump(sarif_log(self._results, self._passes, __version__), stream)
        stream.write("\n")


def as_edi(error: EdiError | OutputError | OSError) -> EdiError:
    """Any error of an outcome as one with a place, for records."""
    if isinstance(error, EdiError):
        return error
    return EdiError(str(error) if isinstance(error, OutputError) else error.strerror or type(error).__name__)
