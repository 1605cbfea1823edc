"""Handwritten digits: a softmax network with and without dropout, stopped early.

    python examples/digits.py
"""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from swiftreg import MLPClassifier


def main():
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype("float32")  # the network is as exact as its data
    X, test_X, y, test_y = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
    X, held_out_X, y, held_out_y = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
    print(f"{len(X)} digits to train, {len(held_out_X)} to stop early, {len(test_X)} to test")

    for name, keep_prob in (("no dropout", 1.0), ("dropout", [0.9, 0.7, 0.7])):
        model = MLPClassifier(
            (256, 128),
            keep_prob=keep_prob,
            early_stopping=True,
            n_iter_no_change=50,
            max_iter=500,
            random_state=0,
        )
        model.fit(X, y, eval_set=(held_out_X, held_out_y))
        print(
            f"{name:<11} stopped after epoch {model.n_iter_}, best was {model.best_iter_};"
            f" accuracy: train {model.score(X, y):.4f}, test {model.score(test_X, test_y):.4f}"
        )

    # Disagreement of several thinned networks measures the uncertainty of the network.
    mean, deviation = model.predict_proba(test_X, mc_samples=50, return_std=True)
    chosen = mean.argmax(axis=1)
    spread = deviation[range(len(chosen)), chosen]
    right = chosen == test_y
    print(f"spread over 50 masks: {spread[right].mean():.3f} where right, {spread[~right].mean():.3f} where wrong")


if __name__ == "__main__":
    main()
