"""What ``plain`` reads of a section: what other segments are asked about, and values of which nothing is said."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from bitewing.edi.conformance.formats import npi_checks
from bitewing.edi.conformance.teeth import SURFACES, front
from bitewing.edi.delimiters import Delimiters

Fact = tuple[bytes, bytes, bytes]
"""The identifier of a segment, its first element, and the rest of it."""


@lru_cache(maxsize=16)
def facts(delimiters: Delimiters) -> Callable[[bytes], list[Fact]]:
    """Finds the facts of a section, in order; not its first segment (HL, CLM)."""
    end, separator = re.escape(delimiters.segment), re.escape(delimiters.element)
    blank = b"[" + re.escape(delimiters.filler) + b"]*+" if delimiters.filler else b""
    tags = rb"(SV3|LX|NM1|TOO|HI|DN2|SBR|CAS|SVD|DMG|REF(?=%b6R)|DTP(?=%b(?:472|441|139)%b)|AMT(?=%bD%b))" % (
        (separator,) * 5
    )
    rest = b"([^%b%b]*+)%b?+([^%b]*+)" % (separator, end, separator, end)
    return re.compile(end + blank + tags + separator + rest).findall


def npi_of(rest: bytes, separator: bytes) -> bytes | None:
    """The NPI in NM109, from NM102 on; "" where it cannot be one, None where NM108 names no NPI."""
    elements = rest.split(separator)
    if len(elements) < 8 or elements[6] != b"XX":
        return None
    return elements[7] if npi_checks(elements[7].decode("ascii")) else b""


@lru_cache(maxsize=16384)
def cents(amount: bytes) -> int:
    """An amount with at most two decimals in cents."""
    whole, _, part = amount.partition(b".")
    return int(whole) * 100 + int(part.ljust(2, b"0"))


@lru_cache(maxsize=16384)
def tooth_is_plain(tooth: bytes, surfaces: bytes, component: bytes) -> bool:
    """Whether nothing would be said of a tooth and its surfaces."""
    at_front = front(tooth.decode("latin-1"))
    found = surfaces.decode("latin-1").split(component.decode("latin-1")) if surfaces else []
    wrong = "OB" if at_front else "IF"
    return (
        at_front is not None
        and len(set(found)) == len(found)
        and SURFACES.issuperset(found)
        and not any(surface in wrong for surface in found)
    )
