"""Writes a small remittance (835) from plain descriptions of claim payments, as in `fixtures/golden/cases.jsonl`.

It shares nothing with the product. Amounts of a payment follow from its claims unless they are said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

PATIENT = ("EXAMPLE", "PAT", "MEM000001")


def remittance(
    remits: Sequence[Mapping[str, Any]],
    *,
    payer: str = "TESTPAY1",
    trace: str = "CHK100",
    paid_on: str = "20260320",
    control: int = 501,
    plb: Sequence[tuple[str, str, str]] = (),
    total: str | None = None,
    delimiters: str = "*:^~",
    line_end: str = "",
) -> bytes:
    """An interchange with one payment. plb: (reason, reference, amount). delimiters: element, component, repetition,
    segment."""
    e, c, r, t = delimiters
    paid = sum((Decimal(one["clp04"] or "0") for one in remits), Decimal(0))
    amount = total if total is not None else str(paid - sum((Decimal(one[2]) for one in plb), Decimal(0)))
    body = [
        ["ST", "835", "0001"],
        ["BPR", "I", amount, "C", "CHK", *[""] * 11, paid_on],
        ["TRN", "1", trace, "1999999999"],
        ["DTM", "405", paid_on],
        ["N1", "PR", "TEST PAYER", "XV", payer],
        ["N3", "1 EXAMPLE ST"],
        ["N4", "EXAMPLE", "OH", "43004"],
        ["PER", "BL", "HELP", "TE", "5555550100"],
        ["N1", "PE", "EXAMPLE DENTAL", "XX", "1999900016"],
        ["LX", "1"],
    ]
    for one in remits:
        body += _claim(one, c)
    if plb:
        body.append(["PLB", "1999900016", "20261231", *(x for why, ref, sum_ in plb for x in (f"{why}{c}{ref}", sum_))])
    body.append(["SE", str(len(body) + 1), "0001"])
    segments = [
        ["ISA", "00", " " * 10, "00", " " * 10, "ZZ", f"{'PAYER':15}", "ZZ", f"{'CLINIC':15}", paid_on[2:], "1200", r,
         "00501", f"{control:09d}", "0", "T", c],
        ["GS", "HP", "PAYER", "CLINIC", paid_on, "1200", str(control), "X", "005010X221A1"],
        *body,
        ["GE", "1", str(control)],
        ["IEA", "1", f"{control:09d}"],
    ]  # fmt: skip
    return "".join(e.join(segment) + t + line_end for segment in segments).encode("latin-1")


def _claim(one: Mapping[str, Any], c: str) -> list[list[str]]:
    last, first, member = one.get("patient", PATIENT)
    clp = ["CLP", one["clp01"], one["clp02"], one["clp03"], one["clp04"], one.get("clp05", ""), "12",
           one.get("clp07", "ICN1"), "11", "1"]  # fmt: skip
    found = [clp, *_adjustments(one.get("cas", ())), ["NM1", "QC", "1", last, first, "", "", "", "MI", member]]
    if one.get("group"):
        found.append(["REF", "1L", one["group"]])
    for svc in one["svc"]:
        line = ["SVC", f"AD{c}{svc['svc01']}", svc["charge"], svc["paid"], "", svc["svc05"]]
        if svc["svc06"] or svc["svc07"]:
            line += [f"AD{c}{svc['svc06']}" if svc["svc06"] else "", svc["svc07"]]
        while line and not line[-1]:
            line.pop()
        found += [line, ["DTM", "472", svc["dos"]], *_adjustments(svc["cas"])]
        if svc["ref6r"]:
            found.append(["REF", "6R", svc["ref6r"]])
        if svc["amt_b6"]:
            found.append(["AMT", "B6", svc["amt_b6"]])
        found += [["LQ", "HE", remark] for remark in svc["lq"]]
    return found


def _adjustments(triplets: Sequence[Sequence[str]]) -> list[list[str]]:
    return [["CAS", *triplet] for triplet in triplets]
