"""Arrays from data frames, columns and Python objects that hold numbers.

Accepted: frames and columns of pandas, polars and pyarrow, with missing values as NaN; arrays of
Python numbers; arrays in the other byte order. None of these libraries is imported here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LIBRARIES = ("pandas", "polars", "pyarrow")


def _library(value: object) -> str:
    return type(value).__module__.partition(".")[0]


def is_frame(value: object) -> bool:
    """Whether `value` is a table with named columns of pandas, polars or pyarrow."""
    if _library(value) not in _LIBRARIES:
        return False
    return len(getattr(value, "shape", ())) == 2 and column_names(value) is not None


def column_names(frame: Any) -> list[Any] | None:
    """The names of the columns of a frame, or None for another object."""
    library = _library(frame)
    if library == "pyarrow":
        names = getattr(frame, "column_names", None)
    else:
        names = getattr(frame, "columns", None)
    return None if names is None or callable(names) else list(names)


def frame_like(frame: Any, array: NDArray[Any]) -> Any:
    """A frame of the same library, with the same columns, that holds `array` (rows, columns)."""
    names = column_names(frame)
    assert names is not None
    if _library(frame) == "pandas":
        return type(frame)(array, columns=frame.columns)
    columns = {name: array[:, i] for i, name in enumerate(names)}
    if _library(frame) == "polars":
        return type(frame)(columns)
    return type(frame).from_pydict(columns)


def _columns(frame: Any) -> Iterator[tuple[Any, Any]]:
    names = column_names(frame)
    assert names is not None
    for i, name in enumerate(names):
        if _library(frame) == "pandas":
            yield name, frame.iloc[:, i]
        elif _library(frame) == "polars":
            yield name, frame.to_series(i)
        else:
            yield name, frame.column(i)


def _from_objects(array: NDArray[Any], name: str, missing_too: bool) -> NDArray[Any]:
    """Python numbers as float64; of a column, missing values as NaN."""
    flat = array.ravel()
    kinds = {type(value) for value in flat.tolist()}
    missing = {kind for kind in kinds if kind is type(None) or kind.__name__ in ("NAType", "NaTType")}
    for kind in kinds if not missing_too else kinds - missing:
        if not issubclass(kind, (Real, np.bool_)) and kind.__name__ != "Decimal":
            raise TypeError(f"{name} must hold real numbers, got Python objects of type {kind.__name__}")
    if missing:
        flat = np.array([np.nan if type(value) in missing else value for value in flat.tolist()])
    return flat.astype(np.float64).reshape(array.shape)


def _column(column: Any, name: str) -> NDArray[Any]:
    array = np.asarray(column)
    if array.dtype.kind in "biuf":
        return array
    dtype = getattr(getattr(column, "dtype", None), "numpy_dtype", None)  # pandas, nullable
    if dtype is not None and np.dtype(dtype).kind in "biuf":
        wanted = np.dtype(dtype) if np.dtype(dtype).kind == "f" else np.dtype(np.float64)
        nullable: NDArray[Any] = column.to_numpy(dtype=wanted, na_value=np.nan)
        return nullable
    if array.dtype == object:
        return _from_objects(array, name, _library(column) in _LIBRARIES)
    raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")


def numbers(value: Any, name: str) -> NDArray[Any]:
    """An array of real numbers, in native byte order, for `value` of the argument `name`.

    The columns of a frame are converted to their common type: float32 columns, also beside bool
    ones, give a float32 array. Raises TypeError that names the argument, or the column, otherwise.
    """
    if type(value).__module__.startswith("scipy.sparse"):
        raise TypeError(
            f"{name} is a sparse matrix; here a dense array is needed: {name}.toarray()"
        )
    array = np.asarray(value)
    if array.dtype.isbuiltin == 2:  # registered by a package, as bfloat16
        array = array.astype(np.float32)
    if array.dtype.kind in "biuf":
        return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
    if is_frame(value):
        columns = [_column(c, f"column {label!r} of {name}") for label, c in _columns(value)]
        return np.stack(columns, axis=1) if columns else np.empty(value.shape)
    return _column(value, name)


def numeric_or_none(value: Any) -> NDArray[Any] | None:
    """`numbers`, or None for an object with values that are no numbers."""
    try:
        return numbers(value, "X")
    except (TypeError, ValueError):
        return None


@contextmanager
def text_columns(X: Any) -> Iterator[None]:
    """Where text of a frame cannot be converted, the error names its column."""
    try:
        yield
    except ValueError as error:
        if is_frame(X) and "could not convert string" in str(error):
            try:
                numbers(X, "X")
            except TypeError as reason:
                raise ValueError(
                    f"{reason} ({error}): encode categories first, by OneHotEncoder in a ColumnTransformer"
                ) from error
        raise
