#!/bin/sh
# scikit-learn 1.9.1: class_weight="balanced" balances sample_weight in some classifiers, counts of rows in others.
#
# Expected: with sample_weight, one rule for all: the documentation of each has n_samples / (n_classes *
# np.bincount(y)), counts of rows.
# Seen: LogisticRegression and LinearSVC take the sums of sample_weight for counts, so that integer weights are rows
# that are repeated. RidgeClassifier, SVC and DecisionTreeClassifier take the counts of rows, whatever the weights are.
# Weights that only change the shares of the classes are balanced away in the former and count in full in the latter.
#
#     weights 1 for one class, 3 for the other; the largest difference to weights of 1 / to rows that are repeated:
#     LogisticRegression     0.0069 0.0000
#     LinearSVC              0.0037 0.0000
#     RidgeClassifier        0.6408 0.6432
#     SVC                    1.9992 1.9992
#     DecisionTreeClassifier 0.2176 0.2176
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" scikit-learn==1.9.1 numpy <<'END'
import numpy as np
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 2))
labels = (X[:, 0] + rng.normal(size=90) > 0.8).astype(int)
weights = np.where(labels == 1, 3, 1)
rows = np.repeat(np.arange(90), weights)


def scores(model, rows=slice(None), weights=None):
    model.fit(X[rows], labels[rows], sample_weight=weights)
    return model.predict_proba(X)[:, 1] if hasattr(model, "predict_proba") else model.decision_function(X)


print("weights 1 for one class, 3 for the other; the largest difference to weights of 1 / to rows that are repeated:")
for repeats, model in (
    (True, LogisticRegression(tol=1e-10)),
    (True, LinearSVC(tol=1e-10, max_iter=100000)),
    (False, RidgeClassifier(tol=1e-10)),
    (False, SVC(kernel="linear", tol=1e-8)),
    (False, DecisionTreeClassifier(max_depth=2)),
):
    model.set_params(class_weight="balanced")
    weighted = scores(model, weights=weights)
    to_ones = np.abs(weighted - scores(model)).max()
    to_rows = np.abs(weighted - scores(model, rows)).max()
    print(f"{type(model).__name__:22} {to_ones:.4f} {to_rows:.4f}")
    assert (to_rows < 1e-4) == repeats and (to_ones > 0.05) != repeats
END
