"""Every public function with arbitrary arguments: a result, or an exception of a promised type after which
nothing was written. `make fuzz` runs these tests for longer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

import swiftreg
from strategies import Broken, keep_probs, seeds, sometimes_wild, wild_arrays, wild_integers, wild_scalars
from swiftreg import MLP, notebook

Array = NDArray[Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]
# LookupError: the dict of parameters or gradients lacks a name, or is no dict. `Broken` raises the
# caller's own exceptions.
PROMISED = (TypeError, ValueError, MemoryError, FloatingPointError, LookupError)

X, Y = np.random.default_rng(0).normal(size=(2, 5)), np.array([[0, 1, 1, 0, 1]])
PARAMETERS = notebook.initialize_parameters([2, 4, 3, 1])
A3, CACHE = notebook.forward_propagation(X, PARAMETERS)
DROPPED = notebook.forward_propagation_with_dropout(X, PARAMETERS, 0.5, seed=1)[1]
GRADIENTS = notebook.backward_propagation(X, Y, CACHE)


def arrays_in(value: Any) -> list[Array]:
    """All arrays of an argument that can be looked at whole."""
    if isinstance(value, np.ndarray):
        return [value] if value.size < 10**6 else []
    if isinstance(value, dict):
        return arrays_in(list(value.values()))
    return [a for item in value for a in arrays_in(item)] if isinstance(value, list | tuple) else []


def state_of(value: Any) -> list[bytes]:
    return [a.tobytes() for a in arrays_in(value)]


def attempt(call: Callable[..., Any], *arguments: Any, written: tuple[Any, ...] = (), **options: Any) -> Any:
    """The result, or None after a refusal. Only `written` may have changed, and only after a successful
    call."""
    kept = [value for value in (*arguments, *options.values()) if not any(value is w for w in written)]
    before, outputs = state_of(kept), state_of(written)
    result = None
    try:
        result = call(*arguments, **options)
    except PROMISED as error:
        assert str(error) or isinstance(error, MemoryError)
        assert state_of(written) == outputs
    except ZeroDivisionError as error:
        assert str(error) == "broken"
        assert state_of(written) == outputs
    if not any(np.shares_memory(a, w) for a in arrays_in(kept) for w in arrays_in(written)):
        assert state_of(kept) == before
    return result


def scalar(draw: Draw, usual: st.SearchStrategy[Any]) -> Any:
    return draw(sometimes_wild(usual, wild_scalars))


def array(draw: Draw, usual: Any) -> Any:
    return draw(sometimes_wild(st.just(usual), wild_arrays(np.shape(usual))))


def mapping(draw: Draw, usual: dict[str, Array]) -> Any:
    """A dict of arrays, one of them another, missing, or under another name; or no dict."""
    key = draw(st.sampled_from(sorted(usual)))
    changed = {**usual, key: array(draw, usual[key])}
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(wild_scalars)
    if kind == 1:
        changed[draw(st.sampled_from(["W1", "b9", "", "W", "W01", "A1"]))] = changed.pop(key)
    return changed


def sequence(draw: Draw, usual: tuple[Array, ...]) -> Any:
    at = draw(st.integers(0, len(usual) - 1))
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(wild_scalars)
    if kind == 1:
        return usual[:at]
    changed = list(usual)
    changed[at] = array(draw, usual[at])
    return tuple(changed)


# ---- Dropout -------------------------------------------------------------------------------


def output(draw: Draw, a: Any, dtype: str) -> Any:
    """None, `a`, an array that overlaps with it, an array for a result, or an invalid object."""
    kind = draw(st.integers(0, 5))
    shape = np.shape(a) if isinstance(a, np.ndarray) and a.size < 10**6 else (2, 3)
    if kind == 0 or isinstance(a, Broken):
        return None
    if isinstance(a, np.ndarray) and kind == 1:
        return a
    if isinstance(a, np.ndarray) and kind == 2 and 0 < a.size < 10**6 and a.ndim > 0:
        return draw(st.sampled_from([a[::-1], a[1:], a.T, a.view()]))
    return np.full(shape, 7, dtype) if kind < 5 else draw(wild_arrays(shape))


@given(st.data())
def test_dropout(data: st.DataObject) -> None:
    draw = data.draw
    a = array(draw, np.random.default_rng(1).normal(size=draw(st.sampled_from([(7,), (3, 4), (2, 3, 4), ()]))))
    options = {name: scalar(draw, seeds) for name in ("seed", "stream", "offset")}
    out, mask = output(draw, a, "f8"), output(draw, a, "u1")
    keep_prob = scalar(draw, keep_probs)
    attempt(swiftreg.dropout, a, keep_prob, **options, out=out, mask=mask, written=(out, mask))
    out = output(draw, a, "f8")
    if draw(st.booleans()):
        attempt(swiftreg.dropout_backward, a, keep_prob, **options, out=out, written=(out,))
    else:
        bits = array(draw, np.ones(np.shape(a) if isinstance(a, np.ndarray) and a.size < 99 else 3, "u1"))
        attempt(swiftreg.dropout_backward, a, keep_prob, mask=bits, out=out, written=(out,))


@given(st.data())
def test_masks_and_threads(data: st.DataObject) -> None:
    draw = data.draw
    shape = draw(st.one_of(wild_scalars, st.lists(wild_integers, max_size=4), st.lists(wild_scalars, max_size=3)))
    attempt(swiftreg.dropout_mask, shape, scalar(draw, keep_probs), seed=scalar(draw, seeds), stream=scalar(draw, seeds))
    before = swiftreg.get_num_threads()
    try:
        attempt(swiftreg.set_num_threads, draw(wild_scalars))
        assert 1 <= swiftreg.get_num_threads() <= 256
    finally:
        swiftreg.set_num_threads(before)


# ---- The notebook --------------------------------------------------------------------------


@given(st.data())
def test_notebook_forward(data: st.DataObject) -> None:
    draw = data.draw
    attempt(draw(st.sampled_from([notebook.sigmoid, notebook.relu])), array(draw, X))
    attempt(notebook.initialize_parameters, draw(st.one_of(wild_scalars, st.lists(wild_scalars, max_size=4))))
    x, parameters = array(draw, X), mapping(draw, PARAMETERS)
    attempt(notebook.forward_propagation, x, parameters)
    attempt(notebook.forward_propagation_with_dropout, x, parameters, scalar(draw, keep_probs),
            seed=scalar(draw, st.one_of(st.none(), seeds)))
    attempt(notebook.predict_dec, parameters, x)


@given(st.data())
def test_notebook_costs(data: st.DataObject) -> None:
    draw = data.draw
    a, y = array(draw, A3), array(draw, Y)
    with np.errstate(all="ignore"):
        attempt(notebook.compute_cost, a, y)
        attempt(notebook.compute_cost_with_regularization, a, y, mapping(draw, PARAMETERS), scalar(draw, st.floats(0, 9)))


@given(st.data())
def test_notebook_backward(data: st.DataObject) -> None:
    draw = data.draw
    x, y, cache = array(draw, X), array(draw, Y), sequence(draw, CACHE)
    attempt(notebook.backward_propagation, x, y, cache)
    attempt(notebook.backward_propagation_with_regularization, x, y, cache, scalar(draw, st.floats(0, 9)))
    attempt(notebook.backward_propagation_with_dropout, x, y, sequence(draw, DROPPED), scalar(draw, keep_probs))
    parameters, gradients = mapping(draw, PARAMETERS), mapping(draw, GRADIENTS)
    # It puts new arrays into the dict.
    attempt(notebook.update_parameters, parameters, gradients, scalar(draw, st.floats(0, 9)), written=(parameters,))


# ---- Networks ------------------------------------------------------------------------------

NAMES: dict[str, tuple[str, ...]] = {
    "activation": ("identity", "relu", "leaky_relu", "tanh", "sigmoid"),
    "loss": ("binary_cross_entropy", "softmax_cross_entropy", "squared_error"),
    "init": ("he", "xavier", "lecun", "notebook"),
    "optimizer": ("sgd", "momentum", "nesterov", "adam", "adamw"),
    "schedule": ("constant", "step", "cosine", "inverse_scaling"),
    "dtype": ("float32", "float64"),
}
NUMBERS = ("keep_prob", "l2", "l1", "max_norm", "label_smoothing", "learning_rate", "momentum", "beta1", "beta2", "epsilon",
           "weight_decay", "clip_norm", "decay", "min_learning_rate")


def network(draw: Draw) -> MLP | None:
    options: dict[str, Any] = {}
    for name in draw(st.sets(st.sampled_from([*NAMES, *NUMBERS, "seed", "period"]), max_size=6)):
        if name in NAMES:
            options[name] = scalar(draw, st.sampled_from(NAMES[name]))
        elif name in NUMBERS:
            options[name] = scalar(draw, st.floats(0.1, 0.9))
        else:
            options[name] = scalar(draw, seeds)
    widths = draw(sometimes_wild(st.just([3, 4, 2]), st.one_of(wild_scalars, st.lists(wild_scalars, max_size=4))))
    made: MLP | None = attempt(MLP, widths, **options)
    return made


@given(st.data())
def test_networks(data: st.DataObject) -> None:
    draw = data.draw
    made = network(draw)
    if made is None or made.layer_dims != (3, 4, 2):
        made = MLP([3, 4, 2], keep_prob=0.5)
    rng = np.random.default_rng(0)
    x, y = array(draw, rng.normal(size=(6, 3))), array(draw, (rng.random((6, 2)) < 0.5).astype("f8"))
    weight = draw(sometimes_wild(st.just(None), wild_arrays((6,))))
    numbers = {name: draw(wild_integers) for name in draw(st.sets(st.sampled_from(
        ["epochs", "batch_size", "patience", "callback_every"])))}
    with np.errstate(all="ignore"):
        for call in draw(st.permutations([
            lambda: attempt(made.predict, x),
            lambda: attempt(made.decision_function, x),
            lambda: attempt(made.predict_dropout, x, scalar(draw, st.integers(1, 3)), scalar(draw, seeds)),
            lambda: attempt(made.cost, x, y, weight),
            lambda: attempt(made.gradient, x, y, weight, scalar(draw, seeds), scalar(draw, st.none())),
            lambda: attempt(made.apply),
            lambda: attempt(made.check_gradient, x, y, weight, max_parameters=draw(wild_integers)),
            lambda: attempt(made.fit, x, y, sample_weight=weight, shuffle=scalar(draw, st.booleans()),
                            min_delta=scalar(draw, st.floats(0, 1)), **numbers),
            lambda: attempt(made.fit, x, y, masks=draw(st.one_of(wild_scalars, st.lists(wild_arrays((6, 4)), max_size=3)))),
            lambda: attempt(made.fit, x, y, validation_data=draw(st.one_of(wild_scalars, st.just((x, y)), st.just([x, y, weight])))),
            lambda: attempt(made.set_optimizer, draw(st.sampled_from([None, *NAMES["optimizer"]])),
                            **{name: draw(wild_scalars) for name in draw(st.sets(st.sampled_from(NUMBERS[5:]), max_size=2))}),
            lambda: attempt(setattr, made, draw(st.sampled_from(["step", "epoch"])), draw(wild_integers)),
            lambda: attempt(made.memory, draw(wild_integers), draw(wild_integers)),
        ])):
            call()
    # The network is still valid.
    assert MLP.from_bytes(made.to_bytes()).to_bytes() == made.to_bytes()


@given(st.data())
def test_files(data: st.DataObject) -> None:
    """Damaged bytes of a network; Tests/fuzz damages them with knowledge of the format."""
    draw = data.draw
    good = bytearray(MLP([3, 4, 2]).to_bytes())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(good)))
        good[at : at + draw(st.integers(0, 9))] = draw(st.binary(max_size=9))
    given_bytes: Any = draw(sometimes_wild(st.just(bytes(good)), st.one_of(wild_scalars, wild_arrays((9,)))))
    made = attempt(MLP.from_bytes, given_bytes)
    if made is not None:
        made.predict(np.ones((2, made.layer_dims[0])))


def test_exceptions_of_broken_objects_reach_the_caller() -> None:
    with pytest.raises(ZeroDivisionError, match="broken"):
        swiftreg.dropout(Broken(), 0.5, seed=1)
