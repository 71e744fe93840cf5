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
_MOST_KNOWN = 16_384
NO_MORE: Mapping[str, int] = MappingProxyType({})


class Sketch(NamedTuple):
    """What a claim says at first sight: one date of service that holds for every line, one service to a line.

    codes: SV301-2 of every line, in order; none has a description (SV301-7). counts: every SV306 that was sent; more:
    by code, how many units they add to one for each line. crowded: whether a line with several units may have several
    teeth. whole: whether the rest of the claim was recognised, too: frequency 1, no predetermination, every segment
    where the guide has it. Only then are known: balanced, whether CLM02 is the sum of SV302, and notes. day: the date
    of service, CCYYMMDD.
    """

    codes: tuple[str, ...]
    counts: tuple[int, ...] = ()
    more: Mapping[str, int] = NO_MORE
    crowded: bool = False
    whole: bool = False
    balanced: bool = False
    day: bytes = b""
    noted: tuple[bytes, re.Pattern[bytes]] | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """NTE02 of every NTE, in order."""
        return tuple(map(_text, self.noted[1].findall(self.noted[0]))) if self.noted else ()

    @property
    def date(self) -> date:
        """The date of service."""
        return _date(self.day)

    def units(self, code: str) -> int:
        """How many units of the code are on the claim."""
        return self.codes.count(code) + self.more.get(code, 0)


def sketch(data: bytes, delimiters: Delimiters) -> Sketch | None:
    """The sketch of a claim's bytes, None where it is not plain."""
    # Where white space stands between segments it stands behind the last one, too; if not, it is found out.
    patterns = _patterns(delimiters, data[-1:] in delimiters.filler)
    found = _whole(data, patterns)
    if found is None:
        if patterns.spaced or not (b"\n" in data or b"\r" in data):
            return None
        patterns = _patterns(delimiters, True)
        found = _whole(data, patterns)
        if found is None:
            return None
    claim, begin = found
    day, charge = claim.groups()
    # Inside a whole claim a service follows its LX, and stands nowhere else; every date of service is this one.
    lines = patterns.served.findall(data, begin)
    if not is_day(day) or not 0 < len(lines) <= MOST_LINES:
        return None
    codes, charges, counts = zip(*lines, strict=True)
    balanced = sum(map(_cents, charges)) == _cents(charge)
    noted = (
        (data, patterns.note) if data.find(patterns.noted, 0, len(data) if patterns.spaced else begin) >= 0 else None
    )
    said, more = _counted(codes, counts) if any(counts) else ((), NO_MORE)
    crowded = bool(more) and patterns.tooth in data and _crowded(data, counts, patterns)
    return Sketch(tuple(map(_text, codes)), said, more, crowded, True, balanced, day, noted)


def _whole(data: bytes, patterns: _Patterns) -> tuple[re.Match[bytes], int] | None:
    """A plain claim every line of which has a date of service, its own or the claim's, and where its lines begin."""
    begin = data.find(patterns.lines)
    if 0 <= data.find(patterns.dates) < begin:
        claim = patterns.shape.fullmatch(data)
    else:
        claim = patterns.usual.fullmatch(data)
        if claim is None:
            claim = patterns.shape.fullmatch(data)
            if claim is not None and not _all_dated(data, patterns):
                return None
    return None if claim is None else (claim, begin)


Named = tuple[str, str, str, str, str]
"""Whom an HL is for: NM101 (IL or QC), NM103, NM104, NM109 and DMG02, eight digits."""


def named(data: bytes, delimiters: Delimiters) -> Named | None:
    """The subscriber or patient of an HL, None where its first NM1 is neither or no birth date comes before another."""
    found = _person(delimiters).match(data)
    if found is None:
        return None
    qualifier, last, first, member, born = (part.decode("latin-1") for part in found.groups(b""))
    return qualifier, last, first, member, born


def _counted(codes: Sequence[bytes], counts: Sequence[bytes]) -> tuple[tuple[int, ...], Mapping[str, int]]:
    """Every count that was sent, and by code how many units they add to one for each line."""
    more: dict[str, int] = {}
    for code, count in zip(codes, counts, strict=True):
        if count > b"1":
            more[_text(code)] = more.get(_text(code), 0) + int(count) - 1
    return tuple(int(count) for count in counts if count), more


def _all_dated(data: bytes, patterns: _Patterns) -> bool:
    """Whether every line of a whole claim has a date of service of its own."""
    if patterns.spaced:
        return all(dated for *_, dated in patterns.line.findall(data))
    for line in data.split(patterns.lines)[1:]:  # noqa: SIM110 - a generator would cost half as much again
        if patterns.dates not in line:
            return False
    return True


def _crowded(data: bytes, counts: Sequence[bytes], patterns: _Patterns) -> bool:
    """Whether a line of a whole claim with several units may have several teeth."""
    lines = data.split(patterns.marker)[1:]
    if len(lines) != len(counts):  # what begins a line stands in a text, too
        return True
    return any(count > b"1" and line.count(patterns.tooth) > 1 for line, count in zip(lines, counts, strict=True))


class _Texts(dict[bytes, str]):
    """Codes and notes as text. Every line of every claim asks: a dictionary answers faster than a function."""

    def __missing__(self, said: bytes) -> str:
        text = said.decode("latin-1")
        if len(self) < _MOST_KNOWN:
            self[said] = text
        return text


class _Cents(dict[bytes, int]):
    """Plain amounts in cents; kept as above."""

    def __missing__(self, amount: bytes) -> int:
        whole, _, part = amount.partition(b".")
        cents = int(whole) * 100 + int((part + b"00")[:2])
        if len(self) < _MOST_KNOWN:
            self[amount] = cents
        return cents


_text, _cents = _Texts().__getitem__, _Cents().__getitem__


@lru_cache(maxsize=4096)
def _date(said: bytes) -> date:
    return date.fromisoformat(said.decode("latin-1"))


@lru_cache(maxsize=64)
def _person(delimiters: Delimiters) -> re.Pattern[bytes]:
    """The first NM1 of an HL, with NM103, NM104 and NM109, and DMG02 where no other loop is opened between."""
    e, t = re.escape(delimiters.element), re.escape(delimiters.segment)
    blank = b"[" + re.escape(delimiters.filler) + b"]*+" if delimiters.filler else b""
    field, rest = b"[^" + e + t + b"]*+", b"[^" + t + b"]*+" + t + blank
    before = b"(?:(?!NM1[" + e + t + b"])" + rest + b")*+"
    name = b"NM1" + e + b"(IL|QC)" + e + field + e + b"(" + field + b")" + e + b"(" + field + b")"
    member = b"(?:" + (e + field) * 4 + e + b"(" + field + b"))?+"
    others = b"(?:(?!(?:NM1|DMG|SBR|SVD|LX)[" + e + t + b"])" + rest + b")*+"
    born = b"DMG" + e + b"D8" + e + rb"(\d{8})(?=[" + e + t + b"])"
    return re.compile(blank + before + name + member + rest + others + born)


class _Patterns(NamedTuple):
    """A whole plain claim; one whose lines have their dates where they usually stand; a line up to its date of service;
    a service; notes. Bytes that begin a line (marker), a tooth and a note; lines and dates: those that begin a line and
    a date of service, with the end of the segment before them, where nothing stands between."""

    spaced: bool
    shape: re.Pattern[bytes]
    usual: re.Pattern[bytes]
    line: re.Pattern[bytes]
    served: re.Pattern[bytes]
    note: re.Pattern[bytes]
    lines: bytes
    dates: bytes
    marker: bytes
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
    shape, usual = (first + writer.loop(dental().loops["2300"], dated=dated) + writer.blank for dated in (False, True))
    code, count = b"(" + _CODE + b")", b"(" + _COUNT + b")?+"
    others = b"(?:(?!LX" + e + b"|" + date + b")" + rest + b")*+"
    line = b"LX" + e + rest + writer.service(code, _AMOUNT, count) + rest + others + b"(" + date + b")?+"
    note = t + writer.blank + b"NTE" + e + b"[^" + e + t + b"]*" + e + b"([^" + e + t + b"]*)"
    separator = delimiters.element
    between = b"" if spaced else delimiters.segment
    return _Patterns(
        spaced,
        re.compile(shape),
        re.compile(usual),
        re.compile(line),
        re.compile(t + writer.blank + writer.service(code, b"(" + _AMOUNT + b")", count)),
        re.compile(note),
        between + b"LX" + separator,
        between + b"DTP" + separator + b"472" + separator,
        b"LX" + separator,
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

    def loop(self, rule: LoopRule, *, dated: bool) -> bytes:
        """A loop: what opens it, its other segments in any order, the loops inside it.

        dated: whether a line has its date of service right behind its service and teeth.
        """
        tag, qualifiers = rule.opens
        opening = self._segment(tag.encode(), frozenset(code.encode() for code in qualifiers))
        if tag == "LX":  # one service to a line, right behind its number
            opening += self.blank + self._segment(b"SV3", frozenset())
            if dated:
                teeth = self.blank + self._segment(b"TOO", frozenset())
                opening += b"(?:" + teeth + b")*+" + self.blank + b"DTP" + self.e + self._served()
        # What opens a loop opens the next one where it comes again; a service has its place already.
        within = [(name, allowed) for name, allowed in rule.segments.items() if name not in (tag.encode(), b"SV3")]
        others = [self._segment(name, allowed) for name, allowed in within]
        inside = [self.loop(child, dated=dated) for child in rule.children]
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

    def _served(self) -> bytes:
        """A date of service behind its identifier: always the same one."""
        return b"472" + self.e + b"D8" + self.e + rb"(?P=day)" + self.t

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
            return b"DTP" + self.e + b"(?:" + self._served() + b"|(?:" + others + b")" + self.e + self.rest + b")"
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
