"""A simulated month adds up, is the same for the same seed, and says the truth about every line."""

import hashlib
import importlib.util
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from bitewing.exits import Exit
from bitewing.policies.simulate import month
from bitewing.policies.simulate.month import Settings, simulate

SETTINGS = Settings(claims=3000, seed=17)


class Made(NamedTuple):
    """A simulated month: its folder, truth.json, and truth.jsonl by type."""

    folder: Path
    summary: dict[str, Any]
    records: dict[str, list[dict[str, Any]]]

    def remits(self, trait: str) -> list[dict[str, Any]]:
        return [one for one in self.records["remit"] if trait in one["traits"]]


def beyond(segments: list[list[str]]) -> Decimal:
    """What the patient owes beyond the allowance: of an alternate benefit (PR 169), and out of network (PR 45)."""
    found = [zip(one[2::3], one[3::3], strict=False) for one in segments if one[:2] == ["CAS", "PR"]]
    return sum((Decimal(amount) for pairs in found for reason, amount in pairs if reason in ("169", "45")), Decimal(0))


def made_of(folder: Path, settings: Settings) -> Made:
    simulate(folder, settings)
    records: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in (folder / "truth.jsonl").read_text().splitlines():
        record = json.loads(line)
        records[record["type"]].append(record)
    return Made(folder, json.loads((folder / "truth.json").read_text()), records)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made_of(tmp_path_factory.mktemp("simulated") / "month", SETTINGS)


def interchanges(path: Path) -> Iterator[tuple[str, list[list[str]], str]]:
    """SHA-256, segments as lists of elements, and component separator of each interchange, read the plain way."""
    data = path.read_bytes()
    start = 0
    while start < len(data):
        trailer = data.index(b"IEA" + data[start + 3 : start + 4], start)
        end = data.index(data[start + 105 : start + 106], trailer) + 1
        part = data[start:end]
        start = end
        element, component, terminator = chr(part[3]), chr(part[104]), chr(part[105])
        segments = [one.strip("\r\n").split(element) for one in part.decode("ascii").split(terminator)]
        yield hashlib.sha256(part).hexdigest(), [one for one in segments if one != [""]], component


def files(made: Made, kind: str) -> list[Path]:
    return [made.folder / one["file"] for one in made.summary["files"] if one["kind"] == kind and not one["copy_of"]]


class Clp(NamedTuple):
    """A claim payment as it stands in the text, its lines as lists of segments."""

    source: str
    remit_no: int
    head: list[list[str]]
    lines: list[list[list[str]]]


def payments(made: Made) -> Iterator[tuple[list[list[str]], list[Clp]]]:
    """Each transaction of the remittances: its segments and its claim payments."""
    for path in files(made, "remits"):
        for source, segments, _ in interchanges(path):
            number = 0
            body: list[list[str]] = []
            for segment in segments:
                body.append(segment)
                if segment[0] == "ST":
                    body = [segment]
                elif segment[0] == "SE":
                    assert int(segment[1]) == len(body)
                    clps = claim_payments(source, number, body)
                    number += len(clps)
                    yield body, clps


def claim_payments(source: str, number: int, body: list[list[str]]) -> list[Clp]:
    found: list[Clp] = []
    for segment in body:
        if segment[0] == "CLP":
            found.append(Clp(source, number + len(found) + 1, [segment], []))
        elif segment[0] in ("PLB", "SE") or not found:
            continue
        elif segment[0] == "SVC":
            found[-1].lines.append([segment])
        else:
            (found[-1].lines[-1] if found[-1].lines else found[-1].head).append(segment)
    return found


def adjustments(segments: list[list[str]], groups: tuple[str, ...] = ("CO", "PR", "OA", "PI")) -> Decimal:
    amounts = [Decimal(amount) for one in segments if one[0] == "CAS" and one[1] in groups for amount in one[3::3]]
    return sum(amounts, Decimal(0))


# ------------------------------------------------------------------------------------------------------------- the text


def test_all_but_the_named_lines_add_up_to_the_cent(made: Made) -> None:
    named = {(one["source"], one["remit_no"], one["svc"]): one["cents"] for one in made.summary["unbalanced"]}
    found = {}
    for _, clps in payments(made):
        for clp in clps:
            charge, paid, patient = (Decimal(clp.head[0][at] or "0") for at in (3, 4, 5))
            off = 0
            for svc, line in enumerate(clp.lines, 1):
                wrong = Decimal(line[0][2]) - adjustments(line) - Decimal(line[0][3])
                if wrong:
                    found[clp.source, clp.remit_no, svc] = off = int(wrong * 100)
            everything = [*clp.head, *(segment for line in clp.lines for segment in line)]
            assert charge - adjustments(everything) - paid == Decimal(off) / 100
            assert patient == adjustments(everything, ("PR",))
            if clp.lines:
                assert charge == sum(Decimal(line[0][2]) for line in clp.lines)

    assert found == named
    assert 0 < len(named) < len(made.records["remit"]) * 0.01


def test_every_payment_is_what_its_claims_and_transfers_make(made: Made) -> None:
    reasons: Counter[str] = Counter()
    nothing = 0
    for body, clps in payments(made):
        moved = [(segment[3][:2], Decimal(segment[4])) for segment in body if segment[0] == "PLB"]
        reasons.update(reason for reason, _ in moved)
        total = sum((Decimal(clp.head[0][4]) for clp in clps), Decimal(0)) - sum(amount for _, amount in moved)
        assert Decimal(body[1][2]) == total >= 0
        nothing += not total

    assert set(reasons) == {"WO", "FB", "L6", "72"}
    assert nothing > 0


def test_claims_and_remittances_are_valid_but_for_what_is_named(
    tmp_path: Path, bitewing_command: Callable[..., Any]
) -> None:
    folder = tmp_path / "small"
    summary = simulate(folder, Settings(claims=250, seed=3))
    names = [one["file"] for one in summary["files"] if not one["copy_of"]]
    said = bitewing_command("validate", *(folder / name for name in names), "--format", "json").text.splitlines()
    records = [json.loads(line) for line in said]
    refused = Counter(one["name"] for one in records if one["type"] == "finding" and one["action"] == "flag")
    verdicts = {one["file"]: one["verdict"] for one in records if one["type"] == "summary"}

    assert len(verdicts) == len(names)
    assert {verdict for file, verdict in verdicts.items() if file.endswith("837")} == {"valid"}
    assert set(refused) <= {"not-a-date", "service-not-balanced", "payment-not-balanced"}
    assert refused["service-not-balanced"] == len(summary["unbalanced"])
    assert refused["not-a-date"] == summary["traits"].get("zero-dates", 0)
    assert bitewing_command("check", *sorted(folder.glob("*.837")), "--fail-on", "never").code == Exit.DONE


def test_layouts_envelopes_and_statuses_vary(made: Made) -> None:
    layouts, several_isa, several_st, several_gs = set(), 0, 0, 0
    for kind in ("claims", "remits"):
        for path in files(made, kind):
            found = list(interchanges(path))
            several_isa += len(found) > 1
            data = path.read_bytes()
            layouts.add(bytes((data[3], data[104], data[105])))
            for _, segments, _ in found:
                several_st += sum(segment[0] == "ST" for segment in segments) > 1
                several_gs += sum(segment[0] == "GS" for segment in segments) > 1

    assert layouts == {b"*:~", b"|>~", b"*<'", b"|:~"}
    assert min(several_isa, several_st, several_gs) > 0
    assert {one["clp02"] for one in made.records["remit"]} == {"1", "2", "4", "22", "25"}


# ------------------------------------------------------------------------------------------------------------ the truth


def test_every_claim_payment_of_the_files_has_its_record(made: Made) -> None:
    known = {(one["source"], one["remit_no"]): one for one in made.records["remit"]}
    seen = 0
    for body, clps in payments(made):
        for index, clp in enumerate(clps, 1):
            record = known[clp.source, clp.remit_no]
            said = (
                record["clp01"],
                record["clp02"],
                record["clp07"],
                len(record["lines"]),
                record["st"],
                record["index"],
            )
            assert said == (*clp.head[0][1:3], clp.head[0][7], len(clp.lines), body[0][2], index)
            assert record["cents"] == int(Decimal(clp.head[0][3]) * 100)
            seen += 1

    assert seen == len(known) == len(made.records["remit"])


def test_every_claim_of_the_files_has_its_record_and_lines(made: Made) -> None:
    known = {(one["source"], one["claim_no"]): one for one in made.records["claim"]}
    numbers = {}
    for path in files(made, "claims"):
        for source, segments, component in interchanges(path):
            claims: list[list[list[str]]] = []
            for segment in segments:
                if segment[0] == "CLM":
                    claims.append([])
                if claims:
                    claims[-1].append(segment)
            for number, claim in enumerate(claims, 1):
                record = known[source, number]
                codes = [segment[1].split(component)[1] for segment in claim if segment[0] == "SV3"]
                assert (record["clm01"], record["file"]) == (claim[0][1], path.name)
                assert [line["code"] for line in record["lines"]] == codes
                assert sum(line["cents"] for line in record["lines"]) == int(Decimal(claim[0][2]) * 100)
                numbers[source, number] = [segment[2] for segment in claim if segment[:2] == ["REF", "6R"]]

    assert len(numbers) == len(known) == SETTINGS.claims
    for record in made.records["remit"]:
        if record["claim"]:
            sent = numbers[record["claim"]["source"], record["claim"]["claim_no"]]
            for line in record["lines"]:
                if line["6r"] and sent:
                    assert sent[line["lx"] - 1] == line["6r"]


def test_line_numbers_in_the_text_are_those_of_the_truth(made: Made) -> None:
    known = {(one["source"], one["remit_no"]): one for one in made.records["remit"]}
    for _, clps in payments(made):
        for clp in clps:
            told = [one["6r"] for one in known[clp.source, clp.remit_no]["lines"]]
            written = [next((one[2] for one in line if one[:2] == ["REF", "6R"]), "") for line in clp.lines]
            if known[clp.source, clp.remit_no]["claim"]:
                assert written == told


@pytest.mark.parametrize(
    ("trait", "low", "high"),
    [
        ("split", 0.035, 0.065),
        ("correction", 0.02, 0.04),
        ("secondary", 0.012, 0.03),
        ("predetermination", 0.005, 0.02),
        ("denied", 0.012, 0.03),
        ("lost-id", 0.001, 0.01),
        ("reused-id", 0.004, 0.02),
        ("foreign", 0.001, 0.01),
        ("claim-level", 0.004, 0.02),
        ("truncated", 0.04, 0.25),
        ("recased", 0.04, 0.25),
        ("no-first-name", 0.015, 0.05),
        ("member-variant", 0.015, 0.05),
        ("added-line", 0.003, 0.03),
        ("missing-svc06", 0.003, 0.03),
        ("before-claim", 0.001, 0.15),
        ("duplicate", 0.001, 0.015),
        ("deductible", 0.05, 0.3),
        ("no-6r", 0.05, 0.4),
    ],
)
def test_each_trait_is_near_its_share(made: Made, trait: str, low: float, high: float) -> None:
    claims = {one["key"] or one["clp07"] for one in made.remits(trait)}

    assert low < len(claims) / SETTINGS.claims < high


def test_a_split_covers_its_claim_once(made: Made) -> None:
    parts = defaultdict(list)
    for one in made.remits("split"):
        parts[one["key"]].append(one)
    claims = {one["key"]: one for one in made.records["claim"]}
    several = [part for part in parts.values() if len(part) > 1]

    assert len(several) > len(parts) * 0.9
    for key, part in parts.items():
        assert sorted(line["lx"] for one in part for line in one["lines"]) == [
            line["lx"] for line in claims[key]["lines"]
        ]
        assert len({one["clp07"] for one in part}) == len(part)


def test_a_reversal_takes_back_what_was_paid_and_a_correction_follows(made: Made) -> None:
    by_key = defaultdict(list)
    for one in [*made.remits("reversal"), *made.remits("correction")]:
        by_key[one["key"]].append(one)
    together = 0
    for group in by_key.values():
        back = next(one for one in group if one["clp02"] == "22")
        first = next(one for one in group if "correction" not in one["traits"] and one["clp02"] == "1")
        again = next(one for one in group if "correction" in one["traits"])
        assert (back["cents"], back["paid"], back["patient"]) == (-first["cents"], -first["paid"], -first["patient"])
        assert {line["event"] for line in back["lines"]} == {"reversed"}
        together += (again["source"], again["st"]) == (back["source"], back["st"])

    assert 0 < together < len(by_key)


def test_every_rule_is_recorded_and_seen_only_where_it_holds(made: Made) -> None:
    rules = {rule["id"]: rule for rule in made.summary["rules"]}
    claims = {(one["source"], one["claim_no"]): one for one in made.records["claim"]}
    kinds: Counter[str] = Counter()
    for record in made.records["remit"]:
        for line in record["lines"]:
            if line["rule"] and record["claim"] and line["lx"]:
                rule = rules[line["rule"]]
                claim = claims[record["claim"]["source"], record["claim"]["claim_no"]]
                code = claim["lines"][line["lx"] - 1]["code"]
                assert rule["payer"] == record["payer"]
                assert rule["group"] in (None, claim["group"])
                assert code in (*rule["codes"], *rule["with"])
                kinds[rule["kind"]] += 1

    assert set(kinds) == {rule["kind"] for rule in rules.values()}
    assert len(kinds) >= 8


def test_a_copy_is_the_same_bytes_under_a_later_name(made: Made) -> None:
    copies = [one for one in made.summary["files"] if one["copy_of"]]

    assert copies
    for one in copies:
        assert one["file"] > one["copy_of"]
        assert (made.folder / one["file"]).read_bytes() == (made.folder / one["copy_of"]).read_bytes()


# ------------------------------------------------------------------------- rules that ask what a patient had before


class Told(NamedTuple):
    """A line with whose it was, what was done, and what the payer answered; amounts in dollars."""

    member: str
    group: str
    code: str
    day: date
    tooth: str
    event: str
    rule: str | None
    refused: list[tuple[str, str]]
    remarks: list[str]
    allowed: Decimal


def sent_lines(made: Made) -> dict[tuple[str, int], list[tuple[str, str, str, date, str]]]:
    """Member, group, code, date and tooth of each line, by claim, from the text; claims without a date are left out."""
    found: dict[tuple[str, int], list[tuple[str, str, str, date, str]]] = {}
    for path in files(made, "claims"):
        for source, segments, component in interchanges(path):
            number, member, group, day, lines = 0, "", "", "", list[list[str]]()
            for segment in segments:
                if segment[0] == "CLM":
                    number, day, lines = number + 1, "", []
                elif segment[0] == "SBR":
                    group = segment[3]
                elif segment[:2] == ["NM1", "IL"]:
                    member = segment[9]
                elif segment[0] == "SV3":
                    lines.append([segment[1].split(component)[1], day, ""])
                elif segment[:2] == ["DTP", "472"]:
                    day = segment[3]
                    lines[-1:] = [[lines[-1][0], day, lines[-1][2]]] if lines else []
                elif segment[0] == "TOO":
                    lines[-1][2] = segment[2]
                if segment[0] in ("SV3", "DTP", "TOO") and all(one[1] for one in lines):
                    found[source, number] = [
                        (member, group, code, date.fromisoformat(on), tooth) for code, on, tooth in lines
                    ]
    return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, list[Told]]:
    """Two months of two payers, the first of which has rules of every kind: what it answered first to each claim."""
    made = made_of(tmp_path_factory.mktemp("history") / "month", Settings(claims=4000, seed=22, payers=2, days=60))
    sent = sent_lines(made)
    known = {(one["source"], one["remit_no"]): one for one in made.records["remit"]}
    found = []
    for _, clps in payments(made):
        for clp in clps:
            record = known[clp.source, clp.remit_no]
            if record["clp02"] != "1" or not record["claim"] or "correction" in record["traits"]:
                continue
            lines = sent.get((record["claim"]["source"], record["claim"]["claim_no"]), [])
            for line, text in zip(record["lines"], clp.lines, strict=True):
                if line["lx"] and lines and record["payer"] == "TP00001":
                    found.append(
                        Told(
                            *lines[line["lx"] - 1],
                            line["event"],
                            line["rule"],
                            [(one[1], one[2]) for one in text if one[0] == "CAS"],
                            [one[2] for one in text if one[0] == "LQ"],
                            Decimal(text[0][3]) + adjustments(text, ("PR",)) - beyond(text),
                        )
                    )
    return made, found


def rule_of(made: Made, kind: str) -> dict[str, Any]:
    """The rule of the first payer, which has one of every kind for all its plans and times."""
    return next(one for one in made.summary["rules"] if (one["payer"], one["kind"]) == ("TP00001", kind))


def follows(lines: list[Told], rule: dict[str, Any], before: tuple[str, ...], days: int) -> tuple[int, int]:
    """Of the lines that come so soon after another was paid: those that the rule decided, and those that were paid."""
    paid: dict[str, list[date]] = defaultdict(list)
    for one in lines:
        if one.code in before and one.event in ("paid", "paid-reduced"):
            paid[one.member].append(one.day)
    after = [one for one in lines if one.code in rule["codes"]]
    after = [one for one in after if any(0 < (one.day - day).days <= days for day in paid[one.member])]
    return sum(one.rule == rule["id"] for one in after), sum(one.event in ("paid", "paid-reduced") for one in after)


def test_a_series_and_a_panoramic_image_share_a_window(told: tuple[Made, list[Told]]) -> None:
    made, lines = told
    rule = rule_of(made, "shared-series-window")
    decided = [one for one in lines if one.rule == rule["id"]]

    assert (rule["codes"], rule["parameter"]["n"], rule["group"]) == (["D0210", "D0330"], 1, None)
    assert rule["parameter"]["months"] in (36, 48, 60, 84)
    assert {one.code for one in decided} == {"D0210", "D0330"}
    for one in decided:
        assert (one.event, one.refused[0][0]) == ("frequency", rule["liability"])
        assert (one.refused[0][1], one.remarks) in (("119", ["N640"]), ("151", ["M86"]))
    for other, code, fewest in (("D0210", "D0330", 10), ("D0330", "D0210", 1)):
        denied, paid = follows(lines, rule | {"codes": [code]}, (other,), 60)
        assert denied >= fewest
        assert paid <= denied * 0.1


def test_films_are_refused_for_some_days_after_a_series(told: tuple[Made, list[Told]]) -> None:
    made, lines = told
    rule = rule_of(made, "series-exclusion")
    decided = [one for one in lines if one.rule == rule["id"]]
    denied, paid = follows(lines, rule, ("D0210",), rule["parameter"]["days"])

    assert (rule["with"], set(rule["codes"]) >= {"D0272", "D0274"}) == (["D0210"], True)
    assert {one.code for one in decided} == set(rule["codes"])
    assert denied >= 10
    assert paid <= denied * 0.1
    for one in decided:
        said = (one.event, one.refused[0][1], *one.remarks)
        assert said in (
            ("bundled-into", "97", "N19"), ("frequency", "119", "N640"), ("frequency", "151", "M86"),
        )  # fmt: skip
        assert (one.refused[0][0], one.allowed if rule["liability"] == "CO" else 0) == (rule["liability"], 0)


def test_fillings_of_a_primary_tooth_are_together_paid_up_to_a_crown(told: tuple[Made, list[Told]]) -> None:
    made, lines = told
    rule = rule_of(made, "aggregate-cap")
    payer = next(one for one in made.summary["payers"] if one["id"] == "TP00001")
    crown = {one["group"]: Decimal(one["fees"]["D2930"]) / 100 for one in payer["plans"]}
    decided = [one for one in lines if one.rule == rule["id"]]
    exact = 0
    for one in decided:
        assert one.code in rule["codes"]
        assert one.tooth[0] in "ABIJKLST"
        assert (one.event, one.refused[0]) in (("frequency", ("CO", "119")), ("frequency", ("CO", "151")))
        tooth = (one.member, one.tooth[0])
        known = [was for was in lines if (was.member, was.tooth[:1]) == tooth and was.day < one.day]
        # A claim that was sent again is decided after a later one; what was overlooked once is beyond it already.
        exact += sum((was.allowed for was in known), Decimal(0)) + one.allowed == crown[one.group]

    assert rule["parameter"] == {"months": 6}
    assert rule["target"] == "D2930"
    assert len(decided) >= 20
    assert exact > len(decided) * 0.9


# -------------------------------------------------------------------------------------------------------------- the run


def tree(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_practice_is_in_a_payers_network_or_its_patients_bear_what_is_above_the_fee(
    told: tuple[Made, list[Told]],
) -> None:
    made, _ = told
    bear = []
    for _, clps in payments(made):
        lines = [text for clp in clps for text in clp.lines]
        bear.append({one[1] for text in lines for one in text if one[0] == "CAS" and "45" in one[2::3]})

    assert {"CO"} in bear
    assert {"PR"} in bear
    assert {"CO", "PR"} not in bear


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    settings = Settings(claims=120, seed=5, payers=3, days=9, control=70)
    for name in ("a", "b"):
        simulate(tmp_path / name, settings)
    simulate(tmp_path / "c", settings._replace(seed=6))

    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert tree(tmp_path / "a") != tree(tmp_path / "c")
    assert (
        min(one["isa13"] for one in map(json.loads, (tmp_path / "a" / "truth.jsonl").read_text().splitlines()))
        == "000000070"
    )


def test_the_command_writes_a_month_and_refuses_a_folder_with_something_in_it(
    tmp_path: Path, bitewing_command: Callable[..., Any]
) -> None:
    folder = tmp_path / "month"
    first = bitewing_command("simulate", folder, "--claims", 20, "--seed", 1, "--from", "2026-05-04", "--days", 5)
    before = tree(folder)
    second = bitewing_command("simulate", folder, "--claims", 20, "--seed", 2)

    assert (first.code, second.code) == (Exit.DONE, 2)
    assert "20 claims" in first.text
    assert min(before) >= "20260504"
    assert tree(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["month"]


def test_nothing_is_left_of_a_run_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise OSError(28, "no space")

    monkeypatch.setattr(month, "payment_text", full)

    with pytest.raises(OSError, match="no space"):
        simulate(tmp_path / "month", Settings(claims=50, seed=1))
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------------- the comparison


@pytest.fixture(scope="module")
def matching() -> ModuleType:
    """`benchmarks/matching.py`."""
    path = Path(__file__).resolve().parents[1] / "benchmarks" / "matching.py"
    spec = importlib.util.spec_from_file_location("matching", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def perfect(made: Made) -> list[dict[str, Any]]:
    """What a matcher says that knows the truth."""
    said = []
    for one in made.records["remit"]:
        claim = one["claim"] or {}
        lines = [{"svc": line["svc"], "lx": line["lx"], "event": line["event"]} for line in one["lines"]]
        said.append(
            {"source": one["source"], "remit_no": one["remit_no"], "clm01": claim.get("clm01"), "lines": lines}
            | {"claim_source": claim.get("source"), "claim_no": claim.get("claim_no"), "method": "exact"}
        )
    return said


def test_the_comparison_calls_the_truth_right_and_a_stranger_wrong(made: Made, matching: ModuleType) -> None:
    truth, said = matching.Truth(made.folder), perfect(made)
    right = matching.Compared(truth, said)
    at, other = (next(i for i, one in enumerate(said) if one["claim_source"] and i > start) for start in (0, 9))
    said[at] = said[at] | {key: said[other][key] for key in ("claim_source", "claim_no")}
    foreign = next(one for one in said if one["claim_source"] is None)
    foreign.update(claim_source=said[other]["claim_source"], claim_no=said[other]["claim_no"])
    silent = next(one for i, one in enumerate(said) if one["claim_source"] and i not in (at, other))
    silent.update(claim_source=None, clm01=None, lines=[])
    wrong = matching.Compared(truth, said)

    counts = right.claims.counts["all"]
    assert right.wrong == []
    assert counts["right"] == counts["possible"] > 0
    assert (counts["missed"], right.lines.counts["all"]["missed"], right.unsaid, right.unknown) == (0, 0, 0, 0)
    assert (wrong.claims.counts["all"]["wrong"], wrong.claims.counts["all"]["missed"]) == (2, 1)
    assert len([one for one in wrong.wrong if one["what"] == "claim"]) == 2
    assert matching.same(perfect(made), said) != []
    assert matching.same(said, said[::-1]) == []
