"""The WSDL of what is offered, made from the table of operations."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from bitewing.serve.core.operations import BATCH, OPERATIONS, Operation
from bitewing.serve.core.soap import CORE

_TARGET = "http://www.caqh.org/SOAP/WSDL/"


def wsdl(address: str) -> bytes:
    """The WSDL for a service at an address."""
    shapes = dict.fromkeys(OPERATIONS.values())  # generic operations have the messages of others
    text = f"""<?xml version="1.0" encoding="utf-8"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:core="{CORE}" xmlns:tns="{_TARGET}" name="CORE"
 targetNamespace="{_TARGET}">
<types><xsd:schema targetNamespace="{CORE}" elementFormDefault="unqualified">
{"".join(_element(one.request, one, back=False) + _element(one.response, one, back=True) for one in shapes)}
</xsd:schema></types>
{"".join(_message(one.request) + _message(one.response) for one in shapes)}
<portType name="CORETransactions">
{"".join(_port(name, one) for name, one in OPERATIONS.items())}
</portType>
<binding name="CoreSoapBinding" type="tns:CORETransactions">
<soap12:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
{"".join(_bound(name) for name in OPERATIONS)}
</binding>
<service name="Core"><port name="CoreSoapPort" binding="tns:CoreSoapBinding">
<soap12:address location={quoteattr(address)}/></port></service>
</definitions>
"""
    return text.encode()


def _message(name: str) -> str:
    return f'<message name="{name}"><part name="body" element="core:{name}"/></message>'


def _element(name: str, operation: Operation, *, back: bool) -> str:
    batch = operation.mode == BATCH
    needed = batch and operation.brings and not back
    fields = [("PayloadType", True), ("ProcessingMode", True), ("PayloadID", True)]
    fields += [("PayloadLength", needed)] if batch else []
    fields += [(one, True) for one in ("TimeStamp", "SenderID", "ReceiverID", "CORERuleVersion")]
    fields += [("CheckSum", needed)] if batch else []
    fields.append(("Payload", operation.brings and not back))
    fields += [("ErrorCode", True), ("ErrorMessage", True)] if back else []
    said = "".join(_field(field, batch, must) for field, must in fields)
    content = f"<xsd:complexType><xsd:sequence>{said}</xsd:sequence></xsd:complexType>"
    return f'<xsd:element name="{name}">{content}</xsd:element>'


def _field(name: str, batch: bool, must: bool) -> str:
    kind = {"PayloadLength": "int", "Payload": "base64Binary" if batch else "string"}.get(name, "string")
    return f'<xsd:element name="{name}" type="xsd:{kind}" minOccurs="{int(must)}"/>'


def _port(name: str, one: Operation) -> str:
    messages = f'<input message="tns:{one.request}"/><output message="tns:{one.response}"/>'
    return f'<operation name="{name}">{messages}</operation>'


def _bound(name: str) -> str:
    body = '<soap12:body use="literal"/>'
    return (
        f'<operation name="{name}"><soap12:operation soapAction="{name}" style="document"/>'
        f"<input>{body}</input><output>{body}</output></operation>"
    )
