"""swiftreg: regularized training of neural networks on Swift kernels.

Dropout whose masks anyone can recompute, L2 in the cost and in the gradient, and the same bits on
every CPU with fused multiply-add. `MLP` is a whole network, `MLPClassifier` and `MLPRegressor` are
scikit-learn estimators made of one, `swiftreg.plot` draws what they did, `swiftreg.onnx` has them as
ONNX, and `swiftreg.notebook` is the course notebook "Regularization" on these kernels.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from swiftreg import _core
from swiftreg._core import FormatError
from swiftreg._dropout import dropout, dropout_backward, dropout_mask
from swiftreg._library import BuildInfo, build_info, get_num_threads, set_num_threads

if TYPE_CHECKING:
    from swiftreg._carry_over import CarryOverWarning as CarryOverWarning
    from swiftreg._carry_over import carry_over as carry_over
    from swiftreg._carry_over import carry_over_names as carry_over_names
    from swiftreg._estimators import MLPClassifier as MLPClassifier
    from swiftreg._estimators import MLPClassifierCV as MLPClassifierCV
    from swiftreg._estimators import MLPRegressor as MLPRegressor
    from swiftreg._estimators import MLPRegressorCV as MLPRegressorCV
    from swiftreg._exchange._c import export_c
    from swiftreg._history import History, Progress
    from swiftreg._mlp import MLP
    from swiftreg._playground import Playground as Playground
    from swiftreg._playground import playground as playground

    from . import notebook as notebook
    from . import onnx as onnx
    from . import plot as plot

__all__ = [
    "MLP",
    "BuildInfo",
    "CarryOverWarning",
    "FormatError",
    "History",
    "Progress",
    "__version__",
    "build_info",
    "carry_over",
    "carry_over_names",
    "dropout",
    "dropout_backward",
    "dropout_mask",
    "export_c",
    "get_num_threads",
    "set_num_threads",
]

__version__: str = _core.version

# Imported when first asked for: they take longer than all the rest. What needs an extra is no part of
# `import *`, which would need it too.
_LATE = {
    "CarryOverWarning": "_carry_over",
    "carry_over": "_carry_over",
    "carry_over_names": "_carry_over",
    "MLP": "_mlp",
    "export_c": "_exchange._c",
    "History": "_history",
    "Progress": "_history",
    "MLPClassifier": "_estimators",
    "MLPClassifierCV": "_estimators",
    "MLPRegressor": "_estimators",
    "MLPRegressorCV": "_estimators",
    "notebook": "notebook",
    "onnx": "onnx",
    "Playground": "_playground",
    "playground": "_playground",
    "plot": "plot",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if _LATE[name] == "_estimators" and find_spec("sklearn") is None:
        from swiftreg._extras import missing

        raise missing(f"{__name__}.{name} needs", "scikit-learn", "sklearn")
    module = import_module(f"{__name__}.{_LATE[name]}")
    globals()[name] = value = module if name == _LATE[name] else getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_LATE})
