"""Teeth, surfaces and areas of the mouth (SNIP types 5 and 7).

Teeth as in the universal system (JP): permanent 1 to 32, primary A to T, supernumerary 51 to 82 (the tooth beside it
and 50) and AS to TS. Which tooth does not exist is certain and refuses; what a tooth is not likely to have is told.
"""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.conformance.fault import Fault, Scope
from bitewing.edi.conformance.rule import TELLS, Rule
from bitewing.edi.conformance.sections import Placed

PRIMARY = "ABCDEFGHIJKLMNOPQRST"
_PERMANENT_FRONT = frozenset(range(6, 12)) | frozenset(range(22, 28))
_PRIMARY_FRONT = frozenset("CDEFGHMNOPQR")
AREAS = frozenset({"00", "01", "02", "10", "20", "30", "40"})
SURFACES = frozenset("BDFILMO")

TOOTH = Rule("tooth-unknown", 5, Scope.ELEMENT, "7", "there is no such tooth in the universal system",
             "send 1 to 32 or A to T; 51 to 82 or AS to TS for a supernumerary tooth")  # fmt: skip
LEADING_ZERO = Rule(
    "tooth-with-leading-zero",
    5,
    Scope.ELEMENT,
    "",
    "the tooth is sent with a zero before it",
    "send 1 to 9 without a zero",
    TELLS,
)
SURFACE = Rule("surface-unknown", 5, Scope.ELEMENT, "7", "this is no surface", "send M, O, D, B, L, F or I")
REPEATED = Rule(
    "surface-repeated", 7, Scope.ELEMENT, "", "a surface is named twice on one tooth", "name each surface once", TELLS
)
FRONT = Rule(
    "surface-not-on-front-tooth",
    7,
    Scope.ELEMENT,
    "",
    "a front tooth has an incisal edge and a facial surface: O and B belong to back teeth",
    "look whether the tooth is right; send I for O, F for B",
    TELLS,
)
BACK = Rule(
    "surface-not-on-back-tooth",
    7,
    Scope.ELEMENT,
    "",
    "a back tooth has an occlusal and a buccal surface: I and F belong to front teeth",
    "look whether the tooth is right; send O for I, B for F",
    TELLS,
)
AREA = Rule(
    "area-unknown",
    5,
    Scope.ELEMENT,
    "",
    "SV304 is not one of the areas 00, 01, 02, 10, 20, 30, 40",
    "send the whole mouth, an arch or a quadrant",
    TELLS,
)


def is_tooth(tooth: str) -> bool:
    """Whether there is such a tooth."""
    return front(tooth) is not None


def front(tooth: str) -> bool | None:
    """Whether it is a front tooth (incisor or canine); None where there is no such tooth."""
    if len(tooth) == 2 and tooth[1] == "S" and tooth[0] in PRIMARY:
        tooth = tooth[0]
    if len(tooth) == 1 and tooth in PRIMARY:
        return tooth in _PRIMARY_FRONT
    if not (tooth.isascii() and tooth.isdigit()) or len(tooth) > 2 or tooth[0] == "0":
        return None
    number = int(tooth)
    number -= 50 if 51 <= number <= 82 else 0
    return number in _PERMANENT_FRONT if 1 <= number <= 32 else None


def tooth_faults(placed: Placed) -> Iterator[Fault]:
    """What is wrong with a TOO, a DN2 or the areas of an SV3 by itself."""
    if placed.tag == b"TOO":
        if placed.element(1) in ("", "JP"):
            yield from _tooth(placed, 2)
            yield from _surfaces(placed)
    elif placed.tag == b"DN2":
        if placed.element(6) in ("", "JP"):
            yield from _tooth(placed, 1)
    else:
        for number, area in enumerate(placed.components(4), start=1):
            if area and area not in AREAS:
                yield placed.fault(AREA, 4, number)


def _tooth(placed: Placed, element: int) -> Iterator[Fault]:
    tooth = placed.element(element)
    if not tooth or is_tooth(tooth):
        return
    rule = LEADING_ZERO if len(tooth) == 2 and tooth[0] == "0" and is_tooth(tooth[1]) and tooth[1].isdigit() else TOOTH
    yield placed.fault(rule, element)


def _surfaces(placed: Placed) -> Iterator[Fault]:
    tooth = placed.element(2)
    at_front = front(tooth.lstrip("0"))
    seen: set[str] = set()
    for number, surface in enumerate(placed.components(3), start=1):
        if not surface:
            continue
        if surface not in SURFACES:
            yield placed.fault(SURFACE, 3, number)
        elif surface in seen:
            yield placed.fault(REPEATED, 3, number)
        elif at_front is True and surface in "OB":
            yield placed.fault(FRONT, 3, number)
        elif at_front is False and surface in "IF":
            yield placed.fault(BACK, 3, number)
        seen.add(surface)
