"""H101: a photograph on the date of an evaluation that may include it."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import PHOTO, procedures
from bitewing.policies.predict import seen_not_to
from bitewing.policies.rule import ALLOWS
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.forecast import expected, forecast, plainly
from bitewing.transforms.model import Said, check, flag

_PAID = ("TESTPAY1 same-day-exclusion: D0350 with D0180 seen=0/25",)
_INCLUDED = ("TESTPAY1 same-day-exclusion: D0350 with D0150 D0180 seen=8/8 pays D0350=40.00",)
INCLUDING = frozenset(code for code, procedure in procedures().items() if procedure.photo_included)


@check(
    "H101",
    "photo-with-evaluation",
    looks_at={PHOTO},
    silent=lambda sketch: INCLUDING.isdisjoint(sketch.codes),
    reads=INCLUDING,
    source="D0350 guide (rule S0-07)",
    examples=(
        Example("with a comprehensive evaluation", ("C1: D0150 98.00 | D0350 45.00",), ("flag 2",)),
        Example("two days later", ("C1: D0150 98.00 | D0350 45.00 @20260312",)),
        Example("with a periodic evaluation", ("C1: D0120 58.00 | D0350 45.00",)),
        Example("a payer that was seen to pay both", ("C1: D0180 105.00 | D0350 45.00",), rules=_PAID),
        Example("one that was seen to include it", ("C1: D0150 98.00 | D0350 45.00",), ("predict 2",), rules=_INCLUDED),
    ),
)
def photo_with_evaluation(day: Day) -> Iterator[Said]:
    """A photograph (D0350) is reported on the date of D0150, D0180 or a consultation.

    Some payers hold the photograph to be part of the evaluation and deny it. It is never dropped, moved or set to zero:
    what was done is reported, and the note says why it was needed.
    """
    predicted = [one for one in expected(day, "same-day-exclusion") if PHOTO in one.rule.codes]
    for one in predicted:
        beside = sorted(day.codes & set(one.rule.with_codes))
        yield forecast(one, f"The payer is expected to include D0350 in {plainly(beside)}")
    evaluations = sorted(INCLUDING & day.codes)
    if predicted or not evaluations or _paid_beside(day, evaluations):
        return
    for _, photos in day.by_claim(PHOTO):
        if photos:
            yield flag(
                photos,
                f"Some payers include D0350 in {' and '.join(evaluations)} of the same date. "
                "Leave it as it is, and have the reason for the photographs in the chart.",
            )


def _paid_beside(day: Day, evaluations: list[str]) -> bool:
    """Whether the payer was seen to pay photographs beside each of these, for the claims' plan and date."""
    if day.span is None:
        return False
    groups = {line.claim.subscriber.group_number for line in day.of(PHOTO)}
    contract = day.facts.policies.contract(day.patient.payer, day.patient.billing)
    paid = {
        code
        for rule in day.facts.policies.of(day.patient.payer, "same-day-exclusion")
        if rule.says == ALLOWS and PHOTO in rule.codes
        and all(seen_not_to(rule, group, day.span.start, contract) for group in groups)
        for code in rule.with_codes
    }  # fmt: skip
    return paid >= set(evaluations)
