"""The installed peers. A missing peer is named and left out of the tables."""

from __future__ import annotations

import importlib
import os
from types import ModuleType
from typing import Any


def _import(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


torch: Any = _import("torch")
jax: Any = _import("jax")
special: Any = _import("scipy.special")
sklearn: Any = _import("sklearn")


def prepare(threads: int) -> None:
    """Sets thread numbers that no environment variable sets, and double precision in JAX."""
    if torch is not None:
        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)
    if jax is not None:
        jax.config.update("jax_enable_x64", True)


def environment(threads: int) -> dict[str, str]:
    """The environment of a process in which every library uses this number of threads."""
    variables = {
        name: str(threads)
        for name in (
            "SWIFTREG_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
            "NUMEXPR_NUM_THREADS",
        )
    }
    variables["JAX_PLATFORMS"] = "cpu"
    if threads == 1:
        variables["XLA_FLAGS"] = (
            "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        )
    # OpenBLAS chooses its kernels itself, unless run.py found faster ones.
    unwanted = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "SWIFTREG_ISA")
    return {k: v for k, v in os.environ.items() if k not in unwanted} | variables


def missing() -> list[str]:
    names = {"PyTorch": torch, "JAX": jax, "SciPy": special, "scikit-learn": sklearn}
    return [name for name, module in names.items() if module is None]
