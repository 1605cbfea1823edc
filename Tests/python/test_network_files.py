"""Files of networks, as other tools read and write them, and networks as C source."""

from __future__ import annotations

import ctypes
import itertools
import json
import os
import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from conftest import ROOT
from native_network import ACTIVATIONS, ERROR_FORMAT, LOSSES, OPTIMIZERS, SCHEDULES, Array, Network

DTYPES = (np.float32, np.float64)
WIDTHS = [5, 7, 3, 2]
SHAPES = {"W1": (7, 5), "b1": (7,), "W2": (3, 7), "b2": (3,), "W3": (2, 3), "b3": (2,)}
MOMENTS = {"sgd": 0, "momentum": 1, "nesterov": 1, "adam": 2, "adamw": 2, "rmsprop": 1, "lion": 1}


def header_of(data: bytes) -> dict[str, Any]:
    (length,) = struct.unpack_from("<Q", data)
    assert length % 8 == 0
    header: dict[str, Any] = json.loads(data[8 : 8 + length])
    return header


def metadata_of(data: bytes) -> dict[str, str]:
    metadata: dict[str, str] = header_of(data)["__metadata__"]
    return metadata


def a_network(dtype: Any, kind: str, rng: np.random.Generator) -> Network:
    network = Network.create(
        WIDTHS,
        dtype,
        ["leaky_relu", "tanh"],
        "softmax_cross_entropy",
        seed=2**64 - 3,
        keep_prob=[1.0, 0.7, 1 / 3],
        l2=[0.0, 1e-300, 5e-324],
        l1=[0.1, 0.0, 1e300],
        label_smoothing=0.1,
        max_norm=float("inf"),
    )
    network.set_optimizer(kind, schedule=SCHEDULES.index("cosine"), learning_rate=0.1, period=12345)
    network.set_position(2**48 - 1, 77)
    network.parameters[:] = rng.standard_normal(network.parameters.size)
    network.state[:] = rng.standard_normal(network.state.size)
    return network


def test_names(rng: np.random.Generator) -> None:
    """Every choice of an option has its name in the file."""
    for activation, loss in itertools.product(ACTIVATIONS, LOSSES):
        network = Network.create([2, 3, 1], np.float32, [activation], loss)
        metadata = metadata_of(network.serialize())
        assert metadata["activations"] == activation
        assert metadata["loss"] == loss
    for kind, schedule in itertools.product(OPTIMIZERS, SCHEDULES):
        network.set_optimizer(kind, schedule=SCHEDULES.index(schedule))
        metadata = metadata_of(network.serialize())
        assert metadata["optimizer"] == kind
        assert metadata["schedule"] == schedule
    for number, name in enumerate(("he", "xavier", "lecun", "notebook")):
        network = Network.create([2, 3, 1], np.float32, init=number)
        assert metadata_of(network.serialize())["init"] == name


def test_documentation(tmp_path: Path) -> None:
    """docs/files.md names exactly the fields of a file, and its program prints the output below it."""
    text = (ROOT / "docs" / "files.md").read_text()
    network = Network.create([2, 3, 1], np.float32)
    table = text[text.index("| field |") : text.index("Their meanings")]
    fields = [name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row[: row.find("|", 1)])]
    assert sorted(fields) == sorted(metadata_of(network.serialize()))
    found = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", text, re.S)
    assert found is not None
    done = subprocess.run([sys.executable, "-c", found[1]], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout == found[2]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_safetensors_reads_it(dtype: Any, kind: str, rng: np.random.Generator) -> None:
    network = a_network(dtype, kind, rng)
    data = network.serialize()
    tensors = load_tensors(data)
    n, moments = network.parameters.size, MOMENTS[kind]
    shapes = SHAPES | dict([("optimizer.first_moment", (n,)), ("optimizer.second_moment", (n,))][:moments])
    assert {name: tensor.shape for name, tensor in tensors.items()} == shapes
    assert all(tensor.dtype == dtype for tensor in tensors.values())
    flat = np.concatenate([tensors[name].ravel() for name in shapes])
    np.testing.assert_array_equal(flat, np.concatenate([network.parameters, network.state]))

    metadata = metadata_of(data)
    assert metadata["widths"] == "5 7 3 2"
    assert metadata["activations"] == "leaky_relu tanh"
    assert metadata["seed"] == str(2**64 - 3)
    assert metadata["step"] == str(2**48 - 1)
    assert metadata["epoch"] == "77"
    assert metadata["period"] == "12345"

    def numbers(name: str) -> list[float]:
        return [float.fromhex(word) for word in metadata[name].split(" ")]

    assert numbers("keep_prob") == [1.0, 0.7, 1 / 3]
    assert numbers("l2") == [0.0, 1e-300, 5e-324]
    assert numbers("l1") == [0.1, 0.0, 1e300]
    assert numbers("label_smoothing") == [0.1]
    assert numbers("max_norm") == [float("inf")]
    assert numbers("learning_rate") == [0.1]
    assert numbers("epsilon") == [1e-8]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_safetensors_writes_it(dtype: Any, kind: str, rng: np.random.Generator) -> None:
    """Another tool orders header and data in its own way, and may change the weights."""
    network = a_network(dtype, kind, rng)
    data = network.serialize()
    tensors, metadata = load_tensors(data), metadata_of(data)
    again = save_tensors(tensors, metadata)
    assert again != data
    copy = Network.deserialize(again, dtype)
    assert isinstance(copy, Network)
    assert copy.serialize() == data

    tensors["W2"] = np.full_like(tensors["W2"], np.nan)
    copy = Network.deserialize(save_tensors(tensors, metadata), dtype)
    assert isinstance(copy, Network)
    assert np.isnan(copy.parameters).sum() == 21
    without = {name: tensor for name, tensor in tensors.items() if not name.startswith("optimizer")}
    fresh = Network.deserialize(save_tensors(without, metadata), dtype)
    assert isinstance(fresh, Network)
    assert not fresh.state.any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_foreign_files(dtype: Any, rng: np.random.Generator) -> None:
    data = a_network(dtype, "adam", rng).serialize()
    tensors, metadata = load_tensors(data), metadata_of(data)
    other = {np.float32: np.float64, np.float64: np.float32}[dtype]
    assert Network.deserialize(data, other) == ERROR_FORMAT
    torch_like = {"0.weight": np.zeros((7, 5), dtype), "0.bias": np.zeros(7, dtype)}
    for foreign in (
        save_tensors(torch_like, {"format": "pt"}),
        save_tensors(torch_like),
        save_tensors(torch_like, metadata),
        save_tensors(tensors),
        save_tensors(tensors | {"W4": np.zeros((1, 2), dtype)}, metadata),
        save_tensors(tensors | {"b3": np.zeros(2, np.float16)}, metadata),
        save_tensors({name: value for name, value in tensors.items() if name != "b3"}, metadata),
        json.dumps(metadata).encode(),
        b"\x80\x04",
    ):
        assert Network.deserialize(foreign, dtype) == ERROR_FORMAT


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_training_goes_on(dtype: Any, kind: str, rng: np.random.Generator, tmp_path: Path) -> None:
    """Saved, loaded and trained on, a network has the bits of one that was never saved."""
    x = rng.standard_normal((50, 5)).astype(dtype)
    y = np.eye(2, dtype=dtype)[rng.integers(2, size=50)]

    def fresh() -> Network:
        network = Network.create(
            WIDTHS, dtype, loss="softmax_cross_entropy", seed=9, keep_prob=[0.9, 0.8, 0.7], l2=[0.1] * 3, max_norm=2.0
        )
        network.set_optimizer(kind, schedule=SCHEDULES.index("cosine"), period=8, clip_norm=1.0)
        return network

    whole, first = fresh(), fresh()
    whole.fit(x, y, 8, 16)
    for epochs in (3, 1, 4):
        first.fit(x, y, epochs, 16)
        first.save(tmp_path / "network.safetensors")
        loaded = Network.load(tmp_path / "network.safetensors", dtype)
        assert isinstance(loaded, Network)
        first = loaded
    assert first.serialize() == whole.serialize()
    assert np.any(whole.parameters != fresh().parameters)


# ---- C ------------------------------------------------------------------------------------


def compiled(network: Network, folder: Path, widths: list[int], name: str = "predict") -> Any:
    """The exported function, over examples in rows."""
    source, library = folder / f"{name}.c", folder / f"{name}.so"
    network.export_c(source, name)
    warnings = "-std=c99 -Wall -Wextra -Werror -pedantic -Wmissing-prototypes -Wshadow".split()
    subprocess.run(
        [os.environ.get("CC", "cc"), *warnings, "-O1", "-shared", "-fPIC", str(source), "-o", str(library), "-lm"],
        check=True,
    )
    function = getattr(ctypes.CDLL(str(library)), name)
    function.restype = None

    def predict(x: Array) -> Array:
        out = np.empty((len(x), widths[-1]), network.dtype)
        for example, outputs in zip(x, out, strict=True):
            function(ctypes.c_void_p(example.ctypes.data), ctypes.c_void_p(outputs.ctypes.data))
        return out

    return predict


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    ("widths", "activations"),
    [([4, 3], []), ([1, 1, 1], ["tanh"]), ([9, 33, 6, 5, 3], ["relu", "sigmoid", "leaky_relu"]), ([20, 30, 2], ["identity"])],
)
def test_export(
    dtype: Any, loss: str, widths: list[int], activations: list[str], rng: np.random.Generator, tmp_path: Path
) -> None:
    network = Network.create(widths, dtype, activations, loss, keep_prob=[0.5] * (len(widths) - 1))
    network.parameters[:] = rng.standard_normal(network.parameters.size)
    x = rng.standard_normal((40, widths[0])).astype(dtype)
    x[0] = 0
    x[1] *= 100
    want = network.predict(x, widths[-1])
    got = compiled(network, tmp_path, widths)(x)
    np.testing.assert_allclose(got, want, rtol=200 * np.finfo(dtype).eps, atol=200 * np.finfo(dtype).eps * np.abs(want).max())


@pytest.mark.parametrize("dtype", DTYPES)
def test_export_is_exact(dtype: Any, rng: np.random.Generator, tmp_path: Path) -> None:
    """The numbers in the file are those of the network, also where they are no numbers."""
    info = np.finfo(dtype)
    network = Network.create([1, 12], dtype, [], "squared_error")
    w = np.array(
        [0.0, -0.0, 1.0, -1.5, 0.1, info.max, -info.max, info.tiny, info.smallest_subnormal, np.inf, -np.inf, np.nan],
        dtype,
    )
    network.parameters[:] = np.concatenate([w, np.full(12, -0.0)])
    got = compiled(network, tmp_path, [1, 12])(np.ones((1, 1), dtype))
    np.testing.assert_array_equal(got[0], w)
    source = (tmp_path / "predict.c").read_text()
    network.export_c(tmp_path / "again.c", "predict")
    assert (tmp_path / "again.c").read_text() == source  # nothing of the time or the place
    assert "1 - 12" in source.splitlines()[0]


@pytest.mark.parametrize("name", ["x", "y", "u", "v", "i", "sum", "most", "W1", "dense", "z" * 255])
def test_export_names(name: str, rng: np.random.Generator, tmp_path: Path) -> None:
    """No function name collides with names in the file."""
    network = Network.create([2, 3, 3, 2], np.float32, ["relu", "tanh"], "softmax_cross_entropy")
    network.export_c(tmp_path / "network.c", name)
    command = "-std=c99 -Wall -Wextra -Werror -pedantic -c -o".split()
    subprocess.run([os.environ.get("CC", "cc"), *command, str(tmp_path / "out.o"), str(tmp_path / "network.c")], check=True)


def test_export_of_several(rng: np.random.Generator, tmp_path: Path) -> None:
    """Files of several networks can be included in one."""
    for name, dtype in (("first", np.float32), ("second", np.float64)):
        Network.create([2, 3, 2], dtype).export_c(tmp_path / f"{name}.c", name)
    (tmp_path / "both.c").write_text('#include "first.c"\n#include "second.c"\n')
    command = "-std=c99 -Wall -Wextra -Werror -pedantic -c -o".split()
    subprocess.run([os.environ.get("CC", "cc"), *command, str(tmp_path / "out.o"), str(tmp_path / "both.c")], check=True)
