"""The data sets: those of scikit-learn and of two packages with tables in their wheels, and a generated one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
)
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

TEST_SHARE = 0.3


class Split(NamedTuple):
    """One division of a data set, ready for networks: what scales it was learned on the training part."""

    X: Any  # float32, numbers scaled to mean 0 and deviation 1, gaps filled, words as indicators
    y: Any  # labels; or for regression float32 of mean 0 and deviation 1
    test_X: Any
    test_y: Any


class DataSet(NamedTuple):
    """A table and what to predict."""

    load: Callable[[], tuple[Any, Any]]
    regression: bool = False


def churn() -> tuple[Any, Any]:
    """20,000 rows of which 7 % are positive, seven informative columns of thirty."""
    return make_classification(
        20_000, 30, n_informative=7, n_redundant=0, weights=[0.93], class_sep=0.8, flip_y=0.02,
        random_state=0,
    )


def _table(package: str, file: str, target: str, drop: tuple[str, ...] = ()) -> Callable[[], tuple[Any, Any]]:
    """A CSV file inside an installed package, which need not be importable."""

    def load() -> tuple[Any, Any]:
        import pandas as pd

        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise ModuleNotFoundError(f"the data set needs the package {package}: benchmarks/tables.sh installs it")
        frame = pd.read_csv(Path(spec.submodule_search_locations[0]) / "data" / file).dropna(subset=[target])
        return frame.drop(columns=[target, *drop]), frame[target].to_numpy()

    return load


DATA: dict[str, DataSet] = {
    "breast cancer": DataSet(lambda: load_breast_cancer(return_X_y=True)),
    "digits": DataSet(lambda: load_digits(return_X_y=True)),
    "iris": DataSet(lambda: load_iris(return_X_y=True)),
    "wine": DataSet(lambda: load_wine(return_X_y=True)),
    "penguins": DataSet(_table("palmerpenguins", "penguins.csv", "species")),
    "orange juice": DataSet(_table("ISLP", "OJ.csv", "Purchase")),
    "caravan": DataSet(_table("ISLP", "Caravan.csv", "Purchase")),
    "churn-like": DataSet(churn),
    "diabetes": DataSet(lambda: load_diabetes(return_X_y=True), regression=True),
    "auto": DataSet(_table("ISLP", "Auto.csv", "mpg", ("name",)), regression=True),
    "hitters": DataSet(_table("ISLP", "Hitters.csv", "Salary"), regression=True),
    "car seats": DataSet(_table("ISLP", "Carseats.csv", "Sales"), regression=True),
}


def _columns() -> Any:
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
    )


def splits(name: str, count: int) -> Iterator[Split]:
    """`count` divisions into training and test part, by seeds 0, 1, ...; classes in proportion."""
    data = DATA[name]
    X, y = data.load()
    for seed in range(count):
        strata = None if data.regression else y
        X0, X1, y0, y1 = train_test_split(X, y, test_size=TEST_SHARE, stratify=strata, random_state=seed)
        columns = (_columns() if hasattr(X, "columns") else StandardScaler()).fit(X0)
        X0, X1 = (np.ascontiguousarray(columns.transform(part), np.float32) for part in (X0, X1))
        if data.regression:
            mean, deviation = y0.mean(), y0.std()
            y0, y1 = (((part - mean) / deviation).astype(np.float32) for part in (y0, y1))
        else:
            labels, y01 = np.unique(np.concatenate([y0, y1]), return_inverse=True)
            assert len(labels) > 1
            y0, y1 = y01[: len(y0)], y01[len(y0) :]
        yield Split(X0, y0, X1, y1)
