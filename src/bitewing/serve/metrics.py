"""Counters, shared by the processes of one server, as Prometheus reads them. They count; they name nobody."""

from __future__ import annotations

import mmap

from bitewing.hook.result import Verdict

BOUNDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)
"""Seconds: the buckets of durations."""
STATUSES = ("2xx", "4xx", "5xx")
_NAMES = (
    *(f'bitewing_requests_total{{status="{one}"}}' for one in STATUSES),
    *(f'bitewing_files_total{{verdict="{one.value}"}}' for one in Verdict),
    "bitewing_alerts_total",
    "bitewing_claims_total",
    "bitewing_bytes_total",
    *(f'bitewing_request_seconds_bucket{{le="{bound}"}}' for bound in (*BOUNDS, "+Inf")),
    "bitewing_request_seconds_count",
    "bitewing_request_microseconds_total",
)


class Metrics:
    """One row of numbers for each process. processes: how many there are at most."""

    def __init__(self, processes: int = 1) -> None:
        self._width, self._processes = len(_NAMES), processes
        # Shared with processes that are forked, and no file: a container may have none that can be written.
        self._all = memoryview(mmap.mmap(-1, 8 * self._width * processes)).cast("q")
        self._index = {name: number for number, name in enumerate(_NAMES)}
        self.process = 0

    def add(self, name: str, count: int = 1) -> None:
        """Count on."""
        self._all[self.process * self._width + self._index[name]] += count

    def file(self, verdict: Verdict, claims: int, size: int, *, alert: bool) -> None:
        """A file was processed."""
        self.add(f'bitewing_files_total{{verdict="{verdict.value}"}}')
        self.add("bitewing_alerts_total", alert)
        self.add("bitewing_claims_total", claims)
        self.add("bitewing_bytes_total", size)

    def request(self, status: int, seconds: float) -> None:
        """A request was answered."""
        kind = f"{status // 100}xx"
        self.add(f'bitewing_requests_total{{status="{kind if kind in STATUSES else "2xx"}"}}')
        for bound in BOUNDS:
            if seconds <= bound:
                self.add(f'bitewing_request_seconds_bucket{{le="{bound}"}}')
        self.add('bitewing_request_seconds_bucket{le="+Inf"}')
        self.add("bitewing_request_seconds_count")
        self.add("bitewing_request_microseconds_total", round(seconds * 1_000_000))

    def text(self) -> str:
        """All of them, summed over the processes."""
        rows = range(self._processes)
        totals = {name: sum(self._all[row * self._width + at] for row in rows) for name, at in self._index.items()}
        return "".join(f"{name} {total}\n" for name, total in totals.items())
