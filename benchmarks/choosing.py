"""The tables of docs/choosing.md: early stopping on the loss and on the score, and the ends of the grid.

    .venv/bin/python benchmarks/choosing.py [--write]

`--write` puts the tables into the document.
"""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine, make_classification
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from swiftreg import MLPClassifier, MLPClassifierCV

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "choosing.md"
SPLITS = 5


def churn():
    """20,000 rows of which 7 % are positive, seven informative columns of thirty."""
    return make_classification(
        20_000, 30, n_informative=7, n_redundant=0, weights=[0.93], class_sep=0.8, flip_y=0.02,
        random_state=0,
    )


DATA = {
    "churn-like": churn, "breast cancer": lambda: load_breast_cancer(return_X_y=True),
    "digits": lambda: load_digits(return_X_y=True), "iris": lambda: load_iris(return_X_y=True),
    "wine": lambda: load_wine(return_X_y=True),
}


def splits(name):
    X, y = DATA[name]()
    for seed in range(SPLITS):
        parts = train_test_split(X, y, test_size=0.3, stratify=y, random_state=seed)
        scaler = StandardScaler().fit(parts[0])
        yield (seed, scaler.transform(parts[0]).astype(np.float32), scaler.transform(parts[1]).astype(np.float32),
               parts[2], parts[3])


def auc(y, probabilities):
    if probabilities.shape[1] == 2:
        return roc_auc_score(y, probabilities[:, 1])
    return roc_auc_score(y, probabilities, multi_class="ovr")


def stopping():
    """Log loss and AUC on the test parts, and epochs, for each rule."""
    lines = ["| data | stop_on | log loss | AUC | best epoch |", "| ---- | ------- | -------: | --: | ---------: |"]
    for name in DATA:
        for stop_on in ("score", "loss"):
            rows = []
            for seed, X, test_X, y, test_y in splits(name):
                model = MLPClassifier(early_stopping=True, stop_on=stop_on, random_state=seed).fit(X, y)
                p = model.predict_proba(test_X)
                rows.append((log_loss(test_y, p), auc(test_y, p), model.best_iter_))
            mean, error = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1) / np.sqrt(SPLITS)
            lines.append(
                f"| {name} | {stop_on} | {mean[0]:.3f} ± {error[0]:.3f} | {mean[1]:.3f} ± {error[1]:.3f}"
                f" | {np.median([row[2] for row in rows]):.0f} |"
            )
    return lines


def ends():
    """The cross-validated log loss along the derived alphas, and that of constant class frequencies."""
    lines = ["| data | shares of the classes | largest alpha | best | smallest alpha |",
             "| ---- | --------------------: | ------------: | ---: | -------------: |"]
    for name in DATA:
        _, X, _, y, _ = next(iter(splits(name)))
        shares = np.bincount(y) / len(y)
        cv = MLPClassifierCV(keep_probs=1.0, random_state=0).fit(X, y)
        scores = -cv.cv_results_["mean_test_score"]
        lines.append(
            f"| {name} | {-np.sum(shares * np.log(shares)):.3f} | {scores[-1]:.3f} | {scores.min():.3f}"
            f" (alpha {cv.alphas_[scores.argmin()]:.3g}) | {scores[0]:.3f} |"
        )
    return lines


def main():
    warnings.simplefilter("ignore")
    text = DOCUMENT.read_text()
    for name, table in (("ends", ends()), ("stopping", stopping())):
        print("\n".join([f"{name}:", *table, ""]), flush=True)
        mark = f"<!-- choosing: {name} -->"
        pattern = re.escape(mark) + r"\n(?:\n(?:\|[^\n]*\n)+)?"
        text = re.sub(pattern, lambda _: "\n".join([mark, "", *table]) + "\n", text)  # noqa: B023
    if "--write" in sys.argv:
        DOCUMENT.write_text(text)


if __name__ == "__main__":
    main()
