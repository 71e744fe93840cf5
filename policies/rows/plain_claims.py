"""The short way for claims: segments in one pass, without a tree of loops; anything unusual is left to the views.

Only four segments open a loop in a claim (``edi/loops.py``): NM1, SBR, SVD, LX. A claim with providers and lines and
nothing else has its values before the first of them, or behind its LX. ``tests/test_rows.py`` holds that both ways say
the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from bitewing.edi.claim import MOST_LINES, Claim
from bitewing.edi.delimiters import Delimiters
from bitewing.edi.hierarchy import Located
from bitewing.edi.levels import PATIENT, Level
from bitewing.edi.values import number, span
from bitewing.policies.patient import billing
from bitewing.policies.rows.keys import Keys
from bitewing.policies.rows.text import age, days, exact, field, units
from bitewing.policies.tables import DELIMITER, QUOTE

PROVIDERS = frozenset({"DN", "82", "77", "DD", "DQ"})
"""NM101 of those who may stand in a claim (2310) and in a line (2420)."""
BELOW = {"SBR": frozenset({"IL", "PR"}), "SVD": frozenset[str]()}
"""What opens 2320 in a claim and 2430 in a line, and NM101 of those who may stand below: subscriber and payer."""
_KEPT = frozenset({"REF", "DTP", "SV3"})
_KNOWN = frozenset({"NM1", "SBR", "SVD", "LX", "DMG"})
_UNDER = {"22": ("IL", "PR"), "23": ("QC",)}
"""HL03, and who stands below: subscriber and payer, or patient."""


class Whom(NamedTuple):
    """What claims under one HL have in common, as fields."""

    billing_npi: str
    payer_id: str
    payer_seq: str
    group_no: str
    keys: tuple[str, str, str, str]  # patient, name, last name, member
    born: str


Said = dict[str, list[str]]
"""What stands in one loop itself: segments by identifier (of REF and DTP with their qualifier), the first of each."""


class PlainClaims:
    """Rows of plain claims of one interchange."""

    def __init__(self, keys: Keys, start: int, control: str) -> None:
        self._keys, self._start, self._control = keys, start, field(control)
        self._level: Level | None = None
        self._whom: Whom | None = None

    def claim(self, located: Located, number: int, sent: str) -> tuple[str, list[str]] | None:
        """The row of a claim and those of its lines; None where it is not plain. sent: when it was sent, as a field."""
        level = located.level
        if level is not self._level:
            self._level, self._whom = level, _whom(located, self._keys)
        whom, said = self._whom, _loops(located.data, level.delimiters)
        if whom is None or said is None:
            return None
        claim, lines, providers = said
        try:
            made = _lines(claim, lines, providers, f"{number}{DELIMITER}", level.delimiters.component.decode("latin-1"))
            clm = claim["CLM"]
            charge = _money(clm[2])
        except ValueError:  # a value that cannot be read is told by the long way
            return None
        if made is None:
            return None
        first, last, rows = made
        sort = clm[5].split(level.delimiters.component.decode("latin-1"))
        row = DELIMITER.join(
            (str(number), str(located.offset - self._start), self._control, field(located.transaction.control), sent,
             clm[1], charge, sort[2] if len(sort) > 2 else "", "true" if clm[19] == "PB" else "false",
             whom.billing_npi, whom.payer_id, whom.payer_seq, whom.group_no, _value(claim, "REFF8"),
             *whom.keys, first, last, str(len(lines)), f"{age(whom.born, first)}\n")
        )  # fmt: skip
        told = row + "".join(rows)
        # Line ends inside of a value would need quotes.
        return None if "\r" in told or told.count("\n") != len(lines) + 1 else (row, rows)


def _loops(data: bytes, delimiters: Delimiters) -> tuple[Said, list[Said], list[str | None]] | None:
    """Loop 2300, its 2400, and the rendering provider of each, the claim's first; None where the claim is not plain."""
    pieces = _pieces(data, delimiters)
    if not pieces:
        return None
    e = delimiters.element.decode("latin-1")
    claim: Said = {"CLM": [*pieces[0].split(e), *[""] * 20]}
    at, lines = claim, list[Said]()
    providers: list[str | None] = [None]
    allowed, opens = PROVIDERS, "LX" + e
    for said in pieces[1:]:
        tag = said[:3]
        if tag in _KEPT:
            parts = said.split(e)
            if parts[0] == tag and len(parts) > 1:
                at.setdefault(tag + parts[1] if tag != "SV3" else tag, parts)
        elif tag == "TOO":
            at.setdefault(tag, []).append(_tooth(said.split(e)))
        elif tag == opens:
            at, allowed = {"LX": said.split(e)}, PROVIDERS
            lines.append(at)
            providers.append(None)
        elif tag == "NM1":
            parts = [*said.split(e), *[""] * 9]
            if parts[0] != tag or parts[1] not in allowed:
                return None
            if parts[1] == "82" and providers[-1] is None:
                providers[-1] = parts[9]
            at = {}
        elif tag in BELOW:
            if (tag == "SBR") == bool(lines):
                return None
            at, allowed = {}, BELOW[tag]
    plain = data.count(b"SV3") == len(lines) <= MOST_LINES and claim["CLM"][0] == "CLM"
    return (claim, lines, providers) if plain else None


def _lines(
    claim: Said, lines: list[Said], providers: list[str | None], place: str, component: str
) -> tuple[str, str, list[str]] | None:
    """First and last day of a claim, and the rows of its lines; None where one has no service. Raises ValueError."""
    days = _dates(claim)
    spans = [days] if days else []
    rows = []
    for index, said in enumerate(lines, 1):
        if "SV3" not in said:
            return None
        sv3 = [*said["SV3"], *[""] * 6]
        code = sv3[1].split(component, 2)
        span_ = _dates(said) or days
        if span_:
            spans.append(span_)
        rendering = providers[0] if providers[index] is None else providers[index]
        areas = [area for area in sv3[4].split(component) if area] if sv3[4] else ()
        rows.append(
            DELIMITER.join(
                (f"{place}{index}", _whole(said["LX"][1]), code[1].strip().upper() if len(code) > 1 else "",
                 _money(sv3[2]), units(sv3[6]) if sv3[6] else "1", _value(said, "REF6R"), *(span_ or ("", "")),
                 ",".join(said.get("TOO", ())), ",".join(areas), f"{rendering or ''}\n")
            )
        )  # fmt: skip
    first, last = (min(one[0] for one in spans), max(one[1] for one in spans)) if spans else ("", "")
    return first, last, rows


def _pieces(data: bytes, delimiters: Delimiters) -> list[str]:
    """Segments as text; () where one holds what a row would have in quotes."""
    text = data.decode("latin-1")
    if QUOTE in text or DELIMITER in text:
        return []
    t, filler = delimiters.segment.decode("latin-1"), delimiters.filler.decode("latin-1")
    pieces = text.split(t)
    return [piece.lstrip(filler) for piece in pieces] if filler else pieces


def _tooth(too: list[str]) -> str:
    """TOO02."""
    return too[2] if len(too) > 2 else ""


def _value(said: Said, name: str) -> str:
    """The second element of a segment, "" where it is absent."""
    found = said.get(name, ())
    return found[2] if len(found) > 2 else ""


def _dates(said: Said) -> tuple[str, str] | None:
    """First and last day of DTP*472. Raises ValueError."""
    found = said.get("DTP472")
    return _span(found[2], found[3]) if found is not None and len(found) > 3 else None


def _whom(located: Located, keys: Keys) -> Whom | None:
    """Subscriber, payer and patient of an HL and the one above it; None where they are not plain."""
    level = located.level
    subscriber = level.parent if level.code == PATIENT else level
    own = _people(level)
    insured = own if level is subscriber or subscriber is None else _people(subscriber)
    if own is None or insured is None:
        return None
    patient = own.get("QC" if level.code == PATIENT else "IL")
    member, payer, coverage = insured.get("IL"), insured.get("PR"), insured["SBR"]
    try:
        born = (_span(patient[-2], patient[-1]) or ("",))[0] if patient else ""
    except ValueError:
        return None
    last, first = (patient[3], patient[4]) if patient else ("", "")
    claim = Claim(located)
    usage = claim.transaction.group.interchange.usage
    fields = (billing(claim), payer[9] if payer else "", coverage[1], coverage[3])
    known = keys.patient(last, first, born, usage), keys.name(last, first), keys.last(last)
    npi, payer_id, payer_seq, group_no = map(field, fields)
    return Whom(npi, payer_id, payer_seq, group_no, (*known, keys.member(member[9] if member else "")), born)


def _people(level: Level) -> dict[str, list[str]] | None:
    """NM1 by its qualifier, padded, with DMG01 and DMG02 at its end; and SBR. None where others stand there, too."""
    e = level.delimiters.element.decode("latin-1")
    found: dict[str, list[str]] = {"SBR": [""] * 10}
    dated: set[str] = set()
    who = ""
    pieces = _pieces(level.data, level.delimiters)
    if not pieces:
        return None
    for parts in (piece.split(e) for piece in pieces[1:] if piece[:3] in _KNOWN):
        if parts[0] == "NM1":
            who = parts[1] if len(parts) > 1 else ""
            if who not in _UNDER[level.code.decode("latin-1")] or who in found:
                return None
            found[who] = [*parts[:10], *[""] * (12 - len(parts[:10]))]
        elif parts[0] == "SBR":
            if who or found["SBR"][0]:
                return None
            found["SBR"] = [*parts, *[""] * 10]
        elif parts[0] == "DMG" and who and who not in dated:
            dated.add(who)
            found[who][-2:] = [*parts, "", ""][1:3]
        elif parts[0] != "DMG":
            return None
    return found


@lru_cache(maxsize=4096)
def _money(text: str) -> str:
    return exact(number(text)) if text else ""


@lru_cache(maxsize=4096)
def _span(qualifier: str, text: str) -> tuple[str, str] | None:
    """First and last day as fields, None where there is no date. Raises ValueError where it cannot be read."""
    if not text:
        return None
    found = span(qualifier, text)
    return days(found.start), days(found.end)


@lru_cache(maxsize=1024)
def _whole(text: str) -> str:
    if not text:
        return ""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise ValueError
    return str(int(text))
