"""Speed and memory, as ratios in one run: bitewing beside ``bytes.split`` and pyx12, on generated files.

    python benchmarks/run.py [--claims 200000] [--runs 3] [--keep FOLDER]

Whole processes are timed, from start to exit, on one core; figures are medians. Nothing here passes or fails a test.
"""

from __future__ import annotations

import argparse
import atexit
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from bitewing.edi.native import BUILT

HERE = Path(__file__).resolve().parent
TINY = HERE.parent / "fixtures" / "demo" / "1-three-films-one-line.837"
BITEWING = [sys.executable, "-m", "bitewing"]
PERIAPICAL = ["--select", "missing-first-pa,repeated-first-pa"]
PYX12 = """
import logging, sys
logging.disable(logging.CRITICAL)
import pyx12.params, pyx12.x12file, pyx12.x12n_document
kind, name = sys.argv[1:]
with open(name) as stream:
    if kind == "read":
        for segment in pyx12.x12file.X12Reader(stream):
            pass
    elif not pyx12.x12n_document.x12n_document(pyx12.params.params(), stream, None, None, None):
        sys.exit("pyx12 does not accept the file")
"""


class Measured:
    """One command, run several times: wall seconds and the most memory, as medians."""

    def __init__(self, command: Sequence[str], runs: int, allowed: Sequence[int] = (0,)) -> None:
        self.seconds, self.mebibytes = 0.0, 0.0
        figures = [_once(command, allowed) for _ in range(runs)]
        self.seconds = statistics.median(seconds for seconds, _ in figures)
        self.mebibytes = statistics.median(peak for _, peak in figures)


@cache
def environment() -> dict[str, str]:
    """As where it is installed: pip compiles what it installs, so no run is measured that has to compile first."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    compiled = environment["PYTHONPYCACHEPREFIX"] = tempfile.mkdtemp(prefix="bitewing-")
    atexit.register(shutil.rmtree, compiled, ignore_errors=True)
    first = [*BITEWING, "repair", str(TINY), "--format", "json"]
    subprocess.run(first, check=True, capture_output=True, env=environment)
    return environment


def _once(command: Sequence[str], allowed: Sequence[int]) -> tuple[float, float]:
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment())
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    code = os.waitstatus_to_exitcode(status)
    process.returncode = code
    process.stderr.close()
    if code not in allowed:
        sys.exit(f"{' '.join(command)} ended with {code}: {said.decode(errors='replace')}")
    return seconds, usage.ru_maxrss / 1024


def generated(folder: Path, name: str, *arguments: str) -> Path:
    path = folder / name
    if not path.exists():
        command = [sys.executable, str(HERE.parent / "fixtures" / "generate.py"), str(path), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path


SPLIT = """
import statistics, sys, time
data = open(sys.argv[1], "rb").read()
figures = []
for _ in range(int(sys.argv[2])):
    begun = time.perf_counter()
    data.split(b"~")
    figures.append(time.perf_counter() - begun)
print(statistics.median(figures))
"""


ONLY_SPLIT = "import sys; open(sys.argv[1], 'rb').read().split(b'~')"


def _split(path: Path, runs: int) -> float:
    """Seconds that ``bytes.split`` takes for the file's bytes, in memory; in a process of its own, so that this one
    stays small: a child's peak memory counts what it began with.
    """
    command = [sys.executable, "-c", SPLIT, str(path), str(runs)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure(description: str, claims: int, run: Callable[[Path, Path, int, int], None]) -> None:
    """Read the command line, keep to one core, and call ``run`` with the folders, the claims and the runs."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--claims", type=int, default=claims)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--keep", type=Path, help="where to keep the generated files for the next run")
    said = options.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[-1]})
    with tempfile.TemporaryDirectory() as scratch:
        folder = said.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        run(folder, Path(scratch), said.claims, said.runs)


def _measure(folder: Path, scratch: Path, claims: int, runs: int) -> None:
    large = generated(folder, f"{claims}.837", "--claims", str(claims), "--seed", "2")
    small = generated(folder, f"{claims // 10}.837", "--claims", str(claims // 10), "--seed", "1")
    like = generated(folder, "like.837p", "--claims", "300", "--seed", "3", "--kind", "837p")
    output = str(scratch / "out.837")
    megabytes = large.stat().st_size / 1e6
    repair: Callable[[Path, Sequence[str]], Measured] = lambda path, words: Measured(  # noqa: E731
        [*BITEWING, "repair", str(path), "-o", output, "--format", "json", *words], runs
    )
    split = _split(large, runs)
    program = Measured([sys.executable, "-c", ONLY_SPLIT, str(large)], runs)
    films, everything, tenth = repair(large, PERIAPICAL), repair(large, ()), repair(small, ())
    reader = Measured([sys.executable, "-c", PYX12, "read", str(like)], runs)
    validator = Measured([sys.executable, "-c", PYX12, "validate", str(like)], runs)
    idle = Measured([sys.executable, "-c", "import pyx12.x12n_document"], runs)
    start = Measured([*BITEWING, "check", str(TINY)], max(runs, 7), (1,))
    peer = 300 / (validator.seconds - idle.seconds)
    scanner = "C" if BUILT else "Python"
    print(f"{claims} claims, {megabytes:.0f} MB, one core, medians of {runs}, scanner in {scanner}\n")
    rows = (
        ("bytes.split, in memory", split, megabytes / split, claims / split),
        ("a program that only splits", program.seconds, megabytes / program.seconds, claims / program.seconds),
        ("repair, periapical passes", films.seconds, megabytes / films.seconds, claims / films.seconds),
        ("repair, all passes", everything.seconds, megabytes / everything.seconds, claims / everything.seconds),
    )
    print(f"{'':28}{'seconds':>9}{'MB/s':>9}{'claims/s':>11}")
    for name, seconds, speed, rate in rows:
        print(f"{name:28}{seconds:9.2f}{speed:9.1f}{rate:11.0f}")
    read = like.stat().st_size / 1e6 / (reader.seconds - idle.seconds)
    print(f"{'pyx12 reads (837P)':28}{'':9}{read:9.1f}")
    print(f"{'pyx12 validates (837P)':28}{'':9}{'':9}{peer:11.0f}\n")
    print(f"periapical passes : a program that only splits{program.seconds / films.seconds:8.3f}\n")
    ratio, times = split / films.seconds, claims / everything.seconds / peer
    goals = (
        ("periapical passes : bytes.split", f"{ratio:.3f}", "at least 0.25", ratio >= 0.25),
        ("all passes : pyx12, claims/s", f"{times:.0f}", "at least 100", times >= 100),
        (f"memory, {claims // 10} claims, MiB", f"{tenth.mebibytes:.0f}", "at most 200", tenth.mebibytes <= 200),
        (f"memory, {claims} claims, MiB", f"{everything.mebibytes:.0f}", "at most 200", everything.mebibytes <= 200),
        ("check of one claim, ms", f"{start.seconds * 1000:.0f}", "at most 250", start.seconds <= 0.25),
    )
    for name, figure, goal, met in goals:
        print(f"{name:34}{figure:>8}   {goal:16}{'met' if met else 'missed'}")


if __name__ == "__main__":
    measure(__doc__ or "", 200_000, _measure)
