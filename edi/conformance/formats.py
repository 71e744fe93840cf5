"""The shape of codes and numbers in one segment, and the lists they come from (SNIP type 5).

What a segment says of itself needs no other segment: one that was found silent is known by its bytes when it comes
again, and most segments of a file come again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from bitewing.edi.conformance import format_rules as say
from bitewing.edi.conformance.external import NO_LISTS, CodeLists
from bitewing.edi.conformance.fault import Fault
from bitewing.edi.conformance.sections import Placed
from bitewing.edi.conformance.teeth import tooth_faults
from bitewing.edi.values import span

MOST_KNOWN = 50_000
"""How many silent segments are kept in mind."""

_FULL_ZIP = frozenset({"2010AA", "2310C", "2420D"})
_US_ZIP = re.compile(r"\d{5}(\d{4})?", re.ASCII)
_CDT = re.compile(r"D\d{4}", re.ASCII)
_TAXONOMY = re.compile(r"[0-9A-Z]{10}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2,3}", re.ASCII)
_EMPLOYER = re.compile(r"\d{2}-?\d{7}", re.ASCII)
_SOCIAL = re.compile(r"\d{9}|\d{3}-\d{2}-\d{4}", re.ASCII)
_NPI = re.compile(r"\d{10}", re.ASCII)
_ICD_10 = re.compile(r"[A-Z]\d[0-9A-Z](\.?[0-9A-Z]{1,4})?", re.ASCII)


class Formats:
    """Looks at segments one by one."""

    def __init__(self, lists: CodeLists = NO_LISTS) -> None:
        self._lists = lists
        self._silent: set[tuple[str, bytes]] = set()

    def segments(self, section: Iterable[Placed]) -> Iterator[Fault]:
        """What is wrong with the codes and numbers of some segments."""
        for placed in section:
            check = _CHECKS.get(placed.tag)
            if check is None or (key := (placed.loop.id, placed.segment.data)) in self._silent:
                continue
            said = False
            for fault in check(placed, self._lists):
                said = True
                yield fault
            if not said:
                if len(self._silent) >= MOST_KNOWN:
                    self._silent.clear()
                self._silent.add(key)


@lru_cache(maxsize=4096)
def npi_checks(npi: str) -> bool:
    """Whether the last digit of an NPI is the one its other digits give (Luhn, with the prefix 80840)."""
    total = 0
    for place, digit in enumerate(reversed("80840" + npi)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0 and npi[0] in "12"


def _name(placed: Placed, lists: CodeLists) -> Iterator[Fault]:
    """NM1 and N1: an NPI where the qualifier is XX."""
    at = 8 if placed.tag == b"NM1" else 3
    said = placed.element(at + 1)
    if placed.element(at) != "XX" or not said:
        return
    if _NPI.fullmatch(said) is None:
        yield placed.fault(say.NPI_SHAPE, at + 1)
    elif not npi_checks(said):
        yield placed.fault(say.NPI_DIGIT, at + 1)


def _address(placed: Placed, lists: CodeLists) -> Iterator[Fault]:
    """N4: country, state, ZIP."""
    state, zip_code, country = placed.element(2), placed.element(3), placed.element(4)
    if country:
        if _COUNTRY.fullmatch(country) is None:
            yield placed.fault(say.COUNTRY, 4)
            return
        yield from _listed(placed, 4, 0, country, "country", lists)
    if country in ("", "US", "USA"):
        if zip_code and _US_ZIP.fullmatch(zip_code) is None:
            yield placed.fault(say.ZIP, 3)
        elif len(zip_code) == 5 and placed.loop.id in _FULL_ZIP:
            yield placed.fault(say.ZIP_SHORT, 3)
    if state and country in ("", "US", "USA", "CA", "CAN"):
        if "state" in lists:
            yield from _listed(placed, 2, 0, state, "state", lists)
        elif state not in say.STATES and state not in say.PROVINCES:
            yield placed.fault(say.STATE, 2)


def _specialty(placed: Placed, lists: CodeLists) -> Iterator[Fault]:
    """PRV: a taxonomy code."""
    said = placed.element(3)
    if placed.element(2) != "PXC" or not said:
        return
    if _TAXONOMY.fullmatch(said) is None:
        yield placed.fault(say.TAXONOMY, 3)
    else:
        yield from _listed(placed, 3, 0, said, "taxonomy", lists)


def _reference(placed: Placed, lists: CodeLists) -> Iterator[Fault]:
    """REF: employer and social security numbers. The value of the latter is not kept."""
    kind, said = placed.element(1), placed.element(2)
    if kind == "EI" and said and _EMPLOYER.fullmatch(said) is None:
        yield placed.fault(say.EMPLOYER, 2)
    elif kind == "SY" and said and _SOCIAL.fullmatch(said) is None:
        yield placed.fault(say.SOCIAL, 2)._replace(value=b"")


def _claim(placed: Placed, lists: CodeLists) -> Iterator[Fault]:
    yield from _place(placed, 5, 1, lists)


def _service(placed: Placed, lists: CodeLists) -> Iterator[Fault]:
    """SV3: procedure, place of service, areas of the mouth."""
    yield from _procedure(placed, 1, lists)
    yield from _place(placed, 3, 0, lists)
    yield from tooth_faults(placed)


def _decision(placed: Placed, lists: CodeLists) -> Iterator[Fault]:
    yield from _procedure(placed, 3, lists)


def _paid_service(placed: Placed, lists: CodeLists) -> Iterator[Fault]:
    """SVC01 of an 835. SVC06 is what was submitted, right or wrong: it is not looked at (X12 RFI 2375)."""
    for fault in _procedure(placed, 1, lists):
        yield fault._replace(rejects=False)


def _procedure(placed: Placed, element: int, lists: CodeLists) -> Iterator[Fault]:
    qualifier, said = (*placed.components(element), "", "")[:2]
    if qualifier != "AD" or not said:
        return
    if _CDT.fullmatch(said) is None:
        small = _CDT.fullmatch(said.upper()) is not None
        yield placed.fault(say.SMALL_LETTERS if small else say.PROCEDURE, element, 2)
    else:
        yield from _listed(placed, element, 2, said, "procedure", lists)


def _place(placed: Placed, element: int, component: int, lists: CodeLists) -> Iterator[Fault]:
    said = placed.component(element, component) if component else placed.element(element)
    if not said:
        return
    if "place-of-service" in lists:
        yield from _listed(placed, element, component, said, "place-of-service", lists)
    elif len(said) != 2 or not (said.isascii() and said.isdigit()):
        yield placed.fault(say.PLACE_SHAPE, element, component)
    elif said not in say.PLACES:
        yield placed.fault(say.PLACE, element, component)


def _diagnoses(placed: Placed, lists: CodeLists) -> Iterator[Fault]:
    for element in range(1, len(placed.segment.elements)):
        qualifier, said = (*placed.components(element), "", "")[:2]
        if not said or qualifier == "TQ":
            continue
        if "." in said:
            yield placed.fault(say.DECIMAL_POINT, element, 2)
        elif qualifier in ("ABK", "ABF") and _ICD_10.fullmatch(said) is None:
            yield placed.fault(say.DIAGNOSIS, element, 2)
        else:
            yield from _listed(placed, element, 2, said, "diagnosis", lists)


def _coverage(placed: Placed, lists: CodeLists) -> Iterator[Fault]:
    if placed.element(9):
        yield from _listed(placed, 9, 0, placed.element(9), "filing-indicator", lists)


def _adjustment(placed: Placed, lists: CodeLists) -> Iterator[Fault]:
    for element in range(2, len(placed.segment.elements), 3):
        if placed.element(element):
            yield from _listed(placed, element, 0, placed.element(element), "adjustment-reason", lists, tells=True)


def _remark(placed: Placed, lists: CodeLists) -> Iterator[Fault]:
    if placed.element(1) == "HE" and placed.element(2):
        yield from _listed(placed, 2, 0, placed.element(2), "remark", lists, tells=True)


def _date(placed: Placed, lists: CodeLists) -> Iterator[Fault]:
    """DTP and DMG: the date is a day, or a period that does not end before it begins."""
    at = 1 if placed.tag == b"DMG" else 2
    qualifier, said = placed.element(at), placed.element(at + 1)
    if qualifier in ("D8", "RD8") and said:
        try:
            span(qualifier, said)
        except ValueError:
            yield placed.fault(say.DATE, at + 1)


def _listed(
    placed: Placed, element: int, component: int, said: str, name: str, lists: CodeLists, *, tells: bool = False
) -> Iterator[Fault]:
    known = lists.get(name)
    if known is not None and said not in known:
        yield placed.fault(say.NOT_IN_LIST, element, component, rejects=not tells, facts={"name": name})


_CHECKS: dict[bytes, Callable[[Placed, CodeLists], Iterator[Fault]]] = {
    b"NM1": _name,
    b"N1": _name,
    b"N4": _address,
    b"PRV": _specialty,
    b"REF": _reference,
    b"CLM": _claim,
    b"SV3": _service,
    b"SVD": _decision,
    b"SVC": _paid_service,
    b"HI": _diagnoses,
    b"SBR": _coverage,
    b"CAS": _adjustment,
    b"LQ": _remark,
    b"DTP": _date,
    b"DMG": _date,
    b"TOO": lambda placed, lists: tooth_faults(placed),
    b"DN2": lambda placed, lists: tooth_faults(placed),
}
