"""Passes over a file, each as far as its mode allows for the partner whose claims they are.

A pass that may not repair is run beside those that may, over the same original, and only what it says is kept: it has
no part in what is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from bitewing.edi.document import Document
from bitewing.edi.edit import Edit, splice
from bitewing.edi.errors import EdiError
from bitewing.edi.finding import Finding
from bitewing.edi.source import BytesSource
from bitewing.hook.modes import Mode
from bitewing.hook.policy import Policy
from bitewing.hook.result import Told
from bitewing.hook.survey import Surveyed
from bitewing.transforms.model import Pass
from bitewing.transforms.recheck import check_copy
from bitewing.transforms.run import Run

Tick = Callable[[], None]


class Judged(NamedTuple):
    """What passes came to. data: the file with repairs made. edits: those. faults: why nothing could be repaired."""

    data: bytes
    told: tuple[Told, ...] = ()
    edits: tuple[Edit, ...] = ()
    faults: tuple[EdiError, ...] = ()
    claims: int = 0
    service_lines: int = 0


class _Modes(NamedTuple):
    """The modes of one kind of group: of each pass by name, and of what no pass says."""

    base: Mode
    by_name: Mapping[str, Mode]

    def of(self, finding: Finding) -> Mode:
        return self.by_name.get(finding.name, self.by_name.get(finding.source, self.base))


def judged(
    data: bytes, passes: Sequence[Pass], policy: Policy, ceiling: Mode | None, survey: Surveyed, tick: Tick
) -> Judged:
    """Run the passes over a file. tick: called often; what it raises ends the run.

    Where a claim cannot be read with certainty, nothing is repaired in the file. Raises NotReadable, NotKept.
    """
    document = Document.of(data)
    kinds = _kinds(passes, policy, ceiling, survey)
    runs: dict[tuple[str, ...], _Run] = {}

    def run_of(chosen: Sequence[Pass]) -> _Run:
        names = tuple(one.name for one in chosen)
        if names not in runs:
            runs[names] = _Run(document, chosen, policy, tick)
        return runs[names]

    told: list[tuple[int, Told]] = []
    edits: list[Edit] = []
    counts: list[Edit] = []
    mended: list[tuple[int, int]] = []
    first = run_of(passes) if len(kinds) != 1 else None
    for modes, numbers in kinds.items():
        held = {one.name for one in passes if one.repairs and modes.by_name[one.name] is not Mode.APPLY}
        makes = any(one.repairs and one.name not in held for one in passes)
        main = run_of([one for one in passes if not makes or one.name not in held])
        first = first or main
        own = _Own(survey, numbers, alone=len(kinds) == 1)
        for at, finding in main.findings:
            if own.holds(finding):
                mode = modes.of(finding)
                told.append((at, Told(finding, mode, makes and mode is Mode.APPLY and bool(finding.edits))))
        if makes:
            summary = main.run.summary
            edits += (one for one in summary.edits if own.at(one.offset))
            counts += (one for one in summary.counts if own.at(one.offset))
            mended += (one for one in main.run.mended if own.at(one[0]))
            for at, finding in run_of(passes).findings if held else ():
                if finding.name in held and own.holds(finding):
                    told.append((at, Told(finding, modes.of(finding))))
    assert first is not None
    found = tuple(one for _, one in sorted(told, key=lambda pair: pair[0]))
    size = first.run.summary
    faults = tuple(fault for one in runs.values() for fault in one.run.summary.faults)
    if faults:
        quiet = tuple(one._replace(applied=False) for one in found)
        return Judged(data, quiet, (), faults, size.claims, size.service_lines)
    run = first.run
    run.summary.edits, run.summary.counts, run.mended = sorted(edits), sorted(counts), sorted(mended)
    changes = run.summary.changes
    made = splice(data, 0, changes) if changes else data
    tick()
    if changes:
        check_copy(run, BytesSource(made))
    return Judged(made, found, tuple(changes), (), size.claims, size.service_lines)


class _Run:
    """A finished run, its findings with their order."""

    def __init__(self, document: Document, passes: Sequence[Pass], policy: Policy, tick: Tick) -> None:
        self.run = Run(document, passes, policy.facts, lambda *_: tick())
        self.findings = list(enumerate(self.run.findings()))


class _Own:
    """What belongs to some of the transactions."""

    def __init__(self, survey: Surveyed, numbers: set[int], *, alone: bool) -> None:
        self._survey, self._numbers, self._alone = survey, numbers, alone
        self._controls = {
            (one.group.interchange.control, one.group.control, one.control): one.number
            for one in survey.envelopes.transactions
        }

    def at(self, offset: int) -> bool:
        return self._alone or self._survey.transaction(offset) in self._numbers

    def holds(self, finding: Finding) -> bool:
        place = finding.place
        if self._alone or place.claim_at >= 0:
            return self.at(place.claim_at)
        return self._controls.get((place.interchange, place.group, place.transaction), 0) in self._numbers


def _kinds(passes: Sequence[Pass], policy: Policy, ceiling: Mode | None, survey: Surveyed) -> dict[_Modes, set[int]]:
    """The transactions by what is allowed in them; most files know one kind only."""
    found: dict[tuple[Mode, ...], tuple[_Modes, set[int]]] = {}
    for number, address in enumerate(survey.addresses or survey.senders):
        by_name = {one.name: policy.mode_of(one.name, address, ceiling) for one in passes}
        base = policy.base(address, ceiling)
        found.setdefault((base, *by_name.values()), (_Modes(base, _Frozen(by_name)), set()))[1].add(number)
    return dict(found.values())


class _Frozen(dict[str, Mode]):
    """Modes by pass, as part of a key."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self.items()))
