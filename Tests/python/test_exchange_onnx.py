"""Networks, estimators and pipelines as ONNX: checked by onnx, run by its reference and by onnxruntime."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import skl2onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun
from sklearn.compose import make_column_transformer
from sklearn.ensemble import BaggingClassifier
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import swiftreg.onnx
from conftest import ROOT
from random_networks import Array, inputs_of, random_network, ulps
from swiftreg import MLP, MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV
from swiftreg._options import ACTIVATIONS, LOSSES

NEWEST = onnx.defs.onnx_opset_version()
Feeds = dict[str, Any]


class Erf(OpRun):
    """As the operator is defined; onnx's own computes doubles in float."""

    def _run(self, x: Array) -> tuple[Array]:
        return (np.array([math.erf(z) for z in x.flat], x.dtype).reshape(x.shape),)


def by_reference(model: onnx.ModelProto, feeds: Feeds) -> list[Any]:
    onnx.checker.check_model(model, full_check=True)
    outputs: list[Any] = ReferenceEvaluator(model, new_ops=[Erf]).run(None, feeds)
    return outputs


def by_onnxruntime(model: onnx.ModelProto, feeds: Feeds) -> list[Any]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    outputs: list[Any] = session.run(None, feeds)
    return outputs


RUNTIMES: dict[str, Callable[[onnx.ModelProto, Feeds], list[Any]]] = {
    "reference": by_reference, "onnxruntime": by_onnxruntime,
}


def lacks_erf(network: MLP) -> bool:
    """onnxruntime has no Erf of doubles, of which GELU is made."""
    return network.dtype == np.float64 and "gelu" in network.activation


def newest_of(runtime: str) -> int:
    """The last opset that it has."""
    if runtime == "reference":
        return NEWEST
    for opset in range(NEWEST, 13, -1):
        try:
            by_onnxruntime(MLP([1, 1]).to_onnx(opset=opset), {"X": np.zeros((1, 1), np.float32)})
            return opset
        except Exception:
            continue
    return 13


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_and_loss(activation: str, loss: str, dtype: str, runtime: str) -> None:
    network = MLP([5, 9, 8, 3], activation=activation, loss=loss, dtype=dtype, keep_prob=0.8, seed=2)
    X = inputs_of(network, 1)
    for opset in (13, 15, 18, 20, newest_of(runtime)):
        model = network.to_onnx(opset=opset)
        assert [entry.version for entry in model.opset_import] == [opset]
        if runtime == "onnxruntime" and lacks_erf(network):
            with pytest.raises(Exception, match=r"Could not find an implementation for Erf"):
                by_onnxruntime(model, {"X": X})
            continue
        (Y,) = RUNTIMES[runtime](model, {"X": X})
        assert Y.argmax(axis=1).tolist() == network.predict(X).argmax(axis=1).tolist()
        # onnxruntime's float sigmoid has at most 24 bits after the point: it is 0 below -18.
        of_one = runtime == "onnxruntime" and loss == "binary_cross_entropy"
        assert ulps(network, X, Y, of_one=of_one) < 2
        assert MLP.from_onnx(model).to_bytes() == network.to_bytes()
        assert RUNTIMES[runtime](model, {"X": X[:0]})[0].shape == (0, 3)


def test_random_networks_out_and_in(tmp_path: Path) -> None:
    largest = {"reference": 0.0, "onnxruntime": 0.0}
    path = tmp_path / "network.onnx"
    for number in range(200):
        network, kept = random_network(number), {}
        X = inputs_of(network, number)
        model = network.to_onnx(path, opset=(13, 17, 20)[number % 3])
        for name, run in RUNTIMES.items():
            if name == "onnxruntime" and lacks_erf(network):
                continue
            of_one = name == "onnxruntime" and network.loss == "binary_cross_entropy"
            kept[name] = ulps(network, X, run(model, {"X": X})[0], of_one=of_one)
            largest[name] = max(largest[name], kept[name])
        for given in (path, str(path), path.read_bytes(), model):
            assert MLP.from_onnx(given).to_bytes() == network.to_bytes()
        # Without swiftreg's metadata, a file has weights, activations and the loss of the output.
        del model.metadata_props[:]
        bare = swiftreg.onnx.from_onnx(model, seed=3)
        np.testing.assert_array_equal(bare.parameters, network.parameters)
        assert (bare.activation, bare.loss, bare.seed) == (network.activation, network.loss, 3)
    assert max(largest.values()) < 2, largest


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_masks_as_inputs(dtype: str, runtime: str) -> None:
    network = MLP(
        [4, 6, 5, 2], activation=["tanh", "leaky_relu"], keep_prob=[0.9, 1, 0.3], dtype=dtype,
        loss="squared_error",
    )
    model = network.to_onnx(masks=True)
    assert [value.name for value in model.graph.input] == ["X", "mask_0", "mask_2"]
    X, samples = inputs_of(network, 3), 20
    outputs = []
    for step in range(samples):
        masks = swiftreg.onnx.dropout_masks(network, len(X), step=step, seed=8)
        assert {name: mask.shape for name, mask in masks.items()} == {"mask_0": (17, 4), "mask_2": (17, 5)}
        outputs.append(RUNTIMES[runtime](model, {"X": X, **masks})[0])
    mean, deviation = network.predict_dropout(X, samples, seed=8)
    tolerance = 2e-6 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(np.mean(outputs, axis=0), mean, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(np.std(outputs, axis=0), deviation, rtol=tolerance, atol=tolerance)
    with pytest.raises(ValueError, match="one input, got X, mask_0, mask_2"):
        MLP.from_onnx(model)


# ---- Estimators ----------------------------------------------------------------------------


def targets(X: Array) -> dict[str, Array]:
    names = np.array(["ant", "bee", "cat"])
    number = np.arange(len(X)) % 3
    return {
        "bool": X[:, 0] > 0, "numbers": number, "large numbers": 2**40 + 7 * number, "words": names[number],
        "objects": names.astype(object)[number], "two words": names[number % 2], "floats": number - 1.0,
        "one class": np.full(len(X), "ant"), "two labels": (X[:, :2] > 0).astype(int), "three labels": (X[:, :3] > 0).astype(int),
    }


EXAMPLES = np.random.default_rng(4).normal(size=(60, 4))


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", targets(EXAMPLES))
@pytest.mark.filterwarnings("ignore:MLPClassifier made max_iter")
def test_classifiers(kind: str, dtype: Any, runtime: str) -> None:
    X, y = EXAMPLES.astype(dtype), targets(EXAMPLES)[kind]
    alone = MLPClassifier((8,), "leaky_relu", keep_prob=0.9, max_iter=20, n_iter_no_change=50).fit(X, y)
    pipeline = make_pipeline(StandardScaler(), MLPClassifier((8, 5), "tanh", max_iter=20)).fit(X, y)
    for opset in (13, 21):
        own = swiftreg.onnx.to_onnx(alone, opset=opset)
        swiftreg.onnx.register_converters()
        theirs = skl2onnx.to_onnx(
            alone, X[:1], target_opset=opset, options={id(alone): {"zipmap": False}}
        )
        whole = swiftreg.onnx.to_onnx(pipeline, X=X[:1], opset=opset)
        for estimator, model in ((alone, own), (alone, theirs), (pipeline, whole)):
            assert [value.name for value in model.graph.output] == ["label", "probabilities"]
            labels, probabilities = RUNTIMES[runtime](model, {"X": X})
            expected, chances = estimator.predict(X), estimator.predict_proba(X)
            assert labels.tolist() == expected.tolist()
            assert (labels.dtype == np.int64) == (kind not in ("words", "objects", "two words", "one class"))
            assert probabilities.dtype == dtype and probabilities.shape == chances.shape
            tolerance = 2e-6 if dtype == np.float32 else 1e-13
            np.testing.assert_allclose(probabilities, chances, rtol=0, atol=tolerance)
        if kind == "one class":
            continue
        back = MLP.from_onnx(own)
        np.testing.assert_array_equal(back.parameters, alone.network_.parameters)
        assert back.loss == alone.network_.loss and back.keep_prob == alone.network_.keep_prob
        np.testing.assert_array_equal(MLP.from_onnx(theirs).parameters, alone.network_.parameters)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.filterwarnings("ignore:MLPRegressor made max_iter")
def test_regressors(outputs: int, dtype: Any, runtime: str) -> None:
    X = EXAMPLES.astype(dtype)
    y = X[:, 0] if outputs == 1 else X[:, :outputs]
    alone = MLPRegressor((8,), max_iter=20).fit(X, y)
    pipeline = make_pipeline(StandardScaler(), MLPRegressor((8,), "tanh", max_iter=20)).fit(X, y)
    for estimator in (alone, pipeline):
        model = swiftreg.onnx.to_onnx(estimator, X=X[:1])
        assert [value.name for value in model.graph.output] == ["variable"]
        (values,) = RUNTIMES[runtime](model, {"X": X})
        assert values.dtype == dtype and values.shape == (60, outputs)
        tolerance = 5e-6 if dtype == np.float32 else 1e-13
        expected = estimator.predict(X).reshape(60, -1)
        np.testing.assert_allclose(values, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_meta_estimators() -> None:
    X, y = EXAMPLES.astype(np.float32), targets(EXAMPLES)["words"]
    search = GridSearchCV(MLPClassifier((4,), max_iter=5), {"alpha": [0.1, 1.0]}, cv=2).fit(X, y)
    bagging = BaggingClassifier(MLPClassifier((4,), max_iter=5), n_estimators=3).fit(X, y)
    own_search: Any = MLPClassifierCV((4,), alphas=[0.1], keep_probs=[1.0], cv=2, max_iter=5).fit(X, y)
    for model in (search, bagging, own_search, make_pipeline(StandardScaler(), own_search).fit(X, y)):
        made = swiftreg.onnx.to_onnx(model, X=X[:1], opset=15)
        labels, probabilities = by_onnxruntime(made, {"X": X})
        assert labels.tolist() == model.predict(X).tolist()
        np.testing.assert_allclose(probabilities, model.predict_proba(X), atol=2e-6)
    values_search = MLPRegressorCV((4,), alphas=[0.1], keep_probs=[1.0], cv=2, max_iter=5).fit(X, X[:, 0])
    (values,) = by_onnxruntime(swiftreg.onnx.to_onnx(values_search), {"X": X})
    np.testing.assert_allclose(values.ravel(), values_search.predict(X), atol=2e-6)
    # Other types of inputs are converted to float.
    whole = MLPRegressor((3,), max_iter=5000).fit(np.arange(12).reshape(6, 2), np.arange(6) / 6)
    types = [("X", skl2onnx.common.data_types.Int64TensorType([None, 2]))]
    made = skl2onnx.convert_sklearn(whole, initial_types=types)
    (values,) = by_onnxruntime(made, {"X": np.arange(12).reshape(6, 2)})
    np.testing.assert_allclose(values.ravel(), whole.predict(np.arange(12).reshape(6, 2)), rtol=1e-4)


@pytest.mark.parametrize("zipmap", [True, False])
@pytest.mark.parametrize("kind", ["bool", "words", "three labels", "values"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_skl2onnx_of_scikit_learns_own(kind: str, zipmap: bool) -> None:
    X = EXAMPLES.astype(np.float32)
    y = X[:, 1] if kind == "values" else targets(EXAMPLES)[kind]
    estimator = (TheirRegressor if kind == "values" else TheirClassifier)(
        hidden_layer_sizes=(6,), max_iter=8
    ).fit(X, y)
    options = None if kind == "values" else {id(estimator): {"zipmap": zipmap}}
    network = MLP.from_onnx(skl2onnx.to_onnx(estimator, X[:1], options=options))
    for (W, b), theirs, biases in zip(network.weights, estimator.coefs_, estimator.intercepts_):
        np.testing.assert_array_equal(W.T, theirs)
        np.testing.assert_array_equal(b, biases)
    expected = MLP.from_sklearn(estimator)
    np.testing.assert_array_equal(network.predict(X), expected.predict(X))


# ---- Graphs of other programs --------------------------------------------------------------

W1, B1 = np.arange(12, dtype=np.float32).reshape(4, 3) / 7, np.arange(4, dtype=np.float32)
W2 = np.arange(8, dtype=np.float32).reshape(2, 4) / 5


def graph(*nodes: Any, outputs: tuple[str, ...] = ("Y",), opset: int = 17, **constants: Any) -> onnx.ModelProto:
    """A graph from X (n, 3) to outputs, with W1 (4, 3), B1 and W2 (2, 4), and their transposes."""
    values = {"W1": W1, "B1": B1, "W2": W2, "W1T": W1.T.copy(), "W2T": W2.T.copy()} | constants
    return helper.make_model(
        helper.make_graph(
            [helper.make_node(op, inputs.split(), [output], **attributes) for op, inputs, output, attributes in nodes],
            "g", [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["n", 3])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", None]) for name in outputs],
            [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()],
        ),
        opset_imports=[helper.make_opsetid("", opset)], ir_version=8,
    )


GRAPHS: dict[str, tuple[onnx.ModelProto, str, str]] = {
    "MatMul and Add": (
        graph(("MatMul", "X W1T", "m", {}), ("Add", "B1 m", "z", {}), ("Relu", "z", "a", {}),
              ("MatMul", "a W2T", "Y", {})), "relu", "squared_error",
    ),
    "a row of biases": (
        graph(("MatMul", "X W1T", "m", {}), ("Add", "m row", "z", {}), ("Tanh", "z", "a", {}),
              ("Gemm", "a W2T", "y", {}), ("Softmax", "y", "Y", {"axis": 1}), row=B1[None, :]),
        "tanh", "softmax_cross_entropy",
    ),
    "transposed, flattened, copied": (
        graph(("Flatten", "X", "f", {}), ("Transpose", "W1", "t", {}), ("Gemm", "f t B1", "z", {}),
              ("Identity", "z", "i", {}), ("LeakyRelu", "i", "a", {}), ("Dropout", "a", "d", {}),
              ("Gemm", "d W2", "y", {"transB": 1}), ("Sigmoid", "y", "Y", {})),
        "leaky_relu", "binary_cross_entropy",
    ),
    "leaky ReLU of Max": (
        graph(("Gemm", "X W1T B1", "z", {}), ("Mul", "slope z", "s", {}), ("Max", "s z", "a", {}),
              ("Gemm", "a W2 zero", "Y", {"transB": 1}), slope=np.float32(0.01), zero=np.float32([0])),
        "leaky_relu", "squared_error",
    ),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_graphs_of_others(name: str) -> None:
    model, activation, loss = GRAPHS[name]
    network = MLP.from_onnx(model)
    assert (network.activation, network.loss) == ((activation,), loss)
    np.testing.assert_array_equal(network.weights[0][0], W1)
    np.testing.assert_array_equal(network.weights[0][1], B1)
    np.testing.assert_array_equal(network.weights[1][0], W2)
    X = inputs_of(network, 6)
    assert ulps(network, X, by_reference(model, {"X": X})[0]) < 2


def test_dropout_of_others() -> None:
    dropouts = [("Dropout", "X ratio", "d", {}), ("Gemm", "d W1T", "z", {}), ("Relu", "z", "a", {})]
    rest = [("Dropout", "a", "e", {}), ("Gemm", "e W2T", "Y", {})]
    network = MLP.from_onnx(graph(*dropouts, *rest, ratio=np.float32(0.1)))
    assert network.keep_prob == (0.9, 0.5)
    assert MLP.from_onnx(graph(*dropouts, *rest, ratio=np.float32(0.1)), keep_prob=1).keep_prob == (1, 1)


DENSE = ("Gemm", "X W1T B1", "z", {})
LAST = ("Gemm", "a W2T", "Y", {})
REFUSED: dict[str, tuple[Any, str]] = {
    "another operator": (graph(DENSE, ("Softplus", "z", "a", {}), LAST), r"node 1 \(Softplus\) has no equal"),
    "another slope": (
        graph(DENSE, ("LeakyRelu", "z", "a", {"alpha": 0.2}), LAST), r"node 1 \(LeakyRelu\) has no equal"
    ),
    "a factor": (graph(("Gemm", "X W1T", "Y", {"alpha": 2.0})), r"node 0 \(Gemm\) .* alpha or beta is not 1"),
    "an output of tanh": (graph(DENSE, ("Tanh", "z", "Y", {})), r"node 1 \(Tanh\) .* an output with tanh"),
    "a softmax inside": (
        graph(DENSE, ("Softmax", "z", "a", {}), LAST), "layer 1 has no equal in swiftreg: a hidden layer with softmax"
    ),
    "a softmax along examples": (
        graph(DENSE, ("Softmax", "z", "Y", {"axis": 0})), r"node 1 \(Softmax\) has no equal"
    ),
    "no dense layer": (graph(("Identity", "X", "Y", {})), "the model has no dense layer"),
    "a residual": (
        graph(DENSE, ("Relu", "z", "a", {}), ("Add", "a z", "Y", {})), r"node 1 \(Relu\) has no equal"
    ),
    "weights that are computed": (
        graph(("Relu", "W1T", "w", {}), ("MatMul", "X w", "Y", {})),
        r"node 1 \(MatMul\) .* its weights are no constant matrix",
    ),
    "probabilities turned round": (
        graph(DENSE, ("Sigmoid", "z", "p", {}), ("Sub", "one p", "Y", {}), one=np.float32(1)),
        r"node 2 \(Sub\) has no equal",
    ),
    "values turned round": (graph(DENSE, ("Neg", "z", "Y", {})), r"node 1 \(Neg\) has no equal"),
    "dropout before tanh": (
        graph(DENSE, ("Dropout", "z", "d", {}), ("Tanh", "d", "a", {}), LAST), r"node 2 \(Tanh\) .* after dropout"
    ),
    "dropout of the output": (graph(DENSE, ("Dropout", "z", "Y", {})), r"node 1 \(Dropout\) .* of the outputs"),
    "half precision": (
        graph(("MatMul", "X h", "Y", {}), h=W1.T.astype(np.float16)), "are float16, not float32 or float64"
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_nodes_without_an_equal_are_named(name: str) -> None:
    model, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        MLP.from_onnx(model)


def test_damaged_bytes_are_errors_with_words() -> None:
    model = MLP([3, 4, 2], activation="leaky_relu", dtype="float64").to_onnx()
    rng, refused = np.random.default_rng(0), 0
    for _ in range(600):
        data = bytearray(model.SerializeToString())
        data[rng.integers(len(data))] = rng.integers(256)
        try:
            MLP.from_onnx(bytes(data))
        except (ValueError, TypeError) as error:
            refused += 1
            assert not isinstance(error, UnicodeDecodeError)
    assert 200 < refused < 590


def test_errors(tmp_path: Path) -> None:
    network = MLP([3, 4, 2])
    for opset in (12, NEWEST + 1, 13.0, True):
        with pytest.raises(ValueError, match=f"opset must be an integer from 13 to {NEWEST}, got {opset}"):
            network.to_onnx(opset=opset)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="model must be an MLP, an estimator or a pipeline, got int"):
        swiftreg.onnx.to_onnx(3)
    with pytest.raises(TypeError, match="X must be given for Pipeline"):
        swiftreg.onnx.to_onnx(make_pipeline(StandardScaler()))
    with pytest.raises(ValueError, match="masks are for a network or an estimator, not for Pipeline"):
        swiftreg.onnx.to_onnx(make_pipeline(StandardScaler()), masks=True)
    with pytest.raises(ValueError, match="not fitted yet"):
        swiftreg.onnx.to_onnx(MLPClassifier())
    with pytest.raises(FileNotFoundError):
        MLP.from_onnx(tmp_path / "none.onnx")
    with pytest.raises(FileNotFoundError):
        network.to_onnx(tmp_path / "none" / "network.onnx")
    (tmp_path / "text.onnx").write_text("weights: 1 2 3")
    with pytest.raises(ValueError, match="text.onnx is no ONNX model"):
        MLP.from_onnx(tmp_path / "text.onnx")
    with pytest.raises(ValueError, match="model is no ONNX model"):
        MLP.from_onnx(b"")
    model = network.to_onnx()
    for damage, message in (("{", "metadata"), ("[]", "no object"), (json.dumps({"l2": "much"}), "l2")):
        helper.set_model_props(model, {"swiftreg": damage})
        with pytest.raises((ValueError, TypeError), match=message):
            MLP.from_onnx(model)
    del model.metadata_props[:]
    with pytest.raises(ValueError, match="loss='squared_error' does not go with node 3"):
        MLP.from_onnx(model, loss="squared_error")
    with pytest.raises(ValueError, match="loss must be one of"):
        MLP.from_onnx(graph(DENSE, ("Relu", "z", "a", {}), LAST), loss="hinge")
    assert MLP.from_onnx(graph(DENSE, ("Relu", "z", "a", {}), LAST), loss="softmax_cross_entropy").layer_dims == (3, 4, 2)


def test_documentation(tmp_path: Path) -> None:
    """Each program of docs/exchange.md prints the output below it."""
    text = (ROOT / "docs" / "exchange.md").read_text()
    found = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", text, re.S)
    assert len(found) > 1
    for program, output in found:
        done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
        assert (done.stdout, done.stderr) == (output, "")


def test_a_table_with_gaps_and_categories(tmp_path: Path) -> None:
    """onnxruntime has no Imputer of doubles: that is told where the model is made, and float32 works."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"age": rng.normal(size=80), "size": rng.normal(size=80), "city": rng.choice(["Oslo", "Rome"], 80)})
    table.loc[::7, "age"] = np.nan
    y = np.where(table["size"] > 0, "yes", "no")
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), ["age", "size"]), (OneHotEncoder(), ["city"])
    )
    model = make_pipeline(columns, MLPClassifier(max_iter=300, learning_rate_init=0.02, random_state=0)).fit(table, y)
    with pytest.warns(UserWarning, match="Imputer of doubles.*float32"):
        swiftreg.onnx.to_onnx(model, X=table[:1])
    given = table.astype({"age": np.float32, "size": np.float32})
    swiftreg.onnx.to_onnx(model, tmp_path / "table.onnx", X=given[:1])
    session = onnxruntime.InferenceSession(tmp_path / "table.onnx")
    label, probabilities = session.run(None, {name: given[[name]].to_numpy() for name in given})
    assert (label == model.predict(table)).all()
    assert np.abs(probabilities - model.predict_proba(table)).max() < 1e-5
