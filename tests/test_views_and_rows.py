"""Views and rows are two readings of one remittance: they say the same of every field that both have."""

import io
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bitewing.edi.document import Document
from bitewing.edi.errors import BadValue, EdiError
from bitewing.edi.remit.balance import ALLOWED_SHARE, allowed, claim_sums, payment_sum
from bitewing.edi.remit.line import RemitLine
from bitewing.edi.remit.payment import Payment
from bitewing.edi.remit.remit import Remit
from bitewing.edi.values import day
from bitewing.policies.engine.duckdb import DuckEngine
from bitewing.policies.match import match
from bitewing.policies.rows import Keys, Rows, interchanges, rows
from bitewing.policies.rows.load import select
from bitewing.policies.tables import MONEY, TABLES

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = sorted((ROOT.parent / "shared" / "samples" / "835").glob("*"))
KEYS = Keys(b"a secret of a test")
REMITTANCE = ("payments", "provider_adjustments", "remits", "remit_lines", "remit_adjustments", "remit_remarks")
COLUMNS = {table: [column.name for column in TABLES[table]] for table in REMITTANCE}
ENVELOPE = (
    "ISA*00*          *00*          *ZZ*PAYER          *ZZ*CLINIC         *260320*1200*^*00501*000000101*0*T*:~"
    "GS*HP*PAYER*CLINIC*20260320*1200*1*X*005010X221A1~ST*835*0001~{}SE*9*0001~GE*1*1~IEA*1*000000101~"
)
SAID = {
    "zeros for dates": "BPR*I*0*C*CHK************00000000~CLP*C1*1*10*0~DTM*232*00000000~DTM*050*00000000~"
    "SVC*AD:D0120*10*0~DTM*472*00000000~DTM*150*20260301~DTM*151* 20260302 ~",
    "what cannot be read": "BPR*I*1O*C~CLP*C1*1*1.005*X*Y~SVC*AD:D0120*1O*0**1.5**2.5~DTM*472*20260231~AMT*B6*Z~"
    "CAS*CO*45*B*1~CAS*PR*2*1~PLB*1*20261231*WO:A*X~",
    "a bad date beside a good one": "BPR*I*0*C~CLP*C1*1*10*0~SVC*AD:D0120*5*0~DTM*472*20260231~SVC*AD:D0120*5*0~"
    "DTM*472*20260301~",
    "everything twice": "BPR*I*1*C~BPR*I*2*C~TRN*1*A*1999999999~TRN*1*B*2~N1*PR*P~REF*2U*A~REF*2U*B~N1*PE*C*FI*9~"
    "REF*TJ*1~REF*HPI*2~CLP*C1*1*10*0~CLP*C1*2*10*0~REF*1L*A~REF*1L*B~DTM*232*20260301~DTM*232*20260302~"
    "NM1*QC*1*A*B****MI*1~NM1*QC*1*C*D****MI*2~SVC*AD:d0120 *5*0~REF*6R*A~REF*6R*B~AMT*B6*1~AMT*B6*2~",
    "all kinds of shares": "BPR*I*0*C~CLP*C1*1*60*10*45~CAS*PR*1*5~SVC*AD:D0120*60*10~"
    "CAS*PR*1*1**2*2**3*4**66*8**96*16**204*14~",
    "an estimate, a reversal, money taken back": "BPR*I*5*D~CLP*C1*25*10*0~SVC*AD:D0120*10*0~CAS*OA*101*9~"
    "CLP*C1*22*-10*-5**12*I~CAS*CO*45*-5~",
    "remarks of all kinds": "BPR*I*0*C~CLP*C1*1*10*0~MIA*0****MA1***************MA2~MOA***MA3*MA4~SVC*AD:D0120*10*0~"
    "LQ*HE*N1~LQ*RX*70~LQ*ZZ*1~SVC*AD:D0120*5*0~LQ*HE*N2~",
}  # fmt: skip


def known(read: Callable[[], Any]) -> Any:
    """A value; None where it cannot be read, or has parts of a cent."""
    try:
        value = read()
    except (BadValue, ValueError):
        return None
    return None if isinstance(value, Decimal) and value != round(value, 2) else value


def whole(read: Callable[[], Decimal]) -> int | None:
    value = known(read)
    return None if value is None or value != int(value) else int(value)


class Views:
    """Every row that the views give, by table, as dicts with the names of the columns."""

    def __init__(self, data: bytes) -> None:
        document = Document.of(data)
        self.rows: dict[str, list[dict[str, Any]]] = {table: [] for table in REMITTANCE}
        self.unread: set[tuple[str, int]] = set()  # payments with PLB of which the views give none
        self.sums: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self._source = {each.offset: each.source for each in interchanges(document)}
        self._counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])  # payments, claim payments
        self._open: Payment | None = None
        for one in document.remittances():
            payment = one.payment if isinstance(one, Remit) else one
            at = payment.envelope.interchange_offset
            source = self._source[at]
            if payment is not self._open:
                self._open = payment
                self._counts[source][0] += 1
            if isinstance(one, Remit):
                self._counts[source][1] += 1
                self._remit(one, source, one.offset - at)
            else:
                self._payment(one, source)

    def _payment(self, one: Payment, source: str) -> None:
        number = self._counts[source][0]
        payer, payee = one.payer, one.payee
        npi = "" if payee is None else payee.id if payee.id_qualifier == "XX" else payee.referred("HPI")
        self.rows["payments"].append({
            "source": source, "payment_no": number, "transaction_no": one.control,
            "interchange": one.envelope.interchange, "sent": known(lambda: day(one.envelope.sent)),
            "method": one.method, "sign": one.sign, "amount": known(lambda: one.amount),
            "paid_on": known(lambda: one.paid_on), "trace": one.trace, "payer_tin": one.payer_tin,
            "payer_id": (payer.referred("2U") or payer.id) if payer else "", "payer_name": payer.name if payer else "",
            "payee_npi": npi, "claims": one.claims,
        })  # fmt: skip
        told = known(lambda: one.provider_adjustments)
        if told is None:
            self.unread.add((source, number))
        for place, each in enumerate(told or (), 1):
            self.rows["provider_adjustments"].append({"source": source, "payment_no": number, "adjustment_no": place,
                "provider": each.provider, "period_end": each.period_end, "reason": each.reason,
                "reference": each.reference, "amount": each.amount})  # fmt: skip
        if one.sign != "D":
            self.sums[source, number, "payment"] = (payment_sum(one).difference,)

    def _remit(self, one: Remit, source: str, starts_at: int) -> None:
        payment, number = self._counts[source]
        nobody = ("", "", "")
        patient, member, fixed = (
            (each.last_name, each.first_name, each.id) if each is not None else nobody
            for each in (one.patient or one.insured, one.insured or one.patient, one.corrected)
        )
        if not member[2] and one.patient is not None:
            member = ("", "", one.patient.id)
        lines = [self._line(line, source, number) for line in one.lines]
        days = [
            known(lambda: one.statement_from) or min((x["first_day"] for x in lines if x["first_day"]), default=None),
            known(lambda: one.statement_to) or max((x["last_day"] for x in lines if x["last_day"]), default=None),
        ]
        self.rows["remits"].append({
            "source": source, "remit_no": number, "payment_no": payment, "starts_at": starts_at, "clp01": one.id,
            "clp02": one.status, "charge": known(lambda: one.charge), "paid": known(lambda: one.paid),
            "patient_share": known(lambda: one.patient_share), "filing": one.filing,
            "clp07": one.payer_control_number, "frequency": one.frequency, "name_key": KEYS.name(*patient[:2]),
            "last_key": KEYS.last(patient[0]), "member_key": KEYS.member(member[2]),
            "corrected_key": KEYS.member(fixed[2]), "corrected_name_key": KEYS.name(*fixed[:2]),
            "rendering_npi": one.service_provider.id if one.service_provider else "", "group_no": one.group_number,
            "contract_class": one.contract_class, "original_ref": one.original_reference,
            "first_day": days[0], "last_day": days[1], "received": known(lambda: one.received), "lines": len(lines),
        })  # fmt: skip
        self.rows["remit_lines"] += lines
        adjustments = [(0, each) for each in self._adjustments(one)]
        adjustments += [(line.number, each) for line in one.lines for each in self._adjustments(line)]
        here = {"source": source, "remit_no": number}
        for place, (svc, (group, reason, amount, quantity)) in enumerate(adjustments, 1):
            self.rows["remit_adjustments"].append(here | {"svc_no": svc, "adjustment_no": place, "group_code": group,
                "reason": reason, "amount": amount, "quantity": quantity})  # fmt: skip
        remarks = [(0, code) for code in one.remarks]
        remarks += [(x.number, r.code) for x in one.lines for r in x.remarks if r.qualifier in ("HE", "RX")]
        self.rows["remit_remarks"] += [here | {"svc_no": svc, "remark": code} for svc, code in remarks]
        sums = {(each.element, each.line): known(lambda each=each: each.difference) for each in claim_sums(one)}
        self.sums[source, number, "claim"] = (sums["CLP04", 0], sums.get(("CLP03", 0)))
        for line in one.lines:
            share = known(lambda line=line: allowed(line))
            self.sums[source, number, line.number, "line"] = (sums["SVC03", line.number], share)
        for svc in {
            place for place, each in adjustments if each[2] is None
        }:  # to the rows, what is absent is not known
            self.sums[source, number, "claim"] = (None, sums.get(("CLP03", 0)))
            self.sums[source, number, svc, "line"] = (None, None)

    def _line(self, one: RemitLine, source: str, number: int) -> dict[str, Any]:
        return {
            "source": source, "remit_no": number, "svc_no": one.number, "qualifier": one.qualifier, "code": one.code,
            "sent_code": one.sent_code, "charge": known(lambda: one.charge), "paid": known(lambda: one.paid),
            "units": whole(lambda: one.units), "sent_units": whole(lambda: one.sent_units),
            "ref6r": one.control_number, "first_day": known(lambda: one.first_day),
            "last_day": known(lambda: one.last_day), "allowed_sent": known(lambda: one.allowed_sent),
        }  # fmt: skip

    def _adjustments(self, one: Remit | RemitLine) -> list[tuple[str, str, Decimal | None, str]]:
        """As sent, one by one: of what cannot be read the views give none at all."""
        found = []
        for cas in one.segments(b"CAS"):
            for at in range(2, len(cas.elements), 3):
                said = [cas.element(at), cas.element(at + 1), cas.element(at + 2)]
                if any(said):
                    amount = known(lambda said=said: Decimal(said[1]) if said[1] else None) if _is(said[1]) else None
                    found.append((cas.element(1), said[0], amount, said[2]))
        readable = known(lambda: one.adjustments)
        if readable is not None:
            assert [each.amount for each in readable] == [each[2] for each in found]
        return found


def _is(text: str) -> bool:
    return text.replace("-", "", 1).replace(".", "", 1).isdigit()


def loaded(data: bytes, folder: Path) -> DuckEngine:
    """The rows in an engine, and what matching makes of them."""
    for each in rows(Document.of(data), KEYS):
        if isinstance(each, Rows):
            place = folder / f"{each.table}-{each.source}"
            with place.open("ab") as stream:
                stream.write(each.text)
    engine = DuckEngine({})
    for place in sorted(folder.iterdir()):
        table, _, source = place.name.partition("-")
        engine.connection.execute(f"INSERT INTO {table} {select(table, str(place), source)}")
    match(engine)
    return engine


def same(data: bytes, folder: Path) -> int:
    """Compare every column of every table, and the sums; how many claim payments there were."""
    folder.mkdir(exist_ok=True)
    try:
        engine = loaded(data, folder)
    except EdiError as refused:
        with pytest.raises(type(refused)):
            Views(data)
        return 0
    views = Views(data)
    try:
        for table, columns in COLUMNS.items():
            found = [dict(zip(columns, row, strict=True)) for row in engine.rows(f"SELECT * FROM {table}")]
            if table == "provider_adjustments":
                found = [row for row in found if (row["source"], row["payment_no"]) not in views.unread]
            assert all(set(row) == set(columns) for row in views.rows[table])
            assert in_order(table, found) == in_order(table, views.rows[table])
        for source, number, difference in engine.rows("SELECT source, payment_no, difference FROM payments_balance"):
            if (source, number, "payment") in views.sums:
                assert (source, number, difference) == (source, number, views.sums[source, number, "payment"][0])
        query = "SELECT source, remit_no, paid - (charge - adjusted), charge - charges FROM remit_sums"
        for source, number, *told in engine.rows(query):
            assert (number, *told) == (number, *views.sums[source, number, "claim"])
        query = "SELECT source, remit_no, svc_no, -difference, allowed FROM line_events"
        for source, number, svc, *told in engine.rows(query):
            assert (number, svc, *told) == (number, svc, *views.sums[source, number, svc, "line"])
    finally:
        engine.close()
    return len(views.rows["remits"])


def in_order(table: str, found: list[dict[str, Any]]) -> list[list[Any]]:
    """Rows as lists in the order of the columns, sorted: rows of an engine have no order."""
    money = {column.name for column in TABLES[table] if column.type == MONEY}
    listed = [
        [Decimal(row[name]) if name in money and row[name] is not None else row[name] for name in COLUMNS[table]]
        for row in found
    ]
    return sorted(
        listed, key=lambda row: [str(value) if not isinstance(value, int | date) else f"{value!s:>20}" for value in row]
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("layout", [("*", ":", "^", "~", "none"), ("|", ">", "!", "\n", "none")])
def test_views_and_rows_say_the_same(generator: ModuleType, tmp_path: Path, seed: int, layout: tuple[str, ...]) -> None:
    out = io.BytesIO()
    generator.generate(out, profile="remits", layout=generator.Layout(*layout), claims=80, claims_per_transaction=15,
                       groups=2, interchanges=2, faults=0.5, seed=seed)  # fmt: skip

    assert same(out.getvalue(), tmp_path) == 80


@pytest.mark.parametrize("said", SAID)
def test_views_and_rows_say_the_same_of_what_is_unusual(tmp_path: Path, said: str) -> None:
    assert same(ENVELOPE.format(SAID[said]).encode(), tmp_path) > 0


@pytest.mark.skipif(not SAMPLES, reason="the folder of samples is not beside the project")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_views_and_rows_say_the_same_of_remittances_by_others(tmp_path: Path, path: Path) -> None:
    same(path.read_bytes(), tmp_path)


def test_allowed_is_defined_once(tmp_path: Path) -> None:
    reasons = [str(number) for number in range(1, 300)]
    shares = "".join(f"CLP*{reason}*1*2*1~SVC*AD:D0120*2*1~CAS*PR*{reason}*1~" for reason in reasons)
    views = Document.of(ENVELOPE.format("BPR*I*0*C~" + shares).encode())
    told = [one.id for one in views.remits() if allowed(one.lines[0]) == 2]
    engine = loaded(ENVELOPE.format("BPR*I*0*C~" + shares).encode(), tmp_path)
    query = (
        "SELECT r.clp01 FROM line_events f JOIN remits r ON r.source = f.source AND r.remit_no = f.remit_no"
        " WHERE f.allowed = 2 ORDER BY r.remit_no"
    )
    found = [row[0] for row in engine.rows(query)]
    engine.close()

    assert list(ALLOWED_SHARE) == told == found
