"""swiftreg: regularized training of neural networks on Swift kernels.

Dropout whose masks anyone can recompute, L2 in the cost and in the gradient, and the same bits on
every CPU with fused multiply-add. `swiftreg.notebook` is the course notebook "Regularization" on
these kernels.
"""

from swiftreg import _core
from swiftreg._core import FormatError
from swiftreg._dropout import dropout, dropout_backward, dropout_mask
from swiftreg._history import History, Progress
from swiftreg._library import BuildInfo, build_info, get_num_threads, set_num_threads
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
