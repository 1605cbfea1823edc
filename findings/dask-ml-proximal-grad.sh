#!/bin/sh
# dask-ml 2025.1.0, dask-glm 0.4.0: LogisticRegression(solver="proximal_grad") is not the penalized optimum.
#
# Expected: the solvers "admm", "lbfgs" and "proximal_grad" minimize one cost, the loss and penalty / C, and so agree to
# their tolerance.
# Seen: proximal_grad takes a step only if it lowers the loss, whatever the penalty. A step that goes beyond the optimum
# lowers the loss, too, and the way back would raise it: there the solver ends. The penalty counts for far less than
# 1 / C, and neither tol nor max_iter helps.
#
#     penalty "l2", C=0.1, no intercept:
#     scikit-learn                       [ 0.724 -1.474  0.335]   loss  73.58 cost  87.62
#     admm                               [ 0.72  -1.466  0.334]   loss  73.73 cost  87.62
#     lbfgs                              [ 0.724 -1.474  0.335]   loss  73.58 cost  87.62
#     proximal_grad                      [ 1.577 -3.052  0.743]   loss  59.33 cost 121.08
#     proximal_grad, smaller tol, longer [ 1.577 -3.052  0.743]   loss  59.33 cost 121.08
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" dask-ml==2025.1.0 dask-glm==0.4.0 scikit-learn==1.9.1 numpy <<'END'
import numpy as np
import sklearn.linear_model
from dask_ml.linear_model import LogisticRegression

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 3))
X = (X - X.mean(axis=0)) / X.std(axis=0)
labels = (X @ [1, -2, 0.5] + rng.normal(size=200) > 0).astype(int)


def show(title, model):
    coefficients = model.fit(X, labels).coef_.ravel()
    linear = X @ coefficients
    loss = np.logaddexp(0, linear).sum() - labels @ linear
    cost = loss + (coefficients**2).sum() / (2 * C)
    print(f"{title:34} {coefficients.round(3)!s:24} loss {loss:6.2f} cost {cost:6.2f}")
    return coefficients, loss, cost


for C in (0.01, 0.1, 1.0):
    print(f"penalty \"l2\", C={C}, no intercept:")
    options = {"C": C, "fit_intercept": False}
    optimum, loss, cost = show("scikit-learn", sklearn.linear_model.LogisticRegression(tol=1e-10, **options))
    for solver in ("admm", "lbfgs"):
        same, _, _ = show(solver, LogisticRegression(solver=solver, **options))
        assert np.abs(same - optimum).max() < 0.03
    other, smaller, larger = show("proximal_grad", LogisticRegression(solver="proximal_grad", **options))
    longer, _, _ = show(
        "proximal_grad, smaller tol, longer",
        LogisticRegression(solver="proximal_grad", tol=1e-14, max_iter=10000, **options))
    assert np.abs(other - optimum).max() > 0.1 and smaller < loss and larger > 1.01 * cost
    assert np.abs(longer - other).max() < 0.01
END
