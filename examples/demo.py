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
    """The result of the function, its printed output, and its seconds."""
    printed = io.StringIO()
    start = time.perf_counter()
    with contextlib.redirect_stdout(printed):
        result = function(*arguments, **options)
    seconds = time.perf_counter() - start
    plt.close("all")
    return result, printed.getvalue(), seconds


def right_answers(parameters, X, Y):
    return int(np.sum(notebook.predict_dec(parameters, X) == Y))


def score(right, Y):
    """Correct predictions as a fraction and as a number, for example 200/211 and 0.9479."""
    return f"{right}/{Y.size} {right / Y.size:.4f}"


def change(before, after):
    """A change of accuracy in words."""
    if after == before:
        return f"stays at {after:.4f}"
    return f"{'rises' if after > before else 'falls'} from {before:.4f} to {after:.4f}"


def findings(accuracies):
    """A conclusion from the accuracies of each model on the training and the test set; a line each."""
    plain, *regularized = accuracies.items()
    train, test = plain[1]
    gap = f"{train:.4f} on the training set and {test:.4f} on the test set"
    if train > test:
        yield f"Without regularization: {gap}. The network overfits by {train - test:.4f}."
    else:
        yield f"Without regularization: {gap}. The network does not overfit."
    for title, (its_train, its_test) in regularized:
        yield (
            f"With {title}: accuracy on the training set {change(train, its_train)},"
            f" on the test set {change(test, its_test)}."
        )


def draw(title, parameters, X, Y):
    file = PICTURES / (re.sub(r"\W+", "-", title).strip("-").lower() + ".png")
    plt.figure(figsize=(6, 5))
    plt.title(title)
    notebook.plot_decision_boundary(lambda x: notebook.predict_dec(parameters, x.T), X, Y)
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
    line = "{:<26}" + "{:>15}" * len(marks) + "{:>16}{:>17}{:>9}{:>9}"
    print(line.format("model", *heads, "train", "test", "seconds", "NumPy"))
    files, accuracies = [], {}
    for title, regularization in MODELS.items():
        parameters, printed, seconds = silently(
            notebook.model, train_X, train_Y, num_iterations=options.iterations, **regularization
        )
        cost = dict(re.findall(r"^Cost after iteration (\d+): (\S+)$", printed, re.M))
        with np.errstate(over="ignore"):
            _, _, numpy_seconds = silently(
                plain_numpy.train, train_X, train_Y, iterations=options.iterations, **regularization
            )
        train = right_answers(parameters, train_X, train_Y)
        test = right_answers(parameters, test_X, test_Y)
        accuracies[title] = train / train_Y.size, test / test_Y.size
        print(
            line.format(
                title,
                *(f"{float(cost[str(i)]):.8f}" for i in marks),
                score(train, train_Y),
                score(test, test_Y),
                f"{seconds:.2f}",
                f"{numpy_seconds:.2f}",
            ),
            flush=True,
        )
        files.append(draw(title, parameters, train_X, train_Y))
    print()
    print(*findings(accuracies), sep="\n")
    print(
        f"\nNumPy: seconds of the same loop in plain NumPy {np.__version__} (examples/plain_numpy.py),"
        " measured here and now.\nDecision boundaries:"
    )
    for file in files:
        print(f"  {file}")


if __name__ == "__main__":
    main()
