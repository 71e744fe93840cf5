"""R101: more units of a service on a date than the payer pays."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.forecast import expected, forecast, plainly
from bitewing.transforms.model import Forecast, check

_CAP = ("TESTPAY1 per-date-cap: D0230 units=3 pays D0230=15.00",)


@check(
    "R101",
    "units-over-payer-cap",
    needs="policies",
    source="rules S4-06, S4-21: the cap is the carrier's",
    safety="It changes nothing: the units stay as reported.",
    examples=(
        Example("five films, three are paid", ("C1: D0220 32.00 | D0230 x5 130.00",), ("predict 2",), rules=_CAP),
        Example("as many as are paid", ("C1: D0220 32.00 | D0230 x3 78.00",), rules=_CAP),
        Example("another payer's rule", ("C1 payer=TESTPAY2: D0220 32.00 | D0230 x5 130.00",), rules=_CAP),
    ),
)
def units_over_payer_cap(day: Day) -> Iterator[Forecast]:
    """The payer is expected to pay fewer units than are reported.

    Plans cap images by date. A cap is the payer's business: the units on the claim are those that were done.
    """
    for one in expected(day, "per-date-cap"):
        units = sum(int(line.quantity) for line in one.lines)
        cap = one.rule.bracket("units")[1]
        codes = plainly([line.code for line in one.lines])
        yield forecast(one, f"The payer is expected to pay {cap:g} of {units} units of {codes}")
