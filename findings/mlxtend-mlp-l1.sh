#!/bin/sh
# mlxtend 0.25.0: MultiLayerPerceptron(l1=...) trains without an L1 penalty.
#
# Expected: "l1: L1 regularization strength" shrinks weights, as l2 does.
# Seen: the penalty is added to the cost that is reported, not to the gradient: the weights are those of l1=0, to the
# bit, whatever l1 is. cost_ grows with l1, so that it looks as if the penalty were at work.
#
#     no l1    sum of absolute weights 63.2801, last cost 0.0079
#     l1=0.1   sum of absolute weights 63.2801, last cost 3.1719
#     l1=10    sum of absolute weights 63.2801, last cost 316.4086
#     l2=0.1   sum of absolute weights 51.9484, last cost 4.1894
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" mlxtend==0.25.0 numpy <<'END'
import numpy as np
from mlxtend.classifier import MultiLayerPerceptron

rng = np.random.default_rng(0)
X = rng.normal(size=(100, 4))
labels = (X[:, 0] > X[:, 1]).astype(int)


def trained(title, **penalty):
    model = MultiLayerPerceptron(hidden_layers=[8], eta=0.05, epochs=100, minibatches=1, random_seed=1, **penalty)
    model.fit(X, labels)
    weights = np.concatenate([model.w_["1"].ravel(), model.w_["out"].ravel()])
    print(f"{title:8} sum of absolute weights {np.abs(weights).sum():7.4f}, last cost {model.cost_[-1]:.4f}")
    return weights, model.cost_[-1]


plain, cost = trained("no l1")
lasso, lasso_cost = trained("l1=0.1", l1=0.1)
more, more_cost = trained("l1=10", l1=10.0)
ridge, _ = trained("l2=0.1", l2=0.1)
assert (lasso == plain).all() and (more == plain).all() and np.abs(ridge).sum() < 0.9 * np.abs(plain).sum()
assert cost < lasso_cost < more_cost
END
