"""The tables of a store, column by column: what was submitted, what was paid. One place for names, types and meaning.

A row never holds a name, a member id or a birth date: patients are keyed hashes. ``source`` is the SHA-256 of the
interchange that a row came from; with ``claim_no`` (or ``remit_no``) and ``line_no`` it names a row for ever, whatever
order files arrive in. Numbers count from 1 over the whole interchange. Money is exact, in units of the currency. Text
is never absent but "" ; dates and amounts that were not sent, or cannot be read, are absent.
"""

from __future__ import annotations

from typing import NamedTuple

TEXT, NUMBER, MONEY, DAY, YES_NO = "VARCHAR", "BIGINT", "DECIMAL(18,2)", "DATE", "BOOLEAN"


class Column(NamedTuple):
    """name, SQL type, and what it holds: loop, segment and element."""

    name: str
    type: str
    meaning: str


def _table(text: str) -> tuple[Column, ...]:
    """Lines of ``name type meaning``; every table begins with its source."""
    types = {"text": TEXT, "number": NUMBER, "money": MONEY, "day": DAY, "flag": YES_NO}
    rows = [line.split(None, 2) for line in text.strip().splitlines()]
    source = Column("source", TEXT, "SHA-256 of the interchange, in hexadecimal")
    return (source, *(Column(name, types[kind], meaning) for name, kind, meaning in rows))


TABLES = {
    "claims": _table("""
claim_no number its place in the interchange
starts_at number of CLM, in bytes from the interchange's first byte
interchange text ISA13
transaction_no text ST02
sent day BHT04, else GS04
clm01 text CLM01 as sent
charge money CLM02
frequency text CLM05-3
predetermination flag CLM19 is PB
billing_npi text 2010AA NM109
payer_id text 2010BB NM109
payer_seq text 2000B SBR01: P, S, T
group_no text 2000B SBR03
original_ref text 2300 REF*F8
patient text HMAC of the wide identity: names, birth date, ISA15
name_key text HMAC of the patient's last and first name, folded
last_key text HMAC of the patient's last name, folded
member_key text HMAC of the subscriber's member id, folded
first_day day first date of service over its lines and DTP*472
last_day day last date of service
lines number service lines
age number whole years of the patient on the first date of service, 90 for more
"""),
    "claim_lines": _table("""
claim_no number the claim
line_no number its place in the claim
lx number LX01 as sent
code text SV301-2 in capitals
charge money SV302
units number SV306, 1 where absent
ref6r text 2400 REF*6R
first_day day DTP*472 of the line, else of the claim
last_day day the same, its end
teeth text TOO02, with commas
area text SV304-1 to 5, with commas
rendering_npi text 2420A, else 2310B NM109
"""),
    "payments": _table("""
payment_no number ST to SE, in order
transaction_no text ST02
interchange text ISA13
sent day GS04
method text BPR04
sign text BPR03
amount money BPR02
paid_on day BPR16
trace text TRN02
payer_tin text TRN03 without its leading 1
payer_id text 1000A REF*2U, else N104
payer_name text 1000A N102
payee_npi text 1000B N104 where N103 is XX, else REF
claims number CLP
"""),
    "provider_adjustments": _table("""
payment_no number the payment
adjustment_no number its place in the payment
provider text PLB01
period_end day PLB02
reason text PLB03-1
reference text PLB03-2
amount money PLB04; positive reduces the payment
"""),
    "remits": _table("""
remit_no number its place in the interchange
payment_no number the payment it is part of
starts_at number of CLP, in bytes from the interchange's first byte
clp01 text CLP01 as sent
clp02 text CLP02
charge money CLP03
paid money CLP04
patient_share money CLP05
filing text CLP06
clp07 text CLP07, the payer's number
frequency text CLP09
name_key text HMAC of NM1*QC (IL where it is absent) last and first name, folded
last_key text HMAC of its last name, folded
member_key text HMAC of NM1*IL NM109, else NM1*QC NM109, folded
corrected_key text HMAC of NM1*74 NM109, else ""
corrected_name_key text HMAC of NM1*74 last and first name where both are sent, else ""
rendering_npi text NM1*82 NM109
group_no text REF*1L
contract_class text REF*CE
original_ref text REF*F8
first_day day DTM*232, else the first date of its lines
last_day day DTM*233, else the last date of its lines
received day DTM*050
lines number SVC
"""),
    "remit_lines": _table("""
remit_no number the claim payment
svc_no number its place in the claim payment
qualifier text SVC01-1
code text SVC01-2 in capitals: what was adjudicated
sent_code text SVC06-2 in capitals, "" where absent
charge money SVC02
paid money SVC03
units number SVC05, 1 where absent
sent_units number SVC07, SVC05 where absent
ref6r text REF*6R
first_day day DTM*472 or 150
last_day day DTM*472 or 151
allowed_sent money AMT*B6
"""),
    "remit_adjustments": _table("""
remit_no number the claim payment
svc_no number the line, 0 for the claim
adjustment_no number its place in the claim payment
group_code text CAS01
reason text CAS02, 05, 08, 11, 14, 17
amount money CAS03, 06, 09, 12, 15, 18
quantity text CAS04, 07, 10, 13, 16, 19 as sent
"""),
    "remit_remarks": _table("""
remit_no number the claim payment
svc_no number the line, 0 for the claim
remark text LQ02 of HE or RX; for a claim MIA and MOA remarks
"""),
}
"""Every table of a store; one Parquet file for each interchange that has rows for it."""

DELIMITER, QUOTE = "\x1f", '"'
"""Rows on their way into a store are UTF-8 lines: fields in the order of the columns without ``source``, apart by
DELIMITER; a field with DELIMITER, QUOTE or a line end stands in QUOTE, doubled inside. Days are YYYYMMDD, flags true
or false, and what is absent is empty."""
