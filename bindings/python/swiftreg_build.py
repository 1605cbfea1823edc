"""The build backend of swiftreg (PEP 517): setuptools, after the Swift library has been built.

A wheel or an editable install needs libSwiftReg.so.0. It comes from `make lib`, or ready-made from
the file that the environment variable SWIFTREG_LIBRARY names, and is put beside the extension,
which finds it there by its rpath. An sdist needs none of this.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import (
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

ROOT = Path(__file__).resolve().parents[2]
NAME = "libSwiftReg.so.0"
BUILT = ROOT / "build" / "lib" / NAME
PLACED = ROOT / "bindings" / "python" / "swiftreg" / NAME
PAGE = PLACED.with_name("playground.html")

CHECK = ROOT / "scripts" / "prerequisites"


def _check(*needs: str) -> None:
    """Ends the build, naming what is missing and the command that installs it."""
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        sys.exit("swiftreg cannot be built for a Python without the GIL: use one that has it")
    # pip installs no system packages.
    environment = {**os.environ, "PYTHON": sys.executable, "SWIFTREG_INSTALL": "0"}
    if subprocess.run(["sh", CHECK, *needs], env=environment, check=False).returncode != 0:
        sys.exit("swiftreg cannot be built here: see what is missing above")


def _library() -> Path:
    """The library to ship, built if need be."""
    ready_made = os.environ.get("SWIFTREG_LIBRARY")
    if ready_made:
        _check("cc", "python-headers")
        if not Path(ready_made).is_file():
            sys.exit(f"SWIFTREG_LIBRARY names no file: {ready_made}")
        return Path(ready_made)
    _check("swift", "cc", "python-headers")
    if shutil.which("make") is None:
        sys.exit("swiftreg cannot be built here: it needs make (sudo apt-get install make)")
    environment = {**os.environ, "SWIFTREG_INSTALL": "0"}
    if subprocess.run(["make", "lib"], cwd=ROOT, env=environment, check=False).returncode != 0:
        sys.exit("swiftreg cannot be built: `make lib` failed (its output is above)")
    return BUILT


def _place(source: Path, target: Path, mode: int) -> None:
    # A new file, not new bytes in the old one: a process may have that mapped.
    fresh = target.with_suffix(".new")
    shutil.copyfile(source, fresh)
    fresh.chmod(mode)
    fresh.replace(target)


def _prepare_library() -> None:
    _place(_library(), PLACED, 0o755)
    # The page of swiftreg.playground, where `make playground` has built it.
    page = Path(os.environ.get("SWIFTREG_PLAYGROUND") or ROOT / "build" / PAGE.name)
    if page.is_file():
        _place(page, PAGE, 0o644)


def build_wheel(
    wheel_directory: str,
    config_settings: dict[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    _prepare_library()
    return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(
    wheel_directory: str,
    config_settings: dict[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    _prepare_library()
    return build_meta.build_editable(wheel_directory, config_settings, metadata_directory)
