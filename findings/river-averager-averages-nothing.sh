#!/bin/sh
# river 0.26.1: optim.Averager averages nothing.
#
# Expected: averaged stochastic gradient descent; "the optimiser returns the current averaged weights", from
# update `start` on.
# Seen: linear models drop what a step returns, and keep the weights that the wrapped optimizer has changed in
# place: the weights are those of that optimizer, to the bit, whatever `start` is. SoftmaxRegression keeps what is
# returned, the averages, as the weights of the next step: from then on both are one dictionary, and the average
# of a number and itself is taken.
#
#     LinearRegression, weights after 300 updates:
#     SGD(0.1)                      {'a': 1.1278, 'b': -2.5515}
#     Averager(SGD(0.1))            {'a': 1.1278, 'b': -2.5515}
#     Averager(SGD(0.1), start=100) {'a': 1.1278, 'b': -2.5515}
#     the average of SGD's weights  {'a': 0.9694, 'b': -1.9162}
#     SoftmaxRegression: the largest difference that Averager makes is 0.0
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" river==0.26.1 numpy <<'END'
import numpy as np
from river import linear_model, optim

rng = np.random.default_rng(0)
X = rng.normal(size=(300, 2))
y = X @ [1, -2] + rng.normal(size=300)


def trajectory(model, targets):
    for row, target in zip(X, targets):
        model.learn_one({"a": row[0], "b": row[1]}, target)
        yield model.weights


def least_squares(optimizer):
    return [dict(w) for w in trajectory(linear_model.LinearRegression(optimizer, intercept_lr=0.0), y.tolist())]


def softmax(optimizer):
    *_, last = trajectory(linear_model.SoftmaxRegression(optimizer), (y > 0).tolist())
    return np.array([[weights[name] for name in "ab"] for _, weights in sorted(last.items())])


def show(title, weights):
    print(f"{title:29} {({name: round(float(value), 4) for name, value in weights.items()})}")


print("LinearRegression, weights after 300 updates:")
plain = least_squares(optim.SGD(0.1))
averaged = least_squares(optim.Averager(optim.SGD(0.1)))
later = least_squares(optim.Averager(optim.SGD(0.1), start=100))
mean = {name: np.mean([weights[name] for weights in plain]) for name in "ab"}
show("SGD(0.1)", plain[-1])
show("Averager(SGD(0.1))", averaged[-1])
show("Averager(SGD(0.1), start=100)", later[-1])
show("the average of SGD's weights", mean)
difference = np.abs(softmax(optim.SGD(0.1)) - softmax(optim.Averager(optim.SGD(0.1)))).max()
print("SoftmaxRegression: the largest difference that Averager makes is", difference)
assert plain == averaged == later and abs(mean["a"] - plain[-1]["a"]) > 0.1 and difference == 0
END
