"""C108: teledentistry reported with nothing that was done by it."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.claim import Claim
from bitewing.edi.codes import TELEDENTISTRY
from bitewing.policies.history import VOID
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, flag


@check(
    "C108",
    "teledentistry-without-clinical-code",
    looks_at=TELEDENTISTRY,
    source="ADA teledentistry guide, version 2: D9995 and D9996 are reported in addition to a procedure",
    examples=(
        Example("alone", ("C1 pos=02: D9996 15.00",), ("flag 1",)),
        Example("with an exam", ("C1 pos=02: D0140 85.00 | D9996 15.00",)),
        Example("without teledentistry", ("C1: D0140 85.00",)),
    ),
)
def teledentistry_without_clinical_code(claim: Claim) -> Iterator[Remark]:
    """Teledentistry (D9995, D9996) is the only thing on the claim.

    Both codes say how something was done and are always reported with what was done.
    """
    if claim.codes <= TELEDENTISTRY and claim.frequency != VOID:
        codes = " and ".join(sorted(claim.codes))
        yield flag(
            claim.lines, f"{codes} stands alone. Add the procedure that was done by teledentistry, or remove it."
        )
