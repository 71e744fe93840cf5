"""What is written about the commands and the passes is true: all of it is there, and what is shown runs."""

import contextlib
import importlib
import io
import json
import re
import shlex
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest

from bitewing.cli import cli
from bitewing.config import Config, read_config
from bitewing.edi.compose import compose
from bitewing.edi.finding import Action
from bitewing.exits import Exit
from bitewing.inputs import SUFFIXES
from bitewing.transforms.catalog import builtin_passes
from bitewing.transforms.example import parse_claims
from bitewing.transforms.facts import read_attestations, read_fees

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
GROUPS = sorted({one.group for one in builtin_passes()})
FLOORS = ["edi", "policies", "transforms", *(f"transforms/{group}" for group in GROUPS)]
FOLDERS = [*FLOORS, "fixtures", "tests", "docs", "benchmarks"]
STOPPED = 130
ONE_SCREEN, ONE_PAGE = 60, 75


class Block(NamedTuple):
    """A fenced block of a page: its language, the file it is to be written to ("" for none), its text."""

    language: str
    file: str
    text: str


def read(path: Path | str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(page: Path | str, language: str = "") -> list[Block]:
    found = re.findall(r"^```(\w*)(?: (\S+))?\n(.*?)^```$", read(page), re.MULTILINE | re.DOTALL)
    return [Block(*one) for one in found if language in ("", one[0])]


def prose(page: Path | str) -> str:
    """A page without its blocks."""
    return re.sub(r"^```.*?^```$", "", read(page), flags=re.MULTILINE | re.DOTALL)


def sections() -> dict[str, str]:
    """docs/commands.md by heading."""
    _, *parts = re.split(r"^## (.+)$", read("docs/commands.md"), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def commands(group: click.Group = cli, words: str = "bitewing") -> Iterator[tuple[str, click.Command]]:
    """Every command with its words, groups left out."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{words} {name}")
        else:
            yield f"{words} {name}", command


COMMANDS = dict(commands())

# ---------------------------------------------------------------------------------------------------------- commands.md


def test_every_command_has_its_section_and_no_other_has_one() -> None:
    assert [heading for heading in sections() if heading.startswith("bitewing ")] == list(COMMANDS)
    assert [name for name in ("--version", "--help", "-h") if f"{name}`" not in prose("docs/commands.md")] == []


@pytest.mark.parametrize("words", COMMANDS)
def test_every_option_of_a_command_is_in_its_section(words: str) -> None:
    known = sections()
    text = known[words] + (known["bitewing check"] if words == "bitewing repair" else "")
    options = [one for one in COMMANDS[words].params if isinstance(one, click.Option)]
    arguments = [one for one in COMMANDS[words].params if isinstance(one, click.Argument)]

    assert [name for one in options for name in one.opts if f"`{name}" not in text] == []
    said = re.search(rf"`{words} ([^`-][^`]*)`", known[words])
    shown = said[1].partition(" --")[0].replace("[", "").replace("]", "").split() if said else []
    assert [one.metavar or one.human_readable_name.upper() for one in arguments] == shown


@pytest.mark.parametrize("page", [*PAGES, *(ROOT / folder / "README.md" for folder in FLOORS)], ids=relative)
def test_no_option_is_described_that_is_not_there(page: Path) -> None:
    there = {name for command in COMMANDS.values() for one in command.params for name in one.opts}

    assert set(re.findall(r"(?<![\w-])--[a-z0-9][a-z0-9-]*", prose(page))) <= there | {"--help", "--version"}


def test_every_exit_code_is_in_the_table_and_no_other_is() -> None:
    rows = re.findall(r"^\| (\d+) \| ", sections()["Exit codes"], re.MULTILINE)

    assert [int(row) for row in rows] == sorted([*Exit, STOPPED])


def test_every_ending_of_a_file_name_is_named() -> None:
    for suffix in SUFFIXES - {""}:
        assert f"`{suffix}`" in prose("docs/commands.md")


def test_the_configuration_shown_uses_every_setting(tmp_path: Path) -> None:
    (shown,) = blocks("docs/commands.md", "toml")
    path = tmp_path / "bitewing.toml"
    path.write_text(shown.text)
    config = read_config(path)

    assert [name for name in Config._fields if not getattr(config, name)] == []
    assert {*config.select, *config.ignore} <= {
        "default",
        *GROUPS,
        *(one.name for one in builtin_passes()),
    }


def test_the_fees_and_attestations_shown_can_be_read(tmp_path: Path) -> None:
    (fees,) = blocks("docs/commands.md", "csv")
    attestations = blocks("docs/commands.md", "json")[-1]
    (tmp_path / "fees.csv").write_text(fees.text)
    (tmp_path / "attest.json").write_text(attestations.text)

    assert set(read_fees(tmp_path / "fees.csv")) == {("D0220", ""), ("D0230", "1999900016")}
    assert list(read_attestations(tmp_path / "attest.json")) == ["C1"]


def test_the_records_shown_have_the_keys_of_real_ones(
    tmp_path: Path, bitewing_command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = compose(parse_claims(("C1: D0230 26.00",)))
    Path("a.837").write_bytes(data)
    Path("b.837").write_bytes(data.replace(b"D0230*26", b"D0230*x"))

    real = bitewing_command("repair", "a.837", "b.837", "--format", "json").text.splitlines()
    shown = blocks("docs/commands.md", "json")[0].text.replace("\n ", "").splitlines()

    assert [list(json.loads(line)) for line in shown] == [list(json.loads(line)) for line in real]


# --------------------------------------------------------------------------------------------------------------- passes


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_lists_its_passes_and_what_they_may_do(group: str) -> None:
    rows = re.findall(
        r"^\| ([A-Z]\d{3}) \| `([a-z0-9-]+)` \| (.*) \|$", read(f"transforms/{group}/README.md"), re.MULTILINE
    )
    passes = [one for one in builtin_passes() if one.group == group]

    assert [(code, name) for code, name, _ in rows] == [(one.code, one.name) for one in passes]
    assert [name for _, name, text in rows if "**repaired**" in text] == [one.name for one in passes if one.repairs]


def test_the_page_on_repair_lists_every_pass_that_repairs() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \(([A-Z]\d{3})\) \| ", read("docs/repair.md"), re.MULTILINE)

    assert sorted((code, name) for name, code in rows) == [
        (one.code, one.name) for one in builtin_passes() if one.repairs
    ]
    assert [action for action in Action if f'"action":"{action.value}"' not in read("docs/repair.md")] == []


# -------------------------------------------------------------------------------------------------------------- folders


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_names_its_files_and_no_others(folder: str) -> None:
    """Files of its own and data below it; what is a README, a package's mark or an interchange speaks for itself."""
    named = set(re.findall(r"`([\w/]+\.(?:py|tsv|md))`", read(f"{folder}/README.md")))
    own = {path.name for path in (ROOT / folder).iterdir() if path.suffix in {".py", ".md"}}
    data = {path.relative_to(ROOT / folder).as_posix() for path in (ROOT / folder).rglob("*.tsv")}

    assert sorted((own | data) - named - {"__init__.py", "README.md"}) == []
    assert [name for name in sorted(named) if not any((base / name).exists() for base in (ROOT / folder, ROOT))] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_explains_itself_on_a_page(folder: str) -> None:
    text = read(f"{folder}/README.md")

    assert text.startswith(f"# {folder.rpartition('/')[2]}\n")
    assert len(text.splitlines()) <= ONE_PAGE
    assert re.search(r"[Tt]o add", text)


def test_the_first_page_is_one_screen() -> None:
    assert len(read("README.md").splitlines()) <= ONE_SCREEN
    for command in ("make demo", "make test", "pip install ."):
        assert command in read("README.md")


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "CONTRIBUTING.md", *(ROOT / f / "README.md" for f in FOLDERS)], ids=str
)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []


# -------------------------------------------------------------------------------------------------------- what is shown


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to run the blocks of a page in, from which packages are imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if not name.startswith("bitewing"):
            del sys.modules[name]


def install(pyproject: str, folder: Path) -> None:
    """What an installation of a project leaves behind: its name and its entry points."""
    project = tomllib.loads(pyproject)["project"]
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    points = project["entry-points"].items()
    lines = [f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in one.items()) for group, one in points]
    (info / "entry_points.txt").write_text("".join(lines))


def shown_commands(text: str) -> Iterator[tuple[list[str], str]]:
    """Each command of a `console` block, without the prompt, and what the page says it prints."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, _, output = part.partition("\n")
        yield shlex.split(line), output


@pytest.mark.parametrize("page", ["docs/claims.md", "docs/hook.md", "docs/plugins.md", "docs/remits.md"])
def test_what_a_page_shows_runs(page: str, shop: Path, bitewing_command: Callable[..., Any]) -> None:
    """`python` blocks in order, in one namespace; `output` is what the one before printed; files are written."""
    namespace: dict[str, Any] = {}
    printed = ""
    ran = 0
    for block in blocks(page):
        if block.file:
            path = shop / block.file
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text)
            if path.name == "pyproject.toml":
                install(block.text, shop)
            importlib.invalidate_caches()
        elif block.language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as stream:
                exec(compile(block.text, page, "exec"), namespace)
            printed = stream.getvalue()
            ran += 1
        elif block.language == "output":
            assert printed == block.text
        elif block.language == "console":
            for (_, *arguments), output in shown_commands(block.text):
                said = bitewing_command(*arguments)
                assert (said.text, said.err) == (output, "")
    assert ran


def test_the_first_page_shows_what_the_tool_prints(
    bitewing_command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    (block,) = blocks("README.md", "console")
    ((words, output),) = shown_commands(block.text)

    said = bitewing_command(*words[1:])

    assert words[0] == "bitewing"
    assert (said.code, said.text, said.err) == (Exit.DONE, output, "")


def test_the_first_page_names_commands_that_are_there() -> None:
    named = re.findall(r"^(bitewing .+?)(?: [A-Z-].*)?  ", read("README.md"), re.MULTILINE)

    assert named
    assert [words for words in named if not any(words.startswith(known) for known in COMMANDS)] == []
