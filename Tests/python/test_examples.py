"""The examples run, and show what their text claims."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

import c_examples
import swiftreg
from conftest import ROOT
from swiftreg import notebook

EXAMPLES = ROOT / "examples"


# ---- The notebook --------------------------------------------------------------------------


sys.path.insert(0, str(ROOT / "scripts"))
import execute_notebook


@pytest.fixture(scope="module")
def kept() -> Any:
    """examples/regularization.ipynb with its outputs, as it is in the project."""
    import nbformat

    return nbformat.read(execute_notebook.NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def executed() -> Any:
    """The same after all its cells have run again, its own assertions included."""
    return execute_notebook.execute()


def texts(story: Any) -> list[list[str]]:
    """The output and the results of the code cells."""
    return [
        [o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in cell.outputs]
        for cell in story.cells if cell.cell_type == "code"
    ]


def pictures(story: Any) -> list[Any]:
    found = [
        o.data["image/png"] for cell in story.cells for o in cell.get("outputs", [])
        if "image/png" in o.get("data", {})
    ]
    return [plt.imread(io.BytesIO(base64.b64decode(picture))) for picture in found]


# Jupyter's own libraries emit warnings.
@pytest.mark.filterwarnings("default")
def test_the_notebook_gives_the_outputs_that_are_kept(executed: Any, kept: Any) -> None:
    assert [cell.source for cell in kept.cells] == [cell.source for cell in executed.cells]
    assert [cell.metadata for cell in kept.cells] == [cell.metadata for cell in executed.cells]
    if swiftreg.build_info()["isa"] != "baseline":  # without FMA, the last digits are others
        assert texts(kept) == texts(executed)
    shapes = [[picture.shape for picture in pictures(story)] for story in (kept, executed)]
    assert len(shapes[0]) == len(shapes[1]) == 11
    np.testing.assert_allclose(shapes[0], shapes[1], atol=20)  # fonts differ


@pytest.mark.filterwarnings("default")
def test_the_notebook_shows_the_effects(executed: Any) -> None:
    cells = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert not [o for cell in cells for o in cell.outputs if o["output_type"] == "stream" and o["name"] == "stderr"]
    text = "".join(part for parts in texts(executed) for part in parts)
    costs = [float(x) for x in re.findall(r"Cost after iteration \d+: (\S+)", text)]
    assert len(costs) == 12 and all(costs[i] > costs[i + 1] > 0 for i in (0, 3, 6, 9))
    accuracies = [float(x) for x in re.findall(r"Accuracy: (\S+)", text)]
    train, test = accuracies[::2], accuracies[1::2]
    assert len(train) == 4 and train[0] > test[0] + 0.1
    assert all(a < train[0] for a in train[1:3]) and all(b >= test[0] + 0.03 for b in test[1:3])
    # Fresh masks gain over seeds, and something in this run.
    assert test[3] > test[0]
    assert f"The network overfits by {train[0] - test[0]:.4f}." in text
    for title in ("L2, lambd = 0.7", "dropout, keep_prob = 0.86"):
        assert title in text.split("Better on the test set than no regularization: ")[1]
    assert "dA2 is wrong" in text and "the mask is not applied backward" in text


def test_no_picture_of_the_notebook_is_blank(kept: Any) -> None:
    """Something other than the background is nearly everywhere along the axes of each."""
    for picture in pictures(kept):
        ink = (picture[..., :3] < 0.9).any(axis=-1)
        for side in (0, 1):
            lines = ink[20:-20, 45:-20].any(axis=side)
            assert lines.mean() > 0.6
    size = execute_notebook.NOTEBOOK.stat().st_size
    assert size < 300_000


@pytest.mark.filterwarnings("default")
def test_the_notebook_on_the_courses_data(data_file: Path, notebook_runs: dict[str, Any]) -> None:
    text = "".join(part for parts in texts(execute_notebook.execute(data=data_file)) for part in parts)
    accuracies = [float(x) for x in re.findall(r"Accuracy: (\S+)", text)]
    expected = [
        notebook_runs[kind][f"{half}_accuracy"] for kind in ("none", "l2", "dropout") for half in ("train", "test")
    ]
    assert accuracies[:6] == expected


# ---- The demo ------------------------------------------------------------------------------


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(EXAMPLES / "demo.py"), *arguments], capture_output=True, text=True, cwd=ROOT
    )


TABLE = r"^(no reg|L2|dropout).*?(\d+)/(\d+) [\d.]+ +(\d+)/(\d+) ([\d.]+)"


def test_the_demo_shows_that_regularization_helps() -> None:
    """On the stand-in: a table, a summary in words that follows from the table, pictures."""
    run = demo()
    assert run.returncode == 0 and run.stderr == "", run.stderr
    assert "stand-in" in run.stdout
    rows = re.findall(TABLE, run.stdout, re.M)
    assert [row[0] for row in rows] == ["no reg", "L2", "dropout"]
    train, test = ([int(row[a]) / int(row[a + 1]) for row in rows] for a in (1, 3))
    assert train[0] > test[0] + 0.1
    for kind, i in (("L2, lambd = 0.7", 1), ("dropout, keep_prob = 0.86", 2)):
        assert train[i] < train[0] and test[i] >= test[0] + 0.03
        words = (
            f"With {kind}: accuracy on the training set falls from {train[0]:.4f} to {train[i]:.4f},"
            f" on the test set rises from {test[0]:.4f} to {test[i]:.4f}."
        )
        assert words in run.stdout
    assert f"The network overfits by {train[0] - test[0]:.4f}." in run.stdout
    pictures = [Path(line.strip()) for line in run.stdout.splitlines() if line.endswith(".png")]
    assert len(pictures) == 3
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)


def test_the_demo_summarizes_its_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import demo as program

    said = list(program.findings({"none": (0.8, 0.9), "L2": (0.8, 0.85), "dropout": (0.9, 0.9)}))
    assert said[0].endswith("The network does not overfit.")
    assert "training set stays at 0.8000, on the test set falls from 0.9000 to 0.8500" in said[1]
    assert "training set rises from 0.8000 to 0.9000, on the test set stays at 0.9000" in said[2]


def test_the_demo_gives_the_notebooks_figures(data_file: Path) -> None:
    run = demo("--data", str(data_file))
    assert run.returncode == 0, run.stderr
    for train, test in (("200/211", "0.9150"), ("198/211", "0.9300"), ("196/211", "0.9500")):
        assert re.search(rf"{train} .*/200 {test}", run.stdout), run.stdout


def test_the_demo_names_a_missing_file() -> None:
    run = demo("--data", "no/such/data.mat")
    assert run.returncode != 0 and "no/such/data.mat" in run.stderr and "Traceback" not in run.stderr


def test_the_plain_numpy_loop_is_the_same_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import plain_numpy

    X, Y, *_ = notebook.load_2D_dataset()
    for options in ({}, {"lambd": 0.7}, {"keep_prob": 0.86}):
        ours = notebook.model(X, Y, num_iterations=50, print_cost=False, **options)
        theirs = plain_numpy.train(X, Y, iterations=50, **options)
        for name in ours:
            np.testing.assert_allclose(ours[name], theirs[name], rtol=0, atol=1e-12)


# ---- The gallery ---------------------------------------------------------------------------


def test_the_gallery_has_every_plot(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / "gallery.py"), str(tmp_path)],
        capture_output=True, text=True, cwd=ROOT,
    )
    assert run.returncode == 0 and run.stderr == "", run.stderr
    page = (tmp_path / "gallery.md").read_text()
    for name in swiftreg.plot.__all__:
        assert f"plot.{name}(" in page, name
    for name in ("load_2D_dataset", "model", "plot_decision_boundary"):
        assert f"notebook.{name}(" in page, name
    shown = re.findall(r"!\[.*?\]\((.*?)\)", page)
    assert len(shown) == page.count("```python") == page.count("\n## ")
    for name in shown:
        picture = plt.imread(tmp_path / name)
        ink = (picture[..., :3] < 0.9).any(axis=-1)
        assert ink[20:-20].any(axis=0).mean() > 0.6 and ink[:, 20:-20].any(axis=1).mean() > 0.6, name
    assert '"""' not in page


# ---- The C program -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return c_examples.build("train", tmp_path_factory.mktemp("train"))


def c_run(train: Path, *arguments: str) -> tuple[list[float], float]:
    """The costs that the program prints, and its accuracy."""
    run = subprocess.run([str(train), *arguments], check=True, capture_output=True, text=True)
    costs = [float(x) for x in re.findall(r"^cost \d+: (\S+)$", run.stdout, re.M)]
    found = re.search(r"^accuracy: (\d+)/(\d+)$", run.stdout, re.M)
    assert found is not None
    return costs, int(found[1]) / int(found[2])


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ((), {}),
        (("--l2", "0.7"), {"lambd": 0.7}),
        (("--dropout", "0.86"), {"keep_prob": 0.86, "fresh_masks": True}),
    ],
    ids=["none", "l2", "dropout"],
)
def test_the_c_program_trains_as_python_does(
    train: Path, arguments: tuple[str, ...], options: dict[str, Any]
) -> None:
    costs, accuracy = c_run(train, "--iterations", "200", *arguments)
    assert costs[-1] < 0.8 * costs[0]
    assert accuracy > 0.7
    X, Y, *_ = notebook.load_2D_dataset()
    parameters = notebook.model(X, Y, num_iterations=200, print_cost=False, **options)
    A3, _ = notebook.forward_propagation(X, parameters)
    cost = notebook.compute_cost_with_regularization(A3, Y, parameters, options.get("lambd", 0))
    np.testing.assert_allclose(costs[-1], cost, rtol=1e-12)


def test_the_c_program_reads_a_csv(train: Path, tmp_path: Path) -> None:
    X, Y, *_ = notebook.load_2D_dataset()
    file = tmp_path / "points.csv"
    file.write_text("".join(f"{x[0]!r},{x[1]!r},{y}\n" for x, y in zip(X.T.tolist(), Y[0].tolist())))
    assert c_run(train, "--iterations", "100", "--data", str(file)) == c_run(train, "--iterations", "100")


def test_errors_of_the_c_program(train: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.csv"
    damaged.write_text("0.1,0.2,1\n0.3,oops,0\n")
    for arguments, text in (
        (("--l2", "much"), "much"),
        (("--dropout", "0"), "--dropout"),
        (("--data", str(damaged)), "line 2"),
        (("--data", "no/such.csv"), "no/such.csv"),
        (("--what",), "usage"),
    ):
        run = subprocess.run([str(train), *arguments], capture_output=True, text=True)
        assert run.returncode == 1 and text in run.stderr
