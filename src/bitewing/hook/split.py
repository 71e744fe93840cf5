"""Taking refused claims out of a file: what stays is a valid file, what goes lies in valid envelopes of its own.

Counts, levels and their numbers follow; no other byte of what stays is touched. Both sides are read again, and together
they hold the claims of the original, each once and byte for byte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from bitewing.edi.document import Document
from bitewing.edi.edit import Edit, splice
from bitewing.edi.errors import NotKept
from bitewing.edi.finding import Place
from bitewing.edi.framing import Block
from bitewing.edi.hierarchy import NO_CLAIM, Hierarchy
from bitewing.hook.answers import Refused
from bitewing.hook.result import SetAside
from bitewing.hook.structure import CannotCut, Group, Interchange, Level, Section, Transaction, interchanges, sections

Ids = Callable[[int], int]
LAST_CONTROL = 999_999_999


class Split(NamedTuple):
    """data: what stays, b"" where nothing does. edits: what takes the rest out of the original."""

    data: bytes
    edits: list[Edit]
    aside: tuple[SetAside, ...]


def split(data: bytes, refused: Refused, ids: Ids) -> Split:
    """Take what is refused out of a file. ids: gives the first of so many control numbers (ISA13).

    Raises CannotCut where that cannot be done with certainty, NotKept where what comes of it does not hold.
    """
    cutter = _Cutter(data, refused, ids)
    edits, left = [], 0
    for one in interchanges(Document.of(data)):
        found = cutter.interchange(one)
        left += found is not None
        edits += [cutter.removal(one.begin, one.end)] if found is None else found
    if not left:
        edits = [Edit(0, data, b"")]
    edits.sort()
    kept = splice(data, 0, edits)
    _check(data, kept, cutter.aside, refused)
    return Split(kept, edits, tuple(cutter.aside))


class _Cutter:
    def __init__(self, data: bytes, refused: Refused, ids: Ids) -> None:
        self._data, self._refused, self._ids = data, refused, ids
        self.aside: list[SetAside] = []

    def removal(self, begin: Section, end: Section) -> Edit:
        """What takes out everything from one section to another."""
        return Edit(begin.start, self._bytes(begin, end), b"")

    def _bytes(self, begin: Section, end: Section) -> bytes:
        return self._data[begin.start : end.stop]

    def interchange(self, one: Interchange) -> list[Edit] | None:
        """The edits within an interchange, None where nothing of it stays."""
        if one.begin.start in self._refused.interchanges:
            claims = sum(_claims(transaction) for group in one.groups for transaction in group.transactions)
            place = Place(_text(one.begin.element(13)))
            self.aside.append(SetAside(self._bytes(one.begin, one.end), place, claims))
            return None
        edits: list[Edit] = []
        left = 0
        for group in one.groups:
            found = self._group(one, group)
            left += found is not None
            edits += [self.removal(group.begin, group.end)] if found is None else found
        if not left:
            return None
        return edits + _counted(one.end, left, len(one.groups))

    def _group(self, interchange: Interchange, group: Group) -> list[Edit] | None:
        edits: list[Edit] = []
        left = 0
        for one in group.transactions:
            if one.begin.start in self._refused.transactions:
                edits.append(self.removal(one.begin, one.end))
                self._put_aside(interchange, group, one)
                continue
            left += 1
            edits += self._transaction(interchange, group, one)
        if group.transactions and not left:
            return None
        return edits + _counted(group.end, left, len(group.transactions))

    def _transaction(self, interchange: Interchange, group: Group, one: Transaction) -> list[Edit]:
        bad = [claim for level in one.levels for claim in level.claims if claim.start in self._refused.claims]
        if not bad:
            return []
        for level in one.levels:
            for claim in level.claims:
                if claim.start in self._refused.claims:
                    self._put_aside(interchange, group, one, level, claim)
        gone = {claim.start for claim in bad}
        stays = {id(level) for level in one.levels if _stays(level, gone)}
        removed = bad + [level.section for level in one.levels if id(level) not in stays]
        edits = [Edit(section.start, section.data, b"") for section in removed]
        edits += _renumbered([level for level in one.levels if id(level) in stays], one.levels, stays)
        said = one.end.element(1)
        if not said.isdigit():
            raise CannotCut("SE01 is no number")
        count = b"%d" % (int(said) - sum(section.segments for section in removed))
        return edits + _changed(one.end, {1: count.rjust(len(said), b"0")})

    def _put_aside(
        self,
        interchange: Interchange,
        group: Group,
        one: Transaction,
        level: Level | None = None,
        claim: Section | None = None,
    ) -> None:
        """A transaction, or one claim of it under its own levels, in an interchange of its own."""
        control = b"%09d" % ((self._ids(1) - 1) % LAST_CONTROL + 1)
        if level is None or claim is None:
            inner, claims = self._bytes(one.begin, one.end), _claims(one)
        else:
            inner, claims = _alone(one, level, claim), 1
        end = group.end.with_elements({1: b"1"}) + _tail(group.end)
        data = b"".join(
            (
                interchange.begin.with_elements({13: control}) + _tail(interchange.begin),
                group.begin.data,
                inner,
                end,
                interchange.end.with_elements({1: b"1", 2: control}) + _tail(interchange.end),
            )
        )
        self.aside.append(SetAside(data, _place(interchange, group, one, claim), claims))


def _place(interchange: Interchange, group: Group, one: Transaction, claim: Section | None) -> Place:
    envelope, inner, number = (_text(value) for value in _controls(interchange, group, one))
    if claim is None:
        return Place(envelope, inner, number)
    return Place(envelope, inner, number, _text(claim.element(1)), (), claim.start)


def _controls(interchange: Interchange, group: Group, one: Transaction) -> tuple[bytes, bytes, bytes]:
    """ISA13, GS06 and ST02 as received."""
    return interchange.begin.element(13), group.begin.element(6), one.begin.element(2)


def _alone(one: Transaction, level: Level, claim: Section) -> bytes:
    """A transaction that holds one claim."""
    pieces = [one.begin.data]
    count = one.begin.segments + claim.segments + 1
    for number, each in enumerate(level.chain, 1):
        above = b"%d" % (number - 1) if number > 1 else b""
        said = {1: b"%d" % number, 2: above, 4: b"0" if each is level else b"1"}
        pieces.append(each.section.with_elements({at: value for at, value in said.items() if _has(each.section, at)}))
        pieces.append(_tail(each.section))
        count += each.section.segments
    pieces.append(claim.data)
    width = len(one.end.element(1))
    pieces.append(one.end.with_elements({1: (b"%d" % count).rjust(width, b"0")}) + _tail(one.end))
    return b"".join(pieces)


def _stays(level: Level, gone: set[int]) -> bool:
    """Whether something is left in or below a level. What held nothing before is not ours to take out."""
    if not level.claims and not level.children:
        return True
    return any(claim.start not in gone for claim in level.claims) or any(_stays(one, gone) for one in level.children)


def _renumbered(kept: list[Level], levels: list[Level], stays: set[int]) -> list[Edit]:
    """HL01 and HL02 count on where they counted before; HL04 says 0 where nothing stands below any more."""
    counting = [level.section.element(1) for level in levels] == [b"%d" % at for at in range(1, len(levels) + 1)]
    numbers = {id(level): b"%d" % at for at, level in enumerate(kept, 1)}
    edits = []
    for level in kept:
        said: dict[int, bytes] = {}
        if counting:
            said[1] = numbers[id(level)]
            if level.parent is not None:
                said[2] = numbers[id(level.parent)]
        if level.children and not any(id(one) in stays for one in level.children) and _has(level.section, 4):
            said[4] = b"0"
        edits += _changed(level.section, said)
    return edits


def _changed(section: Section, said: dict[int, bytes]) -> list[Edit]:
    after = section.with_elements(said)
    return [Edit(section.start, section.head, after)] if after != section.head else []


def _counted(section: Section, left: int, before: int) -> list[Edit]:
    return [] if left == before else _changed(section, {1: b"%d" % left})


def _has(section: Section, position: int) -> bool:
    return position < len(section.elements)


def _tail(section: Section) -> bytes:
    return section.data[len(section.head) :]


def _text(value: bytes) -> str:
    return value.decode("latin-1")


def _claims(one: Transaction) -> int:
    return sum(len(level.claims) for level in one.levels)


def _check(data: bytes, kept: bytes, aside: list[SetAside], refused: Refused) -> None:
    """Law 2: each claim of the original lies on one side, once, byte for byte; what stays is sound.

    Raises NotKept.
    """
    stay: list[bytes] = []
    go: list[bytes] = []
    interchange = transaction = -1
    for section in sections(Document.of(data)):
        if section.tag == b"ISA":
            interchange = section.start
        elif section.tag == b"ST":
            transaction = section.start
        elif section.tag == b"CLM":
            out = (
                interchange in refused.interchanges
                or transaction in refused.transactions
                or section.start in refused.claims
            )
            (go if out else stay).append(section.data)
    gone = Counter(claim for one in aside for claim in _claim_bytes(one.data))
    if _claim_bytes(kept) != stay or gone != Counter(go):
        raise NotKept("what was set aside and what stays are not the file", None, "nothing was written")
    for one in (kept, *(each.data for each in aside if each.place.transaction)):
        if one and not _sound(one):
            raise NotKept("what was set aside or what stays is not whole", None, "nothing was written")


def _claim_bytes(data: bytes) -> list[bytes]:
    return [one.data for one in sections(Document.of(data)) if one.tag == b"CLM"] if data else []


def _sound(data: bytes) -> bool:
    index = Hierarchy()
    for block in Document.of(data).frames():
        if isinstance(block, Block):
            for _ in index.claims(block, NO_CLAIM):
                pass
    return not index.faults and all(one.counted and one.enveloped for one in index.transactions if one.dental)
