"""The worked cases hold: exactly these findings, exactly these lines afterwards, however the file is laid out."""

import io
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import bitewing
from bitewing.edi.compose import STANDARD, compose
from bitewing.edi.delimiters import Delimiters
from bitewing.policies.history import FileHistory
from bitewing.transforms.example_rules import rules_of
from bitewing.transforms.facts import Facts, attestation_of

Claims = list[dict[str, Any]]

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "golden"
OF_CLAIMS = {
    case["id"]: case
    for name in ("cases.jsonl", "further.jsonl")
    for case in map(json.loads, (FOLDER / name).read_text(encoding="utf-8").splitlines())
    if case["kind"] == "837"
}
RULES = {
    "B10": ("TESTPAY1 capture-only: D0701 D0702 D0703 D0706 D0707 D0708 D0709 treatment=deny seen=40/40",),
    "C06": ("TESTPAY1 same-day-exclusion: D0350 with D0180 seen=0/25 last=2026-02-20",),
    "C08": ("TESTPAY1 per-date-cap: D0350 units=4",),
    "D03": ("TESTPAY1 fee-sum-to-series: D0220 D0230 as D0210 ratio=1 pays D0220=20.00 D0230=15.00 D0210=90.00",),
    "D06": ("TESTPAY1 pano-counts-as-series: D0330 with D0274 as D0210 until=2023-12-31 seen=30/30 last=2023-12-12",),
    "D08": ("TESTPAY1 per-date-cap: D0220 units=1", "TESTPAY1 per-date-cap: D0230 units=3"),
}
"""What some cases say in words about their payer."""
CASES = OF_CLAIMS

LAYOUTS: dict[str, tuple[Delimiters, bytes]] = {
    "": (STANDARD, b""),
    "E03": (Delimiters(b"|", b">", b"^", b"\n"), b""),
}
"""E03 asks for odd delimiters."""

FEES = {("D0220", ""): Decimal("32.00"), ("D0230", ""): Decimal("26.00")}
SIGNED = {"interpreted_by": "1999900024", "signed_by": "Dr. Example", "signed_at": "2026-03-11"}


def facts_of(name: str) -> Facts:
    """What a case says in words about what else is known."""
    if name == "A33":
        return Facts(fees=FEES, apply_fees=False)
    if name == "A35":
        earlier = {**OF_CLAIMS["A01"]["before"][0], "clm01": "C1"}
        earlier["lines"] = [{**earlier["lines"][0], "code": "D0220", "teeth": []}]
        return Facts(history=FileHistory([bitewing.read(compose([earlier], control=77))]))
    if name == "B11":
        said = [attestation_of({"claim": "C1", "line": line, **SIGNED}, "case B11") for line in ("L1", "L2")]
        return Facts(attestations={"C1": said})
    assert not OF_CLAIMS[name]["facts"] or name in RULES
    return Facts(policies=rules_of(RULES.get(name, ())))


def composed(name: str, claims: Claims, **options: Any) -> bytes:
    delimiters, line_end = LAYOUTS.get(name, LAYOUTS[""])
    return compose(claims, **{"delimiters": delimiters, "line_end": line_end, **options})


# ------------------------------------------------------------------------------------------------ the layouts of a case


def as_it_stands(name: str, claims: Claims) -> bytes:
    return composed(name, claims)


def odd_delimiters_and_line_ends(name: str, claims: Claims) -> bytes:
    return compose(claims, delimiters=Delimiters(b"|", b">", b"!", b"'"), line_end=b"\r\n")


def reversed_claims(name: str, claims: Claims) -> bytes:
    return composed(name, claims[::-1])


def one_claim_a_transaction(name: str, claims: Claims) -> bytes:
    return composed(name, claims, per_transaction=1)


def one_claim_an_interchange(name: str, claims: Claims) -> bytes:
    parts = [composed(name, [claim], control=number) for number, claim in enumerate(claims, start=901)]
    return b"\r\n".join(parts)


def date_on_the_claim(name: str, claims: Claims) -> bytes:
    return composed(name, claims, date_at_claim_level_only=True)


VARIANTS: Sequence[Callable[[str, Claims], bytes]] = (
    as_it_stands,
    odd_delimiters_and_line_ends,
    reversed_claims,
    one_claim_a_transaction,
    one_claim_an_interchange,
    date_on_the_claim,
)


def fits(variant: Callable[[str, Claims], bytes], name: str) -> bool:
    """Whether a case can be written so: a date on the claim needs lines that share one."""
    if variant is not date_on_the_claim:
        return True
    dates = [{line["dos"] for line in claim["lines"]} for claim in CASES[name]["before"]]
    return all(len(of_claim) == 1 and None not in of_claim for of_claim in dates)


# ------------------------------------------------------------------------------------------------------- what must hold


def expected_findings(name: str) -> Counter[tuple[str, str, tuple[int, ...]]]:
    return Counter(
        (one["finding"].lower().replace("_", "-"), one["action"].lower(), tuple(one["lines"]))
        for one in CASES[name]["expect"]
    )


def found(findings: Sequence[bitewing.Finding]) -> Counter[tuple[str, str, tuple[int, ...]]]:
    return Counter((one.name, one.action.value, one.place.lines) for one in findings)


def read_off(line: bitewing.Line) -> tuple[Any, ...]:
    """What a line says, with its charge last."""
    day = line.service_date.start.strftime("%Y%m%d") if line.service_date else ""
    provider = line.rendering_provider
    teeth = tuple(tooth.number for tooth in line.teeth)
    return line.code, line.quantity_sent, teeth, day, provider.id if provider else "", line.charge


def described(line: Mapping[str, Any]) -> tuple[Any, ...]:
    """The same from a case."""
    return line["code"], line["sv306"], tuple(line["teeth"]), line["dos"] or "", line["rend"], Decimal(line["charge"])


def assert_lines(claim: bitewing.Claim, after: Mapping[str, Any]) -> None:
    """The claim reads as the case describes it; what the case leaves open may be either way."""
    lines = sorted(read_off(line) for line in claim.lines)
    expected = sorted(described(line) for line in after["lines"])
    assert [line[:-1] for line in lines] == [line[:-1] for line in expected]
    for line, other in zip(lines, expected, strict=True):
        assert abs(line[-1] - other[-1]) <= Decimal("0.01") * int(line[1] or 1)
    assert sum(line[-1] for line in lines) == sum(line[-1] for line in expected)
    assert claim.charge == Decimal(after["clm02"])
    assert [line.number for line in claim.lines] == [str(number) for number in range(1, len(lines) + 1)]


def assert_control_numbers(claim: bitewing.Claim, after: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Every REF*6R that came in is on one line, a new one differs in what a payer keeps of it, none is invented."""
    received = [line["ref6r"] for line in before["lines"] if line["ref6r"]]
    controls = [line.control_number for line in claim.lines if line.control_number]
    assert len(controls) == len([line for line in after["lines"] if line["ref6r"]])
    assert [controls.count(control) for control in received] == [1] * len(received)
    assert len({control[:30] for control in controls}) == len(controls)
    assert all(len(control) <= 30 for control in controls if control not in received)


def assert_result(name: str, data: bytes, result: bitewing.Result) -> None:
    """The bytes that come out are those that the case describes."""
    case = CASES[name]
    assert result.summary.faults == []
    assert (result.data == data) is case["unchanged"]
    document = bitewing.read(result.data)
    assert all(one.counted for one in document.transactions())
    ids = {claim["clm01"]: claim for claim in case["before"]}
    after = {claim["clm01"]: claim for claim in case["after"] or case["before"]}
    claims = [claim for claim in document.claims() if claim.id in ids]
    assert sorted(claim.id for claim in claims) == sorted(ids)
    for claim in claims:
        assert_lines(claim, after[claim.id])
        assert_control_numbers(claim, after[claim.id], ids[claim.id])


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        pytest.param(name, variant, id=f"{name}-{variant.__name__}")
        for name in CASES
        for variant in VARIANTS
        if fits(variant, name)
    ],
)
def test_a_case_holds(name: str, variant: Callable[[str, Claims], bytes]) -> None:
    data = variant(name, CASES[name]["before"])
    result = bitewing.repair(data, facts=facts_of(name))

    assert found(result.findings) == expected_findings(name)
    assert_result(name, data, result)


@pytest.mark.parametrize("name", CASES)
def test_what_is_checked_is_what_is_repaired(name: str) -> None:
    """Mode propose emits the edits of mode apply, and nothing is changed."""
    data = as_it_stands(name, CASES[name]["before"])
    checked = bitewing.check(data, facts=facts_of(name))
    repaired = bitewing.repair(data, facts=facts_of(name))

    assert checked.data == data
    assert checked.findings == repaired.findings
    assert checked.summary == repaired.summary
    assert bool(checked.summary.edits) is not CASES[name]["unchanged"]


@pytest.mark.parametrize("name", CASES)
def test_the_outcome_of_a_case_needs_no_further_repair(name: str) -> None:
    result = bitewing.repair(as_it_stands(name, CASES[name]["before"]), facts=facts_of(name))
    again = bitewing.repair(result.data, facts=facts_of(name))

    assert again.data == result.data
    assert again.summary.repaired == 0


# ---------------------------------------------------------------------------------------------- among strangers' claims


@pytest.fixture(scope="module")
def crowd(generator: ModuleType) -> tuple[list[bytes], Counter[tuple[Any, ...]]]:
    """An interchange of 300 claims of other patients cut before its second transaction and before GE; its findings."""
    out = io.BytesIO()
    generator.generate(out, claims=300, faults=0.0, claims_per_transaction=150, seed=11)
    data = out.getvalue()
    assert data.count(b"~ST*") == 2
    at, end = data.rindex(b"~ST*") + 1, data.rindex(b"~GE*") + 1
    return [data[:at], data[at:end], data[end:]], by_claim(bitewing.check(data).findings)


def by_claim(findings: Sequence[bitewing.Finding]) -> Counter[tuple[Any, ...]]:
    return Counter((one.place.claim, one.name, one.action, one.place.lines) for one in findings)


def transactions(claims: Claims) -> list[bytes]:
    """The ST to SE of every claim, each alone, numbered from 5001."""
    data = compose(claims, per_transaction=1)
    parts = [b"ST*" + part for part in data[: data.rindex(b"~GE*") + 1].split(b"~ST*")[1:]]
    found = []
    for number, part in enumerate(parts, start=5001):
        control = part.split(b"*", 3)[2]
        part = part.removesuffix(b"~") + b"~"
        found.append(part.replace(b"*%b*" % control, b"*%d*" % number, 1).replace(b"*%b~" % control, b"*%d~" % number))
    return found


@pytest.mark.parametrize("name", [name for name in CASES if name not in LAYOUTS])
def test_a_case_holds_among_three_hundred_claims_of_others(
    name: str, crowd: tuple[list[bytes], Counter[tuple[Any, ...]]]
) -> None:
    (head, middle, tail), of_others = crowd
    own = transactions(CASES[name]["before"])
    # The first claim of the case stands between the strangers' transactions, the others behind both.
    count = b"GE*%d*" % (2 + len(own))
    data = head + own[0] + middle + b"".join(own[1:]) + count + tail.split(b"*", 2)[2]
    result = bitewing.repair(data, facts=facts_of(name))
    ids = {claim["clm01"] for claim in CASES[name]["before"]}
    strangers = Counter(one for one in by_claim(result.findings).elements() if one[0] not in ids)

    assert result.summary.claims == 300 + len(own)
    mine = [one for one in result.findings if one.place.claim in ids]
    assert found(mine) == expected_findings(name)
    assert strangers == of_others or name == "A33"  # the fee schedule speaks of everybody's films
    assert_result(name, data, result)


def test_every_case_of_claims_is_run_or_has_a_reason() -> None:
    assert {name for name, case in OF_CLAIMS.items() if case["facts"]} <= {*RULES, "A33", "A35", "B11"}
    assert len(CASES) >= 40


# ------------------------------------------------------------------------------- what a case cannot say in its own form

LONE = OF_CLAIMS["A01"]["before"][0] | {"clm01": "C2"}
FIRST = LONE | {"clm01": "C1", "lines": [LONE["lines"][0] | {"code": "D0220"}]}


def said_of(data: bytes, facts: Facts | None = None) -> list[tuple[str, str, str]]:
    return [(one.place.claim, one.name, one.action.value) for one in bitewing.check(data, facts=facts).findings]


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (b"DTP*472*D8*20260310~REF*6R*L1~HL", b"DTP*472*D8*20261399~REF*6R*L1~HL"),
        (b"SV3*AD:D0220*26.00~", b"SV3*AD:D0220*NaN~"),
        (b"SV3*AD:D0220*26.00~", b"SV3*AD:D0220*26.00****x~"),
        (b"DMG*D8*19800214", b"DMG*D8*19801314"),
    ],
)
def test_nothing_is_repaired_beside_a_claim_that_cannot_be_read(good: bytes, bad: bytes) -> None:
    """What it says of the date is not known; only that it is the patient's and carries films."""
    data = compose([FIRST, LONE])
    assert good in data

    spoilt = data.replace(good, bad, 1)
    assert said_of(spoilt) == [("C2", "missing-first-pa", "flag")]
    assert len(bitewing.check(spoilt).summary.faults) == 1


def test_a_claim_that_cannot_be_read_and_is_another_patients_hinders_nothing() -> None:
    data = compose([FIRST | {"patient": "P2"}, LONE]).replace(b"SV3*AD:D0220*26.00~", b"SV3*AD:D0220*NaN~")

    assert said_of(data) == [("C2", "missing-first-pa", "repair")]


@pytest.mark.parametrize(("party", "claim"), [(b"PR*2*PAYER", {"payer": "TESTPAY2"}), (b"85*2*TEST DENTAL", {})])
def test_practices_and_payers_without_an_identifier_are_told_apart_by_name(party: bytes, claim: dict[str, Any]) -> None:
    """Each of them is told of one first film: that is right, and no film of the other is recoded."""
    first = FIRST | {"lines": [FIRST["lines"][0] | {"teeth": ["3"]}]}
    other = FIRST | {"clm01": "C2", "billing_npi": "1999900040" if not claim else "1999900016"} | claim
    data = compose([first, other])
    for ident in (b"*PI*TESTPAY1", b"*PI*TESTPAY2") if claim else (b"*XX*1999900016", b"*XX*1999900040"):
        assert b"****" + ident + b"~" in data
        data = data.replace(b"****" + ident + b"~", b"~")

    assert b"NM1*" + party in data
    assert said_of(data) == []


def test_the_first_line_is_the_one_with_the_lowest_number() -> None:
    lines = [LONE["lines"][0] | {"lx": 2, "teeth": ["3"]}, LONE["lines"][0] | {"lx": 1, "ref6r": "L2", "teeth": ["5"]}]
    result = bitewing.repair(compose([LONE | {"clm02": "52.00", "lines": lines}]))
    (claim,) = bitewing.read(result.data).claims()

    assert [(line.number, line.code) for line in claim.lines] == [("2", "D0230"), ("1", "D0220")]
    assert [one.place.lines for one in result.findings] == [(1,)]


def in_history(**said: Any) -> Facts:
    return Facts(history=FileHistory([bitewing.read(compose([FIRST | {"clm01": "H1"} | said], control=77))]))


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, [("C1", "repeated-first-pa", "flag")]),
        ({"payer": "TESTPAY2"}, []),
        ({"billing_npi": "1999900040"}, []),
        ({"clm01": "C1"}, []),
    ],
)
def test_a_first_film_was_repeated_only_by_this_practice_to_this_payer(
    said: dict[str, Any], found: list[tuple[str, str, str]]
) -> None:
    assert said_of(compose([FIRST]), in_history(**said)) == found


def test_a_replacement_repeats_what_it_replaces() -> None:
    assert said_of(compose([FIRST | {"freq": "7", "ref_f8": "ICN1"}]), in_history()) == []


@pytest.mark.parametrize(
    "other", [{"payer": "TESTPAY2"}, {"billing_npi": "1999900081"}, {"payer": "TESTPAY2", "prior_paid": "10.00"}]
)
def test_of_lone_films_for_two_payers_or_practices_none_becomes_the_first_of_the_date(other: dict[str, str]) -> None:
    """Each would be, and the date would have two; in two files the second would be flagged as well."""
    two = [
        LONE["lines"][0] | {"sv306": "2", "dos": dos, "ref6r": dos, "lx": at}
        for at, dos in ((1, "20260317"), (2, "20260310"))
    ]
    claims = [LONE | {"clm01": "C1", "clm02": "52.00", "lines": two}, LONE | other]
    for order in (claims, claims[::-1]):
        found = bitewing.check(compose(order)).findings

        assert sorted((one.place.claim, one.action.value, one.place.lines) for one in found) == [
            ("C1", "flag", (2,)), ("C1", "repair", (1,)), ("C2", "flag", (1,)),
        ]  # fmt: skip


@pytest.mark.parametrize("said", [b"0002", b"1", b""])
def test_a_transaction_that_ends_with_another_number_is_not_repaired(said: bytes) -> None:
    data = compose([LONE])
    at = data.rindex(b"~SE*")
    end = data.index(b"~", at + 1)
    count = data[at:end].split(b"*")[1]

    assert said_of(data[:at] + b"~SE*" + count + b"*0001" + data[end:]) == [("C2", "missing-first-pa", "repair")]
    assert said_of(data[:at] + b"~SE*" + count + b"*" + said + data[end:]) == [("C2", "missing-first-pa", "flag")]


def test_a_charge_that_is_not_in_cents_is_not_shared_out() -> None:
    claim = LONE | {"clm02": "10.005", "lines": [LONE["lines"][0] | {"sv306": "3", "charge": "10.005"}]}

    assert said_of(compose([claim])) == [("C2", "missing-first-pa", "flag")]


@pytest.mark.parametrize("said", [b"AM", b"pb"])
def test_a_claim_with_anything_in_clm19_is_not_repaired(said: bytes) -> None:
    data = compose([LONE]).replace(b"*Y*A*Y*Y~", b"*Y*A*Y*Y**********" + said + b"~")

    assert said_of(data) == [("C2", "missing-first-pa", "flag")]


@pytest.mark.parametrize("code", ["D0210", "D0707", "D0374"])
def test_what_was_submitted_before_for_the_date_hinders_as_what_is_submitted_now(code: str) -> None:
    facts = in_history(lines=[FIRST["lines"][0] | {"code": code}])

    assert said_of(compose([LONE]), facts) == [("C2", "missing-first-pa", "flag")]
    assert said_of(compose([LONE]), in_history(lines=[FIRST["lines"][0] | {"code": "D0274"}])) == [
        ("C2", "missing-first-pa", "repair")
    ]


@pytest.mark.parametrize(("range_", "action"), [("20200101-20301231", "flag"), ("20200101-20231231", "repair")])
def test_a_long_range_may_hold_the_date(range_: str, action: str) -> None:
    found = bitewing.check(compose([FIRST | {"date_range": range_}, LONE])).findings

    assert [one.action.value for one in found if one.name == "missing-first-pa"] == [action]
