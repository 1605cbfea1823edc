"""MLP with sparse X: the results of the dense array, bit for bit; what is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from numpy.typing import NDArray

from swiftreg import MLP

Array = NDArray[Any]
ROWS, FEATURES = 700, 37


def examples(dtype: Any) -> tuple[Any, Array, Array, Array]:
    """A sparse matrix, the same as an array, targets, weights. Some rows and columns are empty."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, FEATURES)).astype(dtype)
    X[rng.random(X.shape) > 0.1] = 0
    X[5], X[:, 9] = 0, 0
    Y = np.eye(3)[rng.integers(3, size=ROWS)]
    return scipy.sparse.csr_array(X), X, Y, rng.uniform(0, 2, size=ROWS)


def network(dtype: Any, **options: Any) -> MLP:
    settings = {"loss": "softmax_cross_entropy", "keep_prob": [0.9, 0.8], "l2": 0.1, "seed": 4, **options}
    return MLP([FEATURES, 11, 3], dtype=dtype, **settings)


def other_forms(matrix: Any) -> list[Any]:
    """The same matrix with wide indices, in another order, in two parts, as another class and type."""
    wide = matrix.copy()
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    mixed = matrix.copy()
    mixed.indptr = mixed.indptr.astype(np.int64)
    parts = SimpleNamespace(
        format="csr", shape=matrix.shape, data=np.repeat(matrix.data / 2, 2),
        indices=np.repeat(matrix.indices, 2), indptr=2 * matrix.indptr,
    )
    reversed_rows = SimpleNamespace(
        format="csr", shape=matrix.shape, indptr=matrix.indptr,
        data=np.concatenate([matrix.data[a:b][::-1] for a, b in zip(matrix.indptr, matrix.indptr[1:])]),
        indices=np.concatenate([matrix.indices[a:b][::-1] for a, b in zip(matrix.indptr, matrix.indptr[1:])]),
    )
    strided = SimpleNamespace(
        format="csr", shape=matrix.shape, indptr=matrix.indptr.astype(np.int16),
        data=np.repeat(matrix.data, 2)[::2], indices=np.repeat(matrix.indices, 3)[::3],
    )
    return [scipy.sparse.csr_matrix(matrix), wide, mixed, parts, reversed_rows, strided]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_results_are_those_of_the_array(dtype: str) -> None:
    matrix, X, Y, weights = examples(dtype)
    dense = network(dtype)
    history = dense.fit(X, Y, epochs=3, batch_size=64, sample_weight=weights, validation_data=(X[:50], Y[:50]))
    for form in (matrix, *other_forms(matrix)):
        sparse = network(dtype)
        same = sparse.fit(
            form, Y, epochs=3, batch_size=64, sample_weight=weights,
            validation_data=(matrix[:50], Y[:50]),
        )
        assert np.array_equal(sparse.parameters, dense.parameters)
        assert np.array_equal(same.cost, history.cost)
        assert np.array_equal(same.validation_cost, history.validation_cost)  # type: ignore[arg-type]
        assert np.array_equal(sparse.predict(form), dense.predict(X))
        assert np.array_equal(sparse.decision_function(form), dense.decision_function(X))
        assert sparse.cost(form, Y, weights) == dense.cost(X, Y, weights)
        assert sparse.data_cost(form, Y) == dense.data_cost(X, Y)
        assert sparse.gradient(form, Y, weights) == dense.gradient(X, Y, weights)
        assert np.array_equal(sparse.gradients, dense.gradients)
    small = matrix[:40].astype(np.float64)
    assert network("float64", activation="tanh").check_gradient(small, Y[:40]) < 1e-4
    # Values of another type are converted.
    other = matrix.astype(np.float64 if dtype == "float32" else np.float32)
    assert np.array_equal(network(dtype).predict(other), network(dtype).predict(other.toarray()))
    assert network(dtype).predict(matrix[:0]).shape == (0, 3)
    empty = scipy.sparse.csr_array((4, FEATURES), dtype=dtype)
    assert np.array_equal(network(dtype).predict(empty), network(dtype).predict(empty.toarray()))


def test_a_callback_changes_nothing() -> None:
    matrix, X, Y, _ = examples("float32")
    plain, called = network("float32"), network("float32")
    plain.fit(matrix, Y, epochs=4, batch_size=100, validation_data=(X, Y), patience=1)
    seen = []
    called.fit(
        matrix, Y, epochs=4, batch_size=100, validation_data=(matrix, Y), patience=1,
        callback=lambda progress: seen.append(called.predict(matrix[:2]).sum()),
    )
    assert len(seen) == 4 and np.array_equal(called.parameters, plain.parameters)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"indptr": [0, 1, 1]}, ValueError, "X is damaged: indptr"),
        ({"indptr": [0, 1, 2, 9]}, ValueError, "X is damaged: indptr"),
        ({"indptr": [1, 1, 2, 3]}, ValueError, r"row_starts\[0\] is 1; it must be 0"),
        ({"indptr": [0, 2, 1, 3]}, ValueError, r"row_starts\[2\] is 1; it must not be less"),
        ({"indices": [0, 1, FEATURES]}, ValueError, rf"columns\[2\] is {FEATURES}"),
        ({"indices": [0, -1, 2]}, ValueError, r"columns\[1\] is -1"),
        ({"indices": [0, 1]}, ValueError, "X is damaged: indptr"),
        ({"data": [1.0, 2.0]}, ValueError, "X is damaged: indptr"),
        ({"indices": [0.0, 1.0, 2.0]}, TypeError, "X must hold integers"),
        ({"indices": [[0, 1, 2]]}, ValueError, r"X.indices must have one dimension, got \(1, 3\)"),
        ({"data": ["a", "b", "c"]}, TypeError, "X"),
        ({"shape": (3, FEATURES + 1)}, ValueError, f"X has {FEATURES + 1} features, but the network has"),
        ({"shape": (3,)}, ValueError, r"X must have two dimensions, \(examples, features\), got \(3,\)"),
        ({"shape": (-1, FEATURES)}, ValueError, "X.shape must not be negative"),
        ({"format": "csc"}, TypeError, r"X is a sparse matrix in the format 'csc'.*X.tocsr\(\)"),
        ({"format": "coo"}, TypeError, "format 'coo'"),
    ],
    ids=str,
)
def test_bad_matrices(change: dict[str, Any], error: type[Exception], message: str) -> None:
    parts = {"format": "csr", "shape": (3, FEATURES), "data": [1.0, 2.0, 3.0], "indices": [0, 1, 2],
             "indptr": [0, 1, 2, 3]}
    n = network("float64")
    Y = np.eye(3)
    n.fit(SimpleNamespace(**parts), Y)
    before = n.parameters.copy()
    bad = SimpleNamespace(**{**parts, **change})
    for call in (lambda: n.fit(bad, Y), lambda: n.predict(bad), lambda: n.cost(bad, Y),
                 lambda: n.fit(bad, Y, callback=print)):
        with pytest.raises(error, match=message):
            call()
    assert np.array_equal(n.parameters, before)


def test_what_is_not_taken() -> None:
    matrix, X, Y, _ = examples("float32")
    n = network("float32")
    for other in (matrix.tocsc(), matrix.tocoo(), matrix.tolil()):
        with pytest.raises(TypeError, match=r"X is a sparse matrix in the format '\w+'.*X.tocsr\(\)"):
            n.predict(other)
    with pytest.raises(TypeError, match=r"X is a sparse matrix; here a dense array is needed: X.toarray\(\)"):
        n.predict_dropout(matrix, 3)
    with pytest.raises(TypeError, match=r"Y is a sparse matrix; here a dense array is needed"):
        n.fit(X, scipy.sparse.csr_array(Y))
    with pytest.raises(ValueError, match="X has no examples"):
        n.fit(matrix[:0], Y[:0])
    with pytest.raises(ValueError, match="Y must have shape"):
        n.fit(matrix, Y[:-1])
