"""Bad input: a clear error that names the argument and the value, and nothing written."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import swiftreg
from swiftreg import _core, notebook

Array = NDArray[Any]
BAD_KEEP_PROBS = [0, -0.1, 1.0000001, 2, float("nan"), float("inf"), -float("inf")]


def refuses(error: type[Exception], *parts: str) -> Any:
    """pytest.raises, with all of these in the message in this order."""
    return pytest.raises(error, match="(?s)" + ".*".join(map(re.escape, parts)))


# ---- dropout -------------------------------------------------------------------------------


@pytest.mark.parametrize("keep_prob", BAD_KEEP_PROBS)
@pytest.mark.parametrize("layout", ["C", "F"])
def test_keep_prob_out_of_range(keep_prob: float, layout: Any) -> None:
    a = np.ones((4, 5), order=layout)
    out, mask = np.full((4, 5), 7.0, order=layout), np.full((4, 5), 7, np.uint8, order=layout)
    value = repr(keep_prob)
    with refuses(ValueError, "keep_prob", value):
        swiftreg.dropout(a, keep_prob, seed=1, out=out, mask=mask)
    with refuses(ValueError, "keep_prob", value):
        swiftreg.dropout(a, keep_prob, seed=1, out=a)
    with refuses(ValueError, "keep_prob", value):
        swiftreg.dropout_backward(a, keep_prob, seed=1, out=out)
    with refuses(ValueError, "keep_prob", value):
        swiftreg.dropout_backward(a, keep_prob, mask=np.ones((4, 5)), out=out)
    with refuses(ValueError, "keep_prob", value):
        swiftreg.dropout_mask(5, keep_prob, seed=1)
    assert (a == 1).all()
    assert (out == 7).all()
    assert (mask == 7).all()


@pytest.mark.parametrize("keep_prob", ["0.5", None, [0.5], 1j])
def test_keep_prob_of_another_type(keep_prob: Any) -> None:
    with refuses(TypeError, "keep_prob", repr(keep_prob)):
        swiftreg.dropout(np.ones(3), keep_prob, seed=1)
    with refuses(TypeError, "keep_prob", repr(keep_prob)):
        notebook.forward_propagation_with_dropout(*network(), keep_prob)


@pytest.mark.parametrize("name", ["seed", "stream", "offset"])
@pytest.mark.parametrize(
    ("value", "error"),
    [(-1, ValueError), (2**64, ValueError), (10**40, ValueError), (1.5, TypeError),
     ("1", TypeError), (None, TypeError), (np.array([1, 2]), TypeError)],
    ids=repr,
)
def test_integers(name: str, value: Any, error: type[Exception]) -> None:
    arguments: dict[str, Any] = {"seed": 1, name: value}
    with refuses(error, name, repr(value)):
        swiftreg.dropout(np.ones(3), 0.5, **arguments)
    with refuses(error, name, repr(value)):
        swiftreg.dropout_mask(3, 0.5, **arguments)
    if not (name == "seed" and value is None):
        with refuses(error, name, repr(value)):
            swiftreg.dropout_backward(np.ones(3), 0.5, **arguments)


def test_seed_is_required() -> None:
    with refuses(TypeError, "seed"):
        swiftreg.dropout(np.ones(3), 0.5)  # type: ignore[call-arg]
    with refuses(TypeError, "seed", "mask"):
        swiftreg.dropout_backward(np.ones(3), 0.5)
    with refuses(TypeError, "seed", "mask", "seed=1"):
        swiftreg.dropout_backward(np.ones(3), 0.5, seed=1, mask=np.ones(3))


BAD_ARRAYS = [
    (np.array([1.0, "x", None]), "objects"),
    (np.ones(3, dtype=complex), "real"),
    (np.array(["1", "2", "3"]), "real"),
    (np.zeros(3, dtype="datetime64[s]"), "array"),
    (np.zeros(3, dtype=[("x", "f8")]), "real"),
    (["a", "b", "c"], "real"),
    ([[1.0], [2.0, 3.0]], "array"),
    ({}, "objects"),
    (None, "objects"),
    ("abc", "real"),
    (b"abc", "array"),
]


@pytest.mark.parametrize(("a", "part"), BAD_ARRAYS, ids=lambda v: str(v)[:20])
def test_arrays_that_are_none(a: Any, part: str) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^a ") as caught:
        swiftreg.dropout(a, 0.5, seed=1)
    assert part in str(caught.value).lower()
    with pytest.raises((TypeError, ValueError), match=r"^da "):
        swiftreg.dropout_backward(a, 0.5, seed=1)
    with pytest.raises((TypeError, ValueError), match=r"^(mask|out) "):
        swiftreg.dropout_backward(np.ones(3), 0.5, mask=a if a is not None else {})
    with pytest.raises((TypeError, ValueError), match=r"^X "):
        notebook.forward_propagation(a, network()[1])


def read_only(a: Array) -> Array:
    a.flags.writeable = False
    return a


@pytest.mark.parametrize(
    ("out", "error", "part"),
    [
        (read_only(np.zeros(6)), ValueError, "read-only"),
        (np.zeros(7), ValueError, "(7,)"),
        (np.zeros((6, 1)), ValueError, "(6, 1)"),
        (np.zeros(6, np.float32), TypeError, "float64"),
        (np.zeros(6, np.int64), TypeError, "float64"),
        (np.zeros(6, ">f8"), TypeError, "byte order"),
        (np.zeros(6, object), TypeError, "objects"),
        ([0.0] * 6, TypeError, "[0.0, 0.0"),
        (bytearray(48), TypeError, "float64"),
    ],
    ids=str,
)
def test_out(out: Any, error: type[Exception], part: str) -> None:
    before = np.array(out)
    a = np.ones(6)
    for call in (
        lambda: swiftreg.dropout(a, 0.5, seed=1, out=out),
        lambda: swiftreg.dropout_backward(a, 0.5, seed=1, out=out),
        lambda: swiftreg.dropout_backward(a, 0.5, mask=a, out=out),
    ):
        with pytest.raises(error, match="^out ") as caught:
            call()
        assert part in str(caught.value).lower()
    assert np.array_equal(before, np.array(out))


@pytest.mark.parametrize(
    ("mask", "error", "part"),
    [
        (read_only(np.zeros(6, np.uint8)), ValueError, "read-only"),
        (np.zeros(5, np.uint8), ValueError, "(5,)"),
        (np.zeros(6, np.int8), TypeError, "uint8 or bool"),
        (np.zeros(6), TypeError, "uint8 or bool"),
        ([0] * 6, TypeError, "[0, 0"),
    ],
    ids=str,
)
def test_mask_to_write(mask: Any, error: type[Exception], part: str) -> None:
    a = np.ones(6)
    with pytest.raises(error, match="^mask ") as caught:
        swiftreg.dropout(a, 0.5, seed=1, mask=mask, out=a)
    assert part in str(caught.value)
    assert (a == 1).all()


@pytest.mark.parametrize(
    "mask",
    [[2, 0, 1], [0.5, 1, 0], [-1, 0, 1], [float("nan"), 0, 1], np.array([1, 2, 0], np.uint8),
     np.array([256, 0, 1], np.int16), np.array([2**32, 0, 1])],
    ids=str,
)
def test_mask_of_other_values(mask: Any) -> None:
    da = np.ones(3)
    with refuses(ValueError, "mask", "0 and 1"):
        swiftreg.dropout_backward(da, 0.5, mask=mask, out=da)
    assert (da == 1).all()


def test_mask_of_another_shape() -> None:
    with refuses(ValueError, "mask", "(4,)", "(3,)"):
        swiftreg.dropout_backward(np.ones(3), 0.5, mask=np.ones(4))


def test_a_read_only_array_in_place() -> None:
    a = read_only(np.ones(6))
    with refuses(ValueError, "out is read-only"):
        swiftreg.dropout(a, 0.5, seed=1, out=a)
    with refuses(ValueError, "out is read-only"):
        swiftreg.dropout_backward(a, 0.5, mask=a, out=a)
    assert (a == 1).all()


def test_overlaps() -> None:
    buffer = np.arange(20.0)
    before = buffer.copy()
    with refuses(ValueError, "out overlaps a"):
        swiftreg.dropout(buffer[:10], 0.5, seed=1, out=buffer[1:11])
    with refuses(ValueError, "out overlaps da"):
        swiftreg.dropout_backward(buffer[1:11], 0.5, seed=1, out=buffer[:10])
    with refuses(ValueError, "mask overlaps"):
        swiftreg.dropout(buffer[:8], 0.5, seed=1, mask=buffer.view(np.uint8)[60:68])
    with refuses(ValueError, "mask overlaps"):
        swiftreg.dropout(np.ones(8), 0.5, seed=1, out=buffer[:8], mask=buffer.view(np.uint8)[60:68])
    with refuses(ValueError, "out overlaps mask"):
        mask = np.zeros(80, np.uint8)
        swiftreg.dropout_backward(np.ones(8), 0.5, mask=mask[4:12], out=mask[:64].view(np.float64))
    assert np.array_equal(buffer, before)
    # Interleaved views share no element.
    swiftreg.dropout(buffer[::2], 0.5, seed=1, out=buffer[1::2])
    assert np.array_equal(buffer[1::2], swiftreg.dropout(before[::2], 0.5, seed=1))
    assert np.array_equal(buffer[::2], before[::2])


@pytest.mark.parametrize(
    ("n", "error"),
    [(-1, ValueError), ((2, -3), ValueError), (2**70, ValueError), (1.5, TypeError),
     ("3", TypeError), (None, TypeError), ((2, "x"), TypeError), ((1,) * 65, ValueError)],
    ids=repr,
)
def test_shapes_of_masks(n: Any, error: type[Exception]) -> None:
    with refuses(error, "n "):
        swiftreg.dropout_mask(n, 0.5, seed=1)


def test_more_than_memory() -> None:
    with pytest.raises((MemoryError, ValueError)):
        swiftreg.dropout_mask(2**55, 0.5, seed=1)
    with pytest.raises((MemoryError, ValueError)):
        swiftreg.dropout_mask((2**40, 2**40), 0.5, seed=1)
    with pytest.raises((MemoryError, ValueError)):
        swiftreg.dropout(np.broadcast_to(np.ones(1), (2**50,)), 0.5, seed=1)


@pytest.mark.parametrize(
    ("n", "error"),
    [(0, ValueError), (-1, ValueError), (257, ValueError), (10**30, ValueError),
     (-(10**30), ValueError), (1.5, TypeError), ("2", TypeError), (None, TypeError)],
)
def test_threads(n: Any, error: type[Exception]) -> None:
    before = swiftreg.get_num_threads()
    text = f"n is {n!r}; it must be in 1 to 256" if error is ValueError else f"n must be an integer, got {n!r}"
    with refuses(error, text):
        swiftreg.set_num_threads(n)
    assert swiftreg.get_num_threads() == before


# ---- The notebook --------------------------------------------------------------------------


def network() -> tuple[Array, dict[str, Array]]:
    return np.ones((2, 5)), notebook.initialize_parameters([2, 4, 3, 1])


Y = np.array([[0, 1, 0, 1, 1]])


@pytest.mark.parametrize("keep_prob", BAD_KEEP_PROBS)
def test_notebook_keep_prob(keep_prob: float) -> None:
    X, parameters = network()
    with refuses(ValueError, "keep_prob", repr(keep_prob)):
        notebook.forward_propagation_with_dropout(X, parameters, keep_prob)
    _, cache = notebook.forward_propagation_with_dropout(X, parameters)
    with refuses(ValueError, "keep_prob", repr(keep_prob)):
        notebook.backward_propagation_with_dropout(X, Y, cache, keep_prob)
    with refuses(ValueError, "keep_prob", repr(keep_prob)):
        notebook.model(X, Y, num_iterations=1, keep_prob=keep_prob)


@pytest.mark.parametrize("lambd", [-1, float("nan"), float("inf"), -1e-300])
def test_lambd(lambd: float) -> None:
    X, parameters = network()
    A, cache = notebook.forward_propagation(X, parameters)
    with refuses(ValueError, "lambd", repr(lambd)):
        notebook.compute_cost_with_regularization(A, Y, parameters, lambd)
    with refuses(ValueError, "lambd", repr(lambd)):
        notebook.backward_propagation_with_regularization(X, Y, cache, lambd)


def test_lambd_of_another_type() -> None:
    X, parameters = network()
    A, _ = notebook.forward_propagation(X, parameters)
    with refuses(TypeError, "lambd", "'x'"):
        notebook.compute_cost_with_regularization(A, Y, parameters, "x")  # type: ignore[arg-type]


@pytest.mark.parametrize("forward", [
    notebook.forward_propagation, notebook.forward_propagation_with_dropout])
def test_shapes_that_do_not_fit(forward: Callable[..., Any]) -> None:
    X, parameters = network()
    with refuses(ValueError, "W1", "(4, 2)", "(3, 5)"):
        forward(np.ones((3, 5)), parameters)
    with refuses(ValueError, "W2", "(3, 9)", "(4, 5)"):
        forward(X, {**parameters, "W2": np.ones((3, 9))})
    with refuses(ValueError, "b2", "(3, 1)", "(4, 1)"):
        forward(X, {**parameters, "b2": np.ones((4, 1))})
    with refuses(ValueError, "X must have two dimensions"):
        forward(np.ones(5), parameters)
    with refuses(ValueError, "W1 must have two dimensions"):
        forward(X, {**parameters, "W1": np.float64(3)})
    with refuses(ValueError, "W1 has shape (4, 2), which does not fit X of shape (3, 5)"):
        forward(np.ones((3, 5)), parameters)
    with refuses(ValueError, "W3 has shape (1, 4), which does not fit A2 of shape (3, 5)"):
        forward(X, {**parameters, "W3": np.ones((1, 4))})
    with refuses(ValueError, "parameters", "3 entries"):
        forward(X, {"W1": np.ones((1, 2)), "b1": np.ones((1, 1)), "W2": np.ones((1, 1))})
    with pytest.raises(ValueError):
        forward(np.ones((2, 0)), parameters)


def test_labels_that_do_not_fit() -> None:
    X, parameters = network()
    A, cache = notebook.forward_propagation(X, parameters)
    for bad in (Y[:, :4], Y[0], Y.T):
        with refuses(ValueError, "Y", str(bad.shape)):
            notebook.compute_cost(A, bad)
        with refuses(ValueError, "Y", str(bad.shape)):
            notebook.backward_propagation(X, bad, cache)
        with refuses(ValueError, "y", str(bad.shape)):
            notebook.predict(X, bad, parameters)


def test_caches_that_do_not_fit() -> None:
    X, parameters = network()
    _, cache = notebook.forward_propagation(X, parameters)
    _, dropped = notebook.forward_propagation_with_dropout(X, parameters)
    with refuses(ValueError, "cache", "14 entries"):
        notebook.backward_propagation(X, Y, dropped)
    with refuses(ValueError, "cache", "12 entries"):
        notebook.backward_propagation_with_dropout(X, Y, cache, 0.5)
    with refuses(ValueError, "cache", "0 entries"):
        notebook.backward_propagation(X, Y, ())
    entries = list(dropped)
    entries[6] = np.ones((2, 2))
    with refuses(ValueError, "D2", "(2, 2)", "(3, 5)"):
        notebook.backward_propagation_with_dropout(X, Y, tuple(entries), 0.5)
    entries[6] = dropped[6] * 3
    with refuses(ValueError, "D2", "0 and 1"):
        notebook.backward_propagation_with_dropout(X, Y, tuple(entries), 0.5)


@pytest.mark.parametrize("learning_rate", [float("nan"), float("inf")])
def test_a_failed_update_changes_nothing(learning_rate: float) -> None:
    X, parameters = network()
    _, cache = notebook.forward_propagation(X, parameters)
    gradients = notebook.backward_propagation(X, Y, cache)
    before = dict(parameters)
    with refuses(ValueError, "learning_rate", repr(learning_rate)):
        notebook.update_parameters(parameters, gradients, learning_rate)
    gradients["db3"] = np.ones((2, 1))
    with refuses(ValueError, "db3 has shape (2, 1), but b3 has shape (1, 1)"):
        notebook.update_parameters(parameters, gradients, 0.1)
    assert all(parameters[key] is before[key] for key in before)


@pytest.mark.parametrize("widths", [[], [3], [3, 0], [-1, 2]])
def test_widths(widths: list[int]) -> None:
    with refuses(ValueError, "layer_dims", str(widths)):
        notebook.initialize_parameters(widths)


@pytest.mark.parametrize("widths", [[2, float("inf")], [2.5, 1], ["3", 1], "31", 3, None])
def test_widths_that_are_no_integers(widths: Any) -> None:
    with refuses(TypeError, "layer_dims", repr(widths)):
        notebook.initialize_parameters(widths)


def test_a_missing_key_is_the_notebooks_error() -> None:
    X, parameters = network()
    parameters["w2"] = parameters.pop("W2")
    with pytest.raises(KeyError, match="W2"):
        notebook.forward_propagation(X, parameters)
    with pytest.raises(KeyError, match="W2"):
        notebook.compute_cost_with_regularization(np.full((1, 5), 0.5), Y, parameters, 0.1)
    with pytest.raises(KeyError, match="dW1"):
        notebook.update_parameters(network()[1], {}, 0.1)


def test_model() -> None:
    with refuses(AssertionError, "lambd=0.7", "keep_prob=0.5"):
        notebook.model(np.ones((2, 3)), np.ones((1, 3)), lambd=0.7, keep_prob=0.5)
    with refuses(ValueError, "X", "(3,)"):
        notebook.model(np.ones(3), np.ones((1, 3)))
    with refuses(TypeError, "Y", "object"):
        notebook.model(np.ones((2, 3)), np.array([[None] * 3]))
    with refuses(ValueError, "Y", "(1, 4)"):
        notebook.model(np.ones((2, 3)), np.ones((1, 4)), num_iterations=1)
    for iterations in (1.5, "3", None):
        with refuses(TypeError, f"num_iterations must be an integer, got {iterations!r}"):
            notebook.model(np.ones((2, 3)), np.ones((1, 3)), num_iterations=iterations)
    with refuses(ValueError, "Y[0] is -1; it must be in [0, 1] for binary_cross_entropy"):
        notebook.model(np.ones((2, 3)), -np.ones((1, 3)), num_iterations=1)


# ---- The extension itself ------------------------------------------------------------------


def test_the_extension_checks_its_arguments() -> None:
    functions = [
        getattr(_core, name) for name in dir(_core)
        if callable(getattr(_core, name)) and not name.startswith("_") and name[0].islower()
    ]
    assert len(functions) > 10
    for function in functions:
        with pytest.raises(TypeError, match=r"takes \d+ arguments?, got 9"):
            function(*range(9))
    with refuses(ValueError, "activation is 1000; it must be a value of reg_activation"):
        _core.forward_activation(np.ones(3), 1000, None)
    with refuses(TypeError, "weights", "3"):
        _core.cost([[0.5]], [[1]], 3, 0.0)  # type: ignore[arg-type]
    for layer_mask in (((3,), 0.5, 0, 0, 0, 0), ((3, 2), 0.5, 0, 2**48, 0, 0)):
        with pytest.raises(ValueError):
            _core.layer_mask(*layer_mask)  # type: ignore[arg-type]
    with refuses(ValueError, "keep_prob is 2; it must be in (0, 1]"):
        _core.layer_mask((3, 0), 2, 0, 0, 0, 0)


def test_every_status_has_a_text() -> None:
    texts = [_core.status_message(status) for status in range(12)]
    assert len(set(texts)) == 12
    assert all(text and not text.endswith(".") for text in texts)
    assert _core.status_message(1000)
