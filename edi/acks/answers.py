"""What an acknowledgement says, as small records. Texts are as sent, "" where absent."""

from __future__ import annotations

from typing import NamedTuple

from bitewing.edi.acks.status import Status

REJECTING = frozenset({"A3", "A4", "A6", "A7", "A8"})
"""STC01-1."""


class InterchangeAnswer(NamedTuple):
    """TA1. control, date and time are those of the interchange that is answered; verdict TA104, note TA105."""

    control: str
    date: str
    time: str
    verdict: str
    note: str


class ElementAnswer(NamedTuple):
    """IK4 or AK4. element, component, repetition: its place, 0 where not given. value: as the sender sent it."""

    element: int
    component: int
    repetition: int
    data_element: str
    code: str
    value: str


class SegmentAnswer(NamedTuple):
    """IK3 or AK3 with its CTX and IK4. unit: what CTX names, as (``CLM01``, number), ("", "") without one.

    triggers: the other CTX, as the segment and its position.
    """

    segment: str
    position: int
    loop: str
    code: str
    unit: tuple[str, str]
    triggers: list[tuple[str, int]]
    elements: list[ElementAnswer]


class TransactionAnswer(NamedTuple):
    """AK2 to IK5 (AK5). verdict IK501, "" where it is missing; codes IK502 to IK506."""

    kind: str
    control: str
    version: str
    segments: list[SegmentAnswer]
    verdict: str
    codes: list[str]


class GroupBegun(NamedTuple):
    """AK1: the group that is answered, before its transactions."""

    kind: str
    control: str
    version: str


class GroupAnswer(NamedTuple):
    """AK9. included, received and accepted: transactions, as sent; codes AK905 to AK909."""

    group: GroupBegun
    verdict: str
    included: str
    received: str
    accepted: str
    codes: list[str]


class StatusAnswer(NamedTuple):
    """STC. action STC03 (WQ accepted, U rejected), charge STC04, message STC12."""

    statuses: list[Status]
    date: str
    action: str
    charge: str
    message: str

    @property
    def rejects(self) -> bool:
        """Whether something was not accepted: STC03 is U, or a category is one of A3, A4, A6, A7, A8."""
        return self.action == "U" or any(one.category in REJECTING for one in self.statuses)


class BatchAnswer(NamedTuple):
    """2200B of a 277CA: the batch that is answered. source 2100A, receiver 2100B; reference TRN02, the sender's own.

    totals: QTY and AMT by qualifier.
    """

    source: str
    receiver: str
    reference: str
    statuses: list[StatusAnswer]
    totals: dict[str, str]


class ProviderAnswer(NamedTuple):
    """2200C of a 277CA, where it says anything: the billing provider's name, number and status."""

    provider: str
    provider_id: str
    statuses: list[StatusAnswer]


class LineAnswer(NamedTuple):
    """2220D. procedure: SVC01 as sent, charge SVC02, number REF*FJ."""

    procedure: str
    charge: str
    number: str
    date: str
    statuses: list[StatusAnswer]


class ClaimAnswer(NamedTuple):
    """2200D. id: TRN02, the sender's CLM01. payer_number REF*1K, clearinghouse REF*D9, date DTP*472."""

    id: str
    provider: str
    provider_id: str
    last: str
    first: str
    member: str
    statuses: list[StatusAnswer]
    payer_number: str
    clearinghouse: str
    date: str
    lines: list[LineAnswer]

    @property
    def accepted(self) -> bool:
        """Whether no status rejects it: see ``StatusAnswer.rejects``."""
        return not any(one.rejects for one in self.statuses)


Answer = InterchangeAnswer | GroupBegun | TransactionAnswer | GroupAnswer | BatchAnswer | ProviderAnswer | ClaimAnswer
