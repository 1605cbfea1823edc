"""Loading data, plots, and use without either."""

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

import swiftreg
from swiftreg import notebook

Array = NDArray[Any]


@pytest.fixture(autouse=True)
def clean_figures() -> Any:
    plt.close("all")
    yield
    plt.close("all")


def check_data(data: tuple[Array, ...], train: int, test: int) -> None:
    shapes = [(2, train), (1, train), (2, test), (1, test)]
    types = [np.float64, np.uint8, np.float64, np.uint8]
    assert [array.shape for array in data] == shapes
    assert [array.dtype for array in data] == types
    assert set(np.unique(data[1])) == {0, 1} == set(np.unique(data[3]))


# ---- The stand-in --------------------------------------------------------------------------


def test_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    np.random.seed(4)
    before = np.random.get_state()
    data = notebook.load_2D_dataset()
    assert np.array_equal(before[1], np.random.get_state()[1])
    check_data(data, 120, 1000)
    assert "stand-in" in capsys.readouterr().out
    points = plt.gca().collections[0].get_offsets()
    assert np.array_equal(points, data[0].T)
    again = notebook.load_2D_dataset()
    assert all(np.array_equal(a, b) for a, b in zip(data, again))
    # Both classes, in both sets, not far from even.
    for labels in (data[1], data[3]):
        assert 0.4 < labels.mean() < 0.6


KINDS: dict[str, dict[str, float]] = {"none": {}, "l2": {"l2": 0.7}, "dropout": {"keep_prob": 0.86}}


def accuracies(
    data: tuple[Array, ...], seed: int, fresh: bool = False, **options: float
) -> tuple[float, float]:
    """Accuracies of the notebook's network on the training and the test set."""
    X, Y, test_X, test_Y = data
    network = swiftreg.MLP(
        [2, 20, 3, 1], init="notebook", seed=seed, optimizer="sgd", learning_rate=0.3,
        dtype="float64", **options,
    )
    masks: list[Array | None] | None = None
    if "keep_prob" in options and not fresh:
        random = np.random.RandomState(1)
        masks = [None, *((random.rand(n, X.shape[1]) < options["keep_prob"]).T for n in (20, 3))]
    network.fit(X.T, Y.T, epochs=30000, shuffle=False, masks=masks)
    right = [
        float(((network.predict(points.T)[:, 0] > 0.5) == labels[0]).mean())
        for points, labels in ((X, Y), (test_X, test_Y))
    ]
    return right[0], right[1]


def test_on_the_stand_in_regularization_helps() -> None:
    """Over 20 seeds of the network, each with 30000 iterations: the one without regularization
    overfits; L2 and dropout (with the notebook's masks, and with fresh ones) fit the training set
    less and predict the test set better."""
    from swiftreg.notebook._data import stand_in

    data = stand_in()
    kinds = {**KINDS, "fresh": {**KINDS["dropout"], "fresh": True}}
    found = {
        kind: np.array([accuracies(data, seed, **options) for seed in range(20)])
        for kind, options in kinds.items()
    }
    train, test = ({kind: a[:, i].mean() for kind, a in found.items()} for i in (0, 1))
    assert train["none"] > test["none"] + 0.1
    for kind in ("l2", "dropout", "fresh"):
        assert test[kind] >= test["none"] + 0.03, (kind, test)
        assert train[kind] < train["none"], (kind, train)


def test_on_the_stand_in_the_notebooks_own_runs_show_it() -> None:
    from swiftreg.notebook._data import stand_in

    X, Y, test_X, test_Y = stand_in()

    def judge(**options: Any) -> tuple[float, float]:
        parameters = notebook.model(X, Y, print_cost=False, **options)
        train, test = (
            float((notebook.predict_dec(parameters, points) == labels).mean())
            for points, labels in ((X, Y), (test_X, test_Y))
        )
        return train, test

    train, test = judge()
    # Fresh masks gain over seeds; a run of 30000 iterations without regularization is chaotic, and its
    # accuracies move by a point or two with the last bits of the sigmoid.
    for options in ({"lambd": 0.7}, {"keep_prob": 0.86}):
        regularized = judge(**options)
        assert regularized[0] < train and regularized[1] >= test + 0.03, options


# ---- Files ---------------------------------------------------------------------------------


def test_the_notebooks_file(
    data_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = notebook.load_2D_dataset(data_file)
    check_data(data, 211, 200)
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
    with pytest.raises(ValueError, match="other.mat is not .* lacks y, Xval, yval and holds X;"):
        notebook.load_2D_dataset(str(tmp_path / "other.mat"))
    with pytest.raises(FileNotFoundError, match="path names no file"):
        notebook.load_2D_dataset(tmp_path)
    X, y = np.ones((3, 2)), np.ones((3, 1))
    for strange, words in (
        ({"X": X.T, "y": y}, r"X and y have the shapes \(2, 3\) and \(3, 1\), not"),
        ({"X": X, "y": y[:2]}, r"X and y have the shapes \(3, 2\) and \(2, 1\), not"),
        ({"X": X, "y": y, "Xval": X[:, :1]}, r"Xval and yval have the shapes \(3, 1\)"),
        ({"X": X, "y": "text"}, "y does not hold real numbers"),
        ({"X": X * 1j, "y": y}, "X does not hold real numbers"),
    ):
        savemat(tmp_path / "strange.mat", {"Xval": X, "yval": y, **strange})
        with pytest.raises(ValueError, match=f"strange.mat is not the notebook's data: .*{words}"):
            notebook.load_2D_dataset(tmp_path / "strange.mat")


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0\nsize 12345\n"


@pytest.mark.parametrize(
    ("content", "what", "advice"),
    [
        (LFS, "a git-lfs pointer", "git lfs pull"),
        (b"", "empty", "download"),
        (b"\n<!DOCTYPE html><html>404</html>", "a web page", "download"),
        (b"\xef\xbb\xbf<html>", "a web page", "download"),
        (b'{"message": "Not Found"}', "JSON", "download"),
        (b"\x89HDF\r\n\x1a\n" + bytes(200), "an HDF5 file", "-v7"),
        (b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512), "an HDF5 file", "-v7"),
        (b"PK\x03\x04" + bytes(100), "a zip archive", "unpack"),
        (b"\x1f\x8b\x08" + bytes(100), "a gzip archive", "unpack"),
        (b"\x93NUMPY\x01\x00" + bytes(100), "an .npy file", "stand-in"),
        (b"\x80\x04\x95" + bytes(100), "a Python pickle", "stand-in"),
        (b"0.1,0.2,1\n0.3,0.4,0\n", "text that begins '0.1,0.2,1", "stand-in"),
        (b"MATLAB 5.0 MAT-file, Platform: posix", "a MAT file that is damaged", "download"),
        (bytes(range(256)) * 4, "no MAT file", "download"),
    ],
)
def test_files_that_are_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, what: str, advice: str
) -> None:
    """One error with the path, the kind of the file, and the remedy; also for datasets/data.mat."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "datasets").mkdir()
    file = tmp_path / "datasets" / "data.mat"
    file.write_bytes(content)
    for path, shown in ((str(file), str(file)), (None, "datasets/data.mat")):
        with pytest.raises(ValueError) as caught:
            notebook.load_2D_dataset(path)
        text = str(caught.value)
        assert text.startswith(f"{shown} is not the notebook's data: it is {what}"), text
        assert advice in text


def test_damaged_mat_files(data_file: Path, tmp_path: Path) -> None:
    whole = data_file.read_bytes()
    for length in (127, 130, 200, len(whole) // 2, len(whole) - 10):
        (tmp_path / "cut.mat").write_bytes(whole[:length])
        with pytest.raises(ValueError, match="cut.mat is not the notebook's data: it is a MAT file that is"):
            notebook.load_2D_dataset(tmp_path / "cut.mat")


# ---- Plots ---------------------------------------------------------------------------------


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


def grid_of(X: Array) -> tuple[int, int, Any]:
    """The ticks of the two axes, and the axes with the points and regions."""
    asked: list[Array] = []

    def model(points: Array) -> Array:
        asked.append(points)
        return points[:, 0] > points[:, 1]

    plt.figure()
    notebook.plot_decision_boundary(model, X, np.arange(X.shape[1]) % 2)
    (points,) = asked
    return len(np.unique(points[:, 0])), len(np.unique(points[:, 1])), plt.gca()


def test_the_picture_shows_the_points_and_little_more() -> None:
    X = np.random.default_rng(0).uniform([[0], [-1]], [[1], [1]], size=(2, 50))
    for points in (X, X * 1e6, X * 1e-6, X * [[100], [1000]], X * [[1e-3], [1e3]], X[:, :1], X * 0):
        x_ticks, y_ticks, axes = grid_of(points)
        assert x_ticks * y_ticks <= 1_000_000 and min(x_ticks, y_ticks) > 100
        extent = axes.dataLim
        for low, high, lower, upper, seen in (
            (*axes.get_xlim(), points[0].min(), points[0].max(), (extent.x0, extent.x1)),
            (*axes.get_ylim(), points[1].min(), points[1].max(), (extent.y0, extent.y1)),
        ):
            assert low < lower <= upper < high
            assert seen[0] <= low and high <= seen[1] + 0.011  # regions fill the picture
            if upper > lower:
                assert (upper - lower) / (high - low) > 0.8


def test_decision_boundary_of_points_that_spread_far() -> None:
    """0..100 x 0..1000 once took a grid of 1e9 points."""
    x_ticks, y_ticks, _ = grid_of(np.array([[0.0, 100.0, 40.0], [0.0, 1000.0, 7.0]]))
    assert x_ticks * y_ticks <= 1_000_000


def test_decision_boundary_refuses() -> None:
    def model(points: Array) -> Array:
        return points[:, 0] > 0

    with pytest.raises(ValueError, match=r"X must.*\(3, 4\)"):
        notebook.plot_decision_boundary(model, np.ones((3, 4)), np.ones(4))
    with pytest.raises(ValueError, match=r"y must.*4.*\(1, 5\)"):
        notebook.plot_decision_boundary(model, np.ones((2, 4)), np.ones((1, 5)))
    with pytest.raises(ValueError, match="X must hold finite numbers"):
        notebook.plot_decision_boundary(model, np.array([[0, 1], [np.nan, 1]]), np.ones(2))


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


def test_no_plot_is_blank() -> None:
    X, Y = np.random.default_rng(0).normal(size=(2, 30)), np.arange(30).reshape(1, 30) % 2
    for options in ({"print_cost": False}, {"is_plot": False}, {"num_iterations": 0}):
        notebook.model(X, Y, **{"num_iterations": 3, **options})
        assert plt.get_fignums() == []
    notebook.model(X, Y, num_iterations=3)  # one cost, which has no line
    assert plt.gca().lines[0].get_marker() == "o"
    plt.close("all")
    notebook.load_2D_dataset(is_plot=False)
    assert plt.get_fignums() == []


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
    (tmp_path / "data.mat").write_bytes(b"MATLAB 5.0 MAT-file".ljust(128))
    code = "from swiftreg.notebook import load_2D_dataset; load_2D_dataset('data.mat')"
    result = run_without("scipy", code, tmp_path)
    assert result.stderr.splitlines()[-1].startswith("ImportError")
    assert 'pip install scipy  (the extra "notebook" of' in result.stderr.splitlines()[-1]
