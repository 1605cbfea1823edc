"""The sdist, a wheel built from it, and what the build says where something is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import swiftreg

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = Path(swiftreg._core.__file__).with_name("libSwiftReg.so.0")


def backend(
    hook: str, target: Path, cwd: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Calls a hook of the build backend as a front end does."""
    code = f"""
import sys
sys.path.insert(0, "bindings/python")
import swiftreg_build
print(swiftreg_build.{hook}({str(target)!r}))
"""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=False,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PATH without Swift, make or a compiler."""
    folder = tmp_path_factory.mktemp("bin")
    for name in ("sh", "sed", "uname", "env", "objdump"):
        found = shutil.which(name)
        if found:
            (folder / name).symlink_to(found)
    return folder


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, tools: Path) -> Path:
    """The sdist, made with neither Swift nor a compiler in reach, and unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    # From a copy: setuptools writes beside what it packs.
    copy = folder / "copy"
    ignore = shutil.ignore_patterns(".git", ".build*", ".venv*", "build", "*.so*", "*.egg-info")
    shutil.copytree(ROOT, copy, symlinks=True, ignore=ignore)
    result = backend("build_sdist", folder, copy, PATH=str(tools))
    assert result.returncode == 0, result.stderr
    with tarfile.open(folder / f"swiftreg-{swiftreg.__version__}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / f"swiftreg-{swiftreg.__version__}"


def test_the_sdist_holds_what_a_build_needs(source: Path) -> None:
    for name in (
        "Makefile", "Package.swift", "LICENSE", "include/swiftreg.h", "include/module.modulemap",
        "bindings/python/src/core.h", "bindings/python/swiftreg/py.typed",
        "bindings/python/swiftreg/_core.pyi", "bindings/python/swiftreg_build.py",
        "scripts/check-prerequisites", "Sources/SwiftRegShared/exports.map",
    ):
        assert (source / name).is_file(), name
    for folder in (ROOT / "Sources").iterdir():
        wanted = {path.name for path in folder.iterdir()}
        assert {path.name for path in (source / "Sources" / folder.name).iterdir()} == wanted
    assert not list(source.rglob("*.so*"))


def test_a_wheel_from_the_sdist_stands_alone(source: Path, tmp_path: Path) -> None:
    result = backend("build_wheel", tmp_path, source, SWIFTREG_LIBRARY=str(LIBRARY))
    assert result.returncode == 0, result.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert "-cp311-abi3-linux_" in wheel.name
    assert wheel.stat().st_size < 1_000_000
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(installed)
    assert {
        "swiftreg/_core.abi3.so", "swiftreg/libSwiftReg.so.0", "swiftreg/py.typed",
        "swiftreg/_core.pyi", "swiftreg/__init__.py", "swiftreg/notebook/__init__.py",
    } <= names
    assert not any("swiftreg_build" in name or name.endswith((".c", ".h")) for name in names)
    # It finds the library beside it, not the one of this checkout.
    code = "import swiftreg; print(swiftreg.__file__); print(open('/proc/self/maps').read())"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=installed, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(installed)},
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(str(installed))
    mapped = {line.split()[-1] for line in run.stdout.splitlines() if "libSwiftReg" in line}
    assert mapped == {str(installed / "swiftreg" / "libSwiftReg.so.0")}


def test_what_is_missing_is_named(source: Path, tmp_path: Path, tools: Path) -> None:
    result = backend("build_wheel", tmp_path, source, PATH=str(tools), SWIFTREG_LIBRARY="")
    assert result.returncode != 0
    assert "Swift 6.3" in result.stderr
    assert "swift.org" in result.stderr
    assert "apt-get install gcc" in result.stderr
    assert not list(tmp_path.glob("*.whl"))


def test_a_library_that_is_not_there_is_named(source: Path, tmp_path: Path) -> None:
    result = backend("build_wheel", tmp_path, source, SWIFTREG_LIBRARY="/nowhere/lib.so")
    assert result.returncode != 0
    assert "SWIFTREG_LIBRARY names no file: /nowhere/lib.so" in result.stderr
