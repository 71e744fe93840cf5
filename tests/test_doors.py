"""Every way in gives the same bytes for the same file: from Python, as a filter, as a folder, over HTTP and CORE."""

import http.client
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import bitewing
from bitewing import Mode, Policy, Processed
from bitewing.edi.compose import compose
from bitewing.edi.document import Document
from bitewing.edi.errors import NotReadable
from bitewing.hook.files import digest
from bitewing.hook.numbers import Numbers
from bitewing.hook.says import findings_lines
from bitewing.transforms.example import parse_claims

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT.parent / "shared" / "samples"
GOLDEN = ROOT / "fixtures" / "golden" / "cases.jsonl"
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
NOW = datetime(2026, 3, 2, 10, 0)
TOKEN = "a-token-for-tests-only"


def golden(remittances: ModuleType) -> Iterator[bytes]:
    for case in map(json.loads, GOLDEN.read_text(encoding="utf-8").splitlines()):
        if case["kind"] == "837":
            yield compose(case["before"])
        elif case["kind"] == "835":
            yield remittances.remittance(case["remit"])


@pytest.fixture(scope="module")
def files(demo: Path, generator: ModuleType, remittances: ModuleType) -> list[bytes]:
    """Fixtures, samples that lie beside the project, and some that are broken; each content once."""
    found = [path.read_bytes() for path in sorted(demo.glob("*.83?"))]
    for seed in range(3):
        out = io.BytesIO()
        generator.generate(out, claims=20, seed=seed, faults=1.0, profile=("clinic", "every-loop")[seed % 2])
        found.append(out.getvalue())
    found += golden(remittances)
    for path in sorted(path for path in SAMPLES.rglob("*") if path.is_file() and path.suffix not in (".md", ".tsv")):
        found.append(path.read_bytes())
    pair = compose(parse_claims(("C1: D0230 26.00 #30", "C2: D0220 26.00 #3"))).replace(b"CLM*C2*26", b"CLM*C2*x")
    found += [pair, pair[:600], b"no interchange\n", b"\x00" * 300, pair + pair.replace(b"*T*:~", b"*P*:~")]
    return list(dict.fromkeys(found))


POLICY = Policy(mode=Mode.APPLY, split=True)


def remits(data: bytes) -> bool:
    """Whether there are remittances in it."""
    try:
        return any(one.kind == "835" for one in Document.of(data).transactions())
    except NotReadable:
        return False


@pytest.fixture(scope="module")
def contract(files: list[bytes]) -> dict[str, Processed]:
    return {digest(data): bitewing.process(data, policy=POLICY, clock=lambda: NOW, ids=Numbers(1)) for data in files}


def timeless(data: bytes) -> bytes:
    """Without what the clock and the order of files decide: dates, times, numbers of envelopes."""
    data = re.sub(rb"(ISA.{67})\d{6}.\d{4}(.{9})\d{9}", rb"\1\2", data)
    data = re.sub(rb"(IEA.\d+.)\d{9}", rb"\1", data)
    return re.sub(rb"\b(20\d{6}|\d{12,16}|\d{4})\b", b"", data)


def test_the_filter(
    files: list[bytes], contract: dict[str, Processed], bitewing_command: Callable[..., Any], memory: Path
) -> None:
    for data in files:
        digits = digest(data)
        aside, acks = memory / digits / "aside", memory / digits / "acks"
        aside.mkdir(parents=True)
        acks.mkdir()
        said = bitewing_command(
            *("hook", "--mode", "apply", "--split", "--quarantine", aside, "--acks", acks, "--control", 1),
            *("--at", "2026-03-02T10:00", "--findings", memory / digits / "said"),
            stdin=data,
        )
        done = contract[digits]

        assert said.out == done.data
        assert sorted(path.read_bytes() for path in aside.iterdir()) == sorted(one.data for one in done.quarantine)
        assert sorted(path.read_bytes() for path in acks.iterdir()) == sorted(done.acks.values())
        assert (memory / digits / "said").read_text() == "".join(findings_lines(done, "<stdin>"))
        assert said.code == done.exit()


def test_the_folder(files: list[bytes], contract: dict[str, Processed], memory: Path) -> None:
    pytest.importorskip("fcntl")
    from bitewing.hook.watch import Worker
    from bitewing.hook.watching import Folders, Watching

    folders = Folders(*(memory / name for name in ("in", "out", "quarantine", "acks", "findings")))
    for folder in folders:
        folder.mkdir()
    for number, data in enumerate(files):
        (folders.inbox / f"{number}.837").write_bytes(data)
    worker = Worker(Watching(folders, memory / "runs.sqlite", POLICY, settle=0, patience=0), clock=lambda: NOW)
    assert worker.sweep() == len(files)
    worker.close()
    assert folders.acks is not None
    assert folders.quarantine is not None
    assert folders.findings is not None
    for data in files:
        digits, done = digest(data), contract[digest(data)]
        out = folders.outbox / f"{digits[:32]}.837"

        assert (out.read_bytes() if out.exists() else b"") == done.data
        aside = [path.read_bytes() for path in folders.quarantine.glob(f"{digits[:32]}-*")]
        assert sorted(map(timeless, aside)) == sorted(timeless(one.data) for one in done.quarantine)
        acks = [path.read_bytes() for path in folders.acks.glob(f"{digits[:32]}.*")]
        assert sorted(map(timeless, acks)) == sorted(map(timeless, done.acks.values()))
        said = folders.findings / f"{digits[:32]}.jsonl"
        assert (said.read_text() if said.exists() else "") == (
            "".join(findings_lines(done, digits[:32])) if done.told else ""
        )


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[int, Path]]:
    pytest.importorskip("starlette")
    pytest.importorskip("uvicorn")
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        yield from serving(Path(name))


def serving(folder: Path) -> Iterator[tuple[int, Path]]:
    (folder / "token").write_text(TOKEN)
    command = [sys.executable, "-m", "bitewing", "serve", "--port", "0", "--token-file", folder / "token", "--split"]
    for name in ("quarantine", "outbox", "acks"):
        (folder / name).mkdir()
    command += ["--mode", "apply", "--ledger", folder / "runs.sqlite", "--quarantine", folder / "quarantine"]
    command += ["--core", folder / "outbox", "--acks", folder / "acks"]
    with (
        (folder / "said").open("wb") as errors,
        subprocess.Popen([str(one) for one in command], stderr=errors) as process,
    ):
        until = time.monotonic() + 20
        while not (found := re.search(r"127\.0\.0\.1:(\d+)", (folder / "said").read_text())):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        yield int(found[1]), folder
        process.terminate()


def test_core(files: list[bytes], contract: dict[str, Processed], served: tuple[int, Path]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served[0], timeout=60)
    for data in files:
        kind = "X12_835_Request_005010X221A1" if remits(data) else "X12_837_Request_005010X224A2"
        fields = {"PayloadType": kind, "ProcessingMode": "RealTime", "SenderID": "a"}
        fields |= {"PayloadID": digest(data), "TimeStamp": "2026-03-02T10:00:00Z", "ReceiverID": "b"}
        fields |= {"CORERuleVersion": "2.2.0", "UserName": "bitewing", "Password": TOKEN}
        sent = [*((name, value.encode()) for name, value in fields.items()), ("Payload", data)]
        body = b"".join(
            b'--=xx=\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
            for name, value in sent
        )
        head = {"Content-Type": 'multipart/form-data; boundary="=xx="'}
        connection.request("POST", "/core/mime", body + b"--=xx=--\r\n", head)
        answer = connection.getresponse().read()
        done = contract[digest(data)]
        out = list((served[1] / "outbox").glob("*.83?"))

        if done.verdict == "unreadable" and not done.acks:
            assert (out, b"PayloadIllegal" in answer) == ([], True)
            continue
        assert b"".join(path.read_bytes() for path in out) == done.data
        for path in out:
            path.unlink()
        kept = [path.read_bytes() for path in (served[1] / "acks").iterdir()]
        assert sorted(map(timeless, kept)) == sorted(map(timeless, done.acks.values()))
        for path in (served[1] / "acks").iterdir():
            path.unlink()
    connection.close()


def test_http(files: list[bytes], contract: dict[str, Processed], served: tuple[int, Path]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served[0], timeout=60)
    head = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/edi-x12"}

    def sent(data: bytes, accept: str) -> tuple[bytes, str | None]:
        connection.request("POST", "/v1/process", data, head | {"Accept": accept})
        answer = connection.getresponse()
        return answer.read(), answer.headers["Bitewing-Verdict"]

    seen: Counter[str] = Counter()
    for data in files:
        done = contract[digest(data)]
        all_of_it = json.loads(sent(data, "application/json")[0])
        seen[done.verdict] += 1

        if seen[done.verdict] < 6:  # the same outcome, written otherwise
            assert sent(data, "application/edi-x12") == (done.data, done.verdict)
        assert (all_of_it["edi"].encode("latin-1"), all_of_it["verdict"]) == (done.data, done.verdict)
        aside = [timeless(one["edi"].encode("latin-1")) for one in all_of_it["quarantine"]]
        assert aside == [timeless(one.data) for one in done.quarantine]
        assert {name: timeless(said.encode("latin-1")) for name, said in all_of_it["acks"].items()} == {
            name: timeless(said) for name, said in done.acks.items()
        }
        records = [json.loads(line) for line in findings_lines(done, "body")]
        assert [*all_of_it["findings"], all_of_it["summary"]] == records
    connection.close()


def test_the_files_are_of_every_kind(files: list[bytes], contract: dict[str, Processed]) -> None:
    assert len(files) > 50
    assert {done.verdict.value for done in contract.values()} >= {
        "unchanged",
        "changed",
        "split",
        "unreadable",
        "passed",
    }
    assert any(Document.of(data).transactions() for data in files[:4])
