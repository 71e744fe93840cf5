"""Files over which a worker died: whether it was the file is found out, and one that kills is given up.

A worker that dies may have been killed by anybody. So a file that it left is tried in a process of its own first. Where
that process ends while the worker lives, the file is to blame, or something else for once: after three such trials it
is given up. A worker that dies while it tries one says less; of that there must be many.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from typing import NamedTuple

MOST_TRIALS, MOST_DEATHS = 3, 100
"""Trials that a file ended, and workers that died over it, after which it is given up."""
_NAP = 0.002


class Tried(NamedTuple):
    """What the name of a file that was taken says of it: it is written down nowhere else.

    deaths: workers that died over it. trials: those that it ended. at_hand: whether it is being read just now.
    """

    deaths: int = 0
    trials: int = 0
    at_hand: bool = False

    @classmethod
    def of(cls, name: str) -> Tried:
        """From a name such as 00000007, 00000007.1.0 or 00000007.1.0.now."""
        _, deaths, trials, now = (*name.split("."), "", "", "")[:4]
        return cls(int(deaths or 0), int(trials or 0), bool(now))

    def name(self, stem: str) -> str:
        """The name of a file of which this is so."""
        return f"{stem}.{self.deaths}.{self.trials}{'.now' if self.at_hand else ''}" if any(self) else stem

    def left(self, name: str) -> Tried:
        """The same after the worker died that had it under this name."""
        fresh = not any(self) and "." not in name
        return Tried(self.deaths + (self.at_hand or fresh), self.trials)

    @property
    def suspect(self) -> bool:
        """Whether it is tried before it is read."""
        return bool(self.deaths or self.trials)

    @property
    def hopeless(self) -> bool:
        """Whether it is tried no more."""
        return self.trials >= MOST_TRIALS or self.deaths >= MOST_DEATHS


def trial(call: Callable[[], object], seconds: float, handle: int, stopping: Callable[[], bool]) -> bool | None:
    """Whether a process of its own survives a call; None where it was told to stop before that was known.

    seconds: for the call to end by itself; after that it counts as not survived. handle: the lock of the worker, which
    dies with the worker and not with the trial. Raises OSError where there can be no process.
    """
    process = os.fork()
    if process == 0:
        status = 1
        try:
            os.close(handle)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            call()
            status = 0
        finally:
            os._exit(status)
    end = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return status == 0
        if (told := stopping()) or time.monotonic() > end:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            return None if told else False
        time.sleep(_NAP)
