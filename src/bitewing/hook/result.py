"""What became of a file: what goes on, what is set aside, what is said of it, and the answers to who sent it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from bitewing.edi.edit import Edit
from bitewing.edi.finding import Action, Finding, Place
from bitewing.exits import Exit
from bitewing.hook.modes import Mode


class Verdict(StrEnum):
    """How a file ended."""

    UNCHANGED = "unchanged"
    """It goes on as it came."""
    CHANGED = "changed"
    """It goes on with repairs."""
    SPLIT = "split"
    """Some of it is set aside; the rest goes on, with repairs where there were any."""
    PASSED = "passed"
    """Something failed: the original goes on, and somebody has to look."""
    UNREADABLE = "unreadable"
    """It is no X12 that can be read with certainty: the original goes on, and somebody has to look."""
    QUARANTINED = "quarantined"
    """Nothing goes on; all of it is set aside."""


class Told(NamedTuple):
    """A finding, how far the hook was allowed to go with it, and whether its edits were made."""

    finding: Finding
    mode: Mode
    applied: bool = False


class SetAside(NamedTuple):
    """Bytes that do not go on: a claim or a transaction in an envelope of its own, an interchange, or a whole file."""

    data: bytes
    place: Place
    claims: int = 1


@dataclass(frozen=True, slots=True)
class Processed:
    """The outcome of ``process``.

    data: what goes on, empty where nothing does. told: every finding, also those of shadow. acks: from ``ta1``,
    ``999``, ``277ca`` to the answers that have something to say. quarantine: what is set aside. edits: what turns the
    input into ``data``, by places in the input. alert: whether somebody has to look at the hook itself. claims: dental
    claims read.
    """

    verdict: Verdict
    data: bytes
    told: tuple[Told, ...] = ()
    acks: Mapping[str, bytes] = field(default_factory=dict)
    quarantine: tuple[SetAside, ...] = ()
    edits: tuple[Edit, ...] = ()
    alert: bool = False
    claims: int = 0
    service_lines: int = 0
    bytes_in: int = 0

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is said: nothing of what is only measured."""
        return tuple(one.finding for one in self.told if one.mode is not Mode.SHADOW)

    def exit(self, fail_on: str = "never") -> Exit:
        """The exit code. fail_on: the least action that makes it 1."""
        if self.verdict in (Verdict.SPLIT, Verdict.QUARANTINED):
            return Exit.PARTIAL
        if self.verdict is Verdict.UNREADABLE:
            return Exit.UNREADABLE
        if self.verdict is Verdict.PASSED:
            return Exit.INTERNAL
        worst = max((one.action.weight for one in self.findings), default=-1)
        return Exit.FINDINGS if fail_on != "never" and worst >= Action(fail_on).weight else Exit.DONE
