#!/bin/sh
# scikit-learn 1.9.1: LogisticRegression with solver "sag" or "saga" may never converge with sample_weight.
#
# Expected: an optimum, as of the other solvers; the features are scaled, which the documentation asks for, and the
# same examples, repeated as often as their weights say, are fitted in 36 epochs.
# Seen: the step is computed for weights of 1, and is too long for larger ones: the coefficients wander without end,
# far from the optimum, whatever max_iter is; a looser tol ends that anywhere. Weights divided by their largest, with
# C multiplied by it, are the same problem, and converge.
#
#     three labels, 80 examples of 5 features, weights 1 to 4:
#     lbfgs                      20 epochs, objective  99.1723
#     saga, repeated examples    36 epochs, objective  99.1723
#     saga, weights / 4, 4 C    152 epochs, objective  99.1723
#     saga                    20000 epochs, objective 122.5406, ConvergenceWarning
#     sag                     20000 epochs, objective 153.2656, ConvergenceWarning
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" scikit-learn==1.9.1 <<'END'
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(0)
X = rng.normal(size=(80, 5))
y = X @ rng.normal(size=5) + rng.normal(size=80)
weights = rng.integers(0, 4, 80) + 1.0
labels = np.digitize(y, [-1, 1])


def objective(title, solver, X_fit, labels_fit, sample_weight, C=1.0):
    model = LogisticRegression(solver=solver, C=C, tol=1e-8, max_iter=20000, random_state=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X_fit, labels_fit, sample_weight=sample_weight)
    losses = -model.predict_log_proba(X)[np.arange(80), labels]
    value = weights @ losses + (model.coef_**2).sum() / 2
    ends = [warning.category.__name__ for warning in caught]
    print(", ".join([f"{title:23} {model.n_iter_.max():5} epochs, objective {value:8.4f}", *ends]))
    return value


repeats = np.repeat(np.arange(80), weights.astype(int))
print("three labels, 80 examples of 5 features, weights 1 to 4:")
best = objective("lbfgs", "lbfgs", X, labels, weights)
assert abs(objective("saga, repeated examples", "saga", X[repeats], labels[repeats], None) - best) < 1e-6
assert abs(objective("saga, weights / 4, 4 C", "saga", X, labels, weights / 4, C=4.0) - best) < 1e-6
for solver in ("saga", "sag"):
    assert objective(solver, solver, X, labels, weights) - best > 1
END
