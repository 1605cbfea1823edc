"""Two tables of docs/choosing.md: early stopping on the loss and on the score, and the ends of the grid.

    .venv/bin/python benchmarks/choosing.py [--write]

`--write` puts the tables into the document. The others come from tables.py.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np

from answers.data import splits
from answers.measures import auc, loss
from document import DOCS, put, table
from swiftreg import MLPClassifier, MLPClassifierCV

DOCUMENT = DOCS / "choosing.md"
SPLITS = 5
DATA = ("churn-like", "breast cancer", "digits", "iris", "wine")


def stopping() -> list[str]:
    """Log loss and AUC on the test parts, and epochs, for each rule."""
    lines = []
    for name in DATA:
        for stop_on in ("score", "loss"):
            rows = []
            for seed, split in enumerate(splits(name, SPLITS)):
                model = MLPClassifier(early_stopping=True, stop_on=stop_on, random_state=seed).fit(split.X, split.y)
                test = (split.test_X, split.test_y)
                rows.append((loss(model, *test, split.y.max() + 1), auc(model, *test), model.best_iter_))
            mean, error = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1) / np.sqrt(SPLITS)
            lines.append([
                name, stop_on, f"{mean[0]:.3f} ± {error[0]:.3f}", f"{mean[1]:.3f} ± {error[1]:.3f}",
                f"{np.median([row[2] for row in rows]):.0f}",
            ])
    return table(["data", "stop_on", "log loss", "AUC", "best epoch"], lines, numbers_from=2)


def ends() -> list[str]:
    """The cross-validated log loss along the derived alphas, and that of constant class frequencies."""
    lines = []
    for name in DATA:
        split = next(iter(splits(name, 1)))
        shares = np.bincount(split.y) / len(split.y)
        cv = MLPClassifierCV(keep_probs=1.0, random_state=0).fit(split.X, split.y)
        scores = -cv.cv_results_["mean_test_score"]
        lines.append([
            name, f"{-np.sum(shares * np.log(shares)):.3f}", f"{scores[-1]:.3f}",
            f"{scores.min():.3f} (alpha {cv.alphas_[scores.argmin()]:.3g})", f"{scores[0]:.3f}",
        ])
    return table(["data", "shares of the classes", "largest alpha", "best", "smallest alpha"], lines)


def main() -> None:
    warnings.simplefilter("ignore")
    text = DOCUMENT.read_text()
    for name, lines in (("ends", ends()), ("stopping", stopping())):
        print("\n".join([f"{name}:", *lines, ""]), flush=True)
        text = put(text, f"choosing: {name}", lines)
    if "--write" in sys.argv:
        DOCUMENT.write_text(text)


if __name__ == "__main__":
    main()
