"""Loading data, drawing, and doing without either."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.typing import NDArray
from swiftreg import notebook

Array = NDArray[Any]


@pytest.fixture(autouse=True)
def clean_figures() -> Any:
    plt.close("all")
    yield
    plt.close("all")


def check_shapes(data: tuple[Array, ...]) -> None:
    shapes = [(2, 211), (1, 211), (2, 200), (1, 200)]
    types = [np.float64, np.uint8, np.float64, np.uint8]
    assert [array.shape for array in data] == shapes
    assert [array.dtype for array in data] == types
    assert set(np.unique(data[1])) == {0, 1} == set(np.unique(data[3]))


def test_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    np.random.seed(4)
    before = np.random.get_state()
    data = notebook.load_2D_dataset()
    assert np.array_equal(before[1], np.random.get_state()[1])
    check_shapes(data)
    assert "stand-in" in capsys.readouterr().out
    points = plt.gca().collections[0].get_offsets()
    assert np.array_equal(points, data[0].T)
    again = notebook.load_2D_dataset()
    assert all(np.array_equal(a, b) for a, b in zip(data, again))
    # Both classes, in both sets, not far from even.
    for labels in (data[1], data[3]):
        assert 0.3 < labels.mean() < 0.7


def test_stand_in_can_be_learned() -> None:
    """The unregularized network fits it better than it predicts: there is noise to overfit."""
    from swiftreg.notebook._data import stand_in

    train_X, train_Y, test_X, test_Y = stand_in()
    parameters = notebook.model(train_X, train_Y, num_iterations=5000, print_cost=False)
    train = (notebook.predict_dec(parameters, train_X) == train_Y).mean()
    test = (notebook.predict_dec(parameters, test_X) == test_Y).mean()
    assert train > 0.88
    assert 0.8 < test < train


def test_the_notebooks_file(
    data_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = notebook.load_2D_dataset(data_file)
    check_shapes(data)
    assert "data.mat" in capsys.readouterr().out
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "data.mat").write_bytes(data_file.read_bytes())
    monkeypatch.chdir(tmp_path)
    below = notebook.load_2D_dataset()
    assert all(np.array_equal(a, b) for a, b in zip(data, below))
    assert "stand-in" not in capsys.readouterr().out


def test_files_that_will_not_do(tmp_path: Path) -> None:
    from scipy.io import savemat

    with pytest.raises(FileNotFoundError, match="nowhere.mat"):
        notebook.load_2D_dataset(tmp_path / "nowhere.mat")
    savemat(tmp_path / "other.mat", {"X": np.ones((3, 2))})
    with pytest.raises(ValueError, match="other.mat lacks y, Xval, yval"):
        notebook.load_2D_dataset(str(tmp_path / "other.mat"))


def test_decision_boundary(notebook_data: tuple[Array, ...]) -> None:
    train_X, train_Y = notebook_data[:2]
    parameters = notebook.initialize_parameters([2, 20, 3, 1])
    asked = []

    def model(points: Array) -> Array:
        asked.append(points.shape)
        return notebook.predict_dec(parameters, points.T)

    plt.title("given before")
    axes = plt.gca()
    axes.set_xlim([-0.75, 0.40])
    notebook.plot_decision_boundary(model, train_X, train_Y)
    assert asked == [(93960, 2)]
    assert axes.get_title() == "given before"
    assert axes.get_xlim() == (-0.75, 0.40)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x1", "x2")
    points = axes.collections[-1].get_offsets()
    assert np.array_equal(points, train_X.T)


def test_decision_boundary_refuses() -> None:
    def model(points: Array) -> Array:
        return points[:, 0] > 0

    with pytest.raises(ValueError, match=r"X must.*\(3, 4\)"):
        notebook.plot_decision_boundary(model, np.ones((3, 4)), np.ones(4))
    with pytest.raises(ValueError, match=r"y must.*4.*\(1, 5\)"):
        notebook.plot_decision_boundary(model, np.ones((2, 4)), np.ones((1, 5)))


def test_model_draws_its_costs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gca().lines[0].get_ydata()))
    X, Y = np.random.default_rng(0).normal(size=(2, 30)), np.arange(30).reshape(1, 30) % 2
    notebook.model(X, Y, num_iterations=2001)
    assert len(shown) == 1
    assert len(shown[0]) == 3
    out = capsys.readouterr().out
    assert out == f"Cost after iteration 0: {shown[0][0]}\n"
    assert plt.gca().get_title() == "Learning rate =0.3"
    assert plt.gca().get_xlabel() == "iterations (x1,000)"


def test_a_failing_plot_does_not_lose_the_parameters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def show() -> None:
        raise RuntimeError("no display")

    monkeypatch.setattr(plt, "show", show)
    parameters = notebook.model(np.ones((2, 3)), np.ones((1, 3)), num_iterations=3)
    assert list(parameters) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    assert "no display" in capsys.readouterr().err


def run_without(module: str, code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import sys; sys.modules[{module!r}] = None\n{code}"],
        capture_output=True, text=True, check=False, cwd=folder, env={**os.environ},
    )


def test_without_matplotlib(tmp_path: Path) -> None:
    code = """
from swiftreg.notebook import *
train_X, train_Y, test_X, test_Y = load_2D_dataset()
parameters = model(train_X, train_Y, num_iterations=3)
print(sorted(parameters))
plot_decision_boundary(lambda x: predict_dec(parameters, x.T), train_X, train_Y)
"""
    result = run_without("matplotlib", code, tmp_path)
    assert "['W1', 'W2', 'W3', 'b1', 'b2', 'b3']" in result.stdout
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("ImportError")
    assert 'pip install matplotlib  (the extra "plot" of' in result.stderr.splitlines()[-1]


def test_without_scipy(tmp_path: Path) -> None:
    (tmp_path / "data.mat").write_bytes(b"")
    code = "from swiftreg.notebook import load_2D_dataset; load_2D_dataset('data.mat')"
    result = run_without("scipy", code, tmp_path)
    assert result.stderr.splitlines()[-1].startswith("ImportError")
    assert 'pip install scipy  (the extra "notebook" of' in result.stderr.splitlines()[-1]
