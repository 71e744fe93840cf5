"""The short way: a claim payment of usual form is recognised whole and its rows are written without a walk.

A claim payment is plain where its segments stand in the guide's order, each with what is usual in it. Anything else,
and any block with quotes, control characters or bytes that are not ASCII, is walked. ``tests/test_rows.py`` holds
that both ways say the same.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.framing import Block
from bitewing.edi.values import is_day
from bitewing.policies.rows.keys import Keys
from bitewing.policies.rows.text import Sheet

_LARGE = 16
"""Digits before the point that a column of money holds."""
NO_DAY = b"00000000"
_MOST_DAYS = 4096
_NUMBERS = [b"%d" % number for number in range(1000)]
"""Numbers of lines; a claim payment with more is walked."""


@lru_cache(maxsize=64)
def _typed(delimiters: Delimiters) -> bytes | None:
    """Every byte that a block may hold: what people type, and the delimiters. None where a delimiter would need quotes
    in a row, or stands in amounts.
    """
    own = (delimiters.element, delimiters.component, delimiters.repetition, delimiters.segment)
    if any(mark in (b'"', b"-", b".", b"\x1f") for mark in own):
        return None
    return bytes({*range(32, 127), *b"\r\n\t", *b"".join(own)} - {*b'"'})


def usual(data: bytes, delimiters: Delimiters) -> bool:
    """Whether claim payments of a block may be plain: no quotes, no control characters, nothing but ASCII."""
    typed = _typed(delimiters)
    return typed is not None and not data.translate(None, typed)


@lru_cache(maxsize=64)
def _patterns(delimiters: Delimiters) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Loop 2100 before its lines, and one line (or else anything, as the last group)."""
    e, c, t = (re.escape(mark) for mark in (delimiters.element, delimiters.component, delimiters.segment))
    blank = re.escape(delimiters.filler)
    inside = b"[^" + e + t + rb"\r\n\t]*+"
    end = t + (b"[" + blank + b"]*+" if blank else b"")
    text, code = b"(" + inside + b")", b"([A-Z0-9]*+)"
    money = rb"(-?[0-9]{1,%d}+(?:\.[0-9]{0,2}+)?+)" % _LARGE
    count = rb"(0|-?[1-9][0-9]{0,8}+)"
    day = b"([0-9]{8})"
    more = b"(?:" + e + inside + b")*+" + end
    part = b"[^" + e + t + c + rb"\r\n\t]*+"
    rest = b"(?:" + c + inside + b")?+"

    def ref(qualifier: bytes) -> bytes:
        return b"(?:REF" + e + qualifier + e + text + more + b")?+"

    def dtm(qualifier: bytes) -> bytes:
        return b"(?:DTM" + e + qualifier + e + day + end + b")?+"

    def name(qualifier: bytes) -> bytes:
        skip, known = e + inside, b"(" + inside[:-2] + b"++)"
        member = b"(?:" + skip * 4 + e + text + b")?+"
        return b"(?:NM1" + e + qualifier + e + inside + e + known + b"(?:" + e + text + member + b")?+" + more + b")?+"

    cas = b"(?:CAS" + e + part + (b"(?:" + e + part + e + money[1:-1] + b"(?:" + e + part + b")?+)") + end + b")*+"
    known = part[:-2] + b"++"
    single = b"(?:CAS" + e + b"(" + part + b")" + e + b"(" + known + b")" + e + money + end + b")?+"
    head = (
        b"CLP" + e + text + e + text + e + money + e + money + e + b"(?:" + money + b")?+"
        + b"(?:" + e + text + b"(?:" + e + text + b"(?:" + e + inside + b"(?:" + e + text + b")?+)?+)?+)?+" + more
        + b"(" + cas + b")" + name(b"QC") + name(b"IL") + name(b"74") + name(b"82")
        + ref(b"1L") + ref(b"CE") + ref(b"F8") + dtm(b"232") + dtm(b"233") + dtm(b"050")
        + b"(?:(?:PER|AMT|QTY)" + more + b")*+"
    )  # fmt: skip
    line = (
        b"SVC" + e + b"(" + part + b")" + c + code + rest + e + money + e + money
        + b"(?:" + e + inside + b"(?:" + e + b"(?:" + count + b")?+"
        + b"(?:" + e + b"(?:" + part + c + code + rest + b")?+(?:" + e + b"(?:" + count + b")?+)?+)?+)?+)?+" + end
        + dtm(b"472") + dtm(b"150") + dtm(b"151") + single + b"(" + cas + b")" + ref(b"6R")
        + b"(?:AMT" + e + b"B6" + e + money + end + b")?+"
        + b"((?:LQ" + e + b"HE" + e + part + end + b")*+)(?=SVC" + e + rb"|\Z)"
    )  # fmt: skip
    return re.compile(head + b"(?=SVC" + e + rb"|\Z)"), re.compile(line + b"|([^" + t + b"]*+" + t + b")")


class Plain:
    """Writes plain claim payments of one interchange."""

    def __init__(self, sheet: Sheet, keys: Keys, start: int) -> None:
        self._sheet, self._keys, self._start = sheet, keys, start
        self._remits: list[bytes] = []
        self._lines: list[bytes] = []
        self._adjustments: list[bytes] = []
        self._remarks: list[bytes] = []
        self._good = {b""}  # days known to be days, and none

    def claim(self, data: bytes, start: int, stop: int, block: Block, number: int, payment: int) -> int:
        """Write the claim payment at [start, stop) of a block and say how many lines it has; -1 where it is not plain:
        nothing is then written.
        """
        heads, services = _patterns(block.delimiters)
        head = heads.match(data, start, stop)
        if head is None:
            return -1
        (clp01, clp02, charge, paid, share, filing, clp07, clp09, cas,
         qc_last, qc_first, qc_id, il_last, il_first, il_id, fix_last, fix_first, fix_id, _, _, rendering,
         group, contract, original, first, last, received) = head.groups(b"")  # fmt: skip
        found = services.findall(data, head.end(), stop) if head.end() < stop else []
        e, t = block.delimiters.element, block.delimiters.segment
        join = b"\x1f".join
        adjustments: list[bytes] = []
        remarks: list[bytes] = []
        begins: list[bytes] = []
        ends: list[bytes] = []
        own_number = b"%d" % number
        if cas:
            _adjust(adjustments, own_number, b"0", cas, e, t)
        lines = _services(found, own_number, (adjustments, remarks, begins, ends), e, t)
        if lines is None:
            return -1
        at = len(lines)
        good = self._good
        for day in {first, last, received, *begins, *ends}:
            if day not in good and not self._is_day(day):
                return -1
        keys = self._keys
        who_last, who_first = (qc_last, qc_first) if qc_last else (il_last, il_first)
        name, surname = who_last.decode("latin-1"), who_first.decode("latin-1")
        fixed, fixed_name = b"", b""
        if fix_last:
            fixed = keys.member(fix_id.decode("latin-1")).encode()
            fixed_name = keys.name(fix_last.decode("latin-1"), fix_first.decode("latin-1")).encode()
        self._remits.append(
            join((own_number, b"%d" % payment, b"%d" % (block.base + start - self._start), clp01, clp02, charge, paid,
                  share, filing, clp07, clp09, keys.name(name, surname).encode(), keys.last(name).encode(),
                  keys.member((il_id or qc_id).decode("latin-1")).encode(), fixed, fixed_name, rendering, group,
                  contract, original, first or min(filter(None, begins), default=b""),
                  last or max(filter(None, ends), default=b""), received, b"%d\n" % at))
        )  # fmt: skip
        self._lines += lines
        self._adjustments += adjustments
        self._remarks += remarks
        return at

    def flush(self) -> None:
        """Hand over what was written, so that rows stay in order."""
        put = self._sheet.lines
        for table, rows in (
            ("remits", self._remits),
            ("remit_lines", self._lines),
            ("remit_adjustments", self._adjustments),
            ("remit_remarks", self._remarks),
        ):
            if rows:
                put(table, b"".join(rows))
                rows.clear()

    def _is_day(self, day: bytes) -> bool:
        if day == NO_DAY or not is_day(day):
            return False
        if len(self._good) > _MOST_DAYS:
            self._good = {b""}
        self._good.add(day)
        return True


def _services(
    found: list[tuple[bytes, ...]],
    own_number: bytes,
    into: tuple[list[bytes], list[bytes], list[bytes], list[bytes]],
    e: bytes,
    t: bytes,
) -> list[bytes] | None:
    """Rows for the lines that the pattern found, None where one is not plain. into: rows of adjustments and remarks,
    first and last days.
    """
    adjustments, remarks, begins, ends = into
    join, numbers = b"\x1f".join, _NUMBERS
    lines: list[bytes] = []
    if len(found) >= len(numbers):
        return None
    for at, (qualifier, code, billed, got, count, sent_code, sent_count, day, begun, ended, grouped, reason, amount,
         cas, own, allowed, lqs, other) in enumerate(found, 1):  # fmt: skip
        if other:
            return None
        place = numbers[at]
        if reason:
            adjustments.append(
                join((own_number, place, b"%d" % (len(adjustments) + 1), grouped, reason, amount, b"\n"))
            )
            if cas:
                _adjust(adjustments, own_number, place, cas, e, t)
        elif cas:
            _adjust(adjustments, own_number, place, cas, e, t)
        if lqs:
            for lq in lqs.split(t)[:-1]:
                remark = lq.split(e)[2]
                if remark:
                    remarks.append(join((own_number, place, remark + b"\n")))
        if day:
            begun = ended = day
        begins.append(begun)
        ends.append(ended)
        count = count or b"1"
        lines.append(
            join((own_number, place, qualifier, code, sent_code, billed, got, count, sent_count or count, own,
                  begun, ended, allowed + b"\n"))
        )  # fmt: skip
    return lines


def _adjust(rows: list[bytes], number: bytes, line: bytes, cas: bytes, e: bytes, t: bytes) -> None:
    """Rows for CAS segments of three elements, or of four with a quantity."""
    for piece in cas.split(t)[:-1]:
        parts = piece.split(e)
        quantity = parts[4] if len(parts) > 4 else b""
        place = b"%d" % (len(rows) + 1)
        rows.append(b"\x1f".join((number, line, place, parts[1], parts[2], parts[3], quantity + b"\n")))
