"""The text of remittances (005010X221A1) with the usual delimiters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bitewing.policies.simulate.decide import Adjustment, Service
from bitewing.policies.simulate.dice import money
from bitewing.policies.simulate.payers import Payer
from bitewing.policies.simulate.remits import Payment
from bitewing.policies.simulate.visits import Claim, Practice

Transfer = tuple[str, str, int]
"""PLB03-1, PLB03-2 and PLB04 in cents: positive reduces the payment."""


def payment_body(
    payer: Payer,
    practice: Practice,
    payments: Sequence[str],
    paid: int,
    transfers: Sequence[Transfer],
    day: date,
    trace: str,
) -> str:
    """BPR to PLB. ``payments`` are CLP loops ready as text, ``paid`` the sum of their CLP04 in cents."""
    stamp = day.strftime("%Y%m%d")
    total = paid - sum(cents for _, _, cents in transfers)
    how = f"I*{money(total)}*C*CHK" if total else "H*0*C*NON"
    named = f"N1*PR*{payer.name}" + (f"*XV*{payer.id}" if payer.says_id == "XV" else "")
    known = f"REF*2U*{payer.id}~" if payer.says_id == "2U" else ""
    head = (
        f"BPR*{how}{'*' * 12}{stamp}~TRN*1*{trace}*1{payer.tin}~DTM*405*{stamp}~{named}~N3*1 PAYER PLAZA~"
        f"N4*SAMPLETON*OH*999970001~{known}PER*BL*HELP DESK*TE*5555550133~N1*PE*{practice.name}*XX*{practice.npi}~"
        f"REF*TJ*{practice.tin}~LX*1~"
    )
    moved = [f"PLB*{practice.npi}*{day.year}1231*{code}:{about}*{money(cents)}~" for code, about, cents in transfers]
    return head + "".join(payments) + "".join(moved)


def payment_text(claim: Claim, made: Payment) -> str:
    """One CLP with its lines."""
    person, payer = claim.patient, claim.payer
    first = f"*{person.first}" if made.first_name else ""
    patient = f"NM1*QC*1*{person.last}{first}"
    holder = ""
    if person.holder:
        holder = f"NM1*IL*1*{person.last}*{person.holder}****MI*{made.member}~"
    else:
        patient += ("****" if first else "*****") + f"MI*{made.member}"
    share = money(made.patient) if made.status != "22" or made.patient else ""
    corrected = f"NM1*74*1*{person.last}*{person.first}****C*{made.corrected}~" if made.corrected else ""
    remark = f"MOA***{made.remark}~" if made.remark else ""
    original = f"REF*F8*{made.original}~" if made.original else ""
    days = [line.day for line in claim.lines]
    on_lines = payer.line_dates and made.services and not claim.predetermination
    dates = "" if on_lines else f"DTM*232*{min(days):%Y%m%d}~DTM*233*{max(days):%Y%m%d}~"
    if claim.predetermination:
        dates = "DTM*232*00000000~" if "zero-dates" in made.traits else ""
    parts = [
        (
            f"CLP*{made.clp01}*{made.status}*{money(made.charge)}*{money(made.paid)}*{share}*12*{made.icn}*11*1~"
            f"{_adjusted(made.cas)}{patient}~{holder}{corrected}NM1*82*1*DOCTOR{claim.practice.number:05d}*FIRST045****XX*"
            f"{claim.practice.doctor}~{remark}REF*1L*{claim.plan.group}~{original}{dates}"
        )
    ]
    split = "split" in made.traits
    parts += [_service(one, claim, split=split, dated=bool(on_lines)) for one in made.services]
    return "".join(parts)


def line_number(one: Service, payer: Payer, *, split: bool) -> str:
    """REF*6R as the payer returns it: what was sent; LX01 for a claim that it split and that had none."""
    if one.line is None or not payer.sends_6r:
        return ""
    return one.line.ref6r or (str(one.line.lx) if split else "")


def _service(one: Service, claim: Claim, *, split: bool, dated: bool) -> str:
    tail = ""
    if one.sent or one.sent_units is not None:
        tail = f"*{'AD:' + one.sent if one.sent else ''}"
        tail += f"*{one.sent_units}" if one.sent_units is not None else ""
    number = line_number(one, claim.payer, split=split)
    day = f"DTM*472*{one.day:%Y%m%d}~" if dated else ""
    number = f"REF*6R*{number}~" if number else ""
    allowed = f"AMT*B6*{money(one.allowed)}~" if claim.payer.sends_b6 and one.allowed and one.charge > 0 else ""
    remarks = "".join(f"LQ*HE*{remark}~" for remark in one.remarks)
    return (
        f"SVC*AD:{one.code}*{money(one.charge)}*{money(one.paid)}**{one.units}{tail}~"
        f"{day}{_adjusted(one.cas)}{number}{allowed}{remarks}"
    )


def _adjusted(cas: Sequence[Adjustment]) -> str:
    """CAS segments; neighbours of one group share a segment."""
    parts: list[str] = []
    last = ""
    for group, reason, cents in cas:
        parts.append(f"**{reason}*{money(cents)}" if group == last else f"~CAS*{group}*{reason}*{money(cents)}")
        last = group
    return "".join(parts).removeprefix("~") + "~" if parts else ""
