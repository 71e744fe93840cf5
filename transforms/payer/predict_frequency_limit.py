"""R107: more of a service in a period than the payer pays."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.forecast import expected, forecast, plainly
from bitewing.transforms.model import Forecast, check
from bitewing.transforms.payer.predict_series_frequency import SERIES_CODES

_YEARLY = ("TESTPAY1 period-cap: D0274 months=12 n=1",)


@check(
    "R107",
    "predict-frequency-limit",
    needs="policies",
    source="payer rules on bitewings and films by period",
    safety="It changes nothing.",
    examples=(
        Example(
            "half a year after", ("C1: D0274 68.00",), ("predict 1",), rules=_YEARLY,
            history=("C0: D0274 68.00 @20250908",),
        ),
        Example(
            "two years after", ("C1: D0274 68.00",), rules=_YEARLY, history=("C0: D0274 68.00 @20240308",)
        ),
    ),
)  # fmt: skip
def predict_frequency_limit(day: Day) -> Iterator[Forecast]:
    """The payer is expected not to pay, for as many as it pays in the period were submitted before.

    Plans pay bitewings once or twice a year. What was submitted before is known from earlier files or a store only.
    """
    wanted = {code for rule in day.facts.policies.of(day.patient.payer, "period-cap") for code in rule.codes}
    earlier = day.earlier(sorted(wanted - {*SERIES_CODES}))
    for one in expected(day, "period-cap", earlier=earlier):
        codes = plainly([line.code for line in one.lines])
        yield forecast(one, f"The payer is expected to deny {codes}, so soon after an earlier one")
