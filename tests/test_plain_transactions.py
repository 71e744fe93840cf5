"""A transaction is called plain only where the checks would say nothing of it, whatever was done to it."""

import io
import random
from types import ModuleType

import pytest

from bitewing.edi.compose import compose
from bitewing.edi.conformance.checks import transaction_faults, transactions
from bitewing.edi.conformance.plain import Plain
from bitewing.edi.document import Document
from bitewing.edi.framing import Block

VALUES = [
    "",
    "0",
    "1",
    "2",
    "3",
    "18",
    "20",
    "22",
    "23",
    "B",
    "R",
    "PB",
    "7",
    "9999",
    "19000101",
    "20991231",
    "100.5",
    "-1",
    "X",
]
TAGS = ["", "REF*6R*L1", "SV3*AD:D0120*10", "DTP*472*D8*20260101", "TOO*JP*14", "SBR*S*18", "AMT*D*1", "LX*1",
        "HL*2*1*22*0",
        "NM1*82*1*A*B****XX*1999900016", "CAS*CO*45*1", "SVD*P*1*AD:D0120", "N4*A*OH*44001", "NM1*PR*2*A*****PI*P",
        "CLM*A*1***11:B:1*Y*A*Y*Y", "DMG*D8*20991231*F", "PWK*RB*EL", "DTP*441*D8*20990101", "HI*ABK:K021"]  # fmt: skip


def verdicts(data: bytes) -> list[tuple[bool, int]]:
    """Of each transaction: whether it is called plain, and how many faults it has."""
    document = Document.of(data)
    delimiters = next(frame for frame in document.frames() if isinstance(frame, Block)).delimiters
    found = []
    starts = (b"HL" + delimiters.element, b"CLM" + delimiters.element, b"SE" + delimiters.element)
    for group, segments in transactions(document):
        body = list(segments)
        sections: list[bytes] = []
        for one in body:
            text = one.data + delimiters.segment
            if not sections or one.data.startswith(starts):
                sections.append(text)
            else:
                sections[-1] += text
        plain = Plain(group, delimiters)
        called = all(plain.section(one) for one in sections) and plain.ended
        found.append((called, len(list(transaction_faults(body, group)))))
    return found


@pytest.fixture(scope="module")
def clinic(generator: ModuleType) -> bytes:
    out = io.BytesIO()
    generator.generate(out, claims=120, profile="clinic")
    return out.getvalue()


def test_the_traffic_of_clinics_is_plain(clinic: bytes) -> None:
    assert set(verdicts(clinic)) == {(True, 0)}


def test_a_composed_claim_with_short_zip_is_as_its_faults_say() -> None:
    claim = {"clm01": "C1", "clm02": "10.00", "lines": [{"code": "D0120", "charge": "10.00", "dos": "20260301"}]}

    assert verdicts(compose([claim])) == [(True, 0)]
    assert verdicts(compose([{**claim, "clm02": "11.00"}])) == [(False, 1)]


@pytest.mark.parametrize("line_end", ["none", "crlf", "indent"])
@pytest.mark.parametrize("marks", ["*:^~", "|>!\x1d", "_^~'"])
def test_delimiters_and_line_ends_change_nothing(generator: ModuleType, marks: str, line_end: str) -> None:
    out = io.BytesIO()
    generator.generate(out, claims=30, seed=4, layout=generator.Layout(*marks, line_end))

    assert set(verdicts(out.getvalue())) == {(True, 0)}


BILLS, TREATS = "1999900016", "1990058129"
DAY = "DTP*472*D8*20260301~"
CLAIM = f"CLM*C2*1***11:B:1*Y*A*Y*Y~LX*1~SV3*AD:D0120*1~{DAY}"
SPECIALTY = "~PRV*PE*PXC*1223G0001X"
OTHER = "SBR*S*18*******CI~OI***Y***Y~{}NM1*IL*1*A****MI*M~NM1*PR*2*A*****PI*P~LX*1~"
DECEPTIVE = {
    "who treats is who bills": [("LX*1", f"NM1*82*1*A*B****XX*{BILLS}{SPECIALTY}~LX*1")],
    "behind a name like an NPI": [("LX*1", f"NM1*82*1*XX*{TREATS}****XX*{BILLS}{SPECIALTY}~LX*1")],
    "the one who bills has such a name": [
        ("NM1*85*2*TEST DENTAL 0016*", f"NM1*85*1*XX*{TREATS}"),
        ("LX*1", f"NM1*82*1*A*B****XX*{BILLS}{SPECIALTY}~LX*1"),
    ],
    "a name like a date": [(DAY, ""), ("LX*1", f"NM1*82*1*XDTP*472*D8****XX*{TREATS}{SPECIALTY}~LX*1")],
    "remarks like a date": [(DAY, ""), ("LX*1~", OTHER.format(f"MOA***A*X{DAY}"))],
    "a line without a number": [("SE*", "LX*-1~SV3*AD:D0120*1~" + DAY + "SE*")],
    "a payer's number that two have": [("LX*1~", OTHER.format("").replace("LX*1~", "") + OTHER.format(""))],
    "a tooth with a zero": [("DTP", "TOO*JP*08~DTP")],
    "a patient under nobody": [
        ("SE*", f"HL*3*none*23*0~PAT*19~NM1*QC*1*A~N3*A~N4*A*OH*44001~DMG*D8*19800101*F~{CLAIM}SE*"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", DECEPTIVE)
def test_what_looks_like_something_else_deceives_nobody(name: str) -> None:
    claim = {"clm01": "C1", "clm02": "10.00", "lines": [{"code": "D0120", "charge": "10.00", "dos": "20260301"}]}
    data = compose([claim]).decode("ascii")
    for before, after in DECEPTIVE[name]:
        assert data.count(before) == 1
        data = data.replace(before, after)
    ((called, faults),) = verdicts(data.encode("ascii"))

    assert not called
    assert faults


@pytest.mark.parametrize("seed", range(8))
def test_what_is_called_plain_is_silent_whatever_was_changed(clinic: bytes, seed: int) -> None:
    dice = random.Random(seed)
    plain = 0
    segments = clinic.decode("latin-1").split("~")
    start = next(at for at, one in enumerate(segments) if one.startswith("HL*"))
    stop = next(at for at, one in enumerate(segments) if one.startswith("HL*") and at > start + 400)
    for _ in range(40):
        changed = [*segments[: start + (stop - start)], "SE*0*0001", "GE*1*1", "IEA*1*000000001", ""]
        at = dice.randrange(start, stop)
        what = dice.randrange(6)
        if what == 0:
            del changed[at]
        elif what == 1:
            changed.insert(at, changed[dice.randrange(start, stop)])
        elif what == 2:
            changed.insert(at, dice.choice(TAGS[1:]))
        elif what == 3:
            changed[at] = changed[at][: dice.randrange(2, len(changed[at]) + 1)]
        else:
            elements = changed[at].split("*")
            place = dice.randrange(1, len(elements)) if len(elements) > 1 else 0
            parts = elements[place].split(":")
            parts[dice.randrange(len(parts))] = dice.choice(VALUES)
            elements[place] = ":".join(parts)
            changed[at] = "*".join(elements)
        for called, faults in verdicts("~".join(changed).encode("latin-1")):
            plain += called
            assert not (called and faults), changed[at - 1 : at + 2]

    assert plain > 0


def test_every_loop_of_the_guide_is_never_called_plain_where_it_is_not(generator: ModuleType) -> None:
    out = io.BytesIO()
    generator.generate(out, claims=40, profile="every-loop")

    assert [one for one in verdicts(out.getvalue()) if one[0] and one[1]] == []
