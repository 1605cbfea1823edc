#!/bin/sh
# nyoka 5.5.0, scikit-learn 1.9.1, pypmml 1.5.8: the PMML of an MLPRegressor lacks the exponential and outputs.
#
# Expected: a PMML file that predicts what the estimator does, or an error, as skl2onnx 1.20.0 and emlearn 0.23.2
# raise for loss="poisson".
# Seen: with loss="poisson" (scikit-learn 1.7 and later), whose predictions are exp of the last layer, the file ends
# with the last layer: it predicts logarithms. With two outputs, it has one. Both in silence.
#
#     poisson: predict 1.0403 1.0417 3.8615, PMML 0.0395 0.0408 1.3510
#     two outputs: predict (3, 2), PMML ['predicted_y']
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
command -v java >/dev/null || { echo "Java is missing: sudo apt-get install default-jre-headless" >&2; exit 2; }
"$(dirname "$0")/with-packages" "$folder" nyoka==5.5.0 scikit-learn==1.9.1 pypmml==1.5.8 pandas==3.1.1 <<'END'
import warnings

warnings.simplefilter("ignore")
import numpy as np
import pandas as pd
import pypmml
from nyoka import skl_to_pmml
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline

names = ["a", "b", "c"]
X = pd.DataFrame(np.random.default_rng(0).normal(size=(80, 3)), columns=names)


def both(y, **options):
    model = MLPRegressor(hidden_layer_sizes=(6,), max_iter=200, random_state=0, **options).fit(X, y)
    skl_to_pmml(Pipeline([("model", model)]), names, "y", "file.pmml")
    return model.predict(X[:3]), pypmml.Model.load("file.pmml").predict(X[:3])


def shown(values):
    return " ".join(f"{value:.4f}" for value in values)


predicted, pmml = both(np.round(np.exp(X["a"])), loss="poisson")
logarithms = pmml["predicted_y"].to_numpy(float)
print(f"poisson: predict {shown(predicted)}, PMML {shown(logarithms)}")
assert np.abs(np.exp(logarithms) - predicted).max() < 1e-6 < np.abs(logarithms - predicted).max()
predicted, pmml = both(X[["a", "b"]].to_numpy())
print(f"two outputs: predict {predicted.shape}, PMML {list(pmml.columns)}")
assert list(pmml.columns) == ["predicted_y"]
assert np.abs(pmml["predicted_y"].to_numpy(float) - predicted[:, 0]).max() < 1e-6
pypmml.PMMLContext.shutdown()
END
