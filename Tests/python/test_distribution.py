"""The sdist, and the messages of a build with missing prerequisites. The wheel: Tests/wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import swiftreg

ROOT = Path(__file__).resolve().parents[2]


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
    # From a copy: setuptools writes into the source folder.
    copy = folder / "copy"
    ignore = shutil.ignore_patterns(".git", ".build*", ".venv*", "build", "*.so*", "*.egg-info")
    shutil.copytree(ROOT, copy, symlinks=True, ignore=ignore)
    result = backend("build_sdist", folder, copy, PATH=str(tools))
    assert result.returncode == 0, result.stderr
    with tarfile.open(folder / f"swiftreg-{swiftreg.__version__}.tar.gz") as archive:
        # extractall has no argument for it before Python 3.11.4.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder)
    return folder / f"swiftreg-{swiftreg.__version__}"


def files(folder: Path) -> dict[str, bytes]:
    """The files below the folder, through links, by path; without build outputs."""
    return {
        os.path.relpath(os.path.join(place, name), folder): Path(place, name).read_bytes()
        for place, _, names in os.walk(folder, followlinks=True)
        for name in names
        if "__pycache__" not in place and ".so" not in name
    }


def test_the_sdist_has_everything_for_a_build(source: Path) -> None:
    for name in (
        "Makefile", "Package.swift", "setup.py", "LICENSE", "bindings/python/swiftreg_build.py",
        "scripts/step", "scripts/prerequisites",
    ):
        assert (source / name).is_file(), name
    # Package.swift names the tests too, and Swift builds nothing where one of its folders is missing.
    for folder in (
        "include", "Sources", "Tests/ABITests", "bindings/python/src", "bindings/python/swiftreg",
    ):
        assert files(source / folder) == files(ROOT / folder), folder
    assert not list(source.rglob("*.so*"))


def test_missing_prerequisites_are_named(source: Path, tmp_path: Path, tools: Path) -> None:
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


def test_a_python_without_the_gil_is_refused(tmp_path: Path) -> None:
    code = """
import sys, sysconfig
sys.path.insert(0, "bindings/python")
sysconfig.get_config_var = lambda name: 1 if name == "Py_GIL_DISABLED" else None
import swiftreg_build
swiftreg_build.build_wheel(sys.argv[1])
"""
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode != 0
    assert "without the GIL" in result.stderr
    assert not list(tmp_path.iterdir())
