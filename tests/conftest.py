"""Hypothesis profiles, and what several test files share.

Profiles: `quick`, the same few examples in every run; `fuzz`, many and new ones for `make fuzz`.
"""

import importlib
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

from bitewing.cli import main

settings.register_profile("quick", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("fuzz", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quick")

ROOT = Path(__file__).resolve().parents[1]
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def tool(folder: str, name: str) -> ModuleType:
    """A module outside every package: these share nothing with the product, so that they can catch its faults."""
    sys.path.insert(0, str(ROOT / folder))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT / folder))


@pytest.fixture(scope="session")
def generator() -> ModuleType:
    """`fixtures/generate.py`: writes invented interchanges."""
    return tool("fixtures", "generate")


@pytest.fixture(scope="session")
def naive() -> ModuleType:
    """`tests/naive_reader.py`: reads claims slowly and plainly."""
    return tool("tests", "naive_reader")


@pytest.fixture(scope="session")
def naive_remits() -> ModuleType:
    """`tests/naive_remits.py`: reads remittances slowly and plainly."""
    return tool("tests", "naive_remits")


@pytest.fixture(scope="session")
def mutations() -> ModuleType:
    """`tests/mutations.py`: spoils a transaction, one change at a time."""
    return tool("tests", "mutations")


@pytest.fixture(scope="session")
def remittances() -> ModuleType:
    """`tests/remittances.py`: writes a small 835 from plain descriptions."""
    return tool("tests", "remittances")


class Said(NamedTuple):
    """How a command ended: its exit code, its standard output as bytes, its standard error as text."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.out.decode()


@pytest.fixture
def bitewing_command(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., Said]:
    """Runs `bitewing ARGUMENT...` here, through the door that the installed command takes, and says how it ended."""

    def run(*arguments: object, stdin: bytes = b"") -> Said:
        monkeypatch.setattr(sys, "argv", ["bitewing", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsysbinary.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsysbinary.readouterr()
        return Said(int(ended.value.code or 0), out, err.decode())

    return run


@pytest.fixture(scope="session")
def demo() -> Path:
    """`fixtures/demo`: an interchange that can be repaired, one that is right, one more to repair, one for a person."""
    return ROOT / "fixtures" / "demo"


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory, where there is such a thing: hundreds of files would only wait for a disk."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as found:
        yield Path(found)
