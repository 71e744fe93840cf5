"""What an envelope says, whichever its form, and what can be wrong with it, as CORE names it.

Source: CAQH CORE Connectivity Rule vC2.2.0, metadata and error codes. No message repeats what was sent.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

VERSION = "2.2.0"
FIELDS = ("PayloadType", "ProcessingMode", "PayloadID", "TimeStamp", "SenderID", "ReceiverID", "CORERuleVersion")
"""What every envelope has."""
_PLAIN = re.compile(r"[\x21-\x7e]{1,100}")


class EnvelopeError(Exception):
    """An envelope that is refused. code: as CORE names it."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(code)


class Said(NamedTuple):
    """What an envelope says. fields: by name, as sent. payload: None where there is none."""

    fields: Mapping[str, str]
    payload: bytes | None

    def get(self, name: str) -> str:
        """A field, "" where it is absent."""
        return self.fields.get(name, "")

    def key(self, what: str = "core") -> str:
        """What makes two requests the same one: what is wanted, who sent it, and its PayloadID."""
        return f"{what} {self.get('SenderID')} {self.get('PayloadID')}"


class Reply(NamedTuple):
    """An envelope that goes back. type: PayloadType. error, message: ErrorCode and ErrorMessage."""

    type: str
    payload: bytes = b""
    error: str = "Success"
    message: str = "None"

    def fields(self, said: Said, mode: str, at: datetime) -> dict[str, str]:
        """Its fields, the addresses the other way round."""
        return {
            "PayloadType": self.type,
            "ProcessingMode": mode,
            "PayloadID": _plain(said.get("PayloadID")),
            "TimeStamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "SenderID": _plain(said.get("ReceiverID")),
            "ReceiverID": _plain(said.get("SenderID")),
            "CORERuleVersion": VERSION,
        }


def check(said: Said, mode: str, types: frozenset[str], *, payload: bool) -> None:
    """Whether an envelope is as it must be. mode: RealTime or Batch. types: those that are taken here. payload: whether
    there must be one. Raises EnvelopeError with the first thing that is wrong.
    """
    for name in FIELDS:
        if not said.get(name):
            raise EnvelopeError(f"{name}Required", f"{name} is missing")
    if said.get("CORERuleVersion") != VERSION:
        raise EnvelopeError("VersionMismatch", f"CORERuleVersion is {VERSION}")
    if said.get("ProcessingMode") != mode:
        raise EnvelopeError("ProcessingModeIllegal", f"ProcessingMode is {mode} here")
    if said.get("PayloadType") not in types:
        raise EnvelopeError("PayloadTypeIllegal", f"PayloadType is one of {', '.join(sorted(types))} here")
    for name in ("PayloadID", "SenderID", "ReceiverID"):
        if not _PLAIN.fullmatch(said.get(name)):
            raise EnvelopeError(f"{name}Illegal", f"{name} has 1 to 100 visible characters")
    try:
        datetime.fromisoformat(said.get("TimeStamp"))
    except ValueError:
        raise EnvelopeError("TimeStampIllegal", "TimeStamp is a date and time as in 2026-03-02T10:00:00Z") from None
    if payload and not said.payload:
        raise EnvelopeError("PayloadRequired", "Payload is missing")
    if payload and mode == "Batch":
        _check_batch(said)


def _check_batch(said: Said) -> None:
    data = said.payload or b""
    for name in ("PayloadLength", "CheckSum"):
        if not said.get(name):
            raise EnvelopeError(f"{name}Required", f"{name} is missing")
    if said.get("PayloadLength") != str(len(data)):
        raise EnvelopeError("PayloadLengthIllegal", "PayloadLength is not the number of bytes of the payload")
    if not re.fullmatch(r"[0-9a-fA-F]{40}", said.get("CheckSum")):
        raise EnvelopeError("CheckSumIllegal", "CheckSum is a SHA-1 in hexadecimal digits")
    if said.get("CheckSum").lower() != hashlib.sha1(data, usedforsecurity=False).hexdigest():
        raise EnvelopeError("ChecksumMismatched", "CheckSum is not that of the payload")


def batch_fields(payload: bytes) -> dict[str, str]:
    """PayloadLength and CheckSum of a payload that goes back."""
    return {"PayloadLength": str(len(payload)), "CheckSum": hashlib.sha1(payload, usedforsecurity=False).hexdigest()}


def _plain(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else ""
