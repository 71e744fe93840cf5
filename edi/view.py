"""How a view reads its loop: on demand, one element at a time, each value kept once it was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar, overload

from bitewing.edi import values
from bitewing.edi.errors import BadValue, Spot
from bitewing.edi.loops import Loop, Segment
from bitewing.edi.values import DateSpan

T = TypeVar("T")


class lazy(Generic[T]):  # noqa: N801 - used as a decorator
    """A property that is computed once: the value then stands in the instance itself."""

    def __init__(self, read: Callable[[Any], T]) -> None:
        self._read = read
        self.__doc__ = read.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> lazy[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> lazy[T] | T:
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._read(instance)
        return value


class View:
    """A loop read as a thing. ``loop`` is None where the loop was not sent: everything then reads as absent."""

    def __init__(self, loop: Loop | None) -> None:
        self.loop = loop

    def segment(self, tag: bytes, qualifier: bytes | None = None) -> Segment | None:
        """The loop's own first segment with this identifier (and first element)."""
        return self.loop.first(tag, qualifier) if self.loop is not None else None

    def segments(self, tag: bytes, qualifier: bytes | None = None) -> Iterator[Segment]:
        """All of them, in order."""
        return self.loop.all(tag, qualifier) if self.loop is not None else iter(())


def text(tag: str, position: int, component: int = 0, *, doc: str) -> lazy[str]:
    """An element (or component) as text, "" where absent."""
    name = tag.encode()

    def read(view: View) -> str:
        segment = view.segment(name)
        if segment is None:
            return ""
        return segment.component(position, component) if component else segment.element(position)

    read.__doc__ = doc
    return lazy(read)


def amount(tag: str, position: int, qualifier: str | None = None, *, doc: str) -> lazy[Decimal | None]:
    """An element of type R, exact; None where absent. Reading raises BadValue where it is not a number."""
    name, wanted = tag.encode(), qualifier.encode() if qualifier else None

    def read(view: View) -> Decimal | None:
        return number_of(view.segment(name, wanted), position)

    read.__doc__ = doc
    return lazy(read)


def day(qualifier: str, *, doc: str) -> lazy[date | None]:
    """DTP03 of the loop's DTP with this qualifier, one day; None where absent. Raises BadValue where it is no date."""
    wanted = qualifier.encode()

    def read(view: View) -> date | None:
        found = span_of(view.segment(b"DTP", wanted))
        return found.start if found else None

    read.__doc__ = doc
    return lazy(read)


def reference(qualifier: str, *, doc: str) -> lazy[str]:
    """REF02 of the loop's first REF with this qualifier, "" where absent."""
    wanted = qualifier.encode()

    def read(view: View) -> str:
        segment = view.segment(b"REF", wanted)
        return segment.element(2) if segment is not None else ""

    read.__doc__ = doc
    return lazy(read)


def number_of(segment: Segment | None, position: int) -> Decimal | None:
    """Element ``position`` as an exact number, None where absent. Raises BadValue where it is not a number."""
    if segment is None or not (said := segment.element(position)):
        return None
    try:
        return values.number(said)
    except ValueError:
        raise BadValue(
            f"{segment.tag}{position:02d} is not a number",
            Spot(segment.offset, segment.tag),
            "send digits, with a point before the cents and nothing else, such as 125.00",
        ) from None


def span_of(segment: Segment | None, qualifier_at: int = 2, value_at: int = 3) -> DateSpan | None:
    """A date or range of dates (DTP02/DTP03, DMG01/DMG02), None where absent. Raises BadValue where there is none."""
    if segment is None or not (said := segment.element(value_at)):
        return None
    try:
        return values.span(segment.element(qualifier_at), said)
    except ValueError:
        raise BadValue(
            f"{segment.tag}{value_at:02d} is not a date",
            Spot(segment.offset, segment.tag),
            "send CCYYMMDD with qualifier D8, or CCYYMMDD-CCYYMMDD with RD8",
        ) from None


def components(segment: Segment | None, position: int) -> tuple[str, ...]:
    """The components of a composite element that were sent with a value."""
    return tuple(part for part in segment.components(position) if part) if segment is not None else ()
