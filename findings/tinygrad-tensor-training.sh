#!/bin/sh
# tinygrad 0.14.0 (CPU; needs clang): Tensor.training = True does nothing.
#
# Expected: it switches dropout on, as in every release before and in most programs written for them.
# Seen: the attribute is taken in silence and dropout gives its input back; Context(TRAINING=1) is the switch now.
# A network is then trained without its regularizer (an optimizer's step raises an error that names the new one;
# a program that steps by hand, or takes samples of Monte Carlo dropout, sees nothing).
#
#     Tensor.training = True: 0 of 1000 dropped
#     Context(TRAINING=1): about 300 of 1000 dropped
command -v clang >/dev/null || { echo "clang is missing: sudo apt-get install clang" >&2; exit 2; }
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" tinygrad==0.14.0 numpy <<'END'
from tinygrad import Context, Tensor

Tensor.manual_seed(1)
Tensor.training = True
before = int((Tensor.ones(1000).dropout(0.3).numpy() == 0).sum())
print(f"Tensor.training = True: {before} of 1000 dropped")
with Context(TRAINING=1):
    after = int((Tensor.ones(1000).dropout(0.3).numpy() == 0).sum())
print(f"Context(TRAINING=1): {after} of 1000 dropped")
assert before == 0 and 200 < after < 400
END
