"""The examples that early stopping holds out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def _shares(counts: NDArray[np.intp], total: int) -> NDArray[np.intp]:
    """Divides `total` over strata in proportion to their sizes, by largest remainders.

    Every stratum keeps one example out of its share.
    """
    most = np.maximum(counts - 1, 0)
    exact = total * counts / counts.sum()
    shares = np.minimum(np.floor(exact).astype(np.intp), most)
    while shares.sum() < total and (shares < most).any():
        rest = np.where(shares < most, exact - shares, -np.inf)
        shares[int(rest.argmax())] += 1
    result: NDArray[np.intp] = shares
    return result


def hold_out(
    n: int, fraction: float, strata: NDArray[Any] | None, random_state: np.random.RandomState
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row numbers to train with and to validate with, ceil(fraction * n) of n, at least 2.

    With `strata`, one label a row, each label has its proportion of the validation rows within one
    row, and at least one training row: a label with one row is not held out. Raises ValueError that
    names validation_fraction where fewer than 2 rows would be held out or would remain.
    """
    held = max(2, math.ceil(fraction * n - 1e-9))
    if n - held >= 2:
        order = random_state.permutation(n)
        if strata is None:
            return order[held:], order[:held]
        labels, numbers = np.unique(strata, return_inverse=True)
        shares = _shares(np.bincount(numbers, minlength=len(labels)), held)
        # The rank of each row among the rows of its label, in random order.
        chosen = np.zeros(n, dtype=bool)
        taken = np.zeros(len(labels), dtype=np.intp)
        for row in order:
            label = numbers[row]
            if taken[label] < shares[label]:
                taken[label] += 1
                chosen[row] = True
        held = int(chosen.sum())
        if held >= 2:
            return order[~chosen[order]], order[chosen[order]]
    raise ValueError(
        f"validation_fraction={fraction} of n_samples={n} does not leave 2 examples each for validation"
        " and for training: give more examples, another validation_fraction, or validation data (X_val"
        " and y_val)"
    )
