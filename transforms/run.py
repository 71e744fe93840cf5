"""Running passes over a document, and making the repairs they come to.

Three walks, each with one block in memory: an index of patients and dates, so that claims which share a day are judged
together wherever they stand; the judgement, claim by claim in the order of the file; the copy with edits. The copy is
read again and checked before it takes its place.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from bitewing.edi.claim import Claim
from bitewing.edi.delimiters import Delimiters
from bitewing.edi.document import Document
from bitewing.edi.edit import Edit
from bitewing.edi.errors import EdiError, NotKept, OutputError
from bitewing.edi.finding import Action, Finding, Place
from bitewing.edi.framing import Block
from bitewing.edi.hierarchy import NO_CLAIM, Hierarchy, Transaction
from bitewing.edi.output import differs, spliced
from bitewing.edi.sketch import Sketch, sketch
from bitewing.edi.values import DateSpan, span
from bitewing.policies.history import days_of
from bitewing.policies.patient import born_on_a_day, member_key, wide_key
from bitewing.transforms.facts import Facts
from bitewing.transforms.judge import Judge, run_pass
from bitewing.transforms.model import Pass
from bitewing.transforms.practice import Practices

MOST_WAITING = 10_000
"""Claims whose findings are held back for one that is not judged yet; beyond, theirs come first."""
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Summary:
    """A run in numbers. repaired and flagged count findings; edits are those of the file, counts those of SE01."""

    claims: int = 0
    service_lines: int = 0
    repaired: int = 0
    flagged: int = 0
    edits: list[Edit] = field(default_factory=list)
    counts: list[Edit] = field(default_factory=list)
    faults: list[EdiError] = field(default_factory=list)

    @property
    def changes(self) -> list[Edit]:
        """Every edit in order."""
        return sorted(self.edits + self.counts)


class Run:
    """Passes over one document. Iterate over ``findings()`` once; ``summary`` is complete when it has come to its end.

    progress: called now and then with bytes done and bytes in all, over both walks.
    """

    def __init__(
        self, document: Document, passes: Sequence[Pass], facts: Facts | None = None, progress: Progress | None = None
    ) -> None:
        self.document = document
        self.facts = facts if facts is not None else Facts()
        self.passes = passes
        self.summary = Summary()
        self.index = Hierarchy()
        self._progress = progress
        self._practices = Practices() if any(one.unit == "Practice" for one in passes) else None
        self._judge = Judge(passes, self.facts, self._practices)
        self._screen = _Screen(passes, self.facts)
        self._grown: dict[int, int] = {}

    def findings(self) -> Iterator[Finding]:
        """Everything that is found, in the order of the file; practices at the end.

        Claims that share a day are judged when the last of them has come by; what is found on them waits for that, and
        what lies between waits with it, up to MOST_WAITING. Raises NotReadable where the file is no X12 that can be
        read without guessing.
        """
        if self.facts.attestations:
            self._count_numbers()
        index = self.index
        shared = self._shared(index)
        self.summary.faults += index.faults
        self.summary.claims = sum(one.claims for one in index.transactions if one.dental)
        envelopes = self._envelopes(index)
        waiting: dict[int, list[tuple[Claim, _Slot]]] = {}
        order = _InOrder()
        number = -1
        for claim in self._claims(Hierarchy(index), [one for one in self.passes if one.unit != "Transaction"], 1):
            while number < claim.transaction.number:
                number += 1
                if number in envelopes:
                    order.add(envelopes.pop(number))
            cluster = shared.get(claim.offset)
            if cluster is not None:
                together = waiting.setdefault(id(cluster), [])
                together.append((claim, order.add(None)))
                if len(together) == len(cluster):
                    self._judge_together(waiting.pop(id(cluster)))
            elif found := self._alone(claim):
                order.add(found)
            yield from self._counted(order.ready())
        yield from self._counted(order.rest())
        yield from self._counted(finding for findings in envelopes.values() for finding in findings)
        yield from self._counted(self._practice_findings())
        self.summary.edits.sort()
        self._count_edits(index)

    def _count_numbers(self) -> None:
        """Find the claim numbers that an attestation cannot tell apart."""
        met = Counter(claim.id for claim in self.document.claims())
        self.facts = replace(self.facts, repeated=frozenset(number for number, times in met.items() if times > 1))
        self._judge.facts = self.facts

    def _alone(self, claim: Claim) -> list[Finding]:
        """Judge a claim that shares its days with no other."""
        plain = self._screen.nothing_to_say(claim)
        if plain is None:
            return self._verdict([claim])
        if self._practices is not None:
            self._practices.count_sketch(claim, plain)
        return []

    def _judge_together(self, together: list[tuple[Claim, _Slot]]) -> None:
        """Judge claims that share days, and give each its findings; what belongs to none goes with the first."""
        findings = self._verdict([claim for claim, _ in together])
        by_claim: dict[int, list[Finding]] = {}
        for finding in findings:
            at = finding.place.claim_at
            by_claim.setdefault(at if at >= 0 else together[0][0].offset, []).append(finding)
        for claim, slot in together:
            slot.findings = by_claim.get(claim.offset, [])

    def _verdict(self, claims: list[Claim]) -> list[Finding]:
        """Judge claims; keep their edits and faults, hand on the findings."""
        verdict = self._judge.judge(claims)
        self.summary.faults += verdict.faults
        for claim in claims:
            self._grow(claim, verdict.edits.get(claim.offset, []))
            claim.let_go()
        return sorted(verdict.findings, key=_reading_order)

    def _grow(self, claim: Claim, edits: list[Edit]) -> None:
        """Keep a claim's edits, and count the segments they add to its transaction."""
        self.summary.edits += edits
        delimiter = claim.delimiters.segment
        added = sum(edit.after.count(delimiter) - edit.before.count(delimiter) for edit in edits)
        if added:
            number = claim.transaction.number
            self._grown[number] = self._grown.get(number, 0) + added

    def _claims(self, walk: Hierarchy, passes: Sequence[Pass], turn: int) -> Iterator[Claim]:
        """The claims that carry what the passes look at."""
        carrying = _carrying(passes)
        size = self.document.source.size
        for frame in self.document.frames():
            if isinstance(frame, Block):
                if turn == 0:
                    self.summary.service_lines += _lines(frame)
                for found in walk.claims(frame, carrying):
                    yield Claim(found)
            if self._progress is not None:
                self._progress(turn * size + frame.base + len(frame.data), 2 * size)

    def _shared(self, index: Hierarchy) -> dict[int, set[int]]:
        """Claims that may have a patient and date in common: for each, by offset, the claims it is judged with."""
        first: dict[int, int] = {}
        undated: set[int] = set()
        clusters = _Clusters()
        for claim in self._claims(index, _sharing(self.passes), 0):
            try:
                keys = (wide_key(claim), member_key(claim))
            except EdiError:
                continue  # said when the claim is judged
            days = _days(claim)
            if not days or _undated(claim):
                undated.update(keys)
            for day in days:
                for patient in keys:
                    other = first.setdefault(hash((patient, day)), claim.offset) if patient else claim.offset
                    if other != claim.offset:
                        clusters.join(other, claim.offset)
        undated.discard(0)
        if undated:
            self._join_undated(undated, clusters)
        return clusters.members()

    def _join_undated(self, undated: set[int], clusters: _Clusters) -> None:
        """Join all claims of the patients of whom some line has no date: it may belong to any day."""
        first: dict[int, int] = {}
        for claim in self.document.claims(_carrying(_sharing(self.passes)), Hierarchy(self.index)):
            with suppress(EdiError):
                for patient in {wide_key(claim), member_key(claim)} & undated:
                    other = first.setdefault(patient, claim.offset)
                    if other != claim.offset:
                        clusters.join(other, claim.offset)

    def _counted(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        for finding in findings:
            self.summary.flagged += finding.action is Action.FLAG
            self.summary.repaired += finding.action is Action.REPAIR
            yield finding

    def _envelopes(self, index: Hierarchy) -> dict[int, list[Finding]]:
        """Findings on transactions, by their number."""
        found: dict[int, list[Finding]] = {}
        checks = [one for one in self.passes if one.unit == "Transaction"]
        for transaction in index.transactions if checks else ():
            for one in checks:
                for finding, _ in run_pass(one, transaction, self.facts):
                    place = _envelope_place(transaction)
                    found.setdefault(transaction.number, []).append(replace(finding, place=place))
        return found

    def _practice_findings(self) -> Iterator[Finding]:
        for one in self.passes:
            if one.unit == "Practice":
                for practice in self._practices or ():
                    for finding, _ in run_pass(one, practice, self.facts):
                        yield finding

    def _count_edits(self, index: Hierarchy) -> None:
        """SE01 follows the lines that were added."""
        for number, grown in self._grown.items():
            transaction = index.transactions[number]
            if grown:
                before = transaction.claimed.encode("latin-1")
                after = str(transaction.segments + grown).encode().rjust(len(before), b"0")
                self.summary.counts.append(Edit(transaction.count_at, before, after))
        self.summary.counts.sort()


class _Slot:
    """The place of a claim's findings in the order of the file; None until it is judged."""

    __slots__ = ("findings",)

    def __init__(self, findings: list[Finding] | None) -> None:
        self.findings = findings


class _InOrder:
    """Findings in the order of the file, some of which are not there yet."""

    def __init__(self) -> None:
        self._slots: deque[_Slot] = deque()
        self._held = 0

    def add(self, findings: list[Finding] | None) -> _Slot:
        """The next place, with its findings or None where they come later."""
        slot = _Slot(findings)
        self._slots.append(slot)
        self._held += findings is not None
        return slot

    def ready(self) -> Iterator[Finding]:
        """The findings that wait for nothing, or all that are there once too many are held back."""
        if self._held > MOST_WAITING:
            yield from self.rest()
        while self._slots and self._slots[0].findings is not None:
            yield from self._slots.popleft().findings or ()
        if not self._slots:
            self._held = 0

    def rest(self) -> Iterator[Finding]:
        """All that are there; places that are still waited for stay."""
        there = [slot for slot in self._slots if slot.findings is not None]
        self._slots = deque(slot for slot in self._slots if slot.findings is None)
        self._held = 0
        for slot in there:
            yield from slot.findings or ()


class _Screen:
    """Keeps plain claims, on which no pass has anything to say, from being read in full."""

    def __init__(self, passes: Sequence[Pass], facts: Facts) -> None:
        active = [one for one in passes if one.unit in ("Claim", "Day") and facts.holds(one.needs)]
        self._always = [one.silent for one in active if not one.looks_at]
        self._of: dict[str, list[Callable[[Sketch], bool] | None]] = {}
        for one in active:
            for code in one.looks_at:
                self._of.setdefault(code, []).append(one.silent)
        self._codes = frozenset(self._of)
        # Earlier submissions may make any claim a second one; then every claim is read.
        self._off = None in self._always or facts.holds("history")

    def nothing_to_say(self, claim: Claim) -> Sketch | None:
        """The sketch of a claim on which every pass promises to be silent, None for any other."""
        if self._off:
            return None
        found = sketch(claim.data, claim.delimiters)
        if found is None or not born_on_a_day(claim):
            return None
        for silent in self._always:
            if silent is None or not silent(found):
                return None
        for code in self._codes.intersection(found.codes):
            for silent in self._of[code]:
                if silent is None or not silent(found):
                    return None
        return found


class _Clusters:
    """Sets of claims joined pair by pair (union by size)."""

    def __init__(self) -> None:
        self._of: dict[int, set[int]] = {}

    def join(self, one: int, other: int) -> None:
        a, b = self._of.setdefault(one, {one}), self._of.setdefault(other, {other})
        if a is b:
            return
        small, large = sorted((a, b), key=len)
        large |= small
        for member in small:
            self._of[member] = large

    def members(self) -> dict[int, set[int]]:
        return self._of


def _reading_order(finding: Finding) -> tuple[int, int, str, tuple[int, ...]]:
    return finding.place.claim_at, -finding.action.weight, finding.code, finding.place.lines


def _envelope_place(transaction: Transaction) -> Place:
    group = transaction.group
    return Place(group.interchange.control, group.control, transaction.control, segment="ST")


def _sharing(passes: Sequence[Pass]) -> list[Pass]:
    """The passes for which it matters what other claims hold."""
    return [one for one in passes if one.unit == "Day"]


def _carrying(passes: Sequence[Pass]) -> re.Pattern[bytes] | None:
    """What the bytes of a claim must hold for any of the passes to have something to say, None for every claim."""
    if not passes:
        return NO_CLAIM
    if not all(one.looks_at for one in passes):
        return None
    codes = sorted(set().union(*(one.reads for one in passes)))
    return re.compile(_alternatives(codes).encode())


def _alternatives(words: Sequence[str]) -> str:
    """A pattern for words that shares what they begin with: D02(?:20|30) is found faster than D0220|D0230."""
    rest: dict[str, list[str]] = {}
    for word in words:
        rest.setdefault(word[:1], []).append(word[1:])
    parts = [
        re.escape(letter) + (_alternatives(sorted(set(ends))) if any(ends) else "") for letter, ends in rest.items()
    ]
    return parts[0] if len(parts) == 1 else "(?:" + "|".join(parts) + ")"


@lru_cache(maxsize=64)
def _dates(delimiters: Delimiters) -> re.Pattern[bytes]:
    e, t = re.escape(delimiters.element), re.escape(delimiters.segment)
    return re.compile(b"DTP" + e + b"472" + e + b"([^" + e + b"]*)" + e + b"([^" + t + e + b"]*)")


def _days(claim: Claim) -> set[object]:
    """Every day that a service date of the claim falls on. Raises nothing: what is no date is said elsewhere."""
    found: set[object] = set()
    for said in set(_dates(claim.delimiters).findall(claim.data)):
        found |= _meant_days(*said)
    return found


@lru_cache(maxsize=4096)
def _meant_days(qualifier: bytes, value: bytes) -> frozenset[object]:
    """The days of one DTP03, and the range itself where it is one."""
    try:
        said: DateSpan = span(qualifier.decode("latin-1"), value.decode("latin-1"))
    except ValueError:
        return frozenset()
    return frozenset(days_of(said)) if said.one_day else frozenset({*days_of(said), said})


def _undated(claim: Claim) -> bool:
    """Whether a line of the claim may have no date of service; a predetermination has none by its nature."""
    delimiters = claim.delimiters
    date = b"DTP" + delimiters.element + b"472"
    head, *lines = claim.data.split(b"LX" + delimiters.element)
    if head.partition(delimiters.segment)[0].split(delimiters.element)[19:20] == [b"PB"]:
        return False
    return date not in head and not all(date in line for line in lines)


def _lines(block: Block) -> int:
    """How many service lines a block holds: SV3 segments."""
    tag = b"SV3" + block.delimiters.element
    if block.delimiters.filler and (b"\n" in block.data or b"\r" in block.data):
        pieces = re.findall(re.escape(block.delimiters.segment) + rb"[\r\n\t ]*+" + re.escape(tag), block.data)
        return len(pieces)
    return block.data.count(block.delimiters.segment + tag)


def repaired(run: Run, *, make: bool = True) -> Iterator[bytes]:
    """The document with the repairs of a finished run made, or as it is, piece by piece."""
    return spliced(run.document.source, run.summary.changes if make else ())


def check_repair(run: Run, path: Path, *, made: bool = True) -> None:
    """Read a repaired copy again and hold it against the laws.

    Its bytes differ from the document's by exactly the declared edits (law 1); it can be read, holds as many claims,
    transactions and counted segments as it should (law 2). Films and money of every repaired claim were held against
    the laws when it was judged, on the very bytes that are compared here. Raises NotKept where anything is otherwise,
    OutputError where the document itself changed meanwhile.
    """
    copy = Document.open(path)
    try:
        if not run.document.source.unchanged():
            raise OutputError("the file changed while it was read; nothing was written; run again", retry=True)
        at = differs(run.document.source, copy.source, run.summary.changes if made else ())
        if at >= 0:
            raise NotKept(f"the repaired copy is not what was declared, from offset {at}", None, "nothing was written")
        before, after = run.index, Hierarchy()
        for _ in copy.claims(NO_CLAIM, after):
            pass
        if [(one.claims, one.counted) for one in before.transactions] != [
            (one.claims, one.counted) for one in after.transactions
        ] or len(after.faults) != len(before.faults):
            raise NotKept("the repaired copy does not read as the file did", None, "nothing was written")
    finally:
        copy.close()
