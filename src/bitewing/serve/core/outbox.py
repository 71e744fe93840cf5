"""What goes on: each submission put into the outbox once, whatever is sent again and whatever dies meanwhile."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import replace
from pathlib import Path

from bitewing.edi.edit import Edit
from bitewing.edi.finding import Place
from bitewing.edi.output import to_disk, write_whole
from bitewing.hook.files import ENDINGS
from bitewing.hook.modes import Mode
from bitewing.hook.policy import ANSWERS, Policy
from bitewing.hook.result import Processed, SetAside, Verdict
from bitewing.serve.work import Asked


class Outbox:
    """outbox: where what goes on is put. acks: where answers wait to be fetched."""

    def __init__(self, outbox: Path, acks: Path) -> None:
        self._outbox, self._acks = outbox, acks
        self._hidden = outbox / ".bitewing"

    def answer(self, key: str, name: str) -> Path:
        """Where an answer to a submission lies."""
        return self._acks / f"core-{stem(key)}.{ENDINGS[name]}"

    def stage(self, key: str, data: bytes, attempt: str) -> None:
        """Write what goes on beside its place. Raises OutputError, OSError."""
        self._hidden.mkdir(mode=0o700, exist_ok=True)
        write_whole(self._hidden / f"{stem(key)}.{attempt}", [data])

    def publish(self, key: str, ending: str, attempt: str) -> None:
        """Put it into the outbox, if it is not there already: it is renamed, which happens once however often this is
        called. Raises OSError."""
        with contextlib.suppress(FileNotFoundError):
            (self._hidden / f"{stem(key)}.{attempt}").rename(self._outbox / f"{stem(key)}.{ending}")
        to_disk(self._outbox)
        for left in self._hidden.glob(f"{stem(key)}.*"):  # of tries that came to nothing
            left.unlink(missing_ok=True)


class Submission:
    """Claims or remittances: answered, and what may go on goes on. ending: of its file."""

    def __init__(self, outbox: Outbox, ending: str) -> None:
        self._outbox, self._ending = outbox, ending

    def policy(self, policy: Policy) -> Policy:
        """Whoever sends over CORE waits for an answer: shadow counts as propose, and all answers are made."""
        return policy.raised(Mode.PROPOSE)._replace(acks=ANSWERS)

    def settle(self, asked: Asked, outcome: Processed) -> Processed:
        """What cannot be answered is not taken: it does not go on."""
        if not unanswerable(outcome) or not outcome.data:
            return outcome
        aside, edits = (SetAside(asked.data, Place(), 0),), (Edit(0, asked.data, b""),)
        return replace(outcome, data=b"", quarantine=aside, edits=edits)

    def stage(self, asked: Asked, outcome: Processed, attempt: str) -> None:
        """Before the ledger is told. Raises OutputError, OSError."""
        if outcome.data:
            self._outbox.stage(asked.key, outcome.data, attempt)

    def publish(self, asked: Asked, outcome: Processed, attempt: str) -> None:
        """Answers to where they are fetched, and what goes on into the outbox. Raises OutputError, OSError."""
        for name, said in outcome.acks.items():
            write_whole(self._outbox.answer(asked.key, name), [said])
        self._outbox.publish(asked.key, self._ending, attempt)


class Acknowledgement(Submission):
    """An acknowledgement of results: it goes on as it is, and nothing answers it."""

    def policy(self, policy: Policy) -> Policy:
        """No pass looks at it."""
        return policy._replace(passes=(), pass_modes={}, acks=(), split=False)


def unanswerable(outcome: Processed) -> bool:
    """Whether there is nothing to say of it but that it cannot be read."""
    return outcome.verdict is Verdict.UNREADABLE and not outcome.acks


def stem(key: str) -> str:
    """The name of what belongs to a key: it says nothing of what is in it."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]
