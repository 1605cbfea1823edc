"""Settings carried over from Optax (JAX)."""

from __future__ import annotations

from swiftreg._carry_over._keras import epochs_of
from swiftreg._carry_over._pytorch import BIASES
from swiftreg._carry_over._table import Library, Line, Settings, caveat, needed, only

LIBRARY = Library("Optax", package="optax", version="0.2.8", tests=("Tests/peers/test_optax.py",))


@LIBRARY.entry(
    "optax.sgd",
    Line(
        "`sgd(r, momentum=μ, nesterov=...)`", '`optimizer="sgd"`, `"momentum"`, `"nesterov"`', "test_sgd"
    ),
)
def _sgd(*, learning_rate: float, momentum: float | None = None, nesterov: bool = False) -> Settings:
    if not momentum:
        return {"optimizer": "sgd", "learning_rate": learning_rate}
    return {
        "optimizer": "nesterov" if nesterov else "momentum", "momentum": momentum,
        "learning_rate": learning_rate,
    }


@LIBRARY.entry(
    "optax.adam",
    Line(
        "`adam(r, b1, b2, eps)`", '`optimizer="adam"`; `beta1`, `beta2`, `epsilon`', "test_adam",
    ),
)
def _adam(
    *, learning_rate: float, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8,
    eps_root: float = 0.0, nesterov: bool = False,
) -> Settings:
    only("eps_root", eps_root, 0.0)
    only("nesterov", nesterov, False)
    return {
        "optimizer": "adam", "learning_rate": learning_rate, "beta1": b1, "beta2": b2, "epsilon": eps,
    }


@LIBRARY.entry(
    "optax.adamw",
    Line(
        "`adamw(r, weight_decay=d, mask=...)`: also of biases without a mask; d is 1e-4 if not given",
        '`optimizer="adamw", weight_decay=d`; there, a mask without the biases', "test_adamw",
    ),
)
def _adamw(
    *, learning_rate: float, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8,
    eps_root: float = 0.0, weight_decay: float = 1e-4, nesterov: bool = False,
) -> Settings:
    if weight_decay:
        caveat("weight_decay there is also of the biases, unless mask leaves them out")
    adam = _adam(
        learning_rate=learning_rate, b1=b1, b2=b2, eps=eps, eps_root=eps_root, nesterov=nesterov
    )
    return {**adam, "optimizer": "adamw", "weight_decay": weight_decay}


@LIBRARY.entry(
    "optax.add_decayed_weights",
    Line(
        "`add_decayed_weights(d, mask)` before the optimizer", "`l2 = d n`; there, a mask without the biases",
        "test_add_decayed_weights",
    ),
)
def _add_decayed_weights(*, weight_decay: float = 0.0, batch_size: int | None = None) -> Settings:
    if not weight_decay:
        return {"l2": 0.0}
    caveat(BIASES.replace("put the biases in a group with weight_decay=0", "leave them out by mask"))
    return {"l2": weight_decay * needed("batch_size", batch_size, "it is added to the gradient of a mean")}


@LIBRARY.entry(
    "optax.clip_by_global_norm",
    Line("`clip_by_global_norm(c)`, after `add_decayed_weights`", "`clip_norm = c`", "test_clip_by_global_norm"),
    Line(
        "`clip_by_global_norm(c)` before `add_decayed_weights`", "no equal: as `torch.clip_grad_norm_`",
        "test_clip_before_decay",
    ),
)
def _clip_by_global_norm(*, max_norm: float) -> Settings:
    caveat("before add_decayed_weights it limits the gradient without the penalty, which has no equal here")
    return {"clip_norm": max_norm}


@LIBRARY.entry(
    "optax.smooth_labels", Line("`smooth_labels(y, s)`", "`label_smoothing = s`", "test_smooth_labels")
)
def _smooth_labels(*, alpha: float) -> Settings:
    return {"label_smoothing": alpha}


@LIBRARY.entry(
    "optax.exponential_decay",
    Line(
        "`exponential_decay(r, k, γ, staircase=True)`: in updates; momentum or none",
        '`schedule="step", period=k n/m, decay=γ`, to 1e-8: rates there are float32', "test_schedules",
    ),
)
def _exponential(
    *, init_value: float, transition_steps: int, decay_rate: float, staircase: bool = False,
    batch_size: int | None = None, examples: int | None = None,
) -> Settings:
    only("staircase", staircase, True)
    return {
        "schedule": "step", "learning_rate": init_value, "decay": decay_rate,
        "period": epochs_of(transition_steps, batch_size, examples),
    }


@LIBRARY.entry(
    "optax.cosine_decay_schedule",
    Line(
        "`cosine_decay_schedule(r, k, a)`: in updates",
        '`schedule="cosine", period=k, min_learning_rate=a r`, if n = m, to 1e-8', "test_schedules",
    ),
)
def _cosine(*, init_value: float, decay_steps: int, alpha: float = 0.0, exponent: float = 1.0) -> Settings:
    only("exponent", exponent, 1.0)
    caveat("the rate there changes with every update, here with every epoch: train with one batch an epoch")
    return {
        "schedule": "cosine", "learning_rate": init_value, "period": decay_steps,
        "min_learning_rate": alpha * init_value,
    }
