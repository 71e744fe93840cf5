"""The text of claims (005010X224A2) with the usual delimiters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bitewing.policies.simulate.dice import money
from bitewing.policies.simulate.visits import Claim, Line, Practice

ROW = 50  # a house number for everybody; addresses decide nothing


def claims_body(claims: Sequence[Claim], batch: int, day: date) -> str:
    """BHT and everything down to the last line; one HL for each practice that follows another one, one a patient."""
    stamp = day.strftime("%Y%m%d")
    parts = [
        (
            f"BHT*0019*00*BATCH{batch:06d}*{stamp}*0800*CH~NM1*41*2*SUBMITTER 001*****46*SUB00001~"
            "PER*IC*HELP DESK*TE*5555550100~NM1*40*2*RECEIVER 001*****46*REC00001~"
        )
    ]
    level, above, practice = 0, 0, None
    for claim in claims:
        if claim.practice is not practice:
            practice = claim.practice
            level += 1
            above = level
            parts.append(_billing(practice, level))
        level += 1
        parts.append(_subscriber(claim, level, above))
        if claim.patient.holder:
            level += 1
            person = claim.patient
            parts.append(
                f"HL*{level}*{level - 1}*23*0~PAT*19~NM1*QC*1*{person.last}*{person.first}~N3*{ROW} EXAMPLE STREET~"
                f"N4*SAMPLETON*OH*999990001~DMG*D8*{person.birth}*{person.gender}~"
            )
        parts.append(_claim(claim))
    return "".join(parts)


def _billing(practice: Practice, level: int) -> str:
    return (
        f"HL*{level}**20*1~NM1*85*2*{practice.name}*****XX*{practice.npi}~N3*{ROW} INVENTED WAY~"
        f"N4*SAMPLETON*OH*999990001~REF*EI*{practice.tin}~"
    )


def _subscriber(claim: Claim, level: int, above: int) -> str:
    person, turn = claim.patient, "P" if claim.before is None else "S"
    own = not person.holder
    home = f"N3*{ROW} EXAMPLE STREET~N4*SAMPLETON*OH*999990001~DMG*D8*{person.birth}*{person.gender}~" if own else ""
    return (
        f"HL*{level}*{above}*22*{0 if own else 1}~SBR*{turn}*{'18' if own else ''}*{claim.plan.group}******CI~"
        f"NM1*IL*1*{person.last}*{person.holder or person.first}****MI*{person.member}~{home}"
        f"NM1*PR*2*{claim.payer.name}*****PI*{claim.payer.id}~"
    )


def _claim(claim: Claim) -> str:
    first = claim.lines[0].day
    one_day = all(line.day == first for line in claim.lines)
    on_claim = claim.practice.dates_on_claim and one_day
    dated = not claim.predetermination
    tail = "*" * 10 + "PB" if claim.predetermination else ""
    date_ = f"DTP*472*D8*{first:%Y%m%d}~" if on_claim and dated else ""
    other = _before(claim) if claim.before is not None else ""
    parts = [
        (
            f"CLM*{claim.clm01}*{money(claim.charge)}***11:B:1*Y*A*Y*Y{tail}~{date_}"
            f"NM1*82*1*DOCTOR{claim.practice.number:05d}*FIRST045****XX*{claim.practice.doctor}~"
            f"PRV*PE*PXC*1223G0001X~{other}"
        )
    ]
    parts += [_line(line, dated=dated and not on_claim) for line in claim.lines]
    return "".join(parts)


def _line(line: Line, *, dated: bool) -> str:
    tail = f"*{line.units}" if line.units > 1 else ""
    where = f"**{line.area}" + ("*" + tail if tail else "") if line.area else "***" + tail if tail else ""
    teeth = "".join(f"TOO*JP*{tooth}~" for tooth in line.teeth)
    day = f"DTP*472*D8*{line.day:%Y%m%d}~" if dated else ""
    number = f"REF*6R*{line.ref6r}~" if line.ref6r else ""
    return f"LX*{line.lx}~SV3*AD:{line.code}*{money(line.charge)}{where}~{teeth}{day}{number}"


def _before(claim: Claim) -> str:
    """Loop 2320: what the payer before decided; it balances with CLM02."""
    assert claim.before is not None
    paid, off, left = claim.before
    person, payer = claim.patient, claim.patient.payer
    adjusted = "".join(
        f"CAS*{group}*{reason}*{money(cents)}~"
        for group, reason, cents in (("CO", "45", off), ("PR", "2", left))
        if cents
    )
    return (
        f"SBR*P*18*{person.plan.group}******CI~{adjusted}AMT*D*{money(paid)}~OI***Y***Y~"
        f"NM1*IL*1*{person.last}*{person.first}****MI*{person.member}~"
        f"NM1*PR*2*{payer.name}*****PI*{payer.id}~DTP*573*D8*{claim.sent:%Y%m%d}~"
    )
