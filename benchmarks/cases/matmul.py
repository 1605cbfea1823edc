"""Matrix products, called from C on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import swiftreg
from group import Group
from measure import SWIFTREG, Case, Contestant
from native import blas_gemm, blas_name, function, peak, swiftreg_library, timer
from numpy.typing import NDArray
from peers import torch

Array = NDArray[Any]
SQUARES = (64, 128, 256, 512, 1024, 2048)
# n_out, n_in, m.
LAYERS = (
    (20, 2, 211), (3, 20, 211), (1, 3, 211), (64, 128, 64), (10, 64, 64), (800, 784, 128),
    (800, 800, 128), (10, 800, 128), (128, 800, 784),
)
GRADIENTS = ((3, 20, 211), (64, 128, 64), (800, 784, 128))
IDENTITY = 0


def _random(shape: tuple[int, ...], dtype: Any) -> Array:
    return np.random.default_rng(sum(shape)).uniform(-1, 1, shape).astype(dtype)


def _check(ours: Array, expected: Array) -> None:
    """That the products are the same: nobody is timed for another one."""
    tolerance = 1e-4 if ours.dtype == np.float32 else 1e-11
    assert np.allclose(ours, expected, rtol=0, atol=tolerance * (1 + np.abs(expected).max()))


def _swiftreg(seconds: Any, threads: int) -> list[Contestant]:
    def use(n: int) -> None:
        # Both the library by pointer and the package are the same one.
        swiftreg.set_num_threads(n)

    ours = [Contestant(SWIFTREG, lambda: None, seconds, before=lambda: use(threads))]
    if threads > 1:
        ours.append(Contestant("swiftreg, 1 thread", lambda: None, seconds, before=lambda: use(1)))
    return ours


def _blas(a: Array, b: Array, c: Array, transposed: tuple[bool, bool]) -> list[Contestant]:
    """c = op(a) op(b) by NumPy's own BLAS, from C."""
    found = blas_gemm(a.dtype)
    if found is None:
        return []
    address, wide = found
    depth = a.shape[0] if transposed[0] else a.shape[1]
    seconds = timer(
        "gemm64" if wide else "gemm32", a.dtype, address, int(transposed[0]), int(transposed[1]),
        c.shape[0], c.shape[1], depth, a, a.shape[1], b, b.shape[1], c, c.shape[1],
    )
    return [Contestant(blas_name(), lambda: None, seconds)]


def _torch(a: Array, b: Array, c: Array, transposed: tuple[bool, bool]) -> list[Contestant]:
    if torch is None:
        return []
    left, right, out = torch.from_numpy(a), torch.from_numpy(b), torch.from_numpy(c)
    left = left.t() if transposed[0] else left
    right = right.t() if transposed[1] else right
    return [Contestant("PyTorch", lambda: torch.mm(left, right, out=out))]


def _peak(dtype: Any, threads: int) -> Contestant:
    seconds, work = peak(dtype, threads)
    return Contestant("peak", lambda: None, seconds, work=work)


def _forward(n_out: int, n_in: int, m: int, dtype: Any, threads: int) -> list[Contestant]:
    """W A: the dense layer with bias 0 and no activation."""
    W, A, b = _random((n_out, n_in), dtype), _random((n_in, m), dtype), np.zeros(n_out, dtype)
    out, other = np.empty((n_out, m), dtype), np.empty((n_out, m), dtype)
    address = function(swiftreg_library(), "forward_dense", dtype)
    ours = timer(
        "dense", dtype, address, W, b, n_out, n_in, m, A, m, 1, out, m, 1,
    )
    contestants = [
        *_swiftreg(ours, threads), *_blas(W, A, other, (False, False)),
        *_torch(W, A, other, (False, False)), _peak(dtype, threads),
    ]
    ours(1)
    _check(out, W @ A)
    return contestants


def _by_examples(n_out: int, n_in: int, m: int, dtype: Any, threads: int) -> list[Contestant]:
    """The same product with examples in rows, as scikit-learn has them: X W^T."""
    W, X, b = _random((n_out, n_in), dtype), _random((m, n_in), dtype), np.zeros(n_out, dtype)
    out, other = np.empty((m, n_out), dtype), np.empty((m, n_out), dtype)
    address = function(swiftreg_library(), "forward_dense", dtype)
    ours = timer(
        "dense", dtype, address, W, b, n_out, n_in, m, X, 1, n_in, out, 1, n_out,
    )
    contestants = [
        *_swiftreg(ours, threads), *_blas(X, W, other, (False, True)),
        *_torch(X, W, other, (False, True)), _peak(dtype, threads),
    ]
    ours(1)
    _check(out, X @ W.T)
    return contestants


def _weight_gradient(n_out: int, n_in: int, m: int, dtype: Any, threads: int) -> list[Contestant]:
    """dZ A^T. swiftreg also gives db, the sums over the rows of dZ."""
    W, dZ, A = (_random(s, dtype) for s in ((n_out, n_in), (n_out, m), (n_in, m)))
    dW, other, db = np.empty_like(W), np.empty_like(W), np.empty(n_out, dtype)
    address = function(swiftreg_library(), "backward_l2", dtype)
    ours = timer("backward", dtype, address, W, n_out, n_in, m, dZ, m, 1, A, m, 1, dW, db, None)
    contestants = [
        *_swiftreg(ours, threads), *_blas(dZ, A, other, (False, True)),
        *_torch(dZ, A, other, (False, True)), _peak(dtype, threads),
    ]
    ours(1)
    _check(dW * dtype(m), dZ @ A.T)
    return contestants


def _input_gradient(n_out: int, n_in: int, m: int, dtype: Any, threads: int) -> list[Contestant]:
    """W^T dZ."""
    W, dZ = _random((n_out, n_in), dtype), _random((n_out, m), dtype)
    dA, other = np.empty((n_in, m), dtype), np.empty((n_in, m), dtype)
    address = function(swiftreg_library(), "backward_l2", dtype)
    ours = timer("backward", dtype, address, W, n_out, n_in, m, dZ, m, 1, dA, m, 1, None, None, dA)
    contestants = [
        *_swiftreg(ours, threads), *_blas(W, dZ, other, (True, False)),
        *_torch(W, dZ, other, (True, False)), _peak(dtype, threads),
    ]
    ours(1)
    _check(dA, W.T @ dZ)
    return contestants


def squares(threads: int, quick: bool) -> Iterator[Case]:
    for dtype in (np.float32, np.float64):
        for n in SQUARES:
            if quick and n == 2048:
                continue
            yield Case(
                f"{np.dtype(dtype).name} {n}", 2.0 * n**3, _forward(n, n, n, dtype, threads)
            )


def layers(threads: int, quick: bool) -> Iterator[Case]:
    kinds = (
        ("W A", _forward, LAYERS), ("X W'", _by_examples, LAYERS),
        ("dZ A'", _weight_gradient, GRADIENTS), ("W' dZ", _input_gradient, GRADIENTS),
    )
    for kind, contestants, shapes in kinds:
        for n_out, n_in, m in shapes:
            for dtype in (np.float32,) if quick or n_out > 100 else (np.float32, np.float64):
                yield Case(
                    f"{kind} {n_out}x{n_in}x{m} {np.dtype(dtype).name}", 2.0 * n_out * n_in * m,
                    contestants(n_out, n_in, m, dtype, threads),
                )


_NOTE = (
    "swiftreg's is `reg_forward_dense` with bias 0 (`reg_backward_l2` for the gradients), OpenBLAS "
    "the cblas_?gemm of the library that NumPy brings, both called from C; PyTorch is "
    "`torch.mm(..., out=)`, about a microsecond of which is Python. *peak* is a loop of "
    "independent multiply-adds."
)
GROUPS = [
    Group("gemm", "Square matrix products", "GFLOP/s", squares, _NOTE),
    Group(
        "gemm layers", "Matrix products of small networks", "GFLOP/s", layers,
        "n_out x n_in x m. *W A* has examples in columns, *X W'* in rows; *dZ A'* is the gradient "
        "of the weights (swiftreg's adds that of the biases), *W' dZ* that of the input.",
    ),
]
