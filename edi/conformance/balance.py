"""Sums of a dental claim (SNIP type 3), exact: its charge and its lines, and what another payer paid and adjusted.

Where an amount is no number nothing is said of the sums it belongs to: that is a fault of its own, found by the guide.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bitewing.edi.conformance.fault import Fault, Scope
from bitewing.edi.conformance.rule import Rule
from bitewing.edi.conformance.sections import Part, Placed
from bitewing.edi.values import number

ZERO = Decimal(0)

CHARGE = Rule(
    "charge-not-sum-of-lines",
    3,
    Scope.ELEMENT,
    "",
    "CLM02 is {difference} {more} than the charges of the service lines together",
    "correct the total or the line that is wrong",
)
BELOW_ZERO = Rule(
    "charge-below-zero",
    2,
    Scope.ELEMENT,
    "I12",
    "CLM02 is less than zero",
    "send what was charged; to take a claim back send CLM05-3 8",
)
LINE_PAID = Rule(
    "line-not-balanced-with-payer",
    3,
    Scope.ELEMENT,
    "",
    "the line's charge is {difference} {more} than what the other payer paid and adjusted on it",
    "take SVD02 and CAS of this line from that payer's remittance",
)
CLAIM_PAID = Rule(
    "claim-not-balanced-with-payer",
    3,
    Scope.ELEMENT,
    "",
    "CLM02 is {difference} {more} than what the other payer paid and adjusted in all",
    "take AMT*D and every CAS from that payer's remittance",
)


class NotNumber(Exception):
    """An amount that is none: nothing can be said of its sum."""


def amount(placed: Placed | None, element: int) -> Decimal | None:
    """An element as an exact amount, None where it is absent. Raises NotNumber."""
    if placed is None or not (said := placed.element(element)):
        return None
    try:
        return number(said)
    except ValueError:
        raise NotNumber from None


def adjusted(loop: Part) -> Decimal | None:
    """The sum of the loop's own adjustments (CAS), None where it has none. Raises NotNumber."""
    found: Decimal | None = None
    for cas in loop.all(b"CAS"):
        for element in range(3, len(cas.segment.elements), 3):
            said = amount(cas, element)
            if said is not None:
                found = (found or ZERO) + said
    return found


def difference(one: Decimal, other: Decimal) -> dict[str, str]:
    """By how much one amount is more or less than another, as rules say it."""
    apart = one - other
    return {"difference": f"{abs(apart):.2f}" if apart == round(apart, 2) else str(abs(apart.normalize())),
            "more": "more" if apart > 0 else "less"}  # fmt: skip


def claim_sums(claim: Part) -> Iterator[Fault]:
    """CLM02 and the lines; then, for every other payer that has decided, its lines and its total."""
    clm = claim.segments[0]
    try:
        charge = amount(clm, 2)
    except NotNumber:
        charge = None
    if charge is not None and charge < 0:
        yield clm.fault(BELOW_ZERO, 2)
    yield from _charge(claim, clm, charge)
    payers = {_payer(other): other for other in claim.parts("2320")}
    lines = list(claim.parts("2400"))
    deciding = {decision.segments[0].element(1) for line in lines for decision in line.parts("2430")}
    for line in lines:
        yield from _line(line, payers)
    # A decision of nobody knows whom (which is said elsewhere) may belong to any payer's total.
    if charge is not None and lines and deciding <= payers.keys():
        for identifier, other in payers.items():
            yield from _payer_total(claim, charge, identifier, other)


def _charge(claim: Part, clm: Placed, charge: Decimal | None) -> Iterator[Fault]:
    lines = [line.first(b"SV3") for line in claim.parts("2400")]
    if charge is None or not lines:
        return
    try:
        total = sum((amount(line, 2) or ZERO for line in lines), ZERO)
    except NotNumber:
        return
    if total != charge:
        yield clm.fault(CHARGE, 2, facts=difference(charge, total))


def _payer(other: Part) -> str:
    """NM109 of 2330B: what SVD01 refers to."""
    payer = other.part("2330B")
    return payer.segments[0].element(9) if payer is not None else ""


def _line(line: Part, payers: dict[str, Part]) -> Iterator[Fault]:
    """Charge = paid + adjusted, over all 2430 of a payer, which has several where it split the line.

    Not judged: bundled lines (SVD06), because the sums of a bundle are those of several lines together; payers that
    adjusted at claim level too, or that no 2320 describes.
    """
    try:
        charge = amount(line.first(b"SV3"), 2)
    except NotNumber:
        return
    decisions: dict[str, list[Part]] = {}
    for decision in line.parts("2430"):
        decisions.setdefault(decision.segments[0].element(1), []).append(decision)
    for identifier, all_of_payer in decisions.items():
        other = payers.get(identifier)
        if charge is None or other is None or other.first(b"CAS") is not None:
            continue
        if any(decision.segments[0].element(6) for decision in all_of_payer):
            continue
        try:
            total = sum(((amount(one.segments[0], 2) or ZERO) + (adjusted(one) or ZERO) for one in all_of_payer), ZERO)
        except NotNumber:
            continue
        if total != charge:
            yield all_of_payer[0].segments[0].fault(LINE_PAID, 2, facts=difference(charge, total))


def _payer_total(claim: Part, charge: Decimal, identifier: str, other: Part) -> Iterator[Fault]:
    """CLM02 = AMT*D + CAS of 2320 + CAS of the payer's 2430.

    Where the payer paid and no adjustment at all was sent, what is missing may be the adjustments: that is told.
    """
    try:
        paid = amount(other.first(b"AMT", "D"), 2)
        if paid is None:
            return
        found = [adjusted(other)]
        for line in claim.parts("2400"):
            found += [adjusted(one) for one in line.parts("2430") if one.segments[0].element(1) == identifier]
    except NotNumber:
        return
    total = paid + sum((one for one in found if one is not None), ZERO)
    if total != charge:
        said = other.first(b"AMT", "D")
        assert said is not None  # it was read above
        certain = any(one is not None for one in found)
        yield said.fault(CLAIM_PAID, 2, rejects=certain, facts=difference(charge, total))
