"""Settings carried over from Vowpal Wabbit."""

from __future__ import annotations

from swiftreg._carry_over._table import Library, Line, Settings, caveat, only

LIBRARY = Library(
    "Vowpal Wabbit", package="vowpalwabbit", version="9.11.9", tests=("Tests/peers/test_vowpalwabbit.py",),
    note="The gradient here is 0 to 1e-5 at the optimum there, whose weights are float32.",
)  # fmt: skip


@LIBRARY.entry(
    "vw.bfgs",
    Line(
        "`--bfgs --l2 d --loss_function logistic`: adds d/2 Σ w² once to the sum of the losses",
        "no hidden layers; `l2 = d`", "test_bfgs",
    ),
    Line("`--loss_function squared`, the default: squares are not halved", "`l2 = d / 2`", "test_bfgs"),
    Line(
        "without `--no_bias_regularization`: of the constant, too", "no equal; there, give that option",
        "test_bias_regularization",
    ),
    Line(
        "without `--holdout_off`: every tenth example is left out in all passes; without "
        "`--min_prediction`, `--max_prediction`: squared error has predictions cut to the range of the labels",
        "no equal; there, give those options", "test_holdout_and_range",
    ),
)
def _bfgs(
    *, l2: float = 0.0, loss_function: str = "squared", no_bias_regularization: bool = False,
    holdout_off: bool = False,
) -> Settings:
    only("loss_function", loss_function, "squared", "logistic")
    if l2 and not no_bias_regularization:
        caveat("l2 there is also of the constant: give --no_bias_regularization there")
    if not holdout_off:
        caveat("every tenth example is left out of the training there: give --holdout_off there")
    if loss_function == "squared":
        caveat(
            "predictions there are cut to the range of the labels, in training, too: give "
            "--min_prediction and --max_prediction there"
        )
        return {"loss": "squared_error", "l2": l2 / 2}
    return {"loss": "binary_cross_entropy", "l2": l2}


LIBRARY.no_equal(
    "vw.dropout", "`--nn k --dropout` halves hidden units only while learning, and scales by 2; its masks cannot be given",
    "test_dropout_has_no_equal",
)
