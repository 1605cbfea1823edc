"""docs/benchmarks.svg from the JSON of a run: the time of the peers relative to swiftreg."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

from report import OURS, figure, ratio, value

# Rows of the one-thread run: the key of the table, the beginning of the name, and the label.
ROWS = [
    ("dropout forward", "float32 1 M", "dropout of a million floats"),
    ("training", "notebook.model, dropout", "a step of the notebook with dropout"),
    ("networks", "64-128-64-10, batch 64, keep_prob 0.5", "a step of 64-128-64-10 with dropout"),
    ("networks", "784-800-800-10, batch 128, keep_prob 0.5", "a step of 784-800-800-10 with dropout"),
]
PEERS = {"NumPy": "#8da0cb", "PyTorch": "#fc8d62", "JAX": "#66c2a5"}


def bars(result: dict[str, Any]) -> list[tuple[str, float, dict[str, float]]]:
    """For each row: its label, the microseconds of swiftreg, and the ratios of the peers."""
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
        # The first column of a peer: "JAX" rather than "JAX, rbg".
        seconds: dict[str, list[float]] = {}
        for name, entry in case["results"].items():
            seconds.setdefault(name.replace(",", " ").split()[0], entry["seconds"])
        ours = seconds[OURS]
        per_unit = value(median(ours), case["work"], unit)
        microseconds = per_unit if unit == "us" else per_unit * case["work"] / 1e3
        ratios = {peer: ratio(seconds[peer], ours) for peer in PEERS if peer in seconds}
        if ratios:
            found.append((label, microseconds, ratios))
    return found


BAR, GAP, LEFT, WIDTH, RIGHT = 16, 14, 300, 360, 110


def draw(result: dict[str, Any], path: Path) -> None:
    """Writes the SVG without matplotlib: in an environment with it, notebook.model would draw plots."""
    rows = bars(result)
    largest = max(max(ratios.values()) for _, _, ratios in rows)
    lines = []
    y = GAP
    for label, microseconds, ratios in rows:
        lines.append(text(8, y + BAR - 4, label))
        lines.append(text(8, y + 2 * BAR - 4, f"swiftreg: {figure(microseconds)} µs", "#666666"))
        for peer, times in ratios.items():
            width = WIDTH * times / largest
            lines.append(f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR - 3}" fill="{PEERS[peer]}"/>')
            lines.append(text(LEFT + width + 5, y + BAR - 5, f"{peer} {times:.3g}x"))
            y += BAR
        y += GAP + BAR * max(0, 2 - len(ratios))
    one = LEFT + WIDTH / largest
    lines.append(f'<line x1="{one:.1f}" x2="{one:.1f}" y1="{GAP / 2}" y2="{y}" stroke="black"/>')
    lines.append(text(LEFT, y + BAR, "times as long as swiftreg, one thread (the line is 1)"))
    size = f'width="{LEFT + WIDTH + RIGHT}" height="{y + 2 * BAR}"'
    body = "\n".join(lines)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">\n'
        f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n'
    )


def text(x: float, y: float, words: str, fill: str = "black") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}">{words}</text>'
