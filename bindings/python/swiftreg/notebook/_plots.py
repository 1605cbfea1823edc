"""Plots, with matplotlib where it is installed."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from swiftreg.plot import draw_regions, pyplot, regions_of

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


def plot_decision_boundary(
    model: Callable[[NDArray[np.float64]], Any], X: ArrayLike, y: ArrayLike
) -> None:
    """Draws, on the current axes, the regions that `model` predicts and the points over them.

    model takes (k, 2) points and gives k predictions, as `lambda x: predict_dec(parameters, x.T)`
    does; it is asked on a grid of step 0.01 that reaches 1 beyond the points. X is (2, m), y holds
    m labels. Raises ImportError, with the command that helps, where matplotlib is missing.
    """
    points, labels = np.asarray(X), np.asarray(y)
    if points.ndim != 2 or points.shape[0] != 2 or points.shape[1] == 0:
        raise ValueError(f"X must have shape (2, m) with m above 0, got {points.shape}")
    if labels.size != points.shape[1]:
        raise ValueError(f"y must hold {points.shape[1]} labels to fit X, got {labels.shape}")
    plt = pyplot()
    low, high = points.min(axis=1) - 1, points.max(axis=1) + 1
    ticks = (np.arange(low[0], high[0], 0.01), np.arange(low[1], high[1], 0.01))
    regions = regions_of(model, ticks)
    drawn = draw_regions(plt.gca(), ticks, regions, points.T, labels.ravel())
    plt.sci(drawn)  # as plt.scatter does: plt.colorbar() would take it
    _show(plt)


def plot_points(X: NDArray[Any], y: NDArray[Any]) -> None:
    """Draws the points of a data set, where matplotlib is installed."""

    def draw() -> None:
        plt = pyplot()
        plt.scatter(X[0], X[1], c=y.ravel(), s=40, cmap="Spectral")
        _show(plt)

    _unless_impossible(draw, "the points were")


def plot_costs(costs: Sequence[float], learning_rate: float) -> None:
    """Draws the costs collected every 1000 iterations, where matplotlib is installed."""

    def draw() -> None:
        plt = pyplot()
        plt.plot(costs)
        plt.ylabel("cost")
        plt.xlabel("iterations (x1,000)")
        plt.title(f"Learning rate ={learning_rate}")
        _show(plt)

    _unless_impossible(draw, "the costs were")
