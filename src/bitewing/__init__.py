"""bitewing: reads, checks and repairs dental claims (837D) without touching another byte.

document = bitewing.read(data)          # bytes(document) == data
for claim in document.claims(): ...
result = bitewing.repair(data)          # result.data, result.findings
"""

from __future__ import annotations

from bitewing.api import Result, check, read, repair
from bitewing.edi.claim import Claim
from bitewing.edi.document import Document
from bitewing.edi.edit import Edit
from bitewing.edi.errors import EdiError, NotReadable
from bitewing.edi.finding import Action, Finding, Fix, Place
from bitewing.edi.line import Line
from bitewing.edi.remit.line import RemitLine
from bitewing.edi.remit.payment import Payment
from bitewing.edi.remit.remit import Remit
from bitewing.version import __version__

__all__ = [
    "Action",
    "Claim",
    "Document",
    "EdiError",
    "Edit",
    "Finding",
    "Fix",
    "Line",
    "NotReadable",
    "Payment",
    "Place",
    "Remit",
    "RemitLine",
    "Result",
    "__version__",
    "check",
    "read",
    "repair",
]
