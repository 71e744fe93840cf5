"""An acknowledgement as a biller reads it: what was accepted, what was not, and what stands wrong where.

The text shows names and values as they were sent: it is for whoever holds the file, and goes into no log.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from datetime import date

from bitewing.console import printable
from bitewing.edi.acks.answers import (
    Answer,
    BatchAnswer,
    ClaimAnswer,
    ElementAnswer,
    GroupAnswer,
    GroupBegun,
    InterchangeAnswer,
    LineAnswer,
    ProviderAnswer,
    SegmentAnswer,
    StatusAnswer,
    TransactionAnswer,
)
from bitewing.edi.acks.status import ANY_NUMBER, INCOMPLETE, Status, place_of
from bitewing.edi.acks.words import words
from bitewing.edi.values import day, money_text, number

_VERDICTS = {
    "A": "accepted",
    "E": "accepted, errors noted",
    "M": "rejected: authentication failed",
    "P": "accepted in part",
    "R": "rejected",
    "W": "rejected: security failed",
    "X": "rejected: cannot be decrypted",
}
_UNITS = {"CLM01": "claim", "TRN02": "payment"}
_LOOPS = {"CLM": "2300", "DN1": "2300", "DN2": "2300", "HI": "2300", "PWK": "2300"}
_LOOPS |= {"LX": "2400", "SV3": "2400", "TOO": "2400"}
"""Where a segment stands when the answer does not say."""
_TOTALS = (("90", "QA", "YU", "accepted"), ("AA", "QC", "YY", "rejected"))


def about_claim(answers: Iterable[Answer], wanted: str) -> Iterator[Answer]:
    """Only what speaks of the claim with this number: by TRN02 in a 277CA, by CTX in a 999."""
    for answer in answers:
        if isinstance(answer, ClaimAnswer) and answer.id == wanted:
            yield answer
        elif isinstance(answer, TransactionAnswer):
            segments = [one for one in answer.segments if one.unit[1] == wanted]
            if segments:
                yield answer._replace(segments=segments)


def shown_answers(answers: Iterable[Answer], width: int = 100) -> Iterator[str]:
    """The answers in lines of at most ``width`` columns, one text for each. Raises nothing on what they say."""
    for answer in answers:
        lines = (line for indent, said in _said(answer) for line in _folded(indent, said, width))
        yield "\n".join(lines)


def _said(answer: Answer) -> Iterator[tuple[int, str]]:
    """Lines with their indents."""
    match answer:
        case InterchangeAnswer():
            yield 0, f"TA1: interchange {answer.control} of {_day('20' + answer.date)} {_why_interchange(answer)}"
        case GroupBegun():
            kind = words("GS01", answer.kind)
            yield 0, f"999: group {answer.control}, {kind or 'kind'} ({_joined(answer.kind, answer.version)})"
        case TransactionAnswer():
            yield from _transaction(answer)
        case GroupAnswer():
            yield from _group(answer)
        case BatchAnswer():
            yield from _batch(answer)
        case ProviderAnswer():
            provider = _joined(answer.provider, answer.provider_id) or "not named"
            yield 2, f"Provider {provider}: {_verdict(answer.statuses)}"
            yield from _reasons(answer.statuses, 4)
        case ClaimAnswer():
            yield from _claim(answer)


def _why_interchange(answer: InterchangeAnswer) -> str:
    said = _VERDICTS.get(answer.verdict, "answered")
    return said if answer.note in ("", "000") else f"{said}: {_coded('TA105', answer.note)}"


def _transaction(answer: TransactionAnswer) -> Iterator[tuple[int, str]]:
    verdict = _VERDICTS.get(answer.verdict, "not said whether accepted")
    yield 2, f"Transaction {answer.control} ({answer.kind}): {verdict}"
    for code in answer.codes:
        yield 4, _coded("IK502", code)
    for segment in answer.segments:
        yield from _segment(segment)


def _segment(answer: SegmentAnswer) -> Iterator[tuple[int, str]]:
    unit, value = answer.unit
    owner = f", {_UNITS.get(unit, unit)} {value}" if value else ""
    loop = f" in loop {answer.loop}" if answer.loop else ""
    where = f"Segment {answer.position}" if answer.position else "A segment"
    why = _coded("IK304", answer.code) if answer.code else "wrong"
    yield 4, f"{where}, {answer.segment}{loop}{owner}: {why}"
    for tag, position in answer.triggers:
        yield 6, f"because of {tag} at segment {position}"
    for element in answer.elements:
        yield 6, _element(answer, element)


def _element(segment: SegmentAnswer, answer: ElementAnswer) -> str:
    reference = f"{segment.segment}{answer.element:02}" + (f"-{answer.component}" if answer.component else "")
    repeated = f", repetition {answer.repetition}" if answer.repetition else ""
    loop = segment.loop or _LOOPS.get(segment.segment, "")
    # A 999 has room for four characters of the loop, so that it does not say whose number this is.
    code = ANY_NUMBER if reference in ("NM108", "NM109") and len(loop) < 6 else place_of(loop, reference)
    name = f" ({words('STC01-2', code)})" if code != INCOMPLETE and words("STC01-2", code) else ""
    sent = f"; sent: {answer.value}" if answer.value else ""
    return f"{reference}{name}{repeated}: {_coded('IK403', answer.code)}{sent}"


def _group(answer: GroupAnswer) -> Iterator[tuple[int, str]]:
    verdict = _VERDICTS.get(answer.verdict, "not said whether accepted")
    of = f"{answer.accepted or '?'} of {answer.received or '?'} transactions accepted"
    claimed = f", {answer.included} announced" if answer.included not in ("", answer.received) else ""
    yield 2, f"Group {answer.group.control}: {verdict}; {of}{claimed}"
    for code in answer.codes:
        yield 4, _coded("AK905", code)


def _batch(answer: BatchAnswer) -> Iterator[tuple[int, str]]:
    who = _joined(f"from {answer.source}" if answer.source else "", f"for {answer.receiver}" if answer.receiver else "")
    batch = f"batch {answer.reference}" if answer.reference else "batch without a number"
    yield 0, f"277CA: {batch} {who.replace(', ', ' ')}: {_verdict(answer.statuses)}"
    yield from _reasons(answer.statuses, 2)
    for count, other, amount, word in _TOTALS:
        claims = answer.totals.get(count) or answer.totals.get(other)
        if claims:
            yield 2, f"{word} {claims}, charges {_money(answer.totals.get(amount, '')) or 'not said'}"


def _claim(answer: ClaimAnswer) -> Iterator[tuple[int, str]]:
    person = " ".join(part for part in (answer.first, answer.last) if part)
    charge = next((one.charge for one in answer.statuses if one.charge), "")
    facts = _joined(person, _day(answer.date), _money(charge))
    verdict = "accepted" if answer.accepted else "rejected"
    if not answer.statuses:
        verdict = "nothing said"
    yield 2, f"Claim {answer.id or 'without a number'}{', ' + facts if facts else ''}: {verdict}"
    if answer.payer_number:
        yield 4, f"the payer's number is {answer.payer_number}"
    if answer.clearinghouse:
        yield 4, f"the clearinghouse's number is {answer.clearinghouse}"
    yield from _reasons(answer.statuses, 4)
    for line in answer.lines:
        yield 4, _line(line)
        yield from _reasons(line.statuses, 6)


def _line(answer: LineAnswer) -> str:
    facts = _joined(_money(answer.charge), _day(answer.date), f"number {answer.number}" if answer.number else "")
    return f"Line {answer.procedure.partition(':')[2] or answer.procedure}{', ' + facts if facts else ''}"


def _verdict(statuses: list[StatusAnswer]) -> str:
    """The first word for a batch or provider."""
    if not statuses:
        return "nothing said"
    return "rejected" if any(one.rejects for one in statuses) else "received"


def _reasons(statuses: list[StatusAnswer], indent: int) -> Iterator[tuple[int, str]]:
    """Each status that says more than that all is well."""
    for answer in statuses:
        for status in answer.statuses:
            if status.category not in ("A1", "A2") or status.code not in ("19", "20"):
                yield indent, _status(status)
        if answer.message:
            yield indent, f"message: {answer.message}"


def _status(status: Status) -> str:
    category = words("STC01-1", status.category) or f"category {status.category}"
    what = words("STC01-2", status.code) or f"status {status.code}"
    who = words("STC01-3", status.entity) or status.entity
    codes = ":".join(part for part in status if part)
    return f"{category}: {what}{', of ' + who if who else ''} ({codes})"


def _coded(codes: str, code: str) -> str:
    said = words(codes, code)
    return f"{said} ({code})" if said else f"code {code}"


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _day(text: str) -> str:
    """A date or range of dates with hyphens, as it is where it is none."""
    try:
        return " to ".join(_iso(day(part)) for part in text.split("-")) if text else ""
    except ValueError:
        return text


def _iso(value: date) -> str:
    return value.isoformat()


def _money(text: str) -> str:
    try:
        return money_text(number(text), "0.00") if text else ""
    except ValueError:
        return text


def _folded(indent: int, text: str, width: int) -> list[str]:
    """Text in lines. Everything that is shown passes here, and is made harmless here."""
    blank = " " * indent
    return textwrap.wrap(
        printable(text), width, initial_indent=blank, subsequent_indent=blank + "  ", break_on_hyphens=False
    )
