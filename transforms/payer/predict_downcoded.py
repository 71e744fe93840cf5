"""R106: a service that the payer is expected to pay as a less costly one."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.forecast import expected, forecast, plainly
from bitewing.transforms.model import Forecast, check

_FEES = "pays D2391=140.00 D2392=180.00 D2140=110.00 D2150=150.00"
_MOLARS = (f"TESTPAY1 downcode: D2391 D2392 as D2391:D2140 D2392:D2150 teeth=molars seen=50/50 {_FEES}",)


@check(
    "R106",
    "predict-downcoded",
    needs="policies",
    source="alternate benefit clauses of plans",
    safety="It changes nothing.",
    examples=(
        Example("on a molar", ("C1: D2391 180.00 #30",), ("predict 1",), rules=_MOLARS),
        Example("on a premolar", ("C1: D2391 180.00 #4",), rules=_MOLARS),
    ),
)
def predict_downcoded(day: Day) -> Iterator[Forecast]:
    """The payer is expected to pay a service as a less costly one; the patient may owe the difference.

    The service stays reported as it was done. A patient who knows beforehand is not surprised.
    """
    for one in expected(day, "downcode"):
        codes = plainly([line.code for line in one.lines])
        targets = [one.rule.targets.get(line.code, one.rule.targets.get("*", "")) for line in one.lines]
        yield forecast(one, f"The payer is expected to pay {codes} as {plainly(targets)}")
