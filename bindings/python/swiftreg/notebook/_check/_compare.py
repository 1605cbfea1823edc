"""The comparison of a quantity with its right value, and with the values that known mistakes give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from swiftreg.notebook._check._calls import Wrong
from swiftreg.notebook._check._report import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
Mistakes: TypeAlias = "Iterable[tuple[str, Any]]"

# Differences up to this part of the largest value are rounding.
_ROUNDING = 1e-9
_SINGLE = 1e-4


def close(got: Any, right: Any, tolerance: float = _ROUNDING) -> bool:
    """The same shape, and the same values up to rounding."""
    got, right = np.asarray(got), np.asarray(right)
    if got.shape != right.shape or got.dtype.kind not in "biuf":
        return False
    got, right = got.astype(np.float64), right.astype(np.float64)
    if got.size == 0:
        return True
    with np.errstate(all="ignore"):
        scale = max(float(np.abs(right).max()), 1e-12)
        return bool(np.abs(got - right).max() <= tolerance * scale)


def largest_error(got: Array, right: Array) -> float:
    with np.errstate(all="ignore"):
        return float(np.max(np.abs(np.asarray(got, dtype=np.float64) - right)))


def usable(got: Any, right: Array) -> Array:
    """The student's own value if the next formula can be computed with it, else the right one."""
    try:
        array = np.asarray(got)
    except ValueError:
        return right
    if array.shape != right.shape or array.dtype.kind not in "biuf" or not np.isfinite(array).all():
        return right
    return array.astype(np.float64)


def numbers(quantity: str, got: Any, formula: str) -> Array:
    """A quantity as an array of real numbers; Wrong for anything else."""
    if got is None:
        raise Wrong(Finding(quantity, None, f"{quantity} is None: its line is not filled in", formula))
    try:
        array = np.asarray(got)
    except ValueError:
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "biuf":
        raise Wrong(
            Finding(
                quantity, None,
                f"dtype: {quantity} is of type {type(got).__name__}"
                f"{f', dtype {array.dtype}' if isinstance(got, np.ndarray) else ''}, not real numbers",
                formula,
            )
        )
    return array


def compare(
    quantity: str, got: Any, right: Array, formula: str, mistakes: Mistakes = (),
    tolerance: float = _ROUNDING,
) -> Finding | None:
    """None if `got` is right, else what is wrong with it.

    mistakes : pairs of words and the value that this mistake gives.
    """
    try:
        array = numbers(quantity, got, formula)
    except Wrong as wrong:
        return wrong.finding
    right = np.asarray(right)
    if close(array, right, tolerance):
        return None
    error = largest_error(array, right) if array.shape == right.shape else None
    for words, value in mistakes:
        if close(array, value, tolerance) and not close(value, right, tolerance):
            return Finding(quantity, error, words, formula)
    if array.shape != right.shape:
        return Finding(quantity, None, _shape(array, right, quantity), formula)
    if array.dtype != np.float64 and close(array, right, _SINGLE):
        words = f"dtype: {quantity} is {array.dtype}, the notebook computes in float64"
    elif array.dtype.kind in "biu" and right.dtype.kind == "f":
        words = f"dtype: {quantity} is {array.dtype}, which holds whole numbers only"
    elif np.isnan(array).any():
        words = f"{quantity} holds NaN: a division 0/0, or 0 * log(0)"
    elif np.isinf(array).any():
        words = f"{quantity} holds infinite numbers: a division by 0, or log(0)"
    else:
        words = _pattern(array, right)
    return Finding(quantity, error, words, formula)


def _shape(array: Array, right: Array, quantity: str) -> str:
    if array.shape == right.shape[::-1] and close(array.T, right):
        return f"shape: {quantity} is transposed: {array.shape}, not {right.shape}"
    if array.size == right.size and close(array.ravel(), right.ravel()):
        return f"shape: {quantity} has shape {array.shape}, not {right.shape}; its values are right"
    return f"shape: {quantity} has shape {array.shape}, not {right.shape}"


def _pattern(array: Array, right: Array) -> str:
    """Words for a difference that has a simple form."""
    if close(array, -right):
        return "the sign is wrong"
    if not array.any():
        return "it is 0 everywhere"
    for digits in range(1, 8):
        if array.dtype.kind == "f" and close(array, np.round(right, digits)):
            return "it is rounded"
    with np.errstate(all="ignore"):
        ratio = array[right != 0] / right[right != 0]
    if ratio.size > 1 and close(ratio, np.full(ratio.shape, ratio[0])) and close(array, ratio[0] * right):
        return f"every value is {ratio[0]:.4g} times the right one: a factor is missing or too much"
    return ""
