"""swiftreg: regularized training of neural networks on Swift kernels.

Dropout whose masks anyone can recompute, L2 in the cost and in the gradient, and the same bits on
every CPU with fused multiply-add. `swiftreg.notebook` is the course notebook "Regularization" on
these kernels.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from swiftreg import _core
from swiftreg._core import FormatError
from swiftreg._dropout import dropout, dropout_backward, dropout_mask
from swiftreg._library import BuildInfo, build_info, get_num_threads, set_num_threads

if TYPE_CHECKING:
    from swiftreg._history import History, Progress
    from swiftreg._mlp import MLP

__all__ = [
    "MLP",
    "BuildInfo",
    "FormatError",
    "History",
    "Progress",
    "__version__",
    "build_info",
    "dropout",
    "dropout_backward",
    "dropout_mask",
    "get_num_threads",
    "set_num_threads",
]

__version__: str = _core.version

# Imported when first asked for: they take longer than all the rest.
_LATE = {"MLP": "_mlp", "History": "_history", "Progress": "_history"}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATE})
