"""swiftreg.plot: the contents of the axes."""

from __future__ import annotations

import copy
import io
import pickle
import subprocess
import sys
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import sklearn.neural_network
from matplotlib.colors import to_rgba
from numpy.typing import NDArray
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, validation_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import swiftreg
from swiftreg import MLPClassifier, MLPClassifierCV, MLPRegressor, plot

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

Array = NDArray[Any]


@pytest.fixture(autouse=True)
def clean_figures() -> Any:
    plt.close("all")
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def points() -> tuple[Array, Array]:
    rng = np.random.default_rng(8)
    X = rng.normal(size=(150, 2)) * [1, 40] + [0, 300]
    return X, np.array(["left", "middle", "right"])[np.digitize(X[:, 0], [-0.5, 0.5])]


def legend(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


# ---- loss_curve ----------------------------------------------------------------------------


def test_loss_curves_of_an_estimator(points: tuple[Array, Array]) -> None:
    X, y = points
    model = MLPClassifier(max_iter=12, random_state=0).fit(X[:100], y[:100], eval_set=(X[100:], y[100:]))
    ax = plot.loss_curve(model)
    training, validation = ax.lines
    assert np.array_equal(training.get_xdata(), np.arange(1, 13))
    assert np.array_equal(training.get_ydata(), model.loss_curve_)
    assert np.array_equal(validation.get_ydata(), model.validation_loss_curve_)
    assert training.get_color() == validation.get_color()
    assert training.get_linestyle() != validation.get_linestyle()
    assert legend(ax) == ["training", "validation"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "cost")
    # A second curve on the same axes; a warm start validates the last epochs only.
    model.set_params(warm_start=True, max_iter=5).fit(X, y, eval_set=(X, y))
    assert plot.loss_curve(model, label="more", ax=ax) is ax
    assert legend(ax)[2:] == ["more, training", "more, validation"]
    assert len(ax.lines[2].get_xdata()) == 17
    assert np.array_equal(ax.lines[3].get_xdata(), np.arange(13, 18))


def test_loss_curves_of_others(points: tuple[Array, Array]) -> None:
    X, y = points
    theirs = sklearn.neural_network.MLPClassifier(max_iter=4).fit(X, y)
    assert np.array_equal(plot.loss_curve(theirs).lines[0].get_ydata(), theirs.loss_curve_)
    network = swiftreg.MLP([2, 5, 1], dtype="float64")
    history = network.fit(X, y == "left", epochs=6, validation_data=(X, y == "left"))
    for source in (history, network):
        training, validation = plot.loss_curve(source).lines
        assert np.array_equal(training.get_ydata(), history.cost)
        assert np.array_equal(validation.get_ydata(), history.validation_cost)
    plain = network.fit(X, y == "left", epochs=2)
    assert legend(plot.loss_curve(plain)) == ["training"]
    for wrong in ([1.0, 2.0], MLPClassifier()):
        with pytest.raises(TypeError, match="source must be"):
            plot.loss_curve(wrong)
    for other in (swiftreg.MLP([2, 1]), copy.copy(network), pickle.loads(pickle.dumps(network))):
        with pytest.raises(TypeError, match="MLP without a history: .* pickling and copying do not keep"):
            plot.loss_curve(other)


# ---- decision_boundary ---------------------------------------------------------------------


def drawn_on(ax: Any) -> tuple[list[tuple[Any, Any]], Any]:
    """(paths, color) of the region of each class, and the points.

    Before matplotlib 3.8 each filled contour is a separate collection.
    """
    *regions, points = ax.collections
    if len(regions) > 1:
        return [(region.get_paths(), region.get_facecolor()[0]) for region in regions], points
    paths, colors = regions[0].get_paths(), regions[0].get_facecolor()
    return [([path], color) for path, color in zip(paths, colors)], points


def inside(paths: list[Any], X: Array) -> Array:
    found: Array = np.any([path.contains_points(X) for path in paths], axis=0)
    return found


def test_decision_boundary(points: tuple[Array, Array]) -> None:
    X, y = points
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    ax = plot.decision_boundary(model, X, y)
    regions, drawn = drawn_on(ax)
    assert np.array_equal(drawn.get_offsets(), X)
    assert np.array_equal(drawn.get_array(), np.searchsorted(["left", "middle", "right"], y))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x1", "x2")
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["left", "middle", "right"]
    colors = {label: drawn.to_rgba(i) for i, label in enumerate(("left", "middle", "right"))}
    for handle, text in zip(legend.legend_handles, legend.get_texts()):
        assert handle.get_markerfacecolor() == pytest.approx(colors[text.get_text()])
    # Each class has its region, in the color of its points, and the region holds them.
    assert len(regions) == 3
    assert all(drawn.to_rgba(i)[:3] == pytest.approx(regions[i][1][:3]) for i in range(3))
    predicted = model.predict(X)
    margin = np.sort(model.decision_function(X), axis=1)
    clear = margin[:, -1] - margin[:, -2] > 0.5
    for (paths, _), label in zip(regions, ("left", "middle", "right")):
        mine = clear & (predicted == label)
        assert mine.sum() > 20 and inside(paths, X[mine]).all()
        assert not inside(paths, X[clear & (predicted != label)]).any()
    low, high = X.min(axis=0), X.max(axis=0)
    extent = np.concatenate([path.vertices for paths, _ in regions for path in paths])
    np.testing.assert_allclose(extent.min(axis=0), low - 0.1 * (high - low))
    np.testing.assert_allclose(extent.max(axis=0), high + 0.1 * (high - low))


def test_decision_boundary_of_functions_and_named_columns(points: tuple[Array, Array]) -> None:
    X, y = points
    asked: list[Any] = []

    def model(grid: Array) -> Array:
        asked.append(grid.shape)
        return np.where(grid[:, 0] > 0, "left", "right")

    figure, ax = plt.subplots()
    assert plot.decision_boundary(model, X, y, resolution=31, ax=ax) is ax
    assert asked == [(31 * 31, 2)]
    frame = pd.DataFrame(X, columns=["width", "height"])
    fitted = MLPClassifier(max_iter=3).fit(frame, y)  # would warn of missing feature names
    ax = plot.decision_boundary(fitted, frame, y, resolution=10)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("width", "height")
    # Classes of the classifier that these examples lack are no error.
    ax = plot.decision_boundary(fitted, frame[y != "left"], y[y != "left"], resolution=10)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["middle", "right"]


@pytest.mark.parametrize("classes", [2, 3])
def test_decision_boundary_of_a_network(points: tuple[Array, Array], classes: int) -> None:
    """An MLP predicts probabilities; its labels are the numbers of its classes."""
    X, words = points
    y = np.searchsorted(["left", "middle", "right"], words)
    if classes == 2:
        y, Y, outputs, loss = y > 0, y > 0, 1, "binary_cross_entropy"
    else:
        Y, outputs, loss = np.eye(3)[y], 3, "softmax_cross_entropy"
    network = swiftreg.MLP([2, 8, outputs], loss=loss, learning_rate=0.05)
    network.fit(X, Y, epochs=100)
    ax = plot.decision_boundary(network, X, y)
    regions, drawn = drawn_on(ax)
    assert ax.get_legend() is None
    assert np.array_equal(drawn.get_array(), y)
    p = network.predict(X)
    p = np.c_[1 - p, p] if classes == 2 else p
    clear = np.diff(np.sort(p, axis=1)[:, -2:])[:, 0] > 0.3
    assert len(regions) == classes
    for c, (paths, _) in enumerate(regions):
        mine = p.argmax(axis=1) == c
        assert (clear & mine).sum() > 10 and inside(paths, X[clear & mine]).all()
        assert not inside(paths, X[clear & ~mine]).any()
    with pytest.raises(ValueError, match="model is an MLP with squared_error"):
        plot.decision_boundary(swiftreg.MLP([2, 1], loss="squared_error"), X, y)


def test_decision_boundary_refuses(points: tuple[Array, Array]) -> None:
    X, y = points
    model = LogisticRegression().fit(X, y)
    for arguments, message in (
        ((model, X.T, y), r"X must have shape \(m, 2\).*\(2, 150\)"),
        ((model, X, y[:5]), r"y must have shape \(150,\).*\(5,\)"),
        ((lambda x: np.full(len(x), "up"), X, y), "model predicts the labels"),
    ):
        with pytest.raises(ValueError, match=message):
            plot.decision_boundary(*arguments)
    with pytest.raises(ValueError, match="resolution must be at least 2, got 1"):
        plot.decision_boundary(model, X, y, resolution=1)
    assert plt.get_fignums() == []


# ---- weights -------------------------------------------------------------------------------


def test_histograms_of_weights(points: tuple[Array, Array]) -> None:
    X, y = points
    plain = MLPClassifier(30, random_state=0, max_iter=50).fit(X, y)
    shrunk = MLPClassifier(30, random_state=0, max_iter=50, alpha=1000.0).fit(X, y)
    ax = plot.weights({"no regularization": plain, "L2": shrunk}, bins=20)
    assert legend(ax) == ["no regularization", "L2"]
    assert len(ax.containers) == 2
    for bars, model in zip(ax.containers, (plain, shrunk)):
        flat = np.concatenate([W.ravel() for W in model.coefs_])
        edges = [bar.get_x() for bar in bars] + [bars[-1].get_x() + bars[-1].get_width()]
        assert len(bars) == 20
        counts, _ = np.histogram(flat, np.array(edges))
        assert abs(sum(bar.get_height() for bar in bars) - flat.size) == 0
        assert np.abs(counts - [bar.get_height() for bar in bars]).sum() <= 2  # on an edge
    assert ax.containers[0][0].get_x() == ax.containers[1][0].get_x()
    assert to_rgba(ax.containers[0][0].get_facecolor()) != to_rgba(ax.containers[1][0].get_facecolor())


def test_weights_of_any_model_and_one_layer(points: tuple[Array, Array]) -> None:
    from swiftreg import notebook

    X, y = points
    parameters = notebook.initialize_parameters([2, 20, 3, 1])
    for model, _sizes in (
        (swiftreg.MLP([2, 20, 3, 1]), (40, 60, 3)),
        (sklearn.neural_network.MLPClassifier((20, 3), max_iter=1).fit(X, y == "left"), (40, 60, 3)),
        (parameters, (40, 60, 3)),
    ):
        for layer, size in ((None, 103), (0, 40), (1, 60), (-1, 3)):
            ax = plot.weights(model, layer=layer)
            assert sum(bar.get_height() for bar in ax.containers[0]) == size
            assert ax.get_legend() is None
        with pytest.raises(ValueError, match="layer must be one of 3, from 0, got 3"):
            plot.weights(model, layer=3)
    with pytest.raises(TypeError, match="models must be"):
        plot.weights(3)
    with pytest.raises(ValueError, match="empty"):
        plot.weights({})


# ---- validation_curve ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("param_name", "param_range", "scale"),
    [("alpha", [1e-3, 1e-1, 10.0, 1000.0], "log"), ("keep_prob", [0.3, 0.6, 1.0], "linear")],
)
def test_validation_curve(
    points: tuple[Array, Array], param_name: str, param_range: list[float], scale: str
) -> None:
    X, y = points
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(10, max_iter=30, random_state=0))
    name = f"mlpclassifier__{param_name}"
    ax = plot.validation_curve(pipeline, X, y, param_name=name, param_range=param_range, cv=3)
    scores = validation_curve(pipeline, X, y, param_name=name, param_range=param_range, cv=3)
    for line, band, expected in zip(ax.lines, ax.collections, scores):
        assert np.array_equal(line.get_xdata(), param_range)
        np.testing.assert_allclose(line.get_ydata(), expected.mean(axis=1))
        vertices = band.get_paths()[0].vertices
        for x, row in zip(param_range, expected):
            heights = vertices[vertices[:, 0] == x, 1]
            np.testing.assert_allclose(
                [heights.min(), heights.max()], row.mean() + row.std() * np.array([-1, 1])
            )
    assert legend(ax) == ["training", "validation"]
    assert ax.get_xscale() == scale
    assert (ax.get_xlabel(), ax.get_ylabel()) == (name, "score")


def test_validation_curve_over_alpha_is_the_default(points: tuple[Array, Array]) -> None:
    X, y = points
    figure, ax = plt.subplots()
    model = MLPClassifier(5, max_iter=2)
    assert plot.validation_curve(model, X, y, param_range=[0.0, 1.0], cv=2, ax=ax) is ax
    assert ax.get_xlabel() == "alpha" and ax.get_xscale() == "linear"


# ---- Cross-validation of the grid ----------------------------------------------------------


@pytest.fixture(scope="module")
def searched() -> Any:
    X, y = load_iris(return_X_y=True)
    search = MLPClassifierCV(
        (10,), alphas=4, keep_probs=[1.0, 0.7, [0.9, 0.5]], cv=3, random_state=0, max_iter=30,
        learning_rate_init=0.02,
    )
    return make_pipeline(StandardScaler(), search).fit(X, y)


def test_validation_map(searched: Any) -> None:
    cv = searched[-1]
    for source in (cv, searched):
        ax = plot.validation_map(source)
        shown = np.asarray(ax.images[0].get_array())
        np.testing.assert_allclose(shown, cv.scores_.mean(axis=2).T)
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("alpha", "keep_prob")
        assert [text.get_text() for text in ax.get_yticklabels()] == ["1", "0.7", "0.9, 0.5"]
        assert [float(text.get_text()) for text in ax.get_xticklabels()] == pytest.approx(cv.alphas_, rel=0.01)
        assert legend(ax) == ["best", "one standard error"]
        for line, rule in zip(ax.lines, ("best", "1se")):
            (x,), (y,) = line.get_xdata(), line.get_ydata()
            params = cv.cv_results_["params"][cv.choices_[rule]]
            assert params == {"alpha": cv.alphas_[x], "keep_prob": cv.keep_probs_[y]}
        texts = [float(text.get_text()) for text in ax.texts]
        np.testing.assert_allclose(texts, shown.ravel(), rtol=0.01)
    figure, ax = plt.subplots()
    assert plot.validation_map(cv, ax=ax) is ax
    ax.figure.savefig(io.BytesIO())


def test_path(searched: Any) -> None:
    cv = searched[-1]
    panels = plot.path(searched)
    results = pd.DataFrame(cv.cv_results_)
    assert len(panels) == 3 and [panel.get_xscale() for panel in panels] == ["log"] * 3
    for k in range(3):
        rows = results[k::3]
        bars = panels[0].containers[k]
        np.testing.assert_allclose(bars.lines[0].get_ydata(), rows["mean_test_score"])
        heights = [np.ptp(segment[:, 1]) for segment in bars.lines[2][0].get_segments()]
        np.testing.assert_allclose(heights, 2 * rows["se_test_score"])
        for panel, column in ((panels[1], "mean_weight_norm"), (panels[2], "mean_n_epochs")):
            assert np.array_equal(panel.lines[k].get_xdata(), cv.alphas_)
            np.testing.assert_allclose(panel.lines[k].get_ydata(), rows[column])
    marked = [line.get_xdata()[0] for line in panels[0].lines if len(line.get_xdata()) == 2]
    assert marked == [results["param_alpha"][cv.choices_[rule]] for rule in ("best", "1se")]
    own = plt.subplots(1, 3)[1]
    assert plot.path(cv, axes=own)[0] is own[0]
    with pytest.raises(ValueError, match="axes must be 3 axes, got 1"):
        plot.path(cv, axes=[own[0]])
    for draw in (plot.path, plot.validation_map):
        with pytest.raises(TypeError, match="cv must be a fitted MLPClassifierCV or MLPRegressorCV, got MLPClassifier"):
            draw(MLPClassifier())


# ---- Frames and pipelines ------------------------------------------------------------------


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_decision_boundary_of_frames(points: tuple[Array, Array], library: str) -> None:
    X, y = points
    columns = {"width": X[:, 0], "height": X[:, 1]}
    frame = pytest.importorskip(library)
    frame = frame.table(columns) if library == "pyarrow" else frame.DataFrame(columns)
    model = make_pipeline(StandardScaler(), MLPClassifier(10, max_iter=20, random_state=0))
    model.fit(pd.DataFrame(columns) if library == "pyarrow" else frame, y)
    fitted = MLPClassifier(max_iter=3).fit(frame, y)
    ax = plot.decision_boundary(fitted, frame, y, resolution=10)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("width", "height")
    if library != "pyarrow":
        plot.decision_boundary(model, frame, y, resolution=10)


def test_models_inside_pipelines_and_searches(points: tuple[Array, Array]) -> None:
    X, y = points
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(5, max_iter=4, random_state=0))
    search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [0.1, 1.0]}, cv=2).fit(X, y)
    target = TransformedTargetRegressor(make_pipeline(StandardScaler(), MLPRegressor(5, max_iter=4)))
    for model, inner in (
        (pipeline.fit(X, y), pipeline[-1]), (search, search.best_estimator_[-1]),
        (target.fit(X, X[:, 0]), target.regressor_[-1]),
    ):
        assert np.array_equal(plot.loss_curve(model).lines[0].get_ydata(), inner.loss_curve_)
        assert sum(bar.get_height() for bar in plot.weights(model).containers[0]) == sum(
            W.size for W in inner.coefs_)
    with pytest.raises(TypeError, match="source must be a fitted estimator.* got LogisticRegression"):
        plot.loss_curve(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y))


# ---- Without the extra ---------------------------------------------------------------------


def test_without_matplotlib() -> None:
    code = """
import sys
sys.modules["matplotlib"] = None
import swiftreg
swiftreg.plot.weights(swiftreg.MLP([2, 1]))
"""
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert run.stderr.splitlines()[-1] == (
        "ImportError: swiftreg.plot needs matplotlib, which is not installed: pip install matplotlib"
        '  (the extra "plot" of swiftreg)'
    )


def test_importing_it_imports_nothing_heavy() -> None:
    code = "import sys, swiftreg.plot; print({'matplotlib', 'sklearn'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
