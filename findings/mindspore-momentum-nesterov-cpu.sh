#!/bin/sh
# MindSpore 2.10.0 (CPU): nn.Momentum(use_nesterov=True) is plain momentum.
#
# Expected: Nesterov's update, as the option's documentation has it, and as nn.SGD(nesterov=True) computes.
# Seen: the same weights with use_nesterov=True and False; no warning.
#
#     Momentum: -0.10 -0.29
#     Momentum, use_nesterov=True: -0.10 -0.29
#     SGD, nesterov=True: -0.19 -0.46
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" mindspore==2.10.0 numpy <<'END'
import numpy as np
import mindspore
from mindspore import Parameter, Tensor, nn

mindspore.set_context(mode=mindspore.PYNATIVE_MODE, device_target="CPU")


def weights(make):
    w = Parameter(Tensor(np.zeros((1, 1), np.float32)), name="w")
    optimizer, seen = make([w]), []
    for _ in range(2):
        optimizer((Tensor(np.ones((1, 1), np.float32)),))
        seen.append(float(w.asnumpy()[0, 0]))
    return seen


plain = weights(lambda w: nn.Momentum(w, 0.1, 0.9))
asked = weights(lambda w: nn.Momentum(w, 0.1, 0.9, use_nesterov=True))
sgd = weights(lambda w: nn.SGD(w, 0.1, momentum=0.9, nesterov=True))
for title, seen in (("Momentum", plain), ("Momentum, use_nesterov=True", asked), ("SGD, nesterov=True", sgd)):
    print(f"{title}:", *(f"{value:.2f}" for value in seen))
assert asked == plain != sgd
END
