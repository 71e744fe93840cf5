"""Whether the checks of this folder would say nothing of a dental transaction: for speed, yes only where it is certain.

Feeds on stretches of whole segments, as blocks hold them, and keeps one claim in mind. Original claims of one payer,
numbered, dated and summed as they should be, are plain; whatever else stands in a transaction makes it not plain, which
is no fault: it is then looked at in full. It may say no where the checks are silent, never yes where one would speak.
"""

from __future__ import annotations

from datetime import date

from bitewing.edi.conformance import plain_values as values
from bitewing.edi.conformance.context import Group
from bitewing.edi.conformance.formats import npi_checks
from bitewing.edi.delimiters import Delimiters


class Plain:
    """Follows one transaction: ``feed`` it all of its bytes in order, then ask ``end``. Once not plain, it stays so."""

    def __init__(self, group: Group, delimiters: Delimiters) -> None:
        self._sent = group.sent or date.max
        self._delimiters = delimiters
        self._levels = 0
        self._last: dict[bytes, bytes] = {}
        self._promised = b""
        self._billing = b""
        self._level = b""
        self._self = False
        self._details: set[bytes] = set()
        self._born = date.min
        self._party = b""
        self._specialty_due = False
        self._claims = 0
        self._in_claim = False
        self._total = self._sum = 0
        self._lines = self._undated = self._diagnoses = 0
        self._dated = self._line_dated = self._tooth = self._service = True
        self._ids: set[bytes] = set()
        self._charge = 0
        self._served: date | None = None
        self._line_served: date | None = None
        self._prior: date | None = None
        self._replaced = False
        self._turns: set[bytes] = set()
        self._turn = b""
        self._payers: dict[bytes, _Payer] = {}
        self._other: _Payer | None = None
        self._decided: dict[bytes, int] = {}
        self._deciding = b""
        self._named: set[bytes] = set()
        self._inner = False

    def feed(self, data: bytes) -> bool:
        """The next segments. False where the transaction is not plain."""
        separator, filler = self._delimiters.element, self._delimiters.filler
        pieces = data.split(self._delimiters.segment)
        if any(self._delimiters.segment + bytes([blank]) in data for blank in filler):
            pieces = [piece.lstrip(filler) for piece in pieces]
        steps = _STEPS
        for piece in pieces:
            if piece[:3] == b"REF" and piece[4:6] not in values.REFERENCES and not self._specialty_due:
                continue
            elements = piece.split(separator)
            step = steps.get(elements[0])
            if step is not None:
                if (self._specialty_due and step is not Plain._prv) or not step(self, elements):
                    return False
            elif self._specialty_due or (piece and elements[0] not in values.NEUTRAL):
                return False
            elif elements[0] == b"N3" and self._party == b"IL" and not self._in_claim:
                self._details.add(b"N3")
        return True

    def end(self) -> bool:
        """Whether it was plain to its end."""
        return self._end_claim() and self._end_level() and self._promised == b"" and not self._specialty_due

    def _hl(self, elements: list[bytes]) -> bool:
        if len(elements) != 5 or not (self._end_claim() and self._end_level()):
            return False
        _, number, above, code, children = elements
        self._levels += 1
        wanted = values.ABOVE.get(code)
        if number != b"%d" % self._levels or children not in (b"0", b"1"):
            return False
        # Whom HL04 promised a child, that child comes next; a child comes where one was promised.
        if self._promised not in (b"", code) or (wanted is None) != (code == b"20" and not above):
            return False
        if wanted is not None and above != self._last.get(wanted):
            return False
        if code == b"23" and (children != b"0" or self._last.get(b"22 children") != b"1"):
            return False
        if code == b"20" and children != b"1":
            return False
        self._promised = {b"20": b"22", b"22": b"23"}[code] if children == b"1" else b""
        if code == b"20":
            self._last.clear()
        self._last[code] = number
        if code == b"22":
            self._last[b"22 children"] = children
        if code != b"23":
            self._self = False
        self._level, self._claims, self._born, self._party, self._turn = code, 0, date.min, b"", b""
        self._named = set()
        self._details = set()
        return True

    def _end_level(self) -> bool:
        """A subscriber who is the patient has a claim and his details; another has neither here."""
        if self._level != b"22":
            return True
        if self._last[b"22 children"] == b"1":
            return not self._self and not self._claims
        return self._self and self._claims > 0 and self._details >= {b"N3", b"N4", b"DMG"}

    def _sbr(self, elements: list[bytes]) -> bool:
        turn, relation = (*elements, b"", b"")[1:3]
        if self._in_claim:
            if self._lines or turn in self._turns:
                return False
            self._turns.add(turn)
            self._other = _Payer()
            self._inner = True
            self._named = set()
            return True
        if self._turn or self._level != b"22" or self._party:
            return False
        self._self = relation == b"18"
        self._turn = turn
        return self._turn != b"" and relation in (b"", b"18")

    def _nm1(self, elements: list[bytes]) -> bool:
        self._party = party = elements[1] if len(elements) > 1 else b""
        if party in self._named or party not in self._parties():
            return False
        self._named.add(party)
        identifier = elements[9] if len(elements) > 9 and elements[8] == b"XX" else b""
        if identifier and (values.NPI.fullmatch(identifier) is None or not npi_checks(identifier.decode())):
            return False
        if self._in_claim:
            self._inner = True
            if self._other is not None and not self._lines:
                if party == b"PR":
                    name = (*elements, b"")[9] if len(elements) > 9 else b""
                    if name in self._payers:
                        return False
                    self._payers[name] = self._other
                return True
            self._specialty_due = party == b"82" and not self._lines
            return party != b"82" or identifier != self._billing
        if party == b"85":
            self._billing = identifier or b"-"
        return True

    def _parties(self) -> frozenset[bytes]:
        """Who may be named where we are."""
        if not self._in_claim:
            return values.OF_LEVEL.get(self._level, values.NOBODY)
        if self._lines:
            return values.OF_LINE if self._service and not self._deciding else values.NOBODY
        return values.OF_CLAIM if self._other is None else values.OF_OTHER

    def _n4(self, elements: list[bytes]) -> bool:
        state, zip_code = (*elements, b"", b"", b"")[2:4]
        if len(elements) > 4 or state not in values.STATES:
            return False
        found = values.ZIP.fullmatch(zip_code)
        if self._party == b"IL" and not self._in_claim:
            self._details.add(b"N4")
        return found is not None and (found[1] is not None or self._party not in values.FULL_ZIP)

    def _dmg(self, elements: list[bytes]) -> bool:
        born = values.day_of(elements[2]) if len(elements) > 2 and elements[1] == b"D8" else None
        if born is None or self._born != date.min:
            return False
        if self._party == b"IL":
            self._details.add(b"DMG")
        self._born = born
        return not self._in_claim and self._party in (b"IL", b"QC")

    def _prv(self, elements: list[bytes]) -> bool:
        self._specialty_due = False
        return len(elements) > 3 and elements[2] == b"PXC" and values.TAXONOMY.fullmatch(elements[3]) is not None

    def _clm(self, elements: list[bytes]) -> bool:
        if not self._end_claim() or self._level not in (b"22", b"23") or not 5 < len(elements) <= 11:
            return False
        place, _, frequency = (*elements[5].split(self._component), b"", b"", b"")[:3]
        self._total = values.cents(elements[2])
        self._claims += 1
        self._in_claim = True
        self._sum = self._lines = self._undated = self._diagnoses = 0
        self._dated = False
        self._line_dated = self._service = True
        self._ids.clear()
        self._turns = {self._turn}
        self._payers, self._other, self._served = {}, None, None
        self._decided, self._deciding = {}, b""
        self._named, self._inner = set(), False
        return self._total >= 0 and place in values.PLACES and frequency not in (b"7", b"8")

    def _end_claim(self) -> bool:
        if not self._in_claim:
            return True
        if not self._lines or not self._end_line():
            return False
        self._in_claim = False
        if self._total != self._sum or (self._undated and not self._dated):
            return False
        return all(one.paid is None or one.paid + one.adjusted == self._total for one in self._payers.values())

    def _end_line(self) -> bool:
        """The line before has a service and a date of its own or its claim's; it balances with who decided it."""
        if not self._lines:
            return True
        if not self._line_dated:
            self._undated += 1
        served = self._line_served or self._served
        if self._replaced and self._prior is None:
            return False
        if self._prior is not None and (served is None or self._prior > served):
            return False
        return self._service and all(paid == self._charge for paid in self._decided.values())

    def _dtp(self, elements: list[bytes]) -> bool:
        if len(elements) != 4 or elements[2] != b"D8" or not self._in_claim or elements[1] == b"439":
            return False
        found = values.day_of(elements[3])
        if found is None:
            return False
        if elements[1] == b"573" or self._inner:
            return elements[1] == b"573"
        if elements[1] in (b"441", b"139"):
            if self._prior is not None or not self._lines:
                return False
            self._prior = found
        if elements[1] != b"472":
            return True
        if self._lines:
            if self._line_dated:
                return False
            self._line_dated, self._line_served = True, found
        else:
            if self._dated:
                return False
            self._dated, self._served = True, found
        return self._born <= found <= self._sent

    def _lx(self, elements: list[bytes]) -> bool:
        if not self._in_claim or not self._end_line():
            return False
        self._lines += 1
        self._line_dated = self._service = self._tooth = self._replaced = False
        self._line_served = self._prior = None
        self._decided, self._deciding = {}, b""
        self._named, self._inner = set(), False
        return len(elements) > 1 and elements[1] == b"%d" % self._lines

    def _amt(self, elements: list[bytes]) -> bool:
        if elements[1:2] != [b"D"]:
            return True
        if self._other is None or self._lines or self._named or self._other.paid is not None or len(elements) < 3:
            return False
        self._other.paid = values.cents(elements[2])
        return self._other.paid >= 0

    def _svd(self, elements: list[bytes]) -> bool:
        if not self._lines or len(elements) < 4 or len(elements) > 6 or elements[1] not in self._payers:
            return False
        qualifier, code, *_ = (*elements[3].split(self._component), b"", b"")
        paid = values.cents(elements[2])
        self._deciding = elements[1]
        self._inner = True
        self._decided[elements[1]] = self._decided.get(elements[1], 0) + paid
        return paid >= 0 and qualifier == b"AD" and values.CDT.fullmatch(code) is not None

    def _cas(self, elements: list[bytes]) -> bool:
        payer = self._payers.get(self._deciding) if self._deciding else self._other
        if payer is None or (self._lines and not self._deciding) or (not self._lines and self._named):
            return False
        for said in elements[3::3]:
            if said:
                cents = values.cents(said)
                payer.adjusted += cents
                if self._lines:
                    self._decided[self._deciding] += cents
                if cents < 0:
                    return False
        return True

    def _pwk(self, elements: list[bytes]) -> bool:
        if self._inner:
            return False
        return elements[2:3] == [b"AA"] or (len(elements) > 6 and elements[5] != b"" and elements[6] != b"")

    def _dn2(self, elements: list[bytes]) -> bool:
        return len(elements) > 1 and not self._inner and values.tooth_is_plain(elements[1], b"", self._component)

    def _sv3(self, elements: list[bytes]) -> bool:
        count = len(elements)
        if not self._lines or self._service or self._inner or count < 3:
            return False
        self._service = True
        component = self._delimiters.component
        qualifier, code, *_ = (*elements[1].split(component), b"", b"")
        cents = values.cents(elements[2])
        self._sum += cents
        self._charge = cents
        if qualifier != b"AD" or values.CDT.fullmatch(code) is None or cents < 0:
            return False
        if count > 3 and elements[3] and elements[3] not in values.PLACES:
            return False
        if count > 4 and elements[4] and not values.AREAS.issuperset(elements[4].split(component)):
            return False
        self._replaced = count > 5 and elements[5] == b"R"
        if count > 11 and elements[11]:
            pointed = elements[11].split(component)
            return all(one in (b"1", b"2", b"3", b"4") and int(one) <= self._diagnoses for one in pointed)
        return True

    def _too(self, elements: list[bytes]) -> bool:
        if self._tooth or not self._lines or self._inner:
            return False
        self._tooth = True
        return (
            len(elements) > 2
            and elements[1] == b"JP"
            and values.tooth_is_plain(elements[2], (*elements, b"")[3], self._component)
        )

    @property
    def _component(self) -> bytes:
        return self._delimiters.component

    def _ref(self, elements: list[bytes]) -> bool:
        kind, value = (*elements, b"", b"")[1:3]
        if kind == b"EI":
            return len(value) == 9 and value.isdigit()
        if kind == b"6R":
            if value in self._ids or self._inner:
                return False
            self._ids.add(value)
        return kind != b"SY"

    def _hi(self, elements: list[bytes]) -> bool:
        if self._diagnoses or self._inner:
            return False
        self._diagnoses = len(elements) - 1
        for one in elements[1:]:
            qualifier, code, *_ = (*one.split(self._component), b"")
            if qualifier not in (b"ABK", b"ABF") or values.ICD.fullmatch(code) is None:
                return False
        return self._in_claim and not self._lines


class _Payer:
    """Another payer of a claim: what it paid and adjusted, in cents; None where it has not decided."""

    __slots__ = ("adjusted", "paid")

    def __init__(self) -> None:
        self.paid: int | None = None
        self.adjusted = 0


_STEPS = {
    b"AMT": Plain._amt, b"CAS": Plain._cas, b"CLM": Plain._clm, b"DMG": Plain._dmg, b"DN2": Plain._dn2,
    b"DTP": Plain._dtp, b"HI": Plain._hi, b"HL": Plain._hl, b"LX": Plain._lx, b"N4": Plain._n4, b"NM1": Plain._nm1,
    b"PRV": Plain._prv, b"PWK": Plain._pwk, b"REF": Plain._ref, b"SBR": Plain._sbr, b"SV3": Plain._sv3,
    b"SVD": Plain._svd, b"TOO": Plain._too,
}  # fmt: skip
