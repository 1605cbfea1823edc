"""Settings carried over from Weka."""

from __future__ import annotations

from swiftreg._carry_over._table import Library, Line, Settings, caveat, only

LIBRARY = Library("Weka", package="weka", version="3.6.14", tests=("Tests/peers/test_weka.py",))


@LIBRARY.entry(
    "weka.MultilayerPerceptron",
    Line(
        "`-L r -M μ`, a numeric class, `-I -C`: batches of 1, in an order that `-S` shuffles once",
        '`optimizer="sgd"` or `"momentum"`; `loss="squared_error"`, `activation="sigmoid"`; '
        "`batch_size=1`, `shuffle=False` for `fit`",
        "test_multilayer_perceptron",
    ),
    Line(
        "`-D`, its decay: divides the rate by the number of the epoch; no decay of weights",
        '`schedule="inverse_scaling", decay=1`', "test_multilayer_perceptron",
    ),
)
def _multilayer_perceptron(
    *, learning_rate: float = 0.3, momentum: float = 0.2, decay: bool = False, normalize: bool = True
) -> Settings:
    if normalize:
        caveat("attributes and a numeric class are normalized to [-1, 1] there, unless -I and -C are given")
    caveat("train with batch_size=1, shuffle=False: there, the examples are shuffled once, before training")
    settings: Settings = {"loss": "squared_error", "activation": "sigmoid", "learning_rate": learning_rate}
    settings |= {"optimizer": "momentum", "momentum": momentum} if momentum else {"optimizer": "sgd"}
    if decay:
        if momentum:
            caveat("the velocity there holds the rates: with decay the training is not the same")
        settings |= {"schedule": "inverse_scaling", "decay": 1.0}
    return settings


@LIBRARY.entry(
    "weka.Logistic",
    Line(
        "`-R d`: adds d Σ w² to the sum of the losses, of inputs standardized with divisor m - 1; to 1e-5",
        "`l2 = 2 d`, no hidden layers, X standardized so", "test_logistic",
    ),
)
def _logistic(*, ridge: float = 1e-8, classes: int = 2) -> Settings:
    only("classes", classes, 2)
    caveat("inputs there are standardized, with divisor m - 1: (X - mean) / np.std(X, axis=0, ddof=1)")
    return {"loss": "binary_cross_entropy", "l2": 2 * ridge}
