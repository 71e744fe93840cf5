"""The commands do what they say: exit codes, places to write, formats, refusals; and they say nothing private."""

import errno
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import IO, Any

import pytest
from click.testing import CliRunner

import bitewing.batch
import bitewing.transforms.run
from bitewing.cli import cli
from bitewing.edi.compose import compose
from bitewing.edi.edit import Edit, splice
from bitewing.edi.finding import Action
from bitewing.exits import Exit
from bitewing.explain import page, run_example
from bitewing.transforms.catalog import builtin_passes, passes_in
from bitewing.transforms.example import parse_claims

Command = Callable[..., Any]

FEES = "code,charge\nD0220,32.00\nD0230,26.00\n"
SIGNED = {"signed_by": "Dr. Example", "signed_at": "2026-03-11"}


def claims(*notation: str) -> bytes:
    return compose(parse_claims(notation))


TO_REPAIR = claims("C1: D0230 26.00 #30")
REPAIRED = TO_REPAIR.replace(b"D0230", b"D0220")
TO_FLAG = claims("C1: D0150 98.00 | D0350 45.00")
TO_NOTE = claims("C1: D0220 32.00", "C2: D0230 26.00")
QUIET = claims("C1: D0120 58.00")
BROKEN = TO_REPAIR.replace(b"D0230*26.00", b"D0230*NaN")


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, bytes | str], Path]:
    """Writes a file into a folder of the test, which is the current one."""
    monkeypatch.chdir(tmp_path)

    def put(name: str, data: bytes | str) -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return put


@pytest.fixture
def file(write: Callable[[str, bytes | str], Path]) -> Path:
    return write("a.837", TO_REPAIR)


def process(*arguments: object, **more: Any) -> subprocess.CompletedProcess[bytes]:
    """The command as a process of its own."""
    command = [sys.executable, "-m", "bitewing", *map(str, arguments)]
    return subprocess.run(command, check=False, timeout=60, **({"capture_output": True} | more))


def records(said: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.text.splitlines()]


def names(said: Any) -> list[str]:
    return [record["name"] for record in records(said) if record["type"] == "finding"]


# ----------------------------------------------------------------------------------------------------------- exit codes


@pytest.mark.parametrize("command", ["check", "repair"])
@pytest.mark.parametrize(
    ("data", "weight"),
    [(QUIET, -1), (TO_NOTE, 0), (TO_FLAG, 2), (TO_REPAIR, 3)],
    ids=["quiet", "info", "flag", "repair"],
)
def test_findings_end_with_one_from_the_level_that_is_asked_for(
    bitewing_command: Command, write: Command, command: str, data: bytes, weight: int
) -> None:
    path = write("a.837", data)
    usual = {"check": Action.FLAG.weight, "repair": 9}[command]

    assert bitewing_command(command, path).code == (Exit.FINDINGS if weight >= usual else Exit.DONE)
    assert bitewing_command(command, path, "--fail-on", "never").code == Exit.DONE
    for level in Action:
        said = bitewing_command(command, path, "--fail-on", level.value)
        assert said.code == (Exit.FINDINGS if weight >= level.weight else Exit.DONE), level


def test_repairs_that_were_made_count_as_findings_too(bitewing_command: Command, file: Path) -> None:
    assert bitewing_command("repair", file, "-o", "b.837", "--fail-on", "repair").code == Exit.FINDINGS
    assert Path("b.837").read_bytes() == REPAIRED


USAGE: dict[str, tuple[Sequence[str], str]] = {
    "no command": (["nothing"], "No such command"),
    "no file": (["check"], "Missing argument"),
    "no such option": (["check", "a.837", "--hard"], "No such option"),
    "no such level": (["check", "a.837", "--fail-on", "always"], "--fail-on"),
    "no such format": (["check", "a.837", "--format", "xml"], "--format"),
    "no such mode": (["repair", "a.837", "--mode", "force"], "--mode"),
    "too many jobs": (["check", "a.837", "--jobs", "65"], "--jobs"),
    "missing file": (["check", "none.837"], "none.837: there is no such file"),
    "pattern without files": (["check", "none*.837"], "none*.837: there is no such file"),
    "folder without files": (["check", "empty"], "empty: no interchange files in this folder"),
    "unknown pass": (["check", "a.837", "--select", "no-such-pass"], "no pass or group named 'no-such-pass'"),
    "unknown pass to ignore": (["check", "a.837", "--ignore", "P999"], "no pass or group named 'P999'"),
    "missing configuration": (["check", "a.837", "--config", "none.toml"], "none.toml: it cannot be read"),
    "no TOML": (["check", "a.837", "--config", "fees.csv"], "fees.csv: this is not TOML"),
    "unknown section": (
        ["check", "a.837", "--config", "section.toml"],
        "[pases]; known: contract, hook, partner, passes, plugins",
    ),
    "unknown key": (["check", "a.837", "--config", "key.toml"], "[passes] has no sellect; known: ignore, select"),
    "no list": (["check", "a.837", "--config", "word.toml"], "[passes] select must be a list of words"),
    "unknown pass in it": (["check", "a.837", "--config", "pass.toml"], "no pass or group named 'nobody'"),
    "missing fees": (["check", "a.837", "--fees", "none.csv"], "none.csv: it cannot be read"),
    "fees without heads": (
        ["check", "a.837", "--fees", "a.837"],
        "the first row must name the columns code and charge",
    ),
    "a fee that is none": (["check", "a.837", "--fees", "nan.csv"], "nan.csv: row 2: charge is not an amount"),
    "a negative fee": (["check", "a.837", "--fees", "minus.csv"], "minus.csv: row 2: charge is negative"),
    "two fees": (["check", "a.837", "--fees", "two.csv"], "two.csv: row 3: D0220 has two different fees"),
    "fees in another coding": (["check", "a.837", "--fees", "latin.csv"], "this is not UTF-8"),
    "fees to apply without any": (["repair", "a.837", "--apply-fees"], "add --fees FILE.csv"),
    "missing attestations": (["check", "a.837", "--attest", "none.json"], "none.json: it cannot be read"),
    "no JSON": (["check", "a.837", "--attest", "fees.csv"], "fees.csv: this is not JSON"),
    "no list of attestations": (["check", "a.837", "--attest", "object.json"], "must be a JSON list"),
    "not signed": (["check", "a.837", "--attest", "unsigned.json"], "attestation 1 has no signed_by"),
    "no count": (["check", "a.837", "--attest", "count.json"], "attestation 1: images_taken is not a count"),
    "missing history": (["check", "a.837", "--history", "none.837"], "none.837: there is no such file"),
    "unreadable history": (["check", "a.837", "--history", "fees.csv"], "--history: "),
    "apply without a place": (["repair", "a.837", "--mode", "apply"], "add -o OUT, --output-dir DIR or --in-place"),
    "two places": (["repair", "a.837", "-o", "b.837", "--in-place"], "choose one of"),
    "three places": (["repair", "a.837", "-o", "b", "--in-place", "--output-dir", "empty"], "choose one of"),
    "two inputs, one output": (["repair", "a.837", "b/a.837", "-o", "c.837"], "-o takes one file, and 2 are given"),
    "two inputs of one name": (["repair", "a.837", "b/a.837", "--output-dir", "empty"], "would both be written to"),
    "output in no folder": (["repair", "a.837", "-o", "none/b.837"], "none"),
    "output is a folder": (["repair", "a.837", "-o", "empty"], "use --output-dir empty"),
    "no output folder": (["repair", "a.837", "--output-dir", "none"], "none: there is no such folder; make it first"),
    "output folder is a file": (["repair", "a.837", "--output-dir", "fees.csv"], "fees.csv"),
    "standard input in place": (["repair", "-", "--in-place"], "standard input cannot be written over"),
    "output is the input": (["repair", "a.837", "-o", "a.837"], "the output is the input"),
    "output is the input by another way": (["repair", "a.837", "-o", "b/../a.837"], "the output is the input"),
    "output is the input by a symbolic link": (["repair", "a.837", "-o", "symbolic.837"], "the output is the input"),
    "output is the input by a hard link": (["repair", "a.837", "-o", "hard.837"], "the output is the input"),
    "output folder is the input's": (["repair", "b/a.837", "--output-dir", "b"], "the output is the input"),
    "nothing of that name": (["explain", "no-such-pass"], "no pass named 'no-such-pass'"),
    "missing file to view": (["view", "none.837"], "none.837: it cannot be read"),
    "missing claim to view": (["view", "a.837", "--claim", "C9"], "no dental claim C9 in this file"),
}
AROUND = {
    "b/a.837": TO_REPAIR,
    "empty/.hidden.837": TO_REPAIR,
    "fees.csv": "code,charge\nD0220,32.00\n",
    "section.toml": "[pases]\nselect = []\n",
    "key.toml": "[passes]\nsellect = []\n",
    "word.toml": '[passes]\nselect = "default"\n',
    "pass.toml": '[passes]\nselect = ["nobody"]\n',
    "nan.csv": "code,charge\nD0220,NaN\n",
    "minus.csv": "code,charge\nD0220,-1\n",
    "two.csv": "code,charge\nD0220,32.00\nD0220,33.00\n",
    "latin.csv": b"code,charge\nD\xe9,32.00\n",
    "object.json": "{}",
    "unsigned.json": '[{"claim": "C1", "line": "1", "signed_at": "2026-03-11"}]',
    "count.json": json.dumps([{"claim": "C1", "line": "1", "images_taken": "3"} | SIGNED]),
}


@pytest.mark.parametrize(("arguments", "said"), USAGE.values(), ids=USAGE)
def test_what_cannot_be_meant_ends_with_two_and_writes_nothing(
    bitewing_command: Command, file: Path, write: Command, arguments: Sequence[str], said: str
) -> None:
    for name, data in AROUND.items():
        write(name, data)
    Path("symbolic.837").symlink_to("a.837")
    os.link("a.837", "hard.837")
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}

    ended = bitewing_command(*arguments)

    assert (ended.code, ended.out) == (Exit.USAGE, b"")
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_click_says_the_same(write: Command) -> None:
    write("a.837", TO_FLAG)
    runner = CliRunner()

    assert runner.invoke(cli, ["check", "a.837"], standalone_mode=False).return_value == Exit.FINDINGS
    assert runner.invoke(cli, ["check", "none.837"]).exit_code == Exit.USAGE
    assert runner.invoke(cli, ["--help"]).exit_code == Exit.DONE


UNREADABLE = {
    "nothing": (b"", "offset 0: the file is empty; send the file that begins with ISA"),
    "not X12": (b"hello", "offset 0: this is not an X12 interchange: there is no ISA segment; send the file"),
    "ISA cut short": (TO_REPAIR[:60], "offset 0, segment ISA: the ISA segment is cut short; ISA needs 106 bytes"),
    "ISA too narrow": (TO_REPAIR.replace(b"*00*  ", b"*00*", 1), "does not have its fixed width; pad its elements"),
    "an amount that is none": (BROKEN, "segment SV3, claim C1: SV302 is not a number; send digits"),
    "a total that is none": (TO_REPAIR.replace(b"CLM*C1*26.00", b"CLM*C1*1e3"), "CLM02 is not a number; send digits"),
    "a date that is none": (TO_REPAIR.replace(b"D8*20260310", b"D8*20260230"), "DTP03 is not a date; send CCYYMMDD"),
    "a birth date that is none": (
        TO_REPAIR.replace(b"D8*19800214", b"D8*80FEB14"),
        "DMG02 is not a date; send CCYYMMDD",
    ),
    "HL in a circle": (
        TO_REPAIR.replace(b"HL*2*1*22", b"HL*2*2*22"),
        "segment HL: HL02 names a parent that does not come",
    ),
    "HL twice": (
        TO_REPAIR.replace(b"HL*2*1*22", b"HL*1*1*22"),
        "segment HL: two HL of one transaction have the same HL01",
    ),
    "a claim of no HL": (
        TO_REPAIR.replace(b"HL*", b"XL*"),
        "a claim stands before any HL; put it under its subscriber",
    ),
    "a service of no line": (
        TO_REPAIR.replace(b"LX*1~", b"K3*X~"),
        "SV3 stands without LX before it; begin the line with LX",
    ),
    "51 lines": (
        claims("C1: " + " | ".join(["D0120 1.00"] * 51)),
        "the claim has 51 service lines, more than 50; send",
    ),
}


@pytest.mark.parametrize(("data", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_ends_with_three_and_one_line(
    bitewing_command: Command, write: Command, data: bytes, said: str
) -> None:
    """File, place, what, how to mend it; no output, and the input as it was."""
    path = write("a.837", data)

    for arguments in (
        ["check", path],
        ["repair", path],
        ["repair", path, "-o", "b.837"],
        ["repair", path, "--in-place"],
    ):
        ended = bitewing_command(*arguments)

        assert (ended.code, ended.out) == (Exit.UNREADABLE, b""), arguments
        assert ended.err.startswith("bitewing: a.837: offset ")
        assert said in ended.err
        assert len(ended.err.splitlines()) == 1
        assert path.read_bytes() == data
        assert list(Path().iterdir()) == [path]


def test_what_cannot_be_read_has_a_record_too(bitewing_command: Command, write: Command) -> None:
    said = bitewing_command("check", write("a.837", BROKEN), "--format", "json")

    assert records(said) == [
        {
            "type": "error",
            "file": "a.837",
            "offset": BROKEN.index(b"SV3*"),
            "segment": "SV3",
            "claim": "C1",
            "message": "SV302 is not a number",
            "mend": "send digits, with a point before the cents and nothing else, such as 125.00",
        }
    ]


def test_one_file_that_cannot_be_read_leaves_the_others_alone(bitewing_command: Command, write: Command) -> None:
    write("in/1.837", TO_REPAIR)
    write("in/2.837", BROKEN)
    write("in/3.837", QUIET)
    Path("out").mkdir()

    said = bitewing_command("repair", "in", "--output-dir", "out")

    assert said.code == Exit.UNREADABLE
    assert said.text.splitlines()[-1] == "3 files, 2 claims: 1 repair, 0 to look at, 1 files not read."
    assert {path.name: path.read_bytes() for path in Path("out").iterdir()} == {"1.837": REPAIRED, "3.837": QUIET}


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_a_file_that_goes_away_is_named(bitewing_command: Command, write: Command) -> None:
    write("in/1.837", QUIET)
    Path("in/2.837").mkdir()

    said = bitewing_command("check", "in/*.837")

    assert said.code == Exit.DONE  # a folder is not a file that the pattern means


class _Full:
    """A stream on a disk that is full."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def __enter__(self) -> "_Full":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def write(self, _: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@pytest.mark.parametrize("at_hand", [1, 7, 1000])
def test_findings_wait_for_the_output_in_their_order(
    bitewing_command: Command, generator: ModuleType, file: Path, monkeypatch: pytest.MonkeyPatch, at_hand: int
) -> None:
    """Those that wait on disk, too."""
    with file.open("wb") as out:
        generator.generate(out, claims=150, faults=1.0)
    expected = records(bitewing_command("check", file, "--format", "json"))
    monkeypatch.setattr("bitewing.batch.MOST_AT_HAND", at_hand)

    found = records(bitewing_command("repair", file, "-o", "b.837", "--format", "json"))

    assert len(found) > 20
    assert [one | {"applied": False} for one in found[:-1]] == expected[:-1]
    assert any(one["applied"] for one in found[:-1])


@pytest.mark.parametrize("call", ["fsync", "fdopen"])
@pytest.mark.parametrize("place", [["-o", "b.837"], ["--output-dir", "out"], ["--in-place"], ["-o", "-"]], ids=" ".join)
def test_a_full_disk_ends_with_75_and_leaves_everything_as_it_was(
    bitewing_command: Command, file: Path, monkeypatch: pytest.MonkeyPatch, call: str, place: list[str]
) -> None:
    """Nothing claims a repair that was not kept."""
    Path("out").mkdir()
    fdopen = os.fdopen

    def fsync(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fsync if call == "fsync" else lambda *arguments: _Full(fdopen(*arguments)))
        said = bitewing_command("repair", file, *place, "--format", "json")

    assert said.code == Exit.TEMPORARY
    assert "nothing was written: No space left on device; run again when there is room" in said.err
    assert len([line for line in said.err.splitlines() if line.startswith("bitewing:")]) == 1
    assert not any(record.get("applied") for record in records(said) if place != ["-o", "-"])
    assert file.read_bytes() == TO_REPAIR
    assert sorted(path.name for path in Path(file.parent).rglob("*")) == ["a.837", "out"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_a_full_disk_behind_standard_output_ends_with_75(file: Path, form: str) -> None:
    with Path("/dev/full").open("wb") as full:
        said = process(
            "check", file.absolute(), "--format", form, stdout=full, stderr=subprocess.PIPE, capture_output=False
        )

    assert said.returncode == Exit.TEMPORARY
    assert len(said.stderr.splitlines()) == 1


def test_a_fault_of_the_software_ends_with_70_and_one_line(
    bitewing_command: Command, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise KeyError("EXAMPLE")

    monkeypatch.setattr(bitewing.transforms.run.Run, "findings", fails)
    said = bitewing_command("repair", file, "--in-place")

    assert (said.code, said.out) == (Exit.INTERNAL, b"")
    assert len(said.err.splitlines()) == 1
    assert "KeyError at test_commands.py:" in said.err
    assert "EXAMPLE" not in said.err
    assert file.read_bytes() == TO_REPAIR


def test_a_repair_that_does_not_hold_is_not_written(
    bitewing_command: Command, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is read again before it takes its place."""

    def other(*_: object, **__: object) -> Iterator[bytes]:
        yield TO_REPAIR.replace(b"D0230", b"D0240")

    monkeypatch.setattr(bitewing.batch, "repaired", other)
    said = bitewing_command("repair", file, "--in-place")

    assert said.code not in (Exit.DONE, Exit.FINDINGS)
    assert "not what was declared" in said.err
    assert b"repaired" not in said.out
    assert file.read_bytes() == TO_REPAIR
    assert list(Path().iterdir()) == [file]


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_a_person_who_stops_it_leaves_nothing_half_written(
    bitewing_command: Command, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: signal.raise_signal(signal.SIGINT))
    said = bitewing_command("repair", file, "--in-place")

    assert (said.code, said.err.strip()) == (130, "bitewing: stopped; nothing was left half written")
    assert file.read_bytes() == TO_REPAIR
    assert list(Path().iterdir()) == [file]


@pytest.mark.skipif(os.name == "nt", reason="needs pipes that close")
def test_a_reader_that_goes_away_is_no_fault_of_the_file(write: Command, generator: ModuleType) -> None:
    """As in `bitewing check FILE | head -1`."""
    path = Path("many.837")
    write("many.837", b"")
    with path.open("wb") as out:
        generator.generate(out, claims=2000, faults=1.0)
    command = [sys.executable, "-m", "bitewing", "check", path.name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        said = running.stderr.read()
        running.wait(30)

    assert said == b""


# ----------------------------------------------------------------------------------------------------- which passes run

EVERYTHING = claims("C1: D0350 x1 45.00 | D0230 26.00 | D0150 98.00")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], "missing-first-pa photo-with-evaluation sv306-one-sent"),
        (["--select", "P101"], "missing-first-pa"),
        (["--select", "p101"], "missing-first-pa"),
        (["--select", "missing-first-pa"], "missing-first-pa"),
        (["--select", "periapical"], "missing-first-pa"),
        (["--select", "photo,claim"], "photo-with-evaluation sv306-one-sent"),
        (["--select", "photo", "--select", "claim"], "photo-with-evaluation sv306-one-sent"),
        (["--select", "documentation"], "pa-without-reason pa-without-tooth photo-without-reason"),
        (["--select", "default,D101"], "missing-first-pa pa-without-tooth photo-with-evaluation sv306-one-sent"),
        (["--select", "all", "--ignore", "documentation"], "missing-first-pa photo-with-evaluation sv306-one-sent"),
        (["--ignore", "claim,P101"], "photo-with-evaluation"),
        (["--select", "P101", "--ignore", "periapical"], ""),
        (["--config", "bitewing.toml"], "missing-first-pa photo-without-reason pa-without-reason"),
        (["--config", "bitewing.toml", "--select", "D101"], ""),
        (["--config", "bitewing.toml", "--ignore", "documentation"], "missing-first-pa"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_passes_are_chosen_by_code_name_and_group(
    bitewing_command: Command, write: Command, options: list[str], expected: str
) -> None:
    path = write("a.837", EVERYTHING)
    write("bitewing.toml", '[passes]\nselect = ["P101", "documentation"]\nignore = ["pa-without-tooth"]\n')

    for command in ("check", "repair"):
        said = bitewing_command(command, path, "--fail-on", "never", "--format", "json", *options)

        assert (said.code, said.err) == (Exit.DONE, "")
        assert sorted(names(said)) == sorted(expected.split())


def test_a_repair_that_is_not_selected_is_not_made(bitewing_command: Command, file: Path) -> None:
    bitewing_command("repair", file, "-o", "b.837", "--ignore", "missing-first-pa")

    assert Path("b.837").read_bytes() == TO_REPAIR


def test_the_fee_schedule_is_applied_only_when_asked_for(bitewing_command: Command, file: Path, write: Command) -> None:
    fees = write("fees.csv", FEES)

    kept = bitewing_command("repair", file, "-o", "kept.837", "--fees", fees, "--format", "json")
    asked = bitewing_command("repair", file, "-o", "asked.837", "--fees", fees, "--apply-fees", "--format", "json")

    assert names(kept) == ["missing-first-pa", "fee-mismatch"]
    assert names(asked) == ["missing-first-pa", "fee-schedule-applied"]
    assert Path("kept.837").read_bytes() == REPAIRED
    assert Path("asked.837").read_bytes() == REPAIRED.replace(b"26.00", b"32.00")


def test_an_attestation_lets_a_line_be_recoded(bitewing_command: Command, write: Command) -> None:
    data = claims("C1: D0340 140.00")
    path = write("a.837", data)
    said = json.dumps([{"claim": "C1", "line": "L1", "intent": "capture-only"} | SIGNED])

    assert bitewing_command("repair", path, "-o", "without.837").code == Exit.DONE
    assert bitewing_command("repair", path, "-o", "with.837", "--attest", write("a.json", said)).code == Exit.DONE
    assert Path("without.837").read_bytes() == data
    assert Path("with.837").read_bytes() == data.replace(b"D0340", b"D0702")


def test_history_explains_a_late_claim(bitewing_command: Command, file: Path, write: Command) -> None:
    write("sent/january.837", claims("C9: D0220 32.00"))

    said = bitewing_command("repair", file, "-o", "b.837", "--history", "sent", "--format", "json")

    assert names(said) == ["first-pa-in-history"]
    assert Path("b.837").read_bytes() == TO_REPAIR


# -------------------------------------------------------------------------------------------------- where it is written


def test_standard_input_is_a_file_like_any_other(bitewing_command: Command, write: Command) -> None:
    write("out/.keep", b"")

    assert bitewing_command("check", "-", stdin=TO_FLAG).code == Exit.FINDINGS
    assert bitewing_command("check", "-", stdin=TO_FLAG).text.startswith("<stdin>\n")
    assert bitewing_command("check", "-", stdin=b"hello").err.startswith("bitewing: <stdin>: offset 0: ")
    assert bitewing_command("repair", "-", "-o", "b.837", stdin=TO_REPAIR).code == Exit.DONE
    assert bitewing_command("repair", "-", "--output-dir", "out", stdin=TO_REPAIR).code == Exit.DONE
    assert Path("b.837").read_bytes() == Path("out/stdin.837").read_bytes() == REPAIRED


def test_view_reads_standard_input(bitewing_command: Command) -> None:
    said = bitewing_command("view", "-", stdin=TO_REPAIR)

    assert (said.code, said.err) == (Exit.DONE, "")
    assert "D0230" in said.text


def test_standard_output_holds_the_file_and_nothing_else(bitewing_command: Command, file: Path) -> None:
    for form in ("text", "json", "sarif"):
        said = bitewing_command("repair", file, "-o", "-", "--format", form)

        assert (said.code, said.out) == (Exit.DONE, REPAIRED)
        assert "missing-first-pa" in said.err


def test_it_is_a_filter(bitewing_command: Command) -> None:
    said = bitewing_command("repair", "-", "-o", "-", stdin=TO_REPAIR)

    assert (said.code, said.out) == (Exit.DONE, REPAIRED)


def test_a_folder_is_repaired_file_by_file(bitewing_command: Command, write: Command) -> None:
    files = {"in/1.837": TO_REPAIR, "in/deep/2.EDI": QUIET, "in/3": TO_FLAG, "in/4.txt": TO_NOTE}
    for name, data in files.items():
        write(name, data)
    for name in ("in/.5.837", "in/.old/6.837", "in/7.pdf", "in/8.837.part"):
        write(name, TO_REPAIR)
    Path("out").mkdir()

    said = bitewing_command("repair", "in", "--output-dir", "out")

    assert said.code == Exit.DONE
    assert said.text.splitlines()[-1] == "4 files, 5 claims: 1 repair, 1 to look at."
    assert {path.name: path.read_bytes() for path in Path("out").iterdir()} == {
        "1.837": REPAIRED,
        "2.EDI": QUIET,
        "3": TO_FLAG,
        "4.txt": TO_NOTE,
    }


def test_patterns_and_names_are_taken_in_order_and_once(bitewing_command: Command, write: Command) -> None:
    for name in ("b.837", "a.837", "c.pdf"):
        write(name, TO_REPAIR)

    said = bitewing_command("check", "c.pdf", "*.837", "a.837", "--format", "json")

    assert [one["file"] for one in records(said) if one["type"] == "summary"] == ["c.pdf", "a.837", "b.837"]


def test_in_place_keeps_the_permissions(bitewing_command: Command, file: Path) -> None:
    file.chmod(0o640)

    said = bitewing_command("repair", file, "--in-place")

    assert said.code == Exit.DONE
    assert file.read_bytes() == REPAIRED
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(Path().iterdir()) == [file]


def test_in_place_does_not_touch_what_needs_no_repair(bitewing_command: Command, write: Command) -> None:
    path = write("a.837", TO_FLAG)
    os.utime(path, ns=(1, 1))
    before = path.stat()

    said = bitewing_command("repair", path, "--in-place")
    after = path.stat()

    assert said.code == Exit.DONE
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, 1)


def test_in_place_mends_the_file_behind_a_link(bitewing_command: Command, file: Path) -> None:
    Path("link.837").symlink_to("a.837")

    bitewing_command("repair", "link.837", "--in-place")

    assert Path("link.837").is_symlink()
    assert file.read_bytes() == REPAIRED


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_ordinary_file_is_never_replaced_by_one(bitewing_command: Command, file: Path) -> None:
    """A pipe or a device given as the output: written to, or refused."""
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        said = bitewing_command("repair", file, "-o", "pipe")
        assert stat.S_ISFIFO(Path("pipe").stat().st_mode)
        assert said.code == Exit.USAGE or os.read(reader, 1 << 16) == REPAIRED
    finally:
        os.close(reader)


def test_an_earlier_output_is_replaced(bitewing_command: Command, file: Path, write: Command) -> None:
    write("b.837", b"something else")

    assert bitewing_command("repair", file, "-o", "b.837").code == Exit.DONE
    assert Path("b.837").read_bytes() == REPAIRED


def test_without_an_output_repairs_are_listed(bitewing_command: Command, file: Path) -> None:
    said = bitewing_command("repair", file)

    assert said.code == Exit.DONE
    assert "can be repaired, line 1: missing-first-pa (P101)" in said.text
    assert "before  SV3*AD:D0230*26.00~\n      after   SV3*AD:D0220*26.00~" in said.text
    assert "1 claim, 1 line: 1 can be repaired, 0 to look at.\n" in said.text
    assert list(Path().iterdir()) == [file]


def test_with_an_output_repairs_are_made(bitewing_command: Command, file: Path) -> None:
    said = bitewing_command("repair", file, "-o", "b.837")

    assert "    repaired, line 1: missing-first-pa (P101)" in said.text
    assert "1 claim, 1 line: 1 repaired, 0 to look at. Written to b.837.\n" in said.text


def test_propose_lists_the_same_edits_and_writes_the_file_as_it_was(bitewing_command: Command, file: Path) -> None:
    proposed = bitewing_command("repair", file, "-o", "b.837", "--mode", "propose", "--format", "json")
    applied = bitewing_command("repair", file, "-o", "c.837", "--mode", "apply", "--format", "json")

    assert Path("b.837").read_bytes() == TO_REPAIR
    assert Path("c.837").read_bytes() == REPAIRED
    assert records(proposed)[0] == records(applied)[0] | {"applied": False}


def test_repairing_again_finds_nothing_more(bitewing_command: Command, file: Path) -> None:
    bitewing_command("repair", file, "--in-place")
    said = bitewing_command("repair", file, "--in-place", "--format", "json")

    assert names(said) == []
    assert records(said)[0]["unchanged"] is True


# ------------------------------------------------------------------------------------------------------- how it is said

THREE = claims("C1: D0140 85.00 | D0230 x3 78.00")


def test_a_repair_has_the_record_that_was_promised(bitewing_command: Command, write: Command) -> None:
    """The keys of a finding and of a summary; their edits make the output."""
    path = write("a.837", THREE)

    finding, summary = records(bitewing_command("repair", path, "-o", "b.837", "--format", "json"))
    service, end = THREE.index(b"SV3*AD:D0230"), THREE.index(b"SE*")
    new = "LX*3~SV3*AD:D0230*52.00****2~DTP*472*D8*20260310~REF*6R*L2-B~"

    assert finding == {
        "type": "finding",
        "code": "P101",
        "name": "missing-first-pa",
        "action": "repair",
        "applied": True,
        "snip": 7,
        "file": "a.837",
        "interchange": "000000101",
        "group": "101",
        "transaction": "0001",
        "claim": "C1",
        "lines": [2],
        "message": "D0230 without D0220 on 2026-03-10: the first film of a date is D0220. Films and charge stay.",
        "edits": [
            {"offset": service, "before": "SV3*AD:D0230*78.00****3~", "after": "SV3*AD:D0220*26.00~"},
            {"offset": end, "before": "", "after": new},
        ],
        "policy": None,
        "source": finding["source"],
    }
    assert list(finding)[:15] == [
        *("type", "code", "name", "action", "applied", "snip", "file", "interchange", "group", "transaction", "claim"),
        *("lines", "message", "edits", "policy"),
    ]
    assert summary == {
        "type": "summary",
        "file": "a.837",
        "claims": 1,
        "service_lines": 2,
        "repaired": 1,
        "proposed": 0,
        "flagged": 0,
        "bytes_in": len(THREE),
        "bytes_out": len(Path("b.837").read_bytes()),
        "unchanged": False,
        "counts": [{"offset": end + 3, "before": "29", "after": "33"}],
    }
    edits = [
        Edit(one["offset"], one["before"].encode("latin-1"), one["after"].encode("latin-1"))
        for one in finding["edits"] + summary["counts"]
    ]
    assert splice(THREE, 0, edits) == Path("b.837").read_bytes()


def test_a_proposal_has_the_same_record_wherever_it_is_asked_for(bitewing_command: Command, write: Command) -> None:
    path = write("a.837", THREE)
    commands = (["check"], ["repair"], ["repair", "-o", "b.837", "--mode", "propose"])

    checked, listed, written = (records(bitewing_command(*command, path, "--format", "json")) for command in commands)

    assert checked == listed == written
    assert (checked[1]["repaired"], checked[1]["proposed"], checked[1]["unchanged"]) == (0, 1, True)
    assert checked[1]["bytes_out"] == checked[1]["bytes_in"] == len(THREE)


def test_sarif_holds_every_finding_of_every_file(bitewing_command: Command, write: Command) -> None:
    write("a.837", TO_REPAIR)
    write("b.837", TO_FLAG)
    write("c.837", BROKEN)

    said = bitewing_command("check", "a.837", "b.837", "c.837", "--format", "sarif")
    (run,) = json.loads(said.text)["runs"]

    assert said.code == Exit.UNREADABLE
    assert said.err.startswith("bitewing: c.837: offset ")
    assert {result["ruleId"] for result in run["results"]} == {"P101", "H101"}
    assert {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]} == {
        "a.837",
        "b.837",
    }


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_two_jobs_say_and_write_what_one_does(write: Command, form: str) -> None:
    said = []
    for jobs in ("1", "2"):
        for name, data in {"1": TO_REPAIR, "2": TO_FLAG, "3": BROKEN, "4": TO_NOTE, "5": QUIET}.items():
            write(f"in/{name}.837", data)
        arguments = ["repair", "in", "--in-place", "--format", form, "--jobs", jobs, "--fail-on", "info"]
        said.append((process(*arguments), {path.name: path.read_bytes() for path in Path("in").iterdir()}))
    (one, files), (two, same) = said

    assert (one.returncode, one.stdout, one.stderr) == (two.returncode, two.stdout, two.stderr)
    assert one.returncode == Exit.UNREADABLE
    assert files == same
    assert files["1.837"] == REPAIRED


def test_two_jobs_read_standard_input_too(write: Command) -> None:
    write("a.837", QUIET)

    said = process("check", "-", "a.837", "--jobs", "2", "--format", "json", input=TO_FLAG)

    assert (said.returncode, said.stderr) == (Exit.FINDINGS, b"")
    assert b"photo-with-evaluation" in said.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="needs file names that are bytes")
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_a_file_name_that_is_no_text_is_a_file_name(write: Command, form: str, jobs: str) -> None:
    write("a.837", QUIET)
    Path(os.fsdecode(b"\xff.837")).write_bytes(TO_REPAIR)

    said = process("repair", ".", "--in-place", "--format", form, "--jobs", jobs)

    assert (said.returncode, said.stderr) == (Exit.DONE, b"")
    assert Path(os.fsdecode(b"\xff.837")).read_bytes() == REPAIRED


@pytest.mark.skipif(os.name == "nt", reason="needs a terminal")
def test_colour_is_for_terminals_and_no_color_is_kept(file: Path) -> None:
    import pty

    def on_a_terminal(**environment: str) -> bytes:
        master, slave = pty.openpty()
        kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        process("check", file.absolute(), stdout=slave, stderr=slave, capture_output=False, env=kept | environment)
        os.close(slave)
        said = b""
        while part := _read(master):
            said += part
        os.close(master)
        return said

    assert b"\x1b[32mcan be repaired\x1b[0m" in on_a_terminal(TERM="xterm")
    assert b"\x1b" not in on_a_terminal(TERM="xterm", NO_COLOR="1")
    assert b"\x1b" not in process("check", file.absolute()).stdout


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 4096)
    except OSError:  # the other end is closed
        return b""


@pytest.mark.parametrize("text", ["\x1b[2J", "\x07", "\u202e", "\x9b2J"], ids=["escape", "bell", "turned", "C1"])
def test_a_file_cannot_steer_a_terminal(bitewing_command: Command, write: Command, text: str) -> None:
    """Neither by what stands in it nor by its name."""
    path = write(f"a{text}.837", TO_REPAIR.replace(b"CLM*C1*", f"CLM*C{text}1*".encode("latin-1", "replace")))

    said = bitewing_command("check", path)

    assert said.code == Exit.FINDINGS
    assert all(character.isprintable() or character == "\n" for character in said.text)


# -------------------------------------------------------------------------------------------------------------- private

PRIVATE = ("CANARYLAST", "CANARYFIRST", "CANARYMEMBER", "19771231", "1977-12-31")
WITH_CANARIES = (
    claims("C1 note=SEEN: D0230 x3 78.00 | D0150 98.00 | D0350 45.00", "C2: D0702 95.00 | D0340 140.00")
    .replace(b"EXAMPLE*PAT", b"CANARYLAST*CANARYFIRST")
    .replace(b"MEM000001", b"CANARYMEMBER")
    .replace(b"19800214", b"19771231")
)
DAMAGE = {
    "none": (b"", b""),
    "a name where a birth date was": (b"DMG*D8*19771231", b"DMG*D8*CANARYLAST"),
    "a birth date of another format": (b"DMG*D8*", b"DMG*XX*"),
    "a name where a charge was": (b"*78.00*", b"*CANARYLAST*"),
    "a name where a total was": (b"CLM*C1*221.00", b"CLM*C1*CANARYLAST"),
    "a name where a date was": (b"DTP*472*D8*20260310", b"DTP*472*D8*CANARYLAST"),
    "a name where a level was": (b"HL*2*1*22", b"HL*2*1*CANARYLAST"),
    "a name where a parent was": (b"HL*2*1*22", b"HL*2*CANARYLAST*22"),
    "a name where a count was": (b"SE*", b"SE*CANARYLAST"),
    "a name where a line's number was": (b"LX*2~", b"LX*CANARYLAST~"),
    "a name where a quantity was": (b"*78.00****3", b"*78.00****CANARYLAST"),
    "a name where a code was": (b"AD:D0150", b"AD:CANARYLAST"),
    "a member id where a qualifier was": (b"REF*6R*L2", b"REF*CANARYMEMBER*L2"),
    "a note that was cut in two": (b"NTE*ADD*SEEN", b"NTE*ADD*SEEN~CANARYLAST CANARYFIRST*WAS SEEN"),
    "a note without an end": (b"NTE*ADD*SEEN~", b"NTE*ADD*CANARYLAST "),
    "a name for a delimiter": (b"*^*00501", b"*C*00501"),
    "an ISA full of names": (b"SENDER         ", b"CANARYLAST    "),
    "cut off in the name": (WITH_CANARIES[WITH_CANARIES.index(b"CANARYFIRST") + 4 :], b""),
}


@pytest.mark.parametrize(("before", "after"), DAMAGE.values(), ids=DAMAGE)
def test_nothing_that_is_said_holds_a_name_a_member_id_or_a_birth_date(
    bitewing_command: Command, write: Command, before: bytes, after: bytes
) -> None:
    path = write("a.837", WITH_CANARIES.replace(before, after, 1) if before else WITH_CANARIES)
    write("fees.csv", FEES)

    for arguments in (
        ["check", path, "--select", "all"],
        ["repair", path, "-o", "b.837", "--fees", "fees.csv", "--apply-fees"],
        ["repair", path, "--history", path, "--format", "json", "--select", "all"],
        ["check", path, "--format", "sarif"],
        ["view", path, "--claim", "none"],
    ):
        said = bitewing_command(*arguments)

        assert said.code != Exit.INTERNAL
        assert [word for word in PRIVATE if word in said.text + said.err] == [], arguments


# --------------------------------------------------------------------------------------------------- the other commands


def test_view_shows_a_claim_and_what_is_found(bitewing_command: Command, write: Command) -> None:
    path = write("a.837", claims("C1: D0120 58.00", "C2 patient=P2: D0230 26.00 #30"))

    both = bitewing_command("view", path).text
    one = bitewing_command("view", path, "--claim", "C2", "--width", "80").text

    assert "C1" in both
    assert "C2" in both
    assert "C1" not in one
    assert "SAMPLE" in one
    assert "missing-first-pa" in one
    assert max(map(len, one.splitlines())) <= 80


def test_view_shows_what_can_be_read_of_a_claim_that_cannot_be_checked(
    bitewing_command: Command, write: Command
) -> None:
    said = bitewing_command("view", write("a.837", BROKEN))

    assert said.code == Exit.DONE
    assert "SV302 is not a number" in said.text


@pytest.mark.parametrize(
    "data", [b"hello", TO_REPAIR.replace(b"HL*2*1*22", b"HL*2*2*22")], ids=["not X12", "HL circle"]
)
def test_view_of_what_cannot_be_read_ends_with_three(bitewing_command: Command, write: Command, data: bytes) -> None:
    said = bitewing_command("view", write("a.837", data))

    assert (said.code, said.out) == (Exit.UNREADABLE, b"")
    assert len(said.err.splitlines()) == 1


def test_view_looks_into_history(bitewing_command: Command, file: Path, write: Command) -> None:
    write("sent.837", claims("C9: D0220 32.00"))

    assert "first-pa-in-history" in bitewing_command("view", file, "--history", "sent.837").text


@pytest.mark.parametrize("one", builtin_passes(), ids=lambda one: one.name)
def test_explain_knows_every_pass_by_code_and_name(bitewing_command: Command, one: Any) -> None:
    by_code, by_name = bitewing_command("explain", one.code.lower()), bitewing_command("explain", one.name)

    assert by_code == by_name == (Exit.DONE, f"{page(one)}\n".encode(), "")
    assert json.loads(bitewing_command("explain", one.code, "--format", "json").text)["name"] == one.name


@pytest.mark.parametrize("code", ["X901", "X902", "X903", "pass-failed", "repair-not-settled", "repair-withdrawn"])
def test_explain_knows_what_the_framework_itself_says(bitewing_command: Command, code: str) -> None:
    assert bitewing_command("explain", code).code == Exit.DONE


def test_passes_list_has_every_pass_once(bitewing_command: Command) -> None:
    listed = records(bitewing_command("passes", "list", "--format", "json"))
    text = bitewing_command("passes", "list").text

    assert [one["code"] for one in listed] == sorted(one.code for one in builtin_passes())
    assert all(text.count(f"  {one['name']}") == 1 for one in listed)
    assert {one["name"] for one in listed if not one["on"]} == {
        one["name"] for one in listed if one["group"] == "documentation"
    }


def test_a_new_pass_runs_and_its_examples_hold(
    bitewing_command: Command, write: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write("office/__init__.py", "")
    monkeypatch.syspath_prepend(tmp_path)

    said = bitewing_command("passes", "new", "film-without-date", "--into", "office", "--code", "Z123")
    import importlib

    (made,) = passes_in(importlib.import_module("office.film_without_date"))
    sys.modules.pop("office")
    sys.modules.pop("office.film_without_date")

    assert (said.code, said.err) == (Exit.DONE, "")
    assert said.text.startswith(f"office{os.sep}film_without_date.py: fill in")
    assert (made.code, made.name, made.group) == ("Z123", "film-without-date", "office")
    for example in made.examples:
        findings, _, _ = run_example(example, [*builtin_passes(), made])
        mine = [f"{one.action.value} {' '.join(map(str, one.place.lines))}" for one in findings if one.code == "Z123"]
        assert mine == list(example.expect)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["film"], "is no name for a pass"),
        (["Film-Without-Date"], "is no name for a pass"),
        (["film_without_date"], "is no name for a pass"),
        (["film-without-date-"], "is no name for a pass"),
        (["../film-without-date"], "is no name for a pass"),
        (["film-without-date", "--code", "Z1"], "is no code for a pass"),
        (["film-without-date", "--code", "z101"], "is no code for a pass"),
        (["film-without-date", "--into", "nowhere"], "it cannot be written"),
        (["there-already"], "this file is there already"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_new_pass_needs_a_name_a_code_and_a_place(
    bitewing_command: Command, write: Command, arguments: list[str], said: str
) -> None:
    there = write("there_already.py", "")

    ended = bitewing_command("passes", "new", *arguments)

    assert (ended.code, ended.out) == (Exit.USAGE, b"")
    assert said in ended.err
    assert list(Path().iterdir()) == [there]


def test_the_demonstration_shows_a_repair_and_a_payment_and_keeps_nothing(
    bitewing_command: Command, write: Command
) -> None:
    write("a.837", b"")

    said = bitewing_command("demo")

    assert (said.code, said.err) == (Exit.DONE, "")
    assert "SV3*AD:D0230*78.00****3~" in said.text
    assert "lines 2, 3, 4 were paid together as D0210" in said.text
    assert "Payment CHK100 of 2026-03-20, TESTPAY1: 175.00; claims 190.00, adds up." in said.text
    assert "Nothing was kept on disk.\n" in said.text
    assert re.search(r"13\d\d matched, \d+ not", said.text)
    assert "The payer is expected to include D0350 in D01" in said.text
    assert said.text.endswith("in a folder that is gone again.\n")
    assert list(Path().iterdir()) == [Path("a.837")]


def test_the_installed_command_is_this_one(file: Path) -> None:
    said = process("repair", file.absolute(), "-o", "-")

    assert (said.returncode, said.stdout) == (Exit.DONE, REPAIRED)
    assert process("--version").stdout.decode().startswith("bitewing, version ")


def test_nothing_is_left_in_the_folder_for_temporary_files(
    bitewing_command: Command, file: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    bitewing_command("repair", file, "-o", "-")
    bitewing_command("repair", "-", "-o", "b.837", stdin=TO_REPAIR * 3)
    bitewing_command("repair", "-", stdin=b"hello")

    assert list(folder.iterdir()) == []
