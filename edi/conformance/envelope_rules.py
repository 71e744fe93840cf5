"""What the envelope must hold, and the codes that answer it: TA105, AK905, IK502. All of it is SNIP type 1."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from bitewing.edi.conformance.fault import Scope
from bitewing.edi.conformance.rule import TELLS, Rule

_INTERCHANGE, _GROUP, _TRANSACTION = Scope.INTERCHANGE, Scope.GROUP, Scope.TRANSACTION

Check = tuple[int, Callable[[str], bool], Rule]
"""An element, whether it holds, and what is said where it does not."""

PARTIES = frozenset({"01", "14", "20", "27", "28", "29", "30", "33", "ZZ"})
"""ISA05 and ISA07."""

KINDS = {
    "BE": {"834"}, "FA": {"997", "999"}, "HB": {"271"}, "HC": {"837"}, "HI": {"278"}, "HN": {"277"}, "HP": {"835"},
    "HR": {"276"}, "HS": {"270"}, "RA": {"820"},
}  # fmt: skip
"""GS01 and the transactions (ST01) that its group holds."""


def is_day(text: str) -> bool:
    """Whether this is a day, YYMMDD or CCYYMMDD."""
    if not re.fullmatch(r"\d{6}|\d{8}", text, re.ASCII):
        return False
    full = text if len(text) == 8 else "20" + text
    try:
        date(int(full[:4]), int(full[4:6]), int(full[6:]))
    except ValueError:
        return False
    return True


def is_time(text: str) -> bool:
    """Whether this is a time of day: HHMM, HHMMSS, HHMMSSD or HHMMSSDD."""
    return re.fullmatch(r"([01]\d|2[0-3])[0-5]\d([0-5]\d\d{0,2})?", text, re.ASCII) is not None


def _digits(least: int, most: int) -> Callable[[str], bool]:
    shape = re.compile(rf"\d{{{least},{most}}}", re.ASCII)
    return lambda text: shape.fullmatch(text) is not None


def _one_of(*codes: str) -> Callable[[str], bool]:
    return frozenset(codes).__contains__


def _interchange(name: str, code: str, message: str, remedy: str, *, rejects: bool = True) -> Rule:
    return Rule(name, 1, _INTERCHANGE, code, message, remedy, rejects)


def _group(name: str, code: str, message: str, remedy: str) -> Rule:
    return Rule(name, 1, _GROUP, code, message, remedy)


def _transaction(name: str, code: str, message: str, remedy: str) -> Rule:
    return Rule(name, 1, _TRANSACTION, code, message, remedy)


OUTSIDE = _interchange(
    "bytes-outside-interchanges", "", "{count} bytes belong to no interchange", "send only ISA to IEA", rejects=TELLS
)
INSIDE = _interchange(
    "isa-inside-interchange", "022", "an ISA stands inside of an interchange", "close the one before it with IEA"
)
NOT_PADDED = _interchange(
    "isa-not-padded", "022", "ISA is not 106 bytes with its terminator", "pad its elements with blanks to their widths"
)
OUTSIDE_GROUP = _interchange(
    "segment-outside-group", "022", "a segment stands outside of any group", "put it between GS and GE, or take it out"
)
OUTSIDE_TRANSACTION = _interchange(
    "segment-outside-transaction",
    "024",
    "a segment stands in a group but outside of any transaction",
    "put it between ST and SE, or take it out",
)
GE_ALONE = _interchange("group-trailer-alone", "022", "GE closes a group that GS did not open", "add GS or take GE out")
SE_ALONE = _interchange(
    "transaction-trailer-alone", "024", "SE closes a transaction that ST did not open", "add ST or take SE out"
)
ST_OUTSIDE = _interchange(
    "transaction-outside-group", "022", "a transaction stands outside of any group", "put it between GS and GE"
)
REPETITION = _interchange(
    "repetition-separator-letter", "016", "ISA11 is a letter or digit", "send a punctuation character, such as ^"
)
OLD_REPETITION = _interchange(
    "repetition-separator-old",
    "",
    "ISA11 is U, as it was before version 00402: repeated elements cannot be told",
    "send a punctuation character, such as ^",
    rejects=TELLS,
)
ISA_REPEATED = _interchange(
    "interchange-number-repeated",
    "025",
    "ISA13 was used before in this file by the same sender for the same receiver",
    "give every interchange a number of its own",
)
GROUP_COUNT = _interchange(
    "group-count-untrue", "021", "IEA01 is not the number of groups: there are {count}", "set IEA01 to {count}"
)
ISA_NUMBER = _interchange(
    "interchange-numbers-differ", "001", "IEA02 is not the number in ISA13", "send the same number in both"
)
NO_IEA = _interchange(
    "interchange-trailer-missing", "023", "the interchange ends without IEA", "send the whole file again"
)
NOTHING = _interchange(
    "interchange-empty", "", "the interchange holds neither a group nor a TA1", "nothing was sent", rejects=TELLS
)

ISA: tuple[Check, ...] = tuple(
    (element, holds, _interchange(name, code, message, remedy))
    for element, holds, name, code, message, remedy in (
        (1, _one_of("00", "03"), "authorization-qualifier", "010", "ISA01 is neither 00 nor 03", "send 00"),
        (3, _one_of("00", "01"), "security-qualifier", "012", "ISA03 is neither 00 nor 01", "send 00"),
        (5, PARTIES.__contains__, "sender-qualifier", "005", "ISA05 is no qualifier in use", "send ZZ, or as agreed"),
        (6, lambda s: bool(s.strip()), "sender-missing", "006", "ISA06 is blank", "send your identifier as agreed"),
        (7, PARTIES.__contains__, "receiver-qualifier", "007", "ISA07 is no qualifier in use", "send as agreed"),
        (8, lambda s: bool(s.strip()), "receiver-missing", "008", "ISA08 is blank", "send the receiver's identifier"),
        (9, is_day, "interchange-date", "014", "ISA09 is not a date", "send YYMMDD"),
        (10, is_time, "interchange-time", "015", "ISA10 is not a time of day", "send HHMM"),
        (12, lambda s: s == "00501" or not _digits(5, 5)(s), "controls-version-unsupported", "003",
         "ISA12 names another version than 00501", "send 00501"),
        (12, _digits(5, 5), "controls-version-invalid", "017", "ISA12 is not a version", "send 00501"),
        (13, _digits(9, 9), "interchange-number-shape", "018", "ISA13 is not nine digits", "send nine digits"),
        (14, _one_of("0", "1"), "acknowledgment-request", "019", "ISA14 is neither 0 nor 1", "send 0 or 1"),
        (15, _one_of("P", "T"), "usage-indicator", "020", "ISA15 is neither P nor T", "send P, or T for a test"),
    )
)  # fmt: skip

NO_GE = _group("group-trailer-missing", "3", "the group ends without GE", "close every GS with GE")
GROUP_NUMBER = _group("group-numbers-differ", "4", "GE02 is not the number in GS06", "send the same number in both")
TRANSACTION_COUNT = _group(
    "transaction-count-untrue", "5", "GE01 is not the number of transactions: there are {count}", "set GE01 to {count}"
)
GROUP_REPEATED = _group(
    "group-number-repeated",
    "19",
    "GS06 was used before in this interchange",
    "give every group of an interchange a number of its own",
)

_NOT_GS = "024"
GS: tuple[Check, ...] = (
    (1, KINDS.__contains__, _group("group-kind-unknown", "1", "GS01 is not a kind of group in use here",
                                   "send HC for claims, HP for remittances")),
    *(
        (element, holds, _interchange(name, _NOT_GS, message, remedy))
        for element, holds, name, message, remedy in (
            (2, lambda s: 2 <= len(s) <= 15, "group-sender", "GS02 is not 2 to 15 characters", "send your code"),
            (3, lambda s: 2 <= len(s) <= 15, "group-receiver", "GS03 is not 2 to 15 characters", "send the receiver's"),
            (4, lambda s: len(s) == 8 and is_day(s), "group-date", "GS04 is not a date", "send CCYYMMDD"),
            (5, is_time, "group-time", "GS05 is not a time of day", "send HHMM"),
            (7, _one_of("X"), "group-agency", "GS07 is not X", "send X"),
        )
    ),
    (6, _digits(1, 9), _group("group-number-shape", "6", "GS06 is not one to nine digits", "send one to nine digits")),
    (8, lambda s: bool(s.strip()), _group("group-version-missing", "2", "GS08 is missing",
                                          "send the version of the guide, such as 005010X224A2")),
)  # fmt: skip

NO_SE = _transaction("transaction-trailer-missing", "2", "the transaction ends without SE", "close every ST with SE")
ST_NUMBER = _transaction(
    "transaction-numbers-differ", "3", "SE02 is not the number in ST02", "send the same number in both"
)
SEGMENT_COUNT = _transaction(
    "segment-count-untrue",
    "4",
    "SE01 is not the number of segments from ST to SE: there are {count}",
    "set SE01 to {count}",
)
KIND = _transaction(
    "transaction-of-another-kind",
    "6",
    "ST01 is not a transaction of the kind that GS01 names",
    "send 837 under HC, 835 under HP",
)
ST_NUMBER_SHAPE = _transaction(
    "transaction-number-shape", "7", "ST02 is not 4 to 9 characters", "send a number of 4 to 9 characters"
)
VERSION = _transaction(
    "transaction-version-differs", "I6", "ST03 is not the version in GS08", "send the same version in both"
)
ST_REPEATED = _transaction(
    "transaction-number-repeated",
    "23",
    "ST02 was used before in this group",
    "give every transaction of a group a number of its own",
)
