"""Values from an input as elements of an answer: nothing in them may break the answer or be longer than its element.

An answer is always written with the delimiters ``*``, ``:``, ``^`` and ``~``, whatever the input used.
"""

from __future__ import annotations

import re
from decimal import Decimal

from bitewing.edi.values import number

ELEMENT, COMPONENT, REPETITION, TERMINATOR = b"*", b":", b"^", b"~"
STAND_IN = b"?"
"""What stands for a byte that an element cannot carry; it belongs to the basic character set."""
_UNSAFE = re.compile(rb"[^ -~]|[*:^~]")
_LONGEST_AMOUNT = 18
"""Digits of element 782."""


def safe(value: str | bytes, longest: int, shortest: int = 1) -> bytes:
    """A value as an element: delimiters, control characters and what is not ASCII become ``?``; blanks at its end go,
    and what is beyond ``longest`` characters. b"" where less than ``shortest`` is left.
    """
    raw = value if isinstance(value, bytes) else value.encode("latin-1", "replace")
    said = _UNSAFE.sub(STAND_IN, raw[: longest + 1])[:longest].rstrip(b" ")
    return said if len(said) >= shortest else b""


def segment(*elements: bytes) -> bytes:
    """A segment with its terminator, without empty elements at its end."""
    count = len(elements)
    while count > 1 and not elements[count - 1]:
        count -= 1
    return ELEMENT.join(elements[:count]) + TERMINATOR


def composite(*components: bytes) -> bytes:
    """A composite element, without empty components at its end."""
    return COMPONENT.join(components).rstrip(COMPONENT)


def money(amount: Decimal) -> bytes:
    """An amount as X12 writes it, without zeros that say nothing; b"" where it has more digits than element 782."""
    said = f"{amount:f}"
    if "." in said:
        said = said.rstrip("0").rstrip(".")
    if said in ("", "-", "-0"):
        return b"0"
    return said.encode() if sum(map(str.isdigit, said)) <= _LONGEST_AMOUNT else b""


def charge(text: str) -> Decimal:
    """A charge as sent; zero where it is not a number, or has more digits than an amount may have."""
    try:
        said = number(text)
    except ValueError:
        return Decimal(0)
    return said if money(said) else Decimal(0)
