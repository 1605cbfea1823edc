"""When training ends: which epoch is the best, and whether the loss still falls."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

# scikit-learn's number; with dropout early stopping waits for longer, since the path is noisy.
PATIENCE = 10
PATIENCE_WITH_DROPOUT = 20
# An epoch of few updates changes little, and costs little: the loss of few validation examples has several minima.
PATIENCE_UPDATES = 250


def patience(n_iter_no_change: Any, dropout: bool, updates: int | None = None) -> float:
    """The epochs without progress that n_iter_no_change allows.

    With `updates`, the number of an epoch, "auto" is at least so many epochs as have PATIENCE_UPDATES.
    """
    if n_iter_no_change != "auto":
        return float(n_iter_no_change)
    epochs = PATIENCE_WITH_DROPOUT if dropout else PATIENCE
    return epochs if updates is None else max(epochs, math.ceil(PATIENCE_UPDATES / updates))


def fall(losses: list[float]) -> tuple[float, float]:
    """How far a noisy loss fell lately, and the standard error of that.

    The fall is the difference of the means of the last w epochs and of the w before them, w being 10
    or, if larger, a quarter of all epochs. Its standard error is sqrt(2 v / w), where the variance v
    of an epoch's loss is half the mean square of successive differences, which a trend hardly enters
    (von Neumann et al. 1941). Infinite fall for fewer than 20 epochs.
    """
    w = max(10, len(losses) // 4)
    if len(losses) < 2 * w:
        return math.inf, 0.0
    recent = np.array(losses[-2 * w :])
    variance = np.mean(np.diff(recent) ** 2) / 2
    return float(recent[:w].mean() - recent[w:].mean()), float(np.sqrt(2 * variance / w))


class TrainingLoss:
    """Ends training where the loss of training no longer falls.

    An integer n_iter_no_change is scikit-learn's rule: more than so many epochs in a row without a
    loss lower by tol than the lowest. So is "auto" without dropout, with 10. With dropout, "auto"
    takes for an epoch without progress one at which `fall` is less than tol or than 2 standard
    errors, and 10 of these in a row end the training.
    """

    def __init__(self, n_iter_no_change: Any, tol: float, dropout: bool) -> None:
        self.smooth = n_iter_no_change == "auto" and dropout
        self.dropout = dropout
        self.tol = tol
        self.patience = PATIENCE if n_iter_no_change == "auto" else n_iter_no_change
        self.best = math.inf
        self.misses = 0

    def take(self, losses: list[float]) -> None:
        if self.smooth:
            fell, error = fall(losses)
            missed = fell <= max(self.tol, 2 * error)
        else:
            missed = losses[-1] > self.best - self.tol
        self.misses = self.misses + 1 if missed else 0
        self.best = min(losses[-1], self.best)

    @property
    def is_over(self) -> bool:
        return self.misses > self.patience

    def warning(self, losses: list[float]) -> str | None:
        """What to say where dropout's noise, not the loss, ended the training; None for nothing."""
        if not self.dropout:
            return None
        fell, error = fall(losses)
        if not self.smooth:
            if len(losses) >= 20 and fell <= max(self.tol, 2 * error):
                return None
            return (
                f"ended after {len(losses)} epochs for the noise of dropout: its loss has not been"
                f" lower than the lowest for n_iter_no_change={self.patience} epochs, but has not been"
                ' seen to stop falling. Set n_iter_no_change="auto", early_stopping=True, or'
                " n_iter_no_change=math.inf for max_iter epochs"
            )
        whole = losses[0] - float(np.mean(losses[-max(10, len(losses) // 4) :]))
        hidden = fell + 2 * error
        if hidden <= max(self.tol, 0.01 * whole):
            return None
        return (
            f"ended after {len(losses)} epochs, when the noise of dropout hid any progress: the loss"
            f" fell by {fell:.2g} with a standard error of {error:.2g}. Set early_stopping=True, or"
            " n_iter_no_change=math.inf for max_iter epochs"
        )


class Validation:
    """Chooses the epoch whose weights are kept, and ends training after `patience` worse ones.

    An epoch replaces the best one if its value is higher by tol; or, where the value is a score, if
    it is as high and the validation loss is lower by tol.
    """

    def __init__(
        self, n_iter_no_change: Any, tol: float, dropout: bool, by_loss: bool, updates: int
    ) -> None:
        self.tol = tol
        self.patience = patience(n_iter_no_change, dropout, updates)
        self.recent = patience(n_iter_no_change, dropout)
        self.by_loss = by_loss
        self.best = -math.inf
        self.loss = math.inf
        self.epoch = 0  # the best one's number, from 1
        self.misses = 0

    def take(self, epoch: int, value: float, loss: float) -> bool:
        """Whether the epoch becomes the best one."""
        better = value > self.best + self.tol
        tie = not self.by_loss and value >= self.best and loss < self.loss - self.tol
        # scikit-learn takes a score that is higher by exactly tol for progress.
        progress = better if self.by_loss else value >= self.best + self.tol
        self.misses = 0 if progress else self.misses + 1
        if better or tie:
            self.best, self.loss, self.epoch = value, loss, epoch
        return better or tie

    @property
    def is_over(self) -> bool:
        return self.misses > self.patience

    @property
    def improves(self) -> bool:
        """Whether there was progress lately, however long `patience` is."""
        return self.misses <= self.recent
