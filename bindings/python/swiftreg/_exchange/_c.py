"""Networks, estimators and pipelines as C source."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from swiftreg import MLP

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

Path: TypeAlias = str | bytes | os.PathLike[str]
# A step of the inputs, by the library's name, and its constants.
Step: TypeAlias = tuple[str, Any]


def export_c(
    model: Any,
    path: Path,
    name: str = "predict",
    *,
    dtype: DTypeLike | None = None,
    block: bool = False,
    header: Path | bool = True,
) -> None:
    """Writes a network, an estimator or a pipeline as one C file that needs nothing but math.h.

    The file is C99 and C++11 at once, with constant data only. T is float or double, n_in the features of X
    and n_out the outputs of the network:

        void NAME(const T x[n_in], T y[n_out]);         the outputs of one example
        void NAME_block(const T *x, long m, T *y);      of m examples, in rows; with `block`
        long NAME_class(const T x[n_in]);               the position in classes_ of what predict gives
        extern const char *const NAME_labels[classes];  classes_, as text; both of classifiers

    Parameters
    ----------
    model : an `MLP`; a fitted estimator of swiftreg; or a Pipeline that ends with one, after any of
        StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler and SimpleImputer (without indicators).
        The transformers become part of the function; missing values are NaN.
    path : of the C file.
    name : of the function, an identifier of C.
    dtype : T, "float32" or "float64"; None: that of the network.
    block : also the function for a block of examples.
    header : the path of a header with the declarations; True: beside the file, with the suffix .h; False:
        none.

    y is what `predict` of the network gives, within rounding, also where values overflow: for a classifier the
    probability of each class, of two classes that of the second; for a regressor the prediction. The
    transformers compute in T, as scikit-learn does for data of this type.

    Raises TypeError that names the step of the pipeline that cannot be exported, ValueError naming the
    argument, and OSError as `MLP.save`; both files are written whole, or neither.
    """
    network, steps = _network(model)
    inputs = network.layer_dims[0]
    kinds = tuple(kind for kind, _ in steps)
    values = np.empty((len(steps), inputs))
    for row, (_, constants) in zip(values, steps):
        row[:] = constants
    place = _header(path) if header is True else None if header is False else header
    network._network.export_c(
        path, name, "own" if dtype is None else _precision(dtype), block, place, kinds, values, _labels(model)
    )


def _header(path: Path) -> str:
    text = os.fsdecode(path)
    header = os.path.splitext(text)[0] + ".h"
    if header == text:
        raise ValueError(f"path must not end with .h, which is the header, got {path!r}")
    return header


def _precision(dtype: DTypeLike) -> str:
    chosen = np.dtype(dtype).name
    if chosen not in ("float32", "float64"):
        raise ValueError(f'dtype must be "float32", "float64" or None, got {dtype!r}')
    return chosen


# ---- Models --------------------------------------------------------------------------------


def _is_estimator(model: Any) -> bool:
    return any(base.__module__.startswith("swiftreg._estimators") for base in type(model).__mro__)


def _network(model: Any) -> tuple[MLP, list[Step]]:
    """The network, and the steps before it."""
    if isinstance(model, MLP):
        return model, []
    if not hasattr(model, "get_params"):
        raise TypeError(f"model must be an MLP, an estimator or a pipeline, got {type(model).__name__}")
    from sklearn.pipeline import Pipeline
    from sklearn.utils.validation import check_is_fitted

    if _is_estimator(model):
        check_is_fitted(model, "network_")
        network: MLP = model.network_
        return network, []
    if not isinstance(model, Pipeline):
        raise TypeError(
            f"model must be an MLP, an estimator of swiftreg, or a Pipeline, got {type(model).__name__}"
        )
    steps: list[Step] = []
    names = list(_named_steps(model))
    if not names:
        raise TypeError("model must be a Pipeline that ends with an estimator of swiftreg, got no steps")
    last_name, last = names.pop()
    if not isinstance(last, MLP) and not _is_estimator(last):
        raise TypeError(
            f"the last step {last_name!r} must be an estimator of swiftreg, got {type(last).__name__}"
        )
    for name, transformer in names:
        convert = _CONVERTERS.get(_qualified(transformer))
        if convert is None:
            raise TypeError(
                f"step {name!r} is a {type(transformer).__name__}, which has no form in C: only"
                f" {', '.join(key.rpartition('.')[2] for key in _CONVERTERS)} have"
            )
        check_is_fitted(transformer)
        try:
            steps += convert(transformer)
        except ValueError as error:
            raise ValueError(f"step {name!r}: {error}") from None
    return _network(last)[0], steps


def _named_steps(pipeline: Any) -> Iterator[tuple[str, Any]]:
    """The steps of a pipeline, those of inner ones too."""
    for name, step in pipeline.steps:
        if hasattr(step, "steps"):
            for inner, transformer in _named_steps(step):
                yield f"{name}__{inner}", transformer
        elif step is not None and step != "passthrough":
            yield name, step


def _qualified(transformer: Any) -> str:
    """The public name of a transformer's class; a subclass may do anything, and so has none."""
    kind = type(transformer)
    parts = [part for part in kind.__module__.split(".") if not part.startswith("_")]
    return ".".join((*parts, kind.__name__))


def _labels(model: Any) -> list[str] | None:
    """The labels of a classifier's classes, if an example has one of them."""
    if hasattr(model, "steps"):
        model = list(_named_steps(model))[-1][1]
    if isinstance(model, MLP) or not hasattr(model, "classes_") or model._multilabel:
        return None
    if model._one_class:
        raise ValueError(f"the classifier knows one class only, {model.classes_[0]!r}")
    return [str(label) for label in model.classes_]


# ---- Transformers --------------------------------------------------------------------------


def _standard(scaler: Any) -> list[Step]:
    steps: list[Step] = [("subtract", scaler.mean_)] if scaler.with_mean else []
    return [*steps, ("divide", scaler.scale_)] if scaler.with_std else steps


def _min_max(scaler: Any) -> list[Step]:
    steps: list[Step] = [("multiply", scaler.scale_), ("add", scaler.min_)]
    low, high = scaler.feature_range
    return [*steps, ("at_least", low), ("at_most", high)] if scaler.clip else steps


def _max_abs(scaler: Any) -> list[Step]:
    steps: list[Step] = [("divide", scaler.scale_)]
    return [*steps, ("at_least", -1.0), ("at_most", 1.0)] if getattr(scaler, "clip", False) else steps


def _robust(scaler: Any) -> list[Step]:
    steps: list[Step] = [("subtract", scaler.center_)] if scaler.with_centering else []
    return [*steps, ("divide", scaler.scale_)] if scaler.with_scaling else steps


def _imputer(imputer: Any) -> list[Step]:
    if imputer.add_indicator:
        raise ValueError("an indicator of missing values (add_indicator) has no form in C")
    try:
        values: NDArray[Any] = np.asarray(imputer.statistics_, np.float64)
    except (TypeError, ValueError):
        raise ValueError("imputed values must be numbers") from None
    if np.isnan(values).any() and not imputer.keep_empty_features:
        raise ValueError("a feature without any value, which SimpleImputer leaves out, has no form in C")
    mark = imputer.missing_values
    is_number = isinstance(mark, (int, float, np.number)) and mark == mark
    if isinstance(mark, str):
        raise ValueError(f"missing values must be NaN or a number, got {mark!r}")
    steps: list[Step] = [("missing", float(mark))] if is_number else []
    return [*steps, ("impute", values)]


_CONVERTERS: dict[str, Callable[[Any], list[Step]]] = {
    "sklearn.preprocessing.StandardScaler": _standard,
    "sklearn.preprocessing.MinMaxScaler": _min_max,
    "sklearn.preprocessing.MaxAbsScaler": _max_abs,
    "sklearn.preprocessing.RobustScaler": _robust,
    "sklearn.impute.SimpleImputer": _imputer,
}
