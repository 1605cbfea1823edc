#!/bin/sh
# Keras 3.15.1 on PyTorch 2.13.0: floatx "float64" computes in float32.
#
# Expected: with keras.config.set_floatx("float64"), products of float64 arrays are float64, as PyTorch's are.
# Seen: keras.ops.matmul gives float32. A Dense layer, whose weights and output are float64, has the precision of
# float32. So a check of gradients in float64 fails, and nothing in the dtypes says why.
#
#     matmul of float64: float32
#     Dense: weights float64, output float64, error 6e-06
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" keras==3.15.1 torch==2.13.0 numpy <<'END'
import os

os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy as np

keras.config.set_floatx("float64")
rng = np.random.default_rng(0)
X, W = rng.normal(size=(40, 50)), rng.normal(size=(50, 30))
product = keras.ops.matmul(X, W)
print("matmul of float64:", keras.backend.standardize_dtype(product.dtype))
layer = keras.layers.Dense(30)
layer.build((None, 50))
layer.set_weights([W, np.zeros(30)])
output = layer(X)
error = np.abs(keras.ops.convert_to_numpy(output) - X @ W).max()
weights, dtype = layer.get_weights()[0].dtype, keras.backend.standardize_dtype(output.dtype)
print(f"Dense: weights {weights}, output {dtype}, error {error:.0e}")
assert keras.backend.standardize_dtype(product.dtype) == "float32"
assert weights == np.float64 and dtype == "float64" and error > 1e-8
END
