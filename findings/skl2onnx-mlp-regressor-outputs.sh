#!/bin/sh
# skl2onnx 1.20.0, scikit-learn 1.9.1, onnxruntime 1.32.0:
# skl2onnx gives the predictions of an MLPRegressor with two outputs as one column.
#
# Expected: "variable" has the shape (examples, 2), as predict; a LinearRegression's has.
# Seen: (2 * examples, 1): the converter ends with a Reshape to (-1, 1).
#
#     LinearRegression: predict (30, 2), ONNX (30, 2)
#     MLPRegressor: predict (30, 2), ONNX (60, 1)
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" skl2onnx==1.20.0 scikit-learn==1.9.1 onnxruntime==1.32.0 <<'END'
import warnings

warnings.simplefilter("ignore")
import numpy as np
import onnxruntime
import skl2onnx
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPRegressor

X = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
shapes = {}
for model in (LinearRegression(), MLPRegressor(hidden_layer_sizes=(4,), max_iter=5)):
    model.fit(X, X[:, :2])
    data = skl2onnx.to_onnx(model, X[:1]).SerializeToString()
    (variable,) = onnxruntime.InferenceSession(data).run(None, {"X": X})
    name = type(model).__name__
    shapes[name] = variable.shape
    print(f"{name}: predict {model.predict(X).shape}, ONNX {variable.shape}")
assert shapes == {"LinearRegression": (30, 2), "MLPRegressor": (60, 1)}
END
