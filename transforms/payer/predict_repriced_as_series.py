"""R102: films that the payer is expected to pay as a complete series."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.forecast import expected, forecast, plainly
from bitewing.transforms.model import Forecast, check

_FEES = "pays D0220=20.00 D0230=15.00 D0210=90.00"
_BY_FEE = (f"TESTPAY1 fee-sum-to-series: D0220 D0230 as D0210 ratio=1 {_FEES}",)
_BY_COUNT = (f"TESTPAY1 count-to-series: D0220 D0230 as D0210 films=6-8 seen=30/30 {_FEES}",)
_PANORAMIC = ("TESTPAY1 pano-counts-as-series: D0330 with D0272 D0274 as D0210 seen=30/30",)
_ENDED = ("TESTPAY1 pano-counts-as-series: D0330 with D0274 as D0210 until=2023-12-31 seen=30/30 last=2023-12-20",)


@check(
    "R102",
    "predict-repriced-as-series",
    needs="policies",
    source="rules S4-07, S4-19: repricing is the plan's, not a choice of code",
    safety="It changes nothing: no count of films makes a D0210.",
    examples=(
        Example("fees reach that of a series", ("C1: D0220 32.00 | D0230 x5 130.00",), ("predict 1 2",), rules=_BY_FEE),
        Example("fees stay below it", ("C1: D0220 32.00 | D0230 x4 104.00",), rules=_BY_FEE),
        Example("eight films", ("C1: D0220 32.00 | D0230 x7 182.00",), ("predict 1 2",), rules=_BY_COUNT),
        Example("seven films, which were never seen", ("C1: D0220 32.00 | D0230 x6 156.00",), rules=_BY_COUNT),
        Example("panoramic and bitewings", ("C1: D0330 125.00 | D0274 68.00",), ("predict 1 2",), rules=_PANORAMIC),
        Example("a rule that has ended", ("C1: D0330 125.00 | D0274 68.00",), rules=_ENDED),
    ),
)
def predict_repriced_as_series(day: Day) -> Iterator[Forecast]:
    """The payer is expected to pay the films of the date as a complete series.

    Plans reprice by count, by what the films would come to, or where a panoramic image is among them. The claim stays
    as it is: D0210 is reported where a series was taken, and nowhere else.
    """
    for one in expected(day, "count-to-series", "fee-sum-to-series", "pano-counts-as-series"):
        codes = plainly([line.code for line in one.lines])
        yield forecast(one, f"The payer is expected to pay {codes} as {one.rule.target or 'a series'}")
