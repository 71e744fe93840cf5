"""A deadline that also stops what does not look at the clock: for programs that process one file at a time."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import datetime
from types import FrameType

from bitewing.hook.modes import Mode
from bitewing.hook.policy import Policy
from bitewing.hook.process import OutOfTime, out_of_time, process
from bitewing.hook.result import Processed

GRACE = 0.5
"""Seconds that a run has beyond its deadline to end by itself."""


def timed(
    data: bytes,
    *,
    policy: Policy,
    clock: Callable[[], datetime],
    ids: Callable[[int], int],
    mode: Mode | None = None,
) -> Processed:
    """``process``, stopped from outside where it does not stop by itself. In the main thread of a process only."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return process(data, policy=policy, clock=clock, ids=ids, mode=mode)

    def stop(_: int, __: FrameType | None) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, policy.limits.seconds + GRACE)
    try:
        return process(data, policy=policy, clock=clock, ids=ids, mode=mode)
    except OutOfTime:
        return out_of_time(data, policy)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
