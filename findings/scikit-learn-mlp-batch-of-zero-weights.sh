#!/bin/sh
# scikit-learn 1.9.1: an MLP cannot be fitted if the sample_weight of a whole batch is 0.
#
# Expected: examples of weight 0 do not count, and fit takes them, as LogisticRegression does.
# Seen: with the default batch size of 200 and 201 examples, the last batch is one example. As soon as that has
# weight 0, the loss of the batch is a mean over no weight: "ZeroDivisionError: Weights sum to zero, can't be
# normalized". Whether, and in which epoch, depends on random_state: a single weight of 0 among 401 fails about 4 of
# 10 fits of 200 epochs. With 200 examples, or early_stopping=True on 201, the same weights raise no error.
#
#     200 examples, 100 of weight 0: 0 of 10 fits fail
#     201 examples, 100 of weight 0: 10 of 10 fits fail
#     401 examples,   1 of weight 0: 5 of 10 fits fail
#     201 examples, 100 of weight 0, early_stopping=True: 0 of 10 fits fail
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" scikit-learn==1.9.1 <<'END'
import warnings

warnings.simplefilter("ignore")
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier


def failures(examples, zeros, **options):
    X = np.random.default_rng(0).normal(size=(examples, 3))
    y = (X[:, 0] > 0).astype(int)
    weights = np.ones(examples)
    weights[:zeros] = 0
    LogisticRegression().fit(X, y, sample_weight=weights)
    failed = 0
    for seed in range(10):
        try:
            MLPClassifier((8,), tol=0, n_iter_no_change=1000, random_state=seed, **options).fit(
                X, y, sample_weight=weights
            )
        except ZeroDivisionError:
            failed += 1
    also = "".join(f", {name}={value}" for name, value in options.items())
    print(f"{examples} examples, {zeros:3} of weight 0{also}: {failed} of 10 fits fail")
    return failed


assert failures(200, 100) == 0
assert failures(201, 100) == 10
assert failures(401, 1) > 0
assert failures(201, 100, early_stopping=True) == 0
END
