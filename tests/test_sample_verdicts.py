"""What the guides have against interchanges by others, file by file, and no more: with what stands in
``test_sample_faults.py``, the verdict that their index implies.
"""

from pathlib import Path

import pytest

from bitewing.edi.conformance.fault import Fault
from bitewing.edi.conformance.guide_rules import RULES
from bitewing.edi.conformance.validate import validate
from bitewing.edi.document import Document
from bitewing.edi.errors import NotReadable

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of samples is not beside the project")

CONTACT = "segment-missing PER"
"""PER*BL in 1000A, which X221A1 requires and X221 did not."""
PAYEE = ["element-missing N103", "element-missing N104"]
"""1000B names a payee without a number."""

WRONG: dict[str, list[str]] = {
    # Its SV3 has the charge one element too late: SV302 is empty, and what stands in SV305 is no code.
    "837d/cosyte_x12__837d-canonical.edi": ["element-missing SV302", "code-not-in-guide SV305"],
    # SVC01 is no composite: > or * stands where ISA16, a colon, should.
    "835/LinuxForHealth_x12__cob-contractural-adjustment.835": [
        "element-missing BPR16", CONTACT, "code-not-in-guide SVC01-1", "element-too-long SVC01-1",
        "element-missing SVC01-2",
    ],
    "835/LinuxForHealth_x12__tertiary-payment.835": [
        "element-missing BPR16", CONTACT, "element-missing SVC01-2", "code-not-in-guide SVC06-1",
        "element-too-short SVC06-1", "element-missing SVC06-2",
    ],
    # Names and amounts were replaced by words.
    "835/affect-therapeutics_edi-835-parser__sample_835_with_interests.txt": [
        *(first := ["element-missing TS301", "element-too-long TS302", "element-missing TS303",
                    "element-missing TS304", "element-missing TS305"]),
        *["code-not-in-guide CAS01", "element-too-long CAS01", "element-too-long CAS02", "not-a-number CAS03",
          "not-a-number CAS04"] * 2,
        "not-a-number MIA24", "code-not-in-guide PLB03-1", "element-too-long PLB03-1",
        *first, "not-a-number MIA24", "not-a-number MIA24", "segment-unknown ",
    ],
    # Shortened: contact and payee's number are missing, in the first a line, too.
    "835/cosyte_x12__835-carc-rarc-mix.edi": [CONTACT, *PAYEE, "segment-missing SVC"],
    "835/cosyte_x12__835-imbalance.edi": [CONTACT, *PAYEE],
    "835/cosyte_x12__835-with-plb.edi": [CONTACT, *PAYEE],
    # X221 of before the errata.
    # A sketch of a remittance, of elements and loops that are not in the guide.
    "835/HienTa2_Claims_Parsing__sample_835.txt": [
        "element-not-used ST03", "element-too-long BPR16", "not-a-date BPR16", "element-not-used BPR17",
        "element-too-short TRN03", "segment-unexpected CLP", "segment-unexpected CAS", "segment-unexpected NM1",
        "code-not-in-guide DTM01", "loop-missing N1", "loop-missing N1",
    ],
    "835/kputnam_stupidedi__1.edi": [CONTACT],
    "835/kputnam_stupidedi__3a.edi": [CONTACT],
    # Made wrong on purpose: LX is misspelt, one transaction is cut in three.
    "835/kputnam_stupidedi__recover.txt": [CONTACT, "segment-unknown ", "segment-missing LX"],
    "835/kputnam_stupidedi__split.edi": [CONTACT, *["loop-missing N1"] * 4],
    # IK303 holds four characters.
    "acks/cosyte_x12__999-accept-with-errors.edi": ["element-too-long IK303"],
}  # fmt: skip
NOT_JUDGED = {
    "277ca": "the two of cosyte are 277 in name only; that of imsweb has a date that is none",
    "277CA": "",
    "kputnam_stupidedi__response-to-functional-group-containing-3-837s": "pyx12 takes its two kinds of CTX for one",
}
GUIDED = [
    path
    for folder in ("837d", "835", "acks")
    for path in sorted((SAMPLES / folder).glob("*"))
    if (folder != "acks" or "999" in path.name) and not any(part in path.name for part in NOT_JUDGED)
]
OTHERS = sorted(path for path in (SAMPLES / "other").glob("*") if path.is_file())


def faults(path: Path) -> list[Fault]:
    return [fault for one in validate(Document.of(path.read_bytes())) for fault in one.faults]


@pytest.mark.parametrize("path", GUIDED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_sample_is_wrong_only_in_what_is_known_of_it(path: Path) -> None:
    name = f"{path.parent.name}/{path.name}"
    found = [one for one in faults(path) if one.rejects and one.rule in RULES]

    said = [f"{one.rule} {one.where.reference or one.where.segment}" for one in found]
    assert said == WRONG.get(name, [])


@pytest.mark.parametrize("name", ["837d", "835"])
def test_a_sample_that_the_index_calls_clean_keeps_to_its_envelope_and_sums(name: str) -> None:
    lines = (SAMPLES / "INDEX.tsv").read_text(encoding="utf-8").splitlines()
    clean = [SAMPLES / name / line.split("\t")[1] for line in lines if line.startswith(f"{name}\t") and "clean" in line]

    assert len(clean) >= 9
    for path in clean:
        assert [one.rule for one in faults(path) if one.rejects and one.snip == 3] == [], path.name
        if name == "837d":
            assert [one.rule for one in faults(path) if one.rejects] == [], path.name


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_a_claim_of_another_kind_is_not_refused_for_want_of_a_guide(path: Path) -> None:
    try:
        found = faults(path)
    except NotReadable:
        return
    of_guides = [one for one in found if one.rule in RULES]
    data = path.read_bytes()

    assert not any(one.rejects for one in of_guides if one.rule != "segment-empty")
    if b"005010X222" in data or b"005010X223" in data:
        assert {one.rule for one in of_guides} <= {"transaction-not-checked", "segment-empty"}
        assert any(one.rule == "transaction-not-checked" for one in of_guides) or b"ST" not in data
