"""The examples on scikit-learn's data run, and their results show the effect of regularization."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV

import swiftreg
from conftest import ROOT

EXAMPLES = ROOT / "examples"
THREADS = ("SWIFTREG_NUM_THREADS", "OMP_NUM_THREADS")


def printed(name: str, *arguments: str) -> str:
    """The output of an example, which must not write to standard error."""
    environment = {key: value for key, value in os.environ.items() if key not in THREADS}
    run = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments], capture_output=True, text=True,
        cwd=ROOT, env=environment,
    )
    assert run.returncode == 0 and run.stderr == "", run.stderr
    return run.stdout


def test_digits() -> None:
    out = printed("digits.py")
    assert "1005 digits to train, 252 to stop early, 540 to test" in out
    runs = re.findall(
        r"^(no dropout|dropout) +stopped after epoch (\d+), best was (\d+); accuracy: train (\S+), test (\S+)$",
        out, re.M,
    )
    assert [run[0] for run in runs] == ["no dropout", "dropout"]
    for _, last, best, train, test in runs:
        # Stopped by 51 epochs without a better score, before max_iter.
        assert int(last) == int(best) + 51 < 500
        assert float(train) > 0.97 and float(test) > 0.95
    right, wrong = map(float, re.findall(r"([\d.]+) where", out))
    assert 0 < 1.3 * right < wrong < 0.5


def test_breast_cancer(tmp_path: Path) -> None:
    picture = tmp_path / "new" / "path.png"
    out = printed("breast_cancer.py", str(picture))
    rows = np.array([line.split() for line in out.splitlines()[1:7]], dtype=float)
    lambdas, train, test, log_loss, norm = rows.T
    assert lambdas.tolist() == [0.001, 0.01, 0.1, 1, 10, 100]
    assert (np.diff(norm) < 0).all() and norm[-1] < 0.1 * norm[0]
    assert (np.diff(train) <= 0).all() and train[0] > 0.98
    assert test.max() > 0.97
    # The best lambda is neither the smallest nor the largest.
    assert 0 < np.argmin(log_loss) < 5
    assert picture.read_bytes().startswith(b"\x89PNG") and out.endswith(f"Picture: {picture}\n")


def test_diabetes() -> None:
    out = printed("diabetes.py")
    scores = {
        name.strip(): (float(train), float(test))
        for name, train, test in re.findall(r"^(.*?) train +(\S+) +test +(\S+)$", out, re.M)
    }
    assert list(scores)[:2] == ["linear, L2", "network"] and len(scores) == 5
    train, test = scores["network"]
    for name in ("network, L2", "network, dropout", "network, max norm"):
        assert scores[name][0] < train - 0.2  # less is learned
        assert scores[name][1] > test + 0.05  # more is understood
        assert 0.4 < scores[name][1] < 0.6


def test_choose(tmp_path: Path) -> None:
    picture = tmp_path / "new" / "choose.png"
    out = printed("choose.py", str(picture))
    assert out.startswith("344 examples, 7 columns, 19 gaps, 3 classes\n")
    alphas = {
        rule: float(alpha)
        for rule, alpha in re.findall(r"^ *(best|1se): alpha (\S+), keep_prob \S+, log loss \S+$", out, re.M)
    }
    assert alphas["1se"] > alphas["best"] > 0
    (used,) = re.findall(r"^trained for \d+ epochs with alpha (\S+),", out, re.M)
    assert float(used) == alphas["1se"]
    results = re.findall(r"^(as trained|calibrated): log loss (\S+), accuracy (\S+) of 104$", out, re.M)
    assert len(results) == 2
    assert all(float(loss) < 0.2 and float(accuracy) > 0.95 for _, loss, accuracy in results)
    assert "saved and loaded: the same probabilities: True\n" in out
    assert picture.read_bytes().startswith(b"\x89PNG") and out.endswith(f"Picture: {picture}\n")


def test_choose_on_a_table_of_ones_own(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [f"{'red' if x > 0 else 'blue'},{x if i % 7 else ''},{'yes' if x * y > 0 else 'no'},{y}"
            for i, (x, y) in enumerate(rng.normal(size=(200, 2)))]
    table = tmp_path / "own.csv"
    table.write_text("\n".join(["color,x,bought,y", *rows]))
    out = printed("choose.py", str(tmp_path / "own.png"), str(table), "bought")
    assert out.startswith("200 examples, 3 columns, 29 gaps, 2 classes\n")
    assert min(map(float, re.findall(r"accuracy (\S+) of 60", out))) > 0.8


def test_sweep() -> None:
    out = printed("sweep.py")
    assert out.endswith("The same scores: True\n")
    runs = re.findall(
        r"^(\w+) +[\d.]+ s, (\d) workers of (\d+) thread\(s\): best (\S+) with (.*)$", out, re.M
    )
    assert [run[0] for run in runs] == ["loky", "threading", "dask"]
    # On a machine with fewer cores than workers, each still has one thread.
    cores = max(2, len(os.sched_getaffinity(0)))
    assert all(int(workers) * int(threads) <= cores for _, workers, threads, _, _ in runs)
    X, y = load_digits(return_X_y=True)
    model = swiftreg.MLPClassifier(
        100, learning_rate_init=0.01, max_iter=20, n_iter_no_change=math.inf, random_state=0
    )
    alone = GridSearchCV(model, {"alpha": [0.01, 1.0, 100.0], "keep_prob": [0.6, 0.8, 1.0]}, cv=3)
    alone.fit((X / 16).astype("float32"), y)
    assert alone.best_score_ > 0.9 > alone.cv_results_["mean_test_score"].min()
    assert {(best, point) for *_, best, point in runs} == {
        (f"{alone.best_score_:.4f}", str(alone.best_params_))
    }
