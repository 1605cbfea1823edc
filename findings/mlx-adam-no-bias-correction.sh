#!/bin/sh
# MLX 0.32.4 (CPU): Adam without bias correction, unless bias_correction=True.
#
# Expected: Adam's first update is the learning rate, whatever the gradient (Kingma and Ba 2015).
# Seen: it is (1 - beta1) / sqrt(1 - beta2) = 3.162 times that, and 4.95 times at the third update of the same
# gradient; a rate carried over from another library is too large at the start, by as much.
#
#     first steps / learning rate: 3.162 4.250 4.950
#     with bias_correction: 1.000 1.000 1.000
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" 'mlx[cpu]==0.32.4' <<'END'
import mlx.core as mx
import mlx.optimizers as optimizers


def steps(**options):
    optimizer = optimizers.Adam(learning_rate=0.01, **options)
    w, taken = mx.array([1.0]), []
    for _ in range(3):
        new = optimizer.apply_gradients({"w": mx.array([0.5])}, {"w": w})["w"]
        taken.append(((w - new) / 0.01).item())
        w = new
    return taken


plain, corrected = steps(), steps(bias_correction=True)
print("first steps / learning rate:", *(f"{step:.3f}" for step in plain))
print("with bias_correction:", *(f"{step:.3f}" for step in corrected))
assert abs(plain[0] - 0.1 / 0.001**0.5) < 1e-3
assert all(abs(step - 1) < 1e-3 for step in corrected)
END
