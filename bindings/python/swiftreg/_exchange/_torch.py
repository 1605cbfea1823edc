"""PyTorch's Sequential."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from swiftreg._exchange._layers import Layers, NoEqual, layers_of
from swiftreg._extras import missing

try:
    import torch
    from torch import nn
except ImportError:
    raise missing("Exchange with PyTorch needs", "torch", "torch") from None

if TYPE_CHECKING:
    from swiftreg._exchange._layers import Network
    from swiftreg._mlp import MLP

# Name here: module there, and what its attributes may be; the first value is the one that is made.
_ACTIVATIONS: dict[str, tuple[type[nn.Module], dict[str, tuple[Any, ...]]]] = {
    "identity": (nn.Identity, {}),
    "relu": (nn.ReLU, {}),
    "leaky_relu": (nn.LeakyReLU, {"negative_slope": (0.01,)}),
    "tanh": (nn.Tanh, {}),
    "sigmoid": (nn.Sigmoid, {}),
    "gelu": (nn.GELU, {"approximate": ("none",)}),
    "silu": (nn.SiLU, {}),
    "selu": (nn.SELU, {}),
    "softmax": (nn.Softmax, {"dim": (-1, 1)}),
}


def to_torch(network: MLP, logits: bool) -> nn.Sequential:
    modules: list[nn.Module] = []
    dtype = torch.float32 if network.dtype == np.float32 else torch.float64
    for keep_prob, W, b, activation in layers_of(network):
        if keep_prob != 1:
            modules.append(nn.Dropout(1 - keep_prob))
        dense = nn.Linear(W.shape[1], W.shape[0], device="meta", dtype=dtype)
        dense.weight, dense.bias = (nn.Parameter(torch.tensor(values)) for values in (W, b))
        modules.append(dense)
        if activation != "identity":
            module, attributes = _ACTIVATIONS[activation]
            modules.append(module(**{name: values[0] for name, values in attributes.items()}))
    if logits and network.loss != "squared_error":
        del modules[-1]
    return nn.Sequential(*modules).eval()


def from_torch(
    kind: type[Network], model: Any, loss: str | None, settings: dict[str, Any]
) -> Network:
    layers = Layers()
    for where, module in _modules(model):
        if type(module) is nn.Linear:
            W, b = (None if values is None else _array(where, values) for values in (module.weight, module.bias))
            layers.dense(where, W, b)  # type: ignore[arg-type]
        elif type(module) is nn.Dropout:
            layers.dropout(where, module.p)
        elif type(module) is nn.LogSoftmax and module.dim in (-1, 1):
            layers.activation(where, "softmax")
        elif type(module) is not nn.Flatten or (module.start_dim, module.end_dim) != (1, -1):
            layers.activation(where, _activation(where, module))
    return layers.network(kind, loss, settings)


def _modules(model: Any, prefix: str = "") -> Iterator[tuple[str, nn.Module]]:
    """The modules of a Sequential and of those inside it, with their names."""
    if not isinstance(model, nn.Sequential) or type(model).forward is not nn.Sequential.forward:
        raise TypeError(
            f"model must be a torch.nn.Sequential, got {type(model).__name__}; where its forward calls its"
            " children in turn: torch.nn.Sequential(*model.children())"
        )
    for name, module in model.named_children():
        where = f"layer {prefix + name!r} ({type(module).__name__})"
        if module._forward_hooks or module._forward_pre_hooks:
            raise NoEqual(where, "it has hooks")
        if isinstance(module, nn.Sequential):
            yield from _modules(module, f"{prefix}{name}.")
        else:
            yield where, module


def _array(where: str, values: torch.Tensor) -> Any:
    if values.is_meta:
        raise ValueError(f"{where} has no values: its device is meta")
    values = values.detach().cpu()
    if values.dtype in (torch.float16, torch.bfloat16):
        values = values.float()
    return values.numpy()


def _activation(where: str, module: nn.Module) -> str:
    for name, (kind, attributes) in _ACTIVATIONS.items():
        if type(module) is kind:
            for attribute, values in attributes.items():
                if getattr(module, attribute) not in values:
                    raise NoEqual(
                        where, f"{attribute} is {getattr(module, attribute)!r}, and {values[0]!r} here"
                    )
            return name
    raise NoEqual(where)
