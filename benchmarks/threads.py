"""Counts what the threads of a training step do, and computes the step of more threads than this machine has.

A library whose parts run one after the other records how long each takes: the plans are those of the number
of threads, the times those of one core. From that follows the step of as many cores, if each part takes the
time that it took here: what is not divided, and for each region, which is a call of the pool, the time until
the last of its parts ends. Every thread takes the next part when it is free. Not in the model: the start and
the end of a region, caches and memory that cores share, a clock that depends on the cores at work.

    make bench-threads
    make bench-threads THREADS="--threads 4 64 --regions"
"""

from __future__ import annotations

import argparse
import ctypes
import heapq
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import work
from report import aligned, figure

Array = work.Array
RECORDED_VALUES = 1 << 16
BATCHES = 8


@dataclass(frozen=True)
class Region:
    """The fastest of several runs: seconds before the region that are not divided, and of each part."""

    before: float
    parts: Array

    def seconds(self, threads: int) -> float:
        """Until the last part ends."""
        free = [0.0] * threads
        for part in self.parts:
            heapq.heappush(free, heapq.heappop(free) + float(part))
        return max(free)


def recorded(library: ctypes.CDLL, step: work.Seconds) -> list[Region]:
    """The regions of an epoch."""
    values = np.zeros(RECORDED_VALUES)
    library.threads_record(ctypes.c_void_p(values.ctypes.data), ctypes.c_long(len(values)))
    step(1)
    count = library.threads_recorded()
    assert count <= len(values), count
    regions, end, i = [], np.nan, 0
    while i < count:
        parts = int(values[i])
        times = values[i + 1:i + 2 + parts]
        regions.append(Region(times[0] - end, np.diff(times)))
        end, i = times[-1], i + 2 + parts
    return regions


def regions_of_a_step(library: ctypes.CDLL, piece: work.Work, threads: int, runs: int) -> list[Region]:
    """The regions of a step that follows another one."""
    library.reg_set_num_threads(threads)
    step = piece.by(library)
    step(1)
    epochs = [recorded(library, step) for _ in range(runs)]
    count = len(epochs[0]) // BATCHES
    # The first step of an epoch follows no other.
    steps = [epoch[i:i + count] for epoch in epochs for i in range(count, count * BATCHES, count)]
    return [
        Region(min(region.before for region in same), np.min([region.parts for region in same], axis=0))
        for same in zip(*steps, strict=True)
    ]


def measured(library: ctypes.CDLL, piece: work.Work, threads: int, runs: int) -> float:
    """Seconds of the fastest step on the pool's own threads."""
    library.reg_set_num_threads(threads)
    epoch = piece.by(library)
    epoch(1)
    return min(epoch(1) for _ in range(10 * runs)) / BATCHES


def pieces() -> list[work.Work]:
    widths, batch = (784, 800, 800, 10), 128
    return [
        work.training(widths, BATCHES * batch, batch, np.float32, **options)  # type: ignore[arg-type]
        for options in ({}, {"keep_prob": 0.5}, {"l2": 0.7, "optimizer": "adam"})
    ]


def table(recorder: ctypes.CDLL, library: ctypes.CDLL, piece: work.Work, options: argparse.Namespace) -> str:
    alone = measured(library, piece, 1, options.runs)
    lines = [["threads", "regions", "parts", "not divided", "divided", "at work", "step", "gain", "measured"]]
    lines.append(["1", "", "", "", "", "", figure(alone * 1e6), "1", ""])
    for threads in options.threads:
        regions = regions_of_a_step(recorder, piece, threads, options.runs)
        serial = sum(region.before for region in regions)
        divided = sum(region.seconds(threads) for region in regions)
        busy = sum(float(region.parts.sum()) for region in regions) / threads / divided
        step = serial + divided
        here = ""
        if threads <= len(os.sched_getaffinity(0)):
            here = figure(alone / measured(library, piece, threads, options.runs))
        lines.append([
            str(threads), str(len(regions)), str(sum(len(region.parts) for region in regions)),
            *(figure(seconds * 1e6) for seconds in (serial, divided)), f"{100 * busy:.0f}%",
            figure(step * 1e6), figure(alone / step), here,
        ])
        if options.regions:
            for region in regions:
                lines.append([
                    "", "", str(len(region.parts)), figure(region.before * 1e6),
                    figure(region.seconds(threads) * 1e6),
                    f"{100 * region.parts.sum() / threads / region.seconds(threads):.0f}%", "", "", "",
                ])
    return aligned(lines, markdown=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="benchmarks/threads.sh", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recorder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("library", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 4, 8, 16, 32], metavar="N")
    parser.add_argument("--runs", type=int, default=20, help="epochs; the fastest run of each part counts")
    parser.add_argument("--regions", action="store_true", help="a line for each region, too")
    options = parser.parse_args(arguments)
    recorder, library = (ctypes.CDLL(os.fspath(path)) for path in (options.recorder, options.library))
    recorder.threads_recorded.restype = ctypes.c_long
    for piece in pieces():
        print(f"{piece.name}: us a step\n\n{table(recorder, library, piece, options)}\n", flush=True)
    print("at work: of the threads' time in the regions. gain: over one thread, computed; measured: on this machine.")


if __name__ == "__main__":
    main()
