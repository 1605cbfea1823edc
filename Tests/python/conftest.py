"""Fixtures shared by the tests of the Python package."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray

matplotlib.use("Agg")
# A shell that runs `make test` in the background has it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run, and no deadline, because the machine may be shared.
settings.register_profile("swiftreg", deadline=None, derandomize=True, max_examples=60)
# `make fuzz`: many examples, new in every run.
settings.register_profile("fuzz", deadline=None, max_examples=300, database=None,
                          suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("SWIFTREG_HYPOTHESIS", "swiftreg"))

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = Path(__file__).resolve().parent / "fixtures"
DATA_PLACES = (ROOT / "datasets" / "data.mat", ROOT.parent / "shared" / "data" / "data.mat")


@pytest.fixture(scope="session")
def data_file() -> Path:
    """The notebook's data.mat, which is not part of the project."""
    for place in DATA_PLACES:
        if place.is_file():
            return place
    pytest.skip(f"the notebook's data.mat is missing: looked for {DATA_PLACES[0]} and {DATA_PLACES[1]}")


@pytest.fixture(scope="session")
def notebook_data(data_file: Path) -> tuple[NDArray[Any], ...]:
    """train_X, train_Y, test_X, test_Y."""
    from scipy.io import loadmat

    data = loadmat(data_file)
    return tuple(data[key].T for key in ("X", "y", "Xval", "yval"))


@pytest.fixture(scope="session")
def notebook_cases() -> dict[str, Any]:
    """Single calls of the notebook's functions, with the results of the original."""
    cases: dict[str, Any] = json.loads((FIXTURES / "notebook_cases.json").read_text())
    return cases


@pytest.fixture(scope="session")
def notebook_runs() -> dict[str, Any]:
    """Results of the original's three models after 30000 iterations."""
    runs: dict[str, Any] = json.loads((FIXTURES / "notebook_runs.json").read_text())["runs"]
    return runs


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240229)
