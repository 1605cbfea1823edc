"""`python -m swiftreg`: what runs here, and a self-test of it against NumPy; the exit status is 0 if every
check passes, else 1. `python -m swiftreg playground` opens the playground in the web browser.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

import swiftreg
from swiftreg import _core

_Words: TypeAlias = "NDArray[np.uint64]"

# Random123's known answers for philox4x32-10: counter, key, words.
_KNOWN = (
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0),
     (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
)  # fmt: skip

_SEED, _STREAM, _OFFSET, _KEEP = 0x299F31D0A4093822, 5 * 2**16 + 1, 3 * 2**34 + 2, 0.8


def _philox(counter: list[_Words], key: tuple[int, int]) -> list[_Words]:
    """philox4x32-10 (Salmon et al. 2011) in NumPy; the words of a counter are arrays of uint64."""
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    c, (k0, k1) = counter, key
    for _ in range(10):
        p, q = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(q >> half) ^ c[1] ^ np.uint64(k0), q & low, (p >> half) ^ c[3] ^ np.uint64(k1), p & low]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c


def _mask(n: int) -> NDArray[np.bool_]:
    """The mask of n elements by its formula."""
    i = np.arange(n, dtype=np.uint64) + np.uint64(_OFFSET)
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    block = i // np.uint64(4)
    stream = [np.full(n, word, np.uint64) for word in (_STREAM & 0xFFFFFFFF, _STREAM >> 32)]
    words = _philox([block & low, block >> half, *stream], (_SEED & 0xFFFFFFFF, _SEED >> 32))
    kept: NDArray[np.bool_] = np.choose((i % np.uint64(4)).astype(int), words) < np.uint64(
        round(_KEEP * 2**32)
    )
    return kept


def _require(holds: object, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def _check_philox() -> None:
    for counter, key, words in _KNOWN:
        ours = _philox([np.array([word], np.uint64) for word in counter], key)
        _require([int(word[0]) for word in ours] == list(words), f"NumPy's words for {counter}")
    # Of these the library's words begin at the first only: positions have 64 bits.
    _require(_core.philox(4, 0, 0, 0).tolist() == list(_KNOWN[0][2]), "the words of seed 0")


def _check_mask() -> None:
    mask = swiftreg.dropout_mask(1003, _KEEP, seed=_SEED, stream=_STREAM, offset=_OFFSET)
    _require(np.array_equal(mask, _mask(1003)), "the mask is not that of the NumPy formula")


def _check_dropout(run: Callable[..., NDArray[Any]]) -> None:
    for dtype in (np.float32, np.float64):
        a: NDArray[Any] = np.linspace(-2, 2, 1003, dtype=dtype).reshape(17, 59)
        result = run(a, _KEEP, seed=_SEED, stream=_STREAM, offset=_OFFSET)
        expected = a * _mask(a.size).reshape(a.shape) * dtype(1 / _KEEP)
        _require(result.dtype == dtype, f"{np.dtype(dtype)} gives {result.dtype}")
        _require(np.array_equal(result, expected), f"{np.dtype(dtype)} differs from a * M / keep_prob")


def _check_dense() -> None:
    for dtype in (np.float32, np.float64):
        generator = np.random.default_rng(1)
        W: NDArray[Any] = generator.standard_normal((37, 53)).astype(dtype)
        b: NDArray[Any] = generator.standard_normal((37, 1)).astype(dtype)
        A: NDArray[Any] = generator.standard_normal((53, 71)).astype(dtype)
        exact = W.astype(np.longdouble) @ A + b
        # The bound on the rounding of a sum of 54 terms.
        bound = 54 * np.finfo(dtype).eps * (np.abs(W).astype(np.longdouble) @ np.abs(A) + np.abs(b))
        Z, activated = _core.forward_dense(W, b, A, _core.RELU)
        _require(np.all(np.abs(Z - exact) <= bound), f"{np.dtype(dtype)}: Z is not W A + b")
        _require(np.array_equal(activated, np.maximum(Z, 0)), f"{np.dtype(dtype)}: A is not relu(Z)")


def _on_threads(counts: Iterable[int], run: Callable[[], bytes]) -> set[bytes]:
    """What `run` gives on each of so many threads."""
    before = swiftreg.get_num_threads()
    results = set()
    try:
        for threads in counts:
            swiftreg.set_num_threads(threads)
            results.add(run())
    finally:
        swiftreg.set_num_threads(before)
    return results


def _check_threads() -> None:
    generator = np.random.default_rng(2)
    W, A = (generator.standard_normal((300, 300), np.float32) for _ in range(2))
    b = np.zeros((300, 1), np.float32)
    results = _on_threads(
        (1, 2, 3), lambda: _core.forward_dense(W, b, A, _core.IDENTITY)[0].tobytes()
    )
    _require(len(results) == 1, "1, 2 and 3 threads give different bits")


def _check_training() -> None:
    generator = np.random.default_rng(3)
    X = generator.standard_normal((512, 64), np.float32)
    Y = (X[:, :8] > 0).astype(np.float32)

    def train() -> bytes:
        network = swiftreg.MLP([64, 128, 8], keep_prob=_KEEP, l2=0.01, seed=_SEED)
        network.fit(X, Y, epochs=3, batch_size=200)
        return hashlib.sha256(network.to_bytes()).digest()

    _require(len(_on_threads((1, 2), train)) == 1, "1 and 2 threads train different weights")


_CHECKS: tuple[tuple[str, Callable[[], None]], ...] = (
    ("Philox4x32-10, known answers", _check_philox),
    ("dropout mask, NumPy formula", _check_mask),
    ("dropout", lambda: _check_dropout(swiftreg.dropout)),
    ("dropout backward", lambda: _check_dropout(swiftreg.dropout_backward)),
    ("dense layer, NumPy", _check_dense),
    ("same bits on 1, 2, 3 threads", _check_threads),
    ("same training on 1, 2 threads", _check_training),
)


def main() -> int:
    """Prints what runs and the result of each check; returns the exit status."""
    info = swiftreg.build_info()
    fused = "fused multiply-add" if info["fused"] else "no fused multiply-add: bits may differ"
    print(f"swiftreg  {swiftreg.__version__}")
    print(f"ISA       {info['isa']} ({fused})")
    print(f"threads   {info['num_threads']}")
    print(f"NumPy     {np.__version__}")
    print(f"Python    {platform.python_version()}")
    failed = 0
    for name, check in _CHECKS:
        result = "ok"
        try:
            check()
        except Exception as error:
            result = f"FAILED: {error or type(error).__name__}"
            failed += 1
        print(f"  {name:<30}{result}")
    print(f"self-test: {failed} of {len(_CHECKS)} checks FAILED" if failed else "self-test: ok")
    return 1 if failed else 0


def _command(arguments: list[str]) -> int:
    if arguments == ["playground"]:
        try:
            swiftreg.playground()
        except FileNotFoundError as error:
            print(f"python -m swiftreg playground: {error}", file=sys.stderr)
            return 1
        return 0
    if arguments:
        print(f"python -m swiftreg: unknown: {' '.join(arguments)} (playground, or nothing)", file=sys.stderr)
        return 2
    return main()


if __name__ == "__main__":
    sys.exit(_command(sys.argv[1:]))
