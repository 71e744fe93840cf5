"""R104: an image captured only, which the payer is expected to deny or to pay as the full code."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.forecast import expected, forecast, plainly
from bitewing.transforms.model import Forecast, check

_DENIED = ("TESTPAY1 capture-only: D0701 D0703 D0707 D0708 treatment=deny seen=40/40",)
_REMAPPED = ("TESTPAY1 capture-only: D0707 as D0707:D0220 treatment=remap seen=40/40 pays D0220=20.00",)


@check(
    "R104",
    "payer-rejects-capture-only",
    needs="policies",
    source="rule S3-03: payers may fold or limit what was captured only",
    safety="It changes nothing: what a payer accepts never licenses reporting a reading that did not happen.",
    examples=(
        Example("denied", ("C1: D0707 22.00 #30",), ("predict 1",), rules=_DENIED),
        Example("paid as the full code", ("C1: D0707 22.00 #30",), ("predict 1",), rules=_REMAPPED),
        Example("the full code itself", ("C1: D0220 32.00 #30",), rules=_DENIED),
    ),
)
def payer_rejects_capture_only(day: Day) -> Iterator[Forecast]:
    """The payer is expected to deny an image that was captured only, or to pay it as the full code.

    The code says that the image was read elsewhere or not yet. That stays so whatever is paid.
    """
    for one in expected(day, "capture-only"):
        codes = plainly([line.code for line in one.lines])
        targets = [one.rule.targets.get(line.code, one.rule.targets.get("*", "")) for line in one.lines]
        if one.rule.parameter.get("treatment") == "remap" and all(targets):
            yield forecast(one, f"The payer is expected to pay {codes} as {plainly(targets)}")
        else:
            yield forecast(one, f"The payer is expected to deny {codes}")
