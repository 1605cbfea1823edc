#!/bin/sh
# mlpack 4.8.0 (Python): Lars.predict takes the examples in columns, Lars.fit in rows.
#
# Expected: the same orientation, as the example in the documentation has it (fit(input_=X_train),
# predict(test=X_test), both from preprocess_split), and as LinearRegression does it.
# Seen: a test set with examples in rows is an error that speaks of its dimensionality, and if it has as many
# examples as features, it is no error: the predictions are those of the transposed set.
#
#     LinearRegression, 3 examples in rows: 2.4 0.5 0.4
#     Lars,             3 examples in rows: 5.6 2.6 -1.5
#     Lars,          3 examples in columns: 2.4 0.5 0.4
#     Lars, 4 examples in rows: RuntimeError
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" mlpack==4.8.0 numpy <<'END'
import mlpack
import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3))
y = X @ [1, 2, 4] + 0.01 * rng.normal(size=60)
linear, lars = mlpack.LinearRegression(), mlpack.Lars(lambda1=1e-8, no_normalize=True)
linear.fit(training=X.copy(), training_responses=y.copy())
lars.fit(input_=X.copy(), responses=y.copy())
test = X[:3]
predictions = {
    "LinearRegression, 3 examples in rows": linear.predict(test=test.copy()),
    "Lars,             3 examples in rows": lars.predict(test=test.copy()),
    "Lars,          3 examples in columns": lars.predict(test=test.T.copy()),
}
for title, predicted in predictions.items():
    print(f"{title}:", *(f"{value:.1f}" for value in np.ravel(predicted)))
expected, rows, columns = (np.ravel(predicted) for predicted in predictions.values())
try:
    lars.predict(test=X[:4].copy())
    outcome = "no error"
except RuntimeError as error:
    outcome = type(error).__name__
print("Lars, 4 examples in rows:", outcome)
assert np.abs(columns - expected).max() < 0.01 and np.abs(rows - expected).max() > 1 and outcome == "RuntimeError"
END
