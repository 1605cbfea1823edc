"""The cost of a call through Python with almost no work."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import swiftreg
from group import Group
from measure import SWIFTREG, Case, Contestant
from native import function, swiftreg_library, timer
from swiftreg import _core


def overhead(threads: int, quick: bool) -> Iterator[Case]:
    library = swiftreg_library()
    one = np.ones(1, np.float32)
    out = np.empty(1, np.float32)
    other = np.empty(1, np.float32)
    yield Case(
        "ReLU of 1 element", 1,
        [
            Contestant(SWIFTREG, lambda: _core.forward_activation(one, _core.RELU, out)),
            Contestant(
                "the same from C", lambda: None,
                timer("activation", one.dtype, function(library, "forward_activation", one.dtype),
                      one, 1, _core.RELU, other),
            ),
            Contestant("NumPy", lambda: np.maximum(0, one, out=other)),
        ],
    )
    yield Case(
        "dropout of 1 element", 1,
        [
            Contestant(SWIFTREG, lambda: swiftreg.dropout(one, 0.5, seed=1, out=out)),
            Contestant(
                "the same from C", lambda: None,
                timer("dropout", one.dtype, function(library, "forward_dropout", one.dtype),
                      one, 1, 0.5, 1, other),
            ),
            Contestant("NumPy", lambda: np.multiply(one, one, out=other)),
        ],
    )
    W, b, a = (np.ones(shape) for shape in ((1, 1), (1, 1), (1, 1)))
    z = np.empty((1, 1))
    yield Case(
        "dense layer of 1 unit, 2 new arrays", 1,
        [
            Contestant(SWIFTREG, lambda: _core.forward_dense(W, b, a, _core.RELU)),
            Contestant(
                "the same from C", lambda: None,
                timer("dense", W.dtype, function(library, "forward_dense", W.dtype), W, b, 1, 1, 1,
                      a, 1, 1, z, 1, 1),
            ),
            Contestant("NumPy", lambda: np.maximum(0, np.dot(W, a) + b)),
        ],
    )
    yield Case(
        "get_num_threads, no arguments", 1,
        [
            Contestant(SWIFTREG, _core.get_num_threads),
            Contestant("empty Python function", lambda: None),
        ],
    )


GROUPS = [
    Group(
        "calls", "The cost of a call", "us", overhead,
        "Microseconds a call, timed in a Python loop. The binding's overhead is the difference "
        "between swiftreg's column and *the same from C*.",
    )
]
