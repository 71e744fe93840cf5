"""What can be wrong with an input, said once for people: what, where, how to mend.

None of these messages repeats the bytes it complains about: a misplaced element may hold a name or a birth date.
"""

from __future__ import annotations

from typing import NamedTuple


class Spot(NamedTuple):
    """A place in an interchange file.

    offset: bytes from the start of the file. segment: the segment's identifier (``CLM``), or "" where none is meant.
    claim: CLM01 of the claim it stands in, or "".
    """

    offset: int
    segment: str = ""
    claim: str = ""

    def __str__(self) -> str:
        words = [f"offset {self.offset}"]
        if self.segment:
            words.append(f"segment {self.segment}")
        if self.claim:
            words.append(f"claim {self.claim}")
        return ", ".join(words)


class EdiError(Exception):
    """An input that cannot be read with certainty: ``what`` is wrong, at ``spot``, and how to ``mend`` it."""

    def __init__(self, what: str, spot: Spot | None = None, mend: str = "") -> None:
        self.what = what
        self.spot = spot
        self.mend = mend
        super().__init__(what, spot, mend)

    def __str__(self) -> str:
        place = f"{self.spot}: " if self.spot else ""
        return f"{place}{self.what}" + (f"; {self.mend}" if self.mend else "")


class NotReadable(EdiError):
    """The bytes are not an X12 interchange that can be read without guessing."""


class BadValue(EdiError, ValueError):
    """An element that was asked for is not what its type allows: an amount, a date, a count."""


class BrokenHierarchy(EdiError):
    """An HL whose parent is missing or circular, or a claim or line outside the loop that it needs."""


class EditError(EdiError):
    """An edit that does not fit the bytes it was made for. Never shown where the software is right."""


class NotKept(EdiError):
    """A repaired copy that, read again, is not what was declared. The software is at fault; the original is kept."""


class OutputError(Exception):
    """An output could not be written whole; nothing of it was left behind.

    retry: whether the same call may succeed later (a full disk), as opposed to never (no permission).
    """

    def __init__(self, what: str, *, retry: bool) -> None:
        self.retry = retry
        super().__init__(what)
