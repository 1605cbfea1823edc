#!/bin/sh
# MLX 0.32.4 (CPU) and PyTorch 2.13.0: SGD(momentum, dampening) of the same name, not of the same formula.
#
# Expected: the same weights from the same settings, within rounding.
# Seen: with dampening q, MLX's first velocity is (1 - q) g, PyTorch's is g, undampened; the weights of the
# two are apart by far more than rounding from the first update on.
#
#     PyTorch: -0.1000 -0.2100 -0.3290
#     MLX:     -0.0200 -0.0580 -0.1122
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" 'mlx[cpu]==0.32.4' 'torch==2.13.0' numpy <<'END'
import mlx.core as mx
import mlx.optimizers as optimizers
import torch

r, momentum, q = 0.1, 0.9, 0.8
w = torch.zeros(1, requires_grad=True)
there = torch.optim.SGD([w], lr=r, momentum=momentum, dampening=q)
other = optimizers.SGD(r, momentum=momentum, dampening=q)
v, pytorch, mlx = mx.array([0.0]), [], []
for _ in range(3):
    w.grad = torch.ones(1)
    there.step()
    pytorch.append(w.item())
    v = other.apply_gradients({"v": mx.array([1.0])}, {"v": v})["v"]
    mlx.append(v.item())
print("PyTorch:", *(f"{value:.4f}" for value in pytorch))
print("MLX:    ", *(f"{value:.4f}" for value in mlx))
assert abs(pytorch[0] + r) < 1e-6
assert abs(mlx[0] + r * (1 - q)) < 1e-6
END
