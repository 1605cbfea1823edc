"""Checks of the forward passes. With dropout, the masks are read back from the cache."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from swiftreg.notebook._check._calls import Wrong, call
from swiftreg.notebook._check._cases import make_case, plain_cases, relu, sigmoid
from swiftreg.notebook._check._compare import close, compare, numbers, usable
from swiftreg.notebook._check._report import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from swiftreg.notebook._check._cases import Array, Case

Found = tuple[list[Finding], list[str]]
_PLAIN = ("Z1", "A1", "W1", "b1", "Z2", "A2", "W2", "b2", "Z3", "A3", "W3", "b3")
_DROPOUT = (
    "Z1", "D1", "A1", "W1", "b1", "Z2", "D2", "A2", "W2", "b2", "Z3", "A3", "W3", "b3",
)


def _cache(returned: Any, names: tuple[str, ...], case: Case) -> dict[str, Any]:
    """The entries of the cache by their names, and A3 as it was returned."""
    order = f"return A3, cache with cache = ({', '.join(names)})"
    if returned is None:
        words = "the function returns nothing: `return A3, cache` is missing"
        raise Wrong(Finding("A3", None, words, order))
    if not isinstance(returned, (tuple, list)) or len(returned) != 2:
        words = f"the function returns {type(returned).__name__}, not A3 and the cache"
        raise Wrong(Finding("cache", None, words, order))
    A3, cache = returned
    if not isinstance(cache, (tuple, list)):
        words = f"the cache is of type {type(cache).__name__}, not a tuple"
        raise Wrong(Finding("cache", None, words, order))
    if len(cache) != len(names):
        words = f"the cache has {len(cache)} entries, not {len(names)}"
        if names is _DROPOUT and len(cache) == len(_PLAIN):
            words += ": the masks D1 and D2 are missing, which the backward pass needs"
        raise Wrong(Finding("cache", None, words, order))
    entries = dict(zip(names, cache))
    for name, array in case.parameters.items():
        value = entries[name]
        if not isinstance(value, np.ndarray) or not close(value, array):
            words = f"the cache has something else at the place of {name}"
            raise Wrong(Finding(name, None, words, order))
    entries["returned"] = A3
    return entries


# ---- Plain -------------------------------------------------------------------------------------


def _sums(W: Array, A: Array, b: Array) -> Iterator[tuple[str, Any]]:
    yield "the bias is missing", W @ A
    yield "the bias is subtracted", W @ A - b
    yield "the result is that of ReLU: Z is the sum before it", relu(W @ A + b)
    if W.shape[0] == W.shape[1]:
        yield "W is transposed", W.T @ A + b
    yield "the sum is divided by the number of examples", (W @ A + b) / A.shape[1]


def _relu_mistakes(Z: Array) -> Iterator[tuple[str, Any]]:
    yield "ReLU is missing", Z
    yield "the activation is the sigmoid: hidden layers have ReLU", sigmoid(Z)
    yield "the activation is tanh: hidden layers have ReLU", np.tanh(Z)
    yield "ReLU is np.maximum(0, x), not the absolute value", np.abs(Z)
    yield "ReLU is turned around: np.maximum(0, x), not np.minimum", np.minimum(0, Z)
    yield "this is 1 where x > 0: ReLU is x there", (Z > 0) * 1.0
    for slope in (0.01, 0.1, 0.2):
        yield "this is the leaky ReLU", np.where(Z > 0, Z, slope * Z)
    with np.errstate(over="ignore"):
        yield "this is softplus, not ReLU", np.log1p(np.exp(Z))


def _sigmoid_mistakes(Z: Array) -> Iterator[tuple[str, Any]]:
    yield "the sign in the exponential is wrong: 1 / (1 + exp(-x))", sigmoid(-Z)
    yield "the sigmoid is missing", Z
    yield "the activation is ReLU: the last layer has the sigmoid", relu(Z)
    yield "the activation is tanh, not the sigmoid", np.tanh(Z)
    yield "the 1 in the numerator or denominator is misplaced: 1 / (1 + exp(-x))", 1 / 1 + np.exp(-Z)
    yield "this is exp(x), not the sigmoid", np.exp(Z)
    yield "this is 1 + exp(-x): its inverse is the sigmoid", 1 + np.exp(-Z)
    yield "this is the derivative of the sigmoid", sigmoid(Z) * (1 - sigmoid(Z))


def check_forward(function: Callable[..., Any]) -> Found:
    notes: list[str] = []
    for case in plain_cases():
        given = case.copy()
        called = call(function, given.X, given.parameters)
        if called.drew:
            notes.append("the function draws random numbers: dropout at prediction")
        entries = _cache(called.value, _PLAIN, case)
        findings: list[Finding] = []
        A = case.X
        for l in (1, 2, 3):
            W, b = case.parameters[f"W{l}"], case.parameters[f"b{l}"]
            below = f"A{l - 1}" if l > 1 else "X"
            Z = W @ A + b
            _add(findings, compare(
                f"Z{l}", entries[f"Z{l}"], Z, f"Z{l} = W{l} {below} + b{l}", _sums(W, A, b)))
            Z = usable(entries[f"Z{l}"], Z)
            name, right, mistakes = (
                (f"relu(Z{l})", relu(Z), _relu_mistakes(Z))
                if l < 3 else ("sigmoid(Z3)", sigmoid(Z), _sigmoid_mistakes(Z))
            )
            _add(findings, compare(f"A{l}", entries[f"A{l}"], right, f"A{l} = {name}", mistakes))
            A = usable(entries[f"A{l}"], right)
        if findings and called.drew:
            first = findings[0]
            words = "dropout at prediction: this forward pass has none"
            findings[0] = Finding(first.quantity, first.error, words, first.expected)
        if not findings:
            _add(findings, _returned(entries))
        _add(findings, _unchanged(given, case))
        if findings:
            return findings, []
    return [], notes


def _add(findings: list[Finding], finding: Finding | None) -> None:
    if finding is not None:
        findings.append(finding)


def _returned(entries: dict[str, Any]) -> Finding | None:
    finding = compare("A3", entries["returned"], np.asarray(entries["A3"]), "A3 is that of the cache")
    if finding is None:
        return None
    words = "the value that is returned first is not the A3 of the cache"
    return Finding("A3", finding.error, words, "return A3, cache")


def _unchanged(given: Case, case: Case) -> Finding | None:
    """A finding if a function has changed what it was given."""
    named = {"X": (given.X, case.X)} | {
        name: (given.parameters.get(name), case.parameters[name]) for name in case.parameters
    }
    for name, (now, then) in named.items():
        if now is None or not np.array_equal(now, then):
            words = f"the function changes its argument {name} in place"
            return Finding(name, None, words, "arguments stay as they are")
    return None


# ---- Dropout -----------------------------------------------------------------------------------

_WIDTHS, _EXAMPLES = (2, 40, 30, 1), 200
_SIGMAS = 7.0


def _course_draws() -> list[Array]:
    """The random numbers of the course's D1 and D2."""
    generator = np.random.RandomState(1)
    return [generator.rand(width, _EXAMPLES) for width in _WIDTHS[1:3]]


def _mask(
    name: str, got: Any, A: Array, X: Array, keep_prob: float, draws: Array, binomial: bool
) -> Finding | None:
    """A finding for a mask that is none of independent units kept with probability keep_prob."""
    a = name.replace("D", "A")
    formula = f"{name} = np.random.rand(*{a}.shape) < keep_prob"
    D = numbers(name, got, formula)
    if D.shape != A.shape:
        words = f"a mask of the wrong shape: {name} has {D.shape}, {a} has {A.shape}"
        if D.shape == (A.shape[0], 1):
            words += ", so that all examples lose the same units"
        elif D.shape == (1, A.shape[1]):
            words += ", so that an example loses all units or none"
        elif D.shape == A.shape[::-1]:
            words += ": the sides are exchanged"
        elif D.shape == X.shape:
            words += ": it is that of X"
        return Finding(name, None, words, formula)
    values = np.unique(D)
    if not np.isin(values, (0, 1)).all():
        if np.allclose(values[values != 0], 1 / keep_prob):
            words = (
                f"scale: {name} is divided by keep_prob itself; the notebook's {name} holds 0 and 1,"
                f" and {a} is divided"
            )
        elif len(values) > 2 and values.min() >= 0 and values.max() < 1:
            words = f"{name} holds the random numbers themselves: < keep_prob is missing"
        else:
            words = f"{name} holds {values[:3]}, not 0 and 1 only"
        return Finding(name, None, words, formula)
    D = D != 0
    if D.any() and not D.all():
        if (D == D[:, :1]).all():
            words = f"all columns of {name} are the same: each example needs a mask of its own"
            return Finding(name, None, words, formula)
        if (D == D[:1]).all():
            words = f"all rows of {name} are the same: each unit needs a draw of its own"
            return Finding(name, None, words, formula)
    share, error = float(D.mean()), abs(float(D.mean()) - keep_prob)
    spread = np.sqrt(keep_prob * (1 - keep_prob) / D.size)
    if error > _SIGMAS * spread:
        return Finding(name, error, _share_words(share, keep_prob, spread, name), formula)
    # keep_prob is one of the numbers that the course's generator gives: only there do < and <=
    # differ. NumPy's binomial uses <=, too.
    if not binomial and np.array_equal(D, draws <= keep_prob) and not np.array_equal(D, draws < keep_prob):
        words = "<= in place of <: a number equal to keep_prob is dropped"
        return Finding(name, 1.0, words, formula)
    return None


def _share_words(share: float, keep_prob: float, spread: float, name: str) -> str:
    """Words for a mask that keeps the wrong share of units."""
    def near(other: float) -> bool:
        return abs(share - other) < _SIGMAS * spread

    if share == 1:
        return f"no unit is dropped: {name} is 1 everywhere"
    if share == 0:
        return f"no unit is kept: {name} is 0 everywhere"
    if near(1 - keep_prob):
        return (
            "the comparison is turned around: keep_prob is the probability to keep a unit,"
            f" {name} is 1 where rand < keep_prob"
        )
    if near(_normal_below(keep_prob)):
        return "np.random.randn in place of np.random.rand: normal numbers, not uniform ones"
    if near(1 - _normal_below(keep_prob)):
        return (
            "np.random.randn in place of np.random.rand, and the comparison is turned around"
        )
    if near(0.5):
        return f"the threshold is 0.5 in place of keep_prob: {share:.0%} of the units are kept"
    if near(keep_prob**2):
        return f"keep_prob is applied twice: {share:.0%} of the units are kept, not {keep_prob:.0%}"
    return f"{share:.1%} of the units are kept, not {keep_prob:.1%}"


def _normal_below(x: float) -> float:
    """The probability that a normal number is below x."""
    return (1 + math.erf(x / math.sqrt(2))) / 2


def _dropped(Z: Array, D: Array, k: float, Z_next: Any, W: Array, b: Array) -> Iterator[tuple[str, Any]]:
    """The values of a hidden A that known mistakes give; Z_next is the student's next Z."""
    a = relu(Z)
    into_next = W @ (a * D / k) + b
    if close(Z_next, into_next):
        before = "the cache has A from before dropout: it must hold A masked and divided by keep_prob"
        yield before, a
        yield "the cache has A from before the division by keep_prob", a * D
    not_applied = "the mask is not applied: A must be multiplied by D"
    not_divided = "A is not divided by keep_prob (inverted dropout)"
    yield f"dropout is not applied: {not_applied.split(': ')[1]} and divided by keep_prob", a
    yield not_applied, a / k
    yield not_divided, a * D
    yield "A is multiplied by keep_prob: it must be divided by it", a * D * k
    yield f"{not_applied}; A is multiplied by keep_prob in place of divided", a * k
    yield "A is divided by 1 - keep_prob in place of keep_prob", a * D / (1 - k)
    yield "A is divided by keep_prob twice", a * D / k**2
    yield "A is divided by 0.5, a fixed number, in place of keep_prob", a * D / 0.5
    yield "the mask is turned around: the kept units are dropped", a * (1 - D) / k
    yield "the mask is turned around, and A not divided by keep_prob", a * (1 - D)
    yield "D is added in place of multiplied", (a + D) / k
    yield "the cache has the mask D at the place of A", 1.0 * D
    for words, value in _relu_mistakes(Z):
        yield words, value * D / k
        yield f"{words}; {not_divided}", value * D


def _next_sums(W: Array, Z: Array, D: Array, A: Array, b: Array, k: float, l: int) -> Iterator[tuple[str, Any]]:
    """The values of Z above a hidden layer that known mistakes give."""
    a = relu(Z)
    yield f"Z{l} is computed from A{l - 1} before dropout", W @ a + b
    yield f"Z{l} is computed from A{l - 1} before the division by keep_prob", W @ (a * D) + b
    yield f"Z{l} is computed from Z{l - 1}", W @ Z + b
    yield from _sums(W, A, b)


def check_dropout_forward(function: Callable[..., Any]) -> Found:
    case = make_case(_WIDTHS, _EXAMPLES, 31)
    draws = _course_draws()
    notes: list[str] = []
    # A number drawn for D1 next to 0.7, one for D2 next to 0.6, then keep_prob = 1.
    for layer, wanted in enumerate((0.7, 0.6)):
        ordered = draws[layer].ravel()
        keep_prob = float(ordered[np.argmin(np.abs(ordered - wanted))])
        findings, notes = _dropout_once(function, case, keep_prob, draws)
        if findings:
            return findings, notes
    findings = _without_dropout(function, case)
    return findings, notes


def _call_dropout(function: Callable[..., Any], given: Case, keep_prob: float) -> tuple[Any, list[str]]:
    """What the function returns; keep_prob is given by name, as in the notebook, if it has one."""
    code = getattr(function, "__code__", None)
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if code else ("keep_prob",)
    if "keep_prob" in names or (code is not None and code.co_flags & 0x08):
        return call(function, given.X, given.parameters, keep_prob=keep_prob).value, []
    note = "the notebook calls this function with keep_prob=..., which it does not take by that name"
    return call(function, given.X, given.parameters, keep_prob).value, [note]


def _dropout_once(
    function: Callable[..., Any], case: Case, keep_prob: float, draws: list[Array]
) -> Found:
    given = case.copy()
    returned, notes = _call_dropout(function, given, keep_prob)
    entries = _cache(returned, _DROPOUT, case)
    findings: list[Finding] = []
    A, below = case.X, None
    masks: list[Array] = []
    for l in (1, 2, 3):
        W, b = case.parameters[f"W{l}"], case.parameters[f"b{l}"]
        Z = W @ A + b
        source = f"A{l - 1}" if l > 1 else "X"
        mistakes = _sums(W, A, b) if below is None else _next_sums(W, below[0], below[1], A, b, keep_prob, l)
        _add(findings, compare(f"Z{l}", entries[f"Z{l}"], Z, f"Z{l} = W{l} {source} + b{l}", mistakes))
        Z = usable(entries[f"Z{l}"], Z)
        if l == 3:
            right = sigmoid(Z)
            dropped = _output_dropout(entries["A3"], right)
            _add(findings, dropped or compare(
                "A3", entries["A3"], right, "A3 = sigmoid(Z3), without dropout", _sigmoid_mistakes(Z)))
            break
        wrong = _mask(
            f"D{l}", entries[f"D{l}"], Z, case.X, keep_prob, draws[l - 1],
            "binomial" in getattr(getattr(function, "__code__", None), "co_names", ()),
        )
        if wrong:
            return [*findings, wrong], notes
        D = np.asarray(entries[f"D{l}"]).astype(np.float64)
        masks.append(D)
        right = relu(Z) * D / keep_prob
        W_next, b_next = case.parameters[f"W{l + 1}"], case.parameters[f"b{l + 1}"]
        _add(findings, compare(
            f"A{l}", entries[f"A{l}"], right, f"A{l} = relu(Z{l}) * D{l} / keep_prob",
            _dropped(Z, D, keep_prob, entries[f"Z{l + 1}"], W_next, b_next)))
        A, below = usable(entries[f"A{l}"], right), (Z, D)
    if not findings:
        _add(findings, _returned(entries))
    _add(findings, _unchanged(given, case))
    if not findings:
        first, second = masks[0].ravel()[: masks[1].size], masks[1].ravel()
        if np.array_equal(first, second):
            words = (
                "D2 repeats the numbers of D1: they are used twice, or the generator is seeded again"
                " between them"
            )
            findings.append(Finding("D2", None, words, "np.random.seed(1) once, before D1"))
        elif not all(np.array_equal(D, draw < keep_prob) for D, draw in zip(masks, draws)):
            notes.append(
                "the masks are right, but not those of np.random.seed(1) and rand in the order of"
                " the course, so its printed figures will differ"
            )
    return findings, notes


def _output_dropout(got: Any, right: Array) -> Finding | None:
    A = usable(got, right)
    if not (A == 0).any():
        return None
    words = "dropout is applied to the output layer: it is for the hidden layers only"
    error = float(np.abs(A - right).max())
    return Finding("A3", error, words, "A3 = sigmoid(Z3), without dropout")


def _without_dropout(function: Callable[..., Any], case: Case) -> list[Finding]:
    """keep_prob = 1 keeps every unit."""
    given = case.copy()
    returned, _ = _call_dropout(function, given, 1.0)
    entries = _cache(returned, _DROPOUT, case)
    layers = case.forward()
    for l in (1, 2):
        D = numbers(f"D{l}", entries[f"D{l}"], "")
        if not (D == 1).all():
            words = "with keep_prob = 1 units are dropped"
            return [Finding(f"D{l}", 1.0, words, f"D{l} is 1 everywhere")]
    finding = compare("A3", entries["A3"], layers[-1].A, "A3 = sigmoid(Z3)")
    if finding is None:
        return []
    words = finding.mistake or "with keep_prob = 1 the result is not that without dropout"
    return [Finding("A3", finding.error, words, finding.expected)]


# ---- Activations -------------------------------------------------------------------------------


def check_activation(function: Callable[..., Any], which: str) -> Found:
    x = np.array([[-2.5, -0.3, 0.0, 0.7], [1.9, -1.1, 3.2, -0.05]])
    right, mistakes = (
        (relu(x), _relu_mistakes(x)) if which == "relu" else (sigmoid(x), _sigmoid_mistakes(x))
    )
    formula = "relu(x) = np.maximum(0, x)" if which == "relu" else "sigmoid(x) = 1 / (1 + exp(-x))"
    given = x.copy()
    got = call(function, given).value
    if isinstance(got, tuple):
        words = f"the function returns {len(got)} values, not the array alone"
        return [Finding("A", None, words, formula)], []
    finding = compare("A", got, right, formula, mistakes)
    if finding is None and not np.array_equal(given, x):
        finding = Finding("A", None, "the function changes its argument in place", formula)
    return ([finding] if finding else []), []
