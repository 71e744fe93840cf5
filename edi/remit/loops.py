"""Loops of a remittance, from what opens them: N1 in the header, SVC in a claim payment.

Unlike a claim's, they nest nowhere deeper than this, so no guide is read for them.
"""

from __future__ import annotations

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.guide import LoopRule
from bitewing.edi.loops import Loop, Stretch

HEADER = LoopRule("HEADER", "Header", None)
PAYER = LoopRule("1000A", "Payer", HEADER)
PAYEE = LoopRule("1000B", "Payee", HEADER)
OTHER = LoopRule("", "Another party", HEADER)
SECTION = LoopRule("2000", "Header number", None)
CLAIM = LoopRule("2100", "Claim payment", None)
NAME = LoopRule("NM1", "Name", CLAIM)
LINE = LoopRule("2110", "Service payment", CLAIM)
PROVIDER = LoopRule("PLB", "Provider adjustment", None)

_PARTIES = {b"PR": PAYER, b"PE": PAYEE}


def header_loop(stretch: Stretch) -> Loop:
    """ST up to the first N1, and one loop for each N1."""
    root = current = Loop(HEADER, stretch, 0, len(stretch.pieces))
    separator = stretch.delimiters.element
    for index in starting(stretch, b"N1"):
        current.stop = index
        qualifier = stretch.pieces[index].partition(separator)[2].partition(separator)[0]
        current = Loop(_PARTIES.get(qualifier, OTHER), stretch, index, len(stretch.pieces))
        root.children.append(current)
    return root


def claim_loop(stretch: Stretch) -> Loop:
    """CLP up to the first SVC, and one loop for each SVC."""
    root = current = Loop(CLAIM, stretch, 0, len(stretch.pieces))
    for index in starting(stretch, b"SVC"):
        current.stop = index
        current = Loop(LINE, stretch, index, len(stretch.pieces))
        root.children.append(current)
    return root


def flat_loop(rule: LoopRule, data: bytes, offset: int, delimiters: Delimiters) -> Loop:
    """All of a stretch as one loop."""
    stretch = Stretch(data, offset, delimiters)
    return Loop(rule, stretch, 0, len(stretch.pieces))


def starting(stretch: Stretch, tag: bytes) -> list[int]:
    """The numbers of the segments with this identifier."""
    head = tag + stretch.delimiters.element
    return [index for index, piece in enumerate(stretch.pieces) if piece.startswith(head) or piece == tag]
