#!/bin/sh
# safetensors.numpy scrambles arrays that are not C-contiguous, without an error.
#
# Versions: safetensors 0.8.0, NumPy 2.4.6. (safetensors.torch refuses such tensors with a ValueError.)
# Expected: load(save({"a": a}))["a"] equals a for every array a, as the format stores no strides.
# Seen: the bytes of a's buffer are stored in the order of memory: a transposed matrix comes back with its
# elements in other places, every second element of a vector as the first half of the vector.
# Consequence: a model that is saved as its transposed weights (W.T) comes back wrong.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 safetensors==0.8.0
"$folder/venv/bin/python" - <<'END'
import numpy as np
from safetensors.numpy import load, save

matrix = np.arange(6, dtype=np.float32).reshape(3, 2).T
vector = np.arange(8, dtype=np.float32)[::2]
for array in (matrix, vector):
    print("saved ", array.tolist())
    print("loaded", load(save({"a": array}))["a"].tolist())
assert load(save({"a": matrix}))["a"].tolist() == [[0, 1, 2], [3, 4, 5]] != matrix.tolist()
assert load(save({"a": vector}))["a"].tolist() == [0, 1, 2, 3] != vector.tolist()
END
