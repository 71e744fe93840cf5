"""Files of one claim over HTTP at a steady rate, beside requests to which nothing is done, in the same run.

python benchmarks/serve.py [SECONDS] [RATE]: two processes, one request every 1/RATE seconds whether or not the one
before was answered, and as many to /healthz in between. Prints the quantiles of both in milliseconds.
"""

from __future__ import annotations

import http.client
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
    for what, found_times in times.items():
        ordered = sorted(found_times)
        shown = "  ".join(f"p{part} {1000 * ordered[len(ordered) * part // 100]:7.1f} ms" for part in (50, 95, 99))
        print(f"{what:12} {len(ordered):6} answers  {shown}")
    return 0


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
