"""Speed and memory of a verdict, in one run: validate beside pyx12, and a file with an error in every claim.

    python benchmarks/conformance.py [--claims 100000] [--runs 3] [--keep FOLDER]

Whole processes are timed on one core. Nothing here passes or fails a test.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

from run import BITEWING, PYX12, Measured, generated, measure

WRONG = 5_000
"""Claims in the file with an error in every claim."""
ANSWERED = """
import sys
from datetime import datetime
from pathlib import Path
from bitewing.acknowledge import acknowledge
from bitewing.edi.acks.envelope import Envelope
from bitewing.edi.acks.verdicts import Gathered
from bitewing.edi.conformance.validate import validate
from bitewing.edi.document import Document
document = Document.open(Path(sys.argv[1]))
faults = (fault for checked in validate(document) for fault in checked.faults)
folder = Path(sys.argv[2])
outputs = {name: folder / name for name in ("ta1", "999", "277ca")}
done, written = acknowledge(document, Gathered(document, faults), Envelope(datetime(2026, 3, 11, 8)), outputs)
if done.claims != done.claims_rejected or len(written) != 3:
    sys.exit("a claim was accepted, or an answer is missing")
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(done.claims, int(peak) / 1024)
"""


def spoil(path: Path) -> Path:
    """The file with CLM05-2, which must be B, wrong in every claim."""
    spoilt = path.with_suffix(".wrong.837")
    data, count = re.subn(rb"(CLM\*[^*]*\*[^*]*\*\*\*[0-9]{2}):B:", rb"\1:A:", path.read_bytes())
    if count != WRONG:
        sys.exit(f"{count} claims were spoilt, not {WRONG}")
    spoilt.write_bytes(data)
    return spoilt


def answered(path: Path, folder: Path) -> tuple[float, int, float]:
    """Seconds, claims, and the most memory (MiB) of one process that validates a file and writes its answers.

    The process reads its own peak: what the parent's bookkeeping says of a child counts what it began with.
    """
    command = [sys.executable, "-c", ANSWERED, str(path), str(folder)]
    begun = time.perf_counter()
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return time.perf_counter() - begun, int(said[0]), float(said[1])


def _measure(folder: Path, scratch: Path, claims: int, runs: int) -> None:
    clean = generated(folder, f"clean-{claims}.837", "--claims", str(claims), "--seed", "1")
    like = generated(folder, "like.837p", "--claims", "300", "--seed", "3", "--kind", "837p")
    wrong = spoil(generated(folder, f"clean-{WRONG}.837", "--claims", str(WRONG), "--seed", "4"))
    ours = Measured([*BITEWING, "validate", str(clean), "--quiet"], runs)
    validator = Measured([sys.executable, "-c", PYX12, "validate", str(like)], runs)
    idle = Measured([sys.executable, "-c", "import pyx12.x12n_document"], runs)
    peer = 300 / (validator.seconds - idle.seconds)
    rate = claims / ours.seconds
    seconds, answers, peak = answered(wrong, scratch)
    print(f"validate, {claims} clean claims: {ours.seconds:.2f} s, {rate:.0f} claims/s")
    print(f"pyx12, a like 837P: {peer:.0f} claims/s, without its start")
    print(f"validate and TA1, 999, 277CA, {answers} claims with an error each: {seconds:.1f} s\n")
    goals = (
        ("validate : pyx12, claims/s", f"{rate / peer:.0f}", "at least 100", rate / peer >= 100),
        (f"memory, {claims} clean claims, MiB", f"{ours.mebibytes:.0f}", "at most 200", ours.mebibytes <= 200),
        (f"memory, {answers} wrong claims, MiB", f"{peak:.0f}", "at most 200", peak <= 200),
    )
    for name, figure, goal, met in goals:
        print(f"{name:34}{figure:>8}   {goal:16}{'met' if met else 'missed'}")


if __name__ == "__main__":
    measure(__doc__ or "", 100_000, _measure)
