"""A remittance reads like an explanation of benefits: whom it pays, each line, what is wrong, whatever it holds."""

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bitewing
from bitewing.eob import shown_remittances

DOWNCODE: dict[str, Any] = {
    "clp01": "CLM702", "clp02": "1", "clp03": "180.00", "clp04": "72.00", "clp05": "73.00",
    "svc": [{"svc01": "D2140", "svc06": "D2391", "charge": "180.00", "paid": "72.00", "svc05": "1", "svc07": "",
             "cas": [["CO", "45", "35.00"], ["PR", "169", "55.00"], ["PR", "2", "18.00"]], "ref6r": "D1",
             "lq": ["N22"], "dos": "20260310", "amt_b6": "127.00"}],
}  # fmt: skip
OTHER = DOWNCODE | {"clp01": "CLM703", "clp04": "70.00"}
WHOLE = """\
Payment   cheque CHK100, of 2026-03-20, 70.00
Payer     TEST PAYER, id TESTPAY1
          HELP, TE 5555550100
Payee     EXAMPLE DENTAL, NPI 1999900016

Claim     CLM702, payer's number ICN1, as first payer
Patient   PAT EXAMPLE, member MEM000001
#  Date        Sent   Paid as  Qty  Charge  Allowed  Patient   Paid
1  2026-03-10  D2391  D2140      1  180.00    90.00    73.00  72.00
     contract: CO-45 35.00; patient: PR-169 55.00, PR-2 18.00
     the payer says that it allowed 127.00
     remarks N22
Charged   180.00
Paid      72.00
Patient owes 73.00

Provider adjustment  2.50 withheld: WO CLM600 provider 1999900016
Provider adjustment  0.50 added: L6 ICN1 provider 1999900016
Sum       claims 72.00 (1), provider adjustments 2.00
The payment adds up.
"""


def shown(data: bytes, wanted: str | None = None, width: int = 100) -> str:
    return "\n".join(shown_remittances(bitewing.read(data).remittances(), wanted, width))


def test_a_remittance_reads_like_an_explanation_of_benefits(remittances: ModuleType) -> None:
    data = remittances.remittance([DOWNCODE], plb=[("WO", "CLM600", "2.50"), ("L6", "ICN1", "-0.50")])

    assert shown(data) == WHOLE


def test_what_does_not_add_up_is_named_where_it_stands(remittances: ModuleType) -> None:
    said = " ".join(shown(remittances.remittance([DOWNCODE, OTHER], total="150.00")).split())

    assert said.count("DOES NOT ADD UP") == 2
    assert "CLP04 says 70.00, expected 72.00, 2.00 less" in said
    assert "BPR02 says 150.00, expected 142.00, 8.00 more" in said
    assert "The payment adds up" not in said


def test_one_claim_is_shown_without_the_others(remittances: ModuleType) -> None:
    said = shown(remittances.remittance([DOWNCODE, OTHER]), "CLM703")

    assert said.startswith("Payment   cheque CHK100")
    assert ("CLM703" in said, "CLM702" in said, "adds up" in said) == (True, False, False)
    assert shown(remittances.remittance([DOWNCODE]), "CLM9") == ""


def test_what_cannot_be_read_is_shown_as_such(remittances: ModuleType) -> None:
    data = remittances.remittance([DOWNCODE]).replace(b"*180.00*72.00**1*", b"*18O.00*72.00**1*")
    data = (
        data.replace(b"*55.00~", b"*5S~").replace(b"BPR*I*72.00", b"BPR*I*72,00").replace(b"472*20260310", b"472*2026")
    )
    said = shown(data)

    assert "adjustments ?" in said
    assert "The payment cannot be checked" in said
    assert "line 1: whether it adds up is not known" in said
    assert re.search(r"^1  \?  +D2391  D2140 ", said, re.MULTILINE)


def test_a_remittance_cut_short_says_so(remittances: ModuleType) -> None:
    data = remittances.remittance([DOWNCODE])

    assert "ends without SE" in shown(data[: data.index(b"SE*")])
    assert "ends without SE" not in shown(data)


@given(st.text(st.characters(max_codepoint=255, exclude_characters="*:^~"), max_size=30), st.integers(60, 140))
def test_nothing_a_terminal_would_obey_is_printed(text: str, width: int) -> None:
    body = f"BPR*I*{text}*C*{text}~TRN*1*{text}~N1*PR*{text}~CLP*{text}*{text}*1*{text}~"
    body += f"NM1*QC*1*{text}~SVC*AD:{text}*1*1~LQ*HE*{text}~"
    isa = "ISA*00*          *00*          *ZZ*PAYER          *ZZ*CLINIC         *260320*1200*^*00501*000000101*0*T*:~"
    data = f"{isa}GS*HP*P*C*20260320*1200*1*X*005010X221A1~ST*835*0001~{body}SE*9*0001~GE*1*1~IEA*1*000000101~"

    assert all(one == "\n" or one.isprintable() for one in shown(data.encode("latin-1"), width=width))


def test_the_command_shows_a_remittance(
    tmp_path: Path, bitewing_command: Callable[..., Any], remittances: ModuleType
) -> None:
    path = tmp_path / "a.835"
    path.write_bytes(remittances.remittance([DOWNCODE, OTHER]))
    both, one, none = (bitewing_command("view", path, *more) for more in ((), ("--claim", "CLM703"), ("--claim", "X")))

    assert (both.code, one.code, none.code) == (0, 0, 2)
    assert both.text.count("Claim     ") == 2
    assert one.text.count("Claim     ") == 1


@pytest.mark.parametrize("width", [60, 72, 200])
def test_words_are_folded_to_the_width(width: int, remittances: ModuleType) -> None:
    long = DOWNCODE | {"svc": [DOWNCODE["svc"][0] | {"cas": [["CO", str(at), "1.00"] for at in range(40)]}]}
    lines = shown(remittances.remittance([long]), width=width).splitlines()

    assert max(map(len, lines)) <= max(width, 72)
