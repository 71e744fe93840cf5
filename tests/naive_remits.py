"""A second reader of remittances: one dict a payment, with the names of the views, written plainly from the guide.

Shares no code with the product. Every list is a tuple, a party or part a dict or None. Slow and long on purpose.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

Seg = list[str]
MIA = {
    1: "covered_days", 2: "operating_outlier", 3: "psychiatric_days", 4: "drg_amount", 6: "disproportionate_share",
    7: "secondary_pass_through", 8: "capital", 9: "capital_federal_drg", 10: "capital_hospital_drg",
    11: "capital_disproportionate_drg", 12: "old_capital", 13: "capital_medical_education",
    14: "operating_hospital_drg", 15: "cost_report_days", 16: "operating_federal_drg", 17: "capital_outlier",
    18: "indirect_teaching", 19: "professional_not_payable", 24: "capital_exception",
}  # fmt: skip
MOA = {1: "reimbursement_rate", 2: "procedures_payable", 8: "renal_paid", 9: "professional_not_payable"}
BPR = {
    1: "handling", 3: "sign", 4: "method", 5: "format", 6: "sender_bank_qualifier", 7: "sender_bank",
    8: "sender_account_qualifier", 9: "sender_account", 10: "originator", 11: "originator_supplement",
    12: "receiver_bank_qualifier", 13: "receiver_bank", 14: "receiver_account_qualifier", 15: "receiver_account",
}  # fmt: skip
NAMES = {"QC": "patient", "IL": "insured", "74": "corrected", "82": "service_provider", "TT": "crossover_payer",
         "PR": "corrected_payer", "GB": "other_subscriber"}  # fmt: skip


def read_payments(data: bytes) -> list[dict[str, Any]]:
    """Every 835 with its `remits`, each with its `lines`."""
    text = data.decode("latin-1")
    payments: list[dict[str, Any]] = []
    at = text.find("ISA")
    element = text[at + 3]
    seps = [place for place, one in enumerate(text[: at + 300]) if place >= at and one == element][:16]
    component, end = text[seps[15] + 1], text[seps[15] + 2]  # padded or not
    blank = "".join(one for one in "\r\n\t " if one not in (element, component, end, text[seps[10] + 1]))
    version, open_, isa = "", None, [""]
    place = at
    while place < len(text):
        stop = text.find(end, place)
        if stop < 0:
            break
        raw = text[place:stop]
        offset = place + len(raw) - len(raw.lstrip(blank))
        seg = raw.lstrip(blank).split(element)
        place = stop + 1
        if seg[0] == "ISA":
            isa = seg
        elif seg[0] == "GS":
            version = seg[8]
        elif seg[0] == "ST" and seg[1] == "835":
            open_ = {"segs": [(offset, seg)], "version": (seg + [""] * 4)[3] or version, "isa": isa}
            payments.append(open_)
        elif seg[0] == "SE":
            open_ = None
        elif open_ is not None and seg != [""]:
            open_["segs"].append((offset, seg))
    return [_payment(number, one, component) for number, one in enumerate(payments, start=1)]


def _payment(number: int, raw: dict[str, Any], component: str) -> dict[str, Any]:
    segs = raw["segs"]
    starts = [at for at, (_, seg) in enumerate(segs) if seg[0] in ("LX", "TS3", "TS2", "CLP", "PLB")]
    head = [seg for _, seg in segs[: starts[0] if starts else len(segs)]]
    parties = [at for at, seg in enumerate(head) if seg[0] == "N1"]
    own = head[: parties[0]] if parties else head
    bpr, trn, cur = _one(head, "BPR"), _one(head, "TRN"), _one(head, "CUR")
    found: dict[str, Any] = {name: _at(bpr, at) for at, name in BPR.items()}
    plb = [
        (_at(seg, 1), _date(_at(seg, 2)), *_pair(_at(seg, at), component), _number(_at(seg, at + 1)))
        for _, seg in segs if seg[0] == "PLB" for at in range(3, len(seg), 2) if _at(seg, at) or _at(seg, at + 1)
    ]  # fmt: skip
    remits = _remits(segs, component)
    tin = _at(trn, 3)
    return found | {
        "number": number, "offset": segs[0][0], "control": _at(head[0], 2), "version": raw["version"],
        "amount": _number(_at(bpr, 2)), "paid_on": _date(_at(bpr, 16)), "trace_type": _at(trn, 1),
        "trace": _at(trn, 2), "trace_originator": tin, "trace_supplement": _at(trn, 4),
        "payer_tin": tin[1:] if len(tin) == 10 and tin[0] == "1" else tin,
        "currency_entity": _at(cur, 1), "currency": _at(cur, 2),
        "references": _refs(own), "receiver_id": _ref(own, "EV"), "system_version": _ref(own, "F2"),
        "produced_on": _dtm(head, "405"), "payer": _organization(head, parties, "PR"),
        "payee": _organization(head, parties, "PE"), "provider_adjustments": tuple(plb),
        "withheld": sum((one[4] for one in plb if one[4] is not None), Decimal(0)),
        "claims": len(remits), "claims_paid": sum((one["paid"] for one in remits), Decimal(0)), "remits": remits,
    }  # fmt: skip


def _organization(head: list[Seg], parties: list[int], entity: str) -> dict[str, Any] | None:
    for index, at in enumerate(parties):
        if _at(head[at], 1) == entity:
            stop = parties[index + 1] if index + 1 < len(parties) else len(head)
            segs = head[at:stop]
            n1, n3, n4, rdm = segs[0], _one(segs, "N3"), _one(segs, "N4"), _one(segs, "RDM")
            return {
                "entity": entity, "name": _at(n1, 2), "id_qualifier": _at(n1, 3), "id": _at(n1, 4),
                "address": tuple(x for x in (_at(n3, 1), _at(n3, 2)) if x), "city": _at(n4, 1), "state": _at(n4, 2),
                "zip": _at(n4, 3), "country": _at(n4, 4), "subdivision": _at(n4, 7), "references": _refs(segs),
                "contacts": _contacts(segs), "delivery": (_at(rdm, 1), _at(rdm, 2), _at(rdm, 3)) if rdm else None,
            }  # fmt: skip
    return None


def _remits(segs: list[tuple[int, Seg]], component: str) -> list[dict[str, Any]]:
    """A claim payment ends at the next one, at LX, TS3, TS2 and PLB."""
    found: list[dict[str, Any]] = []
    section: dict[str, Any] | None = None
    parts: list[tuple[int, Seg]] | None = None
    for at, (offset, seg) in enumerate(segs):
        if seg[0] in ("LX", "TS3", "TS2", "PLB"):
            parts = None
            if seg[0] == "LX":
                ts3 = next((s for _, s in segs[at + 1 : at + 3] if s[0] == "TS3"), None)
                ts2 = next((s for _, s in segs[at + 1 : at + 3] if s[0] == "TS2"), None)
                section = {
                    "number": _at(seg, 1), "provider": _at(ts3, 1), "facility": _at(ts3, 2),
                    "period_end": _date(_at(ts3, 3)), "claims": _number(_at(ts3, 4)), "charge": _number(_at(ts3, 5)),
                    "provider_amounts": tuple(_number(_at(ts3, n)) for n in range(6, 25)) if ts3 else (),
                    "supplemental_amounts": tuple(_number(_at(ts2, n)) for n in range(1, 20)) if ts2 else (),
                }  # fmt: skip
        elif seg[0] == "CLP":
            parts = [(offset, seg)]
            found.append({"parts": parts, "section": section})
        elif parts is not None:
            parts.append((offset, seg))
    return [_remit(n, one["parts"], one["section"], component) for n, one in enumerate(found, start=1)]


def _remit(number: int, parts: list[tuple[int, Seg]], section: Any, component: str) -> dict[str, Any]:
    begins = [at for at, (_, seg) in enumerate(parts) if seg[0] == "SVC"]
    own = [seg for _, seg in parts[: begins[0] if begins else len(parts)]]
    stops = [*begins[1:], len(parts)]
    lines = tuple(
        _line(n, parts[a][0], [seg for _, seg in parts[a:b]], component, _at(own[0], 1))
        for n, (a, b) in enumerate(zip(begins, stops, strict=False), start=1)
    )
    names = [seg for _, seg in parts if seg[0] == "NM1"]
    clp, mia, moa = own[0], _one(own, "MIA"), _one(own, "MOA")
    inpatient = outpatient = None
    if mia:
        inpatient = {name: _number(_at(mia, at)) for at, name in MIA.items()}
        inpatient["remarks"] = tuple(_at(mia, at) for at in (5, 20, 21, 22, 23) if _at(mia, at))
    if moa:
        outpatient = {name: _number(_at(moa, at)) for at, name in MOA.items()}
        outpatient["remarks"] = tuple(_at(moa, at) for at in (3, 4, 5, 6, 7) if _at(moa, at))
    start, finish = _dtm(own, "232"), _dtm(own, "233")
    firsts = [one["first_day"] for one in lines if one["first_day"]]
    lasts = [one["last_day"] for one in lines if one["last_day"]]
    found = {
        "number": number, "offset": parts[0][0], "section": section, "lines": lines, "id": _at(clp, 1),
        "status": _at(clp, 2), "charge": _number(_at(clp, 3)), "paid": _number(_at(clp, 4)),
        "patient_share": _number(_at(clp, 5)), "filing": _at(clp, 6), "payer_control_number": _at(clp, 7),
        "facility": _at(clp, 8), "frequency": _at(clp, 9), "patient_status": _at(clp, 10), "drg": _at(clp, 11),
        "drg_weight": _number(_at(clp, 12)), "discharge_fraction": _number(_at(clp, 13)), "condition": _at(clp, 14),
        "group_number": _ref(own, "1L"), "member_number": _ref(own, "1W"), "contract_class": _ref(own, "CE"),
        "medical_record": _ref(own, "EA"), "original_reference": _ref(own, "F8"),
        "predetermination_id": _ref(own, "G3"), "prior_authorization": _ref(own, "G1"), "statement_from": start,
        "statement_to": finish, "coverage_expired": _dtm(own, "036"), "received": _dtm(own, "050"),
        "coverage_amount": _amt(own, "AU"), "patient_paid": _amt(own, "F5"), "interest": _amt(own, "I"),
        "reversal": _at(clp, 2) == "22", "predetermination": _at(clp, 2) == "25",
        "first_day": start or (min(firsts) if firsts else None),
        "last_day": finish or (max(lasts) if lasts else None),
        "parties": tuple(_person(seg) for seg in names), "inpatient": inpatient, "outpatient": outpatient,
        "remarks": (inpatient or {}).get("remarks", ()) + (outpatient or {}).get("remarks", ()),
        "contacts": _contacts(own),
    }  # fmt: skip
    for code, name in NAMES.items():
        found[name] = next((_person(seg) for seg in names if _at(seg, 1) == code), None)
    return found | _detail(own)


def _line(number: int, offset: int, segs: list[Seg], component: str, claim: str) -> dict[str, Any]:
    svc = segs[0]
    done, sent = _procedure(_at(svc, 1), component), _procedure(_at(svc, 6), component)
    units = Decimal(_at(svc, 5)) if _at(svc, 5) else Decimal(1)
    on, first, last = _dtm(segs, "472"), _dtm(segs, "150"), _dtm(segs, "151")
    return _detail(segs) | {
        "number": number, "offset": offset, "claim": claim, "qualifier": done[0], "code": done[1].strip().upper(),
        "modifiers": tuple(one for one in done[2:6] if one), "description": done[6],
        "charge": _number(_at(svc, 2)), "paid": _number(_at(svc, 3)), "revenue_code": _at(svc, 4), "units": units,
        "sent_qualifier": sent[0], "sent_code": sent[1].strip().upper(),
        "sent_modifiers": tuple(one for one in sent[2:6] if one), "sent_description": sent[6],
        "sent_units": Decimal(_at(svc, 7)) if _at(svc, 7) else units, "service_date": on, "first_service_date": first,
        "last_service_date": last, "first_day": on or first, "last_day": on or last,
        "control_number": _ref(segs, "6R"), "allowed_sent": _amt(segs, "B6"),
        "remarks": tuple((_at(seg, 1), _at(seg, 2)) for seg in segs if seg[0] == "LQ"),
    }  # fmt: skip


def _detail(segs: list[Seg]) -> dict[str, Any]:
    cas = [
        (_at(seg, 1), _at(seg, at), _number(_at(seg, at + 1)), _number(_at(seg, at + 2)))
        for seg in segs if seg[0] == "CAS" for at in (2, 5, 8, 11, 14, 17) if any(seg[at : at + 3])
    ]  # fmt: skip
    return {
        "adjustments": tuple(cas),
        "adjusted": sum((one[2] for one in cas if one[2] is not None), Decimal(0)),
        "patient_adjusted": sum((one[2] for one in cas if one[2] is not None and one[0] == "PR"), Decimal(0)),
        "references": _refs(segs),
        "dates": tuple((_at(seg, 1), _date(_at(seg, 2))) for seg in segs if seg[0] == "DTM"),
        "amounts": tuple((_at(seg, 1), _number(_at(seg, 2))) for seg in segs if seg[0] == "AMT"),
        "quantities": tuple((_at(seg, 1), _number(_at(seg, 2))) for seg in segs if seg[0] == "QTY"),
    }


def _person(seg: Seg) -> dict[str, Any]:
    return {
        "entity": _at(seg, 1), "kind": _at(seg, 2), "last_name": _at(seg, 3), "first_name": _at(seg, 4),
        "middle_name": _at(seg, 5), "suffix": _at(seg, 7), "id_qualifier": _at(seg, 8), "id": _at(seg, 9),
    }  # fmt: skip


def _contacts(segs: list[Seg]) -> tuple[Any, ...]:
    return tuple(
        (_at(s, 1), _at(s, 2), tuple((_at(s, at), _at(s, at + 1)) for at in (3, 5, 7) if _at(s, at + 1)))
        for s in segs
        if s[0] == "PER"
    )


def _procedure(composite: str, component: str) -> list[str]:
    return (composite.split(component) + [""] * 8)[:8]


def _pair(composite: str, component: str) -> tuple[str, str]:
    parts = [*composite.split(component), ""]
    return parts[0], parts[1]


def _refs(segs: list[Seg]) -> tuple[tuple[str, str], ...]:
    return tuple((_at(seg, 1), _at(seg, 2)) for seg in segs if seg[0] == "REF")


def _ref(segs: list[Seg], qualifier: str) -> str:
    return next((_at(seg, 2) for seg in segs if seg[0] == "REF" and _at(seg, 1) == qualifier), "")


def _dtm(segs: list[Seg], qualifier: str) -> date | None:
    return next((_date(_at(seg, 2)) for seg in segs if seg[0] == "DTM" and _at(seg, 1) == qualifier), None)


def _amt(segs: list[Seg], qualifier: str) -> Decimal | None:
    return next((_number(_at(seg, 2)) for seg in segs if seg[0] == "AMT" and _at(seg, 1) == qualifier), None)


def _one(segs: list[Seg], tag: str) -> Seg | None:
    return next((seg for seg in segs if seg[0] == tag), None)


def _at(seg: Seg | None, at: int) -> str:
    return seg[at] if seg is not None and at < len(seg) else ""


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _date(text: str) -> date | None:
    return date(int(text[:4]), int(text[4:6]), int(text[6:])) if text not in ("", "00000000") else None
