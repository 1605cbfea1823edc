"""Pictures of training and of what was learned, with matplotlib (the extra "plot").

Every function draws on `ax`, or on the axes of a new figure where that is None, and returns the axes;
nothing is shown or saved. Without matplotlib it raises ImportError, with the command that helps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from swiftreg._extras import missing
from swiftreg._frames import column_names, frame_like, is_frame
from swiftreg._frames import numbers as numbers_of
from swiftreg._holder import Holder
from swiftreg._mlp import MLP

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from numpy.typing import ArrayLike, NDArray

__all__ = ["decision_boundary", "loss_curve", "path", "validation_curve", "validation_map", "weights"]

_COLORS = "Spectral"


def pyplot() -> Any:
    """matplotlib.pyplot."""
    try:
        import matplotlib.pyplot
    except ImportError as error:
        raise missing(f"{__name__} needs", "matplotlib", "plot") from error
    return matplotlib.pyplot


def _axes(ax: Axes | None) -> Axes:
    plt = pyplot()
    if ax is None:
        ax = plt.subplots()[1]
    return ax


# ---- Training ------------------------------------------------------------------------------


def _inner(model: Any) -> Any:
    """The estimator inside of pipelines, searches and transformers of targets."""
    for name in ("best_estimator_", "regressor_"):
        if hasattr(model, name):
            return _inner(getattr(model, name))
    steps = getattr(model, "steps", None)
    return _inner(steps[-1][1]) if isinstance(steps, list) and steps else model


def _curves(source: Any) -> tuple[Any, Any]:
    """The costs of the epochs, in training and in validation (or None)."""
    source = _inner(source)
    if hasattr(source, "loss_curve_"):
        return source.loss_curve_, getattr(source, "validation_loss_curve_", None)
    history = source if hasattr(source, "cost") and not callable(source.cost) else None
    if history is None:
        history = getattr(source, "history", None)
    if history is None and isinstance(source, Holder):
        raise TypeError(
            "source is an MLP without a history: fit leaves one, which loading, pickling and"
            " copying do not keep"
        )
    if history is None:
        raise TypeError(
            "source must be a fitted estimator, a trained MLP or a History,"
            f" got {type(source).__name__}"
        )
    return history.cost, history.validation_cost


def loss_curve(source: Any, *, label: str = "", ax: Axes | None = None) -> Axes:
    """Draws the cost of each epoch, in training and, where there was any, in validation.

    source : a fitted estimator (also scikit-learn's own, or one inside a pipeline, a search or a
        TransformedTargetRegressor), a `swiftreg.MLP` after `fit`, or the `History` that `fit` returned.
    label : goes before "training" and "validation" in the legend.

    The cost of training is taken before each update, with dropout and penalties; that of validation
    after the epoch, without. Raises TypeError for anything else.
    """
    training, validation = _curves(source)
    ax = _axes(ax)
    prefix = f"{label}, " if label else ""
    epochs = np.arange(1, len(training) + 1)
    (line,) = ax.plot(epochs, training, label=f"{prefix}training")
    if validation is not None:
        # A warm start validates the epochs of the last fit.
        last = epochs[len(epochs) - len(validation) :]
        ax.plot(last, validation, "--", color=line.get_color(), label=f"{prefix}validation")
    ax.set_xlabel("epoch")
    ax.set_ylabel("cost")
    ax.legend()
    return ax


# ---- What was learned ----------------------------------------------------------------------


def regions_of(
    model: Callable[[NDArray[np.float64]], Any], ticks: tuple[NDArray[Any], NDArray[Any]]
) -> NDArray[Any]:
    """What `model` says of (k, 2) points on the grid of the ticks, (len of y, len of x)."""
    xx, yy = np.meshgrid(*ticks)
    return np.asarray(model(np.c_[xx.ravel(), yy.ravel()])).reshape(xx.shape)


def draw_regions(
    ax: Axes,
    ticks: tuple[NDArray[Any], NDArray[Any]],
    regions: NDArray[Any],
    points: NDArray[Any],
    numbers: NDArray[Any],
    **contours: Any,
) -> PathCollection:
    """Draws regions of the plane, and over them (m, 2) points in the colors of their numbers, which
    it returns."""
    ax.contourf(*ticks, regions, cmap=_COLORS, **contours)
    ax.set_ylabel("x2")
    ax.set_xlabel("x1")
    return ax.scatter(points[:, 0], points[:, 1], c=numbers, cmap=_COLORS)


def draw_classes(
    ax: Axes,
    ticks: tuple[NDArray[Any], NDArray[Any]],
    regions: NDArray[Any],
    points: NDArray[Any],
    numbers: NDArray[Any],
    classes: int,
) -> PathCollection:
    """`draw_regions` for classes 0 to `classes` - 1: points have the colors of their regions, from
    which edges set them off."""
    last = max(classes - 1, 1)
    drawn = draw_regions(
        ax, ticks, regions, points, numbers, levels=np.arange(classes + 1) - 0.5, alpha=0.4,
        vmin=0, vmax=last,
    )
    drawn.set_clim(0, last)
    drawn.set(edgecolor="black", linewidth=0.5)
    return drawn


def _labels_of(network: MLP) -> Callable[[Any], NDArray[np.intp]]:
    """The numbers of the classes that a network predicts: its own predictions are probabilities."""
    if network.loss == "squared_error":
        raise ValueError("model is an MLP with squared_error, which tells no classes apart")

    def labels(points: Any) -> NDArray[np.intp]:
        outputs = network.predict(points)
        return outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0.5).astype(np.intp)

    return labels


def decision_boundary(
    model: Any, X: Any, y: ArrayLike, *, resolution: int = 200, ax: Axes | None = None
) -> Axes:
    """Draws the regions of the plane that a classifier tells apart, and the examples over them.

    model : any classifier with `predict`, a `swiftreg.MLP`, whose labels are the numbers of its
        classes (for one output, 0 and 1), or a function from (k, 2) points to k labels.
    X : (m, 2), an array or a data frame of pandas, polars or pyarrow, whose columns then name the axes.
    y : m labels of any kind; a legend names those that are not numbers.
    resolution : points of the grid on each side, at least 2; it reaches a tenth beyond the examples.

    Raises ValueError for other shapes.
    """
    points = np.asarray(numbers_of(X, "X"), dtype=np.float64)
    labels = np.asarray(y)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(f"X must have shape (m, 2) with m above 0, got {points.shape}")
    if labels.shape != (len(points),):
        raise ValueError(f"y must have shape ({len(points)},) to fit X, got {labels.shape}")
    if resolution < 2:
        raise ValueError(f"resolution must be at least 2, got {resolution}")
    predict = _labels_of(model) if isinstance(model, MLP) else getattr(model, "predict", model)
    names = column_names(X) if is_frame(X) else None
    classes = np.unique(np.concatenate([labels, np.ravel(getattr(model, "classes_", labels))]))

    def numbers(grid: NDArray[np.float64]) -> NDArray[np.intp]:
        found = np.ravel(predict(grid if names is None else frame_like(X, grid)))
        strange = np.setdiff1d(found, classes)
        if len(strange) > 0:
            raise ValueError(f"model predicts the labels {strange}, which y has not")
        return np.searchsorted(classes, found)

    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, 0.1 * (high - low), 0.5)
    x_ticks, y_ticks = (np.linspace(a, b, resolution) for a, b in zip(low - margin, high + margin))
    regions = regions_of(numbers, (x_ticks, y_ticks))
    ax = _axes(ax)
    drawn = draw_classes(
        ax, (x_ticks, y_ticks), regions, points, np.searchsorted(classes, labels), len(classes)
    )
    if classes.dtype.kind not in "biuf":
        present = np.unique(labels)
        handles, _ = drawn.legend_elements(
            num=np.searchsorted(classes, present).tolist(), markeredgecolor="black"
        )
        ax.legend(handles, present)
    if names is not None:
        ax.set_xlabel(str(names[0]))
        ax.set_ylabel(str(names[1]))
    return ax


def _weights(model: Any, layer: int | None) -> NDArray[Any]:
    """The weights of a model, all or of one layer, in a row."""
    model = _inner(model)
    if isinstance(model, Mapping):
        matrices = [model[f"W{l}"] for l in range(1, len(model) // 2 + 1)]
    elif hasattr(model, "coefs_"):
        matrices = list(model.coefs_)
    elif hasattr(model, "weights"):
        matrices = [W for W, _ in model.weights]
    else:
        raise TypeError(
            "models must be fitted estimators, MLPs or parameters of the notebook,"
            f" got {type(model).__name__}"
        )
    if layer is not None:
        if not -len(matrices) <= layer < len(matrices):
            raise ValueError(f"layer must be one of {len(matrices)}, from 0, got {layer}")
        matrices = [matrices[layer]]
    return np.concatenate([np.ravel(W) for W in matrices])


def weights(
    models: Any, *, layer: int | None = None, bins: int = 50, ax: Axes | None = None
) -> Axes:
    """Draws histograms of weights, as of networks with and without regularization.

    models : a fitted estimator (also scikit-learn's own), a `swiftreg.MLP` or the parameters of a
        notebook's model; or a dict of such by their names, which are drawn over one another in the
        same bins.
    layer : of which layer of weights, from 0; None for all.

    Biases are not drawn. Raises TypeError for other models, ValueError for a layer there is not.
    """
    single = not isinstance(models, Mapping) or "W1" in models
    named: Mapping[str, Any] = {"": models} if single else models
    values = {name: _weights(model, layer) for name, model in named.items()}
    if not values:
        raise ValueError("models must not be empty")
    edges = np.histogram_bin_edges(np.concatenate(list(values.values())), bins)
    ax = _axes(ax)
    for name, row in values.items():
        ax.hist(row, bins=edges.tolist(), alpha=0.5, label=name or None)
    ax.set_xlabel("weight")
    ax.set_ylabel("count")
    if not single:
        ax.legend()
    return ax


# ---- The choice of a regularizer -----------------------------------------------------------


def validation_curve(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    param_range: Sequence[float],
    param_name: str = "alpha",
    ax: Axes | None = None,
    **options: Any,
) -> Axes:
    """Draws the score in training and in cross-validation over the values of one parameter.

    Over lambda, which the estimators call alpha, or keep_prob; the lines are means over the folds, the
    bands a standard deviation to either side. The scores are those of
    sklearn.model_selection.validation_curve, which takes the options (cv, scoring, n_jobs, ...); so
    scikit-learn is needed too. param_name may go into a pipeline: "mlpclassifier__alpha". The axis is
    logarithmic for positive values that span a hundredfold.
    """
    try:
        from sklearn.model_selection import validation_curve as scores_over
    except ImportError as error:
        raise missing(f"{__name__}.validation_curve needs", "scikit-learn", "sklearn") from error
    values = np.asarray(param_range, dtype=np.float64)
    training, validation = scores_over(
        estimator, X, y, param_name=param_name, param_range=param_range, **options
    )
    ax = _axes(ax)
    for name, scores in (("training", training), ("validation", validation)):
        mean, deviation = scores.mean(axis=1), scores.std(axis=1)
        (line,) = ax.plot(values, mean, "o-", label=name)
        ax.fill_between(
            values, mean - deviation, mean + deviation, color=line.get_color(), alpha=0.2
        )
    if values.min() > 0 and values.max() >= 100 * values.min():
        ax.set_xscale("log")
    ax.set_xlabel(param_name)
    ax.set_ylabel("score")
    ax.legend()
    return ax


def _results(cv: Any) -> dict[str, Any]:
    found = _inner(cv)
    if not hasattr(found, "choices_"):
        raise TypeError(
            f"cv must be a fitted MLPClassifierCV or MLPRegressorCV, got {type(cv).__name__}"
        )
    results: dict[str, Any] = found.cv_results_
    return results


def _number(value: Any) -> str:
    """A value of the grid: a number, or one for each layer."""
    if isinstance(value, (Sequence, np.ndarray)):
        return ", ".join(f"{x:.3g}" for x in value)
    return f"{value:.3g}"


_MARKS = {"best": ("o", "best"), "1se": ("s", "one standard error")}


def validation_map(cv: Any, *, ax: Axes | None = None) -> Axes:
    """Draws the mean score over the folds as a heat map over alpha and keep_prob.

    cv : a fitted MLPClassifierCV or MLPRegressorCV, also inside a pipeline.

    A circle marks the best point, a square the choice of the rule of one standard error; every cell
    has its score. Cells without one, as after Ctrl-C, are blank. Raises TypeError for anything else.
    """
    results, chosen = _results(cv), _inner(cv)
    scores = chosen.scores_.mean(axis=2).T
    ax = _axes(ax)
    image = ax.imshow(scores, origin="lower", aspect="auto", cmap="viridis")
    ax.figure.colorbar(image, ax=ax, label="mean score")
    ax.set_xticks(range(scores.shape[1]), [_number(alpha) for alpha in chosen.alphas_])
    ax.set_yticks(range(scores.shape[0]), [_number(keep) for keep in chosen.keep_probs_])
    ax.set_xlabel("alpha")
    ax.set_ylabel("keep_prob")
    middle = (np.nanmin(scores) + np.nanmax(scores)) / 2
    for (row, column), score in np.ndenumerate(scores):
        if np.isfinite(score):
            ax.text(column, row, f"{score:.3g}", ha="center", va="center", fontsize="small",
                    color="black" if score > middle else "white")
    assert len(results["params"]) == scores.size
    for rule, (marker, label) in _MARKS.items():
        column, row = divmod(chosen.choices_[rule], scores.shape[0])
        size = 30 if rule == "best" else 40
        ax.plot([column], [row], marker, markersize=size, fillstyle="none", color="red",
                markeredgewidth=1.5, linestyle="none", label=label)
    handles = ax.get_legend_handles_labels()[0]
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, -0.15), ncols=2, markerscale=0.3,
              frameon=False)
    return ax


def path(cv: Any, *, axes: Sequence[Axes] | None = None) -> NDArray[Any]:
    """Draws score, norm of the weights and epochs over alpha, a line for each keep_prob.

    cv : a fitted MLPClassifierCV or MLPRegressorCV, also inside a pipeline.
    axes : three axes, or None for those of a new figure, one above another. They are returned.

    The score is the mean over the folds, its error bars one standard error to either side; vertical
    lines mark the alpha of the best point and of the rule of one standard error. Norm and epochs (of the
    lowest validation loss) are means over folds and repetitions. Raises TypeError for another cv.
    """
    results, chosen = _results(cv), _inner(cv)
    if axes is None:
        axes = pyplot().subplots(3, 1, sharex=True, figsize=(6, 8))[1]
    panels = np.asarray(axes, dtype=object).ravel()
    if panels.shape != (3,):
        raise ValueError(f"axes must be 3 axes, got {panels.size}")
    shape = (len(chosen.alphas_), len(chosen.keep_probs_))
    table = {
        name: np.asarray(results[name]).reshape(shape)
        for name in ("mean_test_score", "se_test_score", "mean_weight_norm", "mean_n_epochs")
    }
    for k, keep_prob in enumerate(chosen.keep_probs_):
        label = f"keep_prob {_number(keep_prob)}"
        panels[0].errorbar(
            chosen.alphas_, table["mean_test_score"][:, k], table["se_test_score"][:, k],
            fmt="o-", capsize=3, label=label,
        )
        panels[1].plot(chosen.alphas_, table["mean_weight_norm"][:, k], "o-", label=label)
        panels[2].plot(chosen.alphas_, table["mean_n_epochs"][:, k], "o-", label=label)
    for rule, style in (("best", "-"), ("1se", "--")):
        alpha = chosen.alphas_[chosen.choices_[rule] // shape[1]]
        panels[0].axvline(alpha, linestyle=style, color="gray", linewidth=1, label=_MARKS[rule][1])
    if chosen.alphas_.min() > 0:
        for panel in panels:
            panel.set_xscale("log")
    for panel, name in zip(panels, ("mean score", "norm of the weights", "epochs")):
        panel.set_ylabel(name)
    panels[2].set_xlabel("alpha")
    panels[0].legend(fontsize="small")
    return panels
