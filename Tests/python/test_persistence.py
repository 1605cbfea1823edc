"""Networks and estimators kept by pickle, copy and skops, and read from an earlier version's fixture."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from safetensors import safe_open
from safetensors.numpy import load, save, save_file
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from conftest import FIXTURES
from swiftreg import MLP, FormatError, MLPClassifier, MLPRegressor

EARLIER: dict[str, dict[str, Any]] = json.loads((FIXTURES / "pickles_3a222cf.json").read_text())


def with_skops(thing: Any) -> Any:
    data = skops.io.dumps(thing)
    unknown = skops.io.get_untrusted_types(data=data)
    assert all(name.startswith("swiftreg.") for name in unknown), unknown
    return skops.io.loads(data, trusted=unknown)


WAYS: dict[str, Callable[[Any], Any]] = {
    **{f"pickle {p}": lambda thing, p=p: pickle.loads(pickle.dumps(thing, p)) for p in (0, 2, 4, 5)},
    "copy": copy.copy, "deepcopy": copy.deepcopy, "skops": with_skops,
}


class OwnMLP(MLP):
    """With an attribute that its class defines."""

    unit = "mm"


def things() -> dict[str, Any]:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(40, 4))
    names = np.array(["ant", "bee", "cat"])[rng.integers(3, size=40)]
    made: dict[str, Any] = {}
    for optimizer in ("sgd", "nesterov", "adamw"):
        network = MLP([4, 5, 2], keep_prob=0.7, optimizer=optimizer, seed=4, schedule="cosine")
        network.fit(X, X[:, :2] > 0, epochs=3, batch_size=7)
        made[optimizer] = network
    settings: dict[str, Any] = {"max_iter": 3, "n_iter_no_change": 50, "random_state": 0, "keep_prob": 0.9}
    with pytest.warns(match="has not converged"):
        made["classifier"] = MLPClassifier((5,), early_stopping=True, **settings).fit(X, names)
        made["regressor"] = MLPRegressor((5,), solver="sgd", **settings).fit(X.astype(np.float32), X[:, :2])
        made["pipeline"] = make_pipeline(StandardScaler(), MLPClassifier((5,), **settings)).fit(X, names)
    made["unfitted"] = MLPClassifier((5, 4), l1_ratio=0.5)
    return made


THINGS = ("sgd", "nesterov", "adamw", "classifier", "regressor", "pipeline", "unfitted")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", THINGS)
def test_round_trip(way: str, name: str) -> None:
    thing = things()[name]
    again = WAYS[way](thing)
    assert type(again) is type(thing) and again is not thing
    assert repr(again) == repr(thing)
    if name == "unfitted":
        assert again.get_params() == thing.get_params()
        return
    X = np.random.default_rng(3).normal(size=(9, 4))
    for method in ("predict", "predict_proba"):
        if hasattr(thing, method):
            np.testing.assert_array_equal(getattr(again, method)(X), getattr(thing, method)(X))
    if isinstance(thing, MLP):
        assert again.to_bytes() == thing.to_bytes()
        for one in (thing, again):
            one.fit(X, X[:, :2] > 0, epochs=2, batch_size=4)
        assert again.to_bytes() == thing.to_bytes()
    elif hasattr(thing, "partial_fit") and not thing.early_stopping:
        for one in (thing, again):
            one.partial_fit(X, X[:, :2])
        np.testing.assert_array_equal(again.predict(X), thing.predict(X))


@pytest.mark.parametrize("way", WAYS)
def test_attributes_of_a_subclass_and_of_the_user_are_kept(way: str) -> None:
    network = OwnMLP([2, 3, 1])
    network.note = {"trained": "today"}  # type: ignore[attr-defined]
    kept = WAYS[way](network) if way != "skops" else None
    if kept is None:
        data = skops.io.dumps(network)
        kept = skops.io.loads(data, trusted=skops.io.get_untrusted_types(data=data))
    assert type(kept) is OwnMLP and kept.unit == "mm" and kept.note == {"trained": "today"}
    assert kept.history is None
    kept.parameters[:] = 0
    assert network.parameters.any()


@pytest.mark.parametrize("name", EARLIER)
@pytest.mark.filterwarnings("ignore:Trying to unpickle")  # of another scikit-learn
def test_pickles_of_earlier_versions(name: str) -> None:
    case = EARLIER[name]
    thing = pickle.loads(base64.b64decode(case["pickle"]))
    network = getattr(thing, "network_", thing)
    parameters = np.frombuffer(base64.b64decode(case["parameters"]), network.dtype)
    np.testing.assert_array_equal(network.parameters, parameters)
    loaded = MLP.from_bytes(base64.b64decode(case["file"]))
    np.testing.assert_array_equal(loaded.parameters, parameters)
    np.testing.assert_array_equal(loaded.optimizer_state, network.optimizer_state)
    assert loaded.optimizer_settings == network.optimizer_settings
    X = np.array(case["X"], network.dtype)
    tolerance = 1e-6 if network.dtype == np.float32 else 1e-14
    predictions = getattr(thing, case["predict"])(X)
    np.testing.assert_allclose(predictions, case["predictions"], rtol=tolerance, atol=tolerance)
    # Training continues.
    if name.startswith("MLP float"):
        loaded.fit(X, X[:, :1] > 0, epochs=2)
        thing.fit(X, X[:, :1] > 0, epochs=2)
        np.testing.assert_array_equal(loaded.parameters, thing.parameters)
    else:
        thing.partial_fit(X, thing.predict(X))
        assert (network.parameters != parameters).any()
    pickle.loads(pickle.dumps(thing))


# ---- Files of other tools ------------------------------------------------------------------


def test_metadata_of_others_is_passed_over(tmp_path: Path) -> None:
    network = MLP([2, 3, 1], optimizer="adam", dtype="float64", seed=5)
    network.fit([[0.0, 1.0]], [1.0], epochs=3)
    network.save(tmp_path / "ours.safetensors")
    with safe_open(tmp_path / "ours.safetensors", "numpy") as file:
        metadata, names = file.metadata(), list(file.keys())
        tensors = {name: file.get_tensor(name) for name in names}
    own = {"format": "np", "license": 'MIT "or" \\n', "Übersetzung\n": "ja, 好, \x00\x7f", "": ""}
    path = tmp_path / "theirs.safetensors"
    save_file(tensors, path, metadata | own)
    for again in (MLP.load(path), MLP.from_bytes(path.read_bytes())):
        assert again.to_bytes() == network.to_bytes()


def test_why_a_file_is_no_network(tmp_path: Path) -> None:
    network = MLP([2, 3, 1])
    tensors = load(network.to_bytes())
    no_settings = "tensors without a network's layers and settings: no metadata of swiftreg"
    damaged = "damaged, cut short, or not written by swiftreg"
    newer = network.to_bytes().replace(b'"swiftreg":"1"', b'"swiftreg":"2"')
    cases = {
        no_settings: [save(tensors), save(tensors, {"format": "np"}), save({"0.weight": np.zeros((2, 2))})],
        "written by a newer swiftreg, whose format this one does not know": [newer],
        damaged: [b"", network.to_bytes()[:-1], b"\x80\x04", newer.replace(b'"2"', b'"0"')],
    }
    path = tmp_path / "network.safetensors"
    for message, files in cases.items():
        for data in files:
            with pytest.raises(FormatError, match=f"^{len(data)} bytes: {re.escape(message)}$"):
                MLP.from_bytes(data)
            path.write_bytes(data)
            with pytest.raises(FormatError, match=f"network.safetensors'\\)?: {re.escape(message)}$"):
                MLP.load(path)
