"""Dropout forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import swiftreg
from group import Group
from measure import SWIFTREG, Case, Contestant
from native import function, swiftreg_library, timer
from peers import jax, torch

KEEP_PROB = 0.8
SIZES = {"16 K": 1 << 14, "1 M": 1 << 20, "16 M": 1 << 24}


def _arrays(quick: bool) -> Iterator[tuple[str, NDArray[Any]]]:
    for dtype in (np.float32, np.float64):
        for name, n in SIZES.items():
            if quick and name == "16 M" and dtype == np.float64:
                continue
            a = np.random.default_rng(n).normal(size=n).astype(dtype)
            yield f"{np.dtype(dtype).name} {name}", a


def _ours(call: Callable[[], object], threads: int) -> list[Contestant]:
    """swiftreg and, where it may use several threads, the same with one."""
    ours = [Contestant(SWIFTREG, call, before=lambda: swiftreg.set_num_threads(threads))]
    if threads > 1:
        one = Contestant("swiftreg, 1 thread", call, before=lambda: swiftreg.set_num_threads(1))
        ours.append(one)
    return ours


def _other_isas(a: NDArray[Any], out: NDArray[Any], threads: int) -> list[Contestant]:
    """swiftreg, limited to smaller instruction sets."""
    best = swiftreg.build_info()["isa"]
    if threads > 1 or a.dtype != np.float32 or best not in ("avx512", "avx2"):
        return []
    contestants = []
    for isa in ("avx2", "baseline") if best == "avx512" else ("baseline",):
        address = function(swiftreg_library(isa), "forward_dropout", a.dtype)
        seconds = timer("dropout", a.dtype, address, a, a.size, KEEP_PROB, 1, out)
        contestants.append(Contestant(f"swiftreg, {isa}", lambda: None, time_calls=seconds))
    return contestants


def _limits(a: NDArray[Any], out: NDArray[Any]) -> list[Contestant]:
    """Operations that only read and write the array."""
    scale = a.dtype.type(1 / KEEP_PROB)
    return [
        Contestant("multiply", lambda: np.multiply(a, scale, out=out)),
        Contestant("copy", lambda: np.copyto(out, a)),
    ]


def _numpy_forward(a: NDArray[Any], out: NDArray[Any]) -> list[Contestant]:
    generator = np.random.default_rng(1)
    scale = a.dtype.type(1 / KEEP_PROB)
    uniform = np.empty_like(a)
    mask = np.empty(a.shape, bool)

    def as_in_the_notebook() -> None:
        D = np.random.rand(a.shape[0])
        D = D < KEEP_PROB
        A = np.multiply(a, D)
        A /= KEEP_PROB

    def with_generator() -> None:
        generator.random(out=uniform, dtype=a.dtype.type)
        np.less(uniform, KEEP_PROB, out=mask)
        np.multiply(a, mask, out=out)
        np.multiply(out, scale, out=out)

    return [
        Contestant("NumPy, notebook", as_in_the_notebook),
        Contestant("NumPy Generator", with_generator),
    ]


def _torch_forward(a: NDArray[Any]) -> list[Contestant]:
    if torch is None:
        return []
    tensor = torch.from_numpy(a)
    dropout = torch.nn.functional.dropout
    return [Contestant("PyTorch", lambda: dropout(tensor, 1 - KEEP_PROB, training=True))]


def _jax_dropout(a: NDArray[Any]) -> list[Contestant]:
    """Compiled as a whole, with the default generator and with the fastest one."""
    if jax is None:
        return []

    def dropout(key: Any, x: Any) -> Any:
        keep = jax.random.bernoulli(key, KEEP_PROB, x.shape)
        return jax.numpy.where(keep, x / KEEP_PROB, 0)

    compiled = jax.jit(dropout)
    x = jax.numpy.asarray(a)
    contestants = []
    for name, kind in (("JAX", "threefry2x32"), ("JAX, rbg", "rbg")):
        key = jax.random.key(1, impl=kind)
        contestants.append(
            Contestant(name, lambda key=key: compiled(key, x).block_until_ready())  # type: ignore[misc]
        )
    return contestants


def forward(threads: int, quick: bool) -> Iterator[Case]:
    for name, a in _arrays(quick):
        out = np.empty_like(a)
        dropped = swiftreg.dropout(a, KEEP_PROB, seed=1)
        assert abs(np.count_nonzero(dropped) / a.size - KEEP_PROB) < 0.02
        yield Case(
            name, a.size,
            [
                *_ours(lambda a=a, out=out: swiftreg.dropout(a, KEEP_PROB, seed=1, out=out), threads),
                *_other_isas(a, out, threads),
                *_numpy_forward(a, out),
                *_torch_forward(a),
                *_jax_dropout(a),
                *_limits(a, out),
            ],
        )


def _numpy_backward(da: NDArray[Any]) -> Contestant:
    D = np.random.rand(da.shape[0]) < KEEP_PROB

    def as_in_the_notebook() -> None:
        dA = np.multiply(da, D)
        dA /= KEEP_PROB

    return Contestant("NumPy, notebook", as_in_the_notebook)


def _torch_backward(da: NDArray[Any]) -> list[Contestant]:
    if torch is None:
        return []
    with torch.enable_grad():
        x = torch.from_numpy(da).clone().requires_grad_()
        y = torch.nn.functional.dropout(x, 1 - KEEP_PROB, training=True)
    gradient = torch.from_numpy(da)
    return [
        Contestant("PyTorch", lambda: torch.autograd.grad(y, x, gradient, retain_graph=True))
    ]


def backward(threads: int, quick: bool) -> Iterator[Case]:
    for name, da in _arrays(quick):
        out = np.empty_like(da)
        yield Case(
            name, da.size,
            [
                *_ours(
                    lambda da=da, out=out: swiftreg.dropout_backward(
                        da, KEEP_PROB, seed=1, out=out),
                    threads,
                ),
                _numpy_backward(da),
                *_torch_backward(da),
                *_jax_dropout(da),
                *_limits(da, out),
            ],
        )


GROUPS = [
    Group(
        "dropout forward", "Dropout forward, no mask out", "ns", forward,
        "Nanoseconds an element. *NumPy, notebook* is `rand < keep_prob`, multiply, divide; *NumPy "
        "Generator* the same with a PCG64 generator of the array's own type and no new arrays. "
        "*multiply* is `np.multiply(a, scalar, out=out)`, *copy* `np.copyto`: one thread always, "
        "no random numbers, the least that reading and writing the array takes.",
    ),
    Group(
        "dropout backward", "Dropout backward", "ns", backward,
        "swiftreg and JAX draw the mask again; NumPy and PyTorch have kept it from the forward "
        "pass (in memory: one byte an element, in PyTorch one float) and only multiply.",
    ),
]
