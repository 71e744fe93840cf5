"""Who a claim is for: enough to tell twins apart and to find one patient again under another payer.

Twins share a last name, a birth date and a subscriber; the same patient has another member id with another payer. So
there are two keys: a wide one (name and birth date), by which anything that may be the same patient is found, and a
narrow one (with gender, member id, practice and payer), within which lines certainly belong together.
"""

from __future__ import annotations

from typing import NamedTuple

from bitewing.edi import values
from bitewing.edi.claim import Claim
from bitewing.edi.hierarchy import PATIENT


class Identity(NamedTuple):
    """The patient of a claim, with the practice and payer it is between.

    wide: last and first name, birth date, and whether the interchange is a test. key: its hash, for an index in one
    process. complete: whether last name, first name and birth date are known; without them nobody can say that two
    claims are not for one patient. member: the subscriber's NM109. own: whether the claim stands under the subscriber
    himself.
    """

    key: int
    wide: tuple[str, ...]
    narrow: tuple[str, ...]
    billing: str
    payer: str
    complete: bool
    member: str
    own: bool

    def may_be(self, other: Identity) -> bool:
        """Whether another identity, with another wide key, may be the same patient under the same member id.

        A member id is often a family's: dependants with other first names are other people. But a subscriber is one
        person however the name is written, and where a name or birth date is missing nobody can tell.
        """
        if not self.member or self.member != other.member or self.wide[3] != other.wide[3]:
            return False
        if not (self.complete and other.complete) or (self.own and other.own):
            return True
        first, second = sorted((self.wide[1], other.wide[1]), key=len)
        return second.startswith(first)


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
    name = patient.segment(b"NM1")
    last, first = (_folded(name.element(3)), _folded(name.element(4))) if name is not None else ("", "")
    born = patient.birth_date.isoformat() if patient.birth_date else ""
    usage = claim.transaction.group.interchange.usage
    payer = claim.payer.id if claim.payer else ""
    wide = (last, first, born, usage)
    narrow = (*wide, patient.gender, _folded(patient.member_id), billing(claim), payer)
    return Identity(
        hash(wide),
        wide,
        narrow,
        billing(claim),
        payer,
        bool(last and first and born),
        narrow[5],
        claim.level.code != PATIENT,
    )


def billing(claim: Claim) -> str:
    """The billing provider's NPI (2010AA NM109), "" where there is none; read once for all claims under it."""
    level = claim.billing_level
    if not isinstance(level.memo, str):
        provider = claim.billing_provider
        level.memo = provider.id if provider is not None else ""
    return str(level.memo)


def wide_key(claim: Claim) -> int:
    """``identity(claim).key``, read straight from the bytes of the claim's own HL: an index needs nothing else.

    Raises BadValue where DMG02 is not a date.
    """
    level = claim.level
    known = level.memo
    if isinstance(known, Identity):
        return known.key
    data, separator, end = level.data, level.delimiters.element, level.delimiters.segment
    party = b"NM1" + separator
    at = data.find(party + (b"QC" if level.code == PATIENT else b"IL") + separator)
    born_at = data.find(b"DMG" + separator + b"D8" + separator, at)
    other = data.find(party, at + 1)
    if at < 0 or data.find(party) != at or born_at < 0 or 0 <= other < born_at:
        return identity(claim).key  # not in the usual order: read it in full
    _, _, _, last, first, *_ = (*data[at : data.find(end, at)].split(separator), b"", b"", b"")
    said = data[born_at : data.find(end, born_at)].split(separator)[2].decode("latin-1")
    try:
        born = values.day(said).isoformat()
    except ValueError:
        return identity(claim).key
    usage = claim.transaction.group.interchange.usage
    return hash((_folded(last.decode("latin-1")), _folded(first.decode("latin-1")), born, usage))


def member_key(claim: Claim) -> int:
    """A hash of the subscriber's member id (2010BA NM109) and ISA15, read straight from the bytes; 0 without one."""
    level = claim.subscriber_level
    separator, end = level.delimiters.element, level.delimiters.segment
    at = level.data.find(b"NM1" + separator + b"IL" + separator)
    if at < 0:
        return 0
    elements = level.data[at : level.data.find(end, at)].split(separator)
    member = _folded(elements[9].decode("latin-1")) if len(elements) > 9 else ""
    return hash((member, claim.transaction.group.interchange.usage)) if member else 0


def born_on_a_day(claim: Claim) -> bool:
    """Whether the claim's own HL gives no birth date or one that is a date, read straight from its bytes."""
    level = claim.level
    head = b"DMG" + level.delimiters.element
    at = level.data.find(head)
    if at < 0:
        return True
    parts = level.data[at : at + 24].split(level.delimiters.element)
    return len(parts) > 2 and parts[1] == b"D8" and values.is_day(parts[2].partition(level.delimiters.segment)[0])


def _folded(text: str) -> str:
    return " ".join(text.upper().split())
