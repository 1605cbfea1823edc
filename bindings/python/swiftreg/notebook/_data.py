"""The notebook's data set, or a stand-in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from swiftreg import _core
from swiftreg._extras import missing
from swiftreg.notebook._plots import plot_points

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

DataSet: TypeAlias = "tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]"

_DEFAULT = Path("datasets") / "data.mat"
_TRAIN, _TEST = 211, 200
_STAND_IN_SEED = 2017


def _read(file: Path) -> DataSet:
    try:
        from scipy.io import loadmat
    except ImportError as error:
        raise missing(f"reading {file} needs", "scipy", "notebook") from error
    data = loadmat(file)
    absent = [key for key in ("X", "y", "Xval", "yval") if key not in data]
    if absent:
        raise ValueError(f"{file} lacks {', '.join(absent)}")
    return data["X"].T, data["y"].T, data["Xval"].T, data["yval"].T


def stand_in() -> DataSet:
    """Two classes on either side of a curve in the plane, mixed near it; always the same points.

    The shapes and types of the notebook's data. NumPy's generators are left alone.
    """
    count = _TRAIN + _TEST
    generator = _core.LegacyGenerator(_STAND_IN_SEED)
    X = np.empty((count, 2))
    X[:, 0] = 1.4 * generator.uniform(count) - 0.75
    X[:, 1] = 1.4 * generator.uniform(count) - 0.65
    border = 0.1 + 0.9 * X[:, 0] + 0.15 * np.sin(5 * X[:, 0])
    noise = 0.13 * generator.normal(count)
    y = (X[:, 1] < border + noise).astype(np.uint8).reshape(count, 1)
    return X[:_TRAIN].T, y[:_TRAIN].T, X[_TRAIN:].T, y[_TRAIN:].T


def load_2D_dataset(path: str | os.PathLike[str] | None = None) -> DataSet:
    """The notebook's two-dimensional data set; draws the training points where matplotlib is there.

    Reads `path`, or datasets/data.mat below the working folder. Where that default is missing, a
    generated stand-in takes its place: the same 211 and 200 points of two classes, with noise. A
    printed line tells which it is.

    Returns (train_X (2, 211), train_Y (1, 211), test_X (2, 200), test_Y (1, 200)); X is float64, Y
    uint8. Raises FileNotFoundError for a `path` that is missing, ValueError for a file without X,
    y, Xval and yval, ImportError where SciPy is needed and missing.
    """
    file = _DEFAULT if path is None else Path(path)
    if file.is_file():
        data = _read(file)
        print(f"Data: {file}")
    elif path is None:
        data = stand_in()
        print(f"Data: a generated stand-in (there is no {file} here)")
    else:
        raise FileNotFoundError(f"path names no file: {file}")
    plot_points(data[0], data[1])
    return data
