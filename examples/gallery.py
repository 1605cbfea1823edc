"""Every plot of swiftreg, each with the code that draws it.

    .venv/bin/python examples/gallery.py [FOLDER]

writes the pictures and gallery.md, a page with pictures and code, into FOLDER (build/gallery). A
function below is an entry of the page: its docstring is the caption, its body the code.
"""

import ast
import contextlib
import inspect
import io
import sys
import textwrap
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits, make_moons
from sklearn.model_selection import StratifiedKFold

import swiftreg
from swiftreg import notebook, plot


def loss_curve():
    """The training and validation cost of each epoch: without regularization, the validation cost
    rises while the training cost falls."""
    X, y = make_moons(300, noise=0.35, random_state=0)
    network = swiftreg.MLP([2, 100, 100, 1], optimizer="adam", learning_rate=0.01, seed=1)
    network.fit(X[:60], y[:60], epochs=300, validation_data=(X[60:], y[60:]))
    plot.loss_curve(network).set_title("Overfitting")


def loss_curves_compared():
    """Two trainings on the same axes: dropout keeps the validation cost low."""
    X, y = make_moons(300, noise=0.35, random_state=0)
    ax = None
    for label, keep_prob in (("no dropout", 1.0), ("keep_prob = 0.7", 0.7)):
        network = swiftreg.MLP([2, 100, 100, 1], keep_prob=keep_prob, optimizer="adam", learning_rate=0.01, seed=1)
        network.fit(X[:60], y[:60], epochs=300, validation_data=(X[60:], y[60:]))
        ax = plot.loss_curve(network, label=label, ax=ax)
    ax.set_ylim(0, 2)


def decision_boundary():
    """The decision regions of a classifier, without and with regularization. Labels may be words."""
    X, y = make_moons(120, noise=0.35, random_state=2)
    names = np.array(["upper", "lower"])[y]
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), sharey=True)
    for ax, alpha in zip(axes, (0.0, 2.0)):
        model = swiftreg.MLPClassifier((50, 50), alpha=alpha, max_iter=2000, random_state=0)
        plot.decision_boundary(model.fit(X, names), X, names, ax=ax).set_title(f"alpha = {alpha}")


def weights():
    """Histograms of the weights of several models, in the same bins: L1 makes weights zero, L2 makes
    them small."""
    X, y = make_moons(300, noise=0.3, random_state=0)
    models = {}
    for name, options in {"none": {}, "L2": {"l2": 2.0}, "L1": {"l1": 2.0}}.items():
        models[name] = swiftreg.MLP([2, 50, 50, 1], optimizer="adam", learning_rate=0.01, seed=1, **options)
        models[name].fit(X, y, epochs=500)
    plot.weights(models, layer=1).set_yscale("log")


def validation_curve():
    """The training and cross-validation score over the strength of a regularizer."""
    X, y = load_digits(return_X_y=True)
    model = swiftreg.MLPClassifier(30, max_iter=1000, random_state=0)
    plot.validation_curve(
        model, X[:500] / 16, y[:500], param_name="alpha", param_range=[0.01, 0.1, 1, 10, 100],
        cv=StratifiedKFold(3),
    )


def validation_map():
    """The cross-validation score over L2 and dropout, with the points that the two rules choose."""
    X, y = make_moons(150, noise=0.35, random_state=0)
    model = swiftreg.MLPClassifierCV(
        (30,), alphas=5, keep_probs=[1.0, 0.9, 0.7, 0.5], cv=3, max_iter=3000, random_state=0
    )
    plot.validation_map(model.fit(X, y))


def path():
    """The same search over alpha: score, norm of the weights, and epochs up to the best validation."""
    X, y = make_moons(150, noise=0.35, random_state=0)
    model = swiftreg.MLPClassifierCV(
        (30,), alphas=5, keep_probs=[1.0, 0.7], cv=3, max_iter=3000, random_state=0
    )
    plot.path(model.fit(X, y))


def notebook_data():
    """The training points of the course notebook; here those of the stand-in."""
    notebook.load_2D_dataset()


def notebook_model():
    """The costs that the notebook's `model` collects."""
    train_X, train_Y, test_X, test_Y = notebook.load_2D_dataset(is_plot=False)
    notebook.model(train_X, train_Y, lambd=0.7, learning_rate=0.05)


def notebook_decision_boundary():
    """The decision boundary of the notebook's network, without regularization."""
    train_X, train_Y, test_X, test_Y = notebook.load_2D_dataset(is_plot=False)
    parameters = notebook.model(train_X, train_Y, is_plot=False)
    plt.title("no regularization")
    notebook.plot_decision_boundary(lambda x: notebook.predict_dec(parameters, x.T), train_X, train_Y)


def notebook_weights():
    """The weights of the notebook's networks, with and without L2."""
    train_X, train_Y, test_X, test_Y = notebook.load_2D_dataset(is_plot=False)
    models = {
        f"lambd = {lambd}": notebook.model(train_X, train_Y, lambd=lambd, is_plot=False) for lambd in (0, 0.7)
    }
    plot.weights(models, bins=40)


ENTRIES = (
    loss_curve, loss_curves_compared, decision_boundary, weights, validation_curve, validation_map,
    path, notebook_data, notebook_model, notebook_decision_boundary, notebook_weights,
)


def code_of(entry):
    """The body of a function without its docstring."""
    source = inspect.getsource(entry)
    lines = source.splitlines()
    docstring = ast.parse(source).body[0].body[0]
    return textwrap.dedent("\n".join(lines[docstring.end_lineno :]))


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    page = ["# Gallery\n"]
    for entry in ENTRIES:
        plt.close("all")
        with contextlib.redirect_stdout(io.StringIO()):
            entry()
        plt.tight_layout()
        plt.savefig(folder / f"{entry.__name__}.png", dpi=80)
        title = entry.__name__.replace("_", " ").capitalize()
        caption = " ".join(inspect.getdoc(entry).split())
        page.append(
            f"## {title}\n\n{caption}\n\n![{title}]({entry.__name__}.png)\n\n"
            f"```python\n{code_of(entry)}\n```\n"
        )
        print(folder / f"{entry.__name__}.png", flush=True)
    (folder / "gallery.md").write_text("\n".join(page))
    print(folder / "gallery.md")


if __name__ == "__main__":
    default = Path(__file__).resolve().parents[1] / "build" / "gallery"
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else default)
