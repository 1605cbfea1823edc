#!/bin/sh
# MLX 0.32.4 (CPU): the strength of Muon's weight_decay hardly matters, and weights without gradient swing through 0.
#
# Expected: decoupled weight decay, w (1 - r d), as in PyTorch's Muon and in MLX's own Lion and AdamW:
# without a gradient the weights shrink by r d, and d = 0 and d = 1e-6 are nearly the same.
# Seen: d w is added to the gradient before that is made orthogonal, which removes its size. Without a gradient any
# d > 0 takes the same full step r U V' of the weights' own singular vectors: d = 1e-6 as d = 0.1. The documentation
# says "weight decay (L2 penalty)", and the default is 0.01, not 0: weights whose gradient has become small are
# moved on at full speed.
#
#     one step without gradient, rate 0.1, weights of norm 2.441:
#     weight_decay 0.1 moves them by 0.1692, 0.01 by 0.1692, 0.0001 by 0.1683, 1e-06 by 0.1627, 0 by 0.0000
#     norm after 12, 24, 36, 48, 60 steps of the default: 1.268 0.302 0.712 0.398 0.583
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" 'mlx[cpu]==0.32.4' numpy <<'END'
import mlx.core as mx
import mlx.optimizers as optimizers
import numpy as np

weights = mx.array(np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32))


def norm(values):
    return mx.linalg.norm(values).item()


def trajectory(steps, **options):
    optimizer, parameters = optimizers.Muon(learning_rate=0.1, **options), {"w": weights}
    for _ in range(steps):
        parameters = optimizer.apply_gradients({"w": mx.zeros_like(weights)}, parameters)
        yield parameters["w"]


moved = {d: norm(next(trajectory(1, weight_decay=d)) - weights) for d in (0.1, 0.01, 1e-4, 1e-6, 0.0)}
print(f"one step without gradient, rate 0.1, weights of norm {norm(weights):.3f}:")
(first, by), *others = moved.items()
print(f"weight_decay {first:g} moves them by {by:.4f},", ", ".join(f"{d:g} by {by:.4f}" for d, by in others))
norms = [norm(w) for w in trajectory(60)]
print("norm after 12, 24, 36, 48, 60 steps of the default:", *(f"{value:.3f}" for value in norms[11::12]))
assert moved[0.0] == 0 and moved[1e-6] > 0.9 * moved[0.1] > 0.1
assert max(norms[i + 1] - norms[i] for i in range(59)) > 0.01
END
