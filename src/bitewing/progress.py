"""Progress on standard error, only for work over two seconds and only where a person watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from bitewing.transforms.run import Progress

PATIENCE = 2.0  # seconds; not money


def progress_for(*, quiet: bool) -> Callable[[str], Progress | None]:
    """What makes a progress callback for a file, None where nobody looks."""
    if quiet or not sys.stderr.isatty():
        return lambda name: None
    return _Bar


class _Bar:
    """A bar that appears once the work has taken a while. rich is loaded only then."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._begun = time.monotonic()
        self._bar: object = None

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None and time.monotonic() - self._begun > PATIENCE and done < total:
            from rich.console import Console
            from rich.progress import Progress as Bar

            bar = Bar(console=Console(stderr=True), transient=True)
            self._task = bar.add_task(self._name, total=total)
            bar.start()
            self._bar = bar
        if self._bar is not None:
            self._bar.update(self._task, completed=done)  # type: ignore[attr-defined]
            if done >= total:
                self._bar.stop()  # type: ignore[attr-defined]
                self._bar = None
