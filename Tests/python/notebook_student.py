"""The notebook's functions as students write them, in several styles, all correct."""

from __future__ import annotations

import linecache
from typing import Any

# ---- The functions as a student writes them ----------------------------------------------------

HELPERS = """
import numpy as np

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

def relu(x):
    return np.maximum(0, x)

def compute_cost(a3, Y):
    m = Y.shape[1]
    logprobs = np.multiply(-np.log(a3), Y) + np.multiply(-np.log(1 - a3), 1 - Y)
    return 1. / m * np.nansum(logprobs)
"""

COST = """
def compute_cost_with_regularization(A3, Y, parameters, lambd):
    m = Y.shape[1]
    W1 = parameters["W1"]
    W2 = parameters["W2"]
    W3 = parameters["W3"]
    cross_entropy_cost = compute_cost(A3, Y)
    L2_regularization_cost = lambd / (2 * m) * (np.sum(np.square(W1)) + np.sum(np.square(W2)) + np.sum(np.square(W3)))
    cost = cross_entropy_cost + L2_regularization_cost
    return cost
"""

BACKWARD = """
def backward_propagation_with_regularization(X, Y, cache, lambd):
    m = X.shape[1]
    (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3) = cache
    dZ3 = A3 - Y
    dW3 = 1. / m * np.dot(dZ3, A2.T) + (lambd / m) * W3
    db3 = 1. / m * np.sum(dZ3, axis=1, keepdims=True)
    dA2 = np.dot(W3.T, dZ3)
    dZ2 = np.multiply(dA2, np.int64(A2 > 0))
    dW2 = 1. / m * np.dot(dZ2, A1.T) + (lambd / m) * W2
    db2 = 1. / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = np.dot(W2.T, dZ2)
    dZ1 = np.multiply(dA1, np.int64(A1 > 0))
    dW1 = 1. / m * np.dot(dZ1, X.T) + (lambd / m) * W1
    db1 = 1. / m * np.sum(dZ1, axis=1, keepdims=True)
    gradients = {"dZ3": dZ3, "dW3": dW3, "db3": db3, "dA2": dA2,
                 "dZ2": dZ2, "dW2": dW2, "db2": db2, "dA1": dA1,
                 "dZ1": dZ1, "dW1": dW1, "db1": db1}
    return gradients
"""

FORWARD = """
def forward_propagation_with_dropout(X, parameters, keep_prob=0.5):
    np.random.seed(1)
    W1 = parameters["W1"]
    b1 = parameters["b1"]
    W2 = parameters["W2"]
    b2 = parameters["b2"]
    W3 = parameters["W3"]
    b3 = parameters["b3"]
    Z1 = np.dot(W1, X) + b1
    A1 = relu(Z1)
    D1 = np.random.rand(A1.shape[0], A1.shape[1])
    D1 = D1 < keep_prob
    A1 = A1 * D1
    A1 = A1 / keep_prob
    Z2 = np.dot(W2, A1) + b2
    A2 = relu(Z2)
    D2 = np.random.rand(A2.shape[0], A2.shape[1])
    D2 = D2 < keep_prob
    A2 = A2 * D2
    A2 = A2 / keep_prob
    Z3 = np.dot(W3, A2) + b3
    A3 = sigmoid(Z3)
    cache = (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3)
    return A3, cache
"""

DROPOUT = """
def backward_propagation_with_dropout(X, Y, cache, keep_prob):
    m = X.shape[1]
    (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3) = cache
    dZ3 = A3 - Y
    dW3 = 1. / m * np.dot(dZ3, A2.T)
    db3 = 1. / m * np.sum(dZ3, axis=1, keepdims=True)
    dA2 = np.dot(W3.T, dZ3)
    dA2 = dA2 * D2
    dA2 = dA2 / keep_prob
    dZ2 = np.multiply(dA2, np.int64(A2 > 0))
    dW2 = 1. / m * np.dot(dZ2, A1.T)
    db2 = 1. / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = np.dot(W2.T, dZ2)
    dA1 = dA1 * D1
    dA1 = dA1 / keep_prob
    dZ1 = np.multiply(dA1, np.int64(A1 > 0))
    dW1 = 1. / m * np.dot(dZ1, X.T)
    db1 = 1. / m * np.sum(dZ1, axis=1, keepdims=True)
    gradients = {"dZ3": dZ3, "dW3": dW3, "db3": db3, "dA2": dA2,
                 "dZ2": dZ2, "dW2": dW2, "db2": db2, "dA1": dA1,
                 "dZ1": dZ1, "dW1": dW1, "db1": db1}
    return gradients
"""

PREDICT = """
def forward_propagation(X, parameters):
    W1, b1, W2, b2, W3, b3 = (parameters[k] for k in ("W1", "b1", "W2", "b2", "W3", "b3"))
    Z1 = np.dot(W1, X) + b1
    A1 = relu(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = relu(Z2)
    Z3 = np.dot(W3, A2) + b3
    A3 = sigmoid(Z3)
    return A3, (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3)

def backward_propagation(X, Y, cache):
    return backward_propagation_with_regularization(X, Y, cache, 0)

def predict(X, y, parameters):
    a3, caches = forward_propagation(X, parameters)
    p = np.zeros((1, X.shape[1]), dtype=int)
    for i in range(0, a3.shape[1]):
        if a3[0, i] > 0.5:
            p[0, i] = 1
        else:
            p[0, i] = 0
    print("Accuracy: " + str(np.mean((p[0, :] == y[0, :]))))
    return p

def predict_dec(parameters, X):
    a3, cache = forward_propagation(X, parameters)
    return a3 > 0.5
"""

TRAINING = """
def initialize_parameters(layer_dims):
    np.random.seed(3)
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters["W" + str(l)] = np.random.randn(layer_dims[l], layer_dims[l - 1]) / np.sqrt(layer_dims[l - 1])
        parameters["b" + str(l)] = np.zeros((layer_dims[l], 1))
    return parameters

def update_parameters(parameters, grads, learning_rate):
    for k in range(3):
        parameters["W" + str(k + 1)] = parameters["W" + str(k + 1)] - learning_rate * grads["dW" + str(k + 1)]
        parameters["b" + str(k + 1)] = parameters["b" + str(k + 1)] - learning_rate * grads["db" + str(k + 1)]
    return parameters

def model(X, Y, learning_rate=0.3, num_iterations=30000, print_cost=True, lambd=0, keep_prob=1):
    parameters = initialize_parameters([X.shape[0], 20, 3, 1])
    costs = []
    for i in range(0, num_iterations):
        if keep_prob == 1:
            a3, cache = forward_propagation(X, parameters)
        elif keep_prob < 1:
            a3, cache = forward_propagation_with_dropout(X, parameters, keep_prob)
        if lambd == 0:
            cost = compute_cost(a3, Y)
        else:
            cost = compute_cost_with_regularization(a3, Y, parameters, lambd)
        if lambd == 0 and keep_prob == 1:
            grads = backward_propagation(X, Y, cache)
        elif lambd != 0:
            grads = backward_propagation_with_regularization(X, Y, cache, lambd)
        elif keep_prob < 1:
            grads = backward_propagation_with_dropout(X, Y, cache, keep_prob)
        parameters = update_parameters(parameters, grads, learning_rate)
        costs.append(cost)
    import matplotlib.pyplot as plt
    plt.plot(costs)
    plt.show()
    return parameters
"""

WHOLE = HELPERS + COST + BACKWARD + FORWARD + DROPOUT + PREDICT + TRAINING


def student(*changes: tuple[str, str], text: str = WHOLE) -> dict[str, Any]:
    """The notebook's functions after some changes to their text, all of which must apply."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    namespace: dict[str, Any] = {}
    file = f"<the student's cells {hash(text)}>"
    # As in Jupyter, so that the source lines are known.
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), namespace)
    return namespace


# ---- Correct functions -------------------------------------------------------------------------

LOOPS = {
    "compute_cost_with_regularization": """
def compute_cost_with_regularization(A3, Y, parameters, lambd):
    total = 0.0
    for l in range(1, 4):
        for row in parameters["W" + str(l)]:
            for w in row:
                total = total + w * w
    return compute_cost(A3, Y) + lambd * total / Y.shape[1] / 2
""",
    "backward_propagation_with_regularization": """
def backward_propagation_with_regularization(X, Y, cache, lambd):
    m = Y.shape[1]
    Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3 = cache
    A, W, grads = [X, A1, A2, A3], [None, W1, W2, W3], {}
    dZ = A3 - Y
    for l in (3, 2, 1):
        grads["dZ%d" % l] = dZ
        dW = np.zeros(W[l].shape)
        for i in range(dW.shape[0]):
            for j in range(dW.shape[1]):
                for r in range(m):
                    dW[i, j] += dZ[i, r] * A[l - 1][j, r] / m
                dW[i, j] += lambd * W[l][i, j] / m
        grads["dW%d" % l] = dW
        grads["db%d" % l] = np.array([[sum(row) / m] for row in dZ])
        if l > 1:
            grads["dA%d" % (l - 1)] = W[l].T @ dZ
            dZ = np.where(A[l - 1] > 0, grads["dA%d" % (l - 1)], 0)
    return grads
""",
    "forward_propagation_with_dropout": """
def forward_propagation_with_dropout(X, parameters, keep_prob=0.5):
    np.random.seed(1)
    cache, A = [], X
    for l in (1, 2, 3):
        W, b = parameters["W%d" % l], parameters["b%d" % l]
        Z = W @ A + b
        if l == 3:
            A = sigmoid(Z)
            cache += [Z, A, W, b]
        else:
            A, D = relu(Z), np.zeros(Z.shape)
            for i in range(D.shape[0]):
                for j in range(D.shape[1]):
                    D[i, j] = 1.0 if np.random.rand() < keep_prob else 0.0
                    A[i, j] = A[i, j] / keep_prob if D[i, j] else 0.0
            cache += [Z, D, A, W, b]
    return A, cache
""",
    "backward_propagation_with_dropout": """
def backward_propagation_with_dropout(X, Y, cache, keep_prob):
    m = X.shape[1]
    (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3) = cache
    g = {"dZ3": A3 - Y}
    for l, W, D, A in ((3, W3, D2, A2), (2, W2, D1, A1), (1, W1, None, X)):
        dZ = g["dZ" + str(l)]
        g["dW" + str(l)] = sum(np.outer(dZ[:, r], A[:, r]) for r in range(m)) / m
        g["db" + str(l)] = dZ.mean(axis=1).reshape(-1, 1)
        if l > 1:
            dA = W.T.dot(dZ)
            for i, j in np.ndindex(dA.shape):
                dA[i, j] *= D[i, j] / keep_prob
            g["dA" + str(l - 1)] = dA
            g["dZ" + str(l - 1)] = dA * (A > 0)
    return g
""",
}

EINSUM = {
    "compute_cost_with_regularization": """
def compute_cost_with_regularization(A3, Y, parameters, lambd):
    weights = [value for key, value in parameters.items() if key.startswith("W")]
    return compute_cost(A3, Y) + 0.5 * lambd / Y.shape[1] * sum(np.einsum("ij,ij->", W, W) for W in weights)
""",
    "backward_propagation_with_regularization": """
def backward_propagation_with_regularization(X, Y, cache, lambd):
    m = X.shape[1]
    Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3 = cache
    dZ3 = A3 - Y
    dA2 = np.einsum("oh,om->hm", W3, dZ3)
    dZ2 = dA2.copy()
    dZ2[Z2 <= 0] = 0
    dA1 = np.einsum("oh,om->hm", W2, dZ2)
    dZ1 = dA1.copy()
    dZ1[Z1 <= 0] = 0
    grads = dict(dZ3=dZ3, dA2=dA2, dZ2=dZ2, dA1=dA1, dZ1=dZ1)
    for l, dZ, A, W in ((3, dZ3, A2, W3), (2, dZ2, A1, W2), (1, dZ1, X, W1)):
        grads[f"dW{l}"] = (np.einsum("om,hm->oh", dZ, A) + lambd * W) / m
        grads[f"db{l}"] = np.einsum("om->o", dZ)[:, None] / m
    return grads
""",
    "forward_propagation_with_dropout": """
def forward_propagation_with_dropout(X, parameters, keep_prob=0.5):
    np.random.seed(1)
    W1, b1, W2, b2, W3, b3 = [parameters[k] for k in ["W1", "b1", "W2", "b2", "W3", "b3"]]
    Z1 = np.einsum("ij,jk->ik", W1, X) + b1
    D1 = (np.random.random_sample(Z1.shape) < keep_prob).astype(np.float32)
    A1 = np.einsum("ij,ij->ij", np.maximum(Z1, 0), D1) * (1 / keep_prob)
    Z2 = np.einsum("ij,jk->ik", W2, A1) + b2
    D2 = (np.random.random_sample(Z2.shape) < keep_prob).astype(np.float32)
    A2 = np.einsum("ij,ij->ij", np.maximum(Z2, 0), D2) * (1 / keep_prob)
    Z3 = np.einsum("ij,jk->ik", W3, A2) + b3
    A3 = 1 / (1 + np.exp(-Z3))
    return A3, (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3)
""",
    "backward_propagation_with_dropout": """
def backward_propagation_with_dropout(X, Y, cache, keep_prob):
    (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3) = cache
    m = Y.shape[1]
    dZ3 = A3 - Y
    dA2 = np.einsum("oh,om,hm->hm", W3, dZ3, D2) / keep_prob
    dZ2 = np.einsum("hm,hm->hm", dA2, 1.0 * (A2 > 0))
    dA1 = np.einsum("oh,om,hm->hm", W2, dZ2, D1) / keep_prob
    dZ1 = np.einsum("hm,hm->hm", dA1, 1.0 * (A1 > 0))
    db = lambda dZ: np.einsum("om->o", dZ).reshape((len(dZ), 1)) / m
    dW = lambda dZ, A: np.einsum("om,hm->oh", dZ, A) / m
    return {"dZ3": dZ3, "dW3": dW(dZ3, A2), "db3": db(dZ3), "dA2": dA2, "dZ2": dZ2, "dW2": dW(dZ2, A1),
            "db2": db(dZ2), "dA1": dA1, "dZ1": dZ1, "dW1": dW(dZ1, X), "db1": db(dZ1)}
""",
}

# Changes of the text above that keep it correct.
STYLES: dict[str, tuple[tuple[str, str], ...]] = {
    "the notes": (),
    "in place": (
        ("A1 = A1 * D1", "A1 *= D1"), ("A1 = A1 / keep_prob", "A1 /= keep_prob"),
        ("A2 = A2 * D2", "A2 *= D2"), ("A2 = A2 / keep_prob", "A2 /= keep_prob"),
        ("dA2 = dA2 * D2", "dA2 *= D2"), ("dA2 = dA2 / keep_prob", "dA2 /= keep_prob"),
        ("dA1 = dA1 * D1", "dA1 *= D1"), ("dA1 = dA1 / keep_prob", "dA1 /= keep_prob"),
    ),
    "multiply and astype": (
        ("D1 = D1 < keep_prob", "D1 = (D1 < keep_prob).astype(int)"),
        ("D2 = D2 < keep_prob", "D2 = np.where(D2 < keep_prob, 1.0, 0.0)"),
        ("A1 = A1 * D1", "A1 = np.multiply(A1, D1)"), ("A2 = A2 * D2", "A2 = np.multiply(D2, A2)"),
        ("dA2 = dA2 * D2", "dA2 = np.multiply(dA2, D2)"),
        ("dA2 = dA2 / keep_prob", "dA2 = np.divide(dA2, keep_prob)"),
        ("(np.sum(np.square(W1)) + np.sum(np.square(W2)) + np.sum(np.square(W3)))",
         "(np.linalg.norm(W1) ** 2 + (W2 ** 2).sum() + np.dot(W3.ravel(), W3.ravel()))"),
        ("np.int64(A2 > 0)", "(A2 > 0).astype(float)"),
    ),
    "masks of bool, indexed": (
        ("A1 = A1 * D1", "A1[np.logical_not(D1)] = 0"), ("A2 = A2 * D2", "A2[~D2] = 0"),
        ("dA2 = dA2 * D2", "dA2[D2 == 0] = 0"), ("dA1 = dA1 * D1", "dA1[~D1] = 0"),
    ),
    "other draws": (
        ("np.random.seed(1)", "rng = np.random.default_rng(1)"),
        ("np.random.rand(A1.shape[0], A1.shape[1])", "rng.random(A1.shape)"),
        ("np.random.rand(A2.shape[0], A2.shape[1])", "rng.uniform(size=A2.shape)"),
    ),
    "kept above 1 - keep_prob": (("D1 = D1 < keep_prob", "D1 = D1 > 1 - keep_prob"),),
    "another order of draws": (
        ("D1 = np.random.rand(A1.shape[0], A1.shape[1])",
         "D2 = np.random.rand(W2.shape[0], X.shape[1]); D1 = np.random.rand(*A1.shape)"),
        ("    D2 = np.random.rand(A2.shape[0], A2.shape[1])\n", ""),
    ),
    "binomial": (
        ("D1 = np.random.rand(A1.shape[0], A1.shape[1])", "D1 = 1 - np.random.binomial(1, keep_prob, A1.shape)"),
    ),
    "clipped logarithm": (
        ("np.log(a3)", "np.log(np.maximum(a3, 1e-12))"), ("np.log(1 - a3)", "np.log(np.maximum(1 - a3, 1e-12))"),
    ),
    "a small number in the logarithm": (("np.log(a3)", "np.log(a3 + 1e-8)"), ("np.log(1 - a3)", "np.log(1 - a3 + 1e-8)")),
    "masks before ReLU": (("A1 = relu(Z1)\n    D1", "A1 = Z1\n    D1"), ("A1 = A1 / keep_prob", "A1 = relu(A1) / keep_prob")),
}
GRADED = (
    "compute_cost_with_regularization", "backward_propagation_with_regularization",
    "forward_propagation_with_dropout", "backward_propagation_with_dropout",
)
