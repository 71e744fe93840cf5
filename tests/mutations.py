"""Ways to spoil a transaction, for tests: one change at a time, each named and placed; no line of the product.

A transaction is a list of segments, a segment a list of elements (the identifier first), all text; components stay
joined by ``COMPONENT``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

COMPONENT = ":"
Segments = list[list[str]]
Change = Callable[[random.Random, Segments, int], None]
"""Spoils the segment with this index, or what stands around it, in place."""


def split(data: bytes, element: str = "*", segment: str = "~") -> list[Segments]:
    """The transactions of an interchange, each from ST to SE."""
    found: list[Segments] = []
    for text in data.decode("latin-1").split(segment):
        elements = text.strip("\r\n ").split(element) if text.strip("\r\n ") else []
        if elements[:1] == ["ST"]:
            found.append([])
        if elements and elements[0] not in ("ISA", "GS", "GE", "IEA", "TA1"):
            found[-1].append(elements)
    return found


def join(segments: Segments, element: str = "*", segment: str = "~", line_end: str = "") -> bytes:
    """The bytes of a transaction."""
    return "".join(element.join(one) + segment + line_end for one in segments).encode("latin-1")


def _element(draw: random.Random, segment: list[str]) -> int:
    return draw.randrange(1, len(segment)) if len(segment) > 1 else 0


def _part(draw: random.Random, segment: list[str], change: Callable[[str], str]) -> None:
    """Change one component of one element."""
    at = _element(draw, segment)
    if at:
        parts = segment[at].split(COMPONENT)
        number = draw.randrange(len(parts))
        parts[number] = change(parts[number])
        segment[at] = COMPONENT.join(parts)


def _delete(draw: random.Random, segments: Segments, at: int) -> None:
    del segments[at]


def _duplicate(draw: random.Random, segments: Segments, at: int) -> None:
    segments.insert(at, list(segments[at]))


def _repeat(draw: random.Random, segments: Segments, at: int) -> None:
    segments[at:at] = [list(segments[at]) for _ in range(draw.choice((5, 35, 60)))]


def _swap(draw: random.Random, segments: Segments, at: int) -> None:
    segments[at], segments[at - 1] = segments[at - 1], segments[at]


def _move(draw: random.Random, segments: Segments, at: int) -> None:
    segments.insert(draw.randrange(1, len(segments) - 1), segments.pop(at))


def _invent(draw: random.Random, segments: Segments, at: int) -> None:
    names = ("ZZZ", "QTY", "nm1", "", "LQ", "REF", "DTP", "HL", "SE", "N4", "OI", "CAS", "AMT", "K3")
    segments.insert(at, [draw.choice(names), draw.choice(("1", "XX", "EI", "472", "F5"))])


def _rename(draw: random.Random, segments: Segments, at: int) -> None:
    segments[at][0] = draw.choice(("ZZZ", "N3", "REF", "NM1", "HL", "LX"))


def _drop(draw: random.Random, segments: Segments, at: int) -> None:
    if len(segments[at]) > 1:
        del segments[at][_element(draw, segments[at])]


def _cut(draw: random.Random, segments: Segments, at: int) -> None:
    del segments[at][_element(draw, segments[at]) or 1 :]


def _empty(draw: random.Random, segments: Segments, at: int) -> None:
    if len(segments[at]) > 1:
        segments[at][_element(draw, segments[at])] = draw.choice(("", " ", "::"))


def _fill(draw: random.Random, segments: Segments, at: int) -> None:
    empty = [number for number, text in enumerate(segments[at]) if number and not text]
    if empty:
        segments[at][draw.choice(empty)] = draw.choice(("X", "1", "20260101"))


def _add(draw: random.Random, segments: Segments, at: int) -> None:
    segments[at] += [draw.choice(("", "X", "1"))] * draw.choice((1, 2, 20))


def _lengthen(draw: random.Random, segments: Segments, at: int) -> None:
    _part(draw, segments[at], lambda text: text + draw.choice(("0", "X")) * draw.choice((1, 5, 80)))


def _shorten(draw: random.Random, segments: Segments, at: int) -> None:
    _part(draw, segments[at], lambda text: text[: draw.randrange(len(text) or 1)])


def _alter(draw: random.Random, segments: Segments, at: int) -> None:
    codes = ("ZZ", "1", "18", "D8", "RD8", "U", "0", "-1", "99", "EI", "2", "TM")
    _part(draw, segments[at], lambda text: draw.choice(codes))


def _soil(draw: random.Random, segments: Segments, at: int) -> None:
    bad = ("\x07", "\xe9", " ", "^", "-", ".", "\t", "\n", "\x00", "\x7f", COMPONENT, "A", "5")

    def change(text: str) -> str:
        where = draw.randrange(len(text) + 1)
        return text[:where] + draw.choice(bad) + text[where:]

    _part(draw, segments[at], change)


def _date(draw: random.Random, segments: Segments, at: int) -> None:
    dates = (
        "20260230", "20240229", "19000229", "20000229", "20261301", "17991231", "18000101", "2026011", "260101", "2560",
        "20260101-20260102", "20260101-20260102-20260103", "20260101-", "24000101", "235959", "2359599",
    )  # fmt: skip
    numeric = [number for number, text in enumerate(segments[at]) if len(text) in (4, 6, 8, 17) and text[:4].isdigit()]
    if numeric:
        segments[at][draw.choice(numeric)] = draw.choice(dates)


def _number(draw: random.Random, segments: Segments, at: int) -> None:
    numbers = ("1.", ".5", "-.5", "-", ".", "1.2345", "+1", "1E5", "1,000", "0", "-0", "00001.10", "1" * 16 + ".55",
               "1" * 17 + ".55", "1" * 19, "1.5.5", "--1")  # fmt: skip
    found = [number for number, text in enumerate(segments[at]) if number and text.replace(".", "").isdigit()]
    if found:
        segments[at][draw.choice(found)] = draw.choice(numbers)


CHANGES: dict[str, Change] = {
    function.__name__[1:]: function
    for function in (
        _delete, _duplicate, _repeat, _swap, _move, _invent, _rename, _drop, _cut, _empty, _fill, _add, _lengthen,
        _shorten, _alter, _soil, _date, _number,
    )
}  # fmt: skip
"""Every way, by its name."""


def spoilt(segments: Segments, seed: int, count: int) -> Iterator[tuple[str, int, Segments]]:
    """So many copies with one change each, ST and SE left in place: the name of the change, its index, the copy."""
    draw = random.Random(seed)
    for _ in range(count):
        copy = [list(one) for one in segments]
        name = draw.choice(sorted(CHANGES))
        at = draw.randrange(1, len(copy) - 1)
        CHANGES[name](draw, copy, at)
        yield name, at, copy
