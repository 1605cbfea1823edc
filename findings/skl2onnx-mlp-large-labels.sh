#!/bin/sh
# skl2onnx 1.20.0, scikit-learn 1.9.1, onnxruntime 1.32.0:
# skl2onnx wraps integer labels of an MLPClassifier to 32 bits, without an error.
#
# Expected: the labels that predict gives; the output "label" is int64. LogisticRegression has them.
# Seen: 2**40 + 5 comes out as 5: the classes are stored as an int32 tensor and cast to int64 at the end.
#
#     LogisticRegression: predict [7, 1099511627781], ONNX [7, 1099511627781], int64
#     MLPClassifier: predict [7, 1099511627781], ONNX [5, 7], int64
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" skl2onnx==1.20.0 scikit-learn==1.9.1 onnxruntime==1.32.0 <<'END'
import warnings

warnings.simplefilter("ignore")
import numpy as np
import onnxruntime
import skl2onnx
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
y = np.where(X[:, 0] > 0, 2**40 + 5, 7)
seen = {}
for model in (LogisticRegression(), MLPClassifier((8,), max_iter=300, random_state=0)):
    model.fit(X, y)
    assert set(model.predict(X).tolist()) == {2**40 + 5, 7}
    options = {id(model): {"zipmap": False}}
    data = skl2onnx.to_onnx(model, X[:1], options=options).SerializeToString()
    label, _ = onnxruntime.InferenceSession(data).run(None, {"X": X})
    name = type(model).__name__
    seen[name] = set(label.tolist())
    print(f"{name}: predict {sorted(set(y.tolist()))}, ONNX {sorted(seen[name])}, {label.dtype}")
assert seen == {"LogisticRegression": {2**40 + 5, 7}, "MLPClassifier": {5, 7}}
END
