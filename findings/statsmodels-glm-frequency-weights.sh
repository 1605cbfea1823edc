#!/bin/sh
# statsmodels 0.15.0: in a penalized GLM, freq_weights are not rows that are repeated.
#
# Expected: freq_weights say how often a row occurs: as with fit(), and with fit_regularized of WLS, the result is
# that of the repeated rows.
# Seen: fit_regularized divides the weighted log-likelihood by the number of rows, not of what they stand for (the
# documentation: "-loglike/n"): with a mean weight of k, the penalty is that of alpha / k on the repeated rows, and
# constant weights, which change nothing elsewhere, change the estimate.
#
#     Binomial GLM, lasso with alpha=0.05, of 120 rows that occur 1 to 4 times:
#     fit(), largest difference to the repeated rows              0.0000
#     fit_regularized, difference to the repeated rows            0.1557
#     fit_regularized, to the repeated rows, alpha / mean weight  0.0000
#     fit_regularized, weights of 1 and of 4: L1 norms            0.7129 1.3686
#     WLS.fit_regularized, difference to the repeated rows        0.0000
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" statsmodels==0.15.0 <<'END'
import numpy as np
import statsmodels.api as sm

ALPHA = 0.05
rng = np.random.default_rng(0)
X = rng.normal(size=(120, 4))
linear = X @ [0.5, -0.4, 0.3, 0]
labels = (rng.random(120) < 1 / (1 + np.exp(-linear))).astype(float)
y = linear + rng.normal(size=120)
weights = rng.integers(1, 5, 120)
rows = np.repeat(np.arange(120), weights)


def glm(rows=slice(None), **options):
    return sm.GLM(labels[rows], X[rows], family=sm.families.Binomial(), **options)


def lasso(model, alpha=ALPHA):
    return model.fit_regularized(alpha=alpha, L1_wt=1.0, maxiter=5000, cnvrg_tol=1e-12).params


def show(title, *values):
    print(f"{title:59}", *(f"{value:.4f}" for value in values))


def difference(title, some, others):
    value = np.abs(some - others).max()
    show(title, value)
    return value


print("Binomial GLM, lasso with alpha=0.05, of 120 rows that occur 1 to 4 times:")
weighted = glm(freq_weights=weights)
assert difference(
    "fit(), largest difference to the repeated rows", weighted.fit().params, glm(rows).fit().params) < 1e-6
assert difference("fit_regularized, difference to the repeated rows", lasso(weighted), lasso(glm(rows))) > 0.1
assert difference(
    "fit_regularized, to the repeated rows, alpha / mean weight", lasso(weighted),
    lasso(glm(rows), ALPHA / weights.mean())) < 1e-6
norms = [np.abs(lasso(glm(freq_weights=np.full(120, k)))).sum() for k in (1, 4)]
show("fit_regularized, weights of 1 and of 4: L1 norms", *norms)
assert norms[1] > 1.2 * norms[0]
assert difference(
    "WLS.fit_regularized, difference to the repeated rows", lasso(sm.WLS(y, X, weights=weights)),
    lasso(sm.OLS(y[rows], X[rows]))) < 1e-6
END
