"""Checks of the costs: a wrong one is taken apart into its data term and its penalty."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from swiftreg.notebook._check._calls import Wrong, call
from swiftreg.notebook._check._cases import cross_entropy, make_case
from swiftreg.notebook._check._compare import close, compare, largest_error, numbers
from swiftreg.notebook._check._report import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from swiftreg.notebook._check._cases import Array, Case

# Those who add 1e-8 to keep the logarithm from 0 are right, too.
_TOLERANCE = 1e-6
_DATA = "1/m np.nansum(-log(A3) Y - log(1 - A3) (1 - Y))"
_FULL = "cost = cross-entropy + lambd/(2m) (the sum of the squares of all W)"


def _data_terms(A: Array, Y: Array) -> Iterator[tuple[str, Any]]:
    """The values of the cross-entropy that known mistakes give; the right one has no words."""
    y, m = Y.astype(np.float64), Y.shape[1]
    J = cross_entropy(A, Y)
    ones, zeros = -y * np.log(A), -(1 - y) * np.log(1 - A)
    yield "", J
    yield (
        "the batch mean is missing: the cross-entropy is not divided by m = Y.shape[1]", J * m
    )
    yield "the cross-entropy is divided by m twice", J / m
    yield "the cross-entropy is missing", 0.0
    yield "the sign of the cross-entropy is wrong", -J
    yield "the cross-entropy is halved", J / 2
    yield "the logarithm is that of base 2: use np.log", J / np.log(2)
    yield "the logarithm is that of base 10: use np.log", J / np.log(10)
    yield "the term of Y = 0 is missing: -(1 - Y) log(1 - A3)", ones.sum() / m
    yield "the term of Y = 1 is missing: -Y log(A3)", zeros.sum() / m
    yield "Y and 1 - Y have changed places", cross_entropy(A, 1 - y)
    yield "the sign between the terms is wrong", (ones - zeros).sum() / m
    yield "this is the squared error, not the cross-entropy", np.mean((A - y) ** 2)
    yield "this is half the squared error, not the cross-entropy", np.mean((A - y) ** 2) / 2


def _penalties(case: Case, lambd: float) -> Iterator[tuple[str, float]]:
    """The values of the L2 term that known mistakes give; the right one has no words."""
    m, p = case.m, case.parameters
    weights = {name: p[name] for name in ("W1", "W2", "W3")}
    squares = {name: float(np.sum(array**2)) for name, array in p.items()}
    full = sum(squares[name] for name in weights)
    biases = sum(squares[f"b{l}"] for l in (1, 2, 3))
    sums: dict[str, float] = {"": full}
    for times in product((0, 1, 2), repeat=3):
        if 0 < sum(times) and times != (1, 1, 1) and times != (2, 2, 2):
            words = _counted(dict(zip(weights, times)))
            sums[words] = sum(n * squares[name] for name, n in zip(weights, times))
    penalized = "biases are penalized: L2 is for the weights only"
    sums[penalized] = full + biases
    sums["the biases are penalized in place of the weights"] = biases
    sums["the weights are not squared"] = sum(float(np.sum(W)) for W in weights.values())
    sums["this is L1: absolute values in place of squares"] = sum(
        float(np.sum(np.abs(W))) for W in weights.values()
    )
    sums["the sum is squared, not each weight"] = sum(
        float(np.sum(W)) ** 2 for W in weights.values()
    )
    sums["the root of the sum is taken: np.linalg.norm is to be squared"] = sum(
        float(np.sqrt(np.sum(W**2))) for W in weights.values()
    )
    sums["the root of the sum is taken: the squares are to be added as they are"] = np.sqrt(full)
    sums["the means of the squares are added, not their sums: np.sum in place of np.mean"] = sum(
        float(np.mean(W**2)) for W in weights.values()
    )
    for name in ("W1", "W2", "W3"):
        rest = full - squares[name]
        sums.setdefault(f"{name} is added without np.sum or squares", rest + float(np.sum(weights[name])))
    factors = {
        "": lambd / (2 * m),
        "the factor is lambd/m in place of lambd/(2m): the 2 is missing": lambd / m,
        "the factor is lambd/2 in place of lambd/(2m): it is not divided by m = Y.shape[1]": lambd / 2,
        "the factor is lambd in place of lambd/(2m)": lambd,
        "the factor is lambd m/2 in place of lambd/(2m): brackets around 2 * m are missing":
            lambd / 2 * m,
        "lambd is missing: the factor is 1/(2m) in place of lambd/(2m)": 1 / (2 * m),
        "lambd is missing: the factor is 1/m in place of lambd/(2m)": 1 / m,
        "lambd is squared": lambd**2 / (2 * m),
        "the factor is lambd/(4m) in place of lambd/(2m)": lambd / (4 * m),
        "the L2 term is divided by m twice": lambd / (2 * m**2),
        "the factor is lambd/(2 n) with n the number of weights": lambd / (
            2 * sum(W.size for W in weights.values())
        ),
    }
    for first, factor in factors.items():
        for second, total in sums.items():
            yield "; ".join(filter(None, (first, second))), factor * total
    yield "the L2 term is missing", 0.0
    yield "the sign of the L2 term is wrong", -lambd / (2 * m) * full


def _counted(times: dict[str, int]) -> str:
    """Words for matrices that are left out (0 times) or penalized twice."""
    left, once, twice = ([name for name, n in times.items() if n == count] for count in (0, 1, 2))
    if left and not twice:
        kept = f"only {' and '.join(once)} {'is' if len(once) == 1 else 'are'} penalized: "
        return f"{kept}{' and '.join(left)} {'is' if len(left) == 1 else 'are'} left out"
    words = f"{' and '.join(twice)} {'is' if len(twice) == 1 else 'are'} penalized twice"
    return f"{words}, {' and '.join(left)} left out" if left else words


def _explanations(A: Array, case: Case, lambd: float | None) -> Iterator[tuple[str, Any]]:
    """Data terms and penalties put together: those with one mistake first."""
    data = list(_data_terms(A, case.Y))
    penalties = [("", 0.0)] if lambd is None else list(_penalties(case, lambd))
    pairs = [
        ("; ".join(filter(None, (one, two))), value + penalty)
        for one, value in data for two, penalty in penalties if one or two
    ]
    return iter(sorted(pairs, key=lambda pair: pair[0].count("; ")))


def _cases() -> list[Case]:
    return [make_case((3, 5, 4, 1), 7, 21), make_case((2, 6, 6, 1), 11, 22, np.uint8)]


def check_cost(
    function: Callable[..., Any], lambd: float | None = None
) -> tuple[list[Finding], list[str]]:
    """The findings and notes of compute_cost, or with lambd of the regularized cost."""
    formula = f"cost = {_DATA}" if lambd is None else _FULL
    notes: list[str] = []

    def cost(A: Array, case: Case, weight: float | None) -> Any:
        given = case.copy()
        rest = () if weight is None else (given.parameters, weight)
        return call(function, A.copy(), given.Y, *rest).value

    for i, case in enumerate(_cases()):
        A = case.forward()[-1].A
        weight = None if lambd is None else lambd * (1, 2.5)[i]
        got = cost(A, case, weight)
        squares = sum(float(np.sum(case.parameters[f"W{l}"] ** 2)) for l in (1, 2, 3))
        right = np.asarray(cross_entropy(A, case.Y) + (weight or 0) / (2 * case.m) * squares)
        array = numbers("cost", got, formula)
        value = array.reshape(()) if array.size == 1 else array
        finding = compare("cost", value, right, formula, _explanations(A, case, weight), _TOLERANCE)
        if finding is None and array.dtype.kind == "f" and array.dtype != np.float64:
            words = f"dtype: the cost is {array.dtype}, the notebook computes in float64"
            finding = Finding("cost", largest_error(array, right), words, formula)
        if finding and array.size > 1:
            finding = Finding(
                "cost", None,
                f"shape: the cost has shape {array.shape}, not that of a single number: np.sum is missing",
                formula,
            )
        if finding and case.Y.dtype == np.uint8:
            signed = type(case)(case.X, case.Y.astype(np.int64), case.parameters)
            if close(np.asarray(cost(A, signed, weight)).reshape(-1), right.reshape(-1)):
                finding = Finding(
                    "cost", finding.error,
                    "dtype: the labels of data.mat are uint8, in which -Y wraps around: write"
                    " -np.log(A3) * Y",
                    formula,
                )
        if finding:
            return [finding], notes
        if array.ndim:
            words = (
                f"shape: the cost has shape {array.shape}, not () of a single number:"
                " np.sum without axis and keepdims, or np.squeeze"
            )
            return [Finding("cost", None, words, formula)], notes
        if array.dtype.kind != "f":
            words = f"dtype: the cost is {array.dtype}, not float64"
            return [Finding("cost", None, words, formula)], notes
        if not isinstance(got, (np.generic, np.ndarray)):
            note = (
                f"the cost is a Python {type(got).__name__}: the course's own test takes NumPy's"
                " float64 only"
            )
            notes = [note]
    # Outputs of 0 and 1 that are right: 0 * log(0) counts 0.
    case = _cases()[0]
    A, y = case.forward()[-1].A.copy(), case.Y[0]
    A[0, :4] = y[:4]
    rest = float(np.sum(-np.log(np.where(y[4:] == 1, A[0, 4:], 1 - A[0, 4:]))))
    squares = sum(float(np.sum(case.parameters[f"W{l}"] ** 2)) for l in (1, 2, 3))
    right = np.asarray(rest / case.m + (lambd or 0) / (2 * case.m) * squares)
    try:
        got = np.asarray(cost(A, case, lambd), dtype=np.float64)
    except Wrong as wrong:
        words = f"log of 0: for outputs of exactly 0 and 1, {wrong.finding.mistake}"
        raise Wrong(Finding("cost", None, words, formula), wrong.exception) from None
    # Those who keep A away from 0 and 1 by a small number are right, too.
    if not close(got, right, 1e-5):
        words = (
            f"log of 0: the cost is {float(got):.4g} where outputs are exactly 0 and 1, as they are"
            " after long training: there 0 * log(0) must count 0, as np.nansum does"
        )
        return [Finding("cost", abs(float(got) - float(right)), words, formula)], notes
    return [], notes
