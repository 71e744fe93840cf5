"""Builds the scanner in C (edi/native.c) into the wheel where a compiler is at hand.

Without one, or without Python's headers, the wheel holds Python only and says the same, more slowly.
"""

from __future__ import annotations

import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import sys_tags
from setuptools import Distribution, Extension
from setuptools.errors import BaseError, CCompilerError

SOURCE = Path("edi/native.c")
MODULE = "_native"


class NativeScanner(BuildHookInterface[Any]):
    """In a checkout that is installed editable the module is put beside its source, else into the wheel only."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        self._scratch = tempfile.TemporaryDirectory()
        source = Path(self.root) / SOURCE
        # The stable interface is that of CPython with its lock.
        if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
            return
        try:
            if version == "editable":  # whatever becomes of this build, an older one is not to be taken for it
                for old in source.parent.glob(f"{MODULE}.*"):
                    if old.suffix in (".so", ".pyd"):
                        old.unlink()
            built = _compiled(source, Path(self._scratch.name))
            if version == "editable":
                source.with_name(built.name).write_bytes(built.read_bytes())
        except (BaseError, CCompilerError, OSError) as error:
            self.app.display_warning(f"{SOURCE} was not compiled, the scanner in Python is used instead: {error}")
            return
        if version != "editable":
            build_data["force_include"][str(built)] = f"bitewing/edi/{built.name}"
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{_platform()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        self._scratch.cleanup()


def _platform() -> str:
    """The tag of this machine, as pip will look for it."""
    platforms = (tag.platform for tag in sys_tags())
    return next(one for one in platforms if "manylinux" not in one and "musllinux" not in one)


def _compiled(source: Path, folder: Path) -> Path:
    """The module, built in a folder. Raises BaseError or CCompilerError where that is not possible."""
    # Without the paths of this machine, which debuggers would be told.
    options = [] if sys.platform == "win32" else ["-g0"]
    extension = Extension(MODULE, [str(source)], py_limited_api=True, extra_compile_args=options)
    build = Distribution({"name": MODULE, "ext_modules": [extension]}).get_command_obj("build_ext")
    build.build_lib, build.build_temp = str(folder), str(folder / "objects")
    build.ensure_finalized()
    build.run()
    (built,) = map(Path, build.get_outputs())
    return built
