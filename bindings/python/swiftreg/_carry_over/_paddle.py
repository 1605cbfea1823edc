"""Settings carried over from PaddlePaddle."""

from __future__ import annotations

from swiftreg._carry_over._pytorch import BIASES
from swiftreg._carry_over._table import Library, Line, Settings, caveat, needed, only

LIBRARY = Library(
    "Paddle", package="paddlepaddle", version="3.3.1", tests=("Tests/peers/test_paddle.py",),
    note="Weights agree to 1e-6 after 100 updates: rates and the scale of dropout are float32 there.",
)  # fmt: skip
_DECAY = "weight_decay there is added to the gradient of a mean over the batch"
_GROUP = "`l2 = d n`; there, biases in a group of their own with 0"


def _decayed(settings: Settings, weight_decay: float | None, batch_size: float | None) -> Settings:
    if not weight_decay:
        return settings
    caveat(BIASES)
    return {**settings, "l2": weight_decay * needed("batch_size", batch_size, _DECAY)}


@LIBRARY.entry(
    "paddle.SGD", Line("`SGD(r, weight_decay=d)`", f'`optimizer="sgd"`; {_GROUP}', "test_sgd")
)
def _sgd(
    *, learning_rate: float = 0.001, weight_decay: float | None = None, batch_size: float | None = None
) -> Settings:
    settings: Settings = {"optimizer": "sgd", "learning_rate": learning_rate}
    return _decayed(settings, weight_decay, batch_size)


@LIBRARY.entry(
    "paddle.Momentum",
    Line(
        "`Momentum(r, μ, use_nesterov=..., weight_decay=d)`",
        f'`optimizer="momentum"`, `"nesterov"`; {_GROUP}', "test_momentum",
    ),
)
def _momentum(
    *, learning_rate: float = 0.001, momentum: float = 0.9, use_nesterov: bool = False,
    weight_decay: float | None = None, batch_size: float | None = None,
) -> Settings:
    settings: Settings = {
        "optimizer": "nesterov" if use_nesterov else "momentum", "momentum": momentum,
        "learning_rate": learning_rate,
    }
    return _decayed(settings, weight_decay, batch_size)


@LIBRARY.entry(
    "paddle.Adam",
    Line(
        "`Adam(r, β₁, β₂, ε)`: computes the textbook formula, though the documented one adds ε before the "
        "correction", '`optimizer="adam"`, `epsilon = ε`', "test_adam",
    ),
    Line("`weight_decay=d`: as SGD's", _GROUP, "test_adam"),
)
def _adam(
    *, learning_rate: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8,
    weight_decay: float | None = None, amsgrad: bool = False, batch_size: float | None = None,
) -> Settings:
    only("amsgrad", amsgrad, False)
    settings: Settings = {
        "optimizer": "adam", "learning_rate": learning_rate, "beta1": beta1, "beta2": beta2,
        "epsilon": epsilon,
    }
    return _decayed(settings, weight_decay, batch_size)


@LIBRARY.entry(
    "paddle.AdamW",
    Line(
        "`AdamW(r, weight_decay=d)`, also of biases",
        '`optimizer="adamw", weight_decay=d`; there, `apply_decay_param_fun` without the biases', "test_adamw",
    ),
)
def _adamw(
    *, learning_rate: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8,
    weight_decay: float = 0.01, amsgrad: bool = False,
) -> Settings:
    only("amsgrad", amsgrad, False)
    if weight_decay:
        caveat(BIASES.replace("put the biases in a group with weight_decay=0", "leave them out by apply_decay_param_fun"))
    return {
        "optimizer": "adamw", "learning_rate": learning_rate, "beta1": beta1, "beta2": beta2,
        "epsilon": epsilon, "weight_decay": weight_decay,
    }


@LIBRARY.entry(
    "paddle.ClipGradByGlobalNorm",
    Line("`grad_clip=ClipGradByGlobalNorm(c)`", "`clip_norm = c`", "test_clip"),
    Line(
        "with `weight_decay`: clips before the decay is added", "no equal: as `torch.clip_grad_norm_`",
        "test_clip_with_weight_decay",
    ),
)
def _clip(*, clip_norm: float) -> Settings:
    caveat("weight_decay there is added after the clipping; l2 here is in the gradient that is clipped")
    return {"clip_norm": clip_norm}


@LIBRARY.entry(
    "paddle.Dropout", Line("`Dropout(p)`: the probability to drop", "`keep_prob = 1 - p`", "test_dropout"),
    Line(
        '`mode="downscale_in_infer"`: not scaled in training, by 1 - p in prediction',
        "no equal", "test_dropout",
    ),
)
def _dropout(*, p: float = 0.5, mode: str = "upscale_in_train") -> Settings:
    only("mode", mode, "upscale_in_train")
    return {"keep_prob": 1 - p}
