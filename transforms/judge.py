"""Judging claims that belong together: repairs in rounds until quiet, then everything else on what results.

Nothing is written here. The verdict says what was found and which edits of the file the repairs come to; whether they
are made is the caller's matter. A pass that raises becomes a finding, and the claims go on without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bitewing.edi.claim import Claim
from bitewing.edi.edit import Edit, compose, original_offset, overlap, splice
from bitewing.edi.errors import BadValue, BrokenHierarchy, EdiError, EditError
from bitewing.edi.finding import Action, Finding, Fix, Place
from bitewing.transforms.day import Board, Day
from bitewing.transforms.facts import Facts
from bitewing.transforms.laws import broken
from bitewing.transforms.model import Forecast, Pass, Remark, Said
from bitewing.transforms.practice import Practices

ROUNDS = 10


@dataclass(slots=True, eq=False, repr=False)
class Verdict:
    """What was found in some claims. edits: of the file, by the claim's offset. splits: lines added, by the same."""

    findings: list[Finding] = field(default_factory=list)
    edits: dict[int, list[Edit]] = field(default_factory=dict)
    faults: list[EdiError] = field(default_factory=list)


@dataclass(slots=True, eq=False, repr=False)
class _Copy:
    """A claim on its way: as received, the edits so far, and as it stands with them.

    closed: why nothing is repaired on it any more, "" while that is open.
    """

    original: Claim
    now: Claim
    edits: list[Edit] = field(default_factory=list)
    closed: str = ""


class Judge:
    """Applies passes to claims. facts: what else is known. practices: where visits are counted, None for nowhere."""

    def __init__(self, passes: Sequence[Pass], facts: Facts, practices: Practices | None = None) -> None:
        passes = [one for one in passes if facts.holds(one.needs)]
        self._repairs = [one for one in passes if one.repairs and one.unit in ("Claim", "Day")]
        self._others = [one for one in passes if not one.repairs and one.unit in ("Claim", "Day")]
        days = [one.looks_at for one in passes if one.unit == "Day"]
        self._day_codes = frozenset().union(*days) if all(days) else None
        self.facts = facts
        self.practices = practices
        self._boards: list[Board] = []  # of the claims that are judged now

    def judge(self, claims: Iterable[Claim]) -> Verdict:
        """The verdict on claims that may share a patient and a date, and on no others.

        Claims that cannot be read with certainty are left out, and are faults of the verdict.
        """
        verdict = Verdict()
        copies = []
        unread = []
        for claim in claims:
            try:
                claim.check_shape()
                copies.append(_Copy(claim, claim))
            except EdiError as fault:
                verdict.faults.append(fault)
                unread.append(claim)
        try:
            self._judge(copies, unread, verdict)
        except EdiError as fault:
            verdict = Verdict(faults=[*verdict.faults, fault])
        finally:
            self._let_go(copies, unread)
        return verdict

    def _let_go(self, copies: list[_Copy], unread: list[Claim]) -> None:
        """Take apart what holds each other: without this only the collector frees it, and walks over all of it."""
        for board in self._boards:
            board.let_go()
        self._boards = []
        for claim in (*unread, *(one for copy in copies for one in (copy.original, copy.now))):
            claim.let_go()

    def _judge(self, copies: list[_Copy], unread: list[Claim], verdict: Verdict) -> None:
        board = self._board(copies, unread)
        if self.practices is not None:
            if board.days or len(copies) != 1:
                self.practices.count(board)
            else:
                self.practices.count_alone(copies[0].now)
        made, left, board = self._repair(copies, board)
        others = [finding for finding, _ in self._run(self._others, board)]
        verdict.findings += made + _without_less(left + others)
        for copy in copies:
            if copy.edits:
                verdict.edits[copy.original.offset] = copy.edits

    def _repair(self, copies: list[_Copy], board: Board) -> tuple[list[Finding], list[Finding], Board]:
        """Mend in rounds until nothing is left to mend.

        What was mended, what the repairing passes left, and the claims as they then stand.
        """
        made: list[Finding] = []
        for _ in range(ROUNDS):
            said = self._run(self._repairs, board)
            left = [finding for finding, _ in said if finding.fix is None]
            done = self._mend(copies, [(finding, remark) for finding, remark in said if finding.fix is not None])
            if not done:
                gone = self._withdrawn(copies, made, left)
                kept = [finding for finding in made if finding.place.claim_at not in gone]
                return kept, left, self._board(copies, board.unread) if gone else board
            made += done
            board = self._board(copies, board.unread)
        _withdraw(copies)
        why = f"it did not come to rest after {ROUNDS} rounds"
        return [], [_refused(copies[0], "X902", "repair-not-settled", why)], self._board(copies, board.unread)

    def _withdrawn(self, copies: list[_Copy], made: list[Finding], left: list[Finding]) -> set[int]:
        """Take back what breaks a law or cannot be made; the claims concerned, by offset."""
        gone = set()
        repriced = {finding.place.claim_at for finding in made if finding.name == "fee-schedule-applied"}
        recounted = {finding.place.claim_at for finding in made if finding.name == "count-differs-from-chart"}
        for copy in copies:
            at = copy.original.offset
            if copy.edits and not copy.closed:
                wrong = broken(copy.original, copy.now, repriced=at in repriced, recounted=at in recounted)
                copy.closed = "; ".join(wrong)
            if copy.closed:
                _withdraw([copy])
                left.append(_refused(copy, "X903", "repair-withdrawn", copy.closed))
                gone.add(at)
        return gone

    def _board(self, copies: list[_Copy], unread: list[Claim]) -> Board:
        """The claims by visit and day; not laid out for a claim alone that no pass over days has anything to say on."""
        claims = [copy.now for copy in copies]
        if len(claims) == 1 and self._day_codes is not None and self._day_codes.isdisjoint(claims[0].codes):
            return Board.bare(claims, self.facts)
        board = Board(claims, self.facts, unread)
        self._boards.append(board)
        return board

    def _run(self, passes: Sequence[Pass], board: Board) -> list[tuple[Finding, Said]]:
        found: list[tuple[Finding, Said]] = []
        for one in passes:
            subjects: Sequence[Day | Claim] = board.claims if one.unit == "Claim" else board.days
            for subject in subjects:
                if one.looks_at and one.looks_at.isdisjoint(subject.codes):
                    continue
                if isinstance(subject, Day) and subject.kind not in one.kinds:
                    continue
                found += run_pass(one, subject, self.facts)
        return found

    def _mend(self, copies: list[_Copy], wanted: list[tuple[Finding, Said]]) -> list[Finding]:
        """Make every fix that touches nothing an earlier one touched; the others come again in the next round."""
        by_claim = {id(copy.now): copy for copy in copies}
        work: dict[int, list[tuple[Finding, Fix]]] = {}
        for finding, remark in wanted:
            fix = finding.fix
            assert fix is not None
            if by_claim[id(remark.lines[0].claim)].closed:
                continue
            mending = work.setdefault(id(remark.lines[0].claim), [])
            taken = (edit for _, other in mending for edit in other.edits)
            if not any(overlap(edit, other) for other in taken for edit in fix.edits):
                mending.append((finding, fix))
        return [finding for key, mending in work.items() for finding in self._edit(by_claim[key], mending)]

    def _edit(self, copy: _Copy, mending: list[tuple[Finding, Fix]]) -> list[Finding]:
        """Make fixes of one claim; the findings then declare their edits by places in the file.

        Fixes that cannot be made close the claim: whatever was repaired on it is taken back.
        """
        edits = [edit for _, fix in mending for edit in fix.edits]
        known = [line.received for line in copy.now.lines]
        known += [known[index] for _, fix in mending for index in fix.splits]
        try:
            data = splice(copy.now.data, copy.now.offset, edits)
            made = compose(copy.edits, edits)
            now = copy.original.edited(data, tuple(known))
            now.check_shape()
            if len(now.lines) != len(known):
                raise EditError("lines were added that the fix does not declare")
        except EdiError as error:
            names = " and ".join(dict.fromkeys(finding.name for finding, _ in mending))
            copy.closed = f"the fix of {names} cannot be made ({error.what})"
            return []
        done = []
        for finding, fix in mending:
            declared = tuple(edit._replace(offset=original_offset(copy.edits, edit.offset)) for edit in fix.edits)
            done.append(finding._replace(edits=declared))
        if copy.now is not copy.original:  # which is asked again at the end
            copy.now.let_go()
        copy.edits, copy.now = made, now
        return done


def run_pass(one: Pass, subject: object, facts: Facts) -> list[tuple[Finding, Said]]:
    """What a pass says of a subject, as findings. What it raises becomes a finding that names it and the subject."""
    try:
        remarks = one.run(subject, facts) if one.takes_facts else one.run(subject)
        return [pair for remark in remarks for pair in findings_of(one, remark)]
    except (BadValue, BrokenHierarchy):
        raise
    except (Exception, SystemExit) as error:  # a pass of somebody else's: the file goes on without it
        claim = subject if isinstance(subject, Claim) else subject.claims[0] if isinstance(subject, Day) else None
        message = f"The pass {one.name} failed ({type(error).__name__}) and said nothing here. Report it to its author."
        place = place_of(claim, ()) if claim is not None else Place()
        crash = Finding("X901", "pass-failed", Action.FLAG, message, place, source=one.name)
        return [(crash, Remark(Action.FLAG, (), message))]


def findings_of(one: Pass, remark: Said) -> list[tuple[Finding, Said]]:
    """The findings of one remark: one for every claim it speaks of.

    Raises ValueError where a remark is not as remarks are: a repair has a fix, a fix comes from a pass that says it
    repairs, and speaks of lines of one claim.
    """
    by_claim: dict[Claim | None, list[int]] = {}
    for line in remark.lines:
        by_claim.setdefault(line.claim, []).append(line.received)
    if remark.fix is not None:
        if not one.repairs or not remark.lines or len(by_claim) != 1 or not remark.fix.edits:
            raise ValueError("a fix needs lines of one claim, edits, and a pass that says it repairs")
        if any(not 0 <= index < len(remark.lines[0].claim.lines) for index in remark.fix.splits):
            raise ValueError("a fix splits a line that is not there")
    elif remark.action is Action.REPAIR:
        raise ValueError("a repair needs a fix")
    if not by_claim:
        by_claim[remark.claim] = []
    found = []
    for claim, numbers in by_claim.items():
        place = place_of(claim, tuple(sorted(set(numbers)))) if claim is not None else Place()
        finding = Finding(one.code, one.name, remark.action, remark.message, place, one.snip, one.source, remark.fix)
        if isinstance(remark, Forecast):
            finding = finding._replace(policy=remark.policy)
        found.append((finding, remark))
    return found


def place_of(claim: Claim, lines: tuple[int, ...]) -> Place:
    """The place of lines in a claim."""
    group = claim.transaction.group
    return Place(group.interchange.control, group.control, claim.transaction.control, claim.id, lines, claim.offset)


def _withdraw(copies: list[_Copy]) -> None:
    for copy in copies:
        copy.now, copy.edits = copy.original, []


def _refused(copy: _Copy, code: str, name: str, why: str) -> Finding:
    message = f"A repair was withdrawn: {why}. The claim stays as received; report the passes that were used."
    return Finding(code, name, Action.FLAG, message, place_of(copy.original, ()))


def _without_less(findings: list[Finding]) -> list[Finding]:
    """Say everything once; ``pa-stack`` gives way where a flag or prediction speaks of the same stack."""
    seen: dict[tuple[str, Action, Place], Finding] = {}
    for finding in findings:
        seen.setdefault(finding.key, finding)
    louder = [
        (finding.place.claim_at, set(finding.place.lines))
        for finding in findings
        if finding.name in ("pa-with-full-series", "series-billed-as-stack") or finding.action is Action.PREDICT
    ]
    return [
        finding
        for finding in seen.values()
        if finding.name != "pa-stack"
        or not any(at == finding.place.claim_at and lines & set(finding.place.lines) for at, lines in louder)
    ]
