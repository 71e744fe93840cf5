"""Every check over a file says the same whatever was looked at fast, in blocks, or by several processes."""

import io
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from bitewing.edi import framing
from bitewing.edi.compose import compose
from bitewing.edi.conformance.fault import Fault
from bitewing.edi.conformance.validate import validate
from bitewing.edi.document import Document
from bitewing.transforms.example import parse_claims

HEAD = (
    "ISA*00*          *00*          *ZZ*SUBMITTER01    *ZZ*RECEIVER01     *260310*1200*^*00501*000000101*0*T*:~"
    "GS*HC*SUBMITTER01*RECEIVER01*20260310*1200*101*X*005010X224A2~"
)


def found(data: bytes, *, thorough: bool = False) -> list[Fault]:
    return [fault for one in validate(Document.of(data), thorough=thorough) for fault in one.faults]


def enveloped(transactions: list[bytes]) -> bytes:
    return HEAD.encode() + b"".join(transactions) + b"GE*%d*101~IEA*1*000000101~" % len(transactions)


def clinic(generator: ModuleType, **options: object) -> bytes:
    out = io.BytesIO()
    generator.generate(out, **{"claims": 6, "seed": 1, **options})
    return out.getvalue()


def test_a_clean_file_has_no_fault(generator: ModuleType) -> None:
    data = clinic(generator, claims=40, claims_per_transaction=10)

    assert found(data) == found(data, thorough=True) == []


@pytest.mark.parametrize("seed", range(6))
def test_passing_over_what_is_right_hides_nothing(generator: ModuleType, mutations: ModuleType, seed: int) -> None:
    (segments,) = mutations.split(clinic(generator, seed=seed, lines_per_claim=1 + seed % 2))
    for name, at, spoilt in mutations.spoilt(segments, seed, 25):
        data = enveloped([mutations.join(spoilt, line_end="\n" if seed % 2 else "")])

        assert found(data) == found(data, thorough=True), (name, at)


@pytest.mark.parametrize("seed", range(3))
def test_two_faults_are_found_as_one_is(generator: ModuleType, mutations: ModuleType, seed: int) -> None:
    (segments,) = mutations.split(clinic(generator, seed=seed + 50, lines_per_claim=2))
    for name, at, once in mutations.spoilt(segments, seed, 12):
        for other, there, twice in mutations.spoilt(once, seed + 1, 1):
            data = enveloped([mutations.join(twice)])

            assert found(data) == found(data, thorough=True), (name, at, other, there)


@pytest.mark.parametrize("held", [0, 3000, 1 << 20])
@pytest.mark.parametrize("size", [600, 1500, 5000])
def test_blocks_change_nothing(
    generator: ModuleType, mutations: ModuleType, monkeypatch: pytest.MonkeyPatch, size: int, held: int
) -> None:
    transactions = mutations.split(clinic(generator, claims=8, claims_per_transaction=2))
    spoilt = [next(mutations.spoilt(one, 3 + at, 1))[2] for at, one in enumerate(transactions)]
    data = enveloped([mutations.join(one) for one in spoilt])
    whole = found(data)
    monkeypatch.setattr(framing, "BLOCK", size)
    monkeypatch.setattr("bitewing.edi.conformance.spans.BLOCK", size)
    monkeypatch.setattr("bitewing.edi.conformance.spans.MOST_HELD", held)

    assert whole
    assert found(data) == whole


def test_several_processes_say_what_one_says(generator: ModuleType, mutations: ModuleType, tmp_path: Path) -> None:
    transactions = mutations.split(clinic(generator, claims=8, claims_per_transaction=2))
    spoilt = [next(mutations.spoilt(one, 3 + at, 1))[2] for at, one in enumerate(transactions)]
    path = tmp_path / "in.837"
    path.write_bytes(enveloped([mutations.join(one) for one in spoilt]))
    document = Document.open(path)
    with ProcessPoolExecutor(2) as pool:
        shared = list(validate(document, pool=pool, path=path))
    alone = list(validate(document))
    document.close()

    assert len(shared) == 4
    assert shared == alone


@pytest.mark.parametrize("place", [b"11", b"98"], ids=["plain", "not plain"])
@pytest.mark.parametrize("count", [100, 101])
def test_claims_under_one_patient_are_counted(count: int, place: bytes) -> None:
    data = compose(parse_claims(("C1: D0120 58.00",)))
    at, end = data.index(b"CLM*"), data.rindex(b"SE*")
    segments = data[data.index(b"ST*") : at].count(b"~") + data[at:end].count(b"~") * count + 1
    many = data[:at] + data[at:end] * count + b"SE*%d*0001~" % segments + data[data.index(b"GE*") :]
    last = many.rindex(b"CLM*")
    said = {fault.rule for fault in found(many[:last] + many[last:].replace(b"11:B:1", place + b":B:1"))}

    assert ("place-of-service-unknown" in said) == (place == b"98")
    assert ("loop-repeated-too-often" in said) == (count == 101)


def test_faults_come_in_the_order_of_the_file() -> None:
    data = compose(parse_claims(("C1: D0120 58.00", "C2: D0140 85.00"))).replace(b"SE*", b"SE*9", 1)
    places = [fault.where.offset for fault in found(b"junk" + data + b"more")]

    assert places == sorted(places)
    assert len(places) >= 3
