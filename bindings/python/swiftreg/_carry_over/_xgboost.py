"""Settings carried over from XGBoost's linear booster."""

from __future__ import annotations

from swiftreg._carry_over._table import Library, Line, Settings, needed, only

LIBRARY = Library(
    "XGBoost", package="xgboost", version="3.2.0", tests=("Tests/peers/test_xgboost.py",),
    note="The gradient here is 0 to 1e-6 at the optimum there, whose weights are float32.",
)  # fmt: skip
_LOSSES = {
    "reg:squarederror": "squared_error", "binary:logistic": "binary_cross_entropy",
    "multi:softprob": "softmax_cross_entropy", "multi:softmax": "softmax_cross_entropy",
}


@LIBRARY.entry(
    "xgboost.gblinear",
    Line(
        '`booster="gblinear"`, `lambda`, `alpha`: of the mean, not of the sum as with trees',
        "no hidden layers; `l2 = lambda m`, `l1 = alpha m`, m the sum of the weights if there are any",
        "test_gblinear",
    ),
)
def _gblinear(
    *, objective: str = "reg:squarederror", reg_lambda: float = 0.0, reg_alpha: float = 0.0,
    examples: float | None = None,
) -> Settings:
    only("objective", objective, *_LOSSES)
    m = needed("examples", examples, "the penalty there is of the mean")
    return {"loss": _LOSSES[objective], "l2": reg_lambda * m, "l1": reg_alpha * m}
