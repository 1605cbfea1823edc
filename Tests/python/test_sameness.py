"""The same bits on every instruction set and for every number of threads.

Each configuration runs in a separate process, because the instruction set is chosen once. The process
prints a SHA-256 for each kernel over random shapes, offsets and layouts, of the parameters after the
notebook's training, and of other trained networks. Kernels without sums of products (kind "integer": masks
and masked values) have the same hashes on a CPU without FMA.

    python Tests/python/test_sameness.py

compares every configuration of this machine as the tests do, with all 30000 iterations, and prints
the hashes, so that they can be compared with another machine's.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import swiftreg
from sameness_networks import network_hashes
from strategies import LAYOUTS, laid_out
from swiftreg import _core, notebook

Array = NDArray[Any]
Hashes = dict[str, str]

TYPES = (np.float32, np.float64)
NOTEBOOK_ITERATIONS, TEST_ITERATIONS = 30000, 2000
# Near the sizes of vectors and blocks; the last ones use several threads.
COUNTS = (0, 1, 3, 15, 16, 17, 31, 33, 255, 257, 4097, 65535, 65537, 300_007)
# (n_out, n_in, m): small, odd, near tiles and blocks, and large enough for several threads.
LAYERS = (
    (1, 1, 1), (3, 20, 211), (20, 2, 211), (1, 3, 211), (6, 16, 17), (12, 33, 31), (13, 257, 65),
    (7, 513, 1), (1, 300, 500), (64, 64, 64), (97, 131, 203), (144, 600, 150), (300, 40, 520),
)


# ---- Hashes -----------------------------------------------------------------------------------


def reals(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Array:
    """Values in (-4, 4), in some memory layout."""
    values = rng.uniform(-4, 4, size=shape).astype(dtype)
    return laid_out(values, LAYOUTS[rng.integers(len(LAYOUTS))])


def draws(rng: np.random.Generator) -> tuple[float, int, int, int]:
    """keep_prob, seed, stream, offset."""
    seed, stream, offset = (int(n) for n in rng.integers(0, 2**64, 3, dtype=np.uint64))
    return float(rng.uniform(0.05, 1)), seed, stream, offset


def masks(rng: np.random.Generator) -> Iterator[Array]:
    for n in COUNTS:
        keep_prob, seed, stream, offset = draws(rng)
        yield swiftreg.dropout_mask(n, keep_prob, seed=seed, stream=stream, offset=offset)
        yield _core.philox(n, seed, stream, offset)
        yield _core.layer_mask((n % 23 + 1, 37), keep_prob, seed, n, 3, n)


def dropout(rng: np.random.Generator, dtype: Any) -> Iterator[Array]:
    for n in COUNTS:
        keep_prob, seed, stream, offset = draws(rng)
        a = reals(rng, (n,), dtype)
        where = {"seed": seed, "stream": stream, "offset": offset}
        mask = np.empty(n, np.uint8)
        yield swiftreg.dropout(a, keep_prob, mask=mask, **where)
        yield mask
        yield swiftreg.dropout_backward(a, keep_prob, **where)
        yield swiftreg.dropout_backward(a, keep_prob, mask=mask)
        a = a.copy()
        yield swiftreg.dropout(a, keep_prob, out=a, **where)


def activations(rng: np.random.Generator, dtype: Any) -> Iterator[Array]:
    for n in COUNTS:
        z, da = 5 * reals(rng, (n,), dtype), reals(rng, (n,), dtype)
        for kind in (_core.IDENTITY, _core.RELU, _core.SIGMOID):
            a = _core.forward_activation(z, kind, None)
            yield a
            yield _core.backward_activation(da, a, kind, None)
    yield notebook.sigmoid(np.array([-np.inf, -800, -90, -0.0, 0.0, 40, 800, np.inf], dtype))


def costs(rng: np.random.Generator, dtype: Any) -> Iterator[Array]:
    for n in COUNTS[1:]:
        A = rng.random((1, n)).astype(dtype)
        Y = (rng.random((1, n)) < 0.5).astype(dtype)
        W = (reals(rng, (n, 3), dtype), reals(rng, (2, n), dtype))
        yield np.array(_core.cost(A, Y, None, 0.0))
        yield np.array(_core.cost(A, Y, W, 0.7))
        yield _core.backward_cost(A, Y)


def updates(rng: np.random.Generator, dtype: Any) -> Iterator[Array]:
    for n in COUNTS:
        yield _core.update(reals(rng, (n,), dtype), reals(rng, (n,), dtype), 0.3, None)


def layers(rng: np.random.Generator, dtype: Any) -> Iterator[Array]:
    for n_out, n_in, m in LAYERS:
        for _ in range(2):
            W, b = reals(rng, (n_out, n_in), dtype), reals(rng, (n_out, 1), dtype)
            A, dZ = reals(rng, (n_in, m), dtype), reals(rng, (n_out, m), dtype)
            yield from _core.forward_dense(W, b, A, int(rng.integers(3)))
            gradients = _core.backward_l2(W, dZ, A, float(rng.choice([0.0, 0.7])), True)
            yield from (g for g in gradients if g is not None)


KERNELS: dict[str, Callable[[np.random.Generator, Any], Iterator[Array]]] = {
    "integer dropout": dropout,
    "real activations": activations,
    "real costs": costs,
    "real updates": updates,
    "real layers": layers,
}


def digest(arrays: Iterator[Array]) -> str:
    result = hashlib.sha256()
    for a in arrays:
        result.update(f"{a.dtype} {a.shape} ".encode())
        result.update(np.ascontiguousarray(a).tobytes())
    return result.hexdigest()


def kernel_hashes() -> Hashes:
    hashes = {"integer masks": digest(masks(np.random.default_rng(7)))}
    for name, kernel in KERNELS.items():
        for dtype in TYPES:
            rng = np.random.default_rng(len(hashes))
            hashes[f"{name} {np.dtype(dtype).name}"] = digest(kernel(rng, dtype))
    return hashes


def training_hashes(iterations: int) -> Hashes:
    """Hashes of the parameters after the notebook's three runs, and after one with fresh masks."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(2, 211))
    Y = (X[:1] * X[1:] + 0.3 * rng.normal(size=(1, 211)) > 0).astype(np.uint8)
    runs: dict[str, dict[str, Any]] = {
        "none": {}, "l2": {"lambd": 0.7}, "dropout": {"keep_prob": 0.86},
        "fresh masks": {"keep_prob": 0.86, "fresh_masks": True},
    }
    hashes = {}
    for name, options in runs.items():
        parameters = notebook.model(X, Y, num_iterations=iterations, print_cost=False, **options)
        assert all(np.all(np.isfinite(p)) for p in parameters.values())
        hashes[f"real training {name}"] = digest(iter(parameters.values()))
    return hashes


# ---- The configurations -----------------------------------------------------------------------


def unavailable(isa: str) -> str | None:
    """The reason why an instruction set cannot run here, by the operating system's list, or None."""
    if isa == "baseline" and platform.machine() == "x86_64":
        return None
    if platform.machine() != "x86_64":
        return f"{isa}: this machine is {platform.machine()}, which has one instruction set"
    flags = Path("/proc/cpuinfo").read_text().split()
    for flag in {"avx2": ["avx2", "fma"], "avx512": ["avx512f", "avx512bw", "avx512vl", "avx512dq"]}[isa]:
        if flag not in flags:
            return f"{isa}: this CPU has no {flag}"
    return None


@cache
def hashes_of(
    isa: str | None, threads: int, what: str, iterations: int = TEST_ITERATIONS
) -> Hashes:
    """The output of this file in a process with this instruction set and number of threads."""
    environment = {**os.environ, "SWIFTREG_NUM_THREADS": str(threads), "MPLBACKEND": "Agg"}
    environment.pop("SWIFTREG_ISA", None)
    if isa is not None:
        environment["SWIFTREG_ISA"] = isa
    run = subprocess.run(
        [sys.executable, __file__, what, str(iterations)], env=environment, capture_output=True, text=True,
        timeout=1800, check=False,
    )
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert isa is None or result["isa"] == isa
    assert result["num_threads"] == threads
    hashes: Hashes = result["hashes"]
    return hashes


def assert_same(left: Hashes, right: Hashes) -> None:
    assert left.keys() == right.keys()
    assert {name for name in left if left[name] != right[name]} == set()


def skip_unless_available(isa: str) -> None:
    reason = unavailable(isa)
    if reason is not None:
        pytest.skip(reason)


@pytest.mark.parametrize("what", ["kernels", "training", "networks"])
@pytest.mark.parametrize("threads", [2, 3])
def test_any_number_of_threads(what: str, threads: int) -> None:
    assert_same(hashes_of(None, threads, what), hashes_of(None, 1, what))


@pytest.mark.parametrize("what", ["kernels", "training", "networks"])
@pytest.mark.parametrize("threads", [1, 2])
def test_avx2_and_avx512(what: str, threads: int) -> None:
    skip_unless_available("avx2")
    skip_unless_available("avx512")
    assert_same(hashes_of("avx512", threads, what), hashes_of("avx2", 1, what))


@pytest.mark.parametrize("threads", [1, 2])
def test_masks_of_a_cpu_without_fma(threads: int) -> None:
    skip_unless_available("baseline")
    reference = hashes_of(None, 1, "kernels")
    baseline = hashes_of("baseline", threads, "kernels")
    integers = [name for name in reference if name.startswith("integer ")]
    assert len(integers) >= 3
    assert_same({n: baseline[n] for n in integers}, {n: reference[n] for n in integers})


def test_baseline_threads() -> None:
    skip_unless_available("baseline")
    assert_same(hashes_of("baseline", 3, "kernels"), hashes_of("baseline", 1, "kernels"))


def test_the_hashes_see_a_change_of_one_bit() -> None:
    a = np.ones(1000)
    b = a.copy()
    b[999] = np.nextafter(1.0, 2.0)
    assert digest(iter([a])) != digest(iter([b]))
    assert digest(iter([a])) != digest(iter([a.reshape(10, 100)]))


def print_hashes(what: str, iterations: int) -> None:
    info = swiftreg.build_info()
    if what == "training":
        hashes = training_hashes(iterations)
    else:
        hashes = kernel_hashes() if what == "kernels" else network_hashes()
    print(json.dumps({"isa": info["isa"], "num_threads": info["num_threads"], "hashes": hashes}))


def compare_all() -> int:
    """Prints the hashes of the best instruction set with one thread, then the configurations that differ."""
    isas = [isa for isa in ("avx512", "avx2", "baseline") if unavailable(isa) is None] or [None]
    differences = 0
    for what in ("kernels", "training", "networks"):
        reference = hashes_of(isas[0], 1, what, NOTEBOOK_ITERATIONS)
        for name, value in reference.items():
            print(f"{value}  {name}")
        for isa in isas:
            for threads in (1, 2, 3):
                hashes = hashes_of(isa, threads, what, NOTEBOOK_ITERATIONS)
                differ = [
                    name for name in reference if hashes[name] != reference[name]
                    and (isa != "baseline" or name.startswith("integer "))
                ]
                compared = "masks and dropout" if isa == "baseline" else what
                print(f"{isa}, {threads} threads, {compared}: {differ or 'the same'}", flush=True)
                differences += len(differ)
    return min(differences, 1)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print_hashes(sys.argv[1], int(sys.argv[2]))
    else:
        sys.exit(compare_all())
