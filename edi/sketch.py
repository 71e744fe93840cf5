"""A sketch of a plain claim, read from its bytes without taking it apart: for passes that then need not look closer.

Most claims of a file are plain: original claims, every segment where the guide has it, charges and dates as they should
be, no quantities, one date of service. A compiled pattern recognises them; whatever it does not is no fault, the claim
is only read in full.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from bitewing.edi.claim import MOST_LINES
from bitewing.edi.delimiters import Delimiters
from bitewing.edi.guide import BY_QUALIFIER, LoopRule, dental
from bitewing.edi.values import is_day

_AMOUNT = rb"(?:0|[1-9]\d{0,8})(?:\.\d\d?)?"
_COUNT = rb"[1-9]\d?"
_CODE = rb"[A-Z]\d{4}"


class Sketch(NamedTuple):
    """What a claim says at first sight: one date of service that holds for every line, one service to a line.

    codes: SV301-2 of every line, in order; none has a description (SV301-7). more: by code, how many units SV306 adds
    to one for each line. counted: whether any SV306 was sent. whole: whether the rest of the claim was recognised, too:
    frequency 1, no predetermination, every segment where the guide has it. Only then are known: balanced, whether CLM02
    is the sum of SV302, and notes, NTE02 of every NTE.
    """

    codes: tuple[str, ...]
    more: Mapping[str, int]
    counted: bool
    whole: bool = False
    balanced: bool = False
    notes: tuple[str, ...] = ()

    def units(self, code: str) -> int:
        """How many units of the code are on the claim."""
        return self.codes.count(code) + self.more.get(code, 0)


def sketch(data: bytes, delimiters: Delimiters) -> Sketch | None:
    """The sketch of a claim's bytes, None where it is not plain."""
    patterns = _patterns(delimiters)
    claim = patterns.shape.fullmatch(data)
    found = _services(data, delimiters, patterns) if claim is not None else None
    if claim is None or found is None:
        return None
    seen, charges = found
    total = sum(map(_cents, charges))
    notes = patterns.note.findall(data) if b"NTE" in data else ()
    balanced = total == _cents(claim[1])
    return Sketch(
        seen.codes, seen.more, seen.counted, True, balanced, tuple([said.decode("latin-1") for said in notes])
    )


def glance(data: bytes, delimiters: Delimiters) -> Sketch | None:
    """The services of a claim without the rest of it, None where they cannot be told at first sight.

    For passes that look at some codes only. Whether the rest of the claim can be read is not looked at.
    """
    found = _services(data, delimiters, _patterns(delimiters))
    return found[0] if found is not None else None


def _services(data: bytes, delimiters: Delimiters, patterns: _Patterns) -> tuple[Sketch, Sequence[bytes]] | None:
    """What is to be said of a claim's services, and their charges."""
    dates = patterns.dated.findall(data)
    if not dates or dates.count(dates[0]) != len(dates) or not is_day(dates[0]):
        return None
    date = b"DTP" + delimiters.element + b"472"
    spaced = b"\n" in data or b"\r" in data
    head, *rest = patterns.line.split(data) if spaced else data.split(patterns.marker)
    lines = patterns.service.findall(data)
    # One service to a line; then a pattern that looks only for what a service begins with has found no other thing.
    if not 0 < len(lines) == len(rest) <= MOST_LINES or data.count(patterns.opening) != len(lines):
        return None
    if data.count(date) != len(dates) or (date not in head and not all(date in part for part in rest)):
        return None
    codes, charges, counts = zip(*lines, strict=True)
    more: dict[str, int] = {}
    counted = any(counts)
    if counted:
        for code, count in zip(codes, counts, strict=True):
            if count:
                more[code.decode("latin-1")] = more.get(code.decode("latin-1"), 0) + int(count) - 1
    return Sketch(tuple(map(_text, codes)), more, counted), charges


@lru_cache(maxsize=4096)
def _text(code: bytes) -> str:
    return code.decode("latin-1")


@lru_cache(maxsize=4096)
def _cents(amount: bytes) -> int:
    whole, _, part = amount.partition(b".")
    return int(whole) * 100 + int((part + b"00")[:2])


class _Patterns(NamedTuple):
    """A whole plain claim; its services; its dates of service; where its lines begin; its notes; plain bytes that
    begin a line, and a service."""

    shape: re.Pattern[bytes]
    service: re.Pattern[bytes]
    dated: re.Pattern[bytes]
    line: re.Pattern[bytes]
    note: re.Pattern[bytes]
    marker: bytes
    opening: bytes


@lru_cache(maxsize=64)
def _patterns(delimiters: Delimiters) -> _Patterns:
    writer = _Writer(delimiters)
    e, t = writer.e, writer.t
    shape = writer.loop(dental().loops["2300"]) + writer.blank
    procedure, amount, count = writer.service(b"(" + _CODE + b")", b"(" + _AMOUNT + b")", b"(" + _COUNT + b")?+")
    service = b"SV3" + e + procedure + e + amount + count
    dated = b"DTP" + e + b"472" + e + b"D8" + e + rb"(\d{8})(?![^" + t + b"])"
    begin = t + writer.blank
    note = begin + b"NTE" + e + b"[^" + e + t + b"]*" + e + b"([^" + e + t + b"]*)"
    separator = delimiters.element
    return _Patterns(
        re.compile(shape),
        re.compile(service),
        re.compile(dated),
        re.compile(begin + b"LX" + e),
        re.compile(note),
        delimiters.segment + b"LX" + separator,
        b"SV3" + separator,
    )


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

    def service(self, code: bytes, amount: bytes, count: bytes) -> tuple[bytes, bytes, bytes]:
        """SV301 of a procedure with modifiers but no description; SV302; SV303 to SV306, or as many as were sent."""
        field = b"[^" + self.e + self.t + b"]*+"
        part = b"[^" + self.e + self.c + self.t + b"]*+"
        between = b"(?:" + self.e + field + b")"
        ends = b"(?=[" + self.e + self.t + b"])"
        counted = b"(?:" + between + b"{0,3}+(?=" + self.t + b")|" + between + b"{3}+" + self.e + count + ends + b")"
        return b"AD" + self.c + code + b"(?:" + self.c + part + b"){0,4}+", amount, counted

    def _segment(self, tag: bytes, qualifiers: frozenset[bytes]) -> bytes:
        field = b"[^" + self.e + self.t + b"]*+"
        if tag == b"CLM":
            # CLM02 a plain amount, CLM05-3 is 1, nothing behind CLM18: no predetermination.
            part = b"[^" + self.e + self.c + self.t + b"]*+"
            place = part + self.c + part + self.c + b"1"
            fields = [b"CLM", field, b"(" + _AMOUNT + b")", b"", b"", place]
            return self.e.join(fields) + b"(?:" + self.e + field + b"){0,13}+" + self.t
        if tag == b"SV3":
            procedure, amount, count = self.service(_CODE, _AMOUNT, b"(?:" + _COUNT + b")?+")
            return b"SV3" + self.e + procedure + self.e + amount + count + self.rest
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
