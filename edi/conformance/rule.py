"""A rule: one sentence that holds or does not, with all that is said wherever it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bitewing.edi.conformance.fault import Fault, Scope, Where

Facts = Mapping[str, object]
"""Counts and differences of amounts, by the name of the field that a message has for them."""

TELLS = False
"""For ``Rule.rejects``: what is likely wrong is said, and nothing is refused because of it."""


class Rule(NamedTuple):
    """What a check says.

    name, snip, scope, code, rejects: as in ``Fault``. message and remedy may hold ``{fields}`` that ``at`` fills with
    counts and differences of amounts, never with what was sent.
    """

    name: str
    snip: int
    scope: Scope
    code: str
    message: str
    remedy: str
    rejects: bool = True

    def at(self, where: Where, value: bytes = b"", *, rejects: bool | None = None, facts: Facts | None = None) -> Fault:
        """The fault at a place. value: the element as sent. rejects: where judged otherwise here. facts: the fields."""
        return Fault(
            self.name,
            self.snip,
            self.scope,
            where,
            self.message.format(**(facts or {})),
            self.remedy.format(**(facts or {})),
            self.code,
            value,
            self.rejects if rejects is None else rejects,
        )


ELEMENTS = {
    "AMT02": "782", "BPR02": "782", "CLM02": "782", "CLM05-1": "1331", "CLM05-3": "1325", "CLM11-1": "1362",
    "CLM11-4": "156", "CLM19": "1383", "CLP02": "1029", "CLP03": "782", "CLP04": "782", "CLP05": "782",
    "DMG02": "1251", "DN201": "127", "DTP03": "1251",
    "GE01": "97", "GE02": "28", "GS01": "479", "GS02": "142", "GS03": "124", "GS04": "373", "GS05": "337",
    "GS06": "28", "GS07": "455", "GS08": "480",
    "HL01": "628", "HL02": "734", "HL03": "735", "HL04": "736", "IEA01": "I16", "IEA02": "I12",
    "ISA01": "I01", "ISA03": "I03", "ISA05": "I05", "ISA06": "I06", "ISA07": "I05", "ISA08": "I07", "ISA09": "I08",
    "ISA10": "I09", "ISA11": "I65", "ISA12": "I11", "ISA13": "I12", "ISA14": "I13", "ISA15": "I14",
    "LQ02": "1271", "LX01": "554", "N104": "67", "N402": "156", "N403": "116", "N404": "26", "NM109": "67",
    "PRV03": "127", "PWK05": "66", "PWK06": "67", "REF02": "127", "SBR01": "1138", "SBR02": "1069", "SBR09": "1032",
    "SE01": "96", "SE02": "329", "ST01": "143", "ST02": "329", "ST03": "1705",
    "SV301-2": "234", "SV302": "782", "SV303": "1331", "SV305": "1358", "SV306": "380",
    "SVC01-2": "234", "SVC02": "782", "SVC03": "782", "SVD01": "67", "SVD02": "782", "SVD03-2": "234",
    "TOO02": "1271",
}  # fmt: skip
"""The numbers in the data dictionary of the elements that rules speak of."""

_REPEATED = {"SV304": "1361", "SV311": "1328", "TOO03": "1369"}


def data_element(segment: str, element: int, component: int = 0) -> str:
    """The number of an element in the data dictionary, "" where no rule has needed it yet."""
    name = f"{segment}{element:02}"
    if segment == "CAS" and element > 1:
        return ("1034", "782", "380")[(element - 2) % 3]
    if segment == "PLB" and element > 2:
        return "782" if element % 2 == 0 else ""
    if segment == "HI" and component in (1, 2):
        return ("1270", "1271")[component - 1]
    if component and name in _REPEATED:
        return _REPEATED[name]
    return ELEMENTS.get(f"{name}-{component}" if component else name, "")
