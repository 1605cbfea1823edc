"""Settings carried over from R's nnet, glmnet and MASS."""

from __future__ import annotations

from collections.abc import Sequence

from swiftreg._carry_over._table import Library, Line, Settings, caveat, needed, only

LIBRARY = Library(
    "R", package="nnet 7.3-18, MASS 7.3-58.2 and glmnet", version="4.1-6", tests=("Tests/peers/test_r.py",),
    note="The gradient here is 0 to 1e-6 at the optimum there. m: or the sum of the weights of examples.",
)  # fmt: skip


@LIBRARY.entry(
    "r.nnet",
    Line(
        "`nnet(decay=d)` with `entropy=TRUE` or `softmax=TRUE`: adds d Σ w² to the sum of the losses, "
        "biases included",
        '`l2 = 2 d`, hidden layer `"sigmoid"`; there, a vector for `decay` with 0 at the biases', "test_nnet",
    ),
    Line("`linout=TRUE`: squares are not halved", "`l2 = d`", "test_nnet"),
)
def _nnet(
    *, decay: float = 0.0, entropy: bool = False, linout: bool = False, softmax: bool = False
) -> Settings:
    if entropy + linout + softmax != 1:
        raise ValueError(
            "one of entropy, linout and softmax must be True: without, nnet trains a sigmoid on "
            "squared error, which no loss here does"
        )
    if decay:
        caveat("decay there is also of the biases: there, give a vector with 0 at the biases")
    loss = "squared_error" if linout else "softmax_cross_entropy" if softmax else "binary_cross_entropy"
    return {"loss": loss, "activation": "sigmoid", "l2": decay if linout else 2 * decay}


_LOSSES = {
    "gaussian": "squared_error", "gaussian()": "squared_error", "mgaussian": "squared_error",
    "binomial": "binary_cross_entropy", "multinomial": "softmax_cross_entropy",
}


@LIBRARY.entry(
    "r.glmnet",
    Line(
        '`family="gaussian"`: y is scaled to deviation 1 first, so the L2 term alone is divided by '
        "s = √mean((y - ȳ)²), without intercept √mean(y²)",
        "`l1 = m a L`, `l2 = m (1 - a) L / s`, with L = `lambda`, a = `alpha`", "test_glmnet_gaussian",
    ),
    Line(
        '`family=gaussian()`, an object; `"mgaussian"` with a = 0: no s',
        "`l1 = m a L`, `l2 = m (1 - a) L`", "test_glmnet_gaussian_object",
    ),
    Line('`family="binomial"`, `"multinomial"`', "`l1 = m a L`, `l2 = m (1 - a) L`", "test_glmnet_classes"),
    Line(
        "`standardize=TRUE`, the default: penalizes the weights of standardized inputs",
        "X divided by its columns' deviations (divisor m)", "test_glmnet_standardize",
    ),
)
def _glmnet(
    *, family: str = "gaussian", lambda_: float, alpha: float = 1.0, standardize: bool = True,
    examples: int | None = None, deviation: float | None = None,
) -> Settings:
    only("family", family, *_LOSSES)
    if family == "mgaussian":
        only("alpha with mgaussian", alpha, 0, 0.0)
    m = needed("examples", examples, "the penalty there is of the mean")
    l1, l2 = m * alpha * lambda_, m * (1 - alpha) * lambda_
    if family == "gaussian" and l2:
        l2 /= needed("deviation", deviation, "there, y is divided by it: np.std(y)")
    if standardize:
        caveat("standardize=TRUE there: divide the columns of X by their deviations (np.std)")
    return {"loss": _LOSSES[family], "l1": l1, "l2": l2}


@LIBRARY.entry(
    "r.lm.ridge",
    Line(
        "MASS's `lm.ridge(lambda=L)`: adds L Σ w² to the sum of squares, of the weights of inputs divided by "
        "their deviations (divisor m)",
        "`l2 = L`, no hidden layers, X divided so", "test_lm_ridge",
    ),
    Line("`weights=`, and any misspelt argument: ignored in silence", "no `sample_weight`", "test_lm_ridge"),
)
def _lm_ridge(*, lambda_: float = 0.0, weights: Sequence[float] | None = None) -> Settings:
    caveat("lm.ridge standardizes: divide the columns of X by their deviations (np.std)")
    if weights is not None:
        caveat("lm.ridge ignores weights: train without sample_weight")
    return {"loss": "squared_error", "l2": lambda_}
