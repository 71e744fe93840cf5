"""What the commands do, as calls on bytes: pure, without files or clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bitewing.edi.document import Document
from bitewing.edi.edit import splice
from bitewing.edi.finding import Finding
from bitewing.transforms.catalog import builtin_passes, chosen
from bitewing.transforms.facts import Facts
from bitewing.transforms.model import Pass
from bitewing.transforms.run import Run, Summary


class Result(NamedTuple):
    """data: the bytes as repaired, or as given where nothing was. findings: in the order of the file."""

    data: bytes
    findings: tuple[Finding, ...]
    summary: Summary


def read(data: bytes, name: str = "") -> Document:
    """A document of these bytes; ``bytes(document)`` gives them back, whatever they are."""
    return Document.of(data, name)


def check(data: bytes, *, facts: Facts | None = None, passes: Sequence[Pass] | None = None) -> Result:
    """What is found in an interchange; its bytes stay.

    Raises NotReadable where it is no X12 interchange. Claims that cannot be read are in ``summary.faults``.
    """
    return _result(data, facts, passes, make=False)


def repair(data: bytes, *, facts: Facts | None = None, passes: Sequence[Pass] | None = None) -> Result:
    """The interchange with its repairs made. Where a claim cannot be read the bytes come back as they were given.

    Raises NotReadable where it is no X12 interchange.
    """
    return _result(data, facts, passes, make=True)


def _result(data: bytes, facts: Facts | None, passes: Sequence[Pass] | None, *, make: bool) -> Result:
    run = Run(read(data), chosen(builtin_passes()) if passes is None else passes, facts)
    findings = tuple(run.findings())
    make = make and not run.summary.faults
    return Result(splice(data, 0, run.summary.changes) if make else data, findings, run.summary)
