"""What the estimators ask of a network: an epoch, a loss, outputs, many trainings.

X is an array or a CSR matrix. A CSR matrix is made dense a batch at a time, so that memory does not
grow with rows times columns; the results are those of the dense matrix, bit for bit (but for the
masks of Monte Carlo dropout, see `sampled_outputs`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from swiftreg import MLP, _core, get_num_threads

Array = NDArray[Any]
_DENSE_BYTES = 16 * 2**20  # of a block of dense rows, for predictions


class Examples(NamedTuple):
    """Examples as a network takes them, and their targets as the user gave them."""

    X: Any  # (n, features): an array or a CSR matrix
    y: Any
    Y: Array  # (n, outputs)
    weights: Array | None  # (n,), all above 0

    def rows(self, chosen: Any) -> Examples:
        weights = None if self.weights is None else self.weights[chosen]
        return Examples(self.X[chosen], self.y[chosen], self.Y[chosen], weights)

    @property
    def size(self) -> int:
        return int(self.X.shape[0])


def _dense(X: Any) -> Array:
    array: Array = X.toarray()
    return array


def _blocks(X: Any) -> Iterator[slice]:
    """Blocks of rows that are not large when dense."""
    size = max(1, _DENSE_BYTES // max(1, X.shape[1] * X.dtype.itemsize))
    for first in range(0, X.shape[0], size):
        yield slice(first, first + size)


# ---- An epoch --------------------------------------------------------------------------------


def _order(n: int, seed: int, epoch: int) -> Array:
    """The shuffled order of an epoch, as reg_fit_options documents it."""
    words = _core.philox(2 * n, seed, epoch * 2**16 + 2**16 - 2, 0).astype(np.uint64)
    half, size = np.uint64(32), np.arange(1, n + 1, dtype=np.uint64)
    # floor(v (i + 1) / 2^64) for v = w(2 i) + 2^32 w(2 i + 1), in 64 bits.
    partners = (words[1::2] * size + (words[0::2] * size >> half) >> half).tolist()
    order = list(range(n))
    for a in range(n - 1, 0, -1):
        b = partners[a]
        order[a], order[b] = order[b], order[a]
    return np.array(order)


def _not_finite(step: int) -> FloatingPointError:
    return FloatingPointError(
        f"the cost or its gradient is not finite at step {step}: NaN or infinity in X or Y, or too"
        " large a learning rate"
    )


def _sparse_epoch(network: MLP, data: Examples, batch_size: int, shuffle: bool) -> float:
    order = _order(data.size, network.seed, network.epoch) if shuffle else np.arange(data.size)
    total = over = 0.0
    for first in range(0, data.size, batch_size):
        rows = order[first : first + batch_size]
        weights = None if data.weights is None else data.weights[rows]
        cost = network.gradient(_dense(data.X[rows]), data.Y[rows], weights)
        if not math.isfinite(cost):
            raise _not_finite(network.step)
        network.apply()
        m = len(rows) if weights is None else float(weights.sum(dtype=np.float64))
        total += cost * m
        over += m
    if not np.isfinite(network.parameters).all():
        raise _not_finite(network.step)
    network.epoch += 1
    return total / over


def train(network: MLP, data: Examples, epochs: int, batch_size: int, shuffle: bool) -> list[float]:
    """Trains for some epochs; their costs."""
    if scipy.sparse.issparse(data.X):
        return [_sparse_epoch(network, data, batch_size, shuffle) for _ in range(epochs)]
    history = network.fit(
        data.X, data.Y, epochs=epochs, batch_size=batch_size, shuffle=shuffle,
        sample_weight=data.weights,
    )
    costs: list[float] = history.cost.tolist()
    return costs


def train_epoch(network: MLP, data: Examples, batch_size: int, shuffle: bool) -> float:
    """Trains for one epoch; its cost, of training, with dropout and penalties."""
    return train(network, data, 1, batch_size, shuffle)[0]


# ---- Without training ------------------------------------------------------------------------


def outputs(network: MLP, X: Any, *, logits: bool = False) -> Array:
    """The outputs (n, outputs), or the pre-activations of the output."""
    call = network.decision_function if logits else network.predict
    if not scipy.sparse.issparse(X):
        return call(X)
    parts = [call(_dense(X[rows])) for rows in _blocks(X)]
    return np.concatenate(parts) if parts else call(_dense(X))


def sampled_outputs(network: MLP, X: Any, samples: int, seed: int) -> tuple[Array, Array]:
    """Monte Carlo dropout: mean and standard deviation of the outputs.

    Rows of a CSR matrix draw the masks of their numbers in their dense block.
    """
    if not scipy.sparse.issparse(X):
        return network.predict_dropout(X, samples, seed=seed)
    parts = [network.predict_dropout(_dense(X[rows]), samples, seed=seed) for rows in _blocks(X)]
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def data_loss(network: MLP, data: Examples) -> float:
    """The mean loss of the examples without dropout and penalties."""
    if not scipy.sparse.issparse(data.X):
        return network.data_cost(data.X, data.Y, data.weights)
    total = over = 0.0
    for rows in _blocks(data.X):
        weights = None if data.weights is None else data.weights[rows]
        Y = data.Y[rows]
        m = len(Y) if weights is None else float(weights.sum(dtype=np.float64))
        total += m * network.data_cost(_dense(data.X[rows]), Y, weights)
        over += m
    return total / over


# ---- Many trainings --------------------------------------------------------------------------


class Fit(NamedTuple):
    """One training, with early stopping on the loss of its validation rows."""

    make: Callable[[], MLP]
    rows: Array
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
    seconds: float  # of training


def _fit_dense(network: MLP, train: Examples, held_out: Examples, fit: Fit) -> Fitted:
    history = network.fit(
        train.X, train.Y, sample_weight=train.weights,
        validation_data=(held_out.X, held_out.Y, held_out.weights), epochs=fit.epochs,
        batch_size=min(fit.batch_size, train.size), shuffle=fit.shuffle,
        patience=fit.patience or None, min_delta=fit.min_delta,
    )
    assert history.validation_cost is not None
    return Fitted(network, history.cost, history.validation_cost, 0.0)


def _fit_sparse(network: MLP, train: Examples, held_out: Examples, fit: Fit) -> Fitted:
    costs: list[float] = []
    losses: list[float] = []
    lowest, best, waited = math.inf, network.parameters.copy(), 0
    while len(costs) < fit.epochs and (fit.patience == 0 or waited <= fit.patience):
        costs.append(_sparse_epoch(network, train, min(fit.batch_size, train.size), fit.shuffle))
        losses.append(data_loss(network, held_out))
        if not math.isfinite(losses[-1]):
            raise _not_finite(network.step)
        waited = 0 if losses[-1] < lowest - fit.min_delta else waited + 1
        if losses[-1] < lowest:
            lowest = losses[-1]
            best[:] = network.parameters
    network.parameters[:] = best
    return Fitted(network, np.array(costs), np.array(losses), 0.0)


def fit_many(
    data: Examples, fits: Sequence[Fit], done: Callable[[int, Fitted | Exception], object]
) -> None:
    """Trains independent networks on rows of the same data, on as many threads as the library has.

    Calls `done` in this thread with the number of a training, and its result or its exception, as
    each ends. The results do not depend on the number of threads. After an exception of `done` or
    Ctrl-C no further training begins, and the exception comes when those that run have ended.
    """
    parts: dict[int, Examples] = {}
    for fit in fits:
        for rows in (fit.rows, fit.validation_rows):
            if id(rows) not in parts:
                parts[id(rows)] = data.rows(rows)
    run = _fit_sparse if scipy.sparse.issparse(data.X) else _fit_dense

    def one(fit: Fit) -> Fitted | Exception:
        try:
            start = time.perf_counter()
            fitted = run(fit.make(), parts[id(fit.rows)], parts[id(fit.validation_rows)], fit)
            return fitted._replace(seconds=time.perf_counter() - start)
        except Exception as error:
            return error

    threads = min(get_num_threads(), len(fits))
    if threads <= 1:
        for number, fit in enumerate(fits):
            done(number, one(fit))
        return
    pool = ThreadPoolExecutor(threads)
    try:
        numbers = {pool.submit(one, fit): number for number, fit in enumerate(fits)}
        for future in as_completed(numbers):
            done(numbers[future], future.result())
    finally:
        pool.shutdown(cancel_futures=True)
