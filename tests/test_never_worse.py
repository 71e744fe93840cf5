"""No repair makes a file worse: what was valid stays valid, and no claim gets a fault that it did not have."""

import io
import json
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

import bitewing
from bitewing.edi.compose import compose
from bitewing.edi.conformance.validate import validate
from bitewing.edi.delimiters import Delimiters
from bitewing.edi.document import Document
from bitewing.transforms.facts import Facts, attestation_of

ROOT = Path(__file__).resolve().parents[1]
LINES = (ROOT / "fixtures" / "golden" / "cases.jsonl").read_text(encoding="utf-8").splitlines()
GOLDEN = {case["id"]: case for case in map(json.loads, LINES) if case["kind"] == "837"}
SIGNED = {"interpreted_by": "1999900024", "signed_by": "Dr. Example", "signed_at": "2026-03-11"}
ATTESTED = Facts(
    attestations={"C1": [attestation_of({"claim": "C1", "line": line, **SIGNED}, "B11") for line in ("L1", "L2")]}
)


def rejecting(data: bytes, *, thorough: bool = False) -> Counter[tuple[str, str]]:
    """What rejects, by rule and claim."""
    checked = validate(Document.of(data), thorough=thorough)
    return Counter((one.rule, one.where.claim) for part in checked for one in part.faults if one.rejects)


def assert_no_worse(data: bytes, repaired: bytes, *, thorough: bool = False) -> None:
    assert rejecting(repaired, thorough=thorough) - rejecting(data, thorough=thorough) == Counter()


@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize("odd", [False, True], ids=["usual", "odd delimiters"])
def test_a_worked_case_is_no_worse_after_its_repair(name: str, odd: bool) -> None:
    layout = {"delimiters": Delimiters(b"|", b">", b"!", b"'"), "line_end": b"\r\n"} if odd else {}
    data = compose(GOLDEN[name]["before"], **layout)
    result = bitewing.repair(data, facts=ATTESTED if name == "B11" else Facts())

    assert_no_worse(data, result.data, thorough=not odd)


def test_worked_cases_are_repaired() -> None:
    changed = [name for name in GOLDEN if bitewing.repair(data := compose(GOLDEN[name]["before"])).data != data]

    assert len(changed) >= 10


@pytest.mark.parametrize("path", sorted((ROOT / "fixtures" / "demo").glob("*.837")), ids=lambda path: path.name)
def test_the_demo_is_valid_before_and_after(path: Path) -> None:
    data = path.read_bytes()

    assert rejecting(data, thorough=True) == rejecting(bitewing.repair(data).data, thorough=True) == Counter()


@pytest.mark.parametrize("seed", range(8))
def test_a_clinic_with_faults_is_valid_before_and_after(generator: ModuleType, seed: int) -> None:
    out = io.BytesIO()
    layout = generator.Layout(*("|", ">", "!", "'", "crlf")) if seed % 2 else generator.Layout()
    generator.generate(
        out, claims=60, seed=seed, faults=1.0, claims_per_transaction=20, lines_per_claim=3 + seed, layout=layout
    )
    data = out.getvalue()
    result = bitewing.repair(data)

    assert result.summary.repaired > 0
    assert rejecting(data) == Counter()
    assert rejecting(result.data, thorough=seed < 2) == Counter()


@pytest.mark.parametrize("seed", range(12))
def test_whatever_the_guide_allows_is_no_worse_after_a_repair(generator: ModuleType, seed: int) -> None:
    out = io.BytesIO()
    freedom = generator.Freedom(levels="guide", share=(0.1, 0.5, 1)[seed % 3])
    generator.generate(out, claims=4, seed=seed, profile="every-loop", freedom=freedom, lines_per_claim=3)
    # Films in every claim, so that there is something to repair.
    data = out.getvalue()
    for code in (b"D2331", b"D1110", b"D0120", b"D0330", b"D7140"):
        data = data.replace(b"SV3*AD:" + code, b"SV3*AD:D0230")

    assert_no_worse(data, bitewing.repair(data).data)


@pytest.mark.parametrize("seed", range(10))
def test_a_spoilt_file_is_no_worse_after_a_repair(generator: ModuleType, mutations: ModuleType, seed: int) -> None:
    out = io.BytesIO()
    generator.generate(out, claims=3, seed=seed, faults=1.0, lines_per_claim=3)
    data = out.getvalue()
    at, end = data.index(b"ST*"), data.index(b"GE*")
    (segments,) = mutations.split(data)
    for name, place, spoilt in mutations.spoilt(segments, seed, 6):
        body = mutations.join(spoilt)
        found = data[:at] + body + data[end:]
        repaired = bitewing.repair(found).data

        assert rejecting(repaired) - rejecting(found) == Counter(), (name, place)
