"""Arrays of any kind that NumPy users have, wherever the package takes arrays."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import swiftreg
from swiftreg import MLP, notebook

pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")
Array = NDArray[Any]

A = np.round(np.random.default_rng(0).normal(size=(40, 3)), 2)
COLUMNS = {name: A[:, i] for i, name in enumerate("abc")}
SAME: dict[str, Any] = {
    "big-endian": A.astype(">f8"),
    "objects": A.astype(object),
    "decimals": np.array([[Decimal(str(value)) for value in row] for row in A]),
    "lists": A.tolist(),
    "pandas": pd.DataFrame(COLUMNS),
    "pandas, of several types": pd.DataFrame(COLUMNS).astype({"a": "Float64", "b": object}),
    "pandas, arrow": pd.DataFrame(COLUMNS).convert_dtypes(dtype_backend="pyarrow"),
    "polars": pl.DataFrame(COLUMNS),
    "pyarrow": pa.table(COLUMNS),
}


def uses(array: Any) -> list[Callable[[], Any]]:
    """Results that depend on an array (40, 3) of numbers."""
    Y = A[:, :1] > 0
    parameters = notebook.initialize_parameters([40, 5, 1])

    def fitted() -> Array:
        network = MLP([3, 6, 1], dtype="float64")
        network.fit(array, Y, epochs=3, validation_data=(array, Y))
        return network.parameters.copy()

    def targets() -> Array:
        network = MLP([1, 6, 3], loss="squared_error", dtype="float64")
        network.fit(A[:, :1], array, epochs=3)
        return network.parameters.copy()

    return [
        lambda: swiftreg.dropout(array, 0.5, seed=1), lambda: swiftreg.dropout_backward(array, 0.5, seed=1),
        lambda: MLP([3, 4, 2], dtype="float64").predict(array), fitted, targets,
        lambda: MLP([3, 4, 1], dtype="float64").cost(array, Y),
        lambda: notebook.forward_propagation(array, parameters)[0],
    ]


@pytest.mark.parametrize("kind", list(SAME))
def test_the_same_numbers_give_the_same_results(kind: str) -> None:
    for mine, expected in zip(uses(SAME[kind]), uses(A)):
        assert np.array_equal(mine(), expected())


@pytest.mark.parametrize("dtype", ["float32", "int16", "bool", "uint8"])
def test_columns_of_other_types(dtype: str) -> None:
    values = (10 * np.abs(A)).astype(dtype)
    columns = {name: values[:, i] for i, name in enumerate("abc")}
    expected = MLP([3, 4, 2]).predict(values)
    for frame in (pd.DataFrame(columns), pl.DataFrame(columns), pa.table(columns), values.astype(values.dtype.newbyteorder())):
        assert np.array_equal(MLP([3, 4, 2]).predict(frame), expected)
    if dtype == "float32":
        assert swiftreg.dropout(pl.DataFrame(columns), 0.5, seed=1).dtype == np.float32


def test_dummies_beside_floats() -> None:
    frame = pd.get_dummies(pd.DataFrame({"size": A[:, 0], "city": ["Bern", "Basel"] * 20}))
    assert set(frame.dtypes.astype(str)) == {"float64", "bool"}
    network = MLP([3, 4, 1])
    network.fit(frame, frame["city_Bern"], epochs=200, sample_weight=pd.Series(np.ones(40)))
    assert network.predict(frame).shape == (40, 1)


def test_columns_that_are_not_numeric_are_named() -> None:
    network = MLP([3, 4, 1])
    for bad, message in (
        (pd.DataFrame({**COLUMNS, "b": ["x"] * 40}), "column 'b' of X must hold real numbers, got"),
        (pl.DataFrame({**COLUMNS, "b": ["x"] * 40}), "column 'b' of X must hold real numbers, got"),
        (pa.table({**COLUMNS, "b": ["x"] * 40}), "column 'b' of X must hold real numbers, got"),
        (np.array([[1.0, None, 2.0]]), "X must hold real numbers, got Python objects of type NoneType"),
        (np.array([[1.0, 2j, 2.0]], object), "X must hold real numbers, got Python objects of type complex"),
    ):
        with pytest.raises(TypeError, match=message):
            network.predict(bad)


# ---- A part of a batch without examples ----------------------------------------------------


def test_a_part_without_examples_has_a_gradient_of_zeros() -> None:
    network = MLP([3, 4, 1], l2=0.5, dtype="float64")
    Y = A[:, :1] > 0
    network.gradient(A, Y)
    whole = network.gradients.copy()
    assert network.gradient(A[:0], Y[:0], mean_over=40) == 0
    assert not network.gradients.any()
    assert network.gradient(A, Y, mean_over=40) > 0
    assert np.array_equal(network.gradients, whole)
    with pytest.raises(ValueError, match="X has no examples"):
        network.gradient(A[:0], Y[:0])
