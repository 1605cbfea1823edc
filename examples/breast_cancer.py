"""Breast cancer: the effect of L2 on a network over a path of lambdas, with a plot.

    python examples/breast_cancer.py [PICTURE.png]
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from swiftreg import MLPClassifier, plot

LAMBDAS = [0.001, 0.01, 0.1, 1.0, 10.0, 100.0]
PICTURE = Path(__file__).resolve().parents[1] / "build" / "examples" / "breast_cancer.png"


def network(lambd):
    # With tol=0 all networks train equally long: only lambda differs.
    return make_pipeline(
        StandardScaler(), MLPClassifier(50, alpha=lambd, random_state=0, tol=0, n_iter_no_change=300)
    )


def main():
    picture = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    X, y = load_breast_cancer(return_X_y=True)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)

    print("lambda    train     test     log loss  norm of W")
    fitted = {}
    for lambd in LAMBDAS:
        scores = cross_validate(
            network(lambd), X, y, cv=folds, scoring=["accuracy", "neg_log_loss"],
            return_train_score=True, return_estimator=True,
        )  # fmt: skip
        fitted[lambd] = scores["estimator"][0][-1]
        norm = np.sqrt(sum(np.sum(W**2) for W in fitted[lambd].coefs_))
        print(
            f"{lambd:<9g} {scores['train_accuracy'].mean():.4f}    {scores['test_accuracy'].mean():.4f}"
            f"   {-scores['test_neg_log_loss'].mean():.4f}    {norm:.2f}"
        )

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    plot.validation_curve(
        network(1.0), X, y, param_name="mlpclassifier__alpha", param_range=LAMBDAS, cv=folds,
        scoring="neg_log_loss", ax=left,
    )  # fmt: skip
    left.set(xlabel="lambda", ylabel="log-likelihood")
    plot.weights({f"lambda = {lambd:g}": fitted[lambd] for lambd in (0.001, 10.0)}, ax=right)
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, dpi=120)
    print(f"Picture: {picture}")


if __name__ == "__main__":
    # Training stops at max_iter on purpose, about which scikit-learn's tools would warn.
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    warnings.simplefilter("ignore", ConvergenceWarning)
    main()
