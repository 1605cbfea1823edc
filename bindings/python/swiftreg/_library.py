"""What runs, and on how many threads."""

from __future__ import annotations

from typing import TypedDict, cast

from swiftreg import _core


class BuildInfo(TypedDict):
    """What `build_info` tells."""

    version: str
    """Of the native library, "major.minor.patch"."""
    isa: str
    """The kernels in use: "baseline", "avx2", "avx512" or "neon"."""
    runtime: str
    """"embedded": no Swift runtime is needed; "swift": it is."""
    fused: bool
    """Multiply-add is fused: results are the same bits on every CPU that has it."""
    num_threads: int
    """As `get_num_threads`."""


def build_info() -> BuildInfo:
    """What runs: version, instruction set, runtime, fused multiply-add, threads.

    The environment variable SWIFTREG_ISA (baseline, avx2 or avx512) forces an instruction set; with
    one that this CPU lacks, `import swiftreg` raises ImportError.
    """
    return cast(BuildInfo, _core.build_info())


def get_num_threads() -> int:
    """The number of threads that a large call may use.

    At first from SWIFTREG_NUM_THREADS, else OMP_NUM_THREADS, else the cores this process may use.
    """
    return _core.get_num_threads()


def set_num_threads(n: int) -> None:
    """Lets a large call use `n` threads, 1 to 256. Results do not depend on it.

    Raises ValueError when n is out of range, TypeError when it is no integer.
    """
    _core.set_num_threads(n)
