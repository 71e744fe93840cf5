"""One claim payment, loop 2100 with its 2110, as rows: remits, remit_lines, remit_adjustments, remit_remarks."""

from __future__ import annotations

from collections.abc import Callable

from bitewing.policies.rows.keys import Keys
from bitewing.policies.rows.text import NO_DAY, Sheet, day, field, money, units

REMARKS = {"MIA": (5, 20, 21, 22, 23), "MOA": (3, 4, 5, 6, 7)}
"""Elements of a claim's outpatient and inpatient adjudication that hold remark codes."""
OWN = frozenset({"SVC", "CAS", "NM1", "REF", "DTM", "AMT", "QTY", "PER", "LQ", "MIA", "MOA"})
"""What stands in a claim payment and nowhere else behind the first one."""
_DAYS = {"232": "first_day", "233": "last_day", "050": "received"}


class ClaimPayment:
    """One CLP with what follows it, fed segment by segment; where something is said twice the first one counts."""

    def __init__(self, sheet: Sheet, keys: Keys, place: tuple[int, int, int], clp: list[str], component: str) -> None:
        self._sheet, self._keys, self._component = sheet, keys, component
        self._number, self._payment, self._offset = place
        self._clp = clp + [""] * 10
        self._names: dict[str, list[str]] = {}
        self._said: dict[str, str] = {}
        self._line: list[str] = []
        self._known: dict[str, str] = {}  # of the line
        self._adjustments = 0
        self._lines = 0
        self._first: list[str] = []
        self._last: list[str] = []

    def segment(self, elements: list[str]) -> None:
        """The next segment behind CLP."""
        tag = elements[0]
        if tag in ("REF", "DTM", "AMT"):
            if len(elements) > 1:
                known = self._known if self._lines else self._said
                known.setdefault(tag + elements[1], elements[2] if len(elements) > 2 else "")
        elif tag == "CAS":
            self._adjust(elements)
        elif tag == "SVC":
            self._end_line()
            self._lines += 1
            self._line, self._known = elements + [""] * 8, {}
        elif tag == "NM1":
            value = elements + [""] * 10
            self._names.setdefault(value[1], value)
        elif tag == "LQ" and elements[1:2] in (["HE"], ["RX"]):
            self._remark(elements[2] if len(elements) > 2 else "")
        elif tag in REMARKS and not self._lines:
            for at in REMARKS[tag]:
                if at < len(elements):
                    self._remark(elements[at])

    def end(self) -> int:
        """Write the claim payment, and say how many lines it has."""
        self._end_line()
        row, clp, said = (self._number,), self._clp, self._said
        nobody = [""] * 10
        names = self._names
        patient = names.get("QC") or names.get("IL") or nobody
        member = names.get("IL", nobody)[9] or names.get("QC", nobody)[9]
        corrected, keys = names.get("74", nobody), self._keys
        dates = {name: self._read("remits", row, name, said.get("DTM" + code, ""), day) for code, name in _DAYS.items()}
        self._sheet.put(
            "remits",
            self._number,
            self._payment,
            self._offset,
            field(clp[1]),
            field(clp[2]),
            self._read("remits", row, "charge", clp[3], money),
            self._read("remits", row, "paid", clp[4], money),
            self._read("remits", row, "patient_share", clp[5], money),
            field(clp[6]),
            field(clp[7]),
            field(clp[9]),
            keys.name(patient[3], patient[4]),
            keys.last(patient[3]),
            keys.member(member),
            keys.member(corrected[9]),
            keys.name(corrected[3], corrected[4]),
            field(names.get("82", nobody)[9]),
            field(said.get("REF1L", "")),
            field(said.get("REFCE", "")),
            field(said.get("REFF8", "")),
            dates["first_day"] or min(self._first, default=""),
            dates["last_day"] or max(self._last, default=""),
            dates["received"],
            self._lines,
        )
        return self._lines

    def _end_line(self) -> None:
        if not self._lines:
            return
        row, svc, known = (self._number, self._lines), self._line, self._known
        first = self._read("remit_lines", row, "first_day", _either(known, "DTM472", "DTM150"), day)
        last = self._read("remit_lines", row, "last_day", _either(known, "DTM472", "DTM151"), day)
        if first:
            self._first.append(first)
        if last:
            self._last.append(last)
        count = self._read("remit_lines", row, "units", svc[5] or "1", units)
        self._sheet.put(
            "remit_lines",
            *row,
            field(svc[1].split(self._component)[0]),
            field(self._code(svc[1])),
            field(self._code(svc[6])),
            self._read("remit_lines", row, "charge", svc[2], money),
            self._read("remit_lines", row, "paid", svc[3], money),
            count,
            self._read("remit_lines", row, "sent_units", svc[7], units) if svc[7] else count,
            field(known.get("REF6R", "")),
            first,
            last,
            self._read("remit_lines", row, "allowed_sent", known.get("AMTB6", ""), money),
        )

    def _code(self, composite: str) -> str:
        parts = composite.split(self._component)
        return parts[1].strip().upper() if len(parts) > 1 else ""

    def _adjust(self, elements: list[str]) -> None:
        group = field(elements[1]) if len(elements) > 1 else ""
        elements += ["", ""]
        for at in range(2, len(elements) - 2, 3):
            reason, amount, quantity = elements[at : at + 3]
            if not (reason or amount or quantity):
                continue
            self._adjustments += 1
            row = (self._number, self._lines, self._adjustments)
            amount = self._read("remit_adjustments", row, "amount", amount, money)
            self._sheet.put("remit_adjustments", *row, group, field(reason), amount, field(quantity))

    def _remark(self, code: str) -> None:
        if code:
            self._sheet.put("remit_remarks", self._number, self._lines, field(code))

    def _read(self, table: str, row: tuple[int, ...], column: str, value: str, how: Callable[[str], str]) -> str:
        try:
            return how(value)
        except ValueError:
            self._sheet.fault(table, row, column)
            return ""


def _either(known: dict[str, str], usual: str, other: str) -> str:
    """The date under the one qualifier, or else the other; eight zeros are none."""
    said = known.get(usual, "").strip()
    return said if said and said != NO_DAY else known.get(other, "")
