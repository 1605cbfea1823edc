"""What a fitted estimator is: data as a network takes them, predictions, weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from inspect import Parameter, signature
from numbers import Integral
from typing import Any, Self

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.base import is_regressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import _safe_indexing, check_random_state, column_or_1d
from sklearn.utils.validation import (
    _check_sample_weight,
    _num_samples,
    check_array,
    check_is_fitted,
    check_scalar,
    check_X_y,
    validate_data,
)

from swiftreg import MLP
from swiftreg._estimators import _scale
from swiftreg._estimators._bases import BaseEstimator
from swiftreg._estimators._engine import Examples, outputs, sampled_outputs
from swiftreg._estimators._initial import draw_as_torch
from swiftreg._estimators._warn import new_family, warn
from swiftreg._frames import is_frame, numeric_or_none, text_columns
from swiftreg._parameters import ParameterNames, hint
from swiftreg._views import Views

Array = NDArray[Any]


class NamedParameters(ParameterNames, BaseEstimator):
    """An estimator whose errors of unknown parameters name the one that was meant."""

    def set_params(self, **params: Any) -> Self:
        own = self.get_params(deep=False)
        for name in params:
            if name not in own and (meant := hint(type(self), name)):
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}{meant}")
        return super().set_params(**params)


class Clones(BaseEstimator):
    """Clones know their family, so that a search warns of each thing once."""

    _family: str | None  # of a clone
    _clones: str  # the family of this estimator's clones

    def __sklearn_clone__(self) -> Self:
        twin: Self = super().__sklearn_clone__()  # type: ignore[misc]
        family = getattr(self, "_family", None)
        if family is None:
            if not hasattr(self, "_clones"):
                self._clones = new_family()
            family = self._clones
        twin._family = family
        return twin

    def _warn(self, kind: str, message: str, category: type[Warning] = ConvergenceWarning) -> None:
        """Warns, in a sentence whose subject is this estimator."""
        name = type(self).__name__
        warn(getattr(self, "_family", None), f"{name} {kind}", f"{name} {message}", category)


@contextmanager
def whole_or_not(estimator: Any) -> Iterator[None]:
    """An estimator in which an exception changes nothing."""
    before = dict(estimator.__dict__)
    try:
        yield
    except BaseException:
        estimator.__dict__.clear()
        estimator.__dict__.update(before)
        raise


class BaseNetwork(NamedParameters, Clones, ABC):
    """What an estimator with a network has once it is fitted, however that was done.

    A subclass knows what its targets mean.
    """

    network_: MLP
    n_features_in_: int
    n_outputs_: int
    _seed: int

    # ---- Of a subclass ---------------------------------------------------------------------

    @abstractmethod
    def _learn_targets(
        self, y: Array, weights: Array | None, first: bool, incremental: bool
    ) -> None:
        """Sets what targets mean, or raises where they do not go with what was learned before.

        `weights` are those of the examples, or None.
        """

    @abstractmethod
    def _check_targets(self, y: Array, name: str) -> None:
        """Raises ValueError for targets, of the argument `name`, unlike those that were learned."""

    @abstractmethod
    def _loss(self) -> tuple[str, str]:
        """The network's loss, and scikit-learn's name of its output activation."""

    @abstractmethod
    def _encode(self, y: Array, dtype: Any) -> Array:
        """Targets as the network has them, (examples, outputs)."""

    @abstractmethod
    def _decode(self, outputs: Array) -> Array:
        """Predictions from the network's outputs."""

    @abstractmethod
    def _score(self, data: Examples, outputs: Array) -> float:
        """The score that validation_scores_ holds, of the network's outputs; more is better.

        It is taken in each epoch, where scikit-learn's checks of the arguments would cost more than the epoch.
        """

    def _class_weights(self, Y: Array) -> Array | None:
        """The weights that the classes of encoded targets give to examples; None for 1 each."""
        return None

    def _strata(self, y: Array) -> Array | None:
        """The labels in whose proportions early stopping splits; None for any split."""
        return None

    # ---- Data ------------------------------------------------------------------------------

    def _arrays(
        self, X: Any, y: Any, name: str = "X", y_name: str = "y", **options: Any
    ) -> tuple[Any, Array]:
        """Checked X, an array or a CSR matrix, and checked y."""
        reset = options.pop("reset")
        y_numeric = is_regressor(self)
        array = numeric_or_none(X) if is_frame(X) else None
        if array is None:
            with text_columns(X):
                X, y = validate_data(
                    self, X, y, reset=reset, multi_output=True, y_numeric=y_numeric,
                    accept_sparse="csr", **options,
                )
        else:
            validate_data(self, X, reset=reset, skip_check_array=True)
            X, y = check_X_y(
                array, y, multi_output=True, y_numeric=y_numeric, estimator=self, **options
            )
        return X, column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y

    def _inputs(self, X: Any, dtype: Any) -> Any:
        """Checked X of a prediction."""
        array = numeric_or_none(X) if is_frame(X) else None
        if array is None:
            with text_columns(X):
                return validate_data(self, X, dtype=dtype, reset=False, accept_sparse="csr")
        validate_data(self, X, reset=False, skip_check_array=True)
        return check_array(array, dtype=dtype, estimator=self, input_name="X")

    def _examples(self, X: Any, y: Array, given: Array | None, name: str) -> Examples:
        """With encoded targets and weights; examples of a class of weight 0 are left out."""
        Y = self._encode(y, X.dtype)
        weights = self._class_weights(Y)
        if weights is None:
            weights = given
        elif given is not None:
            weights = weights * given
        if weights is None:
            return Examples(X, y, Y, None)
        examples = Examples(X, y, Y, weights.astype(X.dtype, copy=False))
        kept = weights > 0
        if kept.all():
            return examples
        if not kept.any():
            raise ValueError(f"class_weight and {name} must leave a weight above 0, got only zeros")
        return examples.rows(kept)

    def _warn_of_scale(self, train: Examples) -> None:
        name = type(self).__name__
        message = _scale.input_warning(train.X, getattr(self, "feature_names_in_", None), name)
        if message is None and is_regressor(self):
            message = _scale.target_warning(train.Y, name)
        if message is not None:
            self._warn("scale", f"is given {message}")

    # ---- What was learned ------------------------------------------------------------------

    @property
    def _dtype(self) -> np.dtype[Any]:
        return self.network_.parameters.dtype

    @property
    def coefs_(self) -> list[Array]:
        """The weights, (below, above) for each layer: views of the network's own, in Fortran order.

        `coefs_[i] = values` and `coefs_ = [...]` copy values of the same shapes into the network.
        """
        return Views([W.T for W, _ in self.network_.weights], "coefs_")

    @coefs_.setter
    def coefs_(self, values: Iterable[Any]) -> None:
        Views([W.T for W, _ in self.network_.weights], "coefs_")[:] = values

    @property
    def intercepts_(self) -> list[Array]:
        """The biases of each layer: views of the network's own, assigned to as `coefs_`."""
        return Views([b for _, b in self.network_.weights], "intercepts_")

    @intercepts_.setter
    def intercepts_(self, values: Iterable[Any]) -> None:
        Views([b for _, b in self.network_.weights], "intercepts_")[:] = values

    def _outputs(self, X: Any, mc_samples: int | None, logits: bool = False) -> tuple[Array, Array]:
        """The network's outputs, and with dropout their standard deviation."""
        check_is_fitted(self)
        if mc_samples is not None:
            check_scalar(mc_samples, "mc_samples", Integral, min_val=1)
        X = self._inputs(X, self._dtype)
        if mc_samples is None:
            found = outputs(self.network_, X, logits=logits)
            return found, np.zeros_like(found)
        return sampled_outputs(self.network_, X, mc_samples, self._seed)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_clones", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        # Parameters that the version which wrote the state did not have yet.
        for name, parameter in signature(type(self).__init__).parameters.items():
            if parameter.default is not Parameter.empty:
                self.__dict__.setdefault(name, parameter.default)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def random_state_of(value: Any) -> np.random.RandomState:
    """The generator that the parameter random_state chooses."""
    try:
        generator: np.random.RandomState = check_random_state(value)
    except ValueError:
        raise ValueError(
            "random_state must be an integer in 0 to 2**32 - 1, a numpy.random.RandomState or None,"
            f" got {value!r}"
        ) from None
    return generator


def drawn_seed(random_state: np.random.RandomState) -> int:
    return int(random_state.randint(2**63 - 1, dtype=np.int64))


def make_network(
    settings: dict[str, Any], optimizer: dict[str, Any], seed: int, learning_rate: float, init: str
) -> MLP:
    network = MLP(**settings, **optimizer, seed=seed, learning_rate=float(learning_rate))
    if init == "torch":
        draw_as_torch(network)
    return network


def weighted_rows(X: Any, y: Any, weights: Any, name: str) -> tuple[Any, Any, Array | None]:
    """Without the examples of weight 0, whose values are not looked at; weights above 0 or None."""
    if weights is None:
        return X, y, None
    try:
        count = _num_samples(X)
    except TypeError:
        return X, y, np.asarray(weights)  # X is refused later, with its own error
    plain = np.asarray(weights)
    zeros = plain.shape == (count,) and plain.dtype.kind in "biuf" and not plain.any()
    try:
        # Weights that are all 0 are no error to partial_fit.
        array = np.zeros(count) if zeros else _check_sample_weight(
            weights, np.empty((count, 1)), ensure_non_negative=True
        )
    except ValueError as error:
        raise ValueError(str(error).replace("sample_weight", name)) from error
    kept = array > 0
    if kept.all() or count != _num_samples(y):
        return X, y, array
    rows = np.flatnonzero(kept)
    return _chosen(X, rows), _chosen(y, rows), array[rows]


def _chosen(values: Any, rows: Array) -> Any:
    if isinstance(values, (list, tuple)):
        return [values[i] for i in rows]
    if type(values).__module__.partition(".")[0] == "pyarrow":
        return values.take(rows)
    if scipy.sparse.issparse(values):
        return values.tocsr()[rows]
    return _safe_indexing(values, rows)
