"""Every check of this folder but pyx12's over the guide: for a file, or transaction by transaction.

``checks`` walks a file twice and holds one block and one claim at a time. Who wants several processes takes
``envelope_faults`` for the file and ``transaction_faults`` for each transaction: no transaction asks another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from bitewing.edi.conformance.balance import claim_sums
from bitewing.edi.conformance.context import Group
from bitewing.edi.conformance.dates import date_faults
from bitewing.edi.conformance.envelope import envelope_faults
from bitewing.edi.conformance.external import NO_LISTS, CodeLists
from bitewing.edi.conformance.fault import Fault
from bitewing.edi.conformance.formats import Formats
from bitewing.edi.conformance.levels import Levels
from bitewing.edi.conformance.remittance import Remittance, placed_segments
from bitewing.edi.conformance.sections import Part, sections
from bitewing.edi.conformance.situations import claim_faults, level_faults
from bitewing.edi.document import Document
from bitewing.edi.hierarchy import DENTAL_VERSION
from bitewing.edi.loops import Segment

REMITTANCE = "005010X221"
_ENVELOPE = frozenset({b"ST", b"SE", b"GS", b"GE", b"ISA", b"IEA"})
_BEGINNINGS = frozenset(tag[:2] for tag in _ENVELOPE)


def checks(document: Document, lists: CodeLists = NO_LISTS) -> Iterator[Fault]:
    """Everything: what is wrong with the envelopes, then transaction by transaction. Raises NotReadable."""
    yield from envelope_faults(document)
    for group, segments in transactions(document):
        yield from transaction_faults(segments, group, lists)


def transactions(document: Document) -> Iterator[tuple[Group, Iterator[Segment]]]:
    """Every transaction with its group: its segments from ST to SE, or to what comes where SE is missing.

    The segments of one are to be read before the next is asked for; what was not read of them is passed over.
    """
    group = Group()
    source = document.segments()
    held: list[Segment] = []
    for segment in chain.from_iterable(iter(lambda: _next(source, held), ())):
        tag = _tag(segment)
        if tag == b"GS":
            group = Group.of(segment.element(1), segment.element(4), segment.element(8))
        elif tag == b"ST":
            body = _body(segment, source, held)
            yield group, body
            for _ in body:
                pass


def _next(source: Iterator[Segment], held: list[Segment]) -> tuple[Segment, ...]:
    """The segment that was held back, else the next; () at the end."""
    if held:
        return (held.pop(),)
    found = next(source, None)
    return (found,) if found is not None else ()


def _body(st: Segment, source: Iterator[Segment], held: list[Segment]) -> Iterator[Segment]:
    yield st
    for segment in source:
        if segment.data[:2] not in _BEGINNINGS or (tag := _tag(segment)) not in _ENVELOPE:
            yield segment
            continue
        if tag != b"SE":
            held.append(segment)
            return
        yield segment
        return


def _tag(segment: Segment) -> bytes:
    return segment.data[:4].partition(segment.delimiters.element)[0]


def transaction_faults(
    segments: Iterable[Segment], group: Group | None = None, lists: CodeLists = NO_LISTS
) -> Iterator[Fault]:
    """What is wrong within one transaction, ST to SE, its envelope apart. Of other kinds than 837D and 835 nothing."""
    source = iter(segments)
    st = next(source, None)
    if st is None:
        return
    group = group or Group()
    kind, version = st.element(1), st.element(3) or group.version
    if kind == "837" and version.startswith(DENTAL_VERSION):
        yield from dental_faults(chain((st,), source), group, lists)
    elif kind == "835" and version.startswith(REMITTANCE):
        yield from remittance_faults(chain((st,), source), lists)


def dental_faults(segments: Iterable[Segment], group: Group, lists: CodeLists = NO_LISTS) -> Iterator[Fault]:
    """Of a dental claim transaction, section by section."""
    levels, formats = Levels(), Formats(lists)
    for section in sections(segments):
        yield from formats.segments(section.walk())
        if section.id == "2300":
            yield from _claim(section, levels, group, lists)
        elif section.segments[0].tag == b"HL":
            yield from levels.level(section)
            yield from level_faults(section)
    yield from levels.end()


def _claim(claim: Part, levels: Levels, group: Group, lists: CodeLists) -> Iterator[Fault]:
    yield from levels.claim(claim)
    yield from claim_sums(claim)
    yield from date_faults(claim, levels.born, group, lists)
    yield from claim_faults(claim, levels)


def remittance_faults(segments: Iterable[Segment], lists: CodeLists = NO_LISTS) -> Iterator[Fault]:
    """Of an 835, segment by segment."""
    remittance, formats = Remittance(), Formats(lists)
    for placed in placed_segments(segments):
        yield from formats.segments((placed,))
        yield from remittance.segment(placed)
    yield from remittance.end()
