"""Plots, with matplotlib where it is installed."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from swiftreg.notebook._calls import tolerant
from swiftreg.plot import draw_classes, draw_regions, pyplot, regions_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray


def _show(plt: Any) -> None:
    with warnings.catch_warnings():
        # A backend that only writes files has nothing to show, and says so in a warning.
        warnings.filterwarnings("ignore", ".*non-interactive.*", UserWarning)
        plt.show()


def _unless_impossible(draw: Callable[[], None], what: str) -> None:
    """Draws what goes along with a result; the result is not lost when that fails."""
    try:
        draw()
    except Exception as error:
        print(f"swiftreg: {what} not drawn: {error}", file=sys.stderr)


# The notebook's grid, unless the points spread too far or too little for it.
_STEP, _REACH, _MAX_TICKS = 0.01, 1.0, 1000
_OTHER_TICKS = 300
_MOST_CLASSES = 10  # beyond, what is predicted are probabilities and the like
_VIEW = 0.1  # margin of the picture, as a part of the points' range


def _ticks(low: float, high: float) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """The ticks of one axis of the grid, and the limits of the picture, for points in low to high."""
    margin = _VIEW * (high - low) if high > low else _REACH / 2
    view = (low - margin, high + margin)
    ticks_between = (high - low + 2 * _REACH) / _STEP
    if ticks_between <= _MAX_TICKS and margin <= _REACH and (high - low > 20 * _STEP or high == low):
        return np.arange(low - _REACH, high + _REACH, _STEP), view
    return np.linspace(*view, _OTHER_TICKS), view


@tolerant
def plot_decision_boundary(
    model: Callable[[NDArray[np.float64]], Any], X: ArrayLike, y: ArrayLike
) -> None:
    """Draws, on the current axes, the regions that `model` predicts and the points over them.

    model takes (k, 2) points and gives k predictions, as `lambda x: predict_dec(parameters, x.T)`
    does. X is (2, m), y holds m labels. The grid has the step 0.01 and reaches 1 beyond the points,
    as in the notebook; an axis on which that would be over 1000 ticks, or fewer than 20 between the
    points, has 300 ticks to a tenth beyond the points instead. The picture shows the points
    and a tenth of their range around them; limits of the axes that were set before stay.

    Raises ValueError for other shapes and points that are not finite, ImportError, with the command
    that helps, where matplotlib is missing.
    """
    points, labels = np.asarray(X), np.asarray(y)
    if points.ndim != 2 or points.shape[0] != 2 or points.shape[1] == 0:
        raise ValueError(f"X must have shape (2, m) with m above 0, got {points.shape}")
    if labels.size != points.shape[1]:
        raise ValueError(f"y must hold {points.shape[1]} labels to fit X, got {labels.shape}")
    if points.dtype.kind not in "biuf" or not np.isfinite(points).all():
        raise ValueError("X must hold finite numbers")
    plt = pyplot()
    low, high = points.min(axis=1).astype(np.float64), points.max(axis=1).astype(np.float64)
    (x_ticks, x_view), (y_ticks, y_view) = (_ticks(a, b) for a, b in zip(low, high))
    axes = plt.gca()
    regions = regions_of(model, (x_ticks, y_ticks))
    x_free, y_free = axes.get_autoscalex_on(), axes.get_autoscaley_on()
    ticks, numbers = (x_ticks, y_ticks), labels.ravel()
    classes = np.unique(np.concatenate([np.unique(regions), np.unique(numbers)]))
    if len(classes) <= _MOST_CLASSES:
        drawn = draw_classes(
            axes, ticks, np.searchsorted(classes, regions), points.T,
            np.searchsorted(classes, numbers), len(classes),
        )
    else:
        drawn = draw_regions(axes, ticks, regions, points.T, numbers)
    if x_free:
        axes.set_xlim(x_view)
    if y_free:
        axes.set_ylim(y_view)
    plt.sci(drawn)  # as plt.scatter does: plt.colorbar() would take it
    _show(plt)


def plot_points(X: NDArray[Any], y: NDArray[Any]) -> None:
    """Draws the points of a data set, where matplotlib is installed."""

    def draw() -> None:
        plt = pyplot()
        plt.scatter(X[0], X[1], c=y.ravel(), s=40, cmap="Spectral")
        plt.xlabel("x1")
        plt.ylabel("x2")
        _show(plt)

    _unless_impossible(draw, "the points were")


def plot_costs(costs: Sequence[float], learning_rate: float) -> None:
    """Draws the costs collected every 1000 iterations, where matplotlib is installed."""

    def draw() -> None:
        plt = pyplot()
        # One cost alone has no line.
        plt.plot(costs, marker="o" if len(costs) == 1 else None)
        plt.ylabel("cost")
        plt.xlabel("iterations (x1,000)")
        plt.title(f"Learning rate ={learning_rate}")
        _show(plt)

    _unless_impossible(draw, "the costs were")
