"""Hypothesis strategies: arrays of many types and layouts, small networks."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

LAYOUTS = ("C", "F", "strided", "reversed", "offset", "transposed")


def laid_out(a: Array, layout: str) -> Array:
    """The same values, differently in memory."""
    if a.ndim == 0:
        return a.copy()
    if layout == "F":
        result = np.asfortranarray(a)
    elif layout == "strided":
        result = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), a.dtype)[..., ::2]
        result[...] = a
    elif layout == "reversed":
        result = np.ascontiguousarray(a[..., ::-1])[..., ::-1]
    elif layout == "offset":
        flat = np.zeros(a.size + 1, a.dtype)
        flat[1:] = a.ravel()
        result = flat[1:].reshape(a.shape)
    elif layout == "transposed":
        result = np.ascontiguousarray(a.T).T
    else:
        result = np.ascontiguousarray(a)
    assert np.array_equal(result, a)
    return result


layouts = st.sampled_from(LAYOUTS)
seeds = st.integers(0, 2**64 - 1)
keep_probs = st.one_of(st.just(1.0), st.floats(2.0**-20, 1.0), st.sampled_from([0.5, 0.8, 0.86]))
# Round the sizes of vectors and blocks.
counts = st.one_of(st.integers(0, 70), st.sampled_from([127, 128, 129, 255, 256, 257, 1023, 1025]))


@st.composite
def networks(draw: st.DrawFn, dtype: Any = np.float64) -> tuple[Array, Array, dict[str, Array]]:
    """(X, Y, parameters) of one to four layers, X and the weights in some layout."""
    widths = draw(st.lists(st.integers(1, 23), min_size=2, max_size=5))
    m = draw(st.one_of(st.integers(1, 20), st.sampled_from([63, 64, 65, 211])))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    X = laid_out(rng.normal(size=(widths[0], m)).astype(dtype), draw(layouts))
    parameters = {}
    for l, (below, width) in enumerate(zip(widths, widths[1:]), start=1):
        W = (rng.normal(size=(width, below)) / np.sqrt(below)).astype(dtype)
        parameters[f"W{l}"] = laid_out(W, draw(layouts))
        parameters[f"b{l}"] = (0.1 * rng.normal(size=(width, 1))).astype(dtype)
    label_type = draw(st.sampled_from([np.uint8, np.int64, np.float64, np.float32, np.bool_]))
    Y = (rng.random((widths[-1], m)) < 0.5).astype(label_type)
    return X, Y, parameters
