#!/bin/sh
# statsmodels 0.15.0: ridge regression with a penalty for each coefficient is wrong with more features than examples.
#
# Expected: the minimum of 0.5*RSS/n + sum(alpha*params^2)/2. The documentation of OLS.fit_regularized allows alpha
# to be "a penalty weight for each coefficient", as one uses it to spare the intercept.
# Seen: with L1_wt=0, the estimate is sought in the row space of X only (_fit_ridge, from a thin singular value
# decomposition). This is right for equal penalties, and for n >= p; else the minimum is elsewhere. The general
# solver, with L1_wt near 0, finds it.
#
#     8 examples, 12 features; value at the estimate and at the minimum
#     equal penalties: 0.1019 0.1019
#     penalties 0.01 and 1: 0.1230 0.0235
#     the same, L1_wt=1e-12: 0.0235 0.0235
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" statsmodels==0.15.0 numpy <<'END'
import numpy as np
import statsmodels.api as sm

n, p = 8, 12
rng = np.random.default_rng(0)
X, y = rng.normal(size=(n, p)), rng.normal(size=n)


def compare(title, alpha, **options):
    found = sm.OLS(y, X).fit_regularized(alpha=alpha, **options).params
    minimum = np.linalg.solve(X.T @ X + n * np.diag(alpha), X.T @ y)
    values = [
        ((y - X @ params) ** 2).sum() / (2 * n) + (alpha * params**2).sum() / 2 for params in (found, minimum)
    ]
    print(f"{title}:", *(f"{value:.4f}" for value in values))
    return values[0] / values[1]


print(f"{n} examples, {p} features; value at the estimate and at the minimum")
mixed = np.repeat([0.01, 1.0], p // 2)
equal = compare("equal penalties", np.full(p, 0.3), L1_wt=0)
ridge = compare("penalties 0.01 and 1", mixed, L1_wt=0)
general = compare("the same, L1_wt=1e-12", mixed, L1_wt=1e-12, maxiter=20000, cnvrg_tol=1e-12)
assert abs(equal - 1) < 1e-6 and abs(general - 1) < 1e-6 and ridge > 2
END
