"""Training steps."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import swiftreg
from cases import plain_mlp
from cases.notebook import data
from group import Group
from measure import SWIFTREG, Case, Contestant
from swiftreg import MLP, notebook

# The loop that the demo times, too.
sys.path.append(str(Path(__file__).resolve().parents[2] / "examples"))
import plain_numpy

ITERATIONS = 1000
RUNS: dict[str, dict[str, Any]] = {
    "plain": {}, "L2": {"lambd": 0.7}, "dropout": {"keep_prob": 0.86},
}


def notebook_runs(threads: int, quick: bool) -> Iterator[Case]:
    X, Y = data(np.random.default_rng(5))
    for name, options in RUNS.items():
        def ours(options: dict[str, Any] = options) -> Any:
            # Without matplotlib, model prints that it cannot plot the costs.
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


RATE = 1e-3


def _network(
    widths: tuple[int, ...], m: int, batch: int, keep_prob: float, threads: int, repeats: int = 1
) -> list[Contestant]:
    """A call is `repeats` passes over m examples, in batches. Without dropout all must agree."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(m, widths[0])).astype(np.float32)
    if widths[-1] == 1:
        Y, loss = (X.sum(axis=1, keepdims=True) > 0).astype(np.float32), "binary_cross_entropy"
    else:
        Y, loss = np.eye(widths[-1], dtype=np.float32)[rng.integers(widths[-1], size=m)], "softmax_cross_entropy"

    def contestants(keep_prob: float) -> dict[str, plain_mlp.Trainer]:
        ours = MLP(widths, loss=loss, keep_prob=keep_prob, optimizer="sgd", learning_rate=RATE)
        weights = [p.copy() for layer in ours.weights for p in layer]
        given = (weights, X, Y, batch, keep_prob, RATE)
        entries: dict[str, plain_mlp.Trainer | None] = {
            SWIFTREG: (
                lambda: ours.fit(X, Y, epochs=repeats, batch_size=batch, shuffle=False),
                lambda: [p for layer in ours.weights for p in layer],
            ),
            "PyTorch": plain_mlp.with_torch(*given) if repeats == 1 else None,
            "JAX, compiled whole": plain_mlp.with_jax(*given, repeats),
            "NumPy": plain_mlp.with_numpy(*given) if repeats == 1 else None,
        }
        return {name: entry for name, entry in entries.items() if entry is not None}

    for train, _ in (trained := contestants(1)).values():
        train()
    expected = trained[SWIFTREG][1]()
    for name, (_, weights) in trained.items():
        for a, b in zip(weights(), expected, strict=True):
            assert np.allclose(a, b, rtol=1e-3, atol=1e-4), name

    def use(n: int) -> None:
        swiftreg.set_num_threads(n)

    result = []
    for name, (train, _) in contestants(keep_prob).items():
        result.append(Contestant(name, train, before=(lambda: use(threads)) if name == SWIFTREG else None))
        if name == SWIFTREG and threads > 1:
            result.append(Contestant("swiftreg, 1 thread", train, before=lambda: use(1)))
    return result


def networks(threads: int, quick: bool) -> Iterator[Case]:
    steps = 200 if quick else 1000
    for keep_prob, name in ((1, "no dropout"), (0.86, "fresh masks")):
        yield Case(
            f"2-20-3-1, batch 211, {name}", steps, _network((2, 20, 3, 1), 211, 211, keep_prob, threads, steps)
        )
    for keep_prob in (1, 0.5):
        yield Case(
            f"64-128-64-10, batch 64, keep_prob {keep_prob}", 8,
            _network((64, 128, 64, 10), 512, 64, keep_prob, threads),
        )
        yield Case(
            f"784-800-800-10, batch 128, keep_prob {keep_prob}", 4,
            _network((784, 800, 800, 10), 512, 128, keep_prob, threads),
        )


GROUPS = [
    Group(
        "training", "Training steps", "us", notebook_runs,
        "Microseconds a step: 2-20-3-1 units, 211 examples, float64, full batch.",
    ),
    Group(
        "networks", "Training steps of whole networks", "us", networks,
        "Microseconds a step of SGD, float32, ReLU, through `swiftreg.MLP`. JAX has its whole loop "
        "compiled; PyTorch and NumPy are called step by step.",
    ),
]
