"""Training steps."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from group import Group
from measure import SWIFTREG, Case, Contestant
from swiftreg import notebook

from cases.notebook import data

# The loop that the demo races too.
sys.path.append(str(Path(__file__).resolve().parents[2] / "examples"))
import plain_numpy  # noqa: E402

ITERATIONS = 1000
RUNS: dict[str, dict[str, Any]] = {
    "plain": {}, "L2": {"lambd": 0.7}, "dropout": {"keep_prob": 0.86},
}


def notebook_runs(threads: int, quick: bool) -> Iterator[Case]:
    X, Y = data(np.random.default_rng(5))
    for name, options in RUNS.items():
        def ours(options: dict[str, Any] = options) -> Any:
            # There is no matplotlib here to draw the costs with, which it says.
            with contextlib.redirect_stderr(io.StringIO()):
                return notebook.model(X, Y, num_iterations=ITERATIONS, print_cost=False, **options)

        def theirs(options: dict[str, Any] = options) -> Any:
            return plain_numpy.train(X, Y, iterations=ITERATIONS, **options)

        expected = theirs()
        for key, value in ours().items():
            assert np.allclose(value, expected[key], rtol=1e-6, atol=1e-9)
        yield Case(
            f"notebook.model, {name}", ITERATIONS,
            [Contestant(SWIFTREG, ours), Contestant("NumPy loop", theirs)],
        )


GROUPS = [
    Group(
        "training", "Training steps", "us", notebook_runs,
        "Microseconds a step: 2-20-3-1 units, 211 examples, float64, full batch.",
    )
]
