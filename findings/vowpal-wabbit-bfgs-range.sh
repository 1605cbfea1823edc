#!/bin/sh
# Vowpal Wabbit 9.11.9 (Python): --bfgs --l2 with squared loss is not ridge regression.
#
# Expected: the minimum of sum (y - x w)^2 + l2 / 2 |w|^2, a linear system; all examples, no early stop
# (--holdout_off --predict_only_model, passes enough to converge).
# Seen: not only what predict returns is cut to the range of the labels, but the predictions that training takes
# its gradient from, so that an example whose fit is outside of it pulls no more: with labels 0 and 1 the weights
# are twice those of ridge. With a wide --min_prediction and --max_prediction the estimate is the ridge one.
#
#     ridge: 0.17667 -0.31726 0.10059 0.12503 0.57457
#     as it is: 0.33849 -0.69099 0.07823 0.31909 0.63232 (differs by 3.7e-01)
#     wide range: 0.17667 -0.31726 0.10060 0.12504 0.57457 (differs by 8.3e-06)
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" vowpalwabbit==9.11.9 numpy <<'END'
import os

import numpy as np
import vowpalwabbit

rng = np.random.default_rng(2)
X = np.column_stack([rng.normal(size=(60, 4)), np.ones(60)])
y = (X @ [1.0, -2.0, 0.5, 1.0, 0.5] > 0).astype(float)
with open("data", "w") as file:
    for row, label in zip(X, y):
        file.write(f"{label:.9g} | " + " ".join(f"{name}:{value:.9g}" for name, value in zip("abcde", row)) + "\n")


def weights(options):
    if os.path.exists("cache"):
        os.remove("cache")
    workspace = vowpalwabbit.Workspace(
        "-d data --cache_file cache -k --bfgs --passes 400 --termination 1e-14 --l2 3 --noconstant --holdout_off "
        f"--predict_only_model --quiet {options}"
    )
    workspace.run_parser()
    found = np.array([workspace.get_weight_from_name(name) for name in "abcde"])
    workspace.finish()
    return found


ridge = np.linalg.solve(X.T @ X + 3 / 2 * np.eye(5), X.T @ y)
plain, wide = weights(""), weights("--min_prediction -99 --max_prediction 99")
for title, found in (("ridge", ridge), ("as it is", plain), ("wide range", wide)):
    print(f"{title}:", *(f"{weight:.5f}" for weight in found), f"(differs by {np.abs(found - ridge).max():.1e})")
assert np.abs(wide - ridge).max() < 1e-4 and np.abs(plain - ridge).max() > 0.1
END
