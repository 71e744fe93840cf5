"""The filter writes EDI to standard output and nothing else, and its exit code says how it ended."""

import errno
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bitewing
from bitewing.edi.compose import compose
from bitewing.exits import Exit
from bitewing.hook import process as contract
from bitewing.transforms.example import parse_claims

DAMAGED = compose(parse_claims(("C1: D0230 x3 78.00 #30",)))
REFUSED = DAMAGED.replace(b"CLM*C1*78", b"CLM*C1*x")
PAIR = compose(parse_claims(("C1: D0220 26.00 #30", "C2: D0220 26.00 #3")))
Command = Callable[..., Any]


def test_shadow_passes_everything_on_and_says_nothing(bitewing_command: Command, demo: Path) -> None:
    for path in demo.glob("*.837"):
        said = bitewing_command("hook", stdin=path.read_bytes())

        assert (said.code, said.out, said.err) == (Exit.DONE, path.read_bytes(), "")


def test_exit_0_with_repairs_made(bitewing_command: Command) -> None:
    said = bitewing_command("hook", "--mode", "apply", stdin=DAMAGED)

    assert (said.code, said.out, said.err) == (Exit.DONE, bitewing.repair(DAMAGED).data, "")


def test_exit_1_only_where_it_is_asked_for_and_said(bitewing_command: Command) -> None:
    codes = [
        bitewing_command("hook", "--mode", mode, "--fail-on", "repair", stdin=DAMAGED).code
        for mode in ("shadow", "propose", "apply")
    ]

    assert codes == [Exit.DONE, Exit.FINDINGS, Exit.FINDINGS]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--split",),
        ("--mandatory",),
        ("--acks", "nowhere"),
        ("--mode", "loud"),
        ("--config", "nowhere.toml"),
        ("--deadline", "0"),
    ],
)
def test_exit_2_where_it_is_not_told_right(bitewing_command: Command, arguments: tuple[str, ...]) -> None:
    said = bitewing_command("hook", *arguments, stdin=DAMAGED)

    assert (said.code, said.out) == (Exit.USAGE, b"")
    assert said.err


def test_exit_3_with_the_original_where_it_cannot_be_read(bitewing_command: Command) -> None:
    said = bitewing_command("hook", stdin=b"no interchange\n")

    assert (said.code, said.out) == (Exit.UNREADABLE, b"no interchange\n")
    assert said.err == "bitewing: <stdin>: unreadable: not-readable\n"


def test_exit_4_where_a_claim_is_set_aside(bitewing_command: Command, tmp_path: Path) -> None:
    data = PAIR.replace(b"CLM*C1*26", b"CLM*C1*x")
    said = bitewing_command("hook", "--mode", "apply", "--split", "--quarantine", tmp_path, stdin=data)
    (aside,) = tmp_path.iterdir()

    assert said.code == Exit.PARTIAL
    assert [claim.id for claim in bitewing.read(said.out).claims()] == ["C2"]
    assert [claim.id for claim in bitewing.read(aside.read_bytes()).claims()] == ["C1"]


def test_exit_4_with_nothing_where_a_file_must_not_go_on(bitewing_command: Command, tmp_path: Path) -> None:
    said = bitewing_command("hook", "--mandatory", "--quarantine", tmp_path, stdin=b"no interchange")
    (aside,) = tmp_path.iterdir()

    assert (said.code, said.out, aside.read_bytes()) == (Exit.PARTIAL, b"", b"no interchange")


def test_exit_70_with_the_original_where_the_software_fails(
    bitewing_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise RuntimeError("DOE JANE")

    monkeypatch.setattr(contract, "judged", failing)
    said = bitewing_command("hook", "--mode", "apply", stdin=DAMAGED)

    assert (said.code, said.out) == (Exit.INTERNAL, DAMAGED)
    assert said.err == "bitewing: <stdin>: passed: hook-failed\n"


def test_exit_70_with_the_original_where_what_surrounds_the_contract_fails(
    bitewing_command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise RuntimeError("DOE JANE")

    monkeypatch.setattr("bitewing.hook.entry.entry_of", failing)
    said = bitewing_command("hook", "--mode", "apply", "--ledger", tmp_path / "runs", stdin=DAMAGED)

    assert (said.code, said.out) == (Exit.INTERNAL, DAMAGED)
    assert "DOE" not in said.err
    kept = ("--mandatory", "--quarantine", tmp_path)
    said = bitewing_command("hook", "--mode", "apply", "--ledger", tmp_path / "runs", *kept, stdin=DAMAGED)
    assert (said.code, said.out) == (Exit.PARTIAL, b"")
    assert [path.read_bytes() for path in tmp_path.glob("*.837")] == [DAMAGED]


def test_exit_70_with_the_original_where_a_pass_never_ends(
    bitewing_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object, **__: object) -> None:
        while True:
            pass

    monkeypatch.setattr(contract, "judged", endless)
    said = bitewing_command("hook", "--mode", "apply", "--deadline", "0.1", stdin=DAMAGED)

    assert (said.code, said.out) == (Exit.INTERNAL, DAMAGED)
    assert "hook-out-of-time" in said.err


@pytest.mark.parametrize("mandatory", [False, True])
def test_what_is_too_large_goes_whole_one_way_or_the_other(
    bitewing_command: Command, tmp_path: Path, mandatory: bool
) -> None:
    (tmp_path / "small.toml").write_text(f"[hook]\nmandatory = {str(mandatory).lower()}\nlimits.most_bytes = 100\n")
    (tmp_path / "aside").mkdir()
    data = DAMAGED * 5
    said = bitewing_command("hook", "--config", tmp_path / "small.toml", "--quarantine", tmp_path / "aside", stdin=data)
    aside = [path.read_bytes() for path in (tmp_path / "aside").iterdir()]

    assert (said.out, aside) == ((b"", [data]) if mandatory else (data, []))
    assert said.code == (Exit.PARTIAL if mandatory else Exit.INTERNAL)


@pytest.mark.parametrize("what", ["--findings", "--acks", "--quarantine"])
def test_exit_75_with_nothing_written_where_the_disk_is_full(
    bitewing_command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    place = tmp_path / "said" if what == "--findings" else tmp_path
    monkeypatch.setattr(os, "fsync", full)
    said = bitewing_command("hook", "--mode", "apply", "--split", "--quarantine", tmp_path, what, place, stdin=REFUSED)

    assert (said.code, said.out) == (Exit.TEMPORARY, b"")
    assert list(tmp_path.iterdir()) == []


def test_findings_are_recorded_with_their_mode(bitewing_command: Command, tmp_path: Path) -> None:
    modes = {}
    for mode in ("shadow", "propose", "apply"):
        bitewing_command("hook", "--mode", mode, "--findings", tmp_path / "said", stdin=DAMAGED)
        found, summary = [json.loads(line) for line in (tmp_path / "said").read_text().splitlines()]
        modes[found["mode"]] = (found["name"], found["applied"], summary["verdict"], summary["acks"])

    answers = ["277ca", "999", "ta1"]
    assert modes == {
        "shadow": ("missing-first-pa", False, "unchanged", []),
        "propose": ("missing-first-pa", False, "unchanged", answers),
        "apply": ("missing-first-pa", True, "changed", answers),
    }


def test_answers_bear_the_time_and_number_that_are_given(bitewing_command: Command, tmp_path: Path) -> None:
    bitewing_command(
        "hook", "--mode", "apply", "--acks", tmp_path, "--at", "2026-04-05T06:07", "--control", 70, stdin=DAMAGED
    )
    written = {path.suffix: path.read_bytes() for path in tmp_path.iterdir()}

    assert {suffix: data[90:99] for suffix, data in written.items()} == {
        ".ta1": b"000000070",
        ".999": b"000000071",
        ".277": b"000000072",
    }
    assert written[".ta1"][70:81] == b"260405*0607"


def test_the_configuration_says_where_everything_comes_from(bitewing_command: Command, tmp_path: Path) -> None:
    path = tmp_path / "b.toml"
    path.write_text(
        '[hook.passes]\nmissing-first-pa = "apply"\n[[partner]]\nname = "n"\ngs02 = "N"\nmode = "propose"\n'
    )
    shown = dict(
        line.split(" = ", 1)
        for line in bitewing_command("config", "show", "--config", path, "--origin").text.splitlines()
    )

    assert shown["hook.mode"] == '"shadow"  (default)'
    assert shown["hook.passes.missing-first-pa"] == f'"apply"  ({path})'
    assert (shown["partner.n.gs02"], shown["partner.n.mode"]) == (f'"N"  ({path})', f'"propose"  ({path})')
    assert 'hook.mode = "shadow"\n' in bitewing_command("config", "show").text


@pytest.mark.parametrize(
    "text",
    [
        '[hook]\nmode = "loud"',
        "[hook]\nlimits.seconds = 0",
        "[hook]\nmost = 1",
        '[hook]\nacks = ["998"]',
        '[hook.passes]\nno-such-pass = "apply"',
        '[[partner]]\nname = "n"',
        '[[partner]]\nisa06 = "n"',
        '[[partner]]\nname = "n"\nisa06 = 5',
        '[hook]\nsplit = "yes"',
    ],
)
def test_a_setting_that_means_nothing_is_refused(bitewing_command: Command, tmp_path: Path, text: str) -> None:
    (tmp_path / "b.toml").write_text(text)
    said = bitewing_command("hook", "--config", tmp_path / "b.toml", stdin=DAMAGED)

    assert (said.code, said.out) == (Exit.USAGE, b"")
    assert "b.toml" in said.err


def test_a_pass_is_promoted_for_one_partner_by_the_configuration(bitewing_command: Command, tmp_path: Path) -> None:
    path = tmp_path / "b.toml"
    isa, gs = DAMAGED.split(b"~")[0].split(b"*"), DAMAGED.split(b"~")[1].split(b"*")
    address = dict(zip(("isa06", "isa08", "gs02", "gs03"), (isa[6], isa[8], gs[2], gs[3]), strict=True))
    lines = [f'{key} = "{value.decode().strip()}"' for key, value in address.items()]
    for promoted in ('mode = "apply"', 'passes = { missing-first-pa = "apply" }'):
        path.write_text("\n".join(["[[partner]]", 'name = "one"', *lines, promoted]))
        assert bitewing_command("hook", "--config", path, stdin=DAMAGED).out == bitewing.repair(DAMAGED).data
        assert bitewing_command("hook", "--config", path, "--mode", "propose", stdin=DAMAGED).out == DAMAGED
        for key in address:
            other = [line if not line.startswith(key) else f'{key} = "other"' for line in lines]
            path.write_text("\n".join(["[[partner]]", 'name = "one"', *other, promoted]))
            assert bitewing_command("hook", "--config", path, stdin=DAMAGED).out == DAMAGED


def test_whatever_the_hook_itself_says_is_explained(bitewing_command: Command) -> None:
    said = set(re.findall(r'"(X9\d\d)", "?([a-z-]+|SET_ASIDE)', Path(contract.__file__).read_text(encoding="utf-8")))

    assert len(said) >= 9
    for code, name in said:
        page = bitewing_command("explain", code)
        assert page.code == Exit.DONE
        assert name == "SET_ASIDE" or page.text.startswith(f"{code} {name}")
