"""The generator writes the same bytes for the same arguments, and what it writes adds up.

Everything is checked with plain code on split text, or with the naive reader: never with the product.
"""

import io
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROFILES = ("clinic", "every-loop")
LINE_ENDS = ("none", "lf", "crlf", "cr", "indent")
USUAL = ("*", ":", "^", "~")
OTHERS = ("|", ">", "<", "\x1d")
LEVEL_LOOPS = {"20": "2000A", "22": "2000B", "23": "2000C"}


class Written(NamedTuple):
    """A file, what the generator says of it, and its segments as lists of elements."""

    data: bytes
    made: Any
    segments: list[list[str]]


def write(generator: ModuleType, **options: Any) -> Written:
    delimiters = options.pop("delimiters", USUAL)
    layout = generator.Layout(*delimiters, options.pop("line_end", "none"))
    out = io.BytesIO()
    made = generator.generate(out, layout=layout, **options)
    data = out.getvalue()
    texts = data.decode("latin-1").split(layout.segment)
    segments = [text.lstrip("\r\n ").split(layout.element) for text in texts if text.strip("\r\n ")]
    return Written(data, made, segments)


def count(segments: list[list[str]]) -> Counter[str]:
    return Counter(segment[0] for segment in segments)


# -- the same bytes


@pytest.mark.parametrize("profile", PROFILES)
def test_same_arguments_write_the_same_bytes_in_another_process(
    generator: ModuleType, profile: str, tmp_path: Path
) -> None:
    out = tmp_path / "out.837"
    script = [sys.executable, ROOT / "fixtures" / "generate.py", out, "--claims", "40", "--seed", "7"]
    subprocess.run([*script, "--profile", profile], check=True, capture_output=True, env={"PYTHONHASHSEED": "11"})

    assert write(generator, claims=40, seed=7, profile=profile).data == out.read_bytes()


@pytest.mark.parametrize("profile", PROFILES)
def test_another_seed_writes_other_bytes(generator: ModuleType, profile: str) -> None:
    assert write(generator, claims=20, seed=1, profile=profile) != write(generator, claims=20, seed=2, profile=profile)


def test_claims_stay_the_same_in_every_layout(generator: ModuleType, naive: ModuleType) -> None:
    usual = naive.read_claims(write(generator, claims=60).data)

    for delimiters in (USUAL, OTHERS):
        for line_end in LINE_ENDS:
            data = write(generator, claims=60, delimiters=delimiters, line_end=line_end).data
            assert naive.read_claims(data) == usual


# -- what it writes adds up

LAYOUTS = [
    *({"line_end": line_end} for line_end in LINE_ENDS),
    {"line_end": "crlf", "delimiters": OTHERS},
    {"delimiters": ("%", "&", "!", "\n")},
]
SHAPES = [{"claims_per_transaction": 7}, {"interchanges": 2, "groups": 2, "claims_per_transaction": 5}]


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_envelopes_and_totals_are_right(
    generator: ModuleType, naive: ModuleType, profile: str, layout: dict[str, Any], shape: dict[str, Any]
) -> None:
    data, made, segments = write(generator, claims=24, profile=profile, **layout, **shape)

    names = count(segments)
    assert names["ISA"] == names["IEA"] == made.interchanges == shape.get("interchanges", 1)
    assert names["GS"] == names["GE"] == made.groups
    assert names["ST"] == names["SE"] == made.transactions > made.interchanges
    assert names["CLM"] == made.claims == 24 == len(naive.read_claims(data))
    assert names["LX"] == names["SV3"] == made.lines
    assert (len(segments), len(data)) == (made.segments, made.size)
    check_envelopes(segments)


def check_envelopes(segments: list[list[str]]) -> None:
    """Every trailer repeats its header's control number and counts what stands between."""
    groups = transactions = inside = 0
    controls: list[str] = []
    for segment in segments:
        name = segment[0]
        inside += 1
        if name == "ISA":
            interchange, groups = segment[13], 0
            controls.append(interchange)
        elif name == "GS":
            group, transactions = segment[6], 0
            groups += 1
        elif name == "ST":
            transaction, inside = segment[2], 1
            transactions += 1
        elif name == "SE":
            assert segment == ["SE", str(inside), transaction]
        elif name == "GE":
            assert segment == ["GE", str(transactions), group]
        elif name == "IEA":
            assert segment == ["IEA", str(groups), interchange]
    assert len(set(controls)) == len(controls)


@pytest.mark.parametrize("seed", range(5))
def test_levels_have_parents_of_the_right_kind(generator: ModuleType, profile: str, seed: int) -> None:
    segments = write(generator, claims=60, seed=seed, profile=profile, claims_per_transaction=20).segments

    levels: dict[str, str] = {}
    parents: list[str] = []
    childless = ""
    for segment in segments:
        if segment[0] in ("ST", "SE"):
            # Who has children says so in HL04, and who says so has some; a billing provider always has.
            assert sorted(set(parents)) == sorted(set(levels) - set(childless.split()))
            levels, parents, childless = {}, [], ""
        elif segment[0] == "HL":
            name, parent, code, has_children = segment[1:]
            assert name not in levels
            assert levels.get(parent) == {"20": None, "22": "20", "23": "22"}[code]
            levels[name] = code
            parents += [parent] if parent else []
            childless += f" {name}" if has_children == "0" else ""


def test_lines_are_counted_and_charges_add_up(generator: ModuleType, naive: ModuleType, profile: str) -> None:
    for claim in naive.read_claims(write(generator, claims=80, profile=profile).data):
        lines = claim["lines"]

        assert [line["number"] for line in lines] == [str(n) for n in range(1, len(lines) + 1)]
        assert 1 <= len(lines) <= 50
        assert sum((line["charge"] for line in lines), Decimal(0)) == claim["charge"]
        assert 1 <= len(claim["id"]) <= 38


def test_claim_ids_are_unique_in_a_file(generator: ModuleType, naive: ModuleType, profile: str) -> None:
    claims = naive.read_claims(write(generator, claims=100, profile=profile, interchanges=3).data)

    assert len({claim["id"] for claim in claims}) == 100


def test_national_provider_numbers_have_right_check_digits(generator: ModuleType, profile: str) -> None:
    segments = write(generator, claims=60, profile=profile).segments

    numbers = {segment[9] for segment in segments if segment[0] == "NM1" and segment[8:9] == ["XX"]}
    assert len(numbers) > 5
    assert {number for number in numbers if not number.startswith("19900") or not check_digit_is_right(number)} == set()


def check_digit_is_right(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed("80840" + number)):
        value = int(digit) * (1 + place % 2)
        total += value // 10 + value % 10
    return len(number) == 10 and total % 10 == 0


# -- the clinic


@pytest.fixture(scope="module")
def clinic(generator: ModuleType) -> Written:
    return write(generator, claims=3000, seed=5)


@pytest.fixture(scope="module")
def claims(clinic: Written, naive: ModuleType) -> list[dict[str, Any]]:
    claims: list[dict[str, Any]] = naive.read_claims(clinic.data)
    return claims


def test_clinic_has_the_size_and_the_mix_it_promises(clinic: Written, claims: list[dict[str, Any]]) -> None:
    def share(part: list[dict[str, Any]]) -> float:
        return len(part) / len(claims)

    dependants = [claim for claim in claims if claim["patient"]["relationship"] == "19"]
    coordinated = [claim for claim in claims if claim["other_subscribers"]]
    dated_once = [claim for claim in claims if not any(line["own_service_date"] for line in claim["lines"])]
    filmed = [claim for claim in claims if any(line["code"] in ("D0220", "D0230") for line in claim["lines"])]

    assert 1050 < clinic.made.size / len(claims) < 1300
    assert 47 < clinic.made.segments / len(claims) < 51
    assert 4.8 < clinic.made.lines / len(claims) < 5.3
    assert share(dependants) == pytest.approx(0.25, abs=0.03)
    assert share(coordinated) == pytest.approx(0.25, abs=0.03)
    assert share(dated_once) == pytest.approx(0.30, abs=0.03)
    assert share(filmed) == pytest.approx(0.20, abs=0.03)


def test_clinic_dates_every_line_before_its_clock(claims: list[dict[str, Any]], generator: ModuleType) -> None:
    today = generator.CLOCK.date()
    for claim in claims:
        born = claim["patient"]["birth_date"]

        assert all(born < line["service_date"][0] < today for line in claim["lines"])


def test_clinic_patients_are_nearly_all_distinct(claims: list[dict[str, Any]]) -> None:
    visits = Counter(patient_key(claim) for claim in claims)

    assert set(visits.values()) == {1, 2}
    assert Counter(visits.values())[2] / len(visits) == pytest.approx(0.03, abs=0.015)


def patient_key(claim: dict[str, Any]) -> tuple[Any, ...]:
    patient = claim["patient"]
    return (patient["last_name"], patient["first_name"], patient["birth_date"], patient["member_id"])


def test_clinic_plants_the_faults_it_counts(clinic: Written, claims: list[dict[str, Any]]) -> None:
    films: dict[tuple[Any, ...], Counter[str]] = {}
    for claim in claims:
        for line in claim["lines"]:
            key = (*patient_key(claim), line["service_date"])
            films.setdefault(key, Counter())[line["code"]] += int(line["quantity"])

    missing = [codes for codes in films.values() if codes["D0230"] and not codes["D0220"]]
    repeated = [codes for codes in films.values() if codes["D0220"] > 1]
    filmed = [codes for codes in films.values() if codes["D0220"] or codes["D0230"]]
    assert (len(missing), len(repeated)) == (clinic.made.missing, clinic.made.repeated)
    assert (len(missing) + len(repeated)) / len(filmed) == pytest.approx(0.05, abs=0.025)


def test_clinic_without_faults_has_none(generator: ModuleType) -> None:
    made = write(generator, claims=1000, faults=0).made

    assert (made.missing, made.repeated) == (0, 0)


def test_what_another_payer_paid_and_adjusted_is_the_charge(claims: list[dict[str, Any]]) -> None:
    for claim in claims:
        for other in claim["other_subscribers"]:
            decisions = [decision for line in claim["lines"] for decision in line["adjudications"]]
            adjusted = [change["amount"] for change in other["adjustments"]]
            adjusted += [change["amount"] for decision in decisions for change in decision["adjustments"]]

            assert other["payer_paid"] + sum(adjusted) == claim["charge"]
            assert not decisions or sum(decision["paid"] for decision in decisions) == other["payer_paid"]


def test_professional_claims_are_the_same_visits_with_other_lines(generator: ModuleType) -> None:
    segments = write(generator, claims=50, kind="837p").segments

    names = count(segments)
    assert names["SV1"] == names["LX"]
    assert names["HI"] == names["CLM"] == 50
    assert (names["SV3"], names["TOO"], names["DN2"]) == (0, 0, 0)
    assert {segment[8] for segment in segments if segment[0] == "GS"} == {"005010X222A1"}


# -- every loop


def test_every_loop_uses_all_that_the_guide_allows(generator: ModuleType, naive: ModuleType) -> None:
    data = write(generator, claims=700, seed=3, profile="every-loop", lines_per_claim=2, claims_per_transaction=8).data

    assert sorted(allowed_uses() - found_uses(naive, data)) == []


def allowed_uses() -> set[tuple[str, str, str]]:
    """(loop, element, code) of all that may be sent inside loops; code "" stands for any value."""
    allowed: set[tuple[str, str, str]] = set()
    for loop in ElementTree.parse(ROOT / "edi" / "guides" / "837D.5010.X224.A2.xml").iter("loop"):
        for element in loop.findall("segment//element") + loop.findall("segment/composite"):
            if element.get("usage") == "N" or loop.attrib["xid"][0] not in "12":
                continue
            codes = [code.text or "" for code in element.findall("valid_codes/code")]
            pattern = element.findtext("regex", "")
            codes += pattern.strip("^()$").split("|") if pattern.startswith("^(") and "?" not in pattern else []
            allowed |= {(loop.attrib["xid"], element.attrib["xid"], code) for code in ["", *codes]}
    return allowed


def found_uses(naive: ModuleType, data: bytes) -> set[tuple[str, str, str]]:
    walk = naive.Walk()
    for segment in naive.split(data):
        walk.take(segment)
    found: set[tuple[str, str, str]] = set()
    for loop, segment in placed(walk.claims):
        for position, text in enumerate(segment.elements[1:], 1):
            ref = f"{segment.name}{position:02d}"
            found |= {(loop, ref, ""), (loop, ref, text)} if text else set()
            for number, part in enumerate(segment.parts(position), 1):
                found |= {(loop, f"{ref}-{number:02d}", code) for code in ("", part) if part}
    return found


def placed(claims: list[Any]) -> list[tuple[str, Any]]:
    """Every segment with the loop that the naive reader puts it in."""
    places: list[tuple[str, list[Any]]] = []
    for claim in claims:
        holders = [claim, *claim.levels.values(), *claim.others, *claim.lines]
        places += [(part.loop, part.segments) for holder in holders for part in holder.parts]
        places += [(part.loop, part.segments) for part in claim.header]
        places += [(LEVEL_LOOPS[level.code], level.segments) for level in claim.levels.values()]
        places += [("2300", claim.segments), *(("2320", other.segments) for other in claim.others)]
        places += [("2400", line.segments) for line in claim.lines]
        places += [("2430", one.segments) for line in claim.lines for one in line.adjudications]
    return [(loop, segment) for loop, segments in places for segment in segments]


def test_every_loop_names_parents_that_are_not_the_nearest(generator: ModuleType) -> None:
    def far_parents(levels: str) -> int:
        freedom = generator.Freedom(levels=levels)
        options = {"profile": "every-loop", "freedom": freedom, "claims_per_transaction": 10}
        segments = write(generator, claims=100, **options).segments
        nearest: dict[str, str] = {}
        far = 0
        for segment in segments:
            if segment[0] == "HL":
                far += segment[2] != nearest.get({"20": "", "22": "20", "23": "22"}[segment[3]], "")
                nearest[segment[3]] = segment[1]
        return far

    assert far_parents("any") > 5
    assert far_parents("guide") == 0


def test_every_loop_holds_claims_of_subscribers_and_of_dependants(generator: ModuleType, naive: ModuleType) -> None:
    claims = naive.read_claims(write(generator, claims=100, profile="every-loop").data)

    own = [claim["patient"] for claim in claims if claim["patient"]["entity"] == "IL"]
    assert {patient["relationship"] for patient in own} == {"18"}
    assert 20 < len(own) < 80
    assert {claim["patient"]["entity"] for claim in claims} == {"IL", "QC"}


def test_every_loop_writes_other_bytes_orders_and_separators_when_asked(
    generator: ModuleType, naive: ModuleType
) -> None:
    freedom = generator.Freedom(text="latin", siblings="any", sloppy=0.3)
    data = write(generator, claims=40, profile="every-loop", freedom=freedom).data
    plain = write(generator, claims=40, profile="every-loop").data

    with pytest.raises(UnicodeDecodeError):
        data.decode()
    assert plain.isascii()
    assert data.count(b"*~") > 100 > plain.count(b"*~") == 0
    assert len(naive.read_claims(data)) == 40


# -- what it refuses


@pytest.mark.parametrize(
    "delimiters", [("*", "*", "^", "~"), ("*", ":", "^", "A"), ("**", ":", "^", "~"), ("*", ".", "^", "~")], ids=str
)
def test_impossible_delimiters_are_refused(generator: ModuleType, delimiters: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="delimiter"):
        generator.Layout(*delimiters)


@pytest.mark.parametrize(
    "options",
    [{"claims": 0}, {"lines_per_claim": 30}, {"profile": "hospital"}, {"profile": "every-loop", "kind": "837p"}],
    ids=str,
)
def test_impossible_orders_are_refused(generator: ModuleType, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"claim|profile|guide"):
        generator.generate(io.BytesIO(), **{"claims": 1, **options})
