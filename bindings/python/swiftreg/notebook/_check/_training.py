"""Checks of what surrounds the passes: initial parameters, update, predictions, the training loop."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from swiftreg.notebook._check._calls import Wrong, call
from swiftreg.notebook._check._cases import make_case, plain_cases
from swiftreg.notebook._check._compare import close, compare, numbers
from swiftreg.notebook._check._report import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from swiftreg.notebook._check._cases import Array, Case, Parameters

Found = tuple[list[Finding], list[str]]
_NAMES = ("W1", "b1", "W2", "b2", "W3", "b3")


def _dict_of_parameters(got: Any, function: str) -> dict[str, Any]:
    if not isinstance(got, dict):
        words = f"the function returns {type(got).__name__}, not a dict of parameters"
        if got is None:
            words = "the function returns nothing: `return parameters` is missing"
        raise Wrong(Finding("parameters", None, words, f"{function} gives a dict of W1, b1, W2, ..."))
    for name in _NAMES:
        if name not in got:
            words = f"the dict of parameters has no {name}"
            raise Wrong(Finding(name, None, words, "the keys W1, b1, W2, b2, W3, b3"))
    return got


# ---- initialize_parameters ---------------------------------------------------------------------


def check_initialize(function: Callable[..., Any]) -> Found:
    widths = (3, 20, 5, 1)
    got = _dict_of_parameters(call(function, list(widths), seed=99).value, "initialize_parameters")
    generator = np.random.RandomState(3)
    findings = []
    for l in (1, 2, 3):
        below, width = widths[l - 1], widths[l]
        normal = generator.randn(width, below)
        mistakes = (
            ("W is not divided by np.sqrt of the width below", normal),
            ("W is multiplied by 0.01 in place of divided by np.sqrt of the width below", normal * 0.01),
            ("W is divided by the width below, not by its root", normal / below),
            ("W is multiplied by the root of the width below", normal * np.sqrt(below)),
            ("He's factor sqrt(2/n) takes the place of 1/sqrt(n)", normal * np.sqrt(2 / below)),
            ("W is divided by the root of its own width, not of the width below", normal / np.sqrt(width)),
            ("W is 0: units of a layer then stay equal", np.zeros_like(normal)),
        )
        formula = f"W{l} = np.random.randn(n_{l}, n_{l - 1}) / np.sqrt(n_{l - 1}), after np.random.seed(3)"
        finding = compare(f"W{l}", got[f"W{l}"], normal / np.sqrt(below), formula, mistakes)
        if finding and not finding.mistake:
            words = "other random numbers: the generator is seeded with 3, once, before W1"
            finding = Finding(finding.quantity, finding.error, words, formula)
        if finding:
            findings.append(finding)
        finding = compare(f"b{l}", got[f"b{l}"], np.zeros((width, 1)), f"b{l} = np.zeros((n_{l}, 1))")
        if finding:
            findings.append(finding)
    return findings, []


# ---- update_parameters -------------------------------------------------------------------------


def check_update(function: Callable[..., Any]) -> Found:
    case = plain_cases()[0]
    generator = np.random.RandomState(41)
    grads = {f"d{name}": generator.randn(*array.shape) for name, array in case.parameters.items()}
    rate = 0.3
    given = case.copy()
    got = _dict_of_parameters(
        call(function, given.parameters, {name: g.copy() for name, g in grads.items()}, rate).value,
        "update_parameters",
    )
    findings = []
    for name in _NAMES:
        before, gradient = case.parameters[name], grads[f"d{name}"]
        mistakes = [
            ("the sign is wrong: the step goes against the gradient", before + rate * gradient),
            ("learning_rate is missing", before - gradient),
            (f"{name} is not updated", before),
            (f"the step is missing {name} itself", -rate * gradient),
            (f"{name} is the gradient alone", gradient),
            ("the gradient is divided by learning_rate", before - gradient / rate),
            ("the step is taken twice", before - 2 * rate * gradient),
            (f"the step is {name} in place of d{name}", before - rate * before),
        ]
        finding = compare(
            name, got[name], before - rate * gradient, f"{name} = {name} - learning_rate * d{name}",
            mistakes,
        )
        if finding:
            findings.append(finding)
    return findings, []


# ---- Predictions -------------------------------------------------------------------------------


def _draws_masks(function: Callable[..., Any], drew: bool) -> bool:
    names = getattr(getattr(function, "__code__", None), "co_names", ())
    return drew or "forward_propagation_with_dropout" in names


def check_predictions(function: Callable[..., Any], decimal: bool = False) -> Found:
    """predict(X, y, parameters), or predict_dec(parameters, X)."""
    case = make_case((2, 20, 8, 1), 150, 51)
    case.parameters["b3"] -= np.median(case.forward()[-1].Z)
    A = case.forward()[-1].A
    right = A > 0.5
    given = case.copy()
    arguments = (given.parameters, given.X) if decimal else (given.X, given.Y, given.parameters)
    called = call(function, *arguments)
    formula = "the predictions are 1 where A3 > 0.5, else 0, without dropout"
    prediction = "predictions"
    array = numbers(prediction, called.value, formula)
    mistakes = (
        ("these are the probabilities: A3 > 0.5 is missing", A),
        ("the comparison is turned around: 1 is for A3 > 0.5", ~right),
    )
    finding = compare(prediction, array * 1.0, right * 1.0, formula, mistakes)
    if finding and _draws_masks(function, called.drew):
        words = (
            "dropout at prediction: it belongs to training only; predictions come from"
            " forward_propagation, or keep_prob = 1"
        )
        finding = Finding(prediction, finding.error, words, formula)
    elif called.drew and not finding:
        words = "dropout at prediction: random numbers are drawn, which belong to training only"
        finding = Finding(prediction, None, words, formula)
    return ([finding] if finding else []), []


# ---- model -------------------------------------------------------------------------------------


def _trained(
    case: Case, masks: list[Array] | None, lambd: float, keep_prob: float, rate: float, steps: int
) -> Parameters:
    """The parameters after `steps` of gradient descent from the notebook's initial ones."""
    generator = np.random.RandomState(3)
    widths = (len(case.X), 20, 3, 1)
    p: Parameters = {}
    for l in (1, 2, 3):
        p[f"W{l}"] = generator.randn(widths[l], widths[l - 1]) / np.sqrt(widths[l - 1])
        p[f"b{l}"] = np.zeros((widths[l], 1))
    m = case.m
    for _ in range(steps):
        layers = type(case)(case.X, case.Y, p).forward(masks, keep_prob)
        dZ = layers[2].A - case.Y
        updated = {}
        for l in (3, 2, 1):
            layer = layers[l - 1]
            below = layers[l - 2].A if l > 1 else case.X
            updated[f"W{l}"] = layer.W - rate * (dZ @ below.T / m + lambd / m * layer.W)
            updated[f"b{l}"] = layer.b - rate * dZ.sum(axis=1, keepdims=True) / m
            if l > 1:
                hidden = layers[l - 2]
                dA = layer.W.T @ dZ
                dZ = (dA if hidden.D is None else dA * hidden.D / keep_prob) * (hidden.A > 0)
        p = updated
    return p


def _training_mistakes(
    case: Case, masks: list[Array] | None, lambd: float, keep_prob: float, rate: float, steps: int
) -> Iterator[tuple[str, Parameters]]:
    def train(
        other_masks: list[Array] | None = masks, *, l2: float = lambd, keep: float = keep_prob,
        step: float = rate, count: int = steps,
    ) -> Parameters:
        return _trained(case, other_masks, l2, keep, step, count)

    if lambd:
        yield "lambd is not used: the gradients are those without L2", train(l2=0.0)
    if masks is not None:
        yield "keep_prob is not used: the network trains without dropout", train(None, keep=1.0)
    yield "learning_rate is not used", train(step=1.0)
    yield "one iteration is missing", train(count=steps - 1)
    yield "there is one iteration too many", train(count=steps + 1)
    yield "the parameters are not updated", train(count=0)
    yield "the step goes along the gradient, not against it", train(step=-rate)


def _quiet(function: Callable[..., Any]) -> dict[str, bool]:
    """The arguments of a `model` that switch off what it prints and draws, if it has them."""
    try:
        taken = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}
    return {name: False for name in ("print_cost", "is_plot") if name in taken}


def check_model(function: Callable[..., Any], own_masks: bool = True) -> Found:
    """Trains a few iterations; own_masks is False where a student's masks are not the course's."""
    case = make_case((2, 20, 3, 1), 30, 61)
    generator = np.random.RandomState(1)
    keep_prob = 0.86
    masks = [(generator.rand(width, case.m) < keep_prob) * 1 for width in (20, 3)]
    rate, steps = 0.2, 8
    settings: tuple[tuple[str, dict[str, float], list[Array] | None], ...] = (
        ("without regularization", {}, None),
        ("with L2", {"lambd": 0.7}, None),
        ("with dropout", {"keep_prob": keep_prob}, masks),
    )
    for title, options, drawn in settings:
        given = case.copy()
        try:
            got = _dict_of_parameters(
                call(
                    partial(
                        function, given.X, given.Y, learning_rate=rate, num_iterations=steps,
                        **_quiet(function), **options,
                    )
                ).value,
                "model",
            )
        except Wrong as wrong:
            old = wrong.finding
            finding = Finding(old.quantity, old.error, f"{title}: {old.mistake}", old.expected)
            raise Wrong(finding, wrong.exception) from None
        if drawn is not None and not own_masks:
            continue
        lambd, keep = options.get("lambd", 0.0), options.get("keep_prob", 1.0)
        right = _trained(case, drawn, lambd, keep, rate, steps)
        for name in _NAMES:
            expected = f"{name} after {steps} iterations"
            difference = compare(name, got[name], right[name], expected, (), 1e-7)
            if difference is None:
                continue
            words = difference.mistake or "check the functions that model calls"
            for mistake, value in _training_mistakes(case, drawn, lambd, keep, rate, steps):
                if all(close(got[n], value[n], 1e-7) for n in _NAMES):
                    words = mistake
                    break
            return [Finding(name, difference.error, f"{title}: {words}", expected)], []
    return [], []
