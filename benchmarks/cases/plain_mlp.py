"""Training of a network with ReLU and dropout by SGD, in plain NumPy, PyTorch and JAX.

Each function gives a call that trains `steps` batches in order from where the last one ended, and the
weights as NumPy has them: [W0, b0, W1, ...], W of (n_out, n_in). The loss is softmax cross-entropy, or
with one output binary cross-entropy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peers import jax, torch

Array = NDArray[Any]
Trainer = tuple[Callable[[], object], Callable[[], list[Array]]]


def with_numpy(weights: Sequence[Array], X: Array, Y: Array, batch: int, keep_prob: float, rate: float) -> Trainer:
    p = [w.copy() for w in weights]
    layers, rng = len(p) // 2, np.random.default_rng(0)
    scale, step = np.float32(1 / keep_prob), np.float32(rate / batch)

    def train() -> None:
        for first in range(0, len(X), batch):
            a, inputs, masks = X[first : first + batch], [], []
            for l in range(layers):
                inputs.append(a)
                z = a @ p[2 * l].T
                z += p[2 * l + 1]
                if l < layers - 1:
                    a = np.maximum(z, 0, out=z)
                    if keep_prob < 1:
                        mask = (rng.random(a.shape, np.float32) < keep_prob) * scale
                        a *= mask
                        masks.append(mask)
            if z.shape[1] == 1:
                dz = 1 / (1 + np.exp(-z))
            else:
                z -= z.max(axis=1, keepdims=True)
                dz = np.exp(z, out=z)
                dz /= dz.sum(axis=1, keepdims=True)
            dz -= Y[first : first + batch]
            for l in range(layers - 1, -1, -1):
                dW, db = dz.T @ inputs[l], dz.sum(axis=0)
                if l > 0:
                    da = dz @ p[2 * l]
                    if keep_prob < 1:
                        da *= masks[l - 1]
                    da *= inputs[l] > 0
                    dz = da
                p[2 * l] -= step * dW
                p[2 * l + 1] -= step * db

    return train, lambda: p


def with_torch(weights: Sequence[Array], X: Array, Y: Array, batch: int, keep_prob: float, rate: float) -> Trainer | None:
    if torch is None:
        return None
    functional = torch.nn.functional
    p = [torch.tensor(w, requires_grad=True) for w in weights]
    x, y, layers = torch.from_numpy(X), torch.from_numpy(Y), len(p) // 2
    optimizer = torch.optim.SGD(p, lr=rate)

    def train() -> None:
        with torch.enable_grad():
            for first in range(0, len(X), batch):
                a = x[first : first + batch]
                for l in range(layers):
                    a = functional.linear(a, p[2 * l], p[2 * l + 1])
                    if l < layers - 1:
                        a = functional.relu(a)
                        if keep_prob < 1:
                            a = functional.dropout(a, 1 - keep_prob, training=True)
                if a.shape[1] == 1:
                    loss = functional.binary_cross_entropy_with_logits(a, y[first : first + batch])
                else:
                    loss = functional.cross_entropy(a, y[first : first + batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    return train, lambda: [w.detach().numpy() for w in p]


def with_jax(weights: Sequence[Array], X: Array, Y: Array, batch: int, keep_prob: float, rate: float, repeats: int = 1) -> Trainer | None:
    """All batches, `repeats` times, compiled as one loop."""
    if jax is None:
        return None
    jnp, layers, batches = jax.numpy, len(weights) // 2, len(X) // batch
    x = jnp.asarray(X).reshape(batches, batch, -1)
    y = jnp.asarray(Y).reshape(batches, batch, -1)

    def loss(p: Any, a: Any, y: Any, key: Any) -> Any:
        for l in range(layers):
            a = a @ p[2 * l].T + p[2 * l + 1]
            if l < layers - 1:
                a = jax.nn.relu(a)
                if keep_prob < 1:
                    key, use = jax.random.split(key)
                    a = jnp.where(jax.random.bernoulli(use, keep_prob, a.shape), a / keep_prob, 0)
        if a.shape[1] == 1:
            return (jnp.logaddexp(0, a) - y * a).mean()
        return -(jax.nn.log_softmax(a) * y).sum(axis=1).mean()

    @jax.jit
    def epoch(p: Any, start: Any) -> Any:
        def step(i: Any, p: Any) -> Any:
            key = jax.random.fold_in(jax.random.key(0), start + i)
            gradients = jax.grad(loss)(p, x[i % batches], y[i % batches], key)
            return [w - jnp.float32(rate) * g for w, g in zip(p, gradients, strict=True)]

        return jax.lax.fori_loop(0, repeats * batches, step, p)

    state = {"p": [jnp.asarray(w) for w in weights], "steps": 0}

    def train() -> None:
        state["p"] = jax.block_until_ready(epoch(state["p"], state["steps"]))
        state["steps"] += repeats * batches

    return train, lambda: [np.asarray(w) for w in state["p"]]
