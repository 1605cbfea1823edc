"""docs/benchmarks.svg from the JSON of a run: how many times as long the peers take."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

from report import OURS, ratio, value

# Rows of the one-thread run, by the key of their table and the beginning of their name.
ROWS = [
    ("dropout forward", "float32 1 M", "dropout of a million floats"),
    ("training", "notebook.model, dropout", "a step of the notebook with dropout"),
    ("networks", "64-128-64-10, batch 64, keep_prob 0.5", "a step of 64-128-64-10 with dropout"),
    ("networks", "784-800-800-10, batch 128, keep_prob 0.5", "a step of 784-800-800-10 with dropout"),
]
PEERS = {"NumPy": "#8da0cb", "PyTorch": "#fc8d62", "JAX": "#66c2a5"}


def bars(result: dict[str, Any]) -> list[tuple[str, float, dict[str, float]]]:
    """For each row there is: what it is, our microseconds, and the ratios of the peers."""
    run = next(run for run in result["runs"] if run["threads"] == 1)
    cases = {
        (group["key"], case["name"]): (group["unit"], case)
        for group in run["groups"] for case in group["cases"]
    }
    found = []
    for key, name, label in ROWS:
        unit, case = cases.get((key, name), (None, None))
        if case is None:
            continue
        # The first of a peer's columns: "JAX" rather than "JAX, rbg".
        seconds: dict[str, list[float]] = {}
        for name, entry in case["results"].items():
            seconds.setdefault(name.split(",")[0], entry["seconds"])
        ours = seconds[OURS]
        per_unit = value(median(ours), case["work"], unit)
        microseconds = per_unit if unit == "us" else per_unit * case["work"] / 1e3
        found.append((label, microseconds, {p: ratio(seconds[p], ours) for p in PEERS if p in seconds}))
    return found


def draw(result: dict[str, Any], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "swiftreg"
    import matplotlib.pyplot as plt

    rows = bars(result)
    figure, axes = plt.subplots(figsize=(8, 0.55 * (len(PEERS) + 1) * len(rows) / 2 + 1))
    ticks = []
    for i, (label, microseconds, ratios) in enumerate(rows):
        top = -i * (len(PEERS) + 1)
        ticks.append((top - (len(PEERS) - 1) / 2, f"{label}\n(swiftreg: {microseconds:,.3g} µs)"))
        for j, (peer, colour) in enumerate(PEERS.items()):
            if peer in ratios:
                axes.barh(top - j, ratios[peer], color=colour, label=peer if i == 0 else None)
                axes.text(ratios[peer], top - j, f" {peer} {ratios[peer]:.3g}x", va="center", fontsize=9)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_yticks(*zip(*ticks, strict=True), fontsize=9)
    axes.set_xlim(0, 1.25 * max(max(ratios.values()) for _, _, ratios in rows))
    axes.set_xlabel("times as long as swiftreg, one thread (the line is 1)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
