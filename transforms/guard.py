"""When a repair may be made: one guard for every pass that recodes lines of a Day.

The conditions P1 to P10 of the rule, and what must hold besides for the bytes to be certain. Each obstacle is a
sentence for the person who then has to decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from bitewing.edi.claim import MOST_LINES, Claim
from bitewing.edi.codes import CAPTURED_PERIAPICALS, FIRST_PA, FULL_SERIES, PERIAPICALS, procedures
from bitewing.edi.errors import BadValue
from bitewing.edi.line import Line
from bitewing.edi.values import CENT
from bitewing.transforms.day import Day, rendering
from bitewing.transforms.model import DATED

READS = PERIAPICALS | FULL_SERIES | CAPTURED_PERIAPICALS
"""What the guard must be able to see on other claims of the date."""
_PRICED = frozenset({"G1", "G3", "9A", "9C"})
_COPIED = frozenset({b"LX", b"SV3", b"TOO"})


def obstacles(day: Day, touched: Sequence[Line], becomes: Set[str], *, clash: Set[str] | None = None) -> list[str]:
    """Why the lines must not be recoded, nothing where they may.

    becomes: the codes that the lines will carry. clash: codes that must not stand on the date; by default those of a
    full series or of captured periapicals (P8).
    """
    clashing = FULL_SERIES | CAPTURED_PERIAPICALS if clash is None else clash
    found = [*_of_day(day, becomes, clashing)]
    ids = [claim.id for claim in day.claims]
    if len(set(ids)) < len(ids):
        found.append("two claims of the date have one number (CLM01), and may be one claim sent twice")
    concerned = dict.fromkeys(line.claim for line in (*day.possible(PERIAPICALS), *touched))
    for claim in concerned:
        found += _of_claim(claim)
    for line in touched:
        found += _of_line(line)
        said = day.facts.attested(line)
        if said is not None and said.images is not None and said.images != line.quantity:
            found.append(f"the attested record counts {said.images} images")
    return list(dict.fromkeys(found))


def split_obstacles(line: Line, added: int = 1) -> list[str]:
    """Why a line must not become two, beside what ``obstacles`` says (P9, P10, and what a copy would falsify)."""
    found = []
    if len(line.teeth) > 1:
        found.append("several teeth and several units stand on one line, and which film belongs to which is not said")
    if len(line.areas) > 1:
        found.append("several areas and several units stand on one line, and which film belongs to which is not said")
    if len(line.claim.lines) + added > MOST_LINES:
        found.append(f"the claim would have more than {MOST_LINES} lines")
    if line.charge is not None and line.charge != line.charge.quantize(CENT):
        found.append("its charge is not in whole cents")
    if [line.number for line in line.claim.lines] != [str(at) for at in range(1, len(line.claim.lines) + 1)]:
        found.append("its lines are not numbered 1, 2, 3 ... (LX)")
    if not all(_may_be_copied(line, piece) for piece in line.loop.pieces if piece) or line.adjudications:
        found.append("the line carries amounts or identifiers that cannot stand on two lines")
    return found


def _may_be_copied(line: Line, piece: bytes) -> bool:
    separator = line.loop.delimiters.element
    tag, _, rest = piece.partition(separator)
    qualifier = rest.partition(separator)[0]
    return tag in _COPIED or (tag, qualifier) in ((b"DTP", b"472"), (b"REF", b"6R"))


def _of_day(day: Day, becomes: Set[str], clashing: Set[str]) -> Iterator[str]:
    if day.kind != DATED or day.span is None:
        yield "its date of service is not one day"  # P4
    else:
        late = [code for code in becomes if code in procedures() and not procedures()[code].valid_on(day.span.start)]
        if late:
            yield f"{late[0]} is not valid on {day}"  # P4
    if not day.patient.complete:
        yield "the patient's name or birth date is missing, so other films of the date cannot be excluded"
    for claim in day.visit.unread:
        if any(code.encode() in claim.data.upper() for code in READS):
            yield "a claim that may be of this date carries films and cannot be read"  # P5, P8
            break
    if day.elsewhere({FIRST_PA}):
        yield "another line for a patient of this name and birth date carries D0220 on this date, or may be of it"  # P5
    if any(known.code == FIRST_PA for known in day.history):
        yield "D0220 was submitted before for this patient and date"  # P5
    if len({rendering(line) for line in day.possible(PERIAPICALS)}) > 1:
        yield "the periapicals of the date have different rendering providers"  # P6
    there = day.codes | {line.code for line in day.elsewhere(clashing)} | {known.code for known in day.history}
    there &= clashing
    if there:
        yield f"{min(there)} is reported on the same date"  # P8


def _of_claim(claim: Claim) -> Iterator[str]:
    if claim.frequency != "1":
        yield "a claim of the date replaces or voids an earlier one, or does not say that it is an original (CLM05-3)"
    head = claim.segment(b"CLM")
    if head is not None and head.element(19):
        yield "a claim of the date is a predetermination, or CLM19 says something else of it"  # P1
    if any(line.adjudications for line in claim.lines) or any(other.adjudicated for other in claim.other_subscribers):
        yield "another payer has already decided on the claim"  # P2
    if claim.charge is None or claim.charge != claim.total_of_lines:
        yield "the claim's total (CLM02) is not the sum of its lines (SV302)"  # P3
    if claim.pricing is not None or claim.repriced_id or claim.adjusted_repriced_id:
        yield "the claim was repriced"
    if claim.loop.misplaced():
        yield "a segment of the claim stands where the guide has none, so it may be meant for another place"
    twice = _said_twice(claim)
    if twice:
        yield f"{twice} is given twice"
    transaction = claim.transaction
    if not transaction.counted:
        yield "its transaction's count of segments (SE01) is wrong or missing, so a line may have been lost"
    elif transaction.closed != transaction.control:
        yield "its transaction begins and ends with different numbers (ST02, SE02), so it may be parts of two"
    if not transaction.enveloped:
        yield "the file is not closed as it should be (GE01, IEA01), so a claim may have been lost"


def _said_twice(claim: Claim) -> str:
    """What the guide has once and the claim has twice, so that nobody can say which holds; "" where nothing is."""
    level, billing = claim.level.loop, claim.billing_level.loop
    subscriber = claim.subscriber_level.loop
    people = [loop for one in (level, subscriber) for name in ("2010BA", "2010CA") for loop in one.loops(name)]
    lines = [line.loop for line in claim.lines]
    twice = (
        ("the practice", billing.times("2010AA") > 1),
        ("the subscriber", subscriber.times("2010BA") > 1),
        ("the payer", subscriber.times("2010BB") > 1),
        ("the patient", level.times("2010CA") > 1),
        ("a birth date", any(loop.repeats(b"DMG") for loop in people)),
        ("the rendering provider", claim.loop.times("2310B") > 1 or any(loop.times("2420A") > 1 for loop in lines)),
        ("a date of service", any(loop.repeats(b"DTP", b"472") for loop in (claim.loop, *lines))),
        ("a line's control number", any(loop.repeats(b"REF", b"6R") for loop in lines)),
    )
    return next((what for what, is_so in twice if is_so), "")


def _of_line(line: Line) -> Iterator[str]:
    if line.qualifier != "AD" or line.service is None:
        yield "the line's procedure is not given as AD"
    if any(ref.qualifier in _PRICED for ref in line.references):
        yield "the line carries an authorization or repricing number"  # P7
    if line.pricing is not None or line.sales_tax is not None or line.fixed_formats:
        yield "the line carries repricing, sales tax or file information (HCP, AMT*T, K3)"  # P7
    if line.service is not None and line.service.component(1, 2) != line.code:
        yield "the line's code is not written in capitals without blanks"
    if line.charge is None or line.charge < 0:
        yield "the line has no charge"
    try:
        units = line.units
    except BadValue:
        yield "the line's quantity (SV306) is not a whole number from 1"
        return
    if units > 1 and len(line.teeth) > 1:
        yield "several teeth and several units stand on one line"  # P9
