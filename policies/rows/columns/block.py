"""The plain claim payments of a block, all at once: which they are, and what is in them.

Says what ``../remit.py`` says of the same bytes. A claim payment is plain where everything in it is: segments that
stand in a claim payment and no others, those that count once there once, every value of the usual form.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bitewing.edi.framing import Block
from bitewing.policies.rows.columns.kinds import Kinds
from bitewing.policies.rows.columns.segments import Flags, Group, Numbers, Segments, Spans, Which, is_all, joined
from bitewing.policies.rows.columns.typed import amounts, counts, days, procedures
from bitewing.policies.rows.remit import REMARKS

_TRIPLETS = 6
_QUALIFIERS = {
    b"NM1": (b"QC", b"IL", b"74", b"82"),
    b"REF": (b"1L", b"CE", b"F8", b"6R"),
    b"DTM": (b"232", b"233", b"050", b"472", b"150", b"151"),
    b"AMT": (b"B6",),
}


class Known(NamedTuple):
    """Numbers (cents, days), and which of them are there."""

    values: Numbers
    there: Flags

    def of(self, which: Which) -> Known:
        """Some of them."""
        return Known(self.values[which], self.there[which])

    def spread(self, places: Numbers, size: int) -> Known:
        """The same at other places among ``size``."""
        if is_all(places, size):
            return self
        values, there = np.zeros(size, np.int64), np.zeros(size, np.bool_)
        values[places], there[places] = self
        return Known(values, there)


class PlainBlock:
    """What stands in the claim payments of a block. plain: of each mark of the block, 1 where it begins a claim payment
    that is plain and whole: of others nothing that is said here counts.
    """

    def __init__(self, block: Block) -> None:
        self.segments = Segments(block.data, block.delimiters)
        self.kinds = kinds = Kinds(self.segments, block.delimiters)
        self._component = block.delimiters.component[0]
        self._groups: dict[tuple[bytes, bytes], Group] = {}
        for tag, qualifiers in _QUALIFIERS.items():
            self._part(tag, qualifiers)
        self.clp, self.svc = kinds.clp, kinds.svc
        self._names()
        self._days()
        self._triplets()
        self._sums()
        self._procedures()
        self._remarks()
        marks = np.array([tag == b"CLP" for tag in block.marks.tags], np.bool_)
        self.places = np.array(block.marks.offsets, np.int64)[marks]
        """Of each CLP, where it stands in the block."""
        self.ordinals = np.cumsum(marks) - 1
        """Of each mark that is a CLP, its place among these."""
        # Framing has found the same CLP: else nothing is plain.
        if len(self.places) == len(self.clp):
            marks[marks] = ~kinds.bad
        else:
            marks[:] = False
        self.plain: bytes = marks.tobytes()

    def _part(self, tag: bytes, qualifiers: tuple[bytes, ...]) -> None:
        group = self.kinds.group(tag)
        if tag != b"NM1":
            self.kinds.spoil(group.which, group.elements > 1)  # it counts, but as one that says nothing
        for each, found in zip(qualifiers, self.kinds.qualified(group, tag, *qualifiers), strict=True):
            self._groups[tag, each] = found

    def _names(self) -> None:
        clp, kinds = len(self.clp), self.kinds
        self.people: dict[str, list[Spans]] = {}
        for name, who in (("patient", b"QC"), ("subscriber", b"IL"), ("corrected", b"74")):
            found, owner = kinds.once(self._groups[b"NM1", who], line=None)
            self.people[name] = [found.element(number).spread(owner, clp) for number in (3, 4, 9)]
            if name == "patient":
                self.named = np.zeros(clp, np.bool_)
                self.named[owner] = True
        self.rendering = kinds.text(self._groups[b"NM1", b"82"], 9, line=None)
        self.group_no, self.contract, self.original = (
            kinds.text(self._groups[b"REF", which], 2, line=False) for which in (b"1L", b"CE", b"F8")
        )
        self.ref6r = kinds.text(self._groups[b"REF", b"6R"], 2, line=True)

    def _days(self) -> None:
        self.first, self.last, self.received = (self._day(which, False) for which in (b"232", b"233", b"050"))
        whole, begun, ended = (self._day(which, True) for which in (b"472", b"150", b"151"))
        self.begun, self.ended = (
            Known(np.where(whole.there, whole.values, other.values), whole.there | other.there)
            for other in (begun, ended)
        )

    def _day(self, which: bytes, line: bool) -> Known:
        found, owner = self.kinds.once(self._groups[b"DTM", which], line=line)
        size = self.kinds.owners(line)
        if not len(found):
            return Known(np.zeros(size, np.int64), np.zeros(size, np.bool_))
        value, there, usual = days(self.segments, found.element(2))
        self.kinds.spoil(found.which, usual & there)
        return Known(value, there).spread(owner, size)

    def _triplets(self) -> None:
        """CAS: a row for each triplet, in the order of the file."""
        group, block = self.kinds.group(b"CAS"), self.segments
        self.kinds.spoil(group.which, group.elements <= 1 + 3 * _TRIPLETS)
        most = min(int(group.elements.max(initial=0)), 1 + 3 * _TRIPLETS)
        where, parts = [], []
        for at in range(2, max(most, 2) + 1, 3):
            here = group.of(group.elements >= at, block)
            group_code, *triplet = [here.element(number) for number in (1, at, at + 1, at + 2)]
            some = triplet[0].length + triplet[1].length + triplet[2].length > 0
            found = [here.which, *(array for each in (group_code, *triplet) for array in each)]
            if not some.all():
                found = [array[some] for array in found]
            where.append(found[0])
            parts.append(found[1:])
        arrays = [np.concatenate(each) for each in zip(*parts, strict=True)]
        self.cas: Numbers = np.concatenate(where)
        if len(where) > 1:
            order = np.argsort(self.cas, kind="stable")  # triplets of one segment stay in their order
            self.cas, arrays = self.cas[order], [array[order] for array in arrays]
        spans = [Spans(*arrays[at : at + 2]) for at in range(0, 8, 2)]
        self.group_code, self.reason, self._amount, self.quantity = spans

    def _sums(self) -> None:
        """Every amount of the block in one go."""
        clp, svc = self.clp, self.svc
        allowed, owner = self.kinds.once(self._groups[b"AMT", b"B6"], line=True)
        spans = [*(clp.element(number) for number in (3, 4, 5)), svc.element(2), svc.element(3), allowed.element(2),
                 self._amount]  # fmt: skip
        values, there, usual = amounts(self.segments, joined(spans))
        if not usual.all():
            where = [clp.which, clp.which, clp.which, svc.which, svc.which, allowed.which, self.cas]
            self.kinds.spoil(np.concatenate(where), usual)
        cuts = np.cumsum([len(each.start) for each in spans])[:-1]
        found = [Known(*each) for each in zip(np.split(values, cuts), np.split(there, cuts), strict=True)]
        self.claim_sums, self.line_sums, self.amount = found[:3], found[3:5], found[6]
        self.allowed = found[5].spread(owner, len(svc))

    def _procedures(self) -> None:
        svc, block = self.svc, self.segments
        said = svc.element(1)
        self.procedure = procedures(block, said, self._component)
        count = counts(block, svc.element(5))
        self.kinds.spoil(svc.which, self.procedure.usual & count.usual & (said.length > 0))
        self.units = np.where(count.there, count.values, 1)
        # SVC06 and SVC07 stand in few lines: where the payer changed what was sent.
        rows = np.flatnonzero(svc.elements > 5)
        changed = Group(block, svc.which[rows])
        sent, count = procedures(block, changed.element(6), self._component), counts(block, changed.element(7))
        self.kinds.spoil(changed.which, sent.usual & count.usual)
        self.sent_code = sent.code.spread(rows, len(svc))
        self.sent_units = self.units.copy()
        self.sent_units[rows[count.there]] = count.values[count.there]

    def _remarks(self) -> None:
        """LQ of HE and RX wherever they stand, MIA and MOA before the first line: in the order of the file."""
        group, kinds = self.kinds.group(b"LQ"), self.kinds
        said = kinds.qualified(group, b"LQ", b"HE", b"RX")
        rows, codes = [each.which for each in said], [each.element(2) for each in said]
        for tag, numbers in REMARKS.items():
            advice = kinds.group(tag.encode())
            if len(advice):
                advice = advice.of(kinds.number(advice.which) == 0, self.segments)
                rows += [advice.which] * len(numbers)
                codes += [advice.element(number) for number in numbers]
        where, code = np.concatenate(rows), joined(codes)
        some = code.length > 0
        order = np.flatnonzero(some)
        if len(rows) > 1:
            order = order[np.argsort(code.start[order], kind="stable")]
        self.remark, self.remark_code = where[order], code.of(order)
