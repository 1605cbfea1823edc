"""docs/formulas.md, "Settings carried over": each line names a test that exists; and those tests of the
notebook and of scikit-learn that are about `swiftreg.MLP`."""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np
import pytest
from conftest import ROOT
from numpy.typing import NDArray
from swiftreg import MLP, notebook
from test_estimators_as_scikit_learns import data, pair

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

Array = NDArray[Any]

# ---- The tables ----------------------------------------------------------------------------

DOCUMENT = ROOT / "docs" / "formulas.md"
SECTION = DOCUMENT.read_text().split("\n## Settings carried over\n")[1].split("\n## ")[0]
TABLES = dict(part.split("\n", 1) for part in SECTION.split("\n### ")[1:])


def lines(table: str) -> list[list[str]]:
    """The cells of each line of a table but its head."""
    rows = re.findall(r"^\| (.*) \|$", table, re.M)
    assert rows[0] == "there | here | test" and set(rows[1]) <= set("-| ")
    return [re.split(r" (?<!\\)\| ", row) for row in rows[2:]]


def functions_of(table: str) -> set[str]:
    """Those in the files that are linked above a table."""
    trees = [ast.parse((DOCUMENT.parent / link).read_text()) for link in re.findall(r"\]\((.*?\.py)\)", table)]
    return {node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_there_is_a_table_for_each_library() -> None:
    assert list(TABLES) == ["Notebook and scikit-learn", "PyTorch", "Keras"]
    assert SECTION.count("\n| ") == sum(len(lines(table)) + 2 for table in TABLES.values())


@pytest.mark.parametrize("library", TABLES)
def test_every_line_names_a_test_that_exists(library: str) -> None:
    there, named = functions_of(TABLES[library]), set()
    for cells in lines(TABLES[library]):
        assert len(cells) == 3 and re.fullmatch(r"`test_\w+`", cells[2]), cells
        named.add(cells[2].strip("`"))
    assert named and named <= there, named - there


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
