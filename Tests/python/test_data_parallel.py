"""The examples of data-parallel training, under mpirun: any number of ranks trains as one process does.

They need Open MPI (scripts/prerequisites mpi). Without it they are skipped, or fail with CI=true.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import mpi4py
import numpy as np
import pytest
from numpy.typing import NDArray

import c_examples
import swiftreg
from conftest import ROOT

pytestmark = pytest.mark.skipif(
    shutil.which("mpicc") is None and os.environ.get("CI") != "true",
    reason="Open MPI is missing: apt-get install libopenmpi-dev openmpi-bin",
)

# mpirun needs these options as root, and with more ranks than cores. A waiting rank yields its core.
MPIRUN = "mpirun --allow-run-as-root --oversubscribe --bind-to none --mca mpi_yield_when_idle 1 -n".split()
PROGRAM = ROOT / "examples" / "data_parallel.py"
EPOCHS, BATCH = 40, 250  # of 1001 examples: the last batch has one row, so that some ranks have none
# Tolerances of costs (relative) and parameters (absolute) after 200 updates from sums in another order.
# Measured: 1e-7 and 5e-7 in float, 5e-16 and 1e-15 in double.
TOLERANCES = {"float32": (2e-6, 1e-5), "float64": (1e-13, 1e-12)}


class Run(NamedTuple):
    costs: NDArray[np.float64]
    parameters: NDArray[Any]
    accuracy: float


def mpirun(ranks: int, command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MPIRUN, str(ranks), *command], capture_output=True, text=True, cwd=ROOT, timeout=300
    )


def train(ranks: int, command: list[str], folder: Path) -> Run:
    file = folder / f"{ranks}.safetensors"
    done = mpirun(ranks, [*command, "--save", str(file)])
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"ranks: {ranks}, all with the same parameters" in done.stdout
    costs = [float(x) for x in re.findall(r"^epoch \d+: cost (\S+)$", done.stdout, re.M)]
    assert len(costs) == EPOCHS
    right = re.search(r"^accuracy: (\d+)/1001$", done.stdout, re.M)
    assert right is not None
    return Run(np.array(costs), swiftreg.MLP.load(file).parameters.copy(), int(right[1]) / 1001)


@pytest.fixture(scope="module")
def example() -> ModuleType:
    """examples/data_parallel.py as a module. MPI is not started here: mpirun refuses to run below it."""
    mpi4py.rc.initialize = False
    with pytest.MonkeyPatch.context() as path:
        path.syspath_prepend(str(PROGRAM.parent))
        return importlib.import_module("data_parallel")


@pytest.fixture(scope="module")
def c_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return c_examples.build("data_parallel", tmp_path_factory.mktemp("data_parallel"))


@pytest.fixture(scope="module")
def c_runs(c_program: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Run]:
    folder = tmp_path_factory.mktemp("c")
    return {ranks: train(ranks, [str(c_program)], folder) for ranks in (1, 2, 4)}


@pytest.fixture(scope="module", params=["float32", "float64"])
def python_runs(request: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[int, Run]]:
    command = [sys.executable, "-m", "mpi4py", str(PROGRAM), "--dtype", request.param]
    folder = tmp_path_factory.mktemp("python")
    counts = (1, 2, 4) if request.param == "float64" else (1, 2)
    return request.param, {ranks: train(ranks, command, folder) for ranks in counts}


def assert_agree(runs: dict[int, Run], dtype: str) -> None:
    of_costs, of_parameters = TOLERANCES[dtype]
    for run in runs.values():
        np.testing.assert_allclose(run.costs, runs[1].costs, rtol=of_costs)
        np.testing.assert_allclose(run.parameters, runs[1].parameters, rtol=0, atol=of_parameters)
        assert run.costs[-1] < 0.5 * run.costs[0]
        assert run.accuracy > 0.85


def test_ranks_agree_in_c(c_runs: dict[int, Run]) -> None:
    assert_agree(c_runs, "float32")


def test_ranks_agree_in_python(python_runs: tuple[str, dict[int, Run]]) -> None:
    dtype, runs = python_runs
    assert_agree(runs, dtype)


def test_one_rank_in_c_is_fit(c_runs: dict[int, Run], example: ModuleType) -> None:
    """Bit for bit, with the order that fit shuffles."""
    net = example.create("float32")
    history = net.fit(*example.rings(1001, "float32"), epochs=EPOCHS, batch_size=BATCH, shuffle=True)
    assert net.parameters.tobytes() == c_runs[1].parameters.tobytes()
    np.testing.assert_allclose(c_runs[1].costs, history.cost, rtol=1e-8)  # 9 digits are printed


def test_one_rank_in_python_is_fit(python_runs: tuple[str, dict[int, Run]], example: ModuleType) -> None:
    dtype, runs = python_runs
    net = example.create(dtype)
    X, Y = example.rings(1001, dtype)
    costs = []
    for epoch in range(EPOCHS):
        order = example.order_of(epoch, len(X))
        costs += net.fit(X[order], Y[order], epochs=1, batch_size=BATCH, shuffle=False).cost.tolist()
    assert net.parameters.tobytes() == runs[1].parameters.tobytes()
    np.testing.assert_allclose(runs[1].costs, costs, rtol=1e-14)


def test_other_masks_would_be_seen(example: ModuleType) -> None:
    """If all parts draw the masks of the first rows, the results exceed the tolerances by far."""
    X, Y = example.rings(1001, "float64")
    ends = []
    for first_row in (lambda first: first, lambda first: 0):
        net = example.create("float64")
        for _ in range(20):
            total = np.zeros_like(net.gradients)
            for first in range(0, 200, 50):
                rows = slice(first, first + 50)
                net.gradient(X[rows], Y[rows], first_row=first_row(first), mean_over=200)
                total += net.gradients
            net.gradients[:] = total
            net.apply()
        ends.append(net.parameters.copy())
    assert np.abs(ends[0] - ends[1]).max() > 1e-3


def test_an_error_ends_all_ranks(c_program: Path) -> None:
    for command, text in (
        ([str(c_program), "--batch", "0"], "--batch must be"),
        ([str(c_program), "--what"], "usage"),
        ([sys.executable, "-m", "mpi4py", str(PROGRAM), "--save", "no/such/folder/x"], "no/such/folder"),
    ):
        done = mpirun(2, command)
        assert done.returncode != 0 and text in done.stderr


def test_the_document_states_these_tolerances() -> None:
    (costs, parameters), (costs64, parameters64) = TOLERANCES["float32"], TOLERANCES["float64"]
    said = " ".join((ROOT / "docs" / "scaling.md").read_text().split())
    told = re.search(r"relative (\S+) and parameters to (\S+) in float, to (\S+) and (\S+) in double", said)
    assert told is not None
    assert tuple(map(float, told.groups())) == (costs, parameters, costs64, parameters64)
