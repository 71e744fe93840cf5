"""Lines of remittances as tables for other programs: CSV, XLSX and Parquet.

A spreadsheet gets text as text: a value that begins with ``=`` is shown, never computed. Amounts stay exact: in CSV
and Parquet as decimals; a spreadsheet's numbers are binary, which holds every amount of up to 15 digits to the cent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from bitewing.policies.reconcile.records import Row, Rows

COLUMNS = (
    "payer", "trace", "paid_on", "clp01", "clm01", "match", "status", "payer_number", "group_no", "svc", "lx",
    "line_match", "service_day", "submitted", "adjudicated", "units", "units_paid", "charge", "paid", "allowed",
    "patient", "event", "target", "role", "source", "remit_no",
)  # fmt: skip
"""The columns of an export, in order."""

LINES = """
SELECT COALESCE(c.payer_id, NULLIF(p.payer_id, ''), p.payer_name) AS payer, p.trace AS trace, p.paid_on AS paid_on,
       r.clp01 AS clp01, c.clm01 AS clm01, m.method AS "match", r.clp02 AS status, r.clp07 AS payer_number,
       r.group_no AS group_no, x.svc_no AS svc, l.lx AS lx, l.method AS line_match,
       COALESCE(x.first_day, r.first_day) AS service_day,
       COALESCE(l.submitted_code, NULLIF(x.sent_code, ''), x.code) AS submitted, x.code AS adjudicated,
       x.sent_units AS units, x.units AS units_paid, x.charge AS charge, x.paid AS paid, e.allowed AS allowed,
       e.patient_share AS patient, e.event AS event, e.target AS target, m.role AS role, x.source AS source,
       x.remit_no AS remit_no
FROM remit_lines x
JOIN remits r ON r.source = x.source AND r.remit_no = x.remit_no
JOIN payments p ON p.source = r.source AND p.payment_no = r.payment_no
LEFT JOIN remit_matches m ON m.source = r.source AND m.remit_no = r.remit_no
LEFT JOIN claims c ON c.source = m.claim_source AND c.claim_no = m.claim_no
LEFT JOIN line_matches l ON l.source = x.source AND l.remit_no = x.remit_no AND l.svc_no = x.svc_no
LEFT JOIN line_events e ON e.source = x.source AND e.remit_no = x.remit_no AND e.svc_no = x.svc_no
ORDER BY p.paid_on NULLS LAST, p.trace, x.source, x.remit_no, x.svc_no
"""
"""One row for every line of a remittance."""

MOST_ROWS = 1_048_575
"""Rows of a spreadsheet below its heading."""


class ExportError(Exception):
    """A table that this form cannot hold; the message says why and what to do."""


def csv_text(rows: Rows) -> Iterator[bytes]:
    """The lines as UTF-8 CSV, heading first."""
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows.rows(LINES):
        writer.writerow(["" if value is None else value for value in row])
        if buffer.tell() > 1 << 20:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def write_xlsx(rows: Rows, path: Path) -> None:
    """The lines as a spreadsheet. Raises ExportError where they are more than one sheet holds."""
    import xlsxwriter

    book = xlsxwriter.Workbook(
        str(path),
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    try:
        sheet = book.add_worksheet("lines")
        money = book.add_format({"num_format": "#,##0.00"})
        days = book.add_format({"num_format": "yyyy-mm-dd"})
        heading = book.add_format({"bold": True})
        for column, name in enumerate(COLUMNS):
            sheet.write_string(0, column, name, heading)
        for number, row in enumerate(rows.rows(LINES), start=1):
            if number > MOST_ROWS:
                raise ExportError(f"a spreadsheet holds {MOST_ROWS} lines and there are more; take .csv or .parquet")
            _write(sheet, number, row, money, days)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, MOST_ROWS, len(COLUMNS) - 1)
    finally:
        book.close()


def _write(sheet: Any, number: int, row: Sequence[Any] | Row, money: Any, days: Any) -> None:
    for column, value in enumerate(row):
        if value is None:
            continue
        if isinstance(value, Decimal):
            sheet.write_number(number, column, value, money)
        elif isinstance(value, date):
            sheet.write_datetime(number, column, value, days)
        elif isinstance(value, int):
            sheet.write_number(number, column, value)
        else:
            sheet.write_string(number, column, str(value))
