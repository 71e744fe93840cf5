"""What is said of a claim: a finding, where it is, why, and the fix where there is one."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from bitewing.edi.edit import Edit


class Action(StrEnum):
    """What a finding asks of its reader; each weighs more than the one before."""

    INFO = "info"
    PREDICT = "predict"
    FLAG = "flag"
    REPAIR = "repair"

    @property
    def weight(self) -> int:
        """0 for info, 3 for repair."""
        return list(Action).index(self)


class Place(NamedTuple):
    """Where: control numbers of the envelope (ISA13, GS06, ST02), CLM01, and LX numbers as received.

    claim_at: the offset of CLM in the file, -1 where no claim is meant; segment and element name what is wrong where a
    finding is about one.
    """

    interchange: str = ""
    group: str = ""
    transaction: str = ""
    claim: str = ""
    lines: tuple[int, ...] = ()
    claim_at: int = -1
    segment: str = ""
    element: str = ""


class Fix(NamedTuple):
    """Edits that are made all together or not at all.

    title: what it does, in a few words. safety: why it is safe. splits: for every line it adds, the position (from 0)
    in the claim of the line it was taken from.
    """

    title: str
    safety: str
    edits: tuple[Edit, ...]
    splits: tuple[int, ...] = ()


class Finding(NamedTuple):
    """One statement. snip: the SNIP type (1-7). policy: the rule a prediction cites. source: where the rule is from."""

    code: str
    name: str
    action: Action
    message: str
    place: Place
    snip: int = 7
    source: str = ""
    fix: Fix | None = None
    policy: str | None = None
    edits: tuple[Edit, ...] = ()

    @property
    def key(self) -> tuple[str, Action, Place]:
        """What makes two findings the same statement."""
        return self.name, self.action, self.place
