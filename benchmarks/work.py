"""Calls of the C library with their data, for the tables and the gate, with any build of it."""

from __future__ import annotations

import ctypes
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from native import blas_timer, function, network, timer

Array = NDArray[Any]
Seconds = Callable[[int], float]

# ---- Shapes --------------------------------------------------------------------------------

SQUARES = (64, 128, 256, 512, 1024, 2048)
# n_out, n_in, m.
LAYERS = (
    (20, 2, 211), (3, 20, 211), (1, 3, 211), (64, 128, 64), (10, 64, 64), (800, 784, 128),
    (800, 800, 128), (10, 800, 128), (128, 800, 784),
)
GRADIENTS = ((20, 2, 211), (3, 20, 211), (64, 128, 64), (10, 64, 64), (800, 784, 128))
TYPES = (np.float32, np.float64)

# Value of reg_function, interval of the arguments.
FUNCTIONS = {
    "exp": (0, -20, 20), "log": (1, 1e-3, 10), "log1p": (2, -0.9, 10), "sigmoid": (3, -12, 12),
    "softplus": (4, -20, 20), "tanh": (5, -4, 4),
}
# Values of reg_activation.
ACTIVATIONS = {"ReLU": 1, "sigmoid": 2, "tanh": 4}


@dataclass(frozen=True)
class Work:
    """A call and its data; one call does `amount` units of work."""

    name: str
    amount: float
    # The unit of `amount`: "flop", "element" or "step".
    unit: str
    # Seconds of n calls by a library.
    by: Callable[[ctypes.CDLL], Seconds]


@dataclass(frozen=True)
class Product(Work):
    """out * scale = op(a) op(b), rows contiguous."""

    a: Array
    b: Array
    transposed: tuple[bool, bool]
    out: Array
    scale: float = 1

    def check(self) -> None:
        """Checks the product, so that only correct contestants are timed."""
        expected = (self.a.T if self.transposed[0] else self.a) @ (
            self.b.T if self.transposed[1] else self.b)
        tolerance = (1e-4 if self.out.dtype == np.float32 else 1e-11) * (1 + np.abs(expected).max())
        assert np.allclose(self.out * self.scale, expected, rtol=0, atol=tolerance), self.name


@dataclass(frozen=True)
class Map(Work):
    """out = a function of each x."""

    x: Array
    out: Array


def _uniform(shape: tuple[int, ...], dtype: Any, low: float = -1, high: float = 1) -> Array:
    return np.random.default_rng(sum(shape)).uniform(low, high, shape).astype(dtype)


def _typed(name: str, dtype: Any) -> str:
    return f"{name} {np.dtype(dtype).name}"


# ---- Products ------------------------------------------------------------------------------


def forward(n_out: int, n_in: int, m: int, dtype: Any) -> Product:
    """W A: the dense layer with bias 0 and no activation."""
    W, A, b = _uniform((n_out, n_in), dtype), _uniform((n_in, m), dtype), np.zeros(n_out, dtype)
    out = np.empty((n_out, m), dtype)
    return Product(
        _typed(f"W A {n_out}x{n_in}x{m}", dtype), 2.0 * n_out * n_in * m, "flop",
        lambda library: timer(
            "dense", dtype, function(library, "forward_dense", dtype), W, b, n_out, n_in, m, A, m,
            1, out, m, 1,
        ),
        W, A, (False, False), out,
    )


def by_examples(n_out: int, n_in: int, m: int, dtype: Any) -> Product:
    """The same product with examples in rows, as scikit-learn has them: X W^T."""
    W, X, b = _uniform((n_out, n_in), dtype), _uniform((m, n_in), dtype), np.zeros(n_out, dtype)
    out = np.empty((m, n_out), dtype)
    return Product(
        _typed(f"X W' {n_out}x{n_in}x{m}", dtype), 2.0 * n_out * n_in * m, "flop",
        lambda library: timer(
            "dense", dtype, function(library, "forward_dense", dtype), W, b, n_out, n_in, m, X, 1,
            n_in, out, 1, n_out,
        ),
        X, W, (False, True), out,
    )


def weight_gradient(n_out: int, n_in: int, m: int, dtype: Any) -> Product:
    """dZ A^T. swiftreg also gives db, the sums over the rows of dZ."""
    W, dZ, A = (_uniform(s, dtype) for s in ((n_out, n_in), (n_out, m), (n_in, m)))
    dW, db = np.empty_like(W), np.empty(n_out, dtype)
    return Product(
        _typed(f"dZ A' {n_out}x{n_in}x{m}", dtype), 2.0 * n_out * n_in * m, "flop",
        lambda library: timer(
            "backward", dtype, function(library, "backward_l2", dtype), W, n_out, n_in, m, dZ, m, 1,
            A, m, 1, dW, db, None,
        ),
        dZ, A, (False, True), dW, m,
    )


def input_gradient(n_out: int, n_in: int, m: int, dtype: Any) -> Product:
    """W^T dZ."""
    W, dZ = _uniform((n_out, n_in), dtype), _uniform((n_out, m), dtype)
    dA = np.empty((n_in, m), dtype)
    return Product(
        _typed(f"W' dZ {n_out}x{n_in}x{m}", dtype), 2.0 * n_out * n_in * m, "flop",
        lambda library: timer(
            "backward", dtype, function(library, "backward_l2", dtype), W, n_out, n_in, m, dZ, m, 1,
            dA, m, 1, None, None, dA,
        ),
        W, dZ, (True, False), dA,
    )


PRODUCTS: tuple[tuple[Callable[..., Product], tuple[tuple[int, int, int], ...]], ...] = (
    (forward, LAYERS), (by_examples, LAYERS), (weight_gradient, GRADIENTS), (input_gradient, GRADIENTS),
)

# ---- Elementwise functions -----------------------------------------------------------------


def elementary(name: str, count: int, dtype: Any) -> Map:
    number, low, high = FUNCTIONS[name]
    x = _uniform((count,), dtype, low, high)
    out = np.empty_like(x)
    return Map(
        _typed(name, dtype), count, "element",
        lambda library: timer(
            "elementary", dtype, function(library, "elementary", dtype), x, count, number, out),
        x, out,
    )


def activation(name: str, count: int, dtype: Any) -> Work:
    z = _uniform((count,), dtype, -4, 4)
    out = np.empty_like(z)
    return Work(
        _typed(f"activation {name}", dtype), count, "element",
        lambda library: timer(
            "activation", dtype, function(library, "forward_activation", dtype), z, count,
            ACTIVATIONS[name], out),
    )


def activation_gradient(name: str, count: int, dtype: Any) -> Work:
    da, a = _uniform((count,), dtype), _uniform((count,), dtype, 0, 1)
    out = np.empty_like(a)
    return Work(
        _typed(f"gradient of {name}", dtype), count, "element",
        lambda library: timer(
            "backward_activation", dtype, function(library, "backward_activation", dtype), da, a,
            count, ACTIVATIONS[name], out),
    )


def dropout(count: int, dtype: Any) -> Work:
    a = _uniform((count,), dtype)
    out = np.empty_like(a)
    return Work(
        _typed("dropout", dtype), count, "element",
        lambda library: timer(
            "dropout", dtype, function(library, "forward_dropout", dtype), a, count, 0.86, 1, out),
    )


# ---- Training ------------------------------------------------------------------------------


def training(
    widths: tuple[int, ...], m: int, batch: int, dtype: Any, keep_prob: float = 1, l2: float = 0,
    optimizer: str = "sgd", shuffle: bool = False,
) -> Work:
    """An epoch, examples in rows; one unit at the end is a probability."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(m, widths[0])).astype(dtype)
    if widths[-1] == 1:
        Y, loss = (X.sum(axis=1, keepdims=True) > 0).astype(dtype), "binary_cross_entropy"
    else:
        Y, loss = np.eye(widths[-1], dtype=dtype)[rng.integers(widths[-1], size=m)], "softmax_cross_entropy"
    name = f"step {'-'.join(map(str, widths))}, batch {batch}"
    name += f", keep_prob {keep_prob}" if keep_prob < 1 else ""
    name += f", L2 {l2}" if l2 else ""
    name += ", Adam" if optimizer == "adam" else ""
    return Work(
        _typed(name, dtype), math.ceil(m / batch), "step",
        lambda library: timer(
            "fit", dtype, function(library, "network_fit", dtype),
            network(library, widths, loss, optimizer, keep_prob, l2, dtype), X, widths[0], Y, widths[-1], m,
            batch, int(shuffle)),
    )


# ---- The same work in NumPy ----------------------------------------------------------------


def peer(piece: Work) -> Seconds | None:
    """Seconds of n calls of NumPy's BLAS, from C, or of NumPy's function of the same name, if it has one."""
    if isinstance(piece, Product):
        found: Seconds | None = blas_timer(
            piece.a, piece.b, np.empty_like(piece.out), piece.transposed)
        return found
    ufunc = getattr(np, piece.name.split()[0], None)
    if not isinstance(piece, Map) or ufunc is None:
        return None
    x, out = piece.x, np.empty_like(piece.out)

    def seconds(calls: int) -> float:
        start = time.perf_counter()
        for _ in range(calls):
            ufunc(x, out=out)
        return time.perf_counter() - start

    return seconds


# ---- The rows of the gate ------------------------------------------------------------------

# Within the second-level cache.
COUNT = 1 << 14


def rows() -> Iterator[Callable[[], Work]]:
    """The rows of the gate; each call of a row creates its data."""
    for dtype in TYPES:
        for n in (64, 128, 256, 512, 1024):
            yield lambda n=n, t=dtype: forward(n, n, n, t)  # type: ignore[misc]
    for product, shapes in PRODUCTS:
        for shape in shapes:
            for dtype in TYPES:
                yield lambda f=product, s=shape, t=dtype: f(*s, t)  # type: ignore[misc]
    for dtype in TYPES:
        for name in FUNCTIONS:
            yield lambda name=name, t=dtype: elementary(name, COUNT, t)  # type: ignore[misc]
        for name in ACTIVATIONS:
            yield lambda name=name, t=dtype: activation(name, COUNT, t)  # type: ignore[misc]
            yield lambda name=name, t=dtype: activation_gradient(name, COUNT, t)  # type: ignore[misc]
        yield lambda t=dtype: dropout(COUNT, t)  # type: ignore[misc]
    for dtype in TYPES:
        for options in ({}, {"l2": 0.7}, {"keep_prob": 0.86}):
            yield lambda t=dtype, o=options: training((2, 20, 3, 1), 211, 211, t, **o)  # type: ignore[misc]
        for keep_prob in (1, 0.5):
            yield lambda t=dtype, k=keep_prob: training((64, 128, 64, 10), 512, 64, t, k)  # type: ignore[misc]
            yield lambda t=dtype, k=keep_prob: training((784, 800, 800, 10), 512, 128, t, k)  # type: ignore[misc]
        # As in the table of the grid.
        for widths in ((64, 100, 10), (30, 100, 1)):
            for keep_prob in (1, 0.8):
                yield lambda w=widths, t=dtype, k=keep_prob: training(  # type: ignore[misc]
                    w, 400, 200, t, k, l2=0.1, optimizer="adam", shuffle=True)
