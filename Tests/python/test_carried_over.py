"""`carry_over` and its table: each line names an existing test; and the tests of the notebook and of
scikit-learn that are about `swiftreg.MLP`."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from conftest import ROOT
from swiftreg import MLP, CarryOverWarning, carry_over, carry_over_names, notebook
from swiftreg._carry_over import LIBRARIES
from swiftreg._carry_over._table import Library
from test_estimators_as_scikit_learns import data, pair

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

Array = NDArray[Any]

# ---- The table -----------------------------------------------------------------------------

LINES = [
    (library, name, line) for library in LIBRARIES for name, line in library.lines
]  # fmt: skip


def functions_of(library: Library) -> set[str]:
    """Those in the files of its tests."""
    trees = [ast.parse((ROOT / path).read_text()) for path in library.tests]
    return {node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_page_is_that_of_the_table() -> None:
    script = ROOT / "scripts" / "carry_over_page.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.title)
def test_every_line_names_a_test_that_exists(library: Library) -> None:
    named = {line.test for _, line in library.lines}
    assert named and named <= functions_of(library), named - functions_of(library)


@pytest.mark.parametrize("library", LIBRARIES[1:], ids=lambda library: library.title)
def test_the_version_is_the_one_that_its_environment_has(library: Library) -> None:
    """A pinned version; of Debian's packages and of PyTorch, the tests themselves compare."""
    peer = Path(library.tests[0]).stem.removeprefix("test_")
    listed = (ROOT / "Tests" / "peers" / "requirements" / f"{peer}.txt").read_text()
    pinned = re.findall(r"^[\w\[\]-]+==(.+)$", listed, re.M)
    assert pinned in ([library.version], []) and (pinned or "debian" in listed or "torch" in listed)


def test_names_are_listed_and_documented() -> None:
    page = (ROOT / "docs" / "carry-over.md").read_text()
    assert carry_over_names() == sorted({name for _, name, _ in LINES})
    for name in carry_over_names():
        assert f"| `{name}` |" in page


def test_defaults_are_those_there_and_settings_make_a_network() -> None:
    with pytest.warns(CarryOverWarning, match="biases"):
        settings = carry_over("torch.AdamW")
    assert settings == {
        "optimizer": "adamw", "learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8,
        "weight_decay": 0.01,
    }
    made = MLP([2, 3, 1], **settings)
    assert made.optimizer == "adamw" and made.optimizer_settings["weight_decay"] == 0.01


def test_a_caveat_is_the_callers_line() -> None:
    with pytest.warns(CarryOverWarning) as caught:
        carry_over("torch.MSELoss")
        carry_over("sklearn.MLPRegressor")  # through another entry
    assert [record.filename for record in caught] == [__file__] * 2


def test_loss_scale() -> None:
    there = {"lr": 0.1, "momentum": 0.9}
    assert carry_over("torch.SGD", loss_scale=0.5, **there)["learning_rate"] == 0.05
    adam = carry_over("torch.Adam", loss_scale=0.5, lr=0.1)
    assert (adam["learning_rate"], adam["epsilon"]) == (0.1, 2e-8)
    assert carry_over("keras.L2", loss_scale=0.5, l2=0.1, batch_size=10)["l2"] == 4.0


@pytest.mark.parametrize(
    ("error", "words", "call"),
    [
        (ValueError, "got 'torch.sgd'; near it: torch.SGD", lambda: carry_over("torch.sgd")),
        (TypeError, "name must be a string, got 3", lambda: carry_over(3)),
        (TypeError, "carry_over.'torch.SGD'.: .*'rate'.*it has lr, ", lambda: carry_over("torch.SGD", rate=1)),
        (TypeError, "batch_size is needed", lambda: carry_over("torch.SGD", weight_decay=0.1)),
        (TypeError, "lr must be a number, got <", lambda: carry_over("torch.SGD", lr=object())),
        (ValueError, "lr must be finite, got nan", lambda: carry_over("torch.SGD", lr=float("nan"))),
        (ValueError, "batch_size must be above 0, got 0", lambda: carry_over("keras.L2", batch_size=0)),
        (ValueError, "update must be at least 1, got 0", lambda: carry_over("keras.Adam", update=0)),
        (TypeError, "update must be a whole", lambda: carry_over("keras.Adam", update=2.0)),
        (
            ValueError, "gradient_accumulation_steps must be at least 1, got 0",
            lambda: carry_over("keras.gradient_accumulation_steps", gradient_accumulation_steps=0),
        ),
        (ValueError, "loss_scale must be above 0, got 0", lambda: carry_over("torch.SGD", loss_scale=0)),
        (ValueError, "no equal setting here: amsgrad=True", lambda: carry_over("torch.Adam", amsgrad=True)),
        (ValueError, "liblinear", lambda: carry_over("sklearn.LogisticRegression", solver="liblinear")),
    ],
)  # fmt: skip
def test_errors_name_the_argument(error: type[Exception], words: str, call: Callable[[], object]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CarryOverWarning)
        with pytest.raises(error, match=words):
            call()


# ---- The notebook --------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{}, {"lambd": 0.7}, {"keep_prob": 0.86}])
def test_the_notebooks_model(settings: dict[str, float]) -> None:
    X, Y, *_ = notebook.load_2D_dataset()
    m, dims = X.shape[1], (2, 20, 3, 1)
    theirs = notebook.model(X, Y, num_iterations=100, print_cost=False, **settings)
    here = {"l2": settings.get("lambd", 0.0), "keep_prob": settings.get("keep_prob", 1.0)}
    made = MLP(dims, init="notebook", seed=3, optimizer="sgd", learning_rate=0.3, dtype="float64", **here)
    masks: list[Array | None] | None = None
    if "keep_prob" in settings:
        # The notebook seeds its generator with 1 before each pass.
        random = np.random.RandomState(1)
        masks = [None, *((random.rand(width, m) < settings["keep_prob"]).T for width in dims[1:3])]
    made.fit(X.T, Y.T, epochs=100, shuffle=False, masks=masks)
    for l, (W, b) in enumerate(made.weights, 1):
        np.testing.assert_allclose(W, theirs[f"W{l}"], rtol=0, atol=1e-10)
        np.testing.assert_allclose(b, theirs[f"b{l}"][:, 0], rtol=0, atol=1e-10)


# ---- scikit-learn --------------------------------------------------------------------------

EPOCHS, BATCH = 40, 30
LOSSES = {
    "regression": "squared_error", "outputs": "squared_error", "binary": "binary_cross_entropy",
    "multiclass": "softmax_cross_entropy",
}


def carried(kind: str, parameters: dict[str, Any], **settings: Any) -> tuple[MLP, Any, Array, Array]:
    """A network with the weights of scikit-learn's estimator, that one, and the network's data."""
    _, theirs = pair(kind, batch_size=BATCH, max_iter=EPOCHS, **parameters)
    theirs.set_params(max_iter=EPOCHS)
    X, y = data(kind)
    Y = np.eye(4)[y] if kind == "multiclass" else y.astype(float)
    dims = (X.shape[1], *(W.shape[1] for W in theirs.coefs_))
    made = MLP(dims, loss=LOSSES[kind], dtype="float64", **settings)
    for (W, b), their_W, their_b in zip(made.weights, theirs.coefs_, theirs.intercepts_):
        W[:], b[:] = their_W.T, their_b
    theirs.fit(X, y)
    assert theirs.n_iter_ == EPOCHS
    return made, theirs, X, Y


def difference(made: MLP, theirs: Any) -> float:
    return max(
        max(float(np.abs(W - their_W.T).max()), float(np.abs(b - their_b).max()))
        for (W, b), their_W, their_b in zip(made.weights, theirs.coefs_, theirs.intercepts_)
    )


@pytest.mark.parametrize("kind", ["regression", "binary", "multiclass"])
@pytest.mark.parametrize("nesterov", [False, True])
def test_alpha_and_momentum(kind: str, nesterov: bool) -> None:
    made, theirs, X, Y = carried(
        kind,
        {
            "solver": "sgd", "momentum": 0.8, "nesterovs_momentum": nesterov, "alpha": 0.4,
            "learning_rate_init": 0.02,
        },
        optimizer="nesterov" if nesterov else "momentum", momentum=0.8, l2=0.4, learning_rate=0.02,
    )
    history = made.fit(X, Y, epochs=EPOCHS, batch_size=BATCH, shuffle=False)
    np.testing.assert_allclose(history.cost, theirs.loss_curve_, rtol=1e-9)
    assert difference(made, theirs) < 1e-10


@pytest.mark.parametrize("epsilon", [1e-8, 1e-3])
def test_adam(epsilon: float) -> None:
    made, theirs, X, Y = carried(
        "multiclass", {"solver": "adam", "epsilon": epsilon, "alpha": 0.1, "learning_rate_init": 0.01},
        optimizer="adam", l2=0.1, learning_rate=0.01,
    )
    for t in range(1, EPOCHS * len(X) // BATCH + 1):
        first = (t - 1) * BATCH % len(X)
        made.set_optimizer(epsilon=epsilon / np.sqrt(1 - 0.999**t))
        made.fit(X[first : first + BATCH], Y[first : first + BATCH], shuffle=False)
    assert difference(made, theirs) < 1e-10


@pytest.mark.parametrize("alpha", [0.0, 0.4])
def test_several_outputs(alpha: float) -> None:
    made, theirs, X, Y = carried(
        "outputs", {"solver": "sgd", "alpha": alpha, "learning_rate_init": 0.02},
        optimizer="nesterov", l2=alpha, learning_rate=0.02,
    )
    history = made.fit(X, Y, epochs=EPOCHS, batch_size=BATCH, shuffle=False)
    assert difference(made, theirs) < 1e-10
    if alpha == 0:
        np.testing.assert_allclose(history.cost, np.multiply(theirs.loss_curve_, Y.shape[1]), rtol=1e-9)


def test_loss_curve_with_sample_weights() -> None:
    """scikit-learn weighs the losses of batches by their numbers of examples, swiftreg by their weights."""
    _, theirs = pair("regression", batch_size=BATCH, max_iter=1, solver="sgd", momentum=0.0, alpha=0.0)
    theirs.set_params(max_iter=1)
    X, y = data("regression")
    weights = np.linspace(0.1, 3.0, len(X))
    made, stepped = (
        MLP((6, 9, 5, 1), loss="squared_error", dtype="float64", optimizer="sgd", learning_rate=1e-3)
        for _ in range(2)
    )
    for network in (made, stepped):
        for (W, b), their_W, their_b in zip(network.weights, theirs.coefs_, theirs.intercepts_):
            W[:], b[:] = their_W.T, their_b
    theirs.fit(X, y, weights)
    cost = made.fit(X, y, sample_weight=weights, batch_size=BATCH, shuffle=False).cost[0]
    batches = [slice(first, first + BATCH) for first in range(0, len(X), BATCH)]
    costs = [stepped.fit(X[b], y[b], sample_weight=weights[b], shuffle=False).cost[0] for b in batches]
    sums = [weights[b].sum() for b in batches]
    assert difference(made, theirs) < 1e-10
    assert theirs.loss_curve_[0] == pytest.approx(np.mean(costs), rel=1e-9)
    assert cost == pytest.approx(np.average(costs, weights=sums), rel=1e-9)
    assert abs(cost - theirs.loss_curve_[0]) > 1e-3


def test_invscaling() -> None:
    rate, power = 0.3, 0.25
    made, theirs, X, Y = carried(
        "regression",
        {
            "solver": "sgd", "momentum": 0.0, "learning_rate": "invscaling", "power_t": power,
            "learning_rate_init": rate, "alpha": 0.1,
        },
        optimizer="sgd", l2=0.1,
    )
    for e in range(EPOCHS):
        made.set_optimizer(learning_rate=rate / (e * len(X) + 1) ** power)
        made.fit(X, Y, batch_size=BATCH, shuffle=False)
    assert difference(made, theirs) < 1e-10
    scheduled = MLP([1, 1], schedule="inverse_scaling", learning_rate=rate, decay=power)
    rates: list[float] = []
    scheduled.fit([[0.0]], [1.0], epochs=5, callback=lambda progress: rates.append(progress.learning_rate))
    np.testing.assert_allclose(rates, rate / np.arange(1, 6) ** power)


@pytest.mark.parametrize("scaling", [1.0, 3.0])
def test_liblinear_penalizes_the_intercept(scaling: float) -> None:
    """Its optimum is that of a penalty b^2 / (2 scaling^2) besides; lbfgs's is ours."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(80, 3))
    y = (X @ [1.0, -2.0, 0.5] + 1.5 + rng.logistic(size=80) > 0).astype(int)
    for solver in ("lbfgs", "liblinear"):
        theirs = LogisticRegression(
            C=1.0, solver=solver, intercept_scaling=scaling if solver == "liblinear" else 1, tol=1e-12,
            max_iter=10000,
        ).fit(X, y)
        made = MLP([3, 1], l2=1.0, dtype="float64")
        (W, b), = made.weights
        W[:], b[:] = theirs.coef_, theirs.intercept_
        made.gradient(X, y)
        of_weights, of_bias = made.gradients[:3] * len(X), float(made.gradients[3]) * len(X)
        np.testing.assert_allclose(of_weights, 0, atol=1e-4)
        if solver == "lbfgs":
            assert abs(of_bias) < 1e-4
        else:
            assert abs(of_bias + b[0] / scaling**2) < 1e-4 < 1e-2 < abs(of_bias)
