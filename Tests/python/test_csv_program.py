"""examples/c/csv.c: a CSV file becomes a network, a saved network predictions, and a network C."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import sklearn.datasets
from numpy.typing import NDArray

import c_examples
import swiftreg

Array = NDArray[np.float64]


class Trained(NamedTuple):
    program: Path
    csv: Path
    X: Array
    y: NDArray[np.int64]
    network: Path
    exported: Path
    printed: str

    @property
    def trains(self) -> NDArray[np.bool_]:
        """The rows that the program does not keep for validation."""
        return swiftreg.dropout_mask(len(self.y), 0.8, seed=0, stream=2**64 - 1).astype(bool)


def write_csv(path: Path, X: Array, y: NDArray[np.int64], header: str = "") -> None:
    rows = [",".join([*map(repr, row), str(label)]) for row, label in zip(X.tolist(), y.tolist(), strict=True)]
    path.write_text(header + "\n".join(rows) + "\n")


def run(program: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return c_examples.build("csv", tmp_path_factory.mktemp("csv"))


@pytest.fixture(scope="module", params=["breast_cancer", "digits"])
def trained(request: pytest.FixtureRequest, program: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp(request.param)
    data = getattr(sklearn.datasets, f"load_{request.param}")()
    files = folder / "data.csv", folder / "network.safetensors", folder / "predict.c"
    header = ",".join([*(f"column {i}" for i in range(data.data.shape[1])), "class"]) + "\n"
    write_csv(files[0], data.data, data.target, header)
    done = run(program, "train", files[0], files[1], "--export", files[2])
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return Trained(program, files[0], data.data, data.target, files[1], files[2], done.stdout)


def predictions(trained: Trained) -> tuple[NDArray[np.int64], Array]:
    """The classes and outputs that `csv predict` prints."""
    done = run(trained.program, "predict", trained.network, trained.csv)
    assert done.returncode == 0, done.stderr
    values = np.array([[float(x) for x in line.split(",")] for line in done.stdout.splitlines()])
    classes = values[:, 0].astype(int)
    assert done.stderr == f"right: {np.sum(classes == trained.y)}/{len(trained.y)}\n"
    return classes, values[:, 1:]


def test_it_learns(trained: Trained) -> None:
    classes, _ = predictions(trained)
    right = classes == trained.y
    kept = trained.trains
    found = re.search(r"^right: (\d+)/(\d+) of training, (\d+)/(\d+) of validation$", trained.printed, re.M)
    assert found is not None
    counts = (right[kept].sum(), kept.sum(), right[~kept].sum(), (~kept).sum())
    assert tuple(map(int, found.groups())) == counts
    assert counts[0] / counts[1] > 0.95 and counts[2] / counts[3] > 0.93
    assert re.search(r"^epoch   10  cost 0\.\d+  validation 0\.\d+$", trained.printed, re.M)
    assert "best after epoch" in trained.printed


def test_it_trains_as_python_does(trained: Trained) -> None:
    """The same steps through swiftreg.MLP; the program's columns are then those before standardization."""
    kept, classes = trained.trains, int(trained.y.max()) + 1
    Y = trained.y[:, None].astype(float) if classes == 2 else np.eye(classes)[trained.y]
    mean, deviation = trained.X[kept].mean(axis=0), trained.X[kept].std(axis=0)
    Z = (trained.X - mean) / np.where(deviation > 0, deviation, 1)
    net = swiftreg.MLP(
        [Z.shape[1], 32, 16, Y.shape[1]], keep_prob=[1, 0.8, 0.8], learning_rate=0.001, dtype="float64",
        loss="binary_cross_entropy" if classes == 2 else "softmax_cross_entropy",
    )
    validation = Z[~kept], Y[~kept]
    history = net.fit(Z[kept], Y[kept], epochs=1000, batch_size=32, validation_data=validation, patience=50)
    assert f"best after epoch {history.best_epoch}: " in trained.printed
    # The means are summed in another order: measured differences are 1e-11.
    np.testing.assert_allclose(predictions(trained)[1], net.predict(Z), rtol=0, atol=1e-7)


def test_a_loaded_network_gives_the_same_bits(trained: Trained) -> None:
    loaded = swiftreg.MLP.load(trained.network)
    assert np.array_equal(loaded.predict(trained.X), predictions(trained)[1])


def test_it_gives_the_same_file_again(trained: Trained, tmp_path: Path) -> None:
    done = run(trained.program, "train", trained.csv, tmp_path / "again")
    assert done.returncode == 0 and done.stdout == trained.printed
    assert (tmp_path / "again").read_bytes() == trained.network.read_bytes()
    run(trained.program, "train", trained.csv, tmp_path / "other", "--seed", 1)
    assert (tmp_path / "other").read_bytes() != trained.network.read_bytes()


def test_the_exported_file_agrees(trained: Trained, tmp_path: Path) -> None:
    library = tmp_path / "predict.so"
    strict = "-std=c99 -Wall -Wextra -Werror -shared -fPIC".split()
    compiler = os.environ.get("CC", "cc")
    subprocess.run([compiler, *strict, str(trained.exported), "-o", str(library), "-lm"], check=True)
    function = ctypes.CDLL(str(library)).predict
    function.restype = None
    expected = predictions(trained)[1]
    got = np.empty_like(expected)
    for x, y in zip(np.ascontiguousarray(trained.X), got, strict=True):
        function(ctypes.c_void_p(x.ctypes.data), ctypes.c_void_p(y.ctypes.data))
    np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-14)


def test_a_byte_order_mark_hides_no_row(trained: Trained, tmp_path: Path) -> None:
    """With a header, and without one, where the first row would be taken for it."""
    plain = trained.csv.read_bytes()
    headless = plain if plain[:1] in b"-0123456789" else plain.split(b"\n", 1)[1]
    wanted = run(trained.program, "predict", trained.network, trained.csv).stdout
    for content in (b"\xef\xbb\xbf" + headless, b"\xef\xbb\xbfa,b\n" + headless):
        marked = tmp_path / "marked.csv"
        marked.write_bytes(content)
        done = run(trained.program, "predict", trained.network, marked)
        assert done.returncode == 0 and done.stdout == wanted


def test_rows_without_a_class(trained: Trained, tmp_path: Path) -> None:
    """Also with the line ends, blanks and empty lines of other programs."""
    rows = tmp_path / "rows.csv"
    lines = [" , ".join(map(repr, row)) for row in trained.X[:5].tolist()]
    rows.write_bytes(b"\r\n\r\n".join(line.encode() for line in lines))
    done = run(trained.program, "predict", trained.network, rows)
    assert done.returncode == 0 and done.stderr == ""
    whole = run(trained.program, "predict", trained.network, trained.csv).stdout
    assert done.stdout.splitlines() == whole.splitlines()[:5]


def test_options(program: Path, tmp_path: Path) -> None:
    """Logistic regression, without validation, and with L2 that shrinks the weights."""
    data = sklearn.datasets.load_breast_cancer()
    write_csv(tmp_path / "data.csv", data.data, data.target)
    norms = []
    for l2 in (0, 100):
        arguments = ["--hidden", "", "--validation", 0, "--epochs", 50, "--l2", l2, "--learning-rate", 0.01]
        done = run(program, "train", tmp_path / "data.csv", tmp_path / "network", *arguments)
        assert done.returncode == 0, done.stderr
        assert "569 to train on, 0 for validation" in done.stdout and "best" not in done.stdout
        net = swiftreg.MLP.load(tmp_path / "network")
        assert net.layer_dims == (30, 1)
        norms.append(np.linalg.norm(net.weights[0][0] * data.data.std(axis=0)))
    assert norms[1] < 0.5 * norms[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,0\n3,oops,1\n", "line 2: not 3 numbers"),
        ("1,2,0\n3,1\n", "line 2: not 3 numbers"),
        ("1,2,0\n3,4,1,5\n", "line 2: not 3 numbers"),
        ("1,2,0\n3,nan,1\n", "line 2: not 3 numbers"),
        ("1,2,0\n3,,1\n", "line 2: not 3 numbers"),
        ("1,2,0\n3,4,0.5\n", "row 2: the class"),
        ("1,2,-1\n", "row 1: the class"),
        ("1,2,1e300\n", "row 1: the class"),
        ("1\n0\n", "no column beside the class"),
        ("a,b,c\n", "no rows"),
        ("", "no rows"),
    ],
)
def test_damaged_files_are_named(program: Path, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "data.csv").write_text(text)
    done = run(program, "train", tmp_path / "data.csv", tmp_path / "network")
    assert done.returncode == 1 and message in done.stderr and "data.csv" in done.stderr
    assert not (tmp_path / "network").exists()


def test_errors_of_the_csv_program(trained: Trained, tmp_path: Path) -> None:
    csv, network = trained.csv, trained.network
    (tmp_path / "narrow.csv").write_text("1,2,0\n")
    for arguments, message in (
        ((), "usage"),
        (("train", csv), "usage"),
        (("train", csv, tmp_path / "n", "--what", 1), "usage"),
        (("train", csv, tmp_path / "n", "--keep-prob", 0), "--keep-prob must be"),
        (("train", csv, tmp_path / "n", "--hidden", "3,x"), "--hidden must be"),
        (("train", csv, tmp_path / "n", "--hidden", "1," * 9), "--hidden must be"),
        (("train", "no/such.csv", tmp_path / "n"), "no/such.csv: No such file"),
        (("train", csv, "no/such/folder"), "no/such/folder: No such file"),
        (("predict", "no/such", csv), "no/such: No such file"),
        (("predict", csv, csv), "data.csv: the bytes are no network"),
        (("predict", network, tmp_path / "narrow.csv"), "narrow.csv has 3 columns"),
    ):
        done = run(trained.program, *arguments)
        assert done.returncode == 1 and message in done.stderr, done.stderr


def test_sanitizers_find_nothing(trained: Trained, tmp_path: Path) -> None:
    """Neither in the program nor, of leaks, in the library."""
    program = c_examples.build("csv", tmp_path, "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    files = tmp_path / "network", "--export", tmp_path / "predict.c"
    done = run(program, "train", trained.csv, *files, "--epochs", 5)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    done = run(program, "predict", tmp_path / "network", trained.csv)
    assert done.returncode == 0 and done.stderr.startswith("right: "), done.stderr
