"""Hypothesis strategies: arrays of many types and layouts, small networks, and invalid objects."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any, NoReturn

import hypothesis.strategies as st
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

LAYOUTS = ("C", "F", "strided", "reversed", "offset", "transposed")


def laid_out(a: Array, layout: str) -> Array:
    """The same values in another memory layout."""
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
# Near the sizes of vectors and blocks.
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


# ---- Invalid arguments ---------------------------------------------------------------------


class Broken:
    """Has the methods of a number, an array and a sequence; all of them raise."""

    def __float__(self) -> NoReturn:
        raise ZeroDivisionError("broken")

    __index__ = __float__
    __len__ = __float__

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise ZeroDivisionError("broken")


TYPES = ("f4", "f8", ">f8", ">i4", "f2", "g", "?", "u1", "i1", "i8", "u8", "c16", "O", "U3", "S2", "M8[s]", "m8[s]",
         [("x", "f8")])

# No values between: such numbers of elements could be allocated, and would take long.
wild_integers = st.one_of(
    st.integers(-3, 6),
    st.sampled_from([2**48, 2**62, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**30, -(2**63), -(10**30)]),
)
wild_scalars = st.one_of(
    st.floats(),
    wild_integers,
    st.sampled_from([None, True, "0.5", "", b"x", 1j, [], {}, (), Fraction(1, 2), Decimal("0.5"), np.float16(0.5),
                     np.int8(1), np.array(0.5), np.array([0.5]), np.array([0.5, 1]), Broken(), Ellipsis, object()]),
)


@st.composite
def wild_arrays(draw: st.DrawFn, shape: tuple[int, ...]) -> Any:
    """Often of this shape; of any type, layout and values; sometimes no array."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(wild_scalars)
    if kind == 1:
        return draw(st.sampled_from([[[1.0], [2, 3]], [["a"]], memoryview(b"abcd"), bytearray(8), range(3),
                                     np.ma.masked_array([1.0, 2], [0, 1]), np.float32]))
    if kind == 2:
        # Larger than memory, and without memory.
        return np.broadcast_to(draw(st.sampled_from([np.float32(1), 1.0, 1])), draw(st.sampled_from([
            (2**50,), (2**30, 2**20), (2**45, *shape[1:]), (*shape[:-1], 2**45)])))
    if kind < 6:
        shape = tuple(draw(st.lists(st.integers(0, 6), max_size=4)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    values = rng.normal(size=shape)
    if kind % 2 == 0 and values.size > 0:
        values.flat[rng.integers(values.size)] = draw(st.sampled_from([np.nan, np.inf, -np.inf, 1e300, -0.0]))
    dtype: Any = "f8" if kind == 9 else draw(st.sampled_from(TYPES))
    with np.errstate(all="ignore"):
        array = np.zeros(shape, dtype) if np.dtype(dtype).kind in "mMV" else np.nan_to_num(values).astype(dtype) \
            if np.dtype(dtype).kind in "iub" else values.astype(dtype)
    if np.dtype(dtype).kind not in "mMVc" and array.ndim > 0 and array.size > 0 and values.size and np.isfinite(values).all():
        array = laid_out(array, draw(layouts))
    array = np.asarray(array)
    array.flags.writeable = draw(st.integers(0, 4)) > 0
    return array


def sometimes_wild(usual: st.SearchStrategy[Any], wild: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly valid: a call with only invalid arguments is refused at the first one."""
    return st.integers(0, 4).flatmap(lambda n: wild if n == 0 else usual)
