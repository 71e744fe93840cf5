"""Rows say what a person reads in the file; the short way says what the long one says; loaded, they balance."""

import csv
import hashlib
import hmac
import io
import random
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest

from bitewing.edi.document import Document
from bitewing.edi.errors import BrokenHierarchy, NotReadable
from bitewing.policies.rows import Keys, Read, Rows, interchanges, rows
from bitewing.policies.rows.load import select
from bitewing.policies.rows.plain import Plain
from bitewing.policies.rows.plain_claims import PlainClaims
from bitewing.policies.tables import TABLES

SAMPLES = sorted((Path(__file__).resolve().parents[2] / "shared" / "samples").glob("83[57]*/*"))
KEYS = Keys(b"a secret of a test")
LAYOUTS = {
    "usual": ("*", ":", "^", "~", "none"),
    "lines": ("*", ":", "^", "~", "crlf"),
    "odd": ("|", ">", "!", "\n", "none"),
    "indented": ("*", ":", "^", "~", "indent"),
    "regex": (")", "]", "^", "\\", "lf"),
}
ENVELOPE = (
    "ISA*00*          *00*          *ZZ*SENDER00001    *ZZ*RECEIVER00001  *260310*0800*^*00501*000000007*0*T*:~"
    "GS*HP*S*R*20260310*0800*1*X*005010X221A1~ST*835*0001~BPR*I*90*C*CHK************20260311~TRN*1*T1*1000000001~"
    "N1*PR*PAYER*XV*P1~N1*PE*US*XX*1999900016~LX*1~{}SE*9*0001~GE*1*1~IEA*1*000000007~"
)
CLAIM = (
    "CLP*C1*1*100*{paid}*10*12*I1*11*1~NM1*QC*1*{last}*ANN****MI*M1~SVC*AD:{code}*100*{paid}**{units}~DTM*472*{day}~"
)
PLAIN = {"paid": "90", "last": "DOE", "code": "D0120", "units": "1", "day": "20260301"}


def remits(generator: ModuleType, layout: str = "usual", **options: Any) -> bytes:
    out = io.BytesIO()
    options = {"claims": 120, "claims_per_transaction": 25, "groups": 2, "interchanges": 2, "faults": 0.4} | options
    generator.generate(out, profile="remits", layout=generator.Layout(*LAYOUTS[layout]), **options)
    return out.getvalue()


def told(data: bytes, **options: Any) -> tuple[dict[tuple[str, str], bytes], list[Read]]:
    """Text by source and table, and what was read."""
    texts: dict[tuple[str, str], bytes] = defaultdict(bytes)
    reads = []
    for each in rows(Document.of(data), KEYS, **options):
        if isinstance(each, Rows):
            texts[each.source, each.table] += each.text
        else:
            reads.append(each)
    return dict(texts), reads


def records(data: bytes, table: str, **options: Any) -> list[dict[str, str]]:
    names = [column.name for column in TABLES[table]][1:]
    texts, _ = told(data, **options)
    text = b"".join(text for (_, name), text in texts.items() if name == table).decode()
    read = list(csv.reader(io.StringIO(text, newline=""), delimiter="\x1f"))
    assert {len(row) for row in read} <= {len(names)}
    return [dict(zip(names, row, strict=True)) for row in read]


def one(**said: str) -> bytes:
    return ENVELOPE.format(CLAIM.format(**PLAIN | said)).encode("latin-1")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_short_way_says_what_the_long_one_says(generator: ModuleType, layout: str, seed: int) -> None:
    data = remits(generator, layout, seed=seed)

    assert told(data) == told(data, plain=False)


def test_the_short_way_is_taken(generator: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    run = Plain.run
    monkeypatch.setattr(Plain, "run", lambda *args: taken.append(run(*args)) or taken[-1])
    told(remits(generator, "lines", faults=0.0, interchanges=1, groups=1, claims_per_transaction=1000))

    assert sum(taken) >= 119


@pytest.mark.parametrize("seed", range(8))
def test_the_short_way_is_taken_in_whatever_order_a_payer_writes(
    generator: ModuleType, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Segments of a claim and of each line in any order, with others between that no row is made of."""
    chance = random.Random(seed)
    others = [
        "REF*LU*11",
        "REF*EA*X",
        "QTY*CA*1",
        "AMT*AU*5",
        "PER*CX**TE*1",
        "NM1*TT*2*X",
        "REF*6R*SECOND",
        "DTM*036*X",
    ]
    text = remits(generator, faults=0.3, interchanges=1, groups=1, claims_per_transaction=1000).decode()
    head, *paid, last = re.split(r"(?=CLP\*)", text)
    for part in (part for claim in paid for part in re.split(r"(?=SVC\*)", claim)):
        first, *rest = part.removesuffix("~").split("~")
        rest += chance.sample(others, 3)
        chance.shuffle(rest)
        head += "~".join([first, *rest, ""])
    data = (head + last).encode()
    taken: list[int] = []
    run = Plain.run
    monkeypatch.setattr(Plain, "run", lambda *args: taken.append(run(*args)) or taken[-1])
    same(data)

    assert sum(taken) >= 100


@pytest.mark.parametrize("spoilt", range(40))
def test_the_short_way_says_the_same_of_what_is_spoilt(generator: ModuleType, spoilt: int) -> None:
    data = remits(generator, claims=8, interchanges=1, groups=1, faults=0.0)
    places = [match.start() for match in re.finditer(rb"[*:~0-9A-Z]", data) if match.start() > data.find(b"CLP")]
    bits = [
        b"",
        b"*",
        b":",
        b"~~",
        b".",
        b"-",
        b'"',
        b"\xe9",
        b" ",
        b"\x1f",
        b"\r\n",
        b"x",
        b"123456789012345678",
        b"+",
    ]
    for step, bit in enumerate(bits):
        at = places[(spoilt * 97 + step * 31) % len(places)]
        changed = data[:at] + bit + data[at + 1 :]
        answers = []
        for plain in (True, False):
            try:
                answers.append(told(changed, plain=plain))
            except BrokenHierarchy as error:
                answers.append(error.what)
        assert answers[0] == answers[1]


def claims(generator: ModuleType, layout: str = "usual", **options: Any) -> bytes:
    out = io.BytesIO()
    options = {"claims": 60, "claims_per_transaction": 25, "groups": 2, "faults": 0.4} | options
    generator.generate(out, layout=generator.Layout(*LAYOUTS[layout]), **options)
    return out.getvalue()


def same(data: bytes) -> None:
    """Both ways write the same, or refuse alike."""
    answers: list[Any] = []
    for plain in (True, False):
        try:
            answers.append(told(data, plain=plain))
        except BrokenHierarchy as error:
            answers.append(error.what)
    assert answers[0] == answers[1]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_short_way_says_of_claims_what_the_views_say(generator: ModuleType, layout: str, seed: int) -> None:
    same(claims(generator, layout, seed=seed))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("order", "text"), [("guide", "basic"), ("any", "latin")])
def test_the_short_way_says_the_same_of_all_that_the_guide_allows(
    generator: ModuleType, seed: int, order: str, text: str
) -> None:
    out = io.BytesIO()
    freedom = generator.Freedom(text=text, levels=order, siblings=order, sloppy=0.2, share=0.1 + 0.3 * seed)
    generator.generate(out, profile="every-loop", claims=30, seed=seed, freedom=freedom)

    same(out.getvalue())


def test_the_short_way_is_taken_by_claims(generator: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    claim = PlainClaims.claim
    monkeypatch.setattr(PlainClaims, "claim", lambda *args: taken.append(claim(*args)) or taken[-1])
    told(claims(generator, "lines"))

    assert len(taken) == 60
    assert None not in taken


@pytest.mark.parametrize("spoilt", range(40))
def test_the_short_way_says_the_same_of_claims_that_are_spoilt(generator: ModuleType, spoilt: int) -> None:
    data = claims(generator, claims=8, groups=1)
    places = [match.start() for match in re.finditer(rb"[*:~0-9A-Z]", data) if match.start() > data.find(b"HL*")]
    letters = '|*|:|~~|.|"|\x1f|\r\n|x'
    segments = "SBR*P|SVD*1|NM1*82*1|REF*6R*Q|REF*F8*Q|TOO*JP*9~TOO|DTP*472*D8*20260301|SV3*AD:D1*1|LX|DMG"
    bits = [*letters.encode().split(b"|"), b"\xe9", *(b"~" + one + b"~" for one in segments.encode().split(b"|"))]
    for step, bit in enumerate(bits):
        at = places[(spoilt * 97 + step * 31) % len(places)]
        same(data[:at] + bit + data[at + (len(bit) < 3) :])


@pytest.mark.skipif(not SAMPLES, reason="the folder of samples is not beside the project")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_the_short_way_says_the_same_of_interchanges_by_others(path: Path) -> None:
    try:
        list(Document.of(path.read_bytes()).frames())
    except NotReadable:
        return
    same(path.read_bytes())


def test_rows_of_remittances_are_what_stands_in_the_file(generator: ModuleType) -> None:
    data = remits(generator, interchanges=1)
    pieces = [piece.split("*") for piece in data.decode().split("~")]
    clps = [piece for piece in pieces if piece[0] == "CLP"]
    svcs = [piece for piece in pieces if piece[0] == "SVC"]
    triplets = [(p[1], *[*p[at : at + 3], ""][:3]) for p in pieces if p[0] == "CAS" for at in range(2, len(p), 3)]
    remit, line, adjustment = (records(data, name) for name in ("remits", "remit_lines", "remit_adjustments"))

    assert [[r["clp01"], r["clp02"], r["charge"], r["paid"], r["patient_share"]] for r in remit] == [
        clp[1:6] for clp in clps
    ]
    assert [(r["qualifier"] + ":" + r["code"], r["charge"], r["paid"]) for r in line] == [tuple(s[1:4]) for s in svcs]
    assert [(a["group_code"], a["reason"], a["amount"], a["quantity"]) for a in adjustment] == triplets
    assert [data[int(r["starts_at"]) :][:12] for r in remit] == [b"CLP*" + clp[1].encode()[:8] for clp in clps]
    owner, owners = 0, []
    for piece in pieces:
        owner += piece[0] == "CLP"
        owners += [str(owner)] if piece[0] == "SVC" else []
    assert [r["remit_no"] for r in line] == owners
    assert [r["ref6r"] for r in line] == [piece[2] for piece in pieces if piece[:2] == ["REF", "6R"]]
    assert [r["amount"] for r in records(data, "payments")] == [piece[2] for piece in pieces if piece[0] == "BPR"]
    assert sum(int(r["claims"]) for r in records(data, "payments")) == len(clps)


def test_sources_are_the_hashes_of_interchanges_and_can_be_skipped(generator: ModuleType) -> None:
    data = remits(generator)
    cut = data.rfind(b"ISA*")
    first, second = (hashlib.sha256(part).hexdigest() for part in (data[:cut], data[cut:]))

    assert [each.source for each in interchanges(Document.of(data))] == [first, second]
    assert [read.source for read in told(data)[1]] == [first, second]
    assert {source for source, _ in told(data, skip={first})[0]} == {second}


def test_a_file_too_large_to_be_kept_says_the_same(generator: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    data = remits(generator)
    kept = told(data)
    monkeypatch.setattr("bitewing.policies.rows.reader.KEPT", 0)
    monkeypatch.setattr("bitewing.edi.framing.BLOCK", 4096)

    assert told(data) == told(data, plain=False) == kept


def test_what_cannot_be_read_is_absent_and_told() -> None:
    for said in ({"paid": "9O"}, {"paid": "1.005"}, {"units": "1.5"}, {"day": "20260231"}, {"paid": "1e3"}):
        _, (read,) = told(one(**said))
        assert read.faulty == len(read.faults) > 0
        assert {fault.table for fault in read.faults} <= {"remits", "remit_lines"}
    assert told(one(day="00000000"))[1][0].faulty == 0
    assert records(one(day="00000000"), "remit_lines")[0]["first_day"] == ""
    assert records(one(paid="1.005"), "remits")[0]["paid"] == ""
    assert records(one(paid="1.500"), "remits")[0]["paid"] == "1.50"
    assert records(one(code="d0120 "), "remit_lines")[0]["code"] == "D0120"


def test_a_line_in_no_claim_payment_is_refused() -> None:
    with pytest.raises(BrokenHierarchy):
        told(ENVELOPE.format("SVC*AD:D0120*1*1~").encode())


def test_text_of_any_kind_comes_back_from_the_engine(tmp_path: Path) -> None:
    data = one().replace(b"CLP*C1*", b'CLP*"\xe9\x1f,\r\n"*')
    texts, (read,) = told(data)
    file = tmp_path / "remits"
    file.write_bytes(texts[read.source, "remits"])

    (row,) = duckdb.sql(select("remits", str(file), read.source)).fetchall()
    assert row[:5] == (read.source, 1, 1, data.find(b"CLP"), '"\xe9\x1f,\r\n"')


def test_loaded_rows_are_typed_and_balance(generator: ModuleType, tmp_path: Path) -> None:
    texts, (read,) = told(remits(generator, interchanges=1))
    base = duckdb.connect()
    for (source, table), text in texts.items():
        (tmp_path / table).write_bytes(text)
        base.execute(f"CREATE TABLE {table} AS {select(table, str(tmp_path / table), source)}")
        described = [(row[0], row[1]) for row in base.execute(f"DESCRIBE {table}").fetchall()]
        assert described == [(column.name, column.type) for column in TABLES[table]]
    lines = base.execute(
        "SELECT l.charge - coalesce((SELECT sum(amount) FROM remit_adjustments a WHERE a.remit_no = l.remit_no"
        " AND a.svc_no = l.svc_no), 0) - l.paid FROM remit_lines l"
    ).fetchall()
    claims = base.execute(
        "SELECT r.charge - coalesce((SELECT sum(amount) FROM remit_adjustments a WHERE a.remit_no = r.remit_no), 0)"
        " - r.paid FROM remits r"
    ).fetchall()
    payments = base.execute(
        "SELECT p.amount - (SELECT sum(paid) FROM remits r WHERE r.payment_no = p.payment_no) + coalesce((SELECT"
        " sum(amount) FROM provider_adjustments b WHERE b.payment_no = p.payment_no), 0) FROM payments p"
    ).fetchall()

    assert (len(claims), len(lines)) == (read.claims, read.lines)
    assert {row[0] for row in lines + claims + payments} == {Decimal(0)}
    assert base.execute("SELECT count(*) FROM remits WHERE filing IS NULL OR original_ref IS NULL").fetchall() == [(0,)]


def test_rows_of_claims_are_what_the_naive_reader_reads(generator: ModuleType, naive: ModuleType) -> None:
    out = io.BytesIO()
    generator.generate(out, claims=80, seed=5)
    data = out.getvalue()
    known = naive.read_claims(data)
    claims, lines = records(data, "claims"), records(data, "claim_lines")
    served = [(number, line) for number, claim in enumerate(known, 1) for line in claim["lines"]]

    assert [(c["clm01"], Decimal(c["charge"]), int(c["lines"])) for c in claims] == [
        (k["id"], k["charge"], len(k["lines"])) for k in known
    ]
    assert [(c["billing_npi"], c["payer_id"]) for c in claims] == [
        (k["billing_provider"]["id"], k["payer"]["id"]) for k in known
    ]
    assert [(int(row["claim_no"]), row["code"], Decimal(row["charge"]), Decimal(row["units"])) for row in lines] == [
        (number, line["code"], line["charge"], line["quantity"]) for number, line in served
    ]
    assert [row["teeth"] for row in lines] == [
        ",".join(tooth["number"] for tooth in line["teeth"]) for _, line in served
    ]
    assert all(data[int(c["starts_at"]) :].startswith(b"CLM*" + c["clm01"].encode() + b"*") for c in claims)
    assert {c["sent"] for c in claims} == {"20260310"}


def test_keys_tell_people_apart_and_hold_nothing_of_them() -> None:
    assert KEYS.name(" doe ", "Ann  lee") == KEYS.name("DOE", "ANN LEE") != KEYS.name("DOE ANN", "LEE")
    assert KEYS.member("m1") == hmac.digest(b"a secret of a test", b"member\x1fM1", "sha256").hex()[:32]
    long_secret = b"longer than what SHA-256 takes at once, so that it is hashed before it is used"
    long = Keys(long_secret)
    assert long.last("DOE") == hmac.digest(long_secret, b"last\x1fDOE", "sha256").hex()[:32]
    assert KEYS.plain(b" doe", b"Ann  lee", b"m1").decode().split("\x1f") == [
        KEYS.name("DOE", "ANN LEE"),
        KEYS.last("DOE"),
        KEYS.member("M1"),
    ]
    assert KEYS.plain(b"DOE", b" ", b"").decode().split("\x1f") == ["", KEYS.last("DOE"), ""]
    assert KEYS.member("M1") != Keys(b"another secret, longer").member("M1")
    assert KEYS.member("DOE") != KEYS.last("DOE")
    assert (KEYS.name("DOE", ""), KEYS.patient("DOE", "ANN", "", "P"), KEYS.member(" ")) == ("", "", "")
    with pytest.raises(ValueError, match="16 bytes"):
        Keys(b"short")


def test_no_name_stands_in_a_row(generator: ModuleType) -> None:
    texts, _ = told(remits(generator))

    assert not any(re.search(rb"LAST|FIRST|MEMBER|NEW0|OTHER", text) for text in texts.values())


def test_other_transactions_are_named_and_have_no_rows() -> None:
    texts, (read,) = told(one().replace(b"ST*835", b"ST*999").replace(b"CLP*", b"AK2*"))

    assert (texts, read.kind, read.claims, read.control) == ({}, "999", 0, "000000007")
