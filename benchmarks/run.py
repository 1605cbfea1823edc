"""Measures swiftreg against its peers and prints the tables.

Each number of threads is a process of its own, pinned to as many cores. The results go to
build/bench/*.json; --docs also writes docs/benchmarks.md and docs/benchmarks.svg.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import peers
import report

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build" / "bench"
DOCS = ROOT / "docs" / "benchmarks.md"
PICTURE = ROOT / "docs" / "benchmarks.svg"
# Longer than threads of OpenBLAS spin after a call.
REST_SECONDS = 0.04
WARM_SECONDS = 0.15


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/run.sh", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less exact, in about a minute")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument("--only", nargs="+", default=[], metavar="TEXT",
                        help="the tables whose name has one of these in it")
    parser.add_argument("--rows", nargs="+", default=[], metavar="TEXT",
                        help="the rows whose name has one of these in it")
    parser.add_argument("--best", action="store_true",
                        help="print the fastest rounds: on a machine that others use, too")
    parser.add_argument("--docs", action="store_true", help="write docs/benchmarks.md and its picture")
    parser.add_argument("--from", dest="sources", type=Path, nargs="+", metavar="JSON",
                        help="report earlier runs; a table of a later one replaces that of an earlier one")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def chosen(name: str, texts: list[str]) -> bool:
    return not texts or any(text.lower() in name.lower() for text in texts)


def work(threads: int, options: argparse.Namespace) -> None:
    """Measures with this number of threads in this process; writes the results to a file."""
    import machine
    import swiftreg
    from cases import GROUPS
    from measure import FULL, QUICK, as_json, measure

    peers.prepare(threads)
    effort = QUICK if options.quick else FULL
    if threads > 1:
        effort = replace(effort, rest_seconds=REST_SECONDS, warm_seconds=WARM_SECONDS,
                         turn_seconds=5 * effort.turn_seconds, case_seconds=3 * effort.case_seconds)
    groups: list[dict[str, Any]] = []
    for group in GROUPS:
        if not chosen(f"{group.key}, {group.title}", options.only):
            continue
        rows = []
        for case in group.cases(threads, options.quick):
            if not chosen(case.name, options.rows):
                continue
            print(f"\r\033[K{threads} threads: {group.key}, {case.name}", end="", file=sys.stderr, flush=True)
            # The previous case may have set one thread.
            swiftreg.set_num_threads(threads)
            rows.append(as_json(case, measure(case, effort)))
        if not rows:
            continue
        groups.append({"key": group.key, "title": group.title, "unit": group.unit,
                       "note": group.note, "cases": rows})
    print("\r\033[K", end="", file=sys.stderr)
    if not groups:
        sys.exit("benchmarks: no row is called that; the tables are "
                 + ", ".join(f"'{group.key}'" for group in GROUPS))
    run = {
        "threads": threads, "quick": options.quick, "machine": machine.describe(), "groups": groups,
    }
    options.output.write_text(json.dumps(run))


def pinned_worker(threads: int, core_type: str | None) -> dict[str, Any]:
    """The results of a process with this number of threads, on the last of the allowed cores."""
    cores = sorted(os.sched_getaffinity(0))[-threads:]
    environment = peers.environment(threads)
    if core_type is not None:
        environment["OPENBLAS_CORETYPE"] = core_type
    output = RESULTS / f"worker-{threads}.json"
    worker = subprocess.run(
        [sys.executable, __file__, *sys.argv[1:], "--worker", str(threads), "--output", output],
        env=environment, preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )
    if worker.returncode != 0:
        sys.exit(worker.returncode)  # it has said why
    run: dict[str, Any] = json.loads(output.read_text())
    output.unlink()
    return run


def measure_all(options: argparse.Namespace) -> Path:
    import machine

    RESULTS.mkdir(parents=True, exist_ok=True)
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"benchmarks: others use this machine (load {load:.1f}): do not trust the numbers")
    for name in peers.missing():
        print(f"benchmarks: {name} is not installed: its columns stay empty")
    core_type, times = machine.best_core_type()
    cores = len(os.sched_getaffinity(0))
    runs = [pinned_worker(n, core_type) for n in options.threads if n <= cores]
    result = {
        "load": load, "core_type": core_type, "core_type_seconds": times, "runs": runs,
    }
    path = RESULTS / ("quick.json" if options.quick else "full.json")
    path.write_text(json.dumps(result, indent=1))
    return path


def joined(results: list[dict[str, Any]]) -> dict[str, Any]:
    """One result of several: the tables of the first, replaced or followed by those of the others."""
    first = results[0]
    runs = {run["threads"]: run for run in first["runs"]}
    for run in [run for result in results[1:] for run in result["runs"]]:
        kept = runs.setdefault(run["threads"], run)
        tables = {group["key"]: group for group in [*kept["groups"], *run["groups"]]}
        kept["groups"] = list(tables.values())
        kept["quick"] = kept["quick"] or run["quick"]
    return first | {"runs": [runs[threads] for threads in sorted(runs)]}


def main() -> None:
    options = parse()
    if options.worker is not None:
        work(options.worker, options)
        return
    paths = options.sources or [measure_all(options)]
    result = joined([json.loads(path.read_text()) for path in paths])
    print(report.text(result, options.best))
    if options.sources is None:
        print(f"The samples are in {paths[0].relative_to(ROOT)}.")
    if options.docs:
        DOCS.parent.mkdir(exist_ok=True)
        DOCS.write_text(report.document(result))
        import picture

        picture.draw(result, PICTURE)
        print(f"Wrote {DOCS.relative_to(ROOT)} and {PICTURE.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
