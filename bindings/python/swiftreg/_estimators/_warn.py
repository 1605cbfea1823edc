"""Warnings of the estimators: each kind once for the clones of an estimator."""

from __future__ import annotations

import os
import sys
import warnings
from itertools import count
from pathlib import Path

_PACKAGE = str(Path(__file__).resolve().parents[1]) + os.sep
_families = count()
# (family, kind) of the warnings that clones have given in this process.
_given: set[tuple[str, str]] = set()


def new_family() -> str:
    """A name for the clones of one estimator, unique among processes."""
    return f"{os.getpid()}-{next(_families)}"


def _level() -> int:
    """The stacklevel of the first caller outside this package."""
    level, frame = 1, sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    return level


def warn(family: str | None, kind: str, message: str, category: type[Warning]) -> None:
    """Warns at the caller of the package; for a family of clones, once in this process.

    A search fits hundreds of clones of one estimator, which would all warn of the same thing.
    """
    if family is not None:
        if (family, kind) in _given:
            return
        _given.add((family, kind))
        message += "  (Other clones of this estimator will not repeat this.)"
    warnings.warn(message, category, stacklevel=_level() + 1)
