"""Fresh environments for the artifacts of `make wheel`, and notes that the run ends with."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "build" / "dist"
OLDEST = (3, 11)

NOTES: list[str] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.ensure_newline()
    for text in NOTES:
        terminalreporter.write_line(f"note: {text}")


def note(text: str) -> None:
    NOTES.append(text)


def _version(python: Path) -> tuple[int, int] | None:
    code = "import sys, ensurepip, venv; print(sys.implementation.name, *sys.version_info[:2])"
    run = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    if run.returncode != 0 or not run.stdout.startswith("cpython "):
        return None
    major, minor = map(int, run.stdout.split()[1:])
    return major, minor


def interpreters() -> dict[tuple[int, int], Path]:
    """One CPython of each version from 3.11 on that this machine has: on PATH or pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [Path(sys.base_exec_prefix) / "bin", *pyenv.glob("versions/*/bin")]
    folders += [Path(folder) for folder in os.get_exec_path()]
    found: dict[tuple[int, int], Path] = {}
    for folder in folders:
        # A shim of pyenv stands for versions that may not be chosen.
        if folder == pyenv / "shims" or not folder.is_dir():
            continue
        for python in sorted(folder.iterdir()):
            named = re.fullmatch(r"python3\.(\d+)", python.name)
            if named and (3, int(named[1])) >= OLDEST and (3, int(named[1])) not in found:
                version = _version(python)
                if version == (3, int(named[1])):
                    found[version] = python
    return dict(sorted(found.items()))


INTERPRETERS = interpreters()


@dataclass
class Environment:
    """A virtual environment in which nothing of this machine is in reach but itself."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def variables(self) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "SWIFTREG_", "LD_")) and name not in ("CC", "CXX")
        }
        # No compiler, no Swift, no make.
        return {**kept, "PATH": str(self.folder / "bin"), "MPLBACKEND": "Agg"}

    def install(self, *what: str) -> None:
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "install", "-q",
               "--disable-pip-version-check", "--no-compile"]  # fmt: skip
        run = subprocess.run(
            [*pip, *what], capture_output=True, text=True, check=False, cwd=self.folder,
            env=self.variables(),
        )
        assert run.returncode == 0, run.stdout + run.stderr

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, *arguments], capture_output=True, text=True, check=False, cwd=self.folder,
            env=self.variables(),
        )

    def output(self, *arguments: str) -> str:
        """What a run that must succeed and say nothing else prints."""
        run = self.run(*arguments)
        assert run.returncode == 0, run.stdout + run.stderr
        assert run.stderr == ""
        return run.stdout

    @property
    def packages(self) -> Path:
        (folder,) = self.folder.glob("lib/python3.*/site-packages")
        return folder


def create(python: Path, folder: Path) -> Environment:
    # Whatever pip does is done from outside (pip --python), so it need not be copied in.
    subprocess.run(
        [python, "-m", "venv", "--without-pip", folder], check=True, capture_output=True,
    )
    return Environment(folder)


def _one(pattern: str) -> Path:
    found = list(DIST.glob(pattern))
    assert len(found) == 1, f"{DIST} must hold one {pattern} (make wheel), it holds {found}"
    return found[0]


@pytest.fixture(scope="session")
def wheel() -> Path:
    """That of this machine."""
    return _one(f"*manylinux*_{platform.machine()}.whl")


@pytest.fixture(scope="session")
def sdist() -> Path:
    return _one("*.tar.gz")


@pytest.fixture(scope="session", autouse=True)
def swift_build(
    sdist: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A wheel from the sdist as a user gets it who has Swift and a compiler: nothing ready-made is
    given. It begins before all else and goes on beside it, since it is what takes longest."""
    folder = tmp_path_factory.mktemp("swift")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--disable-pip-version-check",
             "-w", str(folder), str(sdist)]  # fmt: skip
    variables = {name: value for name, value in os.environ.items() if name != "SWIFTREG_LIBRARY"}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(build, stdout=log, stderr=log, text=True, env=variables)
    yield process, folder
    if process.poll() is None:
        process.terminate()
        process.wait()


@pytest.fixture(scope="session", params=INTERPRETERS, ids=lambda version: "%d.%d" % version)
def bare(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Environment]:
    """The wheel and NumPy, nothing else: one environment for each Python."""
    environment = create(INTERPRETERS[request.param], tmp_path_factory.mktemp("bare"))
    environment.install(str(wheel))
    yield environment
    shutil.rmtree(environment.folder)


@pytest.fixture(scope="session")
def full(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """The wheel with every extra, on the newest Python there is."""
    environment = create(list(INTERPRETERS.values())[-1], tmp_path_factory.mktemp("full"))
    environment.install(f"swiftreg[all] @ {wheel.as_uri()}")
    yield environment
    shutil.rmtree(environment.folder)
