#!/bin/sh
# tinygrad 0.14.0 (CPU; needs clang): optimizers step on gradients that are not computed yet.
#
# Expected: after one backward(), two optimizers with half of the parameters each do what one does with all, as
# in PyTorch: the gradients are those at the weights of the backward pass.
# Seen, for the loss w b at w = 2, b = 3 (gradients 3 and 2), with a rate of 0.1: the first step changes w to
# 1.7, and the second one's gradient, lazy until then, is 1.7 instead of 2. One optimizer for both, or an
# OptimizerGroup, raises an error here. Right are only gradients that were realized first.
#
#     realized first: w 1.70 b 2.80
#     two steps: w 1.70 b 2.83
#     one optimizer: RuntimeError: cycle detected in assign graph
command -v clang >/dev/null || { echo "clang is missing: sudo apt-get install clang" >&2; exit 2; }
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" tinygrad==0.14.0 <<'END'
from tinygrad import Context, Tensor
from tinygrad.nn import optim


def parameters():
    w, b = Tensor([2.0]), Tensor([3.0])
    (w * b).sum().backward()
    return w, b


with Context(TRAINING=1):
    w, b = parameters()
    Tensor.realize(w.grad, b.grad)
    for p in (w, b):
        optim.SGD([p], 0.1).step()
    print(f"realized first: w {w.item():.2f} b {b.item():.2f}")
    assert abs(b.item() - 2.8) < 1e-5

    w, b = parameters()
    for p in (w, b):
        optim.SGD([p], 0.1).step()
    print(f"two steps: w {w.item():.2f} b {b.item():.2f}")
    assert abs(w.item() - 1.7) < 1e-5 and abs(b.item() - 2.83) < 1e-5

    error = None
    try:
        optim.SGD([*parameters()], 0.1).step()
    except RuntimeError as raised:
        error = raised
    print(f"one optimizer: {type(error).__name__}: {error}")
    assert "cycle" in str(error)
END
