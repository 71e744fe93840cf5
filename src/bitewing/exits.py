"""Exit codes, in one place."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the process says to the one that called it."""

    DONE = 0
    """Done."""
    FINDINGS = 1
    """There are findings at or above --fail-on."""
    USAGE = 2
    """The command, a configuration, a policy or a file name is not right."""
    UNREADABLE = 3
    """An input is not X12 that can be read with certainty; nothing was written for it."""
    PARTIAL = 4
    """Some claims were set aside, the rest was written."""
    INTERNAL = 70
    """A fault of the software; the original bytes were kept."""
    TEMPORARY = 75
    """Locked or full: run again later."""


def worse(one: Exit, other: Exit) -> Exit:
    """Which of two outcomes a run over several files ends with."""
    order = (Exit.DONE, Exit.FINDINGS, Exit.PARTIAL, Exit.USAGE, Exit.UNREADABLE, Exit.TEMPORARY, Exit.INTERNAL)
    return max(one, other, key=order.index)
