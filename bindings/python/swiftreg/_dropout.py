"""Inverted dropout with masks that are a pure function of (seed, stream, position)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swiftreg import _core

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


def dropout(
    a: ArrayLike,
    keep_prob: float,
    *,
    seed: int,
    stream: int = 0,
    offset: int = 0,
    mask: NDArray[np.uint8] | NDArray[np.bool_] | None = None,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Inverted dropout: `a * M / keep_prob`, with M a mask of 0 and 1.

    Element i of `a`, counted in C order from 0 whatever the layout in memory, is kept iff

        w(offset + i) < round(keep_prob * 2**32)

    where w(j) is word j % 4 of philox4x32-10 with the counter (j // 4, stream), 64 bits each, and
    the key seed (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011). So the same
    seed drops the same elements on any machine, with any number of threads. The scaling by
    1/keep_prob keeps the expected value (Srivastava et al., "Dropout", 2014).

    Parameters
    ----------
    a : array of any shape. float32 and float64 are used as they lie, strided too; other real types
        and lists are converted to float64. A dropped NaN stays NaN, a dropped negative becomes -0.
    keep_prob : the probability to keep an element, in (0, 1]. Not a drop rate.
    seed, stream, offset : integers in 0 to 2**64 - 1. Another stream is an independent mask; the
        offset is that of element 0 in a longer sequence.
    mask : an array of uint8 or bool and the shape of `a` that receives the mask, 1 for kept.
    out : an array of the type and shape of the result that receives it; may be `a` itself.

    Returns
    -------
    `out`, or a new C-ordered array of the shape and type of `a`.

    Raises
    ------
    ValueError : keep_prob or an integer out of range; out or mask read-only, of another shape, or
        overlapping another argument.
    TypeError : an argument of a type that cannot be used (complex numbers, strings), or an out or a
        mask to write that is not in the machine's byte order.
    After an error nothing has been written. Safe to call from several threads on different outputs.
    """
    return _core.forward_dropout(a, keep_prob, seed, stream, offset, mask, out)


def dropout_backward(
    da: ArrayLike,
    keep_prob: float,
    *,
    seed: int | None = None,
    stream: int = 0,
    offset: int = 0,
    mask: ArrayLike | None = None,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """The gradient through `dropout`: `da * M / keep_prob`.

    The mask M is either drawn again from the seed, stream and offset of the forward call, so that
    it need not be kept, or given: an array of 0 and 1 of the shape of `da` and any real type.

    Parameters
    ----------
    da : the gradient at the output of `dropout`; types and layouts as `a` there.
    keep_prob, seed, stream, offset, out : as for `dropout`.
    mask : the mask that was used, in place of the seed.

    Raises
    ------
    TypeError : neither seed nor mask, or both; else as `dropout`.
    ValueError : as `dropout`; a mask of another shape or with values other than 0 and 1.
    """
    if mask is None:
        if seed is None:
            raise TypeError("dropout_backward needs seed or mask, got neither")
        return _core.backward_dropout(da, keep_prob, seed, stream, offset, out)
    if seed is not None:
        raise TypeError(f"dropout_backward takes seed or mask, got both (seed={seed!r})")
    return _core.apply_mask(da, mask, keep_prob, out)


def dropout_mask(
    n: int | tuple[int, ...] | list[int],
    keep_prob: float,
    *,
    seed: int,
    stream: int = 0,
    offset: int = 0,
) -> NDArray[np.uint8]:
    """The mask that `dropout` uses for an array of n elements (or of shape n): uint8, 1 for kept.

    The layer l (0 = the input) of a network at step t, row r of the global batch, uses
    stream = t * 2**16 + l and offset = r * 2**34.

    Raises ValueError for a negative n or values out of range as in `dropout`, TypeError for types.
    """
    return _core.dropout_mask(n, keep_prob, seed, stream, offset)
