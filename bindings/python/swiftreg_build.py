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

SWIFT = "Swift 6.3: https://www.swift.org/install/linux (or set SWIFTREG_LIBRARY to a built " + NAME + ")"
COMPILER = "a C compiler: sudo apt-get install gcc"
MAKE = "make: sudo apt-get install make"
HEADERS = "Python.h: sudo apt-get install libpython3-dev"


def _missing(ready_made: bool) -> list[str]:
    """What the build needs and this machine lacks, each with the way to get it."""
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    needs = [
        (ready_made or shutil.which("swift"), SWIFT),
        (ready_made or shutil.which("make"), MAKE),
        (shutil.which(compiler.split()[0]), COMPILER),
        ((Path(sysconfig.get_path("include")) / "Python.h").exists(), HEADERS),
    ]
    return [text for present, text in needs if not present]


def _prepare_library() -> None:
    ready_made = os.environ.get("SWIFTREG_LIBRARY")
    missing = _missing(bool(ready_made))
    if missing:
        sys.exit("swiftreg cannot be built here. Missing:\n" + "".join(f"  {m}\n" for m in missing))
    if ready_made:
        source = Path(ready_made)
        if not source.is_file():
            sys.exit(f"SWIFTREG_LIBRARY names no file: {ready_made}")
    else:
        source = BUILT
        if subprocess.run(["make", "lib"], cwd=ROOT, check=False).returncode != 0:
            sys.exit("swiftreg cannot be built: `make lib` failed (its output is above)")
    # A new file, not new bytes in the old one: a process may have that mapped.
    fresh = PLACED.with_suffix(".new")
    shutil.copyfile(source, fresh)
    fresh.chmod(0o755)
    fresh.replace(PLACED)


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
