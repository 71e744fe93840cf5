"""What a request asks for, done in a thread: the contract, the ledger, and answers that can be given again.

A request with an idempotency key is answered once. The ledger keeps for the key which control numbers and which moment
were used, and nothing of the answer: the same file with the same numbers gives the same answer again.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple, Protocol

from bitewing.edi.errors import OutputError
from bitewing.hook.entry import entry_of, policy_digest
from bitewing.hook.files import digest, write_folder
from bitewing.hook.ledger import Known, Ledger, LedgerError
from bitewing.hook.modes import Mode, lower
from bitewing.hook.numbers import LAST
from bitewing.hook.policy import Policy
from bitewing.hook.process import process
from bitewing.hook.result import Processed
from bitewing.serve.problem import Problem
from bitewing.serve.serving import Serving

_RETRY = 5
_AT_ONCE = 300
"""Control numbers: for a hundred files."""
_PATIENCE = 2.0
"""Seconds: whoever waits for an answer can be told to come again."""


class Asked(NamedTuple):
    """data: the file. mode: at most this, None for what the policy says. key: the idempotency key, "" for none."""

    data: bytes
    mode: Mode | None = None
    key: str = ""

    @property
    def digest(self) -> str:
        """What was asked, as a hash."""
        return hashlib.sha256(f"{self.mode or ''}\n{digest(self.data)}".encode()).hexdigest()


class Done(NamedTuple):
    """run: its name in the ledger. again: whether the answer was given before."""

    outcome: Processed
    run: str
    again: bool = False


class _Hoard:
    """Control numbers taken from the ledger many at a time: the disk is waited for once, not for each file.

    Those that are left when the server ends are never used.
    """

    def __init__(self) -> None:
        self._next, self._left = 0, 0

    def take(self, wanted: int, ledger: Ledger, first: int) -> int:
        """The first of so many. first: of all that there ever are. Raises LedgerError."""
        if wanted > self._left or self._next + wanted > LAST:
            self._left = max(wanted, _AT_ONCE)
            self._next = ledger.reserve(self._left, first)
        found = self._next
        self._next, self._left = found + wanted, self._left - wanted
        return found


class _Numbers:
    """Control numbers for one file: new ones, or those that were given before."""

    def __init__(self, new: Callable[[int], int], given: list[int] | None = None) -> None:
        self._new, self._again = new, iter(given) if given is not None else None
        self.given: list[int] = []

    def __call__(self, wanted: int) -> int:
        found = next(self._again) if self._again is not None else self._new(wanted)
        self.given.append(found)
        return found


class Keeper(Protocol):
    """What has to happen to a file beside its answer: once, whatever is asked again and whatever dies meanwhile.

    attempt: names one try to process it. Only that of the try which the ledger knows is ever published.
    """

    def policy(self, policy: Policy) -> Policy:
        """What holds for such files."""

    def settle(self, asked: Asked, outcome: Processed) -> Processed:
        """The outcome as it is to be."""

    def stage(self, asked: Asked, outcome: Processed, attempt: str) -> None:
        """Before the ledger is told. Raises OutputError."""

    def publish(self, asked: Asked, outcome: Processed, attempt: str) -> None:
        """After it, perhaps more than once. Raises OutputError."""


class Work:
    """What threads do. Each has a connection of its own to the ledger."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._own = threading.local()

    def _ledger(self) -> Ledger:
        if not hasattr(self._own, "ledger"):
            self._own.ledger = Ledger(self._serving.ledger, patience=_PATIENCE)
        found: Ledger = self._own.ledger
        return found

    def _hoard(self) -> _Hoard:
        if not hasattr(self._own, "hoard"):
            self._own.hoard = _Hoard()
        found: _Hoard = self._own.hoard
        return found

    def ready(self) -> None:
        """Raises Problem where a file could not be processed now."""
        try:
            self._ledger().ready()
        except LedgerError as error:
            raise _not_now(error) from None

    def knows(self, key: str) -> bool:
        """Whether a request with this key was answered. Raises Problem."""
        try:
            return self._ledger().answer(key) is not None
        except LedgerError as error:
            raise _not_now(error) from None

    def kept(self, key: str) -> str | None:
        """What is kept under a key. Raises Problem."""
        try:
            found = self._ledger().answer(key)
        except LedgerError as error:
            raise _not_now(error) from None
        return found[1] if found is not None else None

    def keep(self, key: str, said: str) -> str:
        """Keep this under a key, unless something is kept already; what is kept. Raises Problem."""
        try:
            return self._ledger().keep(key, said)
        except LedgerError as error:
            raise _not_now(error) from None

    def do(self, asked: Asked, keeper: Keeper | None = None) -> Done:
        """Process a file. keeper: what else happens to it; the request then has a key. Raises Problem."""
        serving = self._serving
        policy, mode = self._decided(asked, keeper)
        try:
            ledger = self._ledger()
            known = ledger.answer(asked.key) if asked.key else None
            if known is not None:
                return self._again(asked, known, ledger, keeper)
            begun, moment = time.perf_counter(), serving.clock()
            ids = _Numbers(lambda wanted: self._hoard().take(wanted, ledger, serving.control))
            done = process(asked.data, policy=policy, mode=mode, clock=lambda: moment, ids=ids)
            done = done if keeper is None else keeper.settle(asked, done)
            seconds = time.perf_counter() - begun
            entry = entry_of(done, asked.data, policy, door="http", at=moment, seconds=seconds, mode=mode)
            attempt = serving.random(8).hex()
            said = json.dumps([asked.digest, moment.isoformat(), ids.given, policy_digest(policy, mode), attempt])
            if keeper is not None:
                _put(lambda: keeper.stage(asked, done, attempt))
            try:
                run = ledger.add(entry, key=asked.key, said=said).run
            except Known:  # the same request came twice at once, and the other one was quicker
                return self._again(asked, ledger.answer(asked.key) or ("", said), ledger, keeper)
            self._write(asked, done, keeper, attempt)
            return Done(done, run)
        except LedgerError as error:
            raise _not_now(error) from None

    def _decided(self, asked: Asked, keeper: Keeper | None) -> tuple[Policy, Mode | None]:
        """What holds for a request: it may ask for less than the operator allows, never for more."""
        policy, most = self._serving.policy, self._serving.mode
        if keeper is not None:
            return keeper.policy(policy), Mode.PROPOSE if most is Mode.SHADOW else most
        if asked.mode is None:
            return policy, most
        return policy.lowered(asked.mode), lower(most, asked.mode) if most is not None else None

    def _again(self, asked: Asked, known: tuple[str, str], ledger: Ledger, keeper: Keeper | None) -> Done:
        """The answer that was given before, made again."""
        policy, mode = self._decided(asked, keeper)
        run, said = known
        request, moment, given, decided, attempt = json.loads(said)
        if request != asked.digest:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "this Idempotency-Key was used for another request")
        if decided != policy_digest(policy, mode):
            raise Problem(HTTPStatus.CONFLICT, "what is decided for files has changed since this key was used")
        at = datetime.fromisoformat(moment)
        ids = _Numbers(lambda _: 1, given)
        done = process(asked.data, policy=policy, mode=mode, clock=lambda: at, ids=ids)
        done = done if keeper is None else keeper.settle(asked, done)
        if digest(done.data) != ledger.find(run).record["sha256_out"]:
            raise Problem(HTTPStatus.CONFLICT, "the answer cannot be given again as it was; send it under a new key")
        self._write(asked, done, keeper, attempt)
        return Done(done, run, True)

    def _write(self, asked: Asked, done: Processed, keeper: Keeper | None, attempt: str) -> None:
        serving = self._serving
        _put(lambda: write_folder(done, asked.data, serving.acks if keeper is None else None, serving.quarantine))
        if keeper is not None:
            _put(lambda: keeper.publish(asked, done, attempt))


def _put(call: Callable[[], None]) -> None:
    try:
        call()
    except (OutputError, OSError):
        detail = "what belongs to the file could not be written; it may be sent again under the same key"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry=_RETRY) from None


def _not_now(error: LedgerError) -> Problem:
    if error.retry:
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "the ledger is locked or its disk full", retry=_RETRY)
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the ledger cannot be used")
