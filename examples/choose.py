"""How much to regularize: alpha and keep_prob by cross-validation, on a table with categories and gaps.

    python examples/choose.py [picture.png] [table.csv target]

Without a table: the Palmer penguins (pip install palmerpenguins), whose species is predicted. Columns
of words become indicators, gaps in numbers their median. The grid of alpha and keep_prob is
cross-validated at once; then the probabilities are calibrated on examples that were not trained on,
and the whole is saved and loaded again.
"""

import sys
import tempfile
from importlib.resources import files
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from swiftreg import MLPClassifierCV, plot


def main(picture="choose.png", table=None, target="species"):
    if table is None:
        table = files("palmerpenguins") / "data" / "penguins.csv"
    with open(table) as file:
        frame = pd.read_csv(file)
    frame = frame.dropna(subset=[target])
    X, y = frame.drop(columns=target), frame[target].to_numpy()
    print(f"{len(frame)} examples, {X.shape[1]} columns, {int(X.isna().sum().sum())} gaps, {len(set(y))} classes")
    X, test_X, y, test_y = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
    X, held_out_X, y, held_out_y = train_test_split(X, y, test_size=0.25, stratify=y, random_state=0)

    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    search = MLPClassifierCV(
        (50,), alphas=6, keep_probs=[1.0, 0.8, 0.5], rule="1se", learning_rate_init=0.005, random_state=0
    )
    model = make_pipeline(columns, search).fit(X, y)
    for rule, index in search.choices_.items():
        point, score = search.cv_results_["params"][index], search.cv_results_["mean_test_score"][index]
        print(f"{rule:>4}: alpha {point['alpha']:.4g}, keep_prob {point['keep_prob']}, log loss {-score:.4f}")
    print(f"trained for {search.n_epochs_} epochs with alpha {search.alpha_:.4g}, keep_prob {search.keep_prob_}")

    calibrated = CalibratedClassifierCV(FrozenEstimator(model), method="sigmoid")
    calibrated.fit(held_out_X, held_out_y)
    for name, probabilities in (
        ("as trained", model.predict_proba(test_X)), ("calibrated", calibrated.predict_proba(test_X)),
    ):
        right = (model.classes_[probabilities.argmax(axis=1)] == test_y).mean()
        loss = log_loss(test_y, probabilities, labels=model.classes_)
        print(f"{name}: log loss {loss:.4f}, accuracy {right:.4f} of {len(test_y)}")

    with tempfile.TemporaryDirectory() as folder:
        joblib.dump(calibrated, Path(folder) / "model.joblib")
        loaded = joblib.load(Path(folder) / "model.joblib")
    same = np.array_equal(loaded.predict_proba(test_X), calibrated.predict_proba(test_X))
    print(f"saved and loaded: the same probabilities: {same}")

    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8), layout="constrained")
    left, right = figure.subfigures(1, 2)
    plot.validation_map(search, ax=left.subplots())
    plot.path(search, axes=right.subplots(3, 1, sharex=True))
    Path(picture).resolve().parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture)
    print(f"Picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
