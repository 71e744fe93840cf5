"""Where the segments stand that give a file its structure: what ``edi/scan.py`` says, from arrays.

It looks at segments that follow their terminator directly. A block with white space between segments, or with empty
ones, is left to the other scanner.
"""

from __future__ import annotations

import numpy as np

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.scan import TAGS, Mark
from bitewing.edi.scan import scan as slowly
from bitewing.policies.rows.columns.segments import words

_SPARE = b"\0" * 8


def scan(data: bytes, delimiters: Delimiters) -> tuple[list[Mark], bool]:
    """The marks in data, in order, and whether there are empty segments: as ``bitewing.edi.scan.scan``."""
    room = np.frombuffer(data + _SPARE, np.uint8)
    ends = np.flatnonzero(room[: len(data)] == delimiters.segment[0])
    starts = np.append(0, ends + 1)
    heads = words(room)[starts].astype(np.uint32)
    first = heads.astype(np.uint8)
    nothing = np.frombuffer(delimiters.filler + delimiters.segment, np.uint8)
    if any((first == byte).any() for byte in nothing):
        return slowly(data, delimiters)
    separator = delimiters.element
    known = [(tag, int.from_bytes(tag + separator, "little"), len(tag)) for tag in TAGS]
    short = heads & np.uint32(0xFFFFFF)
    some = np.zeros(len(heads), np.bool_)
    for _, said, size in known:
        some |= (heads if size == 3 else short) == said
    found = np.flatnonzero(some)
    names = {said: tag for tag, said, _ in known}
    words_, shorts = heads[found].tolist(), short[found].tolist()
    tags = [names.get(word) or names[three] for word, three in zip(words_, shorts, strict=True)]
    return list(zip(starts[found].tolist(), tags, strict=True)), False
