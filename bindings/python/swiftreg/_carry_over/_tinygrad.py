"""Settings carried over from tinygrad."""

from __future__ import annotations

from swiftreg._carry_over._pytorch import BIASES
from swiftreg._carry_over._table import Library, Line, Settings, caveat, needed

LIBRARY = Library(
    "tinygrad", package="tinygrad", version="0.14.0", tests=("Tests/peers/test_tinygrad.py",),
    note="In float32: weights agree to 1e-6 after 8 updates. `Context(TRAINING=1)` is the switch there; "
    "`Tensor.training = True` does nothing.",
)  # fmt: skip
_APART = BIASES.replace("put the biases in a group", "train the biases with an optimizer")


@LIBRARY.entry(
    "tinygrad.SGD",
    Line(
        "`SGD(params, r, momentum=μ, nesterov=..., weight_decay=d)`",
        '`optimizer="sgd"`, `"momentum"`, `"nesterov"`; `l2 = d n`; there, biases with an optimizer of '
        "their own", "test_sgd",
    ),
    Line("`classic=True`: v = μ v + r g", "the same while r is", "test_sgd"),
)
def _sgd(
    *, lr: float = 0.001, momentum: float = 0.0, weight_decay: float = 0.0, nesterov: bool = False,
    classic: bool = False, batch_size: float | None = None,
) -> Settings:
    settings: Settings = {"optimizer": "sgd", "learning_rate": lr}
    if momentum:
        settings = {
            "optimizer": "nesterov" if nesterov else "momentum", "momentum": momentum, "learning_rate": lr,
        }
        if classic:
            caveat("the velocity there holds the rates: the training is the same only while the rate is")
    if weight_decay:
        caveat(_APART)
        settings["l2"] = weight_decay * needed("batch_size", batch_size, "it is added to the gradient of a mean")
    return settings


@LIBRARY.entry(
    "tinygrad.Adam",
    Line("`Adam(params, r, b1, b2, eps)`", '`optimizer="adam"`; `beta1`, `beta2`, `epsilon`', "test_adam"),
)
def _adam(*, lr: float = 0.001, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8) -> Settings:
    return {"optimizer": "adam", "learning_rate": lr, "beta1": b1, "beta2": b2, "epsilon": eps}


@LIBRARY.entry(
    "tinygrad.AdamW",
    Line(
        "`AdamW(params, r, weight_decay=d)`, also of biases",
        '`optimizer="adamw", weight_decay=d`; there, biases with an optimizer of their own', "test_adamw",
    ),
)
def _adamw(
    *, lr: float = 0.001, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8, weight_decay: float = 0.01
) -> Settings:
    if weight_decay:
        caveat(_APART)
    return {**_adam(lr=lr, b1=b1, b2=b2, eps=eps), "optimizer": "adamw", "weight_decay": weight_decay}


@LIBRARY.entry(
    "tinygrad.dropout", Line("`x.dropout(p)`: the probability to drop", "`keep_prob = 1 - p`", "test_dropout")
)
def _dropout(*, p: float = 0.5) -> Settings:
    return {"keep_prob": 1 - p}
