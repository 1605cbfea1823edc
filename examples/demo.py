"""The notebook "Regularization" on swiftreg: three models, one table, three pictures.

    make demo                          with a generated stand-in for the notebook's data
    make demo DATA=path/to/data.mat    with the data itself
"""

import argparse
import contextlib
import io
import re
import sys
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import plain_numpy
import swiftreg
from swiftreg import notebook

MODELS = {
    "no regularization": {},
    "L2, lambd = 0.7": {"lambd": 0.7},
    "dropout, keep_prob = 0.86": {"keep_prob": 0.86},
}
PICTURES = Path(__file__).resolve().parents[1] / "build" / "demo"


def silently(function, *arguments, **options):
    """What the function returns, what it printed, and the seconds it took."""
    printed = io.StringIO()
    start = time.perf_counter()
    with contextlib.redirect_stdout(printed):
        result = function(*arguments, **options)
    seconds = time.perf_counter() - start
    plt.close("all")
    return result, printed.getvalue(), seconds


def score(parameters, X, Y):
    """Right answers as a fraction and as a number, for example 200/211 and 0.9479."""
    right = int(np.sum(notebook.predict_dec(parameters, X) == Y))
    return f"{right}/{Y.size} {right / Y.size:.4f}"


def draw(title, parameters, X, Y):
    file = PICTURES / (re.sub(r"\W+", "-", title).strip("-").lower() + ".png")
    plt.figure(figsize=(6, 5))
    plt.title(title)
    notebook.plot_decision_boundary(lambda x: notebook.predict_dec(parameters, x.T), X, Y)
    plt.xlim(X[0].min() - 0.1, X[0].max() + 0.1)
    plt.ylim(X[1].min() - 0.1, X[1].max() + 0.1)
    plt.savefig(file, dpi=120)
    plt.close("all")
    return file


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", help="the notebook's data.mat")
    options.add_argument("--iterations", type=int, default=30000)
    options = options.parse_args()

    try:
        data, printed, _ = silently(notebook.load_2D_dataset, options.data)
    except (OSError, ValueError) as error:
        sys.exit(f"demo: {error}")
    train_X, train_Y, test_X, test_Y = data
    build = swiftreg.build_info()
    threads = "1 thread" if build["num_threads"] == 1 else f"up to {build['num_threads']} threads"
    print(printed.strip())
    print(
        f"2-20-3-1 network, {options.iterations} full-batch iterations, learning rate 0.3, float64;"
        f" {build['isa']} kernels, {threads}\n"
    )
    PICTURES.mkdir(parents=True, exist_ok=True)

    marks = [i for i in (0, 10000, 20000) if i < options.iterations]
    heads = [f"cost at {i}" for i in marks]
    line = "{:<26}" + "{:>15}" * len(marks) + "{:>16}{:>16}{:>9}{:>9}"
    print(line.format("model", *heads, "train", "test", "seconds", "NumPy"))
    files = []
    for title, regularization in MODELS.items():
        parameters, printed, seconds = silently(
            notebook.model, train_X, train_Y, num_iterations=options.iterations, **regularization
        )
        cost = dict(re.findall(r"^Cost after iteration (\d+): (\S+)$", printed, re.M))
        with np.errstate(over="ignore"):
            _, _, numpy_seconds = silently(
                plain_numpy.train, train_X, train_Y, iterations=options.iterations, **regularization
            )
        print(
            line.format(
                title,
                *(f"{float(cost[str(i)]):.8f}" for i in marks),
                score(parameters, train_X, train_Y),
                score(parameters, test_X, test_Y),
                f"{seconds:.2f}",
                f"{numpy_seconds:.2f}",
            ),
            flush=True,
        )
        files.append(draw(title, parameters, train_X, train_Y))
    print(
        f"\nNumPy: seconds of the same loop in plain NumPy {np.__version__} (examples/plain_numpy.py),"
        " measured here and now.\nDecision boundaries:"
    )
    for file in files:
        print(f"  {file}")


if __name__ == "__main__":
    main()
