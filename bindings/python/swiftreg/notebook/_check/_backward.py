"""Checks of the gradients, quantity by quantity, each by its formula from the student's own before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from swiftreg.notebook._check._calls import Wrong, call
from swiftreg.notebook._check._cases import flat, plain_cases
from swiftreg.notebook._check._compare import close, compare, usable
from swiftreg.notebook._check._report import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from swiftreg.notebook._check._cases import Array, Case, Layer

KEYS = ("dZ3", "dW3", "db3", "dA2", "dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1")
_NOT_APPLIED = "the mask is not applied backward: dA must be multiplied by the same D as A was"
_NOT_DIVIDED = "dA is not divided by keep_prob, by which A was divided"


def _weight_mistakes(
    dZ: Array, layer: Layer, below: Array, hidden: Layer | None, m: int, lambd: float
) -> Iterator[tuple[str, Array]]:
    """The values of dW that known mistakes give; `hidden` is the layer below, None for X."""
    W, b = layer.W, layer.b
    product = dZ @ below.T
    data = {
        "": product / m,
        "the batch mean is missing: dZ A^T is not divided by m": product,
        "the batch mean divides by the number of features, not of examples (m = X.shape[1])":
            product / len(below),
        "dZ A^T is divided by m twice": product / m**2,
        "dZ A^T is missing": 0 * W,
        "the sign of dZ A^T is wrong": -product / m,
    }
    if hidden is not None:
        data["Z of the layer below takes the place of its A"] = dZ @ hidden.Z.T / m
        data["A of the layer below is taken before dropout"] = dZ @ np.maximum(0, hidden.Z).T / m
        if hidden.D is not None:
            words = "the mask D takes the place of A: compare the names with the order of the cache"
            data[words] = dZ @ hidden.D.T / m
    terms: dict[str, Any] = {"": lambd / m * W}
    if lambd:
        terms |= {
            "the L2 term is missing: lambd/m * W": 0,
            "the L2 term is lambd/(2m) * W, which is right in the cost: its derivative is lambd/m * W":
                lambd / (2 * m) * W,
            "the L2 term is not divided by m: lambd * W in place of lambd/m * W": lambd * W,
            "the L2 term is lambd/2 * W in place of lambd/m * W": lambd / 2 * W,
            "the L2 term is twice too large: 2 lambd/m * W in place of lambd/m * W":
                2 * lambd / m * W,
            "the L2 term is divided by m twice": lambd / m**2 * W,
            "lambd is missing in the L2 term: W/m in place of lambd/m * W": W / m,
            "the sign of the L2 term is wrong: it is added": -lambd / m * W,
            "the L2 term has the square of W, which is right in the cost: its derivative has W":
                lambd / m * W**2,
            "the L2 term has the sum of W in place of W": lambd / m * np.sum(W),
            "the L2 term has the sum of the squares of W in place of W": lambd / m * np.sum(W**2),
            "the L2 term has the norm of W in place of W": lambd / m * np.sqrt(np.sum(W**2)),
            "the L2 term is that of L1: the sign of W in place of W": lambd / m * np.sign(W),
            "the L2 term has the biases in place of W": lambd / m * b,
        }
    for first, value in data.items():
        for second, term in terms.items():
            if first or second:
                yield "; ".join(filter(None, (first, second))), value + term
    if not lambd:
        yield "the L2 term does not belong here: dW has W in it", product / m + W / m


def _bias_mistakes(dZ: Array, layer: Layer, m: int, lambd: float) -> Iterator[tuple[str, Any]]:
    total = np.sum(dZ, axis=1, keepdims=True)
    rows = (
        ("", total),
        ("keepdims=True is missing, so that db is not a column", total.ravel()),
        ("np.sum without axis=1 adds all units up", np.sum(dZ)),
        ("np.sum without axis=1 adds all units up", np.sum(dZ, keepdims=True)),
        ("axis=0 adds the units up: axis=1 adds the examples up", np.sum(dZ, axis=0, keepdims=True)),
        (
            "axis=0 adds the units up: axis=1 adds the examples up; keepdims=True is missing",
            np.sum(dZ, axis=0),
        ),
        ("the examples are not added up: np.sum over axis=1 is missing", dZ),
    )
    means: tuple[tuple[str, float], ...] = (
        ("", 1 / m), ("the batch mean is missing: db is not divided by m", 1.0),
        ("db is divided by m twice", 1 / m**2),
        ("db is divided by the number of units, not of examples", 1 / len(dZ)),
    )
    for first, value in rows:
        for second, factor in means:
            if first or second:
                yield "; ".join(filter(None, (first, second))), value * factor
    if lambd:
        penalties = (lambd / m, lambd / (2 * m), lambd, 2 * lambd / m, 1 / m)
        for factor in penalties:
            yield "biases are penalized: L2 is for the weights only", total / m + factor * layer.b
        for factor in penalties:
            words = "the L2 term of the weights is added to db: biases are not penalized"
            yield words, total / m + factor * np.sum(layer.W, axis=1, keepdims=True)


def _activation_mistakes(
    got: Any, G: Array, dZ_above: Array, above: Layer, layer: Layer, other: Layer, keep_prob: float
) -> Iterator[tuple[str, Any]]:
    """The values of dA that known mistakes give; G is W^T dZ, `got` the student's dA."""
    D, A, W = layer.D, layer.A, above.W
    if W.shape[0] == W.shape[1]:
        wrong_way = W @ dZ_above
        yield "W is not transposed", wrong_way if D is None else wrong_way * D / keep_prob
    if D is None:
        yield (
            "dZ changed dA in place: dZ is the same array, make a copy of dA first", G * (A > 0)
        )
        yield "dA is divided by the number of examples, which is for dW and db only", G / G.shape[1]
        return
    k = keep_prob
    yield f"{_NOT_APPLIED}, and divided by keep_prob", G
    yield _NOT_APPLIED, G / k
    yield _NOT_DIVIDED, G * D
    yield "dA is multiplied by keep_prob: it must be divided by it", G * D * k
    yield f"{_NOT_APPLIED}; dA is multiplied by keep_prob in place of divided", G * k
    yield "dA is divided by keep_prob twice", G * D / k**2
    yield "dA is divided by 1 - keep_prob in place of keep_prob", G * D / (1 - k)
    yield "the mask is turned around: the kept units are dropped", G * (1 - D) / k
    yield "the mask is turned around, and dA not divided by keep_prob", G * (1 - D)
    by_A = (
        "dA is masked by A > 0, which is for dZ; its mask is D (or dZ changed dA in place: then make"
        " a copy of dA first)"
    )
    yield by_A, G * (A > 0) / k
    yield f"{by_A}; {_NOT_DIVIDED}", G * (A > 0)
    yield "dA is multiplied by A in place of the mask D", G * A / k
    yield f"dA is multiplied by A in place of the mask D; {_NOT_DIVIDED}", G * A
    yield "dA is divided by 0.5, a fixed number, in place of keep_prob", G * D / 0.5
    if other.D is not None and other.D.shape == D.shape:
        yield "the mask is that of another layer", G * other.D / k
        yield f"the mask is that of another layer; {_NOT_DIVIDED}", G * other.D
    if isinstance(got, np.ndarray) and got.shape == D.shape:
        kept = got != 0
        words = "the mask is not the D of the cache, perhaps a new one"
        yield words, G * kept / k
        yield f"{words}; {_NOT_DIVIDED}", G * kept


def _error_mistakes(dA: Array, layer: Layer, G: Array) -> Iterator[tuple[str, Any]]:
    """The values of a hidden dZ that known mistakes give."""
    A, Z = layer.A, layer.Z
    yield (
        "the gradient of ReLU is missing, or A >= 0 in place of A > 0: A >= 0 is always true", dA
    )
    yield "the gradient of ReLU is turned around: dZ is dA where A > 0, 0 elsewhere", dA * (A <= 0)
    yield "dA is multiplied by A, not by A > 0", dA * A
    yield "dA is multiplied by Z, not by A > 0", dA * Z
    yield "the gradient is that of the sigmoid: hidden layers have ReLU", dA * A * (1 - A)
    yield "the gradient is that of tanh: hidden layers have ReLU", dA * (1 - A**2)
    if layer.D is not None:
        yield "dZ is computed from dA before the mask and keep_prob", G * (A > 0)
        yield "dZ is computed from dA before the mask and keep_prob", G * (Z > 0)


def _last_mistakes(A: Array, Y: Array, m: int) -> Iterator[tuple[str, Any]]:
    y = Y.astype(np.float64)
    yield "the sign is wrong: Y - A3 in place of A3 - Y", y - A
    yield "Y is not subtracted", A
    yield "dZ3 is divided by m, which is for dW and db only", (A - y) / m
    yield "the gradient of the sigmoid is in it, which cancels in the cross-entropy", (
        (A - y) * A * (1 - A)
    )
    yield "this is dA3, the gradient of the cost to A3: dZ3 = A3 - Y", (A - y) / (A * (1 - A))


def _judge(got: Any, layers: list[Layer], case: Case, lambd: float, keep_prob: float) -> list[Finding]:
    """What is wrong with a dict of gradients, in the order in which they are computed."""
    m = case.m
    if not isinstance(got, dict):
        words = f"the function returns {type(got).__name__}, not a dict of gradients"
        if got is None:
            words = "the function returns nothing: `return gradients` is missing"
        raise Wrong(Finding("gradients", None, words, ""))
    findings: list[Finding] = []

    def judge(name: str, right: Array, formula: str, mistakes: Any) -> Array:
        """The student's value where it can be computed with, else the right one."""
        if name not in got:
            words = f"the dict of gradients has no {name}"
            findings.append(Finding(name, None, words, f"the keys {', '.join(KEYS)}"))
            return right
        finding = compare(name, got[name], right, formula, mistakes)
        if finding is None:
            return right
        findings.append(finding)
        return usable(got[name], right)

    scaled = " * D / keep_prob" if layers[0].D is not None else ""
    dZ = judge(
        "dZ3", layers[2].A - case.Y, "dZ3 = A3 - Y", _last_mistakes(layers[2].A, case.Y, m)
    )
    for l in (3, 2, 1):
        layer, hidden = layers[l - 1], layers[l - 2] if l > 1 else None
        below = hidden.A if hidden else case.X
        A_name = f"A{l - 1}" if hidden else "X"
        term = f" + lambd/m W{l}" if lambd else ""
        judge(
            f"dW{l}", dZ @ below.T / m + lambd / m * layer.W, f"dW{l} = 1/m dZ{l} {A_name}^T{term}",
            _weight_mistakes(dZ, layer, below, hidden, m, lambd),
        )
        judge(
            f"db{l}", np.sum(dZ, axis=1, keepdims=True) / m,
            f"db{l} = 1/m np.sum(dZ{l}, axis=1, keepdims=True)", _bias_mistakes(dZ, layer, m, lambd),
        )
        if hidden is None:
            break
        G = layer.W.T @ dZ
        masked = G if hidden.D is None else G * hidden.D / keep_prob
        dA = judge(
            f"dA{l - 1}", masked, f"dA{l - 1} = W{l}^T dZ{l}" + scaled.replace("D", f"D{l - 1}"),
            _activation_mistakes(got.get(f"dA{l - 1}"), G, dZ, layer, hidden, layers[3 - l], keep_prob),
        )
        dZ = judge(
            f"dZ{l - 1}", dA * (hidden.A > 0), f"dZ{l - 1} = dA{l - 1} where A{l - 1} > 0, else 0",
            _error_mistakes(dA, hidden, G),
        )
    return findings


def _once(
    function: Callable[..., Any], case: Case, layers: list[Layer], lambd: float | None,
    keep_prob: float | None, mask_type: Any,
) -> tuple[list[Finding], list[str]]:
    """The findings and notes of one call."""
    given = case.copy()
    cache = flat(layers, mask_type)
    last = [value for value in (lambd, keep_prob) if value is not None]
    returned = call(function, given.X, given.Y, cache, *last).value
    findings = _judge(returned, layers, case, lambd or 0.0, keep_prob or 1.0)
    notes = []
    unknown = sorted(set(returned) - set(KEYS))
    if unknown:
        notes.append(f"the notebook's own dict has no {', '.join(map(str, unknown))}")
    if not (np.array_equal(given.X, case.X) and np.array_equal(given.Y, case.Y)):
        findings.append(Finding("X", None, "the function changes X or Y in place", ""))
    before = flat(layers, mask_type)
    if not all(close(now, then) for now, then in zip(cache, before)):
        notes.append("the function changes arrays of the cache in place")
    return findings, notes


def _all(
    function: Callable[..., Any], lambd: float | None, keep_prob: float | None, mask_type: Any
) -> tuple[list[Finding], list[str]]:
    """The findings of the first case that is wrong."""
    cases = plain_cases()
    notes: list[str] = []
    for i, case in enumerate(cases):
        # Other values in the second case, since some write a fixed number.
        if i and lambd is not None:
            lambd *= 2.5
        if i and keep_prob is not None:
            keep_prob *= 0.75
        masks = None
        if keep_prob is not None:
            generator = np.random.RandomState(5 + i)
            widths = [len(case.parameters[f"W{l}"]) for l in (1, 2)]
            masks = [(generator.rand(width, case.m) < 0.6).astype(np.int64) for width in widths]
        layers = case.forward(masks, keep_prob or 1.0)
        findings, found_notes = _once(function, case, layers, lambd, keep_prob, mask_type)
        notes += [note for note in found_notes if note not in notes]
        if findings:
            if case.Y.dtype == np.uint8:
                signed = type(case)(case.X, case.Y.astype(np.int64), case.parameters)
                again, _ = _once(function, signed, layers, lambd, keep_prob, mask_type)
                if not again:
                    first = findings[0]
                    words = (
                        "dtype: the labels of data.mat are uint8, in which -Y and Y - 1 wrap around:"
                        " keep Y the second operand, as in A3 - Y"
                    )
                    findings = [Finding(first.quantity, first.error, words, first.expected)]
            return findings, notes
    return [], notes


def check_backward(
    function: Callable[..., Any], lambd: float | None = None, keep_prob: float | None = None
) -> tuple[list[Finding], list[str]]:
    """The findings and notes of a backward pass, plain, with L2 (lambd) or dropout (keep_prob)."""
    if keep_prob is None:
        return _all(function, lambd, None, None)
    # A mask may be of any type that 0 and 1 have: some write ~D, others 1 - D.
    attempts: list[tuple[list[Finding], list[str]]] = []
    failures: list[Wrong] = []
    for mask_type in (np.bool_, np.int64):
        try:
            findings, notes = _all(function, lambd, keep_prob, mask_type)
        except Wrong as wrong:
            failures.append(wrong)
            continue
        if not findings:
            if attempts or failures:
                notes.append(f"right for masks of dtype {np.dtype(mask_type)}, wrong for bool")
            elif not _right_for(function, lambd, keep_prob, np.int64):
                notes.append("right for masks of bool, wrong for integers 0 and 1")
            return [], notes
        attempts.append((findings, notes))
    if attempts:
        return attempts[0]
    raise failures[0]


def _right_for(
    function: Callable[..., Any], lambd: float | None, keep_prob: float, mask_type: Any
) -> bool:
    try:
        return not _all(function, lambd, keep_prob, mask_type)[0]
    except Wrong:
        return False
