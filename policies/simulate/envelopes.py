"""Delimiters, ISA, GS and ST around texts that are written with ``*``, ``:``, ``^`` and ``~``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from bitewing.policies.simulate.dice import Dice

LAYOUTS = ("*:^~", "*:^~", "*:^~", "*:^~\n", "*:^~\r\n", "|>^~", "*<!'", "|:^~\n")
"""Element, component and repetition separator, then the terminator with what follows it."""


class Kind(NamedTuple):
    """What stands in GS01, ST01, GS08, and whether ST03 is sent."""

    group: str
    transaction: str
    version: str
    st03: bool


CLAIMS = Kind("HC", "837", "005010X224A2", True)
REMITS = Kind("HP", "835", "005010X221A1", False)


class Transaction(NamedTuple):
    """The segments between ST and SE, as text."""

    body: str


class Enveloper:
    """Puts transactions into interchanges; control numbers count up from the first."""

    def __init__(self, control: int) -> None:
        self._control = control

    def interchange(
        self, kind: Kind, groups: Sequence[Sequence[str]], day: date, sender: str, dice: Dice
    ) -> tuple[bytes, str]:
        """ISA to IEA as bytes, and ISA13. A group is a list of bodies, each of them a transaction from ST02 0001 on."""
        number = f"{self._control:09d}"
        self._control += 1
        stamp = (day.strftime("%y%m%d"), day.strftime("%Y%m%d"))
        parts = [
            (
                f"ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{'BITEWINGSIM':<15}*{stamp[0]}*0800*^*00501"
                f"*{number}*0*T*:~"
            )
        ]
        for group, bodies in enumerate(groups, 1):
            parts.append(f"GS*{kind.group}*{sender}*BITEWINGSIM*{stamp[1]}*0800*{group}*X*{kind.version}~")
            version = f"*{kind.version}" if kind.st03 else ""
            for count, body in enumerate(bodies, 1):
                segments = body.count("~") + 2
                parts.append(f"ST*{kind.transaction}*{count:04d}{version}~{body}SE*{segments}*{count:04d}~")
            parts.append(f"GE*{len(bodies)}*{group}~")
        parts.append(f"IEA*{len(groups)}*{number}~")
        layout = dice.one(LAYOUTS)
        table = {ord(old): new for old, new in zip("*:^", layout[:3], strict=True)} | {ord("~"): layout[3:]}
        # No line end behind the last segment: whatever counts as the interchange, it is the same bytes.
        return "".join(parts).translate(table).rstrip("\r\n").encode("ascii"), number
