"""Files of one claim over HTTP at a steady rate, beside requests to which nothing is done, in the same run.

python benchmarks/serve.py [SECONDS] [RATE]: two processes, one request every 1/RATE seconds whether or not the one
before was answered, and as many to /healthz in between. Prints the quantiles of both in milliseconds, how far apart the
ninety-fifth are, and the load of the machine. Exit 1 where they are further apart than 20 ms.
"""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from bitewing.edi.compose import compose
from bitewing.transforms.example import parse_claims

TOKEN = "a-token-for-benchmarks"
MOST = 20.0
"""Milliseconds by which a file may take longer than nothing, at the ninety-fifth of a hundred."""


def main() -> int:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    rate = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    data = compose(parse_claims(("C1: D0230 x3 78.00 #30",)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "token").write_text(TOKEN)
        words = ["-m", "bitewing", "serve", "--port", "0", "--token-file", str(folder / "token"), "--mode", "apply"]
        words += ["--ledger", str(folder / "runs.sqlite"), "--processes", "2"]
        with (
            (folder / "said").open("wb") as errors,
            subprocess.Popen([sys.executable, *words], stderr=errors) as server,
        ):
            while not (found := re.search(r"127\.0\.0\.1:(\d+)", (folder / "said").read_text())):
                time.sleep(0.05)
            time.sleep(1)
            times = measure(int(found[1]), data, seconds, rate)
            server.terminate()
    at95: list[float] = []
    for what, found_times in times.items():
        ordered = sorted(found_times)
        quantiles = {part: 1000 * ordered[len(ordered) * part // 100] for part in (50, 95, 99)}
        shown = "  ".join(f"p{part} {found:7.1f} ms" for part, found in quantiles.items())
        print(f"{what:12} {len(ordered):6} answers  {shown}")
        at95.append(quantiles[95])
    apart = at95[0] - at95[1]
    print(
        f"p95 apart: {apart:.1f} ms (at most {MOST:.0f}); load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    )
    return 0 if apart <= MOST else 1


def measure(port: int, data: bytes, seconds: int, rate: int) -> dict[str, list[float]]:
    """Seconds from the moment a request was due to its whole answer, by path."""
    times: dict[str, list[float]] = {"/v1/process": [], "/healthz": []}
    begun = time.perf_counter() + 0.2
    every = 8

    def ask(first: int, path: str, body: bytes | None, offset: float) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        head = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/edi-x12"}
        for number in range(first, seconds * rate, every):
            due = begun + number / rate + offset
            time.sleep(max(0.0, due - time.perf_counter()))
            connection.request("POST" if body else "GET", path, body, head)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            times[path].append(time.perf_counter() - due)

    threads = [
        threading.Thread(target=ask, args=(first, path, body, offset))
        for first in range(every)
        for path, body, offset in (("/v1/process", data, 0.0), ("/healthz", None, 0.5 / rate))
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return times


if __name__ == "__main__":
    sys.exit(main())
