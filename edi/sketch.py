"""A sketch of a plain claim, read from its bytes without taking it apart: for passes that then need not look closer.

Most claims of a file are plain: original claims, every segment where the guide has it, charges and dates as they should
be, no quantities, one date of service. A compiled pattern recognises them; whatever it does not is no fault, the claim
is only read in full.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from types import MappingProxyType
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

    codes: SV301-2 of every line, in order; none has a description (SV301-7). counts: every SV306 that was sent; more:
    by code, how many units they add to one for each line. teeth: whether there is any TOO. whole: whether the rest of
    the claim was recognised, too: frequency 1, no predetermination, every segment where the guide has it. Only then are
    known: balanced, whether CLM02 is the sum of SV302, and notes, NTE02 of every NTE.
    """

    codes: tuple[str, ...]
    counts: tuple[int, ...] = ()
    more: Mapping[str, int] = MappingProxyType({})
    teeth: bool = False
    whole: bool = False
    balanced: bool = False
    notes: tuple[str, ...] = ()
    day: bytes = b""

    @property
    def date(self) -> date:
        """The date of service."""
        return _date(self.day)

    def units(self, code: str) -> int:
        """How many units of the code are on the claim."""
        return self.codes.count(code) + self.more.get(code, 0)


def sketch(data: bytes, delimiters: Delimiters) -> Sketch | None:
    """The sketch of a claim's bytes, None where it is not plain."""
    patterns = _patterns(delimiters, b"\n" in data or b"\r" in data)
    claim = patterns.shape.fullmatch(data)
    # Inside a whole claim a service follows its LX, and stands nowhere else; every date of service is this one.
    if claim is None or not is_day(claim["day"]):
        return None
    found = _services(data, patterns)
    if found is None:
        return None
    seen, charges = found
    balanced = sum(map(_cents, charges)) == _cents(claim["charge"])
    notes = tuple(map(_text, patterns.note.findall(data))) if patterns.noted in data else ()
    return Sketch(seen.codes, seen.counts, seen.more, seen.teeth, True, balanced, notes, claim["day"])


def glance(data: bytes, delimiters: Delimiters) -> Sketch | None:
    """The services of a claim without the rest of it, None where they cannot be told at first sight.

    For passes that look at some codes only. Whether the rest of the claim can be read is not looked at.
    """
    patterns = _patterns(delimiters, b"\n" in data or b"\r" in data)
    dates = patterns.dated.findall(data)
    if len(set(dates)) != 1 or not is_day(dates[0]) or data.count(patterns.date) != len(dates):
        return None
    found = _services(data, patterns)
    if found is None:
        return None
    # With a service elsewhere, or a line that is not as lines are, nothing is certain.
    certain = data.count(patterns.service) == data.count(patterns.marker) == len(found[1])
    return found[0]._replace(day=dates[0]) if certain else None


def _services(data: bytes, patterns: _Patterns) -> tuple[Sketch, Sequence[bytes]] | None:
    """What is to be said of a claim's services, and their charges."""
    lines = patterns.line.findall(data)
    if not 0 < len(lines) <= MOST_LINES:
        return None
    codes, charges, counts, dated = zip(*lines, strict=True)
    if b"" in dated and patterns.date not in data[: data.find(patterns.marker)]:
        return None
    if not any(counts):
        return Sketch(tuple(map(_text, codes))), charges
    more: dict[str, int] = {}
    for code, count in zip(codes, counts, strict=True):
        if count > b"1":
            more[_text(code)] = more.get(_text(code), 0) + int(count) - 1
    said = tuple(int(count) for count in counts if count)
    return Sketch(tuple(map(_text, codes)), said, more, patterns.tooth in data), charges


@lru_cache(maxsize=4096)
def _text(said: bytes) -> str:
    return said.decode("latin-1")


@lru_cache(maxsize=4096)
def _date(said: bytes) -> date:
    return date.fromisoformat(said.decode("latin-1"))


@lru_cache(maxsize=4096)
def _cents(amount: bytes) -> int:
    whole, _, part = amount.partition(b".")
    return int(whole) * 100 + int((part + b"00")[:2])


class _Patterns(NamedTuple):
    """A whole plain claim; a line up to its date of service; dates of service; notes. Bytes that begin a line, a
    service, a date of service, a tooth and a note."""

    shape: re.Pattern[bytes]
    line: re.Pattern[bytes]
    dated: re.Pattern[bytes]
    note: re.Pattern[bytes]
    marker: bytes
    service: bytes
    date: bytes
    tooth: bytes
    noted: bytes


@lru_cache(maxsize=64)
def _patterns(delimiters: Delimiters, spaced: bool) -> _Patterns:
    """spaced: whether white space is looked for between segments, which costs a fifth more."""
    writer = _Writer(delimiters, spaced)
    e, t, rest = writer.e, writer.t, writer.rest + writer.blank
    date = b"DTP" + e + b"472" + e
    # The first date of service is looked for before the claim is gone through; every other one must be the same.
    first = b"(?=(?:(?!" + date + b")" + rest + b")*+" + date + b"D8" + e + rb"(?P<day>\d{8})" + t + b")"
    shape = first + writer.loop(dental().loops["2300"]) + writer.blank
    service = writer.service(b"(" + _CODE + b")", b"(" + _AMOUNT + b")", b"(" + _COUNT + b")?+")
    others = b"(?:(?!LX" + e + b"|" + date + b")" + rest + b")*+"
    line = b"LX" + e + rest + service + rest + others + b"(" + date + b")?+"
    dated = date + b"D8" + e + rb"(\d{8})(?![^" + t + b"])"
    note = t + writer.blank + b"NTE" + e + b"[^" + e + t + b"]*" + e + b"([^" + e + t + b"]*)"
    separator = delimiters.element
    return _Patterns(
        re.compile(shape),
        re.compile(line),
        re.compile(dated),
        re.compile(note),
        b"LX" + separator,
        b"SV3" + separator,
        b"DTP" + separator + b"472" + separator,
        b"TOO" + separator,
        b"NTE" + separator,
    )


class _Writer:
    """Writes the guide's loops as a pattern. Every repetition is possessive: what one loop takes no other gets back,
    just as a reader that goes forward would have it."""

    def __init__(self, delimiters: Delimiters, spaced: bool) -> None:
        self.e = re.escape(delimiters.element)
        self.c = re.escape(delimiters.component)
        self.t = re.escape(delimiters.segment)
        self.blank = b"[" + re.escape(delimiters.filler) + b"]*+" if spaced and delimiters.filler else b""
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

    def service(self, code: bytes, amount: bytes, count: bytes) -> bytes:
        """SV3 up to SV306, or as much of it as was sent: a procedure with modifiers but no description, a charge."""
        field = b"[^" + self.e + self.t + b"]*+"
        part = b"[^" + self.e + self.c + self.t + b"]*+"
        between = b"(?:" + self.e + field + b")"
        ends = b"(?=[" + self.e + self.t + b"])"
        counted = b"(?:" + between + b"{0,3}+(?=" + self.t + b")|" + between + b"{3}+" + self.e + count + ends + b")"
        procedure = b"AD" + self.c + code + b"(?:" + self.c + part + b"){0,4}+"
        return b"SV3" + self.e + procedure + self.e + amount + counted

    def _segment(self, tag: bytes, qualifiers: frozenset[bytes]) -> bytes:
        field = b"[^" + self.e + self.t + b"]*+"
        if tag == b"CLM":
            # CLM02 a plain amount, CLM05-3 is 1, nothing behind CLM18: no predetermination.
            part = b"[^" + self.e + self.c + self.t + b"]*+"
            place = part + self.c + part + self.c + b"1"
            fields = [b"CLM", field, b"(?P<charge>" + _AMOUNT + b")", b"", b"", place]
            return self.e.join(fields) + b"(?:" + self.e + field + b"){0,13}+" + self.t
        if tag == b"SV3":
            return self.service(_CODE, _AMOUNT, b"(?:" + _COUNT + b")?+") + self.rest
        if tag == b"DTP" and b"472" in qualifiers:
            others = b"|".join(sorted(qualifiers - {b"472"}))
            served = b"472" + self.e + b"D8" + self.e + rb"(?P=day)" + self.t
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
