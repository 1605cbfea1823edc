"""The formulas in plain NumPy, written from their sources: the oracle of the tests."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)


def philox(n: int, seed: int, stream: int = 0, offset: int = 0) -> Array:
    """Words offset to offset + n of philox4x32-10 (Salmon et al. 2011)."""
    i = np.arange(n, dtype=np.uint64) + np.uint64(offset)
    block, lane = i // np.uint64(4), (i % np.uint64(4)).astype(int)
    c = [block & _LOW, block >> _32] + [np.full(n, w, np.uint64) for w in (stream & 0xFFFFFFFF, stream >> 32)]
    k = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        p, q = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(q >> _32) ^ c[1] ^ np.uint64(k[0]), q & _LOW, (p >> _32) ^ c[3] ^ np.uint64(k[1]), p & _LOW]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return np.choose(lane, c)


def dropout_mask(n: int, keep_prob: float, seed: int, stream: int = 0, offset: int = 0) -> Array:
    threshold = floor(Fraction(keep_prob) * 2**32 + Fraction(1, 2))
    return (philox(n, seed, stream, offset) < np.uint64(threshold)).astype(np.uint8)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def relu(x: Array) -> Array:
    return np.maximum(0, x)


def names(parameters: dict[str, Array]) -> range:
    return range(1, len(parameters) // 2 + 1)


def forward(X: Array, parameters: dict[str, Array], keep_prob: float | None = None) -> tuple[Array, tuple[Array, ...]]:
    """Any number of layers; with keep_prob, the notebook's dropout after numpy.random.seed(1)."""
    if keep_prob is not None:
        np.random.seed(1)
    A, cache, last = X, [], len(parameters) // 2
    for l in names(parameters):
        W, b = parameters[f"W{l}"], parameters[f"b{l}"]
        Z = np.dot(W, A) + b
        A = sigmoid(Z) if l == last else relu(Z)
        if keep_prob is not None and l != last:
            D = (np.random.rand(A.shape[0], A.shape[1]) < keep_prob).astype(int)
            A = A * D / keep_prob
            cache += [Z, D, A, W, b]
        else:
            cache += [Z, A, W, b]
    return A, tuple(cache)


def cost(A: Array, Y: Array, parameters: dict[str, Array] | None = None, lambd: float = 0.0) -> Any:
    m = Y.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = -np.log(A) * Y - np.log(1 - A) * (1 - Y)
    value = np.nansum(terms) / m
    if parameters is not None:
        value += lambd / (2 * m) * sum(np.sum(np.square(parameters[f"W{l}"])) for l in names(parameters))
    return value


def backward(X: Array, Y: Array, cache: tuple[Array, ...], lambd: float = 0.0, keep_prob: float | None = None) -> dict[str, Array]:
    size = 4 if keep_prob is None else 5
    layers = [list(cache[i : i + size]) for i in range(0, len(cache), size)]
    m, gradients = X.shape[1], {}
    dZ = layers[-1][-3] - Y
    for l in range(len(layers), 0, -1):
        W = layers[l - 1][-2]
        below = layers[l - 2][-3] if l > 1 else X
        gradients[f"dZ{l}"] = dZ
        gradients[f"dW{l}"] = dZ @ below.T / m + lambd / m * W
        gradients[f"db{l}"] = np.sum(dZ, axis=1, keepdims=True) / m
        if l > 1:
            dA = W.T @ dZ
            if keep_prob is not None:
                dA = dA * layers[l - 2][1] / keep_prob
            gradients[f"dA{l - 1}"] = dA
            dZ = np.where(below > 0, dA, 0)
    return gradients
