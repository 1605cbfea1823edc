#!/bin/sh
# river 0.26.1: FTRLProximal with l1 has few weights that are 0.
#
# Expected: the algorithm of the paper that is cited, whose point is sparsity: weight i is 0 where |z_i| <= l1.
# Seen: where |z_i| <= l1 the weight is left as it was: once it has been other than 0, it stays, and its gradients
# go on as if it were the minimizer. (Weights also lag by one example: a step computes them before it adds the gradient.)
#
#     logistic regression of 20 features, of which 3 matter, 5000 examples, l1=20:
#     |z| <= l1 for 14 features; weights that are 0: river 3, the paper's algorithm 14
#     l1=40: |z| <= l1 for 15 features; weights that are 0: river 14, the paper's algorithm 15
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" river==0.26.1 numpy <<'END'
import numpy as np
from river import linear_model, optim

ALPHA, BETA, FEATURES = 0.1, 1.0, 20
rng = np.random.default_rng(0)
X = rng.normal(size=(5000, FEATURES))
y = rng.random(5000) < 1 / (1 + np.exp(-X[:, :3].sum(axis=1)))


def of_the_paper(l1):
    z, n = np.zeros(FEATURES), np.zeros(FEATURES)

    def weights():
        shrunk = np.sign(z) * np.maximum(np.abs(z) - l1, 0)
        return -shrunk * ALPHA / (BETA + np.sqrt(n))

    for row, target in zip(X, y):
        w = weights()
        g = (1 / (1 + np.exp(-(w @ row))) - target) * row
        z += g - (np.sqrt(n + g * g) - np.sqrt(n)) / ALPHA * w
        n += g * g
    return weights()


def of_river(l1):
    optimizer = optim.FTRLProximal(alpha=ALPHA, beta=BETA, l1=l1, l2=0.0)
    model = linear_model.LogisticRegression(optimizer, intercept_lr=0.0)
    for row, target in zip(X, y):
        model.learn_one(dict(enumerate(row)), bool(target))
    names = range(FEATURES)
    return np.array([model.weights[i] for i in names]), np.array([optimizer.z[i] for i in names])


print("logistic regression of 20 features, of which 3 matter, 5000 examples:")
for l1 in (20.0, 40.0):
    (w, z), paper = of_river(l1), of_the_paper(l1)
    inside = np.abs(z) <= l1
    zeros, expected = int((w == 0).sum()), int((paper == 0).sum())
    print(f"l1={l1:g}: |z| <= l1 for {inside.sum()} features;",
          f"weights that are 0: river {zeros}, the paper's algorithm {expected}")
    assert zeros < inside.sum() and zeros < expected
    assert np.abs(w - paper).max() < 0.02  # the same algorithm otherwise
END
