"""The values that are plain: codes, amounts, dates and parties of which no check would say anything, as bytes."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from bitewing.edi.conformance.format_rules import PLACES as _PLACES_OF_SERVICE
from bitewing.edi.conformance.format_rules import PROVINCES
from bitewing.edi.conformance.format_rules import STATES as _US
from bitewing.edi.conformance.teeth import AREAS as _MOUTH
from bitewing.edi.conformance.teeth import SURFACES, front
from bitewing.edi.values import day

NEUTRAL = frozenset({b"ST", b"BHT", b"SE", b"N3", b"PER", b"K3", b"NTE", b"CUR", b"OI", b"MOA", b"DN1", b"PAT"})
REFERENCES = frozenset({b"EI", b"SY", b"6R"})
"""What of REF is looked at."""
AMOUNT = re.compile(rb"(\d{1,9})(?:\.(\d\d?)?)?")
CDT = re.compile(rb"D\d{4}")
NPI = re.compile(rb"\d{10}")
TAXONOMY = re.compile(rb"[0-9A-Z]{10}")
ICD = re.compile(rb"[A-Z]\d[0-9A-Z]{1,5}")
ZIP = re.compile(rb"\d{5}(\d{4})?")
STATES = frozenset(code.encode() for code in _US | PROVINCES)
PLACES = frozenset(code.encode() for code in _PLACES_OF_SERVICE)
AREAS = frozenset(area.encode() for area in _MOUTH)
FULL_ZIP = frozenset({b"85", b"77"})
NOBODY: frozenset[bytes] = frozenset()
OF_LEVEL = {
    b"": frozenset({b"40", b"41"}),
    b"20": frozenset({b"85", b"87", b"PE"}),
    b"22": frozenset({b"IL", b"PR"}),
    b"23": frozenset({b"QC"}),
}
OF_CLAIM = frozenset({b"DN", b"P3", b"82", b"77", b"DD", b"DQ"})
OF_OTHER = frozenset({b"IL", b"PR", b"85"}) | OF_CLAIM
OF_LINE = frozenset({b"82", b"77", b"DD", b"DQ"})
ABOVE = {b"22": b"20", b"23": b"22"}


@lru_cache(maxsize=16384)
def cents(text: bytes) -> int:
    """An amount with at most two decimals in cents, -1 for any other."""
    found = AMOUNT.fullmatch(text)
    return int(found[1]) * 100 + int((found[2] or b"0").ljust(2, b"0")) if found is not None else -1


@lru_cache(maxsize=16384)
def day_of(text: bytes) -> date | None:
    """A date CCYYMMDD, None for any other."""
    try:
        return day(text.decode("latin-1"))
    except ValueError:
        return None


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
