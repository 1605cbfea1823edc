"""Matrix products, called from C on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import swiftreg
from group import Group
from measure import SWIFTREG, Case, Contestant
from native import blas_name, blas_timer, peak, swiftreg_library
from peers import torch
from work import PRODUCTS, SQUARES, TYPES, Product, forward


def _swiftreg(seconds: Any, threads: int) -> list[Contestant]:
    def use(n: int) -> None:
        # The library by pointer is the same as that of the package.
        swiftreg.set_num_threads(n)

    ours = [Contestant(SWIFTREG, lambda: None, seconds, before=lambda: use(threads))]
    if threads > 1:
        ours.append(Contestant("swiftreg, 1 thread", lambda: None, seconds, before=lambda: use(1)))
    return ours


def _blas(product: Product) -> list[Contestant]:
    """NumPy's own BLAS, from C."""
    seconds = blas_timer(product.a, product.b, np.empty_like(product.out), product.transposed)
    return [] if seconds is None else [Contestant(blas_name(), lambda: None, seconds)]


def _torch(product: Product) -> list[Contestant]:
    if torch is None:
        return []
    left, right = torch.from_numpy(product.a), torch.from_numpy(product.b)
    out = torch.from_numpy(np.empty_like(product.out))
    left = left.t() if product.transposed[0] else left
    right = right.t() if product.transposed[1] else right
    return [Contestant("PyTorch", lambda: torch.mm(left, right, out=out))]


def _peak(dtype: Any, threads: int) -> Contestant:
    seconds, work = peak(dtype, threads)
    return Contestant("peak", lambda: None, seconds, work=work)


def _contestants(product: Product, threads: int) -> list[Contestant]:
    ours = product.by(swiftreg_library())
    ours(1)
    product.check()
    return [
        *_swiftreg(ours, threads), *_blas(product), *_torch(product),
        _peak(product.out.dtype, threads),
    ]


def squares(threads: int, quick: bool) -> Iterator[Case]:
    for dtype in TYPES:
        for n in SQUARES:
            if quick and n == 2048:
                continue
            product = forward(n, n, n, dtype)
            yield Case(
                f"{np.dtype(dtype).name} {n}", product.amount, _contestants(product, threads)
            )


def layers(threads: int, quick: bool) -> Iterator[Case]:
    for make, shapes in PRODUCTS:
        for n_out, n_in, m in shapes:
            for dtype in (np.float32,) if quick or n_out > 100 else TYPES:
                product = make(n_out, n_in, m, dtype)
                yield Case(product.name, product.amount, _contestants(product, threads))


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
