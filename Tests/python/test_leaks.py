"""No call, refused or not, keeps memory or references."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import resource
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import swiftreg
from swiftreg import _core, notebook

A = np.ones((40, 50))
STRIDED = np.ones((40, 100))[:, ::2]
SHORT = np.ones(3)  # made once: NumPy itself keeps a reference to the dtype in each np.ones
MASK = np.ones((40, 50), np.int64)
PLAIN_C = (ctypes.c_double * 3 * 2)()
BYTES = np.zeros((80, 50), np.uint8)[::2]
X, Y = np.ones((2, 300)), np.ones((1, 300), np.uint8)
PARAMETERS = notebook.initialize_parameters([2, 40, 3, 1])
PLAIN = notebook.forward_propagation(X, PARAMETERS)
DROPPED = notebook.forward_propagation_with_dropout(X, PARAMETERS)
GENERATOR = _core.LegacyGenerator(1)
NETWORK = swiftreg.MLP([50, 7, 1], keep_prob=0.5)
FEATURES = np.ones((40, 100), np.float32)[:, ::2]
LABELS, WEIGHTS, UNITS = np.ones(40), np.ones(40), np.ones((40, 7), np.uint8)
BYTES_OF_NETWORK = NETWORK.to_bytes()

# A mask with a 2 in it, a weight that does not fit its layer, and one of float32 among float64.
BAD_MASK = (*DROPPED[1][:6], DROPPED[1][6] * 2, *DROPPED[1][7:])
BAD_WEIGHT = {**PARAMETERS, "W2": SHORT}
MIXED = {**PARAMETERS, "W2": PARAMETERS["W2"].astype(np.float32)}

CALLS: dict[str, Callable[[], Any]] = {
    "dropout": lambda: swiftreg.dropout(A, 0.5, seed=1),
    "strided": lambda: swiftreg.dropout(STRIDED, 0.5, seed=1, mask=BYTES),
    "list": lambda: swiftreg.dropout([[1, 2], [3, 4]], 0.5, seed=1),
    "in place": lambda: swiftreg.dropout(STRIDED, 0.5, seed=1, out=STRIDED),
    "backward": lambda: swiftreg.dropout_backward(A, 0.5, mask=MASK),
    "again": lambda: swiftreg.dropout_backward(A, 0.5, seed=1),
    "mask": lambda: swiftreg.dropout_mask((40, 50), 0.5, seed=1),
    "many shapes": lambda: [swiftreg.dropout_mask((n, 300), 0.5, seed=1) for n in range(40)],
    "without strides": lambda: swiftreg.dropout(PLAIN_C, 0.5, seed=1, out=PLAIN_C),
    "bad keep_prob": lambda: swiftreg.dropout(A, 2, seed=1, mask=BYTES),
    "bad out": lambda: swiftreg.dropout(A, 0.5, seed=1, out=SHORT),
    "bad mask": lambda: swiftreg.dropout(A, 0.5, seed=1, mask=SHORT),
    "bad operand": lambda: swiftreg.dropout_backward(A, 0.5, mask=MASK * 2),
    "bad operand shape": lambda: swiftreg.dropout_backward(A, 0.5, mask=[1]),
    "bad type": lambda: swiftreg.dropout(A.astype(object), 0.5, seed=1),
    "ragged": lambda: swiftreg.dropout([[1], [2, 3]], 0.5, seed=1),
    "forward": lambda: notebook.forward_propagation(X, PARAMETERS),
    "forward dropout": lambda: notebook.forward_propagation_with_dropout(X, PARAMETERS),
    "fresh": lambda: notebook.forward_propagation_with_dropout(X, PARAMETERS, seed=1),
    "bad layer": lambda: notebook.forward_propagation(A, PARAMETERS),
    "cost": lambda: notebook.compute_cost_with_regularization(PLAIN[0], Y, PARAMETERS, 0.7),
    "bad cost": lambda: notebook.compute_cost_with_regularization(PLAIN[0], Y, PARAMETERS, -1),
    "gradients": lambda: notebook.backward_propagation(X, Y, PLAIN[1]),
    "dropout gradients": lambda: notebook.backward_propagation_with_dropout(X, Y, DROPPED[1], 0.5),
    "bad gradients": lambda: notebook.backward_propagation(X, Y[:, :5], PLAIN[1]),
    "activation": lambda: notebook.sigmoid(STRIDED),
    "legacy": lambda: (_core.LegacyGenerator(3).normal((20, 30)), GENERATOR.state()),
    "bad legacy": lambda: GENERATOR.uniform((2, -1)),
    "refused mask": lambda: notebook.backward_propagation_with_dropout(X, Y, BAD_MASK, 0.5),
    "refused labels": lambda: notebook.backward_propagation(X, SHORT, PLAIN[1]),
    "refused layer": lambda: notebook.forward_propagation(X, BAD_WEIGHT),
    "refused layer below": lambda: notebook.backward_propagation(SHORT, Y, PLAIN[1]),
    "refused layer with dropout": lambda: notebook.forward_propagation_with_dropout(X, BAD_WEIGHT),
    "mixed types": lambda: notebook.forward_propagation_with_dropout(X, MIXED, seed=1),
    "build info": swiftreg.build_info,
    "network": lambda: swiftreg.MLP([50, 7, 1]),
    "bad network": lambda: swiftreg.MLP([50, 7, 1], l2=[1, -1]),
    "bad widths": lambda: swiftreg.MLP([50, "x"]),  # type: ignore[list-item]
    "views": lambda: (NETWORK.parameters, NETWORK.gradients, NETWORK.optimizer_state, NETWORK.weights),
    "kept view": lambda: swiftreg.MLP([50, 7, 1]).parameters.sum(),
    "optimizer": lambda: (NETWORK.set_optimizer("sgd"), NETWORK.set_optimizer("adam"), NETWORK.optimizer_settings),
    "bad optimizer": lambda: NETWORK.set_optimizer("adam", beta1=2),
    "predict": lambda: (NETWORK.predict(FEATURES), NETWORK.predict_dropout(A, 2)),
    "bad predict": lambda: NETWORK.predict(X),
    "gradient": lambda: (NETWORK.cost(A, LABELS), NETWORK.gradient(A, LABELS, WEIGHTS), NETWORK.apply()),
    "bad gradient": lambda: NETWORK.gradient(A, LABELS, -WEIGHTS),
    "check gradient": lambda: NETWORK.check_gradient(A, LABELS, max_parameters=1),
    "fit": lambda: NETWORK.fit(A, LABELS, epochs=2, batch_size=30, sample_weight=WEIGHTS),
    "fit with all": lambda: NETWORK.fit(
        FEATURES, LABELS, epochs=2, validation_data=(A, LABELS, WEIGHTS), callback=lambda p: None, masks=[None, UNITS]
    ),
    "fit that raises": lambda: NETWORK.fit(A, LABELS, callback=lambda p: int("x")),
    "fit that is stopped": lambda: NETWORK.fit(A, LABELS, callback=lambda p: True),
    "bad fit": lambda: NETWORK.fit(A, LABELS, min_delta=-1, validation_data=(A, LABELS)),
    "bad labels": lambda: NETWORK.fit(A, SHORT),
    "bad validation": lambda: NETWORK.fit(A, LABELS, validation_data=(A, SHORT)),
    "bad masks": lambda: NETWORK.fit(A, LABELS, masks=[UNITS * 2, None]),
    "bytes": lambda: swiftreg.MLP.from_bytes(NETWORK.to_bytes()),
    "bad bytes": lambda: swiftreg.MLP.from_bytes(BYTES_OF_NETWORK[:-1]),
    "bad file": lambda: swiftreg.MLP.load("/nonexistent/network"),
}
SHARED = [A, STRIDED, SHORT, MASK, PLAIN_C, BYTES, X, Y, *PARAMETERS.values(), *PLAIN[1], *DROPPED[1], np.dtype("f8"),
          np.dtype("u1"), np.empty, np.asarray, np.array, np.copyto, "C", _core.LegacyGenerator, NETWORK, FEATURES, LABELS, WEIGHTS, UNITS, BYTES_OF_NETWORK, _core.Network]


def peak_kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_kept(name: str) -> None:
    def run(times: int) -> None:
        for _ in range(times):
            with contextlib.suppress(ValueError, TypeError, OSError):
                CALLS[name]()

    run(50)
    gc.collect()
    references = [sys.getrefcount(thing) for thing in SHARED]
    memory = peak_kilobytes()
    run(2000)
    gc.collect()
    grown = [sys.getrefcount(thing) - before for thing, before in zip(SHARED, references)]
    assert max(map(abs, grown)) < 100, grown
    assert peak_kilobytes() - memory < 4000
