"""Tables from the JSON of a run: for the terminal, and as docs/benchmarks.md."""

from __future__ import annotations

from statistics import median, quantiles
from typing import Any

OURS = "swiftreg"


def value(seconds: float, work: float, unit: str) -> float:
    """Seconds a call in the unit of the table."""
    if unit == "GFLOP/s":
        return work / seconds / 1e9
    if unit == "fits/s":
        return work / seconds
    return seconds / work * {"ns": 1e9, "us": 1e6}[unit]


def figure(number: float) -> str:
    """Three digits."""
    if number >= 100:
        return f"{number:.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}" if number >= 1 else f"{number:.3f}"


def spread(seconds: list[float]) -> float:
    """Half the distance of the quartiles, relative to the median."""
    if len(seconds) < 2:
        return 0.0
    low, middle, high = quantiles(seconds, n=4, method="inclusive")
    return (high - low) / 2 / middle


def ratio(theirs: list[float], ours: list[float]) -> float:
    """Their time over ours: the median over the rounds."""
    return median(t / o for t, o in zip(theirs, ours, strict=True))


def cell(name: str, case: dict[str, Any], unit: str, best: bool) -> str:
    """Median, spread, ratio to swiftreg; with `best`, of the fastest rounds alone."""
    results = case["results"]
    if name not in results:
        return ""
    seconds, ours = results[name]["seconds"], results[OURS]["seconds"]
    text = figure(value(min(seconds) if best else median(seconds), case["work"], unit))
    if not best:
        text += f" ±{100 * spread(seconds):.0f}%"
    if name == OURS:
        return text
    times = min(seconds) / min(ours) if best else ratio(seconds, ours)
    if name == "peak":
        return f"{text} ({100 * times:.0f}%)"
    return f"{text} ({figure(times)}x)"


def columns(group: dict[str, Any]) -> list[str]:
    """The contestants, in the order in which they appear; peak last."""
    names: dict[str, None] = {}
    for case in group["cases"]:
        names |= dict.fromkeys(case["results"])
    return sorted(names, key=lambda name: name == "peak")


def table(group: dict[str, Any], best: bool = False) -> list[list[str]]:
    names = columns(group)
    unit = {"ns": "ns", "us": "µs"}.get(group["unit"], group["unit"])
    rows = [[unit, *names]]
    for case in group["cases"]:
        rows.append([case["name"], *(cell(name, case, group["unit"], best) for name in names)])
    return rows


def aligned(rows: list[list[str]], markdown: bool) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        lines.append("| " + " | ".join(cells) + " |" if markdown else "  ".join(cells))
    if markdown:
        rule = ["-" * widths[0], *("-" * (w - 1) + ":" for w in widths[1:])]
        lines.insert(1, "| " + " | ".join(rule) + " |")
    return "\n".join(lines)


def _threads(run: dict[str, Any]) -> str:
    n = run["threads"]
    return ("One thread" if n == 1 else f"{n} threads") + (", quick run" if run["quick"] else "")


def _blas(result: dict[str, Any]) -> str:
    blas = result["runs"][0]["machine"]["blas"]
    if not blas:
        return "none found"
    chosen = "chosen by itself" if result["core_type"] is None else "forced, as its fastest"
    return f"{blas['internal_api']} {blas['version']}, {blas['architecture']} kernels ({chosen})"


def facts(result: dict[str, Any]) -> dict[str, str]:
    machine = result["runs"][0]["machine"]
    ours = machine["swiftreg"]
    return {
        "CPU": machine["cpu"],
        "System": machine["system"],
        "Versions": ", ".join(f"{k} {v}" for k, v in machine["versions"].items()),
        "swiftreg runs": f"{ours['isa']} kernels",
        "BLAS of NumPy": _blas(result),
        "Date": f"{machine['date']}, load before the run {result['load']:.2f}",
    }


def text(result: dict[str, Any], best: bool) -> str:
    lines = [f"{key}: {fact}" for key, fact in facts(result).items()]
    for run in result["runs"]:
        for group in run["groups"]:
            lines += ["", f"{group['title']} ({_threads(run).lower()})", ""]
            lines.append(aligned(table(group, best), markdown=False))
    lines += ["", "Of the fastest rounds alone." if best else READING]
    return "\n".join(lines)


READING = (
    "A cell has the median over the rounds, ± half the distance of the quartiles, and the time relative "
    "to swiftreg (in the column peak: swiftreg's share of the peak)."
)

HEAD = """# Benchmarks

Results of the last `make bench` on one machine. The command creates an environment with the peers, so that
anyone can repeat it; `benchmarks/run.sh --help` lists options for shorter runs.

{facts}

## Method

All contestants of a row do the same work in the same run, in turns. A round is one turn of each, in an
order that changes from round to round. A turn is some milliseconds of calls, after untimed calls. {reading}
A ratio is the median of the ratios within the rounds, so that other work of the machine affects both sides.
Below 1x, swiftreg is slower.

The process is pinned to as many cores as it may use threads, and every library is set to that number. Data
are in the caches if they fit, for all contestants. Results are checked for agreement before they are timed
(for dropout, the share of kept elements). The JSON in `build/bench` has every sample.
"""


def document(result: dict[str, Any]) -> str:
    items = "\n".join(f"- {key}: {fact}" for key, fact in facts(result).items())
    reading = READING[0].upper() + READING[1:]
    parts = [HEAD.format(facts=items, reading=reading)]
    for run in result["runs"]:
        parts.append(f"\n## {_threads(run)}\n")
        for group in run["groups"]:
            parts.append(f"\n### {group['title']}\n\n")
            parts.append(aligned(table(group), markdown=True) + "\n")
            if group["note"] and run is result["runs"][0]:
                parts.append(f"\n{group['note']}\n")
    return "".join(parts)
