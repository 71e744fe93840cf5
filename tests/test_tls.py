"""Over TLS with client certificates, only who shows one signed by the right authority is spoken to at all."""

import http.client
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import bitewing
from bitewing.edi.compose import compose
from bitewing.transforms.example import parse_claims

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="needs openssl, to make certificates")

TOKEN = "a-token-for-tests-only"
DAMAGED = compose(parse_claims(("C1: D0230 x3 78.00 #30",)))
CLAIMS = {
    "PayloadType": "X12_837_Request_005010X224A2",
    "ProcessingMode": "RealTime",
    "PayloadID": "one",
    "TimeStamp": "2026-03-02T10:00:00Z",
    "SenderID": "HospitalA",
    "ReceiverID": "PayerB",
    "CORERuleVersion": "2.2.0",
}


class Served(NamedTuple):
    port: int
    keys: Path

    def ask(self, who: str | None, body: bytes, kind: str, path: str = "/core/mime", token: str = "") -> bytes:
        """What is answered to somebody with a certificate of this name, None for somebody without."""
        context = ssl.create_default_context(cafile=str(self.keys / "ours.pem"))
        if who is not None:
            context.load_cert_chain(self.keys / f"{who}.pem", self.keys / f"{who}.key")
        link = http.client.HTTPSConnection("localhost", self.port, timeout=20, context=context)
        head = {"Content-Type": kind} | ({"Authorization": f"Bearer {token}"} if token else {})
        try:
            link.request("POST", path, body, head)
            return link.getresponse().read()
        finally:
            link.close()


def _authority(folder: Path, name: str) -> None:
    _openssl("req", "-x509", *_new(folder, name), "-out", folder / f"{name}.pem", "-days", "2")


def _signed(folder: Path, name: str, by: str) -> None:
    (folder / "names").write_text("subjectAltName=DNS:localhost")
    _openssl("req", *_new(folder, name), "-out", folder / f"{name}.csr")
    ca = ("-CA", folder / f"{by}.pem", "-CAkey", folder / f"{by}.key", "-CAcreateserial", "-days", "2")
    _openssl(
        "x509", "-req", "-in", folder / f"{name}.csr", *ca, "-extfile", folder / "names", "-out", folder / f"{name}.pem"
    )


def _new(folder: Path, name: str) -> tuple[object, ...]:
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    return (*curve, "-keyout", folder / f"{name}.key", "-subj", f"/CN={name}")


def _openssl(*words: object) -> None:
    subprocess.run([OPENSSL or "", *map(str, words)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ours", "theirs"):
        _authority(folder, name)
    for name, by in (("server", "ours"), ("known", "ours"), ("stranger", "theirs")):
        _signed(folder, name, by)
    return folder


@pytest.fixture(scope="module")
def served(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("tls")
    (folder / "token").write_text(TOKEN)
    words = ["-m", "bitewing", "serve", "--port", "0", "--token-file", folder / "token", "--mode", "apply"]
    words += ["--ledger", folder / "runs.sqlite", "--core", folder / "outbox", "--acks", folder / "acks"]
    words += ["--tls-cert", keys / "server.pem", "--tls-key", keys / "server.key", "--client-ca", keys / "ours.pem"]
    for name in ("outbox", "acks"):
        (folder / name).mkdir()
    said = folder / "said"
    with said.open("wb") as errors, subprocess.Popen([sys.executable, *map(str, words)], stderr=errors) as process:
        until = time.monotonic() + 20
        while not (found := re.search(r"https://127\.0\.0\.1:(\d+)", said.read_text())):
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < until
            time.sleep(0.02)
        yield Served(int(found[1]), keys)
        process.terminate()
    assert "Traceback" not in said.read_text()


def envelope(**fields: str) -> tuple[bytes, str]:
    sent = [*((name, value.encode()) for name, value in (CLAIMS | fields).items()), ("Payload", DAMAGED)]
    body = b"".join(
        b'--xx\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
        for name, value in sent
    )
    return body + b"--xx--\r\n", 'multipart/form-data; boundary="xx"'


def test_a_certificate_stands_for_user_and_password_over_core(served: Served) -> None:
    assert b"X12_277CA_Response_005010X214" in served.ask("known", *envelope())


def test_a_wrong_password_is_refused_also_with_a_certificate(served: Served) -> None:
    assert b"UnAuthorized" in served.ask("known", *envelope(UserName="bitewing", Password="wrong"))


@pytest.mark.parametrize("who", [None, "stranger"])
def test_who_shows_no_certificate_of_ours_is_not_spoken_to(served: Served, who: str | None) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
        served.ask(who, *envelope())


def test_the_token_is_wanted_as_well_where_no_envelope_names_a_user(served: Served) -> None:
    kind, path = "application/edi-x12", "/v1/process"

    assert b"401" in served.ask("known", DAMAGED, kind, path)
    assert served.ask("known", DAMAGED, kind, path, TOKEN) == bitewing.repair(DAMAGED).data


def test_exit_2_where_keys_do_not_belong_together(keys: Path, tmp_path: Path, bitewing_command: Any) -> None:
    (tmp_path / "token").write_text(TOKEN)
    words = ("serve", "--port", 0, "--ledger", tmp_path / "runs", "--token-file", tmp_path / "token")
    for given in (
        ("--tls-cert", keys / "server.pem"),
        ("--client-ca", keys / "ours.pem"),
        ("--tls-cert", keys / "server.pem", "--tls-key", keys / "known.key"),
        ("--tls-cert", keys / "server.pem", "--tls-key", tmp_path / "none"),
        ("--tls-cert", keys / "server.pem", "--tls-key", keys / "server.key", "--client-ca", tmp_path / "token"),
    ):
        assert bitewing_command(*words, *given).code == 2
