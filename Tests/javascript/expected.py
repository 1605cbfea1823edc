"""Prints Tests/javascript/expected.json: networks that Python trains, and the hashes of their parameters
and files. `make expected-javascript` writes it anew."""

import hashlib
import json
import re

import numpy as np

import swiftreg

NETWORKS = [
    # That of docs/reproducibility.md.
    (
        {"widths": [3, 16, 1], "keepProb": [1, 0.8], "seed": 1},
        {"optimizer": "adam"},
        {"epochs": 20, "batchSize": 32, "shuffle": True},
    ),
    # The notebook's hidden layers and settings.
    (
        {"widths": [3, 20, 3, 1], "l2": 0.7, "seed": 1},
        {"optimizer": "sgd", "learningRate": 0.3},
        {"epochs": 500},
    ),
    (
        {"widths": [3, 20, 3, 1], "keepProb": [1, 0.86, 0.86], "init": "notebook", "seed": 3},
        {"optimizer": "sgd", "learningRate": 0.3},
        {"epochs": 500},
    ),
    # Much at once.
    (
        {
            "widths": [3, 8, 4, 1], "activations": ["tanh", "sigmoid"], "l1": 0.01, "maxNorm": 2,
            "labelSmoothing": 0.1, "seed": 2**63 + 5,
        },
        {"optimizer": "adamw", "learningRate": 0.01, "schedule": "cosine", "period": 50},
        {"epochs": 30, "batchSize": 50, "shuffle": True},
    ),
    # Doubles.
    (
        {
            "widths": [3, 16, 1], "keepProb": [0.9, 0.5], "loss": "squared_error",
            "dtype": "float64", "seed": 7,
        },
        {"optimizer": "nesterov", "clipNorm": 1},
        {"epochs": 20, "batchSize": 64},
    ),
    (
        {"widths": [3, 40, 1], "activations": "leaky_relu", "dtype": "float64", "seed": 9},
        {"optimizer": "adam"},
        {"epochs": 100},
    ),
]  # fmt: skip


def snake_case(options: dict) -> dict:
    return {re.sub("[A-Z]", lambda m: "_" + m[0].lower(), name): value for name, value in options.items()}


def trained(options: dict, optimizer: dict, fit: dict) -> dict:
    dtype = np.dtype(options.get("dtype", "float32"))
    x = (np.arange(600, dtype=np.float32).reshape(200, 3) / 300 - 1).astype(dtype)
    y = (x[:, 0] + x[:, 1] + x[:, 2] > 0).astype(dtype)
    named = snake_case({**options, **optimizer})
    if "activations" in named:
        named["activation"] = named.pop("activations")
    network = swiftreg.MLP(named.pop("widths"), **named)
    network.fit(x, y, **snake_case({"shuffle": False, **fit}))
    return {
        # JSON has no integers beyond 2^53 that JavaScript reads exactly: a text is as good.
        "options": {**options, "seed": str(options["seed"])},
        "optimizer": optimizer,
        "fit": fit,
        "hash": hashlib.sha256(network.parameters.tobytes()).hexdigest(),
        "file": hashlib.sha256(network.to_bytes()).hexdigest(),
    }


if __name__ == "__main__":
    print(json.dumps({"networks": [trained(*network) for network in NETWORKS]}, indent=2))
