"""What the operator hands in beside the claims: fee schedule, attestations, history. Absent, nothing is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from bitewing.edi.claim import Claim
from bitewing.edi.document import Document
from bitewing.edi.line import Line
from bitewing.edi.values import number
from bitewing.policies.history import History, NoHistory
from bitewing.policies.rules import Rules

WHOLE_MOUTH = "whole-mouth-survey"
CAPTURED_ONLY = "capture-only"


class FactsError(Exception):
    """A fee schedule or attestation file that cannot be used; the message says where and how to mend it."""


class Attestation(NamedTuple):
    """What a signed record says of one line.

    line: REF*6R or LX01. interpreted_by: the NPI of who read the image here. images: how many were taken. intent:
    ``whole-mouth-survey``, ``capture-only`` or the operator's own words.
    """

    claim: str
    line: str
    interpreted_by: str = ""
    images: int | None = None
    intent: str = ""


class Facts(NamedTuple):
    """Everything known beside the claims.

    fees: the practice's own fee by (code, billing NPI), NPI "" where it holds for all. apply_fees: whether a recoded
    line takes the fee of its new code. policies: rules of payers that may be used. repeated: numbers (CLM01) that more
    than one claim of the file has; nothing that is attested for such a number can be used.
    """

    fees: Mapping[tuple[str, str], Decimal] = {}
    apply_fees: bool = False
    attestations: Mapping[str, Sequence[Attestation]] = {}
    history: History = NoHistory()
    policies: Rules = Rules()
    repeated: frozenset[str] = frozenset()

    def holds(self, fact: str) -> bool:
        """Whether a kind of fact (``fees``, ``attestations``, ``history``, ``policies``) was handed in.

        "" is for none needed.
        """
        return {
            "": True,
            "fees": bool(self.fees),
            "attestations": bool(self.attestations),
            "history": not isinstance(self.history, NoHistory),
            "policies": bool(self.policies),
        }[fact]

    def about(self, document: Document) -> Facts:
        """The same for looking at a document, which is no history of itself where a store holds it already."""
        without = getattr(self.history, "without", None)
        return self if without is None else self._replace(history=without(document))

    def fee(self, line: Line) -> Decimal | None:
        """The fee for one unit of the line's code at the billing practice, None where the schedule has none."""
        if not self.fees:
            return None
        provider = line.claim.billing_provider
        own = self.fees.get((line.code, provider.id if provider else ""))
        return own if own is not None else self.fees.get((line.code, ""))

    def attested(self, line: Line) -> Attestation | None:
        """The attestation for a line, None where there is none or it could mean another line of the claim as well."""
        said = self.attestations.get(line.claim.id, ())
        claim = line.claim.origin or line.claim  # an attestation speaks of the lines that were received
        if not said or line.claim.id in self.repeated or line.index >= len(claim.lines):
            return None
        meant = [one for one in said if _meant(one, claim) == [claim.lines[line.index]]]
        return meant[0] if len(meant) == 1 else None


def _meant(attestation: Attestation, claim: Claim) -> list[Line]:
    """The lines an attestation may mean, by REF*6R or by LX01."""
    return [line for line in claim.lines if attestation.line in (line.control_number, line.number)]


def read_fees(path: Path) -> dict[tuple[str, str], Decimal]:
    """A fee schedule: CSV with the columns code, charge and perhaps billing_npi. Raises FactsError, OSError."""
    import csv  # most runs have no fees

    with path.open(newline="", encoding="utf-8-sig") as stream:
        rows = csv.DictReader(stream)
        if not {"code", "charge"} <= set(rows.fieldnames or ()):
            raise FactsError(f"{path}: the first row must name the columns code and charge (and perhaps billing_npi)")
        found: dict[tuple[str, str], Decimal] = {}
        for at, row in enumerate(rows, start=2):
            try:
                charge = number((row["charge"] or "").strip())
            except ValueError:
                raise FactsError(f"{path}: row {at}: charge is not an amount; write it as 125.00") from None
            if charge < 0:
                raise FactsError(f"{path}: row {at}: charge is negative; a fee is 0 or more")
            key = ((row["code"] or "").strip().upper(), (row.get("billing_npi") or "").strip())
            if found.setdefault(key, charge) != charge:
                raise FactsError(f"{path}: row {at}: {key[0]} has two different fees; keep one")
        return found


def read_attestations(path: Path) -> dict[str, list[Attestation]]:
    """Attestations: a JSON list of objects with claim, line, signed_by, signed_at and what is attested.

    Raises FactsError where one is not signed and dated, or says nothing that is understood; OSError.
    """
    import json  # most runs have no attestations

    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FactsError(f"{path}: this is not JSON ({error}); write a list of objects") from None
    if not isinstance(said, list):
        raise FactsError(f"{path}: the attestations must be a JSON list")
    found: dict[str, list[Attestation]] = {}
    for at, one in enumerate(said, start=1):
        attestation = attestation_of(one, f"{path}: attestation {at}")
        found.setdefault(attestation.claim, []).append(attestation)
    return found


def attestation_of(said: Any, where: str) -> Attestation:
    """One attestation. Raises FactsError where it is not complete."""
    if not isinstance(said, Mapping):
        raise FactsError(f"{where} is not an object")
    for key in ("claim", "line", "signed_by", "signed_at"):
        if not str(said.get(key) or "").strip():
            raise FactsError(f"{where} has no {key}; an attestation names its claim and line, who signed it and when")
    images = said.get("images_taken")
    if images is not None and (not isinstance(images, int) or isinstance(images, bool) or images < 0):
        raise FactsError(f"{where}: images_taken is not a count; write a whole number")
    return Attestation(
        str(said["claim"]),
        str(said["line"]),
        str(said.get("interpreted_by") or ""),
        images,
        str(said.get("intent") or ""),
    )
