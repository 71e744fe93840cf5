"""H102: a photograph whose note speaks of a radiograph."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bitewing.edi.claim import Claim
from bitewing.edi.codes import PHOTO, codes
from bitewing.policies.history import VOID
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, flag

# What a note may call a radiograph, and the families of codes that would explain the word.
_WORDS = (
    (r"cbct|cone[ -]?beam", ("CBCT",)),
    (r"pano(?:s|ramic|rex|gram)?", ("PANO",)),
    (r"ceph(?:s|alogram\w*|alometr\w*)?", ("CEPH",)),
    (r"x[ -]?rays?|radiographs?", ("FMX", "PA", "OCC", "BW", "EXTRAORAL", "PANO", "CEPH", "CBCT", "TOMO", "TMJ")),
)
_DENIED = r"(?<!no )(?<!not )(?<!without )(?<!in lieu of )(?<!instead of )(?<!no further )(?<!declined )"
PATTERNS = tuple(
    (re.compile(rf"\b{_DENIED}(?:{words})\b", re.IGNORECASE), frozenset().union(*(codes(family=f) for f in families)))
    for words, families in _WORDS
)


@check(
    "H102",
    "photo-code-for-radiograph",
    looks_at={PHOTO},
    silent=lambda sketch: sketch.whole and not any(one.search(note) for note in sketch.notes for one, _ in PATTERNS),
    source="D0350 guide (rules S0-01, S0-02)",
    examples=(
        Example("a note on a scan", ('C1 "note=CBCT SCAN OF MANDIBLE": D0350 45.00',), ("flag 1",)),
        Example("the line's own description", ('C1: D0350 45.00 text="panoramic"',), ("flag 1",)),
        Example("the scan has its own line", ('C1 "note=CBCT OF MANDIBLE": D0350 45.00 | D0367 300.00',)),
        Example("no radiograph was taken", ('C1 "note=PATIENT DECLINED X-RAYS": D0350 45.00',)),
        Example("a medicine", ('C1 "note=CEPHALEXIN 500 MG GIVEN": D0350 45.00',)),
    ),
)
def photo_code_for_radiograph(claim: Claim) -> Iterator[Remark]:
    """A photograph (D0350) goes with words that speak of a radiograph.

    D0350 is for a camera's picture only. Words are weak evidence and never name the right code, so nothing is changed.
    """
    photos = [line for line in claim.lines if line.code == PHOTO]
    if claim.frequency == VOID:
        return
    noted = any(pattern.search(note) and not known & claim.codes for note in claim.notes for pattern, known in PATTERNS)
    told = [line for line in photos if any(pattern.search(line.description) for pattern, _ in PATTERNS)]
    if noted or told:
        where = "The claim's note speaks" if noted else "The line's description speaks"
        message = f"{where} of a radiograph, but D0350 is for photographs. Check which image was made."
        yield flag(photos if noted else told, message)
