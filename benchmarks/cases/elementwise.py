"""Activations, costs and elementary functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import work
from group import Group
from measure import SWIFTREG, Case, Contestant
from native import swiftreg_library
from peers import jax, special, torch
from swiftreg import _core
from work import TYPES

Array = NDArray[Any]
COUNT = 1 << 20


def _jax(name: str, f: Callable[..., Any], *arrays: Array) -> list[Contestant]:
    if jax is None:
        return []
    compiled = jax.jit(f)
    given = [jax.numpy.asarray(a) for a in arrays]
    return [Contestant(name, lambda: compiled(*given).block_until_ready())]


def _sigmoid(dtype: Any) -> list[Contestant]:
    z = np.random.default_rng(0).normal(scale=4, size=COUNT).astype(dtype)
    out, other = np.empty_like(z), np.empty_like(z)
    contestants = [
        Contestant(SWIFTREG, lambda: _core.forward_activation(z, _core.SIGMOID, out)),
        Contestant("NumPy, notebook", lambda: 1 / (1 + np.exp(-z))),
    ]
    if special is not None:
        contestants.append(Contestant("SciPy", lambda: special.expit(z, out=other)))
    if torch is not None:
        source, target = torch.from_numpy(z), torch.from_numpy(other)
        contestants.append(Contestant("PyTorch", lambda: torch.sigmoid(source, out=target)))
    return contestants + _jax("JAX", lambda x: jax.nn.sigmoid(x), z)


def _cost(dtype: Any) -> list[Contestant]:
    rng = np.random.default_rng(0)
    A = rng.uniform(0.01, 0.99, size=(1, COUNT)).astype(dtype)
    Y = (rng.random((1, COUNT)) < 0.5).astype(dtype)

    def as_in_the_notebook() -> Any:
        logprobs = np.multiply(-np.log(A), Y) + np.multiply(-np.log(1 - A), 1 - Y)
        return 1.0 / Y.shape[1] * np.nansum(logprobs)

    def in_jax(a: Any, y: Any) -> Any:
        return jax.numpy.nanmean(-jax.numpy.log(a) * y - jax.numpy.log(1 - a) * (1 - y))

    assert np.isclose(_core.cost(A, Y, None, 0.0)[0], as_in_the_notebook(), rtol=1e-5)
    contestants = [
        Contestant(SWIFTREG, lambda: _core.cost(A, Y, None, 0.0)),
        Contestant("NumPy, notebook", as_in_the_notebook),
    ]
    if torch is not None:
        a, y = torch.from_numpy(A), torch.from_numpy(Y)
        cost = torch.nn.functional.binary_cross_entropy
        contestants.append(Contestant("PyTorch", lambda: cost(a, y)))
    return contestants + _jax("JAX", in_jax, A, Y)


def activations(threads: int, quick: bool) -> Iterator[Case]:
    for dtype in TYPES:
        yield Case(f"sigmoid {np.dtype(dtype).name} 1 M", COUNT, _sigmoid(dtype))
    for dtype in TYPES:
        yield Case(f"cost {np.dtype(dtype).name} 1 M", COUNT, _cost(dtype))


# NumPy's and PyTorch's names.
FUNCTIONS: dict[str, tuple[Callable[..., Any], str]] = {
    "exp": (np.exp, "exp"),
    "log": (np.log, "log"),
    "log1p": (np.log1p, "log1p"),
    "softplus": (lambda x, out: np.logaddexp(0, x, out=out), "nn.functional.softplus"),
    "tanh": (np.tanh, "tanh"),
}


def elementary(threads: int, quick: bool) -> Iterator[Case]:
    for dtype in TYPES:
        for name, (numpys, torchs) in FUNCTIONS.items():
            piece = work.elementary(name, COUNT, dtype)
            x, out, other = piece.x, piece.out, np.empty_like(piece.out)
            ours = piece.by(swiftreg_library())
            ours(1)
            numpys(x, out=other)
            assert np.allclose(out, other, rtol=1e-5, atol=1e-6)
            contestants = [
                Contestant(SWIFTREG, lambda: None, ours),
                Contestant("NumPy", lambda f=numpys, x=x, out=other: f(x, out=out)),  # type: ignore[misc]
            ]
            if torch is not None:
                f = torch
                for part in torchs.split("."):
                    f = getattr(f, part)
                tensor = torch.from_numpy(x)
                contestants.append(Contestant("PyTorch", lambda f=f, t=tensor: f(t)))  # type: ignore[misc]
            yield Case(f"{piece.name} 1 M", COUNT, contestants)


GROUPS = [
    Group(
        "activations", "Sigmoid and cost", "ns", activations,
        "Nanoseconds an element; *NumPy, notebook* is the notebook's formula, *SciPy* "
        "`scipy.special.expit`.",
    ),
    Group(
        "elementary", "Elementary functions", "ns", elementary,
        "Nanoseconds an element, swiftreg's called from C. NumPy's softplus is `logaddexp(0, x)`.",
    ),
]
