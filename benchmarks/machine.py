"""The conditions of a run: CPU, versions, load, and the fastest kernels of OpenBLAS."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import peers
import swiftreg
from native import blas_gemm, blas_library, timer
from processor import cpu, cpu_flags

# OpenBLAS's names of its kernels, and the CPU features that they need.
CORE_TYPES = {
    "Haswell": {"avx2", "fma"}, "Zen": {"avx2", "fma"}, "SkylakeX": {"avx512f", "avx512dq"},
    "Cooperlake": {"avx512f", "avx512_bf16"}, "Sapphirerapids": {"avx512f", "amx_bf16"},
}


def describe() -> dict[str, Any]:
    versions = {
        "swiftreg": swiftreg.__version__, "Python": platform.python_version(),
        "NumPy": np.__version__,
    }
    for name, module in (("PyTorch", peers.torch), ("JAX", peers.jax)):
        versions[name] = module.__version__ if module is not None else "not installed"
    if peers.special is not None:
        import scipy

        versions["SciPy"] = scipy.__version__
    return {
        "cpu": cpu(),
        "system": f"{platform.system()} {platform.release()}, {' '.join(platform.libc_ver())}",
        "versions": versions,
        "swiftreg": dict(swiftreg.build_info()),
        "blas": {
            k: v for k, v in blas_library().items()
            if k in ("internal_api", "version", "architecture", "threading_layer", "num_threads")
        },
        "load": list(os.getloadavg()),
        "date": time.strftime("%Y-%m-%d"),
    }


def blas_seconds() -> float:
    """The best time of a product of 768, in float and in double, by NumPy's BLAS."""
    total = 0.0
    for dtype in (np.float32, np.float64):
        found = blas_gemm(dtype)
        if found is None:
            return 0.0
        address, wide = found
        n = 768
        a, b, c = (np.full((n, n), 1, dtype) for _ in range(3))
        seconds = timer("gemm64" if wide else "gemm32", dtype, address, 0, 0, n, n, n, a, n, b, n, c, n)
        seconds(1)
        total += min(seconds(1) for _ in range(15))
    return total


def best_core_type() -> tuple[str | None, dict[str, float]]:
    """The fastest kernels of OpenBLAS on this CPU, None for its own choice; and the times."""
    candidates: list[str | None] = [None]
    candidates += [name for name, flags in CORE_TYPES.items() if flags <= cpu_flags()]
    times: dict[str | None, float] = {}
    for _ in range(2):
        for name in candidates:
            environment = peers.environment(1)
            if name is not None:
                environment["OPENBLAS_CORETYPE"] = name
            run = subprocess.run(
                [sys.executable, "-c", "import machine; print(machine.blas_seconds())"],
                cwd=Path(__file__).parent, env=environment, capture_output=True, text=True,
                check=True,
            )
            times[name] = min(float(run.stdout), times.get(name, float("inf")))
    # OpenBLAS's own choice, unless another is clearly faster.
    best = min(times, key=lambda name: times[name] * (1 if name is None else 1.05))
    return best, {name or "its own choice": seconds for name, seconds in times.items()}
