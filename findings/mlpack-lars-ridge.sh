#!/bin/sh
# mlpack 4.8.0 (Python): LARS with an L2 penalty alone is ordinary least squares.
#
# Expected: "If lambda1 = 0 and lambda2 > 0, the problem is ridge regression" (documentation of lars_train).
# Seen: lambda2 does nothing as long as lambda1 is 0, with and without normalization: the estimate is that of
# lambda2=0 to the last digits, and jumps to the ridge one with the smallest lambda1.
#
#     least squares:       0.8673 -0.4649 4.0513
#     lambda2=10:          0.8673 -0.4649 4.0513
#     lambda2=10000:       0.8673 -0.4649 4.0513
#     and lambda1=1e-6:    0.8309 -0.4605 0.7009
#     ridge regression:    0.8309 -0.4605 0.7009
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" mlpack==4.8.0 numpy <<'END'
import mlpack
import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3)) * [1, 5, 0.2] + [0, 3, 0]
y = X @ [1, -0.5, 2] + 4 + rng.normal(size=60)
probes = np.vstack([np.zeros(3), np.eye(3)])


def lars(**options):
    model = mlpack.Lars(no_normalize=True, **options)
    model.fit(input_=X.copy(), responses=y.copy())
    # Lars takes the examples to predict in columns: see mlpack-lars-predict-columns.sh.
    predicted = np.ravel(model.predict(test=probes.T.copy()))
    return predicted[1:] - predicted[0]


def ridge(penalty):
    centered = X - X.mean(axis=0)
    return np.linalg.solve(centered.T @ centered + penalty * np.eye(3), centered.T @ (y - y.mean()))


estimates = {
    "least squares": ridge(0),
    "lambda2=10": lars(lambda1=0.0, lambda2=10.0),
    "lambda2=10000": lars(lambda1=0.0, lambda2=10000.0),
    "and lambda1=1e-6": lars(lambda1=1e-6, lambda2=10.0),
    "ridge regression": ridge(10),
}
for title, weights in estimates.items():
    print(f"{title + ':':20}", *(f"{weight:.4f}" for weight in weights))
for title in ("lambda2=10", "lambda2=10000"):
    assert np.abs(estimates[title] - estimates["least squares"]).max() < 1e-8
assert np.abs(estimates["and lambda1=1e-6"] - estimates["ridge regression"]).max() < 1e-4
END
