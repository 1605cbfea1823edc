#!/bin/sh
# Keras on PyTorch computes a layer of dtype float64 in float32.
#
# Versions: keras 3.15.1, torch 2.13.0.
# Expected: Dense(1, dtype="float64") computes in float64, as its weights are and as it says.
# Seen: the weights are float64, compute_dtype is "float64", the output is float32 and has its precision:
# keras.ops.matmul gives float32 for two float64 tensors on every backend but TensorFlow.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check keras==3.15.1 torch==2.13.0
KERAS_BACKEND=torch "$folder/venv/bin/python" -W ignore - <<'END'
import keras
import numpy as np

layer = keras.layers.Dense(1, use_bias=False, dtype="float64")
layer.build((None, 1))
layer.set_weights([np.ones((1, 1))])
weights, third = layer.get_weights()[0], np.array([[1 / 3]])
output = keras.ops.convert_to_numpy(layer(third))
print("weights", weights.dtype, " compute_dtype", layer.compute_dtype, " output", output.dtype)
print("1 * (1/3) is", repr(float(output[0, 0])), "for", 1 / 3)
assert weights.dtype == np.float64 and layer.compute_dtype == "float64"
assert output.dtype == np.float32 and output[0, 0] == np.float32(1 / 3)
END
