"""Random search until a budget of CPU seconds is spent."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold, StratifiedShuffleSplit

from answers.measures import cpu_seconds, loss

# Up to so many rows three folds judge a candidate, above them one held-out fifth: more candidates for the budget.
FOLDS_UP_TO = 2000

Candidate = dict[str, Any]


class Chosen(NamedTuple):
    """The model fitted to the whole training part, and how it was chosen."""

    model: Any
    parameters: Candidate
    candidates: int


def _folds(X: Any, y: Any, classes: int | None, seed: int) -> list[tuple[Any, Any]]:
    splitter: Any
    if len(X) <= FOLDS_UP_TO:
        kind = KFold if classes is None else StratifiedKFold
        splitter = kind(3, shuffle=True, random_state=seed)
    else:
        kind = ShuffleSplit if classes is None else StratifiedShuffleSplit
        splitter = kind(1, test_size=0.2, random_state=seed)
    return list(splitter.split(X, y))


def tuned(
    make: Callable[[Candidate], Any], candidates: Iterator[Candidate], X: Any, y: Any,
    classes: int | None, budget: float, seed: int,
) -> Chosen:
    """The best of as many candidates as the budget allows, fitted to all of X.

    The first candidate is judged in any case. A later one that the budget ends half-way is left out, and so
    much is left as the fit to all of X is expected to take.
    """
    start = cpu_seconds()
    folds = _folds(X, y, classes, seed)
    best: Candidate | None = None
    lowest, last_fit, judged = math.inf, 0.0, 0
    for candidate in candidates:
        losses: list[float] = []
        slowest = 0.0
        for train, test in folds:
            if best is not None and cpu_seconds() - start + last_fit > budget:
                break
            before = cpu_seconds()
            try:
                model = make(candidate).fit(X[train], y[train])
                losses.append(loss(model, X[test], y[test], classes))
            except (FloatingPointError, ValueError) as error:
                if "finite" not in str(error) and "NaN" not in str(error):
                    raise
                losses.append(math.inf)
            slowest = max(slowest, (cpu_seconds() - before) * len(X) / len(train))
        if len(losses) < len(folds):
            break
        judged += 1
        if best is None or np.mean(losses) < lowest:
            best, lowest, last_fit = candidate, float(np.mean(losses)), slowest
    assert best is not None
    return Chosen(make(best).fit(X, y), best, judged)
