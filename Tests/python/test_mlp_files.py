"""Networks to and from bytes, files, pickles and C."""

from __future__ import annotations

import copy
import ctypes
import json
import os
import pickle
import shutil
import subprocess
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from sameness_networks import NETWORKS, data, new, train
from swiftreg import MLP, FormatError

Array = NDArray[Any]
EVERY = [(name, dtype) for name in NETWORKS for dtype in ("float32", "float64")]


class Named(MLP):
    """A subclass stays itself."""


def trained(name: str = "elastic net", dtype: str = "float32") -> MLP:
    network = new(name, dtype)
    train(network, name, *data(name, dtype), 2)
    return network


def assert_equal(a: MLP, b: MLP) -> None:
    assert repr(a) == repr(b)
    assert (a.optimizer, a.optimizer_settings) == (b.optimizer, b.optimizer_settings)
    assert (a.step, a.epoch, a.init) == (b.step, b.epoch, b.init)
    assert a.parameters.tobytes() == b.parameters.tobytes()
    assert a.optimizer_state.tobytes() == b.optimizer_state.tobytes()


@pytest.mark.parametrize(("name", "dtype"), EVERY)
def test_every_way_there_and_back(name: str, dtype: str, tmp_path: Path) -> None:
    network = trained(name, dtype)
    network.save(tmp_path / "a network.safetensors")
    others = [
        MLP.from_bytes(network.to_bytes()), MLP.from_bytes(bytearray(network.to_bytes())),
        MLP.load(tmp_path / "a network.safetensors"), MLP.load(os.fsencode(tmp_path / "a network.safetensors")),
        pickle.loads(pickle.dumps(network)), copy.deepcopy(network), copy.copy(network),
    ]
    X, Y = data(name, dtype)
    for other in others:
        assert_equal(network, other)
    train(network, name, X, Y, 1)
    for other in others:
        assert not np.array_equal(network.parameters, other.parameters)
        train(other, name, X, Y, 1)
        assert_equal(network, other)


def test_new_networks_too() -> None:
    for optimizer in ("sgd", "adam"):
        network = MLP([2, 1], optimizer=optimizer)
        assert_equal(network, pickle.loads(pickle.dumps(network)))


def test_subclasses(tmp_path: Path) -> None:
    network = Named([3, 2, 1])
    assert type(pickle.loads(pickle.dumps(network))) is Named
    assert type(copy.deepcopy(network)) is Named
    network.save(str(tmp_path / "x"))
    assert type(Named.load(tmp_path / "x")) is Named


def test_contents_of_a_file(tmp_path: Path) -> None:
    """By the safetensors format: 8 bytes of size, a JSON header, then the tensors."""
    network = trained()
    network.save(tmp_path / "network")
    content = (tmp_path / "network").read_bytes()
    assert content == network.to_bytes()
    size = int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(content[8 : 8 + size])
    body = content[8 + size :]
    assert all(isinstance(value, str) for value in header["__metadata__"].values())
    for l, (W, b) in enumerate(network.weights, start=1):
        for key, array in ((f"W{l}", W), (f"b{l}", b)):
            begin, end = header[key]["data_offsets"]
            assert header[key]["dtype"] == "F32"
            assert tuple(header[key]["shape"]) == array.shape
            assert body[begin:end] == array.tobytes()


@given(st.data())
def test_damaged_bytes(choose: st.DataObject) -> None:
    """Cut short, longer, or with bytes changed: an error, or a network; never a crash."""
    good = MLP([3, 4, 2], optimizer="adam").to_bytes()
    bad = bytearray(good)
    for _ in range(choose.draw(st.integers(0, 3))):
        bad[choose.draw(st.integers(0, len(bad) - 1))] = choose.draw(st.integers(0, 255))
    size = choose.draw(st.one_of(st.just(len(bad)), st.integers(0, len(bad) + 9)))
    bad = bad[:size] + b"x" * (size - len(bad))
    try:
        network = MLP.from_bytes(bytes(bad))
    except (FormatError, MemoryError):
        assert bytes(bad) != good
    else:
        assert len(bad) == len(good)
        network.predict(np.ones((1, network.layer_dims[0])))


def test_every_truncation_is_refused() -> None:
    good = MLP([2, 3, 1]).to_bytes()
    for size in range(len(good)):
        with pytest.raises(FormatError):
            MLP.from_bytes(good[:size])


def test_errors(tmp_path: Path) -> None:
    assert issubclass(FormatError, ValueError)
    assert FormatError.__module__ == "swiftreg"
    network = trained()
    missing = tmp_path / "missing" / "network"
    for call in (lambda: MLP.load(missing), lambda: network.save(missing), lambda: network.export_c(missing)):
        with pytest.raises(FileNotFoundError) as caught:
            call()
        assert caught.value.filename == missing
    with pytest.raises(OSError) as caught:
        MLP.load(tmp_path)
    assert caught.value.filename == tmp_path
    foreign = tmp_path / "foreign"
    foreign.write_text("hello")
    with pytest.raises(FormatError, match="foreign"):
        MLP.load(foreign)
    for bad in (None, 3, 1.5):
        with pytest.raises(TypeError, match="path"):
            MLP.load(bad)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="path"):
            network.save(bad)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="buffer"):
            MLP.from_bytes(bad)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        MLP.load("a\0b")
    for name in ("", "1a", "a b", "a-b", "é", "a\0b", "\ud800", "int"):
        with pytest.raises(ValueError, match="name must be an identifier of C, but no keyword and no name of math.h, got "):
            network.export_c(tmp_path / "x.c", name)
    with pytest.raises(TypeError, match="name"):
        network.export_c(tmp_path / "x.c", 3)  # type: ignore[arg-type]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["foreign"]


def test_a_failed_save_changes_nothing(tmp_path: Path) -> None:
    """A directory at the path makes the last step, the renaming, fail."""
    path = tmp_path / "network"
    path.mkdir()
    (path / "inside").write_text("kept")
    for call in (MLP([2, 1]).save, MLP([2, 1]).export_c):
        with pytest.raises(OSError) as caught:
            call(path)
        assert caught.value.filename == path
        assert list(tmp_path.iterdir()) == [path]
        assert (path / "inside").read_text() == "kept"


def test_saving_through_a_link_and_over_an_old_file(tmp_path: Path) -> None:
    """The link stays, and so do the permissions of what it leads to."""
    (tmp_path / "models").mkdir()
    link, target = tmp_path / "latest", tmp_path / "models" / "first"
    link.symlink_to("models/first")
    for seed in (1, 2):
        MLP([2, 1], seed=seed).save(link)
        assert link.is_symlink() and MLP.load(target).seed == seed
        target.chmod(0o640)
    MLP([2, 1], seed=3).save(link)
    assert target.stat().st_mode & 0o777 == 0o640
    null = tmp_path / "null"
    null.symlink_to("/dev/null")
    with pytest.raises(OSError, match="null"):
        MLP([2, 1]).save(null)
    assert null.is_symlink() and sorted(p.name for p in tmp_path.iterdir()) == ["latest", "models", "null"]


@pytest.mark.parametrize(("name", "dtype"), EVERY)
def test_as_a_c_function(name: str, dtype: str, tmp_path: Path) -> None:
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        pytest.skip("needs a C compiler")
    network = trained(name, dtype)
    network.export_c(tmp_path / "network.c", "answer")
    library = tmp_path / "network.so"
    subprocess.run(
        [compiler, "-std=c99", "-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC", tmp_path / "network.c",
         "-o", library, "-lm"], check=True,
    )
    X = data(name, dtype)[0][:20]
    out = np.zeros((20, network.layer_dims[-1]), dtype)
    answer = ctypes.CDLL(str(library)).answer
    for x, y in zip(X, out):
        answer(ctypes.c_void_p(x.ctypes.data), ctypes.c_void_p(y.ctypes.data))
    tolerance = 1e-5 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(out, network.predict(X), rtol=tolerance, atol=tolerance)
