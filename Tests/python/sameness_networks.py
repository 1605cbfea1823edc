"""Networks whose training results are compared by hashes (test_sameness, test_mlp_sameness)."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from swiftreg import MLP

Array = NDArray[Any]

# Small, and large enough for several threads.
NETWORKS: dict[str, tuple[list[int], int, int, dict[str, Any]]] = {
    "notebook": ([2, 20, 3, 1], 211, 300, {"keep_prob": 0.86, "optimizer": "sgd", "learning_rate": 0.3}),
    "softmax": (
        [64, 128, 64, 10], 300, 6,
        {"loss": "softmax_cross_entropy", "keep_prob": [0.9, 0.5, 0.7], "l2": 0.1, "label_smoothing": 0.1},
    ),
    "elastic net": (
        [33, 47, 5], 130, 10,
        {"loss": "squared_error", "activation": "tanh", "l1": 0.01, "l2": 0.1, "optimizer": "adamw",
         "clip_norm": 0.5, "max_norm": 1.0, "schedule": "cosine"},
    ),
    "wide": (
        [784, 400, 300, 10], 256, 2,
        {"loss": "softmax_cross_entropy", "keep_prob": 0.5, "optimizer": "nesterov", "activation": "leaky_relu"},
    ),
}


def data(name: str, dtype: str) -> tuple[Array, Array]:
    widths, m, _, options = NETWORKS[name]
    rng = np.random.default_rng(len(name))
    X = rng.uniform(-1, 1, (m, widths[0])).astype(dtype)
    if options.get("loss") == "softmax_cross_entropy":
        return X, np.eye(widths[-1], dtype=dtype)[rng.integers(widths[-1], size=m)]
    return X, (rng.random((m, widths[-1])) < 0.5).astype(dtype)


def new(name: str, dtype: str) -> MLP:
    return MLP(NETWORKS[name][0], dtype=dtype, seed=11, **NETWORKS[name][3])


def train(network: MLP, name: str, X: Array, Y: Array, epochs: int) -> None:
    network.fit(X, Y, epochs=epochs, batch_size=None if name == "notebook" else 64)


def sha256(*arrays: Array) -> str:
    return hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest()


@cache
def hash_of(name: str, dtype: str) -> str:
    """Hashes of the weights after training, and of predictions."""
    network = new(name, dtype)
    X, Y = data(name, dtype)
    train(network, name, X, Y, NETWORKS[name][2])
    return sha256(network.parameters, network.optimizer_state, network.predict(X), *network.predict_dropout(X, 3))


def network_hashes() -> dict[str, str]:
    return {f"real network, {name}, {dtype}": hash_of(name, dtype) for name in NETWORKS for dtype in ("float32", "float64")}
