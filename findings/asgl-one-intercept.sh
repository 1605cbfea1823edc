#!/bin/sh
# asgl 2.2.0: a linear model of several outputs has one intercept for all of them.
#
# Expected: "models support multivariate regression (multiple outputs)": without a penalty that couples the
# outputs (ridge, lasso, none), each column of the coefficients is that of the output fitted alone.
# Seen: the outputs share one number as intercept (the documentation: "intercept_: float"), and the coefficients are
# those of that model: outputs with different means get other slopes, without a warning. With centred outputs nothing
# shows. fit_intercept=False and centring by hand is the way around.
#
#     y = (x0 + 2 x1 + 10, x1 + x2 - 10), without noise, penalty 1e-9
#     alone:    intercepts [10.0, -10.0], slopes [[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]]
#     together: intercept 0.0, slopes [[-0.749, 3.153, 4.789], [1.749, -0.153, -3.789]]
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" asgl==2.2.0 numpy <<'END'
import numpy as np
from asgl import Regressor

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
Y = np.stack([X @ [1, 2, 0] + 10, X @ [0, 1, 1] - 10], axis=1)


def fitted(targets):
    return Regressor(model="lm", penalization="ridge", lambda1=1e-9).fit(X, targets)


print("y = (x0 + 2 x1 + 10, x1 + x2 - 10), without noise, penalty 1e-9")
alone, together = [fitted(y) for y in Y.T], fitted(Y)
print(f"alone:    intercepts {[round(float(fit.intercept_), 3) for fit in alone]},",
      f"slopes {[fit.coef_.round(3).tolist() for fit in alone]}")
print(f"together: intercept {float(together.intercept_):.1f}, slopes {together.coef_.T.round(3).tolist()}")
assert np.abs([fit.coef_ for fit in alone] - np.array([[1, 2, 0], [0, 1, 1]])).max() < 1e-2
assert np.ndim(together.intercept_) == 0 and np.abs(together.coef_.T - [fit.coef_ for fit in alone]).max() > 1
END
