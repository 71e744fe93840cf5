"""The short way: a claim payment of usual form is recognised whole and its rows are written without a walk.

A claim payment is plain where its segments, brought into the guide's order, have what is usual in them. Anything else,
and any block with quotes, control characters or bytes that are not ASCII, is walked. ``tests/test_rows.py`` holds
that both ways say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from bitewing.edi.delimiters import Delimiters
from bitewing.edi.framing import Block
from bitewing.edi.values import is_day
from bitewing.policies.rows.keys import Keys
from bitewing.policies.rows.order import APART, in_order
from bitewing.policies.rows.remit import REMARKS
from bitewing.policies.rows.text import Sheet

_LARGE = 16
"""Digits before the point that a column of money holds."""
NO_DAY = b"00000000"
_MOST_DAYS = 4096
_MOST_LINES = 1000
"""Lines, and adjustments before the last line, of a plain claim payment."""
_NUMBERS = [b"%d" % number for number in range(4 * _MOST_LINES)]
_ENDING = frozenset({b"CLP", b"SE", b"ST", b"GE", b"GS", b"IEA"})
"""Structural segments that end a claim payment; it goes on behind others."""
MOST = 1024
"""Claim payments written at once: what was written can then be taken away."""


@lru_cache(maxsize=64)
def _typed(delimiters: Delimiters) -> bytes | None:
    """Every byte that a block may hold: what people type, and the delimiters. None where a delimiter would need quotes
    in a row, or stands in amounts.
    """
    own = (delimiters.element, delimiters.component, delimiters.repetition, delimiters.segment)
    inner = (delimiters.component, delimiters.repetition)  # these may stand in a name, which is folded as ASCII
    if any(mark in (b'"', b"-", b".", b"\x1f") for mark in own) or any(not b" " < mark <= b"~" for mark in inner):
        return None
    return bytes({*range(32, 127), *b"\r\n\t", *b"".join(own)} - {*b'"'})


def usual(data: bytes, delimiters: Delimiters) -> bytes | None:
    """The block with ``APART`` between elements, where claim payments in it may be plain: no quotes, no control
    characters, nothing but ASCII. Else None.
    """
    typed = _typed(delimiters)
    if typed is None or data.translate(None, typed):
        return None
    return data.replace(delimiters.element, APART)


@lru_cache(maxsize=64)
def _patterns(delimiters: Delimiters) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Loop 2100 before its lines, and one line (or else anything, as the last group); elements apart by ``APART``, so
    that what stands side by side in the file and in a row is one group.
    """
    e, c, t = APART, re.escape(delimiters.component), re.escape(delimiters.segment)
    blank = re.escape(delimiters.filler)
    inside = b"[^" + e + t + rb"\r\n\t]*+"
    end = t + (b"[" + blank + b"]*+" if blank else b"")
    text, code = b"(" + inside + b")", b"([A-Z0-9]*+)"
    amount = rb"-?[0-9]{1,%d}+(?:\.[0-9]{0,2}+)?+" % _LARGE
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

    triplet = part + e + amount
    cas = (
        b"(?:CAS"
        + e
        + part
        + e
        + triplet
        + b"(?:"
        + e
        + part
        + e
        + triplet
        + b"){0,5}+(?:"
        + e
        + part
        + b")?+"
        + end
        + b")*+"
    )
    single = b"(?:CAS" + e + b"(" + part + e + triplet + b")" + end + b")?+"
    head = (
        b"CLP" + e + b"(" + (inside + e) * 2 + (amount + e) * 2 + b"(?:" + amount + b")?+" + (e + inside) * 2 + b")"
        + b"(?:" + e + inside + b"(?:" + e + text + b")?+)?+" + more
        + b"(" + cas + b")" + name(b"QC") + name(b"IL") + name(b"74") + name(b"82")
        + b"((?:M[IO]A" + more + b")*+)" + ref(b"1L") + ref(b"CE") + ref(b"F8")
        + dtm(b"232") + dtm(b"233") + dtm(b"050")
        + b"(?:(?:PER|AMT|QTY)" + more + b")*+"
    )  # fmt: skip
    line = (
        b"SVC" + e + b"(" + part + b")" + c + code + rest + e + b"(" + amount + e + amount + b")"
        + b"(?:" + e + inside + b"(?:" + e + b"(?:" + count + b")?+"
        + b"(?:" + e + b"(?:" + part + c + code + rest + b")?+(?:" + e + b"(?:" + count + b")?+)?+)?+)?+)?+" + end
        + dtm(b"472") + dtm(b"150") + dtm(b"151") + single * 2 + b"(" + cas + b")" + ref(b"6R")
        + b"(?:AMT" + e + b"B6" + e + b"(" + amount + b")" + end + b")?+"
        + b"((?:LQ" + e + b"HE" + e + part + end + b")*+)(?=SVC" + e + rb"|\Z)"
    )  # fmt: skip
    return re.compile(head + b"(?=SVC" + e + rb"|\Z)"), re.compile(line + b"|([^" + t + b"]*+" + t + b")")


class Plain:
    """Writes plain claim payments of one interchange. lines: how many SVC they had."""

    def __init__(self, sheet: Sheet, keys: Keys, start: int) -> None:
        self._sheet, self._keys, self._start = sheet, keys, start
        self._remits: list[bytes] = []
        self._lines: list[bytes] = []
        self._adjustments: list[bytes] = []
        self._remarks: list[bytes] = []
        self._good = {b""}  # days known to be days, and none
        self.lines = 0

    def run(self, said: bytes, block: Block, first: int, number: int, payment: int) -> int:
        """Write the claim payments of a block from one mark on, until one is not plain, and say how many they were: at
        most ``MOST``, and never the last of a block, which may go on in the next.

        said: what ``usual`` made of the block. number: of the first of them; payment: of the 835.
        """
        offsets, tags, delimiters = block.marks.offsets, block.marks.tags, block.delimiters
        begin, paid_by = block.base - self._start, b"%d" % payment
        last = min(first + MOST, len(tags) - 1)
        for index in range(first, last):
            start, stop = offsets[index], offsets[index + 1]
            if tags[index] != b"CLP" or tags[index + 1] not in _ENDING:
                return index - first
            place = (b"%d" % (number + index - first), paid_by, b"%d" % (begin + start))
            if not self._written(said, start, stop, place, delimiters):
                ordered = in_order(said[start:stop], delimiters)
                if ordered is None or not self._written(ordered, 0, len(ordered), place, delimiters):
                    return index - first
        return last - first

    def _written(
        self, said: bytes, start: int, stop: int, place: tuple[bytes, bytes, bytes], delimiters: Delimiters
    ) -> bool:
        """Write the claim payment at [start, stop), where it is plain; else nothing is written."""
        heads, services = _patterns(delimiters)
        head = heads.match(said, start, stop)
        if head is None:
            return False
        kept = len(self._lines), len(self._adjustments), len(self._remarks)
        end = head.end()
        found = services.findall(said, end, stop) if end < stop else []
        if len(found) > _MOST_LINES or not self._claim(head.groups(b""), found, place, delimiters.segment):
            for rows, length in zip((self._lines, self._adjustments, self._remarks), kept, strict=True):
                del rows[length:]
            return False
        self.lines += len(found)
        return True

    def _claim(
        self, head: tuple[bytes, ...], found: list[tuple[bytes, ...]], place: tuple[bytes, bytes, bytes], t: bytes
    ) -> bool:
        """Rows for a claim payment that the patterns found; False where it is not plain: they are not to be kept."""
        (clp, clp09, cas, qc_last, qc_first, qc_id, il_last, il_first, il_id, fix_last, fix_first, fix_id, _, _,
         rendering, advice, group, contract, original, first, last, received) = head  # fmt: skip
        own = place[0]
        adjusted = _adjust(self._adjustments, own, b"0", 0, cas, t) if cas else 0
        if advice:
            self._remarks += [APART.join((own, b"0", remark + b"\n")) for remark in _advice(advice, t)]
        days = self._services(own, found, adjusted, t)
        good = self._good
        if days is None or not all(day in good or self._is_day(day) for day in (first, last, received)):
            return False
        begins, ends = days
        keys = self._keys
        fixed = APART
        if fix_last:
            name, _, member = keys.plain(fix_last, fix_first, fix_id).split(APART)
            fixed = member + APART + name
        if not qc_last:
            qc_last, qc_first = il_last, il_first
        self._remits.append(
            APART.join((*place, clp, clp09, keys.plain(qc_last, qc_first, il_id or qc_id), fixed, rendering, group,
                        contract, original, first or min(begins, default=b""), last or max(ends, default=b""), received,
                        b"%d\n" % len(found)))
        )  # fmt: skip
        return True

    def _services(
        self, own: bytes, found: list[tuple[bytes, ...]], adjusted: int, t: bytes
    ) -> tuple[list[bytes], list[bytes]] | None:
        """Rows for lines, and their first and last days; None where one is not plain. adjusted: adjustments so far."""
        join, numbers = APART.join, _NUMBERS
        add_line, add_adjustment = self._lines.append, self._adjustments.append
        days: tuple[list[bytes], list[bytes]] = ([], [])
        known_begin = known_end = b""
        for at, (qualifier, code, sums, count, sent_code, sent_count, day, begun, ended, cas, second, others, number,
                 allowed, lqs, other) in enumerate(found, 1):  # fmt: skip
            if other or adjusted > _MOST_LINES:
                return None
            line = numbers[at]
            if cas:
                adjusted += 1
                add_adjustment(join((own, line, numbers[adjusted], cas, b"\n")))
            if second:
                adjusted += 1
                add_adjustment(join((own, line, numbers[adjusted], second, b"\n")))
            if others:
                adjusted = _adjust(self._adjustments, own, line, adjusted, others, t)
            if lqs:
                codes = [piece.rpartition(APART)[2] for piece in lqs.split(t)[:-1]]
                self._remarks += [join((own, line, code + b"\n")) for code in codes if code]
            if day:
                begun = ended = day
            if begun != known_begin or ended != known_end:
                known_begin, known_end = begun, ended
                if not self._span(begun, ended, days):
                    return None
            count = count or b"1"
            add_line(
                join((own, line, qualifier, code, sent_code, sums, count, sent_count or count, number, begun, ended,
                      allowed + b"\n"))
            )  # fmt: skip
        return days

    def _span(self, begun: bytes, ended: bytes, days: tuple[list[bytes], list[bytes]]) -> bool:
        """Keep the days of a line; False where one is none."""
        for day, kept in zip((begun, ended), days, strict=True):
            if day not in self._good and not self._is_day(day):
                return False
            if day:
                kept.append(day)
        return True

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
            self._good.clear()
            self._good.add(b"")
        self._good.add(day)
        return True


def _adjust(rows: list[bytes], number: bytes, line: bytes, count: int, cas: bytes, t: bytes) -> int:
    """Rows for CAS segments, behind as many others; how many there are then."""
    for piece in cas.split(t)[:-1]:
        parts = piece.split(APART)
        for at in range(2, len(parts), 3):
            count += 1
            quantity = parts[at + 2] if at + 2 < len(parts) else b""
            rows.append(APART.join((number, line, b"%d" % count, parts[1], parts[at], parts[at + 1], quantity + b"\n")))
    return count


def _advice(advice: bytes, t: bytes) -> Iterator[bytes]:
    """The remark codes of MIA and MOA."""
    for piece in advice.split(t)[:-1]:
        parts = piece.split(APART)
        for at in REMARKS[parts[0].strip().decode()]:
            if at < len(parts) and parts[at]:
                yield parts[at]
