"""What a network is, what it holds, and how it learns: the part of `MLP` that needs no data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeAlias, Unpack

import numpy as np

from swiftreg import _core
from swiftreg._history import History
from swiftreg._options import SETTINGS, OptimizerSettings, limit
from swiftreg._views import Views

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = "NDArray[np.float32] | NDArray[np.float64]"


class Holder:
    """Holds a network of the library, and tells and sets what can be told and set of it."""

    _network: _core.Network
    _description: dict[str, Any]
    history: History | None
    """Of the last call of fit, also one that ended with an exception."""

    def _adopt(self, network: _core.Network) -> None:
        self._network = network
        self._description = network.describe()
        self.history = None

    @classmethod
    def _of(cls, network: _core.Network) -> Self:
        made = cls.__new__(cls)
        made._adopt(network)
        return made

    # ---- What it is ------------------------------------------------------------------------

    @property
    def layer_dims(self) -> tuple[int, ...]:
        """The widths: input, hidden layers, output."""
        return self._description["layer_dims"]  # type: ignore[no-any-return]

    @property
    def activation(self) -> tuple[str, ...]:
        """Of each hidden layer."""
        return self._description["activations"]  # type: ignore[no-any-return]

    @property
    def loss(self) -> str:
        """The name of the loss."""
        return self._description["loss"]  # type: ignore[no-any-return]

    @property
    def init(self) -> str:
        """The name of the initial weights."""
        return self._description["init"]  # type: ignore[no-any-return]

    @property
    def seed(self) -> int:
        """Of the masks, the order of the examples and the initial weights."""
        return self._description["seed"]  # type: ignore[no-any-return]

    @property
    def keep_prob(self) -> tuple[float, ...]:
        """Of the input and each hidden layer."""
        return self._description["keep_prob"]  # type: ignore[no-any-return]

    @property
    def l2(self) -> tuple[float, ...]:
        """Of each weight matrix."""
        return self._description["l2"]  # type: ignore[no-any-return]

    @property
    def l1(self) -> tuple[float, ...]:
        """Of each weight matrix."""
        return self._description["l1"]  # type: ignore[no-any-return]

    @property
    def max_norm(self) -> float | None:
        """The most norm of the weights into a unit; None: no limit."""
        return self._description["max_norm"] or None

    @property
    def label_smoothing(self) -> float:
        """In [0, 1)."""
        return self._description["label_smoothing"]  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        name: str = self._description["dtype"]
        return np.dtype(name)

    def __repr__(self) -> str:
        shown: dict[str, Any] = {"activation": self.activation, "loss": self.loss}
        if len(set(self.activation)) == 1:
            shown["activation"] = self.activation[0]
        elif not self.activation:
            del shown["activation"]
        for name, usual in (("keep_prob", 1), ("l2", 0), ("l1", 0)):
            if any(value != usual for value in getattr(self, name)):
                shown[name] = getattr(self, name)
        if self.max_norm is not None:
            shown["max_norm"] = self.max_norm
        if self.label_smoothing:
            shown["label_smoothing"] = self.label_smoothing
        shown |= {"seed": self.seed, "dtype": self.dtype.name}
        arguments = ", ".join(f"{name}={value!r}" for name, value in shown.items())
        return f"{type(self).__name__}({list(self.layer_dims)}, {arguments})"

    # ---- What it holds ---------------------------------------------------------------------

    @property
    def parameters(self) -> Floats:
        """All parameters, W and b of each layer in turn: a flat array over the network's own memory.

        Nothing is copied: what is written there is used, what is trained shows there. The array
        keeps the memory alive. Reading while another thread trains gives values of some moment.
        """
        return self._network.parameters()

    @property
    def gradients(self) -> Floats:
        """The gradient that `gradient` left, as `parameters`; at first 0."""
        return self._network.gradients()

    @property
    def optimizer_state(self) -> Floats:
        """The optimizer's state: the first moments of all parameters, then the second, if any.

        As `parameters`; while such an array is in use, `set_optimizer` to another raises
        BufferError.
        """
        return self._network.optimizer_state()

    @property
    def weights(self) -> list[tuple[Floats, Floats]]:
        """(W, b) of each layer, of the shapes (n_out, n_in) and (n_out,): views of `parameters`.

        `weights[i] = (W, b)` and `weights = [(W, b), ...]` copy values of the same shapes there.
        """
        flat = self.parameters
        at, views = 0, []
        for n_in, n_out in zip(self.layer_dims, self.layer_dims[1:]):
            end = at + n_out * n_in
            views.append((flat[at:end].reshape(n_out, n_in), flat[end : end + n_out]))
            at = end + n_out
        return Views(views, "weights")

    @weights.setter
    def weights(self, values: Iterable[tuple[ArrayLike, ArrayLike]]) -> None:
        Views(self.weights, "weights")[:] = values

    @property
    def step(self) -> int:
        """The number of updates so far; settable, 0 to 2**48 - 1. It chooses the masks."""
        return self._network.position()[0]

    @step.setter
    def step(self, value: int) -> None:
        self._network.set_position(value, None)

    @property
    def epoch(self) -> int:
        """The number of epochs so far; settable, 0 to 2**48 - 1. It chooses the order of the
        examples and the learning rate."""
        return self._network.position()[1]

    @epoch.setter
    def epoch(self, value: int) -> None:
        self._network.set_position(None, value)

    def memory(self, batch_size: int, m: int, validates: bool = False) -> int:
        """The most bytes that the network will hold beyond its parameters for training.

        With batches of `batch_size` examples (0: prediction only) of at most m, with or without
        validation data, on the present number of threads. The data themselves, and what NumPy
        converts, are not in it.
        """
        return self._network.memory(batch_size, m, validates)

    def set_regularization(
        self,
        *,
        keep_prob: float | Sequence[float] | None = None,
        l2: float | Sequence[float] | None = None,
        l1: float | Sequence[float] | None = None,
        label_smoothing: float | None = None,
        max_norm: float | None = None,
    ) -> None:
        """Changes the regularization between updates; what is None stays as it is.

        The meanings and ranges are those of the constructor; `max_norm=inf` ends a limit. What was
        trained, the optimizer's state, step and epoch stay. Weights beyond a new max_norm are
        scaled down by the next update.

        Raises ValueError and TypeError as the constructor; then nothing has changed.
        """
        given = {
            "keep_prob": keep_prob, "l2": l2, "l1": l1, "label_smoothing": label_smoothing,
            "max_norm": None if max_norm is None else limit(max_norm, "max_norm"),
        }
        self._network.set_regularization({k: v for k, v in given.items() if v is not None})
        self._description = self._network.describe()

    # ---- How it learns ---------------------------------------------------------------------

    @property
    def optimizer(self) -> str:
        """The name of the optimizer."""
        return self._network.optimizer()["optimizer"]  # type: ignore[no-any-return]

    @property
    def optimizer_settings(self) -> dict[str, Any]:
        """Its settings, by the names of the constructor's arguments."""
        settings: dict[str, Any] = self._network.optimizer()
        del settings["optimizer"]
        settings["clip_norm"] = settings["clip_norm"] or None
        return settings

    @property
    def learning_rate(self) -> float:
        """The learning rate that the schedule starts from; settable, as by `set_optimizer`."""
        return self._network.optimizer()["learning_rate"]  # type: ignore[no-any-return]

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self.set_optimizer(learning_rate=value)

    def set_optimizer(
        self, optimizer: str | None = None, **settings: Unpack[OptimizerSettings]
    ) -> None:
        """Changes the optimizer, its settings, or both.

        With an optimizer, settings that are not given become its defaults; without one, the
        present one and they stay. The optimizer's state begins anew at 0 if it is another; the step
        goes on.

        Raises ValueError and TypeError as the constructor; BufferError for another optimizer while
        arrays of `optimizer_state` are in use.
        """
        changes: dict[str, Any] = dict(settings)
        for name in changes:
            if name not in SETTINGS:
                raise TypeError(f"{name!r} is no setting of an optimizer ({', '.join(SETTINGS)})")
        if optimizer is None:
            options = self._network.optimizer()
        else:
            options = _core.optimizer_defaults(optimizer)
        for name in ("learning_rate", "beta2"):
            if changes.get(name, 0) is None:
                changes[name] = _core.optimizer_defaults(options["optimizer"])[name]
        if "clip_norm" in changes:
            changes["clip_norm"] = limit(changes["clip_norm"], "clip_norm")
        self._network.set_optimizer(options | changes)
