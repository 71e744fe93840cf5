"""Which parts of a long dental transaction need explaining: a fault in one claim of thousands costs little then.

A subscriber with all that hangs under it is right or not whatever the others say: the guide counts nothing across
them. So those that the fast check accepts need no walk, as long as the walk finds its way past them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bitewing.edi.conformance.quick import quick
from bitewing.edi.delimiters import Delimiters

WORTHWHILE = 50_000
"""Bytes from which it pays to compile the fast check."""


def doubtful(data: bytes, delimiters: Delimiters) -> Iterator[tuple[int, int]]:
    """The parts [start, stop) of a transaction that have to be walked, in order; between them all is right.

    Walked are the header, the billing levels, what the fast check refuses, and where the walk needs it to know where
    it is: the first subscriber under a billing level, the one before and the one behind what was refused.
    """
    check, end = quick(delimiters), len(data)
    element, mark = re.escape(delimiters.element), re.escape(delimiters.segment)
    blank = b"[" + re.escape(delimiters.filler) + b"]*+" if delimiters.filler else b""
    other = b"[^" + element + mark + b"]*+" + element
    level = b"HL" + element + other + other + b"(?:20|22)" + element
    following = re.compile(b"(?:" + level + b"|SE" + element + b")")
    next_level = re.compile(mark + blank + b"(?=" + level + b")")

    def behind(pattern: re.Pattern[bytes], at: int) -> int:
        found = pattern.search(data, at)
        return found.end() if found is not None else end

    # Behind an SE nothing has its place, whatever it is.
    trailer = behind(re.compile(mark + blank + b"(?=SE" + element + b")"), 0)
    at, sure = check.header(data, 0, end) or behind(next_level, 0), False
    yield 0, at
    while at < end:
        stop = check.subscriber(data, at, end)
        if stop and stop <= trailer and following.match(data, stop):
            if not sure:
                yield at, stop
            sure = True
        else:
            stop = stop or check.billing(data, at, end) or behind(next_level, at)
            yield at, stop
            sure = False
        at = stop
