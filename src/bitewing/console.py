"""Findings as a biller reads them: the line before and after, the reason, what to do."""

from __future__ import annotations

from typing import IO

from bitewing.batch import Outcome
from bitewing.edi.errors import EdiError
from bitewing.edi.finding import Action, Finding

_WORDS = {
    Action.REPAIR: ("repaired", "can be repaired"),
    Action.FLAG: ("please look", "please look"),
    Action.PREDICT: ("expect", "expect"),
    Action.INFO: ("note", "note"),
}
_COLOURS = {Action.REPAIR: "32", Action.FLAG: "33", Action.PREDICT: "36", Action.INFO: "2"}


class TextWriter:
    """Writes findings as text, one block a finding, grouped by claim, and a line of counts for every file."""

    def __init__(self, stream: IO[str], colour: bool = False) -> None:
        self._stream = stream
        self._colour = colour
        self._file = ""
        self._claim: tuple[str, int] | None = None

    def finding(self, name: str, finding: Finding, applied: bool) -> None:
        """One finding."""
        self._head(name)
        place = finding.place
        claim = (place.claim, place.claim_at)
        if claim != self._claim:
            self._claim = claim
            if place.claim:
                where = f"Claim {printable(place.claim)}"
            elif place.transaction:
                where = f"Transaction {printable(place.transaction)}"
            else:
                where = "The file as a whole"
            self._say(f"  {where}")
        done, possible = _WORDS[finding.action]
        word = done if applied or finding.action is not Action.REPAIR else possible
        lines = f", line{'s' if len(place.lines) > 1 else ''} {_list(place.lines)}" if place.lines else ""
        self._say(f"    {self._paint(word, finding.action)}{lines}: {finding.name} ({finding.code})")
        import textwrap  # where nothing is found nothing is folded

        for line in textwrap.wrap(printable(finding.message), 96):
            self._say(f"      {line}")
        for edit in finding.edits:
            if edit.before:
                self._say(f"      before  {shown(edit.before)}")
            self._say(f"      {'after ' if edit.before else 'added '}  {shown(edit.after)}")

    def outcome(self, outcome: Outcome) -> None:
        """The counts of a file. Errors are for standard error, see ``error_lines``."""
        if outcome.errors:
            return
        summary = outcome.summary
        self._head(outcome.name)
        repaired = "repaired" if outcome.applied else "can be repaired"
        said = (
            f"  {many(summary.claims, 'claim')}, {many(summary.service_lines, 'line')}: "
            f"{summary.repaired} {repaired}, {summary.flagged} to look at."
        )
        if outcome.written is not None and str(outcome.written) != "-":
            same = "" if outcome.applied and summary.changes else " (as it was)"
            said += f" Written to {printable(str(outcome.written))}{same}."
        self._say(said)

    def _head(self, name: str) -> None:
        if name != self._file:
            self._file, self._claim = name, None
            self._say(printable(name))

    def _say(self, line: str) -> None:
        self._stream.write(line + "\n")

    def _paint(self, word: str, action: Action) -> str:
        return f"\x1b[{_COLOURS[action]}m{word}\x1b[0m" if self._colour else word


def error_lines(outcome: Outcome) -> list[str]:
    """What was wrong with a file, in one line: the first error, and how many more there are."""
    if not outcome.errors:
        return []
    error, *more = outcome.errors
    if isinstance(error, EdiError):
        said = f"{outcome.name}: {error}"
    elif isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
        said = f"{outcome.name}: it cannot be used: {reason}; check the name and its permissions"
    else:
        said = str(error)
    return [printable(said) + (f" (and {len(more)} more)" if more else "")]


def printable(text: str) -> str:
    """Text with its control characters shown, so that a file cannot steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shown(data: bytes) -> str:
    """Segments as text, line breaks between them as blanks."""
    return printable(data.decode("latin-1").strip("\r\n").replace("\r\n", " ").replace("\n", " "))


def _list(numbers: tuple[int, ...]) -> str:
    return ", ".join(str(number) for number in numbers)


def many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
