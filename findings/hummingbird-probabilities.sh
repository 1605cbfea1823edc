#!/bin/sh
# hummingbird-ml 0.4.12, scikit-learn 1.9.1: some converted models predict something else, in silence.
#
# Expected: convert(model, "torch") predicts what the model does; models without a converter are an error.
# Seen:
# - LogisticRegression of three or more labels: normalized sigmoids instead of softmax. (scikit-learn 1.8 removed the
#   attribute multi_class; without it, hummingbird takes one-vs-rest.) The labels predicted are the same.
# - MLPClassifier with several labels for an example: softmax over the labels instead of a sigmoid of each; predict
#   gives one number for an example instead of a row of labels.
# - MLPRegressor(loss="poisson"): the logarithms of the means.
#
#     LogisticRegression, three labels: 0.376 0.584 0.040, converted 0.417 0.478 0.105
#     MLPClassifier, two labels: 0.610 0.390 0.413, converted 0.610 0.390 0.413
#     MLPClassifier, three independent labels: 0.356 0.361 0.725, converted 0.147 0.151 0.702
#         predicts an array of (120, 3) converted (120,)
#     MLPRegressor, squared error: -0.375 0.631 -0.566, converted -0.375 0.631 -0.566
#     MLPRegressor, poisson: 0.644 1.444 0.561, converted -0.440 0.368 -0.579
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" hummingbird-ml==0.4.12 scikit-learn==1.9.1 torch==2.13.0 numpy <<'END'
import warnings

import numpy as np

warnings.simplefilter("ignore")
from hummingbird.ml import convert
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 4)).astype(np.float32)
Y = X @ rng.normal(size=(4, 3)) + rng.normal(size=(120, 3))
network = {"hidden_layer_sizes": (5,), "max_iter": 30, "random_state": 0}


def first(values):
    return " ".join(f"{value:.3f}" for value in np.ravel(values)[:3])


def difference(title, model, targets, method):
    model.fit(X, targets)
    there, here = getattr(model, method)(X), getattr(convert(model, "torch", X[:2]), method)(X)
    print(f"{title}: {first(there)}, converted {first(here)}")
    return model, np.abs(there - here).max()


model, by = difference(
    "LogisticRegression, three labels", LogisticRegression(), np.digitize(Y[:, 0], [-1, 1]), "predict_proba")
z = 1 / (1 + np.exp(-model.decision_function(X)))
assert by > 0.1
assert np.abs(z / z.sum(axis=1, keepdims=True) - convert(model, "torch", X[:2]).predict_proba(X)).max() < 1e-5
_, by = difference(
    "MLPClassifier, two labels", MLPClassifier(**network), (Y[:, 0] > 0).astype(int), "predict_proba")
assert by < 1e-5
model, by = difference(
    "MLPClassifier, three independent labels", MLPClassifier(**network), (Y > 0).astype(int), "predict_proba")
converted = convert(model, "torch", X[:2])
print("    predicts an array of", model.predict(X).shape, "converted", converted.predict(X).shape)
assert by > 0.1 and np.abs(converted.predict_proba(X).sum(axis=1) - 1).max() < 1e-5
_, by = difference("MLPRegressor, squared error", MLPRegressor(**network), np.abs(Y[:, 0]), "predict")
assert by < 1e-4
model, by = difference(
    "MLPRegressor, poisson", MLPRegressor(loss="poisson", **network), np.abs(Y[:, 0]), "predict")
assert by > 0.1
assert np.abs(np.log(model.predict(X)) - convert(model, "torch", X[:2]).predict(X).ravel()).max() < 1e-4
END
