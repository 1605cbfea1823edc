"""Arguments of swiftreg.MLP: arrays of every type and layout, and bad input of every argument."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from numpy.typing import NDArray

from strategies import LAYOUTS, laid_out
from swiftreg import MLP, _core

Array = NDArray[Any]


def refuses(error: type[Exception] | tuple[type[Exception], ...], *parts: str) -> Any:
    """pytest.raises, with all of these in the message in this order."""
    return pytest.raises(error, match="(?s)" + ".*".join(map(re.escape, parts)))


X = np.random.default_rng(1).normal(size=(12, 3))
Y = (np.random.default_rng(2).random((12, 2)) < 0.5).astype(float)


def network(**options: Any) -> MLP:
    return MLP([3, 5, 2], **{"dtype": "float64", **options})


# ---- Arrays --------------------------------------------------------------------------------

REAL_TYPES = ("f2", "f4", "f8", "g", "?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")


@given(st.sampled_from(REAL_TYPES), st.sampled_from(LAYOUTS), st.sampled_from(REAL_TYPES), st.sampled_from(LAYOUTS),
       st.sampled_from(["float32", "float64"]), st.booleans(), st.integers(1, 40))
def test_types_and_layouts(x_type: str, x_layout: str, y_type: str, y_layout: str, dtype: str, read_only: bool, m: int) -> None:
    rng = np.random.default_rng(m)
    x, y = rng.integers(0, 2, (m, 3)).astype(x_type), rng.integers(0, 2, (m, 2)).astype(y_type)
    weight = rng.integers(1, 4, m).astype(y_type)
    ours, other = MLP([3, 5, 2], dtype=dtype, keep_prob=0.5), MLP([3, 5, 2], dtype=dtype, keep_prob=0.5)
    given_x, given_y = laid_out(x, x_layout), laid_out(y, y_layout)
    given_x.flags.writeable = given_y.flags.writeable = not read_only
    ours.fit(given_x, given_y, epochs=2, batch_size=7, sample_weight=laid_out(weight, "strided"))
    plain = [np.ascontiguousarray(a.astype(dtype)) for a in (x, y, weight)]
    other.fit(plain[0], plain[1], epochs=2, batch_size=7, sample_weight=plain[2])
    assert np.array_equal(ours.parameters, other.parameters)
    assert np.array_equal(ours.predict(given_x), other.predict(plain[0]))
    assert np.array_equal(given_x, x)
    assert np.array_equal(given_y, y)


@given(st.data())
def test_views_that_overlap_themselves(choose: st.DataObject) -> None:
    """Strides of 0, windows that share elements, X and Y in one buffer: all are only read."""
    buffer = np.random.default_rng(0).random(200)
    m = choose.draw(st.integers(1, 20))

    def view(columns: int) -> Array:
        strides = [8 * choose.draw(st.integers(-3, 3)) for _ in range(2)]
        start = choose.draw(st.integers(70, 120))
        return np.lib.stride_tricks.as_strided(buffer[start:], (m, columns), strides)

    x, y = view(3), view(2)
    ours, other = network(), network()
    ours.fit(x, y, epochs=2)
    other.fit(x.copy(), y.copy(), epochs=2)
    assert np.array_equal(ours.parameters, other.parameters)
    assert np.array_equal(ours.predict(x), other.predict(x.copy()))


def test_one_output_takes_one_dimension() -> None:
    y = Y[:, 0]
    for given_y in (y, y[:, None], np.repeat(y, 2)[::2], y.astype(bool), list(y)):
        ours = MLP([3, 5, 1], dtype="float64")
        ours.fit(X, given_y, epochs=3, validation_data=(X, given_y))
        other = MLP([3, 5, 1], dtype="float64")
        other.fit(X, y[:, None].copy(), epochs=3, validation_data=(X, y[:, None].copy()))
        assert np.array_equal(ours.parameters, other.parameters)
        assert ours.cost(X, given_y) == other.cost(X, y)
    assert ours.predict(X).shape == (12, 1)


def test_no_examples() -> None:
    none = np.zeros((0, 3))
    assert network().predict(none).shape == (0, 2)
    assert network().decision_function(none).shape == (0, 2)
    assert [a.shape for a in network().predict_dropout(none, 3)] == [(0, 2), (0, 2)]
    for call in (network().fit, network().cost, network().gradient, network().check_gradient):
        with refuses(ValueError, "X has no examples"):
            call(none, np.zeros((0, 2)))


BAD_ARRAYS: list[tuple[Any, type[Exception], str]] = [
    (np.full((12, 3), None), TypeError, "objects"),
    (np.full((12, 3), "x", object), TypeError, "objects"),
    (scipy.sparse.csc_array(np.ones((12, 3))), TypeError, "sparse matrix"),
    (np.ones((12, 3), complex), TypeError, "real"),
    (np.full((12, 3), "1"), TypeError, "real"),
    (np.zeros((12, 3), "datetime64[s]"), TypeError, "array"),
    ([[1.0], [2.0, 3.0]], ValueError, "array"),
    (None, TypeError, "objects"),
    ("abc", TypeError, "real"),
    (np.ones(3), ValueError, "(3,)"),
    (np.float64(1), ValueError, "()"),
    (np.ones((2, 3, 1)), ValueError, "(2, 3, 1)"),
    (np.ones((12, 4)), ValueError, ""),
]


@pytest.mark.parametrize(("bad", "error", "part"), BAD_ARRAYS, ids=lambda v: str(v)[:24].replace("\n", " "))
def test_bad_arrays(bad: Any, error: type[Exception], part: str) -> None:
    n = network()
    before = n.parameters.copy()
    calls: list[tuple[str, Callable[[], Any]]] = [
        ("X", lambda: n.predict(bad)), ("X", lambda: n.decision_function(bad)),
        ("X", lambda: n.predict_dropout(bad, 2)), ("X", lambda: n.fit(bad, Y)),
        ("Y", lambda: n.fit(X, bad)), ("X", lambda: n.cost(bad, Y)), ("Y", lambda: n.cost(X, bad)),
        ("X", lambda: n.gradient(bad, Y)), ("Y", lambda: n.gradient(X, bad)),
        ("X", lambda: n.check_gradient(bad, Y)), ("Y", lambda: n.check_gradient(X, bad)),
        ("validation X", lambda: n.fit(X, Y, validation_data=(bad, Y))),
        ("validation Y", lambda: n.fit(X, Y, validation_data=(X, bad))),
    ]
    for name, call in calls:
        with pytest.raises(error, match=f"^{name} ") as caught:
            call()
        assert part.lower() in str(caught.value).lower()
    if bad is not None:
        with pytest.raises(error, match="^sample_weight "):
            n.fit(X, Y, sample_weight=bad)
    assert np.array_equal(n.parameters, before)
    assert (n.step, n.epoch) == (0, 0)


def test_the_dtype_of_strings_is_named() -> None:
    for bad, dtype in ((np.full((12, 3), "abc"), "<U3"), (np.full((12, 3), b"a"), "|S1"), ("abc", "<U3")):
        with refuses(TypeError, f"X must hold real numbers, got dtype {dtype}"):
            network().predict(bad)


def test_shapes_that_do_not_fit() -> None:
    n = network()
    with refuses(ValueError, "X has 2 features", "3 inputs"):
        n.fit(X[:, :2], Y)
    for bad in (Y[:5], Y[:, :1], Y[:, 0], Y.T, np.ones((12, 3))):
        with refuses(ValueError, "Y", "(12, 2)", str(bad.shape)):
            n.fit(X, bad)
    with refuses(ValueError, "numpy.eye(outputs)[numbers]"):
        MLP([3, 4, 2], loss="softmax_cross_entropy").cost(np.zeros((12, 3)), np.zeros(12, int))
    for bad in (np.ones(11), np.ones((12, 1)), np.ones(())):
        with refuses(ValueError, "sample_weight", "(12,)", str(bad.shape)):
            n.cost(X, Y, bad)
        with refuses(ValueError, "validation sample_weight", "(12,)", str(bad.shape)):
            n.fit(X, Y, validation_data=(X, Y, bad))


@pytest.mark.parametrize("bad", [[-1.0, *[1] * 11], [np.nan, *[1] * 11], [np.inf, *[1] * 11], [0] * 12])
def test_weights_out_of_range(bad: list[float]) -> None:
    n = network()
    for call in (n.fit, n.cost, n.gradient, n.check_gradient):
        with refuses(ValueError, "sample_weight"):
            call(X, Y, sample_weight=bad)
    with refuses(ValueError, "validation sample_weight"):
        n.fit(X, Y, validation_data=(X, Y, bad))
    assert n.step == 0


def test_the_first_bad_weight_is_named() -> None:
    n = network()
    for bad, text in (
        ([1, 2, -0.5, *[-1] * 9], "sample_weight[2] is -0.5; it must be finite and at least 0"),
        ([1, np.nan, *[-1] * 10], "sample_weight[1] is nan; it must be finite and at least 0"),
        ([0] * 12, "sample_weight must not be all 0"),
        ([1e308] * 12, "sample_weight must have a sum that is finite, as must be 1 / the sum"),
        ([5e-324, *[0] * 11], "sample_weight must have a sum that is finite, as must be 1 / the sum"),
    ):
        for call in (n.fit, n.cost, n.data_cost, n.gradient, n.check_gradient):
            with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
                call(X, Y, sample_weight=bad)
        with pytest.raises(ValueError, match=f"^validation {re.escape(text)}$"):
            n.fit(X, Y, sample_weight=np.ones(12), validation_data=(X, Y, bad))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", ["binary_cross_entropy", "softmax_cross_entropy", "squared_error"])
def test_examples_of_weight_0_have_no_effect(loss: str, dtype: str) -> None:
    """NaN, infinity and targets out of range there: the same bits as with any finite values in their place."""
    rng = np.random.default_rng(4)
    # More than two chunks of 512, the first of which has no weight at all, as the last example has none.
    m = 1100
    x = rng.normal(size=(m, 3))
    y = (rng.random((m, 2)) < 0.5).astype(float)
    weight = rng.integers(0, 3, m).astype(float)
    weight[:515] = weight[-1] = 0
    weight[600] = 1
    ignored = weight == 0
    bad_x, bad_y = x.copy(), y.copy()
    bad_x[ignored], bad_y[ignored] = np.nan, np.nan
    bad_x[520:540:3][ignored[520:540:3]] = np.inf
    bad_y[520:540:2][ignored[520:540:2]] = -7
    for layout in ("C", "F"):
        trained = []
        for X_, Y_ in ((x, y), (np.asarray(bad_x, order=layout), np.asarray(bad_y, order=layout))):
            n = network(loss=loss, dtype=dtype, keep_prob=[0.9, 0.7], l2=0.1)
            costs = [n.cost(X_, Y_, weight), n.data_cost(X_, Y_, weight), n.gradient(X_, Y_, weight)]
            gradient = n.gradients.copy()
            assert n.check_gradient(X_, Y_, weight) < (1e-6 if dtype == "float64" else 0.1)
            whole = n.fit(X_, Y_, epochs=2, sample_weight=weight, validation_data=(X_, Y_, weight))
            batches = n.fit(X_, Y_, epochs=2, batch_size=32, shuffle=True, sample_weight=weight)
            trained.append([costs, gradient, whole.cost, whole.validation_cost, batches.cost, n.parameters.copy()])
        for finite, not_finite in zip(*trained):
            assert np.isfinite(not_finite).all()
            assert np.array_equal(finite, not_finite)
    with refuses(FloatingPointError, "not finite"):
        network(loss=loss, dtype=dtype).fit(bad_x, y)


# ---- The range of the targets --------------------------------------------------------------

BINARY, SOFTMAX = "in [0, 1] for binary_cross_entropy", "at least 0 for softmax_cross_entropy"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("loss", "bad", "must"),
    [("binary_cross_entropy", bad, BINARY) for bad in (-1, 1.5, 2, np.inf, -np.inf, -0.125)]
    + [("softmax_cross_entropy", bad, SOFTMAX) for bad in (-1, -0.25, -np.inf)],
)
def test_targets_out_of_range(loss: str, bad: float, must: str, dtype: str) -> None:
    n = network(loss=loss, dtype=dtype)
    before = n.parameters.copy()
    value = re.escape(f"{bad:g}")
    for at in ((0, 0), (11, 1), (5, 1)):
        y = Y.copy()
        y[at] = bad
        for given_y, row in (
            (y, at[0]), (y[::-1], 11 - at[0]), (np.asfortranarray(y), at[0]), (y.astype("f4"), at[0]),
            (y.tolist(), at[0]),
        ):
            for call in (n.fit, n.cost, n.data_cost, n.gradient, n.check_gradient):
                with pytest.raises(ValueError, match=rf"^Y\[{row}\] is {value}; it must be {re.escape(must)}$"):
                    call(X, given_y)
            with pytest.raises(ValueError, match=rf"^validation Y\[{row}\] is {value}; it must be {re.escape(must)}$"):
                n.fit(X, Y, validation_data=(X, given_y))
    assert np.array_equal(n.parameters, before)
    assert n.step == 0


def test_targets_in_range() -> None:
    n, y = network(), Y.copy()
    y[0], y[1] = (-0.0, 1.0), (0.5, 1e-300)
    n.fit(X, y)
    n.fit(X, np.broadcast_to(np.float64(0.5), (12, 2)))
    for loss in ("binary_cross_entropy", "softmax_cross_entropy"):
        for row in ([0.5, -1.0], [-1.0, 0.5]):
            with refuses(ValueError, "Y[0] is -1; it must be"):
                network(loss=loss).cost(X, np.broadcast_to(np.array(row), (12, 2)))
    network(loss="softmax_cross_entropy").fit(X, 3 * Y)
    network(loss="squared_error").fit(X, 3 - 10 * Y)
    with refuses(ValueError, "Y[0] is 1.0000001; it must be in [0, 1]"):
        network(dtype="float32").cost(X, np.full((12, 2), np.nextafter(np.float32(1), np.float32(2))))
    one = MLP([3, 1], dtype="float64")
    with refuses(ValueError, "Y[1] is -1; it must be in [0, 1]"):
        one.fit(X, 2 * Y[:, 0] - 1)
    for loss in ("binary_cross_entropy", "softmax_cross_entropy", "squared_error"):
        y = Y.copy()
        y[7, 1] = np.nan
        with refuses(FloatingPointError, "not finite at step 0: NaN or infinity in X or Y, or too large a learning rate"):
            network(loss=loss).fit(X, y)


def test_masks() -> None:
    n = network(keep_prob=[0.5, 0.5])
    good = np.ones((12, 5), np.uint8)
    for masks, part in (
        ([None], "hold 2"), ([None, good, None], "hold 2"), ([good, None], "masks[0]"),
        ([None, good.T], "masks[1]"), ([None, good[:5]], "masks[1]"), ([None, 2 * good], "0 and 1"),
        ([None, good[0]], "masks[1]"),
    ):
        with refuses(ValueError, part):
            n.fit(X, Y, masks=masks)
    with refuses(TypeError, "masks[1]"):
        n.fit(X, Y, masks=[None, good.astype(str)])
    with refuses(ValueError, "masks", "keep_prob"):
        network().fit(X, Y, masks=[None, good])
    with refuses(TypeError, "masks must be", "got 3"):
        n.fit(X, Y, masks=3)  # type: ignore[arg-type]
    bad = good.astype(int)
    bad[3, 4], bad[5, 4] = 7, 256
    for mask, value in (
        (bad, "7"), (bad.astype("u1"), "7"), (bad.astype("i2"), "7"), (bad.astype("f4"), "7.0"),
        (bad / 2, "0.5"), (-bad, "-1"), (256 * bad, "256"), (np.asfortranarray(bad), "7"),
    ):
        with pytest.raises(ValueError, match=rf"^masks\[1\] must hold 0 and 1 only, got {value}$"):
            n.fit(X, Y, masks=[None, mask])
    assert n.step == 0
    n.fit(X, Y, masks=[None, np.asfortranarray(good)])
    assert n.step == 1


# ---- Scalars -------------------------------------------------------------------------------

NOT_NUMBERS = ["0.5", None, [[0.5], [0.5]], 1j, {}]
NEGATIVE = [-1, -1e-300, float("nan"), float("inf")]
OPTIONS: dict[str, tuple[list[Any], list[Any]]] = {
    # ValueError, TypeError
    "keep_prob": ([0, -0.1, 1.5, float("nan"), [0.5], [0.5, 0], [1, 2, 3]], [*NOT_NUMBERS, [0.5, "x"]]),
    "l2": ([*NEGATIVE, [1], [1, -1], []], NOT_NUMBERS),
    "l1": ([*NEGATIVE, [1], [1, -1], []], NOT_NUMBERS),
    "max_norm": ([-1, float("nan")], ["1", [1.0, 2.0], 1j]),
    "label_smoothing": ([-0.1, 1, 1.5, float("nan")], NOT_NUMBERS),
    "seed": ([-1, 2**64], ["1", 1.5, None]),
    "activation": (["rleu", "", "logistic", ["relu", "relu"], []], [3, [3]]),
    "loss": (["mse", ""], [None, 3]),
    "init": (["random"], [None, 3]),
    "optimizer": (["adagrad", "Adam"], [None, 3]),
    "schedule": (["exp"], [None, 3]),
    "dtype": (["float16", ">f8", int, None], ["floaty", 3.5]),
    "learning_rate": (NEGATIVE, ["1", 1j]),
    "momentum": ([1, *NEGATIVE], NOT_NUMBERS),
    "beta1": ([1, *NEGATIVE], NOT_NUMBERS),
    "beta2": ([1, *NEGATIVE], ["0.5", [[0.5], [0.5]], 1j, {}]),
    "epsilon": (NEGATIVE, NOT_NUMBERS),
    "weight_decay": (NEGATIVE, NOT_NUMBERS),
    "clip_norm": ([-1, float("nan")], ["1", 1j]),
}
CASES = [(name, value, error) for name, (values, types) in OPTIONS.items()
         for error, bad in ((ValueError, values), (TypeError, types)) for value in bad]


@pytest.mark.parametrize(("name", "value", "error"), CASES, ids=repr)
def test_options(name: str, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"^{name}"):
        network(**{name: value})


@pytest.mark.parametrize(("name", "value", "error"), [case for case in CASES if case[0] in OPTIONS and case[0] in (
    "learning_rate", "momentum", "beta1", "beta2", "epsilon", "weight_decay", "clip_norm", "schedule")], ids=repr)
def test_optimizer_settings(name: str, value: Any, error: type[Exception]) -> None:
    n = network()
    before = n.optimizer_settings
    with pytest.raises(error, match=f"^{name}"):
        n.set_optimizer(**{name: value})
    assert n.optimizer_settings == before
    assert n.optimizer == "adam"


def test_a_limit_of_0_is_none_only_as_none() -> None:
    for zero in (0, 0.0, -0.0, np.float32(0)):
        with refuses(ValueError, f"max_norm must be above 0, or None, got {zero!r}"):
            network(max_norm=zero)
        with refuses(ValueError, f"clip_norm must be above 0, or None, got {zero!r}"):
            network(clip_norm=zero)
        with refuses(ValueError, f"clip_norm must be above 0, or None, got {zero!r}"):
            network().set_optimizer(clip_norm=zero)
    assert network(max_norm=None, clip_norm=None).max_norm is None


def test_a_negative_learning_rate_is_told_as_such() -> None:
    with refuses(ValueError, "learning_rate is -1; it must be finite and at least 0"):
        network(learning_rate=-1)


def test_one_keep_prob_too_many() -> None:
    with refuses(ValueError, "keep_prob must be one value or hold 2, one for the input and each hidden layer"):
        network(keep_prob=[1, 0.5, 1])
    with refuses(ValueError, "l2 must be one value or hold 2, one for each weight matrix"):
        network(l2=[1, 0.5, 1])


def test_schedules() -> None:
    for schedule in ("step", "cosine"):
        with refuses(ValueError, "period must be 1 or more, got 0"):
            network(schedule=schedule, period=0)
    # A number that the schedule does not use may have any value; a count must be a count.
    network(decay=-1, min_learning_rate=-1)
    with refuses(ValueError, "period must be 1 or more, got 0"):
        network(period=0)
    for bad in (-1, float("nan")):
        with refuses(ValueError, "decay", repr(bad)):
            network(schedule="step", decay=bad)
        with refuses(ValueError, "min_learning_rate", repr(bad)):
            network(schedule="cosine", min_learning_rate=bad)
    with refuses(TypeError, "'rate'"):
        network().set_optimizer(rate=1)  # type: ignore[call-arg]
    with refuses(ValueError, "label_smoothing is 0.1; it must be 0 with this loss"):
        network(loss="squared_error", label_smoothing=0.1)


@pytest.mark.parametrize(
    ("widths", "error"),
    [([], ValueError), ([3], ValueError), ([3, 0], ValueError), ([3, -1], ValueError), ([2**70, 1], ValueError),
     ([2**40, 2**40], ValueError), ([1] * 1026, ValueError), ([3, 1.5], TypeError), ([3, "x"], TypeError),
     (3, TypeError), ("33", TypeError), (None, TypeError), ([2**31, 2**31], (ValueError, MemoryError))],
    ids=lambda v: repr(v)[:20],
)
def test_layer_dims(widths: Any, error: Any) -> None:
    with pytest.raises(error) as caught:
        MLP(widths)
    assert isinstance(caught.value, MemoryError) or "layer_dims" in str(caught.value)


FIT: dict[str, tuple[list[Any], list[Any]]] = {
    "epochs": ([-1, 2**48, 2**64 - 1, 2**64], [1.5, "1", None]),
    "batch_size": ([0, -1, 2**64], [1.5, "1"]),
    "patience": ([0, -1], [1.5, "1"]),
    "min_delta": ([-1, float("nan")], ["1", None]),
    "callback": ([], [3, "x"]),
    "callback_every": ([0, -1], [1.5, None]),
    "validation_data": ([], [X, (X,), (X, Y, None, None), 3, "ab"]),
}


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [(name, value, error) for name, (values, types) in FIT.items()
     for error, bad in ((ValueError, values), (TypeError, types)) for value in bad],
    ids=lambda v: repr(v)[:20],
)
def test_options_of_fit(name: str, value: Any, error: type[Exception]) -> None:
    n = network()
    with pytest.raises(error, match=f"^{name}"):
        n.fit(X, Y, **{name: value})
    assert n.step == 0
    assert n.history is None


def test_other_numbers() -> None:
    n = network()
    for name in ("step", "epoch"):
        for value, error in ((-1, ValueError), (2**48, ValueError), (1.5, TypeError), ("1", TypeError), (None, TypeError)):
            if value is None:
                continue
            with refuses(error, name, repr(value)):
                setattr(n, name, value)
    for samples, error in ((0, ValueError), (-1, ValueError), (2**48, ValueError), (1.5, TypeError)):
        with refuses(error, "samples", repr(samples)):
            n.predict_dropout(X, samples)  # type: ignore[arg-type]
    with refuses(ValueError, "seed", "-1"):
        n.predict_dropout(X, 1, seed=-1)
    for first_row, error in ((-1, ValueError), (1.5, TypeError)):
        with refuses(error, "first_row", repr(first_row)):
            n.gradient(X, Y, first_row=first_row)  # type: ignore[arg-type]
    for mean_over in (0, -1, float("nan"), float("inf"), 11):
        with refuses(ValueError, "mean_over", repr(mean_over)):
            n.gradient(X, Y, mean_over=mean_over)
    for difference in (0, -1, float("nan"), float("inf")):
        with refuses(ValueError, "difference", repr(difference)):
            n.check_gradient(X, Y, difference=difference)
    with refuses(ValueError, "max_parameters", "0"):
        n.check_gradient(X, Y, max_parameters=0)
    for bad in (-1, 2**64):
        with refuses(ValueError, "batch_size", repr(bad)):
            n.memory(bad, 1)
        with refuses(ValueError, "m must", repr(bad)):
            n.memory(1, bad)
    with refuses(ValueError, "m is 9223372036854775808"):
        n.memory(2**63, 2**63)
    n.gradients[:] = np.inf
    n.set_optimizer(clip_norm=1.0)
    before = n.parameters.copy()
    with refuses(FloatingPointError, "clip_norm"):
        n.apply()
    assert np.array_equal(n.parameters, before)


def test_too_large_for_memory() -> None:
    huge = np.broadcast_to(np.ones(1), (2**50, 3))
    for call in (network().predict, lambda a: network().fit(a, np.broadcast_to(np.ones(1), (2**50, 2)))):
        with pytest.raises((MemoryError, ValueError)):
            call(huge)


def test_the_classes_of_the_extension() -> None:
    for cls in (_core.Network, type(network().parameters.base.obj)):  # type: ignore[union-attr]
        with pytest.raises(TypeError, match="cannot create"):
            cls()
    core = network()._network
    methods = [name for name in dir(core) if not name.startswith("_")]
    assert len(methods) > 15
    for name in methods:
        with pytest.raises(TypeError, match=r"takes \d+ arguments, got 20"):
            getattr(core, name)(*range(20))
    with pytest.raises(TypeError, match="options must be a dict"):
        _core.network_create(True, [2, 3, 1], 7)  # type: ignore[arg-type]
    for name in ("activation", "loss", "init"):
        with pytest.raises(TypeError, match=f"^{name} must be a string, got 7"):
            _core.network_create(True, [2, 3, 1], {name: 7})
        with pytest.raises(ValueError, match=f"^{name} must be one of .*'(relu|squared_error|he)'.*, got 'x'"):
            _core.network_create(True, [2, 3, 1], {name: "x"})
    with pytest.raises(TypeError, match="optimizer must be a string, got 9"):
        _core.optimizer_defaults(9)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="masks"):
        core.fit((X, Y, None, None), None, 1, None, True, None, 0.0, None, 1, None, ())
    with pytest.raises(TypeError, match="validation"):
        core.fit((X, Y, None, None), (X, Y), 1, None, True, None, 0.0, None, 1, None, None)  # type: ignore[arg-type]


def test_buffers_by_other_means() -> None:
    """The memory of a network is any consumer's."""
    n = network()
    view = memoryview(n.parameters.base.obj)  # type: ignore[union-attr]
    assert (view.format, view.shape, view.readonly) == ("d", (32,), False)
    assert bytes(view) == n.parameters.tobytes()
    assert memoryview(MLP([2, 1]).parameters.base.obj).format == "f"  # type: ignore[union-attr]


# ---- Names and places ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("dropout", ": there is no dropout, but keep_prob"), ("alpha", ": did you mean l2?"), ("lambd", ": did you mean l2?"),
        ("lr", ": did you mean learning_rate?"), ("random_state", ": did you mean seed?"),
        ("hidden_layer_sizes", ": did you mean layer_dims?"), ("solver", ": did you mean optimizer?"),
        ("batch_size", ": batch_size is an argument of fit"), ("max_iter", ": epochs is an argument of fit"), ("foo", ""),
    ],
)
def test_unknown_parameters_name_the_one_that_was_meant(name: str, hint: str) -> None:
    with refuses(TypeError, f"MLP has no parameter '{name}'{hint}"):
        MLP([2, 1], **{name: 1})

    class Own(MLP):
        def __init__(self, lr: float) -> None:
            super().__init__([2, 1], learning_rate=lr)

    assert Own(lr=0.5).learning_rate == 0.5


def test_ranges_of_integers_are_those_of_the_argument() -> None:
    for wrong in (-3, 2**64):
        with refuses(ValueError, f"a width of layer_dims must be in 1 to 2**64 - 1, got {wrong}"):
            MLP([2, wrong, 1])
        with refuses(ValueError, f"batch_size must be in 1 to 2**64 - 1, got {wrong}"):
            network().fit(X, Y, batch_size=wrong)
        with refuses(ValueError, f"seed must be in 0 to 2**64 - 1, got {wrong}"):
            network(seed=wrong)
    with pytest.raises(ValueError, match="^layer_dims are too large for memory$"):
        MLP([2, 10**9, 10**9, 1])


def test_a_value_that_is_not_finite_is_named() -> None:
    bad, bad_y = X.copy(), Y.copy()
    bad[7, 2], bad_y[3, 1] = np.nan, np.inf
    parts = (": the cost or its gradient is not finite at step 0",)
    with refuses(FloatingPointError, "X[7, 2] is nan", *parts):
        network().fit(bad, Y)
    with refuses(FloatingPointError, "X[7, 2] is nan", *parts):
        network().fit(scipy.sparse.csr_array(bad), Y)
    with refuses(FloatingPointError, "Y[3, 1] is inf", *parts):
        network(loss="squared_error").fit(X, bad_y)
    with refuses(FloatingPointError, "validation X[7, 2] is nan"):
        network().fit(X, Y, validation_data=(bad, Y))
    weights = np.ones(12)
    weights[7] = 0
    network().fit(bad, Y, sample_weight=weights)
    with pytest.raises(FloatingPointError, match="^the cost or its gradient is not finite at step"):
        n = network(loss="squared_error", optimizer="sgd", learning_rate=1e300)
        n.fit(bad, 1e300 * Y, epochs=9, sample_weight=weights)
