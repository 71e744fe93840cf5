"""The dental guide narrowed to what no check of this folder has anything against, as patterns: what ``plain`` matches.

Whatever one segment says of itself is settled here: codes, numbers and dates have their shape, amounts are not negative
and have at most two decimals, what asks for another segment has it or is left out. What several segments say together
is left to ``plain``. All of it is within the guide: what these patterns match, those of ``quick`` match too.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from bitewing.edi.conformance.format_rules import PLACES, PROVINCES, STATES
from bitewing.edi.conformance.grammar import WRITTEN, Element, Loop, Segment, dental_grammar
from bitewing.edi.conformance.patterns import Patterns
from bitewing.edi.conformance.quick import without
from bitewing.edi.conformance.teeth import AREAS, PRIMARY
from bitewing.edi.delimiters import Delimiters

_AMOUNT = r"[0-9]{1,9}+(?:\.[0-9]{1,2}+)?+"
_CDT = "D[0-9]{4}"
_ICD = "[A-Z][0-9][0-9A-Z]{1,5}+"
_NINE = "[0-9]{9}"
_NPI = "[12][0-9]{9}"
_TAXONOMY = "[0-9A-Z]{10}"
_ZIP = "[0-9]{5}(?:[0-9]{4})?+"
_STATES = tuple(sorted(STATES | PROVINCES))
_PLACES = tuple(sorted(PLACES))
_AREAS = tuple(sorted(AREAS))
_TEETH = (*map(str, (*range(1, 33), *range(51, 83))), *PRIMARY, *(tooth + "S" for tooth in PRIMARY))

_SHAPES = {
    **dict.fromkeys(["AMT02", "CLM02", "SV302", "SVD02", *(f"CAS{place:02}" for place in range(3, 19, 3))], _AMOUNT),
    **dict.fromkeys(["SV301-02", "SVD03-02"], _CDT),
    **dict.fromkeys([f"HI{place:02}-02" for place in range(1, 5)], _ICD),
    "N403": _ZIP,
    "PRV03": _TAXONOMY,
}
_CODES = {
    "CLM05-01": _PLACES,
    "CLM05-03": ("1",),
    "DN201": _TEETH,
    "DTP02": ("D8",),
    "HI01-01": ("ABK",),
    **dict.fromkeys([f"HI{place:02}-01" for place in range(2, 5)], ("ABF",)),
    "N402": _STATES,
    "SV301-01": ("AD",),
    "SV303": _PLACES,
    **dict.fromkeys([f"SV304-{place:02}" for place in range(1, 6)], _AREAS),
    **dict.fromkeys([f"SV311-{place:02}" for place in range(1, 5)], ("1", "2", "3", "4")),
    "SVD03-01": ("AD",),
}
_USAGES = {
    **dict.fromkeys(["N402", "N403", "PWK05", "PWK06"], "R"),
    **dict.fromkeys(["N404", "N405", "N406", "N407", "SVD06", *(f"CLM{place}" for place in range(11, 21))], "N"),
}
_FULL_ZIP = frozenset({"2010AA", "2310C", "2420D"})
_LEFT_OUT = frozenset({("CN1", ""), ("HCP", ""), ("MOA", ""), ("DTP", "439"), ("REF", "SY")})
"""Contracts, prices and remarks of others, accidents, social security numbers: by
identifier, or by their first element."""


@lru_cache(maxsize=16)
def pieces(delimiters: Delimiters) -> dict[str, re.Pattern[bytes]]:
    """The sections of a plain transaction: header, billing, self (a subscriber who is the patient), other (who is not),
    patient, claim, trailer."""
    guide, patterns = plain_guide(), Patterns(delimiters)
    billing = guide.loops["DETAIL"].loops["2000A"]
    subscriber = billing.loops["2000B"]
    start, end = guide.segments
    level = without(subscriber, "2300", "2000C")
    written = {
        "header": patterns.segment(start) + patterns.loop(guide.loops["HEADER"]),
        "billing": patterns.loop(without(billing, "2000B")),
        "self": patterns.loop(_subscriber(level, {"HL04": "0", "SBR02": "18"}, {"SBR02": "R"}, {"N3", "N4", "DMG"})),
        "other": patterns.loop(_subscriber(level, {"HL04": "1"}, {"SBR02": "N"}, set())),
        "patient": patterns.loop(without(subscriber.loops["2000C"], "2300")),
        "claim": patterns.loop(subscriber.loops["2300"]),
        "trailer": patterns.segment(end),
    }
    return {name: re.compile(pattern.encode("latin-1")) for name, pattern in written.items()}


@cache
def plain_guide() -> Loop:
    """ST_LOOP of the guide, narrowed."""
    return _loop(dental_grammar())


def _loop(loop: Loop) -> Loop:
    children: list[Segment | Loop] = []
    for child in loop.children:
        if isinstance(child, Loop):
            children.append(_loop(child))
        elif (child.tag, "") not in _LEFT_OUT and (child.tag, "".join(child.elements[0].codes)) not in _LEFT_OUT:
            children.append(_segment(child, loop.id))
    return loop._replace(children=tuple(children))


def _segment(segment: Segment, loop: str) -> Segment:
    elements = [_element(one) for one in segment.elements]
    while elements[-1].usage == "N":  # nor is its separator sent
        elements.pop()
    if segment.tag == "NM1" and len(elements) > 8 and "XX" in elements[7].codes:
        elements[7:9] = elements[7]._replace(codes=("XX",)), _shaped(elements[8], _NPI)
    elif segment.tag == "NM1" and loop == "2010BA":
        elements[7:9] = elements[7]._replace(usage="R"), elements[8]._replace(usage="R")
    elif segment.tag == "N4" and loop in _FULL_ZIP:
        elements[2] = _shaped(elements[2], _NINE)
    elif segment.tag == "REF":
        codes = [code for code in elements[0].codes if code != "SY"]
        if codes == ["EI"]:
            elements[1] = _shaped(elements[1], _NINE)
        elif "EI" in codes:
            codes.remove("EI")
        elements[0] = elements[0]._replace(codes=tuple(codes))
    usage = "R" if segment.tag == "PRV" and loop == "2310B" else segment.usage
    most = 1 if segment.tag == "TOO" else segment.most
    return segment._replace(usage=usage, most=most, elements=tuple(elements))


def _element(one: Element) -> Element:
    one = one._replace(
        usage=_USAGES.get(one.ref, one.usage),
        codes=_CODES.get(one.ref, one.codes),
        components=tuple(_element(part) for part in one.components),
    )
    return _shaped(one, _SHAPES[one.ref]) if one.ref in _SHAPES else one


def _shaped(one: Element, pattern: str) -> Element:
    return one._replace(type=WRITTEN, codes=(), pattern=pattern)


def _subscriber(level: Loop, codes: dict[str, str], usages: dict[str, str], needed: set[str]) -> Loop:
    """2000B with these codes and usages, and with these segments of 2010BA required."""
    children: list[Segment | Loop] = []
    for child in level.children:
        if isinstance(child, Segment):
            elements = tuple(
                one._replace(
                    usage=usages.get(one.ref, one.usage), codes=(codes[one.ref],) if one.ref in codes else one.codes
                )
                for one in child.elements
            )
            children.append(child._replace(elements=elements))
        elif child.id == "2010BA":
            details = (one._replace(usage="R") if _tag(one) in needed else one for one in child.children)
            children.append(child._replace(children=tuple(details)))
        else:
            children.append(child)
    return level._replace(children=tuple(children))


def _tag(part: Segment | Loop) -> str:
    return part.tag if isinstance(part, Segment) else ""
