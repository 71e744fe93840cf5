"""Examples: a few words that stand for a claim. They are a pass's tests and its page in ``bitewing explain``.

    C1: D0230 x3 78.00 #30 | D0140 85.00 @20260317      two lines; x3 is SV306, # a tooth, @ a date of service
    C2 payer=TESTPAY2 freq=7 pos=02: D0220 32.00        words before the colon speak of the claim

A line may also say by=1999900032 (rendering provider), area=10, 6r=NONE or an id, text="..." (SV301-7), ref=G1:X.
The claim: patient= payer= billing= freq= pos= total= note="..." range=20260301-20260305 predetermination f8= pwk=.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

_DAY = "20260310"
_DENTIST = "1999900024"
_CLAIM_WORDS = {"patient": "patient", "payer": "payer", "billing": "billing_npi", "freq": "freq", "pos": "pos"}
_CLAIM_WORDS |= {"total": "clm02", "note": "nte", "range": "date_range", "f8": "ref_f8", "paid": "prior_paid"}


class Example(NamedTuple):
    """A case a pass speaks to, or is silent on.

    claims: in the notation above. expect: "repair 1", "flag 1 2", "info 3", as many as findings of this pass; empty
    where it is silent. after: the claims as repaired. fees, attestations, history: what else is known (history: claims
    submitted before; rules: those of payers, in the notation of ``example_rules``). repeat: the same claims for that
    many patients. damage: what is put in the place of what in the finished interchange.
    """

    title: str
    claims: tuple[str, ...]
    expect: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    fees: Mapping[str, str] = {}
    apply_fees: bool = False
    attestations: tuple[Mapping[str, Any], ...] = ()
    history: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    repeat: int = 1
    damage: tuple[tuple[str, str], ...] = ()


def parse_claims(notation: tuple[str, ...], repeat: int = 1) -> list[dict[str, Any]]:
    """The claims as dicts for ``edi.compose``. Raises ValueError where the notation is not understood."""
    found = []
    for turn in range(repeat):
        for claim in (_claim(text) for text in notation):
            if repeat > 1:
                claim["patient"] = f"{claim.get('patient', 'P')}{turn}"
                claim["clm01"] += f"-{turn}"
            found.append(claim)
    return found


def _claim(text: str) -> dict[str, Any]:
    head, _, body = text.partition(": ")
    import shlex  # examples are read for tests and pages only

    name, *words = shlex.split(head)
    claim: dict[str, Any] = {"clm01": name, "lines": []}
    for word in words:
        key, equals, value = word.partition("=")
        if key == "predetermination":
            claim["predetermination"] = True
        elif key == "pwk":
            claim["pwk"] = value.split(",")
        elif key == "prior":
            claim["prior_payer"] = True
        elif equals and key in _CLAIM_WORDS:
            claim[_CLAIM_WORDS[key]] = value
        else:
            raise ValueError(f"example: {word!r} is not a word about a claim")
    for number, part in enumerate(body.split(" | "), start=1):
        claim["lines"].append(_line(part, number, claim))
    claim.setdefault("clm02", str(sum(Decimal(line["charge"]) for line in claim["lines"])))
    return claim


def _line(text: str, number: int, claim: Mapping[str, Any]) -> dict[str, Any]:
    import shlex  # as above

    code, *words = shlex.split(text, comments=False)
    day = None if claim.get("predetermination") else _DAY
    line: dict[str, Any] = {"code": code, "teeth": [], "dos": day, "ref6r": f"L{number}", "rend": _DENTIST, "refs": []}
    for word in words:
        key, equals, value = word.partition("=")
        if word[0] == "#":
            line["teeth"] = word[1:].split(",")
        elif word[0] == "@":
            line["dos"] = None if word == "@none" else word[1:]
        elif word[0] == "x" and word[1:].isdigit():
            line["sv306"] = word[1:]
        elif key in ("by", "area", "text", "6r", "svd") and equals:
            line[{"by": "rend", "text": "description", "6r": "ref6r"}.get(key, key)] = "" if value == "NONE" else value
        elif key == "ref":
            line["refs"].append(tuple(value.split(":", 1)))
        else:
            line["charge"] = str(Decimal(word)) if word.replace(".", "", 1).isdigit() else word
    return line
