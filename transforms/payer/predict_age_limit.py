"""R108: a service that the payer is expected not to pay at the patient's age."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.forecast import expected, forecast, plainly
from bitewing.transforms.model import Forecast, check

_CHILDREN = ("TESTPAY1 age-limit: D1206 age=16 seen=20/20",)


@check(
    "R108",
    "predict-age-limit",
    needs="policies",
    source="age limits of plans",
    safety="It changes nothing.",
    examples=(
        Example("an adult", ("C1: D1206 42.00",), ("predict 1",), rules=_CHILDREN),
        Example("a child", ("C1 patient=TWIN-A: D1206 42.00",), rules=_CHILDREN),
    ),
)
def predict_age_limit(day: Day) -> Iterator[Forecast]:
    """The payer is expected not to pay a service at the patient's age.

    The service stays reported as it was done. A patient who knows beforehand is not surprised.
    """
    for one in expected(day, "age-limit"):
        yield forecast(one, f"The payer is expected to deny {plainly([line.code for line in one.lines])} at this age")
