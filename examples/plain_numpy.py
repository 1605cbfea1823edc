"""The notebook's training loop in plain NumPy, which the demo compares with.

The formulas, the initial weights and the masks are those of `swiftreg.notebook.model`, for its
network of two hidden layers.
"""

import numpy as np


def initial_weights(widths):
    np.random.seed(3)
    parameters = {}
    for layer in range(1, len(widths)):
        above, below = widths[layer], widths[layer - 1]
        parameters[f"W{layer}"] = np.random.randn(above, below) / np.sqrt(below)
        parameters[f"b{layer}"] = np.zeros((above, 1))
    return parameters


def forward(X, p, keep_prob):
    """A1, A2, A3 and the masks D1, D2 (None without dropout)."""
    D1 = D2 = None
    A1 = np.maximum(0, p["W1"] @ X + p["b1"])
    if keep_prob < 1:
        np.random.seed(1)
        D1 = np.random.rand(*A1.shape) < keep_prob
        A1 = A1 * D1 / keep_prob
    A2 = np.maximum(0, p["W2"] @ A1 + p["b2"])
    if keep_prob < 1:
        D2 = np.random.rand(*A2.shape) < keep_prob
        A2 = A2 * D2 / keep_prob
    A3 = 1 / (1 + np.exp(-(p["W3"] @ A2 + p["b3"])))
    return A1, A2, A3, D1, D2


def gradients(X, Y, p, activations, lambd, keep_prob):
    A1, A2, A3, D1, D2 = activations
    m = X.shape[1]
    dZ3 = A3 - Y
    dA2 = p["W3"].T @ dZ3
    if keep_prob < 1:
        dA2 = dA2 * D2 / keep_prob
    dZ2 = dA2 * (A2 > 0)
    dA1 = p["W2"].T @ dZ2
    if keep_prob < 1:
        dA1 = dA1 * D1 / keep_prob
    dZ1 = dA1 * (A1 > 0)
    result = {}
    for layer, dZ, below in ((1, dZ1, X), (2, dZ2, A1), (3, dZ3, A2)):
        dW = dZ @ below.T / m
        if lambd:
            dW = dW + lambd / m * p[f"W{layer}"]
        result[f"W{layer}"] = dW
        result[f"b{layer}"] = np.sum(dZ, axis=1, keepdims=True) / m
    return result


def train(X, Y, *, lambd=0.0, keep_prob=1.0, learning_rate=0.3, iterations=30000):
    p = initial_weights([X.shape[0], 20, 3, 1])
    for _ in range(iterations):
        activations = forward(X, p, keep_prob)
        slopes = gradients(X, Y, p, activations, lambd, keep_prob)
        for name in p:
            p[name] = p[name] - learning_rate * slopes[name]
    return p
