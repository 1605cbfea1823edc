#!/bin/sh
# river 0.26.1: the losses Quantile and Cauchy are not those whose gradients they give.
#
# Expected: loss.gradient is the derivative of loss(y_true, y_pred), as of the other losses.
# Seen: Quantile(alpha) trains the quantile alpha, but reports the loss of the quantile 1 - alpha: over- and
# underestimates are weighed the other way round, so that a search for the least loss takes the wrong model. (The
# examples of the documentation are of alpha=0.5.) Cauchy reports the absolute error.
#
#     Quantile(0.9), targets 0..100: the constant with the least loss is 10, the gradients are balanced at 91
#     at y=0, p=1, derivative of the loss and gradient: Quantile(0.9) 0.9000 0.1000
#     at y=0, p=1, derivative of the loss and gradient: Cauchy(80)    1.0000 0.9998
#     at y=0, p=9, derivative of the loss and gradient: Cauchy(80)    1.0000 8.8875
#     at y=0, p=9, derivative of the loss and gradient: Huber(0.5)    0.5000 0.5000
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" river==0.26.1 numpy <<'END'
import numpy as np
from river import optim

targets = np.arange(101.0)
quantile = optim.losses.Quantile(0.9)
least = min(targets, key=lambda p: sum(quantile(y, p) for y in targets))
balanced = min(targets, key=lambda p: abs(sum(quantile.gradient(y, p) for y in targets)))
print(f"Quantile(0.9), targets 0..100: the constant with the least loss is {least:g},",
      f"the gradients are balanced at {balanced:g}")


def both(title, loss, p):
    derivative = (loss(0.0, p + 1e-6) - loss(0.0, p - 1e-6)) / 2e-6
    gradient = loss.gradient(0.0, p)
    print(f"at y=0, p={p:g}, derivative of the loss and gradient: {title:13} {derivative:.4f} {gradient:.4f}")
    return derivative - gradient


assert least < 20 and balanced > 80
assert both("Quantile(0.9)", quantile, 1.0) > 0.7
assert abs(both("Cauchy(80)", optim.losses.Cauchy(80), 1.0)) < 1e-3
assert both("Cauchy(80)", optim.losses.Cauchy(80), 9.0) < -7
assert abs(both("Huber(0.5)", optim.losses.Huber(0.5), 9.0)) < 1e-6
END
