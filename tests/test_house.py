"""The house keeps its own rules: folders explain themselves, imports go one way, passes stay short, nothing private."""

import re
import subprocess
from pathlib import Path

import grimp
import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("edi", "policies", "transforms")
PASS_LINES = 140

MACHINE_PATH = re.compile(rb"(?<![\w.])/(?:work|root|tmp|home|Users)/")
LEFT_FOR_LATER = re.compile(rb"\b(?:T[O]DO|F[I]XME)\b")
FLOAT = re.compile(r"\bfloat\(")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def modules(*folders: str) -> list[Path]:
    return [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]


def lines_that_match(pattern: re.Pattern[bytes]) -> list[str]:
    """`file:line` of every hit in a file that git keeps or would take."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    files = [ROOT / name for name in names if name]
    return [
        f"{relative(file)}:{number}"
        for file in files
        if file.is_file() and not file.is_symlink()
        for number, line in enumerate(file.read_bytes().splitlines(), 1)
        if pattern.search(line)
    ]


def test_every_folder_has_a_readme() -> None:
    folders = [ROOT / name for name in (*FLOORS, "fixtures", "tests", "docs", "benchmarks")]
    folders += sorted({file.parent for file in (ROOT / "transforms").glob("*/*.py")})

    assert [relative(folder) for folder in folders if not (folder / "README.md").is_file()] == []


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {file.parent for file in modules(*FLOORS)}

    assert sorted(relative(folder) for folder in folders if not (folder / "__init__.py").is_file()) == []


def test_import_contracts_hold() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True) == 0


def test_no_floor_imports_the_door() -> None:
    floors = tuple(f"bitewing.{floor}" for floor in FLOORS)
    graph = grimp.build_graph("bitewing", cache_dir=None)
    below = [name for name in graph.modules if name.startswith(floors)]
    upward = [
        f"{name} imports {target}"
        for name in sorted(below)
        for target in sorted(graph.find_modules_directly_imported_by(name))
        if not target.startswith(floors)
    ]

    assert len(below) >= len(FLOORS)
    assert upward == []


def test_passes_are_short() -> None:
    lengths = {file: len(file.read_bytes().splitlines()) for file in (ROOT / "transforms").glob("*/*.py")}

    assert {relative(file): length for file, length in lengths.items() if length > PASS_LINES} == {}


def test_money_is_never_a_float() -> None:
    hits = [
        f"{relative(file)}:{number}: {line.strip()}"
        for file in modules("edi", "transforms")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if FLOAT.search(line) and "# not money" not in line
    ]

    assert hits == []


def test_no_path_of_a_machine_is_committed() -> None:
    assert lines_that_match(MACHINE_PATH) == []


def test_nothing_is_left_for_later() -> None:
    assert lines_that_match(LEFT_FOR_LATER) == []
