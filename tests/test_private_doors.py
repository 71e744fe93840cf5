"""What the hook says of a file, writes down about it and names after it holds no name, member id or birth date."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bitewing.edi.compose import compose
from bitewing.exits import Exit
from bitewing.transforms.example import parse_claims

CANARY = re.compile("CANARY|1977-?12-?31")
FILE = (
    compose(parse_claims(("C1 note=SEEN: D0230 x3 78.00 #30 | D0150 98.00", "C2: D0230 26.00 #3")))
    .replace(b"EXAMPLE*PAT", b"CANARYLAST*CANARYFIRST")
    .replace(b"MEM000001", b"CANARYMEMBER")
    .replace(b"19800214", b"19771231")
)
DAMAGE = {
    "none": (b"", b""),
    "refused": (b"CLM*C2*26", b"CLM*C2*x"),
    "a name where a birth date was": (b"DMG*D8*19771231", b"DMG*D8*CANARYLAST"),
    "a name where a total was": (b"CLM*C1*176.00", b"CLM*C1*CANARYLAST"),
    "a name where a date was": (b"DTP*472*D8*20260310", b"DTP*472*D8*CANARYLAST"),
    "a name where a level was": (b"HL*2*1*22", b"HL*2*1*CANARYLAST"),
    "a name where a parent was": (b"HL*2*1*22", b"HL*2*CANARYLAST*22"),
    "a name where a count was": (b"SE*", b"SE*CANARYLAST"),
    "a name where a quantity was": (b"*78.00****3", b"*78.00****CANARYLAST"),
    "a name where a code was": (b"AD:D0150", b"AD:CANARYLAST"),
    "a note that was cut in two": (b"NTE*ADD*SEEN", b"NTE*ADD*SEEN~CANARYLAST CANARYFIRST*WAS SEEN"),
    "a note without an end": (b"NTE*ADD*SEEN~", b"NTE*ADD*CANARYLAST "),
    "an ISA full of names": (b"SENDER         ", b"CANARYLAST    "),
    "cut off in the name": (FILE[FILE.index(b"CANARYFIRST") + 4 :], b""),
}


@pytest.fixture(params=DAMAGE, ids=DAMAGE)
def data(request: pytest.FixtureRequest) -> bytes:
    before, after = DAMAGE[request.param]
    assert before in FILE
    return FILE.replace(before, after, 1) if before else FILE


def _said_by(folder: Path) -> list[str]:
    """Names of all files, and what stands in those that are not EDI."""
    names = [path.name for path in folder.rglob("*")]
    kept = [path.read_bytes() for path in folder.glob("runs.sqlite*")]
    kept += [path.read_bytes() for path in (folder / "findings").iterdir() if path.is_file()]
    return [*names, *(one.decode("latin-1") for one in kept)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("in", "out", "quarantine", "acks", "findings"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_the_filter_says_nothing_private(bitewing_command: Callable[..., Any], folder: Path, data: bytes) -> None:
    said = bitewing_command(
        *("hook", "--mode", "apply", "--split", "--quarantine", folder / "quarantine", "--acks", folder / "acks"),
        *("--findings", folder / "findings" / "said", "--ledger", folder / "runs.sqlite"),
        stdin=data,
    )

    assert said.code != Exit.USAGE
    assert [word for word in (*_said_by(folder), said.err) if CANARY.search(word)] == []


def test_the_folder_says_nothing_private(folder: Path, data: bytes) -> None:
    pytest.importorskip("fcntl")
    from datetime import datetime

    from bitewing import Mode, Policy
    from bitewing.hook.watch import Worker
    from bitewing.hook.watching import Folders, Watching

    folders = Folders(*(folder / name for name in ("in", "out", "quarantine", "acks", "findings")))
    (folders.inbox / "CANARYLAST_19771231.837").write_bytes(data)
    policy = Policy(mode=Mode.APPLY, split=True)
    lines: list[str] = []
    worker = Worker(
        Watching(folders, folder / "runs.sqlite", policy, settle=0, patience=0),
        clock=lambda: datetime(2026, 3, 2),
        say=lines.append,
    )
    assert worker.sweep() == 1
    worker.close()

    assert [word for word in (*_said_by(folder), *lines) if CANARY.search(word)] == []
