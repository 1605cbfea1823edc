"""The gain of data-parallel training on 10, 100 and 1000 ranks: prints the tables of docs/scaling.md.

Measured, here and now, in CPU time of one thread: the gradient of a rank's rows, the update, and how fast two
gradients are added. Computed from that and a network's latency and bandwidth: the time in which the
ranks sum their gradients. A rank has a link of its own, and nothing overlaps.

    python benchmarks/scaling.py                         (with swiftreg installed; two minutes)
    python benchmarks/scaling.py --link Mine 5 25        latency in us, bandwidth in Gbit/s
    python benchmarks/scaling.py --docs                  write them into docs/scaling.md
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

import swiftreg
from measure import FULL, QUICK, SWIFTREG, Case, Contestant, Effort, measure
from processor import cpu
from report import aligned, figure

DOCS = Path(__file__).resolve().parents[1] / "docs" / "scaling.md"
# --docs writes everything after this line of the file.
TABLES = "## Tables\n"
RANKS = (1, 10, 100, 1000)


# ---- The model -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Link:
    """A message takes `latency` seconds, and its bytes at `bandwidth` bytes per second."""

    name: str
    latency: float
    bandwidth: float

    def __str__(self) -> str:
        return f"{self.name} ({figure(self.latency * 1e6)} us, {figure(self.bandwidth * 8e-9)} Gbit/s)"


LINKS = (Link("Ethernet", 30e-6, 10e9 / 8), Link("InfiniBand", 2e-6, 100e9 / 8))

# Thakur, Rabenseifner and Gropp 2005, "Optimization of Collective Communication Operations in MPICH",
# section 4.5: seconds to sum `size` bytes over p ranks, if an addition takes `add` seconds per byte. Tree is
# recursive doubling, halving is Rabenseifner's (reduce-scatter, then allgather).


def tree(p: int, size: float, link: Link, add: float) -> float:
    return math.ceil(math.log2(p)) * (link.latency + size / link.bandwidth + size * add)


def halving(p: int, size: float, link: Link, add: float) -> float:
    share = (p - 1) / p * size
    return 2 * math.ceil(math.log2(p)) * link.latency + share * (2 / link.bandwidth + add)


def ring(p: int, size: float, link: Link, add: float) -> float:
    share = (p - 1) / p * size
    return 2 * (p - 1) * link.latency + share * (2 / link.bandwidth + add)


ALGORITHMS: dict[str, Callable[[int, float, Link, float], float]] = {
    "tree": tree, "halving": halving, "ring": ring,
}


def fastest(p: int, size: float, link: Link, add: float) -> tuple[float, str]:
    """The time and the name of the fastest algorithm; of equal ones the first."""
    if p == 1:
        return 0.0, "none"
    return min(((f(p, size, link, add), name) for name, f in ALGORITHMS.items()), key=lambda x: x[0])


# ---- Measurements --------------------------------------------------------------------------


@dataclass(frozen=True)
class Subject:
    """A network and its numbers of rows."""

    name: str
    layer_dims: list[int]
    keep_prob: list[float]
    dtype: str
    rows: int  # of a rank, if the batch grows with the ranks
    batch: int  # of all ranks, if it does not

    def rows_of(self, p: int) -> int:
        """The rows of the rank with the most rows, for a fixed batch."""
        return math.ceil(self.batch / p)


SUBJECTS = (
    Subject("784-800-800-10", [784, 800, 800, 10], [1, 0.5, 0.5], "float32", 128, 4096),
    Subject("2-20-3-1, the notebook's", [2, 20, 3, 1], [1, 0.86, 0.86], "float64", 211, 211),
)


@dataclass(frozen=True)
class Times:
    """Seconds of the gradient by rows, of the update, of an addition per byte; bytes of a gradient."""

    gradient: dict[int, float]
    update: float
    add: float
    size: int

    def rows_for(self, efficiency: float, waiting: float) -> int:
        """The rows per rank at which work is this fraction of a step with this waiting time."""
        fewest, largest = min(self.gradient), max(self.gradient)
        each = (self.gradient[largest] - self.gradient[fewest]) / (largest - fewest)
        work = efficiency / (1 - efficiency) * waiting - self.update
        return max(1, math.ceil((work - self.gradient[fewest]) / each + fewest))


def cpu_time_of(call: Callable[[], object]) -> Callable[[int], float]:
    """CPU time, for one thread that never waits: less sensitive to other work of the machine."""

    def time_calls(n: int) -> float:
        start = time.thread_time()
        for _ in range(n):
            call()
        return time.thread_time() - start

    return time_calls


def measured(subject: Subject, effort: Effort) -> Times:
    net = swiftreg.MLP(
        subject.layer_dims, keep_prob=subject.keep_prob, dtype=subject.dtype, optimizer="adam",
        loss="softmax_cross_entropy" if subject.layer_dims[-1] > 1 else "binary_cross_entropy",
    )
    counts = sorted({subject.rows, *(subject.rows_of(p) for p in RANKS)})
    rng = np.random.default_rng(1)
    X = rng.standard_normal((counts[-1], subject.layer_dims[0])).astype(subject.dtype)
    Y = np.zeros((counts[-1], subject.layer_dims[-1]), subject.dtype)
    Y[np.arange(len(Y)), rng.integers(0, Y.shape[1], len(Y))] = 1

    def gradient_of(rows: int) -> Callable[[], object]:
        # The first rows of arrays of the network's type: a view, not a copy.
        return lambda: net.gradient(X[:rows], Y[:rows], mean_over=counts[-1])

    summed = np.zeros_like(net.gradients)
    calls = {str(rows): gradient_of(rows) for rows in counts}
    calls["update"] = net.apply
    calls["add"] = lambda: np.add(summed, net.gradients, out=summed)
    names = [SWIFTREG, *list(calls)[1:]]  # measure() wants its first contestant to be called so
    contestants = [
        Contestant(name, call, cpu_time_of(call)) for name, call in zip(names, calls.values(), strict=True)
    ]
    case = Case(subject.name, 1, contestants)
    results = [median(result.seconds) for result in measure(case, effort)]
    return Times(
        dict(zip(counts, results, strict=False)), results[-2], results[-1] / summed.nbytes, summed.nbytes
    )


# ---- Tables --------------------------------------------------------------------------------


def us(seconds: float) -> str:
    return figure(seconds * 1e6)


def table(subject: Subject, times: Times, links: tuple[Link, ...], grows: bool) -> str:
    """A line for each number of ranks. `gain`: examples per second, relative to one rank."""
    head = ["ranks", "rows a rank", "gradient"]
    for link in links:
        head += [f"{link.name}: sum", "by", "step", "gain"]
    lines = [head]
    for p in RANKS:
        rows = subject.rows if grows else subject.rows_of(p)
        line = [str(p), str(rows), us(times.gradient[rows])]
        alone = subject.rows if grows else subject.batch
        for link in links:
            waiting, algorithm = fastest(p, times.size, link, times.add)
            step = times.gradient[rows] + times.update + waiting
            work = p if grows else 1
            gain = work * (times.gradient[alone] + times.update) / step
            line += [us(waiting), algorithm, us(step), figure(gain)]
        lines.append(line)
    return aligned(lines, markdown=True)


def needs(times: Times, links: tuple[Link, ...]) -> str:
    """The rows per rank at which work is half of a step, and 80% of it."""
    lines = [["ranks", *(f"{link.name}: {e}" for link in links for e in ("50%", "80%"))]]
    for p in RANKS[1:]:
        waits = [fastest(p, times.size, link, times.add)[0] for link in links]
        lines.append([str(p), *(str(times.rows_for(e, w)) for w in waits for e in (0.5, 0.8))])
    return aligned(lines, markdown=True)


def section(subject: Subject, times: Times, links: tuple[Link, ...]) -> str:
    return f"""
### {subject.name}

{subject.dtype}, dropout, Adam. A gradient has {times.size} bytes; the update takes {us(times.update)} us,
adding a gradient {us(times.add * times.size)} us.

{subject.rows} rows a rank, so that the batch grows with the ranks (us):

{table(subject, times, links, grows=True)}

A batch of {subject.batch} for all ranks together (us):

{table(subject, times, links, grows=False)}

Rows that a rank needs to be at work for half of a step, and for 80% of it:

{needs(times, links)}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="less exact, in some seconds")
    parser.add_argument("--link", nargs=3, action="append", metavar=("NAME", "US", "GBIT"),
                        help="another network than the two that are assumed; may be repeated")
    parser.add_argument("--docs", action="store_true", help="write the tables into docs/scaling.md")
    options = parser.parse_args()
    links = tuple(Link(n, float(us) * 1e-6, float(gbit) * 1e9 / 8) for n, us, gbit in options.link or ())
    links = links or LINKS
    swiftreg.set_num_threads(1)
    text = f"""
- CPU: {cpu()}; {swiftreg.build_info()["isa"]} kernels, one thread
- Networks: {", ".join(map(str, links))}
- swiftreg {swiftreg.__version__}, {time.strftime("%Y-%m-%d")}
"""
    for subject in SUBJECTS:
        text += section(subject, measured(subject, QUICK if options.quick else FULL), links)
    print(text.strip())
    if options.docs:
        before = DOCS.read_text().split(TABLES)[0]
        DOCS.write_text(before + TABLES + text)


if __name__ == "__main__":
    main()
