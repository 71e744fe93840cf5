"""A fault of conformance: what a file does that its guide does not allow, where, and as which code it is answered.

One record for every check, whoever found it: ``validate`` prints it, TA1, 999 and 277CA are written from it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Scope(IntEnum):
    """What a fault is about, and so which code list ``Fault.code`` is of and which segment answers it."""

    INTERCHANGE = 0
    """TA105, answered by TA1."""
    GROUP = 1
    """AK905, answered by AK9."""
    TRANSACTION = 2
    """IK502, answered by IK5."""
    SEGMENT = 3
    """IK304, answered by IK3."""
    ELEMENT = 4
    """IK403, answered by IK4 under an IK3 with IK304 8."""


class Where(NamedTuple):
    """The place of a fault.

    offset: bytes from the start of the file to the segment's identifier (for what is missing: to the segment at which
    that was noticed). loop: ``2010AA``, "" in the envelope. position: the segment's number in its transaction, ST is 1;
    0 outside of a transaction. element, component, repetition: counted from 1; 0 where the whole segment, the whole
    element, or an element that does not repeat is meant. data_element: its number in the dictionary (``1325``), ""
    where not known. claim: CLM01 or CLP01, "" outside of a claim. line: LX01 as received, "" outside of a line.
    """

    offset: int
    segment: str
    loop: str = ""
    position: int = 0
    element: int = 0
    component: int = 0
    repetition: int = 0
    data_element: str = ""
    claim: str = ""
    line: str = ""

    @property
    def reference(self) -> str:
        """The element as people write it: ``SV301-2``, ``CLM02``; "" where a whole segment is meant."""
        if not self.element:
            return ""
        return f"{self.segment}{self.element:02}" + (f"-{self.component}" if self.component else "")


class Fault(NamedTuple):
    """One fault.

    rule: its own name in kebab-case (``element-missing``, ``charge-not-sum-of-lines``), the same in every release.
    snip: SNIP type 1 to 7. message: what is wrong, in a biller's words, without the value; remedy: how to mend it.
    code: the code that answers it in the list of its scope, "" where that list has none. value: the element as sent,
    for IK404 only; it may hold a patient's data and stays out of messages and records.
    rejects: whether what it stands in is not accepted because of it; where not, it is only told.
    """

    rule: str
    snip: int
    scope: Scope
    where: Where
    message: str
    remedy: str = ""
    code: str = ""
    value: bytes = b""
    rejects: bool = True
