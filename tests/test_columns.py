"""Columns say what the walk says of every claim payment that they take, value by value; they take what is usual."""

import io
import random
import re
import tempfile
from collections import defaultdict
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitewing.edi.document import Document
from bitewing.edi.errors import EdiError
from bitewing.edi.framing import Block
from bitewing.edi.scan import Marks
from bitewing.policies.rows import Columns, Keys, Read, rows
from bitewing.policies.rows.columns.block import PlainBlock
from bitewing.policies.store import staging
from bitewing.policies.store.staging import Staging
from bitewing.policies.tables import TABLES

HERE = Path(__file__).resolve().parent
SAMPLES = sorted((HERE.parents[1] / "shared" / "samples").glob("83[57]*/*"))
FIXTURES = sorted(path for path in (HERE.parent / "fixtures").rglob("*") if path.suffix in (".835", ".837"))
ENGINE = duckdb.connect()
KEYS = Keys(b"a secret of a test")
LAYOUTS = {
    "usual": ("*", ":", "^", "~", "none"),
    "lines": ("*", ":", "^", "~", "crlf"),
    "odd": ("|", ">", "!", "\n", "none"),
    "indented": ("*", ":", "^", "~", "indent"),
    "regex": (")", "]", "^", "\\", "lf"),
}
HEAD = (
    "ISA*00*          *00*          *ZZ*SENDER00001    *ZZ*RECEIVER00001  *260310*0800*^*00501*000000007*0*T*:~"
    "GS*HP*S*R*20260310*0800*1*X*005010X221A1~ST*835*0001~BPR*I*90*C*CHK************20260311~TRN*1*T1*1000000001~"
    "N1*PR*PAYER*XV*P1~N1*PE*US*XX*1999900016~LX*1~"
)
CLAIM = (
    "CLP*C1*1*100*90*10*12*I1*11*1~CAS*PR*1*4*2*2*6~NM1*QC*1*DOE*ANN****MI*M1~NM1*74*1*DOE*ANNA****C*M2~"
    "NM1*82*1*X*Y****XX*1999900024~MOA***MA01~REF*1L*GROUP WITH A NAME~REF*F8*LONG ORIGINAL~DTM*050*20260302~"
    "SVC*AD:D0120*60*50**2*AD:D0150*1~DTM*472*20260301~CAS*CO*45*6**42*4*1~REF*6R*LINE CONTROL 1~AMT*B6*54~LQ*HE*N19~"
    "SVC*AD:D1110*40*40~DTM*150*20260228~DTM*151*20260301~"
)
TAIL = "SE*9*0001~GE*1*1~IEA*1*000000007~"


@pytest.fixture(autouse=True)
def columns_of_small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bitewing.policies.rows.reader.LARGE", 0)


Answer = tuple[dict[tuple[str, str], list[tuple[Any, ...]]], list[Read]]


def told(data: bytes, **options: Any) -> tuple[Answer, int]:
    """Typed rows by source and table, what was read, and how many claim payments became columns."""
    found: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
    reads, taken = [], 0
    with tempfile.TemporaryDirectory() as folder:
        staged = Staging(ENGINE, Path(folder))
        try:
            for each in rows(Document.of(data), KEYS, **options):
                if isinstance(each, Read):
                    reads.append(each)
                    for table in staged.tables:
                        found[each.source, table] += typed(staged, table, each.source)
                    staged.clear()
                else:
                    staged.add(each)
                    taken += each.batch.size if isinstance(each, Columns) and each.table == "remits" else 0
        finally:
            staged.clear()
    return (dict(found), reads), taken


def typed(staged: Staging, table: str, source: str) -> list[tuple[Any, ...]]:
    """The rows of a table by their numbers; each column has its type."""
    relation = ENGINE.sql(staged.select(table, source))
    types = list(zip(relation.columns, map(str, relation.types), strict=True))
    assert types == [(column.name, column.type) for column in TABLES[table]]
    numbers = {"remit_lines": 3, "remit_remarks": 3, "remit_adjustments": 4}.get(table, 2)
    # Sorting in Python is stable: remarks of a line keep their order.
    return sorted(relation.fetchall(), key=lambda row: row[:numbers])


def same(data: bytes, *others: dict[str, bool]) -> int:
    """Columns, the walk and other ways give equal rows, counts and faults, or refuse alike. How many became columns."""
    said: list[Any] = []
    most = 0
    for options in ({"columns": True}, {"plain": False}, *others):
        try:
            answer, taken = told(data, **options)
            most = max(most, taken)
            said.append(answer)
        except EdiError as error:
            said.append((type(error), error.what, error.spot))
    assert all(one == said[0] for one in said)
    return most


def remits(generator: ModuleType, layout: str = "usual", **options: Any) -> bytes:
    out = io.BytesIO()
    options = {"claims": 120, "claims_per_transaction": 25, "groups": 2, "interchanges": 2, "faults": 0.4} | options
    generator.generate(out, profile="remits", layout=generator.Layout(*LAYOUTS[layout]), **options)
    return out.getvalue()


def changed(old: str = "", new: str = "", count: int = 1) -> bytes:
    """A file of three claim payments, the second one changed."""
    assert old in CLAIM
    return (HEAD + CLAIM + CLAIM.replace(old, new, count) + CLAIM + TAIL).encode("latin-1")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", [1, 2])
def test_columns_say_what_the_walk_says(generator: ModuleType, layout: str, seed: int) -> None:
    assert same(remits(generator, layout, seed=seed)) > 90


def test_columns_take_what_is_usual() -> None:
    assert same(changed()) == 3


ODD = {
    "an amount with three decimals": ("*100*90*", "*100.005*90*"),
    "an amount with an exponent": ("*100*90*", "*1e2*90*"),
    "an amount that begins with its point": ("*60*50*", "*.50*50*"),
    "a plus": ("*60*50*", "*+60*50*"),
    "two points": ("*60*50*", "*6.0.0*50*"),
    "two minuses": ("*60*50*", "*--60*50*"),
    "a minus alone": ("*60*50*", "*-*50*"),
    "a blank in an amount": ("*60*50*", "* 60*50*"),
    "a letter in an amount": ("*60*50*", "*6O*50*"),
    "a comma in an amount": ("*60*50*", "*6,0*50*"),
    "a colon, the byte behind 9": ("*60*50*", "*6:*50*"),
    "a slash, the byte before 0": ("*60*50*", "*6/*50*"),
    "an amount of many digits": ("*60*50*", "*1234567890123*50*"),
    "an amount too large for its column": ("*60*50*", "*12345678901234567*50*"),
    "a claim payment that says its member twice": ("NM1*QC*1*DOE", "NM1*QC*1*DOE*A****MI*M9~NM1*QC*1*DOE"),
    "a line with two days": ("DTM*472*20260301", "DTM*472*20260301~DTM*472*20260302"),
    "two control numbers": ("REF*6R*LINE", "REF*6R*FIRST~REF*6R*LINE"),
    "a control number that says nothing, then one": ("REF*6R*LINE", "REF*6R~REF*6R*LINE"),
    "an empty control number, then one": ("REF*6R*LINE", "REF*6R*~REF*6R*LINE"),
    "a day that there is not": ("DTM*472*20260301", "DTM*472*20260229"),
    "no day": ("DTM*472*20260301", "DTM*472*00000000"),
    "an empty day": ("DTM*472*20260301", "DTM*472*"),
    "a day of six digits": ("DTM*472*20260301", "DTM*472*260301"),
    "a day before 1900": ("DTM*472*20260301", "DTM*472*18991231"),
    "a blank in a day": ("DTM*472*20260301", "DTM*472* 20260301"),
    "a wrong day that a right one makes void": ("DTM*472*20260301", "DTM*472*20260301~DTM*150*20269999"),
    "units with a half": ("**2*AD", "**1.5*AD"),
    "units below nothing": ("**2*AD", "**-2*AD"),
    "units with zeros in front": ("**2*AD", "**002*AD"),
    "a code in small letters": ("AD:D0120", "AD:d0120"),
    "a code with a blank": ("AD:D0120", "AD:D0120 "),
    "a code of four": ("AD:D0120", "AD:D012"),
    "a code of six": ("AD:D0120", "AD:D01201"),
    "no code": ("AD:D0120", "AD"),
    "an empty code": ("AD:D0120", "AD:"),
    "an empty procedure": ("SVC*AD:D0120", "SVC*"),
    "a modifier": ("AD:D0120", "AD:D0120:52:::EXAM"),
    "a sent code in small letters": ("AD:D0150", "AD:d0150"),
    "sent units with a half": ("AD:D0150*1~", "AD:D0150*1.5~"),
    "a qualifier of one": ("AD:D0120", "A:D0120"),
    "a qualifier of three": ("AD:D0120", "ADA:D0120"),
    "a sent procedure with a name": ("AD:D0150", "AD:D0150::::::EXAM"),
    "LX inside": ("SVC*AD:D1110", "LX*2~SVC*AD:D1110"),
    "LX behind": ("DTM*151*20260301~", "DTM*151*20260301~LX*2~TS3*1*11*20261231*1*100~"),
    "PLB behind": ("DTM*151*20260301~", "DTM*151*20260301~PLB*1999900016*20261231*WO:A*3~"),
    "HL inside": ("SVC*AD:D1110", "HL*1**20*1~SVC*AD:D1110"),
    "CLM inside": ("SVC*AD:D1110", "CLM*1*1~SVC*AD:D1110"),
    "ISA inside": ("SVC*AD:D1110", "ISA*1*1~SVC*AD:D1110"),
    "the end inside": ("SVC*AD:D1110", "SE*1*1~SVC*AD:D1110"),
    "the end of the group inside": ("SVC*AD:D1110", "GE*1*1~SVC*AD:D1110"),
    "an end that says nothing": ("SVC*AD:D1110", "SE~SVC*AD:D1110"),
    "a segment of nobody": ("SVC*AD:D1110", "ZZZ*1~SVC*AD:D1110"),
    "a party inside": ("SVC*AD:D1110", "N1*PR*X~SVC*AD:D1110"),
    "an empty segment": ("SVC*AD:D1110", "~~SVC*AD:D1110"),
    "a line end": ("SVC*AD:D1110", "\r\nSVC*AD:D1110"),
    "a line end in a value": ("LINE CONTROL", "LINE\r\nCONTROL"),
    "a blank before a segment": ("SVC*AD:D1110", " \tSVC*AD:D1110"),
    "a quote": ("LINE CONTROL", 'LINE "CONTROL"'),
    "a letter that is not ASCII": ("DOE*ANN", "DO\xcb*ANN"),
    "a null": ("LINE CONTROL", "LINE\0CONTROL"),
    "the byte between fields": ("LINE CONTROL", "LINE\x1fCONTROL"),
    "a delete": ("LINE CONTROL", "LINE\x7fCONTROL"),
    "no triplet": ("CAS*CO*45*6**42*4*1", "CAS*CO"),
    "an empty triplet between": ("CAS*CO*45*6**42*4*1", "CAS*CO*45*6*****42*4*1"),
    "six triplets": ("CAS*CO*45*6**42*4*1", "CAS*CO*1*1*1*2*1*1*3*1*1*4*1*1*5*1*1*6*1*1"),
    "seven triplets": ("CAS*CO*45*6**42*4*1", "CAS*CO*1*1*1*2*1*1*3*1*1*4*1*1*5*1*1*6*1*1*7*1*1"),
    "a reason without its amount": ("CAS*CO*45*6**42*4*1", "CAS*CO*45"),
    "an amount without its reason": ("CAS*CO*45*6**42*4*1", "CAS*CO**6"),
    "CAS that says nothing": ("CAS*CO*45*6**42*4*1", "CAS"),
    "two CAS": ("CAS*CO*45*6**42*4*1", "CAS*CO*45*6~CAS*PR*3*4"),
    "advice behind a line": ("SVC*AD:D1110", "MOA***MA02~SVC*AD:D1110"),
    "advice of inpatients": ("MOA***MA01", "MIA*0*1*2*3*MA07***************MA08*MA09*MA10*MA11"),
    "more advice": ("MOA***MA01", "MOA***MA01*MA02*MA03**MA05~MOA***MA06"),
    "a remark on the claim": ("SVC*AD:D0120", "LQ*HE*N1~SVC*AD:D0120"),
    "a remark of a pharmacy": ("LQ*HE*N19", "LQ*RX*75~LQ*ZZ*1~LQ*HE~LQ*HE*~LQ*HE*N20"),
    "who is insured": ("NM1*QC", "NM1*IL*1*ROE*BEN****MI*M7~NM1*QC"),
    "only who is insured": ("NM1*QC*1*DOE*ANN****MI*M1", "NM1*IL*1*ROE*BEN"),
    "a patient without a name": ("NM1*QC*1*DOE*ANN****MI*M1", "NM1*QC*1"),
    "a patient without a given name": ("NM1*QC*1*DOE*ANN", "NM1*QC*1*DOE*"),
    "no patient": ("NM1*QC*1*DOE*ANN****MI*M1~", ""),
    "a patient named behind the lines": (
        "DTM*151*20260301~",
        "DTM*151*20260301~NM1*82*1*A*B****XX*1~NM1*IL*1*A*B****MI*C~",
    ),
    "blanks in names": ("DOE*ANN", " de  la Doe *ann lee"),
    "a claim payment cut short": ("CLP*C1*1*100*90*10*12*I1*11*1", "CLP*C1*1*100"),
    "a claim payment that says nothing": ("CLP*C1*1*100*90*10*12*I1*11*1", "CLP*"),
    "a long claim payment": ("*11*1~", "*11*1*A*B*C*D*E~"),
    "a long name of a claim": ("CLP*C1*", "CLP*A CLAIM WITH A LONG NAME*"),
    "a name of twelve": ("CLP*C1*", "CLP*TWELVE BYTES*"),
    "a name of thirteen": ("CLP*C1*", "CLP*THIRTEEN BYTE*"),
    "a span of days": ("DTM*050*20260302", "DTM*232*20260201~DTM*233*20260203~DTM*050*20260302"),
    "only the end of a span": ("DTM*150*20260228~", ""),
    "no day at all": ("DTM*150*20260228~DTM*151*20260301~", ""),
    "amounts that are not sent": ("SVC*AD:D0120*60*50", "SVC*AD:D0120**"),
    "a line that is cut short": ("SVC*AD:D1110*40*40", "SVC*AD:D1110"),
    "another allowed amount": ("AMT*B6*54", "AMT*B6*54~AMT*AU*3~AMT*B6*55"),
    "an allowed amount of the claim": ("SVC*AD:D0120", "AMT*B6*54~AMT*AU*90~QTY*CA*1~PER*CX**TE*1~SVC*AD:D0120"),
    "a group number in a line": ("AMT*B6*54", "REF*1L*OTHER~AMT*B6*54"),
    "two group numbers": ("REF*1L*", "REF*1L*FIRST~REF*1L*"),
    "no lines": (CLAIM[CLAIM.index("SVC") :], ""),
}


@pytest.mark.parametrize("which", ODD)
def test_columns_say_the_same_of_what_is_odd(which: str) -> None:
    assert same(changed(*ODD[which]), {"plain": True}) in (0, 1, 2, 3)


AMOUNTS = "0 0. 0.0 00.10 5. 5.5 5.05 .5 .05 . -. -5 -5.5 -.5 -0 -0.01 12345.67 99999.99 12345678 -1234567 -1234.56 007"
LONG = "123456.78 -12345.67 123456789 1234567. .12345678 5.050 5..5 5.5.5 5-5 55- 5.5- 5,5"


@pytest.mark.parametrize("amount", [*AMOUNTS.split(), *LONG.split()])
def test_amounts_are_exact(amount: str) -> None:
    """In every place that holds one, beside digits and points of other elements."""
    claim = (
        f"CLP*1.1*1.*{amount}*{amount}*{amount}*.2*I1*11*1~CAS*CO*4.5*{amount}*1.5*.4*{amount}~"
        f"SVC*AD:D0120*{amount}*{amount}**2~CAS*CO*4*{amount}~AMT*B6*{amount}~"
    )
    assert same((HEAD + claim + CLAIM + TAIL).encode()) >= 1


@pytest.mark.parametrize("year", [1899, 1900, 2000, 2023, 2024, 2099, 2100, 9999])
def test_days_are_days(year: int) -> None:
    """Each day of a year, and what is none: one claim payment for each."""
    said = [f"{year}{month:02}{day:02}" for month in range(14) for day in range(33)]
    claims = [CLAIM.replace("20260301", day).replace("20260302", day) for day in said]

    assert same((HEAD + "".join(claims) + TAIL).encode()) in (0, 365, 366)


@pytest.mark.parametrize("seed", range(40))
def test_columns_say_the_same_of_what_is_spoilt(generator: ModuleType, seed: int) -> None:
    """Bytes changed, left out and put in, segments moved, doubled and dropped: at any place behind the first CLP."""
    chance = random.Random(seed)
    data = remits(generator, chance.choice(list(LAYOUTS)), claims=12, interchanges=1, groups=1, seed=seed, faults=0.3)
    bits = b'|*|:|~|~~|.|-|"|\xe9| |\x1f|\r\n|\n|x|0|+|111111111|)|]'
    bits += b"|~CLP*1*1*1*1~|~SE*1*1~|~ST*835*9~|~LX*1~|~SVC*AD:D1*1*1~"
    for _ in range(4):
        spoilt = data
        for _ in range(chance.choice((1, 1, 2, 5))):
            at = chance.randrange(spoilt.find(b"CLP"), len(spoilt))
            bit = chance.choice([*bits.split(b"|"), b"|", b"\\"])
            spoilt = spoilt[:at] + bit + spoilt[at + chance.choice((0, 1, len(bit))) :]
        end = data[105:106]
        pieces = spoilt.split(end)
        for _ in range(chance.choice((0, 1, 3))):
            one, other = (chance.randrange(12, len(pieces)) for _ in range(2))
            pieces[one : one + chance.choice((0, 1))] = [pieces[other]]
        same(end.join(pieces))


@pytest.mark.parametrize("path", [*FIXTURES, *SAMPLES], ids=lambda path: path.name)
def test_columns_say_the_same_of_every_file_at_hand(path: Path) -> None:
    same(path.read_bytes())


@given(
    st.lists(
        st.sampled_from([*CLAIM.split("~")[1:-1], "LX*2", "NM1*QC*1*A*B", "DTM*232*20260101", "QTY*CA*1"]), max_size=25
    )
)
def test_columns_say_the_same_of_segments_in_any_order(said: list[str]) -> None:
    first = CLAIM.partition("~")[0]

    same((HEAD + CLAIM + "~".join([first, *said, ""]) + CLAIM + TAIL).encode())


def test_columns_say_the_same_of_a_file_that_is_cut_short() -> None:
    data = changed()
    for length in range(data.find(b"CLP"), len(data), 5):
        same(data[:length])


def test_nothing_is_plain_where_framing_did_not_find_the_same() -> None:
    (block,) = (frame for frame in Document.of(changed()).frames() if isinstance(frame, Block))
    at = [tag for _, tag in block.marks].index(b"CLP")
    offsets, tags = block.marks.offsets, block.marks.tags
    less = Marks(
        block.data, block.delimiters, offsets[:at] + offsets[at + 1 :], tags[:at] + tags[at + 1 :], [], empties=False
    )
    other = block._replace(marks=less)

    assert sum(PlainBlock(block).plain) == 3
    assert sum(PlainBlock(other).plain) == 0


def test_claim_payments_stay_whole_where_blocks_end(generator: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    data = remits(generator)
    monkeypatch.setattr("bitewing.policies.rows.reader.KEPT", 0)
    monkeypatch.setattr("bitewing.edi.framing.BLOCK", 4096)

    assert same(data) > 90


def test_columns_beyond_what_is_kept_go_into_the_engine(generator: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "MOST", 100)
    monkeypatch.setattr("bitewing.edi.framing.BLOCK", 4096)

    assert same(remits(generator)) > 90


def test_small_interchanges_do_without_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bitewing.policies.rows.reader.LARGE", 1 << 20)

    assert same(changed()) == 0


def test_no_name_stands_in_a_column(generator: ModuleType) -> None:
    (found, _), taken = told(remits(generator), columns=True)

    assert taken
    assert re.search("LAST|FIRST|MEMBER|NEW0|OTHER", str(found)) is None
