"""R103: a series, a panoramic image, or films, too soon after an earlier one for the payer."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.policies.learn.kinds.images import FILMS, PANORAMIC, SERIES
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.forecast import expected, forecast, plainly
from bitewing.transforms.model import Forecast, check

SERIES_CODES = (SERIES, PANORAMIC)
_WINDOW = ("TESTPAY1 shared-series-window: D0210 D0330 months=36 n=1",)
_AFTER = ("TESTPAY1 series-exclusion: D0220 D0230 with D0210 days=180",)
_EARLIER = ("C0: D0330 125.00 @20240311",)


@check(
    "R103",
    "predict-series-frequency",
    needs="policies",
    source="rules S4-19, S4-20: windows of 36 to 60 months",
    safety="It changes nothing.",
    examples=(
        Example("two years after", ("C1: D0210 150.00",), ("predict 1",), rules=_WINDOW, history=_EARLIER),
        Example("nothing earlier is known", ("C1: D0210 150.00",), rules=_WINDOW),
        Example(
            "films a month after a series", ("C1: D0220 32.00",), ("predict 1",), rules=_AFTER,
            history=("C0: D0210 150.00 @20260209",),
        ),
        Example("on the date of the series", ("C1: D0210 150.00 | D0220 32.00",), ("predict 2",), rules=_AFTER),
    ),
)  # fmt: skip
def predict_series_frequency(day: Day) -> Iterator[Forecast]:
    """The payer is expected not to pay, for a series or a panoramic image was submitted not long before.

    Plans pay one in three to five years, often counting both together, and no films for some time after. What was
    submitted before is known from earlier files or a store only.
    """
    earlier = day.earlier((*SERIES_CODES,))
    for one in expected(day, "shared-series-window", "period-cap", "series-exclusion", earlier=earlier):
        codes = [line.code for line in one.lines]
        if one.rule.kind == "period-cap" and not set(codes) <= {*SERIES_CODES}:
            continue
        if one.rule.kind == "series-exclusion" and not set(codes) <= {*FILMS, *SERIES_CODES}:
            continue
        yield forecast(one, f"The payer is expected to deny {plainly(codes)}, so soon after an earlier one")
