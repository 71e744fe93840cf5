"""Which segments of a block stand in claim payments, of what kind they are, and whose."""

from __future__ import annotations

import numpy as np

from bitewing.edi.delimiters import Delimiters
from bitewing.policies.rows.columns.segments import Flags, Group, Numbers, Segments, Spans
from bitewing.policies.rows.remit import OWN

_ENDS = (b"SE", b"ST", b"GE", b"GS", b"IEA")
_CLOSING = (b"LX", b"TS3", b"TS2")
_OWN = tuple(sorted(tag.encode() for tag in OWN))
_SHORT = 3
"""Bytes of a head of two letters with its separator; others have four."""


class Kinds:
    """Claim payments and lines of a block, and what stands in them. bad: claim payments that are not plain."""

    def __init__(self, segments: Segments, delimiters: Delimiters) -> None:
        self.segments = segments
        self._separator = delimiters.element
        self._tags = {4: segments.heads.astype(np.uint32)}
        self._tags[_SHORT] = self._tags[4] & np.uint32(0xFFFFFF)
        clp, ends = self._is(b"CLP"), self._is(*_ENDS)
        self._claim = self._claims(clp, ends)
        outside = self._claim < 0
        for tags in self._tags.values():
            tags[outside] = 0
        self.clp = self.group(b"CLP")
        self.svc = self.group(b"SVC")
        self._line: Numbers = np.repeat(
            np.arange(-1, len(self.svc)), np.diff(self.svc.which, prepend=0, append=segments.count)
        )
        self.before: Numbers = self._line[self.clp.which] + 1
        """Of each claim payment, how many lines of the block stand before it."""
        self.bad: Flags = np.zeros(len(self.clp), np.bool_)
        self._look(clp, ends, outside)

    def _claims(self, clp: Flags, ends: Flags) -> Numbers:
        """Of each segment, the claim payment it stands in; -1 for none."""
        cuts = np.flatnonzero(clp | ends)
        begins = clp[cuts]
        owners = np.where(begins, np.cumsum(begins) - 1, -1)
        return np.repeat(np.append(-1, owners), np.diff(cuts, prepend=0, append=len(clp)))

    def _look(self, clp: Flags, ends: Flags, outside: Flags) -> None:
        """Whatever is no segment of a claim payment makes the one that it stands in not plain."""
        if len(outside) and not outside[-1]:
            self.bad[-1] = True  # it may go on in the next block
        closing = self._is(*_CLOSING)
        known = self._is(*_OWN) | clp | closing | outside
        if not known.all():
            self.spoil(np.flatnonzero(~known))
        if closing.any():
            # Nothing but the next claim payment follows what closes one.
            at = np.flatnonzero(closing[:-1] & ~closing[1:])
            self.spoil(at[self._claim[at] == self._claim[at + 1]])
        self.spoil(self.segments.odd())

    def _is(self, *tags: bytes) -> Flags:
        """Which segments have one of these identifiers."""
        found: Flags = np.zeros(self.segments.count, np.bool_)
        for tag in tags:
            head = tag + self._separator
            found |= self._tags[len(head)] == np.uint32(int.from_bytes(head, "little"))
        return found

    def group(self, tag: bytes) -> Group:
        """The segments of claim payments with this identifier."""
        return Group(self.segments, np.flatnonzero(self._is(tag)))

    def qualified(self, group: Group, tag: bytes, *qualifiers: bytes) -> list[Group]:
        """Those that begin with this element, for each of some. Eight bytes at most, with separators."""
        heads, made = self.segments.heads[group.which], []
        for qualifier in qualifiers:
            said = self._separator.join((tag, qualifier, b""))
            found = (heads & np.uint64((1 << 8 * len(said)) - 1)) == np.uint64(int.from_bytes(said, "little"))
            made.append(group.of(found, self.segments))
        return made

    def spoil(self, segments: Numbers, usual: Flags | None = None) -> None:
        """What is not usual takes its claim payment with it."""
        if usual is not None:
            if usual.all():
                return
            segments = segments[~usual]
        claims = self._claim[segments[segments >= 0]]
        self.bad[claims[claims >= 0]] = True

    def claim(self, segments: Numbers) -> Numbers:
        """Of each segment, the claim payment it stands in."""
        found: Numbers = self._claim[segments]
        return found

    def number(self, segments: Numbers) -> Numbers:
        """Of each segment, the line it stands in, from 1 in its claim payment; 0 before the first."""
        found: Numbers = self._line[segments] - self.before[self._claim[segments]] + 1
        return found

    def once(self, group: Group, *, line: bool | None) -> tuple[Group, Numbers]:
        """Segments that count once, and whose they are: of the claim payment, wherever they stand in it (line is None)
        or before its first line, or of a line. A second one makes the claim payment not plain.
        """
        if line is not None and len(group):
            group = group.of((self.number(group.which) > 0) == line, self.segments)
        owner: Numbers = (self._line if line else self._claim)[group.which]
        again = owner[1:] == owner[:-1]
        if again.any():
            self.spoil(group.which[1:][again])
        return group, owner

    def owners(self, line: bool | None) -> int:
        """How many there are that something may stand in."""
        return len(self.svc) if line else len(self.clp)

    def text(self, group: Group, number: int, *, line: bool | None) -> Spans:
        """An element of segments that count once, by owner."""
        found, owner = self.once(group, line=line)
        return found.element(number).spread(owner, self.owners(line))
