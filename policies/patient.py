"""Who a claim is for: enough to tell twins apart and to find one patient again under another payer.

Twins share a last name, a birth date and a subscriber; the same patient has another member id with another payer. So
there are two keys: a wide one (name and birth date), by which anything that may be the same patient is found, and a
narrow one (with gender, member id, practice and payer), within which lines certainly belong together.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from bitewing.edi.claim import Claim


@dataclass(frozen=True, slots=True)
class Identity:
    """The patient of a claim, with the practice and payer it is between.

    key: the wide key, a number without a name in it. complete: whether last name, first name and birth date are known;
    without them nobody can say that two claims are not for one patient.
    """

    key: int
    narrow: tuple[str, ...]
    billing: str
    payer: str
    complete: bool


def identity(claim: Claim) -> Identity:
    """The identity for a claim: 2010BA or 2010CA name, DMG02, DMG03; the subscriber's NM109; 2010AA and 2010BB NM109.

    An interchange marked as a test (ISA15) is never mixed with production. Raises BadValue where DMG02 is not a date.
    """
    known = claim.level.memo
    if not isinstance(known, Identity):
        known = claim.level.memo = _identity(claim)
    return known


def _identity(claim: Claim) -> Identity:
    patient = claim.patient
    last, first = _folded(patient.last_name), _folded(patient.first_name)
    born = patient.birth_date.isoformat() if patient.birth_date else ""
    usage = claim.transaction.group.interchange.usage
    wide = (last, first, born, usage)
    billing = claim.billing_provider.id if claim.billing_provider else ""
    payer = claim.payer.id if claim.payer else ""
    key = int.from_bytes(blake2b("|".join(wide).encode(), digest_size=8).digest(), "big")
    narrow = (*wide, patient.gender, _folded(patient.member_id), billing, payer)
    return Identity(key, narrow, billing, payer, bool(last and first and born))


def _folded(text: str) -> str:
    return " ".join(text.upper().split())
