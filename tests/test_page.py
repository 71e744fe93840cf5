"""A person drops a file on the page and sees what was found under the lines: in a real browser, where there is one."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bitewing
from bitewing.edi.compose import compose
from bitewing.transforms.example import parse_claims

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs chromium")

TOKEN = "a-token-for-tests-only"
DAMAGED = compose(parse_claims(("C1: D0230 x3 78.00 #30",)))


class Browser:
    """Chromium, driven over a pair of pipes: messages of JSON that end with a zero byte."""

    def __init__(self, folder: Path) -> None:
        assert BROWSER is not None
        (ours, theirs_out), (theirs_in, self._out) = os.pipe(), os.pipe()
        words = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        words += ["--no-first-run", "--disable-dev-shm-usage", f"--user-data-dir={folder}", "about:blank"]

        def wire() -> None:
            os.dup2(theirs_in, 3)
            os.dup2(theirs_out, 4)

        self.process = subprocess.Popen(
            words, preexec_fn=wire, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._in = os.fdopen(ours, "rb", 0)
        self._buffer, self._number, self._session = b"", 0, ""
        page = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]

    def call(self, method: str, **said: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": said}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self._buffer:
                piece = self._in.read(65536)
                assert piece, "the browser ended"
                self._buffer += piece
            found, _, self._buffer = self._buffer.partition(b"\0")
            answer = json.loads(found)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def run(self, script: str) -> Any:
        found = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, script: str) -> Any:
        end = time.monotonic() + 20
        while not (found := self.run(script)):
            assert time.monotonic() < end, self.run("document.body.innerText")
            time.sleep(0.05)
        return found

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._in.close()
        os.close(self._out)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("page")
    (folder / "token").write_text(TOKEN)
    words = ["-m", "bitewing", "serve", "--port", "0", "--token-file", str(folder / "token")]
    words += ["--ledger", str(folder / "runs.sqlite")]
    with (folder / "said").open("wb") as errors, subprocess.Popen([sys.executable, *words], stderr=errors) as process:
        until = time.monotonic() + 20
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", (folder / "said").read_text())):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        yield found[0]
        process.terminate()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    one = Browser(tmp_path_factory.mktemp("browser"))
    yield one
    one.close()


DROP = """
  const data = new DataTransfer();
  data.items.add(new File([Uint8Array.from(%s)], "claims.837"));
  document.getElementById("token").value = %s;
  document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
"""


def drop(browser: Browser, address: str, data: bytes, token: str = TOKEN) -> str:
    """What the page says of a file that is dropped on it."""
    browser.call("Page.navigate", url=address + "/")
    browser.until("document.readyState === 'complete' && !!document.getElementById('form')")
    browser.run(DROP % (json.dumps(list(data)), json.dumps(token)))
    said: str = browser.until("(t => t && t !== 'Looking…' ? t : '')(document.getElementById('said').textContent)")
    return said


def test_a_dropped_file_is_shown_with_findings_under_its_lines(browser: Browser, address: str) -> None:
    assert drop(browser, address, DAMAGED) == "changed: 1 claim, 1 repair, 0 to look at."
    rows = browser.run("[...document.querySelectorAll('#claims tr')].map(r => [...r.cells].map(c => c.textContent))")

    assert rows[1][:5] == ["1", "D0230", "30", "3", "78.00"]
    assert rows[1][5:] == ["D0220", "30", "1", "26.00"]
    assert rows[2][0].startswith("missing-first-pa (P101): ")
    assert rows[3] == ["2", "", "", "", "", "D0230", "30", "2", "52.00"]
    assert browser.run("document.querySelector('#claims h2').textContent") == "Claim C1"


def test_what_goes_on_and_the_answers_can_be_downloaded(browser: Browser, address: str, tmp_path: Path) -> None:
    drop(browser, address, DAMAGED)
    names = browser.run("[...document.querySelectorAll('#downloads a')].map(a => a.download)")
    browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.run("document.querySelector('#downloads a').click()")
    until = time.monotonic() + 10
    while not (tmp_path / "repaired.837").exists() and time.monotonic() < until:
        time.sleep(0.05)

    assert (names[0], sorted(names[1:])) == ("repaired.837", ["answer.277ca", "answer.999", "answer.ta1"])
    assert (tmp_path / "repaired.837").read_bytes() == bitewing.repair(DAMAGED).data


def test_what_cannot_be_done_is_said(browser: Browser, address: str) -> None:
    assert drop(browser, address, DAMAGED, "not the token") == (
        "Unauthorized: send the token: Authorization: Bearer TOKEN"
    )
    assert drop(browser, address, b"no interchange").startswith("unreadable: 0 claims")
    assert "not-readable" in browser.run("document.getElementById('claims').textContent")


def test_what_a_file_says_is_text_and_never_runs(browser: Browser, address: str) -> None:
    data = DAMAGED.replace(b"CLM*C1*", b"CLM*<img src=x onerror=document.title=1>*")
    drop(browser, address, data)

    assert browser.run("document.querySelector('#claims h2').textContent").startswith("Claim <img src=x")
    assert browser.run("document.querySelectorAll('#claims img').length") == 0
    assert browser.run("document.title") == "bitewing"
