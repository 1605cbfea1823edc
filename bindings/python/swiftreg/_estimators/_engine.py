"""What the estimators need of networks: training, one or many, losses and outputs.

X is an array or a CSR matrix, which the library makes dense a batch at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from swiftreg import MLP, _core, get_num_threads

Array = NDArray[Any]
_DENSE_BYTES = 16 * 2**20  # of a block of rows when dense, for predictions
_GROUP_BYTES = 256 * 2**20  # of networks that are trained in one call


class Examples(NamedTuple):
    """Examples as a network takes them, and their targets as the user gave them."""

    X: Any  # (n, features): an array or a CSR matrix
    y: Any
    Y: Array  # (n, outputs)
    weights: Array | None  # (n,), all above 0

    def rows(self, chosen: Any) -> Examples:
        weights = None if self.weights is None else self.weights[chosen]
        return Examples(self.X[chosen], self.y[chosen], self.Y[chosen], weights)

    def of_library(self, rows: Array | None = None) -> tuple[Any, Array, Array | None, Array | None]:
        """The examples, or some of their rows, for the library, which copies nothing."""
        return self.X, self.Y, self.weights, rows

    @property
    def size(self) -> int:
        return int(self.X.shape[0])


# ---- One training ----------------------------------------------------------------------------


def train_network(
    network: MLP,
    data: Examples,
    epochs: int,
    batch_size: int,
    shuffle: bool,
    is_over: Callable[[float], object] | None = None,
) -> list[float]:
    """Trains for at most so many epochs, in one call of the library; their costs.

    The costs are those of training, with dropout and penalties. `is_over` is called with that of every
    epoch, and a true answer ends the training; it may use the network as a callback of MLP.fit may.
    """

    def callback(epoch: int, step: int, cost: float, validation: None, rate: float) -> object:
        assert is_over is not None
        return is_over(cost)

    costs, *_, error = network._network.fit(
        data.of_library(), None, epochs, batch_size, shuffle, None, 0.0,
        None if is_over is None else callback, 1, None, None,
    )
    if error is not None:
        raise error
    found: list[float] = costs.tolist()
    return found


# ---- Without training ------------------------------------------------------------------------


def outputs(network: MLP, X: Any, rows: Array | None = None, *, logits: bool = False) -> Array:
    """The outputs (n, outputs), or the pre-activations of the output, for all rows or some."""
    if not scipy.sparse.issparse(X):
        return network._network.predict(X, logits, rows)
    parts = [
        network._network.predict(block, logits, None) for block in _blocks(X if rows is None else X[rows])
    ]
    return np.concatenate(parts) if parts else network._network.predict(X, logits, None)


def _blocks(X: Any) -> Iterator[Any]:
    """Rows of a sparse matrix that are not large when dense."""
    size = max(1, _DENSE_BYTES // max(1, X.shape[1] * X.dtype.itemsize))
    for first in range(0, X.shape[0], size):
        yield X[first : first + size]


def sampled_outputs(network: MLP, X: Any, samples: int, seed: int) -> tuple[Array, Array]:
    """Monte Carlo dropout: mean and standard deviation of the outputs.

    Rows of a CSR matrix draw the masks of their numbers in their dense block.
    """
    if not scipy.sparse.issparse(X):
        return network.predict_dropout(X, samples, seed=seed)
    parts = [network.predict_dropout(block.toarray(), samples, seed=seed) for block in _blocks(X)]
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def data_loss(network: MLP, data: Examples) -> float:
    """The mean loss of the examples without dropout and penalties."""
    return network.data_cost(data.X, data.Y, data.weights)


# ---- Many trainings --------------------------------------------------------------------------


class Fit(NamedTuple):
    """One training, with early stopping on the loss of its validation rows."""

    make: Callable[[], MLP]
    rows: Array  # numbers of type intp
    validation_rows: Array
    batch_size: int
    epochs: int
    shuffle: bool
    patience: int  # epochs in a row without a validation loss lower by min_delta; 0: no limit
    min_delta: float


class Fitted(NamedTuple):
    """The network of the epoch with the lowest validation loss, and the losses of all epochs."""

    network: MLP
    costs: Array
    validation_losses: Array
    best_epoch: int  # from 1
    seconds: float  # of training


def _groups(fits: Sequence[Fit]) -> Iterator[tuple[int, list[MLP]]]:
    """Networks that are not too much memory together, and the number of the first."""
    first = 0
    while first < len(fits):
        networks = [fits[first].make()]
        # Each has a gradient, and optimizers have up to two moments.
        bytes_of_one = 4 * networks[0].parameters.nbytes
        size = max(get_num_threads(), _GROUP_BYTES // bytes_of_one)
        networks += [fit.make() for fit in fits[first + 1 : first + size]]
        yield first, networks
        first += size


def fit_many(
    data: Examples, fits: Sequence[Fit], done: Callable[[int, Fitted | Exception], object]
) -> None:
    """Trains independent networks on rows of the same data, on as many threads as the library has.

    Calls `done` in this thread with the number of a training, and its result or its exception, as
    each ends. The results do not depend on the number of threads. After an exception of `done` or
    Ctrl-C no further training begins, and the exception comes when those that run have ended.
    """
    for first, networks in _groups(fits):

        def take(i: int, outcome: Any, first: int = first, networks: list[MLP] = networks) -> None:
            failed = isinstance(outcome, Exception)
            done(first + i, outcome if failed else Fitted(networks[i], *outcome))

        _core.fit_many(
            [
                (
                    network._network, data.of_library(fit.rows), data.of_library(fit.validation_rows),
                    fit.epochs, min(fit.batch_size, len(fit.rows)), fit.shuffle, fit.patience or None,
                    fit.min_delta,
                )
                for network, fit in zip(networks, fits[first:])
            ],
            take,
        )
