"""What was received, as far as an answer has to name it. Texts are as sent, "" where absent."""

from __future__ import annotations

from typing import NamedTuple


class Name(NamedTuple):
    """NM1: kind NM102 (1 person, 2 organisation), last NM103, first NM104, middle NM105, suffix NM107, qualifier NM108
    and id NM109."""

    kind: str = ""
    last: str = ""
    first: str = ""
    middle: str = ""
    suffix: str = ""
    qualifier: str = ""
    id: str = ""


class ReceivedInterchange(NamedTuple):
    """ISA. offset: of its first byte in the file."""

    offset: int
    sender_qualifier: str  # ISA05
    sender: str  # ISA06
    receiver_qualifier: str  # ISA07
    receiver: str  # ISA08
    date: str  # ISA09
    time: str  # ISA10
    control: str  # ISA13
    usage: str  # ISA15


class ReceivedGroup(NamedTuple):
    """GS."""

    offset: int
    kind: str  # GS01
    sender: str  # GS02
    receiver: str  # GS03
    control: str  # GS06
    version: str  # GS08


class GroupEnd(NamedTuple):
    """GE, or where it is missing whatever ended the group. claimed: GE01. transactions: ST segments counted."""

    claimed: str
    transactions: int


class ReceivedTransaction(NamedTuple):
    """ST and what the header says.

    reference: BHT03 of a claim transaction, TRN02 of a remittance. date: BHT04. submitter: NM1*41; receiver: NM1*40.
    """

    offset: int
    kind: str  # ST01
    control: str  # ST02
    version: str  # ST03
    reference: str = ""
    date: str = ""
    submitter: Name = Name()
    receiver: Name = Name()

    @property
    def claims(self) -> bool:
        """Whether it is a claim transaction, of any guide."""
        return self.kind == "837"


class TransactionEnd(NamedTuple):
    """SE, or where it is missing whatever ended the transaction."""


class ReceivedLine(NamedTuple):
    """LX and SV3 (or SV1, SV2). dates: DTP02 and DTP03 of DTP*472. control: REF*6R."""

    offset: int
    number: str
    qualifier: str = ""
    code: str = ""
    modifiers: tuple[str, ...] = ()
    charge: str = ""
    quantity: str = ""
    control: str = ""
    dates: tuple[str, str] = ("", "")


class ReceivedClaim(NamedTuple):
    """CLM with the parties above it.

    billing, subscriber, patient_level: offsets of their HL segments, -1 where there is none. provider: 2010AA. tax_id:
    its REF*EI or REF*SY. patient: 2010CA, or 2010BA where the subscriber is the patient; its id is the subscriber's
    member number. dates: DTP02 and DTP03 of DTP*472. clearinghouse: REF*D9.
    """

    offset: int
    id: str  # CLM01
    charge: str  # CLM02
    billing: int
    subscriber: int
    patient_level: int
    provider: Name
    tax_id: str
    patient: Name
    dates: tuple[str, str] = ("", "")
    clearinghouse: str = ""
    lines: tuple[ReceivedLine, ...] = ()

    @property
    def level(self) -> int:
        """The offset of the HL that it stands under: two claims with the same one are of the same patient."""
        return self.patient_level if self.patient_level >= 0 else self.subscriber


Event = ReceivedInterchange | ReceivedGroup | GroupEnd | ReceivedTransaction | TransactionEnd | ReceivedClaim
