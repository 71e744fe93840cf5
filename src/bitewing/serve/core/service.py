"""What is done for an envelope: claims and remittances that are sent, answers and results that are fetched, and
acknowledgements of results."""

from __future__ import annotations

import hmac
from http import HTTPStatus

from bitewing.edi.document import Document
from bitewing.edi.errors import NotReadable, OutputError
from bitewing.serve.core.envelope import EnvelopeError, Reply, Said, check
from bitewing.serve.core.operations import (
    ANSWERS,
    CONFIRMED,
    ERROR_TYPE,
    NO_RESULTS,
    REAL_TIME,
    RECEIPT,
    RECEIVED,
    RESPONSES,
    RESULTS,
    SUBMITTED,
    Operation,
)
from bitewing.serve.core.outbox import Acknowledgement, Outbox, Submission, unanswerable
from bitewing.serve.core.results import Results, transactions_of
from bitewing.serve.problem import Problem
from bitewing.serve.work import Asked, Done, Keeper, Work

_FETCH = "core-results"


class Core:
    """certified: whether whoever comes here has shown a certificate, and so needs no password."""

    def __init__(
        self, work: Work, outbox: Outbox, results: Results, user: str, token: bytes, *, certified: bool = False
    ) -> None:
        self._work, self._outbox, self._results = work, outbox, results
        self._user, self._token, self._certified = user, token, certified

    def answer(self, operation: Operation, said: Said, user: str, password: str) -> Reply:
        """The envelope that goes back. Raises Problem where that is not for CORE to say: nothing was done then."""
        try:
            if not self._knows(user, password):
                raise EnvelopeError("UnAuthorized", "the user or the password is not right")
            check(said, operation.mode, operation.types, payload=operation.brings)
            kind = said.get("PayloadType")
            if kind in SUBMITTED:
                return self._submit(operation, said)
            if kind in RECEIVED:
                return self._received(said)
            return self._results_for(said) if kind in RESULTS else self._answer_to(said)
        except EnvelopeError as error:
            return Reply(ERROR_TYPE, b"", error.code, error.message)
        except (OutputError, OSError):
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "it cannot be read or written now", retry=5) from None

    def _knows(self, user: str, password: str) -> bool:
        if self._certified and not user and not password:
            return True
        right = hmac.compare_digest(password.encode(), self._token)
        return hmac.compare_digest(user.encode(), self._user.encode()) and right

    def _submit(self, operation: Operation, said: Said) -> Reply:
        kind = SUBMITTED[said.get("PayloadType")]
        if transactions_of(said.payload or b"") & (set(SUBMITTED.values()) - {kind}):
            raise EnvelopeError("PayloadIllegal", f"the payload holds other transactions than {kind}")
        done = self._do(said, said.key(), Submission(self._outbox, kind))
        for name in ("277ca", "999", "ta1") if operation.mode == REAL_TIME else ():
            if found := done.outcome.acks.get(name):
                return Reply(RESPONSES[name], found)
        return Reply(RECEIPT)

    def _do(self, said: Said, key: str, keeper: Keeper) -> Done:
        try:
            done = self._work.do(Asked(said.payload or b"", None, key), keeper)
        except Problem as problem:
            if problem.status == HTTPStatus.UNPROCESSABLE_ENTITY:
                raise EnvelopeError("PayloadIDIllegal", "this PayloadID was used for another payload") from None
            raise
        if unanswerable(done.outcome):
            raise EnvelopeError("PayloadIllegal", "the payload is no X12 interchange that can be answered")
        return done

    def _answer_to(self, said: Said) -> Reply:
        name = ANSWERS[said.get("PayloadType")]
        if not self._work.knows(said.key()):
            raise EnvelopeError("PayloadIDIllegal", "there is no batch with this PayloadID from this sender")
        try:
            return Reply(RESPONSES[name], self._outbox.answer(said.key(), name).read_bytes())
        except FileNotFoundError:
            raise EnvelopeError("PayloadTypeIllegal", "this batch has no such answer") from None

    def _results_for(self, said: Said) -> Reply:
        data = self._results.fetch(said.key(_FETCH))
        return Reply(RESPONSES["835"], data) if data else Reply(NO_RESULTS)

    def _received(self, said: Said) -> Reply:
        if not self._results.knows(said.key(_FETCH)):
            raise EnvelopeError("PayloadIDIllegal", "nothing was fetched under this PayloadID by this sender")
        name = RECEIVED[said.get("PayloadType")]
        if not _acknowledges(said.payload or b"", name):
            raise EnvelopeError("PayloadIllegal", f"the payload holds no {name.upper()}")
        self._do(said, said.key(f"core-{name}"), Acknowledgement(self._outbox, name))
        self._results.received(said.key(_FETCH))
        return Reply(CONFIRMED)


def _acknowledges(data: bytes, name: str) -> bool:
    try:
        segments = Document.of(data).segments()
        return any(
            one.tag == "TA1" if name == "ta1" else one.tag == "ST" and one.element(1) == "999" for one in segments
        )
    except NotReadable:
        return False
