"""Training with a callback, between whose calls the network is free."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from swiftreg import _core
from swiftreg._frames import numbers
from swiftreg._history import Progress
from swiftreg._options import STOPS

# X, Y, sample_weight, and the rows in use or None.
Data: TypeAlias = "tuple[Any, Any, Any, Any]"
_EPOCHS, _REPORT, _PATIENCE = (STOPS.index(name) for name in ("epochs", "report", "patience"))


class FitArguments(NamedTuple):
    """The arguments of Network.fit that stay the same from epoch to epoch."""

    data: Data
    validation: Data | None
    batch_size: int | None
    shuffle: bool
    ticker: Callable[..., object] | None
    masks: tuple[Any, ...] | None

    def converted(self, dtype: Any) -> FitArguments:
        """With arrays of the network's type, so that each is converted once."""

        def array(value: Any, name: str) -> Any:
            # A sparse matrix has a format.
            if value is None or isinstance(getattr(value, "format", None), str):
                return value
            return np.asarray(numbers(value, name), dtype)

        def converted(data: Data, prefix: str) -> Data:
            X, Y, weights, rows = data
            return (
                array(X, f"{prefix}X"), array(Y, f"{prefix}Y"),
                array(weights, f"{prefix}sample_weight"), rows,
            )

        validation = None if self.validation is None else converted(self.validation, "validation ")
        return self._replace(data=converted(self.data, ""), validation=validation)


def fit_in_parts(
    network: _core.Network,
    arguments: FitArguments,
    epochs: int,
    patience: int | None,
    min_delta: float,
    callback: Callable[[Progress], object],
    callback_every: int,
) -> tuple[Any, Any, int, int, BaseException | None]:
    """As Network.fit with a callback, but in a call of its own for the epochs between two callbacks.

    So the callback may use the network. The results are the same, bit for bit; the rules of patience
    and of the best epoch are those of reg_network_fit.
    """
    validates = arguments.validation is not None
    dtype = network.parameters().dtype

    def run(count: int) -> tuple[Any, ...]:
        a = arguments
        part = network.fit(
            a.data, a.validation, count, a.batch_size, a.shuffle, None, 0.0, None, a.ticker, a.masks
        )
        if a.ticker is not None and part[-1] is not None:
            a.ticker(*part[-1])
        return part

    # Every argument is checked before the first epoch.
    counted = isinstance(epochs, (int, np.integer)) and not isinstance(epochs, bool) and epochs >= 0
    none, none_validated, *_ = network.fit(
        arguments.data, arguments.validation, 0 if counted else epochs, arguments.batch_size,
        arguments.shuffle, patience, min_delta, callback, arguments.ticker, arguments.masks,
    )
    arguments = arguments.converted(dtype)
    costs: list[Any] = [none]
    validation_costs: list[Any] = [none_validated]
    lowest, best_epoch, waited = math.inf, 0, 0
    best = None
    reason, error, done = _EPOCHS, None, 0
    try:
        while done < epochs and reason == _EPOCHS and error is None:
            # One at a time where the epochs in between matter.
            count = 1 if validates or patience is not None else min(
                callback_every - done % callback_every, epochs - done
            )
            part, validation_part, _, _, error, last = run(count)
            costs.append(part)
            if validation_part is not None:
                validation_costs.append(validation_part)
            done += len(part)
            if len(part) < count:
                break
            judged = float((validation_part if validates else part)[-1])
            if validates and (best_epoch == 0 or judged < lowest):
                best_epoch = last[0]
                best = network.parameters().copy() if best is None else best
                best[:] = network.parameters()
            waited = 0 if judged < lowest - min_delta else waited + 1
            lowest = min(lowest, judged)
            if patience is not None and waited > patience:
                reason = _PATIENCE
            is_last = done == epochs or reason == _PATIENCE
            due = done % callback_every == 0 or is_last
            if error is None and due and callback(Progress(*last)) and not is_last:
                reason = _REPORT
    except BaseException as raised:  # of the callback, or Ctrl-C
        error = raised
    if best is not None and not isinstance(error, FloatingPointError):
        network.parameters()[:] = best
    validated = np.concatenate(validation_costs) if validates else None
    return np.concatenate(costs), validated, reason, best_epoch, error
