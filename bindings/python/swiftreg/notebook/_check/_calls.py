"""Calls of a student's function: nothing that it does, raises or prints gets out."""

from __future__ import annotations

import contextlib
import io
import linecache
import re
import sys
import traceback
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from swiftreg.notebook._check._report import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


class Wrong(Exception):
    """Ends a check: what was found, and the exception of the student's function, if it raised one."""

    def __init__(self, finding: Finding, exception: BaseException | None = None) -> None:
        super().__init__(str(finding))
        self.finding = finding
        self.exception = exception


@dataclass(frozen=True)
class Called:
    """What a function returned, what it printed, and whether it drew from NumPy's generator."""

    value: Any
    printed: str
    drew: bool


@contextlib.contextmanager
def _quiet_plots() -> Iterator[None]:
    """Figures that a function draws are neither shown nor left behind."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        yield
        return
    before, show = set(pyplot.get_fignums()), pyplot.show
    pyplot.show = lambda *arguments, **keywords: None
    try:
        with pyplot.ioff():
            if before:
                pyplot.figure()  # not into the caller's own
            yield
    finally:
        pyplot.show = show
        for number in set(pyplot.get_fignums()) - before:
            pyplot.close(number)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """NumPy's global generator is afterwards as it was before."""
    state = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(state)


def _same_state(one: Any, other: Any) -> bool:
    return bool(np.array_equal(one[1], other[1])) and tuple(one[2:]) == tuple(other[2:])


def call(function: Callable[..., Any], *arguments: Any, seed: int = 1, **keywords: Any) -> Called:
    """Calls the function after numpy.random.seed(seed). Raises Wrong for an exception of its own."""
    printed = io.StringIO()
    np.random.seed(seed)
    before = np.random.get_state()
    try:
        with (
            contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(), np.errstate(all="ignore"), _quiet_plots(),
        ):
            warnings.simplefilter("ignore")
            value = function(*arguments, **keywords)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise Wrong(_raised(function, error), error) from None
    return Called(value, printed.getvalue(), not _same_state(before, np.random.get_state()))


# ---- Exceptions --------------------------------------------------------------------------------

_WORDS = (
    (NameError, "", "a name is used that no cell has defined: check its spelling, or run that cell"),
    (KeyError, "", "a dict has no such key"),
    (
        ValueError, "broadcast",
        "shapes that do not fit: a mask D must have the shape of its A, each b is (n, 1)",
    ),
    (ValueError, "unpack", "the cache is unpacked into the wrong number of names"),
    (
        ValueError, "shapes|mismatch|matmul|dimension",
        "a matrix product whose shapes do not fit: check the order of its factors and each .T",
    ),
    (
        TypeError, "argument",
        "the function is called as in the notebook, and takes other arguments",
    ),
    (TypeError, "NoneType", "a value is still None: fill in the line that computes it"),
    (TypeError, "boolean subtract", "1 - D fails for a mask of bool: write np.logical_not(D)"),
    (
        TypeError, "Cannot cast ufunc",
        "an array is changed in place to a type that it cannot hold: make a new array",
    ),
)


def _own_frames(function: Callable[..., Any], error: BaseException) -> list[tuple[FrameType, int]]:
    """The frames of the file (or cell) of the function in a traceback, with their lines."""
    code = getattr(getattr(function, "func", function), "__code__", None)
    if code is None:
        return []
    frames = traceback.walk_tb(error.__traceback__)
    return [(frame, line) for frame, line in frames if frame.f_code.co_filename == code.co_filename]


def _mask_that_does_not_fit(frame: FrameType) -> tuple[str, str] | None:
    """The name of a mask whose shape is not that of its A, among the variables of a frame, and words."""
    for l in (1, 2):
        D, A = frame.f_locals.get(f"D{l}"), frame.f_locals.get(f"A{l}")
        if isinstance(D, np.ndarray) and isinstance(A, np.ndarray) and D.shape != A.shape:
            words = f"a mask of the wrong shape: D{l} has {D.shape}, A{l} has {A.shape}"
            return f"D{l}", words
    return None


def _raised(function: Callable[..., Any], error: BaseException) -> Finding:
    """The finding for an exception: the line that raised it, and the quantity it was to compute."""
    quantity, where, likely = "the result", "", ""
    frames = _own_frames(function, error)
    if frames:
        frame, line = frames[-1]
        file = frame.f_code.co_filename
        text = linecache.getline(file, line, frame.f_globals).strip()
        where = f" in line {line} of {frame.f_code.co_name}" + (f": {text}" if text else "")
        assigned = re.match(r"(\w+)\s*(?:[-+*/@]|//|\*\*)?=(?!=)", text)
        if assigned:
            quantity = assigned[1]
        mask = _mask_that_does_not_fit(frame) if isinstance(error, ValueError) else None
        if mask:
            quantity, likely = mask
    if not likely:
        likely = next(
            (
                words for kind, pattern, words in _WORDS
                if isinstance(error, kind) and re.search(pattern, str(error))
            ),
            "",
        )
    raised = f"{type(error).__name__}: {error}".rstrip(": ")
    mistake = f"the function raised {raised}{where}" + (f"; {likely}" if likely else "")
    return Finding(quantity, None, mistake, "")
