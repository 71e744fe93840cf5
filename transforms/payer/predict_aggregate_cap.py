"""R109: a restoration of a tooth on which the payer has paid nearly all that it pays for it in a time."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.forecast import expected, forecast, plainly
from bitewing.transforms.model import Forecast, check

_FEES = "pays D2391=140.00 D2392=180.00 D2930=260.00"
_CROWN = (f"TESTPAY1 aggregate-cap: D2391 D2392 as D2930 months=6 seen=30/30 {_FEES}",)


@check(
    "R109",
    "predict-aggregate-cap",
    needs="policies",
    source="payer rules on restorations of primary teeth",
    safety="It changes nothing.",
    examples=(
        Example(
            "a second restoration of the tooth", ("C1: D2392 180.00 #A",), ("predict 1",), rules=_CROWN,
            history=("C0: D2391 180.00 #A @20260108",),
        ),
        Example(
            "of another tooth", ("C1: D2392 180.00 #B",), rules=_CROWN, history=("C0: D2391 180.00 #A @20260108",)
        ),
        Example(
            "a year after", ("C1: D2392 180.00 #A",), rules=_CROWN, history=("C0: D2391 180.00 #A @20250108",)
        ),
    ),
)  # fmt: skip
def predict_aggregate_cap(day: Day) -> Iterator[Forecast]:
    """The payer is expected to pay restorations of a tooth together only up to what a crown would be.

    What was submitted before is known from earlier files or a store only. The service stays reported as it was done.
    """
    wanted = {code for rule in day.facts.policies.of(day.patient.payer, "aggregate-cap") for code in rule.codes}
    before = [(one.code, one.day, one.tooth) for one in day.before(sorted(wanted))]
    for one in expected(day, "aggregate-cap", teeth=before):
        codes, target = plainly([line.code for line in one.lines]), one.rule.target
        yield forecast(one, f"The payer is expected to pay {codes} only up to {target}, with what came before")
