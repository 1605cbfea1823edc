"""The training that the tests of this folder run here and in a peer: a network with two hidden
layers, float64, in batches."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

import swiftreg
from swiftreg import MLP, CarryOverWarning, carry_over

Array = NDArray[Any]

WIDTHS, EXAMPLES, BATCH, STEPS = (7, 16, 9, 3), 40, 10, 100
OUTPUTS = WIDTHS[-1]
HIDDEN = ("tanh", "relu")
LOSSES = ("binary_cross_entropy", "softmax_cross_entropy", "squared_error")


def network(loss: str, **settings: Any) -> MLP:
    """With biases that are not 0, so that it shows what is done to them."""
    made = MLP(
        WIDTHS, loss=loss, dtype="float64",
        **{"activation": HIDDEN, "seed": 5, "learning_rate": 0.01, **settings},
    )
    rng = np.random.default_rng(7)
    for _, b in made.weights:
        b[:] = rng.normal(size=b.shape) / 3
    return made


def carried(name: str, **there: Any) -> dict[str, Any]:
    """The settings of `carry_over`, without its caveats: the tests train with what these require."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CarryOverWarning)
        return carry_over(name, **there)


def data(loss: str) -> tuple[Array, Array]:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(EXAMPLES, WIDTHS[0]))
    if loss == "softmax_cross_entropy":
        return X, np.eye(OUTPUTS)[rng.integers(OUTPUTS, size=EXAMPLES)]
    if loss == "squared_error":
        return X, rng.normal(size=(EXAMPLES, OUTPUTS))
    return X, (rng.random((EXAMPLES, OUTPUTS)) < 0.5).astype(float)


def drawn_masks(made: MLP, step: int) -> list[Array | None]:
    """What a layer's values are multiplied with at a step, by the contract of the header: row r of a
    batch of layer l begins at element r 2^34 of stream step 2^16 + l."""

    def rows(width: int, keep_prob: float, stream: int) -> Array:
        drawn = [
            swiftreg.dropout_mask(width, keep_prob, seed=made.seed, stream=stream, offset=r * 2**34)
            for r in range(BATCH)
        ]
        return np.array(drawn) / keep_prob

    return [
        None if keep_prob == 1 else rows(width, keep_prob, step * 2**16 + l)
        for l, (width, keep_prob) in enumerate(zip(WIDTHS, made.keep_prob))
    ]


def rows_of(step: int, batch: int) -> slice:
    """The examples of a step."""
    first = step * batch % EXAMPLES
    return slice(first, first + batch)


def epochs_of(batch: int) -> int:
    """How many make STEPS steps."""
    return STEPS * batch // EXAMPLES


def fit(made: MLP, batch: int = BATCH, **options: Any) -> Array:
    """The costs of the epochs."""
    X, Y = data(made.loss)
    costs: Array = made.fit(
        X, Y, epochs=epochs_of(batch), batch_size=batch, shuffle=False, **options
    ).cost
    return costs


def difference(made: MLP, theirs: list[tuple[Array, Array]]) -> float:
    """The largest between our parameters and the peer's W (n_out, n_in) and b."""
    return max(
        float(np.abs(mine - their).max())
        for layer, their_layer in zip(made.weights, theirs, strict=True)
        for mine, their in zip(layer, their_layer, strict=True)
    )


def optimality(made: MLP, X: Array, Y: Array, sample_weight: Array | None = None) -> float:
    """How far the network is from an optimum: the largest |gradient|; of a weight that L1 holds at 0,
    what the gradient of the rest exceeds l1 / m by."""
    made.gradient(X, Y, sample_weight)
    m = len(X) if sample_weight is None else float(sample_weight.sum())
    at, largest = 0, 0.0
    for l1, (W, b) in zip(made.l1, made.weights):
        slopes = np.abs(made.gradients[at : at + W.size].reshape(W.shape))
        if l1:
            slopes = np.where(W == 0, np.maximum(slopes - l1 / m, 0), slopes)
        at += W.size
        largest = max(largest, float(slopes.max()), float(np.abs(made.gradients[at : at + b.size]).max()))
        at += b.size
    return largest
