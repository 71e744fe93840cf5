"""SOAP 1.2: a request read, a reply written; with MTOM where the request came so. No entities, no DTD, no network."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import NamedTuple

from lxml import etree

from bitewing.edi.xml import parsed
from bitewing.serve.core.envelope import EnvelopeError, Reply, Said, batch_fields
from bitewing.serve.core.operations import BATCH, OPERATIONS, REAL_TIME, Operation
from bitewing.serve.core.parts import NoParts, parts_of

SOAP = "http://www.w3.org/2003/05/soap-envelope"
CORE = "http://www.caqh.org/SOAP/WSDL/CORERule2.2.0.xsd"
XOP = "http://www.w3.org/2004/08/xop/include"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
PLAIN = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText"
TYPE = "application/soap+xml; charset=utf-8"
_UNSAYABLE = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""What no document can hold as text."""
_BY_REQUEST = {one.request: one for one in OPERATIONS.values()}
_KNOWN_HEADERS = {f"{{{WSSE}}}Security"}


class SoapFault(Exception):
    """What is no request that could be answered by an envelope. code: Sender, MustUnderstand, VersionMismatch."""

    def __init__(self, code: str, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(reason)


class Request(NamedTuple):
    """mtom: whether it came with its payload as an attachment."""

    operation: Operation
    said: Said
    user: str
    password: str
    mtom: bool


def read(body: bytes, content_type: str) -> Request:
    """A request. Raises SoapFault, EnvelopeError where the payload cannot be decoded."""
    parts: dict[str, bytes] = {}
    mtom = content_type.lower().startswith("multipart/related")
    if mtom:
        body, parts = _related(body, content_type)
    root = _parsed(body)
    if root.tag != f"{{{SOAP}}}Envelope":
        raise SoapFault("VersionMismatch", "the document is no SOAP 1.2 envelope")
    header, content = root.find(f"{{{SOAP}}}Header"), root.find(f"{{{SOAP}}}Body")
    if content is None or len(content) != 1:
        raise SoapFault("Sender", "the body holds one CORE envelope")
    for one in header if header is not None else ():
        if one.get(f"{{{SOAP}}}mustUnderstand") in ("1", "true") and one.tag not in _KNOWN_HEADERS:
            raise SoapFault("MustUnderstand", "a header that must be understood is not")
    envelope = content[0]
    name = etree.QName(envelope)
    operation = _BY_REQUEST.get(name.localname) if name.namespace == CORE else None
    if operation is None:
        raise SoapFault("Sender", f"the body holds one of {', '.join(sorted(_BY_REQUEST))}")
    fields = {etree.QName(one).localname: (one.text or "").strip() for one in envelope if one.tag != "Payload"}
    user, password = _user(header)
    return Request(operation, Said(fields, _payload(envelope.find("Payload"), operation, parts)), user, password, mtom)


def _parsed(body: bytes) -> etree._Element:
    try:
        root: etree._Element = parsed(body)
    except etree.XMLSyntaxError:
        raise SoapFault("Sender", "the body is not XML") from None
    except ValueError:
        raise SoapFault("Sender", "a document type is not allowed, nor a body of this size") from None
    return root


def _user(header: etree._Element | None) -> tuple[str, str]:
    """Name and password of the first UsernameToken, "" where there is none or the password is no plain text."""
    token = header.find(f"{{{WSSE}}}Security/{{{WSSE}}}UsernameToken") if header is not None else None
    if token is None:
        return "", ""
    password = token.find(f"{{{WSSE}}}Password")
    if password is None or password.get("Type", PLAIN) != PLAIN:
        return "", ""
    return (token.findtext(f"{{{WSSE}}}Username") or "").strip(), (password.text or "").strip()


def _payload(element: etree._Element | None, operation: Operation, parts: dict[str, bytes]) -> bytes | None:
    """Raises EnvelopeError."""
    if element is None:
        return None
    include = element.find(f"{{{XOP}}}Include")
    try:
        if include is not None:
            return parts[(include.get("href") or "").removeprefix("cid:")]
        text = element.text or ""
        if operation.mode == REAL_TIME:
            return text.encode("latin-1")
        return base64.b64decode("".join(text.split()), validate=True)
    except (KeyError, UnicodeEncodeError, binascii.Error, ValueError):
        raise EnvelopeError("PayloadIllegal", "the payload cannot be decoded") from None


def _related(body: bytes, content_type: str) -> tuple[bytes, dict[str, bytes]]:
    """The first part, and all by their Content-ID. Raises SoapFault."""
    try:
        parts = parts_of(body, content_type)
    except NoParts:
        raise SoapFault("Sender", "the body holds no parts") from None
    return parts[0][1], {str(part.get("Content-ID", "")).strip("<> "): data for part, data in parts}


def written(operation: Operation, fields: dict[str, str], reply: Reply, *, mtom: bool) -> tuple[bytes, str]:
    """A reply and its content type."""
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP, "core": CORE})
    envelope = etree.SubElement(etree.SubElement(root, f"{{{SOAP}}}Body"), f"{{{CORE}}}{operation.response}")
    attached: bytes | None = None
    batch = operation.mode == BATCH
    content = fields | (batch_fields(reply.payload) if batch and reply.payload else {})
    order = ["PayloadType", "ProcessingMode", "PayloadID", "PayloadLength", "TimeStamp", "SenderID", "ReceiverID"]
    for name in (*order, "CORERuleVersion", "CheckSum"):
        if name in content:
            etree.SubElement(envelope, name).text = content[name]
    if reply.payload:
        payload = etree.SubElement(envelope, "Payload")
        if not batch and not (mtom and _UNSAYABLE.search(reply.payload)):
            payload.text = reply.payload.decode("latin-1")
        elif mtom:
            attached = reply.payload
            etree.SubElement(payload, f"{{{XOP}}}Include", nsmap={"xop": XOP}).set("href", "cid:payload@bitewing")
        else:
            payload.text = base64.b64encode(reply.payload).decode()
    etree.SubElement(envelope, "ErrorCode").text = reply.error
    etree.SubElement(envelope, "ErrorMessage").text = reply.message
    document = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return _attached(document, attached) if mtom else (document, TYPE)


def _attached(document: bytes, payload: bytes | None) -> tuple[bytes, str]:
    boundary = "bitewing-" + hashlib.sha256(document + (payload or b"")).hexdigest()[:24]
    head = b'Content-Type: application/xop+xml; charset=utf-8; type="application/soap+xml"'
    body = _part(boundary, head + b"\r\nContent-ID: <root@bitewing>", document)
    if payload is not None:
        head = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary"
        body += _part(boundary, head + b"\r\nContent-ID: <payload@bitewing>", payload)
    kind = 'multipart/related; type="application/xop+xml"; start="<root@bitewing>"; start-info="application/soap+xml"'
    return body + b"--%s--\r\n" % boundary.encode(), f'{kind}; boundary="{boundary}"'


def _part(boundary: str, head: bytes, content: bytes) -> bytes:
    return b"--%s\r\n%s\r\n\r\n%s\r\n" % (boundary.encode(), head, content)


def fault(error: SoapFault) -> bytes:
    """A SOAP fault."""
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    found = etree.SubElement(etree.SubElement(root, f"{{{SOAP}}}Body"), f"{{{SOAP}}}Fault")
    code = etree.SubElement(found, f"{{{SOAP}}}Code")
    etree.SubElement(code, f"{{{SOAP}}}Value").text = f"soap:{error.code}"
    text = etree.SubElement(etree.SubElement(found, f"{{{SOAP}}}Reason"), f"{{{SOAP}}}Text")
    text.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
    text.text = error.reason
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")
