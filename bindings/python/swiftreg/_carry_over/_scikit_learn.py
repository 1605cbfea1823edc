"""Settings carried over from scikit-learn and from the course notebook."""

from __future__ import annotations

from functools import wraps
from typing import Any

from swiftreg._carry_over._table import Library, Line, Settings, caveat, needed, only, without_equal

LIBRARY = Library(
    "Notebook and scikit-learn", package="scikit-learn", version="1.9.1",
    tests=("Tests/python/test_carried_over.py", "Tests/python/test_estimators_as_scikit_learns.py"),
)  # fmt: skip


@LIBRARY.entry(
    "notebook.model",
    Line(
        "`lambd`, `keep_prob`", '`l2`, `keep_prob`, one number; `init="notebook"`, `seed=3`',
        "test_the_notebooks_model",
    ),
)
def _notebook(*, learning_rate: float = 0.3, lambd: float = 0.0, keep_prob: float = 1.0) -> Settings:
    return {
        "init": "notebook", "seed": 3, "optimizer": "sgd", "learning_rate": learning_rate,
        "l2": lambd, "keep_prob": keep_prob,
    }


@LIBRARY.entry(
    "sklearn.MLPClassifier",
    Line("`alpha=a`: a / (2 n) Σ W²", "`l2 = a`", "test_alpha_and_momentum"),
    Line(
        "`momentum=μ`, `nesterovs_momentum=True`: v = μ v - r g",
        '`optimizer="nesterov", momentum=μ`, or `"momentum"`; the same while r is',
        "test_alpha_and_momentum",
    ),
    Line(
        '`solver="adam", epsilon=ε`: ε is added to √v before its correction',
        "`epsilon` = ε / √(1 - β₂ᵗ) at update t", "test_adam",
    ),
    Line(
        '`learning_rate="invscaling", power_t=p`: r / (e m + 1)^p',
        '`learning_rate` set so in each epoch; `schedule="inverse_scaling"` has r / (e + 1)^p',
        "test_invscaling",
    ),
    Line(
        "`sample_weight`, several batches: `loss_curve_` weighs their losses by their numbers of examples",
        "the same weights after training; `loss_curve_` weighs by the sums of `sample_weight`",
        "test_loss_curve_with_sample_weights",
    ),
    Line(
        "all of these, to 1e-8, Adam with ε near 0",
        "`swiftreg.MLPClassifier` and `MLPRegressor`, the same parameters", "test_same_loss_curve_and_weights",
    ),
)
def _mlp_classifier(
    *,
    solver: str = "adam",
    alpha: float = 1e-4,
    learning_rate: str = "constant",
    learning_rate_init: float = 1e-3,
    momentum: float = 0.9,
    nesterovs_momentum: bool = True,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
    update: int | None = None,
) -> Settings:
    only("solver", solver, "sgd", "adam")
    if solver == "adam":
        if update is None:
            caveat(
                "epsilon there is added before the bias correction: give update=t, and set epsilon "
                "before each update, for the same weights to rounding"
            )
        else:
            epsilon /= (1 - beta_2**update) ** 0.5
        return {
            "optimizer": "adam", "learning_rate": learning_rate_init, "beta1": beta_1,
            "beta2": beta_2, "epsilon": epsilon, "l2": alpha,
        }
    if learning_rate == "invscaling":
        caveat(
            "the rate there is r / (epoch * examples + 1)**power_t: set learning_rate so before each "
            'epoch; schedule="inverse_scaling" has r / (epoch + 1)**decay'
        )
    else:
        only("learning_rate", learning_rate, "constant")
    if momentum == 0:
        return {"optimizer": "sgd", "learning_rate": learning_rate_init, "l2": alpha}
    return {
        "optimizer": "nesterov" if nesterovs_momentum else "momentum", "momentum": momentum,
        "learning_rate": learning_rate_init, "l2": alpha,
    }


@LIBRARY.entry(
    "sklearn.MLPRegressor",
    Line(
        "as `sklearn.MLPClassifier`; the squared error it reports is also divided by the outputs",
        "gradient and weights are the same", "test_several_outputs",
    ),
)
@wraps(_mlp_classifier)
def _mlp_regressor(**there: Any) -> Settings:
    return {"loss": "squared_error", **_mlp_classifier(**there)}


@LIBRARY.entry(
    "sklearn.LogisticRegression",
    Line(
        "`C=c`, its probabilities to 2e-4", "`MLPClassifier((), alpha=1/c)`; `l2 = 1 / c`",
        "test_without_hidden_layers_it_is_logistic_regression",
    ),
    Line(
        '`solver="liblinear"`: also penalizes the intercept b, by b² / (2 t²) for `intercept_scaling=t`',
        "no equal; the optimum differs", "test_liblinear_penalizes_the_intercept",
    ),
)
def _logistic_regression(*, C: float = 1.0, solver: str = "lbfgs", l1_ratio: float = 0.0) -> Settings:
    if solver == "liblinear":
        without_equal('solver="liblinear" penalizes the intercept, too')
    if C <= 0:
        raise ValueError(f"C must be above 0, got {C!r}")
    return {"l1": l1_ratio / C, "l2": (1 - l1_ratio) / C}


@LIBRARY.entry(
    "sklearn.ElasticNet",
    Line(
        "`alpha=a, l1_ratio=q`, its weights to 1e-3",
        "`MLPRegressor((), alpha=a m, l1_ratio=q)`; `l1 = a m q`, `l2 = a m (1 - q)`",
        "test_without_hidden_layers_it_is_the_elastic_net",
    ),
)
def _elastic_net(*, alpha: float = 1.0, l1_ratio: float = 0.5, examples: int | None = None) -> Settings:
    m = needed("examples", examples, "the penalty there is of the mean")
    return {"loss": "squared_error", "l1": alpha * m * l1_ratio, "l2": alpha * m * (1 - l1_ratio)}
