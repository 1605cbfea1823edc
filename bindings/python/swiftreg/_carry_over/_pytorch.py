"""Settings carried over from PyTorch."""

from __future__ import annotations

from swiftreg._carry_over._table import Library, Line, Settings, caveat, needed, only

LIBRARY = Library(
    "PyTorch", package="torch", version="2.13.0", tests=("Tests/peers/test_torch.py",),
)  # fmt: skip
BIASES = (
    "weight_decay there is also of the biases, of which l2 and weight_decay here are not: there, put "
    "the biases in a group with weight_decay=0"
)
_DECAY = "weight_decay there is added to the gradient of a mean over the batch"


@LIBRARY.entry(
    "torch.SGD",
    Line(
        "`lr=r`, with `momentum=μ`, `nesterov=True`",
        '`optimizer="sgd"`, `"momentum"`, `"nesterov"`; `learning_rate = r`, `momentum = μ`',
        "test_optimizers_losses_and_regularizers",
    ),
    Line(
        "`weight_decay=d`: adds d w to the gradient, also of biases",
        "`l2 = d n`; there, biases in a group of their own with 0", "test_weight_decay",
    ),
    Line(
        "`dampening=q`: v = μ v + (1 - q) g, but v = g in the first update",
        "update 1: as without; from update 2 on `learning_rate = r (1 - q)` and, once, "
        "`optimizer_state` / (1 - q)", "test_dampening",
    ),
)
def _sgd(
    *,
    lr: float = 1e-3,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    batch_size: int | None = None,
    update: int | None = None,
) -> Settings:
    settings: Settings = {"optimizer": "sgd", "learning_rate": lr}
    if momentum:
        settings = {
            "optimizer": "nesterov" if nesterov else "momentum", "momentum": momentum, "learning_rate": lr,
        }
        if dampening:
            only("nesterov with dampening", nesterov, False)
            if needed("update", update, "the first update there is not dampened") > 1:
                settings["learning_rate"] = lr * (1 - dampening)
            if update == 2:
                caveat("before update 2, divide MLP.optimizer_state by 1 - dampening, once")
    if weight_decay:
        caveat(BIASES)
        settings["l2"] = weight_decay * needed("batch_size", batch_size, _DECAY)
    return settings


def _adam_settings(
    lr: float, betas: tuple[float, float], eps: float, amsgrad: bool, **settings: object
) -> Settings:
    only("amsgrad", amsgrad, False)
    return {
        "learning_rate": lr, "beta1": betas[0], "beta2": betas[1], "epsilon": eps, **settings,
    }


@LIBRARY.entry(
    "torch.Adam",
    Line(
        "`lr=r`, `betas`, `eps`", '`optimizer="adam"`; `learning_rate`, `beta1`, `beta2`, `epsilon`',
        "test_optimizers_losses_and_regularizers",
    ),
    Line(
        "`weight_decay=d`: as SGD's", "`l2 = d n`; there, biases in a group of their own with 0",
        "test_weight_decay",
    ),
    Line(
        "`decoupled_weight_decay=True`: AdamW, to the bit", "as `torch.AdamW`",
        "test_decoupled_weight_decay_is_adamw",
    ),
)
def _adam(
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
    decoupled_weight_decay: bool = False,
    batch_size: int | None = None,
) -> Settings:
    settings = _adam_settings(lr, betas, eps, amsgrad, optimizer="adam")
    if weight_decay:
        caveat(BIASES)
        if decoupled_weight_decay:
            return {**settings, "optimizer": "adamw", "weight_decay": weight_decay}
        settings["l2"] = weight_decay * needed("batch_size", batch_size, _DECAY)
    return settings


@LIBRARY.entry(
    "torch.AdamW",
    Line(
        "`weight_decay=d`, also of biases", '`optimizer="adamw", weight_decay=d`; biases likewise',
        "test_adamw",
    ),
)
def _adamw(
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.01,
    amsgrad: bool = False,
) -> Settings:
    if weight_decay:
        caveat(BIASES)
    return _adam_settings(lr, betas, eps, amsgrad, optimizer="adamw", weight_decay=weight_decay)


@LIBRARY.entry(
    "torch.Dropout", Line("`p`: the probability to drop", "`keep_prob = 1 - p`", "test_dropout")
)
def _dropout(*, p: float = 0.5) -> Settings:
    return {"keep_prob": 1 - p}


@LIBRARY.entry(
    "torch.CrossEntropyLoss",
    Line("`label_smoothing=s`", "`label_smoothing = s`", "test_label_smoothing"),
    Line(
        "`weight=w`: of the classes", "`sample_weight`: that of each example's class",
        "test_class_weights",
    ),
)
def _cross_entropy(*, label_smoothing: float = 0.0) -> Settings:
    return {"loss": "softmax_cross_entropy", "label_smoothing": label_smoothing}


_MEANS = ("means over outputs, too; squares are not halved", "test_losses_that_are_means_over_outputs")


@LIBRARY.entry("torch.MSELoss", Line(_MEANS[0], "`loss_scale = 2 / outputs`, see above", _MEANS[1]))
def _mse() -> Settings:
    caveat("give loss_scale = 2 / outputs to carry_over for the other settings")
    return {"loss": "squared_error"}


@LIBRARY.entry(
    "torch.BCEWithLogitsLoss", Line("a mean over outputs, too", "`loss_scale = 1 / outputs`, see above", _MEANS[1])
)
def _bce() -> Settings:
    caveat("give loss_scale = 1 / outputs to carry_over for the other settings")
    return {"loss": "binary_cross_entropy"}


@LIBRARY.entry(
    "torch.clip_grad_norm_",
    Line("`max_norm=c`", "`clip_norm = c`, to 1e-6: 1e-6 is added to the norm there", "test_clip_grad_norm"),
    Line(
        "with `weight_decay`: clips before the decay is added",
        "no equal: `clip_norm` limits the gradient with the penalty in it; the same if there the "
        "penalty is part of the loss", "test_clip_grad_norm_with_weight_decay",
    ),
)
def _clip_grad_norm(*, max_norm: float, norm_type: float = 2.0) -> Settings:
    only("norm_type", norm_type, 2.0)
    caveat(
        "weight_decay of an optimizer there is added after the clipping; l2 here is in the gradient "
        "that is clipped"
    )
    return {"clip_norm": max_norm}


@LIBRARY.entry(
    "torch.renorm",
    Line(
        "`renorm(W, 2, 0, c)` after each update",
        "`max_norm = c`, to 1e-6: 1e-7 is added to the norm there", "test_renorm",
    ),
)
def _renorm(*, maxnorm: float, p: float = 2, dim: int = 0) -> Settings:
    only("p", p, 2)
    only("dim", dim, 0)
    return {"max_norm": maxnorm}


@LIBRARY.entry(
    "torch.StepLR",
    Line(
        "`step_size=k, gamma=γ`, once an epoch", '`schedule="step", period=k, decay=γ`', "test_schedules"
    ),
)
def _step_lr(*, step_size: int, gamma: float = 0.1) -> Settings:
    return {"schedule": "step", "period": step_size, "decay": gamma}


@LIBRARY.entry(
    "torch.CosineAnnealingLR",
    Line(
        "`T_max=k, eta_min=l`, once an epoch",
        '`schedule="cosine", period=k, min_learning_rate=l`: the same to epoch k', "test_schedules",
    ),
)
def _cosine(*, T_max: int, eta_min: float = 0.0) -> Settings:
    caveat("after epoch T_max the rate there rises again; here it stays at min_learning_rate")
    return {"schedule": "cosine", "period": T_max, "min_learning_rate": eta_min}
