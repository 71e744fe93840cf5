"""HTTP with MIME: a request and its reply as multipart/form-data, a part for each field."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from bitewing.serve.core.envelope import Reply, Said, batch_fields
from bitewing.serve.core.operations import REAL_TIME, Operation, operation_of
from bitewing.serve.core.parts import NoParts, parts_of


class Request(NamedTuple):
    """As for SOAP; which operation is meant is told by ProcessingMode and PayloadType."""

    operation: Operation
    said: Said
    user: str
    password: str


def read(body: bytes, content_type: str) -> Request:
    """A request. Raises NoParts where it is no multipart/form-data."""
    if not content_type.lower().startswith("multipart/form-data"):
        raise NoParts
    fields: dict[str, str] = {}
    payload: bytes | None = None
    for part, data in parts_of(body, content_type):
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            raise NoParts
        if name == "Payload":
            payload = data
        else:
            fields[name] = data.decode("latin-1").strip()
    user, password = fields.pop("UserName", ""), fields.pop("Password", "")
    operation = operation_of(fields.get("ProcessingMode", ""), fields.get("PayloadType", ""))
    return Request(operation, Said(fields, payload), user, password)


def written(operation: Operation, fields: dict[str, str], reply: Reply) -> tuple[bytes, str]:
    """A reply and its content type."""
    content = fields | (batch_fields(reply.payload) if operation.mode != REAL_TIME and reply.payload else {})
    content |= {"ErrorCode": reply.error, "ErrorMessage": reply.message}
    parts = [(name, value.encode("latin-1")) for name, value in content.items()]
    if reply.payload:
        parts.append(("Payload", reply.payload))
    boundary = "bitewing-" + hashlib.sha256(reply.payload + repr(content).encode()).hexdigest()[:24]
    pieces = [
        b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (boundary.encode(), name.encode(), value)
        for name, value in parts
    ]
    return b"".join(pieces) + b"--%s--\r\n" % boundary.encode(), f'multipart/form-data; boundary="{boundary}"'
