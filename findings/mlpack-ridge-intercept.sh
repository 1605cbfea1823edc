#!/bin/sh
# mlpack 4.8.0 (Python): LinearRegression(lambda_) also penalizes the intercept.
#
# Expected: an intercept that is not penalized, as with mlpack's own LogisticRegression(lambda_) and Lars(lambda2).
# The documentation calls lambda "Tikhonov regularization for ridge regression" and is silent about the intercept;
# a comment in the source says that it is not penalized.
# Seen: it is. Predictions are drawn to 0 instead of to the mean of the responses, and adding 100 to all responses
# changes the weights.
#
#     weights and intercept of lambda_=10
#     LinearRegression:            0.721 -0.205 2.137, intercept 3.190
#     ridge, intercept penalized:  0.721 -0.205 2.137, intercept 3.190
#     ridge, not penalized:        0.799 -0.258 2.030, intercept 3.759
#     its mean prediction, 100 added to all responses: 89.30 (mean of the responses: 103.98)
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" mlpack==4.8.0 numpy <<'END'
import mlpack
import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3))
y = X @ [1, -0.5, 2] + 4 + rng.normal(size=60)
probes = np.vstack([np.zeros(3), np.eye(3)])


def fitted(responses):
    model = mlpack.LinearRegression(lambda_=10.0)
    model.fit(training=X.copy(), training_responses=responses.copy())
    return model


def estimate(model):
    predicted = np.ravel(model.predict(test=probes.copy()))
    return np.append(predicted[1:] - predicted[0], predicted[0])


def ridge(intercept_penalty):
    with_ones = np.column_stack([X, np.ones(60)])
    return np.linalg.solve(with_ones.T @ with_ones + np.diag([10, 10, 10, intercept_penalty]), with_ones.T @ y)


print("weights and intercept of lambda_=10")
found, penalized, free = estimate(fitted(y)), ridge(10), ridge(0)
for title, values in (
    ("LinearRegression", found), ("ridge, intercept penalized", penalized), ("ridge, not penalized", free),
):
    weights = " ".join(f"{weight:.3f}" for weight in values[:3])
    print(f"{title + ':':28} {weights}, intercept {values[3]:.3f}")
mean = np.ravel(fitted(y + 100).predict(test=X.copy())).mean()
print(f"its mean prediction, 100 added to all responses: {mean:.2f} (mean of the responses: {y.mean() + 100:.2f})")
assert np.abs(found - penalized).max() < 1e-8 and np.abs(found - free).max() > 0.1 and y.mean() + 100 - mean > 5
END
