"""Settings carried over from dlib."""

from __future__ import annotations

from swiftreg._carry_over._table import Library, Line, Settings, needed

LIBRARY = Library(
    "dlib", package="dlib", version="19.24", tests=("Tests/peers/test_dlib.py",),
    note="In float32: weights agree to 1e-6 after 60 updates. With `loss_mean_squared` and "
    "`loss_mean_squared_multioutput`: `squared_error`; the cost reported there is twice the one trained.",
)  # fmt: skip


@LIBRARY.entry(
    "dlib.sgd",
    Line(
        "`sgd(d, μ)`; d = 0.0005, μ = 0.9 if not given; not of biases: v = μ v - r (g + d w)",
        '`optimizer="momentum"`, `l2 = d n`; the same while r is', "test_sgd",
    ),
)
def _sgd(
    *, learning_rate: float = 1e-2, weight_decay: float = 0.0005, momentum: float = 0.9,
    batch_size: float | None = None,
) -> Settings:
    settings: Settings = {"optimizer": "momentum", "momentum": momentum, "learning_rate": learning_rate}
    if weight_decay:
        n = needed("batch_size", batch_size, "weight_decay there is added to the gradient of a mean")
        settings["l2"] = weight_decay * n
    return settings


@LIBRARY.entry(
    "dlib.adam",
    Line(
        "`adam(d, β₁, β₂)`; d = 0.0005 if not given, added to the gradient; ε = 1e-8 before the correction",
        '`optimizer="adam"`, `l2 = d n`; `epsilon = 1e-8 / √(1 - β₂ᵗ)` at update t', "test_adam",
    ),
)
def _adam(
    *, learning_rate: float = 1e-2, weight_decay: float = 0.0005, momentum1: float = 0.9,
    momentum2: float = 0.999, batch_size: float | None = None, update: int | None = None,
) -> Settings:
    t = needed("update", update, "epsilon there is added before the bias correction")
    settings: Settings = {
        "optimizer": "adam", "learning_rate": learning_rate, "beta1": momentum1, "beta2": momentum2,
        "epsilon": 1e-8 / (1 - momentum2**t) ** 0.5,
    }
    if weight_decay:
        n = needed("batch_size", batch_size, "weight_decay there is added to the gradient of a mean")
        settings["l2"] = weight_decay * n
    return settings


LIBRARY.no_equal(
    "dlib.dropout_", "`dropout_(p)` does not scale what it keeps; for prediction, the program replaces it by `multiply_(1 - p)`",
    "test_dropout_has_no_equal",
)
