"""The contract: a file goes in, an outcome comes out, whatever the file holds and whatever fails on the way.

Pure: no file, no network, no clock but the one that is handed in, and a timer for the deadline. Several threads may
call it at once. What fails never costs the file: the original goes on with a finding and an alert, or is set aside
where the policy says that it must not go on unprocessed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bitewing.edi.document import Document
from bitewing.edi.edit import Edit, compose, original_offset, splice
from bitewing.edi.errors import EdiError, NotKept, NotReadable
from bitewing.edi.finding import Action, Finding, Place
from bitewing.hook.modes import Mode
from bitewing.hook.numbers import NotNow
from bitewing.hook.passes import Judged, judged
from bitewing.hook.policy import Address, Policy
from bitewing.hook.result import Processed, SetAside, Told, Verdict
from bitewing.hook.structure import CannotCut
from bitewing.hook.survey import Surveyed, surveyed
from bitewing.transforms.catalog import builtin_passes, chosen

Ids = Callable[[int], int]


class OutOfTime(BaseException):
    """The deadline has passed. No pass may catch it, so it is no Exception."""


def process(
    data: bytes,
    *,
    policy: Policy,
    clock: Callable[[], datetime],
    ids: Ids,
    mode: Mode | str | None = None,
    deadline: float | None = None,
    timer: Callable[[], float] = time.monotonic,
) -> Processed:
    """Process one file as the policy says.

    mode: at most this, and this where the policy says nothing else; None for what the policy says. clock: the time of
    answers. ids: takes a number n, gives the first of n control numbers (ISA13) that are free. deadline: seconds that
    it may take, else those of the policy. Raises nothing for what a file holds; KeyboardInterrupt and the like pass,
    and NotNow where ids has no number to give.
    """
    seconds = policy.limits.seconds if deadline is None else deadline
    end = timer() + seconds

    def tick() -> None:
        if timer() >= end:
            raise OutOfTime

    hook = _Hook(data, policy, Mode(mode) if mode is not None else None, clock, ids, tick)
    try:
        return hook.outcome()
    except OutOfTime:
        return hook.failed("X906", "hook-out-of-time", f"It was not done within {seconds:g} seconds.")
    except NotReadable as error:
        return hook.failed("X908", "not-readable", f"It cannot be read with certainty: {error}.", Verdict.UNREADABLE)
    except NotNow:
        raise
    except CannotCut as error:
        return hook.failed("X911", "cannot-be-split", f"Refused claims cannot be taken out of it: {error}.")
    except NotKept:
        return hook.failed("X904", "repair-not-kept", "What was made of it did not hold when it was read again.")
    except Exception as error:
        return hook.failed("X905", "hook-failed", f"A fault of the software ({type(error).__name__}). Report it.")


def out_of_time(data: bytes, policy: Policy) -> Processed:
    """The outcome for a file that a caller had to give up on."""
    hook = _Hook(data, policy, None, lambda: datetime(1970, 1, 1), lambda _: 1, lambda: None)
    return hook.failed("X906", "hook-out-of-time", "It was not done in time and was stopped from outside.")


def passed_on(data: bytes, policy: Policy) -> Processed:
    """The outcome for a file where what surrounds the contract failed."""
    hook = _Hook(data, policy, None, lambda: datetime(1970, 1, 1), lambda _: 1, lambda: None)
    return hook.failed("X905", "hook-failed", "A fault of the software around it. Report it.")


def given_up(data: bytes, policy: Policy, *, aside: bool) -> Processed:
    """The outcome for a file that ends whoever reads it. aside: whether there is a place to set it aside."""
    hook = _Hook(data, policy, None, lambda: datetime(1970, 1, 1), lambda _: 1, lambda: None)
    message = "The software ended each time it was tried; nothing was done to it. Report it."
    told = Told(Finding("X912", "hook-killed", Action.FLAG, message, Place(), 1), Mode.PROPOSE)
    return hook.quarantined([told]) if aside else hook.failed(told.finding.code, told.finding.name, message)


class _Hook:
    """One file on its way. What is known of it so far is kept for the case that something fails."""

    def __init__(
        self,
        data: bytes,
        policy: Policy,
        mode: Mode | None,
        clock: Callable[[], datetime],
        ids: Ids,
        tick: Callable[[], None],
    ) -> None:
        self.data, self.policy, self.mode = data, policy, mode
        self.clock, self.ids, self.tick = clock, ids, tick
        self._survey: Surveyed | None = None

    def outcome(self) -> Processed:
        """All went well, or something is wrong with the file that can be said. Raises what goes wrong."""
        policy = self.policy
        if len(self.data) > policy.limits.most_bytes:
            most = policy.limits.most_bytes
            return self.failed("X907", "hook-too-large", f"It has {len(self.data)} bytes; at most {most} are taken.")
        self.tick()
        survey = self._survey = surveyed(Document.of(self.data))
        if len(survey.usages) > 1:
            message = "It holds test and production interchanges (ISA15); they are not processed together."
            return self.failed("X909", "test-and-production-mixed", message)
        modes = [policy.base(one, self.mode) for one in survey.senders]
        passes = policy.passes if policy.passes is not None else chosen(builtin_passes())
        split = _Cut(self.data)
        acks: dict[str, bytes] = {}
        answered = bool(policy.acks) and any(one is not Mode.SHADOW for one in modes)
        if answered or (policy.split and Mode.APPLY in modes):
            split, acks = self._guide(survey, modes)
        if not split.kept:
            return self._nothing_left(split, acks)
        if split.edits:
            survey = surveyed(Document.of(split.kept))
        if split.aside:
            from bitewing.hook.beside import Beside  # few files are split

            history = Beside(policy.facts.history, (one.data for one in split.aside))
            policy = policy._replace(facts=policy.facts._replace(history=history))
        found = judged(split.kept, passes, policy, self.mode, survey, self.tick)
        return self._joined(split, found, acks)

    def _guide(self, survey: Surveyed, modes: list[Mode]) -> tuple[_Cut, dict[str, bytes]]:
        """Hold the file against its guide: cut out what is refused where that is wanted, and answer."""
        from bitewing.hook.answers import Refused, answers, checked, refusals  # shadow needs neither
        from bitewing.hook.split import split

        policy = self.policy
        document = Document.of(self.data)
        faults = checked(document, self.tick)
        cut = _Cut(self.data)
        if policy.split:
            refused = refusals(document, faults, strict=policy.strict)
            ours = [stretch for stretch, mode in zip(survey.stretches, modes, strict=True) if mode is Mode.APPLY]
            within = Refused(*(frozenset(at for at in part if _in(ours, at)) for part in refused))
            if within:
                done = split(self.data, within, self.ids)
                cut = _Cut(done.data, done.edits, done.aside)
        self.tick()
        acks: dict[str, bytes] = {}
        said = [stretch for stretch, mode in zip(survey.stretches, modes, strict=True) if mode is not Mode.SHADOW]
        if policy.acks and said:
            if len(said) < len(modes):  # who is measured in silence is not answered
                document = Document.of(b"".join(self.data[start:stop] for start, stop in said))
                faults = checked(document, self.tick)
            control = self.ids(3 * len(said))
            acks = dict(
                answers(document, faults, policy.acks, self.clock(), control, policy.source, strict=policy.strict)
            )
        return cut, acks

    def _joined(self, split: _Cut, found: Judged, acks: dict[str, bytes]) -> Processed:
        told = [_moved(one, split.edits) for one in found.told]
        told = [_set_aside(one) for one in split.aside] + told
        alert, verdict, data = False, Verdict.UNCHANGED, found.data
        edits = compose(split.edits, found.edits) if split.edits else list(found.edits)
        if splice(self.data, 0, edits) != data:
            raise NotKept("what goes on is not what was declared", None, "nothing was changed")
        if found.faults:
            alert, verdict = True, Verdict.UNREADABLE
            told += [_fault(one) for one in found.faults]
            if self._must():
                return replace(self.quarantined(told), claims=found.claims, service_lines=found.service_lines)
        elif edits:
            verdict = Verdict.CHANGED
        if split.aside:
            verdict = Verdict.SPLIT
        alert = alert or any(one.finding.code.startswith("X9") and one.finding.name != SET_ASIDE for one in told)
        claims = found.claims + sum(one.claims for one in split.aside)
        return Processed(
            verdict,
            data,
            tuple(told),
            acks,
            split.aside,
            tuple(edits),
            alert,
            claims,
            found.service_lines,
            len(self.data),
        )

    def _nothing_left(self, split: _Cut, acks: dict[str, bytes]) -> Processed:
        claims = sum(one.claims for one in split.aside)
        told = tuple(_set_aside(one) for one in split.aside)
        edits = tuple(split.edits)
        return Processed(
            Verdict.QUARANTINED, b"", told, acks, split.aside, edits, claims=claims, bytes_in=len(self.data)
        )

    def failed(self, code: str, name: str, message: str, verdict: Verdict = Verdict.PASSED) -> Processed:
        """The original goes on and somebody has to look; or it is set aside, where the policy says so."""
        told = [Told(Finding(code, name, Action.FLAG, message, Place(), 1), Mode.PROPOSE)]
        if self._must():
            return self.quarantined(told)
        return Processed(verdict, self.data, tuple(told), alert=True, bytes_in=len(self.data))

    def quarantined(self, told: list[Told]) -> Processed:
        """All of it is set aside."""
        edits = (Edit(0, self.data, b""),) if self.data else ()
        aside = (SetAside(self.data, Place(), 0),)
        return Processed(Verdict.QUARANTINED, b"", tuple(told), {}, aside, edits, alert=True, bytes_in=len(self.data))

    def _must(self) -> bool:
        """Whether it must not go on unprocessed: for any of those it may be from, where that is not known."""
        if self._survey is not None and self._survey.senders:
            known = {*self._survey.senders, *self._survey.addresses}
            return any(self.policy.must(one) for one in known)
        return self.policy.must(Address()) or any(bool(one.mandatory) for one in self.policy.partners)


class _Cut:
    """What stays of a file, how it comes about, what goes."""

    def __init__(self, kept: bytes, edits: list[Edit] | None = None, aside: tuple[SetAside, ...] = ()) -> None:
        self.kept, self.edits, self.aside = kept, edits or [], aside


SET_ASIDE = "claim-set-aside"


def _in(stretches: list[tuple[int, int]], at: int) -> bool:
    return any(start <= at < stop for start, stop in stretches)


def _set_aside(one: SetAside) -> Told:
    what = "The claim is" if one.place.claim_at >= 0 else "It holds claims that are"
    message = f"{what} refused by its guide and set aside; the 277CA says why."
    if not one.claims:
        message = "It is refused by its guide and set aside; the TA1 or 999 says why."
    return Told(Finding("X910", SET_ASIDE, Action.FLAG, message, one.place, 1), Mode.APPLY)


def _fault(error: EdiError) -> Told:
    spot = error.spot
    place = Place(claim=spot.claim, segment=spot.segment) if spot else Place()
    return Told(Finding("X908", "not-readable", Action.FLAG, f"It cannot be read: {error}.", place, 1), Mode.PROPOSE)


def _moved(one: Told, made: list[Edit]) -> Told:
    """A finding on what stayed, with its places in the original."""
    if not made:
        return one
    finding = one.finding
    place = finding.place
    if place.claim_at >= 0:
        place = place._replace(claim_at=original_offset(made, place.claim_at))
    edits = tuple(edit._replace(offset=original_offset(made, edit.offset)) for edit in finding.edits)
    return one._replace(finding=finding._replace(place=place, edits=edits))
