"""The package as such: import, version, build info, environment, types."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import inspect
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import swiftreg
from swiftreg import notebook


def python(code: str, *flags: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *flags, "-c", code], capture_output=True, text=True, check=False,
        env={**os.environ, **environment},
    )


def test_import_is_clean_and_light() -> None:
    code = """
import sys
import swiftreg, swiftreg.notebook
heavy = {"matplotlib", "scipy", "sklearn", "tqdm", "numpy.testing", "ctypes"} & set(sys.modules)
import numpy
print(sorted(heavy - {"ctypes"}))
"""
    result = python(code, "-W", "error")
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"
    assert result.stderr == ""


def test_import_costs_little_beyond_numpy() -> None:
    code = """
import numpy, time
start = time.perf_counter()
import swiftreg
print(time.perf_counter() - start)
"""
    assert min(float(python(code).stdout) for _ in range(5)) < 0.030


def test_version_is_one() -> None:
    assert swiftreg.__version__ == importlib.metadata.version("swiftreg")
    assert swiftreg.build_info()["version"] == swiftreg.__version__


def test_build_info() -> None:
    info = swiftreg.build_info()
    assert set(info) == set(swiftreg.BuildInfo.__annotations__)
    assert info["isa"] in ("baseline", "avx2", "avx512", "neon")
    assert info["runtime"] in ("embedded", "swift")
    assert type(info["fused"]) is bool
    assert info["num_threads"] == swiftreg.get_num_threads() >= 1


@pytest.mark.parametrize("isa", ["baseline", "avx2", "avx512", "neon", "sse9", ""])
def test_an_isa_runs_or_import_has_the_reason(isa: str) -> None:
    code = "import swiftreg; print(swiftreg.build_info()['isa'], swiftreg.dropout([1.0], 1, seed=0))"
    result = python(code, SWIFTREG_ISA=isa)
    if result.returncode == 0:
        assert isa != "sse9"
        assert result.stdout.split() == [isa or swiftreg.build_info()["isa"], "[1.]"]
    else:
        assert "ImportError" in result.stderr.splitlines()[-1]
        assert f"SWIFTREG_ISA={isa}" in result.stderr
    if isa == "sse9":
        assert result.returncode != 0


def test_threads_come_from_the_environment() -> None:
    code = "import swiftreg; print(swiftreg.get_num_threads())"
    assert python(code, SWIFTREG_NUM_THREADS="3", OMP_NUM_THREADS="2").stdout.strip() == "3"
    assert python(code, SWIFTREG_NUM_THREADS="", OMP_NUM_THREADS="2").stdout.strip() == "2"


def test_the_extension_uses_the_stable_abi() -> None:
    file = Path(swiftreg._core.__file__)
    assert file.name == "_core.abi3.so"
    assert (file.parent / "libSwiftReg.so.0").is_file()


@pytest.mark.parametrize("module", [swiftreg, notebook])
def test_everything_public_is_documented_and_annotated(module: object) -> None:
    for name in module.__all__:  # type: ignore[attr-defined]
        thing = getattr(module, name)
        if name == "__version__":
            continue
        assert inspect.getdoc(thing), name
        if inspect.isfunction(thing):
            signature = inspect.signature(thing)
            assert signature.return_annotation is not inspect.Signature.empty, name
            for parameter in signature.parameters.values():
                assert parameter.annotation is not inspect.Parameter.empty, (name, parameter)


def test_the_stub_describes_the_extension() -> None:
    stub = ast.parse(Path(swiftreg._core.__file__).with_name("_core.pyi").read_text())
    described: dict[str, int | None] = {}
    for node in stub.body:
        if isinstance(node, ast.FunctionDef):
            described[node.name] = len(node.args.posonlyargs)
        elif isinstance(node, ast.ClassDef):
            described[node.name] = None
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            described[node.target.id] = None
    assert set(described) == {name for name in dir(swiftreg._core) if not name.startswith("_")}
    for name, count in described.items():
        if count is not None:
            with pytest.raises(TypeError, match=f"{name} takes {count} arguments, got 20"):
                getattr(swiftreg._core, name)(*range(20))


def test_the_module_runs_its_self_test() -> None:
    result = subprocess.run(
        [sys.executable, "-W", "error", "-m", "swiftreg"], capture_output=True, text=True, check=False,
        env={**os.environ, "SWIFTREG_NUM_THREADS": "3"},
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == ""
    facts = dict(line.split(maxsplit=1) for line in result.stdout.splitlines()[:5])
    assert facts == {
        "swiftreg": swiftreg.__version__,
        "ISA": facts["ISA"],
        "threads": "3",
        "NumPy": np.__version__,
        "Python": platform.python_version(),
    }
    assert facts["ISA"].split()[0] == swiftreg.build_info()["isa"]
    checks = [line for line in result.stdout.splitlines() if line.startswith("  ")]
    assert len(checks) == 7 and all(line.endswith(" ok") for line in checks)
    assert result.stdout.endswith("\nself-test: ok\n")


def _flip(array: Any, index: int) -> Any:
    """The array with the lowest bit of one element flipped."""
    array.reshape(-1).view(f"u{array.itemsize}")[index] ^= 1
    return array


@pytest.mark.parametrize(
    ("function", "spoil", "failing"),
    [
        ("philox", lambda words: _flip(words, 3), ["Philox4x32-10"]),
        ("dropout_mask", lambda mask: _flip(mask, 700), ["dropout mask"]),
        ("forward_dropout", lambda a: _flip(a, 0), ["dropout"]),
        ("backward_dropout", lambda da: _flip(da, 0), ["dropout backward"]),
        ("backward_dropout", lambda da: da.astype(np.float64), ["dropout backward"]),
        ("forward_dense", lambda pair: (pair[0] + 1e-3, pair[1]), ["dense layer"]),
        ("forward_dense", lambda pair: (pair[0], -pair[1]), ["dense layer"]),
    ],
)
def test_the_self_test_can_fail(
    function: str, spoil: Callable[[Any], Any], failing: list[str],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    right = getattr(swiftreg._core, function)
    monkeypatch.setattr(swiftreg._core, function, lambda *arguments: spoil(right(*arguments)))
    threads = swiftreg.get_num_threads()
    assert importlib.import_module("swiftreg.__main__").main() == 1
    assert swiftreg.get_num_threads() == threads
    output = capsys.readouterr().out
    failed = [line for line in output.splitlines() if "FAILED: " in line]
    assert [line.split("FAILED: ")[0].split(",")[0].strip() for line in failed] == failing
    assert output.endswith("\nself-test: 1 of 7 checks FAILED\n")


def test_the_self_test_sees_bits_that_change_with_the_threads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    right = swiftreg._core.forward_dense

    def by_threads(*arguments: Any) -> Any:
        Z, A = right(*arguments)
        return (_flip(Z, 0) if swiftreg.get_num_threads() == 3 else Z), A

    monkeypatch.setattr(swiftreg._core, "forward_dense", by_threads)
    threads = swiftreg.get_num_threads()
    swiftreg.set_num_threads(2)
    try:
        assert importlib.import_module("swiftreg.__main__").main() == 1
    finally:
        swiftreg.set_num_threads(threads)
    assert "FAILED: 1, 2 and 3 threads give different bits" in capsys.readouterr().out


def test_the_self_test_sees_training_that_changes_with_the_threads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    right = swiftreg.MLP.fit

    def by_threads(network: swiftreg.MLP, *arguments: Any, **options: Any) -> Any:
        history = right(network, *arguments, **options)
        if swiftreg.get_num_threads() == 2:
            _flip(network.parameters, 5)
        return history

    monkeypatch.setattr(swiftreg.MLP, "fit", by_threads)
    assert importlib.import_module("swiftreg.__main__").main() == 1
    output = capsys.readouterr().out
    assert "FAILED: 1 and 2 threads train different weights" in output
    assert output.endswith("\nself-test: 1 of 7 checks FAILED\n")


def test_types_are_strict() -> None:
    root = Path(__file__).resolve().parents[2]
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", os.devnull, "--config-file", "pyproject.toml"],
        cwd=root, capture_output=True, text=True, check=False,
    )
    assert result.returncode == 0, result.stdout
