"""The same weights, bit for bit: rerun, from every layout of the data, and resumed from a file.
Instruction sets and threads: test_sameness.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sameness_networks import NETWORKS, data, hash_of, new, sha256, train
from swiftreg import MLP

EVERY = [(name, dtype) for name in NETWORKS for dtype in ("float32", "float64")]


@pytest.mark.parametrize(("name", "dtype"), EVERY)
def test_rerun_and_layouts(name: str, dtype: str) -> None:
    X, Y = data(name, dtype)
    epochs = min(3, NETWORKS[name][2])
    results = set()
    wide = np.zeros((len(X), 2 * X.shape[1] + 1), dtype)
    wide[:, 1::2] = X
    for x, y in ((X, Y), (X.copy(), Y), (np.asfortranarray(X), np.asfortranarray(Y)), (wide[:, 1::2], Y[::-1].copy()[::-1])):
        network = new(name, dtype)
        train(network, name, x, y, epochs)
        results.add(sha256(network.parameters, network.predict(x)))
    assert len(results) == 1


@pytest.mark.parametrize(("name", "dtype"), EVERY)
def test_resumed(name: str, dtype: str, tmp_path: Path) -> None:
    """Trained in parts, through a file and through bytes, which keep the optimizer's state."""
    X, Y = data(name, dtype)
    network = new(name, dtype)
    first = NETWORKS[name][2] // 2
    train(network, name, X, Y, first)
    network.save(tmp_path / "network")
    del network
    network = MLP.load(tmp_path / "network")
    train(network, name, X, Y, 1)
    network = MLP.from_bytes(network.to_bytes())
    train(network, name, X, Y, NETWORKS[name][2] - first - 1)
    assert sha256(
        network.parameters, network.optimizer_state, network.predict(X), *network.predict_dropout(X, 3)
    ) == hash_of(name, dtype)
