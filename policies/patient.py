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
    process. complete: whether last name, first name and birth date are known;
    without them nobody can say that two claims are not for one patient.
    """

    key: int
    wide: tuple[str, ...]
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
    name = patient.segment(b"NM1")
    last, first = (_folded(name.element(3)), _folded(name.element(4))) if name is not None else ("", "")
    born = patient.birth_date.isoformat() if patient.birth_date else ""
    usage = claim.transaction.group.interchange.usage
    billing = claim.billing_provider.id if claim.billing_provider else ""
    payer = claim.payer.id if claim.payer else ""
    wide = (last, first, born, usage)
    narrow = (*wide, patient.gender, _folded(patient.member_id), billing, payer)
    return Identity(hash(wide), wide, narrow, billing, payer, bool(last and first and born))


def wide_key(claim: Claim) -> int:
    """``identity(claim).key``, read straight from the bytes of the claim's own HL: an index needs nothing else.

    Raises BadValue where DMG02 is not a date.
    """
    level = claim.level
    known = level.memo
    if isinstance(known, Identity):
        return known.key
    separator = level.delimiters.element
    wanted = b"NM1" + separator + (b"QC" if level.code == PATIENT else b"IL") + separator
    dated = b"DMG" + separator + b"D8" + separator
    name, born, inside = ["", ""], "", False
    for piece in level.data.split(level.delimiters.segment):
        piece = piece.strip(level.delimiters.filler) if piece[:1] in _BLANK else piece
        if piece[:4] == wanted[:4]:
            if name != ["", ""] or inside:
                break
            inside = piece.startswith(wanted)
            if inside:
                name = [_folded(part.decode("latin-1")) for part in (*piece.split(separator), b"", b"", b"")[3:5]]
        elif inside and piece.startswith(dated):
            born = values.day(piece.split(separator)[2].decode("latin-1")).isoformat()
            break
        elif inside and piece[:4] == dated[:4]:
            return identity(claim).key
    return hash((name[0], name[1], born, claim.transaction.group.interchange.usage))


_BLANK = frozenset({b"\r", b"\n", b"\t", b" "})


def _folded(text: str) -> str:
    return " ".join(text.upper().split())
