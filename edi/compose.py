"""Writes a small dental interchange from plain descriptions of claims: for examples, demonstrations and tests.

A claim is a dict as in ``fixtures/golden/cases.jsonl``: clm01, clm02, payer, patient, billing_npi, pos, freq,
predetermination, lines (code, charge, sv306, teeth, ref6r, dos, rend ...). All names and numbers are invented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bitewing.edi.delimiters import Delimiters

STANDARD = Delimiters(b"*", b":", b"^", b"~")

PEOPLE: dict[str, tuple[str, str, str, str, str]] = {
    # key: last name, first name, birth date, gender, member id; twins are dependants of one subscriber
    "P1": ("EXAMPLE", "PAT", "19800214", "F", "MEM000001"),
    "P2": ("SAMPLE", "SAM", "19910630", "M", "MEM000002"),
    "TWIN-A": ("TWINNING", "ALEX", "20140905", "M", "MEM000003"),
    "TWIN-B": ("TWINNING", "BLAKE", "20140905", "M", "MEM000003"),
}
DEPENDANTS = frozenset({"TWIN-A", "TWIN-B"})
SUBSCRIBER_OF_TWINS = ("TWINNING", "CHRIS", "19850101", "F", "MEM000003")


def compose(
    claims: Sequence[Mapping[str, Any]],
    *,
    delimiters: Delimiters = STANDARD,
    line_end: bytes = b"",
    date_at_claim_level_only: bool = False,
    control: int = 101,
    per_transaction: int = 0,
    usage: str = "T",
) -> bytes:
    """The interchange that holds these claims, in order; every claim under its own subscriber.

    per_transaction: how many claims an ST holds, 0 for all in one.
    """
    size = per_transaction or len(claims) or 1
    body: list[list[str]] = []
    parts = [claims[at : at + size] for at in range(0, len(claims), size)] or [[]]
    for number, part in enumerate(parts, start=1):
        body += _transaction(part, number, date_at_claim_level_only)
    segments = [
        f"ISA|00|{'':10}|00|{'':10}|ZZ|{'SENDER':15}|ZZ|{'RECEIVER':15}|260310|1200".split("|")
        + f"{delimiters.repetition.decode('latin-1')} 00501 {control:09d} 0 {usage} :".split(" "),
        ["GS", "HC", "SENDER", "RECEIVER", "20260310", "1200", str(control), "X", "005010X224A2"],
        *body,
        ["GE", str(len(parts)), str(control)],
        ["IEA", "1", f"{control:09d}"],
    ]
    element = delimiters.element.decode("latin-1")
    component = delimiters.component.decode("latin-1")
    # Components are written with ':' above; a note or name that holds the real delimiter is the caller's mistake.
    lines = (element.join(segment).replace(":", component).encode("latin-1") for segment in segments)
    end = delimiters.segment + line_end
    return b"".join(line + end for line in lines)


def _transaction(claims: Sequence[Mapping[str, Any]], number: int, claim_date_only: bool) -> list[list[str]]:
    control = f"{number:04d}"
    body = [
        ["ST", "837", control, "005010X224A2"],
        ["BHT", "0019", "00", f"BATCH{number}", "20260310", "1200", "CH"],
        ["NM1", "41", "2", "TEST SUBMITTER", "", "", "", "", "46", "SUB001"],
        ["PER", "IC", "DESK", "TE", "5555550100"],
        ["NM1", "40", "2", "TEST RECEIVER", "", "", "", "", "46", "REC001"],
    ]
    level = 0
    billing_levels: dict[str, int] = {}
    for claim in claims:
        npi = claim.get("billing_npi", "1999900016")
        # A billing provider's HL serves the claims that follow; another provider in between needs a new one.
        if list(billing_levels)[-1:] != [npi]:
            level += 1
            billing_levels.pop(npi, None)
            billing_levels[npi] = level
            body += _billing(level, npi)
        level = _claim(body, claim, level, billing_levels[npi], claim_date_only)
    body.append(["SE", str(len(body) + 1), control])
    return body


def _billing(level: int, npi: str) -> list[list[str]]:
    return [
        ["HL", str(level), "", "20", "1"],
        ["NM1", "85", "2", f"TEST DENTAL {npi[-4:]}", "", "", "", "", "XX", npi],
        ["N3", "1 EXAMPLE WAY"],
        ["N4", "SAMPLETOWN", "OH", "440010000"],
        ["REF", "EI", "999999999"],
    ]


def _person(entity: str, person: tuple[str, str, str, str, str], member: bool) -> list[list[str]]:
    last, first, born, gender, identifier = person
    name = ["NM1", entity, "1", last, first] + (["", "", "", "MI", identifier] if member else [])
    return [name, ["N3", "2 EXAMPLE WAY"], ["N4", "SAMPLETOWN", "OH", "44001"], ["DMG", "D8", born, gender]]


def _claim(body: list[list[str]], claim: Mapping[str, Any], level: int, billing: int, claim_date_only: bool) -> int:
    key = claim.get("patient", "P1")
    dependant = key in DEPENDANTS
    person = PEOPLE.get(key) or (f"INVENTED{key}".upper(), "PERSON", "19700101", "F", f"MEM{key}")
    subscriber = SUBSCRIBER_OF_TWINS if dependant else person
    payer = claim.get("payer", "TESTPAY1")
    level += 1
    responsibility = "S" if claim.get("prior_payer") or any(line.get("svd") for line in claim["lines"]) else "P"
    body += [
        ["HL", str(level), str(billing), "22", "1" if dependant else "0"],
        ["SBR", responsibility, "" if dependant else "18", claim.get("group", "GROUP1"), "", "", "", "", "", "CI"],
        *_person("IL", subscriber, member=True),
        ["NM1", "PR", "2", f"PAYER {payer}", "", "", "", "", "PI", payer],
    ]
    if dependant:
        level += 1
        body += [["HL", str(level), str(level - 1), "23", "0"], ["PAT", "19"], *_person("QC", person, member=False)]
    body += _claim_segments(claim, claim_date_only)
    for number, line in enumerate(claim["lines"], start=1):
        body += _line_segments(line, number, claim, claim_date_only)
    return level


def _claim_segments(claim: Mapping[str, Any], claim_date_only: bool) -> list[list[str]]:
    clm = ["CLM", claim["clm01"], claim["clm02"], "", "", f"{claim.get('pos', '11')}:B:{claim.get('freq', '1')}"]
    clm += ["Y", "A", "Y", "Y"]
    if claim.get("predetermination"):
        clm += [""] * 9 + ["PB"]
    found = [clm]
    dates = {line.get("dos") for line in claim["lines"]} - {None, ""}
    if claim.get("date_range"):
        found.append(["DTP", "472", "RD8", claim["date_range"]])
    elif (claim_date_only or claim.get("date_at_claim_level_only")) and len(dates) == 1:
        found.append(["DTP", "472", "D8", next(iter(dates))])
    found += [["PWK", report_type, "AA"] for report_type in claim.get("pwk", ())]
    if claim.get("ref_f8"):
        found.append(["REF", "F8", claim["ref_f8"]])
    if claim.get("nte"):
        found.append(["NTE", "ADD", claim["nte"]])
    rendering = _claim_rendering(claim)
    if rendering:
        found += [_provider("82", rendering), ["PRV", "PE", "PXC", "1223G0001X"]]
    if claim.get("prior_payer") or any(line.get("svd") for line in claim["lines"]):
        found += [
            ["SBR", "P", "18", "", "", "", "", "", "", "CI"],
            *([["AMT", "D", claim["prior_paid"]]] if claim.get("prior_paid") else []),
            ["OI", "", "", "Y", "", "", "Y"],
            ["NM1", "IL", "1", "EXAMPLE", "PAT", "", "", "", "MI", "MEM900001"],
            ["NM1", "PR", "2", "PRIOR PAYER", "", "", "", "", "PI", "PRIMARY"],
        ]
    return found


def _claim_rendering(claim: Mapping[str, Any]) -> str:
    lines = claim["lines"]
    return str(lines[0].get("rend") or "") if lines else ""


def _provider(entity: str, npi: str) -> list[str]:
    return ["NM1", entity, "1", f"DENTIST{npi[-4:]}", "TEST", "", "", "", "XX", npi]


def _line_segments(
    line: Mapping[str, Any], number: int, claim: Mapping[str, Any], claim_date_only: bool
) -> list[list[str]]:
    procedure = f"AD:{line['code']}" + (f":::::{line['description']}" if line.get("description") else "")
    sv3 = ["SV3", procedure, line["charge"], "", line.get("area", ""), "", line.get("sv306", "")]
    while sv3[-1] == "":
        sv3.pop()
    found = [["LX", str(line.get("lx", number))], sv3]
    found += [["TOO", "JP", tooth] for tooth in line.get("teeth", ())]
    if line.get("dos") and not (claim_date_only or claim.get("date_at_claim_level_only") or claim.get("date_range")):
        found.append(["DTP", "472", "D8", line["dos"]])
    for qualifier, value in line.get("refs", ()):
        found.append(["REF", qualifier, value])
    if line.get("ref6r"):
        found.append(["REF", "6R", line["ref6r"]])
    rendering = line.get("rend") or ""
    if rendering and rendering != _claim_rendering(claim):
        found += [_provider("82", rendering), ["PRV", "PE", "PXC", "1223G0001X"]]
    if line.get("svd"):
        payer, paid, procedure, *rest = line["svd"].split("*")
        found += [["SVD", payer, paid, procedure, *rest], ["CAS", "PR", "1", "8.00"], ["DTP", "573", "D8", "20260301"]]
    return found
