"""Records keep their promise: one line of ASCII each, keys in the order that DESIGN and README give, bytes got back."""

import json
from pathlib import Path
from typing import Any

import pytest

from bitewing.batch import Outcome
from bitewing.edi.claim import Claim
from bitewing.edi.compose import compose
from bitewing.edi.document import Document
from bitewing.edi.edit import Edit, splice
from bitewing.edi.errors import BadValue, EdiError, Spot
from bitewing.edi.finding import Action, Finding, Place
from bitewing.records import dumps, error_record, finding_record, summary_record
from bitewing.transforms.example import parse_claims
from bitewing.transforms.facts import Facts
from bitewing.transforms.judge import Judge
from bitewing.transforms.periapical.missing_first_pa import missing_first_pa
from bitewing.transforms.run import Summary

FINDING_KEYS = [
    *("type", "code", "name", "action", "applied", "snip", "file", "interchange", "group", "transaction", "claim"),
    *("lines", "message", "edits", "policy", "source"),
]
SUMMARY_KEYS = [
    *("type", "file", "claims", "service_lines", "repaired", "proposed", "flagged", "bytes_in", "bytes_out"),
    *("unchanged", "counts"),
]


@pytest.fixture
def data() -> bytes:
    return compose(parse_claims(("C1: D0230 26.00 #30",)))


@pytest.fixture
def repair(data: bytes) -> Finding:
    claims = list(Document.of(data).claims())
    (found,) = Judge([missing_first_pa], Facts()).judge(claims).findings
    return found


def outcome(**summary: Any) -> Outcome:
    return Outcome("a.837", summary=Summary(**summary), bytes_in=1200, bytes_out=1260)


def test_a_repair_has_this_record(data: bytes, repair: Finding) -> None:
    record = finding_record(repair, "a.837", applied=True)

    assert list(record) == FINDING_KEYS
    assert record == {
        "type": "finding",
        "code": "P101",
        "name": "missing-first-pa",
        "action": "repair",
        "applied": True,
        "snip": 7,
        "file": "a.837",
        "interchange": "000000101",
        "group": "101",
        "transaction": "0001",
        "claim": "C1",
        "lines": [1],
        "message": repair.message,
        "edits": [{"offset": data.index(b"SV3*"), "before": "SV3*AD:D0230*26.00~", "after": "SV3*AD:D0220*26.00~"}],
        "policy": None,
        "source": missing_first_pa.source,
    }


def test_a_record_is_one_line_that_reads_back_the_same(repair: Finding) -> None:
    said = dumps(finding_record(repair, "Praxis M\xfcller\n.837", applied=False))

    assert said.isascii()
    assert len(said.splitlines()) == 1
    assert said.startswith(
        '{"type":"finding","code":"P101","name":"missing-first-pa","action":"repair","applied":false,'
    )
    assert json.loads(said) == finding_record(repair, "Praxis M\xfcller\n.837", applied=False)
    assert json.loads(dumps(finding_record(repair, "lone \udcff.837", applied=False)))["file"] == "lone \udcff.837"


def test_the_edits_of_a_record_make_the_repair(data: bytes, repair: Finding) -> None:
    read = json.loads(dumps(finding_record(repair, "a.837", applied=False)))
    edits = [
        Edit(one["offset"], one["before"].encode("latin-1"), one["after"].encode("latin-1")) for one in read["edits"]
    ]

    assert splice(data, 0, edits) == data.replace(b"D0230", b"D0220")


def test_every_byte_of_an_edit_comes_back() -> None:
    every = bytes(range(256))
    found = Finding("X", "x", Action.REPAIR, "m", Place(claim_at=0), edits=(Edit(7, every, every[::-1]),))
    (edit,) = json.loads(dumps(finding_record(found, "f", applied=True)))["edits"]

    assert (edit["before"].encode("latin-1"), edit["after"].encode("latin-1")) == (every, every[::-1])


def test_what_is_about_no_claim_has_null_and_a_claim_without_number_has_none() -> None:
    envelope = Finding("E102", "segment-count-mismatch", Action.FLAG, "m", Place("1", "2", "3"))
    nameless = Finding("T101", "claim-total-mismatch", Action.FLAG, "m", Place("1", "2", "3", claim_at=500))

    assert finding_record(envelope, "f", applied=False)["claim"] is None
    assert finding_record(nameless, "f", applied=False)["claim"] == ""


def test_segment_and_element_stand_only_where_they_are_named() -> None:
    place = Place("1", "2", "3", segment="SV3", element="SV302")
    record = finding_record(Finding("V1", "v", Action.FLAG, "m", place, policy="r-1"), "f", applied=False)

    assert list(record) == [*FINDING_KEYS, "segment", "element"]
    assert (record["segment"], record["element"], record["policy"]) == ("SV3", "SV302", "r-1")


def test_a_summary_says_what_was_made_and_what_was_listed() -> None:
    edit, count = Edit(900, b"", b"LX*2~SV3*AD:D0230*52.00****2~"), Edit(1100, b"31", b"33")
    numbers = {"claims": 2, "service_lines": 5, "repaired": 1, "flagged": 3, "edits": [edit], "counts": [count]}
    made = outcome(**numbers)
    made.applied = True
    listed = summary_record(outcome(**numbers))
    shared = {"type": "summary", "file": "a.837", "claims": 2, "service_lines": 5, "flagged": 3}
    shared |= {"bytes_in": 1200, "bytes_out": 1260, "counts": [{"offset": 1100, "before": "31", "after": "33"}]}

    assert list(listed) == SUMMARY_KEYS
    assert summary_record(made) == shared | {"repaired": 1, "proposed": 0, "unchanged": False}
    assert listed == shared | {"repaired": 0, "proposed": 1, "unchanged": True}


def test_an_output_without_a_change_is_unchanged() -> None:
    quiet = outcome(claims=1, service_lines=1)
    quiet.applied, quiet.written = True, Path("b.837")

    assert summary_record(quiet)["unchanged"] is True


def test_an_error_says_where_what_and_how_to_mend_it() -> None:
    claim: Claim
    (claim,) = Document.of(compose(parse_claims(("C1: D0120 1e3",)))).claims()
    with pytest.raises(BadValue) as caught:
        claim.check_shape()
    record = error_record("a.837", caught.value)

    assert list(record) == ["type", "file", "offset", "segment", "claim", "message", "mend"]
    assert record == {
        "type": "error",
        "file": "a.837",
        "offset": claim.lines[0].offset + len("LX*1~"),
        "segment": "SV3",
        "claim": "C1",
        "message": "SV302 is not a number",
        "mend": "send digits, with a point before the cents and nothing else, such as 125.00",
    }


def test_an_error_without_a_place_has_null_places() -> None:
    nowhere = error_record("a.837", EdiError("it is empty", None, "send the file"))
    somewhere = error_record("a.837", EdiError("it ends early", Spot(12)))

    assert (nowhere["offset"], nowhere["segment"], nowhere["claim"]) == (None, None, None)
    assert (somewhere["offset"], somewhere["segment"], somewhere["claim"], somewhere["mend"]) == (12, None, None, "")
