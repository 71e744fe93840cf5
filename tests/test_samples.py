"""Interchanges by others are read without loss or refused by name. They lie beside the project, not in it."""

from pathlib import Path

import pytest

import bitewing
from bitewing.edi.finding import Action

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"
FILES = sorted(path for path in SAMPLES.rglob("*") if path.is_file() and path.suffix not in (".md", ".tsv"))
DENTAL = [path for path in FILES if path.parent.name == "837d"]

pytestmark = pytest.mark.skipif(not FILES, reason="the folder of samples is not beside the project")


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_sample_comes_back_byte_for_byte_or_is_refused(path: Path) -> None:
    data = path.read_bytes()
    try:
        frames = list(bitewing.read(data).frames())
    except bitewing.NotReadable as refusal:
        said = str(refusal)
        assert path not in DENTAL
        assert "offset" in said
        return
    result = bitewing.repair(data)

    assert b"".join(frame.data for frame in frames) == data
    assert result.summary.faults == []
    if path not in DENTAL:
        assert result.data == data


@pytest.mark.parametrize("path", DENTAL, ids=lambda path: path.name)
def test_a_dental_sample_says_only_what_is_known_to_be_wrong_with_it(path: Path) -> None:
    result = bitewing.check(path.read_bytes())
    said = {one.name for one in result.findings if one.action is not Action.INFO}
    expected = {
        "cosyte_x12__837d-canonical.edi": {"claim-total-mismatch"},
        "kputnam_stupidedi__claim-multi-quantity-single-line.edi": {"missing-first-pa"},
    }

    assert said == expected.get(path.name, set())


def test_four_films_on_one_line_become_one_and_three() -> None:
    path = SAMPLES / "837d" / "kputnam_stupidedi__claim-multi-quantity-single-line.edi"
    data = path.read_bytes()
    repaired = bitewing.repair(data).data

    assert b"SV3*AD:D0230*44***I*4~" in data
    assert b"SV3*AD:D0220*11***I~" in repaired
    assert b"SV3*AD:D0230*33***I*3~" in repaired
    assert b"~SE*32*0001~" in repaired
    assert [line.charge for claim in bitewing.read(repaired).claims() for line in claim.lines] == [11, 33]
