"""Whether the checks of this folder would say nothing of a dental transaction: for speed, yes only where it is certain.

Asked section by section. Each has to match the narrowed guide (``plain_guide``); what several segments say together is
looked at here. Original claims, numbered, dated and summed as they should be, are plain; whatever else stands in a
transaction makes it not plain, which is no fault: it is then looked at in full. It may say no where the checks are
silent, never yes where one would speak.
"""

from __future__ import annotations

from bitewing.edi.conformance.context import Group
from bitewing.edi.conformance.plain_claim import Around, looks
from bitewing.edi.conformance.plain_guide import pieces
from bitewing.edi.delimiters import Delimiters

_NEXT = {
    "": ("header",),
    "header": ("billing",),
    "billing": ("self", "other"),
    "self": ("claim",),
    "other": ("patient",),
    "patient": ("claim",),
    "claim": ("claim", "self", "patient", "other", "billing", "trailer"),
    "trailer": (),
}
"""What may come behind a section; whether a patient may, HL02 says."""
_NO_NUMBER = b""
"""HL02 of a billing provider; under the guide no other HL has it empty."""
_MOST_CLAIMS = 100
"""Under one HL: beyond, they are counted elsewhere."""


class Plain:
    """Follows one transaction: give it every section in order, then ask ``ended``. Once not plain, it stays so.

    before: the last section that was plain. claims: how many have come since the last HL.
    """

    def __init__(self, group: Group, delimiters: Delimiters) -> None:
        self._pieces = pieces(delimiters)
        self._looks = looks(delimiters)
        self._separator = delimiters.element
        sent = b"%04d%02d%02d" % (group.sent.year, group.sent.month, group.sent.day) if group.sent else b"99999999"
        self._around = Around(sent)
        self._here = ""
        self._plain = True
        self._levels = 0
        self._above = dict.fromkeys(("billing", "self", "other", "patient"), _NO_NUMBER)
        self.before = b""
        self.claims = 0

    @property
    def ended(self) -> bool:
        """Whether it was plain to its end."""
        return self._plain and self._here == "trailer"

    def section(self, data: bytes) -> bool:
        """Whether the next section is plain, as all before it were."""
        self._plain = self._plain and self._matches(data) and self._holds(data)
        if self._plain:
            self.before = data
            self.claims = self.claims + 1 if self._here == "claim" else 0
        return self._plain

    def _matches(self, data: bytes) -> bool:
        for name in _NEXT[self._here]:
            if self._pieces[name].fullmatch(data) is not None:
                self._here = name
                return True
        return False

    def _holds(self, data: bytes) -> bool:
        if self._here == "claim":
            return self.claims < _MOST_CLAIMS and self._looks.plain(data, self._around)
        return self._here in ("header", "trailer") or self._level(data)

    def _level(self, data: bytes) -> bool:
        """HL01 is the next number, HL02 names the last HL of the level above, the billing provider's NPI can be one."""
        here = self._here
        _, number, above, _ = data.split(self._separator, 3)
        self._levels += 1
        if number != b"%d" % self._levels or above != self._above[here]:
            return False
        looks, around = self._looks, self._around
        if here == "billing":
            self._above.update({"self": number, "other": number})
            billing = looks.npi(data)
            self._around = Around(around.sent, billing or b"")
            return billing is not None
        turn = around.turn
        if here != "patient":
            self._above["patient"] = number if here == "other" else _NO_NUMBER
            turn = looks.turn(data)
        self._around = Around(around.sent, around.billing, turn, looks.born(data))
        return True
