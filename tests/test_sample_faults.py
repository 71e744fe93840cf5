"""What is wrong with interchanges by others is found and nothing else is: file by file, as their index notes it."""

from pathlib import Path

import pytest

from bitewing.edi.conformance.checks import checks
from bitewing.edi.document import Document

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of samples is not beside the project")

INVENTED = {"npi-check-digit", "zip-extension-missing"}
"""In nearly all of them NPIs are invented and ZIPs short: told, refused by nobody."""

DENTAL: dict[str, tuple[list[str], set[str]]] = {
    # file: what refuses it, what is told
    "cosyte_x12__837d-canonical.edi": (
        ["charge-not-sum-of-lines CLM02"],
        {*INVENTED, "diagnosis-with-decimal-point", "area-unknown", "rendering-specialty-missing"},
    ),
    "kputnam_stupidedi__claim-from-billing-provider-to-payer-a.edi": ([], INVENTED),
    "kputnam_stupidedi__claim-from-billing-provider-to-payer-b.edi": ([], INVENTED),
    "kputnam_stupidedi__claim-multi-quantity-single-line.edi": ([], set()),
    "kputnam_stupidedi__commercial-health-insurance.edi": ([], INVENTED),
    "kputnam_stupidedi__multiple-tooth-numbers.edi": ([], {"service-date-missing"}),
    "kputnam_stupidedi__orthodontic-treatment-plan.edi": ([], {*INVENTED, "service-date-missing"}),
    "kputnam_stupidedi__predetermination-of-benefits.edi": ([], INVENTED),
    "kputnam_stupidedi__sales-tax.edi": ([], {"service-date-missing"}),
    "moov-io_x12__sample.txt": ([], INVENTED),
}

COUNT = "segment-count-untrue SE01"
LINE = "service-not-balanced SVC03"
CLAIM = "payment-not-balanced CLP04"
TOTAL = "total-not-sum-of-payments BPR02"
ISA = "isa-not-padded "

REMITTANCES: dict[str, tuple[list[str], set[str]]] = {
    "HienTa2_Claims_Parsing__sample_835.txt": (
        [ISA, "controls-version-unsupported ISA12", COUNT, TOTAL], {"patient-share-not-sum"}
    ),
    "LinuxForHealth_x12__cob-contractural-adjustment.835": ([], set()),
    # SVC02 is ten times and more what the claim charges: its line does not balance, its claim does.
    "LinuxForHealth_x12__tertiary-payment.835": ([LINE], {"charge-not-sum-of-services"}),
    "affect-therapeutics_edi-835-parser__nevada_medicaid.txt": (
        [ISA, "interchange-numbers-differ IEA02"], {"npi-check-digit"}
    ),
    # Its names were replaced, amounts of claim-level CAS too: those claims cannot be judged.
    "affect-therapeutics_edi-835-parser__sample_835_with_interests.txt": ([COUNT, COUNT, TOTAL, TOTAL], set()),
    "bryanbritten_edi-x12-healthcare-demo__multiple-claims-single-check.edi": ([COUNT], {"npi-check-digit"}),
    "cosyte_x12__835-carc-rarc-mix.edi": ([COUNT], {"npi-check-digit"}),
    "cosyte_x12__835-imbalance.edi": ([COUNT, LINE, CLAIM], {"npi-check-digit"}),
    "cosyte_x12__835-with-plb.edi": ([COUNT], {"npi-check-digit"}),
    # Made wrong on purpose; the index leaves out GS01, GS02 and GS04.
    "git-albertomarin_badX12__error_validation.edi": (
        [
            "group-kind-unknown GS01",
            "group-sender GS02",
            "group-date GS04",
            COUNT,
            "transaction-numbers-differ SE02",
            "transaction-count-untrue GE01",
            "group-numbers-differ GE02",
            "group-count-untrue IEA01",
            "interchange-numbers-differ IEA02",
        ],
        {"npi-check-digit"},
    ),
    # Its state was made unreadable.
    "keironstoddart_edi-835-parser__united_healthcare_legacy_sample.txt": (["state-unknown N402"], set()),
    # Text stands before ISA, in this one and those that tell of bytes outside.
    "kputnam_stupidedi__1.edi": ([], {"bytes-outside-interchanges"}),
    "kputnam_stupidedi__3a.edi": ([COUNT, TOTAL], {"bytes-outside-interchanges"}),
    "kputnam_stupidedi__dollars-and-data-sent-separate.edi": ([], {"npi-check-digit"}),
    "kputnam_stupidedi__dollars-and-data-sent-together.edi": ([], {"npi-check-digit"}),
    "kputnam_stupidedi__era-sample.edi": ([], set()),
    "kputnam_stupidedi__multiple-claims-single-check.edi": ([], set()),
    "kputnam_stupidedi__recover.txt": ([LINE], {"bytes-outside-interchanges", "charge-not-sum-of-services"}),
    "kputnam_stupidedi__secondary-payment-with-higher-fee-schedule.edi": ([], set()),
    # One transaction cut in three: nothing adds up any more. IEA01 says 1 of two groups, which the index leaves out.
    "kputnam_stupidedi__split.edi": (
        [COUNT, COUNT, COUNT, "transaction-count-untrue GE01", "group-numbers-differ GE02", "group-count-untrue IEA01",
         CLAIM, TOTAL, TOTAL],
        {"bytes-outside-interchanges"},
    ),
    "kputnam_stupidedi__tertiary-payments.edi": ([], set()),
    # Words stand where NPIs should.
    "moov-io_x12__sample1.txt": (
        ["npi-shape N104", "npi-shape NM109", CLAIM, "npi-shape N104", "npi-shape NM109"],
        {"repetition-separator-old"},
    ),
    "tastypackets_x12-parser__multi-line-not-delimited.edi": ([], {"npi-check-digit"}),
    "zentist_TigerShark__5010-835-example-2.txt": (["transaction-numbers-differ SE02"], {"npi-check-digit"}),
    "zentist_TigerShark__5010-835-example-3.txt": ([], {"npi-check-digit"}),
    # An 835 of version 00401 filled with words: nothing but its envelope is read.
    "zentist_TigerShark__sample_835.txt": (
        [
            "controls-version-unsupported ISA12",
            "group-kind-unknown GS01",
            "group-receiver GS03",
            "group-date GS04",
            "group-time GS05",
            "group-agency GS07",
            "group-number-shape GS06",
            "group-version-missing GS08",
            COUNT,
            "group-numbers-differ GE02",
        ],
        set(),
    ),
}  # fmt: skip


def found(path: Path) -> tuple[list[str], set[str]]:
    faults = list(checks(Document.of(path.read_bytes())))
    refusing = [f"{one.rule} {one.where.reference}" for one in faults if one.rejects]
    return refusing, {one.rule for one in faults if not one.rejects}


@pytest.mark.parametrize("name", DENTAL)
def test_a_dental_sample(name: str) -> None:
    assert found(SAMPLES / "837d" / name) == DENTAL[name]


@pytest.mark.parametrize("name", REMITTANCES)
def test_a_remittance(name: str) -> None:
    assert found(SAMPLES / "835" / name) == REMITTANCES[name]


def test_every_sample_is_in_the_tables() -> None:
    assert {path.name for path in (SAMPLES / "837d").iterdir()} == set(DENTAL)
    assert {path.name for path in (SAMPLES / "835").iterdir()} == set(REMITTANCES)
