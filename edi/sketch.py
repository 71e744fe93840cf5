"""A sketch of a plain claim, read from its bytes without taking it apart: for passes that then need not look closer.

Most claims of a file are plain: original claims, every segment where the guide has it, charges and dates as they should
be, no quantities, one date of service. A compiled pattern recognises them; whatever it does not is no fault, the claim
is only read in full.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from bitewing.edi.claim import MOST_LINES
from bitewing.edi.delimiters import Delimiters
from bitewing.edi.guide import BY_QUALIFIER, LoopRule, dental
from bitewing.edi.values import is_day

_AMOUNT = rb"(?:0|[1-9]\d{0,8})(?:\.\d\d?)?"


class Sketch(NamedTuple):
    """A plain claim: frequency 1, no predetermination, no SV306, one date of service that holds for every line.

    codes: SV301-2 of every line, in order; none has a description (SV301-7). balanced: whether CLM02 is the sum of
    SV302. notes: NTE02 of every NTE.
    """

    codes: tuple[str, ...]
    balanced: bool
    notes: tuple[str, ...]

    def lines(self, code: str) -> int:
        """How many lines carry the code; without SV306 that is how many units."""
        return self.codes.count(code)


def sketch(data: bytes, delimiters: Delimiters) -> Sketch | None:
    """The sketch of a claim's bytes, None where it is not plain."""
    shape, service, dated, line, note = _patterns(delimiters)
    claim = shape.fullmatch(data)
    if claim is None:
        return None
    dates = dated.findall(data)
    if not dates or dates.count(dates[0]) != len(dates) or not is_day(dates[0]):
        return None
    marker = delimiters.segment + b"LX" + delimiters.element
    head, *rest = data.split(marker) if b"\n" not in data and b"\r" not in data else line.split(data)
    lines = service.findall(data)
    # One service to a line; then a pattern that looks only for what a service begins with has found no other thing.
    if not 0 < len(lines) == len(rest) <= MOST_LINES:
        return None
    date = b"DTP" + delimiters.element + b"472"
    if date not in head and not all(date in part for part in rest):
        return None
    total = sum(map(_cents, [charge for _, charge in lines]))
    return Sketch(
        tuple([code.decode("latin-1") for code, _ in lines]),
        total == _cents(claim[1]),
        tuple([said.decode("latin-1") for said in note.findall(head)]) if b"NTE" in head else (),
    )


@lru_cache(maxsize=4096)
def _cents(amount: bytes) -> int:
    whole, _, part = amount.partition(b".")
    return int(whole) * 100 + int((part + b"00")[:2])


@lru_cache(maxsize=64)
def _patterns(delimiters: Delimiters) -> tuple[re.Pattern[bytes], ...]:
    """A whole plain claim; its services; its dates of service; where its lines begin; its notes."""
    writer = _Writer(delimiters)
    e, c, t = writer.e, writer.c, writer.t
    shape = writer.loop(dental().loops["2300"]) + writer.blank
    service = b"SV3" + e + b"AD" + c + rb"([A-Z]\d{4})[^" + e + t + b"]*" + e + b"(" + _AMOUNT + b")"
    dated = b"DTP" + e + b"472" + e + b"D8" + e + rb"(\d{8})(?![^" + t + b"])"
    note = b"NTE" + e + b"[^" + e + t + b"]*" + e + b"([^" + e + t + b"]*)"
    begin = t + writer.blank
    return tuple(map(re.compile, (shape, service, dated, begin + b"LX" + e, begin + note)))


class _Writer:
    """Writes the guide's loops as a pattern. Every repetition is possessive: what one loop takes no other gets back,
    just as a reader that goes forward would have it."""

    def __init__(self, delimiters: Delimiters) -> None:
        self.e = re.escape(delimiters.element)
        self.c = re.escape(delimiters.component)
        self.t = re.escape(delimiters.segment)
        self.blank = b"[" + re.escape(delimiters.filler) + b"]*+" if delimiters.filler else b""
        self.rest = b"[^" + self.t + b"]*+" + self.t

    def loop(self, rule: LoopRule) -> bytes:
        """A loop: what opens it, its other segments in any order, the loops inside it."""
        tag, qualifiers = rule.opens
        opening = self._segment(tag.encode(), frozenset(code.encode() for code in qualifiers))
        if tag == "LX":  # one service to a line, right behind its number
            opening += self.blank + self._segment(b"SV3", frozenset())
        # What opens a loop opens the next one where it comes again; a service has its place already.
        within = [(name, allowed) for name, allowed in rule.segments.items() if name not in (tag.encode(), b"SV3")]
        others = [self._segment(name, allowed) for name, allowed in within]
        inside = [self.loop(child) for child in rule.children]
        pattern = self.blank + opening
        if others:
            pattern += b"(?:" + self.blank + b"(?:" + b"|".join(others) + b"))*+"
        return pattern + (b"(?:" + b"|".join(inside) + b")*+" if inside else b"")

    def _segment(self, tag: bytes, qualifiers: frozenset[bytes]) -> bytes:
        field = b"[^" + self.e + self.t + b"]*+"
        if tag == b"CLM":
            # CLM02 a plain amount, CLM05-3 is 1, nothing behind CLM18: no predetermination.
            part = b"[^" + self.e + self.c + self.t + b"]*+"
            place = part + self.c + part + self.c + b"1"
            fields = [b"CLM", field, b"(" + _AMOUNT + b")", b"", b"", place]
            return self.e.join(fields) + b"(?:" + self.e + field + b"){0,13}+" + self.t
        if tag == b"SV3":
            # SV302 a plain amount, SV306 absent.
            quantity = b"(?:" + self.e + b"(?=[" + self.e + self.t + b"])" + self.rest[: -len(self.t)] + b")?+"
            part = b"[^" + self.e + self.c + self.t + b"]*+"
            procedure = b"AD" + self.c + rb"[A-Z]\d{4}(?:" + self.c + part + b"){0,4}+"
            fields = [b"SV3", procedure, _AMOUNT]
            return self.e.join(fields) + b"(?:" + self.e + field + b"){0,3}+" + quantity + self.t
        if tag == b"DTP" and b"472" in qualifiers:
            others = b"|".join(sorted(qualifiers - {b"472"}))
            served = b"472" + self.e + b"D8" + self.e + rb"\d{8}" + self.t
            return b"DTP" + self.e + b"(?:" + served + b"|(?:" + others + b")" + self.e + self.rest + b")"
        if tag.decode() in BY_QUALIFIER and qualifiers:
            return (
                tag
                + self.e
                + b"(?:"
                + b"|".join(sorted(qualifiers))
                + b")(?:"
                + self.e
                + self.rest
                + b"|"
                + self.t
                + b")"
            )
        return tag + self.e + self.rest
