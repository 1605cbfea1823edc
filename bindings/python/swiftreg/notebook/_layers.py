"""How the notebook names the arrays of a layer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sized

    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
Parameters: TypeAlias = "dict[str, Array]"


class LayerNames(NamedTuple):
    """The keys of layer l. `da` is that of the layer below, which layer l's gradient gives."""

    w: str
    b: str
    dw: str
    db: str
    dz: str
    da_below: str


_names: list[LayerNames] = []


def layer_names(layers: int) -> list[LayerNames]:
    """The names of layers 1 to `layers`, in order."""
    while len(_names) < layers:
        n = len(_names) + 1
        _names.append(LayerNames(f"W{n}", f"b{n}", f"dW{n}", f"db{n}", f"dZ{n}", f"dA{n - 1}"))
    return _names if len(_names) == layers else _names[:layers]


def parameter_names(parameters: Sized) -> list[LayerNames]:
    """The names of the layers that a dict of W and b describes."""
    if len(parameters) < 2 or len(parameters) % 2:
        raise ValueError(
            f"parameters must hold W and b of each layer, got {len(parameters)} entries"
        )
    return layer_names(len(parameters) // 2)


def in_layer(error: Exception, names: LayerNames) -> Exception:
    """The same error with the layer's names of W, b and dZ; A is what the layer below gives, or X."""
    number = int(names.w[1:])
    return renamed(
        error,
        {"W": names.w, "b": names.b, "dZ": names.dz, "A": f"A{number - 1}" if number > 1 else "X"},
    )


def renamed(error: Exception, own: dict[str, str]) -> Exception:
    """The same error with other names of arguments."""
    # What follows is the caller's value.
    words, got, value = str(error).partition(", got ")
    pattern = rf"\b({'|'.join(own)})\b"
    return type(error)(re.sub(pattern, lambda found: own[found[0]], words) + got + value)
