"""Segments and loops of the guide as regular expressions over bytes, for one set of delimiters.

Everything is possessive: what one part took, it keeps, so a pattern reads its bytes once and never starts over. Where
the guide allows any order, a look ahead refuses what comes more often than it may.
"""

from __future__ import annotations

import re
from itertools import groupby

from bitewing.edi.conformance.grammar import UNLIMITED, WRITTEN, Element, Loop, Segment
from bitewing.edi.delimiters import Delimiters

_DAY = (
    "(?:1[89]|[2-9][0-9])[0-9][0-9](?:(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)|02(?:0[1-9]|1[0-9]|2[0-8]))"
)
_LEAP_DAY = "(?:(?:1[89]|[2-9][0-9])(?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[3579][26])00)0229"
DATE = f"(?:{_DAY}|{_LEAP_DAY})"
"""CCYYMMDD of a day that exists, from 1800 on."""
TIME = "(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9][0-9]{0,2}+)?+"
"""HHMM, HHMMSS, HHMMSSD or HHMMSSDD."""


class Patterns:
    """Writes patterns, as text in latin-1, with the delimiters of one interchange."""

    def __init__(self, delimiters: Delimiters) -> None:
        marks = delimiters.element + delimiters.component + delimiters.repetition + delimiters.segment
        self._marks = marks.decode("latin-1")
        text = bytes(byte for byte in range(0x20, 0x7F) if byte not in marks)
        self._text = "[" + re.escape(text).decode("latin-1") + "]"
        self._separator = re.escape(delimiters.element).decode("latin-1")
        self._component = re.escape(delimiters.component).decode("latin-1")
        end = re.escape(delimiters.segment).decode("latin-1")
        blank = re.escape(delimiters.filler).decode("latin-1")
        self.end = end + (f"[{blank}]*+" if blank else "")
        self._rest = f"[^{end}]*+{self.end}"
        self._filled = f"{self._separator}[^{self._separator}{end}]"
        self._any = f"{self._filled}*+"

    # -- elements

    def segment(self, segment: Segment) -> str:
        """One segment with its terminator and the white space behind it."""
        elements = segment.elements
        required = max((at for at, one in enumerate(elements) if one.usage == "R"), default=-1) + 1
        pairs = self._pairs(segment, required)
        written, at = "", 0
        while at < len(elements):
            if at in pairs:
                both = "".join(self._separator + self._value(one) for one in elements[at : at + 2])
                written += f"(?>{both}|{self._separator}?+{self._separator}?+)"
                at += 2
                continue
            written += self._element(elements, at, required)
            at += 1
        notes = [note for note in segment.notes if int(note[1:3]) - 1 not in pairs or note[0] != "P"]
        return segment.tag + self._notes(notes, elements) + written + self.end

    def _element(self, elements: tuple[Element, ...], at: int, required: int) -> str:
        one = elements[at]
        optional = f"(?:{self._value(one)})?+" if one.usage == "S" else ""
        if at < required:
            if at and _dated(elements, at - 1):
                return ""
            if _dated(elements, at):
                return self._separator + self._date(one)
            return self._separator + (self._value(one) if one.usage == "R" else optional)
        return f"(?:{self._separator}{optional})?+"

    def _date(self, one: Element) -> str:
        """How a date is written, and the date."""
        until = "(?!)" if "-" in self._marks else "-"
        forms = {"D8": DATE, "RD8": f"{DATE}{until}{DATE}", "TM": TIME}
        return "(?:" + "|".join(f"{code}{self._separator}{forms[code]}" for code in one.codes) + ")"

    def _value(self, one: Element) -> str:
        if one.components:
            return self._composite(one)
        if one.codes:
            codes = sorted(one.codes, key=len, reverse=True)
            return "(?:" + "|".join(re.escape(code) for code in codes) + ")"
        if one.type == WRITTEN:
            return self._unmarked(one.pattern)
        if one.pattern or one.type == "DT":
            return DATE
        if one.type == "TM":
            return TIME
        if one.type.startswith("N"):
            return self._unmarked(f"-?+[0-9]{{{one.low},{one.high}}}+")
        if one.type == "R":
            return self._unmarked(_number(one.high))
        return f"{self._text}{{{one.low},{one.high}}}+(?<! )"

    def _unmarked(self, number: str) -> str:
        """A pattern of numbers, without the point or the sign where that is a delimiter."""
        number = number.replace("\\.", "(?!)") if "." in self._marks else number
        return number.replace("-?+", "") if "-" in self._marks else number

    def _composite(self, composite: Element) -> str:
        parts = composite.components
        required = max((at for at, one in enumerate(parts) if one.usage == "R"), default=0) + 1
        written = ""
        for at, one in enumerate(parts):
            value = self._value(one) if one.usage != "N" else ""
            value = f"(?:{value})?+" if one.usage == "S" and at else value
            mark = self._component if at else ""
            written += mark + value if at < required else f"(?:{mark}{value})?+"
        return written

    # -- relations of elements

    def _pairs(self, segment: Segment, required: int) -> set[int]:
        """Where two optional elements beside each other come together or not at all (P0809), by index of the first."""
        found = set()
        for note in segment.notes:
            places = _places(note)
            usages = {segment.elements[place - 1].usage for place in places if place <= len(segment.elements)}
            if note[0] == "P" and places == [places[0], places[0] + 1] and usages == {"S"} and places[0] > required:
                found.add(places[0] - 1)
        return found

    def _notes(self, notes: list[str], elements: tuple[Element, ...]) -> str:
        """Look-aheads behind the identifier for relations that usage does not settle."""
        open_notes = [note for note in notes if not _settled(note, elements)]
        if not open_notes:
            return ""
        written = "".join(self._note(note) for note in open_notes)
        if any(note[0] == "R" for note in open_notes):
            return written
        first = min(max(_places(note)) if note[0] == "E" else _guard(note) for note in open_notes)
        return f"(?:(?!(?:{self._any}){{{first - 1}}}{self._separator})|{written})"

    def _note(self, note: str) -> str:
        here = [f"(?={self._sent(place)})" for place in _places(note)]
        gone = [f"(?!{self._sent(place)})" for place in _places(note)]
        if note[0] == "P":
            return f"(?:{''.join(here)}|{''.join(gone)})"
        if note[0] == "C":
            return f"(?:{gone[0]}|{''.join(here[1:])})"
        if note[0] == "L":
            return f"(?:{gone[0]}|{'|'.join(here[1:])})"
        if note[0] == "R":
            return f"(?:{'|'.join(here)})"
        only = ["".join(gone[:at] + gone[at + 1 :]) for at in range(len(gone))]
        return f"(?:{'|'.join(only)})"

    def _sent(self, place: int) -> str:
        return f"(?:{self._any}){{{place - 1}}}{self._filled}"

    # -- loops

    def loop(self, loop: Loop) -> str:
        """A loop with all that stands in it."""
        written = ""
        for _, group in groupby(loop.children, key=lambda child: child.position):
            members = list(group)
            if len(members) == 1:
                written += _repeated(self._part(members[0]), members[0])
            elif isinstance(members[0], Segment):
                written += self._any_order(members, needed=True)
            else:
                # Required loops only in the guide's order: what has another takes the slow way.
                written += "".join(_repeated(self._part(one), one) for one in members if one.usage == "R")
                written += self._any_order([one for one in members if one.usage != "R"], needed=False)
        return written

    def _part(self, part: Segment | Loop) -> str:
        return self.segment(part) if isinstance(part, Segment) else self.loop(part)

    def _any_order(self, members: list[Segment | Loop], *, needed: bool) -> str:
        """Members of one position, each as often as it may; required segments somewhere among them."""
        tags = "|".join(sorted({tag for one in members for tag in _tags(one)}))
        others = f"(?:(?:{tags}){self._separator}{self._rest})*?"
        written = "".join(f"(?={others}{self._start(one)})" for one in members if needed and one.usage == "R")
        choices = []
        for one in members:
            again = f"{others}{self._start(one)}"
            if one.most > 1:
                again = f"(?:{again}{self._rest}){{{one.most}}}"
            choices.append(self._part(one) + ("" if one.most == UNLIMITED else f"(?!{again})"))
        return written + f"(?:{'|'.join(choices)})*+"

    def _start(self, part: Segment | Loop) -> str:
        """What a segment, or the first segment of a loop, begins with: identifier and the codes that choose it."""
        first = part.segments[0] if isinstance(part, Loop) else part
        codes = "|".join(re.escape(code) for code in first.elements[0].codes)
        return f"{first.tag}{self._separator}(?:{codes}){self._separator}"


def _dated(elements: tuple[Element, ...], at: int) -> bool:
    """Whether an element says how the date behind it is written."""
    pair = [(one.number, one.usage, one.pattern) for one in elements[at : at + 2]]
    return pair == [("1250", "R", ""), ("1251", "R", "")]


def _number(high: int) -> str:
    """A decimal number. Its digits are counted, not its sign and point: with a fraction, fewer may stand before it."""
    if high < 4:
        return f"-?+[0-9]{{1,{high}}}+"
    cents = f"[0-9]{{1,{high - 2}}}+(?:\\.[0-9]{{1,2}}+)?+"
    if high < 10:
        return f"-?+(?:{cents}|\\.[0-9]{{1,2}}+)"
    return f"-?+(?:{cents}(?![0-9])|[0-9]{{1,{high - 3}}}+\\.[0-9]{{3}}|\\.[0-9]{{1,3}}+)"


def _repeated(pattern: str, part: Segment | Loop) -> str:
    low = 1 if part.usage == "R" else 0
    if (low, part.most) == (1, 1):
        return pattern
    return f"(?:{pattern}){{{low},{part.most or ''}}}+"


def _tags(part: Segment | Loop) -> set[str]:
    if isinstance(part, Segment):
        return {part.tag}
    return {tag for child in part.children for tag in _tags(child)}


def _places(note: str) -> list[int]:
    return [int(note[at : at + 2]) for at in range(1, len(note), 2)]


def _guard(note: str) -> int:
    """The element without which nothing can be wrong with a relation."""
    return min(_places(note)) if note[0] in "PR" else _places(note)[0]


def _settled(note: str, elements: tuple[Element, ...]) -> bool:
    """Whether a relation always holds, as an element in it is always or never sent."""
    usages = [elements[place - 1].usage if place <= len(elements) else "N" for place in _places(note)]
    if note[0] == "R":
        return "R" in usages
    if note[0] == "P":
        return set(usages) in ({"R"}, {"N"})
    if note[0] == "E":
        return len(usages) - usages.count("N") < 2
    return usages[0] == "N" or (set(usages[1:]) == {"R"} if note[0] == "C" else "R" in usages[1:])
