"""What is built holds one package with all its data, and works where nothing else is installed."""

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from bitewing.edi import native

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("edi", "transforms", "policies")
LINKS = (*FLOORS, "demo")
DATA = {".tsv", ".xml", ".xsd", ".txt", ".837", ".835"}

IMPORT_EVERYTHING = """
import importlib, pkgutil, sys, bitewing
def fail(name): raise ImportError(name)
names = [module.name for module in pkgutil.walk_packages(bitewing.__path__, "bitewing.", onerror=fail)]
for name in names:
    if not name.endswith("__main__") and not (name.startswith("bitewing.serve.") and "plain" in sys.argv):
        importlib.import_module(name)
print(*names, sep="\\n")
"""

pytestmark = pytest.mark.packaging


def run(*command: str | Path, cwd: Path, **more: str) -> str:
    """Standard output of a command; a failure shows everything it said. more: of its environment."""
    env = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
    return done.stdout.decode()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips where pip finds no package index: a build gets its back end from one, and an installation what it needs."""
    folder = tmp_path_factory.mktemp("index")
    probe = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "--retries", "1"]
    done = subprocess.run([*probe, "--dest", folder, "pluggy"], capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        pytest.skip("pip reaches no package index")


@pytest.fixture(scope="module")
def built(index: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(sdist, wheel), the wheel built from the sdist."""
    folder = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    (sdist,) = folder.glob("*.tar.gz")
    (wheel,) = folder.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def sdist_names(built: tuple[Path, Path]) -> set[str]:
    with tarfile.open(built[0]) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


@pytest.fixture(scope="module")
def wheel_names(built: tuple[Path, Path]) -> set[str]:
    with zipfile.ZipFile(built[1]) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


@pytest.fixture(scope="module")
def installed(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of a fresh environment that holds the wheel and what it asks for, nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    commands = folder / ("Scripts" if os.name == "nt" else "bin")
    run(commands / "python", "-m", "pip", "install", "--quiet", built[1], cwd=folder)
    return commands


def shipped() -> Iterator[tuple[str, str]]:
    """(path in the repository, path in the wheel) of every module and data file that users need."""
    folders = {name: f"bitewing/{name}" for name in FLOORS} | {"fixtures/demo": "bitewing/demo"}
    for folder, target in folders.items():
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in DATA | {".py"}:
                path = file.relative_to(ROOT / folder).as_posix()
                yield f"{folder}/{path}", f"{target}/{path}"
    for file in sorted((ROOT / "src/bitewing").rglob("*.*")):
        path = file.relative_to(ROOT / "src/bitewing")
        if path.parts[0] not in LINKS and file.suffix in {".py", ".typed"}:
            yield f"src/bitewing/{path.as_posix()}", f"bitewing/{path.as_posix()}"


def test_wheel_has_one_top_level_name(wheel_names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel_names}

    assert tops == {"bitewing", f"bitewing-{version('bitewing')}.dist-info"}


def test_wheel_holds_every_module_and_data_file(wheel_names: set[str]) -> None:
    expected = {target for _, target in shipped()}

    assert any(name.startswith("bitewing/edi/") and name.endswith(".tsv") for name in expected)
    assert {"bitewing/py.typed", "bitewing/cli/__init__.py"} <= expected
    assert expected - wheel_names == set()


def test_wheel_holds_the_scanner_in_c_where_there_is_a_compiler(
    built: tuple[Path, Path], wheel_names: set[str]
) -> None:
    compiled = [name for name in wheel_names if Path(name).name.startswith("_native.") and not name.endswith(".pyi")]

    assert (len(compiled), "-cp311-abi3-" in built[1].name) == ((1, True) if native.BUILT else (0, False))


def test_a_wheel_without_a_compiler_does_the_same(index: None, tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT, cwd=tmp_path, CC="false")
    (wheel,) = tmp_path.glob("*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "pure")
    (file,) = (ROOT / "fixtures" / "demo").glob("1-*.837")
    repair = ("-m", "bitewing", "repair", file, "--format", "json", "-o")
    which = "import bitewing.edi.native as n; print(n.BUILT, n.__file__)"

    said = run(sys.executable, *repair, "pure.837", cwd=tmp_path, PYTHONPATH=str(tmp_path / "pure"))

    built, place = run(sys.executable, "-c", which, cwd=tmp_path, PYTHONPATH=str(tmp_path / "pure")).split()
    assert (built, Path(place).is_relative_to(tmp_path / "pure")) == ("False", True)
    assert said == run(sys.executable, *repair, "other.837", cwd=tmp_path)
    assert (tmp_path / "pure.837").read_bytes() == (tmp_path / "other.837").read_bytes() != file.read_bytes()


def test_sdist_holds_the_sources_once(sdist_names: set[str]) -> None:
    expected = {source for source, _ in shipped()} | {"pyproject.toml", "LICENSE", "README.md", "Makefile"}
    expected |= {"edi/native.c", "hatch_build.py"}
    links = tuple(f"src/bitewing/{link}/" for link in LINKS)

    assert expected - sdist_names == set()
    assert [name for name in sdist_names if name.startswith(links)] == []


def test_installed_wheel_imports_every_module(installed: Path) -> None:
    names = run(installed / "python", "-c", IMPORT_EVERYTHING, "plain", cwd=installed).split()

    assert {"bitewing.cli", *(f"bitewing.{floor}" for floor in FLOORS)} <= set(names)


def test_the_server_comes_with_its_extra(installed: Path, built: tuple[Path, Path]) -> None:
    words = [installed / "bitewing", "serve", "--ledger", "runs", "--token-file", "none"]
    plain = subprocess.run(words, cwd=installed, capture_output=True, text=True, check=False, timeout=60)

    assert (plain.returncode, "pip install 'bitewing[serve]'" in plain.stderr) == (2, True)
    run(installed / "python", "-m", "pip", "install", "--quiet", f"{built[1]}[serve]", cwd=installed)
    assert "bitewing.serve.core.soap" in run(installed / "python", "-c", IMPORT_EVERYTHING, cwd=installed).split()
    page = "import bitewing.serve as s, pathlib; print((pathlib.Path(s.__file__).parent / 'page.html').exists())"
    assert run(installed / "python", "-c", page, cwd=installed).strip() == "True"


def test_installed_command_answers(installed: Path) -> None:
    assert version("bitewing") in run(installed / "bitewing", "--version", cwd=installed)
    assert run(installed / "bitewing", "passes", "list", cwd=installed).strip()
