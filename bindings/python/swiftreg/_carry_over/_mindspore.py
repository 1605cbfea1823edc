"""Settings carried over from MindSpore."""

from __future__ import annotations

from swiftreg._carry_over._pytorch import BIASES
from swiftreg._carry_over._table import Library, Line, Settings, caveat, needed, without_equal

LIBRARY = Library(
    "MindSpore", package="mindspore", version="2.10.0", tests=("Tests/peers/test_mindspore.py",),
    note="On the CPU, in float32: weights agree to 3e-6 after 15 updates, of rounding.",
)  # fmt: skip
_DECAY = "weight_decay there is added to the gradient of a mean over the batch"


@LIBRARY.entry(
    "mindspore.SGD",
    Line(
        "`SGD(params, r, momentum=μ, nesterov=..., weight_decay=d)`",
        '`optimizer="sgd"`, `"momentum"`, `"nesterov"`; `l2 = d n`; there, biases in a group of their own with 0',
        "test_sgd",
    ),
)
def _sgd(
    *, learning_rate: float = 0.1, momentum: float = 0.0, dampening: float = 0.0, weight_decay: float = 0.0,
    nesterov: bool = False, batch_size: float | None = None,
) -> Settings:
    if dampening:
        without_equal(f"dampening={dampening!r}")
    settings: Settings = {"optimizer": "sgd", "learning_rate": learning_rate}
    if momentum:
        settings = {
            "optimizer": "nesterov" if nesterov else "momentum", "momentum": momentum,
            "learning_rate": learning_rate,
        }
    if weight_decay:
        caveat(BIASES)
        settings["l2"] = weight_decay * needed("batch_size", batch_size, _DECAY)
    return settings


@LIBRARY.entry(
    "mindspore.Momentum",
    Line(
        "`Momentum(params, r, μ, use_nesterov=True)`: plain momentum, on the CPU",
        '`optimizer="momentum"`, whatever `use_nesterov`', "test_momentum",
    ),
)
def _momentum(
    *, learning_rate: float, momentum: float, use_nesterov: bool = False, weight_decay: float = 0.0,
    batch_size: float | None = None,
) -> Settings:
    if use_nesterov:
        caveat("use_nesterov=True changes nothing there on the CPU: the training is that of plain momentum")
    return _sgd(
        learning_rate=learning_rate, momentum=momentum, weight_decay=weight_decay, batch_size=batch_size
    )
