"""The segments of a claim payment that rows are made of, in the order of the guide, however a payer ordered them.

Of what counts once the first is kept, as the walk in ``remit.py`` does; what no row is made of is left out.
"""

from __future__ import annotations

from bitewing.edi.delimiters import Delimiters
from bitewing.policies.tables import DELIMITER

APART = DELIMITER.encode()
"""What stands between elements here, instead of the separator of the file."""
_LEFT_OUT = frozenset({b"QTY", b"PER"})
_HEAD = (b"NM1QC", b"NM1IL", b"NM174", b"NM182", b"MIA", b"REF1L", b"REFCE", b"REFF8", b"DTM232", b"DTM233", b"DTM050")
_LINE = (b"DTM472", b"DTM150", b"DTM151", b"CAS", b"REF6R", b"AMTB6", b"LQ")
_SEVERAL = {b"CAS": b"CAS", b"MIA": b"MIA", b"MOA": b"MIA", b"LQ": b"LQ"}
"""What counts as often as it is sent, and under which name it is kept."""


def in_order(said: bytes, delimiters: Delimiters) -> bytes | None:
    """A claim payment with ``APART`` between elements; None where something stands in it that has to be walked."""
    filler = delimiters.filler
    pieces = [piece.lstrip(filler) for piece in said.split(delimiters.segment)]
    head: dict[bytes, list[bytes]] = {}
    made = [([pieces[0]], head)]
    for piece in pieces[1:]:
        if not piece:
            continue
        tag, _, rest = piece.partition(APART)
        here = made[-1][1]
        if tag == b"SVC":
            made.append(([piece], {}))
        elif tag in _SEVERAL:
            if (here is head) == (tag == b"LQ") and tag != b"CAS":
                return None  # a remark of the claim in LQ, or advice on a claim behind a line
            here.setdefault(_SEVERAL[tag], []).append(piece)
        elif tag == b"NM1":
            head.setdefault(tag + rest.partition(APART)[0], [piece])
        elif tag in (b"REF", b"DTM", b"AMT"):
            here.setdefault(tag + rest.partition(APART)[0], [piece])
        elif tag not in _LEFT_OUT:
            return None
    ordered: list[bytes] = []
    for first, known in made:
        names = (b"CAS", *_HEAD) if known is head else _LINE
        ordered += first
        ordered += [piece for name in names for piece in known.get(name, ())]
    return delimiters.segment.join([*ordered, b""])
