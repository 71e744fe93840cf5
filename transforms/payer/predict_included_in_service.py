"""R105: a service that the payer is expected to include in another one of its date."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import PHOTO
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.forecast import expected, forecast, plainly
from bitewing.transforms.model import Forecast, check

_INCLUDED = ("TESTPAY1 same-day-exclusion: D1110 with D4341 D4910 seen=20/21",)


@check(
    "R105",
    "predict-included-in-service",
    needs="policies",
    source="payer rules on services of one date",
    safety="It changes nothing.",
    examples=(
        Example("both on one date", ("C1: D1110 96.00 | D4341 265.00 area=10",), ("predict 1",), rules=_INCLUDED),
        Example("on two dates", ("C1: D1110 96.00 | D4341 265.00 area=10 @20260312",), rules=_INCLUDED),
    ),
)
def predict_included_in_service(day: Day) -> Iterator[Forecast]:
    """The payer is expected to include a service in another one of the same date, and to pay nothing for it.

    Both were done, and both are reported.
    """
    for one in expected(day, "same-day-exclusion"):
        if PHOTO not in one.rule.codes:  # photo-with-evaluation speaks of these
            beside = sorted(day.codes & set(one.rule.with_codes))
            codes = plainly([line.code for line in one.lines])
            yield forecast(one, f"The payer is expected to include {codes} in {plainly(beside)}")
