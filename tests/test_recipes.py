"""The recipes work as they stand: commands are understood, services verify, the script loses no message."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import bitewing
from bitewing.cli import cli
from bitewing.edi.compose import compose
from bitewing.exits import Exit
from bitewing.transforms.example import parse_claims

ROOT = Path(__file__).resolve().parents[1]
RECIPES = ROOT / "docs" / "recipes"
SCRIPT = (RECIPES / "mirth-preprocessor.js").read_text()
DAMAGED = compose(parse_claims(("C1: D0230 x3 78.00 #30",)))
BAD = DAMAGED.replace(b"CLM*C1*78", b"CLM*C1*x")
NODE = shutil.which("node")


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every use of bitewing in a recipe: where it stands, and its words."""
    for name in ("bitewing-watch.service", "bitewing-serve.service"):
        (line,) = re.findall(r"^ExecStart=(.*)$", (RECIPES / name).read_text(), re.MULTILINE)
        yield name, shlex.split(line)[1:]
    (line,) = [one for one in (RECIPES / "bitewing.cron").read_text().splitlines() if one[:1] not in "#"]
    yield "bitewing.cron", shlex.split(line.partition("/usr/local/bin/bitewing ")[2])
    yield "Containerfile", json.loads(re.findall(r"^CMD (.*)$", (RECIPES / "Containerfile").read_text(), re.M)[0])
    for entry in re.findall(r"entry: bitewing (.*)$", (ROOT / ".pre-commit-hooks.yaml").read_text(), re.MULTILINE):
        yield ".pre-commit-hooks.yaml", [*shlex.split(entry), "a.837"]
    yield "mirth-preprocessor.js", re.findall(r'"([^"]+)"', SCRIPT.partition("];")[0])[1:]


@pytest.mark.parametrize(("where", "words"), list(commands()), ids=lambda one: one if isinstance(one, str) else "")
def test_a_command_is_understood(where: str, words: list[str]) -> None:
    command = cli.get_command(cli.make_context("bitewing", [words[0]], resilient_parsing=True), words[0])
    assert command is not None

    command.make_context(words[0], words[1:])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")
@pytest.mark.parametrize("name", ["bitewing-watch.service", "bitewing-serve.service"])
def test_a_service_verifies(name: str, tmp_path: Path) -> None:
    text = (RECIPES / name).read_text().replace("/usr/local/bin/bitewing", sys.executable)
    (tmp_path / name).write_text(text)
    found = subprocess.run(["systemd-analyze", "verify", tmp_path / name], capture_output=True, text=True, check=False)

    assert [line for line in found.stderr.splitlines() if name in line] == []


def test_services_run_as_nobody_special_and_begin_again() -> None:
    for name in ("bitewing-watch.service", "bitewing-serve.service"):
        text = (RECIPES / name).read_text()
        for line in ("User=bitewing", "Restart=on-failure", "NoNewPrivileges=true", "ProtectSystem=strict"):
            assert line in text.splitlines()


def test_the_container_is_no_root_and_copies_what_is_there() -> None:
    lines = (RECIPES / "Containerfile").read_text().splitlines()
    last = max(number for number, line in enumerate(lines) if line.startswith("FROM"))
    users = [line for line in lines[last:] if line.startswith("USER")]

    assert users == ["USER 10837:10837"]
    assert lines.index(users[0]) < next(number for number, line in enumerate(lines) if line.startswith("ENTRYPOINT"))
    assert "--read-only" in (RECIPES / "container.md").read_text()


def test_what_pre_commit_runs_refuses_a_bad_file(bitewing_command: Callable[..., Any], tmp_path: Path) -> None:
    right = compose(parse_claims(("C1: D0220 26.00 #30",)))
    (tmp_path / "right.837").write_bytes(right)
    (tmp_path / "bad.837").write_bytes(BAD)
    for where, words in commands():
        if where == ".pre-commit-hooks.yaml":
            assert bitewing_command(*words[:-1], tmp_path / "right.837").code == Exit.DONE
            assert bitewing_command(*words[:-1], tmp_path / "bad.837").code != Exit.DONE


def test_what_cron_runs_processes_what_lies_there(bitewing_command: Callable[..., Any], tmp_path: Path) -> None:
    import signal

    kept = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]
    (words,) = [found for where, found in commands() if where == "bitewing.cron"]
    for name in ("in", "out", "quarantine", "acks"):
        (tmp_path / name).mkdir()
    (tmp_path / "in" / "a.837").write_bytes(DAMAGED)
    (tmp_path / "b.toml").write_text('[hook]\nmode = "apply"\n')
    here = [
        word.replace("/srv/claims", str(tmp_path))
        .replace("/var/lib/bitewing", str(tmp_path))
        .replace("/etc/bitewing/bitewing.toml", str(tmp_path / "b.toml"))
        for word in words
    ]
    said = bitewing_command(*here, "--settle", 0.05)
    for number, handler in kept:
        signal.signal(number, handler)

    assert (said.code, said.err) == (Exit.DONE, "")
    assert [path.read_bytes() for path in (tmp_path / "out").glob("*.837")] == [bitewing.repair(DAMAGED).data]
    assert list((tmp_path / "in").glob("*.837")) == []


ENGINE = """
const { spawnSync } = require("child_process");
const text = (bytes) => ({ bytes, length: () => bytes.length, getBytes: () => bytes });
class JavaString { constructor(one) { return text(typeof one === "string" ? Buffer.from(one, "latin1") : one); } }
class Builder {
  constructor(words) { this.words = words; }
  redirectError() {}
  start() {
    const pieces = [];
    let ended;
    const input = () => ({ input: Buffer.concat(pieces) });
    const run = () => ended || (ended = spawnSync(this.words[0], this.words.slice(1), input()));
    return {
      getOutputStream: () => ({ write: (bytes) => pieces.push(bytes), close: () => {} }),
      getInputStream: () => run().stdout, waitFor: () => true, exitValue: () => run().status, destroyForcibly() {},
    };
  }
}
Builder.Redirect = { INHERIT: 0 };
class List extends Array { add(one) { this.push(one); } }
const java = { util: { ArrayList: List, concurrent: { TimeUnit: { SECONDS: 1 } } },
  lang: { ProcessBuilder: Builder, String: JavaString } };
const org = { apache: { commons: { io: { IOUtils: { toByteArray: (one) => one } } } } };
const message = require("fs").readFileSync(0).toString("latin1");
try {
  const answer = new Function("message", "java", "org", SCRIPT)(message, java, org);
  process.stdout.write(answer.bytes);
} catch (error) {
  process.stderr.write(String(error));
  process.exitCode = 9;
}
"""


@pytest.mark.skipif(NODE is None, reason="needs node, in the place of the engine's own interpreter")
def test_the_preprocessor_hands_on_what_may_go_on_and_keeps_the_rest(tmp_path: Path) -> None:
    assert NODE is not None
    for name in ("acks", "quarantine"):
        (tmp_path / name).mkdir()
    config = tmp_path / "bitewing.toml"
    command = shutil.which("bitewing", path=str(Path(sys.executable).parent))
    assert command is not None
    script = SCRIPT.replace("/usr/local/bin/bitewing", command).replace("/etc/bitewing", str(tmp_path))
    script = script.replace("/var/lib/bitewing", str(tmp_path))

    def sent(data: bytes, settings: str) -> tuple[int, bytes, str]:
        config.write_text(settings)
        words = [NODE or "", "-e", ENGINE.replace("SCRIPT", json.dumps(script))]
        found = subprocess.run(words, input=data, capture_output=True, check=False)
        return found.returncode, found.stdout, found.stderr.decode()

    apply, split = '[hook]\nmode = "apply"\n', '[hook]\nmode = "apply"\nsplit = true\n'
    assert sent(DAMAGED, "") == (0, DAMAGED, "")
    assert sent(DAMAGED, apply) == (0, bitewing.repair(DAMAGED).data, "")
    assert sent(b"no interchange \xff", apply) == (0, b"no interchange \xff", "")
    assert sent(BAD, split) == (9, b"", "bitewing set all of it aside")
    assert sent(DAMAGED, "[hook]\nmode = 1\n") == (9, b"", "bitewing ended with 2")
