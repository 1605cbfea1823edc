"""Diabetes: regression on 442 patients, where a network without regularization overfits.

    python examples/diabetes.py
"""

from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from swiftreg import MLPRegressor

SIZE = {"hidden_layer_sizes": (100, 50), "max_iter": 300, "tol": 1e-3, "random_state": 0}
MODELS = {
    "linear, L2": Ridge(alpha=10.0),
    "network": MLPRegressor(alpha=0.0, **SIZE),
    "network, L2": MLPRegressor(alpha=10.0, **SIZE),
    "network, dropout": MLPRegressor(alpha=0.0, keep_prob=[0.9, 0.6, 0.6], early_stopping=True, **SIZE),
    "network, max norm": MLPRegressor(alpha=0.0, max_norm=0.3, **SIZE),
}


def main():
    X, y = load_diabetes(return_X_y=True)
    folds = KFold(5, shuffle=True, random_state=0)
    print(f"R^2 of {len(X)} patients, the mean of 5 folds")
    for name, model in MODELS.items():
        scaled = TransformedTargetRegressor(
            make_pipeline(StandardScaler(), model), transformer=StandardScaler()
        )
        scores = cross_validate(scaled, X, y, cv=folds, return_train_score=True)
        train, test = scores["train_score"].mean(), scores["test_score"].mean()
        print(f"{name:<18} train {train:6.3f}   test {test:6.3f}")


if __name__ == "__main__":
    main()
