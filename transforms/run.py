"""Running passes over a document, and making the repairs they come to.

One walk over the file surveys it; then the claims that need it are judged, each by itself or with those that share its
days, in the order of the file; then the copy is written, read again and checked before it takes its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bitewing.edi.claim import Claim
from bitewing.edi.document import Document
from bitewing.edi.edit import Edit
from bitewing.edi.errors import EdiError
from bitewing.edi.finding import Action, Finding, Place
from bitewing.edi.framing import Block
from bitewing.edi.hierarchy import Hierarchy, Transaction
from bitewing.edi.output import spliced
from bitewing.edi.places import Places
from bitewing.transforms.facts import Facts
from bitewing.transforms.judge import Judge, run_pass
from bitewing.transforms.model import Pass, for_rules
from bitewing.transforms.order import InOrder, Slot
from bitewing.transforms.practice import Practices
from bitewing.transforms.screen import Screen
from bitewing.transforms.survey import Survey, codes_read

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

    index: its envelopes and transactions. mended: the claims that are repaired, as (offset, length) in the file.
    progress: called now and then with what is done and what there is to do, in bytes.
    """

    def __init__(
        self, document: Document, passes: Sequence[Pass], facts: Facts | None = None, progress: Progress | None = None
    ) -> None:
        self.document = document
        self.facts = (facts if facts is not None else Facts()).about(document)
        self.passes = passes = [for_rules(one, self.facts.policies.codes) for one in passes]
        self.summary = Summary()
        self.index = Hierarchy()
        self.mended: list[tuple[int, int]] = []
        self._progress = progress
        self._practices = Practices() if any(one.unit == "Practice" for one in passes) else None
        self._judge = Judge(passes, self.facts, self._practices)
        self._grown: dict[int, int] = {}

    def findings(self) -> Iterator[Finding]:
        """Everything that is found, in the order of the file; practices at the end.

        Claims that share a day are judged when the last of them has come by; what is found on them waits for that, and
        what lies between waits with it, up to ``order.MOST_WAITING``. Raises NotReadable where the file is no X12 that
        can be read without guessing.
        """
        survey, due = self._survey()
        self.summary.faults += self.index.faults
        self.summary.claims = sum(one.claims for one in self.index.transactions if one.dental)
        envelopes = self._envelopes()
        waiting: dict[int, list[tuple[Claim, Slot]]] = {}
        order = InOrder()
        transaction = -1
        for done, number in enumerate(due):
            claim = survey.places.claim(number)
            while transaction < claim.transaction.number:
                transaction += 1
                if transaction in envelopes:
                    order.add(envelopes.pop(transaction))
            cluster = survey.together.get(number)
            if cluster is not None:
                together = waiting.setdefault(id(cluster), [])
                together.append((claim, order.add(None)))
                if len(together) == len(cluster):
                    self._judge_together(waiting.pop(id(cluster)))
            elif found := self._verdict([claim]):
                order.add(found)
            yield from self._counted(order.ready())
            self._tell(1 + done / len(due))
        yield from self._counted(order.rest())
        yield from self._counted(finding for findings in envelopes.values() for finding in findings)
        yield from self._counted(self._practice_findings())
        self.summary.edits.sort()
        self._count_edits()

    def _survey(self) -> tuple[Survey, list[int]]:
        """Walk over the file: what it holds, and the numbers of the claims to be judged, in order."""
        if self.facts.attestations:
            self._count_numbers()
        places = Places(self.document.source, self.index.transactions)
        screen = Screen(self.passes, self.facts, self.document.source.size)
        survey = Survey(places, self.passes, screen, self.facts, self._practices)
        wanted = codes_read([one for one in self.passes if one.unit != "Transaction"])
        for frame in self.document.frames():
            if isinstance(frame, Block):
                self.summary.service_lines += frame.marks.services()
                for found in self.index.claims(frame, wanted):
                    survey.add(Claim(found))
            self._tell((frame.base + len(frame.data)) / self.document.source.size)
        return survey, survey.close()

    def _tell(self, part: float) -> None:
        """Report progress: 1 after the walk, 2 after the judgement."""
        if self._progress is not None:
            size = self.document.source.size
            self._progress(int(part * size), 2 * size)

    def _count_numbers(self) -> None:
        """Find the claim numbers that an attestation cannot tell apart."""
        met = Counter(claim.id for claim in self.document.claims())
        self.facts = self.facts._replace(repeated=frozenset(number for number, times in met.items() if times > 1))
        self._judge.facts = self.facts

    def _judge_together(self, together: list[tuple[Claim, Slot]]) -> None:
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
            self._keep(claim, verdict.edits.get(claim.offset, []))
        return sorted(verdict.findings, key=_reading_order)

    def _keep(self, claim: Claim, edits: list[Edit]) -> None:
        """Keep a claim's edits, and count the segments they add to its transaction."""
        if not edits:
            return
        self.summary.edits += edits
        self.mended.append((claim.offset, len(claim.data)))
        delimiter = claim.delimiters.segment
        added = sum(edit.after.count(delimiter) - edit.before.count(delimiter) for edit in edits)
        if added:
            number = claim.transaction.number
            self._grown[number] = self._grown.get(number, 0) + added

    def _counted(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        for finding in findings:
            self.summary.flagged += finding.action is Action.FLAG
            self.summary.repaired += finding.action is Action.REPAIR
            yield finding

    def _envelopes(self) -> dict[int, list[Finding]]:
        """Findings on transactions, by their number."""
        found: dict[int, list[Finding]] = {}
        checks = [one for one in self.passes if one.unit == "Transaction"]
        for transaction in self.index.transactions if checks else ():
            for one in checks:
                for finding, _ in run_pass(one, transaction, self.facts):
                    place = _envelope_place(transaction)
                    found.setdefault(transaction.number, []).append(finding._replace(place=place))
        return found

    def _practice_findings(self) -> Iterator[Finding]:
        for one in self.passes:
            if one.unit == "Practice":
                for practice in self._practices or ():
                    for finding, _ in run_pass(one, practice, self.facts):
                        yield finding

    def _count_edits(self) -> None:
        """SE01 follows the lines that were added."""
        for number, grown in self._grown.items():
            transaction = self.index.transactions[number]
            if grown:
                before = transaction.claimed.encode("latin-1")
                after = str(transaction.segments + grown).encode().rjust(len(before), b"0")
                self.summary.counts.append(Edit(transaction.count_at, before, after))
        self.summary.counts.sort()


def _reading_order(finding: Finding) -> tuple[int, int, str, tuple[int, ...]]:
    return finding.place.claim_at, -finding.action.weight, finding.code, finding.place.lines


def _envelope_place(transaction: Transaction) -> Place:
    group = transaction.group
    return Place(group.interchange.control, group.control, transaction.control, segment="ST")


def repaired(run: Run, *, make: bool = True) -> Iterator[bytes]:
    """The document with the repairs of a finished run made, or as it is, piece by piece."""
    return spliced(run.document.source, run.summary.changes if make else ())
