"""The server answers whoever bears the token, refuses what it must, and nothing that is sent brings it down."""

import http.client
import json
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import bitewing
from bitewing.edi.compose import compose
from bitewing.hook.audit import audited
from bitewing.hook.ledger import Ledger
from bitewing.transforms.example import parse_claims

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

HOSTILE = int(os.environ.get("BITEWING_HOSTILE", "200"))
TOKEN = "a-token-for-tests-only"
DAMAGED = compose(parse_claims(("C1: D0230 x3 78.00 #30",)))
PAIR = compose(parse_claims(("C1: D0230 26.00 #30", "C2: D0220 26.00 #3"))).replace(b"CLM*C2*26", b"CLM*C2*x")
EDI, JSON = "application/edi-x12", "application/json"
MOST = 200_000


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server:
    """A server in a process of its own, as it is started by an operator."""

    def __init__(self, folder: Path, *more: object) -> None:
        self.folder, self.ledger = folder, folder / "runs.sqlite"
        (folder / "token").write_text(TOKEN + "\n")
        (folder / "b.toml").write_text(f"[hook.limits]\nmost_bytes = {MOST}\n")
        (folder / "quarantine").mkdir()
        (folder / "acks").mkdir()
        (folder / "outbox").mkdir()
        command = [sys.executable, "-m", "bitewing", "serve", "--port", "0", "--token-file", folder / "token"]
        command += ["--ledger", self.ledger, "--config", folder / "b.toml", "--quarantine", folder / "quarantine"]
        command += ["--acks", folder / "acks", "--core", folder / "outbox", *more]
        self._errors = (folder / "stderr").open("wb")
        self.process = subprocess.Popen([str(one) for one in command], stderr=self._errors)
        until = time.monotonic() + 20
        while not (found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", self.said)):
            assert self.process.poll() is None, self.said
            assert time.monotonic() < until
            time.sleep(0.02)
        self.port = int(found[1])

    @property
    def said(self) -> str:
        return (self.folder / "stderr").read_text()

    def ask(
        self, path: str, body: bytes | None = None, kind: str = EDI, token: str | None = TOKEN, **headers: str
    ) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            sent["Content-Type"] = kind
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET" if body is None else "POST", path, body, sent)
            found = connection.getresponse()
            return Answer(found.status, {name.lower(): value for name, value in found.getheaders()}, found.read())
        finally:
            connection.close()

    def raw(self, data: bytes, wait: float = 5) -> bytes:
        """What comes back for bytes that may be no request at all."""
        found = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as link:
            try:
                link.sendall(data)
                while piece := link.recv(65536):
                    found += piece
            except OSError:
                pass
        return found

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(20)
        self._errors.close()
        return code


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("server"), "--mode", "apply", "--split", "--processes", 2, "--body-seconds", 1)
    yield one
    one.stop()


# --------------------------------------------------------------------------------------------------------------- doing


def test_a_file_goes_in_and_what_may_go_on_comes_back(server: Server) -> None:
    said = server.ask("/v1/process", DAMAGED)

    assert (said.status, said.body) == (200, bitewing.repair(DAMAGED).data)
    assert said.headers["content-type"] == EDI
    assert said.headers["bitewing-verdict"] == "changed"
    assert said.headers["bitewing-run"] in {entry.run for entry in Ledger(server.ledger).entries()}


def test_json_has_all_that_came_of_it(server: Server) -> None:
    said = server.ask("/v1/process", json.dumps({"edi": PAIR.decode("latin-1")}).encode(), JSON)

    assert said.json["verdict"] == "split"
    assert said.json["exit"] == 4
    assert [one["claim"] for one in said.json["quarantine"]] == ["C2"]
    assert sorted(said.json["acks"]) == ["277ca", "999", "ta1"]
    # The D0220 of the date is on the claim that was set aside, so the other one's D0230 is right as it is.
    assert {one["name"] for one in said.json["findings"]} == {"claim-set-aside", "first-pa-in-history"}
    assert "AD:D0230*26" in said.json["edi"]
    assert [claim.id for claim in bitewing.read(said.json["edi"].encode("latin-1")).claims()] == ["C1"]
    assert any(b"C2" in path.read_bytes() for path in (server.folder / "quarantine").iterdir())


def test_what_is_wanted_can_differ_from_what_is_sent(server: Server) -> None:
    assert server.ask("/v1/process", DAMAGED, Accept=JSON).json["verdict"] == "changed"
    body = json.dumps({"edi": DAMAGED.decode()}).encode()
    assert server.ask("/v1/process", body, JSON, Accept=EDI).body == bitewing.repair(DAMAGED).data


def test_a_request_can_ask_for_less(server: Server) -> None:
    assert server.ask("/v1/process?mode=propose", DAMAGED).body == DAMAGED
    said = server.ask("/v1/process?mode=shadow", DAMAGED, Accept=JSON).json

    assert (said["edi"].encode(), said["findings"], said["acks"]) == (DAMAGED, [], {})


def test_a_request_cannot_ask_for_more(tmp_path: Path) -> None:
    one = Server(tmp_path)
    try:
        said = one.ask("/v1/process?mode=apply", DAMAGED, Accept=JSON).json
        assert (said["edi"].encode(), said["findings"], said["acks"]) == (DAMAGED, [], {})
        assert said["summary"]["flagged"] == said["summary"]["proposed"] == 0
    finally:
        assert one.stop() == 0


def test_what_cannot_be_read_comes_back_as_it_was(server: Server) -> None:
    said = server.ask("/v1/process", b"no interchange")

    assert (said.status, said.body, said.headers["bitewing-verdict"]) == (200, b"no interchange", "unreadable")
    assert said.headers["bitewing-alert"] == "true"


def test_validate_says_what_the_command_says(server: Server, bitewing_command: Any, tmp_path: Path) -> None:
    for name, data in (("good", DAMAGED), ("bad", PAIR), ("none", b"no interchange")):
        (tmp_path / name).write_bytes(data)
        printed = bitewing_command("validate", tmp_path / name, "--format", "json").text
        lines = [json.loads(line) | {"file": "body"} for line in printed.splitlines()]

        assert server.ask("/v1/validate", data).json == lines


def test_a_preview_is_written_down_nowhere(server: Server) -> None:
    before = audited(Ledger(server.ledger)).runs
    said = server.ask("/v1/preview", DAMAGED).json

    assert said["claims"][0]["before"][0]["code"] == "D0230"
    assert {line["code"] for line in said["claims"][0]["after"]} == {"D0220", "D0230"}
    assert audited(Ledger(server.ledger)).runs == before


# ---------------------------------------------------------------------------------------------------------------- once


def test_a_key_gives_the_same_answer_again(server: Server) -> None:
    first = server.ask("/v1/process", PAIR, Accept=JSON, Idempotency_Key="one")
    time.sleep(1.1)  # the clock of the answers is that of the first
    again = server.ask("/v1/process", PAIR, Accept=JSON, Idempotency_Key="one")
    other = server.ask("/v1/process", PAIR, Accept=JSON, Idempotency_Key="two")

    assert first.json == again.json
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
    assert other.json["acks"] != first.json["acks"]


def test_a_key_is_for_one_request(server: Server) -> None:
    server.ask("/v1/process", DAMAGED, Idempotency_Key="mine")

    assert server.ask("/v1/process", PAIR, Idempotency_Key="mine").status == 422
    assert server.ask("/v1/process?mode=propose", DAMAGED, Idempotency_Key="mine").status == 422
    assert server.ask("/v1/process", DAMAGED, Idempotency_Key="k" * 256).status == 400


def test_a_key_that_comes_often_at_once_is_one_run(server: Server) -> None:
    before = audited(Ledger(server.ledger)).runs
    found: list[Answer] = []

    def ask() -> None:
        found.append(server.ask("/v1/process", PAIR, Accept=JSON, Idempotency_Key="often"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len({one.body for one in found}) == 1
    assert audited(Ledger(server.ledger)).runs == before + 1


# ------------------------------------------------------------------------------------------------------------- refused


def problem(said: Answer) -> int:
    assert said.headers["content-type"] == "application/problem+json"
    assert said.json["status"] == said.status
    assert set(said.json) == {"type", "title", "status", "detail"}
    return said.status


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper()])
@pytest.mark.parametrize("path", ["/v1/process", "/v1/validate", "/v1/preview", "/metrics", "/elsewhere"])
def test_without_the_token_nothing_is_done(server: Server, path: str, token: str | None) -> None:
    said = server.ask(path, DAMAGED if path.startswith("/v1") else None, token=token)

    assert problem(said) == 401
    assert said.headers["www-authenticate"] == "Bearer"


def test_what_is_open_says_nothing_of_any_file(server: Server) -> None:
    assert [server.ask(path, token=None).status for path in ("/healthz", "/readyz", "/", "/page.js", "/page.css")] == [
        200
    ] * 5


def test_each_wrong_request_has_its_status(server: Server) -> None:
    assert problem(server.ask("/nowhere")) == 404
    assert problem(server.ask("/v1/process")) == 405
    assert problem(server.ask("/v1/process", DAMAGED, "text/xml")) == 415
    assert problem(server.ask("/v1/process?mode=loud", DAMAGED)) == 400
    for body in (b"{", b"[]", b"{}", b'{"edi": 1}', b'{"edi": "\\u2603"}', b"[" * 100_000, b"\xff"):
        assert problem(server.ask("/v1/process", body, JSON)) == 400


def test_what_is_too_large_is_refused(server: Server) -> None:
    assert problem(server.ask("/v1/process", b"x" * (MOST + 1))) == 413
    head = f"POST /v1/process HTTP/1.1\r\nHost: a\r\nContent-Type: {EDI}\r\nAuthorization: Bearer {TOKEN}\r\n"
    chunk = b"%x\r\n%s\r\n" % (MOST, b"x" * MOST)
    said = server.raw(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 3 + b"0\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 413 ")
    said = server.raw(head.encode() + b"Content-Length: 99999999999999999999\r\n\r\nx")
    assert said.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 400 "))


def test_a_slow_sender_is_given_up_on(server: Server) -> None:
    head = f"POST /v1/process HTTP/1.1\r\nHost: a\r\nContent-Type: {EDI}\r\nAuthorization: Bearer {TOKEN}\r\n"
    begun = time.monotonic()
    assert server.raw(head.encode() + b"Content-Length: 1000\r\n\r\nISA*").startswith(b"HTTP/1.1 408 ")
    assert server.raw(b"POST /v1/pro") == b""
    assert server.raw(b"") == b""
    assert time.monotonic() - begun < 8


def test_a_locked_ledger_is_said_and_passes(tmp_path: Path) -> None:
    one = Server(tmp_path, "--mode", "apply")
    try:
        holder = sqlite3.connect(one.ledger, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        with ThreadPoolExecutor(2) as pool:
            said, ready = pool.map(one.ask, ("/v1/process", "/readyz"), (DAMAGED, None))
        holder.close()

        assert problem(said) == problem(ready) == 503
        assert (one.ask("/readyz").status, one.ask("/healthz").status) == (200, 200)
        assert int(said.headers["retry-after"]) > 0
        assert one.ask("/v1/process", DAMAGED).body == bitewing.repair(DAMAGED).data
    finally:
        assert one.stop() == 0


def test_too_many_at_once_are_told_to_come_again(tmp_path: Path) -> None:
    one = Server(tmp_path, "--mode", "apply", "--threads", 1, "--waiting", 1)
    data = b"".join(DAMAGED.replace(b"CLM*C1", b"CLM*C%d" % number) for number in range(200))
    found: list[Answer] = []
    try:
        threads = [
            threading.Thread(target=lambda: found.append(one.ask("/v1/process", data[:MOST]))) for _ in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {said.status for said in found} == {200, 503}
        assert all(said.headers["retry-after"] == "1" for said in found if said.status == 503)
        assert one.ask("/readyz").status == 200
    finally:
        one.stop()


# ------------------------------------------------------------------------------------------------------------ stopping


def test_it_finishes_what_is_at_hand_when_it_is_told_to_stop(tmp_path: Path) -> None:
    one = Server(tmp_path, "--mode", "apply", "--processes", 2)
    data = b"".join(DAMAGED.replace(b"CLM*C1", b"CLM*C%d" % number) for number in range(200))[:MOST]
    found: list[Answer] = []
    thread = threading.Thread(target=lambda: found.append(one.ask("/v1/process", data)))
    thread.start()
    time.sleep(0.3)
    code = one.stop()
    thread.join()

    assert (code, [said.status for said in found]) == (0, [200])


def test_a_process_that_dies_is_replaced(tmp_path: Path) -> None:
    one = Server(tmp_path, "--mode", "apply")
    try:
        children = Path(f"/proc/{one.process.pid}/task/{one.process.pid}/children")
        if not children.exists():
            pytest.skip("needs /proc")
        until = time.monotonic() + 10
        while not children.read_text().split() and time.monotonic() < until:
            time.sleep(0.02)
        os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
        while "begun again" not in one.said and time.monotonic() < until:
            time.sleep(0.02)
        assert one.ask("/v1/process", DAMAGED).body == bitewing.repair(DAMAGED).data
    finally:
        one.stop()


def test_it_listens_to_this_machine_only_and_wants_a_token(tmp_path: Path, bitewing_command: Any) -> None:
    (tmp_path / "short").write_text("short")
    for given in ((), ("--token-file", tmp_path / "short"), ("--token-file", tmp_path / "none")):
        said = bitewing_command("serve", "--port", 0, "--ledger", tmp_path / "runs.sqlite", *given)
        assert said.code == 2
    assert "127.0.0.1" in bitewing_command("serve", "--help").text


# ------------------------------------------------------------------------------------------------------------- hostile


def with_canaries(data: bytes) -> bytes:
    """The same file about somebody whose name, member id and birth date must be nowhere else."""
    for segment in [one for one in data.split(b"~") if one.strip().startswith((b"NM1*IL", b"NM1*QC", b"DMG"))]:
        parts = segment.split(b"*")
        if segment.strip().startswith(b"NM1"):
            parts[3:5] = [b"CANARYLAST", b"CANARYFIRST"]
            if len(parts) > 9:
                parts[9] = b"CANARYID77"
        else:
            parts[2] = b"19770707"
        data = data.replace(segment, b"*".join(parts))
    assert b"CANARYLAST" in data
    return data


CANARY = re.compile(rb"CANARY|19770707")
ENTITY = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd"><!ENTITY c "CANARYLAST">]>'


def _hostile(dice: random.Random) -> tuple[bytes, str]:
    """A body that nobody should send."""
    kind = dice.randrange(8)
    data = bytearray(with_canaries(dice.choice([DAMAGED, PAIR])))
    if kind == 0:
        for _ in range(dice.randint(1, 40)):
            data[dice.randrange(len(data))] = dice.randrange(256)
    elif kind == 1:
        del data[dice.randrange(len(data)) :]
    elif kind == 2:
        at = dice.randrange(len(data))
        data[at:at] = bytes(dice.randrange(256) for _ in range(dice.randint(1, 3000)))
    elif kind == 3:
        return data[:105] + b"~" * dice.randint(1, 100_000), EDI
    elif kind == 4:
        bomb = b'<!DOCTYPE a [<!ENTITY b "' + b"c" * 1000 + b'"><!ENTITY d "' + b"&b;" * 900 + b'">]><a>&d;</a>'
        return bomb, dice.choice([EDI, JSON])
    elif kind == 5:
        return dice.choice([b"[" * 50_000, b'{"edi":' * 9_000, b'{"edi":"' + b"\\u0041" * 20_000 + b'"}']), JSON
    elif kind == 6:
        envelope = b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>&b;&c;</s:Body></s:Envelope>'
        return ENTITY + envelope, EDI
    else:
        start = dice.randrange(len(data))
        return bytes(data) + bytes(data[start:]) * dice.randint(1, 60), EDI
    return bytes(data), EDI


def _wrong_length(dice: random.Random) -> bytes:
    """A request whose body is longer than it says, shorter, or no length at all."""
    body = with_canaries(DAMAGED)
    length = dice.choice([str(len(body) // 2), str(len(body) + 50), "-1", "1e3", "CANARYLAST", "9" * 40, "0"])
    head = f"POST /v1/process HTTP/1.1\r\nHost: a\r\nContent-Type: {EDI}\r\nAuthorization: Bearer {TOKEN}\r\n"
    return head.encode() + f"Connection: close\r\nContent-Length: {length}\r\n\r\n".encode() + body


class Slow(threading.Thread):
    """Senders that begin a request, and then wait."""

    def __init__(self, server: Server, count: int) -> None:
        super().__init__()
        self.server, self.count, self.answers = server, count, list[bytes]()

    def run(self) -> None:
        for number in range(self.count):
            whole = _wrong_length(random.Random(number))
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as link:
                link.sendall(whole[: (10, 60, 200, 300)[number % 4]])
                found = b""
                try:
                    while piece := link.recv(65536):
                        found += piece
                except OSError:
                    pass
                self.answers.append(found)


def test_nothing_that_is_sent_brings_it_down(server: Server) -> None:
    dice = random.Random(5)
    slow = [Slow(server, max(1, HOSTILE // 1000)) for _ in range(4)]
    for one in slow:
        one.start()
    answers: list[bytes] = []
    for number in range(HOSTILE):
        if number % 20 == 0:
            answers.append(server.raw(_wrong_length(dice), 3))
            continue
        body, kind = _hostile(dice)
        path = dice.choice(["/v1/process", "/v1/validate", "/v1/preview", "/core/soap", "/core/mime"])
        if path.startswith("/core"):
            kind = dice.choice(['multipart/related; boundary="~"', 'multipart/form-data; boundary="*"', "text/xml"])
        said = server.ask(path, body[:MOST], kind)
        assert said.status in (200, 400), said
        assert b"Traceback" not in said.body
        assert not CANARY.search(repr(said.headers).encode())
        if said.status != 200 or path == "/v1/validate":  # the others give the file back
            assert not CANARY.search(said.body), said.body
    others = (b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"POST /v1/process\r\n\r\n", b"A" * 100_000)
    answers += [server.raw(data, 2) for data in others]
    for one in slow:
        one.join()
        answers += one.answers

    assert server.ask("/readyz").status == 200
    assert not [one for one in answers if b"Traceback" in one or (CANARY.search(one) and b" 200 " not in one[:20])]
    assert "Traceback" not in server.said
    kept = b"".join(path.read_bytes() for path in server.folder.glob("runs.sqlite*"))
    names = " ".join(path.name for path in server.folder.rglob("*")).encode()
    for said_there in (kept, names, server.said.encode(), server.ask("/metrics").body):
        assert not CANARY.search(said_there)
    pids = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    if pids.exists():
        for pid in pids.read_text().split():
            held = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
            assert held is not None
            assert int(held[1]) < 300 * 1024, "never more than this, not only now"
    assert "begun again" not in server.said


def test_no_person_is_in_anything_but_the_file(server: Server) -> None:
    data = with_canaries(PAIR)
    said = server.ask("/v1/process", data, Accept=JSON, Idempotency_Key="CANARYKEY").json
    said |= {"edi": "", "acks": {}, "quarantine": []}
    checked = server.ask("/v1/validate", data).body + server.ask("/v1/process", data[:400] + b"CANARYLAST").body[:0]
    preview = server.ask("/v1/preview", data).json | {"edi": "", "acks": {}, "quarantine": []}
    server.ask("/v1/process", b"CANARYLAST" + data, JSON)
    kept = b"".join(path.read_bytes() for path in server.folder.glob("runs.sqlite*"))
    names = " ".join(path.name for path in server.folder.rglob("*"))
    words = [json.dumps(said), json.dumps(preview), checked.decode(), names, server.said]
    words += [server.ask("/metrics").body.decode(), kept.decode("latin-1")]

    for word in words:
        assert not re.search("CANARY|19770707", word)


def test_what_is_counted_adds_up_over_the_processes(server: Server) -> None:
    def counted() -> dict[str, int]:
        lines = [line.rpartition(" ") for line in server.ask("/metrics").body.decode().splitlines()]
        return {name: int(number) for name, _, number in lines}

    before = counted()
    for _ in range(6):
        server.ask("/v1/process", DAMAGED)
    after = counted()

    changed = 'bitewing_files_total{verdict="changed"}'
    assert after[changed] == before[changed] + 6
    assert after["bitewing_request_seconds_count"] == after['bitewing_request_seconds_bucket{le="+Inf"}']
    assert after["bitewing_request_seconds_count"] >= before["bitewing_request_seconds_count"] + 6
