#!/bin/sh
# scikit-learn 1.9.1, scipy 1.17.1: the lasso of a sparse matrix with repeated entries is all zeros.
#
# Expected: repeated entries of a CSR matrix are summed; SciPy's documentation of csr_matrix builds a term-document
# matrix in this way, by appending a 1 for each word of a text. toarray(), products, Ridge, LogisticRegression
# and MLPRegressor do sum them.
# Seen: the coordinate descent of Lasso, ElasticNet, LassoCV and MultiTaskLasso takes the squared norm of a column
# as the sum of the squares of its entries, 1 + 1 for a word that occurs twice instead of 4. Its steps are too long
# and diverge, until all coefficients are 0; there is a ConvergenceWarning with a duality gap of nan, whose
# advice (more iterations, scaling) does not help. StandardScaler(with_mean=False) takes its variances in the
# same way. X.sum_duplicates() before fit gives the right coefficients.
#
#     Lasso, dense:                 1.1581 0.0000 -1.2039 0.0000
#     Lasso, as built:              0.0000 0.0000 0.0000 0.0000 (1000 iterations)
#     Lasso, after sum_duplicates:  1.1581 0.0000 -1.2039 0.0000
#     Ridge, as built less dense:   5.6e-15
#     StandardScaler, as built:     1.0000 0.4841 0.3307 0.4841
#     StandardScaler, right:        1.1180 0.4841 1.0533 0.4841
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" scikit-learn==1.9.1 scipy==1.17.1 <<'END'
import warnings

warnings.simplefilter("ignore")
import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import Lasso, Ridge
from sklearn.preprocessing import StandardScaler

texts = [
    "good good film", "bad film", "good good good plot", "bad bad bad plot",
    "film plot good bad good", "bad film bad", "good plot", "plot film",
]
y = np.array([4.0, 1, 6, -2, 3, 0, 3, 2])
vocabulary, indices, starts = {}, [], [0]
for text in texts:
    indices += [vocabulary.setdefault(word, len(vocabulary)) for word in text.split()]
    starts.append(len(indices))
built = csr_matrix((np.ones(len(indices)), indices, starts))
summed = built.copy()
summed.sum_duplicates()


def show(title, values, *note):
    print(f"{title + ':':29}", *(f"{value:.4f}" for value in values + 0.0), *note)
    return values


dense = show("Lasso, dense", Lasso(alpha=0.05).fit(built.toarray(), y).coef_)
lasso = Lasso(alpha=0.05).fit(built.copy(), y)
show("Lasso, as built", lasso.coef_, f"({lasso.n_iter_} iterations)")
right = show("Lasso, after sum_duplicates", Lasso(alpha=0.05).fit(summed.copy(), y).coef_)
ridge = np.abs(Ridge().fit(built.copy(), y).coef_ - Ridge().fit(built.toarray(), y).coef_).max()
print(f"{'Ridge, as built less dense:':29} {ridge:.1e}")
scales = [
    show(title, StandardScaler(with_mean=False).fit(X.copy()).scale_)
    for title, X in (("StandardScaler, as built", built), ("StandardScaler, right", summed))
]
assert np.abs(lasso.coef_ - dense).max() > 0.5 and np.abs(right - dense).max() < 1e-6 and ridge < 1e-4
assert np.abs(scales[0] - scales[1]).max() > 0.1
END
