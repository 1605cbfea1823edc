"""What `make wheel` made, installed into fresh environments: no compiler, no Swift, no checkout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from conftest import INTERPRETERS, OLDEST, ROOT, Environment, create, note

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
MEGABYTE = 1_000_000


def test_these_pythons_are_tested() -> None:
    assert OLDEST in INTERPRETERS, f"found only {INTERPRETERS}"
    note("Pythons tested: " + ", ".join("%d.%d" % version for version in INTERPRETERS))
    listed = re.findall(r"Python :: (3)\.(\d+)", "\n".join(PROJECT["classifiers"]))
    for version in listed:
        if tuple(map(int, version)) not in INTERPRETERS:
            note(f"not on this machine, so not tested: Python {'.'.join(version)}")


def contents(archive: zipfile.ZipFile) -> set[str]:
    """The files of the package; auditwheel lists folders too."""
    return {name for name in archive.namelist() if name[-1] != "/" and ".dist-info/" not in name}


def test_the_wheel_is_small_and_self_contained(wheel: Path) -> None:
    tag = re.fullmatch(
        rf"swiftreg-{PROJECT['version']}-cp311-abi3-(?:manylinux\d+_\w+\.)?manylinux_2_(\d+)_\w+\.whl", wheel.name
    )
    assert tag is not None, wheel.name
    # NumPy's newest wheels need 2.28.
    assert int(tag[1]) <= 28, wheel.name
    size = wheel.stat().st_size
    note(f"{wheel.name}: {size} bytes")
    assert size < MEGABYTE
    with zipfile.ZipFile(wheel) as archive:
        names = contents(archive)
    # One library, beside the extension: not a second, grafted one.
    binaries = {"swiftreg/_core.abi3.so", "swiftreg/libSwiftReg.so.0"}
    assert {name for name in names if re.search(r"\.so\b", name)} == binaries
    package = ROOT / "bindings" / "python" / "swiftreg"
    sources = {
        f"swiftreg/{file.relative_to(package)}"
        for pattern in ("*.py", "*.pyi", "py.typed") for file in package.rglob(pattern)
    }
    # Where it could be built (make playground).
    page = {"swiftreg/playground.html"} if (ROOT / "build" / "playground.html").is_file() else set()
    assert names == sources | binaries | page


def test_it_works_with_numpy_alone(bare: Environment) -> None:
    report = bare.output("-W", "error", "-m", "swiftreg")
    assert f"swiftreg  {PROJECT['version']}\n" in report
    assert report.endswith("self-test: ok\n")
    distributions = {path.name.split("-")[0] for path in bare.packages.glob("*.dist-info")}
    assert distributions == {"numpy", "swiftreg"}


def test_it_uses_the_library_inside_it(bare: Environment) -> None:
    maps = bare.output("-c", "import swiftreg; print(open('/proc/self/maps').read())")
    mapped = {line.split()[-1] for line in maps.splitlines() if "SwiftReg" in line or "_core." in line}
    package = bare.packages.resolve() / "swiftreg"
    assert mapped == {str(package / "_core.abi3.so"), str(package / "libSwiftReg.so.0")}
    # What it needs is libc and libm; no Swift runtime came with anything.
    assert "libswift" not in maps


def test_installed_it_is_small(bare: Environment) -> None:
    # As pip does, which was told not to.
    bare.output("-m", "compileall", "-q", str(bare.packages / "swiftreg"))
    files = [file for file in bare.packages.glob("swiftreg*/**/*") if file.is_file()]
    assert any(file.suffix == ".pyc" for file in files)
    size = sum(file.stat().st_size for file in files)
    note(f"installed beyond NumPy, {bare.packages.parent.name}: {size} bytes in {len(files)} files")
    assert size < 3 * MEGABYTE


IMPORT_ALL = """
import importlib, pkgutil
import swiftreg
for module in pkgutil.walk_packages(swiftreg.__path__, "swiftreg."):
    if any(part.startswith("_") for part in module.name.split(".")):
        continue
    try:
        importlib.import_module(module.name)
    except ImportError as error:
        print(module.name, "|", error)
    else:
        print(module.name, "|")
"""

CALLS = {
    "plot": "notebook.plot_decision_boundary(lambda x: x[:, 0] > 0, [[0, 1], [1, 0]], [0, 1])",
    "notebook": "open('x.mat', 'w').write('MATLAB 5.0 MAT-file'); notebook.load_2D_dataset('x.mat')",
    "sklearn": "import swiftreg; swiftreg.MLPClassifier",
    "onnx": "import swiftreg; swiftreg.MLP([1, 1]).to_onnx()",
    "torch": "import swiftreg; swiftreg.MLP([1, 1]).to_torch()",
    "keras": "import swiftreg; swiftreg.MLP([1, 1]).to_keras()",
}


def named_extra(message: str) -> str:
    """Of a package that is missing, which the extra must have; the command installs just that."""
    named = re.search(
        r'needs ([\w-]+), which is not installed: pip install \1  \(the extra "(\w+)" of swiftreg\)$', message
    )
    assert named is not None, message
    assert any(re.match(rf"{named[1]}\b", requirement) for requirement in EXTRAS[named[2]]), message
    return named[2]


def test_what_needs_an_extra_names_it(bare: Environment) -> None:
    for line in bare.output("-c", IMPORT_ALL).splitlines():
        message = line.split(" | ")[1] if " | " in line else ""
        if message:
            assert named_extra(message) in EXTRAS, line
    for extra, call in CALLS.items():
        run = bare.run("-c", f"from swiftreg import notebook\n{call}")
        assert run.returncode == 1
        error = run.stderr.splitlines()[-1]
        assert error.startswith("ImportError: ") and named_extra(error) == extra


def test_the_oldest_numpy_that_it_admits(wheel: Path, tmp_path: Path) -> None:
    (requirement,) = PROJECT["dependencies"]
    oldest = requirement.removeprefix("numpy>=")
    environment = create(INTERPRETERS[OLDEST], tmp_path)
    environment.install(str(wheel), f"numpy=={oldest}.*")
    report = environment.output("-m", "swiftreg")
    assert f"NumPy     {oldest}." in report
    assert report.endswith("self-test: ok\n")


def test_with_the_extras(full: Environment) -> None:
    lines = full.output("-c", IMPORT_ALL).splitlines()
    assert lines and all(line.endswith("|") for line in lines), lines
    code = """
import numpy as np, scipy.io
from swiftreg import notebook
X, y = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0], [1], [1]])
scipy.io.savemat("x.mat", {"X": X, "y": y, "Xval": X, "yval": y})
data = notebook.load_2D_dataset("x.mat")
assert np.array_equal(data[0], X.T) and np.array_equal(data[3], y.T)
notebook.plot_decision_boundary(lambda x: x[:, 0] > 0, data[0], data[1])
import swiftreg
model = swiftreg.MLPClassifier(5, tol=1.0).fit(X, y.ravel())
swiftreg.plot.decision_boundary(model, X, y.ravel())
import distributed, ipykernel, mpi4py, nbclient, nbformat, sklearn, tqdm
"""
    assert full.output("-c", code) == "Data: x.mat\n"


USER_PROGRAM = """
import numpy as np
import swiftreg
from swiftreg import notebook

dropped = swiftreg.dropout(np.ones((2, 3)), 0.5, seed=1)
total: float = float(dropped.sum())
mask = swiftreg.dropout_mask((2, 3), 0.5, seed=1)
isa: str = swiftreg.build_info()["isa"]
train_X, train_Y, test_X, test_Y = notebook.load_2D_dataset()
parameters = notebook.model(train_X, train_Y, keep_prob=0.9, num_iterations=10)
notebook.predict(test_X, test_Y, parameters)
model = swiftreg.MLPClassifier(20, keep_prob=[1.0, 0.8], alpha=0.1, random_state=0)
model.fit(train_X.T, train_Y.ravel())
score: float = model.score(test_X.T, test_Y.ravel())
swiftreg.plot.loss_curve(model)
"""


def checker(*arguments: str, folder: Path, path: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": path or os.environ["PATH"]},
    )


def test_a_users_program_is_strictly_typed(full: Environment, tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text(USER_PROGRAM)
    (tmp_path / "wrong.py").write_text(
        "import swiftreg\nswiftreg.dropout([1.0], 'x', seed=1)\nswiftreg.build_info()['isaa']\n"
    )
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    mypy = ("mypy", "--strict", "--cache-dir=/dev/null", "--python-executable", str(full.python))
    pyright = ("basedpyright", "--pythonpath", str(full.python))
    for tool in (mypy, pyright):
        run = checker(*tool, "right.py", "wrong.py", folder=tmp_path)
        errors = set(re.findall(r"(\w+\.py):(\d+):.*\berror\b", run.stdout))
        assert errors == {("wrong.py", "2"), ("wrong.py", "3")}, run.stdout + run.stderr


def test_every_public_type_is_known(full: Environment, tmp_path: Path) -> None:
    # Of this check, --pythonpath says nothing: it takes the Python that comes first.
    run = checker(
        "basedpyright", "--ignoreexternal", "--verifytypes", "swiftreg",
        folder=tmp_path, path=str(full.python.parent),
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Type completeness score: 100%" in run.stdout, run.stdout


def test_swift_builds_the_sdist(
    swift_build: tuple[subprocess.Popen[str], Path], wheel: Path, tmp_path: Path
) -> None:
    process, folder = swift_build
    assert process.wait() == 0, (folder / "log").read_text()
    (built,) = folder.glob("*.whl")
    assert "-cp311-abi3-linux_" in built.name
    with zipfile.ZipFile(built) as own, zipfile.ZipFile(wheel) as repaired:
        assert contents(own) == contents(repaired)
    environment = create(INTERPRETERS[OLDEST], tmp_path)
    environment.install(str(built))
    assert environment.output("-m", "swiftreg").endswith("self-test: ok\n")
