#!/bin/sh
# skl2onnx 1.20.0, scikit-learn 1.9.1, onnxruntime 1.32.0:
# skl2onnx gives a multi-label MLPClassifier with two labels four columns of probabilities.
#
# Expected: "probabilities" has a column for each label, (examples, 2), as predict_proba; with three labels
# it has three.
# Seen: (examples, 4): 1 - p of both, then p of both. The converter takes two classes for a binary problem.
#
#     2 labels: predict_proba (60, 2), ONNX (60, 4)
#     3 labels: predict_proba (60, 3), ONNX (60, 3)
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" skl2onnx==1.20.0 scikit-learn==1.9.1 onnxruntime==1.32.0 <<'END'
import warnings

warnings.simplefilter("ignore")
import numpy as np
import onnxruntime
import skl2onnx
from sklearn.neural_network import MLPClassifier

onnxruntime.set_default_logger_severity(3)
X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
columns = {}
for labels in (2, 3):
    model = MLPClassifier((4,), max_iter=20).fit(X, (X[:, :labels] > 0).astype(int))
    options = {id(model): {"zipmap": False}}
    data = skl2onnx.to_onnx(model, X[:1], options=options).SerializeToString()
    _, probabilities = onnxruntime.InferenceSession(data).run(None, {"X": X})
    columns[labels] = probabilities.shape[1]
    print(f"{labels} labels: predict_proba {model.predict_proba(X).shape}, ONNX {probabilities.shape}")
    assert np.allclose(probabilities[:, -labels:], model.predict_proba(X), atol=1e-6)
assert columns == {2: 4, 3: 3}
END
