"""The parts of a MIME body, byte for byte."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

MOST = 40
"""Parts of one body."""


class NoParts(Exception):
    """A body that is no MIME multipart, or has too many parts."""


def parts_of(body: bytes, content_type: str) -> list[tuple[Message, bytes]]:
    """Each part with its content, decoded where it says how. Raises NoParts."""
    head = b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n"
    message: Message = BytesParser(policy=HTTP).parsebytes(head + body)
    found = message.get_payload() if message.is_multipart() else []
    if not isinstance(found, list) or not 0 < len(found) <= MOST:
        raise NoParts
    parts = []
    for one in found:
        data = one.get_payload(decode=True) if isinstance(one, Message) else None
        if not isinstance(one, Message) or not isinstance(data, bytes):
            raise NoParts
        parts.append((one, data))
    return parts
