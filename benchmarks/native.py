"""C functions by pointer: the library under test, NumPy's BLAS, and loops in C that time them."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
SOURCES = Path(__file__).resolve().parent / "native"
# CBLAS under the names that NumPy's builds give it, and whether its integers have 64 bits.
BLAS_NAMES = (
    ("scipy_cblas_{}gemm64_", True), ("cblas_{}gemm64_", True), ("scipy_cblas_{}gemm", False),
    ("cblas_{}gemm", False),
)


def suffix(dtype: Any) -> str:
    """The operands of the functions in native.c."""
    return "_f32" if np.dtype(dtype) == np.float32 else "_f64"


@cache
def loops() -> ctypes.CDLL:
    """native.c, compiled for this CPU."""
    target = ROOT / "build" / "bench"
    target.mkdir(parents=True, exist_ok=True)
    # A file name per process, because two may compile at once.
    with tempfile.TemporaryDirectory(dir=target) as folder:
        library = Path(folder) / "native.so"
        subprocess.run(
            [
                os.environ.get("CC", "cc"), "-O3", "-march=native", "-ffp-contract=fast", "-shared",
                "-fPIC", "-std=gnu11", f"-I{ROOT / 'include'}", SOURCES / "native.c", "-o", library,
                "-lpthread",
            ],
            check=True,
        )
        return ctypes.CDLL(os.fspath(library))


@cache
def swiftreg_library(isa: str | None = None) -> ctypes.CDLL:
    """libSwiftReg: the one that the package uses or, for an instruction set, a copy that runs it."""
    import swiftreg

    path = Path(swiftreg.__file__).parent / "libSwiftReg.so.0"
    if isa is None:
        return ctypes.CDLL(os.fspath(path))
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"libSwiftReg-{isa}.so.0"
        shutil.copyfile(path, copy)
        library = ctypes.CDLL(os.fspath(copy))
    before = os.environ.get("SWIFTREG_ISA")
    os.environ["SWIFTREG_ISA"] = isa
    try:  # The first call chooses.
        status = library.reg_philox(0, 0, 0, 0, None)
    finally:
        if before is None:
            del os.environ["SWIFTREG_ISA"]
        else:
            os.environ["SWIFTREG_ISA"] = before
    if status != 0:
        raise RuntimeError(f"reg_philox with SWIFTREG_ISA={isa} returns status {status}")
    return library


def function(library: ctypes.CDLL, name: str, dtype: Any) -> ctypes.c_void_p:
    """The address of reg_name or reg_name_f64."""
    full = f"reg_{name}" + ("" if np.dtype(dtype) == np.float32 else "_f64")
    return ctypes.cast(getattr(library, full), ctypes.c_void_p)


@cache
def blas_library() -> dict[str, Any]:
    """threadpoolctl's description of the BLAS that NumPy calls: filepath, version, architecture, ..."""
    from threadpoolctl import threadpool_info

    found = [info for info in threadpool_info() if info["user_api"] == "blas"]
    # SciPy and PyTorch may have loaded another BLAS.
    found.sort(key=lambda info: "numpy" not in info["filepath"])
    return found[0] if found else {}


def blas_name() -> str:
    name = blas_library()["internal_api"]
    return {"openblas": "OpenBLAS", "mkl": "MKL", "blis": "BLIS"}.get(name, name)


def blas_gemm(dtype: Any) -> tuple[ctypes.c_void_p, bool] | None:
    """The address of CBLAS gemm in NumPy's BLAS, and whether its integers have 64 bits."""
    if not blas_library():
        return None
    library = ctypes.CDLL(blas_library()["filepath"])
    letter = "s" if np.dtype(dtype) == np.float32 else "d"
    for name, wide in BLAS_NAMES:
        try:
            return ctypes.cast(getattr(library, name.format(letter)), ctypes.c_void_p), wide
        except AttributeError:
            continue
    return None


def _argument(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return ctypes.c_void_p(value.ctypes.data)
    if isinstance(value, float):
        return ctypes.c_double(value)
    if isinstance(value, int):
        return ctypes.c_int64(value)
    return value


def timer(loop: str, dtype: Any, address: ctypes.c_void_p, *arguments: Any) -> Callable[[int], float]:
    """Seconds of n calls of `address` with these arguments, by the loop time_... of native.c."""
    time_loop = getattr(loops(), f"time_{loop}{suffix(dtype)}")
    time_loop.restype = ctypes.c_double
    # The arrays are kept with the pointers to them.
    kept: tuple[NDArray[Any], ...] = tuple(a for a in arguments if isinstance(a, np.ndarray))
    converted = [_argument(a) for a in arguments]

    def seconds(calls: int, _kept: Any = kept) -> float:
        return float(time_loop(address, ctypes.c_long(calls), *converted))

    return seconds


def blas_timer(a: NDArray[Any], b: NDArray[Any], c: NDArray[Any], transposed: tuple[bool, bool]) -> Any:
    """Seconds of n products c = op(a) op(b) by NumPy's own BLAS; None if there is none."""
    found = blas_gemm(a.dtype)
    if found is None:
        return None
    address, wide = found
    depth = a.shape[0] if transposed[0] else a.shape[1]
    return timer(
        "gemm64" if wide else "gemm32", a.dtype, address, int(transposed[0]), int(transposed[1]),
        c.shape[0], c.shape[1], depth, a, a.shape[1], b, b.shape[1], c, c.shape[1],
    )


# Values of reg_loss and of reg_optimizer.
LOSSES = {"binary_cross_entropy": 0, "softmax_cross_entropy": 1}
OPTIMIZERS = {"sgd": 0, "adam": 3}


def network(
    library: ctypes.CDLL, widths: Sequence[int], loss: str, optimizer: str, keep_prob: float, l2: float, dtype: Any
) -> ctypes.c_void_p:
    """A network of `library` with ReLU, dropout in the hidden layers."""
    make = getattr(loops(), f"network{suffix(dtype)}")
    make.restype = ctypes.c_void_p
    layers = len(widths) - 1
    address = make(
        function(library, "network_create", dtype),
        ctypes.cast(library.reg_optimizer_defaults, ctypes.c_void_p),
        function(library, "network_set_optimizer", dtype), ctypes.c_size_t(layers),
        (ctypes.c_size_t * len(widths))(*widths), LOSSES[loss], OPTIMIZERS[optimizer],
        (ctypes.c_double * layers)(1, *[keep_prob] * (layers - 1)),
        (ctypes.c_double * layers)(*[l2] * layers),
    )
    if not address:
        raise RuntimeError("reg_network_create refuses the benchmark's network")
    return ctypes.c_void_p(address)


def peak(dtype: Any, threads: int) -> tuple[Callable[[int], float], float]:
    """Seconds of n calls of a loop of multiply-adds on this number of threads, and the work of a call."""
    time_loop = getattr(loops(), f"time_peak{suffix(dtype)}")
    time_loop.restype = ctypes.c_double
    work = getattr(loops(), f"peak_work{suffix(dtype)}")
    work.restype = ctypes.c_double

    def seconds(calls: int) -> float:
        return float(time_loop(ctypes.c_long(calls), ctypes.c_int(threads)))

    return seconds, work() * threads
