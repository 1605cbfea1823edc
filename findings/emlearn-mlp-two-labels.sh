#!/bin/sh
# emlearn 0.23.2, scikit-learn 1.9.1 (needs a C compiler): the C code of an MLPClassifier of two labels has one.
#
# Expected: predict_proba as the classifier's, a probability for each label; with three labels it is so.
# Seen: with two labels the second's probability is that of the first, and the first's is what is left to 1: two
# sigmoids at the end are taken for a binary classifier. predict, of two and of three labels, is one class.
#
#     3 labels: predict_proba differs by 1.1e-06
#     2 labels: predict_proba differs by 6.9e-01; column 1 is the classifier's column 0, to 8.1e-07
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" emlearn==0.23.2 scikit-learn==1.9.1 numpy <<'END'
import warnings

warnings.simplefilter("ignore")
import emlearn
import numpy as np
from sklearn.neural_network import MLPClassifier

X = np.random.default_rng(0).normal(size=(80, 4)).astype(np.float32)


def probabilities(labels):
    model = MLPClassifier((6,), max_iter=200, random_state=0).fit(X, (X[:, :labels] > 0).astype(int))
    return model.predict_proba(X), np.asarray(emlearn.convert(model).predict_proba(X))


def difference(first, second):
    return np.abs(first - second).max()


right, found = probabilities(3)
three = difference(right, found)
print(f"3 labels: predict_proba differs by {three:.1e}")
right, found = probabilities(2)
two, swapped = difference(right, found), difference(right[:, 0], found[:, 1])
print(f"2 labels: predict_proba differs by {two:.1e}; column 1 is the classifier's column 0, to {swapped:.1e}")
assert three < 1e-4 and swapped < 1e-4 and two > 0.1
END
