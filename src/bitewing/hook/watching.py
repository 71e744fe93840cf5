"""What a drop folder is told: where files lie, what is decided about them, and how long one waits for them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from bitewing.hook.modes import Mode
from bitewing.hook.policy import Policy


class Folders(NamedTuple):
    """Where files come in and what becomes of them goes. What has no folder is not written."""

    inbox: Path
    outbox: Path
    quarantine: Path | None = None
    acks: Path | None = None
    findings: Path | None = None

    @property
    def places(self) -> dict[str, Path]:
        """The folders that are written to, by name."""
        found = {"out": self.outbox, "quarantine": self.quarantine, "acks": self.acks, "findings": self.findings}
        return {name: folder for name, folder in found.items() if folder is not None}


class Watching(NamedTuple):
    """How a folder is watched.

    mode: the ceiling. control: the first control number of all. settle: seconds for which a file must not change before
    it is taken. patience: the same for one that does not end as an interchange ends.
    """

    folders: Folders
    ledger: Path
    policy: Policy
    mode: Mode | None = None
    control: int = 1
    settle: float = 2.0
    patience: float = 60.0
