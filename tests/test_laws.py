"""The laws of a repair, held against claims that nobody thought of: bytes, films, money, order, layout, numbers."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

import bitewing
from bitewing.edi.compose import STANDARD, compose
from bitewing.edi.delimiters import Delimiters
from bitewing.policies.history import FileHistory
from bitewing.transforms.example import parse_claims
from bitewing.transforms.facts import Facts, attestation_of

Claim = dict[str, Any]
Line = dict[str, Any]

FILMS = ("D0220", "D0230")
OTHERS = (
    "D0210", "D0274", "D0270", "D0707", "D0350", "D0150", "D0140", "D0330", "D0702", "D0340", "D0391", "D9996",
)  # fmt: skip
CHARGES = ("26.00", "32.00", "26.00", "32.00", "33.33", "80.00", "0.05", "100", "99.9", "7.01", "0", "1234567.89", ".5")
FIRST_DAY, SECOND_DAY = "20260310", "20260317"
SHARED = "THIRTY-CHARACTERS-OF-A-PREFIX-"
CONTROLS = ("", "L", "L", "L", SHARED + "TAIL-", SHARED[:-1], "L-B", "l")
"""Where they come from: absent, one a line, longer than a payer keeps, alike in what it keeps, taken by a repair."""

LAYOUTS: Sequence[tuple[Delimiters, bytes]] = (
    (STANDARD, b""),
    (STANDARD, b"\n"),
    (Delimiters(b"|", b">", b"^", b"\n"), b""),
    (Delimiters(b"*", b":", b"^", b"~"), b"\r\n"),
    (Delimiters(b"\x1d", b"\x1f", b"\x1e", b"\x1c"), b"\r"),
    (Delimiters(b"|", b"!", b"^", b"'"), b""),
)

# --------------------------------------------------------------------------------------------------------------- claims


@st.composite
def lines(draw: st.DrawFn, plain: bool) -> Line:
    """A service line; plain ones leave out what makes a repair impossible."""
    code = draw(st.sampled_from((*FILMS * 5, *(("D0140", "D0274") if plain else OTHERS))))
    prefix = draw(st.sampled_from(CONTROLS))
    line = {
        "code": code,
        "charge": draw(st.sampled_from(CHARGES)),
        "sv306": draw(st.sampled_from(("", "", "", "1", "2", "3", "6"))),
        "teeth": draw(st.lists(st.sampled_from(("3", "14", "30")), max_size=1 if plain else 3, unique=True)),
        "ref6r": prefix,
        "dos": draw(st.sampled_from((FIRST_DAY, FIRST_DAY, FIRST_DAY, SECOND_DAY))),
        "rend": "1999900024",
        "refs": [],
    }
    if not plain:
        line["rend"] = draw(st.sampled_from(("1999900024",) * 9 + ("1999900032", "")))
        line["refs"] = draw(st.sampled_from(([],) * 9 + ([("G1", "AUTH")], [("9A", "REPRICED")], [("G3", "PRE")])))
        line["svd"] = draw(st.sampled_from(("",) * 9 + (f"PRIMARY*1.00*AD:{code}**1",)))
        line["charge"] = draw(st.sampled_from((*CHARGES, "-5.00")))
        line["dos"] = draw(st.sampled_from((FIRST_DAY, FIRST_DAY, SECOND_DAY, None)))
    return line


@st.composite
def claims(draw: st.DrawFn, plain: bool = False) -> list[Claim]:
    """One to three claims that may share a patient, a date, a practice and a payer."""
    found = []
    for number in range(draw(st.integers(1, 3))):
        of_claim = draw(st.lists(lines(plain), min_size=1, max_size=4))
        for at, line in enumerate(of_claim, start=1):
            line["ref6r"] = line["ref6r"] and f"{line['ref6r']}{'' if line['ref6r'] == 'L-B' else at}"
        total = sum((Decimal(line["charge"]) for line in of_claim), Decimal(0))
        claim: Claim = {
            "clm01": f"C{number}",
            "clm02": str(total),
            "lines": of_claim,
            "patient": draw(st.sampled_from(("P1", "P1", "P1", "TWIN-A", "TWIN-B"))),
            "payer": draw(st.sampled_from(("TESTPAY1",) * 4 + ("TESTPAY2",))),
            "billing_npi": draw(st.sampled_from(("1999900016",) * 4 + ("1999900040",))),
            "date_at_claim_level_only": draw(st.booleans()) and len({line["dos"] for line in of_claim}) == 1,
        }
        found.append(claim)
        if not plain:
            claim |= draw(
                st.sampled_from(
                    ({},) * 8
                    + ({"freq": "7"}, {"freq": "8"}, {"clm02": str(total + 10)}, *({"predetermination": True},) * 2)
                    + ({"prior_payer": True}, {"prior_payer": True, "prior_paid": "5.00"}, {"nte": "CBCT OF MANDIBLE"})
                    + ({"date_range": f"{FIRST_DAY}-{SECOND_DAY}"}, {"date_range": f"{FIRST_DAY}-{FIRST_DAY}"})
                )
            )
    return found


def repairable() -> st.SearchStrategy[list[Claim]]:
    return claims(plain=True)


def layouts() -> st.SearchStrategy[dict[str, Any]]:
    """How the same claims may be written."""
    return st.builds(
        lambda layout, size: {"delimiters": layout[0], "line_end": layout[1], "per_transaction": size},
        st.sampled_from(LAYOUTS),
        st.sampled_from((0, 1, 2)),
    )


# -------------------------------------------------------------------------------------------------------------- reading


def segments(data: bytes, layout: dict[str, Any]) -> list[list[bytes]]:
    """Every segment as its elements, cut without the product."""
    delimiters: Delimiters = layout["delimiters"]
    pieces = (piece.lstrip(b"\r\n") if layout["line_end"] else piece for piece in data.split(delimiters.segment))
    return [piece.split(delimiters.element) for piece in pieces if piece]


def of_claims(data: bytes, layout: dict[str, Any]) -> list[list[list[bytes]]]:
    """The segments of every claim, CLM first."""
    found: list[list[list[bytes]]] = []
    inside = False
    for segment in segments(data, layout):
        inside = segment[0] == b"CLM" or (inside and segment[0] not in (b"HL", b"SE"))
        if segment[0] == b"CLM":
            found.append([])
        if inside:
            found[-1].append(segment)
    return found


def statements(findings: Sequence[bitewing.Finding]) -> Counter[tuple[Any, ...]]:
    return Counter((one.name, one.action.value, one.place.claim, one.place.lines) for one in findings)


def repaired_claims(result: bitewing.Result) -> set[str]:
    return {one.place.claim for one in result.findings if one.action is bitewing.Action.REPAIR}


def dates(line: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(day) for day in line["service_date"] or ())


def films(claim: dict[str, Any]) -> Counter[tuple[Any, ...]]:
    """How many of what, when, on which teeth and by whom; the two codes for a periapical are one thing."""
    count: Counter[tuple[Any, ...]] = Counter()
    for line in claim["lines"]:
        what = "periapical" if line["code"] in FILMS else line["code"]
        renderer = line["rendering_provider"]["id"] if line["rendering_provider"] else ""
        count[what, dates(line), tuple(tooth["number"] for tooth in line["teeth"]), renderer] += line["quantity"]
    return count


def first_films(facts: Sequence[dict[str, Any]]) -> Counter[tuple[str, ...]]:
    """Units of D0220 by patient, day, practice and payer; void and planned ones are none."""
    count: Counter[tuple[str, ...]] = Counter()
    for claim in facts:
        if claim["frequency"] == "8" or claim["predetermination"]:
            continue
        patient, billing, payer = claim["patient"], claim["billing_provider"]["id"], claim["payer"]["id"]
        for line in claim["lines"]:
            if line["code"] == "D0220" and len(set(dates(line))) == 1:
                count[patient["first_name"], dates(line)[0], billing, payer] += int(line["quantity"])
    return count


def recoded(before: dict[str, Any], after: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The lines that a repair changed, as they were."""
    for one, other in zip(before["lines"], after["lines"], strict=False):
        if one != other:
            yield one


# ----------------------------------------------------------------------------------------------------- bytes (law 1, 6)


@given(claims(), layouts())
def test_what_is_read_is_what_was_written(naive: ModuleType, claims: list[Claim], layout: dict[str, Any]) -> None:
    data = compose(claims, **layout)
    document = bitewing.read(data)

    assert bytes(document) == data == b"".join(frame.data for frame in document.frames())
    assert [claim.id for claim in document.claims()] == [claim["clm01"] for claim in claims]
    assert [one["id"] for one in naive.read_claims(data)] == [claim["clm01"] for claim in claims]


@given(st.one_of(claims(), repairable()), layouts())
def test_the_output_is_the_input_with_the_declared_edits(claims: list[Claim], layout: dict[str, Any]) -> None:
    data = compose(claims, **layout)
    result = bitewing.repair(data)
    summary = result.summary
    expected, place = b"", 0
    for edit in summary.changes:
        expected += data[place : edit.offset] + edit.after
        place = edit.offset + len(edit.before)
    expected += data[place:]

    assert summary.faults == []
    assert result.data == expected
    assert (result.data == data) is (not summary.edits)
    declared = [one for one in result.findings if one.edits]
    assert {one.action for one in declared} <= {bitewing.Action.REPAIR}
    assert {edit.offset for one in declared for edit in one.edits} == {edit.offset for edit in summary.edits}
    counts = {one.count_at for one in bitewing.read(data).transactions()}
    assert {edit.offset for edit in summary.counts} <= counts
    assert bitewing.check(data).data == data


@given(st.one_of(claims(), repairable()), layouts())
def test_only_recoded_lines_new_lines_and_counts_differ(claims: list[Claim], layout: dict[str, Any]) -> None:
    data = compose(claims, **layout)
    result = bitewing.repair(data)
    old, new = segments(data, layout), segments(result.data, layout)
    component = layout["delimiters"].component
    at = 0
    for segment in old:
        if new[at] != segment and new[at][0] == b"LX" and segment[0] in (b"HL", b"SE"):
            at = next(i for i in range(at, len(new)) if new[i][0] in (b"HL", b"CLM", b"SE"))
        other = new[at]
        at += 1
        if segment[0] == b"SE":
            assert (other[0], other[2:]) == (b"SE", segment[2:])
        elif segment != other:
            width = max(len(segment), len(other))
            one, two = ([*parts, *[b""] * (width - len(parts))] for parts in (segment, other))
            assert [number for number in range(width) if one[number] != two[number] and number not in (1, 2, 6)] == []
            assert one[1].split(component)[1] in (b"D0220", b"D0230")
            assert two[1].split(component)[1] in (b"D0220", b"D0230")
            assert [part for i, part in enumerate(one[1].split(component)) if i != 1] == [
                part for i, part in enumerate(two[1].split(component)) if i != 1
            ]
    assert at == len(new)


@given(st.one_of(claims(), repairable()), layouts())
def test_a_repaired_file_needs_no_repair_and_keeps_its_flags(claims: list[Claim], layout: dict[str, Any]) -> None:
    result = bitewing.repair(compose(claims, **layout))
    again = bitewing.repair(result.data)
    known = {claim["clm01"]: len(claim["lines"]) for claim in claims}

    def lasting(findings: Sequence[bitewing.Finding]) -> Counter[tuple[Any, ...]]:
        # A line that a repair added goes by the number of the line it came from, and later by its own.
        grown = repaired_claims(result)
        # That a surplus D0220 which became D0230 follows the one on another claim is said when it has.
        paired = [one for one in findings if one.name == "first-pa-on-sibling-claim" and one.place.claim in grown]
        kept = [one for one in findings if one.action is not bitewing.Action.REPAIR and one not in paired]
        return Counter(
            (one.name, one.action, one.place.claim, one.place.claim in grown or one.place.lines) for one in kept
        )

    assert again.data == result.data
    assert again.summary.repaired == 0
    assert lasting(again.findings) == lasting(result.findings)
    for one in result.findings:
        assert set(one.place.lines) <= set(range(1, known[one.place.claim] + 1))


@given(st.one_of(claims(), repairable()))
def test_no_pass_fails_and_no_repair_is_withdrawn(claims: list[Claim]) -> None:
    findings = bitewing.check(compose(claims)).findings

    assert [one.message for one in findings if one.code.startswith("X")] == []


def test_findings_come_in_the_order_of_the_file() -> None:
    """Claims that are judged together are said where they stand, each at its own place."""
    notation = ("C1: D0230 26.00", "C2 patient=P2: D0230 26.00", "C3: D0230 26.00", "C4 patient=P3: D0230 26.00")
    findings = bitewing.check(compose(parse_claims(notation))).findings

    assert [(one.place.claim, one.name) for one in findings] == [
        ("C1", "missing-first-pa"),
        ("C2", "missing-first-pa"),
        ("C3", "first-pa-on-sibling-claim"),
        ("C4", "missing-first-pa"),
    ]


# ------------------------------------------------------------------------------------------------- films, money (law 3)


@given(st.one_of(claims(), repairable()), layouts())
def test_films_and_money_stay(naive: ModuleType, claims: list[Claim], layout: dict[str, Any]) -> None:
    data = compose(claims, **layout)
    before, after = naive.read_claims(data), naive.read_claims(bitewing.repair(data).data)

    assert [one["id"] for one in after] == [one["id"] for one in before]
    for one, other in zip(before, after, strict=True):
        assert other["charge"] == one["charge"]
        assert sum(line["charge"] for line in other["lines"]) == sum(line["charge"] for line in one["lines"])
        assert films(other) == films(one)
        for line in other["lines"]:
            assert line["charge"] == round(line["charge"], 2)


@given(st.one_of(claims(), repairable()))
def test_a_split_charges_every_film_alike_to_the_cent(naive: ModuleType, claims: list[Claim]) -> None:
    data = compose(claims)
    before, after = naive.read_claims(data), naive.read_claims(bitewing.repair(data).data)
    for one, other in zip(before, after, strict=True):
        added = other["lines"][len(one["lines"]) :]
        for was in recoded(one, other):
            now = other["lines"][one["lines"].index(was)]
            if now["quantity"] != was["quantity"]:
                per_film = was["charge"] / was["quantity"]
                assert abs(now["charge"] - per_film * now["quantity"]) <= Decimal("0.01")
                assert any(
                    (line["quantity"], line["charge"]) == (was["quantity"] - 1, was["charge"] - now["charge"])
                    for line in added
                )
            else:
                assert now["charge"] == was["charge"]


@given(st.one_of(claims(), repairable()))
def test_a_date_gets_one_first_film_and_only_where_none_is(naive: ModuleType, claims: list[Claim]) -> None:
    data = compose(claims)
    result = bitewing.repair(data)
    before, after = naive.read_claims(data), naive.read_claims(result.data)
    had, has = first_films(before), first_films(after)
    everywhere = {
        (claim["patient"]["first_name"], date)
        for claim in before
        for line in claim["lines"]
        for date in dates(line)
        if line["code"] == "D0220" and not claim["predetermination"]
    }

    for day in {*had, *has}:
        if had[day] != has[day]:
            assert has[day] == 1
        if had[day] == 0:
            assert day[:2] not in everywhere
    touched = {
        (one["patient"]["first_name"], dates(was)[0], one["billing_provider"]["id"], one["payer"]["id"])
        for one, other in zip(before, after, strict=True)
        for was in recoded(one, other)
    }
    assert all(has[day] == 1 for day in touched)


@given(claims(), layouts())
def test_what_must_not_be_touched_is_not(claims: list[Claim], layout: dict[str, Any]) -> None:
    data = compose(claims, **layout)
    after = of_claims(bitewing.repair(data).data, layout)
    for claim, old, new in zip(claims, of_claims(data, layout), after, strict=True):
        total = sum(Decimal(line["charge"]) for line in claim["lines"])
        if (
            claim.get("freq", "1") != "1"
            or claim.get("predetermination")
            or claim.get("prior_paid")
            or any(line.get("svd") for line in claim["lines"])
            or Decimal(claim["clm02"]) != total
            or claim.get("date_range") == f"{FIRST_DAY}-{SECOND_DAY}"
        ):
            assert new == old


@given(claims())
def test_lines_with_a_payers_number_or_a_series_on_their_date_stay(naive: ModuleType, claims: list[Claim]) -> None:
    data = compose(claims)
    before, after = naive.read_claims(data), naive.read_claims(bitewing.repair(data).data)
    against = {
        (claim["patient"]["first_name"], dates(line))
        for claim in before
        for line in claim["lines"]
        if line["code"] in ("D0210", "D0707") and not claim["predetermination"]
    }
    for one, other in zip(before, after, strict=True):
        for line in recoded(one, other):
            assert {ref["qualifier"] for ref in line["references"]} <= {"6R"}
            assert (one["patient"]["first_name"], dates(line)) not in against
            assert len(set(dates(line))) == 1
            assert len(line["teeth"]) < 2 or line["quantity"] == 1


# -------------------------------------------------------------------------- one by one: what stops a repair (P1 to P10)

MISSING, REPEATED = "D0230 26.00 #3", "D0220 26.00 #3 | D0220 32.00 #14"
SPLIT = "D0230 x2 52.00 #3"
Damage = tuple[bytes, bytes] | None
OBSTACLES: dict[str, tuple[tuple[str, ...], Damage]] = {
    # what stands in the way: the claims, FILMS standing for those that want mending; what is put in the place of what
    "P1 a replacement": (("C1 freq=7 f8=ICN1: FILMS",), None),
    "P1 no frequency": (("C1: FILMS",), (b"11:B:1", b"11:B")),
    "P1 another claim of the date is a replacement": (("C1: FILMS", "C2 freq=7: D0230 26.00 #30"), None),
    "P2 a payer decided on a line": (("C1: FILMS | D0120 58.00 svd=PRIMARY*1.00*AD:D0120**1",), None),
    "P2 a payer paid the claim": (("C1 prior paid=5.00: FILMS",), None),
    "P2 a payer adjusted the claim": (("C1 prior: FILMS",), (b"~OI*", b"~CAS*PR*1*5.00~OI*")),
    "P3 a total that is not the sum": (("C1 total=999.00: FILMS",), None),
    "P4 a range": (("C1 range=20260301-20260305: FILMS",), None),
    "P5 a first film for another payer": (("C1: FILMS", "C2 payer=TESTPAY2: D0220 32.00 #8"), None),
    "P5 a first film of another practice": (("C1: FILMS", "C2 billing=1999900040: D0220 32.00 #8"), None),
    "P5 a first film in a range": (("C1: FILMS", "C2 range=20260309-20260311: D0220 32.00 #8"), None),
    "P5 a first film that is voided": (("C1: FILMS", "C2 freq=8: D0220 32.00 #8"), None),
    "P6 two dentists": (("C1: FILMS | D0230 26.00 #8 by=1999900032",), None),
    "P6 two dentists on two claims": (("C1: FILMS", "C2: D0230 26.00 #8 by=1999900032"), None),
    "P6 two dentists, one film in a range": (
        ("C1: FILMS", "C2 range=20260309-20260311: D0230 26.00 #8 by=1999900032"),
        None,
    ),
    "P1 a replacement in a range": (("C1: FILMS", "C2 freq=7 range=20260309-20260311: D0230 26.00 #30"), None),
    "P2 a payer paid films in a range": (
        ("C1: FILMS", "C2 prior paid=5.00 range=20260309-20260311: D0230 26.00"),
        None,
    ),
    **{f"P8 {code}": ((f"C1: FILMS | {code} 150.00",), None) for code in ("D0210", "D0709", "D0372", "D0374", "D0389")},
    "P8 D0707": (("C1 pos=02: FILMS | D0707 22.00 #8",), None),
    "P8 a series of another practice": (("C1: FILMS", "C2 billing=1999900040: D0210 150.00"), None),
    "P9 several teeth and units": (("C1: D0230 x2 52.00 #3,14 | D0230 26.00 #19",), None),
    "P9 several areas and units": (
        ("C1: D0230 x2 52.00 area=10 | D0230 26.00 #19",),
        (b"*52.00**10**2", b"*52.00**10:20**2"),
    ),
    "a patient without a first name": (("C1: FILMS",), (b"*EXAMPLE*PAT*", b"*EXAMPLE**")),
    "a patient without a birth date": (("C1: FILMS",), (b"~DMG*D8*19800214*F", b"~DMG***F")),
    "a count of segments that is wrong": (("C1: FILMS",), (b"~SE*", b"~SE*1")),
    "a transaction without an end": (("C1: FILMS",), (b"~SE*", b"~ZZ*")),
}
ON_THE_LINE = {
    "an authorization": b"REF*G1*AUTH", "a predetermination": b"REF*G3*PRE", "a repriced number": b"REF*9A*R",
    "an adjusted number": b"REF*9C*R", "pricing": b"HCP*01*20.00", "a tax": b"AMT*T*1.00", "a file": b"K3*X",
}  # fmt: skip
NOT_TO_BE_COPIED = {
    "a referral": b"REF*9F*R", "a contract": b"CN1*02*10.00", "another date": b"DTP*452*D8*20260101",
    "a segment of nobody": b"XYZ*1",
}  # fmt: skip


def counted(data: bytes) -> bytes:
    """The interchange of one transaction with SE01 put right."""
    pieces = data.split(b"~")
    first, last = (next(at for at, one in enumerate(pieces) if one.startswith(tag)) for tag in (b"ST*", b"SE*"))
    pieces[last] = b"SE*%d*0001" % (last - first + 1)
    return b"~".join(pieces)


def assert_left_to_a_person(data: bytes, name: str) -> None:
    result = bitewing.repair(data)

    assert result.data == data
    assert result.summary.faults == []
    assert [one.code for one in result.findings if one.action is bitewing.Action.REPAIR or one.code[0] == "X"] == []
    assert [one.action.value for one in result.findings if one.name == name and one.place.claim == "C1"] == ["flag"]


@pytest.mark.parametrize(
    ("films", "name"), [(MISSING, "missing-first-pa"), (REPEATED, "repeated-first-pa"), (SPLIT, "missing-first-pa")]
)
@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_each_condition_alone_stops_a_repair(obstacle: str, films: str, name: str) -> None:
    notation, damage = OBSTACLES[obstacle]
    if "FILMS" not in notation[0] and name != "missing-first-pa":
        films, notation = "", (notation[0].replace("D0230", "D0220"), *notation[1:])
    data = compose(parse_claims(tuple(claim.replace("FILMS", films) for claim in notation)))
    if obstacle == "P4 a range":
        assert bitewing.repair(data).data == data
        return
    if damage is not None:
        assert data.count(damage[0]) == 1
        data = data.replace(*damage)
        data = data if damage[0] == b"~SE*" else counted(data)
    assert_left_to_a_person(data, name)


@pytest.mark.parametrize("other", ["payer=TESTPAY2", "billing=1999900040"])
def test_of_two_lone_films_none_is_the_first_where_one_may_be_of_the_date(other: str) -> None:
    claims = ("C1: D0230 26.00 #3", f"C2 {other} range=20260309-20260311: D0230 26.00 #8")
    assert_left_to_a_person(compose(parse_claims(claims)), "missing-first-pa")


def test_a_film_that_may_be_of_the_date_stops_no_repair_where_all_else_is_well() -> None:
    data = compose(parse_claims(("C1: D0230 26.00 #3", "C2 range=20260309-20260311: D0230 26.00 #8")))
    assert bitewing.repair(data).summary.repaired == 1


@pytest.mark.parametrize("films", [MISSING, SPLIT])
@pytest.mark.parametrize("what", ON_THE_LINE)
def test_what_a_payer_or_repricer_put_on_the_line_stops_a_repair(what: str, films: str) -> None:
    data = compose(parse_claims((f"C1: {films}",)))
    assert_left_to_a_person(counted(data.replace(b"~REF*6R*", b"~%b~REF*6R*" % ON_THE_LINE[what])), "missing-first-pa")


@pytest.mark.parametrize("what", NOT_TO_BE_COPIED)
def test_a_line_whose_segments_cannot_stand_twice_is_not_split(what: str) -> None:
    put_in = b"~%b~REF*6R*" % NOT_TO_BE_COPIED[what]
    split, alone = (compose(parse_claims((f"C1: {films}",))).replace(b"~REF*6R*", put_in) for films in (SPLIT, MISSING))

    assert_left_to_a_person(counted(split), "missing-first-pa")
    # A segment that the guide has nowhere on a line may be meant for another place: then nothing is recoded at all.
    assert bitewing.repair(counted(alone)).summary.repaired == (0 if what == "a segment of nobody" else 1)


@pytest.mark.parametrize(("films", "stack"), [(6, False), (7, True), (8, True)])
def test_a_stack_of_periapicals_begins_at_eight(films: int, stack: bool) -> None:
    for further in (f"D0230 x{films} 160.00", " | ".join(f"D0230 20.00 #{tooth}" for tooth in range(1, films + 1))):
        result = bitewing.check(compose(parse_claims((f"C1: D0220 32.00 #19 | {further}",))))

        assert [one.name for one in result.findings] == ["pa-stack"] * stack


def test_fifty_lines_are_not_made_fifty_one() -> None:
    others = " | D0120 1.00" * 49

    assert_left_to_a_person(compose(parse_claims((f"C1: {SPLIT}{others}",))), "missing-first-pa")
    assert bitewing.repair(compose(parse_claims((f"C1: {MISSING}{others}",)))).summary.repaired == 1
    assert bitewing.repair(compose(parse_claims((f"C1: {SPLIT}{others[:-12]}",)))).summary.repaired == 1


@pytest.mark.parametrize("to", ["", " payer=TESTPAY2", " billing=1999900040"])
def test_a_first_film_in_an_earlier_file_stops_a_repair(to: str) -> None:
    known = Facts(history=FileHistory([bitewing.read(compose(parse_claims((f"C0{to}: D0220 32.00",))))]))
    for films in (MISSING, REPEATED, SPLIT):
        data = compose(parse_claims((f"C1: {films}",)))

        assert bitewing.repair(data).summary.repaired == 1
        assert bitewing.repair(data, facts=known).data == data


# ------------------------------------------------------------------------------------------------ order, layout (law 6)


@given(st.one_of(claims(), repairable()), layouts(), st.data())
def test_order_and_layout_of_a_file_change_no_finding(
    naive: ModuleType, claims: list[Claim], layout: dict[str, Any], data: st.DataObject
) -> None:
    plain = bitewing.repair(compose(claims))
    shuffled = bitewing.repair(compose(data.draw(st.permutations(claims)), **layout))

    assert statements(shuffled.findings) == statements(plain.findings)
    expected = {one["id"]: one["lines"] for one in naive.read_claims(plain.data)}
    assert {one["id"]: one["lines"] for one in naive.read_claims(shuffled.data)} == expected


@given(repairable(), st.data())
def test_claims_of_one_number_are_repaired_alike_in_any_order_and_layout(
    naive: ModuleType, claims: list[Claim], data: st.DataObject
) -> None:
    claims = [{**claim, "clm01": "SAME"} for claim in claims]
    layout = data.draw(layouts())
    plain = bitewing.repair(compose(claims))
    shuffled = bitewing.repair(compose(data.draw(st.permutations(claims)), **layout))

    assert statements(shuffled.findings) == statements(plain.findings)
    expected, found = (
        Counter(str([one["lines"], one["payer"], one["patient"]]) for one in naive.read_claims(result.data))
        for result in (plain, shuffled)
    )
    assert found == expected


@given(repairable(), repairable())
def test_claims_of_other_patients_change_nothing(naive: ModuleType, claims: list[Claim], others: list[Claim]) -> None:
    others = [{**claim, "clm01": f"X{claim['clm01']}", "patient": "P2"} for claim in others]
    mixed = [claim for pair in zip(others, claims, strict=False) for claim in pair]
    mixed += claims[len(others) :] + others[len(claims) :]
    alone = bitewing.repair(compose(claims))
    together = bitewing.repair(compose(mixed))
    ids = {claim["clm01"] for claim in claims}

    mine = [one for one in together.findings if one.place.claim in ids]
    assert statements(mine) == statements(alone.findings)
    expected = {one["id"]: one["lines"] for one in naive.read_claims(alone.data)}
    assert {one["id"]: one["lines"] for one in naive.read_claims(together.data) if one["id"] in ids} == expected


@pytest.mark.parametrize(
    ("before", "codes"),
    [
        ("D0230 26.00 #3 | D0230 26.00 #14 | D0230 x2 52.00 #8", "D0220 D0230 D0230"),
        ("D0120 58.00 | D0230 26.00 #3 | D0120 58.00 @20260317 | D0230 26.00 #14", "D0120 D0220 D0120 D0230"),
        ("D0220 32.00 #3 | D0220 32.00 #14 | D0220 x2 64.00 #8", "D0220 D0230 D0230"),
        ("D0220 x3 96.00 #3 | D0220 32.00 #14", "D0220 D0230 D0230"),
    ],
)
def test_the_lowest_line_has_the_first_film(naive: ModuleType, before: str, codes: str) -> None:
    (claim,) = naive.read_claims(bitewing.repair(compose(parse_claims((f"C1: {before}",)))).data)

    assert [line["code"] for line in claim["lines"]] == codes.split()


def test_of_two_claims_the_same_one_is_repaired_in_any_order(naive: ModuleType) -> None:
    notation = ("C1: D0230 26.00", "C2: D0230 x3 78.00", "C3: D0230 26.00 #3")
    for order in itertools.permutations(notation):
        data = bitewing.repair(compose(parse_claims(order))).data

        codes = {one["id"]: [line["code"] for line in one["lines"]] for one in naive.read_claims(data)}
        assert codes == {"C1": ["D0220"], "C2": ["D0230"], "C3": ["D0230"]}


# ---------------------------------------------------------------------------------------------- who is the same patient

SIBLING, OTHER, UNSURE = "first-pa-on-sibling-claim info", "missing-first-pa repair", "missing-first-pa flag"
ELSE = (b"MEM000002", b"MEM000009")
PATIENTS: dict[str, tuple[tuple[tuple[bytes, bytes], ...], str]] = {
    # what differs on the second claim, and what is then said of its D0230 beside the D0220 of the first
    "nothing": ((), SIBLING),
    "small letters": (((b"*SAMPLE*SAM*", b"*Sample*Sam*"),), SIBLING),
    "blanks": (((b"*SAMPLE*SAM*", b"* SAMPLE *SAM*"),), SIBLING),
    "a middle name": (((b"*SAMPLE*SAM**", b"*SAMPLE*SAM*M*"),), SIBLING),
    "the address": (((b"N3*2 EXAMPLE WAY", b"N3*3 EXAMPLE WAY"),), SIBLING),
    "the group": (((b"*GROUP1*", b"*GROUP2*"),), SIBLING),
    "the last name and member id": (((b"*SAMPLE*SAM*", b"*SAMPLER*SAM*"), ELSE), OTHER),
    "the first name and member id": (((b"*SAMPLE*SAM*", b"*SAMPLE*SAMUEL*"), ELSE), OTHER),
    "the birth date and member id": (((b"DMG*D8*19910630*", b"DMG*D8*19910629*"), ELSE), OTHER),
    "the gender": (((b"DMG*D8*19910630*M", b"DMG*D8*19910630*F"),), UNSURE),
    "the member id": ((ELSE,), UNSURE),
    "a subscriber's name": (((b"*SAMPLE*SAM*", b"*SAMPLER*SAM*"),), UNSURE),
    "no birth date": (((b"~DMG*D8*19910630*M", b"~DMG***M"),), UNSURE),
    "no birth date and the member id": (((b"~DMG*D8*19910630*M", b"~DMG***M"), ELSE), UNSURE),
}


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("what", PATIENTS)
def test_patients_are_told_apart_where_they_certainly_are(what: str, swapped: bool) -> None:
    differences, expected = PATIENTS[what]
    first, second = "C1 patient=P2: D0220 32.00", "C2 patient=P2: D0230 26.00"
    data = compose(parse_claims((second, first) if swapped else (first, second)))
    at = data.rindex(b"~SBR*", 0, data.index(b"CLM*C2*"))
    for old, new in differences:
        assert old in data[at:]
        data = data[:at] + data[at:].replace(old, new, 1)

    said = [f"{one.name} {one.action.value}" for one in bitewing.check(data).findings if one.place.claim == "C2"]
    assert said == [expected]


def test_a_test_file_tells_nothing_of_production() -> None:
    first, second = (compose(parse_claims((one,)), usage="P") for one in ("C1: D0220 32.00", "C2: D0230 26.00"))
    tested = compose(parse_claims(("C1: D0220 32.00",)), usage="T")

    assert [one.name for one in bitewing.check(first + second).findings] == ["first-pa-on-sibling-claim"]
    assert [one.action.value for one in bitewing.check(tested + second).findings] == ["repair"]


# --------------------------------------------------------------------------------------------------- numbers and counts


@given(st.one_of(claims(), repairable()), layouts())
def test_control_numbers_stay_and_new_ones_cannot_be_mistaken(
    naive: ModuleType, claims: list[Claim], layout: dict[str, Any]
) -> None:
    data = compose(claims, **layout)
    before, after = naive.read_claims(data), naive.read_claims(bitewing.repair(data).data)
    for one, other in zip(before, after, strict=True):
        old = [line["control_number"] for line in one["lines"]]
        new = [line["control_number"] for line in other["lines"]]
        assert new[: len(old)] == old
        added = new[len(old) :]
        split = [
            line["control_number"]
            for line, now in zip(one["lines"], other["lines"], strict=False)
            if line["quantity"] != now["quantity"]
        ]
        assert sorted(bool(control) for control in added) == sorted(bool(control) for control in split)
        for control in filter(None, added):
            assert len(control) <= 30
            assert [kept[:30].upper() for kept in new].count(control.upper()) == 1


def test_a_control_number_that_was_sent_twice_stops_no_repair(naive: ModuleType) -> None:
    notation = "C1: D0120 58.00 6r=TWICE | D0140 85.00 6r=TWICE | D0230 x3 78.00 6r=NONE"
    result = bitewing.repair(compose(parse_claims((notation,))))

    assert [one.name for one in result.findings] == ["missing-first-pa"]
    (after,) = naive.read_claims(result.data)
    assert [line["code"] for line in after["lines"]] == ["D0120", "D0140", "D0220", "D0230"]
    assert [line["control_number"] for line in after["lines"]] == ["TWICE", "TWICE", "", ""]


@pytest.mark.parametrize("delimiter", [b"-", b"/", b"_"])
def test_a_new_control_number_holds_no_delimiter(naive: ModuleType, delimiter: bytes) -> None:
    for delimiters in (Delimiters(delimiter, b":", b"^", b"~"), Delimiters(b"*", b":", b"^", delimiter)):
        data = compose(parse_claims(("C1: D0230 x3 78.00",)), delimiters=delimiters)
        (after,) = naive.read_claims(bitewing.repair(data).data)

        kept, added = (line["control_number"] for line in after["lines"])
        assert kept == "L1"
        assert added not in ("", "L1")
        assert delimiter.decode() not in added


@given(st.one_of(claims(), repairable()), layouts())
def test_lines_segments_and_claims_are_counted_right(claims: list[Claim], layout: dict[str, Any]) -> None:
    result = bitewing.repair(compose(claims, **layout))
    document = bitewing.read(result.data)

    assert [claim.id for claim in document.claims()] == [claim["clm01"] for claim in claims]
    assert document.faults() == []
    for claim in document.claims():
        assert [line.number for line in claim.lines] == [str(number) for number in range(1, len(claim.lines) + 1)]
    count = 0
    for segment in segments(result.data, layout):
        count = 1 if segment[0] == b"ST" else count + 1
        if segment[0] == b"SE":
            assert segment[1] == str(count).encode()
    assert result.summary.claims == len(claims)
    assert result.summary.service_lines == sum(len(claim["lines"]) for claim in claims)


# ------------------------------------------------------------------------------------------ what the operator handed in

FEES = {("D0220", ""): Decimal("32.00"), ("D0230", ""): Decimal("26.00"), ("D0140", "1999900040"): Decimal("85.00")}


@given(repairable())
def test_a_fee_schedule_sets_recoded_lines_and_no_others(naive: ModuleType, claims: list[Claim]) -> None:
    data = compose(claims)
    result = bitewing.repair(data, facts=Facts(fees=FEES, apply_fees=True))
    before, after = naive.read_claims(data), naive.read_claims(result.data)

    assert [one.message for one in result.findings if one.code.startswith("X")] == []
    for one, other in zip(before, after, strict=True):
        assert films(other) == films(one)
        assert other["charge"] == sum(line["charge"] for line in other["lines"])
        for number, line in enumerate(other["lines"]):
            was = one["lines"][number] if number < len(one["lines"]) else None
            if was is not None and was["code"] == line["code"] and was["quantity"] == line["quantity"]:
                assert line["charge"] == was["charge"]
            elif was is None or was["code"] != line["code"]:
                assert line["charge"] == FEES[line["code"], ""] * line["quantity"]
    assert bitewing.repair(result.data, facts=Facts(fees=FEES, apply_fees=True)).data == result.data


@given(claims())
def test_a_fee_schedule_that_is_not_applied_changes_nothing(claims: list[Claim]) -> None:
    data = compose(claims)

    assert bitewing.repair(data, facts=Facts(fees=FEES)).data == bitewing.repair(data).data


@pytest.mark.parametrize(
    ("sent", "images", "becomes"), [("", 3, "3"), (" x2", 3, "3"), (" x6", 3, "3"), (" x3", 1, "")]
)
def test_an_attested_count_is_set_where_the_charge_is_for_that_many(
    naive: ModuleType, sent: str, images: int, becomes: str
) -> None:
    charge = FEES["D0230", ""] * images
    said = {"claim": "C1", "line": "L2", "images_taken": images, "signed_by": "Dr. Example", "signed_at": "2026-03-11"}
    facts = Facts(fees=FEES, attestations={"C1": [attestation_of(said, "test")]})
    data = compose(parse_claims((f"C1: D0220 32.00 | D0230{sent} {charge}",)))
    (after,) = naive.read_claims(bitewing.repair(data, facts=facts).data)

    assert [(line["quantity_sent"], line["charge"]) for line in after["lines"]] == [("", 32), (becomes, charge)]
    assert bitewing.repair(data, facts=Facts(attestations=facts.attestations)).data == data


@given(claims(), st.sampled_from(("1999900024", "1999900032", "1999900016")), st.sampled_from((None, 1, 2)))
def test_an_attestation_keeps_films_and_money_too(
    naive: ModuleType, claims: list[Claim], reader: str, images: int | None
) -> None:
    signed = {"interpreted_by": reader, "images_taken": images, "signed_by": "Dr. Example", "signed_at": "2026-03-11"}
    facts = Facts(
        attestations={
            claim["clm01"]: [
                attestation_of({"claim": claim["clm01"], "line": str(number), **signed}, "test")
                for number in range(1, len(claim["lines"]) + 1)
            ]
            for claim in claims
        }
    )
    data = compose(claims)
    result = bitewing.repair(data, facts=facts)
    before, after = naive.read_claims(data), naive.read_claims(result.data)

    assert [one.message for one in result.findings if one.code.startswith("X")] == []
    for one, other in zip(before, after, strict=True):
        assert other["charge"] == one["charge"]
        assert sum(line["charge"] for line in other["lines"]) == sum(line["charge"] for line in one["lines"])
        assert sum(line["quantity"] for line in other["lines"]) == sum(line["quantity"] for line in one["lines"])
    again = bitewing.repair(result.data, facts=facts)
    assert again.data == result.data


# ------------------------------------------------------------------------------------ the draws reach what they are for


def names(result: bitewing.Result) -> set[str]:
    return {f"{one.name} {one.action.value}" for one in result.findings}


def grown(result: bitewing.Result) -> bool:
    return bool(result.summary.counts)


REACHED: dict[str, Callable[[bitewing.Result], object]] = {
    "a repair in place": lambda result: result.summary.edits and not grown(result),
    "a split": grown,
    "repairs of two claims": lambda result: len(repaired_claims(result)) > 1,
    **{
        name: lambda result, name=name: name in names(result)
        for name in (
            "missing-first-pa repair", "missing-first-pa flag", "missing-first-pa info", "repeated-first-pa repair",
            "repeated-first-pa flag", "possible-duplicate-line flag", "first-pa-on-sibling-claim info",
            "date-range-on-pa flag", "claim-total-mismatch flag", "capture-only-with-evaluation flag",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("what", REACHED)
def test_the_draws_reach(what: str) -> None:
    """A property that is never put to the test holds, and says nothing."""
    strategy = st.one_of(claims(), repairable())
    quickly = settings(phases=[Phase.generate], max_examples=2000, derandomize=True, database=None)

    assert find(strategy, lambda drawn: bool(REACHED[what](bitewing.repair(compose(drawn)))), settings=quickly)
