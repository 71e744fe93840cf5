"""Hypothesis profiles, and what several test files share.

Profiles: `quick`, the same few examples in every run; `fuzz`, many and new ones for `make fuzz`.
"""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("quick", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("fuzz", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quick")

ROOT = Path(__file__).resolve().parents[1]


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
