"""What training tells: while it runs, and at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from swiftreg._extras import missing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Progress(NamedTuple):
    """How an epoch of `MLP.fit` went."""

    epoch: int
    """The number of epochs completed, over all calls of fit."""
    step: int
    """The number of updates, likewise."""
    cost: float
    """The mean of the batches' costs, each taken before its update, with dropout, L2 and L1."""
    validation_cost: float | None
    """The data term of the validation data after the epoch, without dropout."""
    learning_rate: float
    """Of this epoch."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """How a call of `MLP.fit` went."""

    cost: NDArray[np.float64]
    """`Progress.cost` of every epoch."""
    validation_cost: NDArray[np.float64] | None
    """`Progress.validation_cost` of every epoch, where there was validation data."""
    stopped: Literal["epochs", "callback", "patience", "interrupted"]
    """What ended it: all epochs were done; the callback said so; the cost no longer fell; an exception
    (Ctrl-C, one of the callback, a cost that is not finite)."""
    best_epoch: int | None
    """The epoch (as in `Progress`) with the lowest validation cost, whose weights the network has
    now; None without validation data."""


class ProgressBar:
    """A tqdm bar that counts the epochs of a call of fit."""

    def __init__(self, before: int, epochs: int) -> None:
        try:
            from tqdm.auto import tqdm
        except ImportError as error:
            raise missing("progress=True needs", "tqdm", "progress") from error
        self._before = before
        self._bar: Any = tqdm(total=epochs, unit="epoch")

    def show(
        self, epoch: int, step: int, cost: float, validation_cost: float | None, rate: float
    ) -> None:
        shown = {"cost": f"{cost:.4g}"}
        if validation_cost is not None:
            shown["validation"] = f"{validation_cost:.4g}"
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update(epoch - self._before - self._bar.n)

    def close(self) -> None:
        self._bar.close()
