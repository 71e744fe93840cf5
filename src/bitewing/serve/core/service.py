"""What is done for an envelope: claims in real time, claims as a batch, and the answers to a batch that was sent."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from bitewing.edi.edit import Edit
from bitewing.edi.finding import Place
from bitewing.edi.output import write_whole
from bitewing.hook.files import ENDINGS
from bitewing.hook.modes import Mode
from bitewing.hook.policy import ANSWERS, Policy
from bitewing.hook.result import Processed, SetAside, Verdict
from bitewing.serve.core.envelope import (
    CLAIMS,
    ERROR_TYPE,
    RECEIPT,
    RESPONSES,
    RETRIEVALS,
    EnvelopeError,
    Reply,
    Said,
    check,
)
from bitewing.serve.problem import Problem
from bitewing.serve.work import Asked, Work

REAL_TIME, BATCH = "RealTime", "Batch"


class Operation(NamedTuple):
    """request, response: the elements of a SOAP body. mode: ProcessingMode. types: PayloadTypes that it takes."""

    request: str
    response: str
    mode: str
    types: frozenset[str]

    @property
    def submits(self) -> bool:
        """Whether it brings claims."""
        return CLAIMS in self.types


OPERATIONS = {
    "RealTimeTransaction": Operation(
        "COREEnvelopeRealTimeRequest", "COREEnvelopeRealTimeResponse", REAL_TIME, frozenset({CLAIMS})
    ),
    "BatchSubmitTransaction": Operation(
        "COREEnvelopeBatchSubmission", "COREEnvelopeBatchSubmissionResponse", BATCH, frozenset({CLAIMS})
    ),
    "BatchSubmitAckRetrievalTransaction": Operation(
        "COREEnvelopeBatchSubmissionAckRetrievalRequest",
        "COREEnvelopeBatchSubmissionAckRetrievalResponse",
        BATCH,
        frozenset(one for one, name in RETRIEVALS.items() if name != "277ca"),
    ),
    "BatchResultsRetrievalTransaction": Operation(
        "COREEnvelopeBatchResultsRetrievalRequest",
        "COREEnvelopeBatchResultsRetrievalResponse",
        BATCH,
        frozenset(one for one, name in RETRIEVALS.items() if name == "277ca"),
    ),
}
"""By their names in the WSDL."""


class Core:
    """outbox: where what goes on is put, each submission once. acks: where answers wait to be fetched."""

    def __init__(self, work: Work, outbox: Path, acks: Path, user: str, token: bytes) -> None:
        self._work, self._outbox, self._acks, self._user, self._token = work, outbox, acks, user, token

    def answer(self, operation: Operation, said: Said, user: str, password: str) -> Reply:
        """The envelope that goes back. Raises Problem where that is not for CORE to say: nothing was done then."""
        try:
            if not self._knows(user, password):
                raise EnvelopeError("UnAuthorized", "the user or the password is not right")
            check(said, operation.mode, operation.types, payload=operation.submits)
            return self._submit(operation, said) if operation.submits else self._fetch(said)
        except EnvelopeError as error:
            return Reply(ERROR_TYPE, b"", error.code, error.message)

    def _knows(self, user: str, password: str) -> bool:
        right = hmac.compare_digest(password.encode(), self._token)
        return hmac.compare_digest(user.encode(), self._user.encode()) and right

    def _submit(self, operation: Operation, said: Said) -> Reply:
        try:
            done = self._work.do(Asked(said.payload or b"", None, said.key), self)
        except Problem as problem:
            if problem.status == HTTPStatus.UNPROCESSABLE_ENTITY:
                raise EnvelopeError("PayloadIDIllegal", "this PayloadID was used for another payload") from None
            raise
        if _unanswerable(done.outcome):
            raise EnvelopeError("PayloadIllegal", "the payload is no X12 interchange that can be answered")
        for name in ("277ca", "999", "ta1") if operation.mode == REAL_TIME else ():
            if found := done.outcome.acks.get(name):
                return Reply(RESPONSES[name], found)
        return Reply(RECEIPT)

    def _fetch(self, said: Said) -> Reply:
        name = RETRIEVALS[said.get("PayloadType")]
        if not self._work.knows(said.key):
            raise EnvelopeError("PayloadIDIllegal", "there is no batch with this PayloadID from this sender")
        try:
            return Reply(RESPONSES[name], self._ack(said.key, name).read_bytes())
        except FileNotFoundError:
            raise EnvelopeError("PayloadTypeIllegal", "this batch has no such answer") from None
        except OSError:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "the answer cannot be read now", retry=5) from None

    def _ack(self, key: str, name: str) -> Path:
        return self._acks / f"core-{_stem(key)}.{ENDINGS[name]}"

    # What follows is called by ``Work.do``: before the ledger is told, and after.

    def policy(self, policy: Policy) -> Policy:
        """Whoever sends over CORE waits for an answer: shadow counts as propose, and all answers are made."""
        return policy.raised(Mode.PROPOSE)._replace(acks=ANSWERS)

    def settle(self, asked: Asked, outcome: Processed) -> Processed:
        """What cannot be answered is not taken: it does not go on."""
        if not _unanswerable(outcome) or not outcome.data:
            return outcome
        aside, edits = (SetAside(asked.data, Place(), 0),), (Edit(0, asked.data, b""),)
        return replace(outcome, data=b"", quarantine=aside, edits=edits)

    def stage(self, asked: Asked, outcome: Processed, attempt: str) -> None:
        """Write what goes on beside its place. Raises OutputError, OSError."""
        self._hidden.mkdir(mode=0o700, exist_ok=True)
        if outcome.data:
            write_whole(self._hidden / f"{_stem(asked.key)}.{attempt}", [outcome.data])

    def publish(self, asked: Asked, outcome: Processed, attempt: str) -> None:
        """Put answers where they are fetched, and what goes on into the outbox, if it is not there already: it is
        renamed, which happens once however often this is called. Raises OutputError, OSError."""
        stem = _stem(asked.key)
        for name, said in outcome.acks.items():
            write_whole(self._ack(asked.key, name), [said])
        with contextlib.suppress(FileNotFoundError):
            (self._hidden / f"{stem}.{attempt}").rename(self._outbox / f"{stem}.837")
        for left in self._hidden.glob(f"{stem}.*"):  # of tries that came to nothing
            left.unlink(missing_ok=True)

    @property
    def _hidden(self) -> Path:
        return self._outbox / ".bitewing"


def _unanswerable(outcome: Processed) -> bool:
    return outcome.verdict is Verdict.UNREADABLE and not outcome.acks


def _stem(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]
