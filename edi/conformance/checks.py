"""Every check of this folder but pyx12's guide: over a file, or transaction by transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from bitewing.edi.conformance.balance import claim_sums
from bitewing.edi.conformance.envelope import envelope_faults
from bitewing.edi.conformance.fault import Fault
from bitewing.edi.conformance.levels import Levels
from bitewing.edi.conformance.remittance import Remittance
from bitewing.edi.conformance.sections import sections
from bitewing.edi.document import Document
from bitewing.edi.loops import Segment


def checks(document: Document) -> Iterator[Fault]:
    for fault in envelope_faults(document): yield fault
    cur = None
    for s in document.segments():
        if s.tag == "ST": cur = []
        if cur is not None: cur.append(s)
        if s.tag == "SE" and cur is not None:
            yield from transaction_faults(cur)
            cur = None

def transaction_faults(segments):
    st = segments[0]
    if st.element(1) == "835":
        yield from Remittance().faults(segments)
        return
    levels = Levels()
    for section in sections(segments):
        if section.id == "2300":
            yield from levels.claim(section)
            yield from claim_sums(section)
        elif section.segments[0].tag == b"HL":
            yield from levels.level(section)
    yield from levels.end()
