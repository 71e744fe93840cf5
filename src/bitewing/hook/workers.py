"""Several workers over one folder, each a process: one that dies is replaced, one that cannot go on stops them all."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from datetime import datetime
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from types import FrameType

from bitewing.exits import Exit
from bitewing.hook.ledger import LedgerError
from bitewing.hook.watch import Worker
from bitewing.hook.watching import Watching

_NAP, _BREATH = 0.05, 0.2
"""Seconds between two looks whether to stop, and before a worker that died is replaced."""


class Stop:
    """Set by SIGTERM or SIGINT, or when the process above is gone."""

    def __init__(self, above: int | None = None) -> None:
        """above: the process above, the present one where it is not given."""
        self._told, self._above = False, os.getppid() if above is None else above
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._set)

    def _set(self, _: int, __: FrameType | None) -> None:
        # A flag and no event: a signal that comes while an event is set or waited for would wait for its lock for ever.
        self._told = True

    def __call__(self) -> bool:
        return self._told or os.getppid() != self._above

    def wait(self, seconds: float) -> None:
        """Sleep, until it is set."""
        end = time.monotonic() + seconds
        while not self._told and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _NAP))


def work(
    watching: Watching,
    *,
    clock: Callable[[], datetime],
    say: Callable[[str], None],
    poll: float,
    once: bool,
    above: int | None = None,
) -> Exit:
    """One worker, until it is told to stop; with ``once``, until nothing is left that is ready or may soon be."""
    stop = Stop(above)
    try:
        worker = Worker(watching, clock=clock, say=say, stopping=stop)
    except (OSError, LedgerError) as error:
        return _trouble(error, say)
    try:
        looks, begun = 0, time.monotonic()
        while not stop():
            done = worker.sweep()
            looks = 0 if done else looks + 1
            settled = looks > 1 and time.monotonic() - begun > watching.settle
            if once and (not worker.waiting or settled) and not done:
                break
            if not done:
                stop.wait(min(poll, max(watching.settle, 0.01)) if once else poll)
        worker.close()
    except Exception as error:
        with contextlib.suppress(OSError):
            worker.abandon()
        return _trouble(error, say)
    return Exit.DONE


def _trouble(error: Exception, say: Callable[[str], None]) -> Exit:
    if isinstance(error, LedgerError):
        say(str(error))
        return Exit.TEMPORARY if error.retry else Exit.USAGE
    if not isinstance(error, OSError):
        say(f"internal fault ({type(error).__name__}); the file at hand is as it was; please report it")
        return Exit.INTERNAL
    say(f"the disk: {error.strerror or type(error).__name__}; nothing is lost; run again when it is mended")
    return Exit.TEMPORARY


def run_workers(
    watching: Watching,
    workers: int,
    *,
    clock: Callable[[], datetime],
    say: Callable[[str], None],
    poll: float = 1.0,
    once: bool = False,
) -> Exit:
    """Watch with so many workers. The exit code of the first that could not go on, else 0."""
    if workers == 1:
        return work(watching, clock=clock, say=say, poll=poll, once=once)
    stop = Stop()
    context = multiprocessing.get_context("fork")

    def begin() -> ForkProcess:
        process = context.Process(target=_child, args=(watching, clock, say, poll, once, os.getpid()))
        process.start()
        return process

    running = [begin() for _ in range(workers)]
    worst = Exit.DONE
    while running and not stop() and worst is Exit.DONE:
        wait([one.sentinel for one in running], timeout=_BREATH)
        for one in [each for each in running if not each.is_alive()]:
            running.remove(one)
            if one.exitcode is not None and one.exitcode < 0:  # killed: it left nothing that is lost
                stop.wait(_BREATH)
                if not stop():
                    running.append(begin())
            elif one.exitcode:
                worst = Exit(one.exitcode) if one.exitcode in list(Exit) else Exit.INTERNAL
    while running:  # told again and again: one that has only begun may not listen yet
        for one in running:
            one.terminate()
        wait([one.sentinel for one in running], timeout=_BREATH)
        running = [one for one in running if one.is_alive()]
    return worst


def _child(
    watching: Watching,
    clock: Callable[[], datetime],
    say: Callable[[str], None],
    poll: float,
    once: bool,
    above: int,
) -> None:
    raise SystemExit(int(work(watching, clock=clock, say=say, poll=poll, once=once, above=above)))
