"""swiftreg.notebook.check: right functions of several styles pass; mistakes made on purpose are named."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from notebook_student import DROPOUT, EINSUM, FORWARD, GRADED, HELPERS, LOOPS, STYLES, WHOLE, student
from swiftreg import notebook
from swiftreg.notebook import check

# ---- Correct functions -------------------------------------------------------------------------


@pytest.mark.parametrize("style", STYLES)
def test_right_functions_of_any_style_pass(style: str) -> None:
    functions = student(*STYLES[style])
    for name in GRADED:
        report = check(functions[name])
        assert report.ok and bool(report), str(report)
        assert str(report).startswith(f"{name}: right.")
        assert (report.quantity, report.error, report.mistake, report.findings) == ("", None, "", ())


@pytest.mark.parametrize("style", [LOOPS, EINSUM], ids=["loops and lists", "einsum"])
def test_right_functions_of_other_structure_pass(style: dict[str, str]) -> None:
    functions = student(text=WHOLE + "".join(style.values()))
    for name in GRADED:
        report = check(functions[name])
        assert report.ok and not report.notes, str(report)


def test_our_own_functions_pass() -> None:
    report = check(model=notebook)
    assert report.ok and len(report.parts) == 14, str(report)


def test_notes_on_correct_functions() -> None:
    functions = student(*STYLES["other draws"])
    (note,) = check(functions["forward_propagation_with_dropout"]).notes
    assert "the masks are right, but not those of np.random.seed(1)" in note
    functions = student(("return cost\n", "return float(cost)\n"))
    report = check(functions["compute_cost_with_regularization"])
    assert report.ok and "Python float" in report.notes[0] and "float64" in str(report)
    functions = student(("dA1 = dA1 * D1", "dA1[~D1] = 0"))
    report = check(functions["backward_propagation_with_dropout"])
    assert report.ok and "right for masks of bool, wrong for integers" in report.notes[0]


# ---- Mistakes ----------------------------------------------------------------------------------

C, B, F, D = GRADED
SQUARES = "(np.sum(np.square(W1)) + np.sum(np.square(W2)) + np.sum(np.square(W3)))"

# The function, the change of its text, the first wrong quantity, words of the mistake.
MISTAKES: dict[str, tuple[str, tuple[tuple[str, str], ...], str, str]] = {
    # The cost.
    "lambd/m in the cost": (C, (("lambd / (2 * m)", "lambd / m"),), "cost", r"lambd/m in place of lambd/\(2m\)"),
    "no m in the cost": (C, (("lambd / (2 * m)", "lambd / 2"),), "cost", "not divided by m"),
    "no brackets": (C, (("lambd / (2 * m)", "lambd / 2 * m"),), "cost", "brackets around 2 \\* m"),
    "lambd forgotten": (C, (("lambd / (2 * m)", "1 / (2 * m)"),), "cost", "lambd is missing"),
    "one matrix": (C, ((SQUARES, "np.sum(np.square(W1))"),), "cost", "only W1 is penalized: W2 and W3 are left out"),
    "two matrices": (C, ((" + np.sum(np.square(W3))", ""),), "cost", "only W1 and W2 are penalized: W3 is left out"),
    "one matrix twice": (C, (("np.sum(np.square(W2))", "np.sum(np.square(W1))"),), "cost", "W1 is penalized twice, W2 left out"),
    "rounded": (C, (("return cost\n", "return np.round(cost, 3)\n"),), "cost", "rounded"),
    "lambd of the test case": (C, (("lambd / (2 * m)", "0.7 / (2 * m)"),), "cost", ""),
    "float32 cost": (C, (("return cost\n", "return np.float32(cost)\n"),), "cost", "dtype: the cost is float32"),
    "a list": (C, (("return cost\n", "return [cost]\n"),), "cost", "shape: "),
    "two mistakes": (
        C, (("lambd / (2 * m)", "lambd / m"), (SQUARES, "sum(np.sum(np.square(p)) for p in parameters.values())")),
        "cost", "the 2 is missing; biases are penalized",
    ),
    "biases": (C, ((SQUARES, "sum(np.sum(np.square(p)) for p in parameters.values())"),), "cost", "biases are penalized"),
    "no squares": (C, ((SQUARES, "(np.sum(W1) + np.sum(W2) + np.sum(W3))"),), "cost", "not squared"),
    "L1": (C, ((SQUARES, "(np.abs(W1).sum() + np.abs(W2).sum() + np.abs(W3).sum())"),), "cost", "L1"),
    "square of the sum": (
        C, ((SQUARES, "(np.sum(W1) ** 2 + np.sum(W2) ** 2 + np.sum(W3) ** 2)"),), "cost", "the sum is squared",
    ),
    "norms": (
        C, ((SQUARES, "sum(np.linalg.norm(W) for W in (W1, W2, W3))"),), "cost", "np.linalg.norm is to be squared",
    ),
    "no penalty": (C, (("cross_entropy_cost + L2_regularization_cost", "cross_entropy_cost"),), "cost", "L2 term is missing"),
    "penalty alone": (C, (("cross_entropy_cost + L2_regularization_cost", "L2_regularization_cost"),), "cost", "cross-entropy is missing"),
    "minus": (C, (("cross_entropy_cost + L2", "cross_entropy_cost - L2"),), "cost", "sign of the L2 term"),
    "no mean": (C, (("return 1. / m * np.nansum", "return np.nansum"),), "cost", "batch mean is missing"),
    "m of the wrong axis": (C, (("m = Y.shape[1]", "m = Y.shape[0]"),), "cost", "batch mean is missing.*not divided by m"),
    "log of 0": (C, (("np.nansum", "np.sum"),), "cost", "log of 0"),
    "cost of shape (1, 1)": (C, (("cost = cross", "cost = np.ones((1, 1)) * cross"),), "cost", r"shape: .*\(1, 1\), not \(\)"),
    "no sum": (C, (("+ np.sum(np.square(W3))", "+ np.square(W3)"),), "cost", "shape: "),
    "unsigned labels": (
        C, (("np.multiply(-np.log(a3), Y)", "np.multiply(np.log(a3), -Y)"),), "cost", "dtype: .*uint8.*-Y wraps around",
    ),
    "nothing returned": (C, (("    return cost\n", ""),), "cost", "None"),
    # The gradients with L2.
    "lambd/(2m) in the gradient": (
        B, (("(lambd / m)", "(lambd / (2 * m))"),), "dW3", r"lambd/\(2m\) \* W, which is right in the cost",
    ),
    "lambd not over m": (B, (("(lambd / m)", "lambd"),), "dW3", "not divided by m"),
    "L2 left out in one": (B, ((" + (lambd / m) * W2", ""),), "dW2", "L2 term is missing"),
    "L2 subtracted": (B, (("+ (lambd / m)", "- (lambd / m)"),), "dW3", "sign of the L2 term"),
    "W squared": (B, (("(lambd / m) * W3", "(lambd / m) * np.square(W3)"),), "dW3", "square of W"),
    "biases penalized": (
        B, (("db3 = 1. / m * np.sum(dZ3, axis=1, keepdims=True)", "db3 = 1. / m * np.sum(dZ3, axis=1, keepdims=True) + lambd / m * b3"),),
        "db3", "biases are penalized",
    ),
    "batch mean missing in dW": (B, (("1. / m * np.dot(dZ2", "np.dot(dZ2"),), "dW2", "batch mean is missing"),
    "batch mean missing in db": (B, (("db1 = 1. / m * ", "db1 = "),), "db1", "batch mean is missing"),
    "m = X.shape[0]": (B, (("m = X.shape[1]", "m = X.shape[0]"),), "dW3", ""),
    "keepdims": (B, (("db2 = 1. / m * np.sum(dZ2, axis=1, keepdims=True)", "db2 = 1. / m * np.sum(dZ2, axis=1)"),), "db2", "keepdims=True is missing"),
    "axis 0": (B, (("db2 = 1. / m * np.sum(dZ2, axis=1", "db2 = 1. / m * np.sum(dZ2, axis=0"),), "db2", "axis=0 adds the units up"),
    "no axis": (B, (("db2 = 1. / m * np.sum(dZ2, axis=1, keepdims=True)", "db2 = 1. / m * np.sum(dZ2)"),), "db2", "without axis=1"),
    "A >= 0": (B, (("A2 > 0", "A2 >= 0"),), "dZ2", "A >= 0 in place of A > 0"),
    "no ReLU gradient": (B, (("np.multiply(dA1, np.int64(A1 > 0))", "dA1"),), "dZ1", "gradient of ReLU is missing"),
    "sigmoid's gradient": (B, (("np.int64(A1 > 0)", "A1 * (1 - A1)"),), "dZ1", "that of the sigmoid"),
    "Y - A": (B, (("dZ3 = A3 - Y", "dZ3 = Y - A3"),), "dZ3", "sign is wrong"),
    "dA changed in place": (
        B, (("dZ2 = np.multiply(dA2, np.int64(A2 > 0))", "dZ2 = dA2\n    dZ2[A2 <= 0] = 0"),), "dA2", "make a copy of dA",
    ),
    "key left out": (B, (('"dA1": dA1,', ""),), "dA1", "no dA1"),
    "float32": (B, (("(lambd / m) * W3", "(lambd / m) * W3\n    dW3 = dW3.astype(np.float32)"),), "dW3", "dtype: dW3 is float32"),
    "whole numbers": (B, (("dA2 = np.dot(W3.T, dZ3)", "dA2 = np.dot(W3.T, dZ3).astype(int)"),), "dA2", "dtype: dA2 is int64"),
    # The forward pass with dropout.
    "not scaled": (F, (("A1 = A1 / keep_prob", "A1 = A1"),), "A1", "not divided by keep_prob"),
    "scaled the wrong way": (F, (("A2 = A2 / keep_prob", "A2 = A2 * keep_prob"),), "A2", "multiplied by keep_prob"),
    "scaled by 1 - keep_prob": (F, (("A2 = A2 / keep_prob", "A2 = A2 / (1 - keep_prob)"),), "A2", "1 - keep_prob"),
    "mask not applied": (F, (("A1 = A1 * D1", "A1 = A1"),), "A1", "mask is not applied"),
    "no dropout": (F, (("A1 = A1 * D1\n    A1 = A1 / keep_prob", "pass"),), "A1", "dropout is not applied"),
    "<=": (F, (("D1 < keep_prob", "D1 <= keep_prob"),), "D1", "<= in place of <"),
    "<= in D2": (F, (("D2 < keep_prob", "D2 <= keep_prob"),), "D2", "<= in place of <"),
    ">": (F, (("D1 < keep_prob", "D1 > keep_prob"),), "D1", "comparison is turned around"),
    "randn": (F, (("np.random.rand(A2", "np.random.randn(A2"),), "D2", "randn in place of np.random.rand"),
    "fixed threshold": (F, (("D1 < keep_prob", "D1 < 0.5"),), "D1", "threshold is 0.5 in place of keep_prob"),
    "no comparison": (F, (("D1 = D1 < keep_prob", ""),), "D1", "holds the random numbers"),
    "mask of a column": (F, (("np.random.rand(A1.shape[0], A1.shape[1])", "np.random.rand(A1.shape[0], 1)"),), "D1", "mask of the wrong shape: .*all examples lose the same units"),
    "mask of a row": (F, (("np.random.rand(A2.shape[0], A2.shape[1])", "np.random.rand(1, A2.shape[1])"),), "D2", "mask of the wrong shape"),
    "mask of X's shape": (F, (("np.random.rand(A1.shape[0], A1.shape[1])", "np.random.rand(*X.shape)"),), "D1", r"mask of the wrong shape: D1 has \(2, 200\), A1 has \(40, 200\)"),
    "mask turned": (F, (("np.random.rand(A1.shape[0], A1.shape[1])", "np.random.rand(A1.shape[1], A1.shape[0])"),), "D1", "mask of the wrong shape"),
    "D holds the scale": (F, (("D1 = D1 < keep_prob", "D1 = (D1 < keep_prob) / keep_prob"), ("A1 = A1 / keep_prob", "")), "D1", "scale: D1 is divided"),
    "one draw a unit": (F, (("D1 = D1 < keep_prob", "D1 = np.repeat(D1[:, :1] < keep_prob, D1.shape[1], axis=1)"),), "D1", "each example needs a mask of its own"),
    "probability to drop": (F, (("keep_prob=0.5):", "keep_prob=0.5):\n    keep_prob = 1 - keep_prob"),), "D1", "turned around"),
    "one mask twice": (F, (("D2 = np.random.rand(A2.shape[0], A2.shape[1])\n    D2 = D2 < keep_prob", "D2 = D1[:len(A2)]"),), "D2", "repeats the numbers of D1"),
    "reseeded": (F, (("D2 = np.random.rand", "np.random.seed(1); D2 = np.random.rand"),), "D2", "repeats the numbers of D1"),
    "dropout of the output": (F, (("A3 = sigmoid(Z3)\n    cache", "A3 = sigmoid(Z3) * (np.random.rand(1, X.shape[1]) < keep_prob) / keep_prob\n    cache"),), "A3", "output layer"),
    "old A in the cache": (F, (("A1 = A1 * D1\n    A1 = A1 / keep_prob", "B1 = A1 * D1 / keep_prob"), ("np.dot(W2, A1)", "np.dot(W2, B1)")), "A1", "cache has A from before dropout"),
    "old A in Z": (F, (("Z2 = np.dot(W2, A1)", "Z2 = np.dot(W2, relu(Z1))"),), "Z2", "computed from A1 before dropout"),
    "masks not in the cache": (F, (("cache = (Z1, D1, A1, W1, b1, Z2, D2, A2,", "cache = (Z1, A1, W1, b1, Z2, A2,"),), "cache", "D1 and D2 are missing"),
    "cache in another order": (F, (("cache = (Z1, D1, A1, W1, b1,", "cache = (Z1, A1, W1, b1, D1,"),), "W1", "something else at the place of W1"),
    "no bias": (F, (("np.dot(W2, A1) + b2", "np.dot(W2, A1)"),), "Z2", "bias is missing"),
    "no relu": (F, (("A2 = relu(Z2)", "A2 = Z2"),), "A2", "ReLU is missing"),
    "tanh": (F, (("A1 = relu(Z1)", "A1 = np.tanh(Z1)"),), "A1", "tanh"),
    "wrong sigmoid": (F, (("np.exp(-x)", "np.exp(x)"),), "A3", "sign in the exponential"),
    # The gradients with dropout.
    "mask forgotten": (D, (("dA2 = dA2 * D2", ""), ("dA1 = dA1 * D1", "")), "dA2", "mask is not applied backward"),
    "mask forgotten in one": (D, (("dA1 = dA1 * D1", ""),), "dA1", "mask is not applied backward"),
    "division forgotten": (D, (("dA2 = dA2 / keep_prob", ""),), "dA2", "not divided by keep_prob"),
    "both forgotten": (D, (("dA2 = dA2 * D2\n    dA2 = dA2 / keep_prob", "pass"),), "dA2", "not applied backward.*, and divided by keep_prob"),
    "multiplied": (D, (("dA1 = dA1 / keep_prob", "dA1 = dA1 * keep_prob"),), "dA1", "multiplied by keep_prob"),
    "mask of the other layer": (D, (("dA1 = dA1 * D1", "dA1 = dA1 * (D2 if D2.shape == D1.shape else D1)"),), "dA1", "mask is that of another layer"),
    "mask inverted": (D, (("dA2 = dA2 * D2", "dA2 = dA2 * (D2 == 0)"),), "dA2", "mask is turned around"),
    "masked by A": (D, (("dA2 = dA2 * D2", "dA2 = dA2 * (A2 > 0)"),), "dA2", "masked by A > 0"),
    "a new mask": (D, (("dA2 = dA2 * D2", "dA2 = dA2 * (np.random.rand(*dA2.shape) < keep_prob)"),), "dA2", "not the D of the cache"),
    "a fixed number": (D, (("dA2 = dA2 / keep_prob", "dA2 = dA2 / 0.5"),), "dA2", "0.5, a fixed number"),
    "the number of the test case": (D, (("dA2 = dA2 / keep_prob", "dA2 = dA2 / 0.8"),), "dA2", ""),
    "divided twice": (D, (("dA2 = dA2 / keep_prob", "dA2 = dA2 / keep_prob ** 2"),), "dA2", "divided by keep_prob twice"),
    "names in another order": (D, (("(Z1, D1, A1, W1, b1, Z2, D2, A2,", "(Z1, A1, D1, W1, b1, Z2, A2, D2,"),), "dW3", "the mask D takes the place of A"),
    "too few names": (D, (("(Z1, D1, A1, W1, b1, Z2, D2, A2,", "(Z1, A1, W1, b1, Z2, A2,"),), "the result", "unpacked into the wrong number"),
    "mean missing": (D, (("dW1 = 1. / m * ", "dW1 = "),), "dW1", "batch mean is missing"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_on_purpose_are_named(mistake: str) -> None:
    name, changes, quantity, words = MISTAKES[mistake]
    report = check(student(*changes)[name])
    assert not report.ok and report.function == name
    assert report.quantity == quantity, str(report)
    assert re.search(words, report.mistake), str(report)
    assert quantity in str(report) and report.mistake in str(report)
    assert len(str(report)) < 600


def test_a_forgotten_mask_is_seen_though_every_dW_is_right() -> None:
    """Mistakes that neither a gradient check nor a hash of the weights finds."""
    functions = student(("dA2 = dA2 * D2", ""), ("dA1 = dA1 * D1", ""))
    report = check(functions["backward_propagation_with_dropout"])
    assert [finding.quantity for finding in report.findings] == ["dA2", "dA1"]
    assert report.error is not None and report.error > 0.1
    assert "The same in dA1." in str(report)


def test_the_largest_error_is_that_of_the_first_wrong_quantity() -> None:
    functions = student(("dW3 = 1. / m * np.dot(dZ3, A2.T)", "dW3 = 0.25 + 1. / m * np.dot(dZ3, A2.T)"))
    report = check(functions["backward_propagation_with_regularization"])
    assert report.quantity == "dW3" and report.error == pytest.approx(0.25)
    assert report.first is not None and report.first.expected == "dW3 = 1/m dZ3 A2^T + lambd/m W3"


# ---- The helpers and a whole set ---------------------------------------------------------------

HELPER_MISTAKES = {
    "relu": (("np.maximum(0, x)", "np.abs(x)"), "A", "absolute"),
    "sigmoid": (("np.exp(-x)", "np.exp(x)"), "A", "sign in the exponential"),
    "compute_cost": (("np.multiply(-np.log(1 - a3), 1 - Y)", "0"), "cost", "the term of Y = 0 is missing"),
    "initialize_parameters": (("/ np.sqrt(layer_dims[l - 1])", "* 0.01"), "W1", "multiplied by 0.01"),
    "update_parameters": (
        ('parameters["W" + str(k + 1)] - learning', 'parameters["W" + str(k + 1)] + learning'), "W1", "sign is wrong",
    ),
    "forward_propagation": (("Z2 = np.dot(W2, A1) + b2\n    A2 = relu(Z2)\n    Z3", "Z2 = np.dot(W2, A1)\n    A2 = relu(Z2)\n    Z3"), "Z2", "bias is missing"),
    "backward_propagation": (("Y, cache, 0)", "Y, cache, 1)"), "dW3", "does not belong here"),
    "predict": (
        ("a3, caches = forward_propagation(X, parameters)", "a3, caches = forward_propagation_with_dropout(X, parameters, 0.86)"),
        "predictions", "dropout at prediction",
    ),
    "predict_dec": (
        ("    a3, cache = forward_propagation(X, parameters)\n    return", "    a3, cache = forward_propagation_with_dropout(X, parameters)\n    return"),
        "predictions", "dropout at prediction",
    ),
    "model": (("grads = backward_propagation_with_regularization(X, Y, cache, lambd)", "grads = backward_propagation(X, Y, cache)"), "W1", "with L2: lambd is not used"),
}


@pytest.mark.parametrize("name", HELPER_MISTAKES)
def test_mistakes_in_the_helpers(name: str) -> None:
    change, quantity, words = HELPER_MISTAKES[name]
    assert check(student()[name]).ok
    report = check(student(change)[name])
    assert report.quantity == quantity and words in report.mistake, str(report)


def test_a_whole_set() -> None:
    functions = student()
    for whole in (functions, functions["model"]):
        report = check(model=whole)
        assert report.ok, str(report)
        assert [part.function for part in report.parts][-1] == "model" and len(report.parts) == 14
    functions = student(("dA1 = dA1 / keep_prob", ""), ("lambd / (2 * m)", "lambd / m"))
    report = check(model=functions["model"])
    assert not report.ok and report.quantity == "cost"
    wrong = [part.function for part in report.parts if not part.ok]
    assert wrong == ["compute_cost_with_regularization", "backward_propagation_with_dropout", "model"]
    assert len(str(report).splitlines()) > 14


def test_a_model_of_a_common_copy() -> None:
    functions = student(
        ("print_cost=True, lambd=0", "print_cost=True, is_plot=True, lambd=0"),
        ("    import matplotlib", "    assert not is_plot and not print_cost\n    import matplotlib"),
    )
    assert check(functions["model"]).ok
    functions = student(("num_iterations=30000, print_cost=True, lambd=0", "num_iterations=30000, lambd=0"))
    assert check(functions["model"]).ok


def test_a_set_with_other_masks_trains_too() -> None:
    report = check(model=student(*STYLES["other draws"])["model"])
    assert report.ok, str(report)


# ---- No side effects ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("A1 = A1 * D1", "A1 = A1 * D3", "NameError: name 'D3' is not defined"),
        ("A1 = A1 * D1", "A1 = A1 @ D1", "in line .* of forward_propagation_with_dropout"),
        ("A1 = A1 * D1", "A1 *= D1[:3]", "ValueError.*shapes that do not fit"),
        ("Z1 = np.dot(W1, X) + b1", "Z1 = None", "TypeError"),
        ('W1 = parameters["W1"]', 'W1 = parameters["w1"]', "KeyError"),
        ("A1 = A1 * D1", "raise SystemExit(3)", "SystemExit"),
        ("A1 = A1 * D1", "1 / 0", "ZeroDivisionError"),
        ("X, parameters, keep_prob=0.5", "X, keep_prob=0.5", "TypeError"),
    ],
)
def test_exceptions_are_caught_and_placed(old: str, new: str, words: str) -> None:
    text = HELPERS + FORWARD
    function = student((old, new), text=text)["forward_propagation_with_dropout"]
    report = check(function)
    assert not report.ok and report.exception is not None
    assert re.search(words, report.mistake), str(report)


def test_the_line_is_shown(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text(HELPERS + DROPOUT.replace("dA2 * D2", "dA2 * D2.T"))
    monkeypatch.syspath_prepend(str(tmp_path))
    import mine  # type: ignore[import-not-found]

    report = check(mine.backward_propagation_with_dropout)
    assert report.quantity == "dA2"
    assert "of backward_propagation_with_dropout: dA2 = dA2 * D2.T" in report.mistake


@pytest.mark.parametrize("name", GRADED)
@pytest.mark.parametrize(
    "result",
    [
        None, 1, "text", (), [], {}, (1, 2), (None, None), ([], []), object(), np.nan, np.array("x"),
        [[1], [1, 2]], {"dZ3": None}, {"dZ3": "x"}, (np.ones(3), (1,) * 14), {1: 2}, 1j, float("inf"),
        (np.ones((1, 200)), tuple([None] * 14)), np.empty((0, 3)), {"dZ3": np.ones((1, 7), complex)},
    ],
    ids=str,
)
def test_any_result_is_judged(name: str, result: Any) -> None:
    def function(*arguments: Any, **keywords: Any) -> Any:
        return result

    report = check(function, name)
    assert not report.ok and report.quantity and str(report)


GARBAGE = (
    None, 0, "x", [[1, 2], [3]], {}, np.nan, np.ones(3), np.ones((3, 3), complex), np.empty((0, 5)),
    np.ones((2, 2, 2)), object(), np.array([[None]]), np.zeros((40, 200), bool), np.full((40, 200), np.inf),
    np.full((1, 200), np.nan), np.array([1], dtype="M8[s]"), 10**400, np.ones((40, 200), dtype=object),
)


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda value: str(value)[:12])
def test_any_entry_is_judged(garbage: Any) -> None:
    """One entry of a right result in place of which there is something else: no comparison fails."""
    functions = student()

    def judge(function: Any, name: str) -> None:
        report = check(function, name)
        assert not report.ok and report.exception is None, str(report)

    for entry in range(15):
        def forward(X: Any, parameters: Any, keep_prob: float = 0.5, entry: int = entry) -> Any:
            A3, cache = functions["forward_propagation_with_dropout"](X, parameters, keep_prob)
            changed = [*cache, A3]
            changed[entry] = garbage
            return changed[14], tuple(changed[:14])

        judge(forward, "forward_propagation_with_dropout")
    for name in ("backward_propagation_with_regularization", "backward_propagation_with_dropout"):
        for key in ("dZ3", "dW3", "db3", "dA2", "dZ2", "dW1", "db1"):
            def backward(X: Any, Y: Any, cache: Any, number: float, key: str = key, name: str = name) -> Any:
                return {**functions[name](X, Y, cache, number), key: garbage}

            judge(backward, name)
    for name in HELPER_MISTAKES:
        judge(lambda *arguments, **keywords: garbage, name)


def test_nothing_is_left_behind(capsys: pytest.CaptureFixture[str]) -> None:
    import matplotlib.pyplot as plt

    functions = student()
    np.random.seed(7)
    state = np.random.get_state()
    figures = plt.get_fignums()
    assert check(model=functions).ok
    after = np.random.get_state()
    assert np.array_equal(state[1], after[1]) and state[2:] == after[2:]
    assert plt.get_fignums() == figures
    assert capsys.readouterr() == ("", "")


def test_arguments_that_are_changed_are_noticed() -> None:
    functions = student(("m = X.shape[1]\n    (Z1, A1", "m = X.shape[1]\n    X *= 1.5\n    (Z1, A1"))
    assert not check(functions["backward_propagation_with_regularization"]).ok
    functions = student(("Z1 = np.dot(W1, X) + b1\n    A1 = relu(Z1)\n    D1", 'parameters["W1"] += 1e-3\n    Z1 = np.dot(W1, X) + b1\n    A1 = relu(Z1)\n    D1'))
    assert not check(functions["forward_propagation_with_dropout"]).ok


def test_names() -> None:
    functions = student()
    mine = functions["backward_propagation_with_dropout"]
    mine.__name__ = "my_backward_propagation_with_dropout_2"
    assert check(mine).function == "backward_propagation_with_dropout"
    assert check(lambda x: np.maximum(0, x), "relu").ok
    for arguments, keywords, kind in (
        ((lambda x: x,), {}, ValueError), ((mine, "no_such"), {}, ValueError), ((), {}, TypeError),
        ((3,), {}, TypeError), ((mine,), {"model": mine}, TypeError), ((), {"model": 3}, TypeError),
        ((), {"model": {}}, ValueError),
    ):
        with pytest.raises(kind):
            check(*arguments, **keywords)
