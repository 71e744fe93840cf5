"""999 (005010X231A1): what stands wrong in which segment and element, and which transactions are accepted.

One ST*999 answers one received group. What the 999 has no room for (a position of seven digits, a code outside of its
lists, a sixth code of a transaction) is left out and counted, and never makes the 999 itself invalid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from bitewing.edi.acks.model import GroupEnd, ReceivedGroup, ReceivedTransaction
from bitewing.edi.acks.standing import Standing, Verdict
from bitewing.edi.acks.text import composite, safe, segment
from bitewing.edi.conformance.fault import Fault, Scope

VERSION = b"005010X231A1"
GROUPS = frozenset({"BE", "HB", "HC", "HI", "HN", "HP", "HR", "HS", "RA"})
"""AK101: kinds of groups that are answered."""
TRANSACTIONS = frozenset({"270", "271", "276", "277", "278", "820", "834", "835", "837"})
"""AK201."""
GROUP_CODES = frozenset(
    {"1", "2", "3", "4", "5", "6", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "23", "24", "25", "26"}
)
"""AK905 to AK909."""
TRANSACTION_CODES = frozenset(
    {
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "9",
        "10",
        "11",
        "12",
        "13",
        "15",
        "16",
        "17",
        "18",
        "19",
        "23",
        "24",
        "25",
        "26",
        "27",
        "I5",
        "I6",
    }
)
"""IK502 to IK506."""
SEGMENT_CODES = frozenset({"1", "2", "3", "4", "5", "6", "7", "8", "I4", "I6", "I7", "I8", "I9"})
"""IK304."""
ELEMENT_CODES = frozenset(
    {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "I6", "I9", "I10", "I11", "I12", "I13"}
)
"""IK403."""
ELEMENTS_IN_ERROR = "8"
SEGMENTS_IN_ERROR = "5"
MOST_CODES = 5
LAST_POSITION = 999_999
"""IK302 has six digits."""
LAST_ELEMENT, LAST_REPETITION = 99, 9999


class GroupTotals:
    """What AK9 says, gathered while the transactions of a group pass."""

    def __init__(self) -> None:
        self.verdicts: Counter[Verdict] = Counter()

    def add(self, verdict: Verdict) -> None:
        """One more transaction."""
        self.verdicts[verdict] += 1

    @property
    def accepted(self) -> int:
        """Transactions accepted, with errors or without."""
        return self.verdicts[Verdict.ACCEPTED] + self.verdicts[Verdict.WITH_ERRORS]


def can_name(group: ReceivedGroup) -> bool:
    """Whether AK1 can name the group: a kind that is answered, a number of at most nine digits, a version."""
    number = group.control.isascii() and group.control.isdigit() and len(group.control) <= 9
    return group.kind in GROUPS and number and bool(safe(group.version, 12))


def group_begins(group: ReceivedGroup, control: bytes) -> Iterator[bytes]:
    """ST and AK1. control: ST02 of the answer."""
    yield segment(b"ST", b"999", control, VERSION)
    yield segment(b"AK1", group.kind.encode(), group.control.encode(), safe(group.version, 12))


def transaction_answered(standing: Standing, untold: Counter[str]) -> Iterator[bytes]:
    """AK2, the errors in order of their places, IK5.

    Nothing where AK2 cannot name the transaction, or where it is rejected with its group only: AK9 says that.
    """
    transaction, verdict = standing.transaction, standing.verdict
    control = safe(transaction.control, 9, 4)
    if (
        transaction.kind not in TRANSACTIONS
        or not control
        or control != transaction.control.encode("latin-1", "replace")
    ):
        untold["a transaction whose kind or control number (ST01, ST02) a 999 cannot repeat"] += 1
        return
    if standing.refused and not any(fault.code for fault in standing.faults):
        return
    yield segment(b"AK2", transaction.kind.encode(), control, safe(transaction.version, 35))
    told = False
    for one in _errors(standing.faults, transaction, untold):
        told = True
        yield one
    codes = _codes((f for f in standing.faults if f.scope is Scope.TRANSACTION), TRANSACTION_CODES, untold)
    if told or (verdict is Verdict.REJECTED and not codes):
        codes.append(SEGMENTS_IN_ERROR)
    codes = list(dict.fromkeys(codes))
    if verdict is Verdict.ACCEPTED:
        codes = []
    yield segment(b"IK5", verdict.value.encode(), *_most(codes, untold))


def group_ends(end: GroupEnd, totals: GroupTotals, faults: Sequence[Fault], untold: Counter[str]) -> Iterator[bytes]:
    """AK9. faults: those of the group; one that rejects makes it R with nothing accepted."""
    accepted = 0 if rejects_group(faults) else totals.accepted
    if rejects_group(faults) or (end.transactions and not accepted):
        verdict = b"R"
    elif accepted < end.transactions:
        verdict = b"P"
    else:
        verdict = b"E" if faults or totals.verdicts[Verdict.WITH_ERRORS] else b"A"
    sent = end.claimed
    claimed = int(sent) if sent.isascii() and sent.isdigit() and len(sent) <= 6 else end.transactions
    counts = (min(count, LAST_POSITION) for count in (claimed, end.transactions, accepted))
    own = [fault for fault in faults if fault.scope is Scope.GROUP]
    if len(own) < len(faults):
        untold["a segment between the transactions of a group"] += len(faults) - len(own)
    codes = _most(list(dict.fromkeys(_codes(own, GROUP_CODES, untold))), untold)
    yield segment(b"AK9", verdict, *(b"%d" % count for count in counts), *codes)


def rejects_group(faults: Sequence[Fault]) -> bool:
    """Whether faults of a group reject all that is in it."""
    return any(fault.rejects for fault in faults)


def _errors(faults: Iterable[Fault], transaction: ReceivedTransaction, untold: Counter[str]) -> Iterator[bytes]:
    """IK3 with CTX and IK4: one IK3 for each segment and code."""
    found = (fault for fault in faults if fault.scope >= Scope.SEGMENT)
    told = (fault for fault in found if _tellable(fault, untold))
    for _, here in groupby(told, key=lambda fault: fault.where.position):
        by_segment: dict[tuple[str, str, str], list[Fault]] = {}
        for fault in here:
            code = fault.code if fault.scope is Scope.SEGMENT else ELEMENTS_IN_ERROR
            by_segment.setdefault((fault.where.segment, fault.where.loop, code), []).append(fault)
        for (name, loop, code), same in by_segment.items():
            where = same[0].where
            # An identifier is two or three characters: what is longer is cut, what is shorter filled up with ?.
            identifier = safe(name, 3).ljust(2, b"?")
            yield segment(b"IK3", identifier, b"%d" % where.position, safe(loop, 4), code.encode())
            yield from _business_unit(same, transaction)
            yield from dict.fromkeys(_element(fault) for fault in same if fault.scope is Scope.ELEMENT)


def _tellable(fault: Fault, untold: Counter[str]) -> bool:
    where = fault.where
    known = ELEMENT_CODES if fault.scope is Scope.ELEMENT else SEGMENT_CODES
    if not fault.code:
        return False  # for the 277CA and for people, not for a 999
    if fault.code not in known:
        untold["a code that a 999 does not have"] += 1
    elif not 0 < where.position <= LAST_POSITION:
        untold["a place outside of a transaction or beyond its segment 999999"] += 1
    elif fault.scope is Scope.ELEMENT and not 0 < where.element <= LAST_ELEMENT:
        untold["an element beyond the 99th of its segment"] += 1
    else:
        return True
    return False


def _business_unit(faults: Sequence[Fault], transaction: ReceivedTransaction) -> Iterator[bytes]:
    """CTX: the claim (CLM01) or the remittance (TRN02) that the segment belongs to, at most 35 characters."""
    name = b"TRN02" if transaction.kind == "835" else b"CLM01"
    value = transaction.reference if transaction.kind == "835" else faults[0].where.claim
    if transaction.kind in ("835", "837") and (said := safe(value, 35)):
        yield segment(b"CTX", composite(name, said))


def _element(fault: Fault) -> bytes:
    where = fault.where
    component = where.component if where.component <= LAST_ELEMENT else 0
    repetition = where.repetition if where.repetition <= LAST_REPETITION else 0
    place = composite(*(b"%d" % at if at else b"" for at in (where.element, component, repetition)))
    number = where.data_element
    reference = number.encode() if number.isascii() and number.isdigit() and len(number) <= 4 else b""
    return segment(b"IK4", place, reference, fault.code.encode(), safe(fault.value, 99))


def _codes(faults: Iterable[Fault], known: frozenset[str], untold: Counter[str]) -> list[str]:
    codes = []
    for fault in faults:
        if fault.code in known:
            codes.append(fault.code)
        elif fault.code:
            untold["a code that a 999 does not have"] += 1
    return codes


def _most(codes: list[str], untold: Counter[str]) -> list[bytes]:
    if len(codes) > MOST_CODES:
        untold["more than five codes of one transaction or group"] += len(codes) - MOST_CODES
    return [code.encode() for code in codes[:MOST_CODES]]
