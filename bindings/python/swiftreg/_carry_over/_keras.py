"""Settings carried over from Keras 3."""

from __future__ import annotations

from swiftreg._carry_over._table import Library, Line, Settings, caveat, needed, only

LIBRARY = Library(
    "Keras", package="keras", version="3.15.1", tests=("Tests/peers/test_keras.py",),
    note="Weights agree to 2e-6: Keras's products are float32 without TensorFlow.",
)  # fmt: skip
_MEAN = "the penalty there is added to a mean over the batch"


@LIBRARY.entry(
    "keras.SGD",
    Line(
        "`SGD(r, momentum=μ, nesterov=...)`: v = μ v - r g",
        '`optimizer="momentum"`, `"nesterov"`; the same while r is', "test_sgd",
    ),
)
def _sgd(*, learning_rate: float = 0.01, momentum: float = 0.0, nesterov: bool = False) -> Settings:
    if not momentum:
        return {"optimizer": "sgd", "learning_rate": learning_rate}
    return {
        "optimizer": "nesterov" if nesterov else "momentum", "momentum": momentum,
        "learning_rate": learning_rate,
    }


def _corrected(epsilon: float, beta_2: float, update: int | None) -> float:
    return epsilon if update is None else epsilon / (1 - beta_2**update) ** 0.5


_EPSILON = (
    "epsilon there is added before the bias correction: give update=t, and set epsilon before each "
    "update, for the same weights to rounding"
)


@LIBRARY.entry(
    "keras.Adam",
    Line(
        "`epsilon=ε`: as scikit-learn's; ε is 1e-7 if not given",
        "`epsilon` = ε / √(1 - β₂ᵗ) at update t", "test_adam",
    ),
)
def _adam(
    *,
    learning_rate: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
    amsgrad: bool = False,
    update: int | None = None,
) -> Settings:
    only("amsgrad", amsgrad, False)
    if update is None:
        caveat(_EPSILON)
    return {
        "optimizer": "adam", "learning_rate": learning_rate, "beta1": beta_1, "beta2": beta_2,
        "epsilon": _corrected(epsilon, beta_2, update),
    }


@LIBRARY.entry(
    "keras.AdamW",
    Line(
        "`weight_decay=d`, also of biases; d is 0.004 if not given",
        '`optimizer="adamw", weight_decay=d`; there, `exclude_from_weight_decay(var_names=["bias"])`',
        "test_adamw",
    ),
)
def _adamw(
    *,
    learning_rate: float = 0.001,
    weight_decay: float = 0.004,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
    amsgrad: bool = False,
    update: int | None = None,
) -> Settings:
    only("amsgrad", amsgrad, False)
    if weight_decay:
        caveat('weight_decay there is also of the biases: exclude_from_weight_decay(var_names=["bias"])')
    if update is None:
        caveat(_EPSILON)
    return {
        "optimizer": "adamw", "learning_rate": learning_rate, "beta1": beta_1, "beta2": beta_2,
        "epsilon": _corrected(epsilon, beta_2, update), "weight_decay": weight_decay,
    }


@LIBRARY.entry("keras.Dropout", Line("`Dropout(rate)`", "`keep_prob = 1 - rate`", "test_dropout"))
def _dropout(*, rate: float) -> Settings:
    return {"keep_prob": 1 - rate}


@LIBRARY.entry(
    "keras.L2", Line("`kernel_regularizer=L2(λ)`: adds λ Σ W² to the mean", "`l2 = 2 λ n`", "test_l2")
)
def _l2(*, l2: float = 0.01, batch_size: int | None = None) -> Settings:
    return {"l2": 2 * l2 * needed("batch_size", batch_size, _MEAN)}


@LIBRARY.entry("keras.L1", Line("`kernel_regularizer=L1(λ)`: adds λ Σ \\|W\\|", "`l1 = λ n`", "test_l1"))
def _l1(*, l1: float = 0.01, batch_size: int | None = None) -> Settings:
    return {"l1": l1 * needed("batch_size", batch_size, _MEAN)}


@LIBRARY.entry(
    "keras.MaxNorm",
    Line(
        "`kernel_constraint=MaxNorm(c, axis=0)`",
        "`max_norm = c`, to 1e-4: all W shrink a little there, 1e-7 is added to their norms",
        "test_max_norm",
    ),
)
def _max_norm(*, max_value: float = 2.0, axis: int = 0) -> Settings:
    only("axis", axis, 0)
    return {"max_norm": max_value}


@LIBRARY.entry("keras.global_clipnorm", Line("`global_clipnorm=c`", "`clip_norm = c`", "test_global_clipnorm"))
def _global_clipnorm(*, global_clipnorm: float) -> Settings:
    return {"clip_norm": global_clipnorm}


@LIBRARY.entry(
    "keras.CategoricalCrossentropy",
    Line("`label_smoothing=s`", "`label_smoothing = s`", "test_label_smoothing"),
)
def _categorical(*, label_smoothing: float = 0.0) -> Settings:
    return {"loss": "softmax_cross_entropy", "label_smoothing": label_smoothing}


@LIBRARY.entry(
    "keras.BinaryCrossentropy",
    Line("`label_smoothing=s`", "`label_smoothing = s`", "test_label_smoothing"),
    Line("a mean over outputs, too", "`loss_scale = 1 / outputs`, see above", "test_losses_that_are_means_over_outputs"),
)
def _binary(*, label_smoothing: float = 0.0) -> Settings:
    caveat("give loss_scale = 1 / outputs to carry_over for the other settings")
    return {"loss": "binary_cross_entropy", "label_smoothing": label_smoothing}


@LIBRARY.entry(
    "keras.MeanSquaredError",
    Line(
        "a mean over outputs, too; squares are not halved", "`loss_scale = 2 / outputs`, see above",
        "test_losses_that_are_means_over_outputs",
    ),
)
def _squared() -> Settings:
    caveat("give loss_scale = 2 / outputs to carry_over for the other settings")
    return {"loss": "squared_error"}


@LIBRARY.entry(
    "keras.ExponentialDecay",
    Line(
        "`ExponentialDecay(r, k, γ, staircase=True)`: in updates; `SGD` without momentum",
        '`schedule="step", period=k n/m, decay=γ`', "test_schedules",
    ),
)
def _exponential(
    *, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False,
    batch_size: int | None = None, examples: int | None = None,
) -> Settings:
    only("staircase", staircase, True)
    return {
        "schedule": "step", "learning_rate": initial_learning_rate, "decay": decay_rate,
        "period": epochs_of(decay_steps, batch_size, examples),
    }


def epochs_of(updates: int, batch_size: int | None, examples: int | None) -> int:
    """A number of updates in epochs, which must be whole."""
    why = "decay_steps there counts updates; period here counts epochs"
    n, m = needed("batch_size", batch_size, why), needed("examples", examples, why)
    per_epoch = -(-m // n)
    if updates % per_epoch:
        raise ValueError(f"decay_steps must be a multiple of the {per_epoch} updates of an epoch, got {updates!r}")
    return int(updates // per_epoch)


@LIBRARY.entry(
    "keras.CosineDecay",
    Line(
        "`CosineDecay(r, k, a)`: in updates; `SGD` without momentum",
        '`schedule="cosine", period=k, min_learning_rate=a r`, if n = m', "test_schedules",
    ),
)
def _cosine(*, initial_learning_rate: float, decay_steps: int, alpha: float = 0.0) -> Settings:
    caveat("the rate there changes with every update, here with every epoch: train with one batch an epoch")
    return {
        "schedule": "cosine", "learning_rate": initial_learning_rate, "period": decay_steps,
        "min_learning_rate": alpha * initial_learning_rate,
    }


@LIBRARY.entry(
    "keras.gradient_accumulation_steps",
    Line(
        "`gradient_accumulation_steps=a`: updates by the mean gradient of a batches of n; schedules count the batches",
        "batches of a n for `fit` and for the n of `l2` and `l1`; n for that of schedules",
        "test_gradient_accumulation",
    ),
)
def _gradient_accumulation_steps(*, gradient_accumulation_steps: int | None = None) -> Settings:
    if gradient_accumulation_steps is not None:
        caveat(
            f"train with batches {gradient_accumulation_steps} times as large, and give their batch_size to "
            "carry_over; for schedules, which count batches there, give the batch_size there"
        )
    return {}


@LIBRARY.entry(
    "keras.fit",
    Line(
        "`sample_weight`, `class_weight`: the sum is divided by the number of examples, not of weights",
        "full batch: `loss_scale = sum(w) / n`, and sum(w) for the n of `l2` and `l1`; `sample_weight = w`",
        "test_sample_weight",
    ),
)
def _fit() -> Settings:
    caveat(
        "with weights w, give batch_size=sum(w), loss_scale=sum(w) / n to carry_over for the other "
        "settings; they are the same for all batches only if all have the same sum"
    )
    return {}
