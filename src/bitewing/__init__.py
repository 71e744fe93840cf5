"""bitewing: reads, checks and repairs dental claims (837D) without touching another byte.

document = bitewing.read(data)          # bytes(document) == data
for claim in document.claims(): ...
result = bitewing.repair(data)          # result.data, result.findings
done = bitewing.process(data, policy=bitewing.Policy(), clock=clock, ids=ids)   # as the hook does: done.data, done.acks
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
from bitewing.hook.modes import Mode
from bitewing.hook.policy import Limits, Partner, Policy
from bitewing.hook.process import process
from bitewing.hook.result import Processed
from bitewing.version import __version__

__all__ = [
    "Action",
    "Claim",
    "Document",
    "EdiError",
    "Edit",
    "Finding",
    "Fix",
    "Limits",
    "Line",
    "Mode",
    "NotReadable",
    "Partner",
    "Payment",
    "Place",
    "Policy",
    "Processed",
    "Remit",
    "RemitLine",
    "Result",
    "__version__",
    "check",
    "process",
    "read",
    "repair",
]
