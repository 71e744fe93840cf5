"""Who a claim is for: enough to tell twins apart and to find one patient again under another payer.

Twins share a last name, a birth date and a subscriber; the same patient has another member id with another payer. So
there are two keys: a wide one (name and birth date), by which anything that may be the same patient is found, and a
narrow one (with gender, member id, practice and payer), within which lines certainly belong together.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from bitewing.edi import values
from bitewing.edi.claim import Claim
from bitewing.edi.delimiters import Delimiters
from bitewing.edi.levels import PATIENT
from bitewing.edi.native import NAMED
from bitewing.edi.parts import Party


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
    # A practice or payer that is sent without an identifier is told from others by its name.
    between = (billing(claim) or _called(claim.billing_provider), payer or _called(claim.payer))
    narrow = (*wide, patient.gender, _folded(patient.member_id), *between)
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


def _called(party: Party | None) -> str:
    return _folded(f"{party.last_name} {party.first_name}") if party is not None else ""


def billing(claim: Claim) -> str:
    """The billing provider's NPI (2010AA NM109), "" where there is none; read once for all claims under it."""
    level = claim.billing_level
    if not isinstance(level.memo, str):
        provider = claim.billing_provider
        level.memo = provider.id if provider is not None else ""
    return str(level.memo)


def keys(claim: Claim) -> tuple[int, int]:
    """``identity(claim).key`` and a hash of the member id with ISA15 (0 without one), read straight from the bytes.

    An index needs nothing else. Raises BadValue where DMG02 is not a date.
    """
    usage = claim.transaction.group.interchange.usage
    level = claim.level
    said = NAMED(level.data, level.delimiters)
    member = ""
    wide = 0
    if said is not None:
        qualifier, last, first, member, born = said
        if (qualifier == "QC") == (level.code == PATIENT) and (day := _iso(born)):
            wide = hash((_fold(last), _fold(first), day, usage))
    if not wide:
        wide = identity(claim).key  # not in the usual order: read it in full
    if level.code == PATIENT or not member:
        member = _member(claim)
    return wide, hash((_fold(member), usage)) if member.strip() else 0


def member_key(claim: Claim) -> int:
    """The second of ``keys``, for a claim whose patient cannot be read."""
    member = _member(claim)
    return hash((_fold(member), claim.transaction.group.interchange.usage)) if member.strip() else 0


def _member(claim: Claim) -> str:
    """The subscriber's NM109, read straight from the bytes."""
    level = claim.subscriber_level
    found = _subscriber(level.delimiters).search(level.data)
    return (found[1] or b"").decode("latin-1") if found is not None else ""


@lru_cache(maxsize=64)
def _subscriber(delimiters: Delimiters) -> re.Pattern[bytes]:
    """The first NM1*IL, with its NM109 where it has one."""
    e, t = re.escape(delimiters.element), re.escape(delimiters.segment)
    blank = b"[" + re.escape(delimiters.filler) + b"]*+" if delimiters.filler else b""
    field = e + b"[^" + e + t + b"]*+"
    member = b"(?:" + field * 7 + e + b"([^" + e + t + b"]*+))?+"
    return re.compile(t + blank + b"NM1" + e + b"IL(?=[" + e + t + b"])" + member)


@lru_cache(maxsize=65536)
def _iso(born: str) -> str:
    """A day CCYYMMDD as CCYY-MM-DD, "" where it is none."""
    return f"{born[:4]}-{born[4:6]}-{born[6:]}" if values.is_day(born.encode()) else ""


def _fold(said: str) -> str:
    # Nothing but capitals and digits, as most names are sent, is folded already.
    return said if said.isupper() and said.isalnum() else _folded(said)


def _folded(text: str) -> str:
    return " ".join(text.upper().split())
