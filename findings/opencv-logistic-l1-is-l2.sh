#!/bin/sh
# OpenCV 4.14.0 (opencv-python-headless 4.14.0.94): ml.LogisticRegression with REG_L1 is the one with REG_L2.
#
# Expected: an L1 penalty, with some weights at 0 if it is strong; the documentation names REG_L1 "L1 norm" and
# REG_L2 "L2 norm".
# Seen: the weights are equal to the last bit. Both train with the gradient of the L2 term, w/m; the kind is
# looked at only in the cost, which is used for a test against NaN. The strength is 1 and cannot be set, and
# REG_L2 is what one gets without asking for a penalty. Further, the learning rate is divided by the number m of
# examples, so that one chosen for the mean (as the gradient is) trains m times slower.
#
#     REG_DISABLE: 0.143 1.997 -3.601 0.716 0.532 0.305
#     REG_L1:      0.130 1.576 -2.853 0.580 0.416 0.229
#     REG_L2:      0.130 1.576 -2.853 0.580 0.416 0.229
#     gradient steps of rate/m on mean loss + |w|^2/2m: 0.130 1.576 -2.853 0.580 0.416 0.229
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" opencv-python-headless==4.14.0.94 numpy <<'END'
import cv2
import numpy as np

m, rate, steps = 200, 20.0, 2000
rng = np.random.default_rng(0)
X = rng.normal(size=(m, 5)).astype(np.float32)
y = (X @ [1, -2, 0.5, 0, 0] + rng.normal(size=m) > 0).astype(np.float32)


def train(kind):
    model = cv2.ml.LogisticRegression_create()
    model.setLearningRate(rate)
    model.setIterations(steps)
    model.setRegularization(kind)
    model.train(X, cv2.ml.ROW_SAMPLE, y.reshape(-1, 1))
    return model.get_learnt_thetas().ravel()


with_ones, reference = np.column_stack([np.ones(m), X]), np.zeros(6)
for _ in range(steps):
    gradient = with_ones.T @ (1 / (1 + np.exp(-with_ones @ reference)) - y) / m
    gradient[1:] += reference[1:] / m
    reference -= rate / m * gradient

kinds = ("REG_DISABLE", "REG_L1", "REG_L2")
trained = {kind: train(getattr(cv2.ml, "LogisticRegression_" + kind)) for kind in kinds}
for kind in kinds:
    print(f"{kind + ':':12}", *(f"{weight:.3f}" for weight in trained[kind]))
print("gradient steps of rate/m on mean loss + |w|^2/2m:", *(f"{weight:.3f}" for weight in reference))
assert np.array_equal(trained["REG_L1"], trained["REG_L2"])
assert np.abs(trained["REG_L1"] - trained["REG_DISABLE"]).max() > 0.1
assert np.abs(trained["REG_L2"] - reference).max() < 1e-4
END
