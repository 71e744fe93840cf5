"""One 835, ST to SE, as rows: ``payments`` and ``provider_adjustments``."""

from __future__ import annotations

from bitewing.policies.rows.text import Sheet, day, field, money


class Payment:
    """What stands before the first claim payment of an 835, and its PLB. claims: how many CLP it has."""

    def __init__(self, sheet: Sheet, number: int, control: str, interchange: str, sent: str) -> None:
        self._sheet = sheet
        self._number = number
        self._adjustments = 0
        self._party = ""
        self.claims = 0
        self._said = {"transaction_no": control, "interchange": interchange, "sent": sent}

    def segment(self, elements: list[str]) -> None:
        """A segment of the header: BPR, TRN, 1000A, 1000B. Of each, the first one counts."""
        said, tag = self._said, elements[0]
        value = elements + [""] * 17
        if tag == "BPR" and "method" not in said:
            said |= {"method": value[4], "sign": value[3], "amount": value[2], "paid_on": value[16]}
        elif tag == "TRN" and "trace" not in said:
            tin = value[3]
            said |= {"trace": value[2], "payer_tin": tin[1:] if len(tin) == 10 and tin[0] == "1" else tin}
        elif tag == "N1":
            self._party = value[1]
            if self._party == "PR" and "payer_name" not in said:
                said |= {"payer_name": value[2], "payer_n104": value[4]}
            elif self._party == "PE" and value[3] == "XX":
                said.setdefault("payee_npi", value[4])
        elif tag == "REF" and self._party == "PR" and value[1] == "2U":
            said.setdefault("payer_id", value[2])
        elif tag == "REF" and self._party == "PE" and value[1] == "HPI":
            said.setdefault("payee_npi", value[2])  # the one REF that holds an NPI; the others are tax numbers

    def adjust(self, elements: list[str], component: str) -> None:
        """PLB: one row for each pair of reason and amount."""
        value = elements + [""] * 4
        for at in range(3, len(elements), 2):
            pair = [*elements[at : at + 2], ""]
            if not pair[0] and not pair[1]:
                continue
            self._adjustments += 1
            reason, _, reference = pair[0].partition(component)
            row = (self._number, self._adjustments)
            self._sheet.put(
                "provider_adjustments",
                *row,
                field(value[1]),
                self._day("provider_adjustments", row, "period_end", value[2]),
                field(reason),
                field(reference),
                self._money("provider_adjustments", row, "amount", pair[1]),
            )

    def end(self) -> None:
        """Write the payment."""
        said, row = self._said, (self._number,)

        def text(name: str) -> str:
            return field(said.get(name, ""))

        self._sheet.put(
            "payments",
            self._number,
            text("transaction_no"),
            text("interchange"),
            self._day("payments", row, "sent", said["sent"]),
            text("method"),
            text("sign"),
            self._money("payments", row, "amount", said.get("amount", "")),
            self._day("payments", row, "paid_on", said.get("paid_on", "")),
            text("trace"),
            text("payer_tin"),
            field(said.get("payer_id") or said.get("payer_n104", "")),
            text("payer_name"),
            text("payee_npi"),
            self.claims,
        )

    def _day(self, table: str, row: tuple[int, ...], column: str, value: str) -> str:
        try:
            return day(value)
        except ValueError:
            self._sheet.fault(table, row, column)
            return ""

    def _money(self, table: str, row: tuple[int, ...], column: str, value: str) -> str:
        try:
            return money(value)
        except ValueError:
            self._sheet.fault(table, row, column)
            return ""
