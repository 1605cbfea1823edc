"""swiftreg.MLP against the formulas in NumPy: predictions, costs, gradients, training."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

import mlp_oracle
import swiftreg
from strategies import laid_out, layouts
from swiftreg import MLP

Array = NDArray[Any]

OPTIMIZERS = ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "lion")
TOLERANCES: dict[Any, dict[str, float]] = {
    np.float32: {"rtol": 2e-4, "atol": 2e-5}, np.float64: {"rtol": 1e-11, "atol": 1e-12},
}


def data(
    widths: tuple[int, ...], m: int, loss: str, rng: np.random.Generator, dtype: Any = np.float64
) -> tuple[Array, Array]:
    X = rng.normal(size=(m, widths[0])).astype(dtype)
    if loss == "squared_error":
        Y = rng.normal(size=(m, widths[-1]))
    elif loss == "softmax_cross_entropy":
        Y = np.eye(widths[-1])[rng.integers(widths[-1], size=m)]
    else:
        Y = (rng.random((m, widths[-1])) < 0.5).astype(float)
    return X, Y.astype(dtype)


def assert_same_weights(network: MLP, oracle: mlp_oracle.Network, **tolerance: float) -> None:
    for l, (ours, expected) in enumerate(zip(network.weights, oracle.layers)):
        for name, a, b in zip("Wb", ours, expected):
            np.testing.assert_allclose(a, b, err_msg=f"{name}{l}", **tolerance)


@st.composite
def cases(draw: st.DrawFn) -> tuple[MLP, Array, Array, Array | None]:
    """A network with some of everything, and examples in some layout."""
    widths = tuple(draw(st.lists(st.integers(1, 19), min_size=2, max_size=5)))
    layers = len(widths) - 1
    loss = draw(st.sampled_from(mlp_oracle.LOSSES))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    values = st.one_of(st.just(0.0), st.floats(0.01, 2))
    network = MLP(
        widths, dtype=dtype, loss=loss, seed=draw(st.integers(0, 2**64 - 1)),
        activation=draw(st.lists(st.sampled_from(list(mlp_oracle.ACTIVATIONS)), min_size=layers - 1, max_size=layers - 1)),
        keep_prob=draw(st.one_of(st.just(1.0), st.lists(st.floats(0.3, 1), min_size=layers, max_size=layers))),
        l2=draw(st.one_of(values, st.lists(values, min_size=layers, max_size=layers))),
        l1=draw(st.one_of(values, st.lists(values, min_size=layers, max_size=layers))),
        label_smoothing=0 if loss == "squared_error" else draw(st.sampled_from([0, 0.1])),
        init=draw(st.sampled_from(["he", "xavier", "lecun", "notebook"])),
    )
    network.step = draw(st.integers(0, 2**48 - 1))
    m = draw(st.one_of(st.integers(1, 20), st.sampled_from([63, 64, 65, 211, 300])))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    X, Y = data(widths, m, loss, rng, dtype)
    weight = rng.uniform(0, 2, m).astype(dtype) if draw(st.booleans()) else None
    return network, laid_out(X, draw(layouts)), laid_out(Y, draw(layouts)), weight


@given(cases())
def test_predictions_costs_and_gradients(case: tuple[MLP, Array, Array, Array | None]) -> None:
    network, X, Y, weight = case
    oracle = mlp_oracle.of(network)
    tolerance = TOLERANCES[network.dtype.type]
    z = oracle.forward(X.astype(float))[0]
    np.testing.assert_allclose(network.decision_function(X), z, **tolerance)
    np.testing.assert_allclose(network.predict(X), mlp_oracle.outputs(network.loss, z), **tolerance)
    assert network.predict(X).dtype == network.dtype
    doubles = X.astype(float), Y.astype(float), None if weight is None else weight.astype(float)
    cost, data_term = oracle.cost(*doubles)
    assert network.cost(X, Y, weight) == pytest.approx(cost, rel=1e-5)
    assert network.data_cost(X, Y, weight) == pytest.approx(data_term, rel=1e-5, abs=1e-7)
    cost, gradients = oracle.gradient(*doubles)
    before = network.parameters.copy()
    assert network.gradient(X, Y, weight) == pytest.approx(cost, rel=1e-5)
    assert np.array_equal(network.parameters, before)
    flat = np.concatenate([g.ravel() for g in gradients])
    np.testing.assert_allclose(network.gradients, flat, **tolerance)


@given(cases(), st.data())
def test_parts_of_a_batch_add_up(case: tuple[MLP, Array, Array, Array | None], more: st.DataObject) -> None:
    network, X, Y, weight = case
    cost = network.gradient(X, Y, weight)
    whole = network.gradients.copy()
    weight = np.ones(len(X), network.dtype) if weight is None else weight
    cuts = sorted({0, len(X), *more.draw(st.lists(st.integers(0, len(X)), max_size=3))})
    total, costs = np.zeros_like(whole), 0.0
    for first, end in zip(cuts, cuts[1:]):
        if weight[first:end].sum() == 0:
            continue
        costs += network.gradient(
            X[first:end], Y[first:end], weight[first:end], first_row=first, mean_over=float(weight.sum(dtype=float))
        )
        total += network.gradients
    assert costs == pytest.approx(cost, rel=1e-5)
    np.testing.assert_allclose(total, whole, **TOLERANCES[network.dtype.type])


def test_256_rows_as_4_parts_of_64(rng: np.random.Generator) -> None:
    network = MLP([30, 40, 20, 3], loss="softmax_cross_entropy", keep_prob=[0.9, 0.5, 0.7], l2=0.3, l1=0.1, seed=7, dtype="float64")
    X, Y = data(network.layer_dims, 256, network.loss, rng)
    network.step = 12345
    cost = network.gradient(X, Y)
    whole, parts, costs = network.gradients.copy(), np.zeros_like(network.gradients), 0.0
    for rank in range(4):
        mine = slice(64 * rank, 64 * rank + 64)
        costs += network.gradient(X[mine], Y[mine], first_row=64 * rank, mean_over=256)
        parts += network.gradients
    assert costs == pytest.approx(cost, rel=1e-14)
    np.testing.assert_allclose(parts, whole, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("init", ["he", "xavier", "lecun", "notebook"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_initial_weights(init: str, dtype: Any) -> None:
    for widths, seed in (((5, 4), 0), ((3, 17, 6, 2), 2**63 + 5)):
        network = MLP(widths, init=init, seed=seed, dtype=dtype)
        for (W, b), (expected, zeros) in zip(network.weights, mlp_oracle.initial(widths, init, seed)):
            np.testing.assert_allclose(W, expected.astype(dtype), rtol=1e-15 if dtype is np.float64 else 1e-7)
            assert np.array_equal(b, zeros)


SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {}, "l2": {"l2": [0.5, 0.1, 0.2]}, "l1": {"l1": 0.05}, "elastic net": {"l1": 0.02, "l2": 0.3},
    "dropout": {"keep_prob": [0.9, 0.6, 0.8]}, "max norm": {"max_norm": 0.8}, "clip": {"clip_norm": 0.05},
    "smoothing": {"label_smoothing": 0.1}, "step": {"schedule": "step", "period": 2, "decay": 0.3},
    "cosine": {"schedule": "cosine", "period": 4, "min_learning_rate": 0.001},
    "inverse scaling": {"schedule": "inverse_scaling", "decay": 0.7},
    "other moments": {"momentum": 0.5, "beta1": 0.7, "beta2": 0.9, "epsilon": 1e-3, "weight_decay": 0.3},
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", SETTINGS)
def test_training(optimizer: str, name: str, rng: np.random.Generator) -> None:
    """Five epochs of mini-batches, shuffled, the last batch smaller."""
    settings = dict(SETTINGS[name])
    widths = (7, 13, 9, 3)
    network = MLP(
        widths, loss="softmax_cross_entropy", activation=["tanh", "relu"], optimizer=optimizer,
        learning_rate=0.02, seed=3, dtype="float64", **settings,
    )
    X, Y = data(widths, 53, network.loss, rng)
    weight = rng.uniform(0, 2, 53) if name in ("l2", "dropout") else None
    oracle = mlp_oracle.of(network)
    expected = oracle.fit(X, Y, 5, 10, weight=weight)
    history = network.fit(X, Y, epochs=5, batch_size=10, sample_weight=weight)
    assert_same_weights(network, oracle, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(history.cost, expected, rtol=1e-11)
    assert (network.step, network.epoch) == (30, 5) == (oracle.step, oracle.epoch)
    assert history.stopped == "epochs"
    assert history.validation_cost is None
    assert history.best_epoch is None
    assert network.history is history


@pytest.mark.parametrize("loss", mlp_oracle.LOSSES)
@pytest.mark.parametrize("activation", mlp_oracle.ACTIVATIONS)
def test_training_by_loss_and_activation(loss: str, activation: str, rng: np.random.Generator) -> None:
    widths = (4, 11, 6, 2)
    network = MLP(widths, loss=loss, activation=activation, keep_prob=0.8, learning_rate=0.01, dtype="float64")
    X, Y = data(widths, 40, loss, rng)
    oracle = mlp_oracle.of(network)
    expected = oracle.fit(X, Y, 20, shuffle=False)
    history = network.fit(X, Y, epochs=20, shuffle=False)
    assert_same_weights(network, oracle, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(history.cost, expected, rtol=1e-10)


def test_a_step_by_hand_is_a_step_of_fit(rng: np.random.Generator) -> None:
    X, Y = data((5, 8, 1), 30, "binary_cross_entropy", rng)
    ours, other = (MLP([5, 8, 1], keep_prob=0.7, l2=0.1, seed=9, clip_norm=0.1) for _ in range(2))
    costs = []
    for _ in range(7):
        costs.append(ours.gradient(X, Y))
        gradients = ours.gradients.copy()
        ours.apply()
        assert np.array_equal(ours.gradients, gradients)
    history = other.fit(X, Y, epochs=7, shuffle=False)
    assert np.array_equal(ours.parameters, other.parameters)
    assert np.array_equal(ours.optimizer_state, other.optimizer_state)
    np.testing.assert_allclose(history.cost, costs, rtol=1e-12)
    assert (ours.step, ours.epoch) == (7, 0)


def test_the_gradient_of_the_last_batch_remains(rng: np.random.Generator) -> None:
    # So many weights that the update is part of the product that gives the gradient.
    X, Y = rng.normal(size=(100, 150)), rng.normal(size=(100, 3))
    options: dict[str, Any] = {"loss": "squared_error", "l2": 0.1, "learning_rate": 0.01, "seed": 2}
    fitted, other = (MLP([150, 220, 3], optimizer="sgd", dtype=np.float64, **options) for _ in range(2))
    fitted.fit(X, Y, batch_size=32, shuffle=False)
    other.fit(X[:96], Y[:96], batch_size=32, shuffle=False)
    other.gradient(X[96:], Y[96:])
    assert np.array_equal(fitted.gradients, other.gradients)
    other.apply()
    assert np.array_equal(fitted.parameters, other.parameters)


def test_weights_of_1_after_others(rng: np.random.Generator) -> None:
    X, Y = rng.normal(size=(20, 4)), rng.integers(2, size=(20, 1)).astype(np.float64)
    w = rng.uniform(0, 2, size=20)
    network = MLP([4, 5, 1], dtype=np.float64, seed=1)
    first = network.cost(X, Y)
    for weighted, rows in ((w, 20), (None, 20), (None, 19), (w, 20), (None, 20), (None, 400), (None, 20)):
        many = np.resize(X, (rows, 4)), np.resize(Y, (rows, 1))
        cost = network.cost(*many, weighted)
        alone = MLP.from_bytes(network.to_bytes()).cost(*many, weighted)
        assert cost == alone
        network.predict(X)
        network.gradient(X, Y, weighted if rows == 20 else None)
    assert network.cost(X, Y) == first


def test_masks_that_are_given(rng: np.random.Generator) -> None:
    widths = (4, 9, 5, 1)
    X, Y = data(widths, 37, "binary_cross_entropy", rng)
    masks: list[Array | None] = [None, rng.random((37, 9)) < 0.6, (rng.random((37, 5)) < 0.6).astype(float)]
    network = MLP(widths, keep_prob=0.6, optimizer="sgd", learning_rate=0.5, dtype="float64")
    oracle = mlp_oracle.of(network)
    oracle.masks = masks
    expected = oracle.fit(X, Y, 3, 10)
    history = network.fit(X, Y, epochs=3, batch_size=10, masks=masks)
    assert_same_weights(network, oracle, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(history.cost, expected, rtol=1e-12)


def test_monte_carlo_dropout(rng: np.random.Generator) -> None:
    widths = (3, 20, 10, 2)
    network = MLP(widths, loss="softmax_cross_entropy", keep_prob=[0.9, 0.5, 0.8], seed=1, dtype="float64")
    X, _ = data(widths, 17, network.loss, rng)
    oracle = mlp_oracle.of(network)
    oracle.seed = 77
    samples = []
    for oracle.step in range(6):
        samples.append(mlp_oracle.outputs(network.loss, oracle.forward(X, np.arange(17))[0]))
    mean, deviation = network.predict_dropout(X, 6, seed=77)
    np.testing.assert_allclose(mean, np.mean(samples, axis=0), rtol=1e-12)
    np.testing.assert_allclose(deviation, np.std(samples, axis=0), rtol=1e-9, atol=1e-15)
    mean, deviation = network.predict_dropout(X, 1, seed=77)
    np.testing.assert_allclose(mean, samples[0], rtol=1e-12)
    assert not deviation.any()


@pytest.mark.parametrize("loss", mlp_oracle.LOSSES)
def test_the_gradient_check(loss: str, rng: np.random.Generator) -> None:
    network = MLP([5, 7, 3], loss=loss, activation="tanh", keep_prob=0.8, l2=0.2, dtype="float64")
    X, Y = data((5, 7, 3), 20, loss, rng)
    before = network.parameters.copy()
    assert network.check_gradient(X, Y) < 1e-6
    assert np.array_equal(network.parameters, before)
    assert network.check_gradient(X, Y, difference=1.0) > 1e-4


# ---- Validation, patience, callbacks -------------------------------------------------------


def test_validation_restores_the_best(rng: np.random.Generator) -> None:
    widths = (6, 30, 1)
    X, Y = data(widths, 20, "binary_cross_entropy", rng)
    VX, VY = data(widths, 50, "binary_cross_entropy", rng)
    weight = rng.uniform(0, 1, 50)
    network = MLP(widths, learning_rate=0.05, dtype="float64")
    seen: list[tuple[float, Array]] = []

    def callback(progress: swiftreg.Progress) -> None:
        assert progress.validation_cost is not None
        seen.append((progress.validation_cost, network.parameters.copy()))

    history = network.fit(X, Y, epochs=60, validation_data=(VX, VY, weight), callback=callback)
    assert history.validation_cost is not None
    assert history.best_epoch is not None
    best = int(np.argmin(history.validation_cost))
    assert history.best_epoch == best + 1 < 60
    np.testing.assert_array_equal(history.validation_cost, [cost for cost, _ in seen])
    assert np.array_equal(network.parameters, seen[best][1])
    assert network.data_cost(VX, VY, weight) == history.validation_cost[best]
    assert network.epoch == 60
    oracle = mlp_oracle.of(network)
    assert history.validation_cost[best] == pytest.approx(oracle.cost(VX, VY, weight)[1], rel=1e-11)


@pytest.mark.parametrize("validates", [False, True])
@pytest.mark.parametrize(("patience", "min_delta"), [(1, 0.0), (3, 0.0), (2, 1e-3)])
def test_patience(validates: bool, patience: int, min_delta: float, rng: np.random.Generator) -> None:
    widths = (6, 30, 1)
    X, Y = data(widths, 20, "binary_cross_entropy", rng)
    validation = data(widths, 50, "binary_cross_entropy", rng) if validates else None
    settings: dict[str, Any] = {"keep_prob": 0.7, "learning_rate": 0.05, "dtype": "float64"}
    told: list[int] = []
    history = MLP(widths, **settings).fit(
        X, Y, epochs=500, validation_data=validation, patience=patience, min_delta=min_delta,
        callback=lambda p: told.append(p.epoch), callback_every=1000,
    )
    all_costs = MLP(widths, **settings).fit(X, Y, epochs=500, validation_data=validation)
    costs = all_costs.validation_cost if validates else all_costs.cost
    assert costs is not None
    best, waited, end = np.inf, 0, len(costs)
    for i, cost in enumerate(costs):
        waited = 0 if cost < best - min_delta else waited + 1
        best = min(best, cost)
        if waited > patience:
            end = i + 1
            break
    assert end < 500
    assert history.stopped == "patience"
    np.testing.assert_array_equal(history.cost, all_costs.cost[:end])
    assert told == [end]


def test_callbacks(rng: np.random.Generator) -> None:
    X, Y = data((3, 4, 1), 10, "binary_cross_entropy", rng)
    network = MLP([3, 4, 1], learning_rate=0.5, schedule="inverse_scaling", decay=1)
    network.fit(X, Y, epochs=5)
    seen: list[swiftreg.Progress] = []
    history = network.fit(X, Y, epochs=11, batch_size=4, callback=seen.append, callback_every=4)
    assert [p.epoch for p in seen] == [9, 13, 16]
    assert [p.step for p in seen] == [5 + 3 * 4, 5 + 3 * 8, 5 + 3 * 11]
    assert [p.cost for p in seen] == [history.cost[3], history.cost[7], history.cost[10]]
    assert [p.learning_rate for p in seen] == pytest.approx([0.5 / 9, 0.5 / 13, 0.5 / 16])
    assert all(p.validation_cost is None for p in seen)
    history = network.fit(X, Y, epochs=100, callback=lambda p: p.epoch == 20)
    assert (history.stopped, len(history.cost), network.epoch) == ("callback", 4, 20)


def test_a_callback_that_raises_keeps_the_weights_so_far(rng: np.random.Generator) -> None:
    X, Y = data((3, 4, 1), 10, "binary_cross_entropy", rng)
    network, other = MLP([3, 4, 1]), MLP([3, 4, 1])

    class Odd(Exception):
        pass

    def callback(progress: swiftreg.Progress) -> None:
        if progress.epoch == 3:
            raise Odd("at three")

    with pytest.raises(Odd, match="at three") as caught:
        network.fit(X, Y, epochs=10, callback=callback)
    assert any(entry.name == "callback" for entry in caught.traceback)
    assert network.epoch == 3
    assert network.history is not None
    assert (network.history.stopped, len(network.history.cost)) == ("interrupted", 3)
    other.fit(X, Y, epochs=3)
    assert np.array_equal(network.parameters, other.parameters)

    class NoTruth:
        def __bool__(self) -> bool:
            raise Odd("no truth")

    with pytest.raises(Odd, match="no truth"):
        network.fit(X, Y, epochs=10, callback=lambda p: NoTruth())
    assert network.epoch == 4


def test_a_callback_may_write_the_weights(rng: np.random.Generator) -> None:
    X, Y = data((3, 4, 1), 10, "binary_cross_entropy", rng)
    network = MLP([3, 4, 1], optimizer="sgd")

    def callback(progress: swiftreg.Progress) -> None:
        network.parameters[:] = 1
        assert network.gradients.any()
        assert network.optimizer_state.shape == (0,)
        assert network.weights[1][1].base is not None

    network.fit(X, Y, epochs=3, callback=callback)
    assert (network.parameters == 1).all()


def test_a_cost_that_is_not_finite(rng: np.random.Generator) -> None:
    X, Y = data((3, 4, 1), 10, "squared_error", rng)
    network = MLP([3, 4, 1], loss="squared_error", activation="identity", optimizer="sgd", learning_rate=0.01)
    network.fit(X, Y, epochs=2)
    good, network_epochs = network.parameters.copy(), []
    network.set_optimizer(learning_rate=1e30)
    with pytest.raises(FloatingPointError, match=r"at step \d+: NaN or infinity in X or Y, or too large a learning rate"):
        network.fit(X, Y, epochs=50, callback=lambda p: network_epochs.append(p.epoch))
    assert network.epoch == 2 + len(network_epochs)
    assert np.isfinite(network.parameters).all()
    if not network_epochs:
        assert np.array_equal(network.parameters, good)
    assert network.history is not None
    assert len(network.history.cost) == len(network_epochs)
    X[3, 1] = np.nan
    with pytest.raises(FloatingPointError, match=f"step {network.step}"):
        network.fit(X, Y, epochs=1)


def test_no_epochs(rng: np.random.Generator) -> None:
    X, Y = data((3, 4, 1), 10, "binary_cross_entropy", rng)
    network = MLP([3, 4, 1])
    before = network.parameters.copy()
    history = network.fit(X, Y, epochs=0, validation_data=(X, Y))
    assert history.cost.shape == (0,)
    assert history.validation_cost is not None
    assert history.validation_cost.shape == (0,)
    assert np.array_equal(network.parameters, before)


# ---- State ---------------------------------------------------------------------------------


def test_views_are_the_networks_memory() -> None:
    network = MLP([3, 4, 2], dtype="float64")
    assert network.parameters.shape == network.gradients.shape == (3 * 4 + 4 + 4 * 2 + 2,)
    assert network.optimizer_state.shape == (2 * 26,)
    for view in (network.parameters, network.gradients, network.optimizer_state):
        assert view.dtype == np.float64
        assert view.flags.writeable
        assert not view.flags.owndata
    network.parameters[:] = np.arange(26)
    (W1, b1), (W2, b2) = network.weights
    assert np.array_equal(W1, np.arange(12).reshape(4, 3))
    assert np.array_equal(b1, [12, 13, 14, 15])
    assert np.array_equal(W2, np.arange(16, 24).reshape(2, 4))
    assert np.array_equal(b2, [24, 25])
    b2[0] = -1
    assert network.parameters[24] == -1
    del network
    W1 += 1  # the memory lives on with its views
    assert W1[3, 2] == 12
    assert b2[0] == -1


def test_the_state_does_not_move_under_a_view() -> None:
    network = MLP([3, 4, 2], optimizer="adam")
    state = network.optimizer_state
    part = state[3:7]
    del state
    with pytest.raises(BufferError, match="optimizer_state"):
        network.set_optimizer(optimizer="sgd")
    assert network.optimizer == "adam"
    network.set_optimizer("adam", learning_rate=0.5)
    part[:] = 1
    assert network.optimizer_state.sum() == 4
    del part
    network.set_optimizer("sgd")
    assert network.optimizer_state.shape == (0,)
    empty = network.optimizer_state
    network.set_optimizer("momentum")
    assert network.optimizer_state.shape == (26,)
    assert not network.optimizer_state.any()
    assert empty.shape == (0,)
    base: Any = network.optimizer_state.base
    with pytest.raises(BufferError):
        network.set_optimizer(optimizer="sgd")
    del base
    network.set_optimizer("sgd")


def test_settings() -> None:
    network = MLP([3, 4, 2], optimizer="momentum", momentum=0.5, clip_norm=2.0, schedule="step", period=3)
    assert network.optimizer == "momentum"
    expected = {
        "learning_rate": 0.01, "momentum": 0.5, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8,
        "weight_decay": 0.01, "clip_norm": 2.0, "schedule": "step", "decay": 0.5, "period": 3,
        "min_learning_rate": 0.0,
    }
    assert network.optimizer_settings == expected
    network.set_optimizer(learning_rate=0.25, clip_norm=None)
    assert network.optimizer_settings == {**expected, "learning_rate": 0.25, "clip_norm": None}
    network.set_optimizer(learning_rate=None)
    assert network.learning_rate == 0.01
    network.set_optimizer("adam", beta1=0.5)
    assert network.optimizer_settings["momentum"] == 0.9
    assert network.optimizer_settings["beta1"] == 0.5
    assert network.optimizer_settings["schedule"] == "constant"
    assert network.learning_rate == 0.001
    assert MLP([2, 1], optimizer="adamw").learning_rate == 0.001


def test_attributes_and_repr() -> None:
    network = MLP(
        np.array([3, 5, 4, 2]), activation=["tanh", "sigmoid"], loss="softmax_cross_entropy", keep_prob=0.5,
        l2=[1, 2, 3], max_norm=3, label_smoothing=0.25, init="xavier", seed=2**64 - 1, dtype=np.float64,
    )
    assert network.layer_dims == (3, 5, 4, 2)
    assert network.activation == ("tanh", "sigmoid")
    assert network.keep_prob == (1.0, 0.5, 0.5)
    assert network.l2 == (1.0, 2.0, 3.0)
    assert network.l1 == (0.0, 0.0, 0.0)
    assert (network.loss, network.init, network.seed) == ("softmax_cross_entropy", "xavier", 2**64 - 1)
    assert (network.max_norm, network.label_smoothing, network.dtype) == (3.0, 0.25, np.float64)
    assert repr(network) == (
        "MLP([3, 5, 4, 2], activation=('tanh', 'sigmoid'), loss='softmax_cross_entropy', "
        "keep_prob=(1.0, 0.5, 0.5), l2=(1.0, 2.0, 3.0), max_norm=3.0, label_smoothing=0.25, "
        "seed=18446744073709551615, dtype='float64')"
    )
    assert eval(repr(MLP([2, 1]))).layer_dims == (2, 1)
    assert MLP([2, 3, 1], keep_prob=[0.5, 1]).keep_prob == (0.5, 1)
    network.step, network.epoch = 7, 2**48 - 1
    assert (network.step, network.epoch) == (7, 2**48 - 1)


def test_the_memory_query_grows_with_what_it_is_asked_for() -> None:
    network = MLP([784, 100, 10])
    predict, train = network.memory(0, 1000), network.memory(128, 1000)
    assert 0 < predict < train < network.memory(128, 1000, True)
    assert MLP([784, 100, 10], dtype="float64").memory(128, 1000) > 1.5 * train


def test_a_bar(rng: np.random.Generator, capsys: pytest.CaptureFixture[str]) -> None:
    X, Y = data((3, 4, 1), 10, "binary_cross_entropy", rng)
    network, other = MLP([3, 4, 1]), MLP([3, 4, 1])
    network.fit(X, Y, epochs=7, progress=True, validation_data=(X, Y))
    shown = capsys.readouterr().err
    assert "7/7" in shown
    assert "cost=" in shown
    assert "validation=" in shown
    other.fit(X, Y, epochs=7, validation_data=(X, Y))
    assert np.array_equal(network.parameters, other.parameters)
