"""Compares two builds of the library, old and new, row by row; fails where the new one is slower.

Both are loaded into one process and called from C on the same data, in turns of less than a millisecond,
so that other work of the machine affects both equally. A round is a few turns of each; the ratio of their
fastest turns is the ratio of the round. The ratio of a row is the median over its rounds. A row fails if
that median is above 1.03 with 97.5 % confidence (by the sign test) in three measurements, each with its data
elsewhere in memory: where the data of a small product begin changes its time by up to a third. So noise alone
does not fail a row.

    make bench-gate OLD=path/to/libSwiftReg.so.0
    SWIFTREG_ISA=avx2 make bench-gate OLD=...              on another instruction set
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from math import comb
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from work import Work

ROOT = Path(__file__).resolve().parents[1]
# The largest accepted median of a row.
LIMIT = 1.03
TURN_SECONDS = 3e-4
TURNS = 4
ROUNDS = 25
MEASUREMENTS = 3
# Bytes that are allocated between two measurements of a row, so that its data are elsewhere.
OTHER_DATA = 1234


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks/gate.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("old", type=Path, help="libSwiftReg.so.0 of the build to compare with")
    parser.add_argument("new", type=Path, nargs="?", default=ROOT / "build/lib/libSwiftReg.so.0")
    parser.add_argument("--rows", nargs="+", default=[], metavar="TEXT",
                        help="the rows whose name has one of these in it")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--peer", action="store_true",
                        help="NumPy's BLAS or NumPy at the same work, too")
    return parser.parse_args()


@dataclass
class Row:
    name: str
    # Seconds of the fastest turn: old, new, peer.
    best: list[float]
    # Ratios of each round: new over old, and new over peer.
    ratios: list[float] = field(default_factory=list)
    peer_ratios: list[float] = field(default_factory=list)
    amount: float = 1
    unit: str = ""

    @property
    def is_lost(self) -> bool:
        return lower_bound(self.ratios) > LIMIT


def lower_bound(values: list[float]) -> float:
    """A lower bound of the median of the distribution, with 97.5 % confidence."""
    n = len(values)
    below, k = 0.0, -1
    while below <= 0.025:
        k += 1
        below += comb(n, k) * 0.5**n
    return sorted(values)[max(0, k - 1)]


def load(path: Path, folder: str, name: str) -> ctypes.CDLL:
    """Loads a copy, so that the same file can be loaded as two libraries."""
    copy = Path(folder) / f"libSwiftReg-{name}.so.0"
    shutil.copyfile(path, copy)
    return ctypes.CDLL(os.fspath(copy))


Contestant = Callable[[int], float]


def calls_in_a_turn(contestant: Contestant) -> int:
    contestant(1)
    calls = 1
    while (seconds := min(contestant(calls) for _ in range(3))) < TURN_SECONDS / 2:
        calls *= 2
    return max(1, round(calls * TURN_SECONDS / seconds))


def compare(row: Row, contestants: list[Contestant], rounds: int) -> None:
    """Adds the ratios of some rounds to a row."""
    calls = [calls_in_a_turn(contestant) for contestant in contestants]
    for n in range(rounds):
        fastest = [float("inf")] * len(contestants)
        for turn in range(TURNS):
            for i in range(len(contestants)):
                # The order changes from round to round.
                j = (i + turn + n) % len(contestants)
                fastest[j] = min(fastest[j], contestants[j](calls[j]) / calls[j])
        row.best = [min(pair) for pair in zip(row.best, fastest)]
        row.ratios.append(fastest[1] / fastest[0])
        if len(fastest) > 2:
            row.peer_ratios.append(fastest[1] / fastest[2])


def main() -> int:
    options = parse()
    # OpenBLAS reads this when NumPy is loaded, below. It chooses its kernels itself.
    for name in ("SWIFTREG_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(options.threads)
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        os.environ.pop(name, None)
    for path in (options.old, options.new):
        if not path.is_file():
            print(f"gate: {path} is no file", file=sys.stderr)
            return 2

    import work

    with tempfile.TemporaryDirectory() as folder:
        libraries = [load(options.old, folder, "old"), load(options.new, folder, "new")]
    for library in libraries:
        if (status := library.reg_set_num_threads(options.threads)) != 0:
            print(f"gate: reg_set_num_threads returns status {status}", file=sys.stderr)
            return 2

    def measure(make: Callable[[], Work], row: Row | None, rounds: int) -> Row:
        piece = make()
        contestants = [piece.by(library) for library in libraries]
        result = row or Row(piece.name, [], amount=piece.amount, unit=piece.unit)
        if isinstance(piece, work.Product):
            for contestant in contestants:
                contestant(1)
                piece.check()
        if options.peer and (peer := work.peer(piece)):
            contestants.append(peer)
        if row is None:
            result.best = [float("inf")] * len(contestants)
        compare(result, contestants, rounds)
        return result

    print(f"{'row':48} {'old':>9} {'new':>9}  new / old (middle half)" +
          ("     peer  new / peer" if options.peer else ""))
    lost = []
    for make in work.rows():
        if not any(text.lower() in make().name.lower() for text in options.rows or [""]):
            continue
        row = measure(make, None, options.rounds)
        others = []
        while row.is_lost and len(others) < MEASUREMENTS - 1:
            others.append(bytearray(OTHER_DATA * (len(others) + 1)))
            again = measure(make, None, 2 * options.rounds)
            again.best = [min(pair) for pair in zip(row.best, again.best)]
            row = again
        print(line(row), flush=True)
        if row.is_lost:
            lost.append(row)
    if lost:
        print(f"gate: {len(lost)} rows lost more than {100 * (LIMIT - 1):.0f} % beyond their noise: "
              + "; ".join(f"{row.name} {median(row.ratios):.2f}" for row in lost), file=sys.stderr)
    return 1 if lost else 0


def rate(row: Row, seconds: float) -> str:
    """GFLOP/s, nanoseconds an element or microseconds a step."""
    if row.unit == "flop":
        return f"{row.amount / seconds * 1e-9:.1f} GF"
    if row.unit == "element":
        return f"{seconds / row.amount * 1e9:.3f} ns"
    return f"{seconds / row.amount * 1e6:.2f} us"


def line(row: Row) -> str:
    ordered = sorted(row.ratios)
    quarter = len(ordered) // 4
    text = (
        f"{row.name:48} {rate(row, row.best[0]):>9} {rate(row, row.best[1]):>9}  "
        f"{median(ordered):.3f} ({ordered[quarter]:.3f} to {ordered[-1 - quarter]:.3f})"
    )
    if row.peer_ratios:
        text += f"  {rate(row, row.best[2]):>9}  {median(row.peer_ratios):.2f}"
    return text + ("  LOST" if row.is_lost else "")


if __name__ == "__main__":
    sys.exit(main())
