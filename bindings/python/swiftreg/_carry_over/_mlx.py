"""Settings carried over from MLX."""

from __future__ import annotations

from swiftreg._carry_over._pytorch import BIASES
from swiftreg._carry_over._table import Library, Line, Settings, caveat, needed, without_equal

LIBRARY = Library(
    "MLX", package="mlx", version="0.32.4", tests=("Tests/peers/test_mlx.py",),
    note="On the CPU, in float32 as there is by default: weights agree to 1e-6 after 60 updates.",
)  # fmt: skip


@LIBRARY.entry(
    "mlx.SGD",
    Line(
        "`SGD(r, momentum=μ, nesterov=..., weight_decay=d)`",
        '`optimizer="sgd"`, `"momentum"`, `"nesterov"`; `l2 = d n`; there, biases with an optimizer of their own', "test_sgd",
    ),
    Line(
        "`dampening=q`: v = μ v + (1 - q) g from the first update on",
        "`learning_rate = r (1 - q)`", "test_dampening",
    ),
)
def _sgd(
    *, learning_rate: float, momentum: float = 0.0, weight_decay: float = 0.0, dampening: float = 0.0,
    nesterov: bool = False, batch_size: int | None = None,
) -> Settings:
    settings: Settings = {"optimizer": "sgd", "learning_rate": learning_rate}
    if momentum:
        if nesterov and dampening:
            without_equal("nesterov=True with dampening")
        settings = {
            "optimizer": "nesterov" if nesterov else "momentum", "momentum": momentum,
            "learning_rate": learning_rate * (1 - dampening),
        }
    if weight_decay:
        caveat(BIASES.replace("put the biases in a group", "train the biases with an optimizer"))
        settings["l2"] = weight_decay * needed("batch_size", batch_size, "it is added to the gradient of a mean")
    return settings


def _adam_settings(
    optimizer: str, learning_rate: float, betas: tuple[float, float], eps: float, bias_correction: bool,
    update: int | None,
) -> Settings:
    beta1, beta2 = betas
    if not bias_correction:
        t = needed("update", update, "without bias_correction the settings change with the update")
        correction = (1 - beta2**t) ** 0.5
        learning_rate, eps = learning_rate * (1 - beta1**t) / correction, eps / correction
    return {
        "optimizer": optimizer, "learning_rate": learning_rate, "beta1": beta1, "beta2": beta2,
        "epsilon": eps,
    }


@LIBRARY.entry(
    "mlx.Adam",
    Line(
        "`Adam(r, eps=ε)`: no bias correction by default; the first update is 3.16 r",
        "before update t, `learning_rate = r (1 - β₁ᵗ) / √(1 - β₂ᵗ)`, `epsilon = ε / √(1 - β₂ᵗ)`",
        "test_adam",
    ),
    Line("`bias_correction=True`", '`optimizer="adam"`, `epsilon = ε`', "test_adam_with_correction"),
)
def _adam(
    *, learning_rate: float, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
    bias_correction: bool = False, update: int | None = None,
) -> Settings:
    return _adam_settings("adam", learning_rate, betas, eps, bias_correction, update)


@LIBRARY.entry(
    "mlx.AdamW",
    Line(
        "`AdamW(r, weight_decay=d)`: no bias correction by default; w (1 - r d), biases too",
        "as `mlx.Adam`, with `weight_decay` = d r / `learning_rate` at update t", "test_adamw",
    ),
)
def _adamw(
    *, learning_rate: float, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
    weight_decay: float = 0.01, bias_correction: bool = False, update: int | None = None,
) -> Settings:
    if weight_decay:
        caveat(BIASES.replace("put the biases in a group", "train the biases with an optimizer"))
    settings = _adam_settings("adamw", learning_rate, betas, eps, bias_correction, update)
    rate = settings["learning_rate"]
    return {**settings, "weight_decay": weight_decay * learning_rate / rate if rate else weight_decay}


@LIBRARY.entry("mlx.Dropout", Line("`Dropout(p)`: the probability to drop", "`keep_prob = 1 - p`", "test_dropout"))
def _dropout(*, p: float = 0.5) -> Settings:
    return {"keep_prob": 1 - p}


@LIBRARY.entry(
    "mlx.clip_grad_norm",
    Line("`clip_grad_norm(grads, c)`", "`clip_norm = c`, to 1e-6: 1e-6 is added to the norm there", "test_clip_grad_norm"),
)
def _clip_grad_norm(*, max_norm: float) -> Settings:
    caveat("weight_decay of an optimizer there is added after the clipping; l2 here is in the gradient that is clipped")
    return {"clip_norm": max_norm}


@LIBRARY.entry(
    "mlx.cross_entropy",
    Line('`cross_entropy(z, y, label_smoothing=s, reduction="mean")`', "`label_smoothing = s`", "test_label_smoothing"),
)
def _cross_entropy(*, label_smoothing: float = 0.0) -> Settings:
    return {"loss": "softmax_cross_entropy", "label_smoothing": label_smoothing}


@LIBRARY.entry(
    "mlx.mse_loss", Line("`mse_loss`: a mean over outputs, too; not halved", "`loss_scale = 2 / outputs`", "test_mse_loss")
)
def _mse() -> Settings:
    caveat("give loss_scale = 2 / outputs to carry_over for the other settings")
    return {"loss": "squared_error"}
